"""When people are there to answer, in words: never a promise nobody made."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.facts import Facts
from worker.flows.wording import Sentence, clock, say


def back_at(facts: Facts) -> datetime | None:
    """When people are back; None while they are there, or when nobody knows."""
    return facts.pharmacy.hours.back_at(facts.now, facts.zone)


def asked(facts: Facts) -> Sentence:
    """Who asked for a person is told when one answers."""
    back = back_at(facts)
    if back is not None:
        return say("support.asked_away", when=when(back, facts))
    closes = facts.pharmacy.hours.closes_at(facts.now, facts.zone)
    if closes is None:
        return say("support.asked")
    return say("support.asked_until", time=_time(closes, facts))


def emergency(facts: Facts, kind: str) -> Sentence:
    """What comes after the numbers."""
    back, alone = back_at(facts), kind == "suicide"
    if back is None:
        return say("emergency.not_alone" if alone else "emergency.person")
    return say("emergency.not_alone_away" if alone else "emergency.person_away", when=when(back, facts))


def when(at: datetime, facts: Facts) -> Sentence:
    """today at 8:00 AM, tomorrow at 8:00 AM, on Mon 30 Nov at 8:00 AM"""
    local, today = at.astimezone(facts.zone), facts.now.astimezone(facts.zone).date()
    time = _time(at, facts)
    if local.date() == today:
        return say("team.today", time=time)
    if local.date() == today + timedelta(days=1):
        return say("team.tomorrow", time=time)
    day = f"{say(f'weekday.{local.weekday()}')} {local.day} {say(f'month.{local.month}')}"
    return say("team.day", day=day, time=time)


def _time(at: datetime, facts: Facts) -> str:
    return clock(at.astimezone(facts.zone))
