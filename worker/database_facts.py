"""What flows ask, answered from PostgreSQL: lazily, each question one round trip, once a turn.

Answers are kept until something is written (`forget`): a flow that changed the cart sees the changed cart in the same turn.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from models import carts, catalogue, orders, prescriptions
from models.base import db
from models.carts import Cart
from models.catalogue import Product, Results
from models.orders import Order, OrderPage
from models.payments import attempts
from models.payments.values import Attempt
from models.prescriptions import Decided, Shown
from models.threads import waiting
from models.vault import Locked
from worker.care_facts import DatabaseCareFacts
from worker.facts import CustomerFacts, Pharmacy
from worker.gateways.accounts import USSD_BANKS
from worker.logs import log

T = TypeVar("T")


class DatabaseFacts:
    """Implements `worker.facts.Facts` for one customer and one turn. `now` is the moment of the turn, aware, in UTC."""

    def __init__(self, customer: CustomerFacts, now: datetime, zone: ZoneInfo, pharmacy: Pharmacy) -> None:
        self._customer = customer
        self._now = now
        self._zone = zone
        self._pharmacy = pharmacy
        self._known: dict[tuple[Any, ...], object] = {}
        self._care = DatabaseCareFacts(lambda: self._customer.id, now, self._once)

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def zone(self) -> ZoneInfo:
        return self._zone

    @property
    def customer(self) -> CustomerFacts:
        return self._customer

    @property
    def pharmacy(self) -> Pharmacy:
        return self._pharmacy

    @property
    def care(self) -> DatabaseCareFacts:
        return self._care

    def forget(self, customer: CustomerFacts | None = None) -> None:
        """Something was written: ask again. `customer` replaces who writes (after registering)."""
        self._known.clear()
        self._customer = customer or self._customer

    def taken_up(self) -> bool:
        return self._once(("taken_up",), lambda: waiting.taken_up(self._customer.id))

    def search(self, text: str, *, kind: str | None = None, limit: int = 5, offset: int = 0) -> Results:
        return self._once(
            ("search", text, kind, limit, offset), lambda: catalogue.search(db, text, kind=kind, limit=limit, offset=offset)
        )

    def browse(self, kind: str, *, limit: int = 5, offset: int = 0) -> Results:
        return self._once(("browse", kind, limit, offset), lambda: _page(catalogue.browse(db, kind, limit=limit, offset=offset)))

    def product(self, ref: str) -> Product | None:
        return self._once(("product", ref), lambda: catalogue.get(db, ref))

    def equivalents(self, ref: str, *, limit: int = 3) -> tuple[Product, ...]:
        return self._once(("equivalents", ref, limit), lambda: catalogue.equivalents(db, ref, limit=limit))

    def cart(self) -> Cart:
        return self._once(("cart",), lambda: carts.of(self._customer.id, now=self._now))

    def orders(self, *, limit: int = 5, offset: int = 0) -> OrderPage:
        return self._once(("orders", limit, offset), lambda: orders.of(self._customer.id, limit=limit, offset=offset))

    def order(self, number: str) -> Order | None:
        return self._once(("order", number), lambda: orders.get(self._customer.id, number))

    def attempt(self, attempt_id: int) -> Attempt | None:
        found = self._once(("attempt", attempt_id), lambda: attempts.get(attempt_id))
        # Own is what is own now: an order may have come over with a claimed account, or another customer's with a number.
        return found if found is not None and self.order(found.order_number) is not None else None

    def attempt_of(self, number: str) -> Attempt | None:
        return self._once(("attempt_of", number), lambda: attempts.of(self._customer.id, number))

    def ussd_banks(self, provider: str) -> tuple[str, ...]:
        return USSD_BANKS.get(provider, ())

    def prescription(self, prescription_id: int) -> Shown | None:
        return self._once(("prescription", prescription_id), lambda: prescriptions.shown(self._customer.id, prescription_id))

    def decision(self, prescription_id: int) -> Decided | None:
        return self._once(("decision", prescription_id), lambda: self._decision(prescription_id))

    def _decision(self, prescription_id: int) -> Decided | None:
        try:
            return prescriptions.decision(self._customer.id, prescription_id)
        except Locked:  # a key was taken away too early: staff see it in the console, and the conversation goes on without it
            log().error("prescription.locked", prescription=prescription_id)
            return None

    def prescriptions_beside(self, prescription_id: int) -> tuple[tuple[int, datetime], ...]:
        return self._once(("beside", prescription_id), lambda: prescriptions.beside(self._customer.id, prescription_id))

    def latest_prescription(self) -> Shown | None:
        return self._once(("latest",), lambda: prescriptions.latest(self._customer.id))

    def _once(self, question: tuple[Any, ...], ask: Callable[[], T]) -> T:
        if question not in self._known:
            self._known[question] = ask()
        return cast(T, self._known[question])


def _page(found: tuple[tuple[Product, ...], int]) -> Results:
    products, total = found
    return Results(products=products, total=total)
