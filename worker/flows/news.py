"""What the house has to say about a prescription: told at once, or when a person has left the thread; a question stays open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from worker.facts import Facts
from worker.flows import aside, prescription_decided, prescription_more, prescription_read, progress
from worker.flows.replies import joined, under
from worker.flows.step import Happened, Place, Step
from worker.flows.wording import Sentence, say

TOLD: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "prescription_read": prescription_read.told,
    "prescription_decided": prescription_decided.told,
    "prescription_question": prescription_decided.question,
}
MOST_UNHEARD = 4


def happened(place: Place, event: Happened, facts: Facts) -> Step:
    """Told now. While a person has the thread the bot is silent, and the news waits until it has the thread again."""
    if not facts.customer.with_agent:
        return TOLD[event.name](place, event, facts)
    news = [event.name, int(event.data.get("prescription_id", 0))]
    waiting = [old for old in place.memory.get("unheard", ()) if old[1] != news[1]]
    return Step(place.at(place.state, unheard=[*waiting, news][-MOST_UNHEARD:]))


def caught_up(then: Step, facts: Facts) -> Step:
    """A step that gives the thread back to the bot, and after it what happened meanwhile."""
    waiting = then.place.memory.get("unheard")
    left = any(effect.name == "leave_agent" for effect in then.effects)
    if not waiting or (facts.customer.with_agent and not left):
        return then
    then = replace(then, place=then.place.at(then.place.state, unheard=None))
    for name, number in waiting:
        then = joined(then, TOLD[name](then.place, Happened(name, {"prescription_id": number}), facts))
    return then


def answered(place: Place, event: Happened, facts: Facts) -> Step:
    """The customer's words are with the pharmacist: an answer, more of it, or one of several corrections."""
    if place.flow != "prescription" or place.state not in _ANSWERED:
        return prescription_more.noted(place, event, facts)
    return _ANSWERED[place.state](place, event, facts)


_ANSWERED: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "answering": prescription_decided.answered,
    "correcting": prescription_read.noted,
}


def question_first(place: Place, then: Step, facts: Facts) -> Step:
    """Words nobody understood, while the pharmacist waits for an answer: the question again, and the next words answer it."""
    missed: Any = then.place.memory.get("misses", 0)
    if missed <= place.memory.get("misses", 0) or aside.busy(place):
        return then
    asked = _open_question(facts)
    return under(say("entry.unclear"), prescription_decided.open_question(place, asked, facts)) if asked else then


def after_quiet(place: Place, told: Sentence, facts: Facts) -> Step | None:
    """Quiet minutes close what was open, but not the pharmacist's question: the next words still answer it."""
    asked = _open_question(facts)
    if not asked:
        return None
    again = prescription_decided.open_question(Place(), asked, facts)
    reminded = (place.flow, place.state) == ("prescription", "answering")  # nothing else was open
    return again if reminded else under(told, again)


def _open_question(facts: Facts) -> int:
    shown = progress.pending(facts)
    return shown.id if shown and shown.state == "asked" else 0
