"""When a job is due: at a time of day of its zone, once a day, in the nights when clocks move too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from jobs.schedule import TIMETABLE
from jobs.times import Job, daily, due, following

LAGOS, BERLIN, AUCKLAND = ZoneInfo("Africa/Lagos"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def nightly(clock: str = "02:30", **more: float) -> Job:
    return daily("x", clock, lambda: "", **more)


def ticks(job: Job, zone: ZoneInfo, begin: datetime, hours: int) -> list[datetime]:
    """Every tick a clock that looks each ten minutes would take."""
    found: list[datetime] = []
    for n in range(hours * 6):
        moment = due(job, begin + timedelta(minutes=10 * n), zone)
        if moment is not None and (not found or moment > found[-1]):
            found.append(moment)
    return found


def test_a_time_of_day_is_that_of_the_zone() -> None:
    assert due(nightly("02:10", catch_up_h=24), at("2026-11-23 01:09"), LAGOS) == at("2026-11-22 01:10")
    assert due(nightly("02:10"), at("2026-11-23 01:10"), LAGOS) == at("2026-11-23 01:10")
    assert following(nightly("02:10"), at("2026-11-23 01:10"), LAGOS) == at("2026-11-24 01:10")


@pytest.mark.parametrize(
    ("zone", "begin"), [(BERLIN, "2026-03-27 00:00"), (BERLIN, "2026-10-23 00:00"), (AUCKLAND, "2026-04-03 00:00")]
)
@pytest.mark.parametrize("clock", ["00:00", "01:59", "02:00", "02:30", "03:00", "23:59"])
def test_around_the_nights_when_clocks_move_each_day_has_its_tick_once(zone: ZoneInfo, begin: str, clock: str) -> None:
    found = ticks(nightly(clock), zone, at(begin), 24 * 5)

    days = [moment.astimezone(zone).date() for moment in found]
    assert len(days) == len(set(days))
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=1)}


def test_a_time_that_comes_twice_counts_the_first_time_and_one_that_does_not_exist_is_an_hour_later() -> None:
    assert due(nightly(), at("2026-10-25 05:00"), BERLIN) == at("2026-10-25 00:30")
    assert due(nightly(), at("2026-03-29 05:00"), BERLIN) == at("2026-03-29 01:30")


def test_what_was_missed_is_caught_up_for_some_hours_and_then_waits_for_the_next_day() -> None:
    job = nightly("02:30", catch_up_h=2)

    assert due(job, at("2026-11-23 03:29"), LAGOS) == at("2026-11-23 01:30")
    assert due(job, at("2026-11-23 03:31"), LAGOS) is None


def test_the_next_tick_of_an_interval_is_its_next_multiple() -> None:
    job = Job("x", 1800, lambda: "")

    assert due(job, at("2026-11-23 01:44"), LAGOS) == at("2026-11-23 01:30")
    assert following(job, at("2026-11-23 01:30"), LAGOS) == at("2026-11-23 02:00")


def test_times_of_day_are_spread_and_every_daily_job_has_an_end() -> None:
    days = [job for job in TIMETABLE if job.at is not None]

    assert len({job.at for job in days}) == len(days) > 5
    assert all(job.limit_s > 0 for job in days)
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)


def test_a_clock_started_anew_each_half_hour_misses_no_hourly_job() -> None:
    assert max(job.look_every_s for job in TIMETABLE) <= 30
