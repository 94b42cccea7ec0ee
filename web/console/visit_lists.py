"""Visits by day, as both desks list them: a day or a week, from the address's day on, page by page."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request, url_for

from models import clock
from models.base import connection
from models.visits import desk
from models.visits.desk import Row
from web.console import visit_acts
from web.console import visit_labels as labels
from web.console.auth import settings, staff

SPANS = {"day": 1, "week": 7}


class Span(NamedTuple):
    """The days that are shown: from the first on, in a zone. `begins`, `ends`: the same as moments."""

    name: str
    first: date
    zone: ZoneInfo
    begins: datetime
    ends: datetime


class Shown(NamedTuple):
    """A visit of a list; `day` is said where another day begins with it."""

    row: Row
    day: str
    clock: str
    zone: str


def listing(kind: str, name: str, *, doctor: int = 0, limit: int = 0, endpoint: str, **more: str) -> dict[str, Any]:
    """What a page of a day or a week is made of. Who is bound to a doctor, and to none, sees nothing."""
    conn, house, limit = connection(), settings().default_timezone, limit or desk.PAGE
    of = doctor if doctor or staff().only_doctor is not None else None
    known = desk.doctors(conn, zone=house.key, doctor=doctor) if kind == "doctor" and doctor else []
    zone = known[0].zone if known else house.key
    span = span_of(name, ZoneInfo(zone))
    over, here = bool(request.args.get("over")), {**more, "day": span.first.isoformat()}
    here |= ({"doctor": str(doctor)} if doctor and staff().only_doctor is None else {}) | ({"over": "1"} if over else {})
    after = _after(kind, of)
    rows = desk.page(conn, kind, span.begins, span.ends, zone=house.key, of=of, over=over, after=after, limit=limit + 1)
    today = clock.utcnow().astimezone(span.zone).date()
    found, words = shown(rows[:limit], house, today), title(span, today)
    step = timedelta(days=SPANS[name])
    return {
        "rows": [each._replace(day="") if each.day == words else each for each in found],
        "span": span,
        "title": words,
        "doctor": doctor,
        "over": over,
        "now": clock.utcnow(),
        "today": today,
        "here": url_for(endpoint, **here, after=after.number if after else None),
        "endpoint": endpoint,
        "links": {
            "before": url_for(endpoint, **here | {"day": (span.first - step).isoformat()}),
            "next": url_for(endpoint, **here | {"day": (span.first + step).isoformat()}),
            "other": url_for(endpoint, **{k: v for k, v in here.items() if k != "over"} | ({} if over else {"over": "1"})),
            "older": url_for(endpoint, **here, after=rows[limit - 1].number) if len(rows) > limit else "",
            "first": url_for(endpoint, **here) if after else "",
        },
        "here_args": here,
        "zone_words": labels.zone_name(zone, house),
        "labels": labels,
    }


def _after(kind: str, of: int | None) -> Row | None:
    number = request.args.get("after", "")[:20]
    found = desk.case(connection(), kind, number, zone=visit_acts.house_zone(), of=of) if number else None
    return found.row if found else None


def span_of(name: str, zone: ZoneInfo) -> Span:
    """The day the address asks for (or today), or the week from its Monday on."""
    first = visit_acts.a_day(request.args.get("day", "")) or clock.utcnow().astimezone(zone).date()
    if name == "week":
        first -= timedelta(days=first.weekday())
    last = first + timedelta(days=SPANS[name])
    return Span(name, first, zone, datetime.combine(first, time(), zone), datetime.combine(last, time(), zone))


def title(span: Span, today: date) -> str:
    if span.name == "day":
        return labels.day_words(span.first, today)
    last = span.first + timedelta(days=6)
    this = {0: "This week, ", 7: "Next week, ", -7: "Last week, "}.get(
        (span.first - today + timedelta(days=today.weekday())).days, ""
    )
    return f"{this}{span.first:%-d %b} to {last:%-d %b %Y}"


def shown(rows: tuple[Row, ...], house: ZoneInfo, today: date) -> list[Shown]:
    """Each with its time as the clock beside it says, and the day where a new one begins."""
    found: list[Shown] = []
    last: date | None = None
    for row in rows:
        its = labels.at(row.starts_at, row.zone).date()
        words = labels.day_words(its, today) if its != last else ""
        found.append(Shown(row, words, labels.hours(row.starts_at, row.ends_at, row.zone), labels.zone_name(row.zone, house)))
        last = its
    return found
