"""A visit is put to another time of the same doctor, or of the same test: one transaction, in which nobody can take either time."""

from __future__ import annotations

from datetime import UTC, datetime

from psycopg.errors import ExclusionViolation

from models.base import connection
from models.visits import events, rows
from models.visits.booking import refuse_clash, taken
from models.visits.days import Bookable, admit
from models.visits.rows import Row
from models.visits.values import Booked

# Where the old system made it, it becomes the customer's own, and from now on its time is nobody else's.
MOVE = """
UPDATE {name} v SET {time} = %(at)s, "endsAt" = %(until)s, moved = v.moved + 1, "updatedAt" = %(now)s,
    "customerId" = COALESCE(v."customerId", %(customer)s), "bookingKey" = COALESCE(v."bookingKey", %(key)s){where}
WHERE v.id = %(id)s RETURNING {columns}
"""
ORDER = """SELECT "orderNumber", "reservedUntil" FROM orders WHERE id = %s"""


def reschedule(customer_id: int, number: str, starts_at: datetime, *, now: datetime, who: str = "") -> Booked:
    """Moves an own visit. Its fee goes along; one that is held keeps its order, and until when that is to be paid.

    Old reminders are void. To the time it has already changes nothing. `who` does it, if it is not the customer (`staff:3`).
    Raises Refused: `unknown`, `over` (state), and what `booking.book` raises of the new time.
    """
    starts_at = starts_at.astimezone(UTC)
    seen = rows.own(customer_id, number)
    where = seen.where or ("centre" if seen.kind == "test" else "")
    try:
        with connection().transaction():
            row = rows.take(customer_id, number, now)
            if row.starts_at == starts_at:
                return _booked(row)
            it = admit(row.ref, starts_at, now=now, where=where)
            refuse_clash(customer_id, it, now, but=row.number)
            return _booked(_move(customer_id, row, it, where, who or f"customer:{customer_id}", now))
    except ExclusionViolation as e:
        raise taken(seen.ref, starts_at, where, now) from e


def _move(customer_id: int, row: Row, it: Bookable, where: str, who: str, now: datetime) -> Row:
    table = row.table
    statement = MOVE.format(
        name=table.name,
        time=table.time,
        columns=rows.columns(table),
        where=""", "collectedAt" = %(where)s""" if row.kind == "test" else "",
    )
    about = {"at": it.starts_at, "until": it.ends_at, "now": now, "customer": customer_id, "id": row.id, "where": where}
    moved = connection().execute(statement, about | {"key": f"{customer_id}:moved:{row.number}"}).fetchone()
    if moved is None:
        raise RuntimeError("a visit is gone although its row was locked")
    after = rows.read(moved)
    times = {"from": row.starts_at.isoformat(), "to": after.starts_at.isoformat()}
    events.note(table, row.id, "moved", who=who, now=now, **times)
    events.remind(after, now)
    return after


def _booked(row: Row) -> Booked:
    order, until = connection().execute(ORDER, (row.order_id,)).fetchone() or ("", None)
    held = until.astimezone(UTC) if until and row.state == "held" else None
    return Booked(row.number, row.starts_at, row.ends_at, row.fee, order, held)
