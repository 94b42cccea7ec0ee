"""Refunds that people made in the provider's dashboard: taken into the books as what they are, told, and put before people.

The provider's list beside ours. What it has done and we never asked for has left all the same: the order keeps less of its
payment, and what may still go back is less. An order that is served stays where it is; people decide whether it goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import inbox, orders
from models.base import connection
from models.payments import returning, tasks
from models.payments.journal import note
from models.values import Money

AT_PROVIDER = "at_provider"


@dataclass(frozen=True, slots=True)
class There:
    """One refund in a provider's list. `done`: the money has left; while it has not, nothing is booked."""

    transaction_id: str
    refund_id: str
    amount: Money
    done: bool


class Booked(NamedTuple):
    refund_id: int
    customer_id: int | None


class _Ours(NamedTuple):
    id: int
    provider_id: str
    kobo: int
    status: str
    tries: int


def book(provider: str, listed: Iterable[There], *, now: datetime) -> list[Booked]:
    """What was booked just now; a list read twice books nothing again. Refunds of payments we do not have are left out.

    The customer hears `payment_refunded`. What cannot be booked beside a refund of ours under way waits for the next look.
    """
    done = [each for each in listed if each.done and each.refund_id and each.transaction_id and each.amount.kobo > 0]
    booked: list[Booked] = []
    for transaction in dict.fromkeys(each.transaction_id for each in done):
        of_it = [each for each in done if each.transaction_id == transaction]
        if _strange(provider, transaction, of_it):  # a plain look first: nearly all are ours
            with connection().transaction():
                booked += _book(provider, transaction, of_it, now)
    return booked


PAYMENT = """SELECT id FROM payments WHERE provider = %s AND "transactionId" = %s AND "reversedAt" IS NULL"""
OURS = """SELECT id, "providerId", "amountKobo", status, tries FROM refunds WHERE "paymentId" = %s ORDER BY id"""


def _strange(provider: str, transaction: str, listed: list[There]) -> list[There]:
    """Those that are none of ours. One of ours whose answer is not here yet has no id: the amount tells."""
    row = connection().execute(PAYMENT, (provider, transaction)).fetchone()
    if row is None:
        return []
    ours = [_Ours(*each) for each in connection().execute(OURS, (row[0],)).fetchall()]
    known = {each.provider_id for each in ours}
    nameless = [each.kobo for each in ours if not each.provider_id and (each.status == "sent" or _tried(each))]
    found = []
    for each in listed:
        if each.refund_id in known:
            continue
        if each.amount.kobo in nameless:
            nameless.remove(each.amount.kobo)
            continue
        found.append(each)
    return found


def _tried(ours: _Ours) -> bool:
    return ours.status == "wanted" and ours.tries > 0


def _book(provider: str, transaction: str, listed: list[There], now: datetime) -> list[Booked]:
    row = connection().execute(PAYMENT, (provider, transaction)).fetchone()
    payment = returning.locked(row[0]) if row else None
    if payment is None or payment.reversed:
        return []
    made = []
    for each in _strange(provider, transaction, listed):
        payment = returning.locked(payment.id) or payment
        if each.amount.currency != payment.left.currency or not _room(payment, each.amount, now):
            continue
        made.append(_write(payment, each, provider, now))
    return made


def _room(payment: returning.Payment, amount: Money, now: datetime) -> bool:
    """Whether so much was left; a refund of ours that nobody has sent yet gives way to one that is done."""
    missing = amount.kobo - payment.at_provider_kobo
    if missing <= 0:
        return True
    lowered = connection().execute(
        """UPDATE refunds SET "amountKobo" = CASE WHEN "amountKobo" > %(less)s THEN "amountKobo" - %(less)s ELSE "amountKobo" END,
               status = CASE WHEN "amountKobo" > %(less)s THEN status ELSE 'failed' END, detail = 'done at the provider',
               "endedAt" = CASE WHEN "amountKobo" > %(less)s THEN NULL ELSE %(now)s END,
               "nextTryAt" = CASE WHEN "amountKobo" > %(less)s THEN "nextTryAt" END, version = version + 1, "updatedAt" = %(now)s
           WHERE "paymentId" = %(payment)s AND status = 'wanted' AND tries = 0 AND "amountKobo" >= %(less)s""",
        {"less": missing, "now": now, "payment": payment.id},
    )
    return bool(lowered.rowcount)


def _write(payment: returning.Payment, there: There, provider: str, now: datetime) -> Booked:
    row = (
        connection()
        .execute(
            """INSERT INTO refunds ("paymentId", "orderId", provider, "amountKobo", reason, status, "providerId", "requestedBy",
                   "createdAt", "updatedAt", "endedAt") VALUES (%s, %s, %s, %s, %s, 'done', %s, %s, %s, %s, %s) RETURNING id""",
            (payment.id, payment.order_id, provider, there.amount.kobo, AT_PROVIDER, there.refund_id, provider, now, now, now),
        )
        .fetchone()
    )
    refund = int(row[0]) if row else 0
    note(payment.order_id, "refund_done", who=provider, now=now, refund=refund, kobo=there.amount.kobo, reason=AT_PROVIDER)
    tasks.open(
        "refund_at_provider",
        f"{provider}:{there.refund_id}",
        now=now,
        order_id=payment.order_id,
        payment_id=payment.id,
        provider=provider,
        reference=payment.reference,
        amount=there.amount,
        refund=refund,
    )
    if payment.order_id is not None and returning.all_gone(payment.order_id) and _is_over(payment.order_id):
        orders.move(payment.order_id, "refunded", who=provider, now=now, refund=refund)
    return Booked(refund, _tell(payment, refund, there))


def _is_over(order_id: int) -> bool:
    row = connection().execute("SELECT state FROM orders WHERE id = %s", (order_id,)).fetchone()
    return bool(row and row[0] in orders.OVER)


WHOSE = """
SELECT COALESCE(o."customerId", a."customerId"), COALESCE(o."orderNumber", '')
FROM payments p LEFT JOIN orders o ON o.id = p."orderId" LEFT JOIN payment_attempts a ON a.id = p."attemptId" WHERE p.id = %s
"""


def _tell(payment: returning.Payment, refund: int, there: There) -> int | None:
    row = connection().execute(WHOSE, (payment.id,)).fetchone()
    if row is None or row[0] is None:
        return None
    data = {"order_number": row[1], "refund_id": refund, "amount_kobo": there.amount.kobo}
    inbox.add_event(int(row[0]), "payment_refunded", f"payment_refunded:{refund}", data)
    return int(row[0])
