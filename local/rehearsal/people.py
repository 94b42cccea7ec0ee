"""People on the line in the pharmacy in memory: a thread that opens, is answered and ends, and how it was.

( staff answers )                  somebody answered in the thread (their words go through the outbox, not through a flow)
( a colleague answers the message )                     that was left while nobody was there
( staff gives the thread back )    ( staff gives it back without a rating )
( nobody answers for half an hour )                     the timer is due
( the team is here Mon-Sat 08:00-20:00 )                office hours
( it is 2026-11-23 21:30 )                              the local time
( a colleague's answer waits )                          outside the 24-hour window
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from models import office_hours
from models.values import Refused
from worker.flows.step import Happened

if TYPE_CHECKING:
    from local.rehearsal.play import Play, Turned
    from local.rehearsal.shop import FakeShop

CONVERSATIONS = ("asked", "not_understood", "emergency")
_LAGOS = ZoneInfo("Africa/Lagos")


@dataclass
class Talk:
    """A thread. `waits`: a word of the customer nobody answered. `kept`: left as a message to people who were away."""

    reason: str
    answers: int = 0
    open: bool = True
    waits: bool = True
    asked: bool = False
    kept: bool = False
    rating: int = 0
    words: str = ""


def _talking(shop: FakeShop) -> Talk | None:
    return next((talk for talk in shop.talks if talk.open), None)


def _away(shop: FakeShop) -> bool:
    return shop.pharmacy.hours.back_at(shop.now, _LAGOS) is not None


def _hand_over(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    reason = str(args["reason"])
    shop.handed_over.append(reason)
    if reason in CONVERSATIONS:
        talk = _talking(shop)
        if talk is None:
            shop.talks.append(Talk(reason))
        else:
            talk.waits = True
            talk.reason = "emergency" if reason == "emergency" else talk.reason
        shop.customer = replace(shop.customer, with_agent=True)
    return Happened("handed_over")


def _end(shop: FakeShop, *, keep: bool) -> tuple[int, bool, bool]:
    """(number of the thread, to be rated, kept as a message)"""
    shop.customer = replace(shop.customer, with_agent=False)
    talk = _talking(shop)
    if talk is None:
        return 0, False, False
    talk.open = False
    talk.kept = keep and not talk.answers and talk.reason in ("asked", "emergency")
    if talk.kept:
        return 0, False, True
    return shop.talks.index(talk) + 1, bool(talk.answers) and not talk.asked, False


def _leave_agent(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    how = str(args.get("how", ""))
    thread, rate, kept = _end(shop, keep=_away(shop))
    if thread and rate and how:
        shop.talks[thread - 1].asked = True
    return Happened("left_agent", {"how": how, "thread": thread, "rate": rate and bool(how), "kept": kept})


def _await_answer(shop: FakeShop, args: Mapping[str, Any]) -> None:
    talk = _talking(shop)
    if talk is not None:
        talk.waits = True


def _end_silence(shop: FakeShop, args: Mapping[str, Any]) -> Happened | None:
    talk = _talking(shop)
    quiet = talk is not None and not talk.waits
    answered = bool(talk and talk.answers)
    thread, _, kept = _end(shop, keep=_away(shop) and not quiet)
    if talk is not None:
        talk.asked = True
    told = {"by": "quiet" if quiet else "silence", "thread": thread, "rate": False, "unanswered": not quiet}
    return Happened("agent_gone", told | {"quiet": quiet, "answered": answered, "kept": kept})


def _rate_thread(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    wanted, stars = int(args.get("thread") or 0), int(args["stars"])
    over = [n for n, talk in enumerate(shop.talks, start=1) if talk.answers and not talk.open and wanted in (0, n)]
    if not over or not 1 <= stars <= 5 or (shop.talks[over[-1] - 1].rating and shop.talks[over[-1] - 1].words):
        raise Refused("nothing_to_rate")
    shop.talks[over[-1] - 1].rating = stars
    return Happened("thread_rated", {"thread": over[-1], "stars": stars})


def _add_rating_words(shop: FakeShop, args: Mapping[str, Any]) -> None:
    thread = int(args["thread"])
    if 1 <= thread <= len(shop.talks):
        shop.talks[thread - 1].words = shop.talks[thread - 1].words or str(args["words"])


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "hand_over": _hand_over,
    "leave_agent": _leave_agent,
    "await_answer": _await_answer,
    "end_silence": _end_silence,
    "rate_thread": _rate_thread,
    "add_rating_words": _add_rating_words,
    "announce_answer": lambda shop, args: None,
}


# --------------------------------------------------------------------------------------------------- what transcripts say


def _answers(play: Play) -> None:
    talk = _talking(play.shop)
    if talk is None:
        raise ValueError("nobody has asked for a person")
    talk.answers += 1
    talk.waits = False


def _answers_message(play: Play) -> Turned:
    if not any(talk.kept for talk in play.shop.talks):
        raise ValueError("nobody has left a message")
    play.shop.talks.append(Talk("asked", answers=1, waits=False))
    play.shop.customer = replace(play.shop.customer, with_agent=True)
    return play.send(Happened("person_writes", {"thread": len(play.shop.talks)}))


def _given_back(rating: bool) -> Callable[[Play], Turned]:
    def act(play: Play) -> Turned:
        talk = _talking(play.shop)
        waits = bool(talk and talk.waits)
        thread, rate, _ = _end(play.shop, keep=False)
        if talk is not None:
            talk.asked = talk.asked or (rate and rating)
        told = {"by": "staff", "thread": thread, "rate": rate and rating, "unanswered": waits, "quiet": False}
        return play.send(Happened("agent_gone", told))

    return act


def _hours(play: Play, told: str) -> None:
    play.shop.pharmacy = replace(play.shop.pharmacy, hours=office_hours.read(told))


def _time(play: Play, day: str, hour: str) -> None:
    play.shop.now = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=_LAGOS).astimezone(UTC)


DIRECTIONS: tuple[tuple[str, Callable[..., Turned | None]], ...] = (
    (r"staff answers", _answers),
    (r"a colleague answers the message", _answers_message),
    (r"staff gives the thread back", _given_back(True)),
    (r"staff gives it back without a rating", _given_back(False)),
    (r"a colleague's answer waits", lambda play: play.send(Happened("answer_waits"))),
    (r"nobody answers for half an hour", lambda play: play.send(Happened("timer_due", {"kind": "agent_return"}))),
    (r"the team is here (.+)", _hours),
    (r"it is (\d{4}-\d\d-\d\d) (\d\d:\d\d)", _time),
)
