"""What is held of a customer: told in plain words with a link to all of it, and erased when they want that."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows.heard import Heard
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, step
from worker.flows.step import Button, Effect, Event, Happened, Link, Place, Step
from worker.flows.support import hand_over, unclear
from worker.flows.wording import Sentence, lines, paragraphs, say

# What must end first -> its sentence.
WAITS = {
    "orders": "still.orders",
    "payments": "still.money",
    "refunds": "still.money",
    "money_to_be_looked_at": "still.money",
    "prescriptions": "still.prescriptions",
    "appointments": "still.visits",
    "lab_tests": "still.labs",
}


def my_data(place: Place, event: Event, facts: Facts) -> Step:
    """Asks for the link; the answer comes in the same turn."""
    return step(go(place, "account", "waiting"), effects=(Effect("link_my_data"),))


def linked(place: Place, event: Happened, facts: Facts) -> Step:
    """What is held in a few lines, and where all of it is. Without a public address a person sends it."""
    told = paragraphs(say("data.intro"), _held(facts))
    url = str(event.data.get("url", ""))
    if not url:
        return hand_over(place, "my_data", paragraphs(told, say("data.request")))
    return step(idle(place), Link(paragraphs(told, say("data.link"), say("data.rights")), say("button.download"), url))


def _held(facts: Facts) -> Sentence:
    customer, cart, results = facts.customer, facts.cart(), len(facts.care.results())
    visits = sum(facts.care.visits(past=past, limit=1).total for past in (False, True))
    return lines(
        say("data.name", name=customer.name) if customer.name else say("data.no_name"),
        say("data.number") if customer.has_number else say("data.no_number"),
        say("data.orders", count=facts.orders(limit=1).total),
        say("data.cart", count=len(cart.lines)),
        say("data.visits", count=visits) if visits else "",
        say("data.results", count=results) if results else "",
        say("data.messages"),
    )


def delete_my_data(place: Place, event: Event, facts: Facts) -> Step:
    """Two steps: what must stay and why is said before anything is asked for."""
    to = go(place, "account", "confirming_delete")
    return step(
        to,
        buttons(
            say("account.delete_ask"), Button("acc:delete", say("button.delete_yes")), Button("acc:keep", say("button.keep_data"))
        ),
    )


def confirming_delete(place: Place, event: Event, facts: Facts) -> Step | None:
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("yes", "delete_my_data"):
        return confirmed(place)
    if event.intent in ("no", "cancel", "back"):
        return kept(place)
    if event.intent in ("unknown", "number", "next", "previous", "more"):
        return unclear(place, say("account.delete_again"), "menu")
    return None


def kept(place: Place) -> Step:
    """Nothing is deleted; a wish that was noted a moment ago is taken back."""
    told = buttons(say("account.delete_not"), button("menu"), button("account"))
    return step(idle(place), told, effects=(Effect("keep_my_data"),))


def confirmed(place: Place) -> Step:
    return step(go(place, "account", "waiting"), effects=(Effect("ask_erasure"),))


def erasure_asked(place: Place, event: Happened, facts: Facts) -> Step:
    """Ten minutes to change one's mind: "no" takes it back."""
    return step(
        go(place, "account", "confirming_delete"),
        buttons(say("account.delete_recorded"), Button("acc:keep", say("button.keep_data"))),
    )


def erasure_refused(place: Place, event: Happened, facts: Facts) -> Step:
    """Something is open: what, and that nothing was deleted."""
    counts: dict[str, int] = {}
    for what, sentence in WAITS.items():
        counts[sentence] = counts.get(sentence, 0) + int(event.data.get(what, 0))
    told = [say(sentence, count=count) for sentence, count in counts.items() if count]
    body = paragraphs(say("account.delete_open"), lines(*told), say("account.delete_then"))
    return step(idle(place), buttons(body, button("orders"), button("agent"), button("menu")))


OUTCOMES = {"my_data_linked": linked, "erasure_asked": erasure_asked, "erasure_refused": erasure_refused}
