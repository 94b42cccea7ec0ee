"""Refunds: never sent a second time before the provider's list was read, and never sent by who was frozen meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from models.base import connection
from models.payments.values import Attempt
from tests.payment_counter import Counter, counter, world
from worker import payments, refunding, tills

__all__ = ["counter", "world"]  # fixtures
PROVIDERS = ("paystack", "flutterwave")


def paid_and_cancelled(counter: Counter, provider: str) -> Attempt:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    counter.cancel(attempt)
    return attempt


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "after"}, {"http": 503}, {"http": 503, "when": "after"}])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(
    counter: Counter, provider: str, fault: dict[str, Any]
) -> None:
    attempt = paid_and_cancelled(counter, provider)
    counter.providers.fault(on="refund", **fault)

    for _ in range(4):
        counter.work()
        counter.providers.settle_all()
        counter.later(minutes=10)

    assert counter.refund(attempt).status == "done"
    assert counter.providers.ledger()[attempt.reference]["refunded"] == attempt.amount.kobo
    counter.adds_up()


def test_a_refund_is_not_sent_while_the_list_cannot_be_read(counter: Counter) -> None:
    attempt = paid_and_cancelled(counter, "paystack")
    counter.providers.fault(on="refund", cut="after")
    counter.providers.fault(on="refunds", http=503, times=None)

    for _ in range(4):
        counter.work()
        counter.later(minutes=10)

    assert (counter.refund(attempt).status, counter.providers.counts()["paystack.refund"]) == ("wanted", 1)


def test_a_process_frozen_between_the_list_and_the_refund_sends_nothing_when_it_wakes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = paid_and_cancelled(counter, "paystack")
    connection().execute("UPDATE refunds SET tries = 1")
    refund = counter.refund(attempt)
    clock = [1000.0]
    monkeypatch.setattr("worker.refunding.time.monotonic", lambda: clock[0])
    gateway = tills.tills()["paystack"]
    listed = type(gateway).refunds

    def frozen(self: Any, transaction: str) -> Any:
        found = listed(self, transaction)
        clock[0] += 3600
        return found

    monkeypatch.setattr(type(gateway), "refunds", frozen)

    refunding.send(refund.id)

    assert "paystack.refund" not in counter.providers.counts()
    assert counter.refund(attempt).status == "wanted"


@pytest.mark.parametrize(("outcome", "status"), [("failed", "failed"), ("needs-attention", "needs_attention")])
def test_a_refund_that_does_not_work_is_a_task(counter: Counter, outcome: str, status: str) -> None:
    counter.providers.configure(refund_outcome=outcome)
    attempt = paid_and_cancelled(counter, "paystack")

    counter.work()
    counter.providers.settle_all()
    counter.later(minutes=10)
    counter.work()

    assert counter.refund(attempt).status == status
    assert counter.tasks() == [f"refund_{status}"]
