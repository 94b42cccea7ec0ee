"""What the rehearsal answers when a customer asks about their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.values import Refused
from worker.flows.step import Happened

if TYPE_CHECKING:
    from local.rehearsal.shop import FakeShop

UNDECIDED = ("reading", "waiting", "asked")
OPEN = ("pending_payment", "paid", "processing", "shipped")


def _link_my_data(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    return Happened("my_data_linked", {"url": "https://pharmacy.example/mine/a-token-of-one-use"})


def _ask_erasure(shop: FakeShop, args: Mapping[str, Any]) -> Happened:
    waits = {
        "orders": sum(order.status in OPEN for order in shop.placed),
        "prescriptions": sum(paper.shown.state in UNDECIDED for paper in shop.papers),
    }
    if any(waits.values()):
        raise Refused("still_open", **{what: count for what, count in waits.items() if count})
    shop.handed_over.append("delete_my_data")
    return Happened("erasure_asked")


def _keep_my_data(shop: FakeShop, args: Mapping[str, Any]) -> None:
    if "delete_my_data" in shop.handed_over:
        shop.handed_over.remove("delete_my_data")


VERBS = {"link_my_data": _link_my_data, "ask_erasure": _ask_erasure, "keep_my_data": _keep_my_data}
