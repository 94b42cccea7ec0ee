"""The record of who saw and did what: newest first, searched by person, act, thing and day, and taken away as a file."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from flask import Blueprint, Response, make_response, render_template, request, url_for

from models import audit_search as record
from models import base
from models import staff as people
from models.audit_search import Entry, TooLong, Wish
from models.base import connection
from web.console.auth import needs, noted, settings, token
from web.console.security import limiter
from worker.logs import log

audit = Blueprint("audit", __name__)
# What a number may belong to; "" is whatever has that number.
SUBJECTS = {
    "customer": "Customer",
    "order": "Order",
    "prescription": "Prescription",
    "payment_task": "Task about money",
    "visit": "Appointment or lab test",
    "doctor": "Doctor",
    "staff": "Colleague",
}
# Beginnings of acts, offered where one is typed.
ACTS = (
    "prescription",
    "prescription seen",
    "prescription approved",
    "prescription rejected",
    "prescription original",
    "order",
    "order seen",
    "order refund",
    "money",
    "staff",
    "signed in",
    "sign in failed",
    "denied",
    "thread",
    "thread seen",
    "thread answered",
    "visit",
    "lab",
    "lab result seen",
    "doctor",
    "customer erased",
    "audit exported",
)
FIELDS = ("who", "act", "subject", "id", "since", "until")
COLUMNS = ("Row", "Time (UTC)", "Time here", "Who", "Colleague", "Act", "About", "Number", "Customer", "Detail", "Address")
EXPORTS = "12 per minute"
TOO_LONG = "This takes too long to look up. Choose a shorter time, or a person."
NOT_THERE = "There is no such number."
NOT_WHOLE = "This file is not whole: the database went away. Ask for it again."


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form (`shown`), and what it means; `wrong` says why it can mean nothing."""

    shown: dict[str, str]
    wish: Wish
    wrong: str = ""

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in self.shown.items() if value}


# ---------------------------------------------------------------------------------------------------------- the page


@audit.get("", endpoint="entries")
@needs("audit.see")
def entries() -> Any:
    """A page of what was asked for."""
    asked, before = _asked(), _number("before")
    found: list[Entry] = []
    wrong = asked.wrong
    if not wrong:
        try:
            found = record.page(connection(), asked.wish, before=before, limit=record.PAGE + 1)
        except TooLong:
            wrong = TOO_LONG
    return make_response(_page(asked, found, before, wrong), 422 if wrong else 200)


def _page(asked: Asked, found: list[Entry], before: int | None, wrong: str) -> str:
    shown = found[: record.PAGE]
    older = url_for("audit.entries", before=shown[-1].id, **asked.given) if len(found) > record.PAGE else ""
    return render_template(
        "audit.html",
        entries=shown,
        older=older,
        newest=url_for("audit.entries", **asked.given) if before else "",
        given=asked.shown,
        people=people.names(connection()),
        subjects={asked.shown["subject"]: asked.shown["subject"], **SUBJECTS} if asked.shown["subject"] else SUBJECTS,
        acts=ACTS,
        wrong=wrong,
        most=record.EXPORT_MOST,
        any=bool(asked.given),
    )


def _asked() -> Asked:
    """What the address says. What cannot be a day or a colleague is left out; a number that belongs to nothing is told."""
    shown = {name: " ".join(request.args.get(name, "").split())[:60] for name in FIELDS}
    first, last, who = _day("since"), _day("until"), _number("who")
    shown |= {"who": str(who or ""), "since": f"{first:%Y-%m-%d}" if first else "", "until": f"{last:%Y-%m-%d}" if last else ""}
    until = last + timedelta(days=1) if last else None
    wish = Wish(staff_id=who, act=shown["act"], subject=shown["subject"], since=first, until=until)
    if not shown["id"]:
        return Asked(shown, wish)
    about = _about(connection(), wish, shown["subject"], shown["id"])
    return Asked(shown, about or wish, "" if about else NOT_THERE)


def _about(conn: psycopg.Connection, wish: Wish, subject: str, text: str) -> Wish | None:
    """The wish narrowed to a thing, by the number people know it by; None where there is no such thing."""
    if subject == "order":
        things = record.things_of_order(conn, text)
        return replace(wish, subject="", things=things) if things else None
    if subject == "visit":
        things = record.things_of_visit(conn, text)
        return replace(wish, subject="", things=things) if things else None
    if subject == "customer":
        customers = record.customers_of(conn, text)
        return replace(wish, subject="", customers=customers) if customers else None
    number = _whole(text.lstrip("#"))
    return replace(wish, subject_id=number) if number is not None else None


def _number(name: str) -> int | None:
    return _whole(request.args.get(name, "").strip())


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= record.ID_MAX else None


def _day(name: str) -> datetime | None:
    """Where that day begins in the pharmacy's zone."""
    try:
        day = datetime.strptime(request.args.get(name, ""), "%Y-%m-%d").replace(tzinfo=settings().default_timezone)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


# ---------------------------------------------------------------------------------------------------------- the file


@audit.get("/file")
@limiter.limit(EXPORTS, key_func=lambda: f"file:{hashlib.sha256(token().encode()).hexdigest()[:24]}")
@needs("audit.see")
def file() -> Any:
    """The same as CSV, the newest first, at most EXPORT_MOST rows. That it was taken is on record before its first line leaves."""
    asked = _asked()
    if asked.wrong:
        return make_response(_page(asked, [], None, asked.wrong), 422)
    try:
        first = record.page(connection(), asked.wish, limit=record.BLOCK)
    except TooLong:
        return make_response(_page(asked, [], None, TOO_LONG), 422)
    noted("audit.exported", "audit", None, None, _told(asked))
    zone = settings().default_timezone
    answer = Response(_lines(asked.wish, first, zone), content_type="text/csv; charset=utf-8")
    name = f"audit-{datetime.now(zone):%Y-%m-%d-%H%M}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _told(asked: Asked) -> dict[str, Any]:
    """What was asked for, in ids and codes: of a telephone number only whose it is, and no words that somebody made up."""
    wish = asked.wish
    told = {name: asked.shown[name] for name in ("who", "since", "until") if asked.shown[name]}
    told |= {name: asked.shown[name] for name in ("act", "subject") if re.fullmatch(r"[a-z][a-z._ ]{0,39}", asked.shown[name])}
    return told | {
        name: value
        for name, value in (
            ("number", wish.subject_id),
            ("customers", list(wish.customers or ())),
            ("things", [f"{kind} {number}" for kind, number in wish.things or ()]),
        )
        if value
    }


def _lines(wish: Wish, first: list[Entry], zone: ZoneInfo) -> Iterator[str]:
    """The file in pieces, for programs and for spreadsheets (which want the mark at its beginning to see that it is UTF-8)."""
    left = record.EXPORT_MOST

    def piece(rows: list[list[object]]) -> str:
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([[_harmless(c) for c in row] for row in rows])
        return text.getvalue()

    yield "\ufeff" + piece([list(COLUMNS)])
    try:
        for block in record.blocks(wish, first, most=record.EXPORT_MOST):
            yield piece([_cells(it, zone) for it in block[:left]])
            left -= len(block)
    except (TooLong, base.Unavailable, psycopg.Error) as e:
        log().warning("console.export_cut", error=type(e).__name__)
        yield piece([[NOT_WHOLE]])
        return
    if left < 0:
        yield piece(
            [[f"The file ends here: it holds the newest {record.EXPORT_MOST:,} rows. For older ones choose an earlier day."]]
        )


def _cells(it: Entry, zone: ZoneInfo) -> list[object]:
    return [
        it.id,
        f"{it.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"{it.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        it.staff_name,
        it.staff_id,
        it.act,
        it.subject,
        it.subject_id,
        it.customer_id,
        ", ".join(f"{name}: {value}" for name, value in it.detail.items()),
        it.address,
    ]


def _harmless(cell: object) -> str:
    """A cell no spreadsheet takes for a formula (OWASP, CSV Injection): what begins like one, after whatever blanks, gets a quote
    before it."""
    text = "" if cell is None else str(cell)
    begins_like_one = text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) or text.startswith(
        ("\t", "\r", "\n")
    )
    return f"'{text}" if begins_like_one else text
