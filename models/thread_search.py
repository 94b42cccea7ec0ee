"""Conversations found by the customer's name or number: those with a person now, and those who once had one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import psycopg

from models.support import CONVERSATIONS
from models.threads.holding import WINDOW

MOST = 30
WITHIN_MS = 3000
LEAST_DIGITS, MASKED_DIGITS = 3, 4  # fewer are in too many numbers; who sees numbers masked looks for no more than they see


class TooLong(Exception):
    """The search did not end in its time: more of the name or of the number will."""


@dataclass(frozen=True, slots=True)
class Found:
    """One customer. `reason` is "" where the bot talks with them. `talked_at`: when they last had to do with people."""

    customer_id: int
    name: str
    number_end: str
    reason: str
    waiting_since: datetime | None
    talked_at: datetime
    assignee: str
    window_ends_at: datetime | None


# The names' index is on exactly this expression; what a number ends with is looked for among those who ever talked to a person.
SEARCH = """
WITH talked AS (
    SELECT "customerId" AS customer, max("openedAt") AS at FROM handovers WHERE "customerId" IN (
        SELECT id FROM customers WHERE %(words)s <> ''
            AND to_tsvector('simple'::regconfig, name || ' ' || "profileName") @@ to_tsquery('simple', %(words)s)
        UNION SELECT k."customerId" FROM customer_identities k JOIN handovers h ON h."customerId" = k."customerId"
            WHERE %(digits)s <> '' AND k.kind = 'number' AND right(k.value, length(%(digits)s)) = %(digits)s)
    GROUP BY 1 ORDER BY 2 DESC LIMIT %(most)s
)
SELECT t.customer, COALESCE(NULLIF(c.name, ''), c."profileName"),
    COALESCE((SELECT right(value, 4) FROM customer_identities k WHERE k."customerId" = t.customer AND k.kind = 'number'
        ORDER BY k."createdAt" DESC LIMIT 1), ''),
    COALESCE(h.reason, ''),
    CASE WHEN h.id IS NOT NULL THEN COALESCE(h."waitingSince", CASE WHEN h."answeredAt" IS NULL THEN h."openedAt" END) END,
    t.at, COALESCE(s.name, ''), v."lastInboundAt"
FROM talked t JOIN customers c ON c.id = t.customer JOIN conversations v ON v."customerId" = t.customer
LEFT JOIN LATERAL (SELECT * FROM handovers o WHERE o."customerId" = t.customer AND o."closedAt" IS NULL
    ORDER BY o.reason = ANY(%(talks)s) DESC, o.reason = 'message' DESC, o.id LIMIT 1) h ON true
LEFT JOIN staff s ON s.id = h."assigneeId" AND s.active
ORDER BY h.id IS NULL, t.at DESC
"""


def search(conn: psycopg.Connection, text: str, *, whole_numbers: bool) -> tuple[Found, ...] | None:
    """Open ones first, then the latest; None for what is neither a name nor the end of a number. `whole_numbers`: by more than the
    digits everybody sees. Raises TooLong."""
    words, digits = _words(text), _digits(text)
    if not whole_numbers and len(digits) > MASKED_DIGITS:
        digits = ""
    if not words and not digits:
        return None
    given = {"words": words, "digits": digits, "most": MOST, "talks": list(CONVERSATIONS)}
    try:
        with conn.transaction():
            conn.execute(f"SET LOCAL statement_timeout = {WITHIN_MS}")
            rows = conn.execute(SEARCH, given).fetchall()
    except psycopg.errors.QueryCanceled as e:
        raise TooLong from e
    return tuple(Found(*row[:7], row[7] + WINDOW if row[7] else None) for row in rows)


def _words(text: str) -> str:
    """Words of a name for to_tsquery, each a beginning; "" for what is none."""
    found = re.findall(r"[^\W\d_]+", text)[:5]
    if len("".join(found)) < 2 or re.search(r"\d", text):
        return ""
    return " & ".join(f"{word}:*" for word in found)


def _digits(text: str) -> str:
    """The end of a telephone number; of one that begins with 0 or +234 what follows."""
    if re.search(r"[^\W\d_]", text):
        return ""
    digits = re.sub(r"\D", "", text, flags=re.ASCII)
    if len(digits) >= 11 and digits.startswith("0"):
        digits = digits[1:]
    return digits if digits.isascii() and LEAST_DIGITS <= len(digits) <= 15 else ""
