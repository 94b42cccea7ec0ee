"""Who of the staff has a thread: taken, passed on, given back. The database decides who was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models import audit, inbox, support, timers
from models.base import connection
from models.roles import Staff
from models.support import CONVERSATIONS, MESSAGE
from models.values import Refused

WINDOW = timedelta(hours=24)
# Meta's clock runs from when the customer wrote, ours from when we heard of it; and what is typed takes its time to leave.
MARGIN = timedelta(minutes=5)
MERGES_OUTLIVED = 3
# What staff may close by hand; a wish to be erased ends with the erasing.
CLOSABLE = (MESSAGE, "my_data", "correct_data")

CUSTOMER = """
SELECT c.id, c."mergedInto", v."lastInboundAt", c."marketingStoppedAt" IS NOT NULL, EXISTS (
    SELECT FROM inbox i WHERE i."customerId" = c.id AND i.status = 'pending' AND i.channel = 'whatsapp'
        AND i.kind NOT IN ('system', 'user_preferences', 'user_id_update')
        AND COALESCE(i."sentAt", i."receivedAt") > now() - interval '23 hours')
FROM customers c JOIN conversations v ON v."customerId" = c.id WHERE c.id = heir_of_customer(%s) FOR NO KEY UPDATE OF c
"""
# A colleague who was dismissed holds nothing.
OPEN = """
SELECT h.id, h.reason, s.id, COALESCE(s.name, ''), h."waitingSince", h.answers
FROM handovers h LEFT JOIN staff s ON s.id = h."assigneeId" AND s.active
WHERE h."customerId" = %(customer)s AND h."closedAt" IS NULL
ORDER BY h.reason = ANY(%(conversations)s) DESC, h.reason = 'message' DESC, h.id LIMIT 1 FOR UPDATE OF h
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An open thread whose customer is locked. `talking`: a person has it and the bot is silent, else it is a request or message.
    `wrote`: something of the customer's is just being handled, so their window is open."""

    customer_id: int
    last_inbound_at: datetime | None
    stopped: bool
    wrote: bool
    id: int
    reason: str
    assignee_id: int | None
    assignee: str
    waiting_since: datetime | None
    answers: int

    @property
    def talking(self) -> bool:
        return self.reason in CONVERSATIONS

    def window_open(self, now: datetime) -> bool:
        """By our own clock. A customer of whom we never noted a message may have written before: the sending will tell."""
        return self.wrote or self.last_inbound_at is None or now - self.last_inbound_at < WINDOW - MARGIN


def customer(customer_id: int) -> tuple[int, datetime | None, bool, bool]:
    """Locks who this customer is by now: (id, wrote last at, said stop, is just writing). Raises Refused: unknown."""
    for _ in range(MERGES_OUTLIVED):
        row = connection().execute(CUSTOMER, (customer_id,)).fetchone()
        if row is None:
            raise Refused("unknown")
        if row[1] is None:
            return row[0], row[2], row[3], row[4]
    raise Refused("unknown")


def hold(staff: Staff, customer_id: int) -> Held:
    """Locks a customer and their open thread for an act of this person. Call it in a transaction.

    Raises Refused: right, unknown (no such customer), not_open.
    """
    if not staff.may("threads.answer"):
        raise Refused("right")
    known = customer(customer_id)
    row = connection().execute(OPEN, {"customer": known[0], "conversations": list(CONVERSATIONS)}).fetchone()
    if row is None:
        raise Refused("not_open")
    return Held(*known, *row)


def mine(staff: Staff, held: Held) -> None:
    """Raises Refused taken_by unless it is this person's or nobody's."""
    if held.assignee_id not in (None, staff.id):
        raise Refused("taken_by", name=held.assignee, staff_id=held.assignee_id)


ASSIGN = """UPDATE handovers SET "assigneeId" = %s, "assignedAt" = %s WHERE "customerId" = %s AND "closedAt" IS NULL"""


def take(staff: Staff, customer_id: int, now: datetime, *, over: int | None = None) -> None:
    """Mine from now on. `over`: from this colleague, who is away. Raises Refused: right, unknown, not_open, taken_by (name)."""
    with connection().transaction():
        held = hold(staff, customer_id)
        if held.assignee_id == staff.id:
            return
        if over is None or held.assignee_id != over:
            mine(staff, held)
        connection().execute(ASSIGN, (staff.id, now, held.customer_id))
        moved(held.customer_id)  # the bot does not take it back for a word that was on its way
        _noted(staff, "thread_taken", held, **({"from": held.assignee_id} if held.assignee_id else {}))


def pass_on(staff: Staff, customer_id: int, to_staff_id: int, now: datetime) -> None:
    """Somebody else's from now on. Raises Refused: right, unknown (customer, or no such colleague who may answer), not_open,
    taken_by."""
    with connection().transaction():
        held = hold(staff, customer_id)
        mine(staff, held)
        row = (
            connection()
            .execute("SELECT id, email, name, role FROM staff WHERE id = %s AND active FOR KEY SHARE", (to_staff_id,))
            .fetchone()
        )
        if row is None or not Staff(*row).may("threads.answer"):
            raise Refused("unknown")
        connection().execute(ASSIGN, (to_staff_id, now, held.customer_id))
        _noted(staff, "thread_passed_on", held, to=to_staff_id)


def give_back(staff: Staff, customer_id: int, now: datetime, rating: bool = True) -> None:
    """Ends it: the bot speaks again and asks how it was, once. Enqueue `converse` after the commit.

    A message or request that nobody talks about is closed without a word. Raises Refused: right, unknown, not_open, taken_by.
    """
    with connection().transaction():
        held = hold(staff, customer_id)
        mine(staff, held)
        if not held.talking:
            _close_request(held, now)
        else:
            _ended(held, now, rating=rating)
        _noted(staff, "thread_given_back", held)


def _ended(held: Held, now: datetime, *, rating: bool) -> None:
    """The bot has the thread again, and an event tells it to say so; where nothing may be said any more, nothing is."""
    quiet = not held.window_open(now)
    left = support.leave(held.customer_id, now, "staff")
    timers.stop(support.RETURN, held.customer_id)
    moved(held.customer_id)
    rate = rating and left is not None and left.rate and not quiet
    if rate:
        rating_asked(held.id, now)
    told = {"by": "staff", "thread": held.id, "rate": rate, "unanswered": held.waiting_since is not None, "quiet": quiet}
    inbox.add_event(held.customer_id, "agent_gone", f"thread_ended:{held.id}", told)


def rating_asked(thread: int, now: datetime) -> None:
    """How it was is asked once."""
    connection().execute("""UPDATE handovers SET "ratingAskedAt" = %s WHERE id = %s AND "ratingAskedAt" IS NULL""", (now, thread))


def moved(customer_id: int) -> None:
    """A turn in hand that began before this act is taken again: it would speak out of turn, or past what staff just said."""
    connection().execute("""UPDATE conversations SET version = version + 1 WHERE "customerId" = %s""", (customer_id,))


def _close_request(held: Held, now: datetime) -> None:
    """One of them: a message that was dealt with says nothing of a wish about data."""
    done = connection().execute(
        """UPDATE handovers SET "closedAt" = %s, "closedBy" = 'staff' WHERE id = (
               SELECT id FROM handovers WHERE "customerId" = %s AND "closedAt" IS NULL AND reason = ANY(%s)
               ORDER BY reason = 'message' DESC, id LIMIT 1)""",
        (now, held.customer_id, list(CLOSABLE)),
    )
    if not done.rowcount:
        raise Refused("not_open")


def _noted(staff: Staff, act: str, held: Held, **detail: object) -> None:
    audit.note(staff, act, "thread", held.id, held.customer_id, {"reason": held.reason, **detail})
