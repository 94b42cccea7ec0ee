"""Colleagues: who they are, taking on, another role, a new one-time password, and an end."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from models import staff as people
from models.base import connection
from models.roles import ROLES, Staff
from models.values import Refused
from web.console import auth
from web.console.auth import needs, noted
from web.console.showing import ROLE_NAMES

staff = Blueprint("staff", __name__)
ROLE_WORDS = {
    "owner": "everything; decides on prescriptions with a licence number",
    "admin": "staff and settings, nothing clinical",
    "pharmacist": "reads and decides on prescriptions",
    "support": "sees how far things are, nothing clinical",
    "auditor": "reads everything, changes nothing",
    "doctor": "sees and marks the appointments of one doctor, and when that doctor works",
}
WHY = {
    "bad_email": ("email", "This is not an e-mail address."),
    "email_taken": ("email", "Somebody with this address is there already."),
    "bad_name": ("name", f"Write a name of 2 to {people.NAME_LENGTH} characters."),
    "unknown_role": ("role", "Choose one of the roles."),
    "licence_needed": ("licence", "A pharmacist signs with a licence number: write it here."),
    "licence_too_long": ("licence", f"Write at most {people.LICENCE_LENGTH} characters."),
    "doctor_needed": ("doctor", "Choose whose appointments they see."),
    "unknown_doctor": ("doctor", "There is no such doctor any more."),
    "owners_only": ("", "Only an owner makes or changes owners."),
    "last_owner": ("", "This is the last owner: make another one first."),
    "own_account": ("", "Nobody changes their own role or ends their own account. Ask another owner or admin."),
    "not_allowed": ("", "Your own role changed meanwhile."),
    "unknown_staff": ("", "There is no such colleague any more."),
}


@staff.get("", endpoint="everybody")
@needs("staff.see")
def everybody() -> str:
    after = request.args.get("after", "")[: people.EMAIL_LENGTH]
    found = people.everybody(after=after, limit=people.PAGE + 1)
    older = url_for("staff.everybody", after=found[people.PAGE - 1].email) if len(found) > people.PAGE else ""
    return render_template("staff/list.html", people=found[: people.PAGE], older=older)


@staff.get("/new")
@needs("staff.change", fresh=True)
def new() -> str:
    return _form({}, "")


@staff.post("/new")
@needs("staff.change", fresh=True)
def add() -> Any:
    given = {name: request.form.get(name, "")[:200] for name in ("email", "name", "role", "licence", "doctor")}
    try:
        made, password = people.add(
            *(given["email"], given["name"], given["role"], given["licence"]),
            doctor_id=_doctor(),
            by=auth.staff(),
            address=auth.address(),
        )
    except Refused as refused:
        noted("staff_refused", "staff", detail={"act": "add", "code": refused.code})
        return make_response(_form(given, refused.code), 422)
    return _told(made, password)


@staff.get("/<int:number>")
@needs("staff.see")
def one(number: int) -> str:
    return _person(_get(number), "")


@staff.post("/<int:number>/role")
@needs("staff.change", fresh=True)
def role(number: int) -> Any:
    wish = request.form.get("role", ""), request.form.get("licence", "")[:200]
    try:
        done = people.change_role(number, *wish, doctor_id=_doctor(), by=auth.staff(), address=auth.address())
    except Refused as refused:
        return _refused(number, refused.code)
    flash(f"{done.name} is {ROLE_NAMES[done.role].lower()} now, and signs in anew.", "good")
    return redirect(url_for("staff.one", number=number), 303)


@staff.post("/<int:number>/password")
@needs("staff.change", fresh=True)
def password(number: int) -> Any:
    """A new one-time password; with `activate` somebody who had been deactivated may come back with it."""
    try:
        done, word = people.renew_password(
            number, by=auth.staff(), address=auth.address(), activate=bool(request.form.get("activate"))
        )
    except Refused as refused:
        return _refused(number, refused.code)
    return _told(done, word)


@staff.post("/<int:number>/end")
@needs("staff.change", fresh=True)
def end(number: int) -> Any:
    try:
        done = people.deactivate(number, by=auth.staff(), address=auth.address())
    except Refused as refused:
        return _refused(number, refused.code)
    flash(f"{done.name} is signed out and cannot sign in any more.", "good")
    return redirect(url_for("staff.everybody"), 303)


def _doctor() -> int | None:
    given = request.form.get("doctor", 0, type=int)
    return given if given > 0 else None


def _doctors() -> list[tuple[str, str]]:
    return [("", "None"), *((str(number), name) for number, name in people.doctors(connection()))]


def _refused(number: int, code: str) -> Any:
    """The page with why not. What was tried is on record too."""
    page = _person(_get(number), code)
    noted("staff_refused", "staff", number, detail={"act": request.path.rpartition("/")[2], "code": code})
    return make_response(page, 422)


def _get(number: int) -> Staff:
    found = people.get(number) if number < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _roles() -> list[tuple[str, str]]:
    """Those this person may give, each with what it means."""
    mine = auth.staff().role
    return [(role, f"{ROLE_NAMES[role]}: {ROLE_WORDS[role]}") for role in ROLES if role != "owner" or mine == "owner"]


def _form(given: dict[str, str], code: str) -> str:
    where, sentence = WHY.get(code, ("", ""))
    return render_template("staff/new.html", given=given, wrong={where: sentence}, roles=_roles(), doctors=_doctors())


def _person(found: Staff, code: str) -> str:
    where, sentence = WHY.get(code, ("", code and "This was not possible."))
    mine = auth.staff()
    changes = mine.may("staff.change") and mine.id != found.id and (found.role != "owner" or mine.role == "owner")
    return render_template(
        "staff/one.html",
        it=found,
        wrong={where: sentence},
        roles=_roles(),
        doctors=_doctors(),
        changes=changes,
        fresh=auth.is_fresh(),
    )


def _told(found: Staff, password: str) -> str:
    """The one time the password is shown: in this answer, which nobody keeps."""
    return render_template("staff/password.html", it=found, password=password, days=people.ONE_TIME_DAYS)
