"""Lab tests: bookings of a day or a week, whose result is still to come, the sample taken, and the result as a PDF."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, render_template, request, url_for

from models import clock
from models.base import connection
from models.values import Refused
from models.vault import Away
from models.visits import desk, results
from web.console import visit_acts, visit_lists
from web.console import visit_labels as labels
from web.console.auth import address, go, needs, noted, settings, staff
from web.console.errors import told
from worker import messages
from worker.broker import hint_at
from worker.logs import log

labs = Blueprint("labs", __name__)
NUMBER = visit_acts.NUMBER
ID_MAX = 2**63 - 1
AWAY = (
    "The file cannot be stored or fetched",
    "The place files are kept in does not answer. Nothing was changed; try again in a minute.",
)


@labs.get("", endpoint="day", defaults={"name": "day"})
@labs.get("/week", endpoint="week", defaults={"name": "week"})
@needs("labs.see")
def listed(name: str) -> str:
    return _render(tab=name, **visit_lists.listing("test", name, endpoint=f"labs.{name}"))


@labs.get("/due", endpoint="due")
@needs("labs.see")
def due() -> str:
    """Whose sample was taken and whose result is not there, the oldest booking first."""
    after = request.args.get("after", 0, type=int)
    zone = settings().default_timezone
    after = after if 0 <= after < 2**31 else 0
    rows = desk.awaiting_results(connection(), zone=zone.key, after=after, limit=desk.PAGE + 1)
    page = rows[: desk.PAGE]
    today = clock.utcnow().astimezone(zone).date()
    return _render(
        tab="due",
        rows=visit_lists.shown(page, zone, today),
        title="Results to come",
        links={
            "older": url_for("labs.due", after=page[-1].id) if len(rows) > len(page) else "",
            "first": url_for("labs.due") if after else "",
        },
        here=url_for("labs.due", after=after or None),
        zone_words="",
    )


def _render(**about: Any) -> str:
    template = "labs/list.html" if request.headers.get("HX-Request") else "labs/desk.html"
    zone, now = settings().default_timezone, clock.utcnow()
    span = visit_lists.span_of("day", zone)
    counted = desk.counts(connection(), span.begins, span.ends, now)
    return render_template(
        template, **{"over": False, "span": None, "now": now, "labels": labels, **about}, due=counted.results_due
    )


# ---------------------------------------------------------------------------------------------------------- results


@labs.post(f"{NUMBER}/result")
@needs("labs.results")
def result(number: str) -> Any:
    """A result comes, or another takes its place; the customer is sent it."""
    it = visit_acts.find("test", number)
    file = request.files.get("file")
    content = file.read() if file is not None and file.filename else b""
    try:
        stored = results.add(
            *(staff(), it.row.number, content, request.form.get("key", "")[:64]),
            zone=visit_acts.house_zone(),
            now=clock.utcnow(),
            address=address(),
        )
    except Refused as no:
        detail = {"act": "result", "code": no.code, "why": str(no.detail.get("why", ""))}
        noted("lab.refused", "lab", it.row.id, it.row.customer_id, detail)
        sentence = labels.why(no, "", lambda at: visit_acts.local_time(at, it.row.zone))
        return visit_acts.page(visit_acts.find("test", number), "labs.mark", "labs.change", sentence, "result"), 422
    except Away as e:
        log().warning("console.vault_away", reason=str(e))
        return make_response(told(503, AWAY, {"Retry-After": "30"}))
    hint_at(messages.CONVERSE, stored.customer_id)
    again = "That result is there already." if stored.again else "The result is sealed, and the customer is sent it."
    flash(again, "info" if stored.again else "good")
    return go(url_for("labs.one", number=stored.number))


@labs.get(f"{NUMBER}/result")
@needs("labs.read")
def file(number: str) -> Any:
    """A result to be saved, never to be opened here: the present one, or (`file`) one that was replaced."""
    asked = request.args.get("file", 0, type=int)
    try:
        content = results.seen(staff(), number, asked if 0 < asked <= ID_MAX else None, address=address())
    except Refused as no:
        if no.code == "away":
            return make_response(told(503, AWAY, {"Retry-After": "30"}))
        abort(404)
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{results.filename(number)}"'
    return answer


visit_acts.equip(labs, "test", see="labs.see", mark="labs.mark", change="labs.change")
