"""Transfers of a wrong amount, which the provider sends back: whoever sent one hears of it, and only riddles go to people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.base import connection
from models.payments import payers
from models.payments.values import Attempt
from settings import current
from tests.payment_counter import Counter, counter, world
from worker import payment_events

__all__ = ["counter", "world"]  # fixtures


def told(counter: Counter, email: str, transaction: object = "3103959930", kobo: object = "30000") -> None:
    """bank.transfer.rejected as Paystack sends it: the amount is text, and there is no reference."""
    refused: dict[str, Any] = {"amount": kobo, "message_type": "INCORRECT_AMOUNT", "transaction_id": str(transaction)}
    body = {"event": "bank.transfer.rejected", "data": {"bank_transfer": refused, "customer": {"email": email}}}
    payment_events.settle(counter.told(json.dumps(body).encode(), f"{email}{transaction}{kobo}") or 0)


def email_of(attempt: Attempt) -> str:
    return payers.of(attempt.customer_id, current().payment_email_domain).email


def test_whoever_sent_it_is_known_by_their_address_and_hears_of_it_once(counter: Counter) -> None:
    attempt, other = counter.opened(kind="transfer"), counter.opened(kind="transfer")

    for _ in range(2):
        told(counter, email_of(attempt).upper())

    assert counter.heard(attempt) == ["payment_ready", "transfer_rejected"]
    assert counter.said(attempt, "transfer_rejected") == {"order_number": attempt.order_number, "amount_kobo": 30_000}
    assert (counter.heard(other), counter.tasks()) == (["payment_ready"], [])


def test_an_address_of_their_own_is_known_too(counter: Counter) -> None:
    attempt = counter.opened(kind="transfer")
    connection().execute(
        """UPDATE users SET email = 'Ada@Example.ng' WHERE id = (SELECT "userId" FROM customers WHERE id = %s)""",
        (attempt.customer_id,),
    )

    told(counter, "ada@example.ng")

    assert counter.heard(attempt)[-1] == "transfer_rejected"


def test_the_transaction_the_provider_knows_says_whose_it_was(counter: Counter) -> None:
    attempt = counter.opened(kind="transfer")
    (transaction,) = counter.providers.charge(attempt.reference)["transactions"]

    told(counter, "somebody@else.example", transaction["id"])

    assert counter.said(attempt, "transfer_rejected")["order_number"] == attempt.order_number
    assert counter.tasks() == []


def test_who_waits_to_pay_two_orders_hears_of_it_without_a_number(counter: Counter) -> None:
    attempt = counter.opened(kind="transfer")
    connection().execute("""UPDATE orders SET "reservedUntil" = now() + interval '1 hour'""")
    second = counter.opened(kind="transfer")
    for table in ("orders", "payment_attempts"):
        connection().execute(f'UPDATE {table} SET "customerId" = %s', (attempt.customer_id,))

    told(counter, email_of(attempt))

    assert counter.said(attempt, "transfer_rejected")["order_number"] == ""
    assert second.order_number != attempt.order_number


def test_one_of_nobody_is_for_people_once(counter: Counter) -> None:
    counter.opened(kind="transfer")

    for kobo in ("30000", "40000"):
        told(counter, "stranger@example.ng", kobo=kobo)

    assert counter.tasks() == ["transfer_rejected"]


@pytest.mark.parametrize("fault", [{"http": 503}, {"cut": "before"}])
def test_a_provider_that_does_not_answer_is_asked_again(counter: Counter, fault: dict[str, Any]) -> None:
    attempt = counter.opened(kind="transfer")
    (transaction,) = counter.providers.charge(attempt.reference)["transactions"]
    counter.providers.fault(on="verify", **fault)

    told(counter, "", transaction["id"])
    assert counter.heard(attempt) == ["payment_ready"]
    counter.later(minutes=1)
    counter.work()

    assert counter.heard(attempt)[-1] == "transfer_rejected"
