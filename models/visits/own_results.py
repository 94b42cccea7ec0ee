"""Which results of lab tests a customer has, and where each lies in the vault."""

from __future__ import annotations

from models.base import connection
from models.orders import OWN

MOST = 20
# A booking's owner is found like an order's: its customer, or the old system's user that customer is.
NUMBERS = f"""
SELECT o.number FROM diagnostic_bookings o
WHERE {OWN} AND o."resultMediaRow" IS NOT NULL AND o.number IS NOT NULL ORDER BY o."resultAt" DESC NULLS LAST, o.id DESC LIMIT %(most)s
"""
FILE = f"""
SELECT m."storedAs" FROM diagnostic_bookings o JOIN media m ON m.id = o."resultMediaRow"
WHERE o.number = %(number)s AND {OWN} AND m.purpose = 'lab_result' AND m."storedAs" <> ''
"""


def numbers(customer_id: int) -> tuple[str, ...]:
    """The numbers of the customer's own bookings that have a result, the newest first."""
    return tuple(row[0] for row in connection().execute(NUMBERS, {"customer": customer_id, "most": MOST}))


def stored_as(customer_id: int, number: str) -> str | None:
    """The name in the vault of the present result of an own booking; None without one, and for other people's alike."""
    row = connection().execute(FILE, {"customer": customer_id, "number": number}).fetchone()
    return str(row[0]) if row else None
