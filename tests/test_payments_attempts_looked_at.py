"""Attempts that were started: looked at again, asked about, switched from, and the last look before their order expires."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import orders
from models.base import connection
from models.payments import attempts, checking, settling
from models.payments.waits import LADDER
from models.values import Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt, order_id
from tests.test_payments_attempts import SOON, again, begin, looked_at, next_look_of, shop, told

__all__ = ["shop"]  # a fixture


# --------------------------------------------------------------------------------------------------- looking


def test_an_open_attempt_goes_down_the_ladder_and_expires_and_late_money_still_counts() -> None:
    attempt = an_attempt(a_customer())
    now, looks = NOW, []
    for wait in LADDER:
        assert next_look_of(attempt) == now + wait
        now += wait
        assert attempt.id in checking.to_check(now, limit=1000)
        looks.append(looked_at(attempt, "pending", now).kind)

    assert looks == ["nothing"] * 8
    assert (again(attempt).status, next_look_of(attempt)) == ("expired", None)
    assert attempt.id not in checking.to_check(now + timedelta(days=30), limit=1000)
    assert settling.settle(attempt.id, a_proof(attempt), now=now).kind == "applied"


def test_a_question_is_answered_once_and_does_not_move_the_ladder() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    attempts.ask(ada, attempt.order_number, now=SOON)

    looked_at(attempt, "pending", SOON)
    settling.settle(attempt.id, a_proof(attempt, state="pending"), now=SOON)

    answers = [data["state"] for name, data in told(ada) if name == "payment_checked"]
    assert answers == ["pending"]
    row = connection().execute("SELECT checks FROM payment_attempts WHERE id = %s", (attempt.id,)).fetchone()
    assert row == (0,)


def test_each_new_question_has_an_answer_of_its_own() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    for minute in (1, 2):
        attempts.ask(ada, attempt.order_number, now=NOW + timedelta(minutes=minute))
        looked_at(attempt, "pending", NOW + timedelta(minutes=minute))

    assert [name for name, _ in told(ada)].count("payment_checked") == 2


def test_a_question_about_an_order_that_was_paid_is_answered_by_the_refusal() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    settling.settle(attempt.id, a_proof(attempt), now=NOW)

    with pytest.raises(Refused, match="already_paid"):
        attempts.ask(ada, attempt.order_number, now=SOON)


def test_who_asks_while_the_provider_is_silent_hears_that_we_could_not_find_out() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    attempts.ask(ada, attempt.order_number, now=SOON)
    work = checking.claim_check(attempt.id, 30, now=SOON)
    assert work is not None

    assert checking.no_answer(work, timedelta(seconds=2), tell=True, now=SOON)

    assert told(ada)[-1] == (
        "payment_checked",
        {"attempt_id": attempt.id, "order_number": attempt.order_number, "state": "unknown"},
    )
    assert again(attempt).status == "open"
    assert again(attempt).failures == 1


def test_a_declined_payment_frees_the_order_for_another_attempt() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)

    looked_at(attempt, "failed", SOON)

    assert (again(attempt).status, again(attempt).reason) == ("failed", "declined")
    assert begin(ada, attempt.order_number, "paystack", now=SOON).number == 2


# --------------------------------------------------------------------------------------------------- switching


def test_the_other_provider_is_begun_only_when_the_first_has_said_that_it_is_not_paid() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    marked = attempts.switch(ada, attempt.order_number, "flutterwave", "transfer", now=SOON)
    assert (marked.id, marked.open) == (attempt.id, True)

    settled = looked_at(attempt, "unknown", SOON)

    other = attempts.of(ada, attempt.order_number)
    assert other is not None
    assert settled.begun == other.id
    assert (other.provider, other.kind, other.status, other.number) == ("flutterwave", "transfer", "starting", 2)
    assert (again(attempt).status, again(attempt).reason) == ("failed", "switched")


def test_money_that_came_before_the_switch_pays_the_order_and_no_other_is_begun() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    attempts.switch(ada, attempt.order_number, "flutterwave", "link", now=SOON)

    settled = looked_at(attempt, "paid", SOON)

    assert (settled.kind, settled.begun) == ("applied", None)
    assert len(attempts.of_order(attempt.order_id)) == 1


def test_a_start_under_way_is_not_switched_from_until_it_has_ended() -> None:
    ada = a_customer()
    attempt = an_attempt(ada, opened=False)
    work = attempts.claim_start(attempt.id, 30, now=NOW)
    assert work is not None
    attempts.switch(ada, attempt.order_number, "flutterwave", "link", now=NOW)

    assert checking.claim_check(attempt.id, 30, now=NOW) is None
    settling.settle(attempt.id, a_proof(attempt, state="unknown"), now=NOW)  # a webhook meanwhile decides nothing

    assert again(attempt).status == "starting"
    assert attempts.started(work, {"url": "u"}, now=NOW)
    assert looked_at(attempt, "pending", SOON).begun is not None


def test_a_switch_waits_while_the_first_provider_is_silent() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)
    attempts.switch(ada, attempt.order_number, "flutterwave", "link", now=NOW)
    work = checking.claim_check(attempt.id, 30, now=NOW)
    assert work is not None
    checking.no_answer(work, timedelta(seconds=2), tell=True, now=NOW)

    assert len(attempts.of_order(attempt.order_id)) == 1
    assert attempt.id in checking.to_check(SOON)
    assert looked_at(attempt, "pending", SOON).begun is not None


# --------------------------------------------------------------------------------------------------- expiring


def test_an_order_does_not_expire_before_its_open_attempt_was_looked_at_once_more() -> None:
    attempt = an_attempt(a_customer())
    end = NOW + timedelta(minutes=30)

    assert attempt.order_number not in [one.number for one in orders.expire_due(end)]
    assert attempt.id in checking.to_check(end, limit=1000)
    looked_at(attempt, "pending", end)

    assert attempt.order_number in [one.number for one in orders.expire_due(end)]


def test_money_found_by_the_last_look_pays_the_order_in_time() -> None:
    attempt = an_attempt(a_customer())
    end = NOW + timedelta(minutes=30)
    orders.expire_due(end)

    assert looked_at(attempt, "paid", end).kind == "applied"

    assert orders.expire_due(end) == []


def test_an_order_does_not_wait_for_ever_for_a_silent_provider() -> None:
    attempt = an_attempt(a_customer())

    expired = orders.expire_due(NOW + timedelta(minutes=40))

    assert order_id(attempt.order_number) in [one.order_id for one in expired]
