"""Papers whose place another picture took, put back before the pharmacist where that picture is none of them.

A customer who is asked for a better picture may send the next page, another paper, or a wrong picture. What had been read before
must not be lost by that: it waits again, at its old place in the queue.
"""

from __future__ import annotations

import psycopg

from models.prescriptions.duplicates import opened, same_paper
from models.readings import Reading

MOST = 5
REPLACED = """
SELECT id, reading FROM prescriptions WHERE "customerId" = %s AND "replacedBy" = %s AND state = 'replaced' AND reading IS NOT NULL
ORDER BY id LIMIT %s FOR UPDATE
"""
# What was replaced before it was read is to be read still; all others are the pharmacist's, and an open question is closed.
BACK = """
UPDATE prescriptions SET state = CASE WHEN "readyAt" IS NULL THEN 'reading' ELSE 'waiting' END, "replacedBy" = NULL,
    "pausedSeconds" = "pausedSeconds" + COALESCE(GREATEST(EXTRACT(EPOCH FROM now() - "pausedAt"), 0), 0)::integer, "pausedAt" = NULL,
    version = version + 1, "updatedAt" = now()
WHERE "customerId" = %(customer)s AND "replacedBy" = %(by)s AND state = 'replaced' AND (%(ids)s::integer[] IS NULL OR id = ANY(%(ids)s))
"""


def bring_back_others(conn: psycopg.Connection, customer_id: int, replaced_by: int, read: Reading | None) -> None:
    """`replaced_by` has been read as `read` (None: it could not be): papers with medicines that it does not show wait again."""
    lost = []
    for number, sealed in conn.execute(REPLACED, (customer_id, replaced_by, MOST)).fetchall():
        before = opened(sealed)
        if before.items and not (read and read.items and same_paper(before, read)):
            lost.append(number)
    if lost:
        conn.execute(BACK, {"customer": customer_id, "by": replaced_by, "ids": lost})


def bring_back_all(conn: psycopg.Connection, customer_id: int, replaced_by: int) -> None:
    """The customer took `replaced_by` back: whatever it stood for waits again."""
    conn.execute(BACK, {"customer": customer_id, "by": replaced_by, "ids": None})
