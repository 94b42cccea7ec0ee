"""Logging out of the chat, and being asked who it is afterwards.

A customer is known by WhatsApp's own identity and is never asked for a password. Whoever shares a telephone may log out all the
same: from then on orders, prescriptions, payments and personal data are shown only after a "Yes, it is me", which holds for
TOKEN_EXPIRY_MINUTES and begins anew with a message when TOKEN_REFRESH_THRESHOLD_MINUTES or less are left. `login` ends this: the
customer is known by WhatsApp alone again. All of it is one number in the conversation's memory, so a turn costs no question more.
"""

from __future__ import annotations

from worker.facts import Facts
from worker.flows import shown
from worker.flows.heard import Heard, is_command
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, step
from worker.flows.step import Event, Happened, Place, Step
from worker.flows.support import unclear
from worker.flows.wording import say

UNTIL = "signed"  # in memory: the second the sign-in ends; absent: never logged out
OUT, FOR_GOOD = 0, -1
PERSONAL = frozenset(
    (
        *("account", "account_choice", "correct_data", "my_data", "delete_my_data"),
        *("orders", "orders_page", "track", "cancel_order", "cancel_confirmed", "checkout", "checkout_choice"),
        *("pay", "pay_way", "pay_another", "paid"),
        *("prescription", "prescription_right", "prescription_wrong", "prescription_done", "prescription_none"),
        *("prescription_answer", "appointments", "cancel_appointment", "reschedule"),
        *("show_visit", "visits_page", "visit_yes", "visit_cancel_yes", "lab_result"),
    )
)
PERSONAL_FLOWS = frozenset(("tracking", "paying", "prescription", "account", "visits"))


def out(place: Place, facts: Facts) -> bool:
    """Whether this customer logged out, and did not sign in again or too long ago."""
    until = place.memory.get(UNTIL)
    return until is not None and until <= facts.now.timestamp()


def needed(place: Place, event: Event, facts: Facts) -> bool:
    """Whether it has to be asked who it is, before this is answered."""
    return isinstance(event, Heard) and event.intent in PERSONAL and out(place, facts)


def closed(place: Place, facts: Facts) -> Place:
    """A sign-in that ended closes what was open of the customer's own; what is not personal goes on."""
    listed = shown.read(place)
    own = (place.flow in PERSONAL_FLOWS and place.state != "signing_in") or (
        listed is not None and listed.what in ("orders", "visits")
    )
    return idle(place, keep_list=False).at("idle", **{UNTIL: OUT}) if own and out(place, facts) else place


def ask(place: Place, event: Heard) -> Step:
    """One question; what was wanted goes on after the answer."""
    wanted = {"text": event.text[:1000], "intent": event.intent, "values": dict(event.values), "tapped": event.tapped}
    to = go(place, "account", "signing_in", after=wanted)
    return step(to, buttons(say("signing.ask"), button("in:yes"), button("menu"), button("agent")))


def wanted(place: Place) -> Heard:
    """What was asked for before the question; the menu where that is not known any more."""
    after = place.memory.get("after") if place.state == "signing_in" else None
    if not after:
        return Heard("", "menu")
    return Heard(after["text"], after["intent"], after["values"], tapped=after["tapped"])


def signed_in(place: Place, facts: Facts) -> Place:
    until = int(facts.now.timestamp()) + 60 * facts.pharmacy.sign_in_minutes
    return idle(place).at("idle", **{UNTIL: until})


def signing_in(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for "yes"; a tap on it is a command. Anything else that is clear leaves the question."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("no", "skip", "back", "cancel"):
        return step(idle(place), buttons(say("signing.no"), button("search"), button("menu"), button("agent")))
    query = str(event.values.get("query", "")) if event.intent == "search" else ""
    if is_command(event) or (query and facts.search(query, limit=1).products):
        return None
    return unclear(place, say("signing.again"), "in:yes", "menu")


def logout(place: Place, event: Event, facts: Facts) -> Step:
    """What was open is closed. Who is not registered has nothing that could be hidden."""
    here = idle(place, keep_list=False)
    if not facts.customer.registered:
        return step(here, buttons(say("account.logout"), button("menu"), button("account")))
    return step(here.at("idle", **{UNTIL: OUT}), buttons(say("signing.out"), button("menu"), button("account")))


def known_again(then: Step) -> Step:
    """`login`: from now on nothing is asked."""
    return Step(then.place.at(then.place.state, **{UNTIL: FOR_GOOD}), then.replies, then.effects, then.outside)


def carried(before: Place, event: Event, then: Step, facts: Facts) -> Step:
    """The step with the sign-in in its memory, whatever else was forgotten; a message of the customer makes a short rest longer."""
    until = then.place.memory.get(UNTIL, before.memory.get(UNTIL))
    if until is None:
        return then
    left = until - facts.now.timestamp()
    if not isinstance(event, Happened) and 0 < left <= 60 * facts.pharmacy.sign_in_renewed_at_minutes:
        until = int(facts.now.timestamp()) + 60 * facts.pharmacy.sign_in_minutes
    place = then.place.at(then.place.state, **{UNTIL: None if until == FOR_GOOD else until})
    return Step(place, then.replies, then.effects, then.outside)
