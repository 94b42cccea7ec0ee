"""Orders: what was bought, at which price, and how far it is.

`state` is the truth; a trigger keeps the old system's `status` and `"paymentStatus"` in step with it, and it with them
(migration 006). Placing is in `models.checkout`, what staff do with an order in `models.fulfilment`, the tables in
`models.order_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Rollback
from psycopg.types.json import Jsonb

from models import stock
from models.base import connection
from models.order_rows import OrderEvent, OrderItem, OrderRow
from models.payments import returning
from models.payments.journal import lock_order, lock_owner
from models.values import Money, Refused

__all__ = ["OrderEvent", "OrderItem", "OrderRow"]  # the tables, for those who look for them here

# What may become of an order in each state. Cash on delivery begins at `processing`, payment by link at `pending_payment`.
# Money that comes for an order that is over is given back, unless it had only expired and all of it can still be had.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "pending_payment": frozenset({"paid", "processing", "cancelled", "expired"}),
    "paid": frozenset({"processing", "shipped", "cancelled", "refunded"}),
    "processing": frozenset({"shipped", "cancelled", "refunded"}),
    "shipped": frozenset({"delivered", "refunded"}),
    "delivered": frozenset({"refunded"}),
    "cancelled": frozenset({"refunded"}),
    "expired": frozenset({"paid", "refunded"}),
    "refunded": frozenset(),
}
CANCELLABLE = frozenset(state for state, next_states in TRANSITIONS.items() if "cancelled" in next_states)
OVER = frozenset({"cancelled", "expired", "refunded"})
PAYMENTS: Mapping[str, str] = {"cash": "Cash on Delivery", "paystack": "Paystack", "flutterwave": "Flutterwave"}
PAYMENT_NAMES: Mapping[str, str] = {old: name for name, old in PAYMENTS.items()}
# Kinds of delivery of an order that is a visit's fee: nothing is brought, and what becomes of it moves the visit.
FEES = ("visit", "lab")
PAGE_LIMIT = 50
EXPIRE_LIMIT = 100
# Before an order expires its open attempt to pay is looked at once more; so long it waits for a provider that does not answer.
LAST_LOOK = timedelta(minutes=10)
LONGEST_NUMBER = 20

# --------------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class OrderLine:
    name: str
    quantity: int
    price: Money  # each
    line_total: Money
    prescription_only: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One order as its owner may see it.

    `number` is what customers see (an order of the old system keeps its id). `status`: pending_payment, paid, processing,
    shipped, delivered, cancelled, expired, refunded. `payment`: cash, paystack, flutterwave. `payment_status`: pending, paid,
    failed. `total` includes `delivery_fee`; in orders of the old system it need not be the sum of the lines. `delivery`:
    delivery or pickup; visit or lab of an order that is the fee of a visit. `placed_at` is in UTC. `rider` and `rider_phone` bring
    it: of an order that was shipped or delivered, "" where nobody does. `reserved_until`: how long an unpaid order is held, None
    where nothing runs out. Names stay out of logs.
    """

    number: str
    status: str
    payment: str
    payment_status: str
    total: Money
    delivery_fee: Money
    delivery: str
    address: str
    placed_at: datetime
    lines: tuple[OrderLine, ...] = ()
    cancellable: bool = False
    rider: str = field(default="", repr=False)
    rider_phone: str = field(default="", repr=False)
    reserved_until: datetime | None = None

    @property
    def about(self) -> str:
        """What was ordered: goods, or the time of a doctor (visit) or for a lab test (lab), whose fee it is."""
        return self.delivery if self.delivery in FEES else "goods"


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some of a customer's orders, newest first, and how many there are in all."""

    orders: tuple[Order, ...] = ()
    total: int = 0


class Expired(NamedTuple):
    """An order whose time to pay ran out. `customer_id` is None for an order of the old system."""

    order_id: int
    customer_id: int | None
    number: str


# --------------------------------------------------------------------------------------------------- reading

# Own orders are those placed by this customer, and those of the old system's user this customer is (claimed by e-mail code).
OWN = """(o."customerId" = %(customer)s OR (o."customerId" IS NULL
    AND o."userId" = (SELECT "userId" FROM customers WHERE id = %(customer)s)))"""

SHOWN = """o."orderNumber", o.state, o."paymentMethod"::text, lower(COALESCE(o."paymentStatus", 'Pending')::text),
    COALESCE(o."totalKobo", 0), o."deliveryFeeKobo", o."deliveryKind", o."shippingAddress",
    COALESCE(o."orderDate", o."createdAt"),
    (SELECT COALESCE(json_agg(json_build_array(COALESCE(i.name, m.name, h.name, ''), i.quantity, COALESCE(i."priceKobo", 0),
            i."prescriptionOnly") ORDER BY i.id), '[]')
        FROM order_items i LEFT JOIN products m ON m.id = i."productId"
        LEFT JOIN healthcare_products h ON h.id = i."healthcareProductId" WHERE i."orderId" = o.id),
    CASE WHEN o.state IN ('shipped', 'delivered') THEN COALESCE(o."riderName", '') ELSE '' END,
    CASE WHEN o.state IN ('shipped', 'delivered') THEN COALESCE(o."riderPhone", '') ELSE '' END,
    CASE WHEN o.state = 'pending_payment' THEN o."reservedUntil" END, o."deliveryKind" IN ('visit', 'lab') AND EXISTS (
        SELECT FROM appointments v WHERE v."orderId" = o.id AND v.state IN ('done', 'no_show')
        UNION ALL SELECT FROM diagnostic_bookings v WHERE v."orderId" = o.id AND v.state IN ('done', 'no_show'))"""

ONE = f"""SELECT {SHOWN} FROM orders o WHERE o."orderNumber" = %(number)s AND {OWN}"""

# Two branches, each with an index of its own: one condition with OR makes PostgreSQL read through everybody's orders.
PAGE = f"""
WITH mine AS MATERIALIZED (
    SELECT id FROM orders WHERE "customerId" = %(customer)s
    UNION ALL
    SELECT o.id FROM customers c JOIN orders o ON o."userId" = c."userId" AND o."customerId" IS NULL WHERE c.id = %(customer)s
), page AS (
    SELECT * FROM orders WHERE id IN (SELECT id FROM mine ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s)
)
SELECT (SELECT count(*) FROM mine), o.id, {SHOWN} FROM (SELECT) AS one LEFT JOIN page o ON true ORDER BY o.id DESC
"""


def of(customer_id: int, *, limit: int = 5, offset: int = 0) -> OrderPage:
    """A customer's own orders, newest first, at most 50 at a time; one round trip."""
    values = {"customer": customer_id, "limit": max(0, min(limit, PAGE_LIMIT)), "offset": max(0, offset)}
    rows = connection().execute(PAGE, values).fetchall()
    return OrderPage(tuple(_order(row[2:]) for row in rows if row[1] is not None), int(rows[0][0]))


def get(customer_id: int, number: str) -> Order | None:
    """One own order by its number. None for an unknown one and for somebody else's alike."""
    row = connection().execute(ONE, {"customer": customer_id, "number": plain_number(number)}).fetchone()
    return _order(row) if row else None


def plain_number(number: str) -> str:
    """A number as it is kept, from what a person typed (`#123`)."""
    return number.strip().lstrip("#").strip().replace("\x00", "")[: LONGEST_NUMBER + 1]


def _order(row: tuple[Any, ...]) -> Order:
    number, state, method, payment_status, total, fee, kind, address, placed_at, lines, rider, phone, until, took_place = row
    return Order(
        number=number,
        status=state,
        payment=PAYMENT_NAMES[method],
        payment_status=payment_status,
        total=Money(total),
        delivery_fee=Money(fee),
        delivery=kind,
        address=address,
        placed_at=placed_at.astimezone(UTC),
        lines=tuple(OrderLine(name, quantity, Money(each), Money(each) * quantity, rx) for name, quantity, each, rx in lines),
        cancellable=state in CANCELLABLE and not took_place,
        rider=rider,
        rider_phone=phone,
        reserved_until=until.astimezone(UTC) if until else None,
    )


# --------------------------------------------------------------------------------------------------- verbs

# The row is locked first, so that the event can say what the order was. Zero rows: someone else was first.
MOVE = """
WITH o AS (
    SELECT id, state FROM orders WHERE id = %(order)s FOR NO KEY UPDATE
), moved AS (
    UPDATE orders SET state = %(to)s, "reservedUntil" = NULL, "updatedAt" = %(now)s,
        "cancelledAt" = CASE WHEN %(to)s = 'cancelled' THEN %(now)s ELSE "cancelledAt" END,
        "shippedAt" = CASE WHEN %(to)s = 'shipped' THEN %(now)s ELSE "shippedAt" END,
        "deliveredAt" = CASE WHEN %(to)s = 'delivered' THEN %(now)s ELSE "deliveredAt" END,
        "paymentStatus" = CASE WHEN %(to)s = 'expired' THEN 'Failed' ELSE "paymentStatus" END
    FROM o WHERE orders.id = o.id AND orders.state = ANY(%(allowed)s)
    RETURNING orders.id, o.state AS was, orders."deliveryKind" AS kind
)
INSERT INTO order_events ("orderId", at, what, who, detail)
SELECT id, %(now)s, %(to)s, %(who)s, %(detail)s || jsonb_build_object('from', was) FROM moved
RETURNING detail->>'from', (SELECT kind FROM moved)
"""

# A pharmacist's approval was used for nothing: the customer may order on it again until it expires.
FREE = """
UPDATE prescription_items SET "orderId" = NULL, "usedAt" = NULL WHERE "orderId" = %(order)s
    AND NOT EXISTS (SELECT FROM order_events WHERE "orderId" = %(order)s AND what IN ('shipped', 'delivered'))
"""
NOT_SENT = frozenset({"pending_payment", "paid", "processing"})


# What an order had used up when it was placed, all of it or none: as it was freed when the order expired.
USE_AGAIN = """
WITH used AS (
    SELECT DISTINCT id::bigint FROM (
        SELECT jsonb_array_elements_text(COALESCE(detail->'approvals', '[]')) AS id FROM order_events
        WHERE "orderId" = %(order)s AND what = 'placed'
        UNION SELECT "prescriptionItemId"::text FROM order_items WHERE "orderId" = %(order)s AND "prescriptionItemId" IS NOT NULL) all_of
), taken AS (
    UPDATE prescription_items i SET "orderId" = %(order)s, "usedAt" = %(now)s
    FROM used, orders o WHERE i.id = used.id AND o.id = %(order)s AND i."customerId" = o."customerId"
        AND (i."usedAt" IS NULL OR i."orderId" = o.id) AND i."expiresAt" > %(now)s RETURNING i.id
)
SELECT (SELECT count(*) FROM used) = (SELECT count(*) FROM taken)
"""


def move(order_id: int, to: str, *, who: str, now: datetime, **detail: object) -> bool:
    """Moves an order on if TRANSITIONS allow it from where it is now, logs it, and settles what was reserved and what was paid.

    False: it is somewhere else already (someone was first, or it may not go there), or it had expired and cannot be had any more;
    or it is the fee of a visit that cannot be had.
    `detail` holds ids and codes, never people's text. Stock goes back, and approvals are free again, when the order ends
    before it left the house; what was paid for an order that is cancelled or refunded is wanted back.
    """
    allowed = [state for state, next_states in TRANSITIONS.items() if to in next_states]
    values = {"order": order_id, "to": to, "now": now, "who": who, "allowed": allowed, "detail": Jsonb(detail)}
    with connection().transaction() as whole:
        moved = connection().execute(MOVE, values).fetchone()
        if moved is None:
            return False
        was, kind = moved
        if kind in FEES and not _settle_visit(order_id, was, to, who, now):
            raise Rollback(whole)
        if (was, to) == ("expired", "paid") and kind not in FEES and not _had_again(order_id, now):
            raise Rollback(whole)
        _settle_held(order_id, was, to, now)
        if to in ("cancelled", "refunded"):
            returning.give_back_all(order_id, to, by=who, now=now)
        return True
    return False


def _settle_visit(order_id: int, was: str, to: str, who: str, now: datetime) -> bool:
    """Moves the visit an order is the fee of; whether it can be had, where that is asked."""
    from models.visits import paid  # here: visits are built on orders

    if to in OVER:
        paid.ended(order_id, to, who=who, now=now)
    elif was in ("pending_payment", "expired"):
        return paid.settled(order_id, who=who, now=now)
    return True


def _has_begun(order_id: int, now: datetime) -> bool:
    from models.visits import paid  # here: visits are built on orders

    return paid.has_begun(order_id, now)


def _settle_held(order_id: int, was: str, to: str, now: datetime) -> None:
    if to in OVER:
        stock.give_back(order_id, now=now)
        if was in NOT_SENT:
            connection().execute(FREE, {"order": order_id})
    elif to == "shipped":
        stock.mark_sold(order_id, now=now)


def _had_again(order_id: int, now: datetime) -> bool:
    """Whether all of an expired order could be taken again, stock and approvals; if not, what was taken is rolled back."""
    if not stock.hold_again(order_id, now=now):
        return False
    row = connection().execute(USE_AGAIN, {"order": order_id, "now": now}).fetchone()
    return bool(row and row[0])


def cancel(customer_id: int, number: str, *, now: datetime) -> str:
    """Cancels an own order that has not been shipped; its stock goes back. Returns its number.

    Raises Refused: `unknown` (also for other people's), `already` (it is over), `too_late` (also of a visit that has begun).
    """
    with connection().transaction():
        row = (
            connection()
            .execute(
                f'SELECT o.id, o."orderNumber", o."deliveryKind" FROM orders o WHERE o."orderNumber" = %(number)s AND {OWN}',
                {"customer": customer_id, "number": plain_number(number)},
            )
            .fetchone()
        )
        if row is None:
            raise Refused("unknown")
        lock_order(row[0])
        if row[2] in FEES and _has_begun(row[0], now):
            raise Refused("too_late", number=row[1])
        if not move(row[0], "cancelled", who=f"customer:{customer_id}", now=now):
            state = connection().execute("SELECT state FROM orders WHERE id = %s", (row[0],)).fetchone()
            raise Refused("already" if state and state[0] in OVER else "too_late", number=row[1])
    return str(row[1])


# A customer who is paying just now is not told that it is over: the provider is asked once more (`payments.checking`) before.
DUE = """state = 'pending_payment' AND "reservedUntil" <= %(now)s AND ("reservedUntil" <= %(longest)s OR NOT EXISTS (
    SELECT FROM payment_attempts a WHERE a."orderId" = orders.id AND a.status IN ('starting', 'open')
        AND (a."checkedAt" IS NULL OR a."checkedAt" < orders."reservedUntil")))"""


def expire_due(now: datetime, *, limit: int = EXPIRE_LIMIT) -> list[Expired]:
    """Ends unpaid orders whose reservation ran out, gives their stock back, and settles what the old program ended without us.

    At most `limit` a call, each in a transaction of its own; may run twice at once.
    """
    values = {"now": now, "longest": now - LAST_LOOK, "limit": limit}
    found = connection().execute(f'SELECT id FROM orders WHERE {DUE} ORDER BY "reservedUntil" LIMIT %(limit)s', values).fetchall()
    expired = [one for (order_id,) in found if (one := _expire(order_id, now)) is not None]
    if len(found) < limit:  # a caller whose one transaction is around all this has one customer's and order's locks at a time
        _settle_changed_by_old_program(now, limit)
    return expired


def _expire(order_id: int, now: datetime) -> Expired | None:
    """None when it was paid, prolonged or ended since it was found, or somebody is at it just now."""
    with connection().transaction():
        lock_owner(order_id)
        row = (
            connection()
            .execute(
                f"""SELECT id, "customerId", "orderNumber" FROM orders
                    WHERE id = %(order)s AND {DUE} FOR NO KEY UPDATE SKIP LOCKED""",
                {"order": order_id, "now": now, "longest": now - LAST_LOOK},
            )
            .fetchone()
        )
        if row is None or not move(order_id, "expired", who="clock", now=now):
            return None
    return Expired(*row)


def _settle_changed_by_old_program(now: datetime, limit: int) -> None:
    """The old program knows nothing of reservations, approvals and refunds: what it cancelled or shipped still holds them."""
    left = connection().execute(
        """SELECT o.id, o.state FROM stock_reservations r JOIN orders o ON o.id = r."orderId"
           WHERE r.state = 'held' AND o.state IN ('cancelled', 'expired', 'refunded', 'shipped', 'delivered')
           UNION SELECT o.id, o.state FROM prescription_items i JOIN orders o ON o.id = i."orderId"
           WHERE o.state IN ('cancelled', 'expired') AND NOT EXISTS
               (SELECT FROM order_events e WHERE e."orderId" = o.id AND e.what IN ('shipped', 'delivered')) LIMIT %s""",
        (limit,),
    )
    for order_id, state in left.fetchall():
        with connection().transaction():
            lock_order(order_id)
            if connection().execute("SELECT state FROM orders WHERE id = %s", (order_id,)).fetchone() == (state,):
                _settle_changed(order_id, state, now)


def _settle_changed(order_id: int, state: str, now: datetime) -> None:
    if state not in OVER:
        stock.mark_sold(order_id, now=now)
        return
    if stock.give_back(order_id, now=now) or state != "refunded":
        connection().execute(FREE, {"order": order_id})
    if state != "expired":
        returning.give_back_all(order_id, state, by="clock", now=now)
