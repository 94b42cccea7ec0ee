"""When doctors work: weekly hours, days off, times kept free, and public holidays. A doctor sees and changes their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, render_template, request, url_for

from models import clock
from models.base import connection
from models.values import Refused
from models.visits import agenda, desk, hours, outside
from models.visits.agenda import Agenda, Closed
from models.visits.rows import kinds
from web.console import visit_labels as labels
from web.console.auth import address, go, needs, noted, settings, staff
from web.console.visit_acts import ROOF, a_day, house_zone

doctor_hours = Blueprint("hours", __name__)
DOCTOR = "/doctors/<int:doctor>"
ID_MAX = 2**31 - 1
PAGE = 50
HOLIDAYS_AHEAD = timedelta(days=400)
STANDING_SHOWN = 20
SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|to)\s*(\d{1,2})[:.](\d{2})", re.ASCII)
TIME = re.compile(r"(\d{1,2})[:.](\d{2})", re.ASCII)
NUMBER = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
TAKEN_BACK: dict[str, Callable[..., bool]] = {"off": agenda.come_back, "block": agenda.unblock}
ALREADY = "That is done already."


# ---------------------------------------------------------------------------------------------------------- pages


@doctor_hours.get("/doctors")
@needs("hours.see")
def everybody() -> Any:
    """All doctors; who is one sees their own page."""
    if (own := staff().only_doctor) is not None:
        return go(url_for("visits.hours.doctor", doctor=own))
    begin = min(max(request.args.get("from", 0, type=int), 0), desk.DOCTORS_MAX)
    found = desk.doctors(connection(), zone=house_zone())
    return render_template(
        "visits/doctors.html",
        doctors=found[begin : begin + PAGE],
        first=url_for("visits.hours.everybody") if begin else "",
        more=url_for("visits.hours.everybody", **{"from": begin + PAGE}) if len(found) > begin + PAGE else "",
        house=settings().default_timezone,
        labels=labels,
    )


@doctor_hours.get(DOCTOR)
@needs("hours.see")
def doctor(doctor: int) -> str:
    return _page(_find(doctor))


@doctor_hours.get("/holidays")
@needs("hours.see")
def holidays() -> str:
    return _holidays_page()


def _find(doctor: int) -> Agenda:
    """A doctor's agenda; 404 where there is none, and to a doctor another's is none."""
    found = agenda.of(doctor, now=clock.utcnow()) if doctor <= ID_MAX and staff().only_doctor in (None, doctor) else None
    return found or abort(404)


def _page(it: Agenda, wrong: str = "", refused: str = "") -> str:
    """`wrong`: why the form `refused` was."""
    now = clock.utcnow()
    days = [(n, name, [span for span in it.spans if span[0] == n]) for n, name in enumerate(labels.WEEKDAYS)]
    return render_template(
        "visits/hours.html",
        it=it,
        days=days,
        today=labels.at(now, it.zone).date(),
        zone_name=labels.zone_name(it.zone, settings().default_timezone),
        house=settings().default_timezone,
        changes=staff().may("hours.change"),
        standing=_linked(outside.numbers(it.doctor_id, now=now)),
        given=request.form,
        wrong=wrong,
        refused=refused,
        labels=labels,
    )


def _linked(numbers: Sequence[str]) -> list[tuple[str, str]]:
    """Visits that stand where nobody is there, each with the address of its page."""
    shown = kinds(numbers[:STANDING_SHOWN])
    return [(number, url_for(f"{ROOF[shown[number]]}.one", number=number)) for number in numbers if number in shown]


def _holidays_page(wrong: str = "") -> str:
    today = clock.utcnow().astimezone(settings().default_timezone).date()
    return render_template(
        "visits/holidays.html",
        rows=agenda.holidays(today, today + HOLIDAYS_AHEAD),
        today=today,
        standing=_linked(NUMBER.findall(request.args.get("standing", "").upper()[:500])),
        given=request.form,
        wrong=wrong,
        labels=labels,
    )


# ---------------------------------------------------------------------------------------------------------- acts


@doctor_hours.post(f"{DOCTOR}/hours")
@needs("hours.change")
def set_hours(doctor: int) -> Any:
    """The hours of a week; all left empty brings the usual ones back."""

    def verb() -> str:
        spans = [span for n in range(7) for span in _spans(n, request.form.get(f"day{n}", "")[:200])]
        agenda.set_hours(doctor, spans, **_who())
        return "The hours are set." if spans else "The usual hours count again."

    return _act(doctor, "hours", verb)


@doctor_hours.post(f"{DOCTOR}/slots")
@needs("hours.change")
def set_slots(doctor: int) -> Any:
    def verb() -> str:
        minutes, zone = request.form.get("minutes", 0, type=int), request.form.get("zone", "").strip()[:60]
        zone = "" if zone == house_zone() else zone
        agenda.set_slots(doctor, minutes, zone, bool(request.form.get("holidays")), **_who())
        return "That is set. Appointments that are booked stay as they are."

    return _act(doctor, "slots", verb)


@doctor_hours.post(f"{DOCTOR}/days-off")
@needs("hours.change")
def take_off(doctor: int) -> Any:
    def verb() -> Closed:
        first = a_day(request.form.get("first", ""))
        last = a_day(request.form.get("last", "")) if request.form.get("last") else first
        if first is None or last is None:
            raise Refused("bad_day")
        return agenda.take_off(doctor, first, last, request.form.get("reason", "")[:400], **_who())

    return _act(doctor, "off", verb)


@doctor_hours.post(f"{DOCTOR}/blocks")
@needs("hours.change")
def block(doctor: int) -> Any:
    """A time kept free, as the clock beside the doctor says."""
    zone = ZoneInfo(_find(doctor).zone)

    def verb() -> Closed:
        day = a_day(request.form.get("day", ""))
        begins, ends = (_minute(request.form.get(name, "")[:10]) for name in ("from", "until"))
        if day is None:
            raise Refused("bad_day")
        starts, until = hours.moment(day, begins, zone, last=False), hours.moment(day, ends, zone, last=True)
        return agenda.block(doctor, starts, until, request.form.get("reason", "")[:400], **_who())

    return _act(doctor, "block", verb)


@doctor_hours.post(f"{DOCTOR}/days-off/<int:row>/remove", endpoint="come_back", defaults={"what": "off"})
@doctor_hours.post(f"{DOCTOR}/blocks/<int:row>/remove", endpoint="unblock", defaults={"what": "block"})
@needs("hours.change")
def reopen(doctor: int, row: int, what: str) -> Any:
    """A day off or a blocked time is given back to patients."""

    def verb() -> str:
        there = row < 2**63 and TAKEN_BACK[what](doctor, row, by=staff(), address=address())
        return "That time is free for patients again." if there else ALREADY

    return _act(doctor, what, verb)


@doctor_hours.post("/holidays")
@needs("holidays.change")
def announce() -> Any:
    day, kept = a_day(request.form.get("day", "")), request.form.get("kept") != "no"
    try:
        if day is None:
            raise Refused("bad_day")
        standing = agenda.announce(day, request.form.get("name", "")[:200], kept=kept, **_who())
    except Refused as no:
        return _holidays_page(_why(no)), 422
    flash(f"{day:%a %-d %b %Y} is {'a holiday' if kept else 'no holiday'} from now on.", "good")
    return go(url_for("visits.hours.holidays", standing=_numbers(standing)))


@doctor_hours.post("/holidays/<string(maxlength=10):day>/remove")
@needs("holidays.change")
def withdraw(day: str) -> Any:
    found = a_day(day) or abort(404)
    done = agenda.withdraw(found, by=staff(), address=address())
    flash(f"For {found:%a %-d %b %Y} the calendar counts again." if done else ALREADY, "good" if done else "info")
    return go(url_for("visits.hours.holidays"))


def _who() -> dict[str, Any]:
    return {"by": staff(), "now": clock.utcnow(), "address": address()}


def _act(doctor: int, what: str, verb: Callable[[], str | Closed]) -> Any:
    it = _find(doctor)
    try:
        done = verb()
    except Refused as no:
        noted("hours.refused", "doctor", doctor, detail={"act": what, "code": no.code})
        return _page(it, _why(no), what), 422
    flash("That time is closed." if isinstance(done, Closed) else done, "good")
    return go(url_for("visits.hours.doctor", doctor=doctor))


def _numbers(standing: Sequence[str]) -> str | None:
    return ".".join(standing[:STANDING_SHOWN]) or None


def _why(no: Refused) -> str:
    return labels.why(no, "", lambda at: f"{at:%H:%M}")


# ---------------------------------------------------------------------------------------------------------- what was typed


def _spans(weekday: int, text: str) -> list[tuple[int, int, int]]:
    """`08:00-12:00, 13:00-18:00` as minutes of the day. Raises Refused `bad_hours`."""
    found = []
    for part in filter(None, (each.strip() for each in re.split(r"[,;]|\band\b", text))):
        match = SPAN.fullmatch(part)
        if not match:
            raise Refused("bad_hours", weekday=weekday)
        found.append((weekday, _of_day(match[1], match[2]), _of_day(match[3], match[4])))
    return found


def _minute(text: str) -> int:
    match = TIME.fullmatch(text.strip())
    if not match:
        raise Refused("bad_hours")
    return _of_day(match[1], match[2])


def _of_day(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > hours.WHOLE_DAY:
        raise Refused("bad_hours")
    return total
