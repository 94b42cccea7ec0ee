"""When: a day and a time of day in words or figures, read in a named zone against a given now.

Where people's writing leaves room, these rules decide (and `Moment.notes` says so, so that the answer can name the full date):
- Days come before months: 05/06/2027 is 5 June. Month 15 does not exist and is refused; nothing is ever rolled over.
- A date without a year is the next one. A bare weekday is the next such day, today if the time is still ahead.
  `this monday` may be today; `next monday` is the first one after today, said on a Monday in a week; `next week monday` is
  in the week that begins next Monday. `next tomorrow` (Nigeria) is the day after tomorrow, `upper week` the week after next.
- Without am or pm the hours 1 to 7 are afternoon and evening (a doctor's day is 8 to 18): `by 2` is 14:00, `2:30` is 14:30.
  A leading zero (`02:30`) or a part of the day ("7 in the morning") says otherwise. 12 is noon.
- midnight is the beginning of the day named; `midnight` today or tonight is the coming one.
- Two days or two times ("monday or tuesday", "2-4pm"), a weekend, a weekday that is not that date's: ambiguous.
- A local time that the clocks jump over is refused; one that happens twice is the first of the two.

The general date library tried here (dateparser) reads about half of `tests/data/dates.csv` right and gives a wrong moment
rather than none for the rest ("13pm tomorrow", "2027-13-01"), so the grammar is our own; names of days and months in other
languages come from Babel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.understanding.date_marks import cut
from worker.understanding.date_parts import read_marks
from worker.understanding.date_reading import Clock, Day, Reading
from worker.understanding.date_words import TELLING, meaning

REFUSALS = ("impossible_date", "impossible_time", "ambiguous", "no_date", "no_time", "past")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that was understood. `at`: aware, UTC. `local`: the same in the zone asked for.

    `notes`, each at most once: `afternoon_assumed` (an hour 1-7 without am or pm), `next_year`, `next_weekday` (said
    with "next"), `clock_goes_back` (the hour happens twice; this is the first), `midnight` (the beginning of that day).
    """

    at: datetime
    local: datetime
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no moment could be read, one of `REFUSALS`, and what was understood all the same, so that only the rest is asked."""

    code: str
    day: date | None = None
    clock: time | None = None
    part: str | None = None  # morning, afternoon, evening, night


@dataclass(frozen=True)
class Found:
    """What a text says about a moment and which of its words say nothing about one."""

    result: Moment | Refusal
    known: int  # how many of day and time of day were found, right or wrong
    part: str | None
    unread: tuple[str, ...] = ()
    text: str = ""

    def values(self) -> dict[str, Any]:
        """JSON values: when, and moment (ISO, UTC) or refusal with day (ISO), clock (HH:MM) and part; {} for nothing."""
        if not self.known and not self.part:
            return {}
        if isinstance(self.result, Moment):
            notes = {"notes": list(self.result.notes)} if self.result.notes else {}
            return {"when": self.text, "moment": self.result.at.isoformat(), **notes}
        values: dict[str, Any] = {"when": self.text, "refusal": self.result.code}
        if self.result.day:
            values["day"] = self.result.day.isoformat()
        if self.result.clock:
            values["clock"] = self.result.clock.strftime("%H:%M")
        if self.result.part:
            values["part"] = self.result.part
        return values


def read_moment(text: str, now: datetime, zone: ZoneInfo) -> Moment | Refusal:
    """The moment a text names. `now` is aware; only the first 200 characters are read. Never raises on any text."""
    return scan(text, now, zone).result


# "First thing tomorrow morning" names no first of the month.
_NO_DAY = re.compile(r"\bfirst thing(?: in)?\b", re.IGNORECASE)
LONGEST = 400  # characters that are looked at for it; fewer are read


def scan(text: str, now: datetime, zone: ZoneInfo) -> Found:
    """`read_moment` with the words that were not part of it: the doctor's name in "dr amaka tomorrow 2pm"."""
    reading = read_marks(cut(_NO_DAY.sub(" ", text[:LONGEST])))
    result = _resolve(reading, now, zone)
    known = bool(reading.days) + bool(reading.clocks) + 2 * bool(reading.relative)
    unread = frozenset(reading.unread)
    when = " ".join(mark.typed for mark in reading.marks if mark.typed not in unread)
    return Found(result, known, reading.part, tuple(reading.unread), when)


def could_be_moment(keys: Sequence[str]) -> bool:
    """Whether folded words are worth a `scan`: a figure or a word of the calendar is among them."""
    for key in keys:
        if key in TELLING or (key[0].isdigit() and len(key) <= 20):
            return True
        if len(key) >= 6 and (known := meaning(key)) and known[0] in ("weekday", "month", "days", "tonight", "part"):
            return True
    return False


# ------------------------------------------------------------------------------------------------------- from parts to a moment


def _resolve(reading: Reading, now: datetime, zone: ZoneInfo) -> Moment | Refusal:
    local_now = now.astimezone(zone)
    if reading.relative is not None and not reading.days and not reading.clocks:
        if reading.relative <= timedelta(0):
            return Refusal("past", local_now.date())
        at = (now.astimezone(UTC) + reading.relative).replace(second=0, microsecond=0)
        return Moment(at, at.astimezone(zone))
    notes: list[str] = []
    clock, clock_code = _one_clock(reading, notes)
    if reading.this_time and not reading.clocks:
        clock = local_now.time().replace(second=0, microsecond=0)
    day, day_code = _one_day(reading, local_now, clock, notes)
    known = {"day": day, "clock": clock, "part": reading.part}
    code = _worst(day_code, clock_code, "ambiguous" if reading.contradicts else None)
    if code:
        return Refusal(code, **known)  # type: ignore[arg-type]
    if day is None:
        return Refusal("no_date", None, clock, reading.part)
    if clock is None:
        return Refusal("past" if day < local_now.date() else "no_time", day, None, reading.part)
    if clock == time(0) and reading.midnight:
        notes.append("midnight")
        if day == local_now.date():
            day += timedelta(days=1)
    return _in_zone(day, clock, now, reading.zone or zone, zone, notes, reading.part)


def _worst(*codes: str | None) -> str | None:
    return next((code for code in REFUSALS if code in codes), None)


def _in_zone(
    day: date, clock: time, now: datetime, spoken: Any, zone: ZoneInfo, notes: list[str], part: str | None
) -> Moment | Refusal:
    """The instant of a local day and time; refused when the clocks jump over it or when it has passed."""
    local = datetime.combine(day, clock, tzinfo=spoken)
    at = local.astimezone(UTC)
    if at.astimezone(spoken).replace(tzinfo=None) != local.replace(tzinfo=None):
        return Refusal("impossible_time", day, clock, part)
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        notes.append("clock_goes_back")
    if at <= now:
        return Refusal("past", day, clock, part)
    return Moment(at, at.astimezone(zone), tuple(dict.fromkeys(notes)))


def _one_clock(reading: Reading, notes: list[str]) -> tuple[time | None, str | None]:
    """The time of day, or why there is none."""
    read = [_clock(clock, reading.part) for clock in reading.clocks]
    if not read:
        return None, None
    codes = [code for _, code, _ in read if code]
    if codes:
        return None, _worst(*codes)
    if len({found for found, _, _ in read}) > 1:
        return None, "ambiguous"
    if read[0][2]:
        notes.append("afternoon_assumed")
    return read[0][0], None


def _clock(clock: Clock, part: str | None) -> tuple[time | None, str | None, bool]:
    """One time of day with am, pm, part of the day or the business-hours rule applied; a code; whether afternoon was assumed."""
    hour, minute = clock.hour, clock.minute
    if not 0 <= minute <= 59 or not 0 <= clock.second <= 59 or not 0 <= hour <= 23:
        return None, "impossible_time", False
    if clock.half:
        if not 1 <= hour <= 12:
            return None, "impossible_time", False
        hour = hour % 12 + (12 if clock.half == "pm" else 0)
        if (part == "morning" and hour >= 12) or (part in ("afternoon", "evening") and hour < 12):
            return None, "ambiguous", False
        return time(hour, minute), None, False
    if clock.exact or hour == 0 or hour > 12:
        return time(hour, minute), None, False
    if part:
        turned = _PART_HOURS[part](hour)
        return (None, "ambiguous", False) if turned is None else (time(turned, minute), None, False)
    assumed = 1 <= hour <= 7
    return time(hour + 12 if assumed else hour, minute), None, assumed


_PART_HOURS: dict[str, Callable[[int], int | None]] = {
    "morning": lambda hour: hour if hour < 12 else None,
    "afternoon": lambda hour: 12 if hour == 12 else hour + 12 if hour <= 6 else None,
    "evening": lambda hour: hour + 12 if hour < 12 else None,
    "night": lambda hour: 0 if hour == 12 else hour + 12 if hour >= 5 else hour,
}


def _one_day(reading: Reading, local_now: datetime, clock: time | None, notes: list[str]) -> tuple[date | None, str | None]:
    """The day, or why there is none. A weekday beside a date must be that date's."""
    if not reading.days:
        return None, None
    dated = [day for day in reading.days if day.kind != "weekday"] or reading.days
    resolved: list[date] = []
    for day in dated:
        found, code = _day(day, local_now, clock, notes)
        if code or found is None:
            return None, code
        resolved.append(found)
    if len(set(resolved)) > 1:
        return None, "ambiguous"
    if dated is not reading.days and any(day.kind == "weekday" and day.weekday != resolved[0].weekday() for day in reading.days):
        return None, "ambiguous"
    return resolved[0], None


def _day(day: Day, local_now: datetime, clock: time | None, notes: list[str]) -> tuple[date | None, str | None]:
    today = local_now.date()
    passed = clock is not None and clock <= local_now.time().replace(tzinfo=None)
    if day.kind in ("vague", "week", "month"):
        return None, "ambiguous"
    if day.kind == "months":
        found, code = _months_on(today, day.days, today.day)
        return found, code and "ambiguous"  # a month from 31 January
    if day.kind == "in":
        return (today + timedelta(days=day.days), None) if abs(day.days) <= 3660 else (None, "impossible_date")
    if day.kind == "weekday":
        return _weekday(day, today, passed, notes) + timedelta(days=day.days), None
    if day.kind == "of_month":
        return _months_on(today, day.days, day.day) if day.days else _of_month(day.day, today, passed)
    if day.year:
        return _exact(day.year, day.month, day.day)
    found, code = _exact(today.year, day.month, day.day)
    if (found and found > today) or (found == today and not passed):
        return found, None
    later, later_code = _exact(today.year + 1, day.month, day.day)
    if code and not later:
        return None, code
    if later:
        notes.append("next_year")
    return later, later_code


def _exact(year: int, month: int, day: int) -> tuple[date | None, str | None]:
    if not 1900 <= year <= 2200:
        return None, "impossible_date"
    try:
        return date(year, month, day), None
    except ValueError:
        return None, "impossible_date"


def _weekday(day: Day, today: date, passed: bool, notes: list[str]) -> date:
    ahead = (day.weekday - today.weekday()) % 7
    if day.mode == "week":  # of the week `weeks` after this one, weeks beginning on Monday
        return today - timedelta(days=today.weekday()) + timedelta(days=7 * day.weeks + day.weekday)
    if day.mode == "last":
        return today - timedelta(days=(today.weekday() - day.weekday) % 7 or 7)
    if day.mode == "next":
        notes.append("next_weekday")
        return today + timedelta(days=ahead or 7)
    if day.mode == "bare" and ahead == 0 and passed:
        return today + timedelta(days=7)
    return today + timedelta(days=ahead)


def _months_on(today: date, months: int, day: int) -> tuple[date | None, str | None]:
    """That day, so many months after this one; none in a month that is too short for it."""
    whole = today.year * 12 + today.month - 1 + months
    return _exact(whole // 12, whole % 12 + 1, day)


def _of_month(day: int, today: date, passed: bool) -> tuple[date | None, str | None]:
    """The next month's day of that number: "the 15th"."""
    year, month = today.year, today.month
    for _ in range(3):
        found, _code = _exact(year, month, day)
        if found and (found > today or (found == today and not passed)):
            return found, None
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None, "impossible_date"
