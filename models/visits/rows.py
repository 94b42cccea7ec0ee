"""The rows of visits, of both kinds alike, as those who change them need them; and the sequence in which they are locked.

Everybody locks in this sequence: customer, order, doctor (or test), visit, payment. The doctor's row is taken by whoever puts a
visit to a time, or frees one (a visit of the old system that stood beside may have it then): they wait for each other there, and
not inside the constraint, where each would wait for the other's row and one would end as a deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from models.base import connection
from models.payments.journal import lock_order
from models.values import Money, Refused
from models.visits.values import LIVE

LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of visits in SQL: its table, the columns of its time and of what is visited, that one's table, the column of
    `visit_events`, the letter of its references."""

    kind: str
    name: str
    time: str
    of: str
    visited: str
    link: str
    letter: str
    where: str
    fee: str


DOCTORS = Table("doctor", "appointments", '"dateTime"', '"doctorId"', "doctors", '"appointmentId"', "d", "''", 'v."feeKobo"')
TESTS = Table(
    *("test", "diagnostic_bookings", '"sampleCollectionDate"', '"diagnosticTestId"', "diagnostic_tests", '"bookingId"', "t"),
    *("""COALESCE(v."collectedAt", '')""", 'COALESCE(v."totalKobo", 0)'),
)
TABLES: Mapping[str, Table] = {table.kind: table for table in (DOCTORS, TESTS)}


class Row(NamedTuple):
    """One visit. `customer_id` is None where the old system made it. `where`: of a lab test, home or centre."""

    kind: str
    id: int
    number: str
    state: str
    starts_at: datetime
    ends_at: datetime
    of: int
    where: str
    order_id: int | None
    customer_id: int | None
    user_id: int
    fee: Money
    moved: int

    @property
    def table(self) -> Table:
        return TABLES[self.kind]

    @property
    def ref(self) -> str:
        return f"{self.table.letter}{self.of}"

    @property
    def live(self) -> bool:
        return self.state in LIVE


def columns(table: Table) -> str:
    """The columns of a Row, of a table that is called `v`."""
    return f"""'{table.kind}', v.id, v.number, v.state, v.{table.time}, v."endsAt", v.{table.of}, {table.where}, v."orderId",
        v."customerId", v."userId", {table.fee}, v.moved"""


def _of_both(where: str) -> str:
    return " UNION ALL ".join(f"SELECT {columns(table)} FROM {table.name} v WHERE {where}" for table in TABLES.values())


# Own ones are those booked by this customer, and those of the old system's user this customer is (claimed by e-mail code).
OWN = """(v."customerId" = %(customer)s OR (v."customerId" IS NULL
    AND v."userId" = (SELECT "userId" FROM customers WHERE id = %(customer)s)))"""
OWN_ONE = _of_both(f"v.number = %(number)s AND {OWN}")
OF_ORDER = _of_both('v."orderId" = %(order)s')
COMING = _of_both(f"""{OWN} AND v.state IN ('held', 'booked') AND v."endsAt" > %(now)s""")


def own(customer_id: int, number: str) -> Row:
    """An own visit by its number. Raises Refused `unknown`, also for somebody else's."""
    row = connection().execute(OWN_ONE, {"customer": customer_id, "number": plain_number(number)}).fetchone()
    if row is None:
        raise Refused("unknown")
    return read(row)


def of_order(order_id: int) -> Row | None:
    """The visit an order is the fee of."""
    row = connection().execute(OF_ORDER, {"order": order_id}).fetchone()
    return read(row) if row else None


def by_id(kind: str, visit_id: int) -> Row | None:
    table = TABLES[kind]
    row = connection().execute(f"SELECT {columns(table)} FROM {table.name} v WHERE v.id = %s", (visit_id,)).fetchone()
    return read(row) if row else None


def coming(customer_id: int, now: datetime) -> list[Row]:
    """The customer's own visits that are held or booked and not over yet."""
    return [read(row) for row in connection().execute(COMING, {"customer": customer_id, "now": now}).fetchall()]


def plain_number(number: str) -> str:
    """A number as it is kept, from what a person typed (`#61204`, `a12`)."""
    return number.strip().lstrip("#").strip().upper().replace("\x00", "")[: LONGEST_NUMBER + 1]


def kinds(numbers: Sequence[str]) -> dict[str, str]:
    """Of which kind the visits with these numbers are; without those that nobody has. One statement."""
    found = " UNION ALL ".join(
        f"SELECT number, '{t.kind}' FROM {t.name} WHERE number = ANY(%(numbers)s)" for t in TABLES.values()
    )
    return dict(connection().execute(found, {"numbers": list(numbers)}).fetchall())


def read(row: tuple[Any, ...]) -> Row:
    """The values of `columns` as a Row."""
    found = Row(*row)
    return found._replace(fee=Money(row[11]), starts_at=found.starts_at.astimezone(UTC), ends_at=found.ends_at.astimezone(UTC))


# --------------------------------------------------------------------------------------------------- locks


def lock_customer(customer_id: int) -> int:
    """The customer's row, so that all they do with visits is one after the other; the id of their user in the old system's table.

    Raises Refused `unregistered`.
    """
    row = (
        connection()
        .execute("""SELECT "userId", "consentAt" IS NOT NULL FROM customers WHERE id = %s FOR NO KEY UPDATE""", (customer_id,))
        .fetchone()
    )
    if row is None or row[0] is None or not row[1]:
        raise Refused("unregistered")
    return int(row[0])


def lock_visited(table: Table, ref: str) -> None:
    """The doctor's or the test's row. Raises Refused `unknown`."""
    digits = ref[1:]
    if not ref.startswith(table.letter) or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Refused("unknown")
    if connection().execute(f"SELECT FROM {table.visited} WHERE id = %s FOR NO KEY UPDATE", (int(digits),)).fetchone() is None:
        raise Refused("unknown")


def lock_visit(row: Row) -> Row | None:
    """The visit as it is now that nobody else changes it; None when it is gone."""
    table = row.table
    found = connection().execute(f"SELECT {columns(table)} FROM {table.name} v WHERE v.id = %s FOR NO KEY UPDATE", (row.id,))
    now = found.fetchone()
    return read(now) if now else None


def take(customer_id: int, number: str, now: datetime) -> Row:
    """An own visit that may still be changed, with all its locks. Raises Refused `unknown`, `over` (state)."""
    connection().execute("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE", (customer_id,))
    seen = own(customer_id, number)
    lock_order(seen.order_id)
    lock_visited(seen.table, seen.ref)
    row = lock_visit(seen)
    if row is None:
        raise Refused("unknown")
    if not row.live or row.starts_at <= now:
        raise Refused("over", state=row.state, number=row.number)
    return row
