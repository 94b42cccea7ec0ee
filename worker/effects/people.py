"""A person on the line, files kept for one, words forgotten, and what is due later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from models import inbox, media, support, timers
from worker.effects.context import Context, Verb
from worker.flows.step import Happened

LONGEST_TIMER_MINUTES = 60 * 24 * 100


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


VERBS: Mapping[str, Verb] = {
    "hand_over": _hand_over,
    "leave_agent": _leave_agent,
    "keep_media": _keep_media,
    "forget_text": _forget_text,
    "start_timer": _start_timer,
    "stop_timer": _stop_timer,
}
REFUSALS: Mapping[str, str] = {}
