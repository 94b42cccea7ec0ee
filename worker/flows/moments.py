"""Days and times as people here read them, and what a customer said about when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.facts import Facts
from worker.flows.wording import Sentence, clock, say

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24), "night": (17, 24)}


@dataclass(frozen=True, slots=True)
class When:
    """What was said: a moment `at` (UTC), or only a `day`, or `why` neither can be used (a code of `dates.REFUSALS`, "" for
    nothing said). `part`: morning, afternoon, evening, night."""

    at: datetime | None = None
    day: date | None = None
    why: str = ""
    part: str = ""


def read(values: Mapping[str, Any], zone: ZoneInfo, facts: Facts, day: date | None = None) -> When:
    """The values of an intent, read in the zone of who is visited; a bare time of day is one of `day` where that is known."""
    part = str(values.get("part") or "")
    if values.get("moment"):
        said = datetime.fromisoformat(str(values["moment"]))
        return When(said if values.get("exact") else local(said.astimezone(facts.zone).replace(tzinfo=None), zone))
    why = str(values.get("refusal") or "")
    if why == "no_time" and values.get("day"):
        return When(day=date.fromisoformat(str(values["day"])), part=part)
    if why == "no_date" and values.get("clock") and day:
        return When(local(datetime.fromisoformat(f"{day.isoformat()}T{values['clock']}"), zone))
    return When(why=why, part=part)


def local(naive: datetime, zone: ZoneInfo) -> datetime:
    """A local time as the moment it is, UTC."""
    return naive.replace(tzinfo=zone).astimezone(UTC)


def noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)


def minutes(at: datetime) -> str:
    """A moment as it stands in the id of a button: whole minutes since 1970."""
    return str(int((at - _EPOCH).total_seconds() // 60))


def from_minutes(typed: str) -> datetime | None:
    """The moment of an id of ours; None for what is none."""
    if not (typed.isascii() and typed.isdecimal() and 7 <= len(typed) <= 9):
        return None
    return _EPOCH + timedelta(minutes=int(typed))


def from_iso(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def day_words(day: date, facts: Facts) -> Sentence:
    """Tue 24 Nov; with the year where it is another one."""
    year = "" if day.year == facts.now.astimezone(facts.zone).year else f" {day.year}"
    return Sentence(f"{say(f'weekday.{day.weekday()}')} {day.day} {say(f'month.{day.month}')}{year}")


def words(at: datetime, zone: ZoneInfo, facts: Facts) -> Sentence:
    """Tue 24 Nov, 2:00 PM; with the place whose time that is where it is not ours."""
    there = at.astimezone(zone)
    whose = "" if there.utcoffset() == at.astimezone(facts.zone).utcoffset() else say("when.there", place=place_of(zone))
    return Sentence(f"{day_words(there.date(), facts)}, {clock(there)}{whose}")


def place_of(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")


def short(at: datetime, zone: ZoneInfo, facts: Facts) -> str:
    """As it fits a button: Tue 24 Nov, 2:00 PM."""
    there = at.astimezone(zone)
    return f"{say(f'weekday.{there.weekday()}')} {there.day} {say(f'month.{there.month}')}, {clock(there)}"


def of_part(slots: tuple[datetime, ...], part: str, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The times in that part of the day; all of them where there are none in it."""
    first, last = PARTS.get(part, (0, 24))
    return tuple(at for at in slots if first <= at.astimezone(zone).hour < last) or slots


def nearest(slots: Iterable[datetime], at: datetime, count: int = 2) -> list[datetime]:
    """The few that are nearest, in their order."""
    return sorted(sorted(slots, key=lambda each: abs(each - at))[:count])
