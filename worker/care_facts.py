"""The read-only questions about doctors, free times, lab tests and the customer's own bookings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from models import visits
from models.values import Refused
from models.visits import listing, outside, own_results
from models.visits.values import Day, Doctor, DoctorPage, Test, TestPage, Visit, VisitPage

T = TypeVar("T")


class Once(Protocol):
    """Asks a question once a turn."""

    def __call__(self, question: tuple[Any, ...], ask: Callable[[], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Barred:
    """Why nobody can be seen at a time, whoever asks: a code of `models.visits`, with the holiday's `name`."""

    code: str
    name: str = ""


class CareFacts(Protocol):
    """What flows may ask about care. Free times begin at the turn's moment."""

    def find(self, words: str = "", specialty: str = "", place: str = "", *, limit: int = 5, offset: int = 0) -> DoctorPage:
        """Doctors for words as people write them, best first."""

    def specialties(self) -> tuple[tuple[str, int], ...]:
        """What there are doctors for, and how many."""

    def places(self, specialty: str = "") -> tuple[tuple[str, int], ...]:
        """Where there are doctors (of a specialty), and how many."""

    def doctor(self, ref: str) -> Doctor | None:
        """One doctor with the next free times, or None when gone."""

    def days(self, ref: str, *, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        """Days from `first` on (in the doctor's zone) with at least one free time."""

    def barred(self, ref: str, starts_at: datetime, *, where: str = "") -> Barred | None:
        """Why that time cannot be had of this doctor or test; None where it could, were it not taken."""

    def closed(self, visit: Visit) -> str:
        """Why a booking cannot take place at its time: `closed` since it was made, `gone` (the doctor or test is); "" where it can."""

    def visits(self, *, past: bool = False, limit: int = 5, offset: int = 0) -> VisitPage:
        """The customer's own bookings: to come, soonest first; or past and cancelled, newest first."""

    def visit(self, number: str) -> Visit | None:
        """One own booking by its number; None for unknown and for other people's alike."""

    def visit_of(self, order_number: str) -> Visit | None:
        """The own booking that an own order is the fee of."""

    def results(self) -> tuple[str, ...]:
        """Numbers of the customer's own bookings of lab tests that have a result, the newest first."""

    def tests(self, query: str = "", category: str = "", *, limit: int = 5, offset: int = 0) -> TestPage:
        """Lab tests for words, or of a category."""

    def test_categories(self) -> tuple[tuple[str, int], ...]:
        """Categories of lab tests, and how many tests each has."""

    def test(self, ref: str) -> Test | None:
        """One lab test, or None when gone."""

    def test_days(self, ref: str, *, where: str, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        """Days with a free time for a test. `where`: home, centre."""


class DatabaseCareFacts:
    """Implements `CareFacts` for one customer and one turn, from PostgreSQL. `once` keeps answers until something is written."""

    def __init__(self, customer_id: Callable[[], int], now: datetime, once: Once) -> None:
        self._customer, self._now, self._once = customer_id, now, once

    def find(self, words: str = "", specialty: str = "", place: str = "", *, limit: int = 5, offset: int = 0) -> DoctorPage:
        asked = (words, specialty, place)
        return self._once(
            ("doctors", *asked, limit, offset), lambda: visits.find(*asked, limit=limit, offset=offset, now=self._now)
        )

    def specialties(self) -> tuple[tuple[str, int], ...]:
        return self._once(("specialties",), visits.specialties)

    def places(self, specialty: str = "") -> tuple[tuple[str, int], ...]:
        return self._once(("places", specialty), lambda: visits.places(specialty))

    def doctor(self, ref: str) -> Doctor | None:
        return self._once(("doctor", ref), lambda: visits.doctor(ref, self._now))

    def days(self, ref: str, *, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        return self._once(("days", ref, first, limit), lambda: visits.days(ref, now=self._now, first=first, limit=limit))

    def barred(self, ref: str, starts_at: datetime, *, where: str = "") -> Barred | None:
        return self._once(("barred", ref, starts_at, where), lambda: self._barred(ref, starts_at, where))

    def closed(self, visit: Visit) -> str:
        its = (visit.ref, visit.starts_at, visit.ends_at)
        return self._once(("closed", *its, visit.where), lambda: outside.why(*its, where=visit.where))

    def visits(self, *, past: bool = False, limit: int = 5, offset: int = 0) -> VisitPage:
        return self._once(
            ("visits", past, limit, offset),
            lambda: visits.visits(self._customer(), past=past, limit=limit, offset=offset, now=self._now),
        )

    def visit(self, number: str) -> Visit | None:
        return self._once(("visit", number), lambda: visits.visit(self._customer(), number, now=self._now))

    def visit_of(self, order_number: str) -> Visit | None:
        return self._once(("visit_of", order_number), lambda: listing.visit_of(self._customer(), order_number, now=self._now))

    def results(self) -> tuple[str, ...]:
        return self._once(("results",), lambda: own_results.numbers(self._customer()))

    def tests(self, query: str = "", category: str = "", *, limit: int = 5, offset: int = 0) -> TestPage:
        return self._once(
            ("tests", query, category, limit, offset), lambda: visits.tests(query, category, limit=limit, offset=offset)
        )

    def test_categories(self) -> tuple[tuple[str, int], ...]:
        return self._once(("test_categories",), visits.test_categories)

    def test(self, ref: str) -> Test | None:
        return self._once(("test", ref), lambda: visits.test(ref))

    def test_days(self, ref: str, *, where: str, first: date | None = None, limit: int = 7) -> tuple[Day, ...]:
        return self._once(
            ("test_days", ref, where, first, limit),
            lambda: visits.test_days(ref, where=where, now=self._now, first=first, limit=limit),
        )

    def _barred(self, ref: str, starts_at: datetime, where: str) -> Barred | None:
        try:
            visits.admit(ref, starts_at, now=self._now, where=where)
        except Refused as no:
            return Barred(no.code, str(no.detail.get("name") or ""))
        return None
