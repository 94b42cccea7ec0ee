"""What is due later: timers set and stopped by flows, why one was not said, and reminders of medicine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from models import timers
from models.due import refills
from models.support import RETURN
from models.threads import waiting
from models.values import Refused
from worker.effects.context import Context, Verb
from worker.effects.people import patience
from worker.flows.step import Happened

LONGEST_TIMER_MINUTES = 60 * 24 * 100


def _start_timer(context: Context, args: Mapping[str, Any]) -> None:
    if args["kind"] == RETURN:  # how long a person may be silent is the pharmacy's to say
        waiting.arm(context.customer_id, context.now, patience(context))
        return
    at = context.now + timedelta(minutes=min(max(0, int(args["minutes"])), LONGEST_TIMER_MINUTES))
    timers.start(str(args["kind"]), context.customer_id, at, context.now, str(args.get("subject") or ""))


def _stop_timer(context: Context, args: Mapping[str, Any]) -> None:
    timers.stop(str(args["kind"]), context.customer_id, str(args.get("subject") or ""))


def _end_timer(context: Context, args: Mapping[str, Any]) -> None:
    """The event in hand leads to no word of ours; its row says why."""
    timers.unsaid(context.inbox_id, str(args["reason"]))


def _remind_refill(context: Context, args: Mapping[str, Any]) -> Happened:
    zone = context.settings.default_timezone
    try:
        runs_out = date.fromisoformat(str(args["until"]))
    except ValueError as e:
        raise Refused("over") from e
    at = refills.remind(context.customer_id, int(args["prescription_id"]), runs_out, now=context.now, zone=zone)
    return Happened("refill_reminder_set", {"on": at.astimezone(zone).date().isoformat()})


def _stop_refills(context: Context, args: Mapping[str, Any]) -> None:
    refills.forget(context.customer_id)


def _order_again(context: Context, args: Mapping[str, Any]) -> Happened:
    refs = frozenset(map(str, args["refs"]))
    done = refills.again(context.customer_id, int(args["prescription_id"]), refs, now=context.now)
    return Happened("in_cart_again", {"added": list(done.added), "left": list(done.left)})


VERBS: Mapping[str, Verb] = {
    "start_timer": _start_timer,
    "stop_timer": _stop_timer,
    "end_timer": _end_timer,
    "remind_refill": _remind_refill,
    "stop_refills": _stop_refills,
    "order_again": _order_again,
}
REFUSALS: Mapping[str, str] = {"remind_refill": "refill_reminder_refused", "order_again": "again_refused"}
