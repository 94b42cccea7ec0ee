"""The customer's own orders: where they are, what is in them, cancelling while that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.orders import Order
from worker.facts import Facts
from worker.flows import account, progress, shown, visit_told, way_shown, ways
from worker.flows.heard import Heard, is_command
from worker.flows.pages import page_rows
from worker.flows.places import go
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.shown import PAGE
from worker.flows.step import Button, Effect, Event, Happened, Place, Row, Step
from worker.flows.subjects import FEES
from worker.flows.support import unclear
from worker.flows.wording import Sentence, clock, lines, paragraphs, plain, say

LINES_SHOWN = 8
MAX_OFFSET = 500


def track(place: Place, event: Heard, facts: Facts) -> Step:
    """`track 12345`, "where is my order": with a number that order, without one the only one, or the list."""
    number = str(event.values.get("order_number") or "")
    if not facts.customer.registered and not _has_orders(facts):
        return _register_first(place, facts, event)
    if number:
        return show(place, number, facts)
    page = facts.orders(limit=PAGE)
    waiting = progress.pending(facts)
    how_far = progress.sentence(waiting, facts) if waiting else ""
    return under(how_far, _shown(place, page.orders[0], facts) if page.total == 1 else _list(place, facts, 0))


def history(place: Place, event: Heard, facts: Facts) -> Step:
    if not facts.customer.registered and not _has_orders(facts):
        return _register_first(place, facts, event)
    return _list(place, facts, 0)


def turn_page(place: Place, event: Heard, facts: Facts) -> Step:
    return _list(place, facts, min(int(event.values.get("offset", 0)), MAX_OFFSET))


def listing(place: Place, event: Event, facts: Facts) -> Step | None:
    """The orders are on the screen: a number of the list or of an order opens it."""
    on_screen = shown.read(place, "orders")
    if not isinstance(event, Heard) or event.tapped or on_screen is None:
        return None
    if event.intent == "number":
        number = on_screen.ref(int(event.values["n"]))
        return show(place, number or str(event.values.get("digits", event.values["n"])), facts)
    if event.intent in ("next", "more"):
        if on_screen.has_next:
            return _list(place, facts, on_screen.offset + PAGE)
        return step(place, buttons(say("list.no_more"), button("menu"), button("agent")))
    if event.intent == "previous":
        return _list(place, facts, max(0, on_screen.offset - PAGE))
    return None


def show(place: Place, number: str, facts: Facts) -> Step:
    """One own order. An unknown number and somebody else's get the same answer."""
    order = facts.order(number)
    return unknown(place, number) if order is None else _shown(place, order, facts)


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """One order is on the screen: back goes to the list, "cancel order" means this one."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "back":
        return _list(place, facts, 0)
    this_one = event.intent == "cancel" and len(event.text.split()) > 1  # "cancel it", "cancel am"; "cancel" alone leaves
    if this_one or (event.intent == "cancel_order" and not event.values.get("order_number")):
        return _ask_cancel(place, str(place.memory["number"]), facts)
    if event.intent == "number":
        return (
            show(place, str(event.values.get("digits", event.values["n"])), facts)
            if event.values["n"] > 99
            else listing(place, event, facts)
        )
    return None


def asking_number(place: Place, event: Event, facts: Facts) -> Step | None:
    """An order was not found: waiting for another number."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "number":
        return show(place, str(event.values.get("digits", event.values["n"])), facts)
    if event.intent == "back":
        return _list(place, facts, 0)
    if event.intent in ("unknown", "yes", "no", "next", "previous", "more") or (
        event.intent == "search" and not is_command(event)
    ):
        return unclear(place, say("track.ask"), "orders", "menu")
    return None


def cancel_order(place: Place, event: Heard, facts: Facts) -> Step:
    """`cancel order 12345`; without a number the only one that can be cancelled, or the list."""
    number = str(event.values.get("order_number") or "")
    if number:
        return _ask_cancel(place, number, facts)
    if not facts.customer.registered and not _has_orders(facts):
        return _register_first(place, facts, event)
    open_ones = [o for o in facts.orders(limit=10).orders if o.cancellable]
    if len(open_ones) == 1:
        return _ask_cancel(place, open_ones[0].number, facts)
    return _list(place, facts, 0, say("track.cancel_which") if open_ones else say("track.cancel_none"))


def confirming_cancel(place: Place, event: Event, facts: Facts) -> Step | None:
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = str(place.memory["number"])
    if event.intent == "yes" or (event.intent == "cancel_order" and event.values.get("order_number") in (None, number)):
        return _cancel(place, number, facts)
    if event.intent in ("no", "back", "cancel"):
        return show(place, number, facts)
    if event.intent in ("unknown", "number", "next", "previous", "more"):
        return unclear(place, say("track.cancel_again", number=number), button(f"o:{number}", "keep_order"), "menu")
    return None


def cancel_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """The "Yes, cancel it" button. Tapped twice, the second one is told that it is done."""
    return _cancel(place, str(event.values["order_number"]), facts)


def cancelled(place: Place, event: Happened, facts: Facts) -> Step:
    order = facts.order(str(event.data["number"]))
    online = order is not None and order.payment != "cash"
    money = "money.back" if place.memory.get("taken") else "money.if_paid" if online else "money.none"
    if place.memory.get("doubtful"):
        money = "money.looked_at"
    sentence = Sentence(f"{say('track.cancelled', number=event.data['number'])} {say(money)}")
    return step(go(place, "entry", "idle"), buttons(sentence, button("menu"), button("orders"), button("agent")))


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    code = str(event.data.get("code", ""))
    number = str(event.data.get("number") or place.memory.get("number", ""))
    if code not in ("already", "too_late"):
        return unknown(place, number)
    return step(
        go(place, "entry", "idle"),
        buttons(say(f"track.refused_{code}", number=number), button("agent"), button("orders"), button("menu")),
    )


# ------------------------------------------------------------------------------------------------------------- the cards


def _shown(place: Place, order: Order, facts: Facts) -> Step:
    to = go(place, "tracking", "opened", number=order.number)
    if order.cancellable:
        to_pay = way_shown.payable(order) and not _with_team(order.number, facts)
        pay = (button(f"pay:{order.number}", "pay"),) if to_pay else ()
        offer = (*pay, button(f"oc:{order.number}", "cancel_order"), button("agent"), button("menu"))
        return step(to, buttons(_card(order, facts), *offer))
    return step(to, buttons(_card(order, facts), button("orders"), button("agent"), button("menu")))


def _card(order: Order, facts: Facts) -> Sentence:
    items = [say("checkout.line", quantity=x.quantity, name=plain(x.name, 60), total=str(x.line_total)) for x in order.lines]
    if len(items) > LINES_SHOWN:
        items = [*items[:LINES_SHOWN], say("checkout.more_lines", count=len(items) - LINES_SHOWN)]
    where = _where(order, facts)
    fee = say("checkout.fee", fee=str(order.delivery_fee)) if order.delivery_fee.kobo else ""
    return paragraphs(
        lines(say("track.order", number=order.number, status=_status(order)), say("track.placed", when=_day(order, facts))),
        lines(*items),
        lines(fee, say("track.total", total=str(order.total)), _payment(order, facts), where),
        lines(*_rider(order)),
    )


def _where(order: Order, facts: Facts) -> Sentence:
    """Where it goes; of a fee, what it is for."""
    if order.delivery in FEES:
        visit = visit_told.of_order(order, facts)
        return say("fee.order", what=visit_told.line(visit, facts)) if visit else say("fee.order_bare")
    return say("checkout.to", address=order.address) if order.delivery == "delivery" else say("track.pickup")


def _rider(order: Order) -> list[Sentence]:
    """Who brings it, once it is on its way."""
    if order.status != "shipped" or order.delivery != "delivery":
        return []
    told = (("moved.rider", "rider", order.rider), ("moved.phone", "phone", order.rider_phone))
    return [say(key, **{name: value}) for key, name, value in told if value]


def _status(order: Order) -> Sentence:
    if order.status == "shipped" and order.delivery == "pickup":
        return say("status.ready")
    return say(f"status.{order.status}")


def _payment(order: Order, facts: Facts) -> Sentence:
    if order.payment_status == "paid":
        return say("payment.paid")
    if order.status in ("cancelled", "expired", "refunded", "delivered"):
        return Sentence("")
    if order.payment == "cash":
        return say("payment.cash" if order.delivery == "delivery" else "payment.cash_pickup")
    if not way_shown.payable(order):
        return say("payment.failed") if order.payment_status == "failed" else Sentence("")
    if _with_team(order.number, facts):
        return say("payment.with_team")
    until = way_shown.still_held(order, facts)
    waiting = say("payment.until", until=until) if until else say("payment.pending")
    attempt = facts.attempt_of(order.number)
    if attempt is None or not attempt.open:
        return waiting
    return say("payment.by", payment=waiting, way=ways.words(ways.Way(attempt.provider, attempt.kind)))


def _day(order: Order, facts: Facts) -> str:
    """Day and time as people here read them; the zone is the pharmacy's."""
    at = order.placed_at.astimezone(facts.zone)
    return f"{at.day} {say(f'month.{at.month}')} {at.year}, {clock(at)}"


def _list(place: Place, facts: Facts, offset: int, before: str = "") -> Step:
    page = facts.orders(limit=PAGE, offset=offset)
    if not page.orders and offset:
        return _list(place, facts, 0, before)
    if not page.orders:
        return step(go(place, "entry", "idle"), buttons(say("track.none"), button("search"), button("menu"), button("agent")))
    rows = [(o.number, o.number) for o in page.orders]
    list_ = shown.page(shown.read(place, "orders"), "orders", rows, offset=offset, total=page.total)
    numbered = [
        say("track.line", at=n, number=o.number, status=_status(o), total=str(o.total))
        for n, o in enumerate(page.orders, start=offset + 1)
    ]
    heading = (
        say("track.heading")
        if page.total <= PAGE
        else say("track.heading_page", first=offset + 1, last=offset + len(rows), total=page.total)
    )
    body = paragraphs(before, heading, lines(*numbered), say("track.how"))
    return step(
        go(place, "tracking", "listing", shown=shown.kept(list_)), choices(body, _rows(list_, page.orders, facts), "orders")
    )


def _rows(list_: shown.Shown, orders: tuple[Order, ...], facts: Facts) -> list[Row]:
    rows = [
        row(f"o:{o.number}", say("row.order", number=o.number), f"{_status(o)} · {o.total} · {_day(o, facts)}") for o in orders
    ]
    return rows + page_rows(lambda to: f"op:{to}", offset=list_.offset, total=list_.total)


def _ask_cancel(place: Place, number: str, facts: Facts) -> Step:
    order = facts.order(number)
    if order is None:
        return unknown(place, number)
    if not order.cancellable:
        code = "already" if order.status in ("cancelled", "expired", "refunded") else "too_late"
        return refused(place, Happened("order_refused", {"code": code, "number": order.number}), facts)
    visit = visit_told.of_order(order, facts)
    if visit is not None:  # asked there, with what is lost by cancelling late
        sentence = say("fee.cancel", what=visit_told.line(visit, facts))
        return step(
            place, buttons(sentence, button(f"vcancel:{visit.number}", "visit_cancel"), button("appointments"), button("menu"))
        )
    to = go(place, "tracking", "confirming_cancel", number=order.number)
    came = _came(order, facts) == "back"
    back = say("track.cancel_paid", total=str(order.total)) if _taken(order) else say("track.cancel_came") if came else ""
    ask = paragraphs(say("track.cancel_ask", number=order.number, total=str(order.total)), back)
    return step(
        to, buttons(ask, Button(f"ocy:{order.number}", say("button.cancel_yes")), button(f"o:{order.number}", "keep_order"))
    )


def _cancel(place: Place, number: str, facts: Facts) -> Step:
    order = facts.order(number)
    came = _came(order, facts) if order else ""
    taken = True if came == "back" else None  # asked before: the books of an order that is over may say otherwise
    to = go(place, "tracking", "waiting", number=number, taken=taken, doubtful=True if came == "team" else None)
    return step(to, effects=(Effect("cancel_order", {"number": number}),))


def _with_team(number: str, facts: Facts) -> bool:
    """Whether money came for an order that does not pay it, so that people look after it."""
    attempt = facts.attempt_of(number)
    return attempt is not None and attempt.reason in way_shown.WITH_TEAM


def _came(order: Order, facts: Facts) -> str:
    """What becomes of money for an order that is cancelled: "back", by itself; "team", where it is not sure whose it is; or ""."""
    if _taken(order):
        return "back"
    if not way_shown.payable(order) or not _with_team(order.number, facts):
        return ""
    attempt = facts.attempt_of(order.number)
    return "team" if attempt is not None and attempt.reason == "mismatch" else "back"


def _taken(order: Order) -> bool:
    return order.payment_status == "paid" and order.payment != "cash"


def unknown(place: Place, number: str) -> Step:
    """No own order has that number; somebody else's gets the same answer."""
    return step(
        go(place, "tracking", "asking_number"),
        buttons(say("track.unknown", number=plain(number, 20)), button("orders"), button("agent"), button("menu")),
    )


def _register_first(place: Place, facts: Facts, heard: Heard) -> Step:
    after: Mapping[str, Any] = {"intent": heard.intent, "values": {k: v for k, v in heard.values.items() if k == "order_number"}}
    return account.ask_first(place, facts, after, "account.why_orders")


def _has_orders(facts: Facts) -> bool:
    """Orders of the old system may be there before name and consent are."""
    return facts.orders(limit=1).total > 0


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn."""
    return None


FLOW = {
    "listing": listing,
    "opened": opened,
    "asking_number": asking_number,
    "confirming_cancel": confirming_cancel,
    "waiting": waiting,
}
