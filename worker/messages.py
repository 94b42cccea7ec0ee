"""The queue's dictionary: each message, its queue, its arguments.

Whoever sends (web, jobs, other actors) names a message here and loads no actor. Arguments are ids. Every message is a hint:
the row it points at is the truth, and a sweep finds the row when the hint is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

QUEUES = ("inbound", "outbound", "prescriptions", "payments")


@dataclass(frozen=True, slots=True)
class Hint:
    """A message of the queue: the actor that takes it and the queue it waits in."""

    actor: str
    queue: str


CONVERSE = Hint("converse", "inbound")  # customer_id: has something new to be answered
DELIVER = Hint("deliver", "outbound")  # customer_id: has something to be sent
SETTLE = Hint("settle", "outbound")  # no argument: delivery receipts wait
MOVE_FILE = Hint("move_file", "outbound")  # media_row: a file of a talk with a person is to be fetched or handed over
READ_PRESCRIPTION = Hint("read_prescription", "prescriptions")  # prescription_id: its file is to be fetched and read
START_PAYMENT = Hint("start_payment", "payments")  # attempt_id: its provider is to be asked for a way to pay
CHECK_PAYMENT = Hint("check_payment", "payments")  # attempt_id: its provider is to be asked what became of it
SETTLE_PAYMENT_EVENT = Hint("settle_payment_event", "payments")  # event_id: a provider's webhook was stored
SEND_REFUND = Hint("send_refund", "payments")  # refund_id: to be sent, or asked after
RECONCILE_PAYMENTS = Hint("reconcile_payments", "payments")  # a day (date.toordinal): the providers' lists beside ours

PAYMENTS = (START_PAYMENT, CHECK_PAYMENT, SETTLE_PAYMENT_EVENT, SEND_REFUND, RECONCILE_PAYMENTS)
ALL = (CONVERSE, DELIVER, SETTLE, MOVE_FILE, READ_PRESCRIPTION, *PAYMENTS)
