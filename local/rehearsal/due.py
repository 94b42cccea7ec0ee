"""What is due in the pharmacy in memory: reminders of medicine, and timers whose moment has come.

( the visit V1 is near: 1440 )   ( order 480213 ends soon )   ( the cart was left )   ( the prescription waits )
( two hours after order 480213 )   ( the medicine runs out )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from models.values import Refused
from worker.flows.step import Effect, Happened

if TYPE_CHECKING:
    from local.rehearsal.play import Play, Turned
    from local.rehearsal.shop import FakeShop

LAGOS = ZoneInfo("Africa/Lagos")
BEFORE_END, AT = timedelta(days=4), time(10)
DISPENSED = ("approved", "changed")


def _nothing(shop: FakeShop, args: Mapping[str, Any]) -> None:
    str(args["reason"])


def _own(shop: FakeShop, number: object) -> Any:
    paper = next((p for p in shop.papers if p.shown.id == int(str(number)) and p.shown.state == "approved"), None)
    if paper is None or paper.decided is None:
        raise Refused("unknown")
    return paper


def _remind_refill(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    try:
        runs_out = date.fromisoformat(str(args["until"]))
    except ValueError as e:
        raise Refused("over") from e
    paper = _own(shop, args["prescription_id"])
    at = datetime.combine(runs_out, AT, tzinfo=LAGOS) - BEFORE_END
    if not shop.now < at <= shop.now + timedelta(days=400):
        raise Refused("over")
    shop.refills = [one for one in shop.refills if not one.startswith(f"{paper.shown.id}:")]
    shop.refills.append(f"{paper.shown.id}:{runs_out.isoformat()}")
    return Happened("refill_reminder_set", {"on": at.date().isoformat()})


def _stop_timer(shop: FakeShop, args: Mapping[str, Any]) -> None:
    shop.refills = [one for one in shop.refills if one != args.get("subject")]


def _stop_refills(shop: FakeShop, args: Mapping[str, Any]) -> None:
    shop.refills.clear()


def _order_again(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    added, left = [], []
    for line in _own(shop, args["prescription_id"]).decided.lines:
        if line.outcome not in DISPENSED or line.product is None or line.product.ref not in args["refs"]:
            continue
        held = line.product.ref in shop.lines
        verb = Effect("set_cart_quantity" if held else "add_to_cart", {"ref": line.product.ref, "quantity": line.quantity})
        done = shop.perform(verb)
        (added if done is not None and done.name != "cart_refused" else left).append(line.product.name)
    return Happened("in_cart_again", {"added": added, "left": left})


VERBS: dict[str, Callable[[FakeShop, Mapping[str, Any]], Happened | None]] = {
    "end_timer": _nothing,
    "stop_timer": _stop_timer,
    "remind_refill": _remind_refill,
    "stop_refills": _stop_refills,
    "order_again": _order_again,
}
REFUSALS = {"remind_refill": "refill_reminder_refused", "order_again": "again_refused"}


# ------------------------------------------------------------------------------------------------------- in transcripts


def _due(play: Play, kind: str, subject: str = "") -> Turned:
    return play.send(Happened("timer_due", {"kind": kind, "subject": subject, "until": None}))


def _asks(play: Play, number: str) -> Turned:
    play.shop.now += timedelta(hours=2)
    return _due(play, "refill_ask", f"{play.shop.papers[-1].shown.id}:{number}")


def _runs_out(play: Play) -> Turned:
    subject = play.shop.refills[-1]
    play.shop.now = datetime.combine(date.fromisoformat(subject.partition(":")[2]), AT, tzinfo=LAGOS) - BEFORE_END
    return _due(play, "refill", subject)


DIRECTIONS: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"the visit (\w+) is near: (\d+)", lambda play, number, minutes: _due(play, "visit_soon", f"{number}:{minutes}")),
    (r"order (\d+) ends soon", lambda play, number: _due(play, "unpaid_order", number)),
    (r"the cart was left", lambda play: _due(play, "abandoned_cart")),
    (r"the prescription waits", lambda play: _due(play, "prescription_waits", str(play.shop.papers[-1].shown.id))),
    (r"two hours after order (\d+)", _asks),
    (r"the medicine runs out", _runs_out),
)
