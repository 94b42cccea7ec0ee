"""What talks with staff leave: their files leave the vault with the messages they came in, notes of colleagues some time later.

Voice notes, pictures and papers that were said to a person, or by one, are kept as long as messages are (RETENTION_MESSAGES_DAYS);
what is a prescription or a lab result has a time of its own (`retention`). Notes are kept as long as what is set aside for staff
(RETENTION_SET_ASIDE_DAYS), and while somebody still has the thread.
"""

from __future__ import annotations

from models.base import unit
from models.maintenance import aged_files
from models.maintenance.rounds import UNIT_S, Bounds

PLACE = "retention-talks"
LEAST_DAYS = 14

# Not one on its way, nor one whose message has not left.
AGED = """
SELECT m.id, m."storedAs" FROM media m
WHERE m.id > %(after)s AND m."storedAs" <> '' AND m.purpose NOT IN ('prescription', 'lab_result')
    AND m."createdAt" < now() - %(days)s * interval '1 day'
    AND NOT EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = m.id)
    AND NOT EXISTS (SELECT FROM thread_files f LEFT JOIN outbox o ON o.id = f."outboxId"
        WHERE f."mediaRow" = m.id AND (f.state = 'waiting' OR o.status IN ('queued', 'sending', 'unsure', 'held')))
ORDER BY m.id LIMIT %(rows)s
"""
NOTES = """
DELETE FROM thread_notes WHERE id IN (SELECT n.id FROM thread_notes n
    WHERE n."createdAt" < now() - %(days)s * interval '1 day'
        AND NOT EXISTS (SELECT FROM handovers h WHERE h."customerId" = n."customerId" AND h."closedAt" IS NULL)
    ORDER BY n.id LIMIT %(rows)s)
"""


def files(bounds: Bounds, *, days: int) -> tuple[int, bool]:
    """How many files left the vault, and whether all whose time is over did. Raises Away when the vault cannot be reached."""
    return aged_files.remove(bounds, PLACE, AGED, days=max(days, LEAST_DAYS))


def notes(bounds: Bounds, *, days: int) -> tuple[int, bool]:
    """How many notes of colleagues were removed, and whether all whose time is over were."""
    days, done = max(days, LEAST_DAYS), 0
    while not bounds.over:
        with unit(UNIT_S) as conn:
            count = conn.execute(NOTES, {"days": days, "rows": bounds.rows}).rowcount
        done += count
        if count < bounds.rows:
            return done, True
    return done, False
