"""A person on the line: who asked for one, and since when the bot is silent. What staff do then: `models.threads`.

Whoever changes who speaks takes the customer's row first: the turn of a customer, an act of staff and the joining of two records
wait for each other there, in this order and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.base import connection, db

CONVERSATIONS = ("asked", "not_understood", "emergency")
MESSAGE = "message"  # left while nobody is there, or before going back to the bot: the bot speaks, and people answer later
RETURN = "agent_return"  # the timer that gives the thread back when no person answers
RATING_DAYS = 7  # after this long nobody remembers how it was


@dataclass(frozen=True, slots=True)
class Left:
    """A thread that has just ended. `rate`: somebody answered in it, and how it was has not been asked yet."""

    thread: int
    rate: bool


def hand_over(customer_id: int, reason: str, now: datetime, inbox_id: int | None = None) -> None:
    """Gives the conversation to people. Asking twice keeps the first waiting time; an emergency overwrites the reason.

    Any other reason (`my_data`, `delete_my_data`) is a request to be dealt with: the bot goes on talking. `inbox_id`: the message
    that led to it.
    """
    if reason not in CONVERSATIONS:
        db.execute_sql(
            """INSERT INTO handovers ("customerId", reason, "openedAt") VALUES (%s, %s, %s) ON CONFLICT DO NOTHING""",
            (customer_id, reason, now),
        )
        return
    lock(customer_id)
    db.execute_sql(
        """INSERT INTO handovers AS h ("customerId", reason, "openedAt", "waitingSince", "inboxId") VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT ("customerId") WHERE "closedAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency')
           DO UPDATE SET reason = CASE WHEN EXCLUDED.reason = 'emergency' THEN 'emergency' ELSE h.reason END,
               "waitingSince" = COALESCE(h."waitingSince", EXCLUDED."waitingSince")""",
        (customer_id, reason, now, now, inbox_id),
    )
    db.execute_sql(
        """UPDATE customers SET "withAgentSince" = COALESCE("withAgentSince", %s), "updatedAt" = %s WHERE id = %s""",
        (now, now, customer_id),
    )


CLOSE = """
UPDATE handovers SET "closedAt" = %(now)s, "closedBy" = %(by)s
WHERE "customerId" = %(customer)s AND "closedAt" IS NULL AND reason = ANY(%(reasons)s)
RETURNING id, answers > 0 AND "ratingAskedAt" IS NULL, reason = ANY(%(conversations)s)
"""
KEEP_MESSAGE = """
UPDATE handovers h SET reason = 'message'
WHERE "customerId" = %(customer)s AND "closedAt" IS NULL AND reason IN ('asked', 'emergency') AND answers = 0 AND NOT EXISTS (
    SELECT FROM handovers o WHERE o."customerId" = h."customerId" AND o."closedAt" IS NULL AND o.reason = 'message')
RETURNING id
"""


def leave(customer_id: int, now: datetime, by: str = "customer", *, keep: bool = False) -> Left | None:
    """Gives the conversation back to the bot; None when no person had it. Requests about data stay open.

    `keep`: what nobody answered yet stays with people as a message they answer when they are back.
    """
    lock(customer_id)
    values = {"customer": customer_id, "now": now, "by": by, "conversations": list(CONVERSATIONS)}
    if keep:
        connection().execute(KEEP_MESSAGE, values)
    reasons = [*CONVERSATIONS, *(() if keep or by == "customer" else (MESSAGE,))]
    closed = connection().execute(CLOSE, values | {"reasons": reasons}).fetchall()
    db.execute_sql("""UPDATE customers SET "withAgentSince" = NULL, "updatedAt" = %s WHERE id = %s""", (now, customer_id))
    return next((Left(thread, rate) for thread, rate, talked in closed if talked), None)


def lock(customer_id: int) -> None:
    """Nobody else changes who speaks with this customer until the transaction ends."""
    db.execute_sql("SELECT FROM customers WHERE id = %s FOR NO KEY UPDATE", (customer_id,))
