"""The same paper again is found out, from whomever it comes, and customers hear of their own only."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models import prescriptions, vault
from models.base import connection
from models.prescriptions import duplicates, receiving
from models.readings import Item
from tests.factories import NOW, a_customer
from tests.prescription_peers import OLD_KEY, a_prescription, a_reading, database, row

__all__ = ["database"]  # a fixture
from worker import prescription_reading
from worker.ocr import hashing

HASH = 0xF0E1_D2C3_B4A5_9687


def read(
    customer: int = 0,
    *,
    sha256: str = "",
    picture_hash: int | None = None,
    replaces: int | None = None,
    fails: str = "",
    **more: Any,
) -> int:
    number = a_prescription(customer, replaces=replaces)
    work = receiving.begin(number, 30)
    assert work is not None
    receiving.stored(work, size=1, content_type="image/jpeg", sha256=sha256 or f"{random.getrandbits(256):064x}")
    if fails:
        receiving.fail(work, fails)
    else:
        receiving.finish(work, a_reading(picture_hash=picture_hash, **more), [], ["unsure"], written_on=None, same_within_bits=8)
    return number


@pytest.mark.parametrize("bits", [0, 3, 8])
def test_another_photo_of_the_paper_is_flagged_whoever_sends_it(bits: int) -> None:
    first = read(picture_hash=HASH)
    near = HASH ^ sum(1 << (7 * n) for n in range(bits))

    second = read(picture_hash=near)

    assert row(second, "duplicateOf", "flags") == (first, ["duplicate", "unsure"])


AMOXIL, PANADOL, FLAGYL = (Item((0,), n, n, s) for n, s in (("Amoxil", "500mg"), ("Panadol", "500mg"), ("Flagyl", "400mg")))


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ({"patient": "Ada Obi"}, True),
        ({"patient": "Mrs. Ada 0bi"}, True),
        ({"patient": ""}, True),
        ({"patient": "Tunde Balogun"}, False),
        ({"items": (AMOXIL,)}, True),
        ({"items": ()}, True),
        ({"items": (FLAGYL, Item((1,), "x", "Lisinopril", "10mg"))}, False),
        ({"items": (replace(AMOXIL, name="Arnoxil"), replace(PANADOL, name="Panad0l"))}, True),
        ({"written_on": "2025-01-01"}, True),
    ],
)
def test_of_papers_that_look_alike_what_was_read_decides(more: dict[str, Any], same: bool) -> None:
    first = read(picture_hash=HASH, patient="Ada Obi", items=(AMOXIL, PANADOL))

    second = read(picture_hash=HASH ^ 1, **{"patient": "Ada Obi", "items": (AMOXIL, PANADOL)} | more)

    assert row(second, "duplicateOf") == (first if same else None)


def test_an_earlier_paper_whose_key_was_taken_away_still_counts(tmp_path: Path) -> None:
    first = read(picture_hash=HASH)
    vault.bind(str(tmp_path), (OLD_KEY,))

    assert row(read(picture_hash=HASH), "duplicateOf") == first


def test_near_is_what_the_hash_means_by_it() -> None:
    assert prescription_reading.SAME_PAPER_BITS == hashing.NEAR


def test_another_paper_is_not() -> None:
    read(picture_hash=HASH)

    assert row(read(picture_hash=HASH ^ 0b1_1111_1111), "duplicateOf", "flags") == (None, ["unsure"])


def test_a_picture_that_differs_in_the_first_bit_only_is_near() -> None:
    first = read(picture_hash=HASH)

    assert row(read(picture_hash=HASH ^ (1 << 63)), "duplicateOf") == first


def test_papers_without_a_hash_are_not_alike() -> None:
    read(picture_hash=None)
    read(picture_hash=HASH)

    assert row(read(picture_hash=None), "duplicateOf") is None


def test_the_same_file_is_flagged_even_where_it_cannot_be_read() -> None:
    first = read(sha256="aa")

    assert row(read(sha256="aa", fails="broken"), "duplicateOf", "flags") == (first, ["duplicate"])


def test_the_better_picture_of_a_paper_is_no_duplicate_of_what_it_replaces() -> None:
    ada = a_customer()
    blurred = read(ada, picture_hash=HASH)
    better = read(ada, picture_hash=HASH, replaces=blurred)
    best = read(ada, picture_hash=HASH, replaces=better)

    assert [row(number, "duplicateOf") for number in (better, best)] == [None, None]


def test_a_paper_somebody_else_took_back_still_counts() -> None:
    ada, bola = a_customer(), a_customer()
    theirs = read(bola, picture_hash=HASH)
    prescriptions.withdraw(bola, theirs, NOW)

    assert row(read(ada, picture_hash=HASH), "duplicateOf") == theirs


def test_customers_hear_that_they_sent_it_before_and_not_that_somebody_else_did() -> None:
    ada, bola = a_customer(), a_customer()
    read(ada, picture_hash=HASH)
    again, elses = read(ada, picture_hash=HASH), read(bola, picture_hash=HASH ^ 1)

    assert prescriptions.shown(ada, again).duplicate
    assert row(elses, "flags")[0] == "duplicate"
    connection().execute("""UPDATE prescriptions SET "duplicateOf" = %s WHERE id = %s""", (again, elses))
    assert not prescriptions.shown(bola, elses).duplicate


def decided(prescription_id: int, state: str) -> None:
    connection().execute("UPDATE prescriptions SET state = %s WHERE id = %s", (state, prescription_id))


def test_of_papers_of_others_the_oldest_is_named() -> None:
    oldest = read(picture_hash=HASH ^ 0b111)
    read(picture_hash=HASH)

    assert row(read(picture_hash=HASH), "duplicateOf") == oldest


def test_a_paper_that_was_approved_comes_before_an_older_one() -> None:
    oldest, approved = read(picture_hash=HASH), read(picture_hash=HASH ^ 1)
    decided(oldest, "rejected")
    decided(approved, "approved")

    assert row(read(picture_hash=HASH), "duplicateOf") == approved


def test_an_own_paper_comes_before_anybody_elses() -> None:
    ada = a_customer()
    decided(read(picture_hash=HASH), "approved")
    own = read(ada, picture_hash=HASH ^ 1)

    again = read(ada, picture_hash=HASH)

    assert row(again, "duplicateOf", "flags") == (own, ["duplicate", "unsure"])
    assert prescriptions.shown(ada, again).duplicate


def test_own_papers_on_the_same_form_do_not_hide_the_paper_of_somebody_else() -> None:
    ada = a_customer()
    theirs = read(picture_hash=HASH ^ 1, patient="Tunde Balogun")
    for name in ("Ada Obi", "Grace Menu", "Ngozi Eze", "Femi Kuti", "Uche Jombo", "Bisi Alawiye"):
        read(ada, picture_hash=HASH, patient=name)

    assert row(read(ada, picture_hash=HASH, patient="Tunde Balogun"), "duplicateOf") == theirs


@pytest.mark.parametrize("value", [None, 0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_every_hash_fits_the_column(value: int | None) -> None:
    stored = duplicates.signed(value)

    assert stored is None if value is None else stored % 2**64 == value
    connection().execute("SELECT %s::bigint", (stored,))
