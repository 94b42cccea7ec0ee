"""Everything that is due later: one row a kind, customer and subject; starting it again replaces it."""

from __future__ import annotations

from datetime import datetime

import psycopg

from models.base import db


def start(kind: str, customer_id: int, fire_at: datetime, now: datetime, subject: str = "") -> None:
    """Sets a timer; an older one of the same kind and subject is void from now on."""
    db.execute_sql(
        """INSERT INTO timers AS t (kind, "customerId", subject, "fireAt", "createdAt") VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (kind, "customerId", subject) DO UPDATE
               SET "fireAt" = EXCLUDED."fireAt", "firedAt" = NULL, version = t.version + 1""",
        (kind, customer_id, subject, fire_at, now),
    )


def stop(kind: str, customer_id: int, subject: str = "") -> None:
    db.execute_sql(
        """DELETE FROM timers WHERE kind = %s AND "customerId" = %s AND subject = %s AND "firedAt" IS NULL""",
        (kind, customer_id, subject),
    )


def fire_due(conn: psycopg.Connection, *, limit: int) -> list[int]:
    """Turns due timers into `timer_due` events, each once, by the database's clock. Returns the customers to be served."""
    rows = conn.execute(
        """WITH due AS (
               SELECT id, kind, "customerId", subject, version FROM timers
               WHERE "firedAt" IS NULL AND "fireAt" <= now() ORDER BY "fireAt" LIMIT %s FOR UPDATE SKIP LOCKED
           ), fired AS (
               UPDATE timers t SET "firedAt" = now() FROM due WHERE t.id = due.id
           )
           INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           SELECT 'house', 'timer:' || id || ':' || version, "customerId", 'happened',
               json_build_object('name', 'timer_due', 'data', json_build_object('kind', kind, 'subject', subject))
           FROM due ON CONFLICT DO NOTHING RETURNING "customerId" """,
        (limit,),
    )
    return [row[0] for row in rows]
