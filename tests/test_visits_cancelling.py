"""A visit is cancelled: its time is free, its order is over, its money goes back, and late is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import orders, visits
from models.payments import accounts, settling
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked, happened, held_times, reminders, state_of

__all__ = ["shop"]  # a fixture


def paid_visit(customer: int, ref: str) -> str:
    """The number of a visit whose fee a provider took."""
    made = booked(customer, ref)
    attempt = an_attempt(customer, made.order_number)
    assert settling.settle(attempt.id, a_proof(attempt), now=NOW).kind == "applied"
    return made.number


def test_a_cancelled_time_is_free_again_and_nobody_is_reminded() -> None:
    ada, ref = a_customer(), a_doctor()
    made = booked(ada, ref)

    visit, _, refund = visits.cancel(ada, made.number, now=NOW)

    assert (visit.state, visit.cancellable, refund) == ("cancelled", False, Money(0))
    assert (held_times(ref), reminders(ada)) == ([], {})
    assert booked(a_customer(), ref).starts_at == TWO
    assert happened(made.number)[-1] == ("cancelled", f"customer:{ada}")


@pytest.mark.parametrize(("before", "late"), [(timedelta(hours=24), False), (timedelta(hours=23, minutes=59), True)])
def test_under_24_hours_is_late(before: timedelta, late: bool) -> None:
    ada = a_customer()
    made = booked(ada, a_doctor(), TWO + timedelta(days=7))

    assert visits.cancel(ada, made.number, now=TWO + timedelta(days=7) - before)[1] is late


def test_a_held_visit_takes_its_order_along() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)

    _, _, refund = visits.cancel(ada, made.number, now=NOW)

    assert (orders.get(ada, made.order_number).status, refund, held_times(ref)) == ("cancelled", Money(0), [])


@pytest.mark.parametrize("hours", [20, 1])
def test_a_paid_fee_goes_back_whole_late_or_not(hours: float) -> None:
    ada = a_customer()
    number = paid_visit(ada, a_doctor(fee=5000))

    _, _, refund = visits.cancel(ada, number, now=TWO - timedelta(hours=hours))

    order = visits.visit(ada, number).order_number
    assert (refund, orders.get(ada, order).status) == (Money(500_000), "cancelled")
    assert run(
        'SELECT status, reason FROM refunds WHERE "orderId" = (SELECT id FROM orders WHERE "orderNumber" = %s)', order
    ) == [("wanted", "cancelled")]
    assert accounts.violations() == []


def test_money_that_comes_after_the_cancelling_goes_back() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made = booked(ada, ref)
    attempt = an_attempt(ada, made.order_number)
    visits.cancel(ada, made.number, now=NOW)

    settled = settling.settle(attempt.id, a_proof(attempt), now=NOW)

    assert (settled.kind, settled.refund_id is not None, state_of(made.number)) == ("late", True, "cancelled")
    assert accounts.violations() == []


def test_an_order_that_is_cancelled_takes_its_visit_along() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    number = paid_visit(ada, ref)

    orders.cancel(ada, visits.visit(ada, number).order_number, now=NOW)

    assert (state_of(number), held_times(ref), reminders(ada)) == ("cancelled", [], {})


@pytest.mark.parametrize("state", ["booked", "done", "no_show"])
def test_the_order_of_a_visit_that_has_begun_is_not_cancelled_for_its_money(state: str) -> None:
    ada = a_customer()
    number = paid_visit(ada, a_doctor(fee=5000))
    order = visits.visit(ada, number).order_number
    run("UPDATE appointments SET state = %s WHERE number = %s", state, number)

    with pytest.raises(Refused, match="too_late"):
        orders.cancel(ada, order, now=TWO)

    assert (orders.get(ada, order).status, orders.get(ada, order).cancellable) == ("paid", state == "booked")


def test_a_second_time_it_is_over() -> None:
    ada = a_customer()
    made = booked(ada, a_test(price=3500))
    visits.cancel(ada, made.number, now=NOW, who="staff:5")

    with pytest.raises(Refused) as no:
        visits.cancel(ada, made.number, now=NOW)

    assert (no.value.code, no.value.detail["state"]) == ("over", "cancelled")
    assert happened(made.number)[-1] == ("cancelled", "staff:5")


def test_one_that_has_begun_and_somebody_elses_are_not_cancelled() -> None:
    ada = a_customer()
    made = booked(ada, a_doctor())

    with pytest.raises(Refused, match="over"):
        visits.cancel(ada, made.number, now=TWO)
    with pytest.raises(Refused, match="unknown"):
        visits.cancel(a_customer(), made.number, now=NOW)
