"""Webhooks that lie, come too early, come while the provider is silent, or speak of other money than was asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.payment_counter import Counter, counter, paystack_webhook, world
from worker import payment_events, payments, tills

__all__ = ["counter", "world"]  # fixtures


def test_a_webhook_that_comes_before_the_start_has_answered_pays_and_the_late_link_is_not_shown(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.begin()
    gateway = tills.tills()["paystack"]
    start = type(gateway).start

    def paid_meanwhile(self: Any, wish: Any) -> Any:
        way = start(self, wish)
        transaction = counter.providers.pay(attempt.reference)
        event = counter.told(paystack_webhook(attempt, id=transaction), "early")
        payment_events.settle(event or 0)
        return way

    monkeypatch.setattr(type(gateway), "start", paid_meanwhile)
    payments.start(attempt.id)

    assert counter.heard(attempt) == ["payment_received"]
    assert (counter.attempt(attempt.id).status, counter.state(attempt)) == ("paid", "paid")


def test_a_webhook_that_lies_about_the_money_pays_nothing(counter: Counter) -> None:
    attempt = counter.opened()
    counter.told(paystack_webhook(attempt), "forged")

    for _ in range(8):
        counter.work()
        counter.later(minutes=1)

    assert (counter.state(attempt), counter.payments(attempt)) == ("pending_payment", [])


def test_a_webhook_before_verify_knows_is_asked_again_until_it_does(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    counter.providers.verify_says(attempt.reference, times=2, status="pending")
    counter.told(paystack_webhook(attempt), "ahead")

    for _ in range(4):
        counter.work()
        counter.later(seconds=20)

    assert counter.state(attempt) == "paid"


@pytest.mark.parametrize(("kobo", "kind"), [(-100, "short"), (100, "overpaid")])
def test_another_amount_than_the_order_costs_has_its_end(counter: Counter, kobo: int, kind: str) -> None:
    attempt = counter.opened("flutterwave")
    transaction = counter.providers.pay(attempt.reference, attempt.amount.kobo + kobo)
    body = {"event": "charge.completed", "data": {"id": transaction, "tx_ref": attempt.reference, "status": "successful"}}
    counter.told(json.dumps(body).encode(), "odd", provider="flutterwave")

    counter.work()

    assert [each for each, _ in counter.payments(attempt)] == [kind]
    assert counter.state(attempt) == ("paid" if kind == "overpaid" else "pending_payment")
    counter.adds_up()


@pytest.mark.parametrize("change", [{"currency": "GHS"}, {"domain": "live"}, {"reference": "OTHER-a1"}])
def test_money_that_is_not_what_was_asked_for_is_for_people(counter: Counter, change: dict[str, str]) -> None:
    attempt = counter.opened()
    transaction = counter.providers.pay(attempt.reference)
    counter.providers.verify_says(attempt.reference, times=None, **change)
    counter.told(paystack_webhook(attempt, id=transaction), "odd")

    counter.work()

    assert counter.state(attempt) == "pending_payment"
    assert counter.tasks() == ["mismatch"]


def test_money_under_a_reference_of_nobody_is_for_people(counter: Counter) -> None:
    gateway = tills.tills()["paystack"]
    attempt = counter.begin()
    wish = payments._wish(payments._Work(attempt, payments.payers.Payer("Ada", "ada@example.com"), 0))
    gateway.start(type(wish)("OLD-7", wish.amount, wish.email))
    transaction = counter.providers.pay("OLD-7")
    counter.told(paystack_webhook(attempt, id=transaction, reference="OLD-7"), "stranger")

    payment_events.settle(1)

    assert counter.tasks() == ["unknown"]


def test_the_key_refused_keeps_the_webhook_until_it_is_mended(counter: Counter) -> None:
    attempt = counter.opened()
    transaction = counter.providers.pay(attempt.reference)
    event = counter.told(paystack_webhook(attempt, id=transaction), "kept")
    counter.providers.fault(on="verify", http=401)

    payment_events.settle(event or 0)
    assert counter.alarms == ["payments: paystack: key refused"]
    counter.later(minutes=6)
    counter.work()

    assert counter.state(attempt) == "paid"


def test_an_hour_without_the_provider_loses_no_payment(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.pay(attempt.reference)
    counter.told(paystack_webhook(attempt), "paid")
    counter.providers.fault(on="api", times=None, http=503)
    for _ in range(12):
        counter.work()
        counter.later(minutes=5)
    asked = counter.providers.counts()["paystack.verify"]

    counter.providers.clear_faults()
    counter.later(minutes=31)
    counter.work()

    assert counter.state(attempt) == "paid"
    assert asked < 60  # an hour of asking with growing waits
    counter.adds_up()
