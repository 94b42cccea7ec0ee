"""Paying for an order that stands: `pay 12345 paystack`, another way, "I have paid". Only ever for the customer's own orders."""

from __future__ import annotations

from models.orders import Order
from worker.facts import Facts
from worker.flows import again, aside, checkout, paying_order, paying_said, tracking, visit_told, way_shown, ways
from worker.flows.heard import Heard, is_command
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, choices, row, step, under
from worker.flows.step import Effect, Event, Place, Step
from worker.flows.subjects import FEES
from worker.flows.support import unclear
from worker.flows.way_shown import WITH_TEAM, payable
from worker.flows.wording import Sentence, lines, paragraphs, say

LOOKED_AT = 10  # newest orders among which an unpaid one is looked for


def pay(place: Place, event: Heard, facts: Facts) -> Step:
    """`pay`, `pay 12345`, `pay 12345 transfer`; without a number the order on the screen, or the only unpaid one."""
    number, unpaid = str(event.values.get("order_number") or ""), _unpaid(facts)
    if event.values.get("asked"):
        if not unpaid or aside.busy(place):
            return how(place, facts)
        cash = {"provider": "cash"} if event.values.get("provider") == "cash" else {}
        event = Heard(event.text, "pay", {"order_number": number, "another": True, **cash})  # a question begins no payment
    if number:
        order = facts.order(number) or _of_that_amount(number, unpaid)
        if order is None:
            return tracking.unknown(place, number)
        return _for(place, order, event, facts)
    here = _on_screen(place, unpaid)
    if here is None and len(unpaid) > 1:
        return _ask_which(place, unpaid, event, facts)
    if here is None and not unpaid and not facts.cart().empty:
        method = event.values.get("provider")
        return checkout.start(place, Heard(event.text, "checkout", {"method": method} if method else {}), facts)
    order = here or next(iter(unpaid or facts.orders(limit=1).orders), None)
    if order is None:
        return step(place, buttons(say("pay.nothing"), button("checkout"), button("search"), button("menu")))
    return _for(place, order, event, facts)


def other(place: Place, event: Heard, facts: Facts) -> Step:
    """The "Another way" button."""
    return pay(place, Heard(event.text, "pay", {**event.values, "another": True}, tapped=True), facts)


def way_tapped(place: Place, event: Heard, facts: Facts) -> Step:
    """A row of the list of ways, maybe of an old one."""
    number = str(event.values.get("order_number", ""))
    order, way = facts.order(number), ways.read(str(event.values.get("way", "")), facts)
    if order is None:
        return tracking.unknown(place, number)
    if not payable(order):
        return paying_order.not_payable(place, order, facts)
    if way is None:
        return under(say("way.not_there"), paying_order.ask_way(place, order, facts))
    return paying_order.by(place, order, way, facts)


def how(place: Place, facts: Facts) -> Step:
    """Which ways of paying there are, when there is nothing to pay yet."""
    first = next(iter(ways.offered(facts)), None)
    sentence = say("pay.how", provider=ways.name(first.provider)) if first else say("pay.how_cash")
    buy = button("search") if facts.cart().empty else button("checkout")
    return step(place, buttons(paragraphs(sentence, aside.asked_again(place)), *again.offered(place, buy, button("agent"))))


def paid(place: Place, event: Heard, facts: Facts, before: Sentence | str = "") -> Step:
    """ "I have paid": the provider is asked, and nobody is believed but the provider."""
    number = str(event.values.get("order_number") or "")
    order = (facts.order(number) or _of_that_amount(number, _unpaid(facts))) if number else _likeliest(place, facts)
    if order is None and number:
        return tracking.unknown(place, number)
    if order is None:
        return under(before, step(place, buttons(say("pay.nothing"), button("agent"), button("menu"))))
    if order.payment_status == "paid" or order.payment == "cash":
        key = "paid.yes" if order.payment_status == "paid" else "paid.cash"
        sentence = say(key, number=order.number, total=str(order.total))
        return under(
            before, step(place, buttons(sentence, button("agent"), button(f"o:{order.number}", "track"), button("menu")))
        )
    about = {"doing": "check", "number": order.number, "receipt": ("bare" if not event.text else "said") if before else None}
    return step(place.at(place.state, paying=about), effects=(Effect("check_payment", {"number": order.number}),))


# ------------------------------------------------------------------------------------------------------------ the states


def choosing_order(place: Place, event: Event, facts: Facts) -> Step | None:
    """Several orders wait for money: waiting for which."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    numbers = [str(n) for n in place.memory.get("numbers", ())]
    if event.intent == "number":
        at = int(event.values["n"])
        number = numbers[at - 1] if 1 <= at <= len(numbers) else str(event.values.get("digits", at))
        return pay(place, Heard(event.text, "pay", {"order_number": number, **dict(place.memory.get("wanted") or {})}), facts)
    if event.intent == "no":
        return step(idle(place), buttons(say("pay.not_now"), button("orders"), button("menu")))
    return _unclear(place, event, say("pay.which_again"), "orders", "menu")


def choosing_way(place: Place, event: Event, facts: Facts) -> Step | None:
    """The ways to pay one order are on the screen."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = str(place.memory["number"])
    if event.intent == "number":
        there = ways.offered(facts)
        at = int(event.values["n"])
        if 1 <= at <= len(there):
            return way_tapped(place, Heard(event.text, "pay_way", {"order_number": number, "way": there[at - 1].code}), facts)
    if _names_a_way(event):
        named = _by_word(number, event)
        return pay(place, Heard(named.text, "pay", {**named.values, "another": True}), facts)
    if event.intent == "back":
        return tracking.show(place, number, facts)
    if event.intent == "no":
        return step(idle(place), buttons(say("pay.not_now"), button(f"o:{number}", "track"), button("menu")))
    return _unclear(place, event, say("way.again"), f"other:{number}", "menu")


def choosing_bank(place: Place, event: Event, facts: Facts) -> Step | None:
    """A code to dial is made for one bank: waiting for whose."""
    way = ways.read(str(place.memory.get("way", "")), facts)
    if not isinstance(event, Heard) or event.tapped or way is None:
        return None
    number, meant = str(place.memory["number"]), ways.bank_meant(event.text, way, facts)
    if meant:
        return way_tapped(place, Heard(event.text, "pay_way", {"order_number": number, "way": meant.code}), facts)
    if _names_a_way(event):
        named = _by_word(number, event)
        return pay(place, Heard(named.text, "pay", {**named.values, "another": True}), facts)
    if event.intent in ("back", "no", "skip"):
        return pay(place, Heard(event.text, "pay", {"order_number": number, "another": True}), facts)
    return _unclear(place, event, say("way.bank_again"), f"other:{number}", "menu")


def opened(place: Place, event: Event, facts: Facts) -> Step | None:
    """A way to pay is on the screen or about to come. Nothing is asked; what is said may well be about it."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = str(place.memory["number"])
    about = paying_said.meant(event)
    sum_named = event.intent == "paid" and facts.order(str(event.values.get("order_number") or number)) is None
    if about == paying_said.PAID or sum_named:  # "I have transferred 5000": no order has that number, so it is what was sent
        return paid(place, Heard(event.text, "paid", {"order_number": number}), facts)
    if about:
        return _about_it(place, number, about, event, facts)
    if event.intent == "resend" or _names_a_way(event):
        return pay(place, _by_word(number, event), facts)
    if way := ways.meant(paying_said.way_named(event), facts):
        chosen = ways.bank_meant(event.text, way, facts) if way.kind == "ussd" else None
        return way_tapped(place, Heard(event.text, "pay_way", {"order_number": number, "way": (chosen or way).code}), facts)
    this_one = event.intent == "cancel" and len(event.text.split()) > 1
    if this_one or (event.intent == "cancel_order" and not event.values.get("order_number")):
        return tracking.cancel_order(place, Heard(event.text, "cancel_order", {"order_number": number}), facts)
    order = facts.order(number)
    if (
        event.intent == "cancel" and order is not None and payable(order)
    ):  # "cancel" leaves everywhere; the order stays, and says so
        return step(idle(place, keep_list=False), way_shown.kept(order, facts))
    return tracking.show(place, number, facts) if event.intent == "back" else None


def _about_it(place: Place, number: str, about: str, event: Heard, facts: Facts) -> Step | None:
    """A word about the way on the screen, while its order waits for money."""
    order = facts.order(number)
    if order is None or not payable(order):
        return None
    if about == paying_said.LATER:
        return step(place, way_shown.kept(order, facts))
    if about == paying_said.WAITING:
        return step(place, way_shown.actions(number, say("ready.own")))
    if about == paying_said.TRUST:
        offer = (button("agent"), button(f"other:{number}", "other_way"), button(f"oc:{number}", "cancel_order"))
        return step(place, buttons(say("ready.trust"), *offer))
    return pay(place, Heard(event.text, "pay", {"order_number": number, "another": about == paying_said.BROKEN}), facts)


def _names_a_way(event: Heard) -> bool:
    """A way to pay without an order's number: "transfer", "pay with card", "another way"."""
    if event.intent == "checkout":
        return bool(event.values.get("method")) and not event.values.get("address") and not event.values.get("delivery")
    return event.intent == "pay" and not event.values.get("order_number") and not event.values.get("asked")


def _by_word(number: str, event: Heard) -> Heard:
    word = event.values.get("provider") or event.values.get("method")
    more = {k: event.values[k] for k in ("kind", "another") if event.values.get(k)}
    return Heard(event.text, "pay", {"order_number": number, **more, **({"provider": word} if word else {})})


# --------------------------------------------------------------------------------------------------------------- private


def _unpaid(facts: Facts) -> list[Order]:
    return [order for order in facts.orders(limit=LOOKED_AT).orders if payable(order)]


def _of_that_amount(number: str, unpaid: list[Order]) -> Order | None:
    """ "pay 4000" where an order costs ₦4,000."""
    same = [order for order in unpaid if number.isdigit() and order.total.kobo == 100 * int(number)]
    return same[0] if len(same) == 1 else None


def _on_screen(place: Place, unpaid: list[Order]) -> Order | None:
    if place.flow not in ("paying", "tracking"):
        return None
    return next((order for order in unpaid if order.number == place.memory.get("number")), None)


def _likeliest(place: Place, facts: Facts) -> Order | None:
    """Which order somebody means who says that they have paid: the one on the screen, else one that waits for money, else one
    that waited in vain, else the newest."""
    orders = facts.orders(limit=LOOKED_AT).orders
    unpaid = [order for order in orders if payable(order)]
    late = [order for order in orders if order.payment != "cash" and order.status == "expired"]
    begun = [order for order in unpaid if facts.attempt_of(order.number)]
    return _on_screen(place, unpaid) or next(iter([*begun, *unpaid, *late, *orders]), None)


def _for(place: Place, order: Order, event: Heard, facts: Facts) -> Step:
    if not payable(order):
        return paying_order.not_payable(place, order, facts)
    last, another = facts.attempt_of(order.number), bool(event.values.get("another"))
    if last is not None and last.reason in WITH_TEAM and not another:
        offer = (button("agent"), button(f"o:{order.number}", "track"), button(f"other:{order.number}", "anyway"))
        return step(place, buttons(say("news.with_team", number=order.number), *offer))
    word = str(event.values.get("provider") or "")
    if word == "cash":
        return under(say("fee.no_cash" if order.delivery in FEES else "pay.no_cash"), paying_order.ask_way(place, order, facts))
    way = ways.meant(word, facts, str(event.values.get("kind") or "")) if word and word != ways.ONLINE else None
    if word and word != ways.ONLINE and way is None:
        return under(say("way.not_there"), paying_order.ask_way(place, order, facts))
    return paying_order.ask_way(place, order, facts) if another and way is None else paying_order.by(place, order, way, facts)


def _ask_which(place: Place, unpaid: list[Order], event: Heard, facts: Facts) -> Step:
    wanted = {k: event.values[k] for k in ("provider", "kind", "another") if event.values.get(k)}
    fees = {o.number: visit_told.of_order(o, facts) for o in unpaid}
    about = {number: visit_told.line(visit, facts) if visit else "" for number, visit in fees.items()}
    numbered = [
        say("pay.line_fee" if about[o.number] else "pay.line", at=n, number=o.number, total=str(o.total), what=about[o.number])
        for n, o in enumerate(unpaid, start=1)
    ]
    to = go(place, "paying", "choosing_order", numbers=[o.number for o in unpaid], wanted=wanted or None)
    rows = [
        row(f"pay:{o.number}", say("row.order", number=o.number), " · ".join(x for x in (str(o.total), about[o.number]) if x))
        for o in unpaid
    ]
    return step(to, choices(paragraphs(say("pay.which"), lines(*numbered)), rows, "orders"))


def _unclear(place: Place, event: Heard, sentence: Sentence, *extra: str) -> Step | None:
    if event.intent in ("unknown", "number", "yes", "next", "previous", "more", "skip") or (
        event.intent == "search" and not is_command(event)
    ):
        return unclear(place, sentence, *(button(x, "ways") if x.startswith("other:") else x for x in extra))
    return None


FLOW = {
    "choosing_order": choosing_order,
    "choosing_way": choosing_way,
    "choosing_bank": choosing_bank,
    "open": opened,
}
