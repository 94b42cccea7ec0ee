"""An order on its way, told as it goes: being prepared, sent with a rider, ready for pick-up, delivered, cancelled, expired."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.orders import Order
from models.visits.values import Visit
from worker.facts import Facts
from worker.flows import visit_news, visit_told
from worker.flows.paying_news import told
from worker.flows.replies import button
from worker.flows.step import Button, Happened, Outside, Place, Step
from worker.flows.way_shown import WITH_TEAM
from worker.flows.wording import Sentence, lines, paragraphs, plain, say

# A later event tells what came after; a refund may have ended the order before the news of its end was told.
STILL = {
    "processing": frozenset(("processing",)),
    "shipped": frozenset(("shipped",)),
    "delivered": frozenset(("delivered", "refunded")),
    "cancelled": frozenset(("cancelled", "refunded")),
}
REASONS = frozenset(("out_of_stock", "no_rider", "wrong_address", "customer_asked", "prescription", "payment"))
LINE = 60  # units of a name or a number in a template


def moved(place: Place, event: Happened, facts: Facts) -> Step:
    """Staff moved the order on."""
    order, to = facts.order(str(event.data.get("order_number", ""))), str(event.data.get("to", ""))
    if order is None or order.status not in STILL.get(to, ()):
        return Step(place)
    return _MOVED[to](place, order, event, facts)


def _processing(place: Place, order: Order, event: Happened, facts: Facts) -> Step:
    sentence = say("moved.processing", number=order.number)
    return _told(place, order, facts, sentence, Outside("order_processing", (order.number,)))


def _shipped(place: Place, order: Order, event: Happened, facts: Facts) -> Step:
    if order.delivery == "pickup":
        return _ready(place, order, facts)
    rider, phone = (plain(str(event.data.get(key) or ""), LINE) for key in ("rider", "rider_phone"))
    sentence = paragraphs(
        say("moved.shipped", number=order.number),
        lines(say("moved.rider", rider=rider) if rider else "", say("moved.phone", phone=phone) if phone else ""),
        say("moved.cash", total=str(order.total)) if _to_be_paid(order) else "",
    )
    whom = phone or plain(facts.pharmacy.phone, LINE) or say("outside.in_chat")
    outside = Outside("order_shipped", (order.number, rider or plain(facts.pharmacy.name, LINE) or say("outside.rider"), whom))
    return _told(place, order, facts, sentence, outside)


def _ready(place: Place, order: Order, facts: Facts) -> Step:
    address = plain(facts.pharmacy.address)
    sentence = paragraphs(
        say("moved.ready_at", number=order.number, address=address) if address else say("moved.ready", number=order.number),
        say("moved.cash_pickup", total=str(order.total)) if _to_be_paid(order) else "",
    )
    where = address or plain(facts.pharmacy.name) or say("outside.pharmacy")
    return _told(place, order, facts, sentence, Outside("order_ready", (order.number, where)))


def _delivered(place: Place, order: Order, event: Happened, facts: Facts) -> Step:
    key = "moved.picked_up" if order.delivery == "pickup" else "moved.delivered"
    outside = Outside("order_delivered", (order.number,))
    return _told(place, order, facts, say(key, number=order.number), outside, more=say("moved.wrong"))


def _cancelled(place: Place, order: Order, event: Happened, facts: Facts) -> Step:
    reason, visit = str(event.data.get("reason", "")), visit_told.of_order(order, facts)
    first = visit_news.ended(visit, facts, reason) if visit else say("moved.cancelled", number=order.number)
    sentence = paragraphs(lines(first, say(f"cancelled.{reason}") if reason in REASONS else ""), money_back(order, event))
    outside = Outside("order_cancelled", (order.number,))
    if visit is not None:
        return _told(place, order, facts, sentence, outside, *visit_news.book_again(visit))
    return _told(place, order, facts, sentence, outside, button("agent"), button(f"o:{order.number}", "track"), button("menu"))


def money_back(order: Order, event: Happened) -> Sentence:
    """What of the money of an order that is cancelled: on its way back, looked after by people, or never taken."""
    if event.data.get("refund"):
        return say("money.back")
    if order.payment == "cash":
        return say("money.none")
    return say("money.looked_at") if order.payment_status == "paid" else say("money.if_paid")


def expired(place: Place, event: Happened, facts: Facts) -> Step:
    """The time to pay ran out. Ordering again begins where the customer can: in the cart, if there is something in it."""
    order = facts.order(str(event.data.get("order_number", "")))
    if order is None or order.status != "expired":
        return Step(place)
    attempt, visit = facts.attempt_of(order.number), visit_told.of_order(order, facts)
    if visit is not None and (attempt is None or attempt.reason not in WITH_TEAM):
        return _fee_expired(place, order, visit, facts)
    buy = button("search", "order_again") if facts.cart().empty else button("cart")
    if attempt is not None and attempt.reason in WITH_TEAM:  # money came: neither words nor template may say that none did
        sentence, outside = say("news.expired_team", number=order.number), Outside("order_cancelled", (order.number,))
        return told(place, facts, sentence, button("agent"), buy, button("menu"), about=order.number, outside=outside)
    sentence, begun = say("news.expired", number=order.number), attempt is not None
    offer = (buy, button(f"paid:{order.number}", "have_paid") if begun else button("menu"), button("agent"))
    more = say("news.expired_begun" if begun else "news.expired_next")
    outside = Outside("order_expired", (order.number,))
    return told(place, facts, sentence, *offer, about=order.number, more=more, outside=outside)


def _fee_expired(place: Place, order: Order, visit: Visit, facts: Facts) -> Step:
    """The time that was held for a fee is free again."""
    number, begun = order.number, facts.attempt_of(order.number) is not None
    again = visit_news.book_again(visit)[0]
    offer = (again, button(f"paid:{number}", "have_paid") if begun else button("menu"), button("agent"))
    sentence = say("fee.expired", what=visit_told.line(visit, facts))
    return told(
        place, facts, sentence, *offer, about=number, more=say("fee.expired_next"), outside=Outside("order_expired", (number,))
    )


def _told(
    place: Place, order: Order, facts: Facts, sentence: Sentence, outside: Outside, *offer: Button, more: Sentence | str = ""
) -> Step:
    given = offer or (button(f"o:{order.number}", "track"), button("agent"), button("menu"))
    return told(place, facts, sentence, *given, about=order.number, more=more, outside=outside)


def _to_be_paid(order: Order) -> bool:
    return order.payment == "cash" and order.payment_status != "paid"


_MOVED: Mapping[str, Callable[[Place, Order, Happened, Facts], Step]] = {
    "processing": _processing,
    "shipped": _shipped,
    "delivered": _delivered,
    "cancelled": _cancelled,
}
TOLD: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {"order_moved": moved, "order_expired": expired, **visit_news.TOLD}
