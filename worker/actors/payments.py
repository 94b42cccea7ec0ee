"""Doors of the `payments` queue. Each may run twice at any time: the second finds the row claimed, or done."""

from __future__ import annotations

import dramatiq

from models.base import Unavailable
from worker import messages, payment_events, payments, reconciling, refunding

QUEUE = messages.START_PAYMENT.queue


@dramatiq.actor(actor_name=messages.START_PAYMENT.actor, queue_name=QUEUE, throws=(Unavailable,))
def start_payment(attempt_id: int) -> None:
    """Asks the provider for a way to pay."""
    payments.start(attempt_id)


@dramatiq.actor(actor_name=messages.CHECK_PAYMENT.actor, queue_name=QUEUE, throws=(Unavailable,))
def check_payment(attempt_id: int) -> None:
    """Asks the provider what became of it."""
    payments.check(attempt_id)


@dramatiq.actor(actor_name=messages.SETTLE_PAYMENT_EVENT.actor, queue_name=QUEUE, throws=(Unavailable,))
def settle_payment_event(event_id: int) -> None:
    """Handles what a provider told us."""
    payment_events.settle(event_id)


@dramatiq.actor(actor_name=messages.SEND_REFUND.actor, queue_name=QUEUE, throws=(Unavailable,))
def send_refund(refund_id: int) -> None:
    """Sends money back, or asks what became of it."""
    refunding.send(refund_id)


@dramatiq.actor(actor_name=messages.RECONCILE_PAYMENTS.actor, queue_name=QUEUE, throws=(Unavailable,))
def reconcile_payments(day: int) -> None:
    """Compares a day's lists of the providers with ours."""
    reconciling.reconcile(day)
