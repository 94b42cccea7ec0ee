"""What providers told us, before anybody believes it: stored raw under a key that makes the same news one row, then handled.

A webhook is an occasion to ask the provider, never more. `attempts` counts and is the claim; `nextTryAt` is the lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from models.base import connection
from models.payments import tasks

STORE = """
INSERT INTO payment_events (provider, "dedupeKey", kind, reference, body, "correlationId")
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (provider, "dedupeKey") DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """One webhook that is this process's to handle. `kind` and `reference` are what it says of itself; `body` is raw."""

    id: int
    provider: str
    kind: str
    reference: str
    body: bytes
    attempts: int
    failures: int
    correlation_id: str

    @property
    def deaths(self) -> int:
        """How many attempts before this one ended the process."""
        return self.attempts - 1 - self.failures


def store(
    conn: psycopg.Connection,
    provider: str,
    dedupe_key: str,
    *,
    kind: str,
    reference: str,
    body: bytes,
    correlation_id: str = "",
) -> int | None:
    """The id of the new row; None when this news was stored before. One statement, durable when it returns."""
    values = (provider, _plain(dedupe_key), _plain(kind)[:50], _plain(reference)[:200], body, correlation_id)
    row = conn.execute(STORE, values).fetchone()
    return int(row[0]) if row else None


def _plain(text: str) -> str:
    return text.replace("\x00", "")[:500]


def claim(event_id: int, lease_s: float, *, now: datetime) -> PaymentEvent | None:
    """Takes an event to handle it, the attempt counted. None: handled, somebody has it, or not due."""
    row: Any = (
        connection()
        .execute(
            """UPDATE payment_events SET attempts = attempts + 1, "nextTryAt" = %s
               WHERE id = %s AND status = 'pending' AND ("nextTryAt" IS NULL OR "nextTryAt" <= %s)
               RETURNING id, provider, kind, reference, body, attempts, failures, "correlationId" """,
            (now + timedelta(seconds=lease_s), event_id, now),
        )
        .fetchone()
    )
    return PaymentEvent(*row) if row else None


def done(event: PaymentEvent, *, now: datetime) -> bool:
    """It was settled. False: not ours any more."""
    return _end(event, "done", "", now)


def ignore(event: PaymentEvent, reason: str, *, now: datetime) -> bool:
    """It says nothing that concerns us (transfers, invoices, another program's customers)."""
    return _end(event, "ignored", reason, now)


def _end(event: PaymentEvent, status: str, reason: str, now: datetime) -> bool:
    done = connection().execute(
        """UPDATE payment_events SET status = %s, reason = %s, "handledAt" = %s, "nextTryAt" = NULL
           WHERE id = %s AND status = 'pending' AND attempts = %s""",
        (status, reason[:200], now, event.id, event.attempts),
    )
    return bool(done.rowcount)


def fail(event: PaymentEvent, reason: str, delay: timedelta | None, *, now: datetime) -> bool:
    """It could not be handled and is tried again after `delay`; None: never again, and a person is told. False: not ours."""
    with connection().transaction():
        failed = connection().execute(
            """UPDATE payment_events SET failures = failures + 1, reason = %(reason)s, "nextTryAt" = %(next)s,
                   status = CASE WHEN %(last)s THEN 'failed' ELSE status END, "handledAt" = CASE WHEN %(last)s THEN %(now)s END
               WHERE id = %(id)s AND status = 'pending' AND attempts = %(attempts)s""",
            {
                "reason": reason[:200],
                "next": now + delay if delay else None,
                "last": delay is None,
                "now": now,
                "id": event.id,
                "attempts": event.attempts,
            },
        )
        if failed.rowcount and delay is None:
            tasks.open(
                "event_failed",
                f"event:{event.id}",
                now=now,
                provider=event.provider,
                reference=event.reference,
                event=event.id,
                reason=reason[:200],
            )
    return bool(failed.rowcount)


def retry(event_id: int) -> bool:
    """Staff let a failed one be handled again."""
    again = connection().execute(
        """UPDATE payment_events SET status = 'pending', failures = 0, attempts = 0, "nextTryAt" = NULL, "handledAt" = NULL
           WHERE id = %s AND status = 'failed'""",
        (event_id,),
    )
    return bool(again.rowcount)


def waiting(conn: psycopg.Connection, *, now: datetime, older_than_s: float = 10, limit: int = 100) -> list[int]:
    """Events nobody handles though they are due: the hint was lost, its holder died, or a retry's time has come."""
    rows = conn.execute(
        """SELECT id FROM payment_events WHERE status = 'pending'
               AND CASE WHEN "nextTryAt" IS NULL THEN "receivedAt" <= %s ELSE "nextTryAt" <= %s END ORDER BY id LIMIT %s""",
        (now - timedelta(seconds=older_than_s), now, limit),
    )
    return [int(row[0]) for row in rows.fetchall()]


def forget_bodies(before: datetime, *, limit: int = 1000) -> int:
    """Empties bodies (names, e-mail addresses) of what was handled or set aside before; key and outcome stay, so a replay is
    still known."""
    done = connection().execute(
        """UPDATE payment_events SET body = '' WHERE id IN (SELECT id FROM payment_events
               WHERE status IN ('done', 'ignored', 'failed') AND "handledAt" < %s AND body <> '' ORDER BY id LIMIT %s)""",
        (before, limit),
    )
    return done.rowcount
