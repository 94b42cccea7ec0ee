"""Money going back, on a real PostgreSQL: never more than was taken, one at a time, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from models import base, orders
from models.base import connection
from models.payments import accounts, refunds, settling, tasks
from models.payments.refunds import Refund
from models.payments.values import Attempt
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.servers import Databases

SOON = NOW + timedelta(minutes=5)
HALF = Money(50_000)


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    """One database for the module: every test brings its own customers and orders; all of it must add up in the end."""
    with databases.fresh() as url:
        base.bind(url)
        yield
        assert accounts.violations() == []
        base.drop_connection()


def a_payment(customer: int = 0) -> tuple[Attempt, int]:
    attempt = an_attempt(customer or a_customer())
    payment = settling.settle(attempt.id, a_proof(attempt), now=NOW).payment_id
    assert payment is not None
    return attempt, payment


def want(payment: int, amount: Money | None) -> int:
    return refunds.want(payment, amount, "goodwill", by="staff:1", now=NOW)


def claimed(refund: int) -> Refund:
    work = refunds.claim(refund, 30, now=SOON)
    assert work is not None
    return work


def state_of(attempt: Attempt) -> str:
    row = connection().execute("SELECT state FROM orders WHERE id = %s", (attempt.order_id,)).fetchone()
    return str(row[0]) if row else ""


def open_tasks(attempt: Attempt) -> list[str]:
    return [task.kind for task in tasks.of_order(attempt.order_number) if task.closed_at is None]


def test_a_part_and_then_the_rest_go_back_and_not_a_kobo_more() -> None:
    attempt, payment = a_payment()

    assert refunds.done(claimed(want(payment, HALF)), "r1", now=SOON)
    assert refunds.done(claimed(want(payment, None)), "r2", now=SOON)

    assert sum(each.amount.kobo for each in refunds.of_order(attempt.order_number)) == attempt.amount.kobo
    assert refunds.of_payment(payment) == refunds.of_order(attempt.order_number)
    with pytest.raises(Refused, match="too_much"):
        want(payment, Money(1))
    with pytest.raises(Refused, match="too_much"):
        want(payment, None)


@pytest.mark.parametrize(
    ("amount", "code"),
    [(Money(0), "bad_amount"), (Money(-5), "bad_amount"), (Money(1, "USD"), "bad_amount"), (Money(10**12), "too_much")],
)
def test_an_amount_that_cannot_be_is_refused(amount: Money, code: str) -> None:
    _, payment = a_payment()

    with pytest.raises(Refused, match=code):
        want(payment, amount)


def test_a_payment_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="unknown"):
        want(2**40, HALF)


def test_one_refund_of_a_payment_is_under_way_at_a_time() -> None:
    _, payment = a_payment()
    first = want(payment, HALF)

    with pytest.raises(Refused) as no:
        want(payment, HALF)

    assert (no.value.code, no.value.detail["refund"]) == ("one_open", first)


def test_of_six_who_want_one_at_once_one_does() -> None:
    _, payment = a_payment()
    given: list[str] = []

    def wanting() -> None:
        try:
            given.append(str(want(payment, None) and "wanted"))
        except Refused as no:
            given.append(no.code)
        base.drop_connection()

    threads = [threading.Thread(target=wanting) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(given) == ["one_open"] * 5 + ["wanted"]


def test_a_refund_is_one_workers_and_counts_its_tries() -> None:
    _, payment = a_payment()
    refund = want(payment, None)
    assert refund in refunds.due(NOW, limit=1000)

    first, second = (refunds.claim(refund, 30, now=NOW) for _ in range(2))
    assert second is None
    assert first is not None
    assert refunds.later(first, "timeout", timedelta(seconds=2), now=NOW)
    assert refunds.claim(refund, 30, now=NOW) is None

    assert claimed(refund).tries == 2


def test_a_worker_that_was_frozen_past_its_lease_changes_nothing() -> None:
    _, payment = a_payment()
    refund = want(payment, None)
    frozen = refunds.claim(refund, 30, now=NOW)
    other = claimed(refund)
    assert frozen is not None

    assert refunds.failed(frozen, "timeout", now=SOON) is False
    assert refunds.sent(other, "r9", now=SOON)


def test_a_sent_refund_is_looked_at_until_it_is_done_and_the_customer_hears_once() -> None:
    ada = a_customer()
    attempt, payment = a_payment(ada)
    refund = want(payment, HALF)
    assert refunds.sent(claimed(refund), "r1", now=NOW)

    assert refund in refunds.due(NOW + timedelta(minutes=3), limit=1000)
    assert refunds.still_pending(claimed(refund), now=SOON)
    assert refund not in refunds.due(SOON, limit=1000)
    (transaction,) = connection().execute("""SELECT "transactionId" FROM payments WHERE id = %s""", (payment,)).fetchone() or (
        "",
    )
    assert refunds.heard("paystack", transaction, now=SOON) == [refund]
    work = claimed(refund)
    assert refunds.done(work, now=SOON)
    assert refunds.done(work, now=SOON) is False

    rows = connection().execute("""SELECT payload->>'name' FROM inbox WHERE "customerId" = %s""", (ada,)).fetchall()
    assert [row[0] for row in rows].count("payment_refunded") == 1
    assert state_of(attempt) == "paid"


def test_an_order_of_which_everything_went_back_is_refunded() -> None:
    ada = a_customer()
    attempt, _ = a_payment(ada)
    orders.cancel(ada, attempt.order_number, now=NOW)
    (refund,) = refunds.of_order(attempt.order_number)

    refunds.done(claimed(refund.id), "r1", now=SOON)

    assert state_of(attempt) == "refunded"
    assert len(refunds.of_order(attempt.order_number)) == 1


def test_a_refund_that_failed_is_a_task_and_may_be_wanted_again() -> None:
    attempt, payment = a_payment()

    assert refunds.failed(claimed(want(payment, None)), "declined", now=SOON)

    assert open_tasks(attempt) == ["refund_failed"]
    assert refunds.done(claimed(want(payment, None)), "r2", now=SOON)


def test_bank_details_that_are_missing_are_a_task_until_the_money_is_back() -> None:
    attempt, payment = a_payment()
    refund = want(payment, None)

    for _ in range(2):
        assert refunds.needs_attention(claimed(refund), "r1", now=SOON)
    assert open_tasks(attempt) == ["refund_needs_attention"]
    refunds.heard("paystack", claimed(refund).transaction_id, now=SOON)
    again = refunds.claim(refund, 30, now=SOON + timedelta(minutes=1))
    assert again is not None
    assert refunds.done(again, now=SOON)

    assert open_tasks(attempt) == []


def test_what_could_not_be_wanted_beside_another_refund_is_wanted_when_that_has_ended() -> None:
    ada = a_customer()
    attempt, payment = a_payment(ada)
    first = want(payment, HALF)
    orders.cancel(ada, attempt.order_number, now=NOW)
    assert open_tasks(attempt) == ["refund_rest"]

    refunds.done(claimed(first), "r1", now=SOON)

    assert open_tasks(attempt) == []
    assert [(each.status, each.amount) for each in refunds.of_order(attempt.order_number)] == [
        ("done", HALF),
        ("wanted", attempt.amount - HALF),
    ]


def test_what_the_provider_took_back_is_not_ours_to_return() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt, transaction_id="7101")
    payment = settling.settle(attempt.id, proof, now=NOW).payment_id
    assert payment is not None
    refund = want(payment, HALF)

    settling.settle(attempt.id, a_proof(attempt, state="reversed", transaction_id="7101"), now=SOON)

    stopped = refunds.get(refund)
    assert stopped is not None
    assert (stopped.status, stopped.detail) == ("failed", "reversed")
    with pytest.raises(Refused, match="reversed"):
        want(payment, HALF)


def test_our_own_whole_refund_looks_like_a_reversal_and_is_no_news() -> None:
    attempt = an_attempt(a_customer())
    payment = settling.settle(attempt.id, a_proof(attempt, transaction_id="7102"), now=NOW).payment_id
    assert payment is not None
    refunds.sent(claimed(want(payment, None)), "r1", now=SOON)

    told = settling.settle(attempt.id, a_proof(attempt, state="reversed", transaction_id="7102"), now=SOON)

    assert told.kind == "nothing"
    assert open_tasks(attempt) == []
