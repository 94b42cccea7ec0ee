"""Orders of the old program, on their way to be paid when this one took over: their money is theirs, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models import base
from models.base import connection
from models.payments import accounts, settling, tasks
from models.payments.values import Proof, Settled
from models.values import Money
from tests.factories import NOW, a_customer
from tests.servers import Databases

PRICE = Money(650_000)
_transactions = iter(range(1, 1000))


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


def an_old_order(*, customer: int = 0, method: str = "Paystack", **columns: Any) -> int:
    """The id of an order as the old program writes one; its user is nobody here, or this customer."""
    owner = customer or a_customer(name="Old Owner")
    (user,) = connection().execute("""SELECT "userId" FROM customers WHERE id = %s""", (owner,)).fetchone()
    if not customer:
        connection().execute("""UPDATE customers SET "userId" = NULL WHERE id = %s""", (owner,))
    written = {"status": "Processing", "paymentStatus": "Pending", "paymentReference": None} | columns
    row = connection().execute(
        """INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "paymentStatus", "paymentReference",
               "shippingAddress", "createdAt", "updatedAt")
           VALUES (%s, %s, 6500, %s, %s, %s, '12 Allen Avenue', now(), now()) RETURNING id""",
        (user, written["status"], method, written["paymentStatus"], written["paymentReference"]),
    )
    return int(row.fetchone()[0])


def reference_of(order: int) -> str:
    return f"drugsng-{order}-1763900000000"


def paid(reference: str, *, amount: Money = PRICE, mode: str = "live", account_mode: str = "live") -> Settled:
    proof = Proof("paystack", reference, "paid", f"77{next(_transactions):06d}", amount, amount, Money(10_000), mode, "card", NOW)
    return settling.settle(None, proof, now=NOW, account_mode=account_mode)


def order(order_id: int) -> tuple[str, str, str]:
    row = connection().execute(
        """SELECT state, "paymentStatus"::text, "paymentReference" FROM orders WHERE id = %s""", (order_id,)
    )
    found: tuple[str, str, str] = row.fetchone()
    return found


def heard(customer: int) -> list[str]:
    rows = connection().execute(
        """SELECT payload::json->>'name' FROM inbox WHERE "customerId" = %s AND channel = 'house' ORDER BY id""", (customer,)
    )
    return [row[0] for row in rows.fetchall()]


def test_money_for_an_order_in_flight_at_the_takeover_pays_it_and_its_customer_hears_it() -> None:
    customer = a_customer()
    id = an_old_order(customer=customer)

    settled = paid(reference_of(id))

    assert (settled.kind, settled.customer_id) == ("applied", customer)
    assert order(id) == ("paid", "Paid", reference_of(id))
    assert heard(customer) == ["payment_received"]
    assert accounts.violations() == []


def test_a_reference_the_old_program_kept_is_enough_whatever_its_form() -> None:
    id = an_old_order(paymentReference="T123456789")

    assert paid("T123456789").kind == "applied"
    assert order(id)[0] == "paid"


def test_an_order_whose_owner_is_not_here_yet_is_paid_all_the_same() -> None:
    id = an_old_order()

    settled = paid(reference_of(id))

    assert (settled.kind, settled.customer_id, order(id)[0]) == ("applied", None, "paid")


@pytest.mark.parametrize(
    "odd",
    [
        {"amount": PRICE - Money(100)},
        {"amount": PRICE + Money(100)},
        {"amount": Money(PRICE.kobo, "USD")},
        {"mode": "test"},
        {"account_mode": "test"},
        {"account_mode": ""},
    ],
)
def test_money_that_is_not_what_it_costs_is_for_people(odd: dict[str, Any]) -> None:
    id = an_old_order()
    before = {task.id for task in tasks.page(limit=100)}

    settled = paid(reference_of(id), **odd)

    opened = {task.id for task in tasks.page(limit=100)} - before
    assert (settled.kind, order(id)[0], len(opened)) == ("unknown", "pending_payment", 1)
    assert accounts.violations() == []


def test_the_second_money_for_it_is_for_people_and_goes_nowhere_by_itself() -> None:
    id = an_old_order()
    paid(reference_of(id))

    again = paid(f"drugsng-{id}-1763900009999")

    assert (again.kind, again.refund_id) == ("unknown", None)
    assert tasks.page(limit=100)[-1].order_number == str(id)


def test_money_for_one_that_was_cancelled_is_for_people() -> None:
    id = an_old_order(status="Cancelled")

    assert (paid(reference_of(id)).kind, order(id)[0]) == ("unknown", "cancelled")


def test_what_the_old_program_was_paid_itself_is_taken_into_the_books_and_told_to_nobody_twice() -> None:
    customer = a_customer()
    id = an_old_order(customer=customer, status="Shipped", paymentStatus="Paid")
    connection().execute("""UPDATE orders SET "paymentReference" = %s WHERE id = %s""", (reference_of(id), id))

    settled = paid(reference_of(id))

    assert (settled.kind, order(id)[0], heard(customer)) == ("applied", "shipped", [])
    assert paid(reference_of(id)).kind == "unknown"  # another transaction under the same reference
    assert accounts.violations() == []


def test_an_order_of_this_program_is_not_found_by_the_old_ones_form() -> None:
    customer = a_customer()
    id = an_old_order()
    connection().execute("""UPDATE orders SET "customerId" = %s WHERE id = %s""", (customer, id))

    assert (paid(reference_of(id)).kind, order(id)[0]) == ("unknown", "pending_payment")
