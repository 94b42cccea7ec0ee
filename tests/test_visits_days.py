"""Which times can be had: by the doctor's own rows, the clock, the calendar and what others have; and what is said of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from models import visits
from models.base import connection, drop_connection
from models.values import Money, Refused
from models.visits import timetables
from models.visits.days import admit, latest, nearest
from tests.factories import NOW, a_customer
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked

__all__ = ["shop"]  # a fixture

HALF_AN_HOUR = timedelta(minutes=30)
TEN = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What is asked of the database."""
    drop_connection()
    seen: list[str] = []
    real = connection().cursor_factory

    class Counting(real):  # type: ignore[misc, valid-type]
        def execute(self, query: object, *args: object, **more: object) -> object:
            seen.append(str(query))
            return super().execute(query, *args, **more)

    connection().cursor_factory = Counting
    yield seen
    drop_connection()


def refused(ref: str, at: datetime, *, now: datetime = NOW, where: str = "") -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as no:
        admit(ref, at, now=now, where=where)
    return no.value.code, no.value.detail


def iso(*moments: datetime) -> tuple[str, ...]:
    return tuple(at.isoformat() for at in moments)


def test_days_begin_an_hour_from_now_and_leave_out_the_weekend() -> None:
    found = visits.days(a_doctor(), now=NOW, first=None, limit=6)

    assert [(day.day.day, len(day.slots)) for day in found] == [(23, 14), (24, 20), (25, 20), (26, 20), (27, 20), (30, 20)]
    assert found[0].slots[0] == NOW + timedelta(hours=1)


def test_days_go_on_from_the_day_asked_for_to_the_end_of_three_months() -> None:
    ref = a_doctor()

    late = visits.days(ref, now=NOW, first=date(2027, 2, 22), limit=7)
    after = visits.days(ref, now=NOW, first=date(2027, 3, 1), limit=7)

    assert [day.day for day in late] == [date(2027, 2, 22), date(2027, 2, 23)]
    assert late[-1].slots[-1] == datetime(2027, 2, 23, 9, tzinfo=UTC)  # ten o'clock, as now
    assert after == ()


def test_a_day_without_a_free_time_is_not_listed() -> None:
    ref = a_doctor(slotMinutes=300)
    booked(a_customer(), ref, datetime(2026, 11, 24, 7, tzinfo=UTC))
    booked(a_customer(), ref, datetime(2026, 11, 24, 12, tzinfo=UTC))

    found = visits.days(ref, now=NOW, first=date(2026, 11, 24), limit=2)

    assert [day.day.day for day in found] == [25, 26]


def test_a_time_that_is_held_is_not_free_and_one_given_up_is() -> None:
    ref, ada = a_doctor(fee=5000), a_customer()
    made = booked(ada, ref)

    held = visits.days(ref, now=NOW, first=TWO.date(), limit=1)[0].slots
    visits.cancel(ada, made.number, now=NOW)
    given_up = visits.days(ref, now=NOW, first=TWO.date(), limit=1)[0].slots

    assert (TWO in held, TWO in given_up) == (False, True)


def test_an_old_visit_of_another_length_covers_every_slot_it_touches() -> None:
    ref = a_doctor()
    ada = a_customer()
    run(
        """INSERT INTO appointments ("userId", "doctorId", "dateTime", "endsAt", state, number, "createdAt", "updatedAt")
           VALUES ((SELECT "userId" FROM customers WHERE id = %s), %s, %s, %s, 'booked', 'old', now(), now())""",
        *(ada, int(ref[1:]), TWO + timedelta(minutes=15), TWO + timedelta(minutes=70)),
    )

    found = visits.days(ref, now=NOW, first=TWO.date(), limit=1)[0].slots

    assert [at for at in found if TWO <= at < TWO + timedelta(hours=2)] == [TWO + HALF_AN_HOUR * 3]


def test_nobody_has_days_who_is_not_there_or_takes_no_patients() -> None:
    there = [a_doctor(available=False), a_doctor(isActive=False), "d999999", "d0", "t1", "d", "", "d12345678901"]

    assert [visits.days(ref, now=NOW, first=None) for ref in there] == [()] * len(there)
    assert [visits.doctor(ref, NOW) for ref in there] == [None] * len(there)


def test_a_week_a_card_and_three_months_are_one_statement_each(statements: list[str]) -> None:
    ref = a_doctor()
    statements.clear()

    visits.days(ref, now=NOW, first=None, limit=7)
    visits.days(ref, now=NOW, first=None, limit=31)
    visits.doctor(ref, NOW)
    admit(ref, TWO, now=NOW)
    nearest(ref, TWO, now=NOW)

    assert len(statements) == 5


def test_a_card_shows_the_next_three_times_however_far() -> None:
    ref = a_doctor()
    run(
        'INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", "createdBy", "createdAt") VALUES (%s, %s, %s, %s, now())',
        *(int(ref[1:]), date(2026, 11, 1), date(2027, 1, 31), "Bisi"),
    )

    card = visits.doctor(ref, NOW)

    assert card.next_free == tuple(datetime(2027, 2, 1, 7, tzinfo=UTC) + HALF_AN_HOUR * n for n in range(3))


# ------------------------------------------------------------------------------------------------------- one time


def test_a_time_that_may_be_asked_for_is_told_with_what_a_booking_needs() -> None:
    ref = a_doctor("Amaka Obi", fee=15_000, minutes=45, zone="Europe/London", specialty="Cardiologist")

    bookable = admit(ref, datetime(2026, 11, 24, 14, tzinfo=UTC), now=NOW)

    assert (bookable.id, bookable.kind, bookable.title, bookable.detail) == (int(ref[1:]), "doctor", "Dr Amaka Obi", "Cardiology")
    assert (bookable.zone, bookable.fee) == ("Europe/London", Money(1_500_000))
    assert bookable.ends_at - bookable.starts_at == timedelta(minutes=45)


@pytest.mark.parametrize(
    ("at", "code", "first"),
    [
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "too_soon", TEN + timedelta(hours=1)),
        (datetime(2020, 1, 1, tzinfo=UTC), "too_soon", TEN + timedelta(hours=1)),
        (datetime(2026, 11, 24, 18, tzinfo=UTC), "outside_hours", datetime(2026, 11, 24, 15, 30, tzinfo=UTC)),
        (datetime(2026, 11, 24, 6, tzinfo=UTC), "outside_hours", datetime(2026, 11, 24, 7, tzinfo=UTC)),
        (datetime(2026, 11, 24, 9, 10, tzinfo=UTC), "not_a_slot", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        (datetime(2026, 11, 28, 9, tzinfo=UTC), "day_off", datetime(2026, 11, 27, 15, 30, tzinfo=UTC)),
        (datetime(2026, 12, 25, 9, tzinfo=UTC), "holiday", datetime(2026, 12, 24, 15, 30, tzinfo=UTC)),
    ],
    ids=["in half an hour", "years ago", "in the evening", "early", "between two", "saturday", "christmas"],
)
def test_a_time_that_cannot_be_had_is_refused_with_the_three_nearest_that_can(at: datetime, code: str, first: datetime) -> None:
    said, detail = refused(a_doctor(), at)

    assert (said, detail["nearest"]) == (code, iso(*(first + HALF_AN_HOUR * n for n in range(3))))


def test_the_refusals_tell_the_bounds_and_the_holiday() -> None:
    ref = a_doctor()

    soon = refused(ref, NOW + timedelta(minutes=59))
    far = refused(ref, datetime(2027, 2, 23, 9, 30, tzinfo=UTC))
    feast = refused(ref, datetime(2026, 12, 25, 9, tzinfo=UTC))

    assert (soon[0], soon[1]["earliest"]) == ("too_soon", (NOW + timedelta(hours=1)).isoformat())
    assert far == ("too_far", {"latest": "2027-02-23T09:00:00+00:00"})
    assert feast[1]["name"] == "Christmas Day"


def test_an_hour_from_now_and_three_months_ahead_may_just_be_booked() -> None:
    ref = a_doctor()

    assert admit(ref, NOW + timedelta(hours=1), now=NOW).starts_at == NOW + timedelta(hours=1)
    assert admit(ref, datetime(2027, 2, 23, 9, tzinfo=UTC), now=NOW).starts_at.month == 2


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (datetime(2026, 11, 30, 9, tzinfo=UTC), datetime(2027, 2, 28, 9, tzinfo=UTC)),
        (datetime(2027, 11, 30, 9, tzinfo=UTC), datetime(2028, 2, 29, 9, tzinfo=UTC)),
        (datetime(2027, 1, 31, 9, tzinfo=UTC), datetime(2027, 4, 30, 9, tzinfo=UTC)),
    ],
)
def test_three_months_end_with_a_shorter_month(today: datetime, last: datetime) -> None:
    assert latest(today, timetables.house_zone()) == last


def test_three_months_over_a_change_of_the_clocks_end_at_the_same_time_of_day() -> None:
    london = timetables.zone_named("Europe/London")

    assert latest(datetime(2027, 1, 15, 9, tzinfo=UTC), london) == datetime(2027, 4, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_are_refused_like_any_other(at: datetime) -> None:
    assert refused(a_doctor(), at)[0] in ("too_soon", "too_far")


@pytest.mark.parametrize("ref", ["d999999", "t999999", "m3", "", "d-1", "d1; DROP"])
def test_what_is_not_there_is_unknown(ref: str) -> None:
    assert refused(ref, TWO, where="centre") == ("unknown", {})


def test_a_blocked_time_is_outside_the_hours() -> None:
    ref = a_doctor()
    run(
        'INSERT INTO doctor_blocks ("doctorId", "startsAt", "endsAt", "createdBy", "createdAt") VALUES (%s, %s, %s, %s, now())',
        *(int(ref[1:]), TWO + timedelta(minutes=20), TWO + timedelta(minutes=40), "Bisi"),
    )

    code, detail = refused(ref, TWO)

    assert code == "outside_hours"
    assert detail["nearest"] == iso(TWO - HALF_AN_HOUR * 2, TWO - HALF_AN_HOUR, TWO + HALF_AN_HOUR * 2)


def test_the_nearest_free_times_leave_out_what_others_have() -> None:
    ref = a_doctor()
    for at in (TWO, TWO + HALF_AN_HOUR):
        booked(a_customer(), ref, at)

    found = nearest(ref, TWO, now=NOW)

    assert found == iso(TWO - HALF_AN_HOUR * 2, TWO - HALF_AN_HOUR, TWO + HALF_AN_HOUR * 2)


def test_on_a_sunday_the_nearest_times_are_of_monday() -> None:
    found = nearest(a_doctor(), datetime(2026, 11, 29, 20, tzinfo=UTC), now=NOW)

    assert found == iso(*(datetime(2026, 11, 30, 7, tzinfo=UTC) + HALF_AN_HOUR * n for n in range(3)))


def test_late_in_the_evening_tomorrow_is_nearer_than_this_morning() -> None:
    ref = a_doctor()
    for weekday in (1, 2):
        run(
            'INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") VALUES (%s, %s, 480, 600)',
            *(int(ref[1:]), weekday),
        )

    found = nearest(ref, datetime(2026, 11, 24, 22, tzinfo=UTC), now=NOW)

    assert found == iso(*(datetime(2026, 11, 25, 7, tzinfo=UTC) + HALF_AN_HOUR * n for n in range(3)))


def test_a_doctor_with_no_free_time_at_all_has_no_nearest() -> None:
    ref = a_doctor()
    run(
        'INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", "createdBy", "createdAt") VALUES (%s, %s, %s, %s, now())',
        *(int(ref[1:]), date(2026, 1, 1), date(2027, 12, 31), "Bisi"),
    )

    assert nearest(ref, TWO, now=NOW) == ()
    assert visits.doctor(ref, NOW).next_free == ()


def test_a_zone_typed_wrongly_into_the_table_counts_as_the_houses() -> None:
    ref = a_doctor(zone="Lagos/Nigeria")

    assert visits.doctor(ref, NOW).zone == "Africa/Lagos"


def test_who_has_no_zone_keeps_the_hours_of_the_house() -> None:
    ref, of_lagos, before = a_doctor(), a_doctor(zone="Africa/Lagos"), timetables.house_zone()

    visits.use_zone(timetables.zone_named("Europe/London"))
    try:
        shown = [visits.days(each, now=NOW, first=date(2026, 11, 24), limit=1)[0].slots[0].hour for each in (ref, of_lagos)]
    finally:
        visits.use_zone(before)

    assert shown == [8, 7]


# ------------------------------------------------------------------------------------------------------- lab tests


def test_a_lab_test_has_days_at_home_and_at_the_centre_by_itself() -> None:
    ref = a_test(home=True)
    booked(a_customer(), ref, TWO, where="home", address="12 Allen Avenue")

    at_home = visits.test_days(ref, where="home", now=NOW, first=TWO.date(), limit=1)
    at_centre = visits.test_days(ref, where="centre", now=NOW, first=TWO.date(), limit=1)

    assert (TWO in at_home[0].slots, TWO in at_centre[0].slots) == (False, True)


def test_what_is_not_taken_at_home_has_no_days_there_and_is_refused() -> None:
    ref = a_test(home=False)

    assert visits.test_days(ref, where="home", now=NOW, first=None, limit=7) == ()
    assert refused(ref, TWO, where="home") == ("address", {})
    assert refused(ref, TWO, where="garden") == ("unknown", {})


def test_a_lab_test_is_told_with_its_price_and_place() -> None:
    ref = a_test(price=6000, centre="12 Marina, Lagos")

    bookable = admit(ref, TWO, now=NOW, where="centre")

    assert (bookable.kind, bookable.fee, bookable.place) == ("test", Money(600_000), "12 Marina, Lagos")
