"""What tests of the order desk share: each act of staff by its name, and orders in every state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models import fulfilment, orders
from models.base import connection
from models.fulfilment import Moved
from models.payments import settling
from models.values import Refused
from tests.factories import NOW, a_colleague, a_customer, a_proof, an_attempt, an_order, order_id

RIDER = ("Sunday Etim", "0803 123 4567")
ACTS: dict[str, Callable[[str, int], Moved]] = {
    "process": lambda number, by: fulfilment.process(number, by=by, now=NOW),
    "ship": lambda number, by: fulfilment.ship(number, *RIDER, by=by, now=NOW),
    "deliver": lambda number, by: fulfilment.deliver(number, by=by, now=NOW),
    "cancel": lambda number, by: fulfilment.cancel(number, "no_rider", by=by, now=NOW),
    "refund": lambda number, by: fulfilment.refund(number, None, "goodwill", by=by, now=NOW),
}


def a_paid_order(customer: int = 0, **more: Any) -> str:
    attempt = an_attempt(customer or a_customer(), an_order(customer, payment="paystack", **more) if customer else "")
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    return attempt.order_number


def an_order_in(state: str, payment: str) -> str:
    """A new order that came to this state in the usual way."""
    customer = a_customer()
    if payment == "cash":
        number = an_order(customer)
    else:
        number = an_order(customer, payment="paystack") if state in ("pending_payment", "expired") else a_paid_order(customer)
    by = a_colleague().id
    steps = {"processing": ("process",), "shipped": ("process", "ship"), "delivered": ("process", "ship", "deliver")}
    steps |= {"cancelled": ("cancel",)}
    for act in steps.get(state, ()):
        if (act, payment) != ("process", "cash"):
            ACTS[act](number, by)
    if state in ("expired", "refunded"):
        orders.move(order_id(number), state, who="clock", now=NOW)
    found = fulfilment.standing(number)
    assert found is not None
    assert found.state == state
    return number


def state_of(number: str) -> str:
    return str(connection().execute("""SELECT state FROM orders WHERE "orderNumber" = %s""", (number,)).fetchone()[0])


def last_event(number: str) -> tuple[str, str, dict[str, Any]]:
    query = """SELECT what, who, detail FROM order_events WHERE "orderId" = %s ORDER BY id DESC LIMIT 1"""
    return connection().execute(query, (order_id(number),)).fetchone()


def told(customer: int) -> list[dict[str, Any]]:
    """What of `order_moved` waits for this customer's conversation."""
    query = """SELECT payload->'data' FROM inbox WHERE "customerId" = %s AND channel = 'house'
               AND payload->>'name' = 'order_moved' ORDER BY id"""
    return [row[0] for row in connection().execute(query, (customer,)).fetchall()]


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as found:
        act()
    return found.value
