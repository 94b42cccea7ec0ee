"""Prescriptions in the whole house: from the signed webhook to the answer at WhatsApp, with processes killed and queues emptied."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from local import programs
from local.environment import _tesseract
from tests.children import ROOT, Child, wait_until
from tests.house import SETTINGS, House
from tests.odd_pipeline import file
from tests.prescription_peers import KEY
from tests.servers import Databases, ValkeyDatabases

pytestmark = pytest.mark.house
PAPER = ROOT / "tests" / "data" / "papers"


class Pharmacy:
    """A house that also reads prescriptions."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ocr: Child | None = None

    def start_ocr(self, module: str = "tests.odd_reader", **env: str) -> Child:
        line = self.house.lines["ocr"].replace("worker.run", module)
        self.ocr = self.house._start(line, "ocr", {"WHATSAPP_API_BASE_URL": self.house.sim.url, **env})
        self.ocr.wait_for_output("ready for action", 30)
        return self.ocr

    def stop_ocr(self) -> None:
        if self.ocr is not None:
            self.house.kill(self.ocr)
            self.ocr = None

    def a_customer(self) -> str:
        """The number of somebody who has agreed and said their name."""
        (number,) = self.house.people(1)
        self.house.settles([self.house.tell(number)])
        self.house.rows(
            """UPDATE customers SET name = 'Ada Obi', "consentVersion" = '2026-11', "consentAt" = now() WHERE id =
                   (SELECT "customerId" FROM customer_identities WHERE value = %s)""",
            number,
        )
        return number

    def row(self, number: str, *columns: str) -> Any:
        """The newest prescription of this customer; None when there is none."""
        names = ", ".join(f'p."{column}"' for column in columns)
        found = self.house.rows(
            f"""SELECT {names} FROM prescriptions p JOIN customer_identities i ON i."customerId" = p."customerId"
                WHERE i.value = %s ORDER BY p.id DESC LIMIT 1""",
            number,
        )
        return (found[0][0] if len(columns) == 1 else found[0]) if found else None

    def ends(self, number: str, limit_s: float = 40.0) -> None:
        """It waits for a pharmacist, and one event of it was answered."""
        wait_until(lambda: self.row(number, "state") == "waiting", f"the reading\n{self.stories()}", limit_s, every_s=0.05)
        events = """SELECT array_agg(i.status) FROM inbox i JOIN customer_identities c ON c."customerId" = i."customerId"
                    WHERE c.value = %s AND i."externalId" LIKE 'prescription_read:%%'"""
        wait_until(lambda: self.house.rows(events, number) == [(["done"],)], f"one answered event\n{self.stories()}")

    def texts(self, number: str) -> str:
        return "\n".join(self.house.sim.texts(number))

    def stories(self) -> str:
        return self.house.stories() + (f"\n--- ocr\n{self.ocr.output()[-3000:]}" if self.ocr else "")


@pytest.fixture(scope="module")
def pharmacy(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, valkey_databases: ValkeyDatabases
) -> Iterator[Pharmacy]:
    folder = tmp_path_factory.mktemp("pharmacy")
    env = SETTINGS | {"MEDIA_URL": str(folder / "vault"), "MEDIA_KEYS": KEY, "OCR_MAX_DEATHS": "3"} | _tesseract()
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url:
        with House(folder, database_url, redis_url, **env) as house:
            made = Pharmacy(house.open())
            yield made


@pytest.fixture
def shop(pharmacy: Pharmacy) -> Iterator[Pharmacy]:
    yield pharmacy
    pharmacy.house.sim.clear_faults()
    pharmacy.stop_ocr()


def test_a_photo_has_a_row_and_an_answer_within_a_second_and_is_read_and_told(shop: Pharmacy) -> None:
    shop.start_ocr()
    ada = shop.a_customer()
    before = len(shop.house.sim.messages(ada))

    began = time.monotonic()
    shop.house.sim.send_media(ada, file("plain"), caption="my prescription")
    shop.house.sim.messages(ada, wait_for=before + 1)
    took_s = time.monotonic() - began

    assert took_s < 3.0  # on a machine that runs a whole suite beside it; measured alone it is a tenth of that
    assert shop.row(ada, "state") is not None
    shop.ends(ada)
    wait_until(lambda: "Amoxil" in shop.texts(ada), "what was read")
    assert shop.row(ada, "extractionStatus", "failureReason") == ("extracted", "")


def test_the_process_that_reads_may_be_killed_in_the_middle_and_redis_emptied(shop: Pharmacy) -> None:
    shop.start_ocr()
    ada = shop.a_customer()
    shop.house.sim.send_media(ada, file("sleep 2.5"))
    wait_until(lambda: shop.row(ada, "attempts"), "it is being read")
    wait_until(lambda: reading_children(shop.ocr), "the child")
    time.sleep(0.3)
    orphans = reading_children(shop.ocr)

    shop.stop_ocr()
    with redis.Redis.from_url(shop.house.redis_url) as client:
        client.flushdb()
    shop.start_ocr()

    shop.ends(ada)
    assert shop.row(ada, "attempts") == 2
    wait_until(lambda: not alive(orphans), "the child of the killed process to end")


def reading_children(ocr: Child | None) -> list[int]:
    """The pids of the children that read files for this process and those it started."""
    parents = set(programs.group_members(ocr.pid)) if ocr else set()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int(re.search(r"PPid:\t(\d+)", (place / "status").read_text())[1])
            if parent in parents and b"worker.ocr.child" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_asked_to_stop_it_finishes_what_it_reads_and_leaves_nothing_running(shop: Pharmacy) -> None:
    asked = shop.start_ocr()
    ada = shop.a_customer()
    shop.house.sim.send_media(ada, file("sleep 1"))
    wait_until(lambda: reading_children(asked), "the child")
    wait_until(lambda: shop.row(ada, "attempts"), "it is being read")
    children = reading_children(asked)

    assert asked.stop(signal.SIGTERM) == 0

    shop.ends(ada)
    assert shop.row(ada, "attempts") == 1
    assert not alive(children)


def test_a_file_that_kills_its_reader_is_set_aside_after_three_times_and_the_next_one_is_read(shop: Pharmacy) -> None:
    shop.start_ocr()
    ada, bola = shop.a_customer(), shop.a_customer()

    shop.house.sim.send_media(ada, file("die"))
    shop.house.sim.send_media(bola, file("plain", bola))

    shop.ends(ada)
    shop.ends(bola)
    assert shop.row(ada, "failureReason", "attempts", "failures") == ("killed_reader", 3, 0)
    assert shop.row(bola, "failureReason") == ""


def test_what_came_while_nobody_read_and_redis_was_emptied_is_read_all_the_same(shop: Pharmacy) -> None:
    ada = shop.a_customer()
    shop.house.sim.send_media(ada, file("late"))
    wait_until(lambda: shop.row(ada, "id"), "the row")
    with redis.Redis.from_url(shop.house.redis_url) as client:
        client.flushdb()

    shop.start_ocr()

    shop.ends(ada)


def test_a_reader_that_is_frozen_past_its_lease_writes_nothing_when_it_wakes(shop: Pharmacy) -> None:
    frozen = shop.start_ocr()
    ada = shop.a_customer()
    shop.house.sim.send_media(ada, file("sleep 2.5"))
    stored = """SELECT "storedAt" FROM media WHERE id = %s"""
    wait_until(lambda: (media := shop.row(ada, "mediaRow")) and shop.house.rows(stored, media)[0][0], "it is stored")
    os.killpg(frozen.pid, signal.SIGSTOP)
    shop.start_ocr()
    try:
        shop.ends(ada)
        version = shop.row(ada, "version")
    finally:
        os.killpg(frozen.pid, signal.SIGCONT)

    frozen.wait_for_output("prescription.not_ours")

    assert shop.row(ada, "version") == version
    shop.ends(ada)
    shop.house.kill(frozen)


def test_a_real_paper_is_really_read(shop: Pharmacy) -> None:
    shop.start_ocr("worker.run")
    ada = shop.a_customer()

    shop.house.sim.send_media(ada, (PAPER / "big_00.jpg").read_bytes())

    shop.ends(ada)
    assert shop.row(ada, "extractionStatus") == "extracted"
    assert "cv2" not in loaded_libraries(shop.ocr)


def loaded_libraries(ocr: Child | None) -> str:
    """What the process itself, not its reader's child, has mapped."""
    pids = set(programs.group_members(ocr.pid)) - set(reading_children(ocr)) if ocr else set()
    told = ""
    for pid in pids:
        with contextlib.suppress(OSError):
            told += Path(f"/proc/{pid}/maps").read_text()
    return " ".join(re.findall(r"cv2|onnxruntime", told))


# --------------------------------------------------------------------------------------------------- who loads what


def test_without_keys_it_does_not_start_and_says_why_and_the_others_start(pharmacy: Pharmacy) -> None:
    refused = pharmacy.house._start(pharmacy.house.lines["ocr"], "ocr", {"MEDIA_KEYS": ""})

    assert refused.process.wait(30) == 78
    assert "MEDIA_KEYS is not set" in refused.output()
    other = pharmacy.house._start(pharmacy.house.lines["worker"], "worker", {"MEDIA_KEYS": ""})
    other.wait_for_output("ready for action", 30)
    pharmacy.house.kill(other)


@pytest.mark.parametrize("room", ["worker.run", "worker.prescriptions, worker.ocr.parse, worker.ocr.medicines", "jobs.run"])
def test_nobody_but_the_readers_child_loads_what_reads_pictures(room: str) -> None:
    heavy = ("cv2", "onnxruntime", "PIL", "pytesseract", "pypdfium2", "rapidocr")
    lazily = ("worker.ocr", "worker.prescriptions") if room == "worker.run" else ()
    source = f"import sys, {room}; print([m for m in {(*heavy, *lazily)} if m in sys.modules])"
    env = os.environ | {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0", "LOG_DIR": ""}

    told = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT, env=env, check=True
    )

    assert told.stdout.strip().splitlines()[-1] == "[]"
