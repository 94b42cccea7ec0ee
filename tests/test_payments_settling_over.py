"""Money for orders that are over, money that was taken back, and several proofs at once, on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import base, checkout, orders
from models.base import connection
from models.payments import returning, settling
from models.payments.values import Attempt, Settled
from models.prescriptions import approvals
from models.prescriptions.approvals import Allowed
from tests.factories import (
    FEE,
    NOW,
    a_colleague,
    a_customer,
    a_prescription,
    a_product,
    a_proof,
    an_attempt,
    an_order,
    order_id,
    stock_of,
)
from tests.test_payments_settling import LATE, SOON, log_of, refunds_of, settle, shop, state_of, tasks_of

__all__ = ["shop"]  # a fixture


# --------------------------------------------------------------------------------------------------- too late


def expired(quantity: int = 4, stock: int = 10) -> tuple[Attempt, str]:
    ref = a_product(stock=stock)
    ada = a_customer()
    attempt = an_attempt(ada, an_order(ada, {ref: quantity}, payment="paystack"))
    assert attempt.order_number in [one.number for one in orders.expire_due(LATE)]
    assert stock_of(ref) == stock
    return attempt, ref


def test_late_money_takes_an_expired_order_up_again_with_its_stock() -> None:
    attempt, ref = expired()

    settled = settle(attempt, now=LATE)

    assert (settled.kind, state_of(attempt), stock_of(ref)) == ("applied", "paid", 6)
    assert orders.move(attempt.order_id, "cancelled", who="staff:1", now=LATE)
    assert stock_of(ref) == 10


@pytest.mark.parametrize("what", ["stock = 3", '"isActive" = false', "control = 'controlled'", """"saleClass" = 'pom'"""])
def test_late_money_for_what_cannot_be_sold_any_more_goes_back(what: str) -> None:
    attempt, ref = expired()
    connection().execute(f"UPDATE products SET {what} WHERE id = %s", (int(ref[1:]),))
    left = stock_of(ref)

    settled = settle(attempt, now=LATE)

    assert (settled.kind, state_of(attempt), stock_of(ref)) == ("late", "expired", left)
    assert refunds_of(attempt) == [("late", "wanted", attempt.amount)]


def test_half_of_an_expired_order_is_not_taken_up() -> None:
    ada, there, gone = a_customer(), a_product(stock=5), a_product(kind="health", stock=5)
    attempt = an_attempt(ada, an_order(ada, {there: 2, gone: 2}, payment="paystack"))
    orders.expire_due(LATE)
    connection().execute("UPDATE healthcare_products SET stock = 1 WHERE id = %s", (int(gone[1:]),))

    assert settle(attempt, now=LATE).kind == "late"

    assert (stock_of(there), stock_of(gone)) == (5, 1)


def test_stock_nobody_counts_is_taken_up_again_without_a_reservation() -> None:
    ada, ref = a_customer(), a_product(stock=None)
    attempt = an_attempt(ada, an_order(ada, {ref: 2}, payment="paystack"))
    orders.expire_due(LATE)

    assert (settle(attempt, now=LATE).kind, stock_of(ref)) == ("applied", None)


@pytest.mark.parametrize(("since", "kind"), [("", "applied"), ("used", "late"), ("expired", "late")])
def test_an_expired_prescription_order_is_taken_up_while_its_approval_is_free(since: str, kind: str) -> None:
    ada, ref = a_customer(), a_product("Amlodipine 5mg", stock=9, sale_class="pom")
    prescription, signer = a_prescription(ada), a_colleague()
    decision = connection().execute(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, %s, 'approved', %s, 'Pat', '') RETURNING id""",
        (prescription, NOW, signer.id),
    )
    decision_id = (decision.fetchone() or (0,))[0]
    approvals.allow(decision_id, prescription, ada, [Allowed(0, ref, 2)], expires_at=NOW + timedelta(days=9), now=NOW)
    wish = checkout.Wish("delivery", "paystack", f"rx-{since}", "12 Allen Avenue, Ikeja")
    attempt = an_attempt(ada, checkout.place(ada, wish, delivery_fee=FEE, now=NOW).number)
    orders.expire_due(LATE)
    change = {"used": '"usedAt" = now()', "expired": '"expiresAt" = %(now)s'}.get(since, "quantity = quantity")
    connection().execute(
        f'UPDATE prescription_items SET {change} WHERE "customerId" = %(customer)s', {"now": LATE, "customer": ada}
    )

    assert settle(attempt, now=LATE).kind == kind

    used = connection().execute("""SELECT "orderId" FROM prescription_items WHERE "customerId" = %s""", (ada,)).fetchone()
    assert used == (attempt.order_id if kind == "applied" else None,)
    assert stock_of(ref) == (7 if kind == "applied" else 9)


def test_money_for_a_cancelled_order_goes_back() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    orders.cancel(ada, attempt.order_number, now=NOW)

    settled = settle(attempt)

    assert (settled.kind, state_of(attempt)) == ("late", "cancelled")
    assert refunds_of(attempt) == [("late", "wanted", attempt.amount)]


def test_cancelling_a_paid_order_wants_everything_back_that_was_taken() -> None:
    ada, ref = a_customer(), a_product(stock=9)
    attempt = an_attempt(ada, an_order(ada, {ref: 2}, payment="paystack"))
    settle(attempt)

    orders.cancel(ada, attempt.order_number, now=SOON)

    assert refunds_of(attempt) == [("cancelled", "wanted", attempt.amount)]
    assert (state_of(attempt), stock_of(ref)) == ("cancelled", 9)


@pytest.mark.parametrize("stock", [5, None])
def test_what_the_old_program_cancels_is_wanted_back_once(stock: int | None) -> None:
    ada = a_customer()
    attempt = an_attempt(ada, an_order(ada, {a_product(stock=stock): 1}, payment="paystack"))
    settle(attempt)
    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (attempt.order_id,))
    assert refunds_of(attempt) == []

    for _ in range(2):
        orders.expire_due(SOON)
        returning.give_back_what_was_left(SOON, limit=100)  # once a night

    assert refunds_of(attempt) == [("cancelled", "wanted", attempt.amount)]


# --------------------------------------------------------------------------------------------------- taken back


def test_a_reversal_is_a_task_and_the_order_stays_where_it_is() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, transaction_id="8801")
    orders.move(attempt.order_id, "shipped", who="staff:1", now=SOON)

    first, second = (settle(attempt, state="reversed", transaction_id="8801") for _ in range(2))

    assert (first.kind, second.kind, state_of(attempt)) == ("reversed", "nothing", "shipped")
    assert tasks_of(attempt) == [("reversed", attempt.amount)]


def test_a_reversal_that_comes_before_its_payment_is_known_pays_nothing() -> None:
    attempt = an_attempt(a_customer())

    assert settle(attempt, state="reversed", transaction_id="8802").kind == "reversed"
    assert settle(attempt, transaction_id="8802").kind == "nothing"

    assert state_of(attempt) == "pending_payment"
    assert [kind for kind, _ in tasks_of(attempt)] == ["reversed"]


def test_cancelling_after_a_reversal_sends_nothing_back_a_second_time() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    settle(attempt, transaction_id="8803")
    settle(attempt, state="reversed", transaction_id="8803")

    orders.cancel(ada, attempt.order_number, now=SOON)

    assert refunds_of(attempt) == []


def test_nothing_goes_back_by_itself_while_the_bank_disputes_the_payment() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    settle(attempt, transaction_id="8804")
    about: dict[str, Any] = {"reference": attempt.reference, "transaction_id": "8804", "amount": attempt.amount, "now": SOON}
    found = [settling.dispute("paystack", "d1", status="pending", **about) for _ in range(2)]

    orders.cancel(ada, attempt.order_number, now=SOON)

    assert found[1] is None
    assert refunds_of(attempt) == []
    assert tasks_of(attempt) == [("dispute", attempt.amount), ("refund_rest", attempt.amount)]


# --------------------------------------------------------------------------------------------------- at once


def at_once(*work: Callable[[], Settled | bool | None]) -> list[Any]:
    given: list[Any] = []
    ready = threading.Barrier(len(work))

    def one(do: Callable[[], Any]) -> None:
        base.connection()
        ready.wait(timeout=20)
        given.append(do())
        base.drop_connection()

    threads = [threading.Thread(target=one, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return given


def test_two_webhooks_the_return_page_and_the_clock_at_once_pay_once() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)

    given = at_once(*[lambda n=n: settling.settle(attempt.id if n % 2 else None, proof, now=SOON) for n in range(8)])

    assert sorted(each.kind for each in given) == ["applied"] + ["nothing"] * 7
    assert log_of(attempt).count("paid") == 1


def test_of_six_transactions_at_once_one_pays_and_five_go_back() -> None:
    attempt = an_attempt(a_customer())

    given = at_once(*[lambda: settle(attempt) for _ in range(6)])

    assert sorted(each.kind for each in given) == ["applied"] + ["double"] * 5
    assert [each[0] for each in refunds_of(attempt)] == ["double"] * 5


def test_paying_and_cancelling_at_once_loses_nothing() -> None:
    for _ in range(5):
        attempt = an_attempt(a_customer())

        at_once(
            lambda a=attempt: settle(a),
            lambda a=attempt: orders.move(a.order_id, "cancelled", who="staff:1", now=SOON),
        )

        assert state_of(attempt) == "cancelled"
        assert [(status, amount) for _, status, amount in refunds_of(attempt)] == [("wanted", attempt.amount)]


def test_two_expired_orders_fight_for_the_last_pieces_and_one_is_paid() -> None:
    ref = a_product(stock=4)
    pair = []
    for _ in range(2):
        ada = a_customer()
        pair.append(an_attempt(ada, an_order(ada, {ref: 3}, payment="paystack")))
        orders.move(order_id(pair[-1].order_number), "expired", who="clock", now=LATE)

    given = at_once(*[lambda a=a: settle(a, now=LATE) for a in pair])

    assert sorted(each.kind for each in given) == ["applied", "late"]
    assert stock_of(ref) == 1


def test_money_that_comes_while_two_customers_become_one_reaches_who_they_are_now() -> None:
    source, target = a_customer(), a_customer()
    attempt = an_attempt(source)
    given: list[Settled] = []

    def settling_it() -> None:
        given.append(settle(attempt))
        base.drop_connection()

    thread = threading.Thread(target=settling_it)
    with connection().transaction():
        connection().execute("SELECT FROM customers WHERE id = ANY(%s) FOR UPDATE", ([source, target],))
        thread.start()
        thread.join(timeout=0.3)  # it waits for us
        connection().execute("""UPDATE orders SET "customerId" = %s WHERE id = %s""", (target, attempt.order_id))
    thread.join(timeout=20)

    assert [(each.kind, each.customer_id) for each in given] == [("applied", target)]
