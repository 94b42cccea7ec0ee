"""The read-only questions a flow may ask.

`Facts` is what flows see (and what tests fake); `worker.database_facts.DatabaseFacts` answers from PostgreSQL within a turn.
Answers are frozen values, never rows. Nothing here writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from models.carts import Cart
from models.catalogue import Product, Results
from models.office_hours import Hours
from models.orders import Order, OrderPage
from models.payments.values import Attempt
from models.prescriptions import Decided, Shown
from worker.care_facts import CareFacts


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Who writes. `registered` means name and consent are on file; `returning` that they wrote before."""

    id: int
    name: str = ""
    registered: bool = False
    returning: bool = False
    has_number: bool = True
    marketing_stopped: bool = False
    with_agent: bool = False


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """What the law wants shown, what the checkout needs, and how many days a prescription is good for.

    `providers`: through whom customers may pay online (paystack, flutterwave), the one to offer first at the front. `hours`: when people
    are there to answer in the chat.
    Who logged out and signed in again stays so for `sign_in_minutes`, anew when `sign_in_renewed_at_minutes` or less are left.
    """

    name: str
    address: str = ""
    licence_number: str = ""
    phone: str = ""
    delivery_fee_kobo: int = 0
    prescription_valid_days: int = 90
    providers: tuple[str, ...] = ()
    hours: Hours = Hours()
    sign_in_minutes: int = 60
    sign_in_renewed_at_minutes: int = 5


class Facts(Protocol):
    @property
    def now(self) -> datetime: ...

    @property
    def zone(self) -> ZoneInfo: ...

    @property
    def customer(self) -> CustomerFacts: ...

    @property
    def pharmacy(self) -> Pharmacy: ...

    def taken_up(self) -> bool:
        """Whether somebody of the staff has taken or answered the thread that is open."""

    @property
    def care(self) -> CareFacts: ...

    def search(self, text: str, *, kind: str | None = None, limit: int = 5, offset: int = 0) -> Results:
        """Products for a text, best first. `kind`: "medicine", "health" or None for both."""

    def browse(self, kind: str, *, limit: int = 5, offset: int = 0) -> Results:
        """All active products of a kind, by name."""

    def product(self, ref: str) -> Product | None:
        """One product by its reference (`m12`, `h7`), or None when it is gone."""

    def equivalents(self, ref: str, *, limit: int = 3) -> tuple[Product, ...]:
        """Same generic and strength, in stock."""

    def cart(self) -> Cart:
        """The customer's own cart, with present prices and stock."""

    def orders(self, *, limit: int = 5, offset: int = 0) -> OrderPage:
        """The customer's own orders, newest first."""

    def order(self, number: str) -> Order | None:
        """One own order by the number shown to the customer; None for unknown and for other people's alike."""

    def attempt(self, attempt_id: int) -> Attempt | None:
        """One try to be paid for an own order; None for unknown and for other people's alike."""

    def attempt_of(self, number: str) -> Attempt | None:
        """The last try to be paid for an own order, open or not; None before there is one, and for other people's orders."""

    def ussd_banks(self, provider: str) -> tuple[str, ...]:
        """Whose customers a provider makes codes to dial for, by words of ours (gtbank, uba); the most used first."""

    def prescription(self, prescription_id: int) -> Shown | None:
        """One own prescription as it was read; None for unknown and for other people's alike."""

    def decision(self, prescription_id: int) -> Decided | None:
        """The pharmacist's latest word on an own prescription, a question included; None before there is one."""

    def prescriptions_beside(self, prescription_id: int) -> tuple[tuple[int, datetime], ...]:
        """(id, when it was received) of the other own prescriptions that are undecided, or were when this one came; oldest first."""

    def latest_prescription(self) -> Shown | None:
        """The newest own prescription that was neither replaced nor withdrawn."""
