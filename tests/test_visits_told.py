"""Whoever's visit ends without their doing hears of it, and no money is kept for a visit that is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from jobs import visits as jobs
from models import orders, visits
from models.payments import accounts, refunds, returning, settling
from models.visits import paid
from models.visits.values import Booked
from tests.factories import NOW, a_customer, a_proof, an_attempt, order_id
from tests.shops import run, shop
from tests.visits_world import a_doctor, a_test, booked, state_of

__all__ = ["shop"]  # a fixture


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    """After each test every kobo is accounted for."""
    yield
    assert accounts.violations() == []


def a_paid_visit(customer: int, ref: str) -> Booked:
    made = booked(customer, ref)
    attempt = an_attempt(customer, made.order_number)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    return made


def told(customer: int, name: str = "visit_changed") -> list[dict[str, Any]]:
    """What a customer's conversation has to say."""
    found = run("SELECT payload FROM inbox WHERE \"customerId\" = %s AND payload->>'name' = %s ORDER BY id", customer, name)
    return [payload["data"] for (payload,) in found]


def refunded(made: Booked) -> list[tuple[int, str]]:
    return run("""SELECT "amountKobo", reason FROM refunds WHERE "orderId" = %s""", order_id(made.order_number))


# --------------------------------------------------------------------------------------------------- told


def test_whoever_is_given_the_whole_fee_back_hears_that_the_visit_will_not_take_place() -> None:
    ada = a_customer()
    made = a_paid_visit(ada, a_doctor(fee=5000))
    ((payment,),) = run("""SELECT id FROM payments WHERE "orderId" = %s""", order_id(made.order_number))
    refund = returning.want(payment, None, "goodwill", by="staff:1", now=NOW)

    refunds.done(refunds.claim(refund, 30, now=NOW), "r1", now=NOW)

    assert state_of(made.number) == "cancelled"
    assert told(ada) == [{"number": made.number, "what": "cancelled", "refund_kobo": 0}]


def test_whoever_cancels_hears_it_in_the_answer_and_not_once_more_when_the_money_is_back() -> None:
    ada = a_customer()
    made = a_paid_visit(ada, a_doctor(fee=5000))
    visits.cancel(ada, made.number, now=NOW)
    ((refund,),) = run("""SELECT id FROM refunds WHERE "orderId" = %s""", order_id(made.order_number))

    refunds.done(refunds.claim(refund, 30, now=NOW), "r1", now=NOW)

    assert told(ada) == []


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE orders SET status = 'Cancelled' WHERE "orderNumber" = %(order)s""",
        "UPDATE appointments SET status = 'Cancelled' WHERE number = %(number)s",
    ],
    ids=["its order", "the visit"],
)
def test_what_the_old_program_cancelled_is_told_once_with_the_money_that_goes_back(statement: str) -> None:
    ada = a_customer()
    made = a_paid_visit(ada, a_doctor(fee=5000))
    run(
        statement.replace("%(order)s", "%s").replace("%(number)s", "%s"),
        made.order_number if "order" in statement else made.number,
    )

    paid.sweep(NOW, limit=100), paid.sweep(NOW, limit=100)

    assert told(ada) == [{"number": made.number, "what": "cancelled", "refund_kobo": 500_000}]


def test_an_unpaid_one_that_expires_is_told_by_its_order_alone() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(fee=5000))

    orders.expire_due(NOW + timedelta(minutes=30))

    assert (state_of(made.number), told(ada)) == ("expired", [])


# --------------------------------------------------------------------------------------------------- gone


@pytest.mark.parametrize("kind", ["doctor", "test"])
def test_what_was_paid_for_a_visit_whose_doctor_or_test_was_deleted_goes_back_and_its_customer_hears_of_it(kind: str) -> None:
    ada, ref = a_customer(), a_doctor(fee=5000) if kind == "doctor" else a_test(price=5000)
    made = a_paid_visit(ada, ref)
    run(f"DELETE FROM {'doctors' if kind == 'doctor' else 'diagnostic_tests'} WHERE id = %s", int(ref[1:]))

    done = paid.give_back_for_none(NOW, limit=10), paid.give_back_for_none(NOW, limit=10)

    assert (done, orders.get(ada, made.order_number).status) == ((1, 0), "cancelled")
    assert refunded(made) == [(500_000, "cancelled")]
    assert told(ada, "order_moved") == [
        {"order_number": made.order_number, "to": "cancelled", "rider": "", "rider_phone": "", "reason": "", "refund": True}
    ]


def test_a_fee_whose_visit_is_there_stays() -> None:
    ada, ben = a_customer(), a_customer()
    one, two = a_paid_visit(ada, a_doctor(fee=5000)), a_paid_visit(ben, a_test(price=3500))

    assert paid.give_back_for_none(NOW, limit=10) == 0
    assert [orders.get(who, made.order_number).status for who, made in ((ada, one), (ben, two))] == ["paid", "paid"]


def test_a_fee_whose_visit_only_lost_our_columns_to_the_old_programs_start_stays() -> None:
    ada = a_customer()
    made = a_paid_visit(ada, a_doctor(fee=5000))
    run('UPDATE appointments SET "orderId" = NULL WHERE number = %s', made.number)

    assert (paid.give_back_for_none(NOW, limit=10), refunded(made)) == (0, [])


def test_unpaid_fees_of_a_deleted_doctor_take_no_money_any_more() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    attempt = an_attempt(ada, made.order_number)
    run("DELETE FROM doctors WHERE id = %s", int(ref[1:]))

    settled = settling.settle(attempt.id, a_proof(attempt), now=NOW)

    assert (settled.kind, [kobo for kobo, _ in refunded(made)]) == ("late", [500_000])


def test_the_clock_looks_for_fees_without_a_visit() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = a_paid_visit(ada, ref)
    run("DELETE FROM doctors WHERE id = %s", int(ref[1:]))

    assert (jobs.fees_of_none(), jobs.fees_of_none()) == ("1 given back", "")
    assert refunded(made) == [(500_000, "cancelled")]
