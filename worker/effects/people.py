"""A person on the line, files kept for one, and words forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models import inbox, media, support
from models.threads import announcing, files, rating, waiting
from models.threads.holding import rating_asked
from models.threads.waiting import Patience
from models.values import Refused
from worker.effects.context import Context, Verb
from worker.flows.step import Happened, Outside
from worker.messages import MOVE_FILE
from worker.team_hours import support_hours
from worker.whatsapp import outbound, templates


def patience(context: Context) -> Patience:
    """How long people may be silent and when they are there. Flows see no settings: it is the pharmacy's to say."""
    s = context.settings
    return Patience(s.agent_return_minutes, support_hours(s), s.default_timezone)


def _hand_over(context: Context, args: Mapping[str, Any]) -> Happened:
    support.hand_over(context.customer_id, str(args["reason"]), context.now, context.inbox_id)
    if context.facts is not None and args["reason"] in support.CONVERSATIONS:
        context.facts.forget(replace(context.facts.customer, with_agent=True))
    return Happened("handed_over")


def _leave_agent(context: Context, args: Mapping[str, Any]) -> Happened:
    """`how`: the word the customer left with, "" when something else led on. What was asked while nobody is there is kept."""
    kept = patience(context).away(context.now)
    left = support.leave(context.customer_id, context.now, keep=kept)
    _bot_again(context)
    how, rate = str(args.get("how", "")), left is not None and left.rate
    if left is not None and how and rate:
        rating_asked(left.thread, context.now)
    told = {"how": how, "thread": left.thread if left else 0, "rate": rate and bool(how), "kept": kept and left is None}
    return Happened("left_agent", told)


def _bot_again(context: Context) -> None:
    if context.facts is not None:
        context.facts.forget(replace(context.facts.customer, with_agent=False))


def _await_answer(context: Context, args: Mapping[str, Any]) -> None:
    """A word to a person: from the first one after an answer on, somebody waits."""
    waiting.word(context.customer_id, context.now, patience(context))


def _end_silence(context: Context, args: Mapping[str, Any]) -> Happened | None:
    """The time of the people is over, unless somebody answered meanwhile."""
    over = waiting.silence(context.customer_id, context.now, patience(context))
    if over is None:
        return None
    _bot_again(context)
    told = {"by": over.why, "thread": over.thread, "rate": False, "unanswered": over.why == "silence"}
    return Happened("agent_gone", told | {"quiet": over.why == "quiet", "answered": over.answered, "kept": over.kept})


def _rate_thread(context: Context, args: Mapping[str, Any]) -> Happened:
    stars = int(args["stars"])
    thread = rating.rate(context.customer_id, int(args.get("thread") or 0), stars, context.now)
    if thread is None:
        raise Refused("nothing_to_rate")
    return Happened("thread_rated", {"thread": thread, "stars": stars})


def _add_rating_words(context: Context, args: Mapping[str, Any]) -> None:
    rating.add_words(context.customer_id, int(args["thread"]), str(args["words"]))


def _announce_answer(context: Context, args: Mapping[str, Any]) -> None:
    """A colleague's answer waits for the customer to write: a template asks them to, unless it is switched off."""
    filled = templates.fill(Outside(announcing.KIND), context.settings)
    if filled is not None:
        # Whoever sends it puts the present address in.
        payload = outbound.build(filled, number="0", bsuid=None, callback="0")
        announcing.announce(context.customer_id, context.inbox_id, payload)


def _keep_media(context: Context, args: Mapping[str, Any]) -> Happened:
    texts = {name: str(args.get(name) or "") for name in ("mime_type", "caption", "filename", "sha256")}
    row = media.keep(
        context.customer_id,
        context.inbox_id,
        kind=str(args["kind"]),
        media_id=str(args["media_id"]),
        purpose=str(args["purpose"]),
        order_number=args.get("order_number"),
        now=context.now,
        **texts,
    )
    if files.wanted(row):
        context.hints.append((MOVE_FILE, row))
    return Happened("media_kept")


def _forget_text(context: Context, args: Mapping[str, Any]) -> None:
    inbox.forget_text(context.inbox_id)


VERBS: Mapping[str, Verb] = {
    "hand_over": _hand_over,
    "leave_agent": _leave_agent,
    "await_answer": _await_answer,
    "end_silence": _end_silence,
    "rate_thread": _rate_thread,
    "add_rating_words": _add_rating_words,
    "announce_answer": _announce_answer,
    "keep_media": _keep_media,
    "forget_text": _forget_text,
}
REFUSALS: Mapping[str, str] = {"rate_thread": "rating_refused"}
