"""`book`, `book 1 2026-06-15 14:00`, `book dr amaka tomorrow 2pm`, `tomorrow 2pm`: whom it is about, and on to when."""

from __future__ import annotations

from typing import Any

from worker.facts import Facts
from worker.flows import booking, doctors, labs, shown, whose
from worker.flows.heard import Heard
from worker.flows.places import go
from worker.flows.replies import button, buttons, step, under
from worker.flows.shown import PAGE
from worker.flows.step import Place, Step
from worker.flows.subjects import doctor_name
from worker.flows.wording import plain, say
from worker.understanding.care import SPECIALTY


def book(place: Place, event: Heard, facts: Facts) -> Step:
    """Menu 4, and every way to say it in one message; for whom of their own is answered before it."""
    here, told = whose.meant(place, event)
    return under(told, _book(here, event, facts))


def _book(place: Place, event: Heard, facts: Facts) -> Step:
    when: dict[str, Any] = booking.said_when(event.values)
    number, name, where = event.values.get("number"), str(event.values.get("name", "")), str(event.values.get("place", ""))
    if number is not None:
        return _numbered(place, int(number), when, facts)
    if name and name.lower() not in ("it", "this", "him", "her", "again", "one", "am"):
        return _named(place, name, where, when, facts)
    open_one = _open(place)
    if open_one and not when and (place.flow, place.state) == ("booking", "confirming"):  # "book for my wife" at the last look
        when = {"moment": place.memory["at"], "exact": True}
    if open_one:
        return booking.wanted(place, open_one, when, facts, booking.address_of(place, open_one))
    return _ask_whom(place, when, facts)


def _ask_whom(place: Place, when: dict[str, Any], facts: Facts) -> Step:
    """A time without a doctor is remembered, unless it cannot be used; then it is said at once."""
    why = str(when.get("refusal", ""))
    if why in ("impossible_date", "impossible_time", "past", "ambiguous"):
        return doctors.specialties(go(place, "doctors", "asking"), facts, before=say(f"when.{why}"))
    if when and (place.flow, place.state) in (("doctors", "listing"), ("labs", "listing")):
        again = (doctors if place.flow == "doctors" else labs).shown_again(place, facts, when)
        if again is not None:
            return under(say("booking.whom_of_these" if place.flow == "doctors" else "booking.which_of_these"), again)
    if when and place.flow == "labs":
        return under(say("booking.which_of_these"), labs.categories(go(place, "labs", "asking", wanted=when), facts))
    to = go(place, "doctors", "asking")
    return doctors.specialties(to, facts, before=say("booking.whom_then" if when else "booking.whom"), wanted=when or None)


def _numbered(place: Place, number: int, when: dict[str, Any], facts: Facts) -> Step:
    """The number of a doctor or a test on the screen."""
    on_screen = shown.read(place, "doctors") or shown.read(place, "tests")
    ref = on_screen.ref(number) if on_screen else None
    if ref:
        return booking.wanted(place, ref, when, facts)
    sentence = say("booking.no_number", number=number)
    return under(sentence, doctors.specialties(place, facts, wanted=when or None))


def _named(place: Place, name: str, where: str, when: dict[str, Any], facts: Facts) -> Step:
    """A doctor by name, or by what for: "book dr amaka", "book heart doctor in ph". Several: the list, and the time is kept."""
    specialty = next((SPECIALTY[w] for w in name.lower().split() if w in SPECIALTY), "")
    person = " ".join(w for w in name.split() if w.lower() not in SPECIALTY)
    if specialty and person:  # "book dr rekiya for my pikin": whoever has that name
        one = facts.care.find(person, "", where, limit=2)
        if one.total == 1:
            return booking.wanted(go(place, "doctors", "listing", wanted=when or None), one.doctors[0].ref, when, facts)
    asked = ("", specialty, where) if specialty else (name, "", where)
    found = facts.care.find(*asked, limit=PAGE)  # as `listed` asks it
    to = go(place, "doctors", "listing", wanted=when or None)
    if found.total == 1:
        return booking.wanted(place, found.doctors[0].ref, when, facts)
    if found.total:
        return doctors.listed(to, facts, *asked)
    if facts.care.tests(name, limit=PAGE).total:
        return labs.listed(place, facts, name, when=when)
    sentence = say("booking.no_doctor", name=doctor_name(plain(name.title() if name.islower() else name, 50)))
    return step(to.at("asking"), buttons(sentence, button("find_doctor"), button("agent"), button("menu")))


def _open(place: Place) -> str:
    """Who is on the screen."""
    if place.flow == "booking":
        return str(place.memory.get("subject", ""))
    return str(place.memory.get("ref", "")) if (place.flow, place.state) in (("doctors", "opened"), ("labs", "opened")) else ""


COMMANDS = {"book": book}
