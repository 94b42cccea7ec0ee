"""The audit found again: by person, act, thing and time, a page at a time or as a whole to be taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from models import base
from models.orders import plain_number

PAGE, BLOCK = 50, 1000
EXPORT_MOST = 50_000
SEARCH_WITHIN_MS, BLOCK_WITHIN_S = 4000, 8.0
ID_MAX = 2**63 - 1
# A customer's records that turned out to be one person's; the audit keeps the numbers of then.
FAMILY = """
WITH RECURSIVE family (id, step) AS (
    SELECT DISTINCT heir_of_customer(c.id), 0 FROM customers c
    WHERE c.id = %(id)s OR c.id IN (SELECT "customerId" FROM customer_identities WHERE kind = 'number' AND value = ANY(%(phones)s))
    UNION
    SELECT c.id, f.step + 1 FROM family f JOIN customers c ON c."mergedInto" = f.id WHERE f.step < 20
)
SELECT id FROM family LIMIT 200
"""
OF_ORDER = """
SELECT 'order', id FROM orders WHERE "orderNumber" = %(number)s
UNION ALL SELECT 'payment_task', t.id FROM payment_tasks t JOIN orders o ON o.id = t."orderId" WHERE o."orderNumber" = %(number)s
LIMIT 200
"""
OF_VISIT = """
SELECT 'visit', id FROM appointments WHERE number = %(number)s
UNION ALL SELECT 'lab', id FROM diagnostic_bookings WHERE number = %(number)s LIMIT 10
"""


class TooLong(Exception):
    """The search did not end in its time: a narrower one will."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `staff_id` is None for the command line and for logins that failed."""

    id: int
    at: datetime
    staff_id: int | None
    staff_name: str
    act: str
    subject: str
    subject_id: int | None
    customer_id: int | None
    address: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What must hold of a row; None and "" leave it open. `act`: its first words, written with spaces, dots or underscores.
    `things`: (subject, id) of which it must be one, `customers`: the customers whom it must concern. `until` is exclusive."""

    staff_id: int | None = None
    act: str = ""
    subject: str = ""
    subject_id: int | None = None
    things: tuple[tuple[str, int], ...] | None = None
    customers: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


# ------------------------------------------------------------------------------------------------------- what is meant


def things_of_order(conn: psycopg.Connection, number: str) -> tuple[tuple[str, int], ...]:
    """The order of this number and the tasks about its money, as the audit names them."""
    return tuple((str(row[0]), int(row[1])) for row in conn.execute(OF_ORDER, {"number": plain_number(number)}))


def things_of_visit(conn: psycopg.Connection, number: str) -> tuple[tuple[str, int], ...]:
    """The appointment or the booking of a lab test of this number."""
    return tuple((str(row[0]), int(row[1])) for row in conn.execute(OF_VISIT, {"number": number.lstrip("#").upper()}))


def customers_of(conn: psycopg.Connection, text: str) -> tuple[int, ...]:
    """All numbers of the customers somebody means by the number the audit shows, or by a whole telephone number."""
    digits = re.sub(r"[\s().+#\-]", "", text)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        return ()
    bare = digits.removeprefix("234").removeprefix("0")
    phones = [digits, f"234{bare}", f"0{bare}"] if len(digits) >= 7 else []
    values = {"id": int(digits), "phones": [each for n in phones for each in (n, f"+{n}")]}
    return tuple(int(row[0]) for row in conn.execute(FAMILY, values))


# ------------------------------------------------------------------------------------------------------- the rows

SELECT = """SELECT id, at, "staffId", "staffName", act, subject, "subjectId", "customerId", address, detail FROM audit"""
CLAUSES = {
    "staff_id": '"staffId" = %(staff_id)s',
    "act": "starts_with(translate(act, '._', '  '), translate(lower(%(act)s), '._', '  '))",
    "subject": "subject = %(subject)s",
    "subject_id": '"subjectId" = %(subject_id)s',
    "things": """(subject, "subjectId") IN (SELECT * FROM unnest(%(kinds)s::text[], %(ids)s::bigint[]))""",
    "customers": '"customerId" = ANY(%(customers)s)',
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "before": "id < %(before)s",
}


def page(conn: psycopg.Connection, wish: Wish, *, before: int | None = None, limit: int = PAGE) -> list[Entry]:
    """The newest first, older than the row `before`. Raises TooLong."""
    values: dict[str, Any] = {name: getattr(wish, name) for name in Wish.__slots__} | {"before": before}
    wanted = [clause for name, clause in CLAUSES.items() if values[name] not in (None, "")]
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    things: Sequence[tuple[str, int]] = wish.things or ()
    values |= {"kinds": [kind for kind, _ in things], "ids": [number for _, number in things], "limit": limit}
    values["customers"] = list(wish.customers or ())
    try:
        with conn.transaction():
            conn.execute(f"SET LOCAL statement_timeout = {SEARCH_WITHIN_MS}")
            rows = conn.execute(f"{SELECT}{where} ORDER BY id DESC LIMIT %(limit)s", values).fetchall()
    except psycopg.errors.QueryCanceled as e:
        raise TooLong from e
    return [Entry(*row) for row in rows]


def blocks(wish: Wish, first: list[Entry], *, most: int = EXPORT_MOST) -> Iterator[list[Entry]]:
    """`first` (a page of BLOCK rows) and all that follow it, at most `most` rows and one more, which tells that there are more.
    Each block is a unit of database work of its own: nothing is held while somebody reads slowly. Raises TooLong, Unavailable."""
    block, count = first, 0
    while block:
        block = block[: most + 1 - count]
        yield block
        count += len(block)
        if len(block) < BLOCK or count > most:
            return
        with base.unit(BLOCK_WITHIN_S) as conn:
            block = page(conn, wish, before=block[-1].id, limit=BLOCK)
