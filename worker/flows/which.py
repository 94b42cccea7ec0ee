"""Which prescription is meant, where a customer has several."""

from __future__ import annotations

from datetime import datetime

from models.prescriptions import Shown
from worker.facts import Facts
from worker.flows.wording import Sentence, clock, say


def about(shown: Shown, facts: Facts) -> Sentence:
    """A line that tells it by the time its picture came; nothing for the only one."""
    there = dict(facts.prescriptions_beside(shown.id)) | {shown.id: shown.received_at}
    if len(there) < 2:
        return Sentence("")
    when = _when(shown, facts)
    alike = sorted(number for number, at in there.items() if _minute(at) == _minute(shown.received_at))
    if len(alike) < 2:
        return say("read.of", when=when)
    return say("read.of_several", number=alike.index(shown.id) + 1, when=when)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _when(shown: Shown, facts: Facts) -> str:
    """The time of today, with the day before that."""
    at, today = shown.received_at.astimezone(facts.zone), facts.now.astimezone(facts.zone).date()
    return clock(at) if at.date() == today else f"{at.day} {say(f'month.{at.month}')}, {clock(at)}"
