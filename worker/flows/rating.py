"""How a talk with a person was: asked once, answered by a tap or a number, with a few words if the customer likes; never again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from worker.facts import Facts
from worker.flows.heard import PLAIN, Heard, is_command
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, choices, row, step, text
from worker.flows.step import Choices, Effect, Event, Happened, Place, Step
from worker.flows.wording import Sentence, paragraphs, say

WORDS_MAX = 500
STARS = (5, 4, 3, 2, 1)
BAD = 2


def ask(place: Place, thread: int, before: Sentence | str = "") -> Step:
    """The question, under what is said before it; the next number answers it."""
    return step(go(idle(place, keep_list=False), "rating", "asked", thread=thread), _question(thread, "rating.ask", before))


def offered(thread: int) -> Choices:
    """The question beside something else: only a tap answers it, a number is that other's."""
    return _question(thread, "rating.ask_tap", "")


def _question(thread: int, key: str, before: Sentence | str) -> Choices:
    rows = (row(f"rate:{thread}:{stars}", say(f"rating.{stars}")) for stars in STARS)
    return choices(paragraphs(before, say(key)), rows, "rate")


def asked(place: Place, event: Event, facts: Facts) -> Step | None:
    """A number from 1 to 5; anything else means what it means anywhere."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("skip", "no"):
        return step(idle(place), text(say("entry.all_right")))
    if event.intent not in ("number", "rate") or not 1 <= _stars(event) <= STARS[0]:
        return None
    return _rate(place, place.memory.get("thread", 0), _stars(event))


def typed(place: Place, event: Event, facts: Facts) -> Step:
    """`rate 5` anywhere, and a tap on the question, however old: it names its thread."""
    values = event.values if isinstance(event, Heard) else {}
    stars = _stars(event) if isinstance(event, Heard) else 0
    if not 1 <= stars <= STARS[0]:
        return refused(place, Happened("rating_refused"), facts)
    return _rate(place, values.get("id", 0), stars)


def _stars(event: Heard) -> int:
    told = event.values.get("n", 0)
    return told if isinstance(told, int) else 0


def _rate(place: Place, thread: object, stars: int) -> Step:
    return step(place, effects=(Effect("rate_thread", {"thread": int(str(thread)), "stars": stars}),))


def rated(place: Place, event: Happened, facts: Facts) -> Step:
    """Thanks, and room for a few words, where nothing else is open."""
    bad = int(event.data.get("stars", 0)) <= BAD
    sentence = say("rating.sorry" if bad else "rating.thanks")
    offer = (button("agent"), button("menu")) if bad else (button("menu"),)
    free = place.flow == "rating" or (place.flow, place.state) == ("entry", "idle")
    to = go(place, "rating", "words", leave=("shown",), thread=event.data.get("thread", 0)) if free else place
    return step(to, buttons(sentence, *offer)) if free else step(to, text(say("rating.words_kept")))


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """There is no talk to rate, or it was rated with words already."""
    if facts.customer.with_agent:  # an old question, tapped while a person is there
        return Step(place)
    return step(place, buttons(say("support.rate"), button("agent"), button("menu")))


def words(place: Place, event: Event, facts: Facts) -> Step | None:
    """A few words, unless they plainly ask for something else."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("skip", "no", "thanks"):
        return step(idle(place), text(say("thanks" if event.intent == "thanks" else "entry.all_right")))
    if event.intent in ("number", "rate") and 1 <= _stars(event) <= STARS[0]:
        return _rate(place, place.memory.get("thread", 0), _stars(event))  # tapped beside it
    if _asks_for_something(event, facts) or not any(c.isalpha() for c in event.text):
        return None
    kept = {"thread": int(place.memory.get("thread", 0)), "words": event.text.strip()[:WORDS_MAX]}
    return step(idle(place), text(say("rating.words_kept")), effects=(Effect("add_rating_words", kept),))


def _asks_for_something(event: Heard, facts: Facts) -> bool:
    """Most sentences could be searched for: only what says so, or names a product, is a search here."""
    if _CONTENT.match(event.text):
        return False
    if event.intent != "search":
        return is_command(event)
    query = str(event.values.get("query", ""))
    return event.confidence >= PLAIN or (bool(query) and len(query.split()) <= 4 and bool(facts.search(query, limit=1).products))


_CONTENT = re.compile(r"\W*no (?:complain|wahala|problem|issue)", re.I)


FLOW = {"asked": asked, "words": words}
OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {"thread_rated": rated, "rating_refused": refused}
