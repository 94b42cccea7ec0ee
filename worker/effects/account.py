"""Who the customer is, and whether they want to hear from us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models import accounts, customers
from worker.effects.context import Context, Verb
from worker.flows.step import Happened


def _register(context: Context, args: Mapping[str, Any]) -> Happened:
    name = accounts.tidy_name(str(args["name"]))
    accounts.register(context.customer_id, name, str(args["consent_version"]), now=context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, name=name, registered=True))
    return Happened("registered")


def _rename(context: Context, args: Mapping[str, Any]) -> Happened:
    name = accounts.tidy_name(str(args["name"]))
    accounts.rename(context.customer_id, name, now=context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, name=name))
    return Happened("registered")


def _stop_messages(context: Context, args: Mapping[str, Any]) -> None:
    _set_marketing(context, stopped=True)


def _resume_messages(context: Context, args: Mapping[str, Any]) -> None:
    _set_marketing(context, stopped=False)


def _set_marketing(context: Context, *, stopped: bool) -> None:
    customers.set_marketing(context.customer_id, stopped, context.now)
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, marketing_stopped=stopped))


VERBS: Mapping[str, Verb] = {
    "register": _register,
    "rename": _rename,
    "stop_messages": _stop_messages,
    "resume_messages": _resume_messages,
}
REFUSALS: Mapping[str, str] = {"register": "register_refused", "rename": "register_refused"}
