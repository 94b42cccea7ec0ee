"""Whose data it is about: a customer's record, those merged into it, their account of the old system, their telephone numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg

COUNTRY = "234"
PLACEHOLDER = "@customers.invalid"  # of the account made for whoever registers in the chat (`models.accounts`)


@dataclass(frozen=True, slots=True)
class Person:
    """`ids`: the customer and every record that turned out to be the same person. `numbers`: in each spelling an old table may have.

    `users`: their accounts of the old system, with `emails`; more than one where two records were merged.
    `proved`: those numbers that stand in an account of the old system which is this person's by more than the number. Numbers are
    shared, resold and recycled: what an old table has under any other may be about somebody else, and is not shown.
    """

    customer_id: int
    ids: tuple[int, ...]
    users: tuple[int, ...]
    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    proved: tuple[str, ...] = ()


FAMILY = """
WITH RECURSIVE family (id, step) AS (
    SELECT %(customer)s::bigint, 0 UNION ALL
    SELECT c.id, f.step + 1 FROM family f JOIN customers c ON c."mergedInto" = f.id WHERE f.step < 20
)
SELECT array_agg(DISTINCT id ORDER BY id) FROM family
"""


def digits(phone: str) -> str:
    """A telephone number as WhatsApp writes it: 0803... and +234 803... are 234803...; "" when there are no figures."""
    found = re.sub(r"\D", "", phone)
    if found.startswith("0") and len(found) == 11:
        return COUNTRY + found[1:]
    return found.removeprefix("00")


def by_phone(conn: psycopg.Connection, phone: str) -> Person | None:
    """Who writes from this number now; None when nobody does."""
    row = conn.execute(
        """SELECT heir_of_customer("customerId") FROM customer_identities WHERE kind = 'number' AND value = %s""",
        (digits(phone),),
    ).fetchone()
    return of_customer(conn, row[0]) if row else None


def of_customer(conn: psycopg.Connection, customer_id: int) -> Person | None:
    if conn.execute("SELECT FROM customers WHERE id = %s", (customer_id,)).fetchone() is None:
        return None
    family = conn.execute(FAMILY, {"customer": customer_id}).fetchone()
    ids = list(family[0]) if family else [customer_id]
    known = conn.execute(
        """SELECT value FROM customer_identities WHERE "customerId" = ANY(%s) AND kind = 'number' ORDER BY 1""", (ids,)
    ).fetchall()
    numbers = tuple(way for (number,) in known for way in spellings(number))
    accounts = conn.execute(
        """SELECT id, email, "phoneNumber" FROM users
           WHERE id IN (SELECT "userId" FROM customers WHERE id = ANY(%s)) ORDER BY id""",
        (ids,),
    ).fetchall()
    claimed = [digits(phone or "") for _, email, phone in accounts if not (email or "").endswith(PLACEHOLDER)]
    proved = tuple(way for phone in claimed if phone for way in spellings(phone))
    emails = tuple(email for _, email, _ in accounts if email)
    return Person(customer_id, tuple(ids), tuple(each[0] for each in accounts), numbers, emails, proved)


def spellings(number: str) -> tuple[str, ...]:
    """The ways tables of the old program write it: with a plus, bare, and as dialled within Nigeria."""
    national = ("0" + number.removeprefix(COUNTRY),) if number.startswith(COUNTRY) else ()
    return (number, f"+{number}", *national)
