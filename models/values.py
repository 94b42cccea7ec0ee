"""Small values the whole pharmacy speaks in: money, and the answer "a rule says no"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal


class Refused(Exception):
    """A rule said no. `code` is for the flow or page that explains it; `detail` carries ids and numbers, never text of people."""

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units: 100 kobo are one naira. Never a float."""

    kobo: int
    currency: str = "NGN"

    @classmethod
    def from_naira(cls, amount: Decimal | int | str) -> Money:
        """Exact for up to two decimals; more decimals are float noise of the old database and are rounded half-even."""
        kobo = (Decimal(amount) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return cls(int(kobo))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.kobo + other.kobo, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.kobo - other.kobo, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.kobo * times, self.currency)

    def __str__(self) -> str:
        """As people in Nigeria read it: ₦1,250.00, and ₦1,250 when there is no kobo part."""
        sign = "-" if self.kobo < 0 else ""
        naira, kobo = divmod(abs(self.kobo), 100)
        mark = "₦" if self.currency == "NGN" else f"{self.currency} "
        return f"{sign}{mark}{naira:,}" + (f".{kobo:02d}" if kobo else "")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
