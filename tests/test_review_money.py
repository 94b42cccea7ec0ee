"""Ways in which money could be lost or doubled, on a real PostgreSQL: what people settle by hand, disputes, other people's answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import fulfilment, money_desk, orders
from models.base import connection
from models.payments import attempts, checking, refunds, refunds_there, returning, settling, tasks
from models.payments.refunds_there import There
from models.payments.values import Attempt, Proof
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_product, a_proof, an_attempt, an_order
from tests.test_payments_settling import SOON, again, refunds_of, settle, shop, state_of, tasks_of

__all__ = ["shop"]  # a fixture


def close(attempt: Attempt, outcome: str) -> None:
    """Every open task of the order, as a person closes it."""
    for task in tasks.of_order(attempt.order_number):
        if task.closed_at is None:
            assert tasks.close(task.id, by="staff:1", outcome=outcome, now=SOON)


def refuse_refund(refund: int) -> None:
    work = refunds.claim(refund, 30, now=SOON)
    assert work is not None
    assert refunds.failed(work, "declined", now=SOON)


def wanted(attempt: Attempt) -> list[tuple[str, Money]]:
    return [(reason, amount) for reason, status, amount in refunds_of(attempt) if status == "wanted"]


# --------------------------------------------------------------------------------------------------- settled by hand


def test_what_was_short_and_given_back_by_hand_does_not_go_back_again_when_the_order_is_cancelled() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, amount=attempt.amount - Money(100))
    close(attempt, "by_hand")

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert refunds_of(attempt) == []


def test_money_that_came_short_leaves_no_task_once_the_cancelled_order_gives_it_back() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, amount=attempt.amount - Money(100))

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert wanted(attempt) == [("cancelled", attempt.amount - Money(100))]
    assert [(task.kind, task.outcome) for task in tasks.of_order(attempt.order_number)] == [("short", "refunded")]


def test_a_refund_that_failed_is_no_task_any_more_once_all_goes_back_with_the_cancelled_order() -> None:
    attempt = an_attempt(a_customer())
    payment = settle(attempt).payment_id or 0
    refuse_refund(refunds.want(payment, None, "goodwill", by="staff:1", now=SOON))

    fulfilment.cancel(attempt.order_number, "out_of_stock", by=1, now=SOON)

    assert wanted(attempt) == [("cancelled", attempt.amount)]
    assert [(task.kind, task.outcome) for task in tasks.of_order(attempt.order_number)] == [("refund_failed", "refunded")]


def test_a_refund_that_failed_and_was_paid_by_hand_does_not_go_back_again_when_the_order_is_cancelled() -> None:
    attempt = an_attempt(a_customer())
    payment = settle(attempt).payment_id or 0
    refuse_refund(refunds.want(payment, None, "goodwill", by="staff:1", now=SOON))
    close(attempt, "by_hand")

    fulfilment.cancel(attempt.order_number, "out_of_stock", by=1, now=SOON)

    assert wanted(attempt) == []
    assert returning.give_back_what_was_left(SOON, limit=100) == 0


def test_the_desk_offers_no_refund_of_what_was_given_back_by_hand() -> None:
    attempt = an_attempt(a_customer())
    payment = settle(attempt).payment_id or 0
    refuse_refund(refunds.want(payment, None, "goodwill", by="staff:1", now=SOON))
    close(attempt, "by_hand")

    with pytest.raises(Refused, match="nothing_left"):
        fulfilment.refund(attempt.order_number, None, "goodwill", by=1, now=SOON)
    with pytest.raises(Refused, match="refunding"):
        fulfilment.ship(attempt.order_number, "Musa Bello", "08031234567", by=1, now=SOON)


def test_the_part_that_was_not_settled_by_hand_still_goes_back() -> None:
    attempt = an_attempt(a_customer())
    payment = settle(attempt).payment_id or 0
    refuse_refund(refunds.want(payment, Money(10_000), "goodwill", by="staff:1", now=SOON))
    close(attempt, "by_hand")

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert wanted(attempt) == [("cancelled", attempt.amount - Money(10_000))]


def test_what_a_person_says_to_have_gone_back_already_does_not_go_again() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, amount=attempt.amount - Money(100))
    (task,) = tasks.of_order(attempt.order_number)
    money_desk.close(task.id, "refunded", "by bank transfer", by=1, now=SOON)

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert refunds_of(attempt) == []


def test_a_task_whose_money_was_given_back_from_here_counts_once() -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, amount=attempt.amount + Money(5_000), fee=None)
    (task,) = tasks.of_order(attempt.order_number)
    refund = money_desk.give_back(task.id, Money(5_000), by=1, now=SOON).refund_id or 0
    work = refunds.claim(refund, 30, now=SOON)
    assert work is not None and refunds.done(work, f"r{refund}", now=SOON)

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert wanted(attempt) == [("cancelled", attempt.amount)]


@pytest.mark.parametrize("outcome", ["kept", "no_loss"])
def test_what_is_still_with_us_goes_back_when_the_order_is_cancelled(outcome: str) -> None:
    attempt = an_attempt(a_customer())
    settle(attempt, amount=attempt.amount - Money(100))
    close(attempt, outcome)

    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)

    assert wanted(attempt) == [("cancelled", attempt.amount - Money(100))]


def test_a_refund_at_the_provider_is_booked_though_its_task_was_closed_as_settled_by_hand() -> None:
    attempt = an_attempt(a_customer())
    settled = settle(attempt, amount=attempt.amount - Money(100))
    close(attempt, "by_hand")
    transaction = connection().execute('SELECT "transactionId" FROM payments WHERE id = %s', (settled.payment_id,)).fetchone()[0]

    booked = refunds_there.book(
        "paystack", [There(transaction, f"rf-{transaction}", attempt.amount - Money(100), True)], now=SOON
    )

    assert len(booked) == 1


def test_what_the_old_program_cancels_goes_back_though_a_small_refund_failed_before() -> None:
    ada = a_customer()
    attempt = an_attempt(ada, an_order(ada, {a_product(stock=None): 1}, payment="paystack"))
    payment = settle(attempt).payment_id or 0
    refuse_refund(refunds.want(payment, Money(10_000), "goodwill", by="staff:1", now=SOON))
    connection().execute("UPDATE orders SET status = 'Cancelled' WHERE id = %s", (attempt.order_id,))

    returning.give_back_what_was_left(SOON, limit=100)

    assert wanted(attempt) == [("cancelled", attempt.amount)]


# --------------------------------------------------------------------------------------------------- disputes


def dispute(attempt: Attempt, transaction: str, dispute_id: str = "") -> int | None:
    told = {"reference": attempt.reference, "transaction_id": transaction, "amount": attempt.amount, "status": "pending"}
    return settling.dispute(attempt.provider, dispute_id, now=SOON, **told)


def test_a_dispute_that_is_told_before_its_payment_is_known_holds_the_refund_back_too() -> None:
    attempt = an_attempt(a_customer())
    orders.cancel(attempt.customer_id, attempt.order_number, now=NOW)
    proof = a_proof(attempt)
    dispute(attempt, proof.transaction_id)

    settled = settling.settle(attempt.id, proof, now=SOON)

    assert (settled.kind, refunds_of(attempt)) == ("late", [])
    assert [kind for kind, _ in tasks_of(attempt)] == ["dispute", "refund_rest"]


def test_a_second_dispute_of_a_payment_is_a_task_of_its_own() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=SOON)
    assert dispute(attempt, proof.transaction_id, "501") is not None
    assert dispute(attempt, proof.transaction_id, "501") is None
    close(attempt, "no_loss")

    assert dispute(attempt, proof.transaction_id, "502") is not None


def test_a_refund_nobody_has_sent_yet_waits_for_a_person_when_the_bank_disputes_the_payment() -> None:
    attempt = an_attempt(a_customer())
    proof = a_proof(attempt)
    settling.settle(attempt.id, proof, now=NOW)
    orders.cancel(attempt.customer_id, attempt.order_number, now=SOON)
    (refund,) = refunds.of_order(attempt.order_number)

    dispute(attempt, proof.transaction_id)

    assert refunds.claim(refund.id, 30, now=SOON) is None
    assert [(kind, amount) for kind, amount in tasks_of(attempt) if kind == "refund_rest"] == [("refund_rest", attempt.amount)]


# --------------------------------------------------------------------------------------------------- other people's answers


@pytest.mark.parametrize("state", ["failed", "reversed"])
def test_an_answer_about_somebody_elses_payment_ends_no_attempt(state: str) -> None:
    attempt = an_attempt(a_customer(), provider="flutterwave")
    elses = Proof("flutterwave", "SOMEBODY-ELSE-1", state, f"88{attempt.id}", Money(100), mode="live")

    settling.settle(attempt.id, elses, now=SOON)

    assert again(attempt).status == "open"
    assert tasks_of(attempt) == []


def test_a_stranger_who_pays_a_little_under_anothers_reference_pays_nothing_and_stops_nothing() -> None:
    attempt = an_attempt(a_customer(), provider="flutterwave")
    settle(attempt, amount=Money(100), requested=None, fee=None)

    settled = settle(attempt, requested=None, fee=None)

    assert (settled.kind, state_of(attempt)) == ("applied", "paid")


def test_two_halves_do_not_make_a_whole() -> None:
    attempt = an_attempt(a_customer(), provider="flutterwave")
    half = Money(attempt.amount.kobo // 2 + 1)

    kinds = [settle(attempt, amount=half, requested=None, fee=None).kind for _ in range(2)]

    assert (kinds, state_of(attempt)) == (["short", "short"], "pending_payment")


# --------------------------------------------------------------------------------------------------- without an end


def many_attempts(count: int) -> Attempt:
    ada = a_customer()
    attempt = an_attempt(ada, an_order(ada, {a_product(stock=5): 1}, payment="paystack"))
    for _ in range(count - 1):
        settle(attempt, state="failed")
        attempt = an_attempt(ada, attempt.order_number)
    return attempt


def test_a_customer_with_too_many_attempts_is_refused_a_switch_instead_of_one_that_can_never_be_made() -> None:
    attempt = many_attempts(attempts.MOST_ATTEMPTS)

    with pytest.raises(Refused, match="too_many"):
        attempts.switch(attempt.customer_id, attempt.order_number, "flutterwave", "link", now=SOON)

    assert again(attempt).switch_to == ""


def test_a_switch_that_was_wished_before_the_last_attempt_of_all_is_answered() -> None:
    attempt = many_attempts(attempts.MOST_ATTEMPTS)
    connection().execute(
        """UPDATE payment_attempts SET "switchTo" = 'flutterwave', "switchKind" = 'link', "askedAt" = %s WHERE id = %s""",
        (SOON, attempt.id),
    )
    work = checking.claim_check(attempt.id, 30, now=SOON)
    assert work is not None

    settled = settling.settle(attempt.id, a_proof(attempt, state="pending"), now=SOON, claim=work.version)

    assert (settled.begun, again(attempt).asked_at) == (None, None)


def test_a_customer_who_asks_again_and_again_does_not_use_up_the_ladder_of_an_earlier_attempt() -> None:
    first = an_attempt(a_customer())
    settle(first, state="failed")
    an_attempt(first.customer_id, first.order_number, provider="flutterwave")

    for minute in range(10):
        now = SOON + timedelta(seconds=30 * minute)
        attempts.ask(first.customer_id, first.order_number, now=now)
        settling.settle(first.id, a_proof(first, state="pending"), now=now)

    assert first.id in checking.to_check(SOON + timedelta(hours=1), limit=1000)
