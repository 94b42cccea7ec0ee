"""Appointments with doctors: a day, a week, the same on paper. A doctor sees their own, everybody else those of all doctors."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from models import clock
from models.base import connection
from models.visits import desk, outside
from web.console import visit_acts
from web.console import visit_labels as labels
from web.console.auth import needs, noted, settings, staff
from web.console.doctor_hours import doctor_hours
from web.console.visit_lists import SPANS, listing, shown

visits = Blueprint("visits", __name__)
visits.register_blueprint(doctor_hours)
ID_MAX = 2**31 - 1


@visits.get("", endpoint="day", defaults={"name": "day"})
@visits.get("/week", endpoint="week", defaults={"name": "week"})
@needs("visits.see")
def listed(name: str) -> str:
    doctor = _doctor()
    return render_template(
        "visits/list.html" if request.headers.get("HX-Request") else "visits/desk.html",
        **listing("doctor", name, doctor=doctor, endpoint=f"visits.{name}"),
        doctors=[] if staff().only_doctor is not None else desk.doctors(connection(), zone=visit_acts.house_zone()),
    )


@visits.get("/closed", endpoint="closed")
@needs("visits.change")
def in_closed_times() -> str:
    """Visits to come of all doctors and of the laboratory at whose time nobody is there, the soonest first."""
    now, house, conn = clock.utcnow(), settings().default_timezone, connection()
    begin = min(max(request.args.get("from", 0, type=int), 0), 2 * outside.MOST_READ)
    found = outside.standing(now=now)
    some = found[begin : begin + desk.PAGE]
    ids = {kind: [each.id for each in some if each.kind == kind] for kind in visit_acts.ROOF}
    rows = [row for kind in ids for row in desk.chosen(conn, kind, ids[kind], zone=house.key)]
    rows.sort(key=lambda row: (row.starts_at, row.kind, row.id))
    return render_template(
        "visits/closed.html",
        rows=shown(tuple(rows), house, now.astimezone(house).date()),
        count=len(found),
        days=outside.AHEAD.days,
        first=url_for("visits.closed") if begin else "",
        more=url_for("visits.closed", **{"from": begin + desk.PAGE}) if len(found) > begin + desk.PAGE else "",
        roofs=visit_acts.ROOF,
        labels=labels,
    )


@visits.get("/print", endpoint="paper")
@needs("visits.see")
def paper() -> str:
    """The list for a printer, with room to write. Whose names were printed is on record."""
    span = request.args.get("span", "day")
    if span not in SPANS:
        abort(404)
    about = listing("doctor", span, doctor=_doctor(), limit=desk.PAGE_MAX, endpoint="visits.paper", span=span)
    noted("visits.printed", "doctor", about["doctor"] or None, detail={"first": str(about["span"].first), "days": SPANS[span]})
    return render_template("visits/paper.html", **about)


def _doctor() -> int:
    """Whose are asked for; 0: everybody's. A doctor sees their own, whatever the address says."""
    own = staff().only_doctor
    if own is not None:
        return own
    return min(max(request.args.get("doctor", 0, type=int), 0), ID_MAX)


visit_acts.equip(visits, "doctor", see="visits.see", mark="visits.mark", change="visits.change")
