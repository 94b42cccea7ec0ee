"""Tokens handed to customers, of which only the SHA-256 is stored: links that work once, and tokens that live while they are used.

A sliding token is valid for TOKEN_EXPIRY_MINUTES and begins anew when it is used with TOKEN_REFRESH_THRESHOLD_MINUTES or less
left; after MOST_HOURS it ends whatever happens. By the database's clock.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from models.base import connection

TOKEN_BYTES = 32
MOST_HOURS = 24
SHORTEST, LONGEST = 20, 100


@dataclass(frozen=True, slots=True)
class Held:
    """What a token stands for. `renewed`: this use made it longer."""

    customer_id: int
    subject: str
    expires_at: datetime
    renewed: bool = False


ISSUE = """
INSERT INTO customer_tokens ("tokenHash", purpose, "customerId", subject, "createdAt", "expiresAt", "endsAt", once)
VALUES (%(hash)s, %(purpose)s, %(customer)s, %(subject)s, now(), now() + %(minutes)s * interval '1 minute',
    now() + GREATEST(%(hours)s * interval '1 hour', %(minutes)s * interval '1 minute'), %(once)s)
"""
# One statement decides: of two uses at the same moment one finds the row used.
USE = """
UPDATE customer_tokens SET "usedAt" = now()
WHERE "tokenHash" = %(hash)s AND purpose = %(purpose)s AND once AND "usedAt" IS NULL AND "expiresAt" > now()
RETURNING "customerId", subject, "expiresAt"
"""
CHECK = """
WITH found AS (
    SELECT "tokenHash", "customerId", subject, "expiresAt", "expiresAt" - now() <= %(threshold)s * interval '1 minute'
        AND "expiresAt" < "endsAt" AS due
    FROM customer_tokens WHERE "tokenHash" = %(hash)s AND purpose = %(purpose)s AND NOT once AND "expiresAt" > now()
), renewed AS (
    UPDATE customer_tokens t SET "expiresAt" = LEAST(t."endsAt", now() + %(minutes)s * interval '1 minute'), "usedAt" = now()
    FROM found WHERE t."tokenHash" = found."tokenHash" AND found.due RETURNING t."expiresAt"
)
SELECT "customerId", subject, COALESCE((SELECT "expiresAt" FROM renewed), "expiresAt"), EXISTS (SELECT FROM renewed) FROM found
"""


def issue(customer_id: int, purpose: str, *, minutes: int, subject: str = "", once: bool = False) -> str:
    """A new token, to be told once and never stored. `once`: for a link in a chat."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"hash": _digest(token), "purpose": purpose, "customer": customer_id, "subject": subject}
    connection().execute(ISSUE, values | {"minutes": minutes, "hours": MOST_HOURS, "once": once})
    return token


def use(token: str, purpose: str) -> Held | None:
    """What a token of one use stands for, the first time; None ever after, and for any that is unknown or too old."""
    if not SHORTEST <= len(token) <= LONGEST:
        return None
    row = connection().execute(USE, {"hash": _digest(token), "purpose": purpose}).fetchone()
    return Held(*row) if row else None


def check(token: str, purpose: str, *, minutes: int, threshold_minutes: int) -> Held | None:
    """What a sliding token stands for, renewed when it is near its end; None when it is unknown or over."""
    if not SHORTEST <= len(token) <= LONGEST:
        return None
    values = {"hash": _digest(token), "purpose": purpose, "minutes": minutes, "threshold": threshold_minutes}
    row = connection().execute(CHECK, values).fetchone()
    return Held(*row) if row else None


def end(token: str) -> None:
    connection().execute("""DELETE FROM customer_tokens WHERE "tokenHash" = %s""", (_digest(token),))


def end_all(customer_id: int, purpose: str | None = None) -> int:
    """Every token of this customer (of one purpose) opens nothing any more; how many there were."""
    return (
        connection()
        .execute(
            """DELETE FROM customer_tokens WHERE "customerId" = %(customer)s AND (%(purpose)s::text IS NULL OR purpose = %(purpose)s)""",
            {"customer": customer_id, "purpose": purpose},
        )
        .rowcount
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
