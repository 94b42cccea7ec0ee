"""An appointment in words: in a line, as a card, and the calendar file that goes with one that is booked."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from models.orders import Order
from models.values import Money
from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import moments
from worker.flows.step import Document, Reply
from worker.flows.subjects import FEES, detail_of, place_of, visit_name
from worker.flows.wording import Sentence, clock, lines, paragraphs, say

CALENDAR = "calendar:"  # the sender makes the file of such a source (worker/generated.py)


def when(visit: Visit, facts: Facts) -> Sentence:
    return moments.words(visit.starts_at, ZoneInfo(visit.zone), facts)


def line(visit: Visit, facts: Facts) -> Sentence:
    """ "Dr Amaka Obi, Tue 24 Nov, 2:00 PM"."""
    return say("visit.line", title=visit_name(visit), when=when(visit, facts))


def state(visit: Visit, facts: Facts) -> Sentence:
    if visit.state == "held" and visit.held_until:
        return say("visit.held_until", until=clock(visit.held_until.astimezone(facts.zone)))
    known = visit.state if visit.state in ("held", "booked", "done", "no_show", "cancelled", "expired") else "booked"
    return say(f"visit.{known}")


def card(visit: Visit, facts: Facts) -> Sentence:
    return paragraphs(
        lines(say("visit.title", title=visit_name(visit)), detail_of(visit)),
        lines(
            say("visit.when", when=when(visit, facts)),
            say("visit.where", place=place_of(visit)) if place_of(visit) else "",
            cost(visit.kind, visit.fee),
            state(visit, facts),
        ),
    )


def cost(kind: str, amount: Money) -> Sentence:
    """A doctor has a fee, a test a price; nothing where nothing is paid here."""
    if not amount.kobo:
        return Sentence("")
    return say("lab.price", price=str(amount)) if kind == "test" else say("visit.fee", fee=str(amount))


def booked(visit: Visit, facts: Facts) -> Sentence:
    """The good news."""
    ready = say("booked.early") if visit.kind == "doctor" else _preparation(visit, facts)
    where = say("visit.where", place=place_of(visit)) if place_of(visit) else ""
    return paragraphs(lines(say("booked.done", what=line(visit, facts)), where), lines(ready, say(_reminded(visit, facts))))


def _reminded(visit: Visit, facts: Facts) -> str:
    """The key of what is promised: a reminder whose moment has passed is not."""
    left = visit.starts_at - facts.now
    return "booked.how" if left > timedelta(days=1) else "booked.how_hour" if left > timedelta(hours=1) else "booked.how_soon"


def _preparation(visit: Visit, facts: Facts) -> Sentence:
    test = facts.care.test(visit.ref)
    return say("lab.before", preparation=test.preparation) if test and test.preparation else Sentence("")


def calendar(visit: Visit, key: str = "booked.calendar") -> Document:
    """The calendar file as the visit is when it is sent: of one that was cancelled it takes the entry out again."""
    return Document(f"{CALENDAR}{visit.number}", f"appointment-{visit.number}.ics", say(key))


def of_order(order: Order, facts: Facts) -> Visit | None:
    """The appointment an order is the fee of."""
    return facts.care.visit_of(order.number) if order.delivery in FEES else None


def received(order: Order, facts: Facts) -> tuple[Sentence, tuple[Reply, ...]]:
    """What stands under "we have received your money" for a fee, and what is sent beside it."""
    visit = of_order(order, facts)
    if visit is None or visit.state != "booked":
        return Sentence(""), ()
    return booked(visit, facts), (calendar(visit),)
