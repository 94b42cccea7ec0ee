"""What customers see of their prescriptions and add to them, and nothing of anybody else's."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from models import prescriptions, vault
from models.base import connection
from models.prescriptions import receiving, record
from models.prescriptions.record import Line, Record
from models.readings import Candidate, Item, Page, Quality
from models.values import Money
from tests.factories import NOW, a_customer, a_product, an_order
from tests.prescription_peers import OLD_KEY, a_prescription, a_reading, database, row

__all__ = ["database"]  # a fixture


def a_read_one(customer: int, *flags: str, **more: object) -> int:
    number = a_prescription(customer)
    work = receiving.begin(number, 30)
    assert work is not None
    receiving.finish(work, a_reading(**more), [], flags, written_on=None, same_within_bits=8)
    return number


def a_decision(prescription_id: int, told: Record) -> None:
    connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, reason, "staffId", "staffName", "licenceNumber", record)
           VALUES (%s, %s, %s, %s, 1, %s, %s, %s)""",
        (prescription_id, NOW, told.kind, told.reason, told.staff, told.licence_number, vault.vault().seal(record.dumps(told))),
    )


def test_what_was_read_is_shown_with_the_product_as_it_is_now() -> None:
    ada = a_customer()
    ref = a_product("Amoxil 500mg", price="1200.00", stock=3)
    item = Item(
        (0,), "Tab Amoxil 500mg", "Amoxil", "500mg", "capsule", directions="1 three times a day", quantity=15.0, sure=True,
        candidates=(Candidate(ref, "Amoxil 500mg", "amoxicillin", "500mg", "", 99.0),), chosen=ref,
    )  # fmt: skip
    number = a_read_one(ada, "too_old", items=(item, Item((1,), "Xyz 5")))
    connection().execute("UPDATE products SET stock = 1")

    seen = prescriptions.shown(ada, number)

    assert seen is not None
    assert (seen.state, seen.failure, seen.complaint, seen.too_old, seen.duplicate) == ("waiting", "", "", True, False)
    first, second = seen.lines
    assert (first.name, first.strength, first.form, first.directions) == ("Amoxil", "500mg", "capsule", "1 three times a day")
    assert (first.quantity, first.sure) == (15.0, True)
    assert first.product is not None
    assert (first.product.price, first.product.stock) == (Money(120_000), 1)
    assert (second.raw, second.sure, second.product) == ("Xyz 5", False, None)


@pytest.mark.parametrize(
    ("sure", "doubts", "certain"),
    [
        (True, (), True),
        (False, ("no_match",), True),
        (False, ("strength_unknown", "close_candidates"), True),
        (False, ("no_match", "engines_differ"), False),
        (False, (), False),
    ],
)
def test_a_line_in_doubt_only_about_the_shop_is_read_for_certain(sure: bool, doubts: tuple[str, ...], certain: bool) -> None:
    ada = a_customer()
    number = a_read_one(ada, items=(Item((0,), "Zinnat 250mg", "Zinnat", "250mg", sure=sure, doubts=doubts),))

    assert prescriptions.shown(ada, number).lines[0].read_for_certain is certain


def test_beside_one_are_those_that_were_undecided_when_it_came_and_nobody_elses() -> None:
    ada, bola = a_customer(), a_customer()
    a_read_one(bola)
    waits, over, decided_after, replaced, asked, this = (a_read_one(ada) for _ in range(6))
    for number, state, minutes in (
        (over, "rejected", -1),
        (decided_after, "approved", 1),
        (replaced, "replaced", 1),
        (asked, "asked", 0),
    ):
        connection().execute(
            """UPDATE prescriptions SET state = %s, "verifiedAt" = %s WHERE id = %s""",
            (state, NOW + timedelta(minutes=minutes), number),
        )

    there = prescriptions.beside(ada, this)

    assert [number for number, _ in there] == [waits, decided_after, asked]
    assert there[0][1] == prescriptions.shown(ada, waits).received_at
    assert prescriptions.beside(bola, this) == ()


def test_a_blurred_picture_has_its_complaint() -> None:
    ada = a_customer()
    number = a_read_one(ada, pages=(Page(10, 10, quality=Quality(complaint="blurred")),), items=())

    assert prescriptions.shown(ada, number).complaint == "blurred"


@pytest.mark.parametrize(
    ("reason", "complaint"),
    [("encrypted_pdf", "encrypted_pdf"), ("too_big", "too_big"), ("killed_reader", ""), ("not_fetched", "")],
)
def test_a_file_that_could_not_be_read_says_why_and_whether_another_would_help(reason: str, complaint: str) -> None:
    ada = a_customer()
    number = a_prescription(ada)
    receiving.fail(receiving.begin(number, 30), reason)

    seen = prescriptions.shown(ada, number)

    assert (seen.failure, seen.complaint, seen.lines) == (reason, complaint, ())


def test_somebody_elses_prescription_and_one_of_the_old_system_are_unknown() -> None:
    ada, bola = a_customer(), a_customer()
    theirs = a_read_one(bola)
    a_decision(theirs, Record("rejected", "Pat", "P1", reason="too_old"))
    connection().execute("""UPDATE prescriptions SET state = NULL WHERE id = %s""", (old := a_read_one(ada),))

    assert prescriptions.shown(ada, theirs) is None
    assert prescriptions.decision(ada, theirs) is None
    assert prescriptions.shown(ada, old) is None
    assert not prescriptions.answer(ada, theirs, "mine", NOW)
    assert not prescriptions.withdraw(ada, theirs, NOW)
    assert row(theirs, "state", "answers") == ("waiting", None)


def test_the_latest_is_neither_replaced_nor_withdrawn() -> None:
    ada = a_customer()
    first = a_read_one(ada)
    second, third = a_prescription(ada), a_prescription(ada)
    prescriptions.withdraw(ada, third, NOW)
    connection().execute("UPDATE prescriptions SET state = 'replaced' WHERE id = %s", (second,))

    assert prescriptions.latest(ada).id == first
    assert prescriptions.latest(a_customer()) is None


def test_the_order_it_belongs_to_is_named() -> None:
    ada = a_customer()
    order = an_order(ada, {a_product(): 1})

    assert prescriptions.shown(ada, a_prescription(ada, order_number=order)).order_number == order


def test_a_reading_under_a_key_that_was_taken_away_does_not_end_the_conversation(tmp_path: Path) -> None:
    ada = a_customer()
    number = a_read_one(ada)
    vault.bind(str(tmp_path), (OLD_KEY,))

    seen = prescriptions.shown(ada, number)

    assert (seen.failure, seen.lines) == ("locked", ())


def test_a_decision_is_told_with_its_pharmacist_and_its_lines() -> None:
    ada = a_customer()
    ref = a_product("Amoxil 500mg")
    number = a_read_one(ada)
    lines = (
        Line(
            0, "Tab Amoxil 500mg", "changed", ref=ref, quantity=2, directions="1 at night", reason="brand", note="Same medicine."
        ),
        Line(-1, "", "not_dispensed", name="Valium", strength="5mg", reason="controlled"),
    )
    a_decision(number, Record("approved", "Pat Ojo", "PCN 1", lines, note="Take with food.", remark="staff only"))
    a_decision(number, Record("passed_on", "Bola", "PCN 2"))

    told = prescriptions.decision(ada, number)

    assert (told.kind, told.pharmacist, told.note, told.question) == ("approved", "Pat Ojo", "Take with food.", "")
    first, second = told.lines
    assert (first.outcome, first.product.ref, first.quantity, first.directions) == ("changed", ref, 2, "1 at night")
    assert (second.raw, second.outcome, second.product, second.reason) == ("Valium 5mg", "not_dispensed", None, "controlled")
    assert "staff only" not in repr(told)


def test_a_question_is_told_by_its_code() -> None:
    ada = a_customer()
    number = a_read_one(ada)
    a_decision(number, Record("asked", "Pat", "P1", reason="age"))

    told = prescriptions.decision(ada, number)

    assert (told.kind, told.question, told.reason) == ("asked", "age", "")


def test_an_answer_is_sealed_puts_it_back_into_the_queue_and_lets_the_clock_go_on() -> None:
    ada = a_customer()
    number = a_read_one(ada)
    connection().execute(
        """UPDATE prescriptions SET state = 'asked', "pausedAt" = now() - interval '90 s', "pausedSeconds" = 10 WHERE id = %s""",
        (number,),
    )
    version = row(number, "version")

    assert prescriptions.answer(ada, number, "34 years", NOW)
    assert prescriptions.answer(ada, number, "and 34 kg", NOW + timedelta(minutes=9))
    assert prescriptions.answer(ada, number, "It says 250mg", NOW + timedelta(minutes=20))

    assert row(number, "state", "pausedAt") == ("waiting", None)
    assert row(number, "pausedSeconds") in (100, 101)
    assert row(number, "version") > version
    sealed = bytes(row(number, "answers"))
    assert b"34 years" not in sealed
    said = json.loads(vault.vault().open(sealed))
    assert [(each["kind"], each["text"]) for each in said] == [
        ("answer", "34 years"),
        ("answer", "and 34 kg"),
        ("correction", "It says 250mg"),
    ]


@pytest.mark.parametrize("state", ["approved", "rejected", "replaced", "withdrawn"])
def test_what_is_decided_takes_no_more_answers_and_is_not_taken_back(state: str) -> None:
    ada = a_customer()
    number = a_read_one(ada)
    connection().execute("UPDATE prescriptions SET state = %s WHERE id = %s", (state, number))

    assert not prescriptions.answer(ada, number, "late", NOW)
    assert not prescriptions.withdraw(ada, number, NOW)

    assert row(number, "state", "answers") == (state, None)


def test_taking_it_back_takes_it_out_of_the_pharmacists_hands() -> None:
    ada = a_customer()
    number = a_read_one(ada)
    connection().execute("""UPDATE prescriptions SET "claimedBy" = 7, "claimedUntil" = now() + interval '1 h'""")

    assert prescriptions.withdraw(ada, number, NOW)

    assert row(number, "state", "claimedBy") == ("withdrawn", None)
