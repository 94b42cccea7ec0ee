"""Nobody keeps times from other patients by holding one after the other without paying: two may wait for their fee."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import orders, visits
from models.payments import settling
from models.values import Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.shops import at_once, run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked, held_times, state_of

__all__ = ["shop"]  # a fixture


def hours(count: int) -> timedelta:
    return timedelta(hours=count)


def test_the_third_that_would_wait_for_its_fee_is_refused_with_the_order_of_one_that_does() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    waiting = [booked(ada, ref), booked(ada, a_test(price=3500), TWO + hours(1))]

    with pytest.raises(Refused) as refused:
        booked(ada, ref, TWO + hours(2))

    assert refused.value.code == "unpaid"
    assert refused.value.detail["number"] in {one.order_number for one in waiting}
    assert held_times(ref) == [TWO]
    assert len(run('SELECT id FROM orders WHERE "customerId" = %s', ada)) == 2


def test_what_costs_nothing_may_be_booked_beside_them() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    booked(ada, ref), booked(ada, ref, TWO + hours(1))

    free = booked(ada, a_doctor(), TWO + hours(2))

    assert state_of(free.number) == "booked"


@pytest.mark.parametrize("end", ["paid", "cancelled", "expired"])
def test_when_one_is_paid_or_over_the_next_may_be_held(end: str) -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    first, _ = booked(ada, ref), booked(ada, ref, TWO + hours(1))
    if end == "paid":
        attempt = an_attempt(ada, first.order_number)
        settling.settle(attempt.id, a_proof(attempt), now=NOW)
    elif end == "cancelled":
        visits.cancel(ada, first.number, now=NOW)
    else:
        orders.expire_due(NOW + timedelta(minutes=30))

    third = booked(ada, ref, TWO + hours(2), now=NOW + timedelta(minutes=31))

    assert state_of(third.number) == "held"


def test_the_same_booking_again_is_no_third_one() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    made, _ = booked(ada, ref, key="once"), booked(ada, ref, TWO + hours(1))

    again = booked(ada, ref, key="once")

    assert again == made


def test_a_visit_that_waits_for_its_fee_may_be_moved() -> None:
    ada, ref = a_customer(), a_doctor(fee=5000)
    first, _ = booked(ada, ref), booked(ada, ref, TWO + hours(1))

    visits.reschedule(ada, first.number, TWO + hours(2), now=NOW)

    assert held_times(ref) == [TWO + hours(1), TWO + hours(2)]


def test_of_many_taps_at_once_two_are_held() -> None:
    ada, refs = a_customer(), [a_doctor(fee=5000) for _ in range(5)]

    given = at_once([lambda ref=ref, n=n: booked(ada, ref, TWO + hours(n - 2)) for n, ref in enumerate(refs)])

    assert [each.code for each in given if isinstance(each, Refused)] == ["unpaid"] * 3
    assert sum(len(held_times(ref)) for ref in refs) == 2
