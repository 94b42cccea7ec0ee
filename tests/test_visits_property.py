"""Histories at random: whatever customers, providers, the clock and the old program do, visits, their times, orders and money agree."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from models import orders, visits
from models.base import connection
from models.payments import accounts, returning, settling
from models.visits import paid
from tests.factories import NOW, a_customer, a_proof, an_attempt, order_id
from tests.payment_world import may_refuse
from tests.shops import run, shop
from tests.visits_world import TWO, a_doctor, a_test, booked

__all__ = ["shop"]  # a fixture

HALF = timedelta(minutes=30)
STEPS = 30
MAY_REFUSE = ("taken", "clash", "over", "too_soon", "too_late", "already", "not_payable", "already_paid", "one_open", "unknown")
# What holds between a visit and its order when the sweep has been there.
AGREE = {
    "held": {"pending_payment"},
    "booked": {"paid", "processing", "shipped"},
    "done": {"paid", "shipped", "refunded", "cancelled"},  # the old program cancels whatever it is told to
    "cancelled": {"cancelled", "refunded", "expired", "shipped"},
    "expired": {"expired", "refunded"},
}
HELD = """
SELECT (SELECT count(*) FROM visit_times), (SELECT count(*) FROM appointments v FULL JOIN visit_times t ON t."appointmentId" = v.id
        WHERE (v.state IN ('held', 'booked')) IS DISTINCT FROM (t.id IS NOT NULL) AND t."bookingId" IS NULL
            OR t.id IS NOT NULL AND t."bookingId" IS NULL AND tstzrange(v."dateTime", v."endsAt") <> t.during),
    (SELECT count(*) FROM diagnostic_bookings v WHERE (v.state IN ('held', 'booked'))
        IS DISTINCT FROM EXISTS (SELECT FROM visit_times t WHERE t."bookingId" = v.id))
"""
PAIRS = """
SELECT v.state, o.state FROM orders o
JOIN (SELECT state, "orderId" FROM appointments UNION ALL SELECT state, "orderId" FROM diagnostic_bookings) v ON o.id = v."orderId"
"""
# What the old program ends, or staff call done, may still have a reminder, which asks for the state before it is said.
REMINDED = """
SELECT v.number, v.state FROM timers t JOIN (
    SELECT number, state, EXISTS (SELECT FROM visit_events WHERE "appointmentId" = a.id AND who = 'old system') AS old FROM appointments a
    UNION ALL SELECT number, state, false FROM diagnostic_bookings) v ON v.number = split_part(t.subject, ':', 1)
WHERE t.kind = 'visit_soon' AND t."firedAt" IS NULL AND v.state NOT IN ('booked', 'done') AND NOT v.old
"""


class History:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now: datetime = NOW
        self.people = [a_customer() for _ in range(3)]
        self.refs = [a_doctor(fee=5000), a_doctor(), a_test(price=3500)]
        self.made: list[tuple[int, str, str]] = []  # customer, visit, order
        self.attempts: list[object] = []

    def step(self) -> None:
        acts = [self.book, self.book, self.move, self.cancel, self.pay, self.pay, self.wait, self.cancel_order, self.refund]
        act = self.dice.choice([*acts, self.old_cancels, self.old_pays, self.old_ships, self.took_place])
        with may_refuse(*MAY_REFUSE):
            act()

    def _one(self) -> tuple[int, str, str]:
        return self.dice.choice(self.made) if self.made else (self.people[0], "0", "0")

    def _at(self) -> datetime:
        return TWO + self.dice.randrange(4) * HALF

    def book(self) -> None:
        customer, ref = self.dice.choice(self.people), self.dice.choice(self.refs)
        made = booked(customer, ref, self._at(), now=self.now)
        self.made.append((customer, made.number, made.order_number))
        if made.order_number:
            self.attempts.append(an_attempt(customer, made.order_number, now=self.now))

    def move(self) -> None:
        customer, number, _ = self._one()
        visits.reschedule(customer, number, self._at(), now=self.now)

    def cancel(self) -> None:
        customer, number, _ = self._one()
        visits.cancel(customer, number, now=self.now)

    def cancel_order(self) -> None:
        customer, _, order = self._one()
        orders.cancel(customer, order, now=self.now)

    def pay(self) -> None:
        if self.attempts:
            attempt = self.dice.choice(self.attempts[-4:])
            settling.settle(attempt.id, a_proof(attempt), now=self.now)  # type: ignore[attr-defined]

    def wait(self) -> None:
        self.now += timedelta(minutes=self.dice.choice([5, 30, 60]))
        orders.expire_due(self.now)

    def refund(self) -> None:
        _, _, order = self._one()
        if order and order != "0":
            orders.move(order_id(order), "refunded", who="staff:1", now=self.now)

    def old_cancels(self) -> None:
        table, column = self.dice.choice([("appointments", "number"), ("orders", '"orderNumber"')])
        run(f"UPDATE {table} SET status = 'Cancelled' WHERE {column} = %s", self._one()[1 if table == "appointments" else 2])

    def old_pays(self) -> None:
        run(
            """UPDATE orders SET "paymentStatus" = 'Paid' WHERE state = 'pending_payment' AND "orderNumber" = %s""",
            self._one()[2],
        )

    def old_ships(self) -> None:
        run("""UPDATE orders SET status = 'Shipped' WHERE state = 'paid' AND "orderNumber" = %s""", self._one()[2])

    def took_place(self) -> None:
        run("UPDATE appointments SET state = 'done' WHERE state = 'booked' AND number = %s", self._one()[1])

    def check(self) -> None:
        for _ in range(3):
            paid.sweep(self.now, limit=100)
        returning.give_back_what_was_left(self.now, limit=100)  # as in the night
        times, apart, tests_apart = run(HELD)[0]
        assert (apart, tests_apart) == (0, 0), times
        assert [pair for pair in run(PAIRS) if pair[1] not in AGREE[pair[0]]] == []
        assert run(REMINDED) == []
        # Money that only the old program knows of is paid without a payment of ours; nothing else may be odd.
        assert [each for each in accounts.violations() if each.rule != "paid_without_money"] == []


@pytest.mark.parametrize("seed", range(4))
def test_visits_times_orders_and_money_agree_whatever_happens(seed: int) -> None:
    for table in (
        "payment_tasks",
        "refunds",
        "payments",
        "payment_attempts",
        "visit_times",
        "appointments",
        "diagnostic_bookings",
    ):
        connection().execute(f"DELETE FROM {table}")
    connection().execute("DELETE FROM orders")
    connection().execute("DELETE FROM timers")
    history = History(seed)

    for _ in range(STEPS):
        history.step()
        history.check()

    assert history.made
