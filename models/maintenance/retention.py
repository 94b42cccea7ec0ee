"""What the law lets us keep no longer than needed: prescriptions' contents go when their time is over, decisions stay.

A prescription is kept for RETENTION_PRESCRIPTION_DAYS after the last thing that happened to it or to its order, because a pharmacy
must be able to show what it dispensed on; that duty goes before a wish to be deleted (NDPA 2023, legal obligation). Then its
files leave the vault and its reading, draft and answers are emptied; the row, its status and the sealed records of decisions,
which are append-only, stay. Results of lab tests are kept as long, from the day each was put up; that there was one stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from models.base import unit
from models.maintenance import aged_files
from models.maintenance.rounds import UNIT_S, Bounds, keep_place, place
from models.vault import vault

PLACE = "retention-prescriptions"
PLACE_OF_RESULTS = "retention-results"
LEAST_DAYS = 30
REQUESTS = ("delete_my_data", "my_data", "correct_data")
ANSWER_WITHIN_DAYS = 30  # NDPA 2023 with GAID 2025: without delay, one month at the most

# Never one that still waits for somebody, and never one whose order moved within that time.
AGED = """
SELECT p.id, p."mediaRow" FROM prescriptions p
WHERE p.id > %(after)s AND p."createdAt" < now() - %(days)s * interval '1 day' AND p."updatedAt" < now() - %(days)s * interval '1 day'
    AND (p.state IS NULL OR p.state IN ('approved', 'rejected', 'replaced', 'withdrawn'))
    AND (p.reading IS NOT NULL OR p.draft IS NOT NULL OR p.answers IS NOT NULL OR p."extractedText" IS NOT NULL
        OR EXISTS (SELECT FROM media m WHERE m.id = p."mediaRow" AND m."storedAs" <> '')
        OR EXISTS (SELECT FROM prescription_pages g WHERE g."prescriptionId" = p.id)
        OR EXISTS (SELECT FROM old_files f WHERE f."prescriptionId" = p.id AND f.state <> 'removed'))
    AND NOT EXISTS (SELECT FROM orders o WHERE (o.id = p."orderId" OR o.id IN (
            SELECT i."orderId" FROM prescription_items i WHERE i."prescriptionId" = p.id))
        AND o."updatedAt" >= now() - %(days)s * interval '1 day')
ORDER BY p.id LIMIT %(rows)s
"""
FILES = """
SELECT "storedAs" FROM media m JOIN prescriptions p ON p."mediaRow" = m.id WHERE p.id = %(id)s AND "storedAs" <> ''
UNION SELECT flat FROM prescription_pages WHERE "prescriptionId" = %(id)s
UNION SELECT photo FROM prescription_pages WHERE "prescriptionId" = %(id)s
UNION SELECT "storedAs" FROM old_files WHERE "prescriptionId" = %(id)s AND "storedAs" <> ''
"""
EMPTY = """
WITH emptied AS (
    UPDATE prescriptions SET reading = NULL, draft = NULL, answers = NULL, "extractedText" = NULL, "pictureHash" = NULL
    WHERE id = %(id)s RETURNING "mediaRow"
), file AS (
    UPDATE media SET "storedAs" = '', "storedAt" = NULL, caption = '', filename = ''
    WHERE id IN (SELECT "mediaRow" FROM emptied)
), pages AS (
    DELETE FROM prescription_pages WHERE "prescriptionId" = %(id)s
)
INSERT INTO old_files AS f ("prescriptionId", state, reason) SELECT %(id)s, 'removed', 'retention' FROM emptied
WHERE EXISTS (SELECT FROM prescriptions WHERE id = %(id)s AND state IS NULL)
ON CONFLICT ("prescriptionId") DO UPDATE SET state = 'removed', reason = 'retention', "storedAs" = '', "updatedAt" = now()
"""

RESULTS = """
SELECT id, "storedAs" FROM media WHERE id > %(after)s AND purpose = 'lab_result' AND "storedAs" <> ''
    AND "createdAt" < now() - %(days)s * interval '1 day' ORDER BY id LIMIT %(rows)s
"""


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests about somebody's own data that no person has closed."""

    open: int
    oldest: datetime | None
    late: int


def prescriptions(bounds: Bounds, *, days: int) -> tuple[int, bool]:
    """How many prescriptions were emptied, and whether all whose time is over were. Raises Away when the vault cannot be reached.

    Files go first: a run that ends in between finds the row again, and removing a file twice is nothing.
    """
    days, done = max(days, LEAST_DAYS), 0
    while not bounds.over:
        with unit(UNIT_S) as conn:
            after = int(place(conn, PLACE) or 0)
            found = conn.execute(AGED, {"after": after, "days": days, "rows": min(bounds.rows, 50)}).fetchall()
        for prescription, _ in found:
            if bounds.over:
                return done, False
            with unit(UNIT_S) as conn:
                names = [row[0] for row in conn.execute(FILES, {"id": prescription})]
            for name in names:
                vault().remove(name)
            with unit(UNIT_S) as conn:
                conn.execute(EMPTY, {"id": prescription})
            done += 1
        with unit(UNIT_S) as conn:
            keep_place(conn, PLACE, str(found[-1][0]) if found else "0")
        if not found:
            return done, True
    return done, False


def results(bounds: Bounds, *, days: int) -> tuple[int, bool]:
    """How many results of lab tests left the vault, and whether all whose time is over did. Raises Away as `prescriptions` does."""
    return aged_files.remove(bounds, PLACE_OF_RESULTS, RESULTS, days=max(days, LEAST_DAYS))


def requests(conn: psycopg.Connection) -> Requests:
    """What customers asked for and people have to do: the chat only notes it and hands it over."""
    row = conn.execute(
        """SELECT count(*), min("openedAt"), count(*) FILTER (WHERE "openedAt" < now() - %s * interval '1 day') FROM handovers
           WHERE "closedAt" IS NULL AND reason = ANY(%s)""",
        (ANSWER_WITHIN_DAYS - 10, list(REQUESTS)),
    ).fetchone()
    return Requests(*(row or (0, None, 0)))
