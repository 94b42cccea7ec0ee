"""Carts: what a customer means to buy, with present prices and stock. Nothing is reserved before checkout.

Every change takes the row of `cart_versions` first, so that two changes of one cart wait for each other.
What is in stock, prescription-only or never sold by chat is the catalogue's word (`Product`). Stock nobody counts (NULL, as
the old system allows) is in stock there, so it is sold, up to the cap, and never reserved. What a pharmacist approved
(`prescription_items`: unused, not expired, of this customer and product) may be paid up to that quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import BigAutoField, BigIntegerField, DateTimeField, IntegerField

from models.base import Base, connection
from models.catalogue.products import COLUMNS, HEALTH, JOINS, MEDICINE, Product, from_row, split_ref
from models.clock import utcnow
from models.values import Money, Refused

# How many packs of one product an order may hold. Nigerian practice for medicines sold without a prescription; the lower
# ones keep precursors and overdoses out of the delivery bag. Words are looked for in name and substance.
MOST_OF_ONE = 10
MOST_BY_SUBSTANCE = {
    "pseudoephedrine": 5,
    "dextromethorphan": 5,
    "paracetamol": 6,
    "acetaminophen": 6,
}
MOST_LINES = 30

# --------------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class CartLine:
    """One product in the cart. `number` is 1-based, as shown to the customer.

    `problem`: "" (can be ordered), "out_of_stock", "less_stock", "gone", "needs_prescription", "over_approved" (more than a
    pharmacist allowed), "controlled", "no_price". `approvals`: (id, quantity) of what may be paid, the first to expire first.
    """

    number: int
    product: Product
    quantity: int
    line_total: Money
    problem: str = ""
    approvals: tuple[tuple[int, int], ...] = ()

    @property
    def approved(self) -> int:
        """How many packs pharmacists have approved."""
        return sum(quantity for _, quantity in self.approvals)


@dataclass(frozen=True, slots=True)
class Cart:
    """Lines in the order they were added. `payable_total` counts lines without a problem; `version` grows with every change."""

    lines: tuple[CartLine, ...] = ()
    total: Money = Money(0)
    payable_total: Money = Money(0)
    needs_prescription: bool = False
    version: int = 0

    @property
    def empty(self) -> bool:
        return not self.lines


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change left: how many of the product are in the cart now, what they cost, and how many lines there are."""

    ref: str
    name: str
    quantity: int
    line_total: Money
    count: int


# --------------------------------------------------------------------------------------------------- tables


class CartLineRow(Base):
    id = BigAutoField()
    customer_id = BigIntegerField()
    product_id = IntegerField(null=True)
    healthcare_product_id = IntegerField(null=True)
    quantity = IntegerField()
    added_at = DateTimeField()
    prescription_item_id = BigIntegerField(null=True)  # the approval that put it in; what it is worth is asked there

    class Meta:
        table_name = "cart_lines"


class CartVersion(Base):
    customer_id = BigIntegerField(primary_key=True)
    version = BigIntegerField()

    class Meta:
        table_name = "cart_versions"


# --------------------------------------------------------------------------------------------------- reading

# A line `l` beside its product, as the catalogue knows it.
ENTRY = f"""LEFT JOIN catalogue_entries e ON e.kind = CASE WHEN l."productId" IS NOT NULL THEN {MEDICINE} ELSE {HEALTH} END
    AND e."productId" = COALESCE(l."productId", l."healthcareProductId") {JOINS}"""

# What of the product of `l` pharmacists have approved for this customer and no order has used, as [[id, quantity], ...].
APPROVALS = """(SELECT json_agg(json_build_array(i.id, i.quantity) ORDER BY i."expiresAt", i.id) FROM prescription_items i
    WHERE i."customerId" = %(customer)s AND i."usedAt" IS NULL AND i."expiresAt" > %(now)s
    AND (i."productId" = l."productId" OR i."healthcareProductId" = l."healthcareProductId"))"""

CART = f"""
SELECT (SELECT version FROM cart_versions WHERE "customerId" = %(customer)s), l.quantity, {APPROVALS}, {COLUMNS}
FROM (SELECT) AS one LEFT JOIN cart_lines l ON l."customerId" = %(customer)s {ENTRY}
ORDER BY l.id LIMIT {MOST_LINES}
"""


def of(customer_id: int, *, now: datetime | None = None) -> Cart:
    """A customer's cart as it is now (what is approved, as at `now`); one round trip."""
    rows = connection().execute(CART, {"customer": customer_id, "now": now or utcnow()}).fetchall()
    held = (row for row in rows if row[1] is not None)
    lines = tuple(line(n, row[1], row[3:], row[2]) for n, row in enumerate(held, start=1))
    return Cart(
        lines=lines,
        total=sum((x.line_total for x in lines), Money(0)),
        payable_total=sum((x.line_total for x in lines if not x.problem), Money(0)),
        needs_prescription=any(x.problem == "needs_prescription" for x in lines),
        version=int(rows[0][0] or 0),
    )


def line(number: int, quantity: int, columns: Sequence[Any], approvals: Sequence[Sequence[int]] | None = None) -> CartLine:
    """A line from the catalogue's columns of its product, and what stands against ordering it."""
    product = from_row(columns)
    each = product.price or Money(0)
    allowed = tuple((int(id), int(most)) for id, most in approvals or ())
    approved = sum(most for _, most in allowed)
    return CartLine(number, product, quantity, each * quantity, problem_of(product, quantity, approved), allowed)


def most_of(product: Product) -> int:
    """How many packs of this product one order may hold, unless a pharmacist has approved more."""
    words = f"{product.name} {product.generic}".lower()
    return min((most for substance, most in MOST_BY_SUBSTANCE.items() if substance in words), default=MOST_OF_ONE)


def limit_of(line: CartLine) -> int:
    """How many packs of its product this line may hold: what was approved, and what is sold without asking."""
    if line.product.prescription_only and line.approved:
        return line.approved
    return max(most_of(line.product), line.approved)


def problem_of(product: Product, quantity: int, approved: int = 0) -> str:
    """The gravest first: what is never sold, before what is short today, before what a pharmacist must say."""
    if not product.active:
        return "gone"
    if product.control == "controlled":
        return "controlled"
    if product.price is None:
        return "no_price"
    if not product.in_stock:
        return "out_of_stock"
    if product.stock is not None and product.stock < quantity:
        return "less_stock"
    if not product.prescription_only or quantity <= approved:
        return ""
    return "over_approved" if approved else "needs_prescription"


# --------------------------------------------------------------------------------------------------- verbs

# A change begins with its cart's version: whoever comes second waits here, and then sees what the first one did.
TOUCH = """
INSERT INTO cart_versions AS v ("customerId", version) SELECT id, 1 FROM customers WHERE id = %s
ON CONFLICT ("customerId") DO UPDATE SET version = v.version + 1 RETURNING version
"""

LOOK = f"""
SELECT (SELECT quantity FROM cart_lines WHERE "customerId" = %(customer)s
        AND ("productId" = l."productId" OR "healthcareProductId" = l."healthcareProductId")),
    (SELECT count(*) FROM cart_lines WHERE "customerId" = %(customer)s), {APPROVALS}, {COLUMNS}
FROM (VALUES (%(m)s::integer, %(h)s::integer)) AS l ("productId", "healthcareProductId") {ENTRY}
WHERE e."productId" IS NOT NULL
"""

PUT = """
INSERT INTO cart_lines ("customerId", "productId", "healthcareProductId", quantity, "addedAt")
VALUES (%(customer)s, %(m)s, %(h)s, %(quantity)s, %(now)s)
ON CONFLICT ("customerId", {column}) DO UPDATE SET quantity = EXCLUDED.quantity
"""


def add(customer_id: int, ref: str, quantity: int, *, now: datetime) -> Changed:
    """Puts `quantity` more of a product into the cart.

    Prescription-only products may be put in; they wait there for a pharmacist's yes, or are payable up to what one has
    approved. Raises Refused with `ref` and, where it
    is known, `name`: `gone`, `controlled`, `no_price`, `out_of_stock`, `less_stock` (available), `too_many` (limit),
    `cart_full` (limit), `bad_quantity`.
    """
    return _put(customer_id, ref, quantity, now, more=True)


def change(customer_id: int, ref: str, quantity: int, *, now: datetime) -> Changed:
    """Sets how many of a product the cart holds; 0 takes it out. Raises Refused as `add`, and `not_in_cart`."""
    if quantity == 0:
        return remove(customer_id, ref)
    return _put(customer_id, ref, quantity, now, more=False)


def remove(customer_id: int, ref: str) -> Changed:
    """Takes a product out of the cart, whatever has become of it. Raises Refused: `not_in_cart`."""
    medicine, health = _ids(ref)
    with connection().transaction():
        connection().execute(TOUCH, (customer_id,))
        row = (
            connection()
            .execute(
                """WITH gone AS (
                       DELETE FROM cart_lines
                       WHERE "customerId" = %(customer)s AND ("productId" = %(m)s OR "healthcareProductId" = %(h)s)
                       RETURNING "productId", "healthcareProductId")
                   SELECT COALESCE(m.name, h.name, ''), (SELECT count(*) FROM cart_lines WHERE "customerId" = %(customer)s) - 1
                   FROM gone LEFT JOIN products m ON m.id = gone."productId"
                   LEFT JOIN healthcare_products h ON h.id = gone."healthcareProductId" """,
                {"customer": customer_id, "m": medicine, "h": health},
            )
            .fetchone()
        )
        if row is None:
            raise Refused("not_in_cart", ref=ref)
    return Changed(ref, row[0], 0, Money(0), row[1])


def clear(customer_id: int) -> int:
    """Empties the cart; returns how many lines it had."""
    with connection().transaction():
        connection().execute(TOUCH, (customer_id,))
        return connection().execute("""DELETE FROM cart_lines WHERE "customerId" = %s""", (customer_id,)).rowcount


def _put(customer_id: int, ref: str, quantity: int, now: datetime, *, more: bool) -> Changed:
    if quantity < 1:
        raise Refused("bad_quantity", ref=ref)
    medicine, health = _ids(ref)
    values = {"customer": customer_id, "m": medicine, "h": health, "now": now}
    with connection().transaction():
        connection().execute(TOUCH, (customer_id,))
        row = connection().execute(LOOK, values).fetchone()
        if row is None:
            raise Refused("gone", ref=ref)
        held, count = row[:2]
        if held is None and not more:
            raise Refused("not_in_cart", ref=ref)
        wanted = quantity + (held or 0) if more else quantity
        wished = line(0, min(wanted, 10**6), row[3:], row[2])
        _refuse(wished, wanted, full=held is None and count >= MOST_LINES)
        put = PUT.format(column='"productId"' if medicine else '"healthcareProductId"')
        connection().execute(put, {**values, "quantity": wanted})
    return Changed(ref, wished.product.name, wanted, wished.line_total, count + (held is None))


def _refuse(wished: CartLine, wanted: int, *, full: bool) -> None:
    product = wished.product
    about: dict[str, object] = {"ref": product.ref, "name": product.name}
    if wished.problem not in ("", "needs_prescription", "over_approved", "less_stock"):
        raise Refused(wished.problem, **about)
    if wanted > limit_of(wished):
        raise Refused("too_many", **about, limit=limit_of(wished))
    if wished.problem == "less_stock":
        raise Refused("less_stock", **about, available=product.stock)
    if full:
        raise Refused("cart_full", **about, limit=MOST_LINES)


def _ids(ref: str) -> tuple[int | None, int | None]:
    """The medicine's or the health product's id in a reference; (None, None), which names nothing, for what is none."""
    kind, number = split_ref(ref) or (0, None)
    return (number if kind == MEDICINE else None), (number if kind == HEALTH else None)
