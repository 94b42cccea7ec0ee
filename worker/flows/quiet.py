"""Quiet minutes: what was open is closed, and it is said once."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows import news
from worker.flows.replies import step, text
from worker.flows.step import Happened, Place, Step
from worker.flows.wording import Sentence, say

# What we said last was no question, or one that may stay without an answer, maybe to somebody who is away: nothing they began is
# closed, and its buttons stay good.
TOLD_ONLY = frozenset(
    [
        ("prescription", "checking"),
        ("prescription", "basket"),
        ("paying", "open"),
        ("due", "asking"),
        ("rating", "asked"),
        ("rating", "words"),
    ]
)


def ended(place: Place, event: Happened, facts: Facts) -> Step:
    """Ten quiet minutes: what was open is closed, the cart is kept, and it is said once. A person's thread is not touched."""
    if facts.customer.with_agent:
        return Step(place)
    if (place.flow, place.state) in TOLD_ONLY or place.memory.get("told"):
        return Step(Place())
    told = say("session.ended_cart" if not facts.cart().empty else "session.ended")
    ordered = (place.flow, place.state) == ("entry", "idle") and place.memory.get("placed") and "shown" not in place.memory
    if ordered and facts.cart().empty:  # paid or placed, and nothing asked since: nothing is open that could be closed
        return news.after_quiet(place, Sentence(""), facts) or Step(Place())
    return news.after_quiet(place, told, facts) or step(Place(), text(told))
