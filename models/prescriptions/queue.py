"""The pharmacists' queue: who waits how long, and who has what in hand. A claim ends by itself, by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from models.values import Refused

PAGE = 25
PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the queue; no clinical text. `waited_s` counts without the time a question was open at the customer."""

    id: int
    state: str
    received_at: datetime
    ready_at: datetime
    waited_s: int
    customer: str
    order_number: str
    failure: str
    flags: tuple[str, ...]
    claimed_by: int | None
    claimed_name: str
    claimed_until: datetime | None
    not_by: int | None
    verified_by: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """`waiting` includes what is claimed now; `oldest_s` is the longest wait among them, 0 when nobody waits."""

    reading: int
    waiting: int
    claimed: int
    asked: int
    oldest_s: int
    decided_today: int


WAITED = """EXTRACT(EPOCH FROM COALESCE(p."pausedAt", now()) - p."readyAt")::bigint - p."pausedSeconds" """
COLUMNS = f"""
    p.id, p.state, p."createdAt", COALESCE(p."readyAt", p."createdAt"), COALESCE({WAITED}, 0),
    COALESCE(NULLIF(c.name, ''), NULLIF(c."profileName", ''), ''), COALESCE(o."orderNumber", ''), p."failureReason", p.flags,
    CASE WHEN p."claimedUntil" > now() THEN p."claimedBy" END,
    CASE WHEN p."claimedUntil" > now() THEN COALESCE(s.name, '') ELSE '' END,
    CASE WHEN p."claimedUntil" > now() THEN p."claimedUntil" END, p."notBy", COALESCE(p."verifiedBy", ''), p."verifiedAt"
"""
TABLES = """
FROM prescriptions p JOIN customers c ON c.id = p."customerId"
LEFT JOIN orders o ON o.id = p."orderId" LEFT JOIN staff s ON s.id = p."claimedBy"
"""
LISTED = f"SELECT {COLUMNS} {TABLES}"
# Where a page goes on, and in which order: oldest first among the open, newest first among the decided.
OPEN_PAGE = f"""{LISTED} WHERE p.state = %(state)s AND (p."readyAt", p.id) > (%(at)s, %(after)s)
ORDER BY p."readyAt", p.id LIMIT %(limit)s"""
DONE_PAGE = f"""{LISTED} WHERE p.state IN ('approved', 'rejected', 'replaced', 'withdrawn') AND p."customerId" IS NOT NULL
AND (%(after)s = 0 OR p.id < %(after)s) ORDER BY p.id DESC LIMIT %(limit)s"""
LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def from_row(row: Sequence[Any]) -> Waiting:
    """A Waiting from COLUMNS."""
    return Waiting(*row[:8], tuple(row[8] or ()), *row[9:])


def counts(conn: psycopg.Connection, *, midnight: datetime) -> Counts:
    """`midnight` is where today began, in the pharmacy's zone."""
    row = conn.execute(
        f"""SELECT count(*) FILTER (WHERE p.state = 'reading'), count(*) FILTER (WHERE p.state = 'waiting'),
                count(*) FILTER (WHERE p.state = 'waiting' AND p."claimedUntil" > now()),
                count(*) FILTER (WHERE p.state = 'asked'), COALESCE(max({WAITED}) FILTER (WHERE p.state = 'waiting'), 0),
                (SELECT count(*) FROM prescription_decisions WHERE at >= %s AND kind IN ('approved', 'rejected'))
            FROM prescriptions p WHERE p.state IN ('reading', 'waiting', 'asked')""",
        (midnight,),
    ).fetchone()
    return Counts(*(int(n) for n in row or (0,) * 6))


def page(
    conn: psycopg.Connection, state: str, *, after: tuple[datetime, int] | None = None, limit: int = PAGE
) -> tuple[Waiting, ...]:
    """A page of the `waiting` or `asked` (oldest first, `after` the last one's `ready_at` and id) or `decided` (newest first)."""
    at, last = after or (LONG_AGO, 0)
    statement = DONE_PAGE if state == "decided" else OPEN_PAGE
    values = {"state": state, "at": at, "after": last, "limit": min(max(limit, 1), PAGE_MAX)}
    return tuple(map(from_row, conn.execute(statement, values)))


def one(conn: psycopg.Connection, prescription_id: int) -> Waiting | None:
    """A prescription's row, whatever its state."""
    row = conn.execute(f"{LISTED} WHERE p.id = %s AND p.state IS NOT NULL", (prescription_id,)).fetchone()
    return from_row(row) if row else None


def claim(conn: psycopg.Connection, prescription_id: int, staff_id: int, *, minutes: int) -> datetime:
    """Takes a prescription up, or keeps it longer, until the moment returned.

    Raises Refused: `unknown`, `decided` (state), `taken` (by, until), `second_pharmacist` (it was passed on by this very person).
    """
    row = conn.execute(
        """UPDATE prescriptions SET "claimedBy" = %(staff)s, "claimedUntil" = now() + %(minutes)s * interval '1 minute'
           WHERE id = %(id)s AND state IN ('waiting', 'asked') AND "notBy" IS DISTINCT FROM %(staff)s
               AND ("claimedUntil" IS NULL OR "claimedUntil" <= now() OR "claimedBy" = %(staff)s)
           RETURNING "claimedUntil" """,
        {"id": prescription_id, "staff": staff_id, "minutes": minutes},
    ).fetchone()
    if row:
        return row[0]
    found = one(conn, prescription_id)
    if found is None:
        raise Refused("unknown")
    if found.state not in ("waiting", "asked"):
        raise Refused("decided", state=found.state)
    if found.not_by == staff_id:
        raise Refused("second_pharmacist")
    raise Refused("taken", by=found.claimed_name, until=found.claimed_until)


def claim_next(conn: psycopg.Connection, staff_id: int, *, minutes: int, but: int = 0) -> int | None:
    """Takes up whatever waits longest and is free for this person, except `but`; None when there is nothing."""
    row = conn.execute(
        """UPDATE prescriptions p SET "claimedBy" = %(staff)s, "claimedUntil" = now() + %(minutes)s * interval '1 minute'
           FROM (SELECT id FROM prescriptions WHERE state = 'waiting' AND id <> %(but)s AND "notBy" IS DISTINCT FROM %(staff)s
                     AND ("claimedUntil" IS NULL OR "claimedUntil" <= now())
                 ORDER BY "readyAt", id LIMIT 1 FOR UPDATE SKIP LOCKED) next
           WHERE p.id = next.id RETURNING p.id""",
        {"staff": staff_id, "minutes": minutes, "but": but},
    ).fetchone()
    return int(row[0]) if row else None


def release(conn: psycopg.Connection, prescription_id: int, staff_id: int) -> bool:
    """Puts back what this person has in hand; its draft stays. False when they did not have it."""
    done = conn.execute(
        """UPDATE prescriptions SET "claimedBy" = NULL, "claimedUntil" = NULL
           WHERE id = %s AND "claimedBy" = %s AND state IN ('waiting', 'asked')""",
        (prescription_id, staff_id),
    )
    return bool(done.rowcount)
