"""What staff say about time: a doctor's weekly hours, days off and blocked times, and holidays that the calendar does not know.

Whatever is said here holds from then on for what customers are offered. Visits that are booked already stay: each verb that closes a time
gives the numbers of those in it, for somebody to move or cancel. Who may do it is the caller's to ask; every change is in the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from models import audit, public_holidays
from models.base import connection
from models.roles import Staff
from models.values import Refused
from models.visits import hours, timetables

Spans = tuple[tuple[int, int, int], ...]

MOST_SPANS = 28  # of a week
LONGEST_REASON = 200
LONGEST_ABSENCE = timedelta(days=366)
LONGEST_BLOCK = timedelta(days=14)
LONGEST_NAME = 80
MOST_LISTED = 100
SHORTEST_SLOT, LONGEST_SLOT = 5, 480


@dataclass(frozen=True, slots=True)
class Absence:
    """Days off, both ends included. `by` is who said so."""

    id: int
    first: date
    last: date
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Block:
    """A time kept free of patients (UTC)."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which doctors do not work unless they say so. `kept` is false for one of the calendar that is not kept. `announced`: it
    was said here (`by`), the calendar may know nothing of it."""

    day: date
    name: str
    kept: bool
    announced: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """How one doctor works, and what is to come of days off and blocked times (at most 100 of each).

    `spans`: (weekday, from, until), Monday is 0, in minutes of the doctor's own day; `usual`: nobody has set them.
    """

    doctor_id: int
    name: str
    zone: str
    slot_minutes: int
    works_holidays: bool
    usual: bool
    spans: Spans
    absences: tuple[Absence, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A time that was closed. `standing`: numbers of visits that are booked in it, at most 100, soonest first."""

    id: int
    standing: tuple[str, ...]


# --------------------------------------------------------------------------------------------------- reading

AGENDA = """
SELECT d.id, d.name, d.zone, d."slotMinutes", d."worksHolidays",
    (SELECT json_agg(json_build_array(weekday, "fromMinute", "untilMinute") ORDER BY weekday, "fromMinute")
        FROM doctor_hours WHERE "doctorId" = d.id),
    (SELECT json_agg(a) FROM (SELECT id, "firstDay", "lastDay", reason, "createdBy" FROM doctor_days_off
        WHERE "doctorId" = d.id AND "lastDay" >= %(now)s::date - 1 ORDER BY "firstDay", id LIMIT %(most)s) a),
    (SELECT json_agg(b) FROM (SELECT id, "startsAt", "endsAt", reason, "createdBy" FROM doctor_blocks
        WHERE "doctorId" = d.id AND "endsAt" > %(now)s ORDER BY "startsAt", id LIMIT %(most)s) b)
FROM doctors d WHERE d.id = %(doctor)s
"""


def of(doctor_id: int, *, now: datetime) -> Agenda | None:
    """How a doctor works; None when there is none. Also of one who takes no patients. One statement."""
    row = connection().execute(AGENDA, {"doctor": doctor_id, "now": now, "most": MOST_LISTED}).fetchone()
    if row is None:
        return None
    zone = timetables.zone_named(row[2])
    return Agenda(
        doctor_id=row[0],
        name=timetables.shown_name(row[1]),
        zone=zone.key,
        slot_minutes=row[3],
        works_holidays=row[4],
        usual=not row[5],
        spans=tuple(tuple(span) for span in row[5]) if row[5] else hours.USUAL,
        absences=tuple(
            _absence(each) for each in row[6] or () if date.fromisoformat(each["lastDay"]) >= now.astimezone(zone).date()
        ),
        blocks=tuple(_block(each) for each in row[7] or ()),
    )


def holidays(first: date, last: date) -> tuple[Holiday, ...]:
    """Holidays from one day to another (both included, at most 1,100 days), as they count here, also those not kept. One statement."""
    last = min(last, first + timedelta(days=1100))
    rows = connection().execute(
        'SELECT day, name, kept, "createdBy" FROM holiday_overrides WHERE day BETWEEN %s AND %s', (first, last)
    )
    found = {day: Holiday(day, name, kept, True, by) for day, name, kept, by in rows.fetchall()}
    for year in range(first.year, last.year + 1):
        for day, name in public_holidays.of_year(year).items():
            if first <= day <= last:
                found.setdefault(day, Holiday(day, name, True, False))
    return tuple(sorted(found.values(), key=lambda each: each.day))


# --------------------------------------------------------------------------------------------------- a doctor's time


def set_hours(doctor_id: int, spans: Iterable[tuple[int, int, int]], *, by: Staff, now: datetime, address: str = "") -> Agenda:
    """The hours of every week from now on; none at all brings the usual ones back. Running twice changes nothing.

    Raises Refused: unknown, bad_hours (a day that is none, an end before its beginning, two that overlap, too many).
    """
    given = tuple(sorted({(int(weekday), int(begins), int(ends)) for weekday, begins, ends in spans}))
    _check_hours(given)
    with connection().transaction():
        _locked(doctor_id)
        connection().execute('DELETE FROM doctor_hours WHERE "doctorId" = %s', (doctor_id,))
        for weekday, begins, ends in given:
            connection().execute(
                'INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") VALUES (%s, %s, %s, %s)',
                (doctor_id, weekday, begins, ends),
            )
        detail = {"spans": [list(span) for span in given]}
        audit.note(by, "doctor_hours_set", "doctor", doctor_id, detail=detail, address=address)
    return _agenda(doctor_id, now)


def set_slots(
    doctor_id: int, slot_minutes: int, zone: str, works_holidays: bool, *, by: Staff, now: datetime, address: str = ""
) -> Agenda:
    """How long an appointment takes, in which zone hours are meant ("" for the house's), and whether holidays are worked.

    Raises Refused: unknown, bad_slot (5 to 480 minutes), bad_zone.
    """
    if not SHORTEST_SLOT <= slot_minutes <= LONGEST_SLOT:
        raise Refused("bad_slot", least=SHORTEST_SLOT, most=LONGEST_SLOT)
    if zone and zone not in available_timezones():
        raise Refused("bad_zone")
    with connection().transaction():
        _locked(doctor_id)
        connection().execute(
            'UPDATE doctors SET "slotMinutes" = %s, zone = %s, "worksHolidays" = %s, "updatedAt" = %s WHERE id = %s',
            (slot_minutes, zone, works_holidays, now, doctor_id),
        )
        detail = {"minutes": slot_minutes, "zone": zone, "holidays": works_holidays}
        audit.note(by, "doctor_slots_set", "doctor", doctor_id, detail=detail, address=address)
    return _agenda(doctor_id, now)


def take_off(doctor_id: int, first: date, last: date, reason: str, *, by: Staff, now: datetime, address: str = "") -> Closed:
    """Days off, from the first to the last. The same days once more are the same absence.

    Raises Refused: unknown, bad_days (the last before the first, more than a year), over (the last day has passed), too_long (reason).
    """
    if last < first or last - first > LONGEST_ABSENCE:
        raise Refused("bad_days", most=LONGEST_ABSENCE.days)
    reason = _reason(reason)
    with connection().transaction():
        zone = _locked(doctor_id)
        if last < now.astimezone(zone).date():
            raise Refused("over")
        since, until = hours.moment(first, 0, zone, last=False), hours.moment(last, hours.WHOLE_DAY, zone, last=True)
        row_id, fresh = _added(
            'SELECT id FROM doctor_days_off WHERE "doctorId" = %s AND "firstDay" = %s AND "lastDay" = %s',
            """INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", reason, "createdBy", "createdAt")
               VALUES (%s, %s, %s, %s, %s, %s) RETURNING id""",
            (doctor_id, first, last),
            (reason, by.name, now),
        )
        if fresh:
            detail = {"first": first.isoformat(), "last": last.isoformat(), "id": row_id}
            audit.note(by, "doctor_taken_off", "doctor", doctor_id, detail=detail, address=address)
        return Closed(row_id, _standing(doctor_id, since, until))


def come_back(doctor_id: int, absence_id: int, *, by: Staff, address: str = "") -> bool:
    """Takes days off back; False when they were already."""
    return _removed("doctor_days_off", doctor_id, absence_id, "doctor_came_back", by, address)


def block(
    doctor_id: int, starts_at: datetime, ends_at: datetime, reason: str, *, by: Staff, now: datetime, address: str = ""
) -> Closed:
    """Keeps a time free of patients. The same time once more is the same block.

    Raises Refused: unknown, bad_times (the end not after the beginning, more than two weeks), over (it has passed), too_long (reason).
    """
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_BLOCK:
        raise Refused("bad_times", most=LONGEST_BLOCK.days)
    if ends_at <= now:
        raise Refused("over")
    reason = _reason(reason)
    with connection().transaction():
        _locked(doctor_id)
        row_id, fresh = _added(
            'SELECT id FROM doctor_blocks WHERE "doctorId" = %s AND "startsAt" = %s AND "endsAt" = %s',
            """INSERT INTO doctor_blocks ("doctorId", "startsAt", "endsAt", reason, "createdBy", "createdAt")
               VALUES (%s, %s, %s, %s, %s, %s) RETURNING id""",
            (doctor_id, starts_at, ends_at),
            (reason, by.name, now),
        )
        if fresh:
            detail = {"from": starts_at.isoformat(), "until": ends_at.isoformat(), "id": row_id}
            audit.note(by, "doctor_blocked", "doctor", doctor_id, detail=detail, address=address)
        return Closed(row_id, _standing(doctor_id, starts_at, ends_at))


def unblock(doctor_id: int, block_id: int, *, by: Staff, address: str = "") -> bool:
    """Gives a blocked time back; False when it was already."""
    return _removed("doctor_blocks", doctor_id, block_id, "doctor_unblocked", by, address)


# --------------------------------------------------------------------------------------------------- holidays


def announce(day: date, name: str, *, kept: bool = True, by: Staff, now: datetime, address: str = "") -> tuple[str, ...]:
    """A holiday that was announced, or (`kept` false) one of the calendar that is not kept. Said again, the later word counts.

    Gives the numbers of visits that are booked on a holiday that is kept. Raises Refused: bad_name, over (the day has passed).
    """
    name = " ".join(name.split()) or public_holidays.of_year(day.year).get(day, "")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("bad_name", most=LONGEST_NAME)
    zone = timetables.house_zone()
    if day < now.astimezone(zone).date():
        raise Refused("over")
    with connection().transaction():
        connection().execute(
            """INSERT INTO holiday_overrides (day, name, kept, "createdBy", "createdAt") VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (day) DO UPDATE SET name = EXCLUDED.name, kept = EXCLUDED.kept, "createdBy" = EXCLUDED."createdBy",
                   "createdAt" = EXCLUDED."createdAt" """,
            (day, name, kept, by.name, now),
        )
        detail = {"day": day.isoformat(), "kept": kept}
        audit.note(by, "holiday_announced", "holiday", detail=detail, address=address)
        if not kept:
            return ()
        return _standing(None, hours.moment(day, 0, zone, last=False), hours.moment(day, hours.WHOLE_DAY, zone, last=True))


def withdraw(day: date, *, by: Staff, address: str = "") -> bool:
    """Takes back what was announced, so that the calendar counts again; False when nothing was."""
    with connection().transaction():
        done = connection().execute("DELETE FROM holiday_overrides WHERE day = %s", (day,))
        if done.rowcount:
            audit.note(by, "holiday_withdrawn", "holiday", detail={"day": day.isoformat()}, address=address)
        return bool(done.rowcount)


# --------------------------------------------------------------------------------------------------- private

# A visit lasts less than a day, so that those in a time began at most a day before it.
STANDING = """
SELECT number FROM (
    SELECT v.number, v."dateTime" AS at, v."doctorId" FROM appointments v WHERE v.state IN ('held', 'booked')
        AND v."dateTime" < %(until)s AND v."dateTime" > %(since)s - interval '1 day' AND v."endsAt" > %(since)s
        AND (v."doctorId" = %(doctor)s OR (%(doctor)s::integer IS NULL
            AND NOT (SELECT d."worksHolidays" FROM doctors d WHERE d.id = v."doctorId")))
    UNION ALL
    SELECT b.number, b."sampleCollectionDate", NULL FROM diagnostic_bookings b WHERE %(doctor)s::integer IS NULL
        AND b.state IN ('held', 'booked') AND b."collectedAt" IS NOT NULL AND b."sampleCollectionDate" < %(until)s
        AND b."sampleCollectionDate" > %(since)s - interval '1 day' AND b."endsAt" > %(since)s
) there ORDER BY at, number LIMIT %(most)s
"""


def _standing(doctor_id: int | None, since: datetime, until: datetime) -> tuple[str, ...]:
    """Numbers of visits in a time: of one doctor, or of everybody who keeps holidays and of the laboratory."""
    values = {"doctor": doctor_id, "since": since, "until": until, "most": MOST_LISTED}
    return tuple(number for (number,) in connection().execute(STANDING, values).fetchall())


def _locked(doctor_id: int) -> ZoneInfo:
    """The doctor's zone; two colleagues who set the same doctor's time come one after the other."""
    row = connection().execute("SELECT zone FROM doctors WHERE id = %s FOR NO KEY UPDATE", (doctor_id,)).fetchone()
    if row is None:
        raise Refused("unknown")
    return timetables.zone_named(row[0])


def _agenda(doctor_id: int, now: datetime) -> Agenda:
    found = of(doctor_id, now=now)
    if found is None:
        raise Refused("unknown")
    return found


def _check_hours(spans: Spans) -> None:
    if len(spans) > MOST_SPANS:
        raise Refused("bad_hours")
    before: tuple[int, int, int] | None = None
    for weekday, begins, ends in spans:
        if not 0 <= weekday <= 6 or not 0 <= begins < ends <= hours.WHOLE_DAY:
            raise Refused("bad_hours", weekday=weekday)
        if before and before[0] == weekday and begins < before[2]:
            raise Refused("bad_hours", weekday=weekday)
        before = (weekday, begins, ends)


def _reason(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if len(text) > LONGEST_REASON:
        raise Refused("too_long", most=LONGEST_REASON)
    return text


def _added(look: str, add: str, what: Sequence[Any], more: Sequence[Any]) -> tuple[int, bool]:
    """The row's id, and whether it is new. The doctor's row is locked, so nobody adds the same meanwhile."""
    there = connection().execute(look, what).fetchone()
    if there:
        return int(there[0]), False
    made = connection().execute(add, (*what, *more)).fetchone()
    return int(made[0]) if made else 0, True


def _removed(table: str, doctor_id: int, row_id: int, act: str, by: Staff, address: str) -> bool:
    with connection().transaction():
        done = connection().execute(f'DELETE FROM {table} WHERE id = %s AND "doctorId" = %s', (row_id, doctor_id))
        if done.rowcount:
            audit.note(by, act, "doctor", doctor_id, detail={"id": row_id}, address=address)
        return bool(done.rowcount)


def _absence(row: dict[str, Any]) -> Absence:
    return Absence(
        row["id"], date.fromisoformat(row["firstDay"]), date.fromisoformat(row["lastDay"]), row["reason"], row["createdBy"]
    )


def _block(row: dict[str, Any]) -> Block:
    begins, ends = (datetime.fromisoformat(row[name]).astimezone(UTC) for name in ("startsAt", "endsAt"))
    return Block(row["id"], begins, ends, row["reason"], row["createdBy"])
