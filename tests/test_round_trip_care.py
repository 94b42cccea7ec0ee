"""Visits, lab tests, fees and talks down to the old system and up again: what it has a place for, what is in the file, what returns.

And what the old system left: two visits at one time, times nobody can keep, a start of it that removes what it does not know of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from models import left_over_file
from models.migrating import migrate, rollback, status
from models.migration_steps import load
from models.takeover.adopting import adopt
from models.takeover.undoing import undo
from tests.children import wait_until
from tests.servers import Databases, with_database
from tests.taken_over import At, ask, run

FIRST = "014"
NEXT_WEEK = "date_trunc('hour', now()) + interval '7 days'"
# The old program's: two visits of one doctor at one time, and a lab test that it calls done.
OLD = f"""
INSERT INTO doctors (id, name, specialty, location, "createdAt", "updatedAt") VALUES (901, 'Dr Amaka Obi', 'GP', 'Ikeja', now(), now());
INSERT INTO diagnostic_tests (id, name, category, price, "createdAt", "updatedAt") VALUES (901, 'Malaria', 'Blood', 5000, now(), now());
INSERT INTO appointments (id, "userId", "doctorId", "dateTime", status, "createdAt", "updatedAt")
SELECT i, (SELECT min(id) FROM users), 901, {NEXT_WEEK}, 'Scheduled', now(), now() FROM generate_series(901, 902) i;
INSERT INTO diagnostic_bookings (id, "userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", "totalAmount",
    status, "createdAt", "updatedAt") SELECT 901, min(id), 901, now() - interval '2 days',
    'Home', 5000, 'Completed', now(), now() FROM users;
"""
OURS = f"""
INSERT INTO customers (name, "userId") SELECT 'Ada Obi', max(id) FROM users;
INSERT INTO customer_identities (kind, value, "customerId") SELECT 'number', '2348099990001', max(id) FROM customers;
INSERT INTO orders ("userId", "customerId", "orderNumber", state, "totalKobo", "totalAmount", "paymentMethod", "shippingAddress",
    "deliveryKind", "placementKey", "createdAt", "updatedAt")
SELECT "userId", id, 'D77001', 'paid', 500000, 5000, 'Paystack', '', 'visit', 'p1', now(), now() FROM customers WHERE name = 'Ada Obi';
INSERT INTO order_items ("orderId", quantity, price, name, "createdAt", "updatedAt")
SELECT id, 1, 5000, 'Appointment with Dr Amaka Obi', now(), now() FROM orders WHERE "orderNumber" = 'D77001';
INSERT INTO appointments (id, "userId", "customerId", "doctorId", number, state, "dateTime", "endsAt", "feeKobo", "orderId", "bookingKey",
    moved, notes, "createdAt", "updatedAt")
SELECT 950, c."userId", c.id, 901, 'V7001', 'booked', {NEXT_WEEK} + interval '2 hours', {NEXT_WEEK} + interval '2 hours 20 minutes', 500000,
    o.id, 'k950', 1, 'a sore throat', now(), now() FROM customers c JOIN orders o ON o."customerId" = c.id WHERE c.name = 'Ada Obi';
INSERT INTO visit_events ("appointmentId", at, what, who, detail) VALUES (950, now(), 'booked', 'customer:1', '{{"from": null}}');
INSERT INTO diagnostic_bookings (id, "userId", "customerId", "diagnosticTestId", number, state, "sampleCollectionDate",
    "sampleCollectionLocation", "collectedAt", "endsAt", "totalAmount", "bookingKey", "createdAt", "updatedAt")
SELECT 950, "userId", id, 901, 'T7002', 'held', {NEXT_WEEK}, '12 Allen Avenue', 'home', {NEXT_WEEK} + interval '15 minutes', 5000, 'k951',
    now(), now() FROM customers WHERE name = 'Ada Obi';
INSERT INTO media ("customerId", kind, "mediaId", purpose, "storedAs", "storedAt", "createdAt")
SELECT id, 'document', 'r1', 'lab_result', 'results/2026/01/x', now(), now() FROM customers WHERE name = 'Ada Obi';
UPDATE diagnostic_bookings SET "resultMediaRow" = (SELECT max(id) FROM media), "resultBy" = 7, "resultAt" = now() WHERE id = 901;
INSERT INTO handovers ("customerId", reason, "openedAt", "closedAt", answers, rating, "ratingWords", "ratedAt")
SELECT id, 'asked', now(), now(), 2, 5, 'kind', now() FROM customers WHERE name = 'Ada Obi';
INSERT INTO thread_notes ("customerId", "staffId", text, "createdAt") SELECT id, 7, 'calls back at four', now() FROM customers
WHERE name = 'Ada Obi';
INSERT INTO thread_reads ("staffId", "customerId", "lastInboxId") SELECT 7, id, 4711 FROM customers WHERE name = 'Ada Obi';
UPDATE doctors SET "feeKobo" = 500000, languages = 'English, Yoruba', "slotMinutes" = 20 WHERE id = 901;
INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") VALUES (901, 0, 540, 1020);
"""
COMES_BACK = {
    "appointments": "SELECT * FROM appointments WHERE id > 900 ORDER BY id",
    "diagnostic_bookings": 'SELECT * FROM diagnostic_bookings WHERE id > 900 ORDER BY id',
    "visit_events": "SELECT * FROM visit_events ORDER BY id",
    "visit_times": """SELECT "doctorId", "testId", "collectedAt", during, "appointmentId", "bookingId" FROM visit_times
        ORDER BY during, 5, 6""",
    "fee": """SELECT i.name, i.price, o."deliveryKind", o.state FROM order_items i JOIN orders o ON o.id = i."orderId"
        WHERE o."orderNumber" = 'D77001'""",
    "handovers": """SELECT answers, rating, "ratingWords", "ratedAt" FROM handovers ORDER BY id""",
    "thread_notes": "SELECT * FROM thread_notes",
    "doctors": "SELECT * FROM doctors WHERE id = 901",
    "doctor_hours": "SELECT * FROM doctor_hours",
}  # fmt: skip


@pytest.fixture(scope="module")
def worked(databases: Databases, old_at: At) -> str:
    """The name of a database of the old system that was adopted, migrated to the head and worked in."""
    name = databases.create(old_at(""))
    url = with_database(databases.server_url, name)
    run(url, OLD)
    adopt(url)
    migrate(url)
    run(url, OURS)
    return name


@pytest.fixture
def copy(databases: Databases, worked: str) -> Iterator[str]:
    with databases.copy(worked) as url:
        yield url


def everything(url: str) -> dict[str, list[Any]]:
    return {name: ask(url, query) for name, query in COMES_BACK.items()}


def down(url: str, *, to: str, folder: Path | None = None) -> None:
    rollback(url, len([name for name in status(url).applied if name[:3] > to]), keep_in=folder)


@pytest.mark.parametrize("to", ["013", "002"])
def test_what_care_made_returns_from_below(copy: str, to: str, tmp_path: Path) -> None:
    before = everything(copy)
    down(copy, to=to, folder=tmp_path)
    if to == "002":
        undo(copy)
        adopt(copy)
    migrate(copy)

    assert everything(copy) == before
    assert ask(copy, "SELECT tablename FROM pg_tables WHERE tablename LIKE 'rollback%%'") == []


def test_the_file_holds_what_the_old_tables_have_no_place_for_and_no_row_twice(copy: str, tmp_path: Path) -> None:
    down(copy, to="013", folder=tmp_path)

    (file,) = tmp_path.iterdir()
    lines = list(left_over_file.read(file))[1:]
    kept = Counter(line["table"] for line in lines)
    assert {name: kept[name] for name in ("appointments", "diagnostic_bookings", "order_items", "doctors")} == {
        "appointments": 1,  # an old one's number, state and end say what its id, status and time say
        "diagnostic_bookings": 2,
        "order_items": 1,
        "doctors": 1,
    }
    assert {"visit_events", "handovers", "thread_notes", "thread_reads", "doctor_hours"} <= set(kept)
    assert "visit_times" not in kept
    assert len({str(line) for line in lines}) == len(lines)
    text = str(lines)
    assert all(word in text for word in ("V7001", "k950", "Appointment with Dr Amaka Obi", "calls back at four", "'resultBy': 7"))


def test_the_old_program_finds_visits_and_lab_tests_in_words_it_knows(copy: str, tmp_path: Path) -> None:
    down(copy, to="002", folder=tmp_path)

    assert ask(copy, "SELECT id, status::text, notes FROM appointments WHERE id > 900 ORDER BY id") == [
        (901, "Scheduled", None),
        (902, "Scheduled", None),
        (950, "Scheduled", "a sore throat"),
    ]
    assert ask(copy, "SELECT status::text FROM diagnostic_bookings WHERE id > 900 ORDER BY id") == [
        ("Completed",),
        ("Scheduled",),
    ]
    assert ask(copy, """SELECT rating, feedback FROM support_ratings WHERE feedback = 'kind'""") == [(5, "kind")]


BOOK = f"""
INSERT INTO appointments ("userId", "doctorId", number, state, "dateTime", "endsAt", "bookingKey", "createdAt", "updatedAt")
SELECT min(id), 901, 'V7999', 'booked', {NEXT_WEEK}, {NEXT_WEEK} + interval '30 minutes', 'k999', now(), now() FROM users
"""


@pytest.mark.parametrize(
    "left",
    [
        "UPDATE appointments SET status = 'Cancelled' WHERE id = 901",
        "UPDATE appointments SET status = 'Completed' WHERE id = 901",
        """UPDATE appointments SET "dateTime" = "dateTime" + interval '1 day' WHERE id = 901""",
        "DELETE FROM appointments WHERE id = 901",
    ],
    ids=["cancelled", "done", "moved", "deleted"],
)
def test_of_two_old_visits_at_one_time_the_second_keeps_it_when_the_first_goes(copy: str, left: str) -> None:
    run(copy, left)

    with pytest.raises(psycopg.errors.ExclusionViolation):
        run(copy, BOOK)
    run(copy, "UPDATE appointments SET status = 'Cancelled' WHERE id = 902")
    run(copy, BOOK)


@pytest.mark.parametrize("at", ["'infinity'", "'-infinity'", "'4000-01-01 00:00+00'"])
def test_a_time_nobody_can_keep_is_taken_from_the_old_program_all_the_same(copy: str, at: str) -> None:
    """It may write what it likes: nothing of ours refuses it."""
    run(
        copy,
        f"""INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
            SELECT min(id), 901, {at}, now(), now() FROM users""",
    )

    assert ask(copy, 'SELECT count(*) FROM appointments WHERE "doctorId" = 901') == [(4,)]


def test_the_step_is_taken_over_times_nobody_can_keep(databases: Databases, old_at: At) -> None:
    with databases.copy(old_at("013")) as url:
        run(url, OLD)
        run(url, """UPDATE appointments SET "dateTime" = 'infinity' WHERE id = 901""")
        migrate(url)

        assert ask(url, 'SELECT "appointmentId" FROM visit_times WHERE "doctorId" = 901') == [(902,)]


def test_after_the_old_programs_start_its_writes_pass_and_rolling_back_and_applying_brings_numbers_back(
    copy: str, tmp_path: Path
) -> None:
    for table in ("appointments", "diagnostic_bookings"):
        own = ask(
            copy, "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", table
        )
        known = {"id", "userId", "createdAt", "updatedAt", "status", "notes", "dateTime", "doctorId", "drugsngAppointmentId"}
        known |= {
            "diagnosticTestId",
            "sampleCollectionDate",
            "sampleCollectionLocation",
            "totalAmount",
            "paymentStatus",
            "paymentReference",
        }
        for (column,) in own:
            if column not in known:
                run(copy, f'ALTER TABLE {table} DROP COLUMN "{column}"')  # as Sequelize's sync({alter: true}) does
    run(copy, "UPDATE appointments SET status = 'Cancelled' WHERE id = 901")
    run(copy, OLD.split(";")[2].replace("generate_series(901, 902)", "generate_series(904, 904)"))

    down(copy, to="013", folder=tmp_path)
    migrate(copy)

    found = ask(copy, "SELECT id, state FROM appointments WHERE id > 900 ORDER BY id")
    assert found == [(901, "cancelled"), (902, "booked"), (904, "booked"), (950, "booked")]
    assert ask(copy, "SELECT what FROM visit_events") == [("booked",)]
    assert sorted(ask(copy, 'SELECT "appointmentId" FROM visit_times WHERE "doctorId" = 901')) == [(902,), (950,)]


def test_below_the_messages_nothing_new_counts_as_read(copy: str, tmp_path: Path) -> None:
    """Messages do not return, so their numbers begin anew."""
    down(copy, to="002", folder=tmp_path)
    migrate(copy)

    assert ask(copy, 'SELECT "lastInboxId" FROM thread_reads') == [(0,)]


class Heard:
    """Stands where the migrator stands and keeps the texts it is asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __getattr__(self, _verb: str) -> Any:
        return lambda *asked, **_options: self.texts.extend(asked)


def test_who_cancels_while_old_visits_get_their_times_leaves_no_time_for_nobody(copy: str) -> None:
    heard = Heard()
    load("014_add_visits").migrate(heard, None)
    fill = [text for text in heard.texts if 'INSERT INTO visit_times ("doctorId"' in text and "ON CONFLICT DO" in text][-1]
    run(copy, "DELETE FROM visit_times")
    cancel = Thread(target=run, args=(copy, "UPDATE appointments SET status = 'Cancelled' WHERE id = 901"))
    waits = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""

    with psycopg.connect(copy) as step:
        step.execute(fill, {"low": 0, "high": 10_000})
        cancel.start()
        wait_until(lambda: ask(copy, waits) != [(0,)], "the cancel to wait for the batch")
    cancel.join(20)

    assert sorted(ask(copy, 'SELECT "appointmentId" FROM visit_times WHERE "doctorId" = 901')) == [(902,), (950,)]
