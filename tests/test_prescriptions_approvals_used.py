"""Approvals that orders have used: freed when the order ends before it left the house, used once by several at once."""

from __future__ import annotations

import pytest

from models import carts, checkout, customers, orders
from models.base import connection
from models.checkout import Placed, Wish
from models.values import Refused
from tests.factories import NOW, a_cart, a_customer, a_product, order_id, stock_of
from tests.shops import at_once, run, shop
from tests.test_prescriptions_approvals import FEE, amoxicillin, approve, cart, place, used

__all__ = ["shop"]  # a fixture


@pytest.mark.parametrize("end", ["cancelled", "expired", "refunded"])
def test_an_order_that_ends_before_it_left_the_house_frees_its_approvals(end: str) -> None:
    ada, ref = a_customer(), amoxicillin(stock=4)
    approve(ada, {ref: 1})
    wish = Wish("pickup", "paystack" if end == "expired" else "cash", f"k-{end}")
    number = checkout.place(ada, wish, delivery_fee=FEE, now=NOW).number

    assert orders.move(order_id(number), end, who="test", now=NOW)
    carts.add(ada, ref, 1, now=NOW)

    assert (used(ada), cart(ada), stock_of(ref)) == ([(1, False)], [(ref, 1, "")], 4)


def test_a_refund_after_the_medicine_left_the_house_frees_nothing() -> None:
    ada, ref = a_customer(), amoxicillin()
    approve(ada, {ref: 1})
    number = place(ada).number

    for state in ("shipped", "delivered", "refunded"):
        assert orders.move(order_id(number), state, who="test", now=NOW)

    assert used(ada) == [(1, True)]


def test_what_the_old_program_cancelled_is_freed_by_the_clock() -> None:
    ada, ref = a_customer(), amoxicillin(stock=None)  # not counted, so no reservation tells of it
    approve(ada, {ref: 1})
    number = place(ada).number
    run("UPDATE orders SET status = 'Cancelled' WHERE id = %s", order_id(number))

    orders.expire_due(NOW)

    assert used(ada) == [(1, False)]


def test_two_checkouts_at_once_use_an_approval_once() -> None:
    ada, ref = a_customer(), amoxicillin(stock=20)
    approve(ada, {ref: 1})
    wish = [Wish("pickup", "cash", f"race-{n}") for n in range(6)]

    given = at_once([lambda w=w: checkout.place(ada, w, delivery_fee=FEE, now=NOW) for w in wish])  # type: ignore[misc]

    assert sum(isinstance(each, Placed) for each in given) == 1
    assert {each.code for each in given if isinstance(each, Refused)} == {"empty"}
    assert (used(ada), stock_of(ref)) == ([(1, True)], 19)


def test_putting_it_in_again_while_it_is_ordered_does_not_pay_for_it_twice() -> None:
    ada, ref = a_customer(), amoxicillin(stock=20)
    approve(ada, {ref: 1})

    def again() -> object:
        carts.add(ada, ref, 1, now=NOW)
        return checkout.place(ada, Wish("pickup", "cash", "again"), delivery_fee=FEE, now=NOW)

    given = at_once([lambda: checkout.place(ada, Wish("pickup", "cash", "once"), delivery_fee=FEE, now=NOW), again])

    assert sum(isinstance(each, Placed) for each in given) == 1
    assert used(ada) == [(1, True)]


def test_a_decision_and_a_checkout_at_once_leave_nothing_lost() -> None:
    panadol, ref = a_product("Panadol"), amoxicillin()
    ada = a_cart({panadol: 1})

    given = at_once(
        [
            lambda: approve(ada, {ref: 1}),
            lambda: checkout.place(ada, Wish("pickup", "cash", "now"), delivery_fee=FEE, now=NOW),
        ]
    )

    assert [each for each in given if isinstance(each, Exception)] == []
    assert sum(done for _, done in used(ada)) + len(cart(ada)) == 1


def test_approvals_go_with_a_customer_who_turns_out_to_be_another() -> None:
    ada, bola, ref = a_customer(), a_customer(), amoxicillin()
    approve(ada, {ref: 1})

    with connection().transaction():
        customers.merge(connection(), source=ada, target=bola)

    assert (cart(bola), used(bola)) == ([(ref, 1, "")], [(1, False)])
    assert place(bola).waiting == ()
