"""Paying in the conversation on the real pharmacy: what the house tells is what its verbs wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import settings
from models import base, fulfilment, inbox, orders
from models.base import connection
from models.payments import attempts, checking, refunds, settling
from models.payments.values import Attempt
from models.values import Money
from tests.factories import NOW, a_colleague, a_customer, a_product, a_proof
from tests.servers import Databases
from worker import conversation
from worker.database_facts import DatabaseFacts
from worker.effects import Context, perform
from worker.facts import CustomerFacts, Pharmacy
from worker.flows import entry
from worker.flows.step import Effect, Event, Happened, Link, Outside, Place, Reply, Said
from worker.messages import CHECK_PAYMENT, START_PAYMENT

SETTINGS = settings.read(
    {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PAYSTACK_SECRET_KEY": "sk_test_" + "0" * 40,
        "FLUTTERWAVE_SECRET_KEY": "FLWSECK_TEST-" + "0" * 32 + "-X",
    }
)
PHARMACY = Pharmacy("Drugs.ng Pharmacy", "5 Marina Road, Lagos", delivery_fee_kobo=150_000, providers=("paystack", "flutterwave"))
PAGE = {"kind": "link", "url": "https://pay.example/1"}
ACCOUNT = {"kind": "transfer", "account_number": "0123456789", "bank": "Wema Bank", "account_name": "Drugs.ng"}


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


class Customer:
    """Somebody with a full cart who talks to the real pharmacy: turns as the loop takes them, one transaction each."""

    def __init__(self) -> None:
        self.id = a_customer()
        self.place, self.now = Place(), NOW
        self.hints: list[Any] = []
        self.outside: Outside | None = None
        self.heard = 0
        ref = a_product("Panadol", price="950.00", stock=25)
        perform(Effect("add_to_cart", {"ref": ref, "quantity": 1}), Context(self.id, 1, self.now, SETTINGS))

    def send(self, event: Event) -> tuple[Reply, ...]:
        facts = DatabaseFacts(
            CustomerFacts(self.id, "Ada Obi", registered=True, returning=True), self.now, ZoneInfo("Africa/Lagos"), PHARMACY
        )
        context = Context(self.id, 1, self.now, SETTINGS, facts)
        with base.db.atomic():
            step = conversation.perform_all(entry.turn(self.place, event, facts), context, facts)
        self.place = Place(step.place.flow, step.place.state, json.loads(json.dumps(dict(step.place.memory))))
        self.outside = step.outside
        self.hints += context.hints
        return step.replies

    def say(self, *typed: str) -> str:
        return [words(self.send(Said(each))) for each in typed][-1]

    def hears(self) -> tuple[Reply, ...]:
        """What is said to everything new that the house put into this customer's inbox."""
        rows = connection().execute(
            """SELECT id, payload FROM inbox WHERE "customerId" = %s AND channel = 'house' AND id > %s ORDER BY id""",
            (self.id, self.heard),
        )
        replies: tuple[Reply, ...] = ()
        for number, told in rows.fetchall():
            self.heard = number
            replies += self.send(Happened(told["name"], told["data"]))
        return replies

    @property
    def order(self) -> str:
        return orders.of(self.id, limit=1).orders[0].number

    @property
    def attempt(self) -> Attempt:
        found = attempts.of(self.id, self.order)
        assert found is not None
        return found

    def provider_is_ready(self, way: dict[str, str]) -> tuple[Reply, ...]:
        work = attempts.claim_start(self.attempt.id, 30, now=self.now)
        assert work is not None
        attempts.started(work, {**work.way, **way}, now=self.now)
        return self.hears()

    def provider_says(self, state: str = "paid", **values: Any) -> tuple[Reply, ...]:
        work = checking.claim_check(self.attempt.id, 30, now=self.now)
        assert work is not None
        settling.settle(work.id, a_proof(work, state=state, **values), now=self.now, claim=work.version)
        return self.hears()


def words(replies: tuple[Reply, ...]) -> str:
    return "\n".join(str(getattr(reply, "body", "")) for reply in replies)


def test_the_way_of_a_payment_from_the_checkout_to_the_door() -> None:
    ada, staff = Customer(), a_colleague(name="Ops", role="owner")

    placed = ada.say("checkout 12 Allen Avenue, Ikeja, Lagos card", "yes")
    begun = [*ada.hints]
    page = ada.provider_is_ready(PAGE)
    asked = ada.say("i have paid")
    waiting = words(ada.provider_says("pending"))
    receipt, template = words(ada.provider_says()), ada.outside
    again = ada.say(f"pay {ada.order}")
    fulfilment.process(ada.order, by=staff.id, now=NOW)
    fulfilment.ship(ada.order, "Musa Bello", "0803 123 4567", by=staff.id, now=NOW)
    on_its_way, shipped = words(ada.hears()), ada.outside
    card = ada.say(f"track {ada.order}")
    fulfilment.deliver(ada.order, by=staff.id, now=NOW)
    delivered = words(ada.hears())

    number = ada.order
    assert "is placed: *₦2,450*" in placed
    assert begun == [(START_PAYMENT, ada.attempt.id)]
    assert next(r for r in page if isinstance(r, Link)).url == PAGE["url"]
    assert "Please pay before 10:30 AM." in words(page)
    assert "I am asking Paystack" in asked
    assert (CHECK_PAYMENT, ada.attempt.id) in ada.hints
    assert "is not there yet" in waiting
    assert "received *₦2,450*" in receipt
    assert template == Outside("payment_received", (number, "₦2,450"))
    assert "already paid" in again
    assert "Rider: Musa Bello" in on_its_way
    assert shipped is not None
    assert shipped.parameters[:2] == (number, "Musa Bello")
    assert "Rider: Musa Bello" in card
    assert "was delivered" in delivered


def test_another_way_is_begun_only_once_the_first_provider_has_no_money() -> None:
    ada = Customer()
    ada.say("checkout pickup card", "yes")
    ada.provider_is_ready(PAGE)
    first = ada.attempt

    asked = ada.say("another way", "2")
    still = ada.attempt
    ada.provider_says("pending")
    account = words(ada.provider_is_ready(ACCOUNT))

    assert "I first ask Paystack" in asked
    assert still.id == first.id
    assert (ada.attempt.kind, attempts.get(first.id).status) == ("transfer", "failed")  # type: ignore[union-attr]
    assert "0123456789" in account.split("\n")


def test_a_provider_that_is_down_is_said_and_the_other_one_is_a_word_away() -> None:
    ada = Customer()
    ada.say("checkout pickup card", "yes")
    work = attempts.claim_start(ada.attempt.id, 30, now=NOW)
    assert work is not None

    attempts.start_failed(work, "retryable timeout 1", timedelta(seconds=1), now=NOW)
    slow = words(ada.hears())
    work = attempts.claim_start(ada.attempt.id, 30, now=NOW + timedelta(seconds=2))
    assert work is not None
    attempts.give_up(work, "timeout", now=NOW)
    down, template = words(ada.hears()), ada.outside
    ada.say("flutterwave")

    assert "still trying" in slow
    assert "could not begin" in down
    assert template == Outside("payment_not_started", (ada.order,))
    assert (ada.attempt.provider, ada.attempt.status) == ("flutterwave", "starting")


def test_an_order_that_was_not_paid_expires_and_late_money_is_told() -> None:
    ada = Customer()
    ada.say("checkout pickup transfer", "yes")
    ada.provider_is_ready(ACCOUNT)
    number, later = ada.order, NOW + timedelta(hours=2)
    ada.now = later

    for one in orders.expire_due(later):
        inbox.add_event(ada.id, "order_expired", f"order_expired:{one.order_id}", {"order_number": one.number})
    closed = words(ada.hears())
    refused = ada.say(f"pay {number}")
    connection().execute("UPDATE products SET stock = 0")  # somebody else has the last ones: it cannot be taken up again
    late, template = words(ada.provider_says()), ada.outside

    assert "was not paid in 30 minutes" in closed
    assert "is closed" in refused
    assert "the order was closed by then" in late
    assert "goes back" in late
    assert template == Outside("payment_problem", ("₦950", number))


def test_a_paid_order_that_is_cancelled_says_that_the_money_goes_back_and_when_it_has() -> None:
    ada = Customer()
    ada.say("checkout pickup card", "yes")
    ada.provider_is_ready(PAGE)
    ada.provider_says()
    number = ada.order

    asked = ada.say(f"cancel order {number}")
    cancelled = ada.say("yes")
    row = connection().execute("SELECT id FROM refunds ORDER BY id DESC LIMIT 1").fetchone()
    work = refunds.claim(int(row[0]), 30, now=NOW)
    assert work is not None
    refunds.done(work, "r1", now=NOW)
    back = words(ada.hears())

    assert "₦950 you paid goes back" in asked
    assert "Your money goes back" in cancelled
    assert "*₦950*" in back
    assert "sent back to you" in back


def test_too_little_money_is_said_and_nobody_is_asked_to_send_more() -> None:
    ada = Customer()
    ada.say("checkout pickup transfer", "yes")
    ada.provider_is_ready(ACCOUNT)

    short = words(ada.provider_says(amount=Money(50_000), requested=None))
    again = ada.say("pay")

    assert "*₦500* came" in short
    assert "Our team looks after it" in again


def test_staff_who_cancel_a_paid_order_have_its_customer_told_of_the_money() -> None:
    ada, staff = Customer(), a_colleague(name="Ops", role="owner")
    ada.say("checkout pickup card", "yes")
    ada.provider_is_ready(PAGE)
    ada.provider_says()

    fulfilment.cancel(ada.order, "out_of_stock", by=staff.id, now=NOW)
    told = words(ada.hears())

    assert "was cancelled by our team" in told
    assert "out of stock" in told
    assert "Your money goes back" in told
