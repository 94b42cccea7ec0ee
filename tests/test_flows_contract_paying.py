"""Payments in the memory of a rehearsal and in the real house: the same effects in the same order have the same outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import settings
from local.rehearsal import payments
from models import base
from models.payments import attempts, settling
from tests.factories import NOW, a_customer, a_product, a_proof
from tests.fakes import FakeFacts, FakeShop
from tests.servers import Databases
from worker.database_facts import DatabaseFacts
from worker.effects import Context, perform
from worker.facts import CustomerFacts, Facts, Pharmacy
from worker.flows.step import Effect, Happened

SETTINGS = settings.read(
    {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PAYSTACK_SECRET_KEY": "sk_test_" + "0" * 40,
    }
)
PHARMACY = Pharmacy("Drugs.ng", delivery_fee_kobo=150_000, providers=("paystack",))
HOME = {"delivery": "delivery", "address": "12 Allen Avenue, Ikeja, Lagos"}
BY = {"provider": "paystack", "kind": "link"}
# Played from top to bottom; "$online" is the number of the order to be paid online, "$cash" of the one paid in cash.
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("start_payment", {**BY, "number": "999999999"}),
    ("switch_payment", {**BY, "number": "999999999"}),
    ("check_payment", {"number": "999999999"}),
    ("start_payment", {**BY, "number": "$cash"}),
    ("check_payment", {"number": "$cash"}),
    ("start_payment", {**BY, "number": "$online", "provider": "flutterwave"}),
    ("start_payment", {**BY, "number": "$online", "kind": "cheque"}),
    ("start_payment", {**BY, "number": "$online", "kind": "ussd", "bank": "nobody's"}),
    ("switch_payment", {**BY, "number": "$online"}),
    ("check_payment", {"number": "$online"}),
    ("start_payment", {**BY, "number": "$online"}),
    ("start_payment", {**BY, "number": "$online", "kind": "ussd"}),
    ("check_payment", {"number": "$online"}),
    ("switch_payment", {**BY, "number": "$online", "kind": "transfer"}),
    ("switch_payment", {**BY, "number": "$online", "provider": "flutterwave"}),
]
OVER: list[tuple[str, dict[str, Any]]] = [
    ("start_payment", {**BY, "number": "$online"}),
    ("switch_payment", {**BY, "number": "$online"}),
    ("check_payment", {"number": "$online"}),
]


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


class Real:
    def __init__(self) -> None:
        self.id = a_customer()
        self.ref = a_product("Contract Panadol", price="950.00", stock=25)
        self.facts = DatabaseFacts(CustomerFacts(self.id, returning=True), NOW, ZoneInfo("Africa/Lagos"), PHARMACY)

    def perform(self, effect: Effect) -> Happened | None:
        return perform(effect, Context(self.id, 1, NOW, SETTINGS, self.facts))

    def money_comes(self, number: str) -> None:
        attempt = attempts.of(self.id, number)
        assert attempt is not None
        settling.settle(attempt.id, a_proof(attempt), now=NOW)
        self.facts.forget()


class InMemory:
    def __init__(self) -> None:
        self.shop = FakeShop(customer=CustomerFacts(1, registered=True, returning=True), pharmacy=PHARMACY, now=NOW)
        self.ref = "m2"
        self.facts = FakeFacts(self.shop)

    def perform(self, effect: Effect) -> Happened | None:
        return self.shop.perform(effect)

    def money_comes(self, number: str) -> None:
        payments.paid(self.shop, number)


def placed(pharmacy: Real | InMemory, payment: str) -> str:
    pharmacy.perform(Effect("add_to_cart", {"ref": pharmacy.ref, "quantity": 1}))
    happened = pharmacy.perform(Effect("place_order", {**HOME, "payment": payment, "key": payment}))
    assert happened is not None
    return str(happened.data["number"])


def played(pharmacy: Real | InMemory, script: list[tuple[str, dict[str, Any]]], **numbers: str) -> list[tuple[Any, ...]]:
    outcomes: list[tuple[Any, ...]] = []
    for name, given in script:
        args = {key: numbers.get(value.lstrip("$"), value) for key, value in given.items()}
        happened = pharmacy.perform(Effect(name, args))
        assert happened is not None
        told = {key: value for key, value in happened.data.items() if key in ("code", "state")}
        outcomes.append((name, given, happened.name, told, sorted(happened.data)))
    return outcomes


def seen(facts: Facts, number: str) -> tuple[Any, ...]:
    """What a flow sees of the last attempt."""
    attempt = facts.attempt_of(number)
    assert attempt is not None
    assert facts.attempt(attempt.id) == attempt
    about = (attempt.order_number == number, attempt.provider, attempt.kind, attempt.amount, attempt.open, attempt.switch_to)
    order = facts.order(number)
    return (*about, order and (order.status, order.payment_status))


def both() -> list[Real | InMemory]:
    return [InMemory(), Real()]


def test_both_pharmacies_begin_switch_and_check_payments_alike() -> None:
    told = []
    for each in both():
        numbers = {"online": placed(each, "paystack"), "cash": placed(each, "cash")}
        told.append((played(each, SCRIPT, **numbers), seen(each.facts, numbers["online"])))

    assert told[0] == told[1]


def test_both_pharmacies_refuse_alike_once_the_money_is_there() -> None:
    told = []
    for each in both():
        online = placed(each, "paystack")
        played(each, [("start_payment", {**BY, "number": "$online"})], online=online)
        each.money_comes(online)
        told.append((played(each, OVER, online=online), seen(each.facts, online)))

    assert told[0] == told[1]
    assert [outcome[3]["code"] for outcome in told[0][0]] == ["already_paid"] * 3


def test_both_pharmacies_refuse_alike_once_the_order_is_cancelled() -> None:
    told = []
    for each in both():
        online = placed(each, "paystack")
        played(each, [("start_payment", {**BY, "number": "$online"})], online=online)
        each.perform(Effect("cancel_order", {"number": online}))
        told.append(played(each, OVER, online=online))

    assert told[0] == told[1]


def test_what_is_somebody_elses_is_not_seen() -> None:
    owner, other = Real(), Real()
    number = placed(owner, "paystack")
    played(owner, [("start_payment", {**BY, "number": "$online"})], online=number)
    attempt = owner.facts.attempt_of(number)

    assert attempt is not None
    assert (other.facts.attempt_of(number), other.facts.attempt(attempt.id)) == (None, None)
