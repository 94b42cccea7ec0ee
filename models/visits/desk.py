"""Visits as the house sees them: a day or a week of them, one with all that happened to it, and whether somebody came.

Both kinds are here: appointments of doctors ("doctor") and bookings of lab tests ("test"), each with the same columns. A doctor who
works here sees their own visits only: every question takes `of`, the doctor it is limited to, and what is another's is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from psycopg.errors import ExclusionViolation

from models.base import connection
from models.order_desk import Entry
from models.values import Money, Refused
from models.visits import events, rows
from models.visits.rows import plain_number
from models.visits.timetables import shown_name, zone_named

PAGE = 50
PAGE_MAX = 300
LOG_MOST = 100
# What somebody says of a visit whose time has come, and that it was said by mistake.
MARKS = ("done", "no_show")
UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True)
class Row:
    """One visit of a list. `of`: id of the doctor or of the test. `detail`: specialty, or the sample. `paid`: its fee was paid
    (true where there is none). `result_at`: of a lab test, since when its result is there. People's names stay out of logs."""

    id: int
    kind: str
    number: str
    state: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    of: int
    title: str
    detail: str
    place: str
    where: str
    fee: Money
    order_number: str
    paid: bool
    customer_id: int | None
    customer: str = field(repr=False)
    phone: str = field(repr=False)
    result_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One visit with everything about it. `note` is what the patient wrote for the doctor; address and note stay out of logs."""

    row: Row
    address: str = field(repr=False)
    note: str = field(repr=False)
    booked_at: datetime
    held_until: datetime | None
    moved: int
    log: tuple[Entry, ...]

    def marks(self, now: datetime) -> tuple[str, ...]:
        """What may be said of it now: `done`, `no_show`, or `undo`."""
        if self.row.state == "booked":
            return MARKS if self.row.starts_at <= now else ()
        undoable = self.row.state in MARKS and self.row.result_at is None
        return ("undo",) if undoable and self._marked_today(now) else ()

    def changeable(self, now: datetime) -> bool:
        """Whether it may still be moved or cancelled for the customer."""
        return self.row.state in ("held", "booked") and self.row.starts_at > now

    def _marked_today(self, now: datetime) -> bool:
        marked = next((entry.at for entry in self.log if entry.what == self.row.state), None)
        zone = ZoneInfo(self.row.zone)
        return marked is not None and marked.astimezone(zone).date() == now.astimezone(zone).date()


# --------------------------------------------------------------------------------------------------- reading

# Whose it is: one of the old system is theirs who claimed its user.
OWNER = """COALESCE(heir_of_customer(v."customerId"), (SELECT c.id FROM customers c WHERE c."userId" = v."userId"
    AND c."mergedInto" IS NULL ORDER BY c.id LIMIT 1))"""
PEOPLE = f"""LEFT JOIN customers c ON c.id = {OWNER} LEFT JOIN users u ON u.id = v."userId" LEFT JOIN orders o ON o.id = v."orderId" """
WHOSE = """c.id, COALESCE(NULLIF(c.name, ''), NULLIF(c."profileName", ''), NULLIF(u.name, ''), ''),
    COALESCE((SELECT min(value) FROM customer_identities WHERE "customerId" = c.id AND kind = 'number'), u."phoneNumber", '')"""
PAID = """COALESCE(o."orderNumber", ''), o.id IS NULL OR o."paymentStatus" IS NOT DISTINCT FROM 'Paid'"""
COLUMNS = {
    "doctor": f"""v.id, 'doctor', v.number, v.state, v."dateTime", v."endsAt", COALESCE(NULLIF(d.zone, ''), %(zone)s), d.id, d.name,
        d.specialty, d.location, '', v."feeKobo", {PAID}, {WHOSE}, NULL::timestamptz""",
    "test": f"""v.id, 'test', v.number, v.state, v."sampleCollectionDate", v."endsAt", %(zone)s, d.id, d.name,
        COALESCE(d."sampleType", ''), COALESCE(d.centre, ''), COALESCE(v."collectedAt", ''), COALESCE(v."totalKobo", 0), {PAID}, {WHOSE},
        v."resultAt" """,
}
FROM = {
    "doctor": f'appointments v JOIN doctors d ON d.id = v."doctorId" {PEOPLE}',
    "test": f'diagnostic_bookings v JOIN diagnostic_tests d ON d.id = v."diagnosticTestId" {PEOPLE}',
}
# The rows of the page are found first: what is computed for a row is computed for those alone.
LIST = """
SELECT {columns} FROM {source} WHERE v.id IN (
    SELECT w.id FROM {table} w WHERE w.{time} >= %(first)s AND w.{time} < %(until)s AND (%(of)s::integer IS NULL OR w.{of} = %(of)s)
        AND (%(over)s OR w.state NOT IN ('cancelled', 'expired')) AND (w.{time}, w.id) > (%(after_at)s::timestamptz, %(after)s::integer)
    ORDER BY w.{time}, w.id LIMIT %(limit)s)
ORDER BY v.{time}, v.id
"""
CHOSEN = "SELECT {columns} FROM {source} WHERE v.id = ANY(%(ids)s) LIMIT %(limit)s"
DUE = """
SELECT {columns} FROM {source} WHERE v.id IN (
    SELECT id FROM diagnostic_bookings WHERE state = 'done' AND "resultMediaRow" IS NULL AND "collectedAt" IS NOT NULL AND id > %(after)s
    ORDER BY id LIMIT %(limit)s)
ORDER BY v.id
"""


def page(
    conn: psycopg.Connection,
    kind: str,
    first: datetime,
    until: datetime,
    *,
    zone: str,
    of: int | None = None,
    over: bool = False,
    after: Row | None = None,
    limit: int = PAGE,
) -> tuple[Row, ...]:
    """Visits that begin from `first` to before `until`, by time, from the one after `after`. `zone`: the house's. `of`: of this doctor
    (or test) alone. `over`: also those that were cancelled or never paid."""
    values = {"first": first, "until": until, "zone": zone, "of": of, "over": over, "limit": min(max(limit, 1), PAGE_MAX)}
    values |= {"after_at": after.starts_at if after else first - timedelta(days=1), "after": after.id if after else 0}
    table = rows.TABLES[kind]
    query = LIST.format(columns=COLUMNS[kind], source=FROM[kind], table=table.name, time=table.time, of=table.of)
    return tuple(map(_row, conn.execute(query, values)))


def chosen(conn: psycopg.Connection, kind: str, ids: Sequence[int], *, zone: str) -> tuple[Row, ...]:
    """These visits, at most 300, by no order."""
    query = CHOSEN.format(columns=COLUMNS[kind], source=FROM[kind])
    return tuple(map(_row, conn.execute(query, {"ids": list(ids), "zone": zone, "limit": PAGE_MAX}))) if ids else ()


def awaiting_results(conn: psycopg.Connection, *, zone: str, after: int = 0, limit: int = PAGE) -> tuple[Row, ...]:
    """Lab tests whose sample was taken and whose result is not there, the oldest booking first; from the one after the id `after`."""
    values = {"zone": zone, "after": after, "limit": min(max(limit, 1), PAGE_MAX)}
    return tuple(map(_row, conn.execute(DUE.format(columns=COLUMNS["test"], source=FROM["test"]), values)))


COUNTS = """
SELECT (SELECT count(*) FROM appointments WHERE "dateTime" >= %(first)s AND "dateTime" < %(until)s
        AND (%(of)s::integer IS NULL OR "doctorId" = %(of)s) AND state IN ('booked', 'done', 'no_show')),
    (SELECT count(*) FROM appointments WHERE "dateTime" >= %(first)s AND "dateTime" < %(now)s
        AND (%(of)s::integer IS NULL OR "doctorId" = %(of)s) AND state = 'booked' AND "endsAt" < %(now)s),
    (SELECT count(*) FROM diagnostic_bookings WHERE "sampleCollectionDate" >= %(first)s AND "sampleCollectionDate" < %(until)s
        AND state IN ('booked', 'done', 'no_show')),
    (SELECT count(*) FROM (SELECT FROM diagnostic_bookings WHERE state = 'done' AND "resultMediaRow" IS NULL AND "collectedAt" IS NOT NULL
        LIMIT 1000) due)
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a day: appointments, those over that nobody marked, lab bookings; and results that are still to come (1000 at most)."""

    visits: int
    unmarked: int
    labs: int
    results_due: int


def counts(conn: psycopg.Connection, first: datetime, until: datetime, now: datetime, *, of: int | None = None) -> Counts:
    row = conn.execute(COUNTS, {"first": first, "until": until, "now": min(now, until), "of": of}).fetchone()
    return Counts(*(int(n) for n in row or (0,) * 4))


ONE = """
SELECT {columns}, {address}, COALESCE(v.notes, ''), v."createdAt", CASE WHEN v.state = 'held' THEN o."reservedUntil" END, v.moved
FROM {source} WHERE v.number = %(number)s AND (%(of)s::integer IS NULL OR v.{of} = %(of)s)
"""
LOG = f"""
SELECT e.at, e.what, e.who, COALESCE(s.name, ''), e.detail FROM visit_events e LEFT JOIN staff s ON e.who = 'staff:' || s.id
WHERE e.{{link}} = %s ORDER BY e.id DESC LIMIT {LOG_MOST}
"""


def case(conn: psycopg.Connection, kind: str, number: str, *, zone: str, of: int | None = None) -> Case | None:
    """One visit with everything about it, its log newest first. None for an unknown one, and for what is not of `of`."""
    address = """COALESCE(v."sampleCollectionLocation", '')""" if kind == "test" else "''"
    query = ONE.format(columns=COLUMNS[kind], address=address, source=FROM[kind], of=rows.TABLES[kind].of)
    row = conn.execute(query, {"number": plain_number(number), "zone": zone, "of": of}).fetchone()
    if row is None:
        return None
    *shown, address, note, booked, until, moved = row
    found = _row(shown)
    log = conn.execute(LOG.format(link=rows.TABLES[kind].link), (found.id,))
    return Case(found, address, note, booked, until, moved, tuple(Entry(*each) for each in log))


def _row(row: Any) -> Row:
    id, kind, number, state, starts, ends, zone, of, title, detail, place, where, kobo, *rest = row
    name = shown_name(title) if kind == "doctor" else title
    return Row(id, kind, number, state, starts, ends, zone_named(zone).key, of, name, detail, place, where, Money(kobo), *rest)


# Doctors whose visits there are or may be; those that are not offered any more come last.
DOCTORS = """
SELECT id, name, specialty, COALESCE(NULLIF(zone, ''), %s), COALESCE("isActive", true) AND COALESCE(available, true) FROM doctors
WHERE (%s::integer IS NULL OR id = %s) ORDER BY 5 DESC, name, id LIMIT %s
"""
DOCTORS_MAX = 500


class DoctorRow(NamedTuple):
    id: int
    name: str
    specialty: str
    zone: str
    offered: bool


def doctors(conn: psycopg.Connection, *, zone: str, doctor: int | None = None) -> list[DoctorRow]:
    """All doctors, at most 500, or one of them. `zone`: the house's."""
    found = conn.execute(DOCTORS, (zone, doctor, doctor, DOCTORS_MAX))
    return [DoctorRow(row[0], shown_name(row[1]), row[2], zone_named(row[3]).key, row[4]) for row in found]


# --------------------------------------------------------------------------------------------------- verbs


def mark(kind: str, number: str, what: str, *, by: int, zone: str, now: datetime, of: int | None = None) -> Row:
    """The patient came (`done`; of a lab test: the sample was taken), or nobody did (`no_show`). `by`: id of the staff member.

    Raises Refused: `unknown`; `too_early` (starts: it has not begun); `moved` (state, who, at: somebody was first, or it is over).
    """
    if what not in MARKS:
        raise ValueError(what)
    with connection().transaction():
        it = _taken(kind, number, zone, of)
        if it.row.state != "booked":
            raise _was_first(it)
        if it.row.starts_at > now:
            raise Refused("too_early", starts=it.row.starts_at)
        _move(it.row, what, what, by, now)
    return it.row


def undo(kind: str, number: str, *, by: int, zone: str, now: datetime, of: int | None = None) -> Row:
    """What was marked on this day was a mistake: it stands as booked again.

    Raises Refused: `unknown`, `moved`, `too_late` (another day), `has_result`, `taken` (somebody else has a part of that time by now).
    """
    with connection().transaction():
        it = _taken(kind, number, zone, of)
        if it.row.state not in MARKS:
            raise _was_first(it)
        if it.row.result_at is not None:
            raise Refused("has_result")
        if "undo" not in it.marks(now):
            raise Refused("too_late")
        try:
            with connection().transaction():
                _move(it.row, "booked", UNMARKED, by, now)
        except ExclusionViolation as e:  # what was left of its time was free meanwhile
            raise Refused("taken") from e
    return it.row


LOCK_VISITED = {
    kind: f"SELECT FROM {t.visited} WHERE id = (SELECT {t.of} FROM {t.name} WHERE number = %s) FOR NO KEY UPDATE"
    for kind, t in rows.TABLES.items()
}


def _taken(kind: str, number: str, zone: str, of: int | None) -> Case:
    """The visit as it is now that nobody else changes it; its doctor or test first, because a time is freed or taken."""
    connection().execute(LOCK_VISITED[kind], (plain_number(number),))
    connection().execute(f"SELECT FROM {rows.TABLES[kind].name} WHERE number = %s FOR NO KEY UPDATE", (plain_number(number),))
    found = case(connection(), kind, number, zone=zone, of=of)
    if found is None:
        raise Refused("unknown")
    return found


def _was_first(it: Case) -> Refused:
    last = next((entry for entry in it.log if entry.what == it.row.state), None)
    return Refused("moved", state=it.row.state, who=last.who if last else "", at=last.at if last else None)


def _move(row: Row, to: str, what: str, by: int, now: datetime) -> None:
    connection().execute(f'UPDATE {rows.TABLES[row.kind].name} SET state = %s, "updatedAt" = %s WHERE id = %s', (to, now, row.id))
    events.note(rows.TABLES[row.kind], row.id, what, who=f"staff:{by}", now=now, **{"from": row.state})
