"""What the house has to say about a prescription: told at once, in short while a person has the thread, and wholly when they have
left it; a question stays open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from worker.facts import Facts
from worker.flows import aside, prescription_decided, prescription_more, prescription_read, progress
from worker.flows.replies import joined, text, under
from worker.flows.step import Happened, Place, Step
from worker.flows.wording import Sentence, say

TOLD: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "prescription_read": prescription_read.told,
    "prescription_decided": prescription_decided.told,
    "prescription_question": prescription_decided.question,
}
# What a person's thread hears of it: somebody waits for their medicine. What the machine has read is no news of a pharmacist.
BRIEF: Mapping[str, Callable[[int, Facts], prescription_decided.Brief | None]] = {
    "prescription_decided": prescription_decided.told_beside,
    "prescription_question": prescription_decided.asked_beside,
}
MOST_UNHEARD = 4


def happened(place: Place, event: Happened, facts: Facts) -> Step:
    """Told now. While a person has the thread the bot says no more than that a pharmacist has spoken, and the whole of it waits."""
    if not facts.customer.with_agent:
        return TOLD[event.name](place, event, facts)
    number = int(event.data.get("prescription_id", 0))
    waiting = [old for old in place.memory.get("unheard", ()) if old[1] != number]
    brief = BRIEF.get(event.name)
    said = brief(number, facts) if brief else None
    if said is None or not said.whole:
        waiting = [*waiting, [event.name, number]][-MOST_UNHEARD:]
    here = place.at(place.state, unheard=waiting or None)
    return Step(here, (text(said.sentence),), outside=said.outside) if said else Step(here)


def caught_up(then: Step, facts: Facts) -> Step:
    """A step that gives the thread back to the bot, and after it what happened meanwhile."""
    waiting = then.place.memory.get("unheard")
    # Who left with a word hears first that they are back: that comes with what came of leaving.
    left = any(effect.name == "leave_agent" and not effect.args.get("how") for effect in then.effects)
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
