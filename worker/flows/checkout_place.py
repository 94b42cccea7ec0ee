"""The end of the checkout: how it is paid, a last look, the order placed.

What here gives None needs something first that only the steps before know: goods that can be ordered, and where they go.
"""

from __future__ import annotations

from models.values import Money
from worker.facts import Facts
from worker.flows import again, progress, summary, ways
from worker.flows.places import go
from worker.flows.replies import button, buttons, row, step, under
from worker.flows.step import Effect, Happened, Place, Step
from worker.flows.wording import Sentence, listing, paragraphs, say


def ask(place: Place, facts: Facts) -> Step | None:
    """How it shall be paid, unless that was said, or there is only one way."""
    method = str((place.memory.get("wanted") or {}).get("method", ""))
    to = place.at("choosing_payment", wanted=None)
    if method:
        return chosen(to, method, facts)
    if not ways.offered(facts):
        return look(to.at(to.state, pay=None), facts)
    return step(to, buttons(say("checkout.payment"), *again.payment(to)))


def chosen(place: Place, method: str, facts: Facts) -> Step | None:
    """A word for a way to pay: cash, online, or one of `ways`. What is not there is said, with what is."""
    if method == "cash":
        return look(place.at(place.state, pay=None), facts)
    if not ways.offered(facts):
        then = look(place.at(place.state, pay=None), facts)
        return under(say("checkout.cash_only"), then) if then else None
    if method == ways.ONLINE:
        return ask_way(place, facts)
    way = ways.meant(method, facts) or ways.read(method, facts)
    if way is None:
        return under(say("way.not_there"), ask_way(place, facts))
    if ways.lacks_bank(way, facts):
        return step(place.at("choosing_bank", pay=way.code), ways.asked_bank(way, facts, "co:", "co:online"))
    return look(place.at(place.state, pay=way.code), facts)


def ask_way(place: Place, facts: Facts) -> Step:
    """The ways to pay online, and cash for a second thought."""
    cash = "cash_pickup" if place.memory.get("delivery") == "pickup" else "cash"
    return step(place.at("choosing_way"), ways.asked(say("way.ask"), facts, "co:", row("co:cash", say(f"button.{cash}"))))


def numbered(number: int, facts: Facts) -> str:
    """What a number of that list means, as a word for `chosen`; nothing for a number that is not there."""
    there = [*(way.code for way in ways.offered(facts)), "cash"]
    return there[number - 1] if 1 <= number <= len(there) else ""


def look(place: Place, facts: Facts) -> Step | None:
    """Lines, fee and total as they will be ordered, where they go and how they are paid."""
    now = facts.cart()
    if not summary.payable(now):
        return None
    if not place.memory.get("delivery") or (place.memory["delivery"] == "delivery" and not place.memory.get("address")):
        return None
    body, total = summary.words(place, facts, now)
    to = place.at("confirming", key=summary.key(place, facts, now), total=total.kobo)
    return step(to, buttons(body, *again.order(to)))


def order(place: Place, facts: Facts, key: str) -> Step | None:
    """Orders what the summary showed. If the cart or a price changed since, the summary is shown again instead."""
    now = facts.cart()
    if now.empty:
        return step(
            go(place, "entry", "idle"), buttons(say("checkout.refused_empty"), button("orders"), button("search"), button("menu"))
        )
    same_total = place.memory.get("total") == (now.payable_total + summary.fee(place, facts)).kobo
    if (
        not place.memory.get("key")
        or (key and key != place.memory["key"])
        or not same_total
        or place.memory["key"] != summary.key(place, facts, now)
    ):
        then = look(place, facts)
        return under(say("checkout.changed"), then) if then else None
    way = ways.read(str(place.memory.get("pay", "")), facts)
    if place.memory.get("pay") and way is None:  # it went away since the summary was shown
        return chosen(place, str(place.memory["pay"]), facts)
    args = {
        "delivery": place.memory["delivery"],
        "address": summary.full_address(place) if place.memory["delivery"] == "delivery" else "",
        "payment": way.provider if way else "cash",
        "key": place.memory["key"],
        "expected_total_kobo": place.memory["total"],
    }
    if "latitude" in place.memory and place.memory["delivery"] == "delivery":
        args |= {"latitude": place.memory["latitude"], "longitude": place.memory["longitude"]}
    return step(place.at("waiting"), effects=(Effect("place_order", args),))


def placed(place: Place, event: Happened, facts: Facts) -> Step:
    """The order stands: its number, what is to be paid, what still waits for a prescription. Online, the payment begins."""
    number, total = str(event.data["number"]), Money(int(event.data["total_kobo"]))
    waiting = [str(n) for n in event.data.get("waiting", ())]
    key = str(place.memory.get("key", ""))
    known = {"key": key, "number": number} if key else None
    way = ways.read(str(place.memory.get("pay", "")), facts)
    if way and event.data.get("payment") != "cash":
        about = {"doing": "start", "number": number, "way": way.code, "new": True, "waiting": waiting[:5]}
        to = go(place, "paying", "open", number=number, placed=known, paying=about)
        return step(to, effects=(Effect("start_payment", {"number": number, **way.args}),))
    sentence = paragraphs(
        say("checkout.placed", number=number),
        say(f"checkout.pay_{place.memory.get('delivery', 'delivery')}", total=str(total)),
        still_waiting(waiting, facts) if waiting else say("checkout.follow", number=number),
    )
    second = button("prescription") if waiting else button("menu")
    return step(go(place, "entry", "idle", placed=known), buttons(sentence, button(f"o:{number}", "track"), second))


def still_waiting(names: list[str], facts: Facts) -> Sentence:
    """What of the cart was not ordered: it waits for the customer's photo, or for the pharmacist who has it."""
    sent = progress.pending(facts) is not None
    return say("checkout.with_pharmacist" if sent else "checkout.waiting", names=listing(names))
