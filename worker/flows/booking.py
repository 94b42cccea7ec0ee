"""Booking a time, or moving to another one: where (of a test), which day, which time, one last look, done.

All of it is remembered in `memory`: `subject` (what is booked, see `subjects`), `address`, `rows` (what the numbers on the screen
mean), `day`, `at`, `key`, `whom` (see `whose`). The ids of buttons carry the subject too, so that an old list still means what it showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from worker.facts import Facts
from worker.flows import again, booking_where, moments, visit_told, whose
from worker.flows.booking_days import SLOTS, TIME_REASONS, at_clock, days, no_time, slots, why_not
from worker.flows.booking_look import book, last_look
from worker.flows.heard import Heard, is_command
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, step, under
from worker.flows.step import Button, Event, Place, SentLocation, Step
from worker.flows.subjects import HOME, Subject, read
from worker.flows.support import unclear
from worker.flows.wording import Sentence, say

WHEN = ("when", "moment", "notes", "refusal", "day", "clock", "part")
EARLIEST = timedelta(hours=1)
LOOKED_AT = 3  # days in which other free times are looked for
LAST_HOUR = 18  # a bare number up to it may be a time
OWN = 10  # own appointments that a time is compared with


def said_when(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a message said about when, as JSON that can be remembered."""
    return {k: values[k] for k in WHEN if k in values}


def kept(place: Place, flow: str) -> Any:
    """The time that was said in this flow before whom or what it is for; nothing that was said about something else."""
    return place.memory.get("wanted") if place.flow == flow else None


def wanted(place: Place, code: str, when: Mapping[str, Any], facts: Facts, address: str = "") -> Step:
    """What is booked is known; what was said about when is `when` (see `said_when`). What is missing is asked."""
    subject = read(code, facts)
    if subject is None:
        return _gone(place)
    return go_on(place, subject, facts, when, address)


def go_on(
    place: Place, subject: Subject, facts: Facts, when: Mapping[str, Any], address: str = "", day: date | None = None
) -> Step:
    asked = booking_where.ask(place, subject, facts, when, address)
    if asked is not None:
        return asked
    here = _here(place, subject, "choosing_day", address)
    said = moments.read(when, subject.zone, facts, day)
    if said.at is not None:
        return _try(here, subject, said.at, facts)
    if said.day is not None:
        return slots(here, subject, said.day, facts, part=said.part)
    if said.why in ("", "no_date"):
        return at_clock(days(here, subject, facts), when)
    why = say(f"when.{said.why}")
    return under(why, slots(here, subject, day, facts) if day else days(here, subject, facts))


def _of_day(place: Place, subject: Subject, day: date, facts: Facts, address: str) -> Step | None:
    """That day at the time of day that was said before it; None where none was."""
    kept = dict(place.memory.get("wanted") or {})
    if not kept.get("clock") or place.memory.get("subject") != subject.code:
        return None
    return go_on(place, subject, facts, {"refusal": "no_date", "clock": kept["clock"]}, address, day)


def _here(place: Place, subject: Subject, state: str, address: str = "") -> Place:
    return go(place, "booking", state, subject=subject.code, address=address or None)


def _subject(place: Place, facts: Facts) -> tuple[Subject | None, str]:
    return read(str(place.memory.get("subject", "")), facts), str(place.memory.get("address", ""))


def _gone(place: Place) -> Step:
    return step(idle(place), buttons(say("booking.gone"), button("find_doctor"), button("lab_tests"), button("menu")))


# ------------------------------------------------------------------------------------------------------------ the states


def choosing_where(place: Place, event: Event, facts: Facts) -> Step | None:
    """A test can be done at home or at the centre: waiting for which."""
    subject, _ = _subject(place, facts)
    if not isinstance(event, Heard) or event.tapped or subject is None:
        return None
    chosen = booking_where.meant(event)
    when = dict(place.memory.get("wanted") or {})
    if chosen:
        return wanted(place, f"{subject.ref}-{chosen}", when, facts)
    if event.intent == "back":
        return step(idle(place), buttons(say("booking.left"), button("lab_tests"), button("menu")))
    return _unclear(place, event, say("lab.where_again"), f"vdays:{subject.ref}-home:", f"vdays:{subject.ref}-centre:")


def giving_address(place: Place, event: Event, facts: Facts) -> Step | None:
    """Where a sample is collected: typed, or a shared location and what is near it."""
    subject, _ = _subject(place, facts)
    if subject is None:
        return None
    if isinstance(event, SentLocation):
        return booking_where.located(place, event)
    if not isinstance(event, Heard) or (event.tapped and event.intent not in ("yes", "no")):
        return None
    if event.intent == "back" and subject.at_centre:
        return wanted(place, subject.ref, dict(place.memory.get("wanted") or {}), facts)
    if booking_where.elsewhere(event) and subject.at_centre:
        return wanted(place, f"{subject.ref}-centre", dict(place.memory.get("wanted") or {}), facts)
    if _about_when(event) and not booking_where.is_address(event):
        when = said_when(event.values)
        asked = booking_where.ask(place, subject, facts, when, "")
        return under(say("booking.time_kept"), asked) if asked else None
    told = booking_where.address(place, event, facts)
    if isinstance(told, str):
        return go_on(place, subject, facts, dict(place.memory.get("wanted") or {}), told)
    return told


def choosing_day(place: Place, event: Event, facts: Facts) -> Step | None:
    """The free days are on the screen: a number, a day, or a whole moment."""
    subject, address = _subject(place, facts)
    if not isinstance(event, Heard) or event.tapped or subject is None:
        return None
    rows = [str(x) for x in place.memory.get("rows", ())]
    if event.intent == "number":
        at = int(event.values["n"])
        chosen = moments.from_iso(rows[at - 1]) if 1 <= at <= len(rows) else None
        if chosen is None:
            return _no_number(place, at, len(rows))
        return _of_day(place, subject, chosen, facts, address) or slots(place, subject, chosen, facts)
    if event.intent in ("next", "more"):
        last = moments.from_iso(rows[-1]) if rows else None
        return days(place, subject, facts, last + timedelta(days=1) if last else None)
    if event.intent in ("previous", "yes", "skip"):
        return days(place, subject, facts)
    if _about_when(event):
        when = said_when(event.values)
        day = moments.from_iso(str(when.get("day", ""))) if when.get("refusal") == "no_time" and not when.get("part") else None
        then = _of_day(place, subject, day, facts, address) if day else None
        return then or go_on(place, subject, facts, when, address)
    if event.intent in ("back", "no"):
        return _back(place, subject, facts)
    return _unclear(place, event, say("booking.day_again"), Button(f"vdays:{subject.code}:", say("button.other_times")), "menu")


def choosing_slot(place: Place, event: Event, facts: Facts) -> Step | None:
    """The free times of one day are on the screen."""
    subject, address = _subject(place, facts)
    if not isinstance(event, Heard) or event.tapped or subject is None:
        return None
    rows = [str(x) for x in place.memory.get("rows", ())]
    day = moments.from_iso(str(place.memory.get("day", "")))
    offset = int(place.memory.get("offset", 0))
    if event.intent == "number":
        at = int(event.values["n"])
        chosen = moments.from_minutes(rows[at - 1]) if 1 <= at <= len(rows) else None
        if chosen is None and day and SLOTS <= at <= LAST_HOUR:  # beyond what is shown: "10" is ten o'clock
            return go_on(place, subject, facts, {"refusal": "no_date", "clock": f"{at:02d}:00"}, address, day)
        return _try(place, subject, chosen, facts) if chosen else _no_number(place, at, len(rows))
    if event.intent in ("next", "more", "previous") and day:
        return slots(place, subject, day, facts, offset=offset + (-SLOTS if event.intent == "previous" else SLOTS))
    if event.intent in ("yes", "skip") and day:
        return slots(place, subject, day, facts, offset=offset)
    if _about_when(event):
        return go_on(place, subject, facts, said_when(event.values), address, day)
    if event.intent in ("back", "no"):
        return days(place, subject, facts)
    return _unclear(place, event, say("booking.slot_again"), Button(f"vdays:{subject.code}:", say("button.other_day")), "menu")


def confirming(place: Place, event: Event, facts: Facts) -> Step | None:
    """The last look: only a clear yes books. Another time said here is looked at instead."""
    subject, address = _subject(place, facts)
    if not isinstance(event, Heard) or event.tapped or subject is None:
        return None
    if whose.taken_back(place, event):
        return last_look(
            place.at(place.state, whom=None), subject, datetime.fromisoformat(str(place.memory["at"])), address, facts
        )
    if event.intent == "yes" or (event.intent in ("book", "reschedule") and not event.values):
        return book(place, subject)
    at = datetime.fromisoformat(str(place.memory["at"]))
    day = at.astimezone(subject.zone).date()
    if _about_when(event):
        return go_on(place, subject, facts, said_when(event.values), address, day)
    if event.intent == "back":
        return slots(place, subject, day, facts)
    if subject.where == HOME and not subject.number and not is_command(event) and booking_where.is_address(event):
        given = booking_where.tidied(event)
        return last_look(place.at(place.state, address=given), subject, at, given, facts)
    if event.intent == "no":
        return step(idle(place), buttons(say("booking.left"), button("appointments"), button("find_doctor"), button("menu")))
    if event.intent in ("pay", "paid") and not subject.number and subject.fee.kobo and "order_number" not in event.values:
        return step(place, buttons(say("booking.pay_after"), *again.booking(place)[:2], button("menu")))
    return _unclear(place, event, say("booking.yes_again"), *again.booking(place)[:2])


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn."""
    return None


# -------------------------------------------------------------------------------------------------------------- the taps


def days_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """The free days of a subject, from a day on; for a test also where it is done."""
    subject = read(str(event.values.get("subject", "")), facts)
    if subject is None:
        return _gone(place)
    same = str(place.memory.get("subject", "")).partition("-")[0] == subject.ref
    kept = dict(place.memory.get("wanted") or {}) if same else {}
    address = address_of(place, subject.code)
    asked = booking_where.ask(place, subject, facts, kept, address)
    if asked is not None:
        return asked
    first = moments.from_iso(str(event.values.get("first", "")))
    if kept and first is None:
        return go_on(place, subject, facts, kept, address)
    return days(_here(place, subject, "choosing_day", address), subject, facts, first)


def day_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    subject, day = read(str(event.values.get("subject", "")), facts), moments.from_iso(str(event.values.get("day", "")))
    if subject is None or day is None:
        return _gone(place)
    address = address_of(place, subject.code)
    asked = booking_where.ask(place, subject, facts, {"refusal": "no_time", "day": day.isoformat()}, address)
    offset = min(int(event.values.get("offset", 0)), 500)
    then = None if asked or offset else _of_day(place, subject, day, facts, address)
    return asked or then or slots(_here(place, subject, "choosing_slot", address), subject, day, facts, offset=offset)


def at_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    subject, at = read(str(event.values.get("subject", "")), facts), moments.from_minutes(str(event.values.get("minutes", "")))
    if subject is None or at is None:
        return _gone(place)
    address = address_of(place, subject.code)
    asked = booking_where.ask(place, subject, facts, {"moment": at.isoformat(), "exact": True}, address)
    return asked or _try(_here(place, subject, "choosing_slot", address), subject, at, facts)


def yes_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """ "Book it"; tapped again, the second one is told that it is done."""
    key = str(event.values.get("key", ""))
    subject, _ = _subject(place, facts)
    if (place.flow, place.state) == ("booking", "confirming") and key == place.memory.get("key") and subject:
        return book(place, subject)
    before: Mapping[str, Any] = place.memory.get("placed") or {}
    visit = facts.care.visit(str(before.get("number", ""))) if before.get("key") == key else None
    if visit is not None:
        told = say("booking.already", what=visit_told.line(visit, facts))
        return step(place, buttons(told, button(f"visit:{visit.number}", "see_visit"), button("menu")))
    return step(place, buttons(say("booking.old"), button("appointments"), button("find_doctor"), button("menu")))


def after_registering(place: Place, event: Heard, facts: Facts) -> Step:
    """Name and consent were given in between: the last look that they stood in the way of."""
    values = event.values
    subject, at = read(str(values.get("subject", "")), facts), moments.from_minutes(str(values.get("minutes", "")))
    address, place = str(values.get("address", "")), place.at(place.state, whom=values.get("whom"))
    if subject is None or (at is None and not values.get("when")):
        return _gone(place)
    if values.get("when"):  # another time was said while name and consent were asked
        day = at.astimezone(subject.zone).date() if at else None
        return go_on(place, subject, facts, dict(values["when"]), address, day)
    return _try(_here(place, subject, "choosing_slot", address), subject, at, facts) if at else _gone(place)


# --------------------------------------------------------------------------------------------------------------- private


def address_of(place: Place, code: str) -> str:
    """The address that was given for this same test."""
    return str(place.memory.get("address", "")) if place.memory.get("subject") == code else ""


def _about_when(event: Heard) -> bool:
    whose = "name" in event.values or "number" in event.values
    return event.intent in ("book", "reschedule") and bool(said_when(event.values)) and not whose


def _back(place: Place, subject: Subject, facts: Facts) -> Step:
    """To what the days were opened from."""
    back = button(f"visit:{subject.number}", "see_visit") if subject.number else _card_button(subject)
    return step(idle(place), buttons(say("booking.left"), back, button("menu")))


def _card_button(subject: Subject) -> Button:
    if subject.kind == "doctor":
        return button(f"doc:{subject.ref}", "see_doctor")
    return button(f"test:{subject.ref}", "see_test")


def _try(place: Place, subject: Subject, at: datetime, facts: Facts) -> Step:
    """A moment: the last look where it is free, and why not, with the nearest free times, where it is not."""
    address = str(place.memory.get("address", ""))
    here = _here(place, subject, "choosing_day", address)
    if at < facts.now + EARLIEST:
        soonest = [each for day in subject.days(facts, None, 2) for each in day.slots][:2]
        return no_time(here, subject, say("when.past" if at <= facts.now else "refused_visit.too_soon"), soonest, facts)
    day = at.astimezone(subject.zone).date()
    there = subject.days(facts, day, LOOKED_AT)
    if there and there[0].day == day and at in there[0].slots:
        return last_look(here, subject, at, address, facts)
    near = moments.nearest((each for d in there for each in d.slots), at)
    if there and there[0].day == day and subject.barred(at, facts) is None:
        own = next((v for v in facts.care.visits(limit=OWN).visits if v.starts_at == at and v.number != subject.number), None)
        if own is not None:
            return clash(_here(place, subject, "choosing_day", address), own.number, facts)
        return no_time(here, subject, say("booking.not_free", when=moments.words(at, subject.zone, facts)), near, facts)
    return no_time(here, subject, why_not(subject, at, facts, TIME_REASONS), near, facts)


def clash(place: Place, number: str, facts: Facts) -> Step:
    """The customer has something else at that time."""
    other = facts.care.visit(number)
    what = visit_told.line(other, facts) if other else say("visits.it")
    code = str(place.memory.get("subject", ""))
    offer = (button(f"vdays:{code}:", "other_time"), button(f"visit:{number}", "see_visit"), button("menu"))
    to = place.at("choosing_day", rows=None, day=None, at=None, key=None)
    return step(to, buttons(say("refused_visit.clash", what=what), *offer))


def _no_number(place: Place, number: int, last: int) -> Step:
    if not last:
        return step(place, buttons(say("booking.day_again"), button("menu"), button("agent")))
    return step(place, buttons(say("list.no_number", number=number, numbers=f"1-{last}"), button("menu"), button("agent")))


def _unclear(place: Place, event: Heard, sentence: Sentence, *extra: str | Button) -> Step | None:
    """Nonsense is asked again; anything that is a command elsewhere is left to whoever answers it."""
    if event.intent in ("unknown", "number", "yes", "no", "next", "previous", "more", "skip") or (
        event.intent == "search" and not is_command(event)
    ):
        given = tuple(button(x, f"lab_{x.rpartition('-')[2][:-1]}") if isinstance(x, str) and ":" in x else x for x in extra)
        return unclear(place, sentence, *given)
    return None


FLOW = {
    "choosing_where": choosing_where,
    "giving_address": giving_address,
    "choosing_day": choosing_day,
    "choosing_slot": choosing_slot,
    "confirming": confirming,
    "waiting": waiting,
}
COMMANDS = {
    "visit_days": days_tapped,
    "visit_day": day_tapped,
    "visit_at": at_tapped,
    "visit_yes": yes_tapped,
    "book_on": after_registering,
}
