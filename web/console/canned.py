"""Answers kept ready: a shortcut and its words, for everybody who answers customers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, make_response, render_template, request, url_for

from models import clock, threads
from models.values import Refused
from web.console import thread_labels as labels
from web.console.auth import go, needs, noted, staff
from web.console.talkpage import ID_MAX

canned = Blueprint("canned", __name__)
WHERE = {"shortcut": "shortcut", "too_many": "shortcut"}


@canned.get("")
@needs("threads.answer")
def everything() -> Any:
    return _page({}, {}, 200)


@canned.post("")
@needs("threads.answer")
def save() -> Any:
    """A new one, or other words for a shortcut there is."""
    given = {
        name: request.form.get(name, "").replace("\r\n", "\n").strip()[: threads.TEXT_MAX + 1] for name in ("shortcut", "text")
    }
    try:
        kept = threads.save_canned(staff(), given["shortcut"], given["text"], clock.utcnow())
    except Refused as no:
        noted("canned_answer_refused", "canned_answer", detail={"code": no.code})
        return _page(given, {WHERE.get(no.code, "text"): labels.why(no)}, 422)
    flash(f"{kept.shortcut} is kept.", "good")
    return go(url_for("canned.everything"))


@canned.post("/<int:number>/remove")
@needs("threads.answer")
def remove(number: int) -> Any:
    if number > ID_MAX:
        abort(404)
    try:
        threads.remove_canned(staff(), number, clock.utcnow())
    except Refused as no:
        flash(labels.why(no), "info")
        return go(url_for("canned.everything"))
    flash("The answer is removed.", "good")
    return go(url_for("canned.everything"))


def _page(given: dict[str, str], wrong: dict[str, str], status: int) -> Any:
    found = threads.canned()
    edited = next((each for each in found if each.shortcut == request.args.get("edit")), None)
    given = given or ({"shortcut": edited.shortcut, "text": edited.text} if edited else {})
    page = render_template("conversations/canned.html", canned=found, given=given, wrong=wrong, limit=threads.TEXT_MAX)
    return make_response(page, status)
