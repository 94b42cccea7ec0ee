"""Money that is to go back: a wish for a refund, written down before any provider is asked.

Never more than was taken, and one refund of a payment under way at a time: what must go back beside it waits as a task and is
wanted when the first has ended. Money the provider has taken back by itself is not ours to return.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from models.base import connection
from models.payments import tasks
from models.payments.journal import lock_order, note
from models.values import Money, Refused

# What of a payment goes or went back through its provider; a refund that failed left its money with us.
REFUNDED = """(SELECT COALESCE(sum(r."amountKobo"), 0)::bigint FROM refunds r
    WHERE r."paymentId" = p.id AND r.status <> 'failed')"""
# What is promised or gone, also what a person gave back by bank transfer or says to have gone: it must not go a second time when
# the order ends.
PROMISED = f"""LEAST(p."amountKobo", {REFUNDED} + (
    SELECT COALESCE(sum(CASE h.outcome WHEN 'by_hand' THEN h."amountKobo" ELSE (h.detail->>'gone_kobo')::bigint END), 0)::bigint
    FROM payment_tasks h WHERE h."paymentId" = p.id AND h."closedAt" IS NOT NULL
        AND h.kind IN ({", ".join(f"'{kind}'" for kind in tasks.WITH_US)})))"""

LOOK = f"""
SELECT p.id, p."orderId", p.provider, p.reference, p."amountKobo" - {PROMISED}, p.currency, p."reversedAt" IS NOT NULL,
    (SELECT id FROM refunds r WHERE r."paymentId" = p.id AND r.status IN ('wanted', 'sent')),
    EXISTS (SELECT FROM payment_tasks t WHERE t."paymentId" = p.id AND t.kind = 'dispute' AND t."closedAt" IS NULL),
    p."amountKobo" - {REFUNDED}
FROM payments p WHERE p.id = %s
"""


def want(payment_id: int, amount: Money | None, reason: str, *, by: str, now: datetime) -> int:
    """The id of the refund that is now wanted; `amount` None: all that is left of the payment.

    `reason`: double, late, overpaid, cancelled, or the code of why staff do it; `by` as in the order's log. Raises Refused:
    `unknown`, `reversed` (the provider took it back), `one_open` (refund), `bad_amount`, `too_much` (left_kobo).
    """
    with connection().transaction():
        payment = locked(payment_id)
        if payment is None:
            raise Refused("unknown")
        wanted = payment.left if amount is None else amount
        if payment.reversed:
            raise Refused("reversed")
        if payment.under_way is not None:
            raise Refused("one_open", refund=payment.under_way, left_kobo=payment.left.kobo)
        if wanted.currency != payment.left.currency or (amount is not None and wanted.kobo <= 0):
            raise Refused("bad_amount")
        if wanted > payment.left or payment.left.kobo <= 0:
            raise Refused("too_much", left_kobo=payment.left.kobo)
        return _write(payment, wanted, reason[:200], by, now)


def give_back(payment_id: int, amount: Money | None, reason: str, *, by: str, now: datetime) -> int | None:
    """The same without a person who could be told no: the refund's id, or None and a task where it cannot be made now.

    A person decides while the payment is disputed: whoever returns it may lose it twice. Nothing at all when the provider
    has taken the money back, or nothing is left of it.
    """
    with connection().transaction():
        payment = locked(payment_id)
        if payment is None or payment.reversed or payment.left.kobo <= 0:
            return None
        wanted = min(amount or payment.left, payment.left)
        if payment.under_way is None and not payment.disputed:
            return _write(payment, wanted, reason, by, now)
        _wait(payment, str(payment.under_way or "dispute"), wanted, reason, now)
    return None


def _wait(payment: Payment, upon: str, amount: Money, reason: str, now: datetime) -> None:
    tasks.open(
        "refund_rest",
        f"payment:{payment.id}:{upon}:{reason}",
        now=now,
        order_id=payment.order_id,
        payment_id=payment.id,
        provider=payment.provider,
        reference=payment.reference,
        amount=amount,
        reason=reason,
    )


def hold_back(payment_id: int, *, now: datetime) -> None:
    """The payment is disputed: what nobody has sent yet is not sent by itself any more, and a person decides."""
    payment = locked(payment_id)
    held = connection().execute(
        """UPDATE refunds SET status = 'failed', detail = 'disputed', "nextTryAt" = NULL, version = version + 1, "endedAt" = %s,
               "updatedAt" = %s WHERE "paymentId" = %s AND status = 'wanted' AND tries = 0 RETURNING id, "amountKobo", reason""",
        (now, now, payment_id),
    )
    for refund, kobo, reason in held.fetchall() if payment else ():
        _wait(payment, str(refund), Money(kobo, payment.left.currency), reason, now)


class Payment(NamedTuple):
    """A payment, its row and its order's locked. `left`: neither gone back nor promised. `under_way`: the id of a refund.
    `at_provider_kobo`: what the provider may still have, whatever was given back by hand."""

    id: int
    order_id: int | None
    provider: str
    reference: str
    left: Money
    reversed: bool
    under_way: int | None
    disputed: bool
    at_provider_kobo: int


def locked(payment_id: int) -> Payment | None:
    """None for an unknown one. Everybody locks in this sequence: order, payment."""
    row = connection().execute("""SELECT "orderId" FROM payments WHERE id = %s""", (payment_id,)).fetchone()
    if row is None:
        return None
    lock_order(row[0])
    connection().execute("SELECT FROM payments WHERE id = %s FOR NO KEY UPDATE", (payment_id,))
    id, order_id, provider, reference, left, currency, *rest = connection().execute(LOOK, (payment_id,)).fetchone() or ()
    return Payment(id, order_id, provider, reference, Money(left, currency), *rest)


def _write(payment: Payment, amount: Money, reason: str, by: str, now: datetime) -> int:
    values = (payment.id, payment.order_id, payment.provider, amount.kobo, reason, now, by, now, now)
    made = (
        connection()
        .execute(
            """INSERT INTO refunds ("paymentId", "orderId", provider, "amountKobo", reason, "nextTryAt", "requestedBy",
                   "createdAt", "updatedAt") VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            values,
        )
        .fetchone()
    )
    refund = int(made[0]) if made else 0
    note(payment.order_id, "refund_wanted", who=by, now=now, refund=refund, payment=payment.id, kobo=amount.kobo, reason=reason)
    return refund


def all_gone(order_id: int) -> bool:
    """Whether everything that was taken for an order has gone back."""
    row = (
        connection()
        .execute(
            """SELECT sum(p."amountKobo") = (SELECT sum(r."amountKobo") FROM refunds r JOIN payments q ON q.id = r."paymentId"
                   WHERE q."orderId" = %s AND r.status = 'done')
               FROM payments p WHERE p."orderId" = %s AND p.settled <> 'mismatch'""",
            (order_id, order_id),
        )
        .fetchone()
    )
    return bool(row and row[0])


# Test money and money under another's name are looked at by a person; everything else of an order that is over goes back.
OF_ORDER = f"""
SELECT p.id FROM payments p WHERE p."orderId" = %s AND p.settled <> 'mismatch' AND p."reversedAt" IS NULL
    AND p."amountKobo" > {PROMISED} ORDER BY p.id
"""

# What such a task asks people to decide is decided with that: left open, somebody would give the same money back by hand.
PLACED = """
SELECT id FROM payment_tasks WHERE "paymentId" = ANY(%s) AND "closedAt" IS NULL
    AND kind IN ('short', 'overpaid', 'double', 'late', 'refund_failed')
ORDER BY id
"""


def give_back_all(order_id: int, reason: str, *, by: str, now: datetime) -> list[int]:
    """Wants everything back that was taken for an order and is not promised yet; returns the new refunds. Twice is once."""
    payments = [int(row[0]) for row in connection().execute(OF_ORDER, (order_id,)).fetchall()]
    made = {payment: give_back(payment, None, reason, by=by, now=now) for payment in payments}
    for task in connection().execute(PLACED, ([payment for payment, refund in made.items() if refund is not None],)).fetchall():
        tasks.close(int(task[0]), by=by, outcome="refunded", now=now)
    return [refund for refund in made.values() if refund is not None]


# What the old program cancelled without knowing of our refunds, and whose stock nobody counts (`orders.expire_due` sees to others).
# What people look at, or have looked at, is theirs to decide.
LEFT = f"""
SELECT DISTINCT o.id FROM payments p JOIN orders o ON o.id = p."orderId"
WHERE o.state IN ('cancelled', 'expired', 'refunded') AND p.settled IN ('applied', 'overpaid') AND p."reversedAt" IS NULL
    AND p."amountKobo" > {PROMISED}
    AND p."amountKobo" - {PROMISED} > (SELECT COALESCE(sum(t."amountKobo"), 0) FROM payment_tasks t WHERE t."paymentId" = p.id
        AND t.kind IN ('refund_failed', 'refund_rest') AND t.outcome <> 'by_hand') LIMIT %s
"""


def give_back_what_was_left(now: datetime, *, limit: int) -> int:
    """Orders with money of theirs that are over, and nobody wanted a refund: how many. Reads all payments: once a night."""
    found = [int(row[0]) for row in connection().execute(LEFT, (limit,)).fetchall()]
    for order_id in found:
        with connection().transaction():
            lock_order(order_id)
            give_back_all(order_id, "cancelled", by="clock", now=now)
    return len(found)
