"""Checkout by several at once, and twice: threads and processes on one real PostgreSQL."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import ClassVar

import psycopg
import pytest

from models import carts, checkout, orders
from models.base import connection
from models.checkout import Placed, Wish
from tests.children import Children
from tests.factories import FEE, NOW, a_cart, a_customer, a_product, an_order, order_id, stock_of
from tests.shops import at_once, shop

__all__ = ["shop"]  # a fixture

CASH = Wish("delivery", "cash", "key-1", "12 Allen Avenue, Ikeja")


def place(customer: int, wish: Wish = CASH) -> Placed:
    return checkout.place(customer, wish, delivery_fee=FEE, now=NOW)


def test_the_same_key_gives_the_same_order_whatever_the_cart_holds_by_then() -> None:
    ref, rx = a_product(stock=10), a_product("Amoxicillin", sale_class="pom")
    ada = a_cart({ref: 2, rx: 1})
    first = place(ada)
    a_cart({ref: 1}, customer=ada)
    carts.remove(ada, rx)

    assert place(ada) == first
    assert (stock_of(ref), len(carts.of(ada).lines)) == (8, 1)
    assert place(ada, replace(CASH, key="key-2")).number != first.number


def test_the_same_key_of_another_customer_is_another_order() -> None:
    ref = a_product()

    assert place(a_cart({ref: 1})).number != place(a_cart({ref: 1})).number


def test_eight_times_the_same_checkout_at_once_is_one_order() -> None:
    ref = a_product(stock=20)
    ada = a_cart({ref: 3})

    given = at_once([lambda: place(ada)] * 8)

    assert len({placed.number for placed in given if isinstance(placed, Placed)}) == 1, given
    assert len(given) == 8
    assert stock_of(ref) == 17
    assert orders.of(ada).total == 1


def test_two_different_checkouts_of_one_cart_at_once_make_one_order() -> None:
    ref = a_product(stock=20)
    ada = a_cart({ref: 3})

    given = at_once([lambda key=key: place(ada, replace(CASH, key=key)) for key in ("a", "b")])

    assert sorted(type(x).__name__ for x in given) == ["Placed", "Refused"]
    assert stock_of(ref) == 17


@pytest.mark.parametrize("kind", ["medicine", "health"])
def test_the_last_piece_goes_to_exactly_one_of_eight(kind: str) -> None:
    ref = a_product(kind=kind, stock=1)
    people = [a_cart({ref: 1}) for _ in range(8)]

    given = at_once([lambda who=who: place(who) for who in people])

    assert sum(isinstance(x, Placed) for x in given) == 1, given
    assert {x.code for x in given if not isinstance(x, Placed)} == {"out_of_stock"}
    assert stock_of(ref) == 0


def test_carts_that_share_products_in_any_order_never_lock_each_other_out() -> None:
    refs = [a_product(f"Shared {n}", stock=1000, kind="health" if n % 2 else "medicine") for n in range(4)]
    people = [a_cart(dict.fromkeys(refs if n % 2 else refs[::-1], 1)) for n in range(8)]
    numbers = [an_order(a_customer(), dict.fromkeys(refs[::-1], 1)) for _ in range(6)]

    given = at_once(
        [lambda who=who: place(who) for who in people]
        + [lambda number=number: orders.move(order_id(number), "cancelled", who="test", now=NOW) for number in numbers]
    )

    assert [x for x in given if isinstance(x, Exception)] == []
    assert [stock_of(ref) for ref in refs] == [1000 - 8] * 4


BUYER = """
import sys
from datetime import UTC, datetime
from models import base, checkout
from models.values import Money, Refused

base.bind(sys.argv[1])
for customer in map(int, sys.argv[2:]):
    wish = checkout.Wish("pickup", "cash", "only", "")
    try:
        print(checkout.place(customer, wish, delivery_fee=Money(0), now=datetime.now(UTC)).number)
    except Refused as no:
        print(no.code)
"""


def test_processes_that_race_for_five_pieces_sell_five(shop: str, children: Children) -> None:
    ref = a_product(stock=5)
    people = [a_cart({ref: 1}) for _ in range(12)]

    buyers = [children.start([sys.executable, "-c", BUYER, shop, *map(str, people[n::3])]) for n in range(3)]
    assert [buyer.process.wait(30) for buyer in buyers] == [0, 0, 0], [buyer.output() for buyer in buyers]
    said = [line for buyer in buyers for line in buyer.output().split()]

    assert sorted(line for line in said if not line.isdigit()) == ["out_of_stock"] * 7
    assert len({line for line in said if line.isdigit()}) == 5
    assert stock_of(ref) == 0


class Counting(psycopg.Cursor):  # type: ignore[type-arg]
    """A cursor that writes down what it is asked."""

    asked: ClassVar[list[str]] = []

    def execute(self, query, params=None, **more):  # type: ignore[no-untyped-def]
        self.asked.append(str(query))
        return super().execute(query, params, **more)


def test_placing_takes_three_statements_and_a_savepoint() -> None:
    ada = a_cart({a_product(): 1, a_product(kind="health"): 2})
    connection().cursor_factory, plain = Counting, connection().cursor_factory
    try:
        place(ada)
    finally:
        connection().cursor_factory = plain

    assert len(Counting.asked) == 3
