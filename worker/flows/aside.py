"""News in the middle of something else: it is told, and what was being asked is not lost.

A customer may be giving an address while the pharmacist decides. Where nothing is asked, or only a list is open, the news may
take the place; where something is asked, it stays asked. Who follows the news with a tap comes back afterwards: the place that
was left is kept in `memory["then"]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.flows.places import TAKEN, go, idle
from worker.flows.step import Place
from worker.flows.wording import Sentence, has, say

# Something is on the screen or just over, and nothing is asked: what is said next is about the news. Lists stay valid beside it.
NOT_ASKING = frozenset(
    [
        ("search", "asking"),
        ("search", "listing"),
        ("product", "open"),
        ("cart", "viewing"),
        ("tracking", "listing"),
        ("tracking", "opened"),
        ("paying", "open"),
        ("account", "open"),
        ("prescription", "waiting_file"),
        ("prescription", "checking"),
        ("prescription", "basket"),
        ("rating", "asked"),
        ("rating", "words"),
        ("doctors", "asking"),
        ("doctors", "listing"),
        ("doctors", "opened"),
        ("labs", "asking"),
        ("labs", "listing"),
        ("labs", "opened"),
        ("visits", "listing"),
        ("visits", "opened"),
    ]
)


def busy(place: Place) -> bool:
    """Whether the customer is being asked something that the news must not answer."""
    return has(_hint(place)) and (place.flow, place.state) not in NOT_ASKING


def asked_again(place: Place) -> Sentence:
    """What was being asked, in one sentence; nothing where nothing was."""
    return say(_hint(place)) if busy(place) else Sentence("")


def kept(place: Place) -> dict[str, Any] | None:
    """The place to come back to, as JSON; None where there is nothing to come back to."""
    if place.flow == "prescription":
        earlier: dict[str, Any] | None = place.memory.get("then")
        return earlier
    if not busy(place):
        return None
    memory = {k: v for k, v in place.memory.items() if k not in TAKEN}  # what every flow takes along is taken along
    return {"flow": place.flow, "state": place.state, "memory": memory}


def back(place: Place) -> Place:
    """Where the customer was before, or the menu level."""
    then: Mapping[str, Any] | None = place.memory.get("then")
    if not then:
        return idle(place)
    return go(place, str(then["flow"]), str(then["state"]), **dict(then["memory"]))


def turned_to(place: Place, state: str, **memory: Any) -> Place:
    """A state of the prescription flow, with the way back."""
    return go(place, "prescription", state, then=kept(place), **memory)


def _hint(place: Place) -> str:
    return f"hint.{place.flow}.{place.state}"
