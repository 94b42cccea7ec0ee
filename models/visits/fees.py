"""The order that a visit's fee is: one line that is no product, nothing to be brought, and a quarter of an hour to pay.

From here on it is an order like any other: paid, expired, cancelled and refunded on the same ways (`models.orders`,
`models.payments`). What becomes of it moves its visit, in the same transaction (`models.visits.paid`).
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from models.base import connection
from models.checkout import NUMBER_TRIES, NUMBERS
from models.orders import PAYMENTS
from models.values import Money

HELD_FOR = timedelta(minutes=15)
DELIVERY = {"doctor": "visit", "test": "lab"}
# How it is to be paid is chosen when it is; the old system's column needs a word until then.
UNTIL_CHOSEN = PAYMENTS["paystack"]
LONGEST_NAME, LONGEST_ADDRESS = 200, 500

# Nothing happens unless the order itself could be made (its number was free).
PLACE = """
WITH placed AS (
    INSERT INTO orders ("userId", "customerId", "orderNumber", state, "totalAmount", "totalKobo", "paymentMethod", "paymentStatus",
        "shippingAddress", "deliveryKind", "deliveryFeeKobo", "placementKey", "reservedUntil", "orderDate", "createdAt", "updatedAt")
    VALUES (%(user)s, %(customer)s, %(number)s, 'pending_payment', %(kobo)s::bigint / 100.0, %(kobo)s, %(method)s, 'Pending',
        %(address)s, %(delivery)s, 0, %(key)s, %(until)s, %(now)s, %(now)s, %(now)s)
    ON CONFLICT DO NOTHING RETURNING id
), line AS (
    INSERT INTO order_items ("orderId", name, quantity, price, "priceKobo", "createdAt", "updatedAt")
    SELECT id, %(name)s, 1, %(kobo)s::bigint / 100.0, %(kobo)s, %(now)s, %(now)s FROM placed
), noted AS (
    INSERT INTO order_events ("orderId", at, what, who, detail) SELECT id, %(now)s, 'placed', %(who)s, %(detail)s FROM placed
)
SELECT id FROM placed
"""


RETURNED = """
SELECT COALESCE(sum("amountKobo"), 0)::bigint FROM refunds WHERE "orderId" = %s AND reason = 'cancelled' AND status <> 'failed'
"""


def returned(order_id: int | None) -> Money:
    """What goes back, or has gone, because a visit was cancelled."""
    row = connection().execute(RETURNED, (order_id,)).fetchone() or (0,)
    return Money(int(row[0]))


def place(
    kind: str, customer_id: int, user_id: int, name: str, address: str, fee: Money, visit: str, *, who: str, now: datetime
) -> tuple[int, str]:
    """Id and number of the new order for a visit's fee. `name` is its line, `visit` the visit's number."""
    about = {
        "user": user_id,
        "customer": customer_id,
        "kobo": fee.kobo,
        "method": UNTIL_CHOSEN,
        "address": address[:LONGEST_ADDRESS],
        "delivery": DELIVERY[kind],
        "key": f"{customer_id}:visit:{visit}",
        "name": name[:LONGEST_NAME],
        "until": now + HELD_FOR,
        "who": who,
        "now": now,
    }
    for _ in range(NUMBER_TRIES):
        number = str(NUMBERS[secrets.randbelow(len(NUMBERS))])
        detail = Jsonb({"number": number, "customer": customer_id, "waiting": [], "approvals": [], "visit": visit})
        row = connection().execute(PLACE, {**about, "number": number, "detail": detail}).fetchone()
        if row is not None:
            return int(row[0]), number
    raise RuntimeError("no order number was free")
