"""From marks to parts: which of them name a day, which a time of day, and which say nothing about either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worker.understanding import date_days, date_times
from worker.understanding.date_marks import Mark
from worker.understanding.date_reading import SAYS_NOTHING, Clock, Matcher, Reading

_MATCHERS: tuple[Matcher, ...] = (*date_days.MATCHERS, *date_times.MATCHERS, *date_days.LAST, *date_times.LAST)


def read_marks(marks: Sequence[Mark]) -> Reading:
    """Each mark is offered to the matchers in turn; the first that takes some says how many. One pass."""
    reading = Reading(marks)
    index = 0
    while index < len(marks):
        taken = 0
        for matcher in _MATCHERS:
            taken = matcher(reading, index)
            if taken:
                break
        if not taken:
            _leave(reading, marks[index])
            taken = 1
        index += taken
    _join(reading)
    _settle(reading)
    return reading


def _leave(reading: Reading, mark: Mark) -> None:
    if mark.kind in ("num", "ordinal"):
        reading.loose.append(mark)
    elif mark.kind == "mer":
        if mark.key.strip(".") not in ("am", "a m"):  # "i am free"
            reading.unread.append(mark.typed)
    elif mark.key not in SAYS_NOTHING and mark.kind not in ("now", "this", "next", "oclock", "day_unit", "hour_unit"):
        reading.unread.append(mark.typed)


def _join(reading: Reading) -> None:
    """A weekday and a week named apart from it are one day ("friday 9am next week"), so are "the 3rd" and "next month"."""
    kinds = [day.kind for day in reading.days]
    if sorted(kinds) == ["week", "weekday"]:
        week, named = (next(day for day in reading.days if day.kind == kind) for kind in ("week", "weekday"))
        if named.mode == "bare" and not named.days:
            reading.days[:] = [replace(named, mode="week", weeks=week.weeks)]
    elif sorted(kinds) == ["month", "of_month"]:
        named = next(day for day in reading.days if day.kind == "of_month")
        reading.days[:] = [replace(named, days=1)]


def _settle(reading: Reading) -> None:
    """Bare numbers: one beside a day and no time is the hour ("tomorrow 2"), more than that is unclear."""
    loose = reading.loose
    if (
        len(loose) == 1
        and not reading.clocks
        and reading.days
        and loose[0].kind == "num"
        and not loose[0].half
        and not loose[0].dashed
    ):
        if len(loose[0].key) <= 2 or loose[0].word:
            reading.clocks.append(date_times.bare_hour(loose[0]))
            return
        if len(loose[0].key) == 4:
            reading.clocks.append(Clock(loose[0].n // 100, loose[0].n % 100, exact=True))
            return
    if loose:
        reading.contradicts = True
        reading.unread.extend(mark.typed for mark in loose)
