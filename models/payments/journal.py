"""Every act with money leaves a line in its order's log."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from models.base import connection

NOTE = """INSERT INTO order_events ("orderId", at, what, who, detail) VALUES (%s, %s, %s, %s, %s)"""


def note(order_id: int | None, what: str, *, who: str, now: datetime, **detail: object) -> None:
    """Appends to the order's log; money that belongs to no order has no log but its task. `detail`: ids, codes and amounts."""
    if order_id is not None:
        connection().execute(NOTE, (order_id, now, what, who, Jsonb(detail)))


OWNER = """SELECT FROM orders o JOIN customers c ON c.id = o."customerId" WHERE o.id = %s FOR KEY SHARE OF c"""


def lock_owner(order_id: int) -> None:
    """The customer's row alone, for those who take the order's in a way of their own."""
    connection().execute(OWNER, (order_id,))


def lock_order(order_id: int | None) -> None:
    """The order's row, before anything of its money: everybody locks in this sequence (customer, order, payment, refund).

    What its customer hears refers to their row, which a merge of customers locks before it moves their orders.
    """
    if order_id is not None:
        lock_owner(order_id)
        connection().execute("SELECT FROM orders WHERE id = %s FOR NO KEY UPDATE", (order_id,))
