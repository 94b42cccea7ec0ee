"""Hours of a week become starts of days: half hours, breaks, days off, public holidays, and nights on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import public_holidays
from models.public_holidays import Override
from models.visits import hours
from models.visits.hours import Timetable

LAGOS, LONDON = ZoneInfo("Africa/Lagos"), ZoneInfo("Europe/London")
MONDAY, SATURDAY = date(2026, 11, 23), date(2026, 11, 28)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
NIGHT = tuple((weekday, 0, 4 * 60) for weekday in range(7))


def local(table: Timetable, day: date) -> list[str]:
    """The starts of a day as the doctor's own clock shows them."""
    return [f"{at.astimezone(table.zone):%H:%M}" for at in hours.starts(table, day)]


def test_who_has_said_nothing_works_from_eight_to_six_on_weekdays() -> None:
    table = Timetable(LAGOS, 30)

    monday, saturday = local(table, MONDAY), local(table, SATURDAY)

    assert (monday[0], monday[-1], len(monday)) == ("08:00", "17:30", 20)
    assert saturday == []


def test_slots_begin_anew_after_a_break_and_one_that_does_not_fit_is_not_offered() -> None:
    table = Timetable(LAGOS, 40, spans=((0, 9 * 60, 11 * 60), (0, 14 * 60, 15 * 60 + 30)))

    assert local(table, MONDAY) == ["09:00", "09:40", "10:20", "14:00", "14:40"]


def test_hours_that_meet_are_one() -> None:
    table = Timetable(LAGOS, 60, spans=((0, 9 * 60, 10 * 60 + 30), (0, 10 * 60 + 30, 12 * 60)))

    assert local(table, MONDAY) == ["09:00", "10:00", "11:00"]


def test_a_day_may_last_until_midnight() -> None:
    table = Timetable(LAGOS, 60, spans=((0, 22 * 60, 24 * 60),))

    assert local(table, MONDAY) == ["22:00", "23:00"]


@pytest.mark.parametrize(
    ("day", "first_utc"),
    [(date(2027, 3, 26), 9), (date(2027, 3, 29), 8), (date(2026, 10, 23), 8), (date(2026, 10, 26), 9)],
    ids=["friday before summer", "monday in summer", "friday before winter", "monday in winter"],
)
def test_nine_in_london_stays_nine_over_both_changes_of_the_clocks(day: date, first_utc: int) -> None:
    table = Timetable(LONDON, 30, spans=((0, 9 * 60, 17 * 60), (4, 9 * 60, 17 * 60)), works_holidays=True)

    starts = hours.starts(table, day)

    assert (starts[0].hour, len(starts)) == (first_utc, 16)
    assert local(table, day)[0] == "09:00"


def test_lagos_keeps_its_clock_all_year() -> None:
    table = Timetable(LAGOS, 30)

    first = {hours.starts(table, day)[0].hour for day in (date(2027, 3, 25), date(2027, 3, 30), date(2026, 10, 26))}

    assert first == {7}


def test_the_night_the_clocks_go_forward_has_an_hour_less_and_offers_no_time_that_does_not_exist() -> None:
    table = Timetable(LONDON, 60, spans=NIGHT)

    assert local(table, date(2027, 3, 28)) == ["00:00", "02:00", "03:00"]


def test_the_night_the_clocks_go_back_has_an_hour_more_and_the_same_hour_twice() -> None:
    table = Timetable(LONDON, 60, spans=NIGHT)

    starts = hours.starts(table, date(2026, 10, 25))

    assert local(table, date(2026, 10, 25)) == ["00:00", "01:00", "01:00", "02:00", "03:00"]
    assert len(set(starts)) == 5


def test_hours_that_begin_in_the_hour_left_out_begin_where_the_clocks_arrive() -> None:
    table = Timetable(LONDON, 30, spans=((6, 90, 180),))

    assert local(table, date(2027, 3, 28)) == ["02:00", "02:30"]


def test_hours_that_end_in_the_hour_that_comes_twice_end_with_the_second() -> None:
    table = Timetable(LONDON, 30, spans=((6, 0, 90),))

    assert local(table, date(2026, 10, 25)) == ["00:00", "00:30", "01:00", "01:30", "01:00"]


def test_hours_that_lie_in_the_hour_left_out_give_nothing() -> None:
    table = Timetable(LONDON, 30, spans=((6, 60, 120),))

    assert local(table, date(2027, 3, 28)) == []


@settings(max_examples=60, deadline=None)
@given(
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    begins=st.integers(0, 1380),
    length=st.integers(30, 600),
    minutes=st.sampled_from([15, 20, 30, 45, 60]),
    zone=st.sampled_from(["Africa/Lagos", "Europe/London", "America/New_York", "Australia/Lord_Howe"]),
)
def test_starts_are_in_order_a_slot_apart_and_inside_the_hours(
    day: date, begins: int, length: int, minutes: int, zone: str
) -> None:
    span = (day.weekday(), begins, min(begins + length, 1440))
    table = Timetable(ZoneInfo(zone), minutes, spans=(span,), works_holidays=True)

    starts, worked = hours.starts(table, day), hours.working(table, day)

    assert all(b - a == table.slot for a, b in pairwise(starts))
    assert all(any(since <= at and at + table.slot <= until for since, until in worked) for at in starts)


def test_what_is_taken_or_blocked_is_not_free_and_what_touches_it_is() -> None:
    nine = datetime(2026, 11, 23, 8, tzinfo=UTC)
    taken = (nine, nine + timedelta(minutes=30))
    blocked = (nine + timedelta(minutes=75), nine + timedelta(minutes=105))
    table = Timetable(LAGOS, 30, spans=((0, 9 * 60, 12 * 60),), taken=(taken,), blocks=(blocked,))

    free = hours.free(table, MONDAY, *EVER)

    assert [f"{at.astimezone(LAGOS):%H:%M}" for at in free] == ["09:30", "11:00", "11:30"]


def test_the_first_and_the_last_moment_that_may_be_booked_are_included() -> None:
    table = Timetable(LAGOS, 30)
    ten = datetime(2026, 11, 23, 9, tzinfo=UTC)

    assert hours.free(table, MONDAY, ten, ten + timedelta(hours=1)) == tuple(ten + timedelta(minutes=30) * n for n in range(3))


# ------------------------------------------------------------------------------------------------------- closed days


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (SATURDAY, ("day_off", "")),
        (date(2026, 12, 25), ("holiday", "Christmas Day")),
        (date(2026, 12, 28), ("holiday", "Boxing Day")),  # kept on Monday instead of Saturday
        (date(2027, 10, 1), ("holiday", "National Day")),
        (date(2026, 11, 24), ("day_off", "")),
        (date(2026, 11, 26), ("day_off", "")),
        (date(2026, 11, 27), ("", "")),
    ],
)
def test_weekends_holidays_and_days_off_are_closed(day: date, why: tuple[str, str]) -> None:
    table = Timetable(LAGOS, 30, days_off=((date(2026, 11, 24), date(2026, 11, 26)),))

    assert hours.closed(table, day) == why


def test_who_works_on_holidays_has_them_as_other_days() -> None:
    table = Timetable(LAGOS, 30, works_holidays=True)

    assert len(hours.starts(table, date(2026, 12, 25))) == 20


def test_what_was_announced_goes_before_the_calendar_both_ways() -> None:
    announced = {
        date(2026, 11, 24): Override("Day of mourning", True),
        date(2026, 12, 28): Override("Boxing Day", False),
    }
    table = Timetable(LAGOS, 30, overrides=announced)

    assert hours.closed(table, date(2026, 11, 24)) == ("holiday", "Day of mourning")
    assert hours.closed(table, date(2026, 12, 28)) == ("", "")


def test_names_of_holidays_carry_no_remarks_of_the_library() -> None:
    names = {name for year in (2026, 2027) for name in public_holidays.of_year(year).values()}

    assert {"Christmas Day", "Eid al-Fitr", "Democracy Day"} <= names
    assert not [name for name in names if "(" in name]


def test_a_process_holds_few_years_of_the_calendar() -> None:
    for year in range(2026, 2026 + 3 * public_holidays.MOST_YEARS):
        public_holidays.of_year(year)

    assert public_holidays.of_year.cache_info().currsize == public_holidays.MOST_YEARS
