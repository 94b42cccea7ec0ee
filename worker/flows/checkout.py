"""From the cart to a placed order: what can be ordered now and how it gets there. The end of it is in `checkout_place`."""

from __future__ import annotations

from models.carts import Cart
from models.values import Money
from worker.facts import Facts
from worker.flows import account, adding, addresses, again, cart, checkout_place, summary, tracking, ways
from worker.flows.heard import Heard, is_command
from worker.flows.places import go
from worker.flows.replies import button, buttons, step, text, under
from worker.flows.step import AskLocation, Button, Event, Happened, Place, SentContact, SentLocation, Step
from worker.flows.support import unclear
from worker.flows.wording import lines, paragraphs, plain, say

DELIVERIES = ("delivery", "pickup")


def start(place: Place, event: Event, facts: Facts) -> Step:
    """`checkout`, also with everything in one line: `checkout 12 Allen Avenue, Ikeja cash`."""
    values = dict(event.values) if isinstance(event, Heard) else {}
    now = facts.cart()
    if now.empty:
        return cart.show(place, facts)
    wanted = {k: v for k, v in values.items() if k in ("method", "address", "delivery") and v}
    if not summary.payable(now):  # before anything personal is asked: there is no order to ask it for
        return step(
            go(place, "entry", "idle"),
            buttons(paragraphs(summary.held_back(now, facts), say("checkout.nothing")), *_instead(now)),
        )
    if not facts.customer.registered:
        return account.ask_first(place, facts, {"intent": "checkout", "values": wanted}, "account.why_checkout")
    to = go(place, "checkout", "confirming_part", leave=("shown",), wanted=wanted or None)
    if len(summary.payable(now)) < len(now.lines):
        sentence = paragraphs(summary.held_back(now, facts), say("checkout.part", total=str(now.payable_total)))
        return step(to, buttons(sentence, button("co:part", "order_rest"), *_instead(now)[:1], button("cart")))
    return _how(to, facts)


def choice(place: Place, event: Heard, facts: Facts) -> Step:
    """A button of the checkout. Tapped late, when the checkout was left, it begins again with the cart as it is now."""
    chosen, key = str(event.values["choice"]), str(event.values.get("key", ""))
    placed = place.memory.get("placed") or {}
    if chosen == "yes" and key and placed.get("key") == key:
        order = facts.order(str(placed["number"]))
        if order is not None and order.status != "processing":  # cancelled since, or further on: what became of it, not "placed"
            return tracking.show(place, order.number, facts)
        return step(
            place,
            buttons(say("checkout.already", number=placed["number"]), button(f"o:{placed['number']}", "track"), button("menu")),
        )
    if place.flow != "checkout":
        return under(say("checkout.left"), start(place, Heard("", "checkout"), facts))
    if chosen == "yes":
        return _place_order(place, facts, key)
    if chosen in ("cash", ways.ONLINE) or ways.read(chosen, facts):
        return _pay_by(place, facts, chosen)
    if chosen in DELIVERIES:
        return _delivery(place, facts, chosen)
    if chosen == "same":
        return _same_address(place, facts)
    if chosen == "new":
        return _ask_address(place)
    return _how(place, facts) if chosen in ("part", "edit") else start(place, event, facts)


def cart_changed(place: Place, facts: Facts) -> Step | None:
    """What is asked again when the pharmacist puts something into the cart meanwhile: where a total is on the screen, the new one."""
    if (place.flow, place.state) == ("checkout", "confirming"):
        return _summary(place, facts)
    if (place.flow, place.state) == ("checkout", "confirming_part"):
        return start(place, Heard("", "checkout", dict(place.memory.get("wanted") or {})), facts)
    return None


def confirming_part(place: Place, event: Event, facts: Facts) -> Step | None:
    """Some of the cart cannot be ordered now: waiting for whether the rest shall be."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent in ("yes", "checkout", "order"):
        return _how(place, facts)
    if event.intent in ("no", "back"):
        return cart.show(place, facts)
    return _unclear(place, event, "checkout.part_again", "cart")


def choosing_delivery(place: Place, event: Event, facts: Facts) -> Step | None:
    if isinstance(event, SentLocation):
        return _location(place.at("giving_address", delivery="delivery"), event)
    if not isinstance(event, Heard) or event.tapped:
        return None
    wanted = event.values.get("delivery") if event.intent == "checkout" else None
    number = event.values.get("n") if event.intent == "number" else None
    if wanted in DELIVERIES or number in (1, 2):
        return _delivery(place, facts, str(wanted or DELIVERIES[int(number or 1) - 1]))
    if event.intent == "back":
        return cart.show(place, facts)
    if event.intent in ("unknown", "search", "order") and addresses.looks_like_one(event.text):
        return _address(place.at("giving_address", delivery="delivery"), event.text, facts)
    return _unclear(place, event, "checkout.delivery_again", "co:delivery", "co:pickup")


def giving_address(place: Place, event: Event, facts: Facts) -> Step | None:
    """Waiting for where to: typed, or a shared location."""
    if isinstance(event, SentLocation):
        return _location(place, event)
    if not isinstance(event, Heard) or event.tapped or (is_command(event) and not addresses.looks_like_one(event.text)):
        return None
    if event.intent == "back":
        return _how(place, facts)
    if _says_pickup(event):
        return _delivery(place, facts, "pickup")
    if event.intent == "yes" and place.memory.get("offered"):
        return _same_address(place, facts)
    if event.intent in ("no", "skip") and place.memory.get("offered"):
        return _ask_address(place.at(place.state, offered=None))
    if event.intent in ("no", "skip"):
        return step(place, buttons(say("checkout.address_needed"), button("co:pickup"), button("agent")))
    wrong = addresses.problem(event.text)
    if not wrong:
        return _address(place, event.text, facts)
    if wrong == "short" and event.intent in ("unknown", "yes", "next", "more", "previous"):
        return unclear(place, say("address.short"), "co:pickup", "menu")
    return step(place, buttons(say(f"address.{wrong}"), button("co:pickup"), button("agent")))


def _says_pickup(event: Heard) -> bool:
    """A change of mind where an address is waited for: "pick up", "i will come and pick it up"."""
    return event.intent == "checkout" and event.values.get("delivery") == "pickup" and not event.values.get("address")


def giving_landmark(place: Place, event: Event, facts: Facts) -> Step | None:
    """A pin on a map is not a door: waiting for the house and what is near it."""
    if isinstance(event, SentLocation):
        return _location(place, event)
    if not isinstance(event, Heard) or event.tapped or (is_command(event) and not addresses.looks_like_one(event.text)):
        return None
    if event.intent == "back":
        return _ask_address(place)
    if _says_pickup(event):
        return _delivery(place, facts, "pickup")
    landmark = addresses.tidy(event.text)
    if event.intent in ("yes", "no", "skip") or sum(c.isalnum() for c in landmark) < addresses.LANDMARK_LEAST:
        return unclear(place, say("address.landmark_again"), "co:pickup", "menu")
    return _after_address(place.at("giving_landmark", address=addresses.join(landmark, str(place.memory.get("pin", "")))), facts)


def giving_phone(place: Place, event: Event, facts: Facts) -> Step | None:
    """WhatsApp did not tell us a number and the rider needs one."""
    if isinstance(event, SentContact) and event.phones:
        return _phone(place, event.phones[0], facts)
    if not isinstance(event, Heard) or event.tapped or (is_command(event) and event.intent not in ("track", "order")):
        return None
    if event.intent == "back":
        return _ask_address(place)
    return _phone(place, event.text, facts)


def choosing_payment(place: Place, event: Event, facts: Facts) -> Step | None:
    """Cash or online."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = event.values.get("n") if event.intent == "number" else None
    wanted = _method(event) or {1: "cash", 2: ways.ONLINE}.get(number or 0, "")
    if wanted:
        return _pay_by(place, facts, wanted)
    if event.intent == "back":
        return _how(place, facts)
    if _goes_on(event):
        return _ask_payment(place, facts)
    return _unclear(place, event, "checkout.payment_again", "co:cash", "co:online")


def choosing_way(place: Place, event: Event, facts: Facts) -> Step | None:
    """The ways to pay online are on the screen."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    number = event.values.get("n") if event.intent == "number" else None
    wanted = _method(event) or (checkout_place.numbered(int(number), facts) if number else "")
    if wanted:
        return _pay_by(place, facts, wanted)
    if event.intent == "back":
        return _ask_payment(place, facts)
    if _goes_on(event):
        return _pay_by(place, facts, ways.ONLINE)
    return _unclear(place, event, "way.again", button("co:online", "ways"), "co:cash")


def choosing_bank(place: Place, event: Event, facts: Facts) -> Step | None:
    """A code to dial is made for one bank: waiting for whose."""
    way = ways.read(str(place.memory.get("pay", "")), facts)
    if not isinstance(event, Heard) or event.tapped or way is None:
        return None
    meant = ways.bank_meant(event.text, way, facts)
    wanted = meant.code if meant else _method(event)
    if wanted:
        return _pay_by(place, facts, wanted)
    if event.intent in ("back", "no", "skip"):
        return _pay_by(place, facts, ways.ONLINE)
    if _goes_on(event):
        return _pay_by(place, facts, way.code)
    return _unclear(place, event, "way.bank_again", button("co:online", "ways"), "co:cash")


def _goes_on(event: Heard) -> bool:
    """ "checkout", "place order" in the middle of it: what is still missing is asked, and nothing that was said is lost."""
    return (event.intent == "checkout" and not event.values) or (event.intent == "order" and not event.values.get("items"))


def _method(event: Heard) -> str:
    """The way to pay that a message names, and nothing else: not with an order's number, not as a question."""
    if event.intent not in ("checkout", "pay") or any(event.values.get(k) for k in ("order_number", "address", "asked")):
        return ""
    named = str(event.values.get("method") or event.values.get("provider") or "")
    return named or (ways.ONLINE if event.intent == "pay" else "")


def confirming(place: Place, event: Event, facts: Facts) -> Step | None:
    """The summary is on the screen: only a clear yes places the order."""
    if not isinstance(event, Heard) or event.tapped:
        return None
    if event.intent == "yes" or _goes_on(event):
        return _place_order(place, facts, "")
    if event.intent == "back":
        return _ask_payment(place, facts) if ways.offered(facts) else _how(place, facts)
    wanted = _method(event)
    if wanted and (event.values.get("method") or event.values.get("provider")):
        return _pay_by(place, facts, wanted)
    if event.values.get("another"):
        return _ask_payment(place, facts)
    if wanted:  # "pay now": of an order that is not placed yet
        return step(place, buttons(say("checkout.confirm_again"), *again.order(place)))
    if event.intent == "no":
        return step(
            go(place, "entry", "idle"), buttons(say("checkout.not_placed"), button("cart"), button("checkout"), button("menu"))
        )
    return _unclear(place, event, "checkout.confirm_again", "cart")


def refused(place: Place, event: Happened, facts: Facts) -> Step:
    """No order: why, and the way on."""
    code = str(event.data.get("code", ""))
    name = plain(str(event.data.get("name", "")) or say("refused.it"), 70)
    if code == "price_changed" and place.flow == "checkout":
        return under(say("checkout.price_changed"), _summary(place, facts))
    if code == "too_many":
        return under(adding.refusal(event.data), cart.show(place, facts))
    if code in ("out_of_stock", "price_changed", "nothing_payable", "empty"):
        sentence = say(f"checkout.refused_{code}", name=name, available=event.data.get("available", 0))
        return under(sentence, cart.show(place, facts))
    if code == "bad_address":
        return under(say("checkout.refused_bad_address"), _ask_address(place.at("giving_address", delivery="delivery")))
    if code == "not_registered":
        return account.ask_first(place, facts, {"intent": "checkout", "values": {}}, "account.why_checkout")
    known = code == "too_many_open"
    sentence = say("checkout.refused_too_many_open" if known else "checkout.refused_other")
    return step(go(place, "entry", "idle"), buttons(sentence, button("orders"), button("agent"), button("cart")))


def waiting(place: Place, event: Event, facts: Facts) -> Step | None:
    """Between an effect and its outcome, within one turn."""
    return None


# ------------------------------------------------------------------------------------------------------------ the steps


def _how(place: Place, facts: Facts) -> Step:
    """Delivery or pick-up; what was said with `checkout` already is not asked again."""
    wanted = dict(place.memory.get("wanted") or {})
    to = go(place, "checkout", "choosing_delivery", wanted=wanted or None)
    address = str(wanted.get("address", ""))
    if wanted.get("delivery") == "pickup":
        return _delivery(to, facts, "pickup")
    if address and not addresses.problem(address):
        return _address(to.at("giving_address", delivery="delivery"), address, facts)
    if wanted.get("delivery") == "delivery" or address:
        return _delivery(to, facts, "delivery")
    fee = Money(facts.pharmacy.delivery_fee_kobo)
    cost = say("checkout.delivery_fee", fee=str(fee)) if fee.kobo else say("checkout.delivery_free")
    where = say("checkout.pickup_at", address=facts.pharmacy.address) if facts.pharmacy.address else say("checkout.pickup")
    return step(
        to,
        buttons(paragraphs(say("checkout.how"), lines(cost, where)), button("co:delivery"), button("co:pickup"), button("cart")),
    )


def _delivery(place: Place, facts: Facts, chosen: str) -> Step:
    to = place.at(place.state, delivery=chosen)
    if chosen == "pickup":
        return _ask_payment(to.at(to.state, address=None, latitude=None, longitude=None), facts)
    last = next(
        (o.address for o in facts.orders(limit=3).orders if o.delivery == "delivery" and not addresses.problem(o.address)), ""
    )
    if not last:
        return _ask_address(to)
    return step(
        to.at("giving_address", offered=True),
        buttons(say("address.same", address=last), button("co:same"), button("co:new"), button("co:pickup")),
    )


def _same_address(place: Place, facts: Facts) -> Step:
    last = next(
        (o.address for o in facts.orders(limit=3).orders if o.delivery == "delivery" and not addresses.problem(o.address)), ""
    )
    return _address(place.at("giving_address", delivery="delivery"), last, facts) if last else _ask_address(place)


def _ask_address(place: Place) -> Step:
    return step(place.at("giving_address", delivery="delivery"), AskLocation(say("address.ask")))


def _address(place: Place, typed: str, facts: Facts) -> Step:
    return _after_address(place.at(place.state, address=addresses.tidy(typed), latitude=None, longitude=None), facts)


def _location(place: Place, sent: SentLocation) -> Step:
    if not addresses.in_nigeria(sent.latitude, sent.longitude):
        return step(place.at("giving_address"), buttons(say("address.abroad"), button("co:pickup"), button("agent")))
    pin = addresses.tidy(", ".join(p for p in (sent.name, sent.address) if p))
    there = place.at("giving_landmark", latitude=round(sent.latitude, 6), longitude=round(sent.longitude, 6), pin=pin or None)
    return step(there, text(say("address.landmark")))


def _after_address(place: Place, facts: Facts) -> Step:
    if not facts.customer.has_number and "phone" not in place.memory:
        return step(place.at("giving_phone"), text(say("address.phone")))
    return _ask_payment(place, facts)


def _phone(place: Place, typed: str, facts: Facts) -> Step:
    from worker.understanding.numbers import read_phone

    phone = read_phone(typed)
    if phone is None:
        return unclear(place, say("address.phone_again"), "co:pickup", "menu")
    return _ask_payment(place.at("giving_phone", phone=phone), facts)


def _ask_payment(place: Place, facts: Facts) -> Step:
    return checkout_place.ask(place, facts) or _needed(place, facts)


def _pay_by(place: Place, facts: Facts, method: str) -> Step:
    wanted = {**dict(place.memory.get("wanted") or {}), "method": method}  # where it goes may have to be asked first
    return checkout_place.chosen(place, method, facts) or _needed(place.at(place.state, wanted=wanted), facts)


def _summary(place: Place, facts: Facts) -> Step:
    return checkout_place.look(place, facts) or _needed(place, facts)


def _place_order(place: Place, facts: Facts, key: str) -> Step:
    return checkout_place.order(place, facts, key) or under(say("checkout.changed"), _needed(place, facts))


def _needed(place: Place, facts: Facts) -> Step:
    """What has to be said before the last look: what can be ordered at all, or where it goes."""
    return _how(place, facts) if summary.payable(facts.cart()) else start(place, Heard("", "checkout"), facts)


def _instead(now: Cart) -> tuple[Button, ...]:
    if any(x.problem == "needs_prescription" for x in now.lines):
        return button("prescription"), button("cart"), button("agent", "pharmacist")
    short = next((x for x in now.lines if x.problem == "less_stock" and x.product.stock), None)
    if short:
        return button(f"set:{short.product.ref}:{short.product.stock}", "take_left"), button("cart"), button("agent")
    over = next((x for x in now.lines if x.problem == "over_approved"), None)
    if over:
        return button(f"set:{over.product.ref}:{over.approved}", "take_approved"), button("cart"), button("agent", "pharmacist")
    return button("cart"), button("search", "search_more"), button("agent")


def _unclear(place: Place, event: Heard, key: str, *extra: str | Button) -> Step | None:
    """Nonsense is asked again; anything that is a command elsewhere is left to whoever answers it."""
    if event.intent in ("unknown", "number", "yes", "no", "next", "previous", "more", "skip") or (
        event.intent == "search" and not is_command(event)
    ):
        return unclear(place, say(key), *extra)
    return None


FLOW = {
    "confirming_part": confirming_part,
    "choosing_delivery": choosing_delivery,
    "giving_address": giving_address,
    "giving_landmark": giving_landmark,
    "giving_phone": giving_phone,
    "choosing_payment": choosing_payment,
    "choosing_way": choosing_way,
    "choosing_bank": choosing_bank,
    "confirming": confirming,
    "waiting": waiting,
}
