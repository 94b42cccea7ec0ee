"""Looking at an attempt again: on the ladder, when the customer says they have paid, before its order expires, before a switch.

What the provider answers goes to `models.payments.settling`; here is who looks when, and what an answer without money means.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models import inbox
from models.base import connection
from models.payments import attempts
from models.payments.attempts import COLUMNS, from_row
from models.payments.journal import note
from models.payments.values import Attempt, Proof
from models.payments.waits import next_look

CLAIM = f"""
WITH mine AS (
    UPDATE payment_attempts a SET version = a.version + 1, "leaseUntil" = %(until)s, "updatedAt" = %(now)s
    WHERE a.id = %(id)s AND a.status <> 'paid' AND (a."leaseUntil" IS NULL OR a."leaseUntil" <= %(now)s)
    RETURNING a.*
)
SELECT {COLUMNS} FROM mine a JOIN orders o ON o.id = a."orderId"
"""
# Three branches, each with an index of its own. Whoever asked is answered although the provider was silent a moment ago; the
# clock waits out the pause after a silence.
DUE = """
SELECT a.id FROM payment_attempts a WHERE a.id IN (
    (SELECT id FROM payment_attempts WHERE "nextCheckAt" <= %(now)s ORDER BY "nextCheckAt" LIMIT %(most)s)
    UNION (SELECT id FROM payment_attempts WHERE "askedAt" <= %(asked)s ORDER BY "askedAt" LIMIT %(most)s)
    UNION (SELECT b.id FROM orders o JOIN payment_attempts b ON b."orderId" = o.id AND b.status IN ('starting', 'open')
            AND (b."checkedAt" IS NULL OR b."checkedAt" < o."reservedUntil")
        WHERE o.state = 'pending_payment' AND o."reservedUntil" <= %(now)s ORDER BY o."reservedUntil" LIMIT %(most)s))
    AND a.status <> 'paid' AND (a."leaseUntil" IS NULL OR a."leaseUntil" <= %(now)s)
    AND (a.failures = 0 OR a."nextTryAt" IS NULL OR a."nextTryAt" <= %(now)s)
ORDER BY COALESCE(a."askedAt", a."nextCheckAt", a."createdAt") LIMIT %(limit)s
"""


def claim_check(attempt_id: int, lease_s: float, *, now: datetime) -> Attempt | None:
    """Takes an attempt to ask its provider about it, due or not. None: it is paid, or somebody is at it.

    Then `settling.settle(attempt.id, proof, now=now, claim=attempt.version)`, or `no_answer`.
    """
    row = connection().execute(CLAIM, {"id": attempt_id, "now": now, "until": now + timedelta(seconds=lease_s)}).fetchone()
    return from_row(row) if row else None


def to_check(now: datetime, *, older_than_s: float = 10, limit: int = 100) -> list[int]:
    """Attempts to be looked at: the ladder's turn, a customer's question whose hint was lost, an order about to expire."""
    values = {"now": now, "asked": now - timedelta(seconds=older_than_s), "limit": limit, "most": 10 * limit}
    return [int(row[0]) for row in connection().execute(DUE, values).fetchall()]


def no_answer(work: Attempt, delay: timedelta, *, tell: bool, now: datetime) -> bool:
    """The provider did not answer; looked at again after `delay` (longer each time: see Attempt.failures). `tell`: whoever asked
    hears that we could not find out, once. False: not ours any more."""
    with connection().transaction():
        row = (
            connection()
            .execute(
                """UPDATE payment_attempts SET failures = LEAST(failures + 1, 1000), "nextTryAt" = %(next)s, "leaseUntil" = NULL,
                       "askedAt" = CASE WHEN %(tell)s AND "switchTo" = '' THEN NULL ELSE "askedAt" END, "updatedAt" = %(now)s
                   WHERE id = %(id)s AND version = %(version)s AND status <> 'paid' RETURNING version""",
                {"id": work.id, "version": work.version, "next": now + delay, "tell": tell, "now": now},
            )
            .fetchone()
        )
        if row is not None and tell:
            _answer(work, "unknown")
    return row is not None


def not_paid(attempt: Attempt, proof: Proof, *, now: datetime, claim: int | None) -> int | None:
    """The provider has answered, and there is no money: the attempt moves down the ladder, and may be over. Returns the id of
    the attempt of another provider that was waiting for this answer. The order's row is locked; `attempt` is as it is now."""
    values = {"id": attempt.id, "now": now}
    looks = connection().execute(
        """SELECT checks + CASE WHEN "nextCheckAt" <= %(now)s THEN 1 ELSE 0 END, COALESCE("nextCheckAt" <= %(now)s, false)
           FROM payment_attempts WHERE id = %(id)s""",
        values,
    )
    checks, due = looks.fetchone() or (0, False)
    wait = next_look(checks) if due else None
    claimed = claim is not None and claim == attempt.version
    status, reason = _verdict(attempt, proof, switching=claimed and bool(attempt.switch_to), ended=due and wait is None)
    over = attempt.open and status not in ("starting", "open")
    values |= {"status": status, "reason": reason, "checks": checks, "next": now + wait if wait else None, "due": due}
    connection().execute(ANSWERED, {**values, "claimed": claimed, "over": over})
    if over:
        note(attempt.order_id, f"payment_{status}", who=attempt.provider, now=now, attempt=attempt.id, reason=reason)
    begun = _begin_other(attempt, now) if claimed and attempt.switch_to else None
    if begun is None:
        _answer(attempt, "failed" if proof.state == "failed" else "pending")
    return begun


ANSWERED = """
UPDATE payment_attempts SET status = %(status)s, reason = %(reason)s, checks = %(checks)s, failures = 0, "askedAt" = NULL,
    "nextCheckAt" = CASE WHEN %(due)s THEN %(next)s ELSE "nextCheckAt" END, "checkedAt" = %(now)s,
    "leaseUntil" = CASE WHEN %(claimed)s THEN NULL ELSE "leaseUntil" END,
    "switchTo" = CASE WHEN %(claimed)s THEN '' ELSE "switchTo" END,
    "nextTryAt" = CASE WHEN %(status)s = 'starting' THEN "nextTryAt" END,
    version = version + CASE WHEN %(over)s THEN 1 ELSE 0 END,
    "endedAt" = CASE WHEN %(over)s THEN %(now)s ELSE "endedAt" END, "updatedAt" = %(now)s
WHERE id = %(id)s
"""


def _verdict(attempt: Attempt, proof: Proof, *, switching: bool, ended: bool) -> tuple[str, str]:
    """Status and reason after an answer without money."""
    if not attempt.open:
        return attempt.status, attempt.reason
    if proof.state == "failed":
        return "failed", "declined"
    if switching:
        return "failed", "switched"
    return ("expired", "not_paid") if ended else (attempt.status, attempt.reason)


def known(attempt: Attempt, *, now: datetime, claim: int | None) -> None:
    """The provider speaks of money that was settled before: nobody needs to look again, and whoever asked is answered."""
    connection().execute(
        """UPDATE payment_attempts SET "nextCheckAt" = NULL, "askedAt" = NULL, "checkedAt" = %(now)s, failures = 0,
               "leaseUntil" = CASE WHEN version = %(claim)s THEN NULL ELSE "leaseUntil" END, "updatedAt" = %(now)s
           WHERE id = %(id)s AND status NOT IN ('starting', 'open')""",
        {"id": attempt.id, "now": now, "claim": claim if claim is not None else -1},
    )
    _answer(attempt, "paid" if attempt.status == "paid" else "failed")


def _begin_other(attempt: Attempt, now: datetime) -> int | None:
    """The attempt that was waiting for this answer, if its order may still be paid and no other is open."""
    row = (
        connection()
        .execute(
            """SELECT a."switchKind" FROM payment_attempts a JOIN orders o ON o.id = a."orderId"
               WHERE a.id = %s AND o.state = 'pending_payment' AND (o."reservedUntil" IS NULL OR o."reservedUntil" > %s)
                   AND NOT EXISTS (SELECT FROM payment_attempts b WHERE b."orderId" = o.id
                       AND (b.status IN ('starting', 'open') OR b.number >= %s))""",
            (attempt.id, now, attempts.MOST_ATTEMPTS),
        )
        .fetchone()
    )
    return attempts.insert_other(attempt, attempt.switch_to, row[0], now).id if row else None


def _answer(attempt: Attempt, state: str) -> None:
    """To whoever asked; each question has one answer."""
    if attempt.asked_at is not None:
        data = {"attempt_id": attempt.id, "order_number": attempt.order_number, "state": state}
        inbox.add_event(
            attempt.customer_id, "payment_checked", f"payment_checked:{attempt.id}:{attempt.asked_at.timestamp():.6f}", data
        )
