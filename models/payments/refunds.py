"""Refunds on their way: wanted (see `models.payments.returning`), sent, and done, or for people to finish.

Whoever calls the provider has claimed the refund. A refund that was tried before is looked for in the provider's list first: a
timeout is not a failure, and nothing is sent back twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models import inbox, orders
from models.base import connection
from models.payments import returning, tasks
from models.payments.journal import lock_order, note
from models.payments.returning import want
from models.payments.waits import next_look
from models.values import Money

__all__ = ["want"]  # taken from `returning`, so that callers find every verb of a refund here

PAGE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Refund:
    """`status`: wanted, sent, done, failed, needs_attention. `tries` counts claims to send, this one included: from 2 on, look in
    the provider's list first. `transaction_id` and `mode` (test, live) are the payment's. `version` is the claim's."""

    id: int
    payment_id: int
    order_id: int | None
    order_number: str
    customer_id: int | None
    provider: str
    transaction_id: str
    amount: Money
    reason: str
    status: str
    provider_id: str
    tries: int
    checks: int
    version: int
    requested_by: str
    detail: str
    created_at: datetime
    ended_at: datetime | None
    mode: str


COLUMNS = """r.id, r."paymentId", r."orderId", COALESCE(o."orderNumber", ''), COALESCE(o."customerId", a."customerId"), r.provider,
    p."transactionId", r."amountKobo", p.currency, r.reason, r.status, r."providerId", r.tries, r.checks, r.version,
    r."requestedBy", r.detail, r."createdAt", r."endedAt", p.mode """
FROM = """JOIN payments p ON p.id = r."paymentId" LEFT JOIN orders o ON o.id = r."orderId"
    LEFT JOIN payment_attempts a ON a.id = p."attemptId" """


def _refund(row: Any) -> Refund:
    values: list[Any] = [*row[:7], Money(row[7], row[8]), *row[9:]]
    return Refund(*values)


def get(refund_id: int) -> Refund | None:
    row = connection().execute(f"SELECT {COLUMNS} FROM refunds r {FROM} WHERE r.id = %s", (refund_id,)).fetchone()
    return _refund(row) if row else None


def of_order(order_number: str) -> list[Refund]:
    """Every refund of an order, the first first; at most 100."""
    rows = connection().execute(
        f"""SELECT {COLUMNS} FROM refunds r {FROM} WHERE o."orderNumber" = %s ORDER BY r.id LIMIT %s""",
        (order_number, PAGE_LIMIT),
    )
    return [_refund(row) for row in rows.fetchall()]


def of_payment(payment_id: int) -> list[Refund]:
    """Every refund of one payment, whether or not it has an order, the first first; at most 100."""
    rows = connection().execute(
        f"""SELECT {COLUMNS} FROM refunds r {FROM} WHERE r."paymentId" = %s ORDER BY r.id LIMIT %s""", (payment_id, PAGE_LIMIT)
    )
    return [_refund(row) for row in rows.fetchall()]


def due(now: datetime, *, limit: int = 100) -> list[int]:
    """Refunds to send, and those sent of which the provider should know more by now. The longest due first."""
    rows = connection().execute(
        """SELECT id FROM refunds WHERE ("leaseUntil" IS NULL OR "leaseUntil" <= %(now)s)
               AND ((status = 'wanted' AND "nextTryAt" <= %(now)s)
                   OR (status IN ('sent', 'needs_attention') AND "nextCheckAt" <= %(now)s))
           ORDER BY COALESCE("nextTryAt", "nextCheckAt") LIMIT %(limit)s""",
        {"now": now, "limit": limit},
    )
    return [int(row[0]) for row in rows.fetchall()]


CLAIM = f"""
WITH mine AS (
    UPDATE refunds r SET version = r.version + 1, "leaseUntil" = %(until)s, "updatedAt" = %(now)s,
        tries = r.tries + CASE WHEN r.status = 'wanted' THEN 1 ELSE 0 END
    WHERE r.id = %(id)s AND r.status IN ('wanted', 'sent', 'needs_attention')
        AND (r."leaseUntil" IS NULL OR r."leaseUntil" <= %(now)s)
        AND (r.status <> 'wanted' OR r."nextTryAt" IS NULL OR r."nextTryAt" <= %(now)s)
    RETURNING r.*
)
SELECT {COLUMNS} FROM mine r {FROM}
"""


def claim(refund_id: int, lease_s: float, *, now: datetime) -> Refund | None:
    """Takes a refund to send it (`wanted`) or to ask what became of it (`sent`, `needs_attention`). None: it has ended, somebody
    has it, or it is not due."""
    row = connection().execute(CLAIM, {"id": refund_id, "now": now, "until": now + timedelta(seconds=lease_s)}).fetchone()
    return _refund(row) if row else None


def sent(work: Refund, provider_id: str, *, now: datetime) -> bool:
    """The provider has taken it and is at it. False: not ours any more."""
    wait = next_look(work.checks)
    after = """status = 'sent', "providerId" = %(provider_id)s, "nextTryAt" = NULL, "nextCheckAt" = %(next)s"""
    return _write(work, after, "refund_sent", now, provider_id=provider_id, next=now + wait if wait else None)


def still_pending(work: Refund, *, now: datetime) -> bool:
    """Asked, and the provider is still at it; asked again later, at last once a day. False: not ours any more."""
    wait = next_look(work.checks + 1) or timedelta(days=1)
    after = """checks = LEAST(checks + 1, 1000), "nextCheckAt" = %(next)s"""
    return _write(work, after, "", now, next=now + wait)


def later(work: Refund, reason: str, delay: timedelta, *, now: datetime) -> bool:
    """The provider could not be asked, or may have taken it: tried (or asked) again after `delay`. False: not ours any more."""
    after = """detail = %(reason)s, "nextTryAt" = CASE WHEN status = 'wanted' THEN %(next)s::timestamptz ELSE "nextTryAt" END,
        "nextCheckAt" = CASE WHEN status = 'wanted' THEN "nextCheckAt" ELSE %(next)s::timestamptz END"""
    return _write(work, after, "", now, reason=reason[:200], next=now + delay)


def needs_attention(work: Refund, provider_id: str, *, now: datetime) -> bool:
    """The provider needs the customer's bank details: a task, and it is looked at once a day. False: not ours any more."""
    after = """status = 'needs_attention', "providerId" = %(provider_id)s, "nextTryAt" = NULL, "nextCheckAt" = %(next)s"""
    with connection().transaction():
        lock_order(work.order_id)
        what = "" if work.status == "needs_attention" else "refund_needs_attention"
        if not _write(work, after, what, now, provider_id=provider_id, next=now + timedelta(days=1)):
            return False
        _task("refund_needs_attention", work, now)
    return True


def done(work: Refund, provider_id: str = "", *, now: datetime) -> bool:
    """The money is back with the customer, who hears of it. What was waiting for this refund to end is wanted now; an order of
    which everything has gone back is `refunded`. False: not ours any more."""
    after = """status = 'done', "providerId" = COALESCE(NULLIF(%(provider_id)s, ''), "providerId"), "nextTryAt" = NULL,
        "nextCheckAt" = NULL, "endedAt" = %(now)s"""
    with connection().transaction():
        lock_order(work.order_id)
        if not _write(work, after, "refund_done", now, provider_id=provider_id):
            return False
        _close(work, ("refund_needs_attention",), now)
        _go_on(work, now)
        if work.order_id is not None and returning.all_gone(work.order_id):
            orders.move(work.order_id, "refunded", who=work.provider, now=now, refund=work.id)
        if work.customer_id is not None:
            data = {"order_number": work.order_number, "refund_id": work.id, "amount_kobo": work.amount.kobo}
            inbox.add_event(work.customer_id, "payment_refunded", f"payment_refunded:{work.id}", data)
    return True


def failed(work: Refund, reason: str, *, now: datetime) -> bool:
    """The provider refuses or could not do it: the money is with us, and a task says so. False: not ours any more."""
    after = """status = 'failed', detail = %(reason)s, "nextTryAt" = NULL, "nextCheckAt" = NULL, "endedAt" = %(now)s"""
    with connection().transaction():
        lock_order(work.order_id)
        if not _write(work, after, "refund_failed", now, reason=reason[:200]):
            return False
        _close(work, ("refund_needs_attention",), now)
        _task("refund_failed", work, now, reason=reason[:200])
        _go_on(work, now)
    return True


def heard(provider: str, transaction_id: str, *, now: datetime) -> list[int]:
    """A webhook speaks of a refund of this transaction: those that have not ended are looked at now; their ids, for the hint."""
    rows = connection().execute(
        """UPDATE refunds r SET "nextCheckAt" = %s FROM payments p
           WHERE p.id = r."paymentId" AND p.provider = %s AND p."transactionId" = %s AND r.status IN ('sent', 'needs_attention')
           RETURNING r.id""",
        (now, provider, transaction_id),
    )
    return [int(row[0]) for row in rows.fetchall()]


def _write(work: Refund, after: str, what: str, now: datetime, **values: Any) -> bool:
    with connection().transaction():
        written = connection().execute(
            f"""UPDATE refunds SET {after}, "leaseUntil" = NULL, "updatedAt" = %(now)s
                WHERE id = %(id)s AND version = %(version)s AND status IN ('wanted', 'sent', 'needs_attention')""",
            {"id": work.id, "version": work.version, "now": now, **values},
        )
        if not written.rowcount:
            return False
        if what:
            note(work.order_id, what, who=work.provider, now=now, refund=work.id, kobo=work.amount.kobo)
    return True


def _go_on(work: Refund, now: datetime) -> None:
    """What could not be wanted beside this refund is wanted now that it has ended."""
    rows = connection().execute(
        """UPDATE payment_tasks SET "closedAt" = %s, "closedBy" = 'clock', outcome = 'refunded'
           WHERE "paymentId" = %s AND kind = 'refund_rest' AND "closedAt" IS NULL AND subject LIKE %s
           RETURNING "amountKobo", currency, detail->>'reason'""",
        (now, work.payment_id, f"payment:{work.payment_id}:{work.id}:%"),
    )
    waiting = rows.fetchall()
    if waiting:
        total = Money(sum(row[0] for row in waiting), waiting[0][1])
        returning.give_back(work.payment_id, total, waiting[0][2], by="clock", now=now)


def _close(work: Refund, kinds: tuple[str, ...], now: datetime) -> None:
    connection().execute(
        """UPDATE payment_tasks SET "closedAt" = %s, "closedBy" = %s, outcome = 'refunded'
           WHERE subject = %s AND kind = ANY(%s) AND "closedAt" IS NULL""",
        (now, work.provider, f"refund:{work.id}", list(kinds)),
    )


def _task(kind: str, work: Refund, now: datetime, reason: str = "") -> None:
    tasks.open(
        kind,
        f"refund:{work.id}",
        now=now,
        order_id=work.order_id,
        payment_id=work.payment_id,
        provider=work.provider,
        amount=work.amount,
        refund=work.id,
        reason=reason,
    )
