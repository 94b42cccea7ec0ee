"""Prescriptions of the old system: what it noted about each, and the file of it once that lies in our vault. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

PAGE = 25
PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Old:
    """`status` in the old system's words: Pending, Verified or Rejected. `file`: stored, waiting, given_up, or none.

    `original` names the file in the vault, "" while it is not there. `text` and `notes` are the old system's own.
    """

    id: int
    received_at: datetime
    status: str
    verified_by: str
    verified_at: datetime | None
    customer_id: int | None
    customer: str
    order_number: str
    file: str
    original: str
    content_type: str
    text: str
    notes: str


ROWS = """
SELECT p.id, p."createdAt", COALESCE(p."verificationStatus"::text, 'Pending'), COALESCE(p."verifiedBy", ''), p."verifiedAt",
    COALESCE(p."customerId", o."customerId"), COALESCE(NULLIF(c.name, ''), NULLIF(c."profileName", ''), u.name, ''),
    COALESCE(o."orderNumber", ''), COALESCE(f.state, CASE WHEN btrim(p."fileUrl") <> '' THEN 'waiting' ELSE 'none' END),
    CASE WHEN f.state = 'stored' THEN f."storedAs" ELSE '' END, COALESCE(f."contentType", ''),
    COALESCE(btrim(p."extractedText", E' \\n\\r\\t'), ''), COALESCE(p."pharmacistNotes", '')
FROM prescriptions p LEFT JOIN orders o ON o.id = p."orderId" LEFT JOIN users u ON u.id = o."userId"
LEFT JOIN customers c ON c.id = COALESCE(p."customerId", o."customerId") LEFT JOIN old_files f ON f."prescriptionId" = p.id
WHERE p.state IS NULL
"""


def one(conn: psycopg.Connection, prescription_id: int) -> Old | None:
    """The old prescription of this number; None when there is none, or when it is one of ours."""
    row = conn.execute(f"{ROWS} AND p.id = %s", (prescription_id,)).fetchone()
    return Old(*row) if row else None


def page(conn: psycopg.Connection, *, before: int = 0, limit: int = PAGE) -> tuple[Old, ...]:
    """The newest first; `before`: the number the page before ended with, 0 for the first page."""
    rows = conn.execute(
        f"{ROWS} AND (%(before)s = 0 OR p.id < %(before)s) ORDER BY p.id DESC LIMIT %(limit)s",
        {"before": before, "limit": min(max(limit, 1), PAGE_MAX)},
    )
    return tuple(Old(*row) for row in rows)


def any_there(conn: psycopg.Connection) -> bool:
    """Whether this shop was taken over with prescriptions in it: they have the lowest numbers, and rows for their files. Cheap."""
    row = conn.execute(
        """SELECT EXISTS (SELECT FROM old_files)
               OR COALESCE((SELECT state IS NULL FROM prescriptions ORDER BY id LIMIT 1), false)"""
    ).fetchone()
    return bool(row and row[0])
