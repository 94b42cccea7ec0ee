"""Two at once at an order: whoever comes second waits, and nobody is thrown out by a deadlock, on a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from jobs import money
from models import base, customers, inbox, orders
from models.base import connection
from models.payments import refunds, settling
from models.payments.journal import lock_order
from models.payments.values import Attempt
from tests.factories import NOW, a_customer, a_product, a_proof, an_attempt, an_order, stock_of
from tests.test_payments_settling import LATE, shop, state_of

__all__ = ["shop"]  # a fixture
WAITS_S = 5.0


class Beside:
    """Something done in another thread, on a connection of its own."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(act,))
        self._thread.start()

    def _run(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self.error = error
        finally:
            base.drop_connection()

    def blocked(self) -> None:
        """Returns when it waits for a lock of ours, or has ended."""
        until = time.monotonic() + WAITS_S
        while time.monotonic() < until and self._thread.is_alive():
            look = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            if connection().execute(look).fetchone() != (0,):
                return
            time.sleep(0.02)

    def ended(self) -> None:
        self._thread.join(WAITS_S)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


def expire(now: Any) -> None:
    """As the clock does it: the order ends and its customer hears of it, in one transaction."""
    with connection().transaction():
        for one in orders.expire_due(now, limit=1):
            inbox.add_event(one.customer_id or 0, "order_expired", f"order_expired:{one.order_id}", {})


def an_unpaid_order() -> Attempt:
    """The only one that is due."""
    connection().execute("""UPDATE orders SET "reservedUntil" = NULL WHERE state = 'pending_payment'""")
    return an_attempt(a_customer())


@pytest.mark.parametrize("act", ["expire", "cancel"])
def test_an_order_that_ends_while_its_customer_is_merged_waits_for_the_merge(act: str) -> None:
    attempt, target = an_unpaid_order(), a_customer()
    settling.settle(attempt.id, a_proof(attempt), now=NOW) if act == "cancel" else None
    verbs = {
        "expire": lambda: expire(LATE),
        "cancel": lambda: orders.cancel(attempt.customer_id, attempt.order_number, now=NOW),
    }

    with connection().transaction():
        connection().execute("SELECT FROM customers WHERE id = ANY(%s) ORDER BY id FOR UPDATE", ([attempt.customer_id, target],))
        beside = Beside(verbs[act])
        beside.blocked()
        customers.merge(connection(), source=attempt.customer_id, target=target)
    beside.ended()

    assert state_of(attempt) == {"expire": "expired", "cancel": "cancelled"}[act]


def test_what_the_old_program_cancelled_is_settled_after_whoever_is_at_the_order() -> None:
    ada, ref = a_customer(), a_product(stock=5)
    attempt = an_attempt(ada, an_order(ada, {ref: 2}, payment="paystack"))
    settling.settle(attempt.id, a_proof(attempt), now=NOW)
    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (attempt.order_id,))

    with connection().transaction():
        lock_order(attempt.order_id)
        beside = Beside(lambda: expire(NOW))
        beside.blocked()
        assert orders.move(attempt.order_id, "refunded", who="paystack", now=NOW)
    beside.ended()

    assert (stock_of(ref), len(refunds.of_order(attempt.order_number))) == (5, 1)


def test_the_clock_ends_what_is_due_and_settles_what_the_old_program_ended_in_one_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(money, "hint_at", lambda hint, subject: True)  # no queue here: what is in the database counts
    due, ref = an_unpaid_order(), a_product(stock=5)
    ended = an_attempt(ada := a_customer(), an_order(ada, {ref: 2}, payment="paystack"))
    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (ended.order_id,))
    connection().execute("""UPDATE orders SET "reservedUntil" = now() - interval '1 hour' WHERE id = %s""", (due.order_id,))

    money.expired_orders()

    assert (state_of(due), stock_of(ref)) == ("expired", 5)


def test_late_money_and_the_clock_at_one_order_leave_it_paid_with_its_stock() -> None:
    ada, ref = a_customer(), a_product(stock=5)
    attempt = an_attempt(ada, an_order(ada, {ref: 2}, payment="paystack"))
    go = threading.Barrier(2)

    def pays() -> None:
        go.wait(WAITS_S)
        settling.settle(attempt.id, a_proof(attempt), now=LATE)

    beside = Beside(pays)
    go.wait(WAITS_S)
    orders.expire_due(LATE + timedelta(minutes=1))
    beside.ended()

    assert (state_of(attempt), stock_of(ref)) == ("paid", 3)


def test_a_dispute_told_while_its_payment_is_settled_holds_it_too() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    told: dict[str, Any] = {"reference": attempt.reference, "transaction_id": proof.transaction_id, "amount": None, "status": ""}

    with connection().transaction():
        lock_order(attempt.order_id)
        beside = Beside(lambda: settling.dispute(attempt.provider, "7", now=NOW, **told))
        beside.blocked()
        settling.settle(attempt.id, proof, now=NOW)
    beside.ended()
    orders.cancel(attempt.customer_id, attempt.order_number, now=NOW)

    assert refunds.of_order(attempt.order_number) == []
