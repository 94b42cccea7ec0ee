"""Doors of the `outbound` queue."""

from __future__ import annotations

import dramatiq

from models import outbox
from models.base import Unavailable, unit
from worker import conversation, house, messages, sentry, thread_files
from worker.broker import hint_at
from worker.whatsapp.errors import classify_code

SETTLE_ROUNDS = 20


@dramatiq.actor(actor_name=messages.DELIVER.actor, queue_name=messages.DELIVER.queue, throws=(Unavailable,))
def deliver(customer_id: int) -> None:
    """Sends what waits for this customer. The same claim as a turn: order is kept whoever comes first."""
    conversation.serve(customer_id)


@dramatiq.actor(actor_name=messages.SETTLE.actor, queue_name=messages.SETTLE.queue, throws=(Unavailable,))
def settle() -> None:
    """Applies delivery receipts, and goes on with customers whose earlier message they settled."""
    for _ in range(SETTLE_ROUNDS):
        with unit(house.UNIT_S) as conn:
            done = outbox.settle(conn)
            waiting = outbox.with_open_rows(conn, done.customers) if done.customers else []
        for customer_id in waiting:
            hint_at(messages.DELIVER, customer_id)
        for trouble in done.troubles:
            kind, code = trouble.rsplit(" ", 1)
            if classify_code(int(code)).alarming:  # else it is the customer who cannot get it, and the row says so
                sentry.alarm(f"template {kind} refused", code=code)
        if done.receipts < outbox.RECEIPTS_A_ROUND:
            return


@dramatiq.actor(actor_name=messages.MOVE_FILE.actor, queue_name=messages.MOVE_FILE.queue, throws=(Unavailable,))
def move_file(media_row: int) -> None:
    """Fetches a customer's file, or hands one of staff's to Meta. May run twice: the second finds it taken, or done."""
    thread_files.move(media_row)
