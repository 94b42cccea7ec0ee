"""When people are there: hours as a pharmacy writes them down, weekends, holidays, what was announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from models import office_hours

LAGOS, LONDON = ZoneInfo("Africa/Lagos"), ZoneInfo("Europe/London")
WEEK = "Mon-Fri 08:00-20:00, Sat 09:00-16:00"


def at(text: str, zone: ZoneInfo = LAGOS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def back(told: str, now: str, zone: ZoneInfo = LAGOS) -> str:
    """When people are back, in local time; "" when they are there or nobody knows."""
    found = office_hours.read(told).back_at(at(now, zone).astimezone(UTC), zone)
    return f"{found.astimezone(zone):%a %d %b %H:%M}" if found else ""


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        (WEEK, "2026-11-23 08:00", ""),
        (WEEK, "2026-11-23 07:59", "Mon 23 Nov 08:00"),
        (WEEK, "2026-11-23 19:59:59", ""),
        (WEEK, "2026-11-23 20:00", "Tue 24 Nov 08:00"),
        (WEEK, "2026-11-27 20:00", "Sat 28 Nov 09:00"),
        (WEEK, "2026-11-28 16:00", "Mon 30 Nov 08:00"),  # nobody is there on Sundays
        (WEEK, "2026-12-24 20:00", "Tue 29 Dec 08:00"),  # Christmas, Boxing Day on a Saturday and the Monday kept for it
        (f"{WEEK}, holidays 10:00-14:00", "2026-12-24 20:00", "Fri 25 Dec 10:00"),
        ("Mon-Fri 08:00-12:00, Mon-Fri 14:00-18:00", "2026-11-23 13:00", "Mon 23 Nov 14:00"),
        ("Fri-Mon 22:00-24:00", "2026-11-24 10:00", "Fri 27 Nov 22:00"),
        ("Sun 10:00-12:00", "2026-11-23 10:00", "Sun 29 Nov 10:00"),
        ("always", "2026-12-25 03:00", ""),
        ("24/7", "2026-11-23 03:00", ""),
        ("Mon-Sun 00:00-24:00", "2026-12-25 03:00", ""),
        ("", "2026-11-23 03:00", ""),
    ],
)
def test_people_are_back_when_their_hours_say(told: str, now: str, expected: str) -> None:
    assert back(told, now) == expected


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_eight_in_the_morning_stays_eight_when_the_clocks_change(day: str) -> None:
    assert back("Mon-Sun 08:00-20:00", f"{day} 23:00", LONDON).endswith("08:00")


@pytest.mark.parametrize(
    ("told", "now", "closes"),
    [(WEEK, "2026-11-23 10:00", "20:00"), (WEEK, "2026-11-23 21:00", ""), ("Mon-Sun 00:00-24:00", "2026-11-23 10:00", "")],
)
def test_whoever_is_there_leaves_at_the_end_of_the_day_unless_somebody_goes_on(told: str, now: str, closes: str) -> None:
    found = office_hours.read(told).closes_at(at(now).astimezone(UTC), LAGOS)
    assert (f"{found.astimezone(LAGOS):%H:%M}" if found else "") == closes


def test_what_was_announced_goes_before_the_calendar() -> None:
    hours = replace(office_hours.read(WEEK), announced=((date(2026, 11, 24), True), (date(2026, 12, 25), False)))
    found = [hours.back_at(at(now).astimezone(UTC), LAGOS) for now in ("2026-11-24 10:00", "2026-12-25 10:00")]
    assert found == [at("2026-11-25 08:00"), None]


@pytest.mark.parametrize(
    "told",
    ["Mon", "Mon 8:00-20:00", "Mon 20:00-08:00", "Mon 08:00-25:00", "Mon 08:60-10:00", "Moon 08:00-09:00", "8 to 8", "Mon 08:00"],
)
def test_hours_nobody_can_read_stop_the_start(told: str) -> None:
    with pytest.raises(ValueError):
        office_hours.read(told)
