"""The pharmacists' pages: the queue, the sheet of one prescription, and what its page asks for while somebody works on it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from models import catalogue
from models.base import connection, db
from models.prescriptions import case as cases
from models.prescriptions import deciding, old, queue
from models.values import Refused
from models.vault import Locked
from web.console import casepage, errors, labels, old_prescriptions, packs, sheet
from web.console.auth import go, needs, noted, noted_once, settings, staff
from web.console.decisions import decisions
from web.console.showing import midnight

prescriptions = Blueprint("prescriptions", __name__)
prescriptions.register_blueprint(decisions)
prescriptions.register_blueprint(old_prescriptions.old_prescriptions)
TABS = ("waiting", "asked", "decided")
PRODUCTS_SHOWN = 8
ROWS_MAX = 200  # a number in an address; how many may be signed is the verb's to say

# ---------------------------------------------------------------------------------------------------------- the queue


@prescriptions.get("", endpoint="queue")
@needs("prescriptions.status")
def waiting() -> str:
    """The queue, a page at a time; for HTMX, which refreshes it, the list alone."""
    tab = request.args.get("tab", "waiting")
    if tab not in TABS:
        abort(404)
    conn = connection()
    rows = queue.page(conn, tab, after=_after(request.args.get("after", "")), limit=queue.PAGE + 1)
    more = rows[queue.PAGE - 1] if len(rows) > queue.PAGE else None
    template = "prescriptions/list.html" if request.headers.get("HX-Request") else "prescriptions/queue.html"
    return render_template(
        template,
        tab=tab,
        rows=rows[: queue.PAGE],
        old=old.any_there(conn),
        counts=queue.counts(conn, midnight=midnight(settings().default_timezone)),
        older=url_for("prescriptions.queue", tab=tab, after=f"{more.ready_at.isoformat()}~{more.id}") if more else "",
        first=url_for("prescriptions.queue", tab=tab) if request.args.get("after") else "",
        labels=labels,
    )


def _after(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    at, _, number = text.partition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), int(number)
    except ValueError:
        abort(404)


@prescriptions.post("/next")
@needs("prescriptions.decide")
def take_next() -> Any:
    """Takes up whatever waits longest. `but` is what this person puts aside with it."""
    but = request.form.get("but", type=int) or 0
    if but:
        _put_back(but)
    found = queue.claim_next(connection(), staff().id, minutes=settings().console_claim_minutes, but=but)
    if found is None:
        flash("Nothing waits that you could take up.", "good")
        return go(url_for("prescriptions.queue"))
    noted("prescription.claimed", "prescription", found)
    return go(url_for("prescriptions.verify", number=found))


# ---------------------------------------------------------------------------------------------------------- one of them


@prescriptions.get("/<int:number>")
@needs("prescriptions.read")
def verify(number: int) -> Any:
    """The picture beside the sheet. Whoever may decide takes it up by opening it, if it is free."""
    try:
        why_not = casepage.try_to_claim(number) if staff().may("prescriptions.decide") else ""
        found = casepage.find(number)
    except Locked as error:
        return casepage.locked(number, error)
    except NotFound:  # not one of ours: perhaps the old system's
        return old_prescriptions.page(number)
    casepage.seen(found)
    return casepage.page(found, found.draft, why_not=why_not)


# ---------------------------------------------------------------------------------------------------------- while working


@prescriptions.post("/<int:number>/claim")
@needs("prescriptions.decide")
def claim(number: int) -> Any:
    """Keeps it in hand: asked by the page while somebody works on it. Says until when and which version it is, or who has it."""
    try:
        with connection().transaction():
            until = queue.claim(connection(), number, staff().id, minutes=settings().console_claim_minutes)
            noted_once("prescription.claimed", "prescription", number)
    except Refused as no:
        return jsonify(wrong=casepage.why(no), code=no.code, stale=no.code in casepage.STALE), 409
    row = connection().execute("SELECT version FROM prescriptions WHERE id = %s", (number,)).fetchone()
    return jsonify(until=until.isoformat(), version=row[0])


@prescriptions.post("/<int:number>/release")
@needs("prescriptions.decide")
def release(number: int) -> Any:
    """Puts it back into the queue, with what was typed."""
    if _put_back(number):
        flash(f"Prescription {number} is back in the queue; what you typed is kept.", "info")
    return go(url_for("prescriptions.queue"))


def _put_back(number: int) -> bool:
    with suppress(Refused, Locked):  # in other hands, or changed: what is there is newer
        deciding.save_draft(number, staff().id, casepage.as_draft(), version=casepage.version())
    released = queue.release(connection(), number, staff().id)
    if released:
        noted("prescription.released", "prescription", number)
    return released


@prescriptions.post("/<int:number>/draft")
@needs("prescriptions.decide")
def draft(number: int) -> Any:
    """Keeps what is typed. Answers with the new version, or with why it cannot be kept."""
    try:
        with db.atomic():
            version = deciding.save_draft(number, staff().id, casepage.as_draft(), version=casepage.version())
            noted_once("prescription.drafted", "prescription", number)
    except Refused as no:
        sentence = casepage.what_changed(casepage.find(number)) if no.code == "changed_meanwhile" else casepage.why(no)
        return jsonify(wrong=sentence, code=no.code, stale=no.code in casepage.STALE), 409
    except Locked:
        return jsonify(wrong=" ".join(errors.LOCKED), code="locked"), 503
    return jsonify(version=version)


@prescriptions.get("/<int:number>/products")
@needs("prescriptions.decide")
def products(number: int) -> str:
    """Products for a search, for one row of the sheet."""
    text = request.args.get("q", "")[:80].strip()
    found = catalogue.search(db, text, limit=PRODUCTS_SHOWN).products if len(text) >= 2 else ()
    return render_template("prescriptions/products.html", found=found, text=text)


@prescriptions.get("/<int:number>/rows/<int:position>")
@needs("prescriptions.decide")
def another_row(number: int, position: int) -> str:
    """An empty row for a medicine that the machine did not see."""
    if position >= ROWS_MAX:
        abort(404)
    row = sheet.Row(position, -1, None, quantity="1")
    return render_template("prescriptions/row.html", row=row, labels=labels, number=number)


@prescriptions.get("/<int:number>/rows/<int:position>/product")
@needs("prescriptions.decide")
def chosen(number: int, position: int) -> str:
    """The products of one row with the one just chosen among them. `need`: what the paper asks for, as the row knows it; `line`:
    its index in the reading."""
    refs = [ref[:12] for ref in request.args.getlist("has")][:8]
    ref = request.args.get("ref", "")[:12]
    line = request.args.get("line", -1, type=int)
    item = cases.item(connection(), number, line) if line >= 0 else None
    if item is not None:
        noted_once("prescription.seen", "prescription", number)
    row = sheet.Row(position, line, item, ref=ref, need=packs.amount_of(request.args.get("need", "")[:20]))
    row.options = list(catalogue.find_by_ref(db, [*refs, ref]).values())
    return render_template("prescriptions/options.html", row=row)
