"""Prescriptions received, answered for and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import get_contextvars

from models import inbox, prescriptions
from models.values import Refused
from worker.effects.context import Context, Verb
from worker.flows.step import Happened
from worker.messages import READ_PRESCRIPTION


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


VERBS: Mapping[str, Verb] = {
    "receive_prescription": _receive_prescription,
    "answer_prescription": _answer_prescription,
    "withdraw_prescription": _withdraw_prescription,
}
REFUSALS: Mapping[str, str] = dict.fromkeys(VERBS, "prescription_refused")
