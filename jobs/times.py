"""When a job is due: every so many seconds, or once a day at a time of DEFAULT_TIMEZONE, in summer and in winter.

A day of 23 or 25 hours has its jobs once like any other: a time that does not exist that day means the moment as long after
midnight as the clocks said before they moved, and of a time that comes twice the first counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOOK_EVERY_S = 30.0  # how often the clock asks at least: a clock that is started anew each half hour misses no hourly job


@dataclass(frozen=True, slots=True)
class Job:
    """`run` returns a few words of outcome, empty when there was nothing to do, and may run twice.

    Exactly one of `every_s` and `at` is set. `catch_up_h`: a clock that was down at that time does it when it is back, up to this
    many hours late; later it waits for the next day. `limit_s`: no second run is begun while one goes on, for this long.
    """

    name: str
    every_s: float
    run: Callable[[], str]
    at: time | None = None
    catch_up_h: float = 20
    limit_s: float = 0

    @property
    def often(self) -> bool:
        """Too often for a row of history, or a word to Sentry, each time."""
        return self.at is None and self.every_s < 300

    @property
    def look_every_s(self) -> float:
        return LOOK_EVERY_S if self.at is not None else min(self.every_s, LOOK_EVERY_S)


def daily(name: str, at: str, run: Callable[[], str], *, catch_up_h: float = 20, limit_s: float = 3600) -> Job:
    """A job of once a day; `at` as "02:10"."""
    return Job(name, 0, run, time.fromisoformat(at), catch_up_h, limit_s)


def due(job: Job, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The tick that is due at `now`, aware UTC; None when the last time of day is too long ago to be caught up."""
    if job.at is None:
        return datetime.fromtimestamp(math.floor(now.timestamp() / job.every_s) * job.every_s, UTC)
    today = now.astimezone(zone).date()
    found = max(moment for back in (-1, 0, 1) if (moment := _moment(job.at, today - timedelta(days=back), zone)) <= now)
    return found if now - found <= timedelta(hours=job.catch_up_h) else None


def following(job: Job, now: datetime, zone: ZoneInfo) -> datetime:
    """The first tick after `now`, aware UTC."""
    if job.at is None:
        return datetime.fromtimestamp((math.floor(now.timestamp() / job.every_s) + 1) * job.every_s, UTC)
    today = now.astimezone(zone).date()
    return min(moment for ahead in (-1, 0, 1, 2) if (moment := _moment(job.at, today + timedelta(days=ahead), zone)) > now)


def _moment(at: time, day: object, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type]
