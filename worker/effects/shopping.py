"""The cart, and orders placed and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models import carts, checkout, orders
from models.values import Money
from worker.effects.context import Context, Verb
from worker.flows.step import Happened


def _add_to_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.add(context.customer_id, str(args["ref"]), int(args["quantity"]), now=context.now)
    return Happened(
        "added_to_cart",
        {
            "ref": done.ref,
            "name": done.name,
            "quantity": done.quantity,
            "line_total_kobo": done.line_total.kobo,
            "count": done.count,
        },
    )


def _set_cart_quantity(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.change(context.customer_id, str(args["ref"]), int(args["quantity"]), now=context.now)
    return Happened("cart_changed", {"ref": done.ref, "name": done.name, "quantity": done.quantity})


def _remove_from_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    done = carts.remove(context.customer_id, str(args["ref"]))
    return Happened("removed_from_cart", {"ref": done.ref, "name": done.name})


def _clear_cart(context: Context, args: Mapping[str, Any]) -> Happened:
    return Happened("cart_cleared", {"count": carts.clear(context.customer_id)})


def _place_order(context: Context, args: Mapping[str, Any]) -> Happened:
    expected = args.get("expected_total_kobo")
    wish = checkout.Wish(
        delivery=str(args["delivery"]),
        payment=str(args["payment"]),
        key=str(args["key"]),
        address=str(args.get("address") or ""),
        latitude=args.get("latitude"),
        longitude=args.get("longitude"),
        expected_total=None if expected is None else Money(int(expected)),
    )
    fee = Money(context.settings.delivery_fee_kobo)
    placed = checkout.place(context.customer_id, wish, delivery_fee=fee, now=context.now)
    return Happened(
        "order_placed",
        {
            "number": placed.number,
            "total_kobo": placed.total.kobo,
            "delivery_fee_kobo": placed.delivery_fee.kobo,
            "payment": placed.payment,
            "waiting": list(placed.waiting),
        },
    )


def _cancel_order(context: Context, args: Mapping[str, Any]) -> Happened:
    return Happened("order_cancelled", {"number": orders.cancel(context.customer_id, str(args["number"]), now=context.now)})


VERBS: Mapping[str, Verb] = {
    "add_to_cart": _add_to_cart,
    "set_cart_quantity": _set_cart_quantity,
    "remove_from_cart": _remove_from_cart,
    "clear_cart": _clear_cart,
    "place_order": _place_order,
    "cancel_order": _cancel_order,
}
REFUSALS: Mapping[str, str] = {
    **dict.fromkeys(("add_to_cart", "set_cart_quantity", "remove_from_cart"), "cart_refused"),
    **dict.fromkeys(("place_order", "cancel_order"), "order_refused"),
}
