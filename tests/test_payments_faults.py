"""What may be repeated: the wire cut before and after the provider's work, a provider in trouble, a key refused, a process dead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.base import Unavailable, connection
from models.payments import attempts
from models.payments.values import Attempt
from tests.payment_counter import Counter, counter, forget, world
from worker import payments, tills

__all__ = ["counter", "world"]  # fixtures
PROVIDERS = ("paystack", "flutterwave")


def due_in(attempt: Attempt) -> timedelta:
    row = connection().execute("""SELECT "nextTryAt" - "updatedAt" FROM payment_attempts WHERE id = %s""", (attempt.id,))
    found: timedelta = row.fetchone()[0]
    return found


def tries(counter: Counter, attempt: Attempt, how_many: int) -> None:
    for _ in range(how_many):
        payments.start(attempt.id)
        counter.later(minutes=1)


# --------------------------------------------------------------------------------------------------- starts


@pytest.mark.parametrize("kind", ["link", "transfer"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_start_cut_before_the_work_is_asked_after_and_a_link_begun_again_under_the_same_reference(
    counter: Counter, provider: str, kind: str
) -> None:
    attempt = counter.begin(provider, kind)
    counter.providers.fault(on="start" if kind == "link" else "charge", cut="before")

    tries(counter, attempt, 2)

    found = counter.attempt(attempt.id)
    # An account may have been opened: the answer was lost, and it is asked again but never opened again.
    assert (found.status, found.tries) == (("open", 2) if kind == "link" else ("starting", 2))
    assert counter.last(attempt).id == attempt.id


@pytest.mark.parametrize(("provider", "kind"), [("paystack", "link"), ("paystack", "transfer"), ("flutterwave", "link")])
def test_a_start_cut_after_the_work_takes_no_money_twice(counter: Counter, provider: str, kind: str) -> None:
    attempt = counter.begin(provider, kind)
    counter.providers.fault(on="start" if kind == "link" else "charge", cut="after")

    payments.start(attempt.id)
    assert counter.heard(attempt) == ["payment_delayed"]
    counter.later(minutes=1)
    counter.work()

    last = counter.last(attempt)
    assert last.status == "open"
    counter.providers.pay(last.reference)
    payments.check(last.id)
    assert counter.state(attempt) == "paid"
    counter.adds_up()


def test_an_account_that_may_be_open_and_that_the_provider_does_not_know_is_left_to_people(counter: Counter) -> None:
    attempt = counter.begin("flutterwave", "transfer")
    counter.providers.fault(on="charge", cut="after")

    tries(counter, attempt, 3)

    assert (counter.attempt(attempt.id).status, counter.providers.counts()["flutterwave.charges"]) == ("given_up", 1)
    assert counter.alarms == ["payments: flutterwave: an account or code may be open that nobody was told"]


def test_that_a_wish_may_have_arrived_is_not_forgotten_while_the_provider_cannot_be_asked(counter: Counter) -> None:
    attempt = counter.begin("flutterwave", "transfer")
    counter.providers.fault(on="charge", cut="after")
    counter.providers.fault(on="verify", http=503)

    tries(counter, attempt, 3)

    assert counter.providers.counts()["flutterwave.charges"] == 1


def test_an_account_is_asked_for_again_when_the_first_wish_never_left_this_house(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.begin("paystack", "transfer")
    monkeypatch.setenv("PAYSTACK_BASE_URL", "http://127.0.0.1:1")
    forget()
    tries(counter, attempt, 1)
    monkeypatch.setenv("PAYSTACK_BASE_URL", counter.providers.url)
    forget()

    tries(counter, attempt, 1)

    assert counter.attempt(attempt.id).status == "open"


def test_a_link_that_was_lost_is_replaced_by_a_new_attempt_and_money_under_the_old_one_still_counts(counter: Counter) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", cut="after")

    payments.start(attempt.id)
    counter.later(minutes=1)
    counter.work()

    last = counter.last(attempt)
    assert (last.number, last.status, counter.attempt(attempt.id).reason) == (2, "open", "switched")
    counter.providers.pay(attempt.reference)
    counter.later(minutes=4)
    counter.work()
    assert (counter.state(attempt), counter.attempt(attempt.id).status) == ("paid", "paid")


def test_a_provider_that_loses_every_link_is_given_up_for_the_other_one(counter: Counter) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", cut="after", times=None)

    for _ in range(20):
        counter.work()
        counter.later(seconds=30)

    assert len(attempts.of_order(attempt.order_id)) <= 3
    assert counter.heard(attempt)[-1] == "payment_not_started"


def test_a_start_that_was_paid_before_its_answer_came_shows_no_link(counter: Counter) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", cut="after")
    payments.start(attempt.id)
    counter.providers.pay(attempt.reference)
    counter.later(minutes=1)

    counter.work()

    assert counter.heard(attempt) == ["payment_delayed", "payment_received"]
    assert counter.state(attempt) == "paid"


@pytest.mark.parametrize("fault", [{"http": 503}, {"cut": "before"}, {"http": 429, "retry_after": 1}, {"body": "<html>"}])
def test_a_provider_in_trouble_is_tried_as_the_settings_say_and_then_given_up(counter: Counter, fault: dict[str, Any]) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", times=None, **fault)

    tries(counter, attempt, 6)

    found = counter.attempt(attempt.id)
    assert (found.status, found.tries) == ("given_up", 3)
    assert counter.heard(attempt) == ["payment_delayed", "payment_not_started"]


def test_the_waits_are_those_of_the_settings_with_a_tenth_of_chance(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MAX_ATTEMPTS", "5"), ("INITIAL_DELAY_MS", "700"), ("BACKOFF_MULTIPLIER", "3")):
        monkeypatch.setenv(f"RETRY_{name}", value)
    tills.current.cache_clear()
    attempt = counter.begin()
    counter.providers.fault(on="api", times=None, http=503)
    waits = []

    for _ in range(4):
        payments.start(attempt.id)
        waits.append(due_in(attempt) / timedelta(milliseconds=1))
        counter.later(minutes=1)

    assert all(plain <= wait <= plain * 1.1 for wait, plain in zip(waits, (700, 2100, 6300, 18900), strict=True)), waits


def test_a_refused_key_is_given_up_at_once_and_people_are_called_once(counter: Counter) -> None:
    begun = [counter.begin() for _ in range(2)]
    counter.providers.fault(on="start", times=None, http=401)

    for attempt in begun:
        payments.start(attempt.id)

    assert [counter.attempt(each.id).status for each in begun] == ["given_up", "given_up"]
    assert counter.alarms == ["payments: paystack: key refused"]


def test_a_provider_that_says_no_is_not_asked_again(counter: Counter) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", times=None, http=400, body='{"status":false,"message":"Invalid","code":"invalid_params"}')

    tries(counter, attempt, 3)

    assert (counter.attempt(attempt.id).status, counter.providers.counts()["paystack.initialize"]) == ("given_up", 1)


def test_a_reference_the_provider_has_already_is_kept_and_another_is_begun(counter: Counter) -> None:
    attempt = counter.begin()
    gateway = tills.tills()["paystack"]
    gateway.start(payments._wish(payments._Work(attempt, payments.payers.Payer("Ada", "ada@example.com"), 0)))

    counter.work()

    assert (counter.attempt(attempt.id).status, counter.last(attempt).status) == ("failed", "open")


def test_a_process_that_dies_in_a_start_again_and_again_is_not_begun_for_ever(counter: Counter) -> None:
    attempt = counter.begin("paystack")
    connection().execute("UPDATE payment_attempts SET tries = 6")

    payments.start(attempt.id)

    assert counter.attempt(attempt.id).status == "given_up"
    assert counter.alarms == ["payments: paystack: starts end their process"]


def test_checks_stop_being_asked_every_moment_while_the_provider_is_silent(counter: Counter) -> None:
    attempt = counter.opened()
    counter.providers.fault(on="verify", times=None, http=503)
    counter.later(minutes=4)
    waits = []

    for _ in range(4):
        payments.check(attempt.id)
        waits.append(int(due_in(attempt).total_seconds()))
        connection().execute("""UPDATE payment_attempts SET "leaseUntil" = NULL""")

    assert waits == [1, 2, 4, 8]


def test_a_database_that_goes_away_after_the_provider_has_answered_loses_no_customer(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = counter.begin("flutterwave")
    started = attempts.started

    def away(*args: Any, **more: Any) -> bool:
        monkeypatch.setattr(attempts, "started", started)
        raise Unavailable("gone")

    monkeypatch.setattr(attempts, "started", away)
    with pytest.raises(Unavailable):
        payments.start(attempt.id)
    counter.later(minutes=2)

    counter.work()

    assert counter.last(attempt).status == "open"


def test_without_an_address_of_this_house_payments_begin_all_the_same(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "")
    forget()

    begun = [counter.opened(provider) for provider in PROVIDERS]

    assert all(each.way["url"] for each in begun)


def test_an_attempt_of_the_other_world_is_not_asked_of_this_one(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = counter.begin()
    connection().execute("UPDATE payment_attempts SET mode = 'live'")

    payments.start(attempt.id)
    payments.check(attempt.id)

    assert counter.attempt(attempt.id).status == "given_up"
    assert counter.providers.counts() == {}


def test_nothing_of_the_customer_and_no_key_is_in_the_log(counter: Counter, capfd: pytest.CaptureFixture[str]) -> None:
    attempt = counter.begin()
    counter.providers.fault(on="start", http=400, body='{"status":false,"message":"Ada Obi may not","code":"x"}')
    payments.start(attempt.id)
    other = counter.opened("flutterwave")
    counter.providers.pay(other.reference)
    payments.check(other.id)

    said = "".join(capfd.readouterr())

    assert "payment.settled" in said
    assert not [word for word in ("Ada", "Obi", "23480", "customers.drugs.ng", "sk_test", "FLWSECK") if word in said]
