"""What the order desk sees: lists of orders, the oldest first where somebody waits, and one order with all that happened to it.

Read-only. Names of prescription-only lines are here; who may not read prescriptions is shown their number alone (the page's part).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from models.base import connection
from models.fulfilment import ABOUT, OWNER, Standing, standing
from models.orders import PAYMENT_NAMES, plain_number
from models.payments import attempts, refunds, tasks
from models.payments.refunds import Refund
from models.payments.tasks import Task
from models.payments.values import Attempt
from models.values import Money

PAGE = 25
PAGE_MAX = 100
LOG_MOST = 200
OF_ONE_PERSON = 200  # orders of people found by name or number: the newest of those that a page may show
NEWEST = 2**31 - 1  # an order's id is smaller
# A visit's fee is paid and no more: nothing of it is prepared or brought.
GOODS = """o."deliveryKind" NOT IN ('visit', 'lab')"""
# Which orders a tab shows, and whether the oldest comes first.
TABS: Mapping[str, tuple[str, bool]] = {
    "prepare": (f"o.state IN ('paid', 'processing') AND {GOODS}", True),
    "way": ("o.state = 'shipped'", True),
    "trouble": ("""o.id IN (SELECT "orderId" FROM payment_tasks WHERE "closedAt" IS NULL)""", True),
    "pay": ("o.state = 'pending_payment'", True),
    "done": (f"(o.state IN ('delivered', 'cancelled', 'expired', 'refunded') OR o.state = 'paid' AND NOT {GOODS})", False),
    "all": ("true", False),
}

# --------------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a list. `since`: when it came to the state it is in; one to prepare waits since it was paid, in cash since it was
    placed. `tasks`: open ones about its money. `about`: goods, or the fee of a visit or a lab test."""

    id: int
    number: str
    state: str
    payment: str
    paid: bool
    pickup: bool
    total: Money
    customer: str = field(repr=False)
    pieces: int
    tasks: int
    placed_at: datetime
    since: datetime
    about: str = "goods"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many orders each tab of waiting ones holds; `oldest_s`: how long those to prepare wait at most: who
    ordered first may have paid last."""

    pay: int
    prepare: int
    way: int
    trouble: int
    oldest_s: int


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    quantity: int
    price: Money
    prescription_only: bool
    prescription_id: int | None

    @property
    def total(self) -> Money:
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that a provider took. `settled` as in the table; `back`: what of it is promised or gone back."""

    id: int
    provider: str
    transaction_id: str
    reference: str
    amount: Money
    back: Money
    fee: Money | None
    mode: str
    channel: str
    settled: str
    paid_at: datetime
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `name` is that of the staff member in `who`, if it is one."""

    at: datetime
    what: str
    who: str
    name: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One order with everything about it. `customer`, `phone`, `rider` and `address` stay out of logs."""

    standing: Standing
    payment: str
    delivery_fee: Money
    placed_at: datetime
    reserved_until: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    customer: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)
    place: tuple[float, float] | None = field(repr=False)
    rider: str = field(repr=False)
    rider_phone: str = field(repr=False)
    lines: tuple[Line, ...]
    attempts: tuple[Attempt, ...]
    payments: tuple[Paid, ...]
    refunds: tuple[Refund, ...]
    tasks: tuple[Task, ...]
    log: tuple[Entry, ...]


# --------------------------------------------------------------------------------------------------- lists

NAME = """COALESCE(NULLIF(c.name, ''), NULLIF(c."profileName", ''), NULLIF(u.name, ''), '')"""
PEOPLE = f"""LEFT JOIN customers c ON c.id = {OWNER} LEFT JOIN users u ON u.id = o."userId" """
SINCE = """COALESCE((SELECT max(e.at) FROM order_events e WHERE e."orderId" = o.id
        AND e.what = CASE WHEN o.state = 'processing' THEN 'paid' ELSE o.state END), o."orderDate", o."createdAt")"""
# What is computed for a row is computed for those of the page alone.
LISTED = f"""
SELECT o.id, o."orderNumber", o.state, o."paymentMethod"::text, o."paymentStatus" IS NOT DISTINCT FROM 'Paid',
    o."deliveryKind" = 'pickup', COALESCE(o."totalKobo", 0), {NAME},
    (SELECT COALESCE(sum(quantity), 0) FROM order_items WHERE "orderId" = o.id),
    (SELECT count(*) FROM payment_tasks WHERE "orderId" = o.id AND "closedAt" IS NULL),
    COALESCE(o."orderDate", o."createdAt"),
    {SINCE}, {ABOUT}
FROM orders o {PEOPLE}
"""


def _listed(row: Any) -> Listed:
    id, number, state, method, paid, pickup, kobo, *rest = row
    return Listed(id, number, state, PAYMENT_NAMES[method], paid, pickup, Money(kobo), *rest)


def page(conn: psycopg.Connection, tab: str, *, after: int = 0, limit: int = PAGE) -> tuple[Listed, ...]:
    """A page of a tab, from the order after the one whose id is `after` (0: the first page). Raises KeyError for no such tab."""
    where, oldest_first = TABS[tab]
    beyond = "" if not after else f"AND o.id {'>' if oldest_first else '<'} %(after)s"
    order = "o.id" if oldest_first else "o.id DESC"
    found = f"SELECT o.id FROM orders o WHERE {where} {beyond} ORDER BY {order} LIMIT %(limit)s"
    values = {"after": after, "limit": min(max(limit, 1), PAGE_MAX)}
    return tuple(map(_listed, conn.execute(f"{LISTED} WHERE o.id IN ({found}) ORDER BY {order}", values)))


COUNTS = f"""
SELECT (SELECT count(*) FROM orders WHERE state = 'pending_payment'),
    (SELECT count(*) FROM orders o WHERE state IN ('paid', 'processing') AND {GOODS}),
    (SELECT count(*) FROM orders WHERE state = 'shipped'),
    (SELECT count(DISTINCT "orderId") FROM payment_tasks WHERE "closedAt" IS NULL),
    COALESCE((SELECT EXTRACT(EPOCH FROM now() - min(since))::bigint FROM (
        SELECT {SINCE} AS since FROM orders o WHERE state IN ('paid', 'processing') AND {GOODS} ORDER BY id LIMIT {PAGE_MAX}) first), 0)
"""


def counts(conn: psycopg.Connection) -> Counts:
    """In one statement, from the indexes of the open ones."""
    return Counts(*(int(n) for n in conn.execute(COUNTS).fetchone() or (0,) * 5))


# Each way to be found has an index of its own.
FOUND = f"""
SELECT id FROM orders WHERE "orderNumber" = %(number)s
UNION SELECT "orderId" FROM payment_attempts WHERE reference = %(text)s
UNION SELECT "orderId" FROM payments WHERE provider IN ('paystack', 'flutterwave') AND "transactionId" = %(text)s
UNION SELECT "orderId" FROM payments WHERE provider IN ('paystack', 'flutterwave') AND reference = %(text)s
UNION (SELECT o.id FROM orders o WHERE o."customerId" IN (
        SELECT "customerId" FROM customer_identities WHERE kind = 'number' AND value = ANY(%(phones)s)
        UNION SELECT id FROM customers WHERE %(words)s <> ''
            AND to_tsvector('simple'::regconfig, name || ' ' || "profileName") @@ to_tsquery('simple', %(words)s))
        AND o.id < %(before)s
    ORDER BY o.id DESC LIMIT {OF_ONE_PERSON})
UNION (SELECT o.id FROM orders o WHERE o."userId" IN (
        SELECT id FROM users WHERE "phoneNumber" = ANY(%(phones)s)
        UNION SELECT id FROM users WHERE %(words)s <> ''
            AND to_tsvector('simple'::regconfig, name::text) @@ to_tsquery('simple', %(words)s))
        AND o.id < %(before)s
    ORDER BY o.id DESC LIMIT {OF_ONE_PERSON})
"""


def search(conn: psycopg.Connection, text: str, *, before: int = 0, limit: int = PAGE) -> tuple[Listed, ...]:
    """Orders by their number, their customer's phone number or name (beginnings of words), a provider's reference or transaction;
    the newest first, older than the order `before`."""
    text = " ".join(text.split())[:80]
    values = {"number": plain_number(text), "text": text, "phones": _phones(text), "words": _words(text)}
    found = f"SELECT o.id FROM orders o WHERE o.id IN ({FOUND}) AND o.id < %(before)s ORDER BY o.id DESC LIMIT %(limit)s"
    values |= {"before": before or NEWEST, "limit": min(max(limit, 1), PAGE_MAX)}
    return tuple(map(_listed, conn.execute(f"{LISTED} WHERE o.id IN ({found}) ORDER BY o.id DESC", values)))


def _phones(text: str) -> list[str]:
    """A number as the tables may hold it; none for what is no telephone number."""
    digits = re.sub(r"[\s().+\-]", "", text)
    if not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 15:
        return []
    bare = digits.removeprefix("234").removeprefix("0")
    return list(dict.fromkeys(each for n in (digits, f"234{bare}", f"0{bare}") for each in (n, f"+{n}")))


def _words(text: str) -> str:
    """Words of a name for to_tsquery, each a beginning; "" for what is none."""
    found = re.findall(r"[^\W\d_]+", text)[:5]
    if len("".join(found)) < 2 or re.search(r"\d", text):
        return ""
    return " & ".join(f"{word}:*" for word in found)


# --------------------------------------------------------------------------------------------------- one order

HEAD = f"""
SELECT o."paymentMethod"::text, o."deliveryFeeKobo", COALESCE(o."orderDate", o."createdAt"),
    CASE WHEN o.state = 'pending_payment' THEN o."reservedUntil" END, o."shippedAt", o."deliveredAt", {NAME},
    COALESCE((SELECT min(value) FROM customer_identities WHERE "customerId" = c.id AND kind = 'number'), u."phoneNumber", ''),
    o."shippingAddress", o.latitude, o.longitude, COALESCE(o."riderName", ''), COALESCE(o."riderPhone", ''),
    (SELECT COALESCE(json_agg(json_build_array(COALESCE(i.name, m.name, h.name, ''), i.quantity, COALESCE(i."priceKobo", 0),
            i."prescriptionOnly" OR COALESCE(e.kind = 1 AND (NOT e.otc OR e.control > 0), false), a."prescriptionId") ORDER BY i.id), '[]')
        FROM order_items i LEFT JOIN products m ON m.id = i."productId"
        LEFT JOIN healthcare_products h ON h.id = i."healthcareProductId"
        LEFT JOIN catalogue_entries e ON e.kind = CASE WHEN i."productId" IS NOT NULL THEN 1 ELSE 2 END
            AND e."productId" = COALESCE(i."productId", i."healthcareProductId")
        LEFT JOIN prescription_items a ON a.id = i."prescriptionItemId" AND a."orderId" = o.id
        WHERE i."orderId" = o.id)
FROM orders o {PEOPLE} WHERE o.id = %s
"""
PAYMENTS = """
SELECT p.id, p.provider, p."transactionId", p.reference, p."amountKobo", p.currency, (SELECT COALESCE(sum(r."amountKobo"), 0)::bigint
        FROM refunds r WHERE r."paymentId" = p.id AND r.status <> 'failed'), p."feeKobo", p.mode, p.channel, p.settled,
    COALESCE(p."paidAt", p."createdAt"), p."reversedAt"
FROM payments p WHERE p."orderId" = %s ORDER BY p.id LIMIT 50
"""
LOG = f"""
SELECT e.at, e.what, e.who, COALESCE(s.name, ''), e.detail FROM order_events e
LEFT JOIN staff s ON e.who = 'staff:' || s.id WHERE e."orderId" = %s ORDER BY e.id DESC LIMIT {LOG_MOST}
"""


def case(number: str) -> Case | None:
    """One order with everything about it, its log newest first; seven statements. None for an unknown one."""
    found = standing(number)
    row = connection().execute(HEAD, (found.id,)).fetchone() if found else None
    if found is None or row is None:
        return None
    method, fee, placed, until, shipped, delivered, customer, phone, address, latitude, longitude, rider, rider_phone, lines = row
    return Case(
        standing=found,
        payment=PAYMENT_NAMES[method],
        delivery_fee=Money(fee),
        placed_at=placed,
        reserved_until=until,
        shipped_at=shipped,
        delivered_at=delivered,
        customer=customer,
        phone=phone,
        address=address,
        place=(latitude, longitude) if latitude is not None and longitude is not None else None,
        rider=rider,
        rider_phone=rider_phone,
        lines=tuple(Line(name, quantity, Money(kobo), *rest) for name, quantity, kobo, *rest in lines),
        attempts=tuple(attempts.of_order(found.id)),
        payments=tuple(map(_paid, connection().execute(PAYMENTS, (found.id,)))),
        refunds=tuple(refunds.of_order(found.number)),
        tasks=tuple(tasks.of_order(found.number)),
        log=tuple(Entry(*each) for each in connection().execute(LOG, (found.id,))),
    )


def _paid(row: Any) -> Paid:
    id, provider, transaction, reference, kobo, currency, back, fee, *rest = row
    taken = Money(kobo, currency), Money(back, currency), None if fee is None else Money(fee, currency)
    return Paid(id, provider, transaction, reference, *taken, *rest)
