"""A visit will not take place: its time is free again, its reminders are void, and what was paid for it goes back."""

from __future__ import annotations

from datetime import datetime, timedelta

from models import orders
from models.base import connection
from models.payments import returning
from models.values import Money, Refused
from models.visits import fees, paid, rows
from models.visits.listing import visit
from models.visits.values import Visit

# Whoever cancels later than this before the start is warned. The fee goes back all the same: no rule keeps it.
LATE = timedelta(hours=24)


def cancel(customer_id: int, number: str, *, now: datetime, who: str = "") -> tuple[Visit, bool, Money]:
    """The visit as it is now, whether it was under 24 hours before its start, and what goes back of its fee.

    Its order is cancelled with it, paid or not, and money that comes later goes back as any late money does. `who` does it, if it is
    not the customer (`staff:3`). Raises Refused `unknown`, `over` (state).
    """
    who = who or f"customer:{customer_id}"
    with connection().transaction():
        row = rows.take(customer_id, number, now)
        if row.order_id is None or not orders.move(row.order_id, "cancelled", who=who, now=now):
            paid.end(row, "cancelled", who=who, now=now)
            returning.give_back_all(row.order_id or 0, "cancelled", by=who, now=now)  # the old program calls a paid order shipped
        refund = fees.returned(row.order_id)
        found = visit(customer_id, row.number, now=now)
    if found is None:
        raise Refused("unknown")
    return found, row.starts_at - now < LATE, refund
