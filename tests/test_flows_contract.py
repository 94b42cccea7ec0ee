"""The pharmacy in memory does what the real one does: the same effects in the same order have the same outcomes in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import settings
from local.rehearsal import shop
from models import base
from tests.factories import NOW, a_customer, a_product
from tests.fakes import FakeFacts, FakeShop
from tests.servers import Databases
from worker.database_facts import DatabaseFacts
from worker.effects import EFFECTS, Context, perform
from worker.facts import CustomerFacts, Facts, Pharmacy
from worker.flows.step import Effect, Happened

SETTINGS = settings.read(
    {"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1", "DELIVERY_FEE_KOBO": "150000"}
)
# What each name is in the shop in memory, and how it is made in the real one.
GOODS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("m2", {"name": "Contract Panadol", "price": "950.00", "stock": 25}),
    "few": ("m3", {"name": "Contract Panadol Extra", "price": "1150.00", "stock": 3}),
    "none": ("m5", {"name": "Contract MB", "price": "1350.00", "stock": 0}),
    "prescription": ("m10", {"name": "Contract Amoxil", "price": "4800.00", "stock": 15, "sale_class": "pom"}),
    "controlled": ("m40", {"name": "Contract Tramal", "price": "2500.00", "stock": 10, "control": "controlled"}),
    "priceless": ("h6", {"name": "Contract Sanitiser", "price": "0", "stock": 10, "kind": "health"}),
    "gone": ("h7", {"name": "Contract Wool", "price": "650.00", "stock": 35, "kind": "health", "active": False}),
}
HOME = {"delivery": "delivery", "address": "12 Allen Avenue, Ikeja, Lagos", "payment": "cash"}
# Played from top to bottom; "$plain" is a reference, "$order" the number of the order placed last.
SCRIPT: list[tuple[str, dict[str, Any]]] = [
    ("place_order", {**HOME, "key": "k0"}),
    ("add_to_cart", {"ref": "$plain", "quantity": 2}),
    ("add_to_cart", {"ref": "$plain", "quantity": 1}),
    ("add_to_cart", {"ref": "$plain", "quantity": 9}),
    ("add_to_cart", {"ref": "$plain", "quantity": 0}),
    ("add_to_cart", {"ref": "$few", "quantity": 4}),
    ("add_to_cart", {"ref": "$none", "quantity": 1}),
    ("add_to_cart", {"ref": "$controlled", "quantity": 1}),
    ("add_to_cart", {"ref": "$priceless", "quantity": 1}),
    ("add_to_cart", {"ref": "$gone", "quantity": 1}),
    ("add_to_cart", {"ref": "m2147483647", "quantity": 1}),
    ("add_to_cart", {"ref": "x", "quantity": 1}),
    ("add_to_cart", {"ref": "$prescription", "quantity": 1}),
    ("set_cart_quantity", {"ref": "$plain", "quantity": 4}),
    ("set_cart_quantity", {"ref": "$plain", "quantity": 30}),
    ("set_cart_quantity", {"ref": "$few", "quantity": 1}),
    ("remove_from_cart", {"ref": "$few"}),
    ("place_order", {**HOME, "key": "k1"}),
    ("register", {"name": "Ada Obi", "consent_version": "1"}),
    ("place_order", {**HOME, "address": "x", "key": "k1"}),
    ("place_order", {**HOME, "key": "k1", "expected_total_kobo": 1}),
    ("place_order", {**HOME, "key": "k1", "expected_total_kobo": 530_000}),
    ("place_order", {**HOME, "key": "k1", "expected_total_kobo": 530_000}),
    ("place_order", {**HOME, "key": "k2"}),
    ("remove_from_cart", {"ref": "$prescription"}),
    ("place_order", {**HOME, "key": "k3"}),
    ("cancel_order", {"number": "$order"}),
    ("cancel_order", {"number": "$order"}),
    ("cancel_order", {"number": "999999999"}),
    ("add_to_cart", {"ref": "$few", "quantity": 2}),
    ("clear_cart", {}),
    ("register", {"name": " ", "consent_version": "1"}),
    ("stop_messages", {}),
    ("resume_messages", {}),
    ("hand_over", {"reason": "asked"}),
    ("leave_agent", {}),
    ("start_timer", {"kind": "x", "minutes": 5}),
    ("stop_timer", {"kind": "x"}),
]


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


def outcome(happened: Happened | None) -> tuple[str, str, list[str]]:
    """What a flow can depend on: the name, the refusal, and which values are there."""
    if happened is None:
        return ("", "", [])
    return (happened.name, str(happened.data.get("code", "")), sorted(happened.data))


class Real:
    """The real pharmacy for a new customer, with the products of the script."""

    def __init__(self) -> None:
        self.id = a_customer(registered=False, name="")
        self.refs = {name: a_product(**made) for name, (_, made) in GOODS.items()}
        self.facts = DatabaseFacts(
            CustomerFacts(self.id, returning=True), NOW, ZoneInfo("Africa/Lagos"), Pharmacy("Drugs.ng", delivery_fee_kobo=150_000)
        )

    def perform(self, effect: Effect) -> Happened | None:
        return perform(effect, Context(self.id, 0, NOW, SETTINGS, self.facts))


class InMemory:
    def __init__(self) -> None:
        self.shop = FakeShop(customer=CustomerFacts(1, returning=True))
        self.refs = {name: ref for name, (ref, _) in GOODS.items()}
        self.shop.change("h6", price=None)
        self.shop.change("h7", active=False)
        self.facts = FakeFacts(self.shop)

    def perform(self, effect: Effect) -> Happened | None:
        return self.shop.perform(effect)


def played(pharmacy: Real | InMemory) -> list[tuple[str, tuple[str, str, list[str]]]]:
    order, lines = "", []
    for name, given in SCRIPT:
        named = {f"${k}": v for k, v in pharmacy.refs.items()} | {"$order": order}
        args = {k: named.get(v, v) if isinstance(v, str) else v for k, v in given.items()}
        happened = pharmacy.perform(Effect(name, args))
        order = str(happened.data["number"]) if happened and happened.name == "order_placed" else order
        lines.append((f"{name} {given}", outcome(happened)))
    return lines


def cart(facts: Facts) -> list[tuple[int, int, str]]:
    return [(line.number, line.quantity, line.problem) for line in facts.cart().lines]


def test_both_pharmacies_answer_every_effect_alike() -> None:
    assert played(InMemory()) == played(Real())


def test_both_carts_name_the_same_problems() -> None:
    pharmacies = [InMemory(), Real()]
    for each in pharmacies:
        for name, quantity in (("plain", 2), ("few", 3), ("prescription", 1)):
            each.perform(Effect("add_to_cart", {"ref": each.refs[name], "quantity": quantity}))

    assert cart(pharmacies[0].facts) == cart(pharmacies[1].facts) == [(1, 2, ""), (2, 3, ""), (3, 1, "needs_prescription")]


def test_the_pharmacy_in_memory_knows_every_effect_of_the_real_one() -> None:
    assert shop.EFFECTS == EFFECTS
