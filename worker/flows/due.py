"""What is due: a visit that comes near, an order not paid, a cart that was left, a prescription that waits.

A timer says only that its moment has come. What it is about is asked again here, and where time has overtaken it nothing is said:
the event keeps the reason (effect `end_timer`). What is being asked stays asked. A person's thread hears only what cannot wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import again, aside, moments, refill, support, way_shown
from worker.flows.places import go
from worker.flows.replies import button, buttons, text
from worker.flows.step import Button, Buttons, Effect, Happened, Outside, Place, Step
from worker.flows.subjects import HOME, place_of, visit_name
from worker.flows.visit_news import CHANGED
from worker.flows.wording import Sentence, clock, cut, lines, paragraphs, plain, say

# The last moment at which a visit is still reminded of, by how many minutes before it the reminder was meant.
NOT_WITHIN = {1440: timedelta(hours=3), 60: timedelta(minutes=15)}
EARLY = timedelta(minutes=10)  # a visit further away than that was moved since
# Ids of the flow of visits, with the visit's number behind them.
SEE, MOVE, CANCEL = "visit", "vmove", "vcancel"
LONGEST_PART = 60  # units of a name or a place in a template


def timer_due(place: Place, event: Happened, facts: Facts) -> Step:
    """By kind; a kind of another release is left alone."""
    kind = str(event.data.get("kind", ""))
    if kind == support.RETURN:
        return support.timer_due(place, event, facts)
    handler = _KINDS.get(kind)
    if handler is None:
        return Step(place)
    if _too_late(event.data.get("until"), facts.now):
        return unsaid(place, "too_late")
    return handler(place, str(event.data.get("subject") or ""), facts)


def unsaid(place: Place, reason: str) -> Step:
    """Nothing is told, and why stands with the event."""
    return Step(place, effects=(Effect("end_timer", {"reason": reason}),))


def _too_late(until: object, now: datetime) -> bool:
    """Whether the workers came to it after the moment up to which it was of use."""
    if not isinstance(until, str):
        return False
    try:
        return datetime.fromisoformat(until) <= now
    except (ValueError, TypeError):
        return False


def told(
    place: Place, facts: Facts, sentence: Sentence, *offer: Button, more: Sentence | str = "", outside: Outside | None
) -> Step:
    """A reminder with its buttons; with its first one beside the question that is open; bare in a person's thread."""
    if facts.customer.with_agent:
        return Step(place, (text(sentence),), outside=outside)
    return Step(place, (beside(place, sentence, *offer, more=more),), outside=outside)


def beside(place: Place, sentence: Sentence, *offer: Button, more: Sentence | str = "") -> Buttons:
    if aside.busy(place):
        return buttons(paragraphs(sentence, aside.asked_again(place)), *offer[:1], *again.offered(place))
    return buttons(paragraphs(sentence, more), *offer)


# ---------------------------------------------------------------------------------------------------------------- a visit


def _visit_soon(place: Place, subject: str, facts: Facts) -> Step:
    """Only while it is booked, and at that very time: a visit that was moved has timers of its own."""
    number, _, minutes = subject.rpartition(":")
    if not (minutes.isascii() and minutes.isdecimal()) or int(minutes) not in NOT_WITHIN:
        return unsaid(place, "unknown")
    visit, before = facts.care.visit(number), int(minutes)
    if visit is None or visit.state != "booked":
        return unsaid(place, "over")
    left = visit.starts_at - facts.now
    if left > timedelta(minutes=before) + EARLY:
        return unsaid(place, "moved")
    if left < NOT_WITHIN[before]:
        return unsaid(place, "too_late")
    if reason := facts.care.closed(visit):
        return _visit_closed(place, visit, reason, facts)
    return told(
        _at_visit(place, visit, facts), facts, _visit(visit, facts), *_visit_offer(number), outside=_visit_outside(visit, facts)
    )


def _visit_closed(place: Place, visit: Visit, reason: str, facts: Facts) -> Step:
    """Its time was closed since (`closed`), or its doctor or test is not to be had (`gone`): "see you tomorrow" would be a lie. The day
    goes by its date, because what waits for the customer to write may be read on another one."""
    zone, gone = ZoneInfo(visit.zone), reason == "gone"
    sentence = lines(
        say(
            f"due.{'gone' if gone else 'closed'}",
            day=_date(visit.starts_at, zone, facts),
            hour=clock(visit.starts_at.astimezone(zone)),
        ),
        say("due.visit_what", title=visit_name(visit), detail=plain(visit.detail, 60)) if visit.detail else visit_name(visit),
    )
    fee = say("due.closed_fee", fee=str(visit.fee)) if visit.fee.kobo and visit.order_number else ""
    more = lines(say("due.gone_next" if gone else "due.closed_next"), fee)
    changes = _visit_offer(visit.number)[2 if gone else 1 :]
    return told(_at_visit(place, visit, facts), facts, sentence, *changes, button("agent"), more=more, outside=CHANGED)


def _at_visit(place: Place, visit: Visit, facts: Facts) -> Place:
    """The appointment is open, so that a typed "cancel it" is about it; unless something else is asked."""
    return place if facts.customer.with_agent or aside.busy(place) else go(place, "visits", "opened", number=visit.number)


def _visit(visit: Visit, facts: Facts) -> Sentence:
    zone, name = ZoneInfo(visit.zone), visit_name(visit)
    return lines(
        say("due.visit", day=_near(visit.starts_at, zone, facts), hour=clock(visit.starts_at.astimezone(zone))),
        say("due.visit_what", title=name, detail=plain(visit.detail, 60)) if visit.detail else Sentence(name),
        say("visit.where", place=place_of(visit)) if place_of(visit) else "",
        say("lab.before", preparation=preparation) if (preparation := _preparation(visit, facts)) else "",
    )


def _preparation(visit: Visit, facts: Facts) -> str:
    """What a test asks for before it: "nothing to eat" helps the evening before, not at the door."""
    test = facts.care.test(visit.ref) if visit.kind == "test" and not visit.preparation else None
    return plain(test.preparation if test else visit.preparation, 160)


def _visit_offer(number: str) -> tuple[Button, ...]:
    return tuple(
        Button(f"{id}:{number}", say(f"button.due_{key}")) for id, key in ((SEE, "visit"), (MOVE, "move"), (CANCEL, "cancel"))
    )


def _visit_outside(visit: Visit, facts: Facts) -> Outside:
    """A template may lie unread for a day, when "tomorrow" is wrong: it names the date alone. Nor does it name a home."""
    zone = ZoneInfo(visit.zone)
    when = say("due.visit_when", day=_date(visit.starts_at, zone, facts), hour=clock(visit.starts_at.astimezone(zone)))
    where = plain(visit.place, LONGEST_PART) or plain(facts.pharmacy.name, LONGEST_PART) or say("outside.pharmacy")
    if visit.where == HOME:
        where = say("due.your_address")
    return Outside("visit_reminder", (cut(Sentence(visit_name(visit)), LONGEST_PART), when, where))


def _near(at: datetime, zone: ZoneInfo, facts: Facts) -> Sentence:
    """today, or tomorrow with its date, by the calendar of where the visit is."""
    away = (at.astimezone(zone).date() - facts.now.astimezone(zone).date()).days
    day = _date(at, zone, facts)
    return {0: say("due.today", day=day), 1: say("due.tomorrow", day=day)}.get(away, day)


def _date(at: datetime, zone: ZoneInfo, facts: Facts) -> Sentence:
    """Tue 24 Nov; in another zone than the pharmacy's with the place whose time is told."""
    elsewhere = at.astimezone(zone).utcoffset() != at.astimezone(facts.zone).utcoffset()
    there = say("when.there", place=plain(moments.place_of(zone), 30)) if elsewhere else ""
    return Sentence(f"{moments.day_words(at.astimezone(zone).date(), facts)}{there}")


# ------------------------------------------------------------------------------------------------------- an unpaid order


def _unpaid_order(place: Place, number: str, facts: Facts) -> Step:
    order = facts.order(number)
    if order is None or order.status != "pending_payment" or not way_shown.still_held(order, facts):
        return unsaid(place, "over")
    sentence = say("due.unpaid", number=number, total=str(order.total), until=way_shown.still_held(order, facts))
    offer = (button(f"pay:{number}", "pay"), button(f"paid:{number}", "have_paid"), button(f"oc:{number}", "cancel_order"))
    return told(place, facts, sentence, *offer, more=say("due.unpaid_next"), outside=None)


# --------------------------------------------------------------------------------------------------- a cart that was left


def _abandoned_cart(place: Place, subject: str, facts: Facts) -> Step:
    """Nobody is interrupted for it, and nobody who cannot order what is in it is asked to."""
    customer, cart = facts.customer, facts.cart()
    if customer.marketing_stopped or not customer.registered:
        return unsaid(place, "stopped")
    if customer.with_agent or aside.busy(place):
        return unsaid(place, "busy")
    count = sum(not line.problem for line in cart.lines)
    if not count:
        return unsaid(place, "over")
    sentence = say("due.cart_one") if count == 1 else say("due.cart_many", count=count)
    offer = (button("checkout"), button("cart"), button("stop", "due_stop"))
    return Step(place, (buttons(paragraphs(sentence, say("due.cart_free")), *offer),))


# ------------------------------------------------------------------------------------------------ a prescription that waits


def _prescription_waits(place: Place, subject: str, facts: Facts) -> Step:
    shown = facts.prescription(int(subject)) if subject.isdecimal() else None
    if shown is None or shown.state != "waiting":
        return unsaid(place, "over")
    offer = (button("agent"), button("menu"))
    return told(place, facts, say("due.waits"), *offer, more=say("due.waits_next"), outside=Outside("prescription_waits"))


# ------------------------------------------------------------------------------------------------- medicine that runs out


def _refill(place: Place, subject: str, facts: Facts) -> Step:
    found = refill.reminder(subject, facts)
    if facts.customer.marketing_stopped:
        return unsaid(place, "stopped")
    if found is None:
        return unsaid(place, "over")
    if facts.customer.with_agent:
        return Step(place, effects=(refill.an_hour_later("refill", subject),))
    outside = Outside("refill_due", (cut(found.until, LONGEST_PART),))
    return told(place, facts, found.sentence, *found.offer, more=say("due.refill_new"), outside=outside)


def _refill_ask(place: Place, subject: str, facts: Facts) -> Step:
    if facts.customer.marketing_stopped:
        return unsaid(place, "stopped")
    if facts.customer.with_agent or aside.busy(place):
        return Step(place, effects=(refill.an_hour_later("refill_ask", subject),))
    return refill.ask(place, subject, facts) or unsaid(place, "over")


_KINDS: Mapping[str, Callable[[Place, str, Facts], Step]] = {
    "visit_soon": _visit_soon,
    "unpaid_order": _unpaid_order,
    "abandoned_cart": _abandoned_cart,
    "prescription_waits": _prescription_waits,
    "refill": _refill,
    "refill_ask": _refill_ask,
}
FLOW = refill.FLOW
COMMANDS = refill.COMMANDS
OUTCOMES: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {"timer_due": timer_due, **refill.OUTCOMES}
