"""Payments of the shop in memory: attempts begun, switched and asked after, refused as the real ones are. No provider answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models.orders import Order
from models.values import Refused
from worker.flows.step import Happened

if TYPE_CHECKING:
    from local.rehearsal.shop import FakeShop

PROVIDERS = ("paystack", "flutterwave")
KINDS = ("link", "transfer", "ussd")


@dataclass
class Tried:
    """One attempt to be paid for an order; `open` until it is paid or over."""

    id: int
    number: str
    provider: str
    kind: str
    open: bool = True


def _order(shop: FakeShop, args: Mapping[str, Any]) -> Order:
    order = next((o for o in shop.placed if o.number == str(args["number"]).strip().lstrip("#")), None)
    if order is None:
        raise Refused("unknown")
    if order.payment_status == "paid" or order.status in ("paid", "refunded"):
        raise Refused("already_paid", number=order.number, state=order.status)
    return order


def _wanted(shop: FakeShop, args: Mapping[str, Any]) -> tuple[Order, str, str]:
    provider, kind = str(args["provider"]), str(args["kind"])
    if provider not in PROVIDERS or kind not in KINDS:
        raise Refused("bad_provider", provider=provider)
    order = _order(shop, args)
    if order.status != "pending_payment" or order.payment == "cash":
        raise Refused("not_payable", number=order.number, state=order.status)
    return order, provider, kind


def _open_one(shop: FakeShop, number: str) -> Tried | None:
    return next((t for t in shop.tried if t.number == number and t.open), None)


def _start(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    order, provider, kind = _wanted(shop, args)
    before = _open_one(shop, order.number)
    if before is not None:
        raise Refused("one_open", attempt=before.id, number=order.number)
    shop.tried.append(Tried(len(shop.tried) + 1, order.number, provider, kind))
    return Happened("payment_started", {"attempt_id": shop.tried[-1].id})


def _switch(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    order, _, _ = _wanted(shop, args)
    before = _open_one(shop, order.number)
    if before is None:
        raise Refused("none_open", number=order.number)
    return Happened("payment_switch_asked", {"attempt_id": before.id})


def _check(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    order = _order(shop, args)
    if not any(t.number == order.number for t in shop.tried):
        raise Refused("none_begun", number=order.number, state=order.status)
    return Happened("payment_check_asked")


def paid(shop: FakeShop, number: str) -> None:
    """The provider has the money of this order."""
    for tried in shop.tried:
        tried.open = tried.open and tried.number != number
    shop.placed = [replace(o, status="paid", payment_status="paid") if o.number == number else o for o in shop.placed]


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "start_payment": _start,
    "switch_payment": _switch,
    "check_payment": _check,
}
