"""The commands of the runbook: they ask the provider, settle what it says, and say what is known without a customer's name."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from click.testing import CliRunner, Result

from models.base import connection
from models.payments.reconciling import LAGOS
from tests.payment_counter import Counter, counter, world
from worker import payment_events, payments
from worker.payments_cli import commands

__all__ = ["counter", "world"]  # fixtures


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, words)


def test_an_order_whose_money_nobody_told_us_of_is_paid_by_asking(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)

    told = run("check", attempt.order_number)

    assert (told.exit_code, counter.state(attempt)) == (0, "paid")
    assert f"order {attempt.order_number}: paid" in told.output
    assert ", applied" in told.output
    assert "Ada" not in told.output


@pytest.mark.parametrize("provider", ["paystack", "flutterwave"])
def test_a_reference_or_a_number_from_the_customers_bank_finds_its_order(counter: Counter, provider: str) -> None:
    by_reference, by_id = counter.opened(provider), counter.opened(provider)
    counter.providers.pay(by_reference.reference)
    transaction = counter.providers.pay(by_id.reference)

    told = [run("find", provider, by_reference.reference), run("find", provider, "-", "--id", str(transaction))]

    assert ["applied" in each.output for each in told] == [True, True]
    assert [counter.state(each) for each in (by_reference, by_id)] == ["paid", "paid"]


def test_a_reference_the_provider_does_not_know_changes_nothing(counter: Counter) -> None:
    told = run("find", "paystack", "NOBODY-a1")

    assert (told.exit_code, "says unknown" in told.output) == (0, True)
    assert counter.tasks() == []


def test_a_provider_that_is_away_is_said_in_a_sentence(counter: Counter) -> None:
    counter.providers.fault(on="verify", http=503)

    told = run("find", "flutterwave", "NOBODY-a1")

    assert (told.exit_code, "did not answer" in told.output) == (1, True)


def test_a_day_is_compared_on_demand(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)

    told = run("compare", f"{datetime.now(LAGOS):%Y-%m-%d}")

    assert "listed 1, settled 1, tasks 0, refunds booked 0" in told.output
    assert counter.state(attempt) == "paid"


def test_the_books_say_where_the_money_is_and_fail_when_some_is_lost(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    sound = run("books")

    connection().execute("""UPDATE payments SET "appliedKobo" = 0""")
    lost = run("books")

    assert (sound.exit_code, "0 violations" in sound.output) == (0, True)
    assert (lost.exit_code, "unaccounted" in lost.output) == (1, True)


def test_a_webhook_that_was_set_aside_is_handled_again(counter: Counter) -> None:
    attempt = counter.opened()
    body = {"event": "charge.success", "data": {"id": 1, "reference": attempt.reference, "status": "success"}}
    event = counter.told(json.dumps(body).encode(), "one") or 0
    connection().execute("UPDATE payment_events SET status = 'failed', reason = 'a bug'")
    counter.providers.pay(attempt.reference)

    assert run("retry", str(event)).exit_code == 0
    payment_events.settle(event)

    assert counter.state(attempt) == "paid"
    assert run("retry", str(event)).exit_code == 1


def test_an_order_nobody_has_is_said(counter: Counter) -> None:
    assert "There is no order 99999" in run("show", "99999").output
