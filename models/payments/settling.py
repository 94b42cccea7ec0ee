"""Money, once: what a provider has proved becomes a payment, and the payment pays its order, or a refund or a task is made of it.

Everything happens under the lock of the order's row. The first sufficient proof pays; what comes besides goes back. A proof may
come any number of times, from any number of processes: a transaction is one row for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from models import inbox, orders
from models.base import connection
from models.payments import attempts, checking, old_orders, returning, tasks
from models.payments.journal import lock_order, note
from models.payments.values import Attempt, Proof, Settled
from models.values import Money

# An order in one of these is being served; a payment for it that is not its first goes back.
SERVED = ("paid", "processing", "shipped", "delivered")


def settle(attempt_id: int | None, proof: Proof, *, now: datetime, claim: int | None = None, account_mode: str = "") -> Settled:
    """What became of a proof; everything in one transaction (the caller's, if there is one).

    The attempt is the one with the proof's reference; `attempt_id` says which was asked about, should that be another. `claim`:
    the version of `checking.claim_check`, whose lease this ends. `account_mode`: of the account that was asked, where nobody
    asked about an attempt: money for an order of the old program must be of the same world. The customer's conversation hears
    `payment_received`, `payment_problem` or, when they asked, `payment_checked`.
    """
    with connection().transaction():
        attempt = attempts.by_reference(proof.provider, proof.reference)
        if attempt is None and attempt_id and proof.state != "reversed":
            attempt = attempts.get(attempt_id)
            # Who sends a webhook may name one payment's reference and another's id: what is no money says nothing of this one.
            proof = proof if proof.state == "paid" else replace(proof, state="pending")
        if attempt is not None:
            lock_order(attempt.order_id)
            attempt = attempts.get(attempt.id)  # as it is now that nobody else changes it
        elif account_mode and proof.state == "paid":
            attempt = old_orders.attempt_of(proof, account_mode)
        if proof.state == "paid":
            found = _paid(attempt, proof, now)
        elif proof.state == "reversed":
            found = _reversed(attempt, proof, now)
        elif attempt is None or attempt.status == "paid":
            return _settled("nothing", proof, attempt)
        else:
            return _settled("nothing", proof, attempt, begun=checking.not_paid(attempt, proof, now=now, claim=claim))
        if attempt is not None and found.kind == "nothing":
            checking.known(attempt, now=now, claim=claim)
        return found


class _Order(NamedTuple):
    id: int
    number: str
    customer: int | None
    state: str
    total: int
    paid_already: bool


ORDER = """
SELECT o.id, o."orderNumber", o."customerId", o.state, COALESCE(o."totalKobo", 0), o."paymentStatus" = 'Paid' OR EXISTS (
    SELECT FROM payments p WHERE p."orderId" = o.id AND p.settled IN ('applied', 'overpaid'))
FROM orders o WHERE o.id = %s
"""
INSERT = """
INSERT INTO payments ("orderId", "attemptId", provider, "transactionId", reference, "amountKobo", "appliedKobo", "feeKobo", currency,
    mode, channel, settled, "paidAt", "reversedAt", "createdAt")
VALUES (%(order)s, %(attempt)s, %(provider)s, %(transaction)s, %(reference)s, %(kobo)s, %(applied)s, %(fee)s, %(currency)s,
    %(mode)s, %(channel)s, %(settled)s, %(paid_at)s, %(reversed_at)s, %(now)s)
ON CONFLICT (provider, "transactionId") DO NOTHING RETURNING id
"""


def _paid(attempt: Attempt | None, proof: Proof, now: datetime) -> Settled:
    known = _known(proof)
    if known is not None:
        return _seen_before(known, attempt, proof, now)
    row = connection().execute(ORDER, (attempt.order_id,)).fetchone() if attempt else None
    order = _Order(*row) if row else None
    kind, applied = _verdict(attempt, order, proof)
    if attempt is not None and order is not None and not attempt.id:
        kind, applied = _of_old(attempt, order, proof)
    if kind in ("applied", "overpaid") and order and attempt and not _pay(order, attempt, proof, now):
        kind, applied = "late", 0
    payment = _insert(attempt, proof, kind, applied, now)
    if payment is None:
        if applied:
            raise RuntimeError("one transaction was settled under two references at once")
        return _settled("nothing", proof, attempt)  # two at once under an unknown reference: the other one has it
    if attempt is not None and attempt.id and attempt.reference == proof.reference:
        _end(attempt, "paid" if kind in ("applied", "overpaid", "double", "late") else "failed", kind, now)
    note(attempt.order_id if attempt else None, f"payment_{kind}", who=proof.provider, now=now, **_about(payment, proof))
    refund = _see_to(kind, payment, proof, attempt, applied, now)
    _tell(kind, proof, attempt, order, refund)
    return _settled(kind, proof, attempt, payment_id=payment, refund_id=refund)


def _verdict(attempt: Attempt | None, order: _Order | None, proof: Proof) -> tuple[str, int]:
    """What this money is, and how much of it the order keeps. What makes it unequal is judged before what is too late."""
    if attempt is None or order is None:
        return "unknown", 0
    same = (proof.provider, proof.reference, proof.currency, proof.mode)
    if same != (attempt.provider, attempt.reference, attempt.amount.currency, attempt.mode):
        return "mismatch", 0
    if proof.requested is not None and proof.requested != attempt.amount:
        return "mismatch", 0
    if order.paid_already:
        return "double", 0
    if order.state in ("cancelled", "refunded"):
        return "late", 0
    if proof.amount.kobo < order.total or order.total <= 0:
        return "short", 0
    # Where the customer bears the provider's fee, it is a part of what was taken, and the asked amount says so.
    fee = proof.fee.kobo if proof.fee and proof.requested is not None else 0
    kept = min(proof.amount.kobo, order.total + max(fee, 0))
    return ("applied" if kept == proof.amount.kobo else "overpaid"), kept


def _of_old(attempt: Attempt, order: _Order, proof: Proof) -> tuple[str, int]:
    """The same for an order of the old program, which keeps exactly what it costs while it waits for it. What the old program
    was paid itself is taken into the books; the rest is for people, and nothing goes back by itself."""
    had = attempt.status == "paid" and order.state in SERVED
    if had or (order.state == attempts.PAYABLE and not order.paid_already):
        kind, applied = _verdict(attempt, order._replace(paid_already=False), proof)
        if kind == "applied":
            return kind, applied
    return "unknown", 0


# The order may have been begun at one provider and paid at another; the old program shows where.
PAID_WITH = """
UPDATE orders SET "paymentMethod" = %(method)s, "paymentReference" = %(reference)s, "paymentStatus" = 'Paid', "updatedAt" = %(now)s
WHERE id = %(order)s
"""


def _pay(order: _Order, attempt: Attempt, proof: Proof, now: datetime) -> bool:
    """False: the order had expired, and not all of it can be had any more."""
    if order.state not in SERVED:  # staff may have let it go on before the money came
        detail = {"attempt": attempt.id, "reference": attempt.reference, "transaction": proof.transaction_id}
        if not orders.move(order.id, "paid", who=proof.provider, now=now, **detail):
            return False
    method = orders.PAYMENTS[attempt.provider]
    connection().execute(PAID_WITH, {"order": order.id, "method": method, "reference": attempt.reference, "now": now})
    return True


# A dispute may be told before the payment is known here: it holds refunds of it back all the same.
DISPUTED_BEFORE = """
UPDATE payment_tasks SET "paymentId" = %(payment)s WHERE kind = 'dispute' AND "paymentId" IS NULL AND provider = %(provider)s
    AND (detail->>'transaction' = %(transaction)s OR (detail->>'transaction' = '' AND reference = %(reference)s))
"""


def _insert(attempt: Attempt | None, proof: Proof, kind: str, applied: int, now: datetime) -> int | None:
    values = {
        "order": attempt.order_id if attempt and kind != "unknown" else None,
        "attempt": (attempt.id or None) if attempt else None,
        "provider": proof.provider,
        "transaction": proof.transaction_id,
        "reference": proof.reference,
        "kobo": proof.amount.kobo,
        "applied": applied,
        "fee": proof.fee.kobo if proof.fee else None,
        "currency": proof.currency,
        "mode": proof.mode,
        "channel": proof.channel,
        "settled": kind,
        "paid_at": proof.paid_at,
        "reversed_at": now if kind == "reversed" else None,
        "now": now,
    }
    row = connection().execute(INSERT, values).fetchone()
    if row is not None:
        connection().execute(DISPUTED_BEFORE, {**values, "payment": row[0]})
    return int(row[0]) if row else None


END = """
UPDATE payment_attempts SET status = %(status)s, reason = CASE WHEN %(kind)s = 'applied' THEN '' ELSE %(kind)s END,
    "nextCheckAt" = NULL, "nextTryAt" = NULL, "leaseUntil" = NULL, failures = 0, "askedAt" = NULL,
    "switchTo" = '', "checkedAt" = %(now)s, "endedAt" = %(now)s, version = version + 1, "updatedAt" = %(now)s
WHERE id = %(id)s AND status <> 'paid'
"""


def _end(attempt: Attempt, status: str, kind: str, now: datetime) -> None:
    connection().execute(END, {"id": attempt.id, "status": status, "kind": kind, "now": now})


def _see_to(kind: str, payment: int, proof: Proof, attempt: Attempt | None, applied: int, now: datetime) -> int | None:
    """The refund that goes out by itself, if this kind has one; else its task."""
    rest = Money(proof.amount.kobo - applied, proof.currency)
    # A surplus that may be a fee nobody named is not sent back by a machine.
    unclear = kind == "overpaid" and proof.fee is None and proof.requested is not None
    if kind in ("double", "late") or (kind == "overpaid" and not unclear):
        return returning.give_back(payment, rest, kind, by="clock", now=now)
    if kind != "applied":
        _task(kind, payment, proof, attempt, rest, now)
    return None


def _task(kind: str, payment: int | None, proof: Proof, attempt: Attempt | None, amount: Money, now: datetime) -> None:
    detail: dict[str, Any] = {"transaction": proof.transaction_id, "mode": proof.mode, "taken_kobo": proof.amount.kobo}
    if proof.requested is not None:
        detail["requested_kobo"] = proof.requested.kobo
    tasks.open(
        kind,
        f"{proof.provider}:{proof.transaction_id}",
        now=now,
        order_id=attempt.order_id if attempt else None,
        payment_id=payment,
        provider=proof.provider,
        reference=proof.reference,
        amount=amount,
        **detail,
    )


def _tell(kind: str, proof: Proof, attempt: Attempt | None, order: _Order | None, refund: int | None) -> None:
    if attempt is None or order is None or kind == "unknown":
        return
    if not attempt.id and (attempt.status == "paid" or not attempt.customer_id):
        return  # the old program told them, or nobody here is its customer yet
    name = "payment_received" if kind in ("applied", "overpaid") else "payment_problem"
    data = {"order_number": order.number, "attempt_id": attempt.id, "kind": kind, "amount_kobo": proof.amount.kobo}
    data |= {"currency": proof.currency, "refund": refund is not None}
    inbox.add_event(attempt.customer_id, name, f"{name}:{proof.provider}:{proof.transaction_id}", data)


# --------------------------------------------------------------------------------------------------- seen before


class _Known(NamedTuple):
    id: int
    order: int | None
    settled: str
    kobo: int
    currency: str
    gone_back: bool
    returned: int


def _known(proof: Proof) -> _Known | None:
    row = (
        connection()
        .execute(
            """SELECT p.id, p."orderId", p.settled, p."amountKobo", p.currency, p."reversedAt" IS NOT NULL,
                   (SELECT COALESCE(sum(r."amountKobo"), 0)::bigint FROM refunds r WHERE r."paymentId" = p.id
                       AND r.status <> 'failed' AND (r.status <> 'wanted' OR r.tries > 0))
               FROM payments p WHERE p.provider = %s AND p."transactionId" = %s""",
            (proof.provider, proof.transaction_id),
        )
        .fetchone()
    )
    return _Known(*row) if row else None


def _seen_before(known: _Known, attempt: Attempt | None, proof: Proof, now: datetime) -> Settled:
    """The same transaction again changes nothing; another amount under its name is for people."""
    if (known.kobo, known.currency) != (proof.amount.kobo, proof.currency) and not known.gone_back:
        _task("changed", known.id, proof, attempt, Money(0, known.currency), now)
    return _settled("nothing", proof, attempt, payment_id=known.id)


def _reversed(attempt: Attempt | None, proof: Proof, now: datetime) -> Settled:
    """The provider took it back. What we sent back ourselves looks the same and is no news. An order stays where it is: what
    was delivered is not undelivered, and what was not, people decide."""
    known = _known(proof)
    if known is None:
        payment = _insert(attempt, proof, "reversed", 0, now)
        if payment is None:
            return _settled("nothing", proof, attempt)
        if attempt is not None and attempt.open:
            _end(attempt, "failed", "reversed", now)
        stake = proof.amount
    else:
        lock_order(known.order)
        known = _known(proof) or known
        if known.gone_back or known.returned >= known.kobo:
            return _settled("nothing", proof, attempt, payment_id=known.id)
        payment, stake = known.id, Money(known.kobo - known.returned, known.currency)
        connection().execute("""UPDATE payments SET "reversedAt" = %s WHERE id = %s""", (now, payment))
        connection().execute(
            """UPDATE refunds SET status = 'failed', detail = 'reversed', "nextTryAt" = NULL, version = version + 1, "endedAt" = %s,
                   "updatedAt" = %s WHERE "paymentId" = %s AND status = 'wanted' AND tries = 0""",
            (now, now, payment),
        )
    order_id = attempt.order_id if attempt else known.order if known else None
    note(order_id, "payment_reversed", who=proof.provider, now=now, **_about(payment, proof))
    _task("reversed", payment, replace(proof, amount=stake), attempt, stake, now)
    return _settled("reversed", proof, attempt, payment_id=payment)


DISPUTED = """
SELECT id, "orderId", "amountKobo", currency FROM payments
WHERE provider = %s AND ("transactionId" = %s OR (%s = '' AND reference = %s)) ORDER BY id LIMIT 1
"""


def dispute(
    provider: str, dispute_id: str, *, reference: str, transaction_id: str, amount: Money | None, status: str, now: datetime
) -> int | None:
    """A bank disputes a payment: the id of a new task, None when there is one. While it is open, no refund goes out by itself."""
    with connection().transaction():
        attempt = attempts.by_reference(provider, reference) if reference else None
        lock_order(attempt.order_id if attempt else None)  # it may just be settled
        named = (provider, transaction_id, transaction_id, reference)
        payment, order_id, kobo, currency = connection().execute(DISPUTED, named).fetchone() or (None, None, 0, "NGN")
        if order_id is None and attempt is not None:
            order_id = attempt.order_id
        lock_order(order_id)
        task = tasks.open(
            "dispute",
            f"{provider}:{dispute_id or transaction_id or reference}",
            now=now,
            order_id=order_id,
            payment_id=payment,
            provider=provider,
            reference=reference,
            amount=amount or Money(kobo, currency),
            status=status[:100],
            transaction=transaction_id,
        )
        if task is not None and payment is not None:
            returning.hold_back(payment, now=now)
    return task


def _about(payment: int, proof: Proof) -> dict[str, object]:
    about: dict[str, object] = {"payment": payment, "kobo": proof.amount.kobo, "transaction": proof.transaction_id}
    return about | ({"currency": proof.currency} if proof.currency != "NGN" else {})


def _settled(kind: str, proof: Proof, attempt: Attempt | None, **more: Any) -> Settled:
    if attempt is None:
        return Settled(kind, proof.state, **more)
    return Settled(kind, proof.state, attempt.order_number, attempt.customer_id or None, attempt.id or None, **more)
