"""What a pharmacist allowed: each line of a decision may be paid once, up to its quantity, until it expires.

`allow` is called in the transaction of the decision. It writes the approvals and puts their products into the customer's cart;
from then on cart and checkout ask `prescription_items` alone (see `models.carts.APPROVALS`), so that an approval is worth
the same whether its line is still in the cart or was put in again later. Placing an order uses approvals up, an order that
ends before it left the house frees them (`models.orders.move`). Controlled drugs are never sold by chat, approval or not.

When an approval ends is the decision's to say: with the paper, so that an approval never makes an old paper young again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.base import connection
from models.carts import APPROVALS, ENTRY, MOST_LINES, TOUCH, limit_of, line
from models.catalogue.products import COLUMNS, MEDICINE, split_ref
from models.values import Refused


@dataclass(frozen=True, slots=True)
class Allowed:
    """One line of a decision: its index in the reading, the product (`m12`, `h7`), and how many packs at most."""

    line: int
    ref: str
    quantity: int


LOOK = f"""
SELECT c.quantity, {APPROVALS}, {COLUMNS}
FROM (VALUES (%(m)s::integer, %(h)s::integer)) AS l ("productId", "healthcareProductId")
LEFT JOIN cart_lines c ON c."customerId" = %(customer)s
    AND (c."productId" = l."productId" OR c."healthcareProductId" = l."healthcareProductId") {ENTRY}
"""

ALLOW = """
INSERT INTO prescription_items ("prescriptionId", "decisionId", "customerId", line, "productId", "healthcareProductId", quantity,
    "expiresAt")
VALUES (%(prescription)s, %(decision)s, %(customer)s, %(line)s, %(m)s, %(h)s, %(quantity)s, %(until)s)
RETURNING id
"""

PUT = """
INSERT INTO cart_lines ("customerId", "productId", "healthcareProductId", quantity, "addedAt", "prescriptionItemId")
SELECT %(customer)s, %(m)s, %(h)s, %(quantity)s, %(now)s, %(item)s
WHERE %(held)s OR (SELECT count(*) FROM cart_lines WHERE "customerId" = %(customer)s) < %(most)s
ON CONFLICT ("customerId", {column}) DO UPDATE
    SET quantity = EXCLUDED.quantity, "prescriptionItemId" = EXCLUDED."prescriptionItemId"
"""


def allow(
    decision_id: int,
    prescription_id: int,
    customer_id: int,
    lines: Sequence[Allowed],
    *,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Writes the approvals of a decision and puts their products into the customer's cart, in the caller's transaction.

    A prescription-only line of the cart becomes what was approved: what the customer had put in to wait does not add up with
    it, what could be paid on an earlier approval does. Of what needs no prescription the larger quantity stays. A cart that is full
    is left as it is: the approval holds all the same. All or nothing; a second call for the same decision writes nothing.
    Raises Refused with `ref` and `line`: `gone` (no such product), `controlled`, `bad_quantity`.
    """
    with connection().transaction():
        connection().execute(TOUCH, (customer_id,))
        before = connection().execute("""SELECT FROM prescription_items WHERE "decisionId" = %s LIMIT 1""", (decision_id,))
        if before.fetchone() is not None:
            return
        about = {
            "prescription": prescription_id,
            "decision": decision_id,
            "customer": customer_id,
            "until": expires_at,
            "now": now,
            "most": MOST_LINES,
        }
        for each in lines:
            _allow(each, about)


def _allow(each: Allowed, about: dict[str, Any]) -> None:
    kind, number = split_ref(each.ref) or (0, None)
    ids = {"m": number if kind == MEDICINE else None, "h": number if kind != MEDICINE else None}
    row = connection().execute(LOOK, {**about, **ids}).fetchone()
    if row is None or row[2] is None:
        raise Refused("gone", ref=each.ref, line=each.line)
    if each.quantity < 1:
        raise Refused("bad_quantity", ref=each.ref, line=each.line)
    held, approvals, *columns = row
    new = connection().execute(ALLOW, {**about, **ids, "line": each.line, "quantity": each.quantity}).fetchone()
    item = int(new[0]) if new else 0
    added_up = min(held or 0, sum(most for _, most in approvals or ())) + each.quantity
    as_it_will_be = line(0, added_up, columns, [*(approvals or ()), (item, each.quantity)])
    if as_it_will_be.product.control == "controlled":
        raise Refused("controlled", ref=each.ref, line=each.line)
    wanted = added_up if as_it_will_be.product.prescription_only else max(added_up, held or 0)
    put = PUT.format(column='"productId"' if ids["m"] else '"healthcareProductId"')
    quantity = min(wanted, limit_of(as_it_will_be))
    connection().execute(put, {**about, **ids, "quantity": quantity, "item": item, "held": held is not None})
