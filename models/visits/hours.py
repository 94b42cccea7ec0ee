"""When somebody works and which starts that gives. Pure: no tables, no clock.

Hours are kept as people say them, in minutes of the local day, and become moments (UTC) day by day, so that nine in the morning stays
nine when the clocks change. A local time that the clocks jump over begins where they arrive; one that happens twice begins with the
first and ends with the second: on the night when the clocks go back a night shift is an hour longer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models import public_holidays
from models.public_holidays import Override

WHOLE_DAY = 24 * 60
# Who has said nothing works from 8 to 18, Monday to Friday (product rule).
USUAL: tuple[tuple[int, int, int], ...] = tuple((weekday, 8 * 60, 18 * 60) for weekday in range(5))
LONGEST_JUMP_MINUTES = 180  # no zone's clocks jump further

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Timetable:
    """`spans`: (weekday, from, until), Monday is 0, in minutes of the local day. `days_off`: first and last day, both off.

    `blocks` are times kept free of patients, `taken` those that patients have (UTC, from and until). `overrides` go before the
    calendar of public holidays.
    """

    zone: ZoneInfo
    slot_minutes: int
    spans: tuple[tuple[int, int, int], ...] = USUAL
    works_holidays: bool = False
    days_off: tuple[tuple[date, date], ...] = ()
    blocks: tuple[Span, ...] = ()
    taken: tuple[Span, ...] = ()
    overrides: Mapping[date, Override] = field(default_factory=dict)
    busy: tuple[Span, ...] = field(init=False)  # blocked or taken, in order, none meeting another

    def __post_init__(self) -> None:
        object.__setattr__(self, "busy", tuple(united([*self.taken, *self.blocks])))

    @property
    def slot(self) -> timedelta:
        return timedelta(minutes=self.slot_minutes)

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


def closed(table: Timetable, day: date) -> tuple[str, str]:
    """Why nobody can come on a day: ("day_off", "") or ("holiday", its name); two empty strings for a working day."""
    if not any(weekday == day.weekday() for weekday, _, _ in table.spans):
        return "day_off", ""
    name = "" if table.works_holidays else public_holidays.name_of(day, table.overrides)
    if name:
        return "holiday", name
    if any(first <= day <= last for first, last in table.days_off):
        return "day_off", ""
    return "", ""


def working(table: Timetable, day: date) -> list[Span]:
    """The moments between which somebody works on a day, in order; none where it is closed."""
    if any(closed(table, day)):
        return []
    there = [
        (moment(day, begins, table.zone, last=False), moment(day, ends, table.zone, last=True))
        for weekday, begins, ends in table.spans
        if weekday == day.weekday()
    ]
    return united(there)


def starts(table: Timetable, day: date) -> list[datetime]:
    """Every start of a day, free or not: one after the other from each opening, as long as the whole slot fits."""
    found: list[datetime] = []
    for begins, ends in working(table, day):
        count = int((ends - begins) / table.slot)
        found += [begins + table.slot * n for n in range(count)]
    return found


def free(table: Timetable, day: date, earliest: datetime, latest: datetime) -> tuple[datetime, ...]:
    """The starts of a day from `earliest` to `latest` (both may be) at which nobody is there and nothing is blocked."""
    return tuple(at for at in starts(table, day) if earliest <= at <= latest and not _meets(table.busy, at, at + table.slot))


def is_blocked(table: Timetable, begins: datetime, ends: datetime) -> bool:
    return any(since < ends and begins < until for since, until in table.blocks)


def united(spans: Iterable[Span]) -> list[Span]:
    """The same times as spans that do not touch, in order."""
    whole: list[Span] = []
    for begins, ends in sorted(spans):
        if begins >= ends:
            continue
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], ends))
        else:
            whole.append((begins, ends))
    return whole


def moment(day: date, minute: int, zone: ZoneInfo, *, last: bool) -> datetime:
    """A minute of a local day (0 to 1440) as UTC. `last` takes the second of two where the clocks go back."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    for _ in range(LONGEST_JUMP_MINUTES):
        at = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            return at
        wall += timedelta(minutes=1)  # the clocks jump over it
    raise ValueError(f"{zone.key} has no {day} {minute}")


def _meets(busy: Sequence[Span], begins: datetime, until: datetime) -> bool:
    """Whether a time overlaps one of `busy`, which are in order and do not overlap each other."""
    place = bisect_right(busy, begins, key=lambda span: span[1])
    return place < len(busy) and busy[place][0] < until
