"""Checkout: a cart becomes an order, once, at the prices of this moment, with its stock reserved.

Three statements, the savepoint aside: take the cart, look at everything under lock, write everything. Medicines are locked
by id, then health products by id, so two carts that share products wait for each other; whoever comes second sees what
the first one left.

Stock is taken out of the product when the order is placed. An order to be paid by link holds it for RESERVED_FOR, an
order paid in cash until it is cancelled or shipped.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from models import carts
from models.base import connection
from models.carts import APPROVALS, ENTRY, CartLine
from models.catalogue.products import COLUMNS
from models.due import refills
from models.orders import PAYMENTS
from models.values import Money, Refused

RESERVED_FOR = timedelta(minutes=30)
MOST_OPEN_ORDERS = 10
SHORTEST_ADDRESS, LONGEST_ADDRESS = 5, 500
LONGEST_KEY = 200
# Seven digits, so that nobody guesses a neighbour's; ids of the old system are shorter. A collision is tried again.
NUMBERS = range(1_000_000, 10_000_000)
NUMBER_TRIES = 5
PICKED_UP = "Pick-up at the pharmacy"


@dataclass(frozen=True, slots=True)
class Wish:
    """How and where the cart shall be delivered and paid.

    `delivery`: delivery or pickup. `payment`: cash, paystack, flutterwave. `key` names this very checkout: the same key of the
    same customer makes one order, however often it comes. `expected_total`, when given, is what the customer was shown: the
    delivery fee included, lines with a problem left out. They stay in the cart then; without it they refuse the whole.
    """

    delivery: str
    payment: str
    key: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    expected_total: Money | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """`total` includes `delivery_fee`. `waiting`: names of what stays in the cart for a pharmacist's yes."""

    number: str
    total: Money
    delivery_fee: Money
    payment: str
    waiting: tuple[str, ...]


class _Line(NamedTuple):
    id: int
    medicine: int | None
    health: int | None
    line: CartLine


# The cart's version row is the lock of one customer's checkout; it need not be there yet.
TAKE = """
WITH cart AS (
    INSERT INTO cart_versions AS v ("customerId", version) SELECT id, 0 FROM customers WHERE id = %(customer)s
    ON CONFLICT ("customerId") DO UPDATE SET version = v.version RETURNING version
)
SELECT c."userId", c."consentAt" IS NOT NULL FROM cart, customers c WHERE c.id = %(customer)s
"""

# The tables are named again, so that the catalogue's own joins read the locked rows, as they are after the wait: also the entries,
# where it stands what is controlled, prescription-only or not sold any more. They are changed only under their product's lock.
LOOK = f"""
WITH lines AS (
    SELECT * FROM cart_lines WHERE "customerId" = %(customer)s
), products AS (
    SELECT * FROM products WHERE id IN (SELECT "productId" FROM lines) ORDER BY id FOR NO KEY UPDATE
), healthcare_products AS (
    SELECT * FROM healthcare_products
    WHERE id IN (SELECT "healthcareProductId" FROM lines) AND (SELECT count(*) FROM products) >= 0
    ORDER BY id FOR NO KEY UPDATE
), catalogue_entries AS (
    SELECT * FROM catalogue_entries
    WHERE (kind, "productId") IN (SELECT 1, "productId" FROM lines UNION SELECT 2, "healthcareProductId" FROM lines)
        AND (SELECT count(*) FROM healthcare_products) >= 0
    ORDER BY kind, "productId" FOR NO KEY UPDATE
)
SELECT
    (SELECT json_build_array("orderNumber", "totalKobo", "deliveryFeeKobo", "paymentMethod",
        (SELECT detail->'waiting' FROM order_events WHERE "orderId" = orders.id AND what = 'placed' ORDER BY id LIMIT 1))
        FROM orders WHERE "placementKey" = %(key)s),
    (SELECT count(*) FROM orders WHERE "customerId" = %(customer)s AND state IN ('pending_payment', 'processing')
        AND "paymentStatus" IS DISTINCT FROM 'Paid'),
    l.id, l."productId", l."healthcareProductId", l.quantity, {APPROVALS}, {COLUMNS}
FROM (SELECT) AS one LEFT JOIN lines l ON true {ENTRY}
ORDER BY l.id
"""

# Nothing happens unless the order itself could be made (its number was free).
WRITE = """
WITH asked AS (
    SELECT * FROM unnest(%(lines)s::bigint[], %(medicines)s::integer[], %(healths)s::integer[], %(quantities)s::integer[],
        %(prices)s::bigint[], %(names)s::text[], %(counted)s::boolean[], %(rx)s::boolean[], %(approvals)s::bigint[])
        AS t (line, m, h, quantity, kobo, name, counted, rx, approval)
), placed AS (
    INSERT INTO orders ("userId", "customerId", "orderNumber", state, "totalAmount", "totalKobo", "paymentMethod",
        "paymentStatus", "shippingAddress", "deliveryKind", "deliveryFeeKobo", latitude, longitude, "placementKey",
        "reservedUntil", "orderDate", "createdAt", "updatedAt")
    VALUES (%(user)s, %(customer)s, %(number)s, %(state)s, %(total)s::bigint / 100.0, %(total)s, %(method)s, 'Pending',
        %(address)s, %(delivery)s, %(fee)s, %(latitude)s, %(longitude)s, %(key)s, %(until)s, %(now)s,
        %(now)s, %(now)s)
    ON CONFLICT DO NOTHING RETURNING id
), items AS (
    INSERT INTO order_items ("orderId", "productId", "healthcareProductId", name, quantity, price, "priceKobo",
        "prescriptionOnly", "prescriptionItemId", "createdAt", "updatedAt")
    SELECT placed.id, m, h, name, quantity, kobo / 100.0, kobo, rx, approval, %(now)s, %(now)s FROM placed, asked ORDER BY line
), used AS (
    UPDATE prescription_items i SET "orderId" = placed.id, "usedAt" = %(now)s FROM placed
    WHERE i.id = ANY(%(used)s::bigint[]) AND i."usedAt" IS NULL AND i."customerId" = %(customer)s RETURNING i.id
), medicines AS (
    UPDATE products p SET stock = p.stock - a.quantity FROM placed, asked a
    WHERE p.id = a.m AND p.stock >= a.quantity RETURNING p.id
), healths AS (
    UPDATE healthcare_products p SET stock = p.stock - a.quantity FROM placed, asked a
    WHERE p.id = a.h AND p.stock >= a.quantity RETURNING p.id
), held AS (
    INSERT INTO stock_reservations ("orderId", "productId", "healthcareProductId", quantity, "reservedAt")
    SELECT placed.id, m, h, quantity, %(now)s FROM placed, asked WHERE counted
), noted AS (
    INSERT INTO order_events ("orderId", at, what, who, detail) SELECT id, %(now)s, 'placed', %(who)s, %(detail)s FROM placed
), left_cart AS (
    DELETE FROM cart_lines c USING placed, asked WHERE c.id = asked.line
), changed AS (
    UPDATE cart_versions v SET version = v.version + 1 FROM placed WHERE v."customerId" = %(customer)s
)
SELECT placed.id, (SELECT count(*) FROM medicines) + (SELECT count(*) FROM healths), (SELECT count(*) FROM used) FROM placed
"""


def place(
    customer_id: int, wish: Wish, *, delivery_fee: Money, now: datetime, new_number: Callable[[], str] | None = None
) -> Placed:
    """Turns what can be paid now into an order; what needs a prescription stays in the cart and is named in `waiting`.

    What a pharmacist approved is payable, and the order uses the approval up. `delivery_fee` is added for a delivery. All or
    nothing, and safe to repeat with the same `wish.key`. Raises Refused: `not_registered`, `empty`, `bad_address`,
    `bad_payment`, `too_many_open` (limit), `nothing_payable`, `too_many` (name, limit: also of what was approved),
    `out_of_stock` (name, available; also for what is not sold any more), `price_changed` (total_kobo).
    """
    _check(wish)
    with connection().transaction():
        taken = connection().execute(TAKE, {"customer": customer_id}).fetchone()
        if taken is None or taken[0] is None or not taken[1]:
            raise Refused("not_registered")
        user_id = int(taken[0])
        key = f"{customer_id}:{wish.key}"
        rows = connection().execute(LOOK, {"customer": customer_id, "key": key, "now": now}).fetchall()
        before, open_orders = rows[0][:2]
        if before is not None:
            return _again(before)
        held = (row for row in rows if row[2] is not None)
        lines = [_Line(*row[2:5], carts.line(n, row[5], row[7:], row[6])) for n, row in enumerate(held, 1)]
        payable, waiting = _sort_out(lines, part=wish.expected_total is not None)
        if open_orders >= MOST_OPEN_ORDERS:
            raise Refused("too_many_open", limit=MOST_OPEN_ORDERS)
        fee = delivery_fee if wish.delivery == "delivery" else Money(0)
        total = sum((x.line.line_total for x in payable), fee)
        if wish.expected_total is not None and wish.expected_total != total:
            _refuse_if_short(lines)
            raise Refused("price_changed", total_kobo=total.kobo)
        number = _write(
            customer_id, user_id, wish, payable, waiting, total=total, fee=fee, now=now, new_number=new_number or _number
        )
        if any(each.line.product.prescription_only for each in payable):
            refills.ask_later(customer_id, number, now)
    return Placed(number, total, fee, wish.payment, waiting)


def approvals_used(line: CartLine) -> list[int]:
    """The approvals an order of this line uses up: one that is enough, the smallest such; else one after the other, those that
    expire first before the rest."""
    enough = min((a for a in line.approvals if a[1] >= line.quantity), key=lambda a: a[1], default=None)
    if enough:
        return [enough[0]]
    used, covered = [], 0
    for approval, quantity in line.approvals:
        if covered < line.quantity:
            used.append(approval)
            covered += quantity
    return used


def _check(wish: Wish) -> None:
    if wish.payment not in PAYMENTS or wish.delivery not in ("delivery", "pickup") or not 0 < len(wish.key) <= LONGEST_KEY:
        raise Refused("bad_payment" if wish.payment not in PAYMENTS else "bad_address")
    if wish.delivery == "pickup":
        return
    located = wish.latitude is not None and wish.longitude is not None
    if located and not (-90 <= wish.latitude <= 90 and -180 <= wish.longitude <= 180):  # type: ignore[operator]
        raise Refused("bad_address")
    length = len(wish.address.strip())
    if length > LONGEST_ADDRESS or (length < SHORTEST_ADDRESS and not located) or "\x00" in wish.address:
        raise Refused("bad_address")


def _sort_out(lines: Sequence[_Line], *, part: bool) -> tuple[list[_Line], tuple[str, ...]]:
    """What is ordered now, and the names of what waits for a prescription.

    `part`: the customer saw a total that leaves out what cannot be had; it stays in the cart. Otherwise that refuses the whole.
    """
    if not lines:
        raise Refused("empty")
    waiting = tuple(each.line.product.name for each in lines if _waits(each.line))
    payable = [each for each in lines if not each.line.problem and not _waits(each.line)]
    if not part or not payable:
        _refuse_if_short(lines)
    if not payable:
        raise Refused("nothing_payable", waiting=list(waiting))
    for each in payable:
        if each.line.quantity > carts.limit_of(each.line):
            raise _too_many(each.line)
    return payable, waiting


def _too_many(line: CartLine) -> Refused:
    return Refused("too_many", name=line.product.name, ref=line.product.ref, limit=carts.limit_of(line))


def _refuse_if_short(lines: Sequence[_Line]) -> None:
    for each in lines:
        if each.line.problem == "over_approved":
            raise _too_many(each.line)
        if each.line.problem and not _waits(each.line):
            product = each.line.product
            raise Refused("out_of_stock", name=product.name, ref=product.ref, available=_available(each.line))


def _waits(line: CartLine) -> bool:
    """Whether a pharmacist decides about this line later; what it lacks then is not asked now."""
    return line.product.prescription_only and line.product.control != "controlled" and not line.approved


def _available(line: CartLine) -> int:
    return (line.product.stock or 0) if line.problem == "less_stock" else 0


def _write(
    customer_id: int,
    user_id: int,
    wish: Wish,
    payable: Sequence[_Line],
    waiting: tuple[str, ...],
    *,
    total: Money,
    fee: Money,
    now: datetime,
    new_number: Callable[[], str],
) -> str:
    """The order's number. Raises RuntimeError when no number was free or stock changed under lock: both are bugs."""
    cash = wish.payment == "cash"
    approvals = [approvals_used(each.line) for each in payable]
    used = [approval for each in approvals for approval in each]
    values: dict[str, Any] = {
        "customer": customer_id,
        "user": user_id,
        "state": "processing" if cash else "pending_payment",
        "until": None if cash else now + RESERVED_FOR,
        "total": total.kobo,
        "fee": fee.kobo,
        "method": PAYMENTS[wish.payment],
        "address": _address(wish),
        "delivery": wish.delivery,
        "latitude": wish.latitude,
        "longitude": wish.longitude,
        "key": f"{customer_id}:{wish.key}",
        "now": now,
        "who": f"customer:{customer_id}",
        "lines": [each.id for each in payable],
        "medicines": [each.medicine for each in payable],
        "healths": [each.health for each in payable],
        "quantities": [each.line.quantity for each in payable],
        "prices": [each.line.product.price.kobo for each in payable if each.line.product.price],
        "names": [each.line.product.name for each in payable],
        "counted": [each.line.product.stock is not None for each in payable],
        "rx": [each.line.product.prescription_only for each in payable],
        "approvals": [next(iter(each), None) for each in approvals],
        "used": used,
    }
    for _ in range(NUMBER_TRIES):
        number = new_number()
        detail = Jsonb({"number": number, "customer": customer_id, "waiting": list(waiting), "approvals": used})
        row = connection().execute(WRITE, {**values, "number": number, "detail": detail}).fetchone()
        if row is None:
            continue
        if row[1] != sum(values["counted"]):
            raise RuntimeError("stock changed although its rows were locked")
        if row[2] != len(used):  # a merge of customers took an approval along meanwhile: what may be paid is another now
            raise Refused("price_changed", total_kobo=total.kobo)
        return number
    raise RuntimeError("no order number was free")


def _address(wish: Wish) -> str:
    """The old system needs a text: for a shared location without one it is the place on the map."""
    if wish.delivery == "pickup":
        return PICKED_UP
    text = wish.address.strip()
    return text if len(text) >= SHORTEST_ADDRESS else f"{text} ({wish.latitude:.6f}, {wish.longitude:.6f})".strip()


def _number() -> str:
    return str(NUMBERS[secrets.randbelow(len(NUMBERS))])


def _again(before: list[Any]) -> Placed:
    number, total, fee, method, waiting = before
    payment = next(name for name, old in PAYMENTS.items() if old == method)
    return Placed(number, Money(total), Money(fee), payment, tuple(waiting or ()))
