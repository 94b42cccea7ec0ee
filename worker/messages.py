"""The queue's dictionary: each message, its queue, its arguments.

Whoever sends (web, jobs, other actors) names a message here and loads no actor. Arguments are ids. Every message is a hint:
the row it points at is the truth, and a sweep finds the row when the hint is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

QUEUES = ("inbound", "outbound", "prescriptions")


@dataclass(frozen=True, slots=True)
class Hint:
    """A message of the queue: the actor that takes it and the queue it waits in."""

    actor: str
    queue: str


CONVERSE = Hint("converse", "inbound")  # customer_id: has something new to be answered
DELIVER = Hint("deliver", "outbound")  # customer_id: has something to be sent
SETTLE = Hint("settle", "outbound")  # no argument: delivery receipts wait
READ_PRESCRIPTION = Hint("read_prescription", "prescriptions")  # prescription_id: its file is to be fetched and read

ALL = (CONVERSE, DELIVER, SETTLE, READ_PRESCRIPTION)
