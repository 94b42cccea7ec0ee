"""Visits that stand where nobody can be had any more: hours, days off, blocks or holidays were changed after they were booked, or the
doctor or test is not to be had now. Nobody is moved by itself; these are lists of those whom somebody has to call, and what a reminder
asks at its moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.base import connection
from models.visits import hours, timetables
from models.visits.hours import Span, Timetable
from models.visits.timetables import BOOKABLE

MOST = 100
MOST_READ = 3000  # as many as a doctor can have in the three months that can be booked
AHEAD = timedelta(days=14)  # of everybody: as far as somebody can be expected to call by now
A_DAY = timedelta(days=1)
CLOSED, GONE = "closed", "gone"

COMING = """
SELECT number, "dateTime", "endsAt" FROM appointments
WHERE "doctorId" = %s AND "dateTime" > %s AND state IN ('held', 'booked') AND number IS NOT NULL ORDER BY "dateTime", id LIMIT %s
"""
OF_ALL = """
SELECT 'doctor', id, number, "doctorId", "dateTime", "endsAt" FROM appointments
WHERE "dateTime" > %(now)s AND "dateTime" < %(until)s AND state IN ('held', 'booked') AND number IS NOT NULL
ORDER BY "dateTime", id LIMIT %(most)s
"""
# Of the laboratory: 0 where the test is taken (and taken there), else nobody takes it any more.
OF_LAB = f"""
SELECT 'test', v.id, v.number, CASE WHEN {BOOKABLE.format(it="x")} AND (x.home OR v."collectedAt" <> 'home') THEN 0 ELSE -1 END,
    v."sampleCollectionDate", v."endsAt"
FROM diagnostic_bookings v JOIN diagnostic_tests x ON x.id = v."diagnosticTestId"
WHERE v."sampleCollectionDate" > %(now)s AND v."sampleCollectionDate" < %(until)s AND v.state IN ('held', 'booked')
    AND v.number IS NOT NULL AND v."collectedAt" IS NOT NULL
ORDER BY v."sampleCollectionDate", v.id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One that stands in a closed time; `kind` is doctor or test, `id` the row's."""

    kind: str
    id: int
    number: str
    starts_at: datetime


def numbers(doctor_id: int, *, now: datetime) -> tuple[str, ...]:
    """The numbers of a doctor's coming visits, the soonest first and at most 100, at whose time the doctor is not there. Two statements.

    Where only the slots' length changed a visit that begins between two starts is none of them.
    """
    coming = connection().execute(COMING, (doctor_id, now, MOST_READ)).fetchall()
    if not coming:
        return ()
    last = max(ends for _, _, ends in coming)
    there = _There(_tables([doctor_id], now, last))
    return tuple(number for number, begins, ends in coming if not there(doctor_id, begins, ends))[:MOST]


def standing(*, now: datetime) -> tuple[Visit, ...]:
    """The same of all doctors and of the laboratory, for the next 14 days: the first 3,000 visits of each are looked at.

    Three statements, and one for each 100 doctors who have a visit by then; none but two where nobody has.
    """
    values = {"now": now, "until": now + AHEAD, "most": MOST_READ}
    coming = connection().execute(OF_ALL, values).fetchall()
    of_lab = connection().execute(OF_LAB, values).fetchall()
    there = _There(_tables(sorted({row[3] for row in coming}), now, now + AHEAD))
    if of_lab:
        there.tables[0] = timetables.laboratory(since=now, until=now + AHEAD + A_DAY)
    found = (
        Visit(kind, id, number, begins) for kind, id, number, of, begins, ends in coming + of_lab if not there(of, begins, ends)
    )
    return tuple(sorted(found, key=lambda it: (it.starts_at, it.kind, it.id)))


def why(ref: str, begins: datetime, ends: datetime, *, where: str = "") -> str:
    """Why one visit cannot take place at its time: `closed` (nobody is there then), `gone` (the doctor or test is not to be had at all),
    or "" where nothing is against it. Whether it is free is not asked. One statement."""
    doctor_id, test_id = timetables.id_of(ref, "d"), timetables.id_of(ref, "t")
    if doctor_id is not None:
        table = _tables([doctor_id], begins, ends).get(doctor_id)
    else:
        found = timetables.test(test_id or 0, where or "centre", since=begins - A_DAY, until=ends + A_DAY)
        table = found[1] if found and (where != "home" or found[0].home) else None
    if table is None:
        return GONE
    return "" if _There({0: table})(0, begins, ends) else CLOSED


def _tables(ids: list[int], since: datetime, until: datetime) -> dict[int, Timetable]:
    """When each works; without those who take no patients."""
    found: dict[int, Timetable] = {}
    for first in range(0, len(ids), timetables.MOST_AT_ONCE):
        some = ids[first : first + timetables.MOST_AT_ONCE]
        asked = timetables.doctors(some, since=since, until=until + A_DAY, taken=False)
        found |= {id: table for id, (_, table) in asked.items()}
    return found


class _There:
    """Whether somebody is there; each day of each timetable is reckoned once."""

    def __init__(self, tables: dict[int, Timetable]) -> None:
        self.tables = tables
        self._days: dict[tuple[int, date], Iterable[Span]] = {}

    def __call__(self, of: int, begins: datetime, ends: datetime) -> bool:
        table = self.tables.get(of)
        if table is None or hours.is_blocked(table, begins, ends):
            return False
        day = table.day_of(begins)
        if (of, day) not in self._days:
            self._days[of, day] = hours.working(table, day)
        return any(since <= begins and ends <= until for since, until in self._days[of, day])
