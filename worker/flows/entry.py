"""One turn: what a customer's message means here, and if it means nothing here, what it means anywhere.

The order is the promise of the whole conversation: danger to life before everything, a person's thread stays undisturbed,
the words that work everywhere work everywhere, and only then what the present state waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from worker.facts import Facts
from worker.flows import (
    account,
    adding,
    book_said,
    booking,
    cart,
    checkout,
    checkout_place,
    doctors,
    due,
    labs,
    media,
    news,
    order_news,
    own_data,
    paying,
    paying_news,
    paying_order,
    prescription,
    prescription_decided,
    prescription_more,
    prescription_read,
    product,
    quiet,
    rating,
    receipts,
    search,
    shown,
    signing_in,
    support,
    tracking,
    visits,
    welcome,
)
from worker.flows.heard import ASKED, Command, Heard, listen, menu_choice, tapped
from worker.flows.places import idle
from worker.flows.replies import button, buttons, joined, step, text, under
from worker.flows.step import Event, Flow, Happened, Place, Said, SentMedia, StateHandler, Step, Tapped
from worker.flows.wording import say


def _at_menu_level(place: Place, event: Event, facts: Facts) -> Step | None:
    """Nothing is asked, but a list may still be the last thing shown: its numbers and pages stay valid."""
    on_screen = shown.read(place)
    handler = LISTS.get(on_screen.what) if on_screen else None
    return handler(place, event, facts) if handler else None


LISTS: Mapping[str, StateHandler] = {
    "products": search.listing,
    "candidates": search.listing,
    "cart": cart.viewing,
    "orders": tracking.listing,
    **doctors.LISTS,
    **labs.LISTS,
    **visits.LISTS,
}


def _or_list(handler: StateHandler) -> StateHandler:
    """News came while a list was on the screen: the list stays valid beside it."""
    return lambda place, event, facts: handler(place, event, facts) or _at_menu_level(place, event, facts)


FLOWS: Mapping[str, Flow] = {
    "entry": {"idle": _at_menu_level},
    "search": search.FLOW,
    "product": product.FLOW,
    "adding": adding.FLOW,
    "cart": cart.FLOW,
    "checkout": checkout.FLOW,
    "account": account.FLOW,
    "tracking": tracking.FLOW,
    "paying": {**paying.FLOW, "open": _or_list(paying.opened)},
    "prescription": {
        **prescription.FLOW,
        **prescription_read.FLOW,
        **prescription_decided.FLOW,
        "checking": _or_list(prescription_read.checking),
        "basket": _or_list(prescription_decided.basket),
    },
    "doctors": doctors.FLOW,
    "booking": booking.FLOW,
    "visits": visits.FLOW,
    "labs": labs.FLOW,
    "support": support.FLOW,
    "rating": rating.FLOW,
    "due": due.FLOW,
}

# Heard before the present state is asked, whatever it waits for.
FIRST: Mapping[str, Command] = {
    "emergency": support.emergency,
    "password_like": account.password,
    "menu": welcome.menu,
    "help": welcome.help,
    "agent": support.agent,
    "stop": account.stop,
    "resume": account.resume,
}


def back(place: Place, event: Event, facts: Facts) -> Step:
    """One step back: to the list a product was chosen from, where a state knows more, there; to the menu everywhere else."""
    again = search.reopen(place, facts) if place.flow in ("product", "adding") else None
    return again or welcome.menu(place, event, facts)


def cancel(place: Place, event: Event, facts: Facts) -> Step:
    """Leaves what is being asked. The cart stays, and so does every order: cancelling one is said with its number."""
    key = "cancel.nothing" if (place.flow, place.state) == ("entry", "idle") else "cancel.done"
    return step(idle(place, keep_list=False), buttons(say(key), button("menu"), button("cart"), button("orders")))


def nothing_asked(place: Place, event: Event, facts: Facts) -> Step:
    """`next` and the like when no list is open."""
    return step(place, buttons(say("entry.nothing_asked"), button("search"), button("menu"), button("agent")))


def all_right(place: Place, event: Event, facts: Facts) -> Step:
    """`ok` and `no` after everything was said: an answer, not a question."""
    return step(place, text(say("entry.all_right")))


def number(place: Place, event: Heard, facts: Facts) -> Step:
    """A number when no list is open is the main menu's; a long one is an order's."""
    chosen = menu_choice(int(event.values["n"]))
    digits = str(event.values.get("digits", event.values["n"]))
    if chosen is None and 4 <= len(digits) <= 10:
        chosen = Heard(event.text, "track", {"order_number": digits})
    if chosen is not None:
        return signing_in.ask(place, chosen) if signing_in.needed(place, chosen, facts) else _commanded(place, chosen, facts)
    return support.unclear(place, say("entry.no_such_number"), "menu", "orders")


def _commanded(place: Place, event: Heard, facts: Facts) -> Step:
    return COMMANDS[event.intent](place, event, facts)


def signed_in(place: Place, event: Event, facts: Facts) -> Step:
    """Yes, it is me: what was asked for before goes on."""
    return _answer(signing_in.signed_in(place, facts), signing_in.wanted(place), facts)


def stale(place: Place, event: Event, facts: Facts) -> Step:
    return step(place, buttons(say("entry.stale"), button("menu"), button("agent")))


COMMANDS: Mapping[str, Command] = {
    **FIRST,
    **due.COMMANDS,
    **doctors.COMMANDS,
    **booking.COMMANDS,
    **book_said.COMMANDS,
    **visits.COMMANDS,
    **labs.COMMANDS,
    "back": back,
    "cancel": cancel,
    "greeting": welcome.greeting,
    "thanks": welcome.thanks,
    **dict.fromkeys(("hours", "location_question", "delivery_question"), welcome.about),
    "number": number,
    "advice": support.advice,
    "search": search.search,
    "search_page": search.turn_page,
    "health_products": search.health_products,
    "show_product": product.show_tapped,
    "add_product": product.add_tapped,
    "more_like": product.more_like,
    "add": adding.add,
    "order": adding.add,
    "cart": cart.view,
    "edit": cart.edit,
    "cart_page": cart.turn_page,
    "show_line": cart.line_tapped,
    "set_line": cart.set_tapped,
    "remove_line": cart.remove_tapped,
    "change": cart.change,
    "remove": cart.remove,
    "clear_cart": cart.clear,
    "clear_confirmed": cart.clear_tapped,
    "checkout": checkout.start,
    "checkout_choice": checkout.choice,
    "track": tracking.track,
    "orders": tracking.history,
    "orders_page": tracking.turn_page,
    "cancel_order": tracking.cancel_order,
    "cancel_confirmed": tracking.cancel_tapped,
    "pay": paying.pay,
    "pay_way": paying.way_tapped,
    "pay_another": paying.other,
    "paid": paying.paid,
    "prescription": prescription.ask,
    "prescription_right": prescription_read.right_tapped,
    "prescription_wrong": prescription_read.wrong_tapped,
    "prescription_done": prescription_read.done_tapped,
    "prescription_none": prescription_read.none_tapped,
    "prescription_answer": prescription_decided.answer_tapped,
    "account": account.show,
    "account_choice": account.choice,
    "correct_data": account.rename,
    "register": account.register,
    "login": account.login,
    "logout": signing_in.logout,
    "signed_in": signed_in,
    "my_data": own_data.my_data,
    "delete_my_data": own_data.delete_my_data,
    **support.COMMANDS,
    "stale": stale,
    "consent_choice": account.late_consent,
    **dict.fromkeys(("yes", "no", "skip"), all_right),
    **dict.fromkeys(("next", "previous", "more", "resend"), nothing_asked),
}


# What is gone on with after a registration that interrupted it.
GOES_ON = frozenset(("checkout", "track", "orders", "cancel_order", "prescription", "book_on"))


def turn(place: Place, event: Event, facts: Facts) -> Step:
    """What one event leads to. Pure; never raises for anything a customer can send."""
    return signing_in.carried(place, event, _turn(place, event, facts), facts)


def _turn(place: Place, event: Event, facts: Facts) -> Step:
    if isinstance(event, Happened):
        return news.caught_up(_happened(place, event, facts), facts)
    if isinstance(event, Tapped):
        event = tapped(event)
    elif isinstance(event, Said):
        event = listen(event, facts)
    if facts.customer.with_agent:
        if support.wants_the_bot(place, event, facts) or prescription.unasked(place, event, facts):
            answered = _answer(support.resumed(place, event), event, facts)
            return news.caught_up(joined(step(place, effects=support.LEFT), answered), facts)
        return news.caught_up(prescription.with_person(place, event, facts) or support.with_person(place, event, facts), facts)
    if place.state not in FLOWS.get(place.flow, {}):
        place = Place()  # a state of another release: the menu level knows the way
    place = signing_in.closed(place, facts)
    before = place.memory.get("misses")
    then = news.question_first(place, _answer(place, event, facts), facts)
    if not facts.customer.returning and then.replies and not _greets_itself(event, then):
        then = welcome.first_contact(then, facts)
    return _tidied(then, before, event)


def _answer(place: Place, event: Event, facts: Facts) -> Step:
    if isinstance(event, SentMedia):
        answered = receipts.received(place, event, facts)
        answered = answered or (_captioned(place, event, facts) if event.caption.strip() else None)
        if answered is not None:
            return answered
    if not isinstance(event, Heard):
        return _of_state(place, event, facts) or media.answer(place, event, facts)
    handler = None if labs.says_home(place, event) else FIRST.get(event.intent)
    if handler is not None:
        return handler(place, event, facts)
    how_far = prescription.asks_how_far(place, event)
    if signing_in.needed(place, event, facts) or (how_far and signing_in.out(place, facts)):
        return signing_in.ask(place, event)
    if place.state == "signing_in" and event.intent == "yes" and not event.tapped:
        return signed_in(place, event, facts)
    if how_far:
        return prescription.status(place, facts)
    for of_prescriptions in (prescription_read.title_typed, prescription_more.told):
        taken = of_prescriptions(place, event, facts)
        if taken is not None:
            return taken
    answered = _of_state(place, event, facts)
    if answered is not None:
        return answered
    handler = COMMANDS.get(event.intent)
    if handler is not None:
        return handler(place, event, facts)
    if not facts.customer.returning:
        return welcome.greeting(place, event, facts)
    if not any(c.isalnum() for c in event.text):
        return step(place, text(say("entry.no_words")))  # smileys and dots are no misunderstanding to call a person for
    return support.puzzled(place)


def _of_state(place: Place, event: Event, facts: Facts) -> Step | None:
    handler = FLOWS.get(place.flow, {}).get(place.state)
    return handler(place, event, facts) if handler else None


def _captioned(place: Place, event: SentMedia, facts: Facts) -> Step | None:
    """What is written under a picture counts as said: danger, a wish for a person, or a product looked for. The file is kept."""
    caption = listen(Said(event.caption[:1000]), facts)
    if caption.intent in ("emergency", "agent"):
        return joined(step(place, effects=(support.keep(event, "support"),)), FIRST[caption.intent](place, caption, facts))
    query = str(caption.values.get("query", "")) if caption.intent == "search" and caption.confidence >= ASKED else ""
    results = facts.search(query, limit=1) if query else None
    if results is None or not (results.products or results.controlled):
        return None  # "please i need these drugs" names none: the picture says which
    found = search.search(place, caption, facts)
    if facts.customer.registered and prescription.is_prescription(event):
        return prescription.along_with(found, event)
    return joined(step(place, effects=(support.keep(event, "support"),)), under(say("media.caption"), found))


def _greets_itself(event: Event, then: Step) -> bool:
    """What already says hello, and what must not be kept waiting by one."""
    if any(effect.args.get("reason") == "emergency" for effect in then.effects):
        return True
    return "greeted" in then.place.memory or (isinstance(event, Heard) and event.intent in ("greeting", "unknown"))


def _tidied(then: Step, misses_before: object, event: Event) -> Step:
    """Two misunderstandings count only in a row, and so do voice notes: anything else in between starts afresh."""
    memory = dict(then.place.memory)
    if "misses" in memory and memory["misses"] == misses_before:
        del memory["misses"]
    if "voice" in memory and not isinstance(event, SentMedia):
        del memory["voice"]
    if memory == then.place.memory:
        return then
    return replace(then, place=Place(then.place.flow, then.place.state, memory))


# --------------------------------------------------------------------------------------------------- what came of effects


def _happened(place: Place, event: Happened, facts: Facts) -> Step:
    handler = OUTCOMES.get(event.name)
    return handler(place, event, facts) if handler else Step(place)


def _registered(place: Place, event: Happened, facts: Facts) -> Step:
    """Name and consent are on file; what they were asked for goes on in the same turn."""
    if place.state == "waiting_rename":
        return account.renamed(place)
    name = str(place.memory.get("name") or facts.customer.name)
    told = say("account.registered", name=name)
    files = place.memory.get("media", ())
    after = place.memory.get("after") or {}
    here = idle(place)
    if files:
        return prescription.keep_waiting(files, here, facts)
    if after.get("intent") in GOES_ON:
        then = COMMANDS[after["intent"]](here, Heard("", after["intent"], after.get("values", {})), facts)
    else:
        then = step(here, welcome.main_menu(say("welcome.what_now")))
    return under(told, then)


def _cart_refused(place: Place, event: Happened, facts: Facts) -> Step:
    return cart.refused(place, event, facts) if place.flow == "cart" else adding.refused(place, event, facts)


def _order_refused(place: Place, event: Happened, facts: Facts) -> Step:
    return tracking.refused(place, event, facts) if place.flow == "tracking" else checkout.refused(place, event, facts)


def _chat_opened(place: Place, event: Happened, facts: Facts) -> Step:
    """The chat was opened, or an advertisement tapped, without a word: the first words are ours."""
    return Step(place) if facts.customer.with_agent else welcome.greeting(place, event, facts)


OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "registered": _registered,
    "register_refused": account.name_refused,
    "added_to_cart": adding.added,
    "cart_refused": _cart_refused,
    "cart_changed": cart.changed,
    "removed_from_cart": cart.removed,
    "cart_cleared": cart.cleared,
    "order_placed": checkout_place.placed,
    "order_refused": _order_refused,
    "order_cancelled": tracking.cancelled,
    "payment_started": paying_order.started,
    "payment_switch_asked": paying_order.switching,
    "payment_check_asked": paying_order.check_asked,
    "payment_refused": paying_order.refused,
    **own_data.OUTCOMES,
    **visits.OUTCOMES,
    **paying_news.TOLD,
    **order_news.TOLD,
    "prescription_received": prescription.arrived,
    "prescription_answered": news.answered,
    "prescription_withdrawn": prescription_read.withdrawn,
    "prescription_refused": prescription_read.refused,
    **dict.fromkeys(news.TOLD, news.happened),
    "session_ended": quiet.ended,
    **due.OUTCOMES,
    **support.OUTCOMES,
    **dict.fromkeys(("chat_opened", "ad_clicked"), _chat_opened),
}
