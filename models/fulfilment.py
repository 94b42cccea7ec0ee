"""What staff do with an order: prepare, ship, deliver, cancel, give money back.

Whether something may be done is asked of one value, `Standing`: by the verbs under the lock of the order's row, and by the page
before it shows a button. Who comes second is told who was first. Each act is in the order's log under its person's id, and
its customer's conversation hears of it in the same transaction.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import inbox, orders
from models.base import connection
from models.orders import OVER, TRANSITIONS, plain_number
from models.payments import returning
from models.payments.journal import lock_order
from models.payments.returning import PROMISED
from models.values import Money, Refused

REASONS = ("out_of_stock", "no_rider", "wrong_address", "customer_asked", "prescription", "payment", "other")
REFUND_REASONS = ("customer_asked", "out_of_stock", "damaged", "wrong_item", "not_delivered", "goodwill", "other")
TARGETS: Mapping[str, str] = {
    "process": "processing",
    "ship": "shipped",
    "deliver": "delivered",
    "cancel": "cancelled",
    "refund": "refunded",
}
STEPS = ("pending_payment", "paid", "processing", "shipped", "delivered")
SHORTEST_NAME, LONGEST_NAME = 2, 40
IN_NAMES = "' .-\N{RIGHT SINGLE QUOTATION MARK}"
# Mobile numbers begin with 70, 80, 81, 90 or 91 (and their likes) after the trunk's 0 or the country's 234.
MOBILE = re.compile(r"(?:\+?2340?|0)([789][01][0-9]{8})", re.ASCII)

# --------------------------------------------------------------------------------------------------- values


class Part(NamedTuple):
    """A payment of the order: what of it is neither promised nor gone, and whether a refund of it is under way."""

    payment_id: int
    left_kobo: int
    pays: bool
    under_way: bool
    reversed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about an order's next step. `unapproved`: lines that need a pharmacist's yes and have none of this order.
    `seen`: id of the last refund, so that a form sent twice is one refund. `owed`: open tasks about money that was to go back
    already and has not: it goes back from there, and not a second time from here. `disputed`: open tasks about a payment that the
    customer's bank disputes. `about`: goods, or the fee of a doctor's time (visit) or of a lab test (lab), of which `visit` is the number
    and `visit_state` how far it is."""

    id: int
    number: str
    customer_id: int | None
    state: str
    pickup: bool
    cash: bool
    paid: bool
    total: Money
    unapproved: int
    seen: int
    owed: int
    disputed: int
    parts: tuple[Part, ...]
    about: str = "goods"
    visit: str = ""
    visit_state: str = ""

    @property
    def returnable(self) -> Money:
        """What can be given back now, all payments together."""
        return Money(sum(part.left_kobo for part in self._free))

    @property
    def _free(self) -> tuple[Part, ...]:
        return tuple(p for p in self.parts if p.left_kobo > 0 and not p.reversed and not p.under_way)

    def acts(self) -> tuple[str, ...]:
        """What may be done with it now, in the order of TARGETS."""
        return tuple(act for act in TARGETS if not self.refusal(act))

    def refusal(self, act: str) -> str:
        """The code of what stands against an act, or "". Whether this person may, and what they typed, is not asked here."""
        if self.about != "goods" and act in ("process", "ship", "deliver"):
            return "fee"
        if act == "cancel" and self.visit_state in ("done", "no_show"):
            return "took_place"
        if TARGETS[act] not in TRANSITIONS[self.state] or (act, self.state) == ("process", "pending_payment"):
            return self._out_of_turn(act)
        if act in ("process", "ship"):
            return self._unfit_to_leave(act)
        return self._no_refund() if act == "refund" else ""

    def _out_of_turn(self, act: str) -> str:
        if self.state in OVER or self.state not in STEPS:
            return "moved"
        if act == "deliver":
            return "not_yet" if self.state != "delivered" else "moved"
        return "not_paid" if self.state == "pending_payment" else "moved"

    def _unfit_to_leave(self, act: str) -> str:
        if not self.cash and not self.paid:
            return "not_paid"
        paying = [part for part in self.parts if part.pays]
        if any(part.reversed for part in paying):
            return "reversed"
        if paying and not any(part.left_kobo for part in paying):
            return "refunding"
        if act == "ship" and self.disputed:
            return "disputed"
        return "not_approved" if act == "ship" and self.unapproved else ""

    def _no_refund(self) -> str:
        if not self.parts:
            return "cash_by_hand" if self.cash else "no_payment"
        if self.owed:
            return "owed"
        if self._free:
            return ""
        return "one_open" if any(part.under_way and part.left_kobo > 0 for part in self.parts) else "nothing_left"


class Moved(NamedTuple):
    """What was done. `customer_id`: whose conversation has something to say now (None: nobody's). `refunds`: to be sent now."""

    number: str
    order_id: int
    customer_id: int | None
    refunds: tuple[int, ...] = ()


# --------------------------------------------------------------------------------------------------- reading

# Whose order it is: an order of the old system is theirs who claimed its user.
OWNER = """COALESCE(o."customerId", (SELECT c.id FROM customers c WHERE c."userId" = o."userId" AND c."mergedInto" IS NULL
    ORDER BY c.id LIMIT 1))"""

# A line needs approval when it did at checkout or does now. An order of the old system was approved with its paper, there.
UNAPPROVED = """
SELECT count(*) FROM (
    SELECT bool_or(e.control = 2) AS never, sum(i.quantity) AS quantity, COALESCE((SELECT sum(a.quantity) FROM prescription_items a
        WHERE a."orderId" = o.id AND (a."productId" = i."productId" OR a."healthcareProductId" = i."healthcareProductId")), 0) AS allowed
    FROM order_items i LEFT JOIN catalogue_entries e ON e.kind = CASE WHEN i."productId" IS NOT NULL THEN 1 ELSE 2 END
        AND e."productId" = COALESCE(i."productId", i."healthcareProductId")
    WHERE i."orderId" = o.id AND (i."prescriptionOnly" OR e.control = 2
        OR (i."productId" IS NOT NULL AND (NOT e.otc OR e.control > 0)))
    GROUP BY i."productId", i."healthcareProductId") needs
WHERE never OR (quantity > allowed AND NOT (o."customerId" IS NULL AND EXISTS (
    SELECT FROM prescriptions p WHERE p."orderId" = o.id AND p."verificationStatus" = 'Verified')))
"""
# What an order is for; a fee has a visit.
ABOUT = """CASE WHEN o."deliveryKind" IN ('visit', 'lab') THEN o."deliveryKind" ELSE 'goods' END"""
VISIT = """CASE o."deliveryKind" WHEN 'visit' THEN (SELECT {column} FROM appointments WHERE "orderId" = o.id ORDER BY id LIMIT 1)
        WHEN 'lab' THEN (SELECT {column} FROM diagnostic_bookings WHERE "orderId" = o.id ORDER BY id LIMIT 1) END"""
STANDING = f"""
SELECT o.id, o."orderNumber", {OWNER}, o.state, o."deliveryKind" = 'pickup', o."paymentMethod" = 'Cash on Delivery',
    o."paymentStatus" IS NOT DISTINCT FROM 'Paid', COALESCE(o."totalKobo", 0), ({UNAPPROVED}),
    (SELECT COALESCE(max(id), 0) FROM refunds WHERE "orderId" = o.id),
    (SELECT count(*) FROM payment_tasks WHERE "orderId" = o.id AND "closedAt" IS NULL AND kind IN ('refund_failed', 'refund_rest')),
    (SELECT count(*) FROM payment_tasks WHERE "orderId" = o.id AND "closedAt" IS NULL AND kind = 'dispute'),
    (SELECT COALESCE(json_agg(json_build_array(p.id, p."amountKobo" - {PROMISED}, p.settled IN ('applied', 'overpaid'), EXISTS (
            SELECT FROM refunds r WHERE r."paymentId" = p.id AND r.status IN ('wanted', 'sent')), p."reversedAt" IS NOT NULL)
            ORDER BY p.settled NOT IN ('applied', 'overpaid'), p.id), '[]')
        FROM payments p WHERE p."orderId" = o.id AND p.settled <> 'mismatch'),
    {ABOUT}, COALESCE({VISIT.format(column="number")}, ''), COALESCE({VISIT.format(column="state")}, '')
FROM orders o WHERE o."orderNumber" = %(number)s
"""
FIRST = """
SELECT e.who, e.at FROM order_events e WHERE e."orderId" = %s AND e.what = %s ORDER BY e.id DESC LIMIT 1
"""


def standing(number: str) -> Standing | None:
    """Anybody's order by its number; one round trip. None for an unknown one."""
    row = connection().execute(STANDING, {"number": plain_number(number)}).fetchone()
    if row is None:
        return None
    *head, total, unapproved, seen, owed, disputed, parts, about, visit, visit_state = row
    paid = tuple(Part(*part) for part in parts)
    return Standing(*head, Money(total), unapproved, seen, owed, disputed, paid, about, visit, visit_state)


# --------------------------------------------------------------------------------------------------- verbs


def process(number: str, *, by: int, now: datetime) -> Moved:
    """Somebody prepares it. `by` is the id of the staff member, here and below.

    All verbs raise Refused: `unknown`; `moved` (state, who, at: somebody was first, or it is over), `not_yet` (state), `not_paid`,
    and where money or approvals are missing `reversed`, `refunding`, `disputed` (to be shipped), `not_approved` (lines); of a visit's fee
    `fee`, and `took_place` (to be cancelled).
    """
    with connection().transaction():
        order = _taken(number, "process")
        return _move(order, "processing", by, now)


def ship(number: str, rider: str = "", phone: str = "", *, by: int, now: datetime) -> Moved:
    """It leaves the house with a rider, or lies ready to be fetched (of a pick-up order, which has no rider).

    Raises Refused also `bad_rider`, `bad_phone`.
    """
    with connection().transaction():
        order = _taken(number, "ship")
        name, mobile = ("", "") if order.pickup else (rider_name(rider), mobile_number(phone))
        moved = _move(order, "shipped", by, now, told={"rider": name, "rider_phone": mobile})
        connection().execute(
            """UPDATE orders SET "riderName" = NULLIF(%s, ''), "riderPhone" = NULLIF(%s, '') WHERE id = %s""",
            (name, mobile, order.id),
        )
    return moved


def deliver(number: str, *, by: int, now: datetime) -> Moved:
    """The customer has it. With an order in cash its money was received: the log says how much and who says so."""
    with connection().transaction():
        order = _taken(number, "deliver")
        cash = {"cash_kobo": order.total.kobo} if order.cash and not order.paid else {}
        moved = _move(order, "delivered", by, now, **cash)
        if cash:
            connection().execute("""UPDATE orders SET "paymentStatus" = 'Paid' WHERE id = %s""", (order.id,))
    return moved


def cancel(number: str, reason: str, *, by: int, now: datetime) -> Moved:
    """It will not be brought: stock goes back, money too. `reason`: one of REASONS. Raises Refused also `bad_reason`."""
    if reason not in REASONS:
        raise Refused("bad_reason")
    with connection().transaction():
        return _move(_taken(number, "cancel"), "cancelled", by, now, told={"reason": reason}, reason=reason)


def refund(number: str, amount: Money | None, reason: str, *, by: int, now: datetime, seen: int | None = None) -> Moved:
    """Money of a paid order goes back, all of it (`amount` None) or a part; the order stays where it is until it has gone.

    `reason`: one of REFUND_REASONS. `seen`: `Standing.seen` of the page this was asked on. Raises Refused also `bad_reason`,
    `changed` (another refund was made since), `cash_by_hand`, `no_payment`, `nothing_left`, `one_open`, `owed` (it has a
    task from which money goes back), `bad_amount`, `too_much` (left_kobo: the most that one refund can be).
    """
    if reason not in REFUND_REASONS:
        raise Refused("bad_reason")
    if amount is not None and (amount.kobo <= 0 or amount.currency != "NGN"):
        raise Refused("bad_amount")
    with connection().transaction():
        order = _taken(number, "refund", seen)
        free = order._free
        if amount is None:
            made = [returning.want(part.payment_id, None, reason, by=f"staff:{by}", now=now) for part in free]
            return Moved(order.number, order.id, None, tuple(made))
        enough = [part for part in free if part.left_kobo >= amount.kobo]
        if not enough:
            raise Refused("too_much", left_kobo=max(part.left_kobo for part in free))
        wanted = returning.want(enough[0].payment_id, amount, reason, by=f"staff:{by}", now=now)
    return Moved(order.number, order.id, None, (wanted,))


def rider_name(text: str) -> str:
    """A name as the customer will read it: letters, one line. Raises Refused `bad_rider`."""
    name = " ".join(unicodedata.normalize("NFC", text[:200]).split())
    plain = all(char.isalpha() or char in IN_NAMES or unicodedata.category(char) == "Mn" for char in name)
    if not plain or not SHORTEST_NAME <= len(name) <= LONGEST_NAME or sum(map(str.isalpha, name)) < SHORTEST_NAME:
        raise Refused("bad_rider")
    return name


def mobile_number(text: str) -> str:
    """A Nigerian mobile number as +2348031234567, however it was typed. Raises Refused `bad_phone`."""
    found = MOBILE.fullmatch(re.sub(r"[\s().\-]", "", text[:40]))
    if not found:
        raise Refused("bad_phone")
    return f"+234{found[1]}"


def _taken(number: str, act: str, seen: int | None = None) -> Standing:
    """The order as it is now that nobody else changes it: customer and order are locked in the sequence of `journal`."""
    row = connection().execute(f"""SELECT o.id, {OWNER} FROM orders o WHERE o."orderNumber" = %s""", (plain_number(number),))
    order_id, customer = row.fetchone() or (None, None)
    if order_id is None:
        raise Refused("unknown")
    if customer is not None:
        connection().execute("SELECT FROM customers WHERE id = %s FOR KEY SHARE", (customer,))
    lock_order(order_id)
    order = standing(number)
    if order is None:
        raise Refused("unknown")
    if seen is not None and seen != order.seen:
        raise Refused("changed")
    if code := order.refusal(act):
        raise _refused(code, order)
    return order


def _refused(code: str, order: Standing) -> Refused:
    if code == "not_approved":
        return Refused(code, lines=order.unapproved)
    if code not in ("moved", "not_yet"):
        return Refused(code, state=order.state)
    who, at = connection().execute(FIRST, (order.id, order.state)).fetchone() or ("", None)
    return Refused(code, state=order.state, who=who, at=at)


def _move(order: Standing, to: str, by: int, now: datetime, told: Mapping[str, object] | None = None, **detail: object) -> Moved:
    if not orders.move(order.id, to, who=f"staff:{by}", now=now, **detail):
        raise RuntimeError("an order moved although its row was locked")
    refunds = _wanted(order.id) if to == "cancelled" else ()
    if order.customer_id is not None:
        data: dict[str, object] = {"order_number": order.number, "to": to, "rider": "", "rider_phone": "", "reason": ""}
        data |= {**(told or {}), **({"refund": bool(refunds)} if to == "cancelled" else {})}
        inbox.add_event(order.customer_id, "order_moved", f"order_moved:{order.id}:{to}", data)
    return Moved(order.number, order.id, order.customer_id, refunds)


def _wanted(order_id: int) -> tuple[int, ...]:
    rows = connection().execute("""SELECT id FROM refunds WHERE "orderId" = %s AND status IN ('wanted', 'sent')""", (order_id,))
    return tuple(int(row[0]) for row in rows.fetchall())
