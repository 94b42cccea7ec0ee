"""Whatever customers, payments and the clock do, in any order: no piece is lost, made up or sold twice, and totals add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from models import base, carts, checkout, orders
from models.base import connection
from models.checkout import Wish
from models.values import Money, Refused
from tests.factories import FEE, NOW, a_customer, a_product, order_id, stock_of
from tests.servers import Databases

PEOPLE = st.integers(0, 2)
GOODS = st.integers(0, 3)
QUANTITY = st.integers(1, 5)
PAYMENT = st.sampled_from(["cash", "paystack"])


class Shop(RuleBasedStateMachine):
    @initialize(stocks=st.lists(st.integers(1, 9), min_size=4, max_size=4))
    def open(self, stocks: list[int]) -> None:
        self.now = NOW
        self.people = [a_customer() for _ in range(3)]
        self.initial = {
            a_product(f"Product {n}", kind="health" if n % 2 else "medicine", price=f"{100 + n}.05", stock=stock): stock
            for n, stock in enumerate(stocks)
        }
        self.refs = list(self.initial)
        self.placed: list[tuple[int, Wish, checkout.Placed]] = []

    @rule(who=PEOPLE, what=GOODS, quantity=QUANTITY)
    def add(self, who: int, what: int, quantity: int) -> None:
        try:
            carts.add(self.people[who], self.refs[what], quantity, now=self.now)
        except Refused as no:
            if no.code not in ("out_of_stock", "less_stock", "too_many"):
                raise

    @rule(who=PEOPLE, what=GOODS, quantity=st.integers(0, 5))
    def change(self, who: int, what: int, quantity: int) -> None:
        try:
            carts.change(self.people[who], self.refs[what], quantity, now=self.now)
        except Refused as no:
            if no.code not in ("not_in_cart", "out_of_stock", "less_stock"):
                raise

    @rule(who=PEOPLE, payment=PAYMENT)
    def place(self, who: int, payment: str) -> None:
        cart = carts.of(self.people[who])
        wish = Wish("delivery", payment, f"{cart.version}", "12 Allen Avenue")
        try:
            placed = checkout.place(self.people[who], wish, delivery_fee=FEE, now=self.now)
        except Refused as no:
            if no.code not in ("empty", "out_of_stock"):
                raise
            return
        assert placed.total == cart.payable_total + FEE
        self.placed.append((who, wish, placed))

    @rule(who=PEOPLE, what=GOODS, quantity=QUANTITY, payment=PAYMENT)
    def buy(self, who: int, what: int, quantity: int, payment: str) -> None:
        self.add(who, what, quantity)
        self.place(who, payment)

    @rule(data=st.data())
    def place_again(self, data: st.DataObject) -> None:
        if self.placed:
            who, wish, placed = data.draw(st.sampled_from(self.placed))
            assert checkout.place(self.people[who], wish, delivery_fee=FEE, now=self.now) == placed

    @rule(data=st.data(), stranger=st.sampled_from([0, 0, 0, 1]))
    def cancel(self, data: st.DataObject, stranger: int) -> None:
        if not self.placed:
            return
        owner, _, placed = data.draw(st.sampled_from(self.placed))
        who = (owner + stranger) % 3
        try:
            orders.cancel(self.people[who], placed.number, now=self.now)
        except Refused as no:
            if no.code not in (("already", "too_late") if who == owner else ("unknown",)):
                raise
        else:
            assert who == owner

    @rule(data=st.data(), ways=st.lists(st.sampled_from(sorted(orders.TRANSITIONS)), min_size=1, max_size=3))
    def move(self, data: st.DataObject, ways: list[str]) -> None:
        if not self.placed:
            return
        _, _, placed = data.draw(st.sampled_from(self.placed))
        for to in ways:
            orders.move(order_id(placed.number), to, who="test", now=self.now)

    @rule(minutes=st.sampled_from([1, 15, 31]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        orders.expire_due(self.now)

    @invariant()
    def no_piece_is_lost_or_sold_twice(self) -> None:
        for ref, initial in getattr(self, "initial", {}).items():
            column = '"productId"' if ref.startswith("m") else '"healthcareProductId"'
            row = connection().execute(
                f"SELECT COALESCE(sum(quantity), 0) FROM stock_reservations WHERE {column} = %s AND state IN ('held', 'sold')",
                (int(ref[1:]),),
            )
            stock = stock_of(ref)
            assert stock is not None
            assert stock >= 0
            assert stock + row.fetchone()[0] == initial

    @invariant()
    def totals_are_the_sum_of_their_lines(self) -> None:
        for person in getattr(self, "people", ()):
            for order in orders.of(person, limit=50).orders:
                assert order.total == sum((line.line_total for line in order.lines), order.delivery_fee)
            cart = carts.of(person)
            assert cart.total == sum((line.line_total for line in cart.lines), Money(0))

    @invariant()
    def only_orders_under_way_hold_pieces(self) -> None:
        held = connection().execute(
            """SELECT DISTINCT o.state FROM stock_reservations r JOIN orders o ON o.id = r."orderId" WHERE r.state = 'held'"""
        )
        assert {state for (state,) in held.fetchall()} <= {"pending_payment", "paid", "processing"}


@pytest.fixture
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


@pytest.mark.usefixtures("shop")
def test_no_piece_is_lost_and_every_total_adds_up_whatever_happens() -> None:
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
        ),
    )
