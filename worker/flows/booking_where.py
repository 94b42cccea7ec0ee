"""Where a lab test is done: at home, and at which address, or at the centre."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from worker.facts import Facts
from worker.flows import addresses, signing_in
from worker.flows.heard import Heard, is_command
from worker.flows.places import go
from worker.flows.replies import button, buttons, step, text
from worker.flows.step import AskLocation, Place, SentLocation, Step
from worker.flows.subjects import CENTRE, HOME, Subject
from worker.flows.support import unclear
from worker.flows.wording import paragraphs, say

_HOME = re.compile(r"\b(?:home|house|my place|come to me|my office)\b", re.IGNORECASE)
_CENTRE = re.compile(r"\b(?:cent(?:re|er)|lab|laboratory|clinic|i will come|there)\b", re.IGNORECASE)


def ask(place: Place, subject: Subject, facts: Facts, when: Mapping[str, Any], address: str) -> Step | None:
    """What is still to be said about where; None where nothing is. `when` is remembered for afterwards."""
    if subject.kind != "test" or subject.number:
        return None
    kept = dict(when) or None
    if not subject.where:
        to = go(place, "booking", "choosing_where", subject=subject.code, wanted=kept)
        offer = button(f"vdays:{subject.ref}-home:", "lab_home"), button(f"vdays:{subject.ref}-centre:", "lab_centre")
        return step(to, buttons(say("lab.where", title=subject.title), *offer, button("menu")))
    if subject.where == HOME and not address:
        last = _last(place, facts)
        to = go(place, "booking", "giving_address", subject=subject.code, wanted=kept, offered=last or None)
        if last:
            return step(to, buttons(say("lab.same_address", address=last), button("yes", "use_address"), button("no", "co:new")))
        return step(to, AskLocation(say("lab.address")))
    return None


def meant(event: Heard) -> str:
    """home, centre or ""."""
    number = event.values.get("n") if event.intent == "number" else None
    if number in (1, 2):
        return HOME if number == 1 else CENTRE
    if len(event.text) > 80:
        return ""
    return CENTRE if _CENTRE.search(event.text) else HOME if _HOME.search(event.text) else ""


def is_address(event: Heard) -> bool:
    return addresses.looks_like_one(event.text)


def tidied(event: Heard) -> str:
    return addresses.tidy(event.text)


def elsewhere(event: Heard) -> bool:
    """A change of mind where an address is waited for: "at the centre"."""
    return bool(_CENTRE.search(event.text)) and len(event.text) <= 40 and not addresses.looks_like_one(event.text)


def located(place: Place, sent: SentLocation) -> Step:
    """A pin on a map is not a door."""
    if not addresses.in_nigeria(sent.latitude, sent.longitude):
        return step(place, buttons(say("lab.abroad"), button("agent"), button("menu")))
    pin = addresses.tidy(", ".join(p for p in (sent.name, sent.address, f"{sent.latitude:.5f}, {sent.longitude:.5f}") if p))
    return step(place.at(place.state, pin=pin, offered=None), text(say("address.landmark")))


def address(place: Place, event: Heard, facts: Facts) -> str | Step | None:
    """The address that a message gives, or what is said instead, or None for what means something elsewhere."""
    offered, pin = str(place.memory.get("offered", "")), str(place.memory.get("pin", ""))
    if event.intent == "yes" and offered:
        return offered
    if event.intent in ("no", "skip") and offered:
        return step(place.at(place.state, offered=None), AskLocation(say("lab.address")))
    if is_command(event) and not addresses.looks_like_one(event.text):
        return None
    if event.intent in ("no", "skip", "back", "yes"):
        return unclear(place, say("address.short_home"), "lab_tests", "menu")
    typed = addresses.tidy(event.text)
    if pin and addresses.landmark_only(pin) and not addresses.landmark_only(typed) and not addresses.problem(f"{typed} {pin}"):
        return typed if pin.lower() in typed.lower() else addresses.join(typed, pin)
    if pin and sum(c.isalnum() for c in typed) >= addresses.LANDMARK_LEAST:
        return addresses.join(typed, pin)
    wrong = addresses.problem(event.text)
    if addresses.landmark_only(typed) and not pin:
        return step(place.at(place.state, pin=typed, offered=None), text(say("lab.landmark_where")))
    if not wrong:
        return typed
    return unclear(place, paragraphs(say("address.short_home" if wrong == "short" else f"address.{wrong}")), "lab_tests", "menu")


def _last(place: Place, facts: Facts) -> str:
    """Where the last delivery went; nothing for whoever logged out."""
    if signing_in.out(place, facts):
        return ""
    there = (o.address for o in facts.orders(limit=3).orders if o.delivery == "delivery" and not addresses.problem(o.address))
    return next(there, "")
