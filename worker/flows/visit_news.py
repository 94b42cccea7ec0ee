"""What staff did to an appointment: put to another time, or cancelled. Told beside what is being asked, and in a person's thread too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from models.values import Money
from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import aside, visit_told
from worker.flows.paying_news import told
from worker.flows.replies import button
from worker.flows.step import Button, Document, Happened, Outside, Place, Step
from worker.flows.wording import Sentence, paragraphs, say

CHANGED = Outside("visit_changed")


def changed(place: Place, event: Happened, facts: Facts) -> Step:
    """`what`: moved or cancelled. What another change has overtaken is not told."""
    visit, what = facts.care.visit(str(event.data.get("number", ""))), event.data.get("what")
    if visit is None:
        return Step(place)
    if what == "moved" and visit.live and visit.starts_at > facts.now:
        return _moved(place, visit, facts)
    return _cancelled(place, visit, event, facts) if what == "cancelled" and visit.state == "cancelled" else Step(place)


def _moved(place: Place, visit: Visit, facts: Facts) -> Step:
    offer = (button(f"vmove:{visit.number}", "visit_move"), button(f"vcancel:{visit.number}", "visit_cancel"), button("agent"))
    sentence = say("visits.moved_by_us", what=visit_told.line(visit, facts))
    news = told(place, facts, sentence, *offer, about=visit.order_number, more=say("visits.moved_by_us_next"), outside=CHANGED)
    return _with_file(news, visit_told.calendar(visit), place) if visit.state == "booked" else news


def _cancelled(place: Place, visit: Visit, event: Happened, facts: Facts) -> Step:
    refund = Money(int(event.data.get("refund_kobo") or 0))
    money = say("visits.refund", fee=str(refund)) if refund.kobo else ""
    sentence = paragraphs(ended(visit, facts), money)
    news = told(place, facts, sentence, *book_again(visit), about=visit.order_number, outside=CHANGED)
    return _with_file(news, visit_told.calendar(visit, "booked.uncalendar"), place)


def _with_file(news: Step, file: Document, place: Place) -> Step:
    """What is being asked stays the last thing on the screen."""
    return replace(news, replies=(file, *news.replies) if aside.busy(place) else (*news.replies, file))


def ended(visit: Visit, facts: Facts, reason: str = "") -> Sentence:
    """That it will not take place; whoever asked for it is not told that we are sorry."""
    return say("visits.cancelled" if reason == "customer_asked" else "visits.cancelled_by_us", what=visit_told.line(visit, facts))


def book_again(visit: Visit) -> tuple[Button, ...]:
    if visit.kind == "doctor":
        return button(f"vdays:{visit.ref}:", "other_times"), button("agent"), button("menu")
    return button(f"test:{visit.ref}", "book_again"), button("agent"), button("menu")


TOLD: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {"visit_changed": changed}
