"""Medicine that runs out: asked about once after it was bought, reminded of some days before its end, put into the cart again.

A wish to be reminded is its timer: kind `refill`, subject "<prescription>:<day it runs out>". The question is one too: kind
`refill_ask`, subject "<prescription>:<order>".
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models import carts, timers
from models.base import connection
from models.carts import MOST_LINES
from models.values import Refused

KIND, ASK = "refill", "refill_ask"
BEFORE_END = timedelta(days=4)  # time for a new prescription, the pharmacist's look and the way to the customer
AT = time(10)
ASK_AFTER = timedelta(hours=2)  # not in the middle of paying, and the 24-hour window is still open the next morning
LONGEST = timedelta(days=400)

ASK_LATER = """
INSERT INTO timers (kind, "customerId", subject, "fireAt", "createdAt")
SELECT DISTINCT %(ask)s, i."customerId", i."prescriptionId" || ':' || o."orderNumber", %(at)s::timestamptz, %(now)s::timestamptz
FROM orders o JOIN prescription_items i ON i."orderId" = o.id AND i."customerId" = %(customer)s
WHERE o."orderNumber" = %(number)s AND o."customerId" = %(customer)s AND NOT EXISTS (SELECT FROM timers t
    WHERE t.kind = %(ask)s AND t."customerId" = %(customer)s AND starts_with(t.subject, i."prescriptionId" || ':'))
ON CONFLICT DO NOTHING
"""
OWN = """SELECT state FROM prescriptions WHERE id = %s AND "customerId" = %s"""
ALLOWED = """
SELECT i."productId", i."healthcareProductId", max(i.quantity), COALESCE(max(m.name), max(h.name), '') FROM prescription_items i
LEFT JOIN products m ON m.id = i."productId" LEFT JOIN healthcare_products h ON h.id = i."healthcareProductId"
WHERE i."prescriptionId" = %s AND i."customerId" = %s GROUP BY 1, 2 ORDER BY min(i.line) LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Again:
    """What was put into the cart again, and what could not be: names of products."""

    added: tuple[str, ...]
    left: tuple[str, ...]


def ask_later(customer_id: int, order_number: str, now: datetime) -> None:
    """An order used up what a pharmacist had approved: after a while its customer is asked, once a prescription."""
    values = {"ask": ASK, "at": now + ASK_AFTER, "now": now, "customer": customer_id, "number": order_number}
    connection().execute(ASK_LATER, values)


def remind(customer_id: int, prescription_id: int, runs_out: date, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Sets the reminder of an own, approved prescription whose medicine lasts until `runs_out`; gives its moment. Saying so twice
    sets one. Raises Refused: `unknown`, `over` (it runs out too soon, or in no time that can be meant)."""
    row = connection().execute(OWN, (prescription_id, customer_id)).fetchone()
    if row is None or row[0] != "approved":
        raise Refused("unknown")
    at = datetime.combine(runs_out, AT, tzinfo=zone) - BEFORE_END
    if not now < at <= now + LONGEST:
        raise Refused("over")
    with connection().transaction():
        timers.stop_all(KIND, customer_id, f"{prescription_id}:")
        timers.start(KIND, customer_id, at, now, f"{prescription_id}:{runs_out.isoformat()}")
    return at


def forget(customer_id: int) -> int:
    """No reminders of medicine any more, and no questions about them; how many reminders were set."""
    timers.stop_all(ASK, customer_id)
    return timers.stop_all(KIND, customer_id)


def again(customer_id: int, prescription_id: int, refs: Set[str], *, now: datetime) -> Again:
    """Puts those of `refs` that were approved on an own prescription into the cart once more, as much of each as then; whoever asks
    twice has it once. Not all of them: what was to be taken for a week is not to be taken again.

    What needs a prescription waits in the cart for a new yes. Raises Refused: `unknown`.
    """
    rows = connection().execute(ALLOWED, (prescription_id, customer_id, MOST_LINES)).fetchall()
    if not rows:
        raise Refused("unknown")
    added, left = [], []
    for medicine, health, quantity, name in rows:
        ref = f"m{medicine}" if medicine else f"h{health}"
        if ref in refs:
            (added if _put(customer_id, ref, int(quantity), now) else left).append(name)
    return Again(tuple(added), tuple(left))


def _put(customer_id: int, ref: str, quantity: int, now: datetime) -> bool:
    for verb in (carts.change, carts.add):  # what is there already becomes as much as it was, and not twice that
        try:
            with connection().transaction():
                verb(customer_id, ref, quantity, now=now)
        except Refused as no:
            if no.code != "not_in_cart":
                return False
        else:
            return True
    return False
