"""What an order would be, before it is one: what of the cart can be ordered, where to, for how much."""

from __future__ import annotations

import hashlib

from models.carts import Cart, CartLine
from models.values import Money
from worker.facts import Facts
from worker.flows import goods, progress, ways
from worker.flows.step import Place
from worker.flows.wording import Sentence, lines, listing, paragraphs, plain, say

LINES_SHOWN = 10


def words(place: Place, facts: Facts, now: Cart) -> tuple[Sentence, Money]:
    """The last look before the yes, and its total."""
    cost = fee(place, facts)
    total = now.payable_total + cost
    shown = [
        say("checkout.line", quantity=x.quantity, name=plain(goods.name(x.product), 60), total=str(x.line_total))
        for x in payable(now)
    ]
    if len(shown) > LINES_SHOWN:
        shown = [*shown[:LINES_SHOWN], say("checkout.more_lines", count=len(shown) - LINES_SHOWN)]
    delivery = str(place.memory["delivery"])
    where = say("checkout.to", address=full_address(place)) if delivery == "delivery" else pickup_place(facts)
    body = paragraphs(
        say("checkout.summary"),
        lines(*shown),
        lines(say("checkout.fee", fee=str(cost)) if delivery == "delivery" else "", say("checkout.total", total=str(total))),
        lines(where, payment(place, facts)),
    )
    return body, total


def key(place: Place, facts: Facts, now: Cart) -> str:
    """The same summary of the same cart gives the same key: however often it is confirmed, it is one order."""
    told = (facts.customer.id, now.version, place.memory.get("delivery"), full_address(place), place.memory.get("pay", "cash"))
    return hashlib.sha256(repr(told).encode("utf-8", "replace")).hexdigest()[:20]


def payment(place: Place, facts: Facts) -> Sentence:
    """How it will be paid."""
    way = ways.read(str(place.memory.get("pay", "")), facts)
    return say("checkout.online", way=ways.words(way)) if way else say(f"checkout.cash_{place.memory['delivery']}")


def full_address(place: Place) -> str:
    address, phone = str(place.memory.get("address", "")), place.memory.get("phone")
    return f"{address} ({phone})" if phone and address else address


def pickup_place(facts: Facts) -> Sentence:
    return say("checkout.pickup_at", address=facts.pharmacy.address) if facts.pharmacy.address else say("checkout.pickup")


def fee(place: Place, facts: Facts) -> Money:
    return Money(facts.pharmacy.delivery_fee_kobo if place.memory.get("delivery") == "delivery" else 0)


def payable(now: Cart) -> list[CartLine]:
    return [line for line in now.lines if not line.problem]


def held_back(now: Cart, facts: Facts) -> Sentence:
    """What cannot be ordered now, and why: prescriptions first, because something can be done about them."""
    waiting = [x.product.name for x in now.lines if x.problem == "needs_prescription"]
    others = [x for x in now.lines if x.problem and x.problem != "needs_prescription"]
    named = [
        say(f"problem_named.{x.problem}", name=plain(x.product.name, 60), available=x.product.stock or 0, approved=x.approved)
        for x in others[:5]
    ]
    more = say("checkout.more_lines", count=len(others) - 5) if len(others) > 5 else ""
    return lines(needs_prescription(waiting, facts) if waiting else "", *named, more)


def needs_prescription(names: list[str], facts: Facts) -> Sentence:
    """What these wait for: the customer's photo, or the pharmacist who has it."""
    sent = progress.pending(facts) is not None
    return say("checkout.with_pharmacist" if sent else "checkout.needs_prescription", names=listing(names))
