"""A person on the line: who asked for one, and since when the bot is silent."""

from __future__ import annotations

from datetime import datetime

from models.base import db


def hand_over(customer_id: int, reason: str, now: datetime) -> None:
    """Gives the conversation to people. Asking twice keeps the first waiting time; an emergency overwrites the reason."""
    db.execute_sql(
        """INSERT INTO handovers AS h ("customerId", reason, "openedAt") VALUES (%s, %s, %s)
           ON CONFLICT ("customerId") WHERE "closedAt" IS NULL
           DO UPDATE SET reason = CASE WHEN EXCLUDED.reason = 'emergency' THEN 'emergency' ELSE h.reason END""",
        (customer_id, reason, now),
    )
    db.execute_sql(
        """UPDATE customers SET "withAgentSince" = COALESCE("withAgentSince", %s), "updatedAt" = %s WHERE id = %s""",
        (now, now, customer_id),
    )


def leave(customer_id: int, now: datetime, by: str = "customer") -> None:
    """Gives the conversation back to the bot."""
    db.execute_sql(
        """UPDATE handovers SET "closedAt" = %s, "closedBy" = %s WHERE "customerId" = %s AND "closedAt" IS NULL""",
        (now, by, customer_id),
    )
    db.execute_sql("""UPDATE customers SET "withAgentSince" = NULL, "updatedAt" = %s WHERE id = %s""", (now, customer_id))
