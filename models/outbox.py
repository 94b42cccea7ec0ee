"""What goes out: one row a message, sent in order for each customer, its state never moving down.

queued -> sending -> accepted -> sent -> delivered -> read; `unsure` when the answer was lost; `held` when the 24-hour window
is closed; `failed` and `expired` end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from peewee import BigAutoField, BigIntegerField, DateTimeField, IntegerField, SmallIntegerField, TextField

from models.base import Base

OPEN = ("queued", "sending", "unsure")
WINDOW_CLOSED = 131047
RECEIPTS_A_ROUND = 500
UNMATCHED_AFTER_S = 600


class Outbox(Base):
    id = BigAutoField()
    customer_id = BigIntegerField()
    inbox_id = BigIntegerField(null=True)
    payload = TextField()
    status = TextField()
    attempts = SmallIntegerField()
    next_try_at = DateTimeField(null=True)
    sending_since = DateTimeField(null=True)
    expires_at = DateTimeField()
    external_id = TextField(null=True)
    error_code = IntegerField(null=True)
    reason = TextField()
    created_at = DateTimeField()
    accepted_at = DateTimeField(null=True)
    updated_at = DateTimeField()

    class Meta:
        table_name = "outbox"


class Unsent(NamedTuple):
    """An open row as its customer's holder finds it. `age_s`: seconds since a send of it began; `wait_s`: until it is due."""

    id: int
    payload: str
    status: str
    attempts: int
    age_s: float | None
    wait_s: float
    expired: bool


def unsent(conn: psycopg.Connection, customer_id: int, *, limit: int = 20) -> list[Unsent]:
    """The customer's open rows, oldest first."""
    rows = conn.execute(
        """SELECT id, payload::text, status, attempts, EXTRACT(EPOCH FROM now() - "sendingSince")::float8,
               GREATEST(EXTRACT(EPOCH FROM "nextTryAt" - now())::float8, 0), "expiresAt" <= now()
           FROM outbox WHERE "customerId" = %s AND status IN ('queued', 'sending', 'unsure') ORDER BY id LIMIT %s""",
        (customer_id, limit),
    )
    return [Unsent(r[0], r[1], r[2], r[3], r[4], r[5] or 0.0, r[6]) for r in rows]


def begin_send(conn: psycopg.Connection, row_id: int) -> bool:
    """Marks a row as being sent, durably, before the request leaves. False: a receipt settled it meanwhile, or one that
    names it has come and only waits to be settled (a busy house must not send twice because it is busy)."""
    done = conn.execute(
        """UPDATE outbox SET status = 'sending', attempts = attempts + 1, "sendingSince" = now(), "nextTryAt" = NULL,
               "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')
             AND NOT EXISTS (SELECT FROM delivery_receipts WHERE callback = %s AND "settledAt" IS NULL)""",
        (row_id, str(row_id)),
    )
    return done.rowcount == 1


def accepted(row_id: int, external_id: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that records Meta's acceptance. Committed asynchronously: a status naming our id tells us again."""
    return (
        """UPDATE outbox SET status = 'accepted', "externalId" = %s, "acceptedAt" = now(), "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')
             AND set_config('synchronous_commit', 'off', true) IS NOT NULL""",
        (external_id, row_id),
    )


def requeue(
    row_id: int, *, wait_s: float, reason: str, code: int | None = None, give_back: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """The statement that puts a row back to be tried again after `wait_s`; `give_back` when the attempt does not count."""
    return (
        """UPDATE outbox SET status = 'queued', "nextTryAt" = now() + %s * interval '1 second', "errorCode" = %s, reason = %s,
               attempts = GREATEST(attempts - %s, 0), "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')""",
        (wait_s, code, reason[:200], int(give_back), row_id),
    )


def put_back(row_ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    """The statement that lets rows wait again that were marked as being sent and never left."""
    return (
        """UPDATE outbox SET status = 'queued', attempts = 0, "sendingSince" = NULL, "updatedAt" = now()
           WHERE id = ANY(%s) AND status = 'sending'""",
        (list(row_ids),),
    )


def unsure(row_id: int, *, wait_s: float, reason: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that notes: the request may have arrived. Sent again only if no status names the row in time."""
    return (
        """UPDATE outbox SET status = 'unsure', "nextTryAt" = now() + %s * interval '1 second', reason = %s, "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending')""",
        (wait_s, reason[:200], row_id),
    )


def end(row_id: int, status: str, *, reason: str, code: int | None = None) -> tuple[str, tuple[Any, ...]]:
    """The statement that ends a row as `failed`, `expired` or `held`."""
    return (
        """UPDATE outbox SET status = %s, reason = %s, "errorCode" = %s, "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')""",
        (status, reason[:200], code, row_id),
    )


def release_held(conn: psycopg.Connection, customer_id: int, *, max_age_s: float) -> None:
    """The customer wrote, so the window is open again: what waited for that may go, as if written now."""
    conn.execute(
        """UPDATE outbox SET status = 'queued', "nextTryAt" = NULL, "expiresAt" = now() + %s * interval '1 second',
               "updatedAt" = now()
           WHERE "customerId" = %s AND status = 'held'""",
        (max_age_s, customer_id),
    )


def waiting(conn: psycopg.Connection, *, older_than_s: float, limit: int) -> list[int]:
    """Customers with an open row whose moment has come, or that nobody seems to be sending. Who waits longest first.

    Each customer's first open row decides: later ones wait behind it.
    """
    rows = conn.execute(
        """SELECT "customerId" FROM (
               SELECT DISTINCT ON ("customerId") "customerId", "nextTryAt", "updatedAt" FROM outbox
               WHERE status IN ('queued', 'sending', 'unsure') ORDER BY "customerId", id) first
           WHERE CASE WHEN "nextTryAt" IS NULL THEN "updatedAt" < now() - %s * interval '1 second' ELSE "nextTryAt" <= now() END
             AND NOT EXISTS (SELECT FROM sender_state WHERE GREATEST("openUntil", "slowUntil") > now())
           ORDER BY COALESCE("nextTryAt", "updatedAt") LIMIT %s""",
        (older_than_s, limit),
    )
    return [row[0] for row in rows]


# ------------------------------------------------------------------------------------------------ the sender's own state


def stop_sender(conn: psycopg.Connection, phone_number_id: str, *, seconds: float, reason: str) -> bool:
    """Opens the circuit: nobody sends for a while. True when it was closed before, so that one alarm is raised, not many."""
    row = conn.execute(
        """INSERT INTO sender_state AS s ("phoneNumberId", "openUntil", reason)
           VALUES (%s, now() + %s * interval '1 second', %s)
           ON CONFLICT ("phoneNumberId") DO UPDATE SET "openUntil" = EXCLUDED."openUntil", reason = EXCLUDED.reason,
               "updatedAt" = now()
           RETURNING COALESCE((SELECT "openUntil" FROM sender_state WHERE "phoneNumberId" = s."phoneNumberId")
               < now() - interval '5 minutes', true)""",
        (phone_number_id, seconds, reason[:200]),
    ).fetchone()
    return bool(row and row[0])


def slow_sender(conn: psycopg.Connection, phone_number_id: str, *, seconds: float, reason: str) -> None:
    """The number's throughput is used up: nobody sends for a moment. Uses up no row's attempts."""
    conn.execute(
        """INSERT INTO sender_state AS s ("phoneNumberId", "slowUntil", reason)
           VALUES (%s, now() + %s * interval '1 second', %s)
           ON CONFLICT ("phoneNumberId") DO UPDATE
               SET "slowUntil" = GREATEST(s."slowUntil", EXCLUDED."slowUntil"), reason = EXCLUDED.reason, "updatedAt" = now()""",
        (phone_number_id, seconds, reason[:200]),
    )


# ------------------------------------------------------------------------------------------------ what became of them

SETTLE = """
WITH todo AS MATERIALIZED (
    SELECT id, "externalId", status, callback, "errorCode", "errorTitle", "receivedAt" FROM delivery_receipts
    WHERE "settledAt" IS NULL ORDER BY tries, id LIMIT %s FOR UPDATE SKIP LOCKED
), matched AS MATERIALIZED (
    SELECT t.*, COALESCE(
        (SELECT o.id FROM outbox o WHERE t.callback ~ '^[0-9]{1,18}$' AND o.id = t.callback::bigint),
        (SELECT o.id FROM outbox o WHERE o."externalId" = t."externalId" LIMIT 1)) AS row
    FROM todo t
), best AS MATERIALIZED (
    SELECT DISTINCT ON (row) row, "externalId", "errorCode", "errorTitle",
        CASE WHEN status = 'played' THEN 'read'
             WHEN status = 'failed' AND "errorCode" = %s THEN 'held' ELSE status END AS status,
        CASE status WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'read' THEN 5 WHEN 'played' THEN 5 WHEN 'failed' THEN 9 END AS r
    FROM matched WHERE row IS NOT NULL AND status IN ('sent', 'delivered', 'read', 'played', 'failed') ORDER BY row, r DESC
), locked AS MATERIALIZED (
    SELECT o.id FROM outbox o JOIN best ON best.row = o.id ORDER BY o.id FOR UPDATE OF o
), moved AS (
    UPDATE outbox o SET status = best.status, "externalId" = COALESCE(o."externalId", best."externalId"),
        "acceptedAt" = COALESCE(o."acceptedAt", now()), "errorCode" = COALESCE(best."errorCode", o."errorCode"),
        reason = CASE WHEN best.r = 9 THEN best."errorTitle" ELSE o.reason END, "updatedAt" = now()
    FROM best JOIN locked ON locked.id = best.row
    WHERE o.id = best.row AND CASE
        WHEN best.r = 9 THEN o.status NOT IN ('delivered', 'read', 'failed', 'expired')
        ELSE best.r > CASE o.status WHEN 'accepted' THEN 2 WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'read' THEN 5
            WHEN 'failed' THEN 9 ELSE 1 END END
    RETURNING o.id, o."customerId"
), noted AS (
    UPDATE delivery_receipts d SET tries = LEAST(d.tries + 1, 32000),
        outcome = CASE WHEN m.row IS NULL THEN 'unmatched' ELSE 'matched' END,
        "settledAt" = CASE WHEN m.row IS NOT NULL OR m."receivedAt" < now() - %s * interval '1 second' THEN now() END
    FROM matched m WHERE d.id = m.id RETURNING d."settledAt"
)
SELECT (SELECT count(*) FROM noted WHERE "settledAt" IS NOT NULL), ARRAY(SELECT DISTINCT "customerId" FROM moved)
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """Receipts dealt with, and the customers whose messages they moved."""

    receipts: int
    customers: Sequence[int]


def settle(conn: psycopg.Connection, *, limit: int = RECEIPTS_A_ROUND) -> Settled:
    """Applies the receipts that wait, the furthest of each message at once. Any number may run; each receipt is taken once.

    A receipt may come before the answer to its send: it then names the row by our own id, or waits for the wamid.
    """
    row = conn.execute(SETTLE, (limit, WINDOW_CLOSED, UNMATCHED_AFTER_S)).fetchone()
    return Settled(row[0], row[1]) if row else Settled(0, ())


def with_open_rows(conn: psycopg.Connection, customers: Sequence[int]) -> list[int]:
    """Those of these customers who still have something to be sent."""
    rows = conn.execute(
        """SELECT DISTINCT "customerId" FROM outbox
           WHERE "customerId" = ANY(%s) AND status IN ('queued', 'sending', 'unsure')""",
        (list(customers),),
    )
    return [r[0] for r in rows]
