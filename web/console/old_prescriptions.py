"""Prescriptions of the old system in the console: the list, and the page of one; to be looked at, with the rights of all others."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from models.base import connection
from models.prescriptions import old
from web.console import labels
from web.console.auth import needs, noted

old_prescriptions = Blueprint("old", __name__)


@old_prescriptions.get("/old")
@needs("prescriptions.status")
def listed() -> str:
    """A page of them, newest first; what they say stands on the page of each alone."""
    before = request.args.get("before", 0, type=int)
    rows = old.page(connection(), before=max(before, 0), limit=old.PAGE + 1)
    more = rows[old.PAGE - 1].id if len(rows) > old.PAGE else 0
    return render_template(
        "prescriptions/old_list.html",
        rows=rows[: old.PAGE],
        older=url_for("prescriptions.old.listed", before=more) if more else "",
        first=url_for("prescriptions.old.listed") if before else "",
        labels=labels,
    )


def page(number: int) -> str:
    """Its page; 404 where there is none. The look at it is noted as for every prescription."""
    found = old.one(connection(), number) or abort(404)
    noted("prescription.seen", "prescription", found.id, found.customer_id, {"old": True})
    return render_template("prescriptions/old.html", it=found, labels=labels)
