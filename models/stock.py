"""Stock that is promised to an order: reserved when it is placed, then returned or sold, once.

Reserving takes the pieces out of the product's own `stock`, so whatever is left there may be sold to the next customer. The
reservation remembers how many to give back. For an order to be paid online it runs out with the order (30 minutes); for cash
on delivery it stands until the order is cancelled or leaves the house. Stock nobody counts (NULL) is not reserved.
"""

from __future__ import annotations

from datetime import datetime

from peewee import BigAutoField, DateTimeField, IntegerField, TextField

from models.base import Base, connection


class StockReservation(Base):
    id = BigAutoField()
    order_id = IntegerField()
    product_id = IntegerField(null=True)
    healthcare_product_id = IntegerField(null=True)
    quantity = IntegerField()
    state = TextField(default="held")
    reserved_at = DateTimeField()
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "stock_reservations"


# Product rows are locked in the order in which checkout locks them (medicines by id, then health products by id): two
# orders that share products wait for each other instead of locking each other out.
GIVE_BACK = """
WITH ended AS (
    UPDATE stock_reservations SET state = 'returned', "endedAt" = %(now)s
    WHERE "orderId" = %(order)s AND state = 'held'
    RETURNING "productId" AS m, "healthcareProductId" AS h, quantity
), medicines AS (
    SELECT id FROM products WHERE id IN (SELECT m FROM ended) ORDER BY id FOR NO KEY UPDATE
), medicines_back AS (
    UPDATE products p SET stock = p.stock + e.quantity
    FROM medicines JOIN (SELECT m, sum(quantity) AS quantity FROM ended GROUP BY m) e ON e.m = medicines.id
    WHERE p.id = medicines.id RETURNING p.id
), health AS (
    SELECT id FROM healthcare_products
    WHERE id IN (SELECT h FROM ended) AND (SELECT count(*) FROM medicines_back) >= 0 ORDER BY id FOR NO KEY UPDATE
), health_back AS (
    UPDATE healthcare_products p SET stock = p.stock + e.quantity
    FROM health JOIN (SELECT h, sum(quantity) AS quantity FROM ended GROUP BY h) e ON e.h = health.id
    WHERE p.id = health.id RETURNING p.id
)
SELECT count(*), (SELECT count(*) FROM health_back) FROM ended
"""


def give_back(order_id: int, *, now: datetime) -> int:
    """Puts what is still held for an order back on the shelf; returns how many lines. Running twice gives back once."""
    row = connection().execute(GIVE_BACK, {"order": order_id, "now": now}).fetchone()
    return int(row[0]) if row else 0


def mark_sold(order_id: int, *, now: datetime) -> int:
    """What was held for an order has left the house and does not come back by itself. Running twice is fine."""
    return (
        connection()
        .execute(
            """UPDATE stock_reservations SET state = 'sold', "endedAt" = %s WHERE "orderId" = %s AND state = 'held'""",
            (now, order_id),
        )
        .rowcount
    )
