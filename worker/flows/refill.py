"""Medicine that runs out: whether to be reminded, the reminder, and all of it in the cart again with one tap.

Only what lasts longer than SHORT days is asked about: courses of antibiotics and of malaria medicine end, and are not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from models.prescriptions import Decided, DecidedLine
from worker.facts import Facts
from worker.flows import cart, moments
from worker.flows.heard import Heard
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, step, under
from worker.flows.step import Button, Effect, Event, Happened, Place, Step
from worker.flows.wording import Sentence, lines, listing, paragraphs, say

if TYPE_CHECKING:
    from worker.ocr import sig

SHORT, LONG = 14, 200  # days
BOUGHT = frozenset(("paid", "processing", "shipped", "delivered"))
DISPENSED = frozenset(("approved", "changed"))
AN_HOUR = 60
_PACK = re.compile(
    r"(\d{1,3}) ?[x×*] ?(\d{1,3})(?![\d.]| ?(?:mg|mcg|g|ml)\b)|(?<![\d.])(\d{1,3})(?![\d.]| ?(?:mg|mcg|g|ml|%))", re.I
)
_COUNTED = re.compile(r"tab|cap|caplet|pill", re.I)


@dataclass(frozen=True, slots=True)
class Reminder:
    until: Sentence
    sentence: Sentence
    offer: tuple[Button, ...]


# --------------------------------------------------------------------------------------------------------------- how long


def lasts(decided: Decided) -> int | None:
    """Days after which the first of what is taken for long runs out; None where nothing is, or it cannot be known."""
    return min((days for _, days in _long(decided)), default=None)


def _long(decided: Decided) -> list[tuple[DecidedLine, int]]:
    """The lines that are taken for long, with the days they last."""
    known = [(line, _line_lasts(line)) for line in decided.lines if line.outcome in DISPENSED]
    return [(line, days) for line, days in known if days is not None and SHORT < days <= LONG]


def _line_lasts(line: DecidedLine) -> int | None:
    """What the directions say, or what the packs hold if that is less. Never more than is known."""
    from worker.ocr import sig  # few turns need it: processes that only send never load it

    said = sig.read(line.directions)
    if said.as_needed or said.contradicts or said.length_open or said.then:
        return None
    supply = _supply(line, said)
    if said.duration_days is None:
        return supply
    return min(said.duration_days, supply) if supply else said.duration_days


def _supply(line: DecidedLine, said: sig.Sig) -> int | None:
    product = line.product
    if (
        product is None
        or said.dose is None
        or said.dose_high is not None
        or not said.times
        or not _COUNTED.search(said.unit or "")
    ):
        return None
    pack = _PACK.search(product.pack)
    if pack is None:
        return None
    units = int(pack[1]) * int(pack[2]) if pack[1] else int(pack[3])
    return int(units * line.quantity / (said.dose * said.times)) if units else None


# ---------------------------------------------------------------------------------------------------------------- asking


def ask(place: Place, subject: str, facts: Facts) -> Step | None:
    """Asks whether to remind, after an order of what was approved; None where there is nothing to be reminded of."""
    prescription, _, number = subject.partition(":")
    order = facts.order(number)
    decided = _approved(prescription, facts)
    if order is None or order.status not in BOUGHT or decided is None:
        return None
    days = lasts(decided)
    if days is None:
        return None
    until = (order.placed_at + timedelta(days=days)).astimezone(facts.zone).date()
    here = go(place, "due", "asking", prescription=int(prescription), until=until.isoformat())
    return step(here, buttons(say("due.refill_ask", days=days, until=_day(until)), *offered(here)))


def offered(place: Place) -> tuple[Button, ...]:
    """The buttons of that question."""
    about = f"{place.memory['prescription']}:{place.memory['until']}"
    return Button(f"refill:yes:{about}", say("button.due_yes")), Button(f"refill:no:{about}", say("button.due_no"))


def asking(place: Place, event: Event, facts: Facts) -> Step | None:
    """Yes and no, typed. Everything else means what it means anywhere."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "yes" or (event.intent in ("unknown", "search") and _WISH.search(event.text)):
        return _remind(place, str(place.memory["prescription"]), str(place.memory["until"]))
    return _no(place, str(place.memory["prescription"]), str(place.memory["until"])) if event.intent in ("no", "skip") else None


_WISH = re.compile(
    r"^\W*(?:(?:yes|yeah|ok|okay|pls|please|abeg|sure)\W+)*remind(?:er)?(?: me| am)?\W*(?:pls|please|abeg|then)?\W*$", re.I
)


def choice(place: Place, event: Heard, facts: Facts) -> Step:
    """`refill:yes:17:2026-12-20`, `refill:no:...`, `refill:again:17`, tapped now or weeks later."""
    chosen, prescription, until = (str(event.values.get(key, "")) for key in ("choice", "id", "until"))
    here = _left(place)
    if chosen == "yes":
        return _remind(place, prescription, until)
    if chosen != "again":
        return _no(place, prescription, until)
    decided = _approved(prescription, facts)
    refs = [line.product.ref for line, _ in _long(decided) if line.product] if decided else []
    if not refs:
        return _none(here)
    return step(here, effects=(Effect("order_again", {"prescription_id": int(prescription), "refs": refs}),))


def _remind(place: Place, prescription: str, until: str) -> Step:
    return step(place, effects=(Effect("remind_refill", {"prescription_id": int(prescription), "until": until}),))


def _no(place: Place, prescription: str, until: str) -> Step:
    """Also for whoever had said yes before."""
    here = _left(place)
    taken_back = Effect("stop_timer", {"kind": "refill", "subject": f"{prescription}:{until}"})
    return step(here, buttons(say("due.refill_not"), button("menu"), button("cart")), effects=(taken_back,))


def set_(place: Place, event: Happened, facts: Facts) -> Step:
    when = _day(date.fromisoformat(str(event.data["on"])))
    return _back(place, say("due.refill_set", when=when))


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    return _back(place, say("due.refill_over"))


def _back(place: Place, sentence: Sentence) -> Step:
    return step(_left(place), buttons(sentence, button("menu"), button("cart")))


def stop(place: Place, event: Event, facts: Facts) -> Step:
    """`stop reminders`: of medicine. What was booked is still reminded of, and `stop` ends the rest."""
    here = _left(place)
    return step(here, buttons(say("due.stopped"), button("menu"), button("agent")), effects=(Effect("stop_refills"),))


# -------------------------------------------------------------------------------------------------------------- reminding


def reminder(subject: str, facts: Facts) -> Reminder | None:
    """What is said some days before the end; None where the prescription is nobody's any more, or the day is none."""
    prescription, _, day = subject.partition(":")
    until = moments.from_iso(day)
    if until is None or _approved(prescription, facts) is None:
        return None
    offer = (
        Button(f"refill:again:{prescription}", say("button.due_again")),
        button("agent", "pharmacist"),
        button("stop_reminders", "due_stop"),
    )
    return Reminder(_day(until), say("due.refill", until=_day(until)), offer)


def an_hour_later(kind: str, subject: str) -> Effect:
    """Somebody is talking to a person, or is being asked something: it can wait."""
    return Effect("start_timer", {"kind": kind, "minutes": AN_HOUR, "subject": subject})


def in_cart(place: Place, event: Happened, facts: Facts) -> Step:
    """What is in the cart again, the cart under it."""
    added, left = [str(x) for x in event.data.get("added", ())], [str(x) for x in event.data.get("left", ())]
    here = _left(place)
    if not added:
        return _none(here)
    told = paragraphs(
        lines(say("due.again", names=listing(added)), say("due.again_left", names=listing(left)) if left else ""),
        say("due.refill_new") if facts.cart().needs_prescription else "",
    )
    return under(told, cart.show(here, facts))


def _none(place: Place) -> Step:
    return step(place, buttons(say("due.again_none"), button("agent", "pharmacist"), button("menu")))


def _approved(prescription: str, facts: Facts) -> Decided | None:
    if not (prescription.isascii() and prescription.isdecimal()):
        return None
    shown = facts.prescription(int(prescription))
    decided = facts.decision(shown.id) if shown is not None and shown.state == "approved" else None
    return decided if decided is not None and decided.kind == "approved" else None


def _left(place: Place) -> Place:
    """The question is over; what else is open stays."""
    return idle(place) if place.flow == "due" else place


def _day(day: date) -> Sentence:
    return Sentence(f"{day.day} {say(f'month.{day.month}')}")


FLOW = {"asking": asking}
COMMANDS: Mapping[str, Callable[[Place, Any, Facts], Step]] = {"refill_choice": choice, "stop_reminders": stop}
OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "refill_reminder_set": set_,
    "refill_reminder_refused": refused,
    "in_cart_again": in_cart,
    "again_refused": in_cart,
}
