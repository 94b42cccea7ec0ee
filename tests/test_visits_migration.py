"""Migration 014 up, down and up again: on the old system's visits, and on a house whose doctors are booked, the old program at work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any, NamedTuple

import psycopg
import pytest

from models import base, orders, visits
from models.migrating import migrate, rollback
from models.values import Refused
from tests.factories import a_customer, order_id
from tests.servers import Databases
from tests.taken_over import At, ask, shape
from tests.visits_world import a_doctor, a_test, booked, held_times

OLD = {
    "appointments": 'id, "userId", "doctorId", "dateTime", status::text, notes, "drugsngAppointmentId", "createdAt", "updatedAt"',
    "diagnostic_bookings": 'id, "userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", status::text, '
    '"totalAmount", "paymentStatus"::text, "paymentReference", notes, "createdAt", "updatedAt"',
}
OURS = ('"customerId"', "number", "state", '"endsAt"', '"orderId"', '"bookingKey"', "moved")
INSERT = """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
    VALUES (%s, %s, %s, now(), now()) RETURNING id"""
LONGEST_S = 5.0  # a statement of theirs; two seconds on a quiet machine, which the benches hold it to
HALF = timedelta(minutes=30)
# The step itself asks the clock: what is past holds no time.
NOW = datetime.now(UTC).replace(microsecond=0)


def old_values(url: str) -> dict[str, list[Any]]:
    return {table: ask(url, f"SELECT {columns} FROM {table} ORDER BY id") for table, columns in OLD.items()}


def everything(url: str) -> dict[str, list[Any]]:
    tables = ("appointments", "diagnostic_bookings", "visit_events", "orders", "order_items")
    found = {table: ask(url, f"SELECT to_jsonb(t) FROM {table} t ORDER BY id") for table in tables}
    return found | {
        "visit_times": ask(url, """SELECT to_jsonb(t) - 'id' FROM visit_times t ORDER BY during, "doctorId", "testId" """)
    }


@pytest.fixture
def url(databases: Databases, old_at: At) -> Iterator[str]:
    """The old system's data just before this step."""
    with databases.copy(old_at("013")) as url:
        yield url
        base.drop_connection()


class AtWork(NamedTuple):
    """A house after this step: its customer, a doctor, two o'clock of a day the doctor works, the numbers of visits by what became of
    them, the steps to take back."""

    url: str
    ada: int
    doctor: str
    two: datetime
    made: dict[str, str]
    steps: int


@pytest.fixture
def house(databases: Databases) -> Iterator[AtWork]:
    with databases.fresh() as url:
        base.bind(url)
        ada, doctor, paying, test = a_customer(), a_doctor(), a_doctor(fee=5000), a_test(price=3500)
        (day,) = visits.days(doctor, now=NOW, first=(NOW + timedelta(days=3)).date(), limit=1)
        two = day.slots[12]
        made = {
            "booked": booked(ada, doctor, two, now=NOW, note="my back").number,
            "held": booked(ada, paying, two + HALF, now=NOW).number,
            "paid": booked(ada, paying, two + 2 * HALF, now=NOW).number,
            "cancelled": booked(ada, doctor, two + 3 * HALF, now=NOW).number,
            "done": booked(ada, doctor, two - 2 * HALF, now=NOW).number,
            "no_show": booked(ada, doctor, two - HALF, now=NOW).number,
        }
        orders.move(order_id(visits.visit(ada, made["paid"]).order_number), "paid", who="paystack", now=NOW)
        made["home"] = booked(ada, test, two + 4 * HALF, now=NOW, where="home", address="12 Allen Avenue").number
        visits.cancel(ada, made["cancelled"], now=NOW)
        visits.reschedule(ada, made["paid"], two + 5 * HALF, now=NOW)
        for state in ("done", "no_show"):
            base.connection().execute("UPDATE appointments SET state = %s WHERE number = %s", (state, made[state]))
        names = [row[0] for row in base.connection().execute("SELECT name FROM migratehistory").fetchall()]
        base.drop_connection()
        yield AtWork(url, ada, doctor, two, made, sum(name >= "014" for name in names))
        base.drop_connection()


def states(url: str) -> dict[str, str]:
    return dict(ask(url, "SELECT number, state FROM appointments UNION ALL SELECT number, state FROM diagnostic_bookings"))


# --------------------------------------------------------------------------------------------------- the old system's rows


def test_every_old_visit_gets_a_number_a_state_and_half_an_hour_and_nothing_else_changes(url: str) -> None:
    before = old_values(url)

    migrate(url, to="014")

    assert old_values(url) == before
    assert (
        ask(url, """SELECT id FROM appointments WHERE number <> 'A' || id OR "endsAt" <> "dateTime" + interval '30 minutes'""")
        == []
    )
    assert ask(url, "SELECT id FROM diagnostic_bookings WHERE number <> 'L' || id") == []
    assert dict(ask(url, "SELECT id, state FROM appointments WHERE id IN (1, 3, 4, 10)")) == {
        1: "done",
        3: "cancelled",
        4: "booked",
        10: "booked",
    }
    assert dict(ask(url, "SELECT id, state FROM diagnostic_bookings")) == {1: "done", 2: "booked", 3: "cancelled", 4: "booked"}
    assert ask(url, "SELECT count(*) FROM visit_events") == [(0,)]


def test_of_two_old_visits_at_one_time_the_first_holds_it_and_what_is_past_holds_nothing(url: str) -> None:
    migrate(url, to="014")

    held = [row[0] for row in ask(url, """SELECT "appointmentId" FROM visit_times ORDER BY 1""")]
    assert (4 in held, 5 in held, 1 in held, 7 in held) == (True, False, False, False)
    assert ask(url, """SELECT count(*) FROM visit_times WHERE "bookingId" IS NOT NULL""") == [(0,)]


def test_the_way_back_leaves_the_schema_and_every_old_value_as_they_were(url: str) -> None:
    before, schema = old_values(url), shape(url)
    migrate(url, to="014")

    rollback(url)

    assert (old_values(url), shape(url)) == (before, schema)
    assert ask(url, "SELECT to_regclass('rollback_014')") == [(None,)]


def test_the_schema_is_the_same_on_an_old_database_and_a_new_one(url: str, empty_database_url: str) -> None:
    migrate(url, to="014")
    migrate(empty_database_url, to="014")

    assert shape(url) == shape(empty_database_url)


def test_a_big_table_is_filled_in_batches_without_reading_it_again_for_every_row(url: str) -> None:
    ask(
        url,
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
           SELECT 1 + g %% 20, 1 + g %% 9, now() + g * interval '7 minutes', now(), now() FROM generate_series(1, 20000) g""",
    )

    migrate(url, to="014")

    assert ask(url, "SELECT count(*) FROM appointments WHERE number IS NULL OR state IS NULL") == [(0,)]
    ((scans,),) = ask(url, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'appointments'")
    assert scans < 200  # once a row would be thousands


def test_the_old_program_books_and_cancels_while_the_step_is_taken(url: str) -> None:
    ask(
        url,
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
           SELECT 1 + g %% 20, 1 + g %% 9, now() + g * interval '1 hour', now(), now() FROM generate_series(1, 5000) g""",
    )
    done, waits, made = Event(), [], []

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            while not done.is_set() and len(waits) < 5_000:
                began = time.perf_counter()
                (id,) = conn.execute(INSERT, (1, 1, NOW + timedelta(days=3))).fetchone() or (0,)
                conn.execute("UPDATE appointments SET status = 'Cancelled' WHERE id = %s", (id,))
                waits.append(time.perf_counter() - began)
                made.append(id)
                done.wait(0.002)

    writer = Thread(target=write)
    writer.start()
    try:
        migrate(url, to="014")
    finally:
        done.set()
        writer.join(20)

    assert (len(waits) > 20, max(waits) < LONGEST_S) == (True, True), max(waits)
    assert ask(url, "SELECT DISTINCT state FROM appointments WHERE id = ANY(%s)", made) == [("cancelled",)]
    assert ask(url, 'SELECT count(*) FROM appointments WHERE number IS NULL OR state IS NULL OR "endsAt" IS NULL') == [(0,)]


# --------------------------------------------------------------------------------------------------- a house at work


def test_a_house_at_work_goes_back_and_forth_without_losing_a_row(house: AtWork) -> None:
    before, schema = everything(house.url), shape(house.url)

    rollback(house.url, house.steps)
    migrate(house.url)

    assert everything(house.url) == before
    assert shape(house.url) == schema
    assert ask(house.url, "SELECT to_regclass('rollback_014'), to_regclass('rollback_016')") == [(None, None)]


def test_after_the_way_back_and_forth_the_house_goes_on(house: AtWork) -> None:
    rollback(house.url, house.steps)
    migrate(house.url)
    base.bind(house.url)

    with pytest.raises(Refused, match="taken"):
        booked(a_customer(), house.doctor, house.two, now=NOW)
    later = house.two + 6 * HALF
    assert visits.reschedule(house.ada, house.made["booked"], later, now=NOW).starts_at == later
    assert booked(a_customer(), house.doctor, house.two, now=NOW).number
    orders.move(order_id(visits.visit(house.ada, house.made["held"]).order_number), "paid", who="paystack", now=NOW)
    assert states(house.url)[house.made["held"]] == "booked"


def test_the_version_before_works_between_and_is_believed_afterwards(house: AtWork) -> None:
    ids = dict(ask(house.url, "SELECT number, id FROM appointments"))
    rollback(house.url, house.steps)
    ask(house.url, "UPDATE appointments SET status = 'Cancelled' WHERE id = %s", ids[house.made["booked"]])
    ask(house.url, "UPDATE appointments SET status = 'Completed' WHERE id = %s", ids[house.made["paid"]])
    ask(house.url, "DELETE FROM appointments WHERE id = %s", ids[house.made["done"]])
    ((user,),) = ask(house.url, 'SELECT "userId" FROM customers WHERE id = %s', house.ada)
    ((new,),) = ask(house.url, INSERT, user, int(house.doctor[1:]), house.two)

    migrate(house.url)

    found = states(house.url)
    assert (found[house.made["booked"]], found[house.made["paid"]], found[house.made["no_show"]]) == (
        "cancelled",
        "done",
        "no_show",
    )
    assert (found[f"A{new}"], house.made["done"] in found) == ("booked", False)
    assert set(ask(house.url, "SELECT DISTINCT source FROM rollback_014")) == {("appointments",), ("visit_events",)}
    base.bind(house.url)
    assert house.two in held_times(house.doctor)  # it is the new one's: the visit that had it was cancelled


def test_the_old_programs_start_removes_the_columns_and_what_was_booked_comes_back(house: AtWork) -> None:
    before = states(house.url)
    for column in (*OURS, '"feeKobo"'):
        ask(house.url, f"ALTER TABLE appointments DROP COLUMN {column}")
    for column in (*OURS, '"collectedAt"'):
        ask(house.url, f"ALTER TABLE diagnostic_bookings DROP COLUMN {column}")
    ask(house.url, INSERT, 1, int(house.doctor[1:]), house.two + timedelta(days=3))
    ask(house.url, "UPDATE appointments SET notes = 'seen'")

    rollback(house.url, house.steps)
    migrate(house.url)

    found = states(house.url)
    lost = {house.made["no_show"]: "cancelled"}  # nothing but its column knew that nobody came
    assert {number: found[number] for number in before} == before | lost
    base.bind(house.url)
    shown = visits.visit(house.ada, house.made["home"])
    assert (shown.where, shown.address, bool(shown.order_number)) == ("home", "12 Allen Avenue", True)
    with pytest.raises(Refused, match="taken"):
        booked(a_customer(), house.doctor, house.two, now=NOW)


def test_the_step_can_be_run_again_after_a_break(house: AtWork) -> None:
    before, schema = everything(house.url), shape(house.url)
    ask(house.url, "DELETE FROM migratehistory WHERE name >= '014'")
    ask(
        house.url,
        "DROP INDEX appointments_number, appointments_held; ALTER TABLE appointments DROP CONSTRAINT appointments_state_known",
    )
    ask(house.url, "DROP TRIGGER visit_time_held ON appointments")

    migrate(house.url)

    assert (everything(house.url), shape(house.url)) == (before, schema)


def test_a_step_back_that_was_broken_off_is_taken_again(house: AtWork) -> None:
    before = everything(house.url)
    rollback(house.url, house.steps - 1)
    ask(house.url, "DROP TABLE visit_times; DROP INDEX appointments_doctor")

    rollback(house.url)
    migrate(house.url)

    assert everything(house.url) == before


# --------------------------------------------------------------------------------------------------- the old program beside us


def test_what_the_old_program_writes_and_we_write_stays_in_step(house: AtWork) -> None:
    def status(number: str) -> str:
        return str(ask(house.url, "SELECT status::text FROM appointments WHERE number = %s", number)[0][0])

    assert [status(house.made[name]) for name in ("booked", "held", "done", "no_show", "cancelled")] == [
        "Scheduled",
        "Scheduled",
        "Completed",
        "Cancelled",
        "Cancelled",
    ]
    ask(house.url, "UPDATE appointments SET status = 'Completed' WHERE number = %s", house.made["booked"])
    assert states(house.url)[house.made["booked"]] == "done"
    assert ask(house.url, "SELECT what, who FROM visit_events ORDER BY id DESC LIMIT 1") == [("done", "old system")]


def test_a_time_the_old_program_books_twice_stands_beside_and_moves_keep_their_length(house: AtWork) -> None:
    long = house.two + timedelta(days=1)
    ask(
        house.url, """UPDATE appointments SET "endsAt" = "dateTime" + interval '1 hour' WHERE number = %s""", house.made["booked"]
    )

    ((beside,),) = ask(house.url, INSERT, 1, int(house.doctor[1:]), house.two)
    ask(house.url, 'UPDATE appointments SET "dateTime" = %s WHERE number = %s', long, house.made["booked"])

    base.bind(house.url)
    assert held_times(house.doctor) == [house.two, long]  # whoever stood beside has the time now
    assert ask(house.url, 'SELECT "endsAt" - "dateTime" FROM appointments WHERE number = %s', house.made["booked"]) == [
        (timedelta(hours=1),)
    ]
    assert ask(house.url, "SELECT state FROM appointments WHERE id = %s", beside) == [("booked",)]


def test_the_log_of_a_visit_is_append_only_and_goes_with_its_visit(house: AtWork) -> None:
    for statement in ("UPDATE visit_events SET what = 'x'", "DELETE FROM visit_events"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            ask(house.url, statement)

    ask(house.url, "DELETE FROM appointments WHERE number = %s", house.made["booked"])

    assert ask(house.url, """SELECT count(*) FROM visit_events e LEFT JOIN appointments a ON a.id = e."appointmentId"
        WHERE e."appointmentId" IS NOT NULL AND a.id IS NULL""") == [(0,)]  # fmt: skip
