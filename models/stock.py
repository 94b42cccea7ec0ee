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


# All lines or none that counts: the caller takes everything back when the answer is no. What may not be sold any more (withdrawn,
# controlled, or prescription-only since without a pharmacist having seen it) is as gone as what is out of stock.
HOLD_AGAIN = """
WITH wanted AS (
    SELECT "productId" AS m, "healthcareProductId" AS h, sum(quantity)::integer AS quantity, bool_and("prescriptionOnly") AS rx
    FROM order_items WHERE "orderId" = %(order)s GROUP BY 1, 2
), sold AS (
    SELECT w.m, w.h FROM wanted w JOIN catalogue_entries e ON e.kind = CASE WHEN w.m IS NOT NULL THEN 1 ELSE 2 END
        AND e."productId" = COALESCE(w.m, w.h)
    WHERE e.active AND e.control < 2 AND (w.rx OR w.h IS NOT NULL OR (e.otc AND e.control = 0))
), medicines AS (
    SELECT id, stock FROM products WHERE id IN (SELECT m FROM sold) ORDER BY id FOR NO KEY UPDATE
), medicines_taken AS (
    UPDATE products p SET stock = p.stock - w.quantity FROM medicines JOIN wanted w ON w.m = medicines.id
    WHERE p.id = medicines.id AND p.stock >= w.quantity RETURNING p.id, w.quantity
), health AS (
    SELECT id, stock FROM healthcare_products
    WHERE id IN (SELECT h FROM sold) AND (SELECT count(*) FROM medicines_taken) >= 0
    ORDER BY id FOR NO KEY UPDATE
), health_taken AS (
    UPDATE healthcare_products p SET stock = p.stock - w.quantity FROM health JOIN wanted w ON w.h = health.id
    WHERE p.id = health.id AND p.stock >= w.quantity RETURNING p.id, w.quantity
), held AS (
    INSERT INTO stock_reservations ("orderId", "productId", "healthcareProductId", quantity, "reservedAt")
    SELECT %(order)s, id, NULL, quantity, %(now)s FROM medicines_taken
    UNION ALL SELECT %(order)s, NULL, id, quantity, %(now)s FROM health_taken RETURNING id
)
SELECT (SELECT count(*) FROM wanted) = (SELECT count(*) FROM held)
    + (SELECT count(*) FROM medicines WHERE stock IS NULL) + (SELECT count(*) FROM health WHERE stock IS NULL)
"""


def hold_again(order_id: int, *, now: datetime) -> bool:
    """Takes everything an order is of out of stock once more, after it was given back. False: some of it is not there any more,
    and what was taken is to be rolled back. What is held already is not taken twice."""
    held = connection().execute("""SELECT FROM stock_reservations WHERE "orderId" = %s AND state = 'held' LIMIT 1""", (order_id,))
    if held.fetchone() is not None:
        return True
    row = connection().execute(HOLD_AGAIN, {"order": order_id, "now": now}).fetchone()
    return bool(row and row[0])
