"""Visits that stand where nobody can be had any more: hours, days off, blocks or holidays were changed after they were booked, or the
doctor takes no patients now. Nobody is moved by itself; this is the list of those whom somebody has to call."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.base import connection
from models.visits import hours, timetables
from models.visits.hours import Timetable

MOST = 100
MOST_READ = 3000  # as many as a doctor can have in the three months that can be booked

COMING = """
SELECT number, "dateTime", "endsAt" FROM appointments
WHERE "doctorId" = %s AND "dateTime" > %s AND state IN ('held', 'booked') AND number IS NOT NULL ORDER BY "dateTime", id LIMIT %s
"""


def numbers(doctor_id: int, *, now: datetime) -> tuple[str, ...]:
    """The numbers of a doctor's coming visits, the soonest first and at most 100, at whose time the doctor is not there. Two statements.

    Where only the slots' length changed a visit that begins between two starts is none of them.
    """
    coming = connection().execute(COMING, (doctor_id, now, MOST_READ)).fetchall()
    if not coming:
        return ()
    last = max(ends for _, _, ends in coming)
    found = timetables.doctors([doctor_id], since=now, until=last + timedelta(days=1)).get(doctor_id)
    table = found[1] if found else None
    return tuple(number for number, begins, ends in coming if table is None or not _there(table, begins, ends))[:MOST]


def _there(table: Timetable, begins: datetime, ends: datetime) -> bool:
    if hours.is_blocked(table, begins, ends):
        return False
    return any(since <= begins and ends <= until for since, until in hours.working(table, table.day_of(begins)))
