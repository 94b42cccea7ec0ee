"""What became of a payment, told when it happens: beside what the customer is doing, and briefly while a person has the thread.

What is about somebody else's order or attempt is not told, and neither is what time has overtaken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from models.orders import Order
from models.payments.values import Attempt
from models.values import Money
from worker.facts import Facts
from worker.flows import again, aside, visit_told, way_shown, ways
from worker.flows.places import go, idle
from worker.flows.replies import button, buttons, text
from worker.flows.step import Button, Happened, Outside, Place, Step
from worker.flows.way_shown import WITH_TEAM, payable
from worker.flows.wording import Sentence, paragraphs, say


def told(
    place: Place,
    facts: Facts,
    sentence: Sentence,
    *offer: Button,
    about: str,
    more: Sentence | str = "",
    outside: Outside | None = None,
    stay: bool = False,
) -> Step:
    """News of the order `about`: with its own buttons, or beside what is being asked, or bare while a person has the thread.

    `more` is what can be done about it, which a person's thread is spared. Whoever was about to pay this order, or to cancel what
    cannot be cancelled any more, is free again, unless they are to `stay` where they can pay.
    """
    if facts.customer.with_agent:
        return Step(place, (text(sentence),), outside=outside)
    here = _freed(place, about, facts, stay=stay)
    if aside.busy(here):
        asked = buttons(paragraphs(sentence, aside.asked_again(here)), *again.offered(here))
        return Step(here, (asked,), outside=outside)
    return Step(here, (buttons(paragraphs(sentence, more), *offer),), outside=outside)


def _freed(place: Place, number: str, facts: Facts, *, stay: bool = False) -> Place:
    if place.memory.get("number") != number:
        return place
    if (place.flow, place.state) == ("tracking", "confirming_cancel"):
        order = facts.order(number)
        return place if order and order.cancellable else idle(place)
    if place.flow != "paying":
        return place
    return go(place, "paying", "open", number=number) if stay else idle(place)


def ready(place: Place, event: Happened, facts: Facts) -> Step:
    """The page, the account or the code, if it is still wanted."""
    attempt, order = _open(event, facts)
    if attempt is None or order is None or not way_shown.usable(attempt, facts):
        return Step(place)
    shown = way_shown.replies(attempt, order, facts)
    if facts.customer.with_agent:
        return Step(place, shown)
    here = _freed(place, order.number, facts, stay=True)
    if aside.busy(here):
        return Step(here, (*shown, buttons(aside.asked_again(here), *again.offered(here))))
    if here.flow != "prescription":  # its way back to what was left would be lost
        here = go(here, "paying", "open", number=order.number)
    return Step(here, way_shown.offered(attempt, order, facts))


def delayed(place: Place, event: Happened, facts: Facts) -> Step:
    """The first try did not work; another will."""
    attempt, order = _open(event, facts)
    if attempt is None or order is None or attempt.status != "starting":
        return Step(place)
    number, slow = order.number, f"{order.number} {attempt.provider}"
    if place.flow == "paying" and place.memory.get("slow") == slow:  # a page was lost and begun anew by itself: the same news
        return Step(place)
    sentence = say("news.delayed", provider=ways.name(attempt.provider), number=number)
    offer = (button(f"other:{number}", "other_way"), button(f"o:{number}", "track"))
    news = told(place, facts, sentence, *offer, about=number, stay=True)
    return replace(news, place=news.place.at(news.place.state, slow=slow)) if news.place.flow == "paying" else news


def not_started(place: Place, event: Happened, facts: Facts) -> Step:
    """The last try did not work either: the other provider, one tap away."""
    attempt = _attempt(event, facts)
    order = facts.order(attempt.order_number) if attempt else None
    if attempt is None or order is None or not payable(order) or attempt.status != "given_up":
        return Step(place)
    last = facts.attempt_of(order.number)
    if last is not None and last.id != attempt.id:  # the customer has begun another one already
        return Step(place)
    number, way = order.number, ways.other_than(attempt, facts)
    sentence = say("news.not_started", provider=ways.name(attempt.provider), number=number)
    if way and way.provider != attempt.provider:
        first = Button(f"pw:{number}:{way.code}", say("button.use", provider=ways.name(way.provider)))
    elif way:
        first = button(f"pw:{number}:{way.code}", "page")
    else:
        first = button(f"pw:{number}:{attempt.provider}-{attempt.kind}", "try_again")
    offer = (first, button(f"other:{number}", "other_way"), button("agent"))
    outside = Outside("payment_not_started", (number,))
    return told(place, facts, sentence, *offer, about=number, more=say("news.not_started_next"), outside=outside, stay=True)


def checked(place: Place, event: Happened, facts: Facts) -> Step:
    """The answer to "I have paid"."""
    attempt = _attempt(event, facts)
    order = facts.order(attempt.order_number) if attempt else None
    if attempt is None or order is None:
        return Step(place)
    number, state = order.number, str(event.data.get("state", ""))
    track = button(f"o:{number}", "track")
    about = {"number": number, "provider": ways.name(attempt.provider)}
    if state == "paid" or order.payment_status == "paid":
        return told(place, facts, say("paid.yes", number=number), track, button("menu"), about=number)
    if attempt.reason in WITH_TEAM:
        return told(place, facts, say("news.with_team", **about), button("agent"), track, button("menu"), about=number)
    known = state if state in ("pending", "failed") else "unknown"
    if not payable(order):
        over = paragraphs(say(f"checked.{known}", **about), say("checked.over", number=number))
        return told(place, facts, over, button("agent"), track, button("menu"), about=number)
    if known == "failed":
        offer = (button(f"pay:{number}", "try_again"), button(f"other:{number}", "other_way"), button("agent"))
    else:
        offer = (button(f"paid:{number}", "check_again"), button(f"other:{number}", "other_way"), button("agent"))
    next_ = say(f"checked.{known}_next")
    if known == "failed":
        return told(place, facts, say("checked.failed", **about), *offer, about=number, more=next_, stay=True)
    return told(place, facts, paragraphs(say(f"checked.{known}", **about), next_), *offer, about=number, stay=True)


def received(place: Place, event: Happened, facts: Facts) -> Step:
    """The receipt, and what happens next."""
    order = facts.order(str(event.data.get("order_number", "")))
    if order is None:
        return Step(place)
    amount, number = _amount(event, order.total), order.number
    kind = event.data.get("kind")
    rest = say("received.rest" if event.data.get("refund") else "received.rest_looked_at") if kind == "overpaid" else ""
    known = f"received.{order.delivery}"
    fee, beside = visit_told.received(order, facts)
    sentence = paragraphs(
        say("received.money", amount=str(amount), number=number),
        rest,
        fee or (say(known) if order.status == "paid" and order.delivery in ("delivery", "pickup") else ""),
    )
    offer = (button("appointments"), button("menu")) if fee else (button(f"o:{number}", "track"), button("menu"))
    news = told(place, facts, sentence, *offer, about=number, outside=Outside("payment_received", (number, str(amount))))
    return replace(news, replies=(*news.replies, *beside))


def problem(place: Place, event: Happened, facts: Facts) -> Step:
    """Money came that does not pay its order: where it goes, or who looks after it."""
    attempt = _attempt(event, facts)
    order = facts.order(str(event.data.get("order_number") or (attempt.order_number if attempt else "")))
    if order is None:
        return Step(place)
    number, kind = order.number, str(event.data.get("kind", ""))
    amount = _amount(event, order.total)
    known = kind if kind in ("short", "late", "double", "mismatch") else "mismatch"
    goes_back = known in ("late", "double") and bool(event.data.get("refund"))
    sentence = paragraphs(
        say(f"problem.{known}", number=number, amount=str(amount), total=str(order.total)),
        say("money.back") if goes_back else say("problem.team"),
    )
    offer = (button(f"o:{number}", "track"), button("agent"), button("menu"))
    return told(place, facts, sentence, *offer, about=number, outside=Outside("payment_problem", (str(amount), number)))


def refunded(place: Place, event: Happened, facts: Facts) -> Step:
    order = facts.order(str(event.data.get("order_number", "")))
    if order is None:
        return Step(place)
    number, amount = order.number, str(_amount(event, order.total))
    sentence = say("news.refunded", number=number, amount=amount)
    offer = (button(f"o:{number}", "track"), button("agent"), button("menu"))
    return told(place, facts, sentence, *offer, about=number, outside=Outside("payment_refunded", (amount, number)))


def transfer_rejected(place: Place, event: Happened, facts: Facts) -> Step:
    """A transfer of another amount than asked went back to the customer's bank by itself."""
    number = str(event.data.get("order_number") or "")
    order = facts.order(number) if number else None
    if number and order is None:
        return Step(place)
    amount = _amount(event, Money(0))
    sentence = say("news.rejected", amount=str(amount)) if amount.kobo else say("news.rejected_some")
    if order is None:
        return told(place, facts, sentence, button("orders"), button("agent"), button("menu"), about="")
    track = button(f"o:{number}", "track")
    if not payable(order):
        return told(place, facts, sentence, track, button("agent"), button("menu"), about=number)
    more = say("news.rejected_for", number=number, total=str(order.total))
    offer = (button(f"pay:{number}", "pay"), button(f"other:{number}", "other_way"), button("agent"))
    return told(place, facts, paragraphs(sentence, more), *offer, about=number, stay=True)


def _attempt(event: Happened, facts: Facts) -> Attempt | None:
    return facts.attempt(int(event.data.get("attempt_id") or 0))


def _open(event: Happened, facts: Facts) -> tuple[Attempt | None, Order | None]:
    """An attempt that still stands, and its order that still waits for money."""
    attempt = _attempt(event, facts)
    order = facts.order(attempt.order_number) if attempt and attempt.open and not attempt.switch_to else None
    return (attempt, order) if order and payable(order) else (None, None)


def _amount(event: Happened, otherwise: Money) -> Money:
    told = event.data.get("amount_kobo")
    return Money(int(told), str(event.data.get("currency") or "NGN")) if told else otherwise


TOLD: Mapping[str, Callable[[Place, Happened, Facts], Step]] = {
    "payment_ready": ready,
    "payment_delayed": delayed,
    "payment_not_started": not_started,
    "payment_checked": checked,
    "payment_received": received,
    "payment_problem": problem,
    "payment_refunded": refunded,
    "transfer_rejected": transfer_rejected,
}
