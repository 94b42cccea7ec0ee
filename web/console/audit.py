"""The record of who saw and did what: newest first, by person, act, subject and day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from models import audit as record
from models import staff as people
from models.base import connection
from web.console.auth import needs, settings

audit = Blueprint("audit", __name__)
ID_MAX = 2**63 - 1


@audit.get("", endpoint="entries")
@needs("audit.see")
def entries() -> str:
    wish = _wish()
    given = {name: value for name, value in wish["shown"].items() if value}
    found = record.page(connection(), before=_number("before"), limit=record.PAGE + 1, **wish["filters"])
    page = found[: record.PAGE]
    older = url_for("audit.entries", before=page[-1].id, **given) if len(found) > record.PAGE else ""
    newest = url_for("audit.entries", **given) if request.args.get("before") else ""
    return render_template(
        "audit.html",
        entries=page,
        older=older,
        newest=newest,
        given=wish["shown"],
        people=people.names(connection()),
        any=bool(given),
    )


def _wish() -> dict[str, dict[str, Any]]:
    """What is asked for: `filters` for the record, and `shown` in the form again. What cannot be used is left out."""
    act, subject = (request.args.get(name, "").strip()[:60] for name in ("act", "subject"))
    first, last = _day("since"), _day("until")
    filters = {
        "staff_id": _number("who"),
        "act": act,
        "subject": subject,
        "subject_id": _number("id"),
        "since": first,
        "until": last + timedelta(days=1) if last else None,
    }
    shown = {
        "who": filters["staff_id"] or "",
        "act": act,
        "subject": subject,
        "id": filters["subject_id"] or "",
        "since": f"{first:%Y-%m-%d}" if first else "",
        "until": f"{last:%Y-%m-%d}" if last else "",
    }
    return {"filters": filters, "shown": shown}


def _number(name: str) -> int | None:
    raw = request.args.get(name, "").strip()
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 and int(raw) <= ID_MAX else None


def _day(name: str) -> datetime | None:
    """Where that day begins in the pharmacy's zone."""
    try:
        day = datetime.strptime(request.args.get(name, ""), "%Y-%m-%d").replace(tzinfo=settings().default_timezone)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
