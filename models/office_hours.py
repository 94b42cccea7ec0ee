"""When people are there to answer: hours of the week as the pharmacy tells them, and public holidays. Pure, no tables.

"Mon-Fri 08:00-20:00, Sat 09:00-16:00" is closed on Sundays and on public holidays; "holidays 10:00-14:00" says what counts then.
"always" never closes. Nothing told means that nobody knows: then no time is promised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models import public_holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = 7
MOST_DAYS_AHEAD = 31
WHOLE_DAY = 24 * 60
_PART = re.compile(r"(?:(holidays)|([a-z]{3})(?:\s*-\s*([a-z]{3}))?)\s+(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """`spans`: (day, from, until) in minutes of the day; Monday is 0, a public holiday is 7. No spans: the hours are not known.

    `announced`: days that are holidays, or none, whatever the calendar says.
    """

    spans: tuple[tuple[int, int, int], ...] = ()
    announced: tuple[tuple[date, bool], ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.spans)

    def closes_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When people leave who are there now (UTC); None while nobody is there, hours are unknown, or nobody ever leaves."""
        for begins, ends in self._of(now.astimezone(zone).date(), zone):
            if begins <= now < ends:
                return ends if not self._goes_on(ends, zone) else None
        return None

    def back_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When people are back (UTC) while nobody is there; None when somebody is, or hours are unknown."""
        if not self.known:
            return None
        today = now.astimezone(zone).date()
        for ahead in range(MOST_DAYS_AHEAD):
            for begins, ends in self._of(today + timedelta(days=ahead), zone):
                if now < ends:
                    return None if begins <= now else begins
        return None

    def _of(self, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        kind = HOLIDAY if dict(self.announced).get(day, day in public_holidays.of_year(day.year)) else day.weekday()
        if kind == HOLIDAY and self._always:
            kind = day.weekday()
        return [(_moment(day, begins, zone), _moment(day, ends, zone)) for of, begins, ends in self.spans if of == kind]

    def _goes_on(self, moment: datetime, zone: ZoneInfo) -> bool:
        return any(begins <= moment < ends for begins, ends in self._of(moment.astimezone(zone).date(), zone))

    @property
    def _always(self) -> bool:
        return {(day, 0, WHOLE_DAY) for day in range(7)} <= set(self.spans)


def read(told: str) -> Hours:
    """The hours somebody wrote down. Raises ValueError for what is none."""
    words = told.strip().lower()
    if not words:
        return Hours()
    if words in ("always", "24/7"):
        return Hours(tuple((day, 0, WHOLE_DAY) for day in range(7)))
    spans: list[tuple[int, int, int]] = []
    for part in re.split(r"[,;]", words):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise ValueError(part)
        begins, ends = (int(found[n]) * 60 + int(found[n + 1]) for n in (4, 6))
        if not 0 <= begins < ends <= WHOLE_DAY or int(found[5]) > 59 or int(found[7]) > 59:
            raise ValueError(part)
        spans += [(day, begins, ends) for day in _days(found)]
    return Hours(tuple(sorted(set(spans))))


def _days(found: re.Match[str]) -> tuple[int, ...]:
    if found[1]:
        return (HOLIDAY,)
    first = DAYS.index(found[2])
    last = DAYS.index(found[3]) if found[3] else first
    return tuple(day % 7 for day in range(first, last + 1 if last >= first else last + 8))


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time(), zone) + timedelta(minutes=minutes)).astimezone(UTC)  # by the clock on the wall
