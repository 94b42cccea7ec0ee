"""A file fetched, kept, read, matched and put before the pharmacist with what there is to know at the first look."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import base, vault
from models.base import connection
from models.readings import Candidate, Item, Line, Page, Quality, loads
from tests.factories import a_customer, a_product
from tests.prescription_peers import JPEG, TODAY, Shop, a_prescription, a_reading, events, row, shop, times
from worker import prescription_reading
from worker import prescriptions as trade
from worker.ocr.errors import ReaderDied

__all__ = ["shop"]  # a fixture


def test_a_file_is_fetched_kept_sealed_and_read(shop: Shop) -> None:
    ada = a_customer()
    number = a_prescription(ada, media_id="m1")

    trade.read(number)

    assert row(number, "state", "extractionStatus", "flags") == ("waiting", "extracted", [])
    assert events() == [(ada, number)]
    content = JPEG + b"m1"
    stored = connection().execute("""SELECT "storedAs", size, "contentType", sha256 FROM media""").fetchone()
    assert stored[1:] == (len(content), "image/jpeg", hashlib.sha256(content).hexdigest())
    assert vault.vault().get(stored[0]) == content
    flat, photo = connection().execute("SELECT flat, photo FROM prescription_pages").fetchone()
    assert (b"flat" in vault.vault().get(flat), b"photo" in vault.vault().get(photo)) == (True, True)
    assert not any(b"picture" in path.read_bytes() for path in shop.files())
    assert loads(vault.vault().open(row(number, "reading"))) == shop.reader.says


def test_a_hint_that_comes_twice_does_nothing_more(shop: Shop) -> None:
    number = a_prescription()

    trade.read(number)
    trade.read(number)

    assert (len(shop.meta.fetched), len(events())) == (1, 1)


def test_no_connection_is_held_while_a_file_is_read(shop: Shop) -> None:
    open_then = []
    shop.reader.during = lambda: open_then.append(not base.db.is_closed())

    trade.read(a_prescription())

    # The statement that notes the stored file is the last before the reader has it.
    assert open_then == [False]


def test_the_lease_is_renewed_while_a_file_takes_long(shop: Shop) -> None:
    number = a_prescription()

    def slowly() -> None:
        before = row(number, "leaseUntil")
        deadline = time.monotonic() + 8
        while row(number, "leaseUntil") == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert row(number, "leaseUntil") > before
        base.drop_connection()

    shop.reader.during = slowly

    trade.read(number)

    assert row(number, "state") == "waiting"
    assert not [thread for thread in threading.enumerate() if thread.name == "lease"]


# --------------------------------------------------------------------------------------------------- flags and secrets


def a_day(ago: int) -> str:
    return f"{TODAY - timedelta(days=ago):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"written_on": a_day(92)}, ["too_old"]),
        ({"written_on": a_day(88)}, []),
        ({"written_on": a_day(-3)}, ["future_date"]),
        ({"written_on": ""}, ["no_date"]),
        ({"written_on": "2026-02-31"}, ["no_date"]),
        ({"more_pages": 3}, ["incomplete"]),
        ({"items": ()}, ["no_medicine"]),
        ({"items": (Item((0,), "Amoxil"),)}, ["unsure"]),
        ({"pages": tuple(Page(8, 8, quality=Quality(complaint=c)) for c in ("dark", "blurred", "dark"))}, ["dark", "blurred"]),
    ],
)
def test_the_pharmacist_is_told_at_the_first_look(shop: Shop, changes: dict[str, Any], flag: list[str]) -> None:
    shop.reader.says = replace(shop.reader.says, **changes)

    trade.read(number := a_prescription())

    assert row(number, "flags") == flag


@pytest.mark.parametrize("how", ["chosen", "likely", "named"])
def test_a_controlled_medicine_is_flagged_however_it_is_found(shop: Shop, how: str) -> None:
    ref = a_product("Painaway", control="controlled")
    likely = (Candidate(ref, "Painaway", "", "", "", 80.0),)
    item = {
        "chosen": Item((0,), "Painawy", chosen=ref, sure=True),
        "likely": Item((0,), "Painawy", candidates=likely, sure=True),
        "named": Item((0,), "Inj. Pethidine 50mg", sure=True),
    }[how]
    shop.reader.says = replace(shop.reader.says, items=(item,))

    trade.read(number := a_prescription())

    assert row(number, "flags") == ["controlled"]


def test_a_paper_that_no_rule_understands_is_put_before_the_pharmacist_without_medicines(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prescription_reading, "understood", _understood)
    monkeypatch.delattr("worker.ocr.parse", raising=False)  # an earlier import left it on the package
    monkeypatch.setitem(sys.modules, "worker.ocr.parse", None)  # importing it raises, as any bug in it would

    trade.read(number := a_prescription())

    assert row(number, "state", "flags") == ("waiting", ["no_medicine"])


_understood = prescription_reading.understood


def test_nothing_that_was_read_gets_into_the_logs(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    from worker import logs

    logs.set_up("test", level="INFO", folder="")
    line = Line(0, a_reading().lines[0].box, "Canary Bird 12mg", 1.0)
    shop.reader.says = replace(shop.reader.says, lines=(line,), patient="Mrs Canary")
    number = a_prescription(caption="canary caption")
    shop.reader.troubles = [KeyError("canary in a bug"), ReaderDied("crashed", "Traceback in worker.ocr")]

    times(3, number)

    told = capfd.readouterr().out
    assert "prescription.read" in told
    assert "canary" not in told.lower()
    assert not re.search(r"\b234\d{8,}", told)
