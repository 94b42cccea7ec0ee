"""Attempts to be paid, on a real PostgreSQL: one open at a time, started by one, looked after, switched only after an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from models import base, orders
from models.base import connection
from models.payments import attempts, checking, settling
from models.payments.values import Attempt
from models.payments.waits import Retry, next_look
from models.values import Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt, an_order
from tests.servers import Databases

SOON = NOW + timedelta(minutes=1)


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    """One database for the module: every test brings its own customers and orders."""
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


def again(attempt: Attempt) -> Attempt:
    found = attempts.get(attempt.id)
    assert found is not None
    return found


def told(customer: int) -> list[tuple[str, dict[str, Any]]]:
    rows = connection().execute("""SELECT payload FROM inbox WHERE "customerId" = %s ORDER BY id""", (customer,))
    return [(row[0]["name"], row[0]["data"]) for row in rows.fetchall()]


def next_look_of(attempt: Attempt) -> datetime | None:
    row = connection().execute("""SELECT "nextCheckAt" FROM payment_attempts WHERE id = %s""", (attempt.id,)).fetchone()
    return row[0] if row else None


def begin(customer: int, number: str, provider: str = "paystack", *, now: datetime = NOW) -> Attempt:
    return attempts.begin(customer, number, provider, "link", mode="live", now=now)


def looked_at(attempt: Attempt, state: str, now: datetime) -> Any:
    work = checking.claim_check(attempt.id, 30, now=now)
    assert work is not None
    return settling.settle(work.id, a_proof(work, state=state), now=now, claim=work.version)


# --------------------------------------------------------------------------------------------------- waits


def test_waits_between_tries_double_from_the_first_and_end_with_the_last() -> None:
    retry = Retry(3, 1000, 2)

    assert [retry.delay(tries) for tries in (1, 2, 3)] == [timedelta(seconds=1), timedelta(seconds=2), None]


def test_jitter_makes_a_wait_longer_by_a_tenth_at_most() -> None:
    retry = Retry(5, 1000, 3)

    assert [retry.delay(3, chance) for chance in (0.0, 0.5, 1.0)] == [timedelta(milliseconds=ms) for ms in (9000, 9450, 9900)]


def test_a_wait_never_exceeds_half_an_hour() -> None:
    assert {Retry(10**6, 1000, 2).wait(tries, 1.0) for tries in (20, 1000, 10**9)} == {timedelta(minutes=30)}


def test_the_ladder_is_that_of_the_runbook() -> None:
    minutes = [3, 6, 12, 30, 60, 180, 360, 1440]

    assert [next_look(n) for n in range(9)] == [*(timedelta(minutes=each) for each in minutes), None]


# --------------------------------------------------------------------------------------------------- beginning


def test_an_attempt_has_its_reference_and_the_orders_total_before_anybody_is_called() -> None:
    ada = a_customer()
    number = an_order(ada, payment="paystack")

    attempt = begin(ada, f"#{number}")

    assert (attempt.status, attempt.reference, attempt.tries) == ("starting", f"{number}-a1", 0)
    order = orders.get(ada, number)
    assert order is not None
    assert attempt.amount == order.total


def test_an_order_has_one_open_attempt_and_the_refusal_names_it() -> None:
    ada = a_customer()
    attempt = an_attempt(ada)

    with pytest.raises(Refused) as no:
        begin(ada, attempt.order_number, "flutterwave")

    assert (no.value.code, no.value.detail["attempt"]) == ("one_open", attempt.id)


def test_of_eight_who_begin_at_once_one_does() -> None:
    ada = a_customer()
    number = an_order(ada, payment="paystack")
    given: list[str] = []

    def beginning() -> None:
        try:
            given.append(begin(ada, number).status)
        except Refused as no:
            given.append(no.code)
        base.drop_connection()

    threads = [threading.Thread(target=beginning) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(given) == ["one_open"] * 7 + ["starting"]


def test_somebody_elses_order_is_as_unknown_as_none() -> None:
    attempt = an_attempt(a_customer())
    bola = a_customer()

    for number in (attempt.order_number, "9999999"):
        with pytest.raises(Refused, match="unknown"):
            begin(bola, number)
        with pytest.raises(Refused, match="unknown"):
            attempts.ask(bola, number, now=NOW)
        with pytest.raises(Refused, match="unknown"):
            attempts.switch(bola, number, "flutterwave", "link", now=NOW)
    assert attempts.of(bola, attempt.order_number) is None


@pytest.mark.parametrize(
    ("payment", "state", "code"),
    [
        ("cash", "", "not_payable"),
        ("paystack", "paid", "already_paid"),
        ("paystack", "cancelled", "not_payable"),
        ("paystack", "expired", "not_payable"),
    ],
)
def test_what_is_not_to_be_paid_has_no_attempt(payment: str, state: str, code: str) -> None:
    ada = a_customer()
    number = an_order(ada, payment=payment, state=state)

    with pytest.raises(Refused, match=code):
        begin(ada, number)


def test_an_order_whose_time_is_up_is_not_begun_to_be_paid_although_the_clock_was_not_there_yet() -> None:
    ada = a_customer()
    number = an_order(ada, payment="paystack")

    with pytest.raises(Refused, match="not_payable"):
        begin(ada, number, now=NOW + timedelta(minutes=30))


@pytest.mark.parametrize("provider", ["", "cash", "paypal"])
def test_a_provider_we_do_not_have_is_refused(provider: str) -> None:
    ada = a_customer()
    number = an_order(ada, payment="paystack")

    with pytest.raises(Refused, match="bad_provider"):
        begin(ada, number, provider)


# --------------------------------------------------------------------------------------------------- starting


def test_one_of_two_starts_it_and_the_customer_hears_once() -> None:
    ada = a_customer()
    attempt = an_attempt(ada, opened=False)

    first, second = (attempts.claim_start(attempt.id, 30, now=NOW) for _ in range(2))
    assert first is not None
    assert second is None
    assert attempts.started(first, {"url": "https://pay.example/x"}, provider_id="77", now=NOW)

    assert (again(attempt).status, again(attempt).way["url"], again(attempt).provider_id) == (
        "open",
        "https://pay.example/x",
        "77",
    )
    assert told(ada) == [("payment_ready", {"attempt_id": attempt.id, "order_number": attempt.order_number})]
    assert attempts.started(first, {}, now=NOW) is False


def test_a_worker_that_was_frozen_past_its_lease_changes_nothing() -> None:
    attempt = an_attempt(a_customer(), opened=False)
    frozen = attempts.claim_start(attempt.id, 30, now=NOW)
    other = attempts.claim_start(attempt.id, 30, now=SOON)
    assert frozen is not None
    assert other is not None

    assert attempts.give_up(frozen, "timeout", now=SOON) is False
    assert attempts.started(other, {"url": "u"}, now=SOON)
    assert again(attempt).tries == 2


def test_a_failed_start_waits_its_time_and_tells_the_customer_the_first_time_only() -> None:
    ada = a_customer()
    attempt = an_attempt(ada, opened=False)
    now = NOW
    for delay_s in (1, 2):
        work = attempts.claim_start(attempt.id, 30, now=now)
        assert work is not None
        assert attempts.start_failed(work, "timeout", timedelta(seconds=delay_s), now=now)
        assert attempts.claim_start(attempt.id, 30, now=now) is None
        now += timedelta(seconds=delay_s)

    work = attempts.claim_start(attempt.id, 30, now=now)
    assert work is not None
    assert work.tries == 3
    assert attempts.give_up(work, "timeout", now=now)

    assert [name for name, _ in told(ada)] == ["payment_delayed", "payment_not_started"]
    assert again(attempt).status == "given_up"
    assert begin(ada, attempt.order_number, "flutterwave").reference.endswith("-a2")


def test_an_attempt_that_was_given_up_is_still_looked_at() -> None:
    attempt = an_attempt(a_customer(), opened=False)
    work = attempts.claim_start(attempt.id, 30, now=NOW)
    assert work is not None
    attempts.give_up(work, "timeout", now=NOW)

    assert attempt.id in checking.to_check(NOW + timedelta(minutes=4), limit=1000)
    assert settling.settle(attempt.id, a_proof(attempt), now=SOON).kind == "applied"


def test_nobody_starts_an_attempt_whose_order_is_over_and_nobody_is_told() -> None:
    ada = a_customer()
    attempt = an_attempt(ada, opened=False)
    orders.cancel(ada, attempt.order_number, now=NOW)

    assert attempts.claim_start(attempt.id, 30, now=NOW) is None

    assert (again(attempt).status, told(ada)) == ("given_up", [])


def test_the_sweep_finds_what_nobody_starts() -> None:
    lost, taken = (an_attempt(a_customer(), opened=False) for _ in range(2))
    attempts.claim_start(taken.id, 60, now=NOW)

    found = attempts.to_start(NOW + timedelta(seconds=30))

    assert lost.id in found
    assert taken.id not in found
    assert lost.id not in attempts.to_start(NOW)
