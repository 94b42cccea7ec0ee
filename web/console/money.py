"""Money that people look at: open tasks, differences with the providers' lists, refunds under way, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for

from models import clock, money_desk
from models.base import connection
from models.money_desk import Closed, Trouble
from models.values import Money, Refused
from web.console import order_labels as labels
from web.console.auth import go, needs, noted, staff
from web.console.orders import amount_of, first_of, local_time
from worker import messages
from worker.broker import hint_at

money = Blueprint("money", __name__)
ID_MAX = 2**63 - 1


@money.get("", endpoint="desk")
@needs("money.see")
def desk() -> str:
    tab, after = request.args.get("tab", "tasks"), _whole(request.args.get("after"))
    if tab not in money_desk.TABS:
        abort(404)
    conn, more = connection(), money_desk.PAGE + 1
    rows: tuple[Any, ...]
    if tab == "refunds":
        rows = money_desk.refunds_page(conn, after=after, limit=more)
    else:
        rows = money_desk.page(conn, tab, after=after, limit=more)
    page = rows[: money_desk.PAGE]
    return render_template(
        "money/list.html" if request.headers.get("HX-Request") else "money/desk.html",
        tab=tab,
        rows=page,
        counts=money_desk.counts(conn),
        older=url_for("money.desk", tab=tab, after=page[-1].id) if len(rows) > len(page) else "",
        first=url_for("money.desk", tab=tab) if after else "",
        labels=labels,
    )


@money.get("/<int:task>")
@needs("money.see")
def one(task: int) -> str:
    found = _find(task)
    noted("money.task_seen", "payment_task", found.id, detail={"kind": found.kind, "number": found.order_number})
    return _page(found)


@money.post("/<int:task>/close")
@needs("money.act")
def close(task: int) -> Any:
    outcome, note = request.form.get("outcome", "")[:40], request.form.get("note", "")[:2000]
    return _act("closed", task, lambda by, now: money_desk.close(task, outcome, note, by=by, now=now))


@money.post("/<int:task>/give-back")
@needs("money.act")
def give_back(task: int) -> Any:
    """What the task speaks of goes back; of a refund that failed it is another try. The amount is typed once more."""
    shown = Money(_whole(request.form.get("kobo")), request.form.get("currency", "NGN")[:3])

    def verb(by: int, now: datetime) -> Closed:
        if amount_of(request.form.get("again", "")[:60]).kobo != shown.kobo:
            raise Refused("not_repeated")
        return money_desk.give_back(task, shown, by=by, now=now)

    return _act("given_back", task, verb)


def _act(act: str, task: int, verb: Callable[[int, datetime], Closed]) -> Any:
    if task > ID_MAX:
        abort(404)
    try:
        with connection().transaction():
            done = verb(staff().id, clock.utcnow())
            detail = {"kind": done.kind, "number": done.order_number, "outcome": done.outcome}
            noted(f"money.{act}", "payment_task", task, detail=detail | ({"refund": done.refund_id} if done.refund_id else {}))
    except Refused as no:
        return _refused(act, task, no)
    if done.refund_id is not None:
        hint_at(messages.SEND_REFUND, done.refund_id)
    flash("The money goes back. The task is closed." if done.refund_id else "The task is closed.", "good")
    return go(url_for("money.desk", tab="differences" if done.kind in money_desk.DIFFERENCES else "tasks"))


def _refused(act: str, task: int, no: Refused) -> Any:
    if no.code == "unknown":
        abort(404)
    found = _find(task)
    if no.code == "closed" and no.detail.get("who") == f"staff:{staff().id}":
        flash("That is done already.", "info")
        return go(url_for("money.one", task=task))
    noted("money.refused", "payment_task", task, detail={"act": act, "code": no.code})
    stale = no.code in ("closed", "changed", "nothing_left", "one_open")
    return _page(found, labels.why(no, first_of(no), local_time), act), 409 if stale else 422


def _find(task: int) -> Trouble:
    found = money_desk.one(task) if task <= ID_MAX else None
    if found is None:
        abort(404)
    return found


def _page(found: Trouble, wrong: str = "", act: str = "") -> str:
    typed = {name: request.form.get(name, "")[:300] for name in ("outcome", "note")}
    return render_template("money/one.html", it=found, wrong=wrong, refused=act, given=typed, labels=labels)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
