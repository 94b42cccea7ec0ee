"""A pharmacy in memory: it keeps state, does what the flows ask for, and refuses what the real one refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local.rehearsal import care, due, goods, payments, people, prescriptions, privacy
from models.carts import MOST_LINES, Cart, CartLine, limit_of, problem_of
from models.catalogue import Product
from models.checkout import approvals_used
from models.orders import Order, OrderLine
from models.values import Money, Refused
from worker.facts import CustomerFacts, Pharmacy
from worker.flows.step import Effect, Happened

MOST_OPEN_ORDERS = 10
OPEN = frozenset(("pending_payment", "paid", "processing"))
REFUSALS = {
    "register": "register_refused",
    "rename": "register_refused",
    "ask_erasure": "erasure_refused",
    "add_to_cart": "cart_refused",
    "set_cart_quantity": "cart_refused",
    "remove_from_cart": "cart_refused",
    "place_order": "order_refused",
    "cancel_order": "order_refused",
    **dict.fromkeys(payments.VERBS, "payment_refused"),
    **dict.fromkeys(prescriptions.VERBS, "prescription_refused"),
    **due.REFUSALS,
    "rate_thread": "rating_refused",
    **dict.fromkeys(care.VERBS, "visit_refused"),
}


@dataclass
class FakeShop:
    """One customer and the shop they see. `done` is everything that was performed, for tests to look at."""

    customer: CustomerFacts = field(default_factory=lambda: CustomerFacts(id=1))
    pharmacy: Pharmacy = field(
        default_factory=lambda: Pharmacy(
            "Drugs.ng Pharmacy",
            "5 Marina Road, Lagos",
            "PCN 012345",
            "",
            delivery_fee_kobo=150_000,
            providers=("paystack", "flutterwave"),
        )
    )
    now: datetime = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    goods: dict[str, tuple[Product, str]] = field(default_factory=goods.on_sale)
    lines: dict[str, int] = field(default_factory=dict)
    version: int = 0
    placed: list[Order] = field(default_factory=list)  # newest first
    foreign: set[str] = field(default_factory=lambda: {"700001"})  # numbers of other people's orders
    keys: dict[str, Happened] = field(default_factory=dict)
    done: list[Effect] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)
    talks: list[people.Talk] = field(default_factory=list)  # threads with a person, oldest first
    media: list[Mapping[str, Any]] = field(default_factory=list)
    papers: list[prescriptions.Paper] = field(default_factory=list)  # prescriptions, oldest first
    allowed: list[prescriptions.Allowed] = field(default_factory=list)
    tried: list[payments.Tried] = field(default_factory=list)  # attempts to be paid, oldest first
    refills: list[str] = field(default_factory=list)  # reminders of medicine, as subjects of their timers
    clinic: care.Clinic = field(default_factory=care.Clinic)
    forgotten: int = 0

    # ------------------------------------------------------------------------------------------------- what it is asked

    def product(self, ref: str) -> Product | None:
        found = self.goods.get(ref)
        return found[0] if found else None

    def cart(self) -> Cart:
        lines = tuple(self.line(number, ref, quantity) for number, (ref, quantity) in enumerate(self.lines.items(), start=1))
        total = sum((line.line_total for line in lines), Money(0))
        payable = sum((line.line_total for line in lines if not line.problem), Money(0))
        return Cart(lines, total, payable, any(line.problem == "needs_prescription" for line in lines), self.version)

    def perform(self, effect: Effect) -> Happened | None:
        """Does it, and gives the outcome as the real one does. KeyError for an effect nobody knows."""
        self.done.append(effect)
        try:
            return _VERBS[effect.name](self, effect.args)
        except Refused as no:
            if effect.name not in REFUSALS:
                raise
            return Happened(REFUSALS[effect.name], {"code": no.code, **no.detail})

    # ---------------------------------------------------------------------------------------------- what transcripts set

    def change(self, ref: str, **values: Any) -> None:
        """The stock, price... of a product changes behind the customer's back."""
        product, words = self.goods[ref]
        self.goods[ref] = (replace(product, **values), words)

    def has_order(self, number: str, **values: Any) -> None:
        """An older order of this customer."""
        line = OrderLine("Vitamin C", 2, Money(70_000), Money(140_000))
        order = Order(
            number=number,
            status="delivered",
            payment="cash",
            payment_status="pending",
            total=Money(290_000),
            delivery_fee=Money(150_000),
            delivery="delivery",
            address="12 Allen Avenue, Ikeja, Lagos",
            placed_at=datetime(2026, 11, 2, 13, 5, tzinfo=UTC),
            lines=(line,),
        )
        order = replace(order, **values)
        self.placed.insert(0, replace(order, cancellable=order.status in OPEN))

    def allow(self, ref: str, quantity: int) -> None:
        """A pharmacist approves so much of a product, and it is in the cart."""
        held = self.lines.get(ref, 0)
        added_up = quantity + min(held, sum(a.quantity for a in self.allowed if a.ref == ref and not a.order))
        self.allowed.append(prescriptions.Allowed(ref, quantity))
        self.lines[ref] = added_up if self.goods[ref][0].prescription_only else max(added_up, held)
        self.version += 1

    def line(self, number: int, ref: str, quantity: int) -> CartLine:
        product = self.goods[ref][0]
        approvals = tuple((n, a.quantity) for n, a in enumerate(self.allowed) if a.ref == ref and not a.order)
        problem = problem_of(product, quantity, sum(most for _, most in approvals))
        return CartLine(number, product, quantity, (product.price or Money(0)) * quantity, problem, approvals)


def _register(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    name = " ".join(str(args["name"]).split())
    if not name or not args["consent_version"]:
        raise Refused("bad_name")
    shop.customer = replace(shop.customer, name=name, registered=True)
    return Happened("registered")


def _rename(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    name = " ".join(str(args["name"]).split())
    if not name:
        raise Refused("bad_name")
    if not shop.customer.registered:
        raise Refused("unknown_customer")
    shop.customer = replace(shop.customer, name=name)
    return Happened("registered")


def _put(shop: FakeShop, ref: str, wanted: int) -> Product:
    found = shop.product(ref)
    if found is None:
        raise Refused("gone", ref=ref)
    if wanted < 1:
        raise Refused("bad_quantity", ref=ref)
    about = {"ref": ref, "name": found.name}
    wished = shop.line(0, ref, wanted)
    if wished.problem not in ("", "needs_prescription", "over_approved", "less_stock"):
        raise Refused(wished.problem, **about)
    if wanted > limit_of(wished):
        raise Refused("too_many", **about, limit=limit_of(wished))
    if wished.problem == "less_stock":
        raise Refused("less_stock", **about, available=found.stock)
    if ref not in shop.lines and len(shop.lines) >= MOST_LINES:
        raise Refused("cart_full", **about, limit=MOST_LINES)
    shop.lines[ref] = wanted
    shop.version += 1
    return found


def _add_to_cart(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    ref = str(args["ref"])
    quantity = int(args["quantity"])
    if quantity < 1:
        raise Refused("bad_quantity", ref=ref)
    product = _put(shop, ref, shop.lines.get(ref, 0) + quantity)
    now = shop.lines[ref]
    total = (product.price or Money(0)) * now
    return Happened(
        "added_to_cart",
        {"ref": ref, "name": product.name, "quantity": now, "line_total_kobo": total.kobo, "count": len(shop.lines)},
    )


def _set_cart_quantity(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    ref = str(args["ref"])
    if ref not in shop.lines:
        raise Refused("not_in_cart", ref=ref)
    product = _put(shop, ref, int(args["quantity"]))
    return Happened("cart_changed", {"ref": ref, "name": product.name, "quantity": shop.lines[ref]})


def _remove_from_cart(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    ref = str(args["ref"])
    if shop.lines.pop(ref, None) is None:
        raise Refused("not_in_cart", ref=ref)
    shop.version += 1
    return Happened("removed_from_cart", {"ref": ref, "name": shop.goods[ref][0].name})


def _clear_cart(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    count = len(shop.lines)
    shop.lines.clear()
    shop.version += 1
    return Happened("cart_cleared", {"count": count})


def _place_order(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    key = str(args["key"])
    if key in shop.keys:
        return shop.keys[key]
    if not shop.customer.registered:
        raise Refused("not_registered")
    if args["delivery"] not in ("delivery", "pickup") or (
        args["delivery"] == "delivery" and len(str(args["address"]).strip()) < 5
    ):
        raise Refused("bad_address")
    if sum(o.status in OPEN for o in shop.placed) >= MOST_OPEN_ORDERS:
        raise Refused("too_many_open", limit=MOST_OPEN_ORDERS)
    cart = shop.cart()
    now = [line for line in cart.lines if not line.problem]
    waiting = [line.product.name for line in cart.lines if line.problem == "needs_prescription"]
    part = "expected_total_kobo" in args  # the customer saw a total that leaves out what cannot be had
    short = next((line for line in cart.lines if line.problem not in ("", "needs_prescription")), None)
    if cart.empty:
        raise Refused("empty")
    if short and (not part or not now):
        _refuse_short(short)
    if not now:
        raise Refused("nothing_payable", waiting=waiting)
    fee = Money(shop.pharmacy.delivery_fee_kobo if args["delivery"] == "delivery" else 0)
    total = cart.payable_total + fee
    if part and args["expected_total_kobo"] != total.kobo:
        if short:
            _refuse_short(short)
        raise Refused("price_changed", total_kobo=total.kobo)
    happened = _write(shop, now, args, total, fee, waiting)
    shop.keys[key] = happened
    return happened


def _refuse_short(line: CartLine) -> None:
    if line.problem == "over_approved":
        raise Refused("too_many", name=line.product.name, ref=line.product.ref, limit=line.approved)
    left = line.product.stock if line.problem == "less_stock" else 0
    raise Refused("out_of_stock", name=line.product.name, ref=line.product.ref, available=left or 0)


def _write(
    shop: FakeShop, now: list[CartLine], args: Mapping[str, Any], total: Money, fee: Money, waiting: list[str]
) -> Happened:
    """The order, its stock taken off, its lines out of the cart."""
    number = str(480_213 + 7_919 * len(shop.keys))
    lines = tuple(OrderLine(x.product.name, x.quantity, x.product.price or Money(0), x.line_total) for x in now)
    for x in now:
        shop.change(x.product.ref, stock=(x.product.stock or 0) - x.quantity)
        del shop.lines[x.product.ref]
        for approval in approvals_used(x):
            shop.allowed[approval].order = number
    shop.version += 1
    order = Order(
        number,
        "processing" if args["payment"] == "cash" else "pending_payment",
        str(args["payment"]),
        "pending",
        total,
        fee,
        str(args["delivery"]),
        str(args["address"]),
        shop.now,
        lines,
        True,
        reserved_until=None if args["payment"] == "cash" else shop.now + payments.KEPT_FOR,
    )
    shop.placed.insert(0, order)
    data = {
        "number": number,
        "total_kobo": total.kobo,
        "delivery_fee_kobo": fee.kobo,
        "payment": args["payment"],
        "waiting": waiting,
    }
    return Happened("order_placed", data)


def _cancel_order(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    number = str(args["number"])
    order = next((o for o in shop.placed if o.number == number), None)
    if order is None:
        raise Refused("unknown")
    if not order.cancellable:
        raise Refused("already" if order.status in ("cancelled", "expired", "refunded") else "too_late", number=number)
    shop.placed[shop.placed.index(order)] = replace(order, status="cancelled", cancellable=False, reserved_until=None)
    for allowed in shop.allowed:
        allowed.order = "" if allowed.order == number else allowed.order
    return Happened("order_cancelled", {"number": number})


def _keep_media(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    for needed in ("kind", "media_id", "mime_type", "caption", "filename", "sha256", "purpose"):
        args[needed]
    shop.media.append(dict(args))
    return Happened("media_kept")


def _forget_text(shop: FakeShop, args: Mapping[str, Any]) -> None:
    shop.forgotten += 1


def _set_messages(stopped: bool) -> Callable[[FakeShop, Mapping[str, Any]], None]:
    def verb(shop: FakeShop, args: Mapping[str, Any]) -> None:
        shop.customer = replace(shop.customer, marketing_stopped=stopped)

    return verb


_VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "register": _register,
    "rename": _rename,
    "stop_messages": _set_messages(True),
    "resume_messages": _set_messages(False),
    "add_to_cart": _add_to_cart,
    "set_cart_quantity": _set_cart_quantity,
    "remove_from_cart": _remove_from_cart,
    "clear_cart": _clear_cart,
    "place_order": _place_order,
    "cancel_order": _cancel_order,
    **payments.VERBS,
    **prescriptions.VERBS,
    **privacy.VERBS,
    **due.VERBS,
    **people.VERBS,
    **care.VERBS,
    "keep_media": _keep_media,
    "forget_text": _forget_text,
    "start_timer": lambda shop, args: None,
}
EFFECTS = frozenset(_VERBS)
