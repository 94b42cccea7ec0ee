"""What a flow asks to be done, done: effect name -> verb of the models, and what came of it as an event of the same turn.

Everything happens in the turn's transaction. A verb that refuses has undone what it did (its savepoint), so the turn goes
on and the flow explains. Effects a flow of ours does not know how to ask for are a bug and travel up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from structlog.contextvars import get_contextvars

from models import accounts, carts, checkout, customers, inbox, media, orders, prescriptions, support, timers
from models.payments import attempts
from models.values import Money, Refused
from settings import Settings
from worker.database_facts import DatabaseFacts
from worker.flows.step import Effect, Happened
from worker.gateways.accounts import USSD_BANKS
from worker.gateways.http import mode_of
from worker.messages import CHECK_PAYMENT, READ_PRESCRIPTION, START_PAYMENT, Hint

LONGEST_TIMER_MINUTES = 60 * 24 * 100


@dataclass(frozen=True, slots=True)
class Context:
    """Whose turn it is: `inbox_id` is the event being handled, `now` the moment of the turn.

    `facts`, when given, forget what they knew after every effect, so that the flow sees what it changed.
    """

    customer_id: int
    inbox_id: int
    now: datetime
    settings: Settings
    facts: DatabaseFacts | None = None
    hints: list[tuple[Hint, int]] = field(default_factory=list)  # to be sent after the commit


def perform(effect: Effect, context: Context) -> Happened | None:
    """Does it, and gives the outcome where the effect has one. Raises KeyError for an unknown effect or a missing argument."""
    try:
        happened = _VERBS[effect.name](context, effect.args)
    except Refused as no:
        refused = _REFUSALS.get(effect.name)
        if refused is None:
            raise
        happened = Happened(refused, {"code": no.code, **no.detail})
    if context.facts is not None:
        context.facts.forget()
    return happened


# --------------------------------------------------------------------------------------------------- account


def _register(context: Context, args: Mapping[str, Any]) -> Happened:
    name = accounts.tidy_name(str(args["name"]))
    accounts.register(context.customer_id, name, str(args["consent_version"]), now=context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, name=name, registered=True))
    return Happened("registered")


def _stop_messages(context: Context, args: Mapping[str, Any]) -> None:
    _set_marketing(context, stopped=True)


def _resume_messages(context: Context, args: Mapping[str, Any]) -> None:
    _set_marketing(context, stopped=False)


def _set_marketing(context: Context, *, stopped: bool) -> None:
    customers.set_marketing(context.customer_id, stopped, context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, marketing_stopped=stopped))


# --------------------------------------------------------------------------------------------------- cart and order


def _add_to_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.add(context.customer_id, str(args["ref"]), int(args["quantity"]), now=context.now)
    return Happened(
        "added_to_cart",
        {
            "ref": done.ref,
            "name": done.name,
            "quantity": done.quantity,
            "line_total_kobo": done.line_total.kobo,
            "count": done.count,
        },
    )


def _set_cart_quantity(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.change(context.customer_id, str(args["ref"]), int(args["quantity"]), now=context.now)
    return Happened("cart_changed", {"ref": done.ref, "name": done.name, "quantity": done.quantity})


def _remove_from_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.remove(context.customer_id, str(args["ref"]))
    return Happened("removed_from_cart", {"ref": done.ref, "name": done.name})


def _clear_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    return Happened("cart_cleared", {"count": carts.clear(context.customer_id)})


def _place_order(context: Context, args: Mapping[str, Any]) -> Happened:
    expected = args.get("expected_total_kobo")
    wish = checkout.Wish(
        delivery=str(args["delivery"]),
        payment=str(args["payment"]),
        key=str(args["key"]),
        address=str(args.get("address") or ""),
        latitude=args.get("latitude"),
        longitude=args.get("longitude"),
        expected_total=None if expected is None else Money(int(expected)),
    )
    fee = Money(context.settings.delivery_fee_kobo)
    placed = checkout.place(context.customer_id, wish, delivery_fee=fee, now=context.now)
    return Happened(
        "order_placed",
        {
            "number": placed.number,
            "total_kobo": placed.total.kobo,
            "delivery_fee_kobo": placed.delivery_fee.kobo,
            "payment": placed.payment,
            "waiting": list(placed.waiting),
        },
    )


def _cancel_order(context: Context, args: Mapping[str, Any]) -> Happened:
    return Happened("order_cancelled", {"number": orders.cancel(context.customer_id, str(args["number"]), now=context.now)})


# --------------------------------------------------------------------------------------------------- payments


def _start_payment(context: Context, args: Mapping[str, Any]) -> Happened:
    """The attempt and its reference are there before any provider hears of it; it is begun after the commit.

    With kind "ussd", `bank` may be one of USSD_BANKS of the provider. Refused besides: `bad_bank` (banks).
    """
    provider, bank = str(args["provider"]), _bank(args)
    attempt = attempts.begin(
        context.customer_id,
        str(args["number"]),
        provider,
        str(args["kind"]),
        mode=_mode(context.settings, provider),
        correlation_id=str(get_contextvars().get("correlation", "")),
        ussd_bank=bank,
        now=context.now,
    )
    context.hints.append((START_PAYMENT, attempt.id))
    return Happened("payment_started", {"attempt_id": attempt.id})


def _switch_payment(context: Context, args: Mapping[str, Any]) -> Happened:
    """Another provider than the one asked: begun once the first says that it has no money."""
    provider, bank = str(args["provider"]), _bank(args)
    _mode(context.settings, provider)
    number, kind = str(args["number"]), str(args["kind"])
    attempt = attempts.switch(context.customer_id, number, provider, kind, ussd_bank=bank, now=context.now)
    context.hints.append((CHECK_PAYMENT, attempt.id))
    return Happened("payment_switch_asked", {"attempt_id": attempt.id})


def _check_payment(context: Context, args: Mapping[str, Any]) -> Happened:
    attempt = attempts.ask(context.customer_id, str(args["number"]), now=context.now)
    context.hints.append((CHECK_PAYMENT, attempt.id))
    return Happened("payment_check_asked")


def _bank(args: Mapping[str, Any]) -> str:
    """The bank of a USSD code, or nothing said. Raises Refused: `bad_bank` (banks) for one the provider has no code of."""
    known = USSD_BANKS.get(str(args["provider"]), ())
    bank = str(args.get("bank") or "")
    if bank and bank not in known:
        raise Refused("bad_bank", banks=list(known))
    return bank


def _mode(settings: Settings, provider: str) -> str:
    """test or live, as this provider's key is. Raises Refused: `bad_provider` for one without a key, or with a test key beside
    the other's live one."""
    keys = {"paystack": settings.paystack_secret_key, "flutterwave": settings.flutterwave_secret_key}
    modes = {name: mode_of(key) for name, key in keys.items()}
    mode = modes.get(provider)
    if mode is None or (mode == "test" and "live" in modes.values()):
        raise Refused("bad_provider", provider=provider)
    return mode


# --------------------------------------------------------------------------------------------------- prescriptions


def _receive_prescription(context: Context, args: Mapping[str, Any]) -> Happened:
    """The row is there before anything is answered; reading begins after the commit."""
    texts = {name: str(args.get(name) or "") for name in ("mime_type", "caption", "filename", "sha256")}
    replaces = args.get("replaces")
    received = prescriptions.receive(
        context.customer_id,
        context.inbox_id,
        kind=str(args["kind"]),
        media_id=str(args["media_id"]),
        order_number=str(args.get("order_number") or ""),
        replaces=None if replaces is None else int(replaces),
        correlation_id=str(get_contextvars().get("correlation", "")),
        now=context.now,
        **texts,
    )
    if received is None:
        raise Refused("too_many_unread")
    context.hints.append((READ_PRESCRIPTION, received))
    return Happened("prescription_received", {"prescription_id": received})


def _answer_prescription(context: Context, args: Mapping[str, Any]) -> Happened:
    number = int(args["prescription_id"])
    if not prescriptions.answer(context.customer_id, number, str(args["text"]), context.now):
        raise Refused("decided", prescription_id=number)
    inbox.forget_text(context.inbox_id)  # it is kept sealed now, and nowhere else
    return Happened("prescription_answered")


def _withdraw_prescription(context: Context, args: Mapping[str, Any]) -> Happened:
    number = int(args["prescription_id"])
    if not prescriptions.withdraw(context.customer_id, number, context.now):
        raise Refused("decided", prescription_id=number)
    return Happened("prescription_withdrawn")


# --------------------------------------------------------------------------------------------------- people, files, time


def _hand_over(context: Context, args: Mapping[str, Any]) -> Happened:
    support.hand_over(context.customer_id, str(args["reason"]), context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, with_agent=True))
    return Happened("handed_over")


def _leave_agent(context: Context, args: Mapping[str, Any]) -> Happened:
    support.leave(context.customer_id, context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, with_agent=False))
    return Happened("left_agent")


def _keep_media(context: Context, args: Mapping[str, Any]) -> Happened:
    texts = {name: str(args.get(name) or "") for name in ("mime_type", "caption", "filename", "sha256")}
    media.keep(
        context.customer_id,
        context.inbox_id,
        kind=str(args["kind"]),
        media_id=str(args["media_id"]),
        purpose=str(args["purpose"]),
        order_number=args.get("order_number"),
        now=context.now,
        **texts,
    )
    return Happened("media_kept")


def _forget_text(context: Context, args: Mapping[str, Any]) -> None:
    inbox.forget_text(context.inbox_id)


def _start_timer(context: Context, args: Mapping[str, Any]) -> None:
    # Flows see no settings: how long a person may be silent is the pharmacy's to say.
    asked = context.settings.agent_return_minutes if args["kind"] == "agent_return" else int(args["minutes"])
    minutes = min(max(0, asked), LONGEST_TIMER_MINUTES)
    timers.start(str(args["kind"]), context.customer_id, context.now + timedelta(minutes=minutes), context.now)


def _stop_timer(context: Context, args: Mapping[str, Any]) -> None:
    timers.stop(str(args["kind"]), context.customer_id)


_VERBS: Mapping[str, Callable[[Context, Mapping[str, Any]], Happened | None]] = {
    "register": _register,
    "stop_messages": _stop_messages,
    "resume_messages": _resume_messages,
    "add_to_cart": _add_to_cart,
    "set_cart_quantity": _set_cart_quantity,
    "remove_from_cart": _remove_from_cart,
    "clear_cart": _clear_cart,
    "place_order": _place_order,
    "cancel_order": _cancel_order,
    "start_payment": _start_payment,
    "switch_payment": _switch_payment,
    "check_payment": _check_payment,
    "receive_prescription": _receive_prescription,
    "answer_prescription": _answer_prescription,
    "withdraw_prescription": _withdraw_prescription,
    "hand_over": _hand_over,
    "leave_agent": _leave_agent,
    "keep_media": _keep_media,
    "forget_text": _forget_text,
    "start_timer": _start_timer,
    "stop_timer": _stop_timer,
}
_REFUSALS: Mapping[str, str] = {
    "register": "register_refused",
    "add_to_cart": "cart_refused",
    "set_cart_quantity": "cart_refused",
    "remove_from_cart": "cart_refused",
    "place_order": "order_refused",
    "cancel_order": "order_refused",
    "start_payment": "payment_refused",
    "switch_payment": "payment_refused",
    "check_payment": "payment_refused",
    "receive_prescription": "prescription_refused",
    "answer_prescription": "prescription_refused",
    "withdraw_prescription": "prescription_refused",
}
EFFECTS = frozenset(_VERBS)
