"""What a flow may ask, answered from the shop in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, utils

from local.rehearsal import payments, prescriptions
from local.rehearsal.care import FakeCare
from local.rehearsal.shop import FakeShop
from models.carts import Cart
from models.catalogue import Product, Results
from models.orders import Order, OrderPage
from models.payments.values import Attempt
from models.prescriptions import Decided, Shown
from worker.facts import CustomerFacts, Pharmacy
from worker.gateways.accounts import USSD_BANKS

LIKE = 82
_CONTROLLED = ("tramadol", "tramal", "diazepam", "valium", "codeine")
_LAGOS = ZoneInfo("Africa/Lagos")


@dataclass(frozen=True)
class FakeFacts:
    """The `Facts` of one turn. The search is small: whole words with a slip each, in name, generic and what it is for."""

    shop: FakeShop

    @property
    def now(self) -> datetime:
        return self.shop.now

    @property
    def zone(self) -> ZoneInfo:
        return _LAGOS

    @property
    def customer(self) -> CustomerFacts:
        return self.shop.customer

    @property
    def pharmacy(self) -> Pharmacy:
        return self.shop.pharmacy

    def taken_up(self) -> bool:
        return any(talk.open and talk.answers for talk in self.shop.talks)

    @property
    def care(self) -> FakeCare:
        return FakeCare(self.shop)

    def search(self, text: str, *, kind: str | None = None, limit: int = 5, offset: int = 0) -> Results:
        words = str(utils.default_process(text[:200])).split()[:8]
        if any(fuzz.ratio(w, c) >= LIKE for w in words for c in _CONTROLLED):
            return Results(controlled=True)
        scored = [
            (self._score(words, p, about), p) for p, about in self.shop.goods.values() if p.active and kind in (None, p.kind)
        ]
        found = [p for score, p in sorted(scored, key=lambda s: (-s[0], not s[1].in_stock)) if score >= LIKE]
        matched_by = "name" if any(self._score(words, p, "") >= LIKE for p in found) else "symptom"
        typed, corrected = " ".join(words), _corrected(words, found)
        return Results(
            tuple(found[offset : offset + limit]),
            len(found),
            matched_by if found else "none",
            corrected if corrected != typed else None,
        )

    def browse(self, kind: str, *, limit: int = 5, offset: int = 0) -> Results:
        found = sorted((p for p, _ in self.shop.goods.values() if p.kind == kind and p.active), key=lambda p: p.name)
        return Results(tuple(found[offset : offset + limit]), len(found), "name")

    def product(self, ref: str) -> Product | None:
        return self.shop.product(ref)

    def equivalents(self, ref: str, *, limit: int = 3) -> tuple[Product, ...]:
        product = self.shop.product(ref)
        if product is None or not product.generic:
            return ()
        same = (product.generic, product.strength)
        return tuple(
            p for p, _ in self.shop.goods.values() if (p.generic, p.strength) == same and p.ref != ref and p.in_stock and p.active
        )[:limit]

    def cart(self) -> Cart:
        return self.shop.cart()

    def orders(self, *, limit: int = 5, offset: int = 0) -> OrderPage:
        return OrderPage(tuple(self.shop.placed[offset : offset + limit]), len(self.shop.placed))

    def order(self, number: str) -> Order | None:
        return next((o for o in self.shop.placed if o.number == number), None)

    def attempt(self, attempt_id: int) -> Attempt | None:
        return next((t.seen for t in self.shop.tried if t.id == attempt_id), None)

    def attempt_of(self, number: str) -> Attempt | None:
        found = payments.last(self.shop, number)
        return found.seen if found else None

    def ussd_banks(self, provider: str) -> tuple[str, ...]:
        return USSD_BANKS.get(provider, ())

    def prescription(self, prescription_id: int) -> Shown | None:
        return next((p.shown for p in self.shop.papers if p.shown.id == prescription_id), None)

    def decision(self, prescription_id: int) -> Decided | None:
        return next((p.decided for p in self.shop.papers if p.shown.id == prescription_id), None)

    def prescriptions_beside(self, prescription_id: int) -> tuple[tuple[int, datetime], ...]:
        return prescriptions.beside(self.shop, prescription_id)

    def latest_prescription(self) -> Shown | None:
        return prescriptions.latest(self.shop)

    @staticmethod
    def _score(words: list[str], product: Product, about: str) -> float:
        """0-100: how well the worst of the words is met."""
        own = str(utils.default_process(f"{product.name} {product.generic} {product.strength} {product.form}")).split()
        others = about.split()
        small = ("for", "and", "the", "of", "medicine", "drug", "tablet", "tablets", "something")
        asked = [w for w in words if w not in small]
        if not asked:
            return 0
        return min(max(*(fuzz.ratio(w, o) for o in own), *(fuzz.ratio(w, o) - 5 for o in others), 0) for w in asked)


def _corrected(words: list[str], found: list[Product]) -> str:
    """The words as they were understood, for a search that had to mend them."""
    if not found:
        return " ".join(words)
    known = [str(utils.default_process(w)) for p in found[:1] for w in f"{p.name} {p.generic}".split()]
    mended = []
    for w in words:
        best = max(known, key=lambda k: fuzz.ratio(w, k))
        mended.append(best if LIKE <= fuzz.ratio(w, best) < 100 else w)
    return " ".join(mended)
