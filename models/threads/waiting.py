"""Since when a customer waits for a person, and until when: a thread in which nobody answers goes back to the bot, once.

What counts is the oldest word that nobody answered: writing again does not put the end off, an answer does. Whoever asked while
nobody was there is waited for from the moment people are back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models import support, timers
from models.base import connection
from models.office_hours import Hours
from models.support import CONVERSATIONS, RETURN
from models.threads.answering import QUIET
from models.threads.holding import rating_asked

OPEN = """
SELECT id, reason, COALESCE("waitingSince", CASE WHEN "answeredAt" IS NULL THEN "openedAt" END), "answeredAt", answers FROM handovers
WHERE "customerId" = %(customer)s AND "closedAt" IS NULL AND reason = ANY(%(reasons)s)
"""
TAKEN_UP = """
SELECT EXISTS (SELECT FROM handovers WHERE "customerId" = %(customer)s AND "closedAt" IS NULL AND reason = ANY(%(reasons)s)
    AND (answers > 0 OR "assigneeId" IS NOT NULL))
"""
ANSWER_WAITS = """
SELECT EXISTS (SELECT FROM outbox WHERE "customerId" = %s AND status = 'held' AND "staffId" IS NOT NULL AND "standsFor" IS NULL
    AND "createdAt" > now() - interval '30 days')
"""
WAITS = """
UPDATE handovers SET "waitingSince" = %(now)s
WHERE "customerId" = %(customer)s AND "closedAt" IS NULL AND reason = ANY(%(reasons)s) AND "waitingSince" IS NULL
    AND "answeredAt" IS NOT NULL
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long people may be silent, and when they are there."""

    minutes: int
    hours: Hours
    zone: ZoneInfo

    def until(self, since: datetime, reason: str) -> datetime:
        """When a word of then has waited too long. Whoever asked for nobody does not wait through a night."""
        back = self.hours.back_at(since, self.zone) if reason != "not_understood" else None
        return (back or since) + timedelta(minutes=self.minutes)

    def away(self, now: datetime) -> bool:
        """Whether nobody is there now, as far as anybody knows."""
        return self.hours.back_at(now, self.zone) is not None


@dataclass(frozen=True, slots=True)
class Over:
    """A thread that was given back. `why`: silence (nobody answered in time) or quiet (nobody said anything for long).
    `kept`: what was asked stays with people, who are away now."""

    thread: int
    why: str
    answered: bool
    kept: bool


def arm(customer_id: int, now: datetime, patience: Patience) -> None:
    """Sets the timer for when nobody will have answered in time. Setting it again changes nothing."""
    row = _open(customer_id)
    if row is not None and row[2] is not None:
        timers.start(RETURN, customer_id, max(patience.until(row[2], row[1]), now), now)


def taken_up(customer_id: int) -> bool:
    """Whether somebody of the staff has taken or answered the talk that is open."""
    row = connection().execute(TAKEN_UP, {"customer": customer_id, "reasons": list(CONVERSATIONS)}).fetchone()
    return bool(row and row[0])


def word(customer_id: int, now: datetime, patience: Patience) -> None:
    """The customer said something to a person: the first word after an answer is the one that waits. Each of them sets the timer
    for that word, so that a timer that got lost (its event was set aside, the tables were rolled back) leaves nobody in silence."""
    support.lock(customer_id)
    connection().execute(WAITS, {"customer": customer_id, "now": now, "reasons": list(CONVERSATIONS)})
    arm(customer_id, now, patience)


def silence(customer_id: int, now: datetime, patience: Patience) -> Over | None:
    """The timer is due: ends the thread if nobody answered in time, else sets it anew. None: it goes on, or there is none."""
    support.lock(customer_id)
    row = _open(customer_id)
    if row is None:
        return None
    thread, reason, waiting_since, answered_at, answers = row
    due = patience.until(waiting_since, reason) if waiting_since else answered_at + QUIET
    if now < due:
        timers.start(RETURN, customer_id, due, now)
        return None
    if not waiting_since and (connection().execute(ANSWER_WAITS, (customer_id,)).fetchone() or (False,))[0]:
        timers.start(RETURN, customer_id, now + QUIET, now)  # who writes to read the answer writes to whom it is from
        return None
    why = "silence" if waiting_since else "quiet"
    kept = why == "silence" and patience.away(now) and reason != "not_understood" and not answers
    support.leave(customer_id, now, why, keep=kept)
    timers.stop(RETURN, customer_id)
    rating_asked(thread, now)  # nobody is asked how it was to be kept waiting
    return Over(thread, why, bool(answers), kept)


def _open(customer_id: int) -> tuple[int, str, datetime | None, datetime, int] | None:
    given = {"customer": customer_id, "reasons": list(CONVERSATIONS)}
    return connection().execute(OPEN, given).fetchone()
