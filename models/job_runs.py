"""Which job ran when, with what outcome: one row a job, and each tick taken once across all clocks."""

from __future__ import annotations

from datetime import datetime

import psycopg


def take(conn: psycopg.Connection, name: str, due_at: datetime) -> bool:
    """True for the one clock that may run this tick; ticks that are not later than the last one taken are nobody's."""
    row = conn.execute(
        """INSERT INTO job_runs AS j (name, "dueAt", "startedAt") VALUES (%s, %s, now())
           ON CONFLICT (name) DO UPDATE SET "dueAt" = EXCLUDED."dueAt", "startedAt" = now(), "finishedAt" = NULL,
               outcome = '', runs = j.runs + 1
           WHERE j."dueAt" < EXCLUDED."dueAt" RETURNING 1""",
        (name, due_at),
    ).fetchone()
    return row is not None


def finish(conn: psycopg.Connection, name: str, due_at: datetime, outcome: str) -> None:
    conn.execute(
        """UPDATE job_runs SET "finishedAt" = now(), outcome = %s WHERE name = %s AND "dueAt" = %s""",
        (outcome[:200], name, due_at),
    )
