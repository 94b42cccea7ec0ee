"""A way to pay as the customer gets it: the page's button, the account number or the code, how much, and until when.

The chat never asks for a card number, a PIN or a one-time code: those are typed at the provider's or the bank's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.orders import Order
from models.payments.values import Attempt
from models.values import Money
from worker.facts import Facts
from worker.flows import ways
from worker.flows.replies import button, buttons, text
from worker.flows.step import Button, Buttons, Link, Reply, Text
from worker.flows.subjects import FEES
from worker.flows.wording import BODY_LIMIT, BUTTON_LIMIT, Sentence, clock, cut, lines, paragraphs, say

# Reasons of an attempt under which money came that did not pay the order: people or a refund see to it.
WITH_TEAM = frozenset(("short", "mismatch", "late", "double", "reversed"))
_NOT_DIALLED = re.compile(r"[^0-9*#]")


def payable(order: Order) -> bool:
    """Whether an order waits for money from one of the providers."""
    return order.status == "pending_payment" and order.payment != "cash" and order.payment_status != "paid"


def usable(attempt: Attempt, facts: Facts) -> bool:
    """Whether the customer can pay by it now: the provider has told how, and it has not run out."""
    if attempt.status != "open" or not any(attempt.way.get(key) for key in ("url", "account_number", "ussd_code")):
        return False
    ends = _ends(attempt)
    return ends is None or ends > facts.now


def replies(attempt: Attempt, order: Order, facts: Facts) -> tuple[Reply, ...]:
    """The way itself, without what can be done about it."""
    return (_shown(attempt, order, facts),)


def offered(attempt: Attempt, order: Order, facts: Facts) -> tuple[Reply, ...]:
    """The way and what can be done about it. An account number or a code comes once more alone: so a phone copies it whole."""
    shown, can = _shown(attempt, order, facts), actions(order.number, say("ready.own"))
    if not isinstance(shown, Text):
        return (shown, can)
    alone = say("ready.account", account=attempt.way["account_number"]) if attempt.way.get("account_number") else _code(attempt)
    return (buttons(paragraphs(Sentence(shown.body), Sentence(can.body)), *can.buttons), text(alone))


def _shown(attempt: Attempt, order: Order, facts: Facts) -> Link | Text:
    amount, until = total(attempt), _until(attempt, order, facts)
    about = {"number": order.number, "total": str(amount), "provider": ways.name(attempt.provider)}
    if attempt.way.get("url"):
        body = paragraphs(say("ready.link", **about), until)
        label = cut(say("button.pay_amount", total=str(amount)), BUTTON_LIMIT)
        return Link(cut(body, BODY_LIMIT), label, str(attempt.way["url"]))
    if attempt.way.get("account_number"):
        return text(paragraphs(_account(attempt, about), until))
    bank = str(attempt.way.get("ussd_bank") or "")
    dial = say("ready.ussd_of", bank=ways.bank_name(bank), **about) if bank else say("ready.ussd", **about)
    return text(paragraphs(dial, _code(attempt), say("ready.pin"), until))


def actions(number: str, sentence: str) -> Buttons:
    """What can be done once the way is on the screen."""
    return buttons(sentence, button(f"paid:{number}", "have_paid"), button(f"other:{number}", "other_way"), _cancel(number))


def kept(order: Order, facts: Facts) -> Buttons:
    """Nothing is paid now: until when the order is kept for whoever pays later."""
    until = still_held(order, facts)
    sentence = say(
        ("pay.kept_until_fee" if order.delivery in FEES else "pay.kept_until") if until else "pay.kept",
        number=order.number,
        until=until,
    )
    return buttons(sentence, button(f"pay:{order.number}", "pay"), _cancel(order.number), button("menu"))


def total(attempt: Attempt) -> Money:
    """What must be sent: what the provider named where it named an amount (it may hold a fee), else the order's total."""
    named = attempt.way.get("amount_kobo")
    return Money(int(named), attempt.amount.currency) if named else attempt.amount


def still_held(order: Order, facts: Facts) -> Sentence:
    """Until when an unpaid order is kept, as a time of day; nothing for what is not kept any more, or never was."""
    until = order.reserved_until
    return _time(until, facts) if until is not None and until > facts.now else Sentence("")


def _time(at: datetime, facts: Facts) -> Sentence:
    """The pharmacy's time of day, with the day where it is not today."""
    local, today = at.astimezone(facts.zone), facts.now.astimezone(facts.zone).date()
    time = clock(local)
    return time if local.date() == today else Sentence(f"{time}, {local.day} {say(f'month.{local.month}')}")


def _account(attempt: Attempt, about: dict[str, str]) -> Sentence:
    way = attempt.way
    return paragraphs(
        say("ready.transfer", **about),
        say("ready.account", account=way["account_number"]),
        lines(
            say("ready.bank", bank=way["bank"]) if way.get("bank") else "",
            say("ready.name", name=way["account_name"]) if way.get("account_name") else "",
            say("ready.fee") if total(attempt) != attempt.amount else "",
        ),
    )


def _code(attempt: Attempt) -> Sentence:
    return say("ready.code", code=Sentence(_NOT_DIALLED.sub("", str(attempt.way.get("ussd_code", "")))[:40]))


def _cancel(number: str) -> Button:
    return button(f"oc:{number}", "cancel_order")


def _ends(attempt: Attempt) -> datetime | None:
    told = str(attempt.way.get("expires_at") or "")
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _until(attempt: Attempt, order: Order, facts: Facts) -> Sentence:
    """Whichever ends first, the provider's way or our keeping of the goods."""
    told = [at for at in (_ends(attempt), order.reserved_until) if at is not None and at > facts.now]
    return say("ready.until", until=_time(min(told), facts)) if told else Sentence("")
