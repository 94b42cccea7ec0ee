"""What customers add to a prescription of theirs: an answer, a correction, or that it is none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from models.base import connection
from models.prescriptions import replacing
from models.vault import vault

LONGEST_TEXT = 1000
MOST_ANSWERS = 50
MORE_OF_ANSWER = timedelta(minutes=10)  # after an answer, so long further words are more of it

TAKE = """SELECT state, answers FROM prescriptions WHERE id = %s AND "customerId" = %s FOR UPDATE"""
# The version grows, so that a pharmacist who decides at this moment is shown what was said first.
KEEP = """
UPDATE prescriptions SET answers = %(answers)s, version = version + 1, "updatedAt" = %(now)s,
    state = CASE state WHEN 'asked' THEN 'waiting' ELSE state END,
    "pausedSeconds" = "pausedSeconds" + COALESCE(GREATEST(EXTRACT(EPOCH FROM now() - "pausedAt"), 0), 0)::integer,
    "pausedAt" = NULL
WHERE id = %(id)s
"""
WITHDRAW = """
UPDATE prescriptions SET state = 'withdrawn', "claimedBy" = NULL, "claimedUntil" = NULL, "leaseUntil" = NULL, "pausedAt" = NULL,
    version = version + 1, "updatedAt" = %s
WHERE id = %s AND "customerId" = %s AND state IN ('reading', 'waiting', 'asked')
"""


def answer(customer_id: int, prescription_id: int, text: str, now: datetime) -> bool:
    """Keeps the customer's words, sealed, for the pharmacist; a question that was open is answered and the clock goes on.

    False when the prescription is not theirs or is decided. Raises Locked without a key.
    """
    with connection().transaction():
        row = connection().execute(TAKE, (prescription_id, customer_id)).fetchone()
        if row is None or row[0] not in ("reading", "waiting", "asked"):
            return False
        state, sealed = row
        said = json.loads(vault().open(sealed)) if sealed else []
        kind = "answer" if state == "asked" or _goes_on(said, now) else "correction"
        said = [*said, {"at": now.isoformat(), "kind": kind, "text": text.replace("\x00", "")[:LONGEST_TEXT]}][-MOST_ANSWERS:]
        answers = vault().seal(json.dumps(said, ensure_ascii=False).encode())
        connection().execute(KEEP, {"id": prescription_id, "answers": answers, "now": now})
    return True


def _goes_on(said: list[dict[str, str]], now: datetime) -> bool:
    """Whether the last words of the customer were an answer just now: people answer in several messages."""
    return bool(said) and said[-1]["kind"] == "answer" and now - datetime.fromisoformat(said[-1]["at"]) <= MORE_OF_ANSWER


def withdraw(customer_id: int, prescription_id: int, now: datetime) -> bool:
    """The customer says it is no prescription, or takes it back; what it had replaced waits again. False when it is not theirs or
    is decided."""
    with connection().transaction():
        done = bool(connection().execute(WITHDRAW, (now, prescription_id, customer_id)).rowcount)
        if done:
            replacing.bring_back_all(connection(), customer_id, prescription_id)
    return done
