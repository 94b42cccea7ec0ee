"""More of an answer: people answer the pharmacist in several messages, and only the first is waited for.

For some minutes after an answer, words that are no clear command belong to it. What is clear is told by how it is said, not by
the words in it: "it is 150 mg, doctor told me" looks for no doctor.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from models.prescriptions import MORE_OF_ANSWER
from worker.facts import Facts
from worker.flows import aside, progress, shown
from worker.flows.heard import ASKED, Heard, is_command
from worker.flows.prescription_read import leads_elsewhere, said
from worker.flows.replies import button, buttons, step
from worker.flows.step import Happened, Place, Step
from worker.flows.wording import say

# How people begin when they want something of us.
_WANTS = re.compile(
    r"(?:please |pls |can i |i want to |i would like to )?(?:"
    r"find|search|look for|show|book|make an|see (?:a|the|my)|check ?out|track|view|open|add|clear|cancel|order|pay|buy|how much|prices?\b"
    r"|do you|what (?:time|is my|are my)|where is my|my (?:cart|orders?|account|prescriptions?)\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"(?:can|is|are|should|shall|may|how|what|which|when|why|does|do|will)\b", re.IGNORECASE)
_POLITE = frozenset(("yes", "no", "skip", "back", "next", "previous", "more", "resend", "greeting", "thanks", "rate", "end"))
_ABOUT_US = frozenset(("hours", "delivery_question", "location_question"))
_COMING = frozenset(("find_doctor", "book", "appointments", "reschedule", "cancel_appointment", "lab_tests"))
_OF_A_LIST = frozenset(("change", "remove"))
_MENU_DIGITS = 1
_ORDER_DIGITS = range(4, 11)
_SHORT = 4  # words; a greeting that is longer says something else too, and so does what might be a product's name


def opened(to: Place, number: int, facts: Facts) -> Place:
    """The place after an answer: for some minutes more of it may come."""
    return to.at(to.state, answered={"id": number, "at": facts.now.isoformat(), "where": f"{to.flow}.{to.state}"})


def told(place: Place, event: Heard, facts: Facts) -> Step | None:
    """Words after an answer that are more of it, kept for the pharmacist; None where they are something else."""
    answered = _answered(place, facts)
    if answered is None or event.tapped or _clear(place, event, facts, moved=answered["where"] != f"{place.flow}.{place.state}"):
        return None
    return step(place.at(place.state, answered={**answered, "more": True}), effects=(said(int(answered["id"]), event.text),))


def noted(place: Place, event: Happened, facts: Facts) -> Step:
    """It is kept: said shortly, and what comes within the next minutes is more of it still."""
    answered = place.memory.get("answered") or {}
    if not answered.get("more"):
        return Step(place)
    to = place.at(place.state, answered={"id": answered["id"], "at": facts.now.isoformat(), "where": answered["where"]})
    return step(to, buttons(say("ask.added"), button("menu"), button("agent", "pharmacist")))


def _answered(place: Place, facts: Facts) -> dict[str, Any] | None:
    """What was answered some minutes ago, where nothing else is being asked and the pharmacist can still use more."""
    answered = place.memory.get("answered")
    if not answered or aside.busy(place) or (place.flow, place.state) in _ABOUT_ANOTHER:
        return None
    if facts.now - datetime.fromisoformat(str(answered["at"])) > MORE_OF_ANSWER:
        return None
    known, latest = facts.prescription(int(answered["id"])), progress.pending(facts)
    asked_again = "asked" in (known and known.state, latest and latest.state)  # then words are an answer to that
    return dict(answered) if known and known.state in progress.PENDING and not asked_again else None


# These came after the answer and wait for words of their own.
_ABOUT_ANOTHER = frozenset([("prescription", "checking"), ("prescription", "basket")])


def _clear(place: Place, event: Heard, facts: Facts, *, moved: bool) -> bool:
    """Whether a message plainly is something else than more of the answer. `moved`: the customer went elsewhere meanwhile."""
    count = len(event.text.split())
    if not any(c.isalnum() for c in event.text) or leads_elsewhere(event):
        return True
    if event.intent in _POLITE:
        return count <= _SHORT
    if event.intent == "number":
        return _is_choice(place, str(event.values.get("digits", event.values["n"])))
    if event.intent == "unknown":
        return _named(place, event)
    if event.intent in ("search", "add", "order"):
        return _is_wish(place, event, facts, moved=moved)
    if event.intent == "advice":
        return event.text.rstrip().endswith("?") or bool(_QUESTION.match(event.text))
    if event.intent in _OF_A_LIST:
        return count <= 3 or shown.read(place, "cart") is not None
    wants = bool(_WANTS.match(event.text))
    if event.intent in _COMING:
        return is_command(event) and (wants or count <= 2)
    return event.intent in _ABOUT_US or (is_command(event) and (wants or count <= 3))


def _is_choice(place: Place, digits: str) -> bool:
    """A row of the list on the screen, of the menu, or the number of an order."""
    return shown.read(place) is not None or len(digits) == _MENU_DIGITS or len(digits) in _ORDER_DIGITS


def _is_wish(place: Place, event: Heard, facts: Facts, *, moved: bool) -> bool:
    """Something to buy: asked for in so many words, or a name the shop knows where the customer is shopping."""
    if _named(place, event) or (event.confidence >= ASKED and not event.values.get("query") and event.intent == "search"):
        return True
    asked = is_command(event)
    if asked and _WANTS.match(event.text) and event.intent == "search":
        return True
    if not asked and (not moved or len(event.text.split()) > _SHORT):
        return False
    items = event.values.get("items") or ({"name": event.values.get("query", "")},)
    names = [str(item.get("name") or "") for item in items]
    if not any(names):
        return shown.read(place) is not None  # "add 1": a number of the list
    return any(name and facts.search(name, limit=1).products for name in names[:3])


def _named(place: Place, event: Heard) -> bool:
    """Whether it names a row of the list on the screen."""
    on_screen = shown.read(place)
    return on_screen is not None and on_screen.named(event.text) is not None
