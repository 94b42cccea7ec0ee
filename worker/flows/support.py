"""A person takes over, and what the bot does meanwhile: nothing, but for emergencies and the way out."""

from __future__ import annotations

from worker.facts import Facts
from worker.flows.heard import PLAIN, Heard, listen
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, joined, step, text
from worker.flows.step import Button, Effect, Event, Happened, Place, Said, SentMedia, Step
from worker.flows.welcome import main_menu
from worker.flows.wording import has, lines, paragraphs, plain, say

RETURN = "agent_return"  # the timer after which the bot comes back when nobody answers
RETURN_MINUTES = 30
PEOPLE = frozenset(("asked", "not_understood", "emergency"))  # reasons of those who wait for an answer now
# Ways to leave a person.
ORDERED = 0.7  # "2 panadol" as well as "add 2 panadol"
LEAVING = frozenset(("menu", "end", "cancel", "logout"))
SHOPPING = frozenset(
    (
        "cart",
        "checkout",
        "add",
        "order",
        "track",
        "orders",
        "search",
        "health_products",
        "prescription",
        "cancel_order",
        "pay",
        "paid",
        "pay_way",
        "pay_another",
        "help",
        "show_product",
        "add_product",
        "search_page",
        "more_like",
    )
)


def hand_over(place: Place, reason: str, sentence: str) -> Step:
    """To a person. `reason`: asked, not_understood, emergency, my_data, delete_my_data or correct_data."""
    unasked = True if reason == "not_understood" else None
    return step(go(place, "support", "waiting", unasked=unasked), text(sentence), effects=_handing_over(reason))


def agent(place: Place, event: Event, facts: Facts) -> Step:
    return hand_over(place, "asked", say("support.asked"))


def advice(place: Place, event: Event, facts: Facts) -> Step:
    """How much, how safe, what goes with what: a pharmacist's to answer, and never a list of products under it."""
    return step(place, buttons(say("advice.pharmacist"), button("agent", "pharmacist"), button("search"), button("menu")))


def emergency(place: Place, event: Event, facts: Facts) -> Step:
    """The numbers at once, a person after that, never a product. Nothing in front of it, whoever writes."""
    kind = event.values.get("kind", "") if isinstance(event, Heard) else ""
    sentence = paragraphs(say("emergency.numbers"), say("emergency.person" if kind != "suicide" else "emergency.not_alone"))
    return step(go(place, "support", "waiting"), text(sentence), effects=_handing_over("emergency"))


def wants_the_bot(place: Place, event: Event, facts: Facts) -> bool:
    """Whether somebody handed over for not being understood, who asked for nobody, now says plainly what the bot can do."""
    if not place.memory.get("unasked") or not isinstance(event, Heard) or event.intent not in SHOPPING:
        return False
    if event.intent == "search" and event.confidence < PLAIN:
        return bool(facts.search(str(event.values.get("query", "")), limit=1).products)
    return event.tapped or event.confidence >= ORDERED


def with_person(place: Place, event: Event, facts: Facts) -> Step:
    """While a person has the thread: silence, except for emergencies, for the way back, and for keeping what is sent."""
    if isinstance(event, SentMedia):
        kept = Step(place, effects=() if event.kind == "sticker" else (keep(event, "support"),))
        caption = listen(Said(event.caption[:1000]), facts) if event.caption.strip() else None
        danger = caption is not None and caption.intent == "emergency"
        return joined(kept, emergency(place, caption, facts)) if caption and danger else kept
    if not isinstance(event, Heard):
        return Step(place)
    if event.intent == "emergency":
        return emergency(place, event, facts)
    if event.intent == "password_like":
        return Step(place, effects=(Effect("forget_text"),))
    return leave(place) if event.intent in LEAVING else Step(place)


LEFT = (Effect("leave_agent"), Effect("stop_timer", {"kind": RETURN}))


def leave(place: Place) -> Step:
    return step(idle(place, keep_list=False), main_menu(say("support.left")), effects=LEFT)


def keep(media: SentMedia, purpose: str) -> Effect:
    """The effect that notes a file for a person. `purpose`: support; prescriptions have an effect of their own."""
    kept = {
        "kind": media.kind,
        "media_id": media.media_id,
        "mime_type": media.mime_type,
        "caption": media.caption[:1024],
        "filename": media.filename[:200],
        "sha256": media.sha256,
        "purpose": purpose,
    }
    return Effect("keep_media", kept)


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """The person has gone and the customer writes again: as at the menu level."""
    return None


def _handing_over(reason: str) -> tuple[Effect, ...]:
    given = Effect("hand_over", {"reason": reason})
    return (given, Effect("start_timer", {"kind": RETURN, "minutes": RETURN_MINUTES})) if reason in PEOPLE else (given,)


def timer_due(place: Place, event: Happened, facts: Facts) -> Step:
    """Nobody answered in time: the bot takes the thread back and says so. Timers of flows to come are not ours to answer."""
    if event.data.get("kind") != RETURN or not facts.customer.with_agent:
        return Step(place)
    back = returned(place, event, facts)
    return step(back.place, *back.replies, effects=(Effect("leave_agent"),))


def returned(place: Place, event: Happened, facts: Facts) -> Step:
    """The bot has the thread again, and whoever waited hears it."""
    return step(idle(place, keep_list=False), buttons(say("support.returned"), button("menu"), button("agent", "agent_again")))


def unclear(place: Place, sentence: str, *extra: str | Button) -> Step:
    """What is not understood: concrete suggestions, and a person after the second time in a row."""
    misses = int(place.memory.get("misses", 0)) + 1
    if misses >= 2:
        return hand_over(place.at(place.state, misses=None), "not_understood", say("support.not_understood"))
    shown = tuple(x if isinstance(x, Button) else button(x) for x in (extra or ("search", "menu"))[:2])
    return step(place.at(place.state, misses=misses), buttons(sentence, *shown, button("agent")))


def puzzled(place: Place, words: str = "") -> Step:
    """Words that mean nothing here or anywhere: what is waited for right now, or else what could be written."""
    hint = f"hint.{place.flow}.{place.state}"
    if has(hint):
        return unclear(place, lines(say("entry.unclear"), say(hint)), "menu")
    if words:
        return unclear(place, say("search.nothing_guessed", query=plain(words, 60)), "search", "menu")
    return unclear(place, say("entry.not_understood"), "search", "menu")


def rate(place: Place, event: Event, facts: Facts) -> Step:
    return step(place, buttons(say("support.rate"), button("agent"), button("menu")))


def end(place: Place, event: Event, facts: Facts) -> Step:
    """`end` when nobody has the thread."""
    return step(idle(place), buttons(say("support.no_chat"), button("menu"), button("agent")))


FLOW = {"waiting": waiting}
