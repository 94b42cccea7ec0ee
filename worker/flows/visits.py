"""The customer's own appointments and lab tests: the list, one of them, another time, cancelling, and what came of booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models.values import Money
from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import account, again, booking, moments, paying_order, results, shown, visit_told
from worker.flows.alike import no_such_number
from worker.flows.booking_days import no_time
from worker.flows.heard import Heard
from worker.flows.pages import TURNS, page_rows, turned
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.shown import PAGE
from worker.flows.step import Button, Effect, Event, Happened, Place, Row, Step
from worker.flows.subjects import read, visit_name
from worker.flows.support import unclear
from worker.flows.wording import clock, has, lines, paragraphs, plain, say

LATE = timedelta(hours=24)
MAX_OFFSET = 500
CLOSED = frozenset(("outside_hours", "not_a_slot", "day_off"))  # of a time that was free at the last look: it was blocked since
MOST = 20  # own appointments among which one is looked for by its number in the list


def appointments(place: Place, event: Heard, facts: Facts) -> Step:
    """ "my appointments": those to come, or the past ones where that is said."""
    past = "past" in event.text.lower() or "history" in event.text.lower()
    coming = facts.care.visits(limit=PAGE)
    if coming.total == 1 and not past:  # what can be done about it is one tap nearer
        return _shown(place, coming.visits[0], facts)
    return _list(place, facts, past=past)


def page_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    offset = min(int(event.values.get("offset", 0)), MAX_OFFSET)
    return _list(place, facts, past=event.values.get("past") == "past", offset=offset)


def listing(place: Place, event: Event, facts: Facts) -> Step | None:
    """Own appointments are on the screen."""
    on_screen = shown.read(place, "visits")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    past = on_screen.kind == "past"
    if event.intent == "cancel" and place.flow == "visits" and len(event.text.split()) > 1:  # "cancel am": one of these
        return cancel(place, Heard(event.text, "cancel_appointment", {}), facts)
    if event.intent == "number":
        number = on_screen.ref(int(event.values["n"]))
        return _chosen(place, number, facts) if number else no_such_number(place, on_screen, int(event.values["n"]))
    if event.intent in TURNS:
        return turned(place, event, on_screen, lambda to: _list(place, facts, past=past, offset=to), "find_doctor")
    if event.intent == "back" and place.flow == "visits" and past:
        return _list(place, facts)
    return None


def show_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return _chosen(place, str(event.values.get("number", "")), facts)


def _chosen(place: Place, number: str, facts: Facts) -> Step:
    """One of the list: gone on with at once where it was asked for moving or cancelling one, and shown where it was not."""
    doing = dict(place.memory.get("doing") or {}) if (place.flow, place.state) == ("visits", "listing") else {}
    if doing.get("verb") == "cancel":
        return ask_cancel(place, number, facts)
    return _move(place, number, dict(doing.get("when") or {}), facts) if doing else show(place, number, facts)


def show(place: Place, number: str, facts: Facts) -> Step:
    """One own appointment and what can be done about it. Unknown and other people's get the same answer."""
    visit = facts.care.visit(number)
    return _shown(place, visit, facts) if visit else _unknown(place)


def _shown(place: Place, visit: Visit, facts: Facts) -> Step:
    return step(go(place, "visits", "opened", number=visit.number), buttons(visit_told.card(visit, facts), *_offer(visit, facts)))


def _offer(visit: Visit, facts: Facts) -> tuple[Button, ...]:
    if not _live(visit, facts):
        if results.there(visit, facts):
            return button(f"result:{visit.number}", "see_result"), button("appointments"), button("menu")
        again = button(f"doc:{visit.ref}" if visit.kind == "doctor" else f"test:{visit.ref}", "book_again")
        return again, button("appointments"), button("menu")
    cancel = button(f"vcancel:{visit.number}", "visit_cancel")
    if visit.state == "held" and visit.order_number:
        return button(f"pay:{visit.order_number}", "pay"), cancel, button("menu")
    return button(f"vmove:{visit.number}", "visit_move"), cancel, button("menu")


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """One appointment is on the screen: "cancel it" and "reschedule" are about it."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = str(place.memory["number"])
    if event.intent == "back":
        return _list(place, facts)
    this_one = event.intent == "cancel" and len(event.text.split()) > 1  # "cancel" alone leaves
    if this_one or (event.intent == "cancel_appointment" and not event.values):
        return ask_cancel(place, number, facts)
    when = booking.said_when(event.values)
    if event.intent == "reschedule" and "number" not in event.values:
        return _move(place, number, when, facts)
    if event.intent == "book" and when and "name" not in event.values and "number" not in event.values:
        visit = facts.care.visit(number)
        return _move(place, number, when, facts) if visit and _live(visit, facts) else None
    return listing(place, event, facts)


def reschedule(place: Place, event: Heard, facts: Facts) -> Step:
    """ "reschedule 1 to monday 10am", the button, or "move my appointment"."""
    number = _meant(place, event, facts)
    if number:
        return _move(place, number, booking.said_when(event.values), facts)
    return _which(place, "move", facts, booking.said_when(event.values))


def cancel(place: Place, event: Heard, facts: Facts) -> Step:
    """ "cancel appointment 2", the button, or "cancel my appointment"."""
    number = _meant(place, event, facts)
    if number:
        return ask_cancel(place, number, facts)
    return _which(place, "cancel", facts)


def ask_cancel(place: Place, number: str, facts: Facts) -> Step:
    """Asked before: what is lost by cancelling late, and what becomes of the money."""
    visit = facts.care.visit(number)
    if visit is None:
        return _unknown(place)
    if not _live(visit, facts):
        return under(say("visits.over"), show(place, number, facts))
    paid = visit.state == "booked" and bool(visit.fee.kobo) and bool(visit.order_number)
    late = visit.starts_at - facts.now < LATE
    body = paragraphs(
        say("visits.cancel_ask", what=visit_told.line(visit, facts)),
        say("visits.cancel_late") if late and visit.state == "booked" else "",
        say("visits.cancel_paid", fee=str(visit.fee)) if paid else "",
    )
    to = go(place, "visits", "confirming_cancel", number=visit.number)
    return step(to, buttons(body, *again.visit(to)))


def confirming_cancel(place: Place, event: Event, facts: Facts) -> Step | None:
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = str(place.memory["number"])
    if event.intent == "yes" or (event.intent == "cancel_appointment" and not event.values):
        return _cancel(place, number, facts)
    if event.intent in ("no", "back", "cancel"):
        return show(place, number, facts)
    if event.intent == "reschedule" and "number" not in event.values:
        return _move(place, number, booking.said_when(event.values), facts)
    if event.intent in ("unknown", "number", "next", "previous", "more"):
        return unclear(place, say("visits.cancel_again"), *again.visit(place))
    return None


def cancel_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    return _cancel(place, str(event.values.get("number", "")), facts)


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn."""
    return None


# ------------------------------------------------------------------------------------------------- what came of effects


def booked(place: Place, event: Happened, facts: Facts) -> Step:
    """It stands; with a fee the time is held and paying begins at once."""
    visit = facts.care.visit(str(event.data["number"]))
    known = {"key": place.memory.get("key"), "number": event.data["number"]}
    here = go(place, "visits", "opened", number=str(event.data["number"]), placed=known)
    if visit is None:
        return step(idle(here), buttons(say("booking.done_bare"), button("appointments"), button("menu")))
    order = facts.order(visit.order_number) if visit.state == "held" and visit.order_number else None
    if order is None:
        return _done(here, visit, facts)
    until = datetime.fromisoformat(str(event.data["held_until"])) if event.data.get("held_until") else visit.held_until
    held = say("booked.held", what=visit_told.line(visit, facts), until=clock(until.astimezone(facts.zone)) if until else "")
    return under(held, paying_order.ask_way(here, order, facts))


def _done(place: Place, visit: Visit, facts: Facts, key: str = "") -> Step:
    told = under(say(key) if key else "", step(place, buttons(visit_told.booked(visit, facts), *_offer(visit, facts))))
    return step(told.place, *told.replies, visit_told.calendar(visit))


def moved(place: Place, event: Happened, facts: Facts) -> Step:
    visit = facts.care.visit(str(event.data["number"]))
    here = go(place, "visits", "opened", number=str(event.data["number"]))
    if visit is None:
        return step(idle(here), buttons(say("booking.done_bare"), button("appointments"), button("menu")))
    sentence = say("visits.moved", what=visit_told.line(visit, facts))
    if visit.state != "booked":  # still to be paid: no file before the money
        return step(here, buttons(paragraphs(sentence, visit_told.state(visit, facts)), *_offer(visit, facts)))
    return step(here, buttons(paragraphs(sentence, say("visits.new_file")), *_offer(visit, facts)), visit_told.calendar(visit))


def cancelled(place: Place, event: Happened, facts: Facts) -> Step:
    visit = facts.care.visit(str(event.data["number"]))
    refund = Money(int(event.data.get("refund_kobo") or 0))
    paid = bool(place.memory.get("paid"))
    money = say("visits.refund", fee=str(refund)) if refund.kobo else say("visits.no_refund") if paid else ""
    what = visit_told.line(visit, facts) if visit else say("visits.it")
    offer = (button("appointments"), button("find_doctor"), button("menu"))
    file = (visit_told.calendar(visit, "booked.uncalendar"),) if visit and place.memory.get("booked") else ()
    return step(idle(place), buttons(paragraphs(say("visits.cancelled", what=what), money), *offer), *file)


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """Why not, with the nearest free times as taps."""
    code, data = str(event.data.get("code", "")), event.data
    if code == "unregistered":
        after = {"subject": place.memory.get("subject"), "minutes": "", "address": place.memory.get("address", "")}
        after |= {"whom": place.memory["whom"]} if place.memory.get("whom") else {}
        return account.ask_first(place, facts, {"intent": "book_on", "values": after}, "account.why_booking")
    if code == "unknown":
        return _unknown(place)
    if code == "over":
        return _list(place, facts, before=say("visits.over"))
    if code == "clash":
        return booking.clash(place, str(data.get("number", "")), facts)
    if code == "too_many":
        sentence = say("refused_visit.too_many", most=int(data.get("most") or 0))
        return step(idle(place), buttons(sentence, button("appointments"), button("agent"), button("menu")))
    if code == "unpaid":
        return _pay_first(place, str(data.get("number", "")), facts)
    subject = read(str(place.memory.get("subject", "")), facts)
    if subject is None:
        return _unknown(place)
    if code == "address":
        wanted = {"moment": place.memory.get("at"), "exact": True}
        here = go(place, "booking", "choosing_day", subject=subject.code)
        return under(say("refused_visit.address"), booking.go_on(here, subject, facts, wanted))
    key = f"refused_visit.{'closed' if code in CLOSED else code}"
    name = plain(str(data.get("name", "")), 60)
    sentence = say(key, name=name) if has(key) else say("refused_visit.other")
    asked = datetime.fromisoformat(str(place.memory["at"])) if place.memory.get("at") else facts.now
    near = moments.nearest((datetime.fromisoformat(str(at)) for at in data.get("nearest", ())), asked)
    return no_time(place.at("choosing_day"), subject, sentence, near, facts)


# --------------------------------------------------------------------------------------------------------------- private


def _pay_first(place: Place, order: str, facts: Facts) -> Step:
    """Enough times are held and not paid: the one whose time to pay ends first, a tap away."""
    visit = facts.care.visit_of(order)
    what = visit_told.line(visit, facts) if visit else say("visits.it")
    offer = button(f"pay:{order}", "pay"), button("appointments"), button("menu")
    return step(idle(place), buttons(say("refused_visit.unpaid", what=what), *offer))


def _live(visit: Visit, facts: Facts) -> bool:
    return visit.live and visit.starts_at > facts.now


def _unknown(place: Place) -> Step:
    return step(idle(place), buttons(say("visits.unknown"), button("appointments"), button("agent"), button("menu")))


def _meant(place: Place, event: Heard, facts: Facts) -> str:
    """Which appointment: by its own number (a button), by its number in the list, the one on the screen, or the only one."""
    if event.values.get("visit"):
        return str(event.values["visit"])
    there = facts.care.visits(limit=MOST).visits
    said = event.values.get("number")
    if said is not None:
        on_screen = shown.read(place, "visits")
        listed = on_screen.ref(int(said)) if on_screen else None
        by_number = next((v.number for v in there if v.number == str(said)), "")
        return listed or by_number or (there[int(said) - 1].number if 1 <= int(said) <= len(there) else "")
    if place.flow == "visits" and place.memory.get("number"):
        return str(place.memory["number"])
    return there[0].number if len(there) == 1 else ""


def _which(place: Place, verb: str, facts: Facts, when: Mapping[str, Any] | None = None) -> Step:
    """Which of several; what was asked for, and a time that was said, goes on with the one that is chosen."""
    if not facts.care.visits(limit=PAGE).total:
        return _list(place, facts)
    listed = _list(place, facts, before=say(f"visits.which_{verb}"), how="visits.how_which")
    kept = {"verb": verb, "when": dict(when)} if when else {"verb": verb}
    return Step(listed.place.at("listing", doing=kept), listed.replies, listed.effects)


def _move(place: Place, number: str, when: Mapping[str, Any], facts: Facts) -> Step:
    visit = facts.care.visit(number)
    if visit is None:
        return _unknown(place)
    if not _live(visit, facts):
        return under(say("visits.over"), show(place, number, facts))
    return booking.wanted(place, f"v{number}", when, facts)


def _cancel(place: Place, number: str, facts: Facts) -> Step:
    visit = facts.care.visit(number)
    booked = visit is not None and visit.state == "booked"  # its calendar file is with the customer
    paid = visit is not None and booked and bool(visit.fee.kobo and visit.order_number)
    to = go(place, "visits", "waiting", number=number, paid=paid or None, booked=booked or None)
    return step(to, effects=(Effect("cancel_visit", {"number": number}),))


def _list(place: Place, facts: Facts, *, past: bool = False, offset: int = 0, before: str = "", how: str = "") -> Step:
    page = facts.care.visits(past=past, limit=PAGE, offset=offset)
    if not page.visits and offset:
        return _list(place, facts, past=past, before=before)
    older = 0 if past else facts.care.visits(past=True, limit=1).total
    if not page.visits:
        first = button("vp:past:0", "past_visits") if older else button("lab_tests")
        sentence = paragraphs(before, say("visits.none_past" if past else "visits.none"))
        return step(go(place, "entry", "idle"), buttons(sentence, button("find_doctor"), first, button("menu")))
    kind = "past" if past else "coming"
    list_ = shown.page(
        shown.read(place, "visits"),
        "visits",
        [(v.number, visit_name(v)) for v in page.visits],
        offset=offset,
        total=page.total,
        kind=kind,
    )
    numbered = [
        say("visits.line", number=n, what=visit_told.line(v, facts), state=visit_told.state(v, facts))
        for n, v in enumerate(page.visits, start=offset + 1)
    ]
    heading = say("visits.heading_past" if past else "visits.heading")
    how = say(how or ("visits.how_past" if past else "visits.how"))
    to = go(place, "visits", "listing", shown=shown.kept(list_))
    return step(to, choices(paragraphs(before, heading, lines(*numbered), how), _rows(list_, page.visits, older, facts), "visit"))


def _rows(list_: shown.Shown, there: tuple[Visit, ...], older: int, facts: Facts) -> list[Row]:
    rows = [
        row(f"visit:{v.number}", f"{n}. {visit_name(v)}", f"{visit_told.when(v, facts)} · {visit_told.state(v, facts)}")
        for n, v in enumerate(there, start=list_.offset + 1)
    ]
    rows += page_rows(lambda to: f"vp:{list_.kind}:{to}", offset=list_.offset, total=list_.total)
    if older:
        rows.append(row("vp:past:0", say("row.past_visits"), say("row.past_visits.about")))
    return rows


FLOW = {"listing": listing, "opened": opened, "confirming_cancel": confirming_cancel, "waiting": waiting}
COMMANDS = {
    "appointments": appointments,
    "visits_page": page_tapped,
    "show_visit": show_tapped,
    "reschedule": reschedule,
    "cancel_appointment": cancel,
    "visit_cancel_yes": cancel_tapped,
    **results.COMMANDS,
}
OUTCOMES = {
    "visit_booked": booked,
    "visit_moved": moved,
    "visit_cancelled": cancelled,
    "visit_refused": refused,
    **results.OUTCOMES,
}
LISTS = {"visits": listing}
