"""Who is signed in to the console. The browser holds a random token of 256 bits, the table its SHA-256.

A session ends by itself: at `expiresAt`, or when nobody did anything for some minutes, both by the database's clock.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import psycopg

from models.base import connection
from models.roles import Staff

TOKEN_BYTES = 32
LISTED = 20
TOUCH_EVERY_S = 30  # a page a second is no write a second


@dataclass(frozen=True, slots=True)
class Session:
    """`signed_in_s`: how long ago the password was given."""

    staff: Staff
    signed_in_s: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is signed in: what they themselves may see of it."""

    since: datetime
    seen_at: datetime
    address: str
    browser: str
    here: bool


def start(staff_id: int, *, hours: int, address: str = "", browser: str = "") -> str:
    """The token of a new session; what had ended is swept on the way. `browser` is a short name, not the whole header."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    connection().execute(
        """WITH swept AS (DELETE FROM staff_sessions WHERE "expiresAt" < now())
           INSERT INTO staff_sessions ("tokenHash", "staffId", "createdAt", "lastSeenAt", "expiresAt", address, browser)
           VALUES (%s, %s, now(), now(), now() + %s * interval '1 hour', %s, %s)""",
        (_digest(token), staff_id, hours, address[:64], browser[:64]),
    )
    return token


FIND = """
WITH found AS (
    SELECT t.id, t.email, t.name, t.role, t."licenceNumber", t.active, t."mustChangePassword", t."lastLoginAt", t."doctorId",
        EXTRACT(EPOCH FROM now() - s."createdAt")::int, s."expiresAt", s."lastSeenAt"
    FROM staff_sessions s JOIN staff t ON t.id = s."staffId"
    WHERE s."tokenHash" = %(token)s AND t.active AND s."expiresAt" > now()
        AND s."lastSeenAt" > now() - %(idle)s * interval '1 minute'
), touched AS (
    UPDATE staff_sessions SET "lastSeenAt" = now()
    WHERE "tokenHash" = %(token)s AND %(touch)s
        AND (SELECT "lastSeenAt" FROM found) < now() - %(every)s * interval '1 second'
)
SELECT * FROM found
"""


def find(conn: psycopg.Connection, token: str, *, idle_minutes: int, touch: bool = True) -> Session | None:
    """The session and its person, as they are at this moment, in one statement; None when there is none any more.

    `touch` is False for what a page asks by itself: a screen left open does not keep somebody signed in.
    """
    if not 20 <= len(token) <= 100:
        return None
    values = {"token": _digest(token), "idle": idle_minutes, "touch": touch, "every": TOUCH_EVERY_S}
    row = conn.execute(FIND, values).fetchone()
    return Session(Staff(*row[:9]), row[9], row[10]) if row else None


def end(token: str) -> None:
    connection().execute("""DELETE FROM staff_sessions WHERE "tokenHash" = %s""", (_digest(token),))


def end_all(staff_id: int) -> int:
    """How many sessions of this person ended."""
    return connection().execute("""DELETE FROM staff_sessions WHERE "staffId" = %s""", (staff_id,)).rowcount


def places(staff_id: int, token: str, *, idle_minutes: int) -> list[Place]:
    """Where this person is signed in, the last used first; `token` is the one that asks."""
    rows = connection().execute(
        """SELECT "createdAt", "lastSeenAt", address, browser, "tokenHash" = %s FROM staff_sessions
           WHERE "staffId" = %s AND "expiresAt" > now() AND "lastSeenAt" > now() - %s * interval '1 minute'
           ORDER BY "lastSeenAt" DESC LIMIT %s""",
        (_digest(token), staff_id, idle_minutes, LISTED),
    )
    return [Place(*row) for row in rows]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
