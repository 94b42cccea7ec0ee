"""How the console shows things: local times, how long ago, files with their version, who may see which page."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, g, request, url_for
from jinja2 import StrictUndefined
from markupsafe import Markup

from models.roles import Staff
from settings import Settings

STATIC = Path(__file__).parent / "static"
# endpoint, words, right. A page that comes later needs its line here and nothing else.
NAVIGATION = (
    ("today.today", "Today", "today"),
    ("conversations.inbox", "Conversations", "threads.see"),
    ("prescriptions.queue", "Prescriptions", "prescriptions.status"),
    ("orders.desk", "Orders", "orders.see"),
    ("money.desk", "Money", "money.see"),
    ("visits.day", "Appointments", "visits.see"),
    ("labs.day", "Labs", "labs.see"),
    ("staff.everybody", "Staff", "staff.see"),
    ("audit.entries", "Audit", "audit.see"),
)
# What belongs to another's place in the navigation.
PART_OF = {"pictures": "prescriptions", "canned": "conversations"}
ROLE_NAMES = {
    "owner": "Owner",
    "admin": "Admin",
    "pharmacist": "Pharmacist",
    "support": "Support",
    "auditor": "Auditor",
    "doctor": "Doctor",
}


def equip(app: Flask, settings: Settings) -> None:
    """Filters `ago`, `moment`, `second`, `day`, `for_long`, and the functions `asset`, `navigation`, `place`, `person`, `may` of
    every template."""
    zone = settings.default_timezone
    versions = {p.name: hashlib.sha256(p.read_bytes()).hexdigest()[:10] for p in STATIC.iterdir() if p.is_file()}
    jinja = app.jinja_env
    jinja.undefined = StrictUndefined
    jinja.trim_blocks = jinja.lstrip_blocks = True
    jinja.filters.update(
        ago=lambda at: _ago(at, zone),
        moment=lambda at: moment(at, zone),
        second=lambda at: f"{at.astimezone(zone):%-d %b %Y, %H:%M:%S}",
        day=lambda at: day(at, zone),
        for_long=for_long,
    )
    jinja.globals.update(
        asset=lambda name: url_for("static", filename=name, v=versions.get(name, "")),
        navigation=lambda: _navigation(app),
        place=_place,
        person=_person,
        may=lambda right: (found := _person()) is not None and found.may(right),
        role_name=lambda role: ROLE_NAMES.get(role, role),
        pharmacy=settings.pharmacy_name,
        zone=zone,
    )


def _person() -> Staff | None:
    return getattr(g, "staff", None)


def _navigation(app: Flask) -> list[tuple[str, str, str]]:
    """(address, words, endpoint's blueprint) of what this person may open and what there is."""
    person = _person()
    if person is None or person.must_change_password:
        return []
    known = app.view_functions
    return [
        (url_for(endpoint), words, endpoint.partition(".")[0])
        for endpoint, words, right in NAVIGATION
        if endpoint in known and person.may(right)
    ]


def _place() -> str:
    """Under which entry of the navigation this page stands; nested blueprints stand under the outermost."""
    outermost = (request.blueprint or "").partition(".")[0]
    return PART_OF.get(outermost, outermost)


def for_long(seconds: float) -> str:
    """A length of time in its largest unit: `40 s`, `5 min`, `3 h`, `2 days`."""
    seconds = max(0, int(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 23 Nov 2026, 10:05`, local."""
    return f"{at.astimezone(zone):%a %-d %b %Y, %H:%M}"


def midnight(zone: ZoneInfo) -> datetime:
    """When today began there."""
    return datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%-d %b %Y}"


def _ago(at: datetime | None, zone: ZoneInfo) -> Markup:
    """`5 min ago`, kept current by the page itself, with the exact local time as its title; "never" for None."""
    if at is None:
        return Markup('<span class="soft">never</span>')
    seconds = (datetime.now(UTC) - at).total_seconds()
    words = "just now" if seconds < 45 else f"{for_long(seconds)} ago" if seconds < 7 * 86400 else day(at, zone)
    title = f"{at.astimezone(zone):%a %-d %b %Y, %H:%M:%S}"
    return Markup('<time class="ago" datetime="{}" title="{}">{}</time>').format(at.isoformat(), title, words)
