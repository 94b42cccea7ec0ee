"""Ways in which the processes of payments could lose, double or invent money, with the fake providers over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import settings
from models.base import connection
from models.payments import events, refunds, settling
from models.payments.values import Attempt, Proof
from models.values import Money
from tests.payment_counter import Counter, counter, forget, world
from tests.test_payments_web import client, page
from worker import payment_events, payments, reconciling, refunding, tills
from worker.gateways.accounts import gateways

__all__ = ["client", "counter", "world"]  # fixtures
PART = Money(10_000)


def paid(counter: Counter, provider: str = "paystack") -> tuple[Attempt, int]:
    attempt = counter.opened(provider)
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)
    row = connection().execute('SELECT id FROM payments WHERE "orderId" = %s', (attempt.order_id,)).fetchone()
    return attempt, int(row[0])


def now() -> Any:
    return connection().execute("SELECT clock_timestamp()").fetchone()[0]


# --------------------------------------------------------------------------------------------------- leases


def test_with_the_shortest_lease_a_refund_that_the_provider_takes_its_time_for_is_not_sent_by_another(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEASE_SECONDS", "5")
    forget()
    attempt, payment = paid(counter)
    refund = refunds.want(payment, PART, "goodwill", by="staff:1", now=now())
    gateway = type(tills.tills()["paystack"])
    send = gateway.refund

    def slow(self: Any, *args: Any, **more: Any) -> Any:
        monkeypatch.setattr(gateway, "refund", send)
        counter.later(seconds=10 + 20)  # the last moment in which it may begin, and the longest that an exchange lasts
        refunding.send(refund)  # another process finds it due
        return send(self, *args, **more)

    monkeypatch.setattr(gateway, "refund", slow)

    refunding.send(refund)

    assert counter.providers.counts()["paystack.refund"] == 1
    assert counter.refund(attempt).status == "sent"


def test_a_process_frozen_before_its_first_start_opens_no_account_when_it_wakes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.begin("flutterwave", "transfer")
    clock = [1000.0]
    monkeypatch.setattr("worker.payments.time.monotonic", lambda: clock[0])
    till = payments.till

    def frozen(*args: Any) -> Any:
        clock[0] += 3600
        return till(*args)

    monkeypatch.setattr("worker.payments.till", frozen)

    payments.start(attempt.id)

    assert "flutterwave.charge" not in counter.providers.counts()
    assert counter.attempt(attempt.id).status == "starting"


# --------------------------------------------------------------------------------------------------- two worlds


def test_money_of_the_other_world_is_not_given_back_with_this_worlds_key(counter: Counter) -> None:
    attempt, payment = paid(counter)
    connection().execute("UPDATE payments SET mode = 'live' WHERE id = %s", (payment,))
    refund = refunds.want(payment, None, "goodwill", by="staff:1", now=now())

    refunding.send(refund)

    assert "paystack.refund" not in counter.providers.counts()
    assert (counter.refund(attempt).status, counter.tasks()) == ("failed", ["refund_failed"])


@pytest.mark.parametrize("live", ["paystack", "flutterwave"])
def test_with_one_live_key_nobody_pays_with_test_cards_at_the_other_provider(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, live: str
) -> None:
    keys = {"paystack": ("PAYSTACK_SECRET_KEY", "sk_live_abc"), "flutterwave": ("FLUTTERWAVE_SECRET_KEY", "FLWSECK-abc-X")}
    test = "flutterwave" if live == "paystack" else "paystack"
    monkeypatch.setenv(*keys[live])
    monkeypatch.setenv(f"{live.upper()}_BASE_URL", "https://127.0.0.1:1")
    forget()
    customer, number = counter.order(test)

    refused = counter.perform(customer, "start_payment", number=number, provider=test, kind="link")

    assert (refused.name, refused.data["code"]) == ("payment_refused", "bad_provider")
    assert counter.perform(customer, "start_payment", number=number, provider=live, kind="link").name == "payment_started"


def test_the_process_of_payments_does_not_start_with_a_test_key_beside_a_live_one(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYSTACK_SECRET_KEY", "sk_live_abc")
    monkeypatch.setenv("PAYSTACK_BASE_URL", "https://127.0.0.1:1")
    settings.current.cache_clear()

    with pytest.raises(ValueError, match="test key"):
        gateways(settings.current())


# --------------------------------------------------------------------------------------------------- refunds without an order


def test_a_second_try_of_a_refund_without_an_order_is_not_taken_for_the_first_that_failed(counter: Counter) -> None:
    attempt, _ = paid(counter)
    connection().execute('UPDATE payments SET "orderId" = NULL, "attemptId" = NULL')
    payment = connection().execute("SELECT id FROM payments").fetchone()[0]
    counter.providers.configure(refund_outcome="failed")
    refunding.send(first := refunds.want(payment, PART, "unknown", by="staff:1", now=now()))
    for _ in range(3):
        counter.providers.settle_all()
        counter.later(minutes=10)
        counter.work()
    assert refunds.get(first).status == "failed"
    counter.providers.configure(refund_outcome="done")
    counter.providers.fault(on="refund", cut="before")
    second = refunds.want(payment, PART, "refund_failed", by="staff:1", now=now())

    for _ in range(4):
        counter.work()
        counter.providers.settle_all()
        counter.later(minutes=10)

    assert refunds.get(second).status == "done"
    assert counter.providers.ledger()[attempt.reference]["refunded"] == PART.kobo


# --------------------------------------------------------------------------------------------------- forged and other people's


def test_a_forged_webhook_with_anothers_reference_and_ones_own_declined_try_does_not_end_the_others_attempt(
    counter: Counter,
) -> None:
    victim, mine = counter.opened("flutterwave"), counter.opened("flutterwave")
    declined = counter.providers.decline(mine.reference)
    connection().execute("DELETE FROM payment_attempts WHERE id = %s", (mine.id,))
    body = {"event": "charge.completed", "data": {"id": declined, "tx_ref": victim.reference, "status": "failed"}}
    event = counter.told(json.dumps(body).encode(), "forged", provider="flutterwave")

    payment_events.settle(event or 0)

    assert counter.attempt(victim.id).status == "open"


def test_the_bank_disputes_a_payment_twice_and_both_are_tasks(counter: Counter) -> None:
    attempt, _ = paid(counter)
    transaction = connection().execute('SELECT "transactionId" FROM payments').fetchone()[0]
    for dispute in (501, 502):
        data = {"id": dispute, "status": "pending", "transaction": {"id": transaction, "reference": attempt.reference}}
        body = json.dumps({"event": "charge.dispute.create", "data": data}).encode()
        payment_events.settle(counter.told(body, f"dispute {dispute}") or 0)

    assert counter.tasks() == ["dispute", "dispute"]


def test_a_provider_that_is_a_bug_of_ours_does_not_keep_the_other_one_from_being_compared(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.opened("flutterwave")
    counter.providers.pay(attempt.reference)
    told: list[str] = []
    monkeypatch.setattr("worker.sentry.tell", lambda error, **ids: told.append(type(error).__name__))
    monkeypatch.setattr(type(tills.tills()["paystack"]), "listed", lambda self, since, until: iter([object()]))

    nights = reconciling.reconcile(now().date().toordinal())

    assert ([night.settled for night in nights], counter.state(attempt)) == ([1], "paid")
    assert told == ["AttributeError"]


def test_somebody_elses_money_under_the_old_programs_reference_pays_no_new_order(counter: Counter) -> None:
    attempt = counter.opened()
    guessed = Proof("paystack", f"drugsng-{attempt.order_id}-1700000000000", "paid", "90001", attempt.amount, mode="test")

    settled = settling.settle(None, guessed, now=now(), account_mode="test")

    assert (settled.kind, counter.state(attempt)) == ("unknown", "pending_payment")


# --------------------------------------------------------------------------------------------------- what people read


def test_the_page_after_paying_does_not_promise_a_receipt_for_money_that_goes_back(client: FlaskClient, counter: Counter) -> None:
    attempt = counter.opened()
    counter.cancel(attempt)
    counter.providers.pay(attempt.reference)
    payments.check(attempt.id)

    said = page(client, attempt)

    assert counter.payments(attempt) == [("late", attempt.amount.kobo)]
    assert "Back to WhatsApp" in said and "has arrived" not in said


def test_names_in_a_webhook_that_was_set_aside_are_forgotten_too(counter: Counter) -> None:
    event = counter.told(b'{"event": "no JSON of ours, ada@example.ng', "broken") or 0
    payment_events.settle(event)

    events.forget_bodies(now() + timedelta(days=31))

    assert connection().execute("SELECT status, body FROM payment_events WHERE id = %s", (event,)).fetchone() == ("failed", b"")
