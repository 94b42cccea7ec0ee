"""What stands beside a customer's conversation: their papers and appointments, each with how far it is and nothing clinical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg

from models.threads.shown import HIDDEN, Words, received
from models.values import Money

MOST = 5


@dataclass(frozen=True, slots=True)
class Paper:
    """A prescription: its number, how far it is, when it came."""

    id: int
    state: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """A visit: `kind` doctor or test; `title`: the doctor's or the test's name, for those who may know it. `fee`: zero where nothing is
    paid. Coming ones first, the next one first; then past ones, the latest first."""

    number: str
    kind: str
    title: str
    starts_at: datetime
    zone: str
    state: str
    fee: Money


def papers(conn: psycopg.Connection, customer_id: int, *, limit: int = MOST) -> tuple[Paper, ...]:
    """The customer's latest prescriptions, the newest first."""
    rows = conn.execute(
        """SELECT id, state, "createdAt" FROM prescriptions WHERE "customerId" = %s AND state IS NOT NULL
           ORDER BY id DESC LIMIT %s""",
        (customer_id, limit),
    )
    return tuple(Paper(*row) for row in rows)


# Of the old system's user this customer is, too. A time to come has no `past`; of past ones the latest comes first.
VISITS = """
WITH mine AS (
    SELECT a.number, 'doctor' AS kind, d.name AS title, a."dateTime" AS at, d.zone, a.state, a."feeKobo" AS kobo
    FROM appointments a JOIN doctors d ON d.id = a."doctorId"
    WHERE (a."customerId" = %(customer)s OR (a."customerId" IS NULL AND a."userId" = %(user)s)) AND a.state IS NOT NULL
    UNION ALL
    SELECT b.number, 'test', t.name, b."sampleCollectionDate", '', b.state, COALESCE(b."totalKobo", 0)
    FROM diagnostic_bookings b JOIN diagnostic_tests t ON t.id = b."diagnosticTestId"
    WHERE (b."customerId" = %(customer)s OR (b."customerId" IS NULL AND b."userId" = %(user)s)) AND b.state IS NOT NULL
)
SELECT COALESCE(number, ''), kind, title, at, zone, state, kobo FROM mine
ORDER BY NOT (state IN ('held', 'booked') AND at > %(now)s), abs(EXTRACT(EPOCH FROM at - %(now)s)) LIMIT %(limit)s
"""


def visits(conn: psycopg.Connection, customer_id: int, *, now: datetime, limit: int = MOST) -> tuple[Coming, ...]:
    """The customer's appointments and lab tests."""
    row = conn.execute("""SELECT "userId" FROM customers WHERE id = %s""", (customer_id,)).fetchone()
    given = {"customer": customer_id, "user": row[0] if row else None, "now": now, "limit": limit}
    return tuple(Coming(*each[:6], Money(each[6])) for each in conn.execute(VISITS, given))


LAST = """
SELECT w.customer, i."receivedAt", i.kind, i.payload::text
FROM unnest(%(ids)s::bigint[], %(since)s::timestamptz[]) w (customer, since) CROSS JOIN LATERAL (
    SELECT x."receivedAt", x.kind, x.payload FROM inbox x
    WHERE x."customerId" = w.customer AND x.channel = 'whatsapp' AND NOT x.kind = ANY(%(hidden)s)
        AND (w.since IS NULL OR x."receivedAt" >= w.since)
        AND NOT EXISTS (SELECT FROM media m WHERE m."inboxId" = x.id AND m.purpose = 'prescription')
    ORDER BY x.id DESC LIMIT 1) i
"""


def last_words(conn: psycopg.Connection, customers: Mapping[int, datetime | None]) -> Mapping[int, tuple[datetime, Words]]:
    """What each of these customers said last, and when, if it was since this time."""
    if not customers:
        return {}
    rows = conn.execute(LAST, {"ids": list(customers), "since": list(customers.values()), "hidden": list(HIDDEN)})
    return {row[0]: (row[1], received(row[2], row[3])) for row in rows}


def file_of(conn: psycopg.Connection, line: str) -> int | None:
    """The row of the file that goes with an answer (`out7`), None for words alone."""
    row = conn.execute("""SELECT "mediaRow" FROM outbox WHERE id = %s""", (int(line.removeprefix("out")),)).fetchone()
    return row[0] if row else None
