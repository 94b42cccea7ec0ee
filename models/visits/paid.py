"""What becomes of a visit when its order is paid, expires or ends; in the transaction in which the order does.

`models.orders.move` calls `settled` and `ended`, with the order's row locked. The old program changes orders and visits without
us: what it leaves is settled by `sweep`, so that no time stays held for ever and no money is kept for nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.errors import ExclusionViolation

from models import inbox, orders
from models.base import connection
from models.payments import returning
from models.payments.journal import lock_order
from models.values import Money, Refused
from models.visits import events, fees, rows
from models.visits.booking import refuse_clash
from models.visits.days import EARLIEST, admit
from models.visits.rows import Row

NOTHING = Money(0)
ENDS_AS = {"expired": "expired", "cancelled": "cancelled", "refunded": "cancelled"}


def settled(order_id: int, *, who: str, now: datetime) -> bool:
    """The visit of an order that is paid is booked now. False: it cannot be had any more, and the order is not to be paid.

    One that had expired is booked again if its time is still free, and still to come.
    """
    seen = rows.of_order(order_id)
    row = _locked(seen) if seen else None
    if row is None:
        return False
    if row.state in ("booked", "done", "no_show"):
        return True
    if row.starts_at <= now or row.state not in ("held", "expired"):
        return False
    if row.state == "expired" and not _fits_again(row, now):
        return False
    return _booked(row, who, now)


def _locked(seen: Row) -> Row | None:
    rows.lock_visited(seen.table, seen.ref)
    return rows.lock_visit(seen)


def _fits_again(row: Row, now: datetime) -> bool:
    """Whether the rules and the customer's own visits still allow its time. That it is an hour ahead was asked when it was booked."""
    try:
        it = admit(row.ref, row.starts_at, now=min(now, row.starts_at - EARLIEST), where=row.where)
        if row.customer_id is not None:
            refuse_clash(row.customer_id, it, now, but=row.number)
    except Refused:
        return False
    return True


def _booked(row: Row, who: str, now: datetime) -> bool:
    paid = """, "paymentStatus" = 'Paid'""" if row.kind == "test" else ""
    try:
        with connection().transaction():
            connection().execute(
                f"""UPDATE {row.table.name} SET state = 'booked', "updatedAt" = %s{paid} WHERE id = %s""", (now, row.id)
            )
    except ExclusionViolation:
        return False
    detail = {"from": row.state, "order": row.order_id}
    events.note(row.table, row.id, "booked", who=who, now=now, **detail)
    events.remind(row._replace(state="booked"), now)
    return True


def ended(order_id: int, to: str, *, who: str, now: datetime) -> None:
    """The order is over (`to`: expired, cancelled, refunded): its visit is, too, unless it has taken place."""
    seen = rows.of_order(order_id)
    row = _locked(seen) if seen else None
    if row is not None and row.live:
        end(row, ENDS_AS[to], who=who, now=now)
        if to == "refunded":  # all of the fee was given back, and nobody said that the visit ends with it
            tell_cancelled(row)


def has_begun(order_id: int, now: datetime) -> bool:
    """Whether the visit of an order has begun or taken place: its customer does not cancel it any more. The order's row is locked."""
    seen = rows.of_order(order_id)
    row = _locked(seen) if seen else None
    return row is not None and (row.state in ("done", "no_show") or (row.state == "booked" and row.starts_at <= now))


def tell_cancelled(row: Row, refund: Money = NOTHING) -> None:
    """Its customer's conversation says that it will not take place, and what goes back."""
    if row.customer_id is not None:
        data = {"number": row.number, "what": "cancelled", "refund_kobo": refund.kobo}
        inbox.add_event(row.customer_id, "visit_changed", f"visit_changed:{row.number}:ended", data)


def end(row: Row, state: str, *, who: str, now: datetime) -> None:
    """A held or booked visit, its row locked, is over: its time is free, its reminders are void."""
    connection().execute(f'UPDATE {row.table.name} SET state = %s, "updatedAt" = %s WHERE id = %s', (state, now, row.id))
    events.note(row.table, row.id, state, who=who, now=now, **{"from": row.state})
    events.stop_reminding(row)


# --------------------------------------------------------------------------------------------------- what was left

# Held without an order to wait for; or a visit to come and its order that say different things. Each has an index of its own.
LEFT = """
SELECT v."orderId", '{kind}', v.id FROM {name} v LEFT JOIN orders o ON o.id = v."orderId"
WHERE v.state = 'held' AND o.state IS DISTINCT FROM 'pending_payment'
UNION ALL SELECT v."orderId", '{kind}', v.id FROM {name} v JOIN orders o ON o.id = v."orderId"
WHERE v."orderId" IS NOT NULL AND v.{time} > %(recent)s AND (v.state = 'booked' AND o.state IN ('cancelled', 'refunded')
    OR v.state = 'cancelled' AND o.state IN ('pending_payment', 'paid', 'processing'))
"""
RECENT = timedelta(days=1)


def sweep(now: datetime, *, limit: int) -> int:
    """Settles visits whose order the old program changed, and orders whose visit it cancelled; how many. Twice is once."""
    query = " UNION ALL ".join(LEFT.format(kind=t.kind, name=t.name, time=t.time) for t in rows.TABLES.values())
    left = connection().execute(f"{query} LIMIT %(limit)s", {"recent": now - RECENT, "limit": limit}).fetchall()
    for order_id, kind, visit_id in left:
        with connection().transaction():
            lock_order(order_id)
            _settle_left(order_id, kind, visit_id, now)
    return len(left)


def _settle_left(order_id: int | None, kind: str, visit_id: int, now: datetime) -> None:
    seen = rows.by_id(kind, visit_id)
    row = _locked(seen) if seen else None
    if row is None or row.order_id != order_id:
        return
    found = connection().execute("SELECT state FROM orders WHERE id = %s", (order_id,)).fetchone()
    state = found[0] if found else "expired"
    waits = order_id is not None and row.live and state not in ENDS_AS
    if waits and (state == "pending_payment" or settled(order_id or 0, who="clock", now=now)):
        return  # all is well by now
    if order_id is not None and state != "expired":
        _end_order(order_id, now)
    row = rows.lock_visit(row)
    if row is not None and row.live:
        end(row, ENDS_AS.get(state, "cancelled"), who="clock", now=now)
    if row is not None and state != "expired":
        tell_cancelled(row, fees.returned(order_id))


def _end_order(order_id: int, now: datetime) -> None:
    """What was paid for it goes back, also where the old program ended the order itself, or calls it shipped because it was paid."""
    if not orders.move(order_id, "cancelled", who="clock", now=now):
        returning.give_back_all(order_id, "cancelled", by="clock", now=now)


# Whoever deletes a doctor or a test in the old tables deletes its visits; the orders stay. A visit that is there, but whose columns the
# old program's start removed, still has its events.
OF_NONE = """
WITH paid AS MATERIALIZED (
    SELECT o.id, o."customerId", o."orderNumber" FROM orders o
    WHERE o.state IN ('paid', 'processing') AND o."deliveryKind" IN ('visit', 'lab')
        AND NOT EXISTS (SELECT FROM appointments v WHERE v."orderId" = o.id)
        AND NOT EXISTS (SELECT FROM diagnostic_bookings v WHERE v."orderId" = o.id) LIMIT %s)
SELECT * FROM paid WHERE NOT EXISTS (SELECT FROM visit_events e WHERE e.detail->>'order' = paid.id::text)
"""


def give_back_for_none(now: datetime, *, limit: int) -> int:
    """Gives back what was paid for visits that are not there any more; of how many. Reads all paid fees: once a day. Twice is once."""
    count = 0
    for order_id, customer, number in connection().execute(OF_NONE, (limit,)).fetchall():
        with connection().transaction():
            lock_order(order_id)
            if rows.of_order(order_id) is not None or not orders.move(order_id, "cancelled", who="clock", now=now):
                continue
            if customer is not None:
                data = {"order_number": number, "to": "cancelled", "rider": "", "rider_phone": "", "reason": "", "refund": True}
                inbox.add_event(customer, "order_moved", f"order_moved:{order_id}:cancelled", data)
            count += 1
    return count
