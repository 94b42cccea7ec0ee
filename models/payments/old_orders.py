"""Orders of the old program that were on their way to be paid when this one took over, found by the reference it gave them.

It wrote `drugsng-<order id>-<milliseconds>` and kept it with the order, sometimes only after it was paid. Such an order has no
attempt of ours, so one that has no row stands in for it. Money that is exactly what the order costs pays it; anything else under
its reference is for people.
"""

from __future__ import annotations

import re
from typing import Any

from models.base import connection
from models.payments.journal import lock_order
from models.payments.values import Attempt, Proof
from models.values import Money

_FORM = re.compile(r"drugsng-([1-9][0-9]{0,8})-[0-9]{10,16}", re.ASCII)

# Whoever the old program's user is here by now; nobody (0) until they have claimed their account.
FIND = """
SELECT o.id, o."orderNumber", COALESCE(o."totalKobo", 0),
    COALESCE((SELECT c.id FROM customers c WHERE c."userId" = o."userId" AND c."mergedInto" IS NULL ORDER BY c.id LIMIT 1), 0),
    o."paymentStatus" = 'Paid' AND o."paymentReference" = %(reference)s
        AND NOT EXISTS (SELECT FROM payments p WHERE p."orderId" = o.id AND p.settled IN ('applied', 'overpaid'))
FROM orders o WHERE o."customerId" IS NULL
"""


def attempt_of(proof: Proof, mode: str) -> Attempt | None:
    """What stands for the old program's attempt, its order's row locked; None when the reference is none of its.

    `mode`: of the account that was asked. `status` is "paid" where the old program has had this very money and said so to the
    customer, else "open". `id` is 0, and so is `customer_id` while nobody here is the old program's user.
    """
    row = _found(proof.reference)
    if row is None:
        return None
    connection().execute("SELECT FROM customers WHERE id = %s FOR KEY SHARE", (row[3],))
    lock_order(row[0])
    again = _found(proof.reference)  # as it is now that nobody else changes it
    if again is None or again[0] != row[0]:
        return None
    order, number, kobo, customer, had = again
    status = "paid" if had else "open"
    return Attempt(0, order, number, customer, 0, proof.provider, "link", proof.reference, Money(kobo), mode, status)


def _found(reference: str) -> tuple[Any, ...] | None:
    named = _FORM.fullmatch(reference)
    if named is not None:  # by its key: the column of references has no index
        row = connection().execute(f"{FIND} AND o.id = %(id)s", {"reference": reference, "id": int(named[1])}).fetchone()
        if row is not None:
            return tuple(row)
    known = f'{FIND} AND o."paymentReference" = %(reference)s ORDER BY o.id LIMIT 1'
    row = connection().execute(known, {"reference": reference}).fetchone() if reference else None
    return tuple(row) if row else None
