"""Which times of a doctor or a lab test are free, and whether one may be asked for.

Nothing here looks a day or a slot up by itself: all that says when somebody can be had comes with one statement, the rest is reckoning.
A time that is free here may be taken a moment later; what keeps two patients apart is the constraint in `visit_times`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.values import Money, Refused
from models.visits import hours, timetables
from models.visits.hours import Timetable
from models.visits.values import Day, Doctor, Test

EARLIEST = timedelta(hours=1)
MONTHS_AHEAD = 3
FAR = timedelta(days=100)  # surely further than months ahead
MOST_DAYS = 31  # of one answer
DAYS_AROUND = 14  # looked back and, where nothing is free before, forward to the end of what can be booked


@dataclass(frozen=True, slots=True)
class Bookable:
    """A time somebody may ask for: whose (`id` is the row's), when (UTC), for how much. Whether it is taken is not said."""

    id: int
    kind: str  # doctor, test
    ref: str
    title: str
    detail: str  # specialty; sample
    place: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    fee: Money


def latest(now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment that can be booked: this time of day three months on, in the given zone (31 January: 30 April)."""
    local = now.astimezone(zone)
    years, month = divmod(local.month - 1 + MONTHS_AHEAD, 12)
    year, month = local.year + years, month + 1
    day = min(local.day, monthrange(year, month)[1])
    return local.replace(year=year, month=month, day=day, fold=0).astimezone(UTC)


def days(ref: str, *, now: datetime, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
    """The next days (of the doctor's own calendar) with a free time, from `first` on; none for an unknown doctor. One statement."""
    return _days(ref, "", now, first, limit) if ref.startswith("d") else ()


def test_days(ref: str, *, where: str, now: datetime, first: date | None, limit: int) -> tuple[Day, ...]:
    """The same for a lab test; `where` is home or centre. None where it is not taken at home."""
    return _days(ref, where, now, first, limit) if ref.startswith("t") else ()


def admit(ref: str, starts_at: datetime, *, now: datetime, where: str = "") -> Bookable:
    """The time as it may be booked, whether or not somebody has it. One statement, two when it is refused.

    Raises Refused: unknown, address (not taken at home), too_soon (earliest), too_far (latest), holiday (name), day_off,
    outside_hours (also of a time that staff have blocked), not_a_slot; all but the first, second and fourth with `nearest`.
    """
    near = min(max(starts_at, now), now + FAR)
    found = _found(ref, where, since=near - timedelta(days=1), until=near + timedelta(days=2))
    if found is None:
        raise Refused("unknown")
    thing, table = found
    if isinstance(thing, Test) and where == "home" and not thing.home:
        raise Refused("address")
    last = latest(now, table.zone)
    if starts_at > last:
        raise Refused("too_far", latest=last.isoformat())
    begins = starts_at.astimezone(UTC)
    if begins < now + EARLIEST:
        earliest = (now + EARLIEST).astimezone(UTC)
        raise Refused("too_soon", earliest=earliest.isoformat(), nearest=nearest(ref, earliest, now=now, where=where))
    code, name = _objection(table, begins)
    if code:
        more = {"name": name} if name else {}
        raise Refused(code, **more, nearest=nearest(ref, begins, now=now, where=where))
    return _bookable(thing, table, begins, where)


def nearest(ref: str, around: datetime, *, now: datetime, where: str = "", most: int = 3) -> tuple[str, ...]:
    """The free starts nearest to a moment, in order of time, as ISO text in UTC. One statement."""
    found = _found(ref, where, since=now, until=horizon(now))
    if found is None:
        return ()
    table = found[1]
    middle = table.day_of(min(max(around, now), latest(now, table.zone)))
    there: list[datetime] = []
    for n, day in enumerate(_free_days(table, now, middle)):
        there += day.slots
        if len(there) >= most and n:  # the day after, too: late in the evening tomorrow is nearer than this morning
            break
    back: list[datetime] = []
    for n in range(1, DAYS_AROUND + 1):
        back += hours.free(table, middle - timedelta(days=n), now + EARLIEST, latest(now, table.zone))
        if len(back) >= most:
            break
    closest = sorted([*there, *back], key=lambda at: (abs(at - around), at))[:most]
    return tuple(at.isoformat() for at in sorted(closest))


def next_free(table: Timetable, now: datetime, most: int = 3, days_on: int | None = None) -> tuple[datetime, ...]:
    """The first free starts, in as far as `table` knows what is taken; `days_on` bounds how many days are looked at."""
    found: list[datetime] = []
    for day in _free_days(table, now, table.day_of(now), days_on):
        found += day.slots[: most - len(found)]
        if len(found) >= most:
            break
    return tuple(found)


def _days(ref: str, where: str, now: datetime, first: date | None, limit: int) -> tuple[Day, ...]:
    found = _found(ref, where, since=now, until=horizon(now))
    if found is None or (isinstance(found[0], Test) and where == "home" and not found[0].home):
        return ()
    table = found[1]
    there = _free_days(table, now, max(first or date.min, table.day_of(now)))
    return tuple(day for _, day in zip(range(min(max(limit, 0), MOST_DAYS)), there, strict=False))


def _free_days(table: Timetable, now: datetime, first: date, most: int | None = None) -> Iterator[Day]:
    earliest, last = now + EARLIEST, latest(now, table.zone)
    count = (table.day_of(last) - first).days + 1
    for n in range(max(0, count if most is None else min(count, most))):
        slots = hours.free(table, first + timedelta(days=n), earliest, last)
        if slots:
            yield Day(first + timedelta(days=n), slots)


def _found(ref: str, where: str, *, since: datetime, until: datetime) -> tuple[Doctor | Test, Timetable] | None:
    doctor_id, test_id = timetables.id_of(ref, "d"), timetables.id_of(ref, "t")
    if doctor_id is not None:
        return timetables.doctors([doctor_id], since=since, until=until).get(doctor_id)
    return timetables.test(test_id, where, since=since, until=until) if test_id is not None else None


def horizon(now: datetime) -> datetime:
    """Past whatever any zone's last bookable moment is."""
    return latest(now, timetables.house_zone()) + timedelta(days=2)


def _objection(table: Timetable, begins: datetime) -> tuple[str, str]:
    """What is against a start, with the holiday's name; two empty strings for nothing."""
    day = table.day_of(begins)
    code, name = hours.closed(table, day)
    if code:
        return code, name
    if not any(since <= begins < until for since, until in hours.working(table, day)):
        return "outside_hours", ""
    if hours.is_blocked(table, begins, begins + table.slot):
        return "outside_hours", ""
    return ("", "") if begins in hours.starts(table, day) else ("not_a_slot", "")


def _bookable(thing: Doctor | Test, table: Timetable, begins: datetime, where: str) -> Bookable:
    row_id = timetables.id_of(thing.ref, thing.ref[0]) or 0
    ends = begins + table.slot
    if isinstance(thing, Doctor):
        said = (thing.name, thing.specialty, thing.place)
        return Bookable(row_id, "doctor", thing.ref, *said, table.zone.key, begins, ends, thing.fee)
    said = (thing.name, thing.sample, "home" if where == "home" else thing.centre)
    return Bookable(row_id, "test", thing.ref, *said, table.zone.key, begins, ends, thing.price)
