"""The pharmacy in memory does what the real one does: the same effects in the same order have the same outcomes in both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import settings
from local.rehearsal import shop
from models import base, vault
from models.prescriptions import approvals
from models.prescriptions.approvals import Allowed
from tests.factories import KEY, NOW, a_customer, a_prescription, a_product
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
FILE = {"kind": "image", "mime_type": "image/jpeg", "caption": "", "filename": "", "sha256": ""}
# Played from top to bottom; "$plain" is a reference, "$order" the number of the order placed last, "$paper" the id of the
# prescription received last.
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
    ("rename", {"name": "Ada Nwosu"}),
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
    ("rename", {"name": " "}),
    ("rename", {"name": "Ada Nwosu"}),
    ("stop_messages", {}),
    ("resume_messages", {}),
    ("ask_erasure", {}),
    ("keep_my_data", {}),
    ("hand_over", {"reason": "asked"}),
    ("leave_agent", {}),
    ("receive_prescription", {**FILE, "media_id": "m1"}),
    ("answer_prescription", {"prescription_id": "$paper", "text": "it is 10 mg"}),
    ("receive_prescription", {**FILE, "media_id": "m2", "replaces": "$paper", "order_number": "999999999"}),
    ("withdraw_prescription", {"prescription_id": "$paper"}),
    ("withdraw_prescription", {"prescription_id": "$paper"}),
    ("answer_prescription", {"prescription_id": "$paper", "text": "too late"}),
    ("answer_prescription", {"prescription_id": 2_000_000_000, "text": "not mine"}),
    ("start_timer", {"kind": "x", "minutes": 5}),
    ("start_timer", {"kind": "x", "minutes": 5, "subject": "1"}),
    ("stop_timer", {"kind": "x"}),
    ("end_timer", {"reason": "over"}),
    ("remind_refill", {"prescription_id": 2_000_000_000, "until": "2027-01-01"}),
    ("remind_refill", {"prescription_id": "$paper", "until": "2027-13-01"}),
    ("order_again", {"prescription_id": 2_000_000_000, "refs": ["m1"]}),
    ("stop_refills", {}),
]


@pytest.fixture(scope="module", autouse=True)
def database(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://contract", (KEY,))
        yield
        base.drop_connection()
        vault.bind("", ())


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

        row = base.connection().execute(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
               VALUES ('whatsapp', gen_random_uuid(), %s, 'image', '{}') RETURNING id""",
            (self.id,),
        )
        self.inbox = int(row.fetchone()[0])

    def perform(self, effect: Effect) -> Happened | None:
        return perform(effect, Context(self.id, self.inbox, NOW, SETTINGS, self.facts))

    def approve(self, name: str, quantity: int) -> None:
        paper = a_prescription(self.id, state="approved")
        row = base.connection().execute(
            """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
               VALUES (%s, %s, 'approved', 1, 'Bola Ade', '') RETURNING id""",
            (paper, NOW),
        )
        allowed = [Allowed(0, self.refs[name], quantity)]
        approvals.allow(row.fetchone()[0], paper, self.id, allowed, expires_at=NOW + timedelta(days=30), now=NOW)
        self.facts.forget()


class InMemory:
    def __init__(self) -> None:
        self.shop = FakeShop(customer=CustomerFacts(1, returning=True))
        self.refs = {name: ref for name, (ref, _) in GOODS.items()}
        self.shop.change("h6", price=None)
        self.shop.change("h7", active=False)
        self.facts = FakeFacts(self.shop)

    def perform(self, effect: Effect) -> Happened | None:
        return self.shop.perform(effect)

    def approve(self, name: str, quantity: int) -> None:
        self.shop.allow(self.refs[name], quantity)


def played(pharmacy: Real | InMemory) -> list[tuple[str, tuple[str, str, list[str]]]]:
    order, paper, lines = "", 0, []
    for name, given in SCRIPT:
        named = {f"${k}": v for k, v in pharmacy.refs.items()} | {"$order": order, "$paper": paper}
        args = {k: named.get(v, v) if isinstance(v, str) else v for k, v in given.items()}
        happened = pharmacy.perform(Effect(name, args))
        order = str(happened.data["number"]) if happened and happened.name == "order_placed" else order
        paper = happened.data.get("prescription_id", paper) if happened else paper
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


def test_both_pharmacies_honour_an_approval_alike() -> None:
    """Into the cart, no more than approved, paid once, freed by cancelling."""
    seen = []
    for each in (InMemory(), Real()):
        ref = each.refs["prescription"]
        each.perform(Effect("register", {"name": "Ada Obi", "consent_version": "1"}))
        each.perform(Effect("add_to_cart", {"ref": ref, "quantity": 5}))
        each.approve("prescription", 2)
        told: list[object] = [cart(each.facts)]
        told.append(outcome(each.perform(Effect("set_cart_quantity", {"ref": ref, "quantity": 3}))))
        placed = each.perform(Effect("place_order", {**HOME, "key": "k9", "expected_total_kobo": 960_000 + 150_000}))
        assert placed is not None
        each.perform(Effect("add_to_cart", {"ref": ref, "quantity": 1}))
        told += [outcome(placed), cart(each.facts)]
        each.perform(Effect("cancel_order", {"number": placed.data["number"]}))
        told.append(cart(each.facts))
        each.approve("prescription", 3)
        told.append(cart(each.facts))
        seen.append(told)

    assert seen[0] == seen[1]
    carts = [seen[0][n] for n in (0, 3, 4, 5)]
    assert carts == [[(1, 2, "")], [(1, 1, "needs_prescription")], [(1, 1, "")], [(1, 4, "")]]


def test_the_pharmacy_in_memory_knows_every_effect_of_the_real_one() -> None:
    assert shop.EFFECTS == EFFECTS
