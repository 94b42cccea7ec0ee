"""One appointment or lab booking in the console: its page, and what is done with it. The same for both kinds, under two roofs.

visit_acts.equip(visits, "doctor", see="visits.see", mark="visits.mark", change="visits.change")
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for

from models import clock, inbox, visits
from models.base import connection
from models.values import Refused
from models.visits import desk, results
from models.visits.desk import Case
from web.console import visit_labels as labels
from web.console.auth import go, needs, noted, noted_once, settings, staff
from web.console.orders import first_of
from worker import messages
from worker.broker import hint_at

NUMBER = "/<string(maxlength=20):number>"
SUBJECT = {"doctor": "visit", "test": "lab"}
ROOF = {"doctor": "visits", "test": "labs"}
SEES_NOTES = {"doctor": "visits.notes", "test": "labs.read"}
CHANGED = "visit_changed"  # the event that tells the customer what we did with their appointment
DAYS_SHOWN = 7
TELL = {
    "done": "{number} is marked: {words}.",
    "no_show": "{number} is marked: {words}.",
    "undo": "{number} is booked again.",
    "cancel": "{number} is cancelled. The customer hears of it.",
    "move": "{number} is moved. The customer hears of it.",
}


def equip(blueprint: Blueprint, kind: str, *, see: str, mark: str, change: str) -> None:
    """Adds the pages of one visit to a blueprint. `see`, `mark`, `change`: the rights they ask for."""

    @blueprint.get(NUMBER, endpoint="one")
    @needs(see)
    def one(number: str) -> str:
        return page(find(kind, number), mark, change)

    @blueprint.post(f"{NUMBER}/done", endpoint="done", defaults={"what": "done"})
    @blueprint.post(f"{NUMBER}/no-show", endpoint="no_show", defaults={"what": "no_show"})
    @blueprint.post(f"{NUMBER}/undo", endpoint="undo", defaults={"what": "undo"})
    @needs(mark)
    def marked(number: str, what: str) -> Any:
        return act(kind, what, number, lambda it, now: _mark(it, what, now), mark, change)

    @blueprint.post(f"{NUMBER}/cancel", endpoint="cancel")
    @needs(change)
    def cancel(number: str) -> Any:
        reason = request.form.get("reason", "")[:40]
        code = reason if reason in labels.REASONS else ""
        return act(kind, "cancel", number, lambda it, now: _cancel(it, reason, now), mark, change, reason=code)

    @blueprint.get(f"{NUMBER}/move", endpoint="times")
    @needs(change)
    def times(number: str) -> Any:
        """The free times it may be moved to, a week of days at a time."""
        return _times_page(find(kind, number))

    @blueprint.post(f"{NUMBER}/move", endpoint="move")
    @needs(change)
    def move(number: str) -> Any:
        return act(kind, "move", number, lambda it, now: _move(it, request.form.get("starts", "")[:40], now), mark, change)


# ---------------------------------------------------------------------------------------------------------- its page


def house_zone() -> str:
    return settings().default_timezone.key


def find(kind: str, number: str) -> Case:
    """It as this person may see it; 404 where there is none, and where it is another doctor's."""
    found = desk.case(connection(), kind, number, zone=house_zone(), of=staff().only_doctor)
    if found is None:
        abort(404)
    return found


def about(it: Case) -> dict[str, Any]:
    """What every page of it is made of."""
    row = it.row
    return {
        "it": it,
        "row": row,
        "roof": ROOF[row.kind],
        "phone": row.phone if staff().may("visits.mark") else labels.masked(row.phone),
        "zone_name": labels.zone_name(row.zone, settings().default_timezone),
        "now": clock.utcnow(),
        "labels": labels,
    }


def page(it: Case, mark: str, change: str, wrong: str = "", refused: str = "") -> str:
    """`wrong`: why the act `refused` was."""
    now, row = clock.utcnow(), it.row
    noted_once(f"{SUBJECT[row.kind]}.seen", SUBJECT[row.kind], row.id, row.customer_id)
    return render_template(
        "visits/one.html",
        **about(it),
        marks=it.marks(now) if staff().may(mark) else (),
        changeable=staff().may(change) and it.changeable(now),
        open_change="change" in request.args,
        notes=staff().may(SEES_NOTES[row.kind]),
        results=results.of_booking(connection(), row.id) if row.kind == "test" else (),
        wrong=wrong,
        refused=refused,
        new_key=secrets.token_urlsafe(12),
    )


def _times_page(it: Case, wrong: str = "") -> str:
    now, row = clock.utcnow(), it.row
    if not it.changeable(now):
        abort(404)
    first = a_day(request.values.get("day", ""))
    days = free_days(it, first, now)
    return render_template(
        "visits/move.html",
        **about(it),
        days=days,
        today=labels.at(now, row.zone).date(),
        later=url_for(f"{ROOF[row.kind]}.times", number=row.number, day=days[-1].day + timedelta(days=1)) if days else "",
        earlier=url_for(f"{ROOF[row.kind]}.times", number=row.number) if first else "",
        wrong=wrong,
    )


def free_days(it: Case, first: date | None, now: datetime) -> tuple[Any, ...]:
    """The next days that have a free time for it, at most a week of them."""
    try:
        if it.row.kind == "doctor":
            return tuple(visits.days(f"d{it.row.of}", now=now, first=first, limit=DAYS_SHOWN))
        where = it.row.where or "centre"
        return tuple(visits.test_days(f"t{it.row.of}", where=where, now=now, first=first, limit=DAYS_SHOWN))
    except Refused:  # the doctor or test is not offered any more: nothing is free
        return ()


def a_day(text: str) -> date | None:
    """`2026-11-24`; None for what is no day."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2100 else None


# ---------------------------------------------------------------------------------------------------------- acts


def act(
    kind: str, what: str, number: str, verb: Callable[[Case, datetime], None], mark: str, change: str, **detail: object
) -> Any:
    """The verb and its row of the audit are one. Who pressed twice sees that it is done; who came second, who was first."""
    it = find(kind, number)
    subject, row = SUBJECT[kind], it.row
    try:
        with connection().transaction():
            verb(it, clock.utcnow())
            noted(f"{subject}.{what}", subject, row.id, row.customer_id, {"number": row.number, **detail})
    except Refused as no:
        return _refused(find(kind, number), what, no, mark, change)
    if row.customer_id is not None and what in ("cancel", "move"):
        hint_at(messages.CONVERSE, row.customer_id)
    words = (labels.MARKS_OF_TESTS if kind == "test" else labels.MARKS).get(what, "").lower()
    flash(TELL[what].format(number=row.number, words=words), "good")
    return go(url_for(f"{ROOF[kind]}.one", number=row.number))


def _refused(it: Case, what: str, no: Refused, mark: str, change: str) -> Any:
    row = it.row
    target = {"undo": "booked", "cancel": "cancelled"}.get(what, what)
    if no.code in ("moved", "over") and row.state == target and _by_me(it, target):
        flash("That is done already.", "info")
        return go(url_for(f"{ROOF[row.kind]}.one", number=row.number))
    noted(f"{SUBJECT[row.kind]}.refused", SUBJECT[row.kind], row.id, row.customer_id, {"act": what, "code": no.code})
    stale = no.code in ("moved", "over", "taken", "too_early", "late")
    sentence = ("Nothing was changed. " if stale else "") + labels.why(no, first_of(no), lambda at: local_time(at, row.zone))
    status = 409 if stale else 422
    if what == "move" and it.changeable(clock.utcnow()):
        return _times_page(it, sentence), status
    return page(it, mark, change, sentence, what), status


def _by_me(it: Case, target: str) -> bool:
    wanted = desk.UNMARKED if target == "booked" else target
    last = next((entry for entry in it.log if entry.what == wanted), None)
    return last is not None and last.who == f"staff:{staff().id}"


def local_time(at: datetime, zone: str) -> str:
    """`14:03`, with the day when it was another one."""
    there, today = labels.at(at, zone), labels.at(clock.utcnow(), zone).date()
    return f"{there:%H:%M}" if there.date() == today else f"{there:%H:%M on %-d %b}"


def _mark(it: Case, what: str, now: datetime) -> None:
    row, given = it.row, {"by": staff().id, "zone": house_zone(), "now": now, "of": staff().only_doctor}
    if what == "undo":
        desk.undo(row.kind, row.number, **given)
    else:
        desk.mark(row.kind, row.number, what, **given)


def _cancel(it: Case, reason: str, now: datetime) -> None:
    if reason not in labels.REASONS:
        raise Refused("bad_reason")
    customer = _customer(it, now)
    _, _, refund = visits.cancel(customer, it.row.number, now=now, who=f"staff:{staff().id}")
    _tell(it, customer, "cancelled", now, reason=reason, refund_kobo=refund.kobo)


def _move(it: Case, starts: str, now: datetime) -> None:
    try:
        wanted = datetime.fromisoformat(starts).astimezone(UTC)
    except (ValueError, OverflowError) as e:
        raise Refused("bad_time") from e
    customer = _customer(it, now)
    if wanted != it.row.starts_at:
        visits.reschedule(customer, it.row.number, wanted, now=now, who=f"staff:{staff().id}")
        _tell(it, customer, "moved", now)


def _customer(it: Case, now: datetime) -> int:
    """Whose it is; they can be told, and it has not begun."""
    if not it.changeable(now):
        raise Refused("over" if it.row.state not in ("held", "booked") else "late")
    if it.row.customer_id is None:
        raise Refused("no_customer")
    return it.row.customer_id


def _tell(it: Case, customer: int, what: str, now: datetime, **more: object) -> None:
    """The customer is told what was done for them; the log says who did it."""
    row = it.row
    data = {"number": row.number, "what": what, "from": row.starts_at.astimezone(UTC).isoformat(), **more}
    inbox.add_event(customer, CHANGED, f"{CHANGED}:{row.kind}:{row.id}:{what}:{now.timestamp():.6f}", data)
