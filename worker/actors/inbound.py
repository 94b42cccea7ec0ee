"""Doors of the `inbound` queue."""

from __future__ import annotations

import dramatiq

from models.base import Unavailable
from worker import conversation, messages


@dramatiq.actor(actor_name=messages.CONVERSE.actor, queue_name=messages.CONVERSE.queue, throws=(Unavailable,))
def converse(customer_id: int) -> None:
    """Answers what this customer said. May run twice: the second finds the customer claimed, or nothing to do."""
    conversation.serve(customer_id)
