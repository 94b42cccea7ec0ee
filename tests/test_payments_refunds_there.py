"""Refunds made in a provider's dashboard: found by the webhook or at night, booked once, told, and never taken for ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from models import orders
from models.payments import accounts, refunds
from models.payments.reconciling import LAGOS
from models.payments.values import Attempt
from models.values import Money
from tests.payment_counter import Counter, counter, world
from worker import payment_events, payments, reconciling

__all__ = ["counter", "world"]  # fixtures
PROVIDERS = ("paystack", "flutterwave")
PART = 50_000


@pytest.fixture(autouse=True)
def at_once(counter: Counter) -> None:
    counter.providers.configure(refund_after_s=0.0)


def paid(counter: Counter, provider: str = "paystack") -> Attempt:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    return attempt


def told(counter: Counter, attempt: Attempt, key: str = "told") -> None:
    """The provider's webhook about a refund, which names no refund and, at Paystack, no transaction."""
    (found,) = [t for t in counter.providers.charge(attempt.reference)["transactions"] if t["status"] != "pending"]
    bodies: dict[str, Any] = {
        "paystack": {"event": "refund.processed", "data": {"transaction_reference": attempt.reference, "status": "processed"}},
        "flutterwave": {"AmountRefunded": 1, "status": "completed", "TransactionId": found["id"], "id": 1},
    }
    event = counter.told(json.dumps(bodies[attempt.provider]).encode(), key, provider=attempt.provider)
    payment_events.settle(event or 0)


def night() -> None:
    reconciling.reconcile(datetime.now(LAGOS).date().toordinal())


def booked(attempt: Attempt) -> list[tuple[str, str, int]]:
    return [(each.reason, each.status, each.amount.kobo) for each in refunds.of_order(attempt.order_number)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_part_given_back_in_the_dashboard_is_booked_by_its_webhook_once(counter: Counter, provider: str) -> None:
    attempt = paid(counter, provider)
    counter.providers.act("refund", attempt.reference, kobo=PART)

    for key in ("first", "again"):
        told(counter, attempt, key)
    night()

    assert booked(attempt) == [("at_provider", "done", PART)]
    assert counter.tasks() == ["refund_at_provider"]
    assert counter.heard(attempt)[-1] == "payment_refunded"
    assert counter.said(attempt, "payment_refunded")["amount_kobo"] == PART
    assert counter.state(attempt) == "paid"
    counter.adds_up()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_nobody_told_us_of_is_found_at_night(counter: Counter, provider: str) -> None:
    attempt = paid(counter, provider)
    counter.providers.act("refund", attempt.reference, kobo=PART)

    for _ in range(2):
        night()

    assert (booked(attempt), counter.tasks()) == ([("at_provider", "done", PART)], ["refund_at_provider"])
    counter.adds_up()


def test_what_is_on_its_way_there_is_booked_when_it_is_done(counter: Counter) -> None:
    attempt = paid(counter)
    counter.providers.configure(refund_outcome="stuck")
    counter.providers.act("refund", attempt.reference, kobo=PART)
    told(counter, attempt, "pending")
    assert booked(attempt) == []

    counter.providers.end_refund(attempt.reference)
    told(counter, attempt, "done")

    assert booked(attempt) == [("at_provider", "done", PART)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refund_of_ours_is_never_taken_for_one_of_the_dashboard(counter: Counter, provider: str) -> None:
    attempt = paid(counter, provider)
    counter.cancel(attempt)
    counter.work()
    counter.providers.settle_all()

    told(counter, attempt)
    night()
    counter.later(minutes=10)
    counter.work()

    assert booked(attempt) == [("cancelled", "done", attempt.amount.kobo)]
    assert counter.tasks() == []
    counter.adds_up()


def test_a_refund_of_ours_whose_answer_was_lost_is_ours_by_its_amount(counter: Counter) -> None:
    attempt = paid(counter)
    payment = refunds_of(counter, attempt)
    refunds.want(payment, Money(PART), "goodwill", by="staff:1", now=datetime.now(UTC))
    counter.providers.fault(on="refund", cut="after")
    counter.work()

    told(counter, attempt)
    counter.later(minutes=10)
    counter.work()

    assert booked(attempt) == [("goodwill", "done", PART)]
    assert counter.providers.ledger()[attempt.reference]["refunded"] == PART
    counter.adds_up()


def refunds_of(counter: Counter, attempt: Attempt) -> int:
    """The id of the order's payment."""
    row = accounts.connection().execute("""SELECT id FROM payments WHERE "orderId" = %s""", (attempt.order_id,)).fetchone()
    return int(row[0])


def test_what_we_want_back_gives_way_to_what_the_dashboard_gave_back_already(counter: Counter) -> None:
    attempt = paid(counter)
    counter.providers.act("refund", attempt.reference, kobo=PART)
    counter.cancel(attempt)  # all of it is wanted, and nobody has sent it yet

    told(counter, attempt)
    counter.work()
    counter.providers.settle_all()
    counter.later(minutes=10)
    counter.work()

    left = attempt.amount.kobo - PART
    assert sorted(booked(attempt)) == [("at_provider", "done", PART), ("cancelled", "done", left)]
    assert counter.state(attempt) == "refunded"
    counter.adds_up()


def test_all_given_back_in_the_dashboard_is_a_reversal_and_told_once(counter: Counter) -> None:
    attempt = paid(counter)
    counter.providers.act("refund", attempt.reference)

    told(counter, attempt)
    night()

    assert (counter.tasks(), booked(attempt)) == (["reversed"], [])
    counter.adds_up()


def test_an_order_that_is_over_and_given_back_in_the_dashboard_is_refunded(counter: Counter) -> None:
    attempt = paid(counter, "flutterwave")
    counter.providers.configure(refund_outcome="failed")
    counter.cancel(attempt)
    counter.work()
    counter.providers.configure(refund_outcome="done")
    assert counter.tasks() == ["refund_failed"]
    for kobo in (PART, attempt.amount.kobo - PART):  # what a person does then
        counter.providers.act("refund", attempt.reference, kobo=kobo)

    night()

    assert [each[:2] for each in booked(attempt)].count(("at_provider", "done")) == 2
    assert counter.state(attempt) == "refunded"
    assert orders.TRANSITIONS["refunded"] == frozenset()
    counter.adds_up()


def test_a_list_that_cannot_be_read_keeps_the_webhook_for_later(counter: Counter) -> None:
    attempt = paid(counter)
    counter.providers.act("refund", attempt.reference, kobo=PART)
    counter.providers.fault(on="refunds", http=503)

    told(counter, attempt)
    assert booked(attempt) == []
    counter.later(minutes=1)
    counter.work()

    assert booked(attempt) == [("at_provider", "done", PART)]
