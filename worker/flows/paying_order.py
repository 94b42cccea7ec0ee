"""One unpaid order: the ways asked for it, one of them begun or shown again, and what came of that.

What was asked of the house is kept in `memory["paying"]` until its outcome comes, within the same turn.
"""

from __future__ import annotations

from typing import Any

from models.orders import Order
from models.payments.values import Attempt
from worker.facts import Facts
from worker.flows import again, aside, checkout_place, tracking, way_shown, ways
from worker.flows.places import go
from worker.flows.replies import button, buttons, step, under
from worker.flows.step import Effect, Happened, Place, Step
from worker.flows.way_shown import payable
from worker.flows.ways import Way
from worker.flows.wording import lines, paragraphs, say


def by(place: Place, order: Order, way: Way | None, facts: Facts) -> Step:
    """By this way; by the one that is open, or asked, where none is named. Never a second one beside an open one."""
    attempt = facts.attempt_of(order.number)
    if attempt is None or not attempt.open:
        return _begin(place, order, way, facts) if way else ask_way(place, order, facts)
    same = way is None or (way.provider, way.kind) == (attempt.provider, attempt.kind)
    same = same and (way is None or way.bank in ("", attempt.way.get("ussd_bank")))
    if same and (attempt.status == "starting" or way_shown.usable(attempt, facts)):
        return _shown_again(place, attempt, order, facts)
    if way is None:
        return under(say("ready.over"), ask_way(place, order, facts))
    if ways.lacks_bank(way, facts):
        return _ask_bank(place, order, way, facts)
    about = {"doing": "switch", "number": order.number, "way": way.code}
    return step(place.at(place.state, paying=about), effects=(Effect("switch_payment", {"number": order.number, **way.args}),))


def _begin(place: Place, order: Order, way: Way, facts: Facts) -> Step:
    if ways.lacks_bank(way, facts):
        return _ask_bank(place, order, way, facts)
    about = {"doing": "start", "number": order.number, "way": way.code}
    return step(place.at(place.state, paying=about), effects=(Effect("start_payment", {"number": order.number, **way.args}),))


def _ask_bank(place: Place, order: Order, way: Way, facts: Facts) -> Step:
    to = go(place, "paying", "choosing_bank", number=order.number, way=way.code)
    return step(to, ways.asked_bank(way, facts, f"pw:{order.number}:", f"other:{order.number}"))


def _shown_again(place: Place, attempt: Attempt, order: Order, facts: Facts) -> Step:
    to = go(place, "paying", "open", number=order.number)
    if way_shown.usable(attempt, facts) and not attempt.switch_to:
        return step(to, *way_shown.offered(attempt, order, facts))
    sentence = say("start.still", number=order.number, provider=ways.name(attempt.provider))
    return step(to, buttons(sentence, button(f"other:{order.number}", "other_way"), button(f"o:{order.number}", "track")))


def ask_way(place: Place, order: Order, facts: Facts) -> Step:
    if not ways.offered(facts):
        return step(place, buttons(say("pay.nobody"), button("agent"), button(f"o:{order.number}", "track"), button("menu")))
    sentence = say("way.ask_for", number=order.number, total=str(order.total))
    to = go(place, "paying", "choosing_way", number=order.number)
    return step(to, ways.asked(sentence, facts, f"pw:{order.number}:"))


def not_payable(place: Place, order: Order, facts: Facts) -> Step:
    """Why nothing is to be paid here; what was closed can be ordered anew."""
    if order.payment_status == "paid" or order.status in ("paid", "refunded"):
        key = "pay.paid"
    elif order.status == "expired" or payable(order):  # refused though it waits: its time is over, and nobody has closed it yet
        begun = facts.attempt_of(order.number) is not None
        sentence = paragraphs(say("pay.expired", number=order.number), say("pay.expired_begun") if begun else "")
        buy = button("search", "order_again") if facts.cart().empty else button("cart")
        other = button(f"paid:{order.number}", "have_paid") if begun else button(f"o:{order.number}", "track")
        return step(place, buttons(sentence, other, buy, button("agent")))
    elif order.status == "cancelled":
        key = "pay.over"
    elif order.payment == "cash":
        key = "pay.cash" if order.delivery == "delivery" else "pay.cash_pickup"
    else:
        key = "pay.over"
    sentence = say(key, number=order.number, total=str(order.total))
    return step(place, buttons(sentence, button(f"o:{order.number}", "track"), button("agent"), button("menu")))


# ------------------------------------------------------------------------------------------------- what came of effects


def started(place: Place, event: Happened, facts: Facts) -> Step:
    """The attempt is written down; what to pay by comes as an event of its own."""
    about, here = _about(place)
    order = facts.order(str(about.get("number", "")))
    way = ways.read(str(about.get("way", "")), facts)
    if order is None or way is None:
        return Step(here)
    to = go(here, "paying", "open", number=order.number)
    coming = say(f"start.{way.kind}")
    if not about.get("new"):
        sentence = paragraphs(say("start.again", number=order.number, total=str(order.total)), coming)
        return step(to, buttons(sentence, button(f"o:{order.number}", "track"), button("menu")))
    waiting, until = [str(n) for n in about.get("waiting", ())], way_shown.still_held(order, facts)
    sentence = paragraphs(
        say("start.placed", number=order.number, total=str(order.total)),
        lines(coming, say("start.held", until=until) if until else ""),
        checkout_place.still_waiting(waiting, facts) if waiting else "",
    )
    return step(
        to, buttons(sentence, button(f"o:{order.number}", "track"), button("prescription") if waiting else button("menu"))
    )


def switching(place: Place, event: Happened, facts: Facts) -> Step:
    """The provider of the open attempt is asked first whether it has the money; then the other way comes."""
    about, here = _about(place)
    number, way = str(about.get("number", "")), ways.read(str(about.get("way", "")), facts)
    before = facts.attempt(int(event.data.get("attempt_id", 0)))
    if way is None or before is None:
        return Step(here)
    sentence = say("start.switch", provider=ways.name(before.provider), way=ways.words(way), number=number)
    return step(
        go(here, "paying", "open", number=number),
        buttons(sentence, button(f"paid:{number}", "have_paid"), button(f"o:{number}", "track"), button("menu")),
    )


def check_asked(place: Place, event: Happened, facts: Facts) -> Step:
    """The provider is asked; the answer comes as an event of its own."""
    about, here = _about(place)
    attempt = facts.attempt_of(str(about.get("number", "")))
    provider = ways.name(attempt.provider if attempt else "")
    number, receipt = str(about.get("number", "")), about.get("receipt")
    sentence = say("receipt.asking" if receipt else "paid.asking", number=number, provider=provider)
    or_not = say("receipt.or_prescription") if receipt == "bare" else ""
    offer = again.offered(here, button(f"o:{number}", "track"), button("agent"), button("menu"))
    return step(here, buttons(paragraphs(sentence, or_not, aside.asked_again(here)), *offer))


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """No attempt: why, and the way on."""
    about, here = _about(place)
    number = str(event.data.get("number") or about.get("number", ""))
    order, code = facts.order(number), str(event.data.get("code", ""))
    if order is None:
        return tracking.unknown(here, number)
    placed = say("checkout.placed", number=number) if about.get("new") else ""
    way = ways.read(str(about.get("way", "")), facts)
    if code == "none_open" and way and about.get("doing") == "switch":  # it ended meanwhile: nothing stands in the way any more
        return _begin(here, order, way, facts)
    return under(placed, _refusal(here, order, code, facts))


def _refusal(place: Place, order: Order, code: str, facts: Facts) -> Step:
    if code == "one_open":
        attempt = facts.attempt_of(order.number)
        return _shown_again(place, attempt, order, facts) if attempt else ask_way(place, order, facts)
    if code == "none_begun" and payable(order):
        return step(
            place, buttons(say("paid.none_begun", number=order.number), button(f"pay:{order.number}", "pay"), button("agent"))
        )
    if code == "none_begun":
        sentence = say("paid.none_begun_over", number=order.number)
        return step(place, buttons(sentence, button("agent"), button(f"o:{order.number}", "track"), button("menu")))
    if code in ("bad_provider", "bad_bank", "none_open") and payable(order):
        return under(say("way.not_there"), ask_way(place, order, facts))
    if code == "too_many":
        sentence = say("pay.too_many", number=order.number)
        return step(place, buttons(sentence, button("agent"), button(f"o:{order.number}", "track"), button("menu")))
    return not_payable(place, order, facts)


def _about(place: Place) -> tuple[dict[str, Any], Place]:
    """What was asked of the house in this turn, and the place without it."""
    return dict(place.memory.get("paying") or {}), place.at(place.state, paying=None)
