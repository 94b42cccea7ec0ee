"""The order desk: lists of orders, one order with its money and its log, and what may be done with it now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for

from models import clock, fulfilment, order_desk
from models import staff as people
from models.base import connection
from models.fulfilment import Moved
from models.order_desk import Case
from models.orders import plain_number
from models.payments import refunds
from models.values import Money, Refused
from web.console import order_labels as labels
from web.console.auth import go, needs, noted, settings, staff
from worker import messages
from worker.broker import hint_at

orders = Blueprint("orders", __name__)
NUMBER = "/<string(maxlength=20):number>"
AMOUNT = re.compile(r"(?:₦|NGN|N)?\s*(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(\.\d{1,2})?", re.ASCII | re.IGNORECASE)
ID_MAX, KOBO_MAX = 2**31 - 1, 10**12
# Which right an act asks for.
RIGHT = {
    "process": "orders.move",
    "ship": "orders.move",
    "deliver": "orders.move",
    "cancel": "orders.move",
    "refund": "money.act",
}
TELL = {
    "process": "is being prepared. The customer hears of it.",
    "ship": "is on its way. The customer hears who brings it.",
    "ready": "is ready for pick-up. The customer hears of it.",
    "deliver": "is delivered. The customer hears of it.",
    "cancel": "is cancelled. The customer hears of it.",
    "refund": "Money of it goes back. The customer hears when it is there.",
}

# ---------------------------------------------------------------------------------------------------------- lists


@orders.get("", endpoint="desk")
@needs("orders.see")
def desk() -> str:
    """A tab, or what a search found, a page at a time; for HTMX, which refreshes it, the list alone."""
    tab, text, after = (
        request.args.get("tab", "prepare"),
        request.args.get("q", "").strip()[:80],
        _whole(request.args.get("after")),
    )
    if tab not in order_desk.TABS:
        abort(404)
    conn, more = connection(), order_desk.PAGE + 1
    rows = (
        order_desk.search(conn, text, before=after, limit=more) if text else order_desk.page(conn, tab, after=after, limit=more)
    )
    page = rows[: order_desk.PAGE]
    here = {"q": text} if text else {"tab": tab}
    return render_template(
        "orders/list.html" if request.headers.get("HX-Request") else "orders/desk.html",
        tab="" if text else tab,
        text=text,
        rows=page,
        counts=order_desk.counts(conn),
        older=url_for("orders.desk", after=page[-1].id, **here) if len(rows) > len(page) else "",
        first=url_for("orders.desk", **here) if after else "",
        now=datetime.now(UTC),
        labels=labels,
    )


def _whole(text: str | None, most: int = ID_MAX) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 14 and int(text) <= most else 0


# ---------------------------------------------------------------------------------------------------------- one of them


@orders.get(NUMBER)
@needs("orders.see")
def one(number: str) -> str:
    found = _find(number)
    _noted("order.seen", found)
    return _page(found)


def _find(number: str) -> Case:
    found = order_desk.case(number)
    if found is None:
        abort(404)
    return found


def _noted(act: str, found: Case, /, **detail: object) -> None:
    it = found.standing
    noted(act, "order", it.id, it.customer_id, {"number": it.number, **detail})


def _page(found: Case, wrong: str = "", given: dict[str, str] | None = None, act: str = "") -> str:
    """`wrong`: why `act` was refused; `given`: what was typed for it."""
    hidden = [line for line in found.lines if line.prescription_only and not staff().may("prescriptions.read")]
    return render_template(
        "orders/one.html",
        it=found,
        standing=found.standing,
        acts=[each for each in found.standing.acts() if staff().may(RIGHT[each])],
        lines=[line for line in found.lines if line not in hidden],
        hidden=hidden,
        phone=found.phone if staff().may("orders.move") else labels.masked(found.phone),
        wrong=wrong,
        refused=act,
        given=given or {},
        labels=labels,
    )


# ---------------------------------------------------------------------------------------------------------- acts


@orders.post(f"{NUMBER}/process")
@needs("orders.move")
def process(number: str) -> Any:
    return _act("process", number, lambda by, now: fulfilment.process(number, by=by, now=now))


@orders.post(f"{NUMBER}/ship")
@needs("orders.move")
def ship(number: str) -> Any:
    rider, phone = (request.form.get(name, "")[:200] for name in ("rider", "phone"))
    return _act("ship", number, lambda by, now: fulfilment.ship(number, rider, phone, by=by, now=now))


@orders.post(f"{NUMBER}/deliver")
@needs("orders.move")
def deliver(number: str) -> Any:
    return _act("deliver", number, lambda by, now: fulfilment.deliver(number, by=by, now=now))


@orders.post(f"{NUMBER}/cancel")
@needs("orders.move")
def cancel(number: str) -> Any:
    reason = request.form.get("reason", "")[:40]
    code = reason if reason in fulfilment.REASONS else ""
    return _act("cancel", number, lambda by, now: fulfilment.cancel(number, reason, by=by, now=now), reason=code)


@orders.get(f"{NUMBER}/refund")
@needs("money.act")
def confirm(number: str) -> Any:
    """What is about to go back, to be typed once more."""
    found = _find(number)
    _noted("order.seen", found)
    given = {name: request.args.get(name, "")[:60] for name in ("part", "amount", "reason")}
    try:
        amount = amount_of(given["amount"]) if given["part"] else None
        if given["reason"] not in fulfilment.REFUND_REASONS:
            raise Refused("bad_reason")
        if code := found.standing.refusal("refund"):
            raise Refused(code)
        if amount is not None and amount > found.standing.returnable:
            raise Refused("too_much", left_kobo=found.standing.returnable.kobo)
    except Refused as no:
        return _page(found, _why(no), given, "refund"), 422
    return _confirm_page(found, amount, given)


@orders.post(f"{NUMBER}/refund")
@needs("money.act")
def refund(number: str) -> Any:
    form = request.form
    reason, seen = form.get("reason", "")[:40], _whole(form.get("seen"))
    shown = Money(_whole(form.get("kobo"), KOBO_MAX))
    amount = None if form.get("whole") else shown

    def verb(by: int, now: datetime) -> Moved:
        if amount_of(form.get("again", "")[:60]) != shown:
            raise Refused("not_repeated")
        moved = fulfilment.refund(number, amount, reason, by=by, now=now, seen=seen)
        # Under the order's lock: money that came between the page and the click is not given back unseen.
        if (
            amount is None
            and sum(each.amount.kobo for each in refunds.of_order(number) if each.id in moved.refunds) != shown.kobo
        ):
            raise Refused("changed")
        return moved

    return _act("refund", number, verb, reason=reason if reason in fulfilment.REFUND_REASONS else "", kobo=shown.kobo)


def amount_of(text: str) -> Money:
    """An amount in naira as people write it. Raises Refused `bad_amount`."""
    found = AMOUNT.fullmatch(text.strip())
    amount = Money.from_naira(found[1].replace(",", "") + (found[2] or "")) if found else Money(0)
    if amount.kobo <= 0:
        raise Refused("bad_amount")
    return amount


def _confirm_page(found: Case, amount: Money | None, given: dict[str, str], wrong: str = "") -> str:
    return render_template(
        "orders/refund.html",
        it=found,
        standing=found.standing,
        whole=amount is None,
        amount=amount or found.standing.returnable,
        reason=given["reason"],
        wrong=wrong,
        labels=labels,
    )


def _act(act: str, number: str, verb: Callable[[int, datetime], Moved], **detail: object) -> Any:
    """The verb and its row of the audit are one. Who pressed twice sees that it is done; who came second, who was first."""
    number = plain_number(number)
    try:
        with connection().transaction():
            moved = verb(staff().id, clock.utcnow())
            about = {"number": moved.number, **detail, **({"refunds": list(moved.refunds)} if moved.refunds else {})}
            noted(f"order.{act}", "order", moved.order_id, moved.customer_id, about)
    except Refused as no:
        return _refused(act, number, no)
    if moved.customer_id is not None:
        hint_at(messages.CONVERSE, moved.customer_id)
    for refund_id in moved.refunds:
        hint_at(messages.SEND_REFUND, refund_id)
    words = TELL[act] if act != "ship" or request.form.get("rider") is not None else TELL["ready"]
    flash(words if act == "refund" else f"Order {moved.number} {words}", "good")
    return go(url_for("orders.one", number=moved.number))


def _refused(act: str, number: str, no: Refused) -> Any:
    if no.code == "unknown":
        abort(404)
    found = _find(number)
    twice = no.code == "moved" and no.detail.get("who") == f"staff:{staff().id}" and no.detail["state"] == fulfilment.TARGETS[act]
    if twice:
        flash("That is done already.", "info")
        return go(url_for("orders.one", number=found.standing.number))
    _noted("order.refused", found, act=act, code=no.code)
    given = {name: request.form.get(name, "")[:200] for name in ("rider", "phone", "reason", "amount", "part")}
    mistyped = no.code in ("bad_amount", "not_repeated") and given["reason"] in fulfilment.REFUND_REASONS
    if act == "refund" and mistyped and not found.standing.refusal("refund"):
        shown = None if request.form.get("whole") else Money(_whole(request.form.get("kobo"), KOBO_MAX))
        return _confirm_page(found, shown, given, labels.WHY["not_repeated"]), 422
    stale = no.code in ("moved", "not_yet", "changed", "one_open")
    sentence = f"Nothing was changed. {_why(no)}" if stale else _why(no)
    return _page(found, sentence, given, act), 409 if stale else 422


def _why(no: Refused) -> str:
    return labels.why(no, first_of(no), local_time)


def first_of(no: Refused) -> str:
    """The name of the staff member who was first, "" if it was none."""
    kind, _, number = str(no.detail.get("who", "")).partition(":")
    found = people.get(int(number)) if kind == "staff" and number.isdigit() else None
    return ("You" if found.id == staff().id else found.name) if found else ""


def local_time(at: datetime) -> str:
    """`14:03`, with the day when it was another one."""
    zone = settings().default_timezone
    there, today = at.astimezone(zone), datetime.now(zone).date()
    return f"{there:%H:%M}" if there.date() == today else f"{there:%H:%M on %-d %b}"
