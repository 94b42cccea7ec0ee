"""Payments of the shop in memory: attempts begun, switched and asked after, refused as the real ones are; the providers' part is
played by directions, in the order in which the house does it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.orders import Order
from models.payments.values import KINDS, PROVIDERS, Attempt
from models.values import Money, Refused
from worker.flows.step import Happened
from worker.gateways.accounts import USSD_BANKS

if TYPE_CHECKING:
    from local.rehearsal.play import Play, Turned
    from local.rehearsal.shop import FakeShop

MOST_ATTEMPTS = 30
KEPT_FOR = timedelta(minutes=30)


@dataclass
class Tried:
    """One attempt to be paid for an order; `switch_to` and `switch_kind`: what is begun when its provider has no money."""

    id: int
    number: str
    provider: str
    kind: str
    amount: Money
    status: str = "starting"
    way: Mapping[str, Any] | None = None
    reason: str = ""
    switch_to: str = ""
    switch_kind: str = ""
    switch_bank: str = ""

    @property
    def open(self) -> bool:
        return self.status in ("starting", "open")

    @property
    def seen(self) -> Attempt:
        """As a flow sees it."""
        return Attempt(
            self.id,
            self.id,
            self.number,
            1,
            1,
            self.provider,
            self.kind,
            f"{self.number}-a{self.id}",
            self.amount,
            "test",
            self.status,
            way=self.way or {},
            reason=self.reason,
            switch_to=self.switch_to,
        )


def last(shop: FakeShop, number: str) -> Tried | None:
    return next((t for t in reversed(shop.tried) if t.number == number), None)


# --------------------------------------------------------------------------------------------------- what flows ask


def _order(shop: FakeShop, args: Mapping[str, Any], *, over: tuple[str, ...] = ("paid", "refunded")) -> Order:
    order = next((o for o in shop.placed if o.number == str(args["number"]).strip().lstrip("#")), None)
    if order is None:
        raise Refused("unknown")
    if order.payment_status == "paid" or order.status in over:
        raise Refused("already_paid", number=order.number, state=order.status)
    return order


def _with_key(shop: FakeShop, args: Mapping[str, Any]) -> tuple[str, str]:
    provider, kind = str(args["provider"]), str(args["kind"])
    if args.get("bank") and args["bank"] not in USSD_BANKS.get(provider, ()):
        raise Refused("bad_bank", banks=list(USSD_BANKS.get(provider, ())))
    if provider not in shop.pharmacy.providers or kind not in KINDS:
        raise Refused("bad_provider", provider=provider)
    return provider, kind


def _start(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    provider, kind = _with_key(shop, args)
    order = _order(shop, args)
    late = order.reserved_until is not None and order.reserved_until <= shop.now
    if order.status != "pending_payment" or order.payment == "cash" or late:
        raise Refused("not_payable", number=order.number, state="expired" if order.status == "pending_payment" else order.status)
    before = next((t for t in shop.tried if t.number == order.number and t.open), None)
    if before is not None:
        raise Refused("one_open", attempt=before.id, number=order.number)
    if sum(t.number == order.number for t in shop.tried) >= MOST_ATTEMPTS:
        raise Refused("too_many", limit=MOST_ATTEMPTS)
    bank = {"ussd_bank": str(args["bank"])} if args.get("bank") and kind == "ussd" else {}
    shop.tried.append(Tried(len(shop.tried) + 1, order.number, provider, kind, order.total, way=bank))
    return Happened("payment_started", {"attempt_id": shop.tried[-1].id})


def _switch(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    provider, kind = _with_key(shop, args)
    order = _order(shop, args)
    if order.status != "pending_payment":
        raise Refused("not_payable", number=order.number, state=order.status)
    before = next((t for t in shop.tried if t.number == order.number and t.open), None)
    if before is None:
        raise Refused("none_open", number=order.number)
    before.switch_to, before.switch_kind, before.switch_bank = provider, kind, str(args.get("bank") or "")
    return Happened("payment_switch_asked", {"attempt_id": before.id})


def _check(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    order = _order(shop, args, over=())
    if last(shop, order.number) is None:
        raise Refused("none_begun", number=order.number, state=order.status)
    return Happened("payment_check_asked")


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "start_payment": _start,
    "switch_payment": _switch,
    "check_payment": _check,
}


# --------------------------------------------------------------------------------------------------- what directions play


def paid(shop: FakeShop, number: str) -> None:
    """The provider has the money of this order."""
    for tried in shop.tried:
        if tried.number == number and tried.open:
            tried.status = "paid"
    _change(shop, number, status="paid", payment_status="paid")


def _there(shop: FakeShop, number: str) -> Order:
    order = next((o for o in shop.placed if o.number == number), None)
    if order is None:
        raise ValueError(f"no such order: {number}")
    return order


def _change(shop: FakeShop, number: str, **values: Any) -> Order:
    order = _there(shop, number)
    status = values.get("status", order.status)
    kept = order.reserved_until if status == "pending_payment" else None
    cancellable = status in ("pending_payment", "paid", "processing")
    changed = replace(order, **values, cancellable=cancellable, reserved_until=kept)
    shop.placed[shop.placed.index(order)] = changed
    return changed


def _newest(play: Play, *statuses: str) -> Tried:
    found = next((t for t in reversed(play.shop.tried) if not statuses or t.status in statuses), None)
    if found is None:
        raise ValueError("no payment was begun")
    return found


def _tell(play: Play, name: str, tried: Tried, **data: Any) -> Turned:
    return play.send(Happened(name, {"attempt_id": tried.id, "order_number": tried.number, **data}))


def _ready(play: Play, fee: str | None = None) -> Turned:
    """The provider has opened a page, an account or a code."""
    tried = _newest(play, "starting")
    until = (play.shop.now + KEPT_FOR).isoformat()
    ways: dict[str, dict[str, Any]] = {
        "link": {"url": f"https://pay.example/{tried.number}-a{tried.id}"},
        "transfer": {"account_number": "0123456789", "bank": "Wema Bank", "account_name": "Drugs.ng", "expires_at": until},
        "ussd": {"ussd_code": "*737*33*4*18791#"},
    }
    more = {"amount_kobo": tried.amount.kobo + 100 * int(fee)} if fee else {}
    tried.status, tried.way = "open", {"kind": tried.kind, **(tried.way or {}), **ways[tried.kind], **more}
    return _tell(play, "payment_ready", tried)


def _delayed(play: Play) -> Turned:
    return _tell(play, "payment_delayed", _newest(play, "starting"))


def _not_started(play: Play) -> Turned:
    tried = _newest(play, "starting")
    tried.status = "given_up"
    return _tell(play, "payment_not_started", tried, provider=tried.provider)


def _checked(play: Play, state: str) -> Turned | None:
    """What the provider answers when it is asked; without money the way that was wanted instead begins."""
    tried = _newest(play)
    order = _there(play.shop, tried.number)
    if tried.switch_to and state in ("pending", "failed") and order.status == "pending_payment":
        tried.status, tried.reason = "failed", "switched"
        provider, kind, tried.switch_to = tried.switch_to, tried.switch_kind, ""
        bank = {"ussd_bank": tried.switch_bank} if tried.switch_bank else {}
        play.shop.tried.append(Tried(len(play.shop.tried) + 1, tried.number, provider, kind, order.total, way=bank))
        return None
    if state == "failed" and tried.open:
        tried.status, tried.reason = "failed", "declined"
    return _tell(play, "payment_checked", tried, state=state)


def _money(play: Play, naira: str | None = None, how: str | None = None) -> Turned:
    """Money under the newest attempt: all of it, or `naira`; a second time, or for an order that is over."""
    tried = _newest(play)
    order = _there(play.shop, tried.number)
    amount = Money(100 * int(naira.replace(",", ""))) if naira else order.total
    data: dict[str, Any] = {"amount_kobo": amount.kobo, "currency": "NGN"}
    if order.payment_status == "paid" or how == "again":
        return _tell(play, "payment_problem", tried, kind="double", refund=True, **data)
    if order.status != "pending_payment":
        return _tell(play, "payment_problem", tried, kind="late", refund=how != "nobody sends it back", **data)
    if amount.kobo < order.total.kobo or how == "does not fit":
        kind = "mismatch" if how else "short"
        tried.status, tried.reason = "failed", kind
        return _tell(play, "payment_problem", tried, kind=kind, refund=False, **data)
    paid(play.shop, order.number)
    more = amount.kobo > order.total.kobo
    return _tell(play, "payment_received", tried, kind="overpaid" if more else "applied", refund=more, **data)


def _expires(play: Play, number: str) -> Turned:
    _change(play.shop, number, status="expired", payment_status="failed")
    return play.send(Happened("order_expired", {"order_number": number}))


def _refunded(play: Play, number: str) -> Turned:
    order = _change(play.shop, number, status="refunded")
    return play.send(Happened("payment_refunded", {"order_number": number, "refund_id": 1, "amount_kobo": order.total.kobo}))


def _rejected(play: Play, naira: str, number: str | None) -> Turned:
    data = {"order_number": number or "", "amount_kobo": 100 * int(naira.replace(",", ""))}
    return play.send(Happened("transfer_rejected", data))


def _moved(play: Play, number: str, to: str, rider: str | None = None, phone: str | None = None) -> Turned:
    """Staff move an order on; `to` may have the reason of a cancelling behind it."""
    to, _, reason = to.partition(": ")
    order = _change(play.shop, number, status=to, rider=rider or "", rider_phone=phone or "")
    data: dict[str, Any] = {"order_number": number, "to": to, "rider": rider or "", "rider_phone": phone or "", "reason": reason}
    if to == "cancelled":
        data["refund"] = order.payment_status == "paid"
    return play.send(Happened("order_moved", data))


def _providers(play: Play, named: str) -> None:
    there = tuple(p for p in PROVIDERS if re.search(p, named, re.IGNORECASE))
    play.shop.pharmacy = replace(play.shop.pharmacy, providers=there)


def _others(play: Play) -> Turned:
    return play.send(Happened("payment_ready", {"attempt_id": 999_999}))


def _online(play: Play, number: str, status: str) -> None:
    until = play.shop.now + KEPT_FOR if status == "pending_payment" else None
    play.shop.has_order(number, status=status, payment="paystack", placed_at=play.shop.now, reserved_until=until)


DIRECTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"the provider is ready(?:, with a fee of ₦(\d+))?", _ready),
    (r"the provider is slow", _delayed),
    (r"the provider cannot be reached", _not_started),
    (r"the provider says: (pending|failed|paid|unknown)", _checked),
    (r"the money comes(?:: ₦([\d,]+))?(?:, (again|does not fit|nobody sends it back))?", _money),
    (r"order (\d+) expires", _expires),
    (r"the money of order (\d+) is sent back", _refunded),
    (r"a transfer of ₦([\d,]+) is refused(?: for order (\d+))?", _rejected),
    (r"staff: order (\d+) is (processing|shipped|delivered|cancelled(?:: \w+)?)(?: with ([\w ]+?)(?:, ([\d ]+))?)?", _moved),
    (r"payments by (.+)", _providers),
    (r"order (\d+) of before, to be paid online: (\w+)", _online),
    (r"somebody else's payment is ready", _others),
)
