"""What ops ask and do from the terminal: what was set aside and why, and another try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import psycopg

PAGE = 50


class SetAside(NamedTuple):
    """An event or message that ended badly. `what` is "event" or "message"; no text of anybody."""

    what: str
    id: int
    customer: int
    status: str
    reason: str
    at: datetime


def set_aside(conn: psycopg.Connection, *, limit: int = PAGE, before: int | None = None) -> Iterator[SetAside]:
    """Failed and quarantined events, failed and expired messages, newest first."""
    rows = conn.execute(
        """SELECT * FROM (
               SELECT 'event', id, COALESCE("customerId", 0), status, reason, "receivedAt" FROM inbox
               WHERE status IN ('failed', 'quarantined') AND (%(before)s::bigint IS NULL OR id < %(before)s)
               UNION ALL
               SELECT 'message', id, "customerId", status, reason, "createdAt" FROM outbox
               WHERE status IN ('failed', 'expired') AND (%(before)s::bigint IS NULL OR id < %(before)s)
           ) both_ ORDER BY 6 DESC LIMIT %(limit)s""",
        {"before": before, "limit": limit},
    )
    return (SetAside(*row) for row in rows)


def retry_event(conn: psycopg.Connection, event_id: int) -> int | None:
    """Gives a failed event another round of attempts. Returns its customer; None when there is no such failed event."""
    row = conn.execute(
        """UPDATE inbox SET status = 'pending', attempts = 0, failures = 0, "retryAt" = NULL, reason = '', "handledAt" = NULL
           WHERE id = %s AND status = 'failed' RETURNING "customerId" """,
        (event_id,),
    ).fetchone()
    return row[0] if row else None


def retry_message(conn: psycopg.Connection, row_id: int, *, minutes: int) -> int | None:
    """Sends a failed or expired message after all, if that succeeds within so many minutes. Returns its customer."""
    row = conn.execute(
        """UPDATE outbox SET status = 'queued', attempts = 0, "nextTryAt" = NULL, reason = '', "errorCode" = NULL,
               "expiresAt" = now() + %s * interval '1 minute', "updatedAt" = now()
           WHERE id = %s AND status IN ('failed', 'expired') RETURNING "customerId" """,
        (minutes, row_id),
    ).fetchone()
    return row[0] if row else None
