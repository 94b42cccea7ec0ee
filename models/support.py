"""A person on the line: who asked for one, and since when the bot is silent."""

from __future__ import annotations

from datetime import datetime

from models.base import db

CONVERSATIONS = ("asked", "not_understood", "emergency")


def hand_over(customer_id: int, reason: str, now: datetime) -> None:
    """Gives the conversation to people. Asking twice keeps the first waiting time; an emergency overwrites the reason.

    Any other reason (`my_data`, `delete_my_data`) is a request to be dealt with: the bot goes on talking.
    """
    if reason not in CONVERSATIONS:
        db.execute_sql(
            """INSERT INTO handovers ("customerId", reason, "openedAt") VALUES (%s, %s, %s) ON CONFLICT DO NOTHING""",
            (customer_id, reason, now),
        )
        return
    db.execute_sql(
        """INSERT INTO handovers AS h ("customerId", reason, "openedAt") VALUES (%s, %s, %s)
           ON CONFLICT ("customerId") WHERE "closedAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency')
           DO UPDATE SET reason = CASE WHEN EXCLUDED.reason = 'emergency' THEN 'emergency' ELSE h.reason END""",
        (customer_id, reason, now),
    )
    db.execute_sql(
        """UPDATE customers SET "withAgentSince" = COALESCE("withAgentSince", %s), "updatedAt" = %s WHERE id = %s""",
        (now, now, customer_id),
    )


def leave(customer_id: int, now: datetime, by: str = "customer") -> None:
    """Gives the conversation back to the bot. Requests about data stay open."""
    db.execute_sql(
        """UPDATE handovers SET "closedAt" = %s, "closedBy" = %s
           WHERE "customerId" = %s AND "closedAt" IS NULL AND reason = ANY(%s)""",
        (now, by, customer_id, list(CONVERSATIONS)),
    )
    db.execute_sql("""UPDATE customers SET "withAgentSince" = NULL, "updatedAt" = %s WHERE id = %s""", (now, customer_id))
