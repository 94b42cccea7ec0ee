"""What a claim knows of its customer, as flows ask for it, and what a turn changed of that."""

from __future__ import annotations

from models.conversations import Claim
from worker.facts import CustomerFacts


def facts(held: Claim) -> CustomerFacts:
    return CustomerFacts(
        id=held.customer_id,
        name=held.name,
        registered=held.consented and bool(held.name),
        returning=held.last_inbound_at is not None,
        has_number=bool(held.number),
        marketing_stopped=held.marketing_stopped,
        with_agent=held.with_agent_since is not None,
    )


def remember(held: Claim, now_known: CustomerFacts) -> None:
    """What this event changed about the customer is what the next one of the claim begins with: "stop", "start" in one breath."""
    held.name, held.consented = now_known.name, held.consented or now_known.registered
    held.marketing_stopped = now_known.marketing_stopped
    if now_known.with_agent != (held.with_agent_since is not None):
        held.with_agent_since = held.now if now_known.with_agent else None
