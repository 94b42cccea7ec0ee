"""Which job ran when, with what outcome: one row a job that makes each tick somebody's once, and a history for people.

`job_runs` is the lock across all clocks; `job_history` is what `drugsng jobs` shows: a row for each run, or one for each hour of
a job that runs all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

KEPT = timedelta(days=30)
OUTCOME_MAX = 200
MOST_TRIES = 3
TRY_AGAIN_AFTER = timedelta(minutes=15)

TAKE = """
INSERT INTO job_runs AS j (name, "dueAt", "startedAt", "endsBy") VALUES (%(name)s, %(due)s, now(), now() + %(limit)s)
ON CONFLICT (name) DO UPDATE SET "dueAt" = EXCLUDED."dueAt", "startedAt" = now(), "endsBy" = EXCLUDED."endsBy", "finishedAt" = NULL,
    outcome = '', failed = false, runs = j.runs + 1, tries = CASE WHEN j."dueAt" < EXCLUDED."dueAt" THEN 1 ELSE j.tries + 1 END
WHERE (j."finishedAt" IS NOT NULL OR j."endsBy" IS NULL OR j."endsBy" <= now()) AND (
    j."dueAt" < EXCLUDED."dueAt"
    OR %(again)s AND j."dueAt" = EXCLUDED."dueAt" AND j.tries < %(most)s
        AND (j.failed OR j."finishedAt" IS NULL) AND j."startedAt" < now() - %(pause)s)
RETURNING 1
"""

FINISH = """
WITH run AS (
    UPDATE job_runs SET "finishedAt" = clock_timestamp(), outcome = %(outcome)s, failed = %(failed)s
    WHERE name = %(name)s AND "dueAt" = %(due)s
    RETURNING name, "startedAt", EXTRACT(EPOCH FROM clock_timestamp() - "startedAt")::float8 AS took
)
INSERT INTO job_history AS h (name, "startsAt", runs, failures, seconds, "longestSeconds", outcome)
SELECT name, CASE WHEN %(often)s THEN date_trunc('hour', "startedAt") ELSE "startedAt" END, 1, %(failed)s::int, took, took, %(outcome)s
FROM run
ON CONFLICT (name, "startsAt") DO UPDATE SET runs = h.runs + 1, failures = h.failures + EXCLUDED.failures,
    seconds = h.seconds + EXCLUDED.seconds, "longestSeconds" = GREATEST(h."longestSeconds", EXCLUDED."longestSeconds"),
    "lastAt" = now(), outcome = COALESCE(NULLIF(EXCLUDED.outcome, ''), h.outcome)
"""


@dataclass(frozen=True, slots=True)
class Last:
    """The last run of a job. `finished_at` None: at work until `ends_by`, or its clock died."""

    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    ends_by: datetime | None
    outcome: str
    failed: bool
    tries: int


@dataclass(frozen=True, slots=True)
class Past:
    """A run, or the runs of one hour. `seconds` all together; `outcome` the last that said something."""

    name: str
    starts_at: datetime
    runs: int
    failures: int
    seconds: float
    longest_s: float
    last_at: datetime
    outcome: str


def take(conn: psycopg.Connection, name: str, due_at: datetime, *, limit_s: float = 0, again: bool = False) -> bool:
    """True for the one clock that may run this tick; ticks that are not later than the last one taken are nobody's.

    `limit_s`: while a run goes on, and for at most this long, no other is begun (0: nothing is waited for). `again`: a tick that
    failed, or whose clock died, may be taken up to MOST_TRIES times, TRY_AGAIN_AFTER apart.
    """
    values = {"name": name, "due": due_at, "limit": timedelta(seconds=limit_s), "again": again}
    row = conn.execute(TAKE, values | {"most": MOST_TRIES, "pause": TRY_AGAIN_AFTER}).fetchone()
    return row is not None


def finish(
    conn: psycopg.Connection, name: str, due_at: datetime, outcome: str, *, failed: bool = False, often: bool = False
) -> None:
    """Notes what became of a run. `often`: an hour's runs share a row of the history."""
    values = {"name": name, "due": due_at, "outcome": outcome[:OUTCOME_MAX], "failed": failed, "often": often}
    conn.execute(FINISH, values)


def last(conn: psycopg.Connection) -> dict[str, Last]:
    """The last run of every job that ever ran, by name."""
    rows = conn.execute(
        """SELECT name, "dueAt", "startedAt", "finishedAt", "endsBy", outcome, failed, tries FROM job_runs ORDER BY name LIMIT 500"""
    )
    return {row[0]: Last(*row[1:]) for row in rows}


def history(conn: psycopg.Connection, name: str | None, *, limit: int) -> list[Past]:
    """The newest first."""
    rows = conn.execute(
        """SELECT name, "startsAt", runs, failures, seconds, "longestSeconds", "lastAt", outcome FROM job_history
           WHERE %(name)s::text IS NULL OR name = %(name)s ORDER BY "startsAt" DESC, name LIMIT %(limit)s""",
        {"name": name, "limit": limit},
    )
    return [Past(*row) for row in rows]


def forget(conn: psycopg.Connection, *, limit: int) -> int:
    """Removes history older than KEPT; how many rows."""
    return conn.execute(
        """DELETE FROM job_history WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_history WHERE "startsAt" < now() - %s LIMIT %s))""",
        (KEPT, limit),
    ).rowcount
