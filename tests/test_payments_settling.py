"""What becomes of money, on a real PostgreSQL: paid once, and everything else on its way back or before a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from models import base, orders
from models.base import connection
from models.payments import accounts, attempts, refunds, settling, tasks
from models.payments.values import Attempt, Proof, Settled
from models.values import Money
from tests.factories import NOW, a_customer, a_proof, an_attempt, an_order
from tests.servers import Databases

SOON = NOW + timedelta(minutes=5)
LATE = NOW + timedelta(minutes=50)


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    """One database for the module: every test brings its own customers and orders; all of it must add up in the end."""
    with databases.fresh() as url:
        base.bind(url)
        yield
        assert accounts.violations() == []
        base.drop_connection()


def settle(attempt: Attempt, *, now: Any = SOON, **values: Any) -> Settled:
    return settling.settle(attempt.id, a_proof(attempt, **values), now=now)


def state_of(attempt: Attempt) -> str:
    row = connection().execute("SELECT state FROM orders WHERE id = %s", (attempt.order_id,)).fetchone()
    return str(row[0]) if row else ""


def tasks_of(attempt: Attempt) -> list[tuple[str, Money]]:
    return [(task.kind, task.amount) for task in tasks.of_order(attempt.order_number)]


def refunds_of(attempt: Attempt) -> list[tuple[str, str, Money]]:
    return [(each.reason, each.status, each.amount) for each in refunds.of_order(attempt.order_number)]


def log_of(attempt: Attempt) -> list[str]:
    rows = connection().execute("""SELECT what FROM order_events WHERE "orderId" = %s ORDER BY id""", (attempt.order_id,))
    return [row[0] for row in rows.fetchall()]


def told(customer: int) -> list[str]:
    rows = connection().execute("""SELECT payload->>'name' FROM inbox WHERE "customerId" = %s ORDER BY id""", (customer,))
    return [row[0] for row in rows.fetchall()]


def again(attempt: Attempt) -> Attempt:
    found = attempts.get(attempt.id)
    assert found is not None
    return found


# --------------------------------------------------------------------------------------------------- enough


def test_a_whole_proof_pays_the_order_and_the_customer_hears_of_it() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)

    settled = settle(attempt)

    assert (settled.kind, settled.order_number, settled.customer_id) == ("applied", attempt.order_number, ada)
    assert (state_of(attempt), again(attempt).status) == ("paid", "paid")
    assert told(ada) == ["payment_ready", "payment_received"]
    assert log_of(attempt) == ["placed", "payment_begun", "paid", "payment_applied"]
    assert (tasks_of(attempt), refunds_of(attempt)) == ([], [])


def test_the_same_proof_again_changes_nothing() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)

    kinds = [settling.settle(which, proof, now=SOON).kind for which in (attempt.id, None, attempt.id)]

    assert kinds == ["applied", "nothing", "nothing"]
    assert log_of(attempt).count("paid") == 1


def test_a_fee_the_customer_bears_is_no_surplus() -> None:
    attempt = an_attempt(a_customer())

    settled = settle(attempt, amount=attempt.amount + Money(10_000), fee=Money(10_000))

    assert settled.kind == "applied"
    assert refunds_of(attempt) == []


def test_an_order_paid_at_the_other_provider_says_so_to_the_old_program() -> None:
    ada = a_customer()
    number = an_order(ada, payment="paystack")
    attempt = an_attempt(ada, number, provider="flutterwave")

    settle(attempt)

    row = connection().execute(
        """SELECT "paymentMethod", "paymentStatus", "paymentReference" FROM orders WHERE id = %s""", (attempt.order_id,)
    )
    assert row.fetchone() == ("Flutterwave", "Paid", attempt.reference)


def test_what_failed_may_become_paid_and_what_is_paid_never_fails() -> None:
    attempt = an_attempt(a_customer())

    settle(attempt, state="failed")
    paid = settle(attempt)
    settle(attempt, state="failed")

    assert paid.kind == "applied"
    assert (again(attempt).status, state_of(attempt)) == ("paid", "paid")


def test_an_order_the_staff_let_go_on_is_paid_and_stays_where_it_is() -> None:
    attempt = an_attempt(a_customer())
    assert orders.move(attempt.order_id, "processing", who="staff:1", now=NOW)

    settled = settle(attempt)

    assert (settled.kind, state_of(attempt)) == ("applied", "processing")
    assert settle(attempt).kind == "double"


# --------------------------------------------------------------------------------------------------- too much


def test_a_surplus_goes_back_and_the_order_is_paid() -> None:
    attempt = an_attempt(a_customer())

    settled = settle(attempt, amount=attempt.amount + Money(70_000), requested=None)

    assert (settled.kind, state_of(attempt)) == ("overpaid", "paid")
    assert refunds_of(attempt) == [("overpaid", "wanted", Money(70_000))]


def test_a_surplus_that_may_be_a_fee_nobody_named_is_for_a_person() -> None:
    attempt = an_attempt(a_customer())

    settled = settle(attempt, amount=attempt.amount + Money(70_000), fee=None)

    assert settled.kind == "overpaid"
    assert (tasks_of(attempt), refunds_of(attempt)) == ([("overpaid", Money(70_000))], [])


def test_a_second_success_goes_back_whole_whichever_attempt_it_is_on() -> None:
    ada = a_customer()
    first = an_attempt(ada)
    settle(first, state="failed")
    second = an_attempt(ada, first.order_number, provider="flutterwave")
    settle(second)

    late = settle(first)
    twice = settle(second)

    assert (late.kind, twice.kind) == ("double", "double")
    assert [each[0] for each in refunds_of(first)] == ["double", "double"]
    assert state_of(first) == "paid"
    assert told(ada)[-2:] == ["payment_problem", "payment_problem"]


# --------------------------------------------------------------------------------------------------- too little, or other


def test_too_little_pays_nothing_and_is_for_a_person() -> None:
    attempt = an_attempt(a_customer())

    settled = settle(attempt, amount=attempt.amount - Money(1))

    assert (settled.kind, state_of(attempt), again(attempt).status) == ("short", "pending_payment", "failed")
    assert tasks_of(attempt) == [("short", attempt.amount - Money(1))]


@pytest.mark.parametrize("odd", ["currency", "mode", "requested", "provider"])
def test_what_is_not_equal_pays_nothing(odd: str) -> None:
    attempt = an_attempt(a_customer())
    kobo = attempt.amount.kobo
    values: dict[str, dict[str, Any]] = {
        "currency": {"amount": Money(kobo, "USD"), "requested": None},
        "mode": {"mode": "test"},
        "requested": {"requested": Money(kobo - 1)},
        "provider": {},
    }
    proof = a_proof(attempt, **values[odd])
    if odd == "provider":
        proof = Proof("flutterwave", attempt.reference, "paid", "77001", attempt.amount, mode="live")

    settled = settling.settle(attempt.id, proof, now=SOON)

    assert (settled.kind, state_of(attempt)) == ("mismatch", "pending_payment")
    assert [kind for kind, _ in tasks_of(attempt)] == ["mismatch"]
    assert refunds_of(attempt) == []


def test_an_answer_about_another_attempt_settles_that_one() -> None:
    asked, meant = an_attempt(a_customer()), an_attempt(a_customer())

    settled = settling.settle(asked.id, a_proof(meant), now=SOON)

    assert (settled.kind, settled.attempt_id) == ("applied", meant.id)
    assert (state_of(asked), state_of(meant)) == ("pending_payment", "paid")


def test_money_under_a_reference_that_is_none_of_ours_is_one_task() -> None:
    proof = Proof("paystack", "ELSEWHERE-1", "paid", "99887766", Money(5_000), mode="live")

    kinds = [settling.settle(None, proof, now=SOON).kind for _ in range(2)]

    assert kinds == ["unknown", "nothing"]
    assert [task.kind for task in tasks.page(limit=100) if task.reference == "ELSEWHERE-1"] == ["unknown"]


def test_the_same_transaction_with_another_amount_is_noticed_and_not_counted_again() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, transaction_id="5551")

    settled = settle(attempt, transaction_id="5551", amount=attempt.amount + Money(100))

    assert settled.kind == "nothing"
    assert tasks_of(attempt) == [("changed", Money(0))]
