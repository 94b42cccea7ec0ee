"""Payments begun, changed and asked after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import get_contextvars

from models.payments import attempts
from models.values import Refused
from settings import Settings
from worker.effects.context import Context, Verb
from worker.flows.step import Happened
from worker.gateways.accounts import USSD_BANKS
from worker.gateways.http import mode_of
from worker.messages import CHECK_PAYMENT, START_PAYMENT


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


VERBS: Mapping[str, Verb] = {
    "start_payment": _start_payment,
    "switch_payment": _switch_payment,
    "check_payment": _check_payment,
}
REFUSALS: Mapping[str, str] = dict.fromkeys(VERBS, "payment_refused")
