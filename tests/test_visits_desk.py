"""Visits as the house sees them: lists of a day, one with its log, and whether somebody came; by whom, when, and until when undone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models import base
from models.base import connection
from models.values import Refused
from models.visits import desk
from tests.console import a_colleague
from tests.factories import a_customer
from tests.servers import Databases
from tests.visits_made import a_booking, a_doctor, a_test, a_visit, state_of

ZONE = "Africa/Lagos"
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 23, 23, 0, tzinfo=UTC), datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # the 24th in Lagos
EARLIER = NOW - timedelta(hours=1)


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(autouse=True)
def own_connection(house: str) -> Iterator[None]:
    base.bind(house)
    yield
    base.drop_connection()


def numbers(**wish: object) -> list[str]:
    given = {"zone": ZONE} | wish
    return [row.number for row in desk.page(connection(), "doctor", *TODAY, **given)]


def mark(number: str, what: str = "done", *, kind: str = "doctor", now: datetime = NOW, by: int = 1, **more: object) -> object:
    return desk.mark(kind, number, what, by=by, zone=ZONE, now=now, **more)


def refusal(act: object, *given: object, **named: object) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*given, **named)
    return caught.value


# ------------------------------------------------------------------------------------------------------------ lists


def test_a_day_shows_the_visits_that_begin_on_it_in_the_order_of_their_times() -> None:
    doctor = a_doctor()
    late, early = a_visit(doctor, NOW + timedelta(hours=2)), a_visit(doctor, NOW - timedelta(hours=3))
    a_visit(doctor, TODAY[1])
    a_visit(doctor, TODAY[0] - timedelta(minutes=30))
    first_minute = a_visit(doctor, TODAY[0])

    assert numbers(of=doctor) == [first_minute, early, late]


def test_what_was_cancelled_or_never_paid_is_shown_when_it_is_asked_for() -> None:
    doctor = a_doctor()
    over = [a_visit(doctor, EARLIER, state="cancelled"), a_visit(doctor, NOW, state="expired")]

    assert (numbers(of=doctor), numbers(of=doctor, over=True)) == ([], over)


def test_a_long_day_comes_in_pages_that_leave_nothing_out_at_one_time() -> None:
    doctors = [a_doctor(f"Doctor {n}") for n in range(5)]
    at = NOW - timedelta(hours=9)
    every = {a_visit(doctor, at) for doctor in doctors}
    found, after = [], None
    for _ in range(3):
        rows = desk.page(connection(), "doctor", at, at + timedelta(minutes=1), zone=ZONE, after=after, limit=2)
        found += [row.number for row in rows]
        after = rows[-1]

    assert len(found) == len(every)
    assert set(found) == every


def test_a_zone_that_does_not_exist_and_a_name_without_title_are_mended() -> None:
    number = a_visit(a_doctor("amaka obi", zone="Europe/Ikeja"), NOW)

    row = desk.case(connection(), "doctor", number, zone=ZONE).row

    assert (row.zone, row.title) == (ZONE, "Dr amaka obi")


def test_what_is_limited_to_one_doctor_has_no_other_doctors_visits() -> None:
    mine, others = a_doctor(), a_doctor()
    number = a_visit(others, EARLIER)

    assert numbers(of=mine) == []
    assert desk.case(connection(), "doctor", number, zone=ZONE, of=mine) is None
    assert refusal(mark, number, of=mine).code == "unknown"
    assert refusal(desk.undo, "doctor", number, by=1, zone=ZONE, now=NOW, of=mine).code == "unknown"
    assert state_of(number) == "booked"


def test_an_old_systems_visit_is_theirs_who_claimed_its_user() -> None:
    customer, doctor = a_customer(name="Zainab Musa"), a_doctor()
    number = a_visit(doctor, EARLIER, customer=customer)
    connection().execute("""UPDATE appointments SET "customerId" = NULL WHERE number = %s""", (number,))

    row = desk.case(connection(), "doctor", number, zone=ZONE).row

    assert (row.customer_id, row.customer) == (customer, "Zainab Musa")


# ------------------------------------------------------------------------------------------------------------ marks


@pytest.mark.parametrize("kind", ["doctor", "test"])
@pytest.mark.parametrize("what", ["done", "no_show"])
def test_what_is_marked_is_a_state_and_a_line_with_who_and_when(kind: str, what: str) -> None:
    ada = a_colleague("support", name="Ada Obi")
    number = a_visit(a_doctor(), EARLIER) if kind == "doctor" else a_booking(a_test(), EARLIER)

    mark(number, what, kind=kind, by=ada.id)

    it = desk.case(connection(), kind, number, zone=ZONE)
    assert it.row.state == what
    assert [(e.what, e.name, e.at, e.detail) for e in it.log] == [(what, "Ada Obi", NOW, {"from": "booked"})]


def test_one_that_runs_can_be_marked_and_one_to_come_cannot() -> None:
    runs, comes = a_visit(a_doctor(), NOW - timedelta(minutes=1)), a_visit(a_doctor(), NOW + timedelta(minutes=1))

    mark(runs)
    no = refusal(mark, comes)

    assert (state_of(runs), state_of(comes)) == ("done", "booked")
    assert (no.code, no.detail["starts"]) == ("too_early", NOW + timedelta(minutes=1))


@pytest.mark.parametrize("state", ["held", "cancelled", "expired"])
def test_what_does_not_take_place_cannot_be_marked(state: str) -> None:
    number = a_visit(a_doctor(), EARLIER, state=state)

    assert refusal(mark, number).code == "moved"
    assert state_of(number) == state


def test_who_comes_second_hears_who_was_first() -> None:
    number = a_visit(a_doctor(), EARLIER)
    mark(number, by=7)

    no = refusal(mark, number, "no_show", by=8)

    assert (no.code, no.detail) == ("moved", {"state": "done", "who": "staff:7", "at": NOW})


def test_of_two_who_mark_at_the_same_moment_one_is_first_and_one_line_is_written(house: str) -> None:
    number = a_visit(a_doctor(), EARLIER)
    outcomes: list[str] = []

    def one(what: str) -> None:
        try:
            mark(number, what)
            outcomes.append("done")
        except Refused as no:
            outcomes.append(no.code)
        finally:
            base.drop_connection()

    threads = [threading.Thread(target=one, args=(what,)) for what in ("done", "no_show", "done", "no_show")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == ["done", "moved", "moved", "moved"]
    assert len(desk.case(connection(), "doctor", number, zone=ZONE).log) == 1


def test_a_mark_is_undone_on_the_same_local_day_and_not_on_another() -> None:
    number = a_visit(a_doctor(), EARLIER)
    mark(number)

    last_minute, midnight = TODAY[1] - timedelta(minutes=1), TODAY[1]
    late = refusal(desk.undo, "doctor", number, by=1, zone=ZONE, now=midnight)
    desk.undo("doctor", number, by=1, zone=ZONE, now=last_minute)

    assert (late.code, state_of(number)) == ("too_late", "booked")
    assert [e.what for e in desk.case(connection(), "doctor", number, zone=ZONE).log] == ["unmarked", "done"]


def test_the_buttons_are_what_the_verbs_allow() -> None:
    number = a_visit(a_doctor(), EARLIER)
    before = desk.case(connection(), "doctor", number, zone=ZONE)
    mark(number)
    after = desk.case(connection(), "doctor", number, zone=ZONE)

    assert (before.marks(NOW), before.marks(EARLIER - timedelta(minutes=1))) == (("done", "no_show"), ())
    assert (after.marks(NOW), after.marks(TODAY[1])) == (("undo",), ())
    assert (before.changeable(NOW), before.changeable(EARLIER - timedelta(minutes=1)), after.changeable(EARLIER)) == (
        False,
        True,
        False,
    )


# ------------------------------------------------------------------------------------------------------------ figures


def test_a_day_is_counted_with_what_nobody_marked_and_which_results_are_to_come() -> None:
    doctor, test = a_doctor(), a_test()
    for state, at in (("booked", EARLIER), ("done", EARLIER - timedelta(hours=1)), ("booked", NOW + timedelta(hours=1))):
        a_visit(doctor, at, state=state)
    due = a_booking(test, EARLIER, state="done")

    counted = desk.counts(connection(), *TODAY, NOW, of=doctor)

    assert (counted.visits, counted.unmarked) == (3, 1)
    assert due in [row.number for row in desk.awaiting_results(connection(), zone=ZONE, limit=300)]
    assert counted.results_due >= 1


def test_a_mark_is_not_taken_back_when_somebody_else_has_a_part_of_that_time_by_now() -> None:
    doctor = a_doctor()
    long = a_visit(doctor, NOW - timedelta(minutes=10))
    connection().execute("""UPDATE appointments SET "endsAt" = %s WHERE number = %s""", (NOW + timedelta(hours=2), long))
    mark(long, "no_show")
    a_visit(doctor, NOW + timedelta(hours=1))

    no = refusal(desk.undo, "doctor", long, by=1, zone=ZONE, now=NOW)

    assert (no.code, state_of(long)) == ("taken", "no_show")
