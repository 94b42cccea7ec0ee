"""What care leaves of a person: visits, lab tests with their results, talks with staff. All told, all erased but what happened when."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.rehearsal import FakeFacts, FakeShop
from models import base, vault, visits
from models.base import connection
from models.clock import utcnow
from models.privacy import collecting, erasing
from models.privacy.person import of_customer
from models.values import Refused
from models.visits import results
from tests.children import wait_until
from tests.factories import NOW as FACTORY_NOW
from tests.factories import a_customer
from tests.maintenance_world import ask, one, place, world  # noqa: F401 - fixtures
from tests.visits_world import TWO, a_doctor, a_test, booked
from worker.flows.own_data import erasure_refused
from worker.flows.step import Happened, Place

NOW = utcnow()
WORDS = ("palpitations", "12 Allen Avenue", "calls back at four", "very kind of Musa", "a note of the old days", "I feel dizzy")


def a_visit(customer: int, *, state: str = "done", starts: timedelta = timedelta(days=-3)) -> int:
    return int(
        one(
            """INSERT INTO appointments ("userId", "doctorId", "dateTime", "endsAt", "customerId", number, state, notes, "bookingKey",
                   "createdAt", "updatedAt")
               SELECT "userId", (SELECT min(id) FROM doctors), %s, %s, id, 'V' || gen_random_uuid(), %s, 'palpitations',
                   gen_random_uuid(), now(), now() FROM customers WHERE id = %s RETURNING id""",
            *(NOW + starts, NOW + starts + timedelta(minutes=30), state, customer),
        )
    )


def a_lab_test(customer: int, *, state: str = "done", result: bool = True, starts: timedelta = timedelta(days=-3)) -> int:
    booking = int(
        one(
            """INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation",
                   "collectedAt", "endsAt", "totalAmount", "customerId", number, state, notes, "bookingKey", "createdAt", "updatedAt")
               SELECT "userId", (SELECT min(id) FROM diagnostic_tests), %s, '12 Allen Avenue', 'home', %s, 5000, id,
                   'T' || gen_random_uuid(), %s, 'palpitations', gen_random_uuid(), now(), now() FROM customers WHERE id = %s
               RETURNING id""",
            *(NOW + starts, NOW + starts + timedelta(minutes=30), state, customer),
        )
    )
    if result:
        name = vault.new_name(results.ROOM, NOW)
        vault.vault().write(name, b"%PDF-1.7 a result")
        media = one(
            """INSERT INTO media ("customerId", kind, "mediaId", purpose, "storedAs", "storedAt", "createdAt")
               VALUES (%s, 'document', %s, 'lab_result', %s, now(), now()) RETURNING id""",
            *(customer, f"lab{booking}", name),
        )
        ask('UPDATE diagnostic_bookings SET "resultMediaRow" = %s, "resultAt" = now() WHERE id = %s', media, booking)
        ask(
            """INSERT INTO visit_events ("bookingId", at, what, who, detail)
               VALUES (%s, now(), 'result', 'staff:1', jsonb_build_object('media', %s::bigint))""",
            *(booking, media),
        )
    return booking


@pytest.fixture
def ada(world: str) -> int:
    ask(
        """INSERT INTO doctors (name, specialty, location, "createdAt", "updatedAt") VALUES ('Dr Amaka Obi', 'GP', 'Ikeja', now(), now());
           INSERT INTO diagnostic_tests (name, category, price, "createdAt", "updatedAt") VALUES ('Malaria', 'Blood', 5000, now(), now())"""
    )
    customer = a_customer(number="2348055550001")
    a_visit(customer)
    a_lab_test(customer)
    ask(
        """INSERT INTO handovers ("customerId", reason, "openedAt", "closedAt", rating, "ratingWords", "ratedAt")
           VALUES (%s, 'asked', now(), now(), 5, 'very kind of Musa', now())""",
        customer,
    )
    ask("""INSERT INTO thread_notes ("customerId", text, "createdAt") VALUES (%s, 'calls back at four', now())""", customer)
    ask("""INSERT INTO thread_reads ("staffId", "customerId", "lastInboxId") VALUES (7, %s, 3)""", customer)
    name = vault.new_name("threads", NOW)
    vault.vault().write(name, b"a voice note")
    media = one(
        """INSERT INTO media ("customerId", kind, "mediaId", caption, purpose, "storedAs", "createdAt")
           VALUES (%s, 'audio', 'voice', 'I feel dizzy', 'support', %s, now()) RETURNING id""",
        *(customer, name),
    )
    ask("""INSERT INTO thread_files ("mediaRow", state) VALUES (%s, 'done')""", media)
    ask(
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", status, notes, "createdAt", "updatedAt")
           SELECT "userId", (SELECT min(id) FROM doctors), now() - interval '1 year', 'Completed', 'a note of the old days', now(), now()
           FROM customers WHERE id = %s""",
        customer,
    )
    return customer


def told_of(customer: int) -> dict[str, list[dict[str, Any]]]:
    person = of_customer(connection(), customer)
    assert person is not None
    return dict(collecting.collect(connection(), person)["tables"])


def everything() -> str:
    tables = [row[0] for row in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(row[0]) for table in tables for row in ask(f'SELECT to_jsonb(t)::text FROM "{table}" t'))


def test_visits_lab_tests_talks_and_what_happened_to_them_are_told(ada: int) -> None:
    told = told_of(ada)

    assert {name: len(told[name]) for name in ("appointments", "diagnostic_bookings", "thread_notes", "handovers", "media")} == {
        "appointments": 2,
        "diagnostic_bookings": 1,
        "thread_notes": 1,
        "handovers": 1,
        "media": 2,
    }
    assert [event["what"] for event in told["visit_events"]].count("result") == 1
    assert not [word for word in WORDS if word not in json.dumps(told)]
    assert "thread_reads" not in told


def test_after_erasing_no_word_of_care_and_no_file_is_left_and_that_there_was_a_visit_is(ada: int, place: Path) -> None:
    erasing.erase(ada, by="test")

    left = everything()
    assert not [word for word in WORDS if word in left]
    assert not [file for file in place.rglob("*") if file.is_file()]
    assert ask("SELECT state FROM appointments ORDER BY id") == [("done",), ("done",)]
    assert ask('SELECT state, "resultMediaRow" FROM diagnostic_bookings') == [("done", None)]
    assert ask("SELECT (SELECT count(*) FROM thread_reads), (SELECT count(*) FROM thread_files)") == [(0, 0)]
    assert one("SELECT rating FROM handovers") == 5


def test_nobody_else_s_care_is_touched(ada: int) -> None:
    other = a_customer(name="Bola Ade", number="2348055550002")
    a_visit(other)
    a_lab_test(other)
    before = told_of(other)

    erasing.erase(ada, by="test")

    assert told_of(other) == before


@pytest.mark.parametrize(
    ("made", "waits"),
    [
        (lambda who: a_visit(who, state="booked", starts=timedelta(days=2)), {"appointments": 1}),
        (lambda who: a_visit(who, state="booked"), {}),
        (lambda who: a_visit(who, state="cancelled", starts=timedelta(days=2)), {}),
        (lambda who: a_lab_test(who, state="held", result=False, starts=timedelta(days=2)), {"lab tests": 1}),
        (lambda who: a_lab_test(who, result=False), {"lab tests": 1}),
        (lambda who: a_lab_test(who, result=False, starts=timedelta(days=-40)), {}),
    ],
    ids=["to come", "gone by", "cancelled", "a test to come", "its result to come", "a result that never came"],
)
def test_what_is_still_to_come_must_end_first(ada: int, made: Any, waits: dict[str, int]) -> None:
    made(ada)
    person = of_customer(connection(), ada)
    assert person is not None

    assert erasing.in_the_way(connection(), person) == waits
    if waits:
        with pytest.raises(Refused, match="still_open"):
            erasing.erase(ada, by="test")


def test_what_happened_to_a_visit_is_kept_without_a_word_of_anybody(ada: int) -> None:
    """The record is append-only: erasing could not take a word out of it."""
    doctor, test = a_doctor(), a_test()
    visit = booked(ada, doctor, note="palpitations")
    booked(ada, test, TWO + timedelta(hours=3), where="home", address="12 Allen Avenue, Ikeja, Lagos")
    visits.cancel(ada, visit.number, now=FACTORY_NOW)

    kept = " ".join(str(row[0]) for row in ask("SELECT detail::text FROM visit_events"))

    assert one("SELECT count(*) FROM visit_events WHERE detail ? 'number'") >= 2
    assert not [word for word in (*WORDS, "Ada Obi", "2348055550001") if word in kept]
    assert (
        one(
            """SELECT count(*) FROM diagnostic_bookings WHERE starts_with("sampleCollectionLocation", '12 Allen Avenue, Ikeja')"""
        )
        == 1
    )


def test_who_asks_in_the_chat_is_told_which_appointments_and_tests_must_end_first() -> None:
    open_still = Happened("erasure_refused", {"appointments": 2, "lab_tests": 1})

    (told,) = erasure_refused(Place(), open_still, FakeFacts(FakeShop())).replies

    assert "Appointments to come: 2" in str(told)
    assert "without their result: 1" in str(told)


def test_a_visit_that_is_just_being_booked_keeps_its_customer_from_being_erased(world: str, ada: int) -> None:
    given: list[object] = []

    def erases() -> None:
        try:
            given.append(erasing.erase(ada, by="test"))
        except Refused as no:
            given.append(no.code)
        finally:
            base.drop_connection()

    erasing_it = threading.Thread(target=erases)
    with psycopg.connect(world) as booking:
        booking.execute("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE", (ada,))
        booking.execute(
            """INSERT INTO appointments ("userId", "doctorId", "dateTime", "endsAt", "customerId", number, state, "createdAt",
                   "updatedAt")
               SELECT "userId", (SELECT min(id) FROM doctors), now() + interval '1 day', now() + interval '25 hours', id, '100002',
                   'booked', now(), now() FROM customers WHERE id = %s""",
            (ada,),
        )
        erasing_it.start()
        wait_until(lambda: one("SELECT count(*) FROM pg_locks WHERE NOT granted"), "the erasing waits")
    erasing_it.join(20)

    assert given == ["still_open"]
