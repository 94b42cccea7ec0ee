"""A person takes over, and what the bot does meanwhile: nothing, but for emergencies and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from worker.facts import Facts
from worker.flows import rating, team
from worker.flows.heard import PLAIN, Heard, listen
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, joined, step, text
from worker.flows.step import Button, Effect, Event, Happened, Place, Said, SentMedia, SentUnusable, Step
from worker.flows.welcome import main_menu
from worker.flows.wording import has, lines, paragraphs, plain, say

RETURN = "agent_return"  # the timer after which the bot comes back when nobody answers
RETURN_MINUTES = 30
PEOPLE = frozenset(("asked", "not_understood", "emergency"))  # reasons of those who wait for an answer now
# WhatsApp's types that ask nothing of us: an answer to a thumbs-up would be noise.
SILENT = frozenset(
    [
        "reaction",
        "sticker",
        "system",
        "edit",
        "revoke",
        "pin",
        "keep",
        "poll_update",
        "user_id_update",
        "user_preferences",
        "request_welcome",
        "call_permission_reply",
        "media_placeholder",
        "ephemeral",
    ]
)
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
        *("find_doctor", "doctors_page", "show_doctor", "lab_tests", "tests_page", "show_test"),
        *("book", "visit_days", "visit_day", "visit_at", "visit_yes"),
        *("appointments", "show_visit", "reschedule", "cancel_appointment", "visits_page", "visit_cancel_yes", "lab_result"),
        *("specialties_page", "doctor_places"),
    )
)


def hand_over(place: Place, reason: str, sentence: str) -> Step:
    """To a person. `reason`: asked, not_understood, emergency, my_data, delete_my_data or correct_data."""
    missed = reason == "not_understood"
    to = go(place, "support", "waiting", unasked=True if missed else None, booking=_booking(place) if missed else None)
    return step(to, text(sentence), effects=_handing_over(reason))


def _booking(place: Place) -> dict[str, str] | None:
    """What was being booked when nothing was understood any more."""
    there = {key: str(place.memory[key]) for key in ("subject", "address", "whom") if place.memory.get(key)}
    return there if place.flow == "booking" and "subject" in there else None


def resumed(place: Place, event: Event) -> Place:
    """The menu level; for a time that is typed, the booking that was left: its days, and never its last yes."""
    at_days = _at_days(place) if isinstance(event, Heard) and event.intent == "book" else None
    return at_days or idle(place)


def _at_days(place: Place) -> Place | None:
    left = place.memory.get("booking")
    return go(place, "booking", "choosing_day", **left) if left else None


def agent(place: Place, event: Event, facts: Facts) -> Step:
    """Silence from here on. While nobody is there, what is plainly for the bot still is: a night is long."""
    then = hand_over(place, "asked", team.asked(facts))
    away = True if team.back_at(facts) else None
    return step(then.place.at(then.place.state, away=away), *then.replies, effects=then.effects)


def handed_over(place: Place, event: Happened, facts: Facts) -> Step:
    """Who asked for nobody hears when somebody would be there."""
    back = team.back_at(facts)
    if back is None or place.state != "waiting" or not place.memory.get("unasked"):
        return Step(place)
    return step(place, text(say("support.not_understood_away", when=team.when(back, facts))))


def advice(place: Place, event: Event, facts: Facts) -> Step:
    """How much, how safe, what goes with what: a pharmacist's to answer, and never a list of products under it."""
    return step(place, buttons(say("advice.pharmacist"), button("agent", "pharmacist"), button("search"), button("menu")))


def emergency(place: Place, event: Event, facts: Facts) -> Step:
    """The numbers at once, a person after that, never a product. Nothing in front of it, whoever writes."""
    kind = event.values.get("kind", "") if isinstance(event, Heard) else ""
    sentence = paragraphs(say("emergency.numbers"), team.emergency(facts, kind))
    return step(go(place, "support", "waiting"), text(sentence), effects=_handing_over("emergency"))


def wants_the_bot(place: Place, event: Event, facts: Facts) -> bool:
    """Whether somebody who asked for nobody (not being understood), or for people who are away, plainly says what the bot can do."""
    if not isinstance(event, Heard) or event.intent not in SHOPPING or not nobody_yet(place, facts):
        return False
    if event.intent == "search" and event.confidence < PLAIN:
        return bool(facts.search(str(event.values.get("query", "")), limit=1).products)
    return event.tapped or event.confidence >= ORDERED


def nobody_yet(place: Place, facts: Facts) -> bool:
    """Whether no person has taken the thread up, and none was asked for who is there: then what is plainly for the bot still is."""
    return bool(place.memory.get("unasked") or place.memory.get("away")) and not facts.taken_up()


def with_person(place: Place, event: Event, facts: Facts) -> Step:
    """While a person has the thread: silence, except for emergencies, for the way back, and for keeping what is sent."""
    if isinstance(event, SentMedia):
        kept = Step(place, effects=() if event.kind == "sticker" else (keep(event, "support"), WAITS))
        caption = listen(Said(event.caption[:1000]), facts) if event.caption.strip() else None
        danger = caption is not None and caption.intent == "emergency"
        return joined(kept, emergency(place, caption, facts)) if caption and danger else kept
    if isinstance(event, SentUnusable):  # what no bot can use a person may ask about; thumbs up and the like wait for no answer
        return Step(place, effects=() if event.kind in SILENT else (WAITS,))
    if not isinstance(event, Heard):
        return Step(place, effects=(WAITS,))
    if event.intent == "emergency":
        return emergency(place, event, facts)
    if event.intent == "password_like":
        return Step(place, effects=(Effect("forget_text"), WAITS))
    if event.intent == "rate" and event.tapped:  # a question of an older talk
        return rating.typed(place, event, facts)
    if event.intent == "stop":  # whoever has the thread, it is heeded
        return step(place, text(say("beside.stopped")), effects=(Effect("stop_messages"),))
    if event.intent in LEAVING and not (event.intent == "cancel" and facts.taken_up()):  # an answer to what a person asked
        return leave(place, "end" if event.intent in ("end", "logout") else "menu")
    return Step(place) if event.intent == "thanks" else Step(place, effects=(WAITS,))  # nobody waits for an answer to thanks


WAITS = Effect("await_answer")
STOPPED = Effect("stop_timer", {"kind": RETURN})
LEFT = (Effect("leave_agent"), STOPPED)


def leave(place: Place, how: str) -> Step:
    """Back to the bot. What is said to it waits for what came of leaving: whether somebody had answered, and is to be rated."""
    return step(idle(place, keep_list=False), effects=(Effect("leave_agent", {"how": how}), STOPPED))


def left(place: Place, event: Happened, facts: Facts) -> Step:
    """Said once, and how it was asked once; where something else led on, that speaks."""
    how, back = event.data.get("how"), team.back_at(facts)
    if not how:
        return Step(place)
    thread = int(event.data.get("thread", 0))
    if event.data.get("rate") and how == "end":
        return rating.ask(place, thread, say("support.left"))
    kept = event.data.get("kept") and back is not None
    menu = main_menu(say("support.left_kept", when=team.when(back, facts)) if kept and back else say("support.left"))
    return step(place, *((rating.offered(thread),) if event.data.get("rate") else ()), menu)


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
    """Nobody answered in time: the bot takes the thread back, unless somebody just did answer. Other timers are not ours."""
    if event.data.get("kind") != RETURN or not facts.customer.with_agent:
        return Step(place)
    return Step(place, effects=(Effect("end_silence"),))


def returned(place: Place, event: Happened, facts: Facts) -> Step:
    """The bot has the thread again: people ended it, or nobody answered in time, or nobody said anything for long."""
    if facts.customer.with_agent:  # they asked again meanwhile
        return Step(place)
    here, told = idle(place, keep_list=False), event.data
    if told.get("quiet"):
        return Step(here)
    if told.get("by") == "staff":
        sentence = paragraphs(say("support.ended"), say("support.ended_unanswered") if told.get("unanswered") else "")
        if told.get("rate"):
            return rating.ask(here, int(told.get("thread", 0)), sentence)
        return step(here, buttons(sentence, button("menu"), button("agent")))
    back = team.back_at(facts)
    if told.get("kept") and back is not None:
        return step(here, buttons(say("support.returned_kept", when=team.when(back, facts)), button("menu")))
    at_days = None if told.get("answered") else _at_days(place)
    if at_days:  # a time goes on with it, or yes, which shows the free days
        days = button(f"vdays:{at_days.memory['subject']}:", "free_days")
        return step(at_days, buttons(say("support.returned_booking"), days, button("menu"), button("agent", "agent_again")))
    sentence = say("support.returned_answered" if told.get("answered") else "support.returned")
    return step(here, buttons(sentence, button("menu"), button("agent", "agent_again")))


def answer_waits(place: Place, event: Happened, facts: Facts) -> Step:
    """A colleague answered outside the window: a template asks the customer to write."""
    return Step(place, effects=(Effect("announce_answer"),))


def joined_by(place: Place, event: Happened, facts: Facts) -> Step:
    """A colleague answers what was left for people, in the middle of what the customer does with the bot."""
    if not facts.customer.with_agent:
        return Step(place)
    return step(go(place, "support", "waiting"), text(say("support.joined")))


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
COMMANDS: Mapping[str, Callable[[Place, Event, Facts], Step]] = {"advice": advice, "end": end, "rate": rating.typed}
OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "handed_over": handed_over,
    "left_agent": left,
    "agent_gone": returned,
    "answer_waits": answer_waits,
    "person_writes": joined_by,
    **rating.OUTCOMES,
}
