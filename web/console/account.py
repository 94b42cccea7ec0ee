"""One's own password, and where one is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from models import passwords, sessions
from models import staff as people
from models.values import Refused
from web.console.auth import address, keep, local_page, needs, noted, settings, staff, token
from web.console.security import OWN_PASSWORD_LIMIT, limiter

account = Blueprint("account", __name__)
WHY = {
    "wrong_password": ("old", "This is not your present password."),
    "too_short": ("new", f"Use at least {passwords.LENGTH_MIN} characters; a short sentence is good."),
    "too_long": ("new", f"Use at most {passwords.LENGTH_MAX} characters."),
    "too_simple": ("new", "This is too simple: use more different characters."),
    "too_common": ("new", "This is one of the first that would be tried. Choose another."),
    "own_name": ("new", "Leave your name and e-mail address out of it."),
    "same_password": ("new", "This is the one you have. Choose another."),
    "not_repeated": ("again", "This is not the same as above."),
}


@account.get("/password")
@needs("self", password_due=True)
def password() -> str:
    return _page()


@account.post("/password")
@limiter.limit(OWN_PASSWORD_LIMIT)
@needs("self", password_due=True)
def change() -> Any:
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    try:
        if new != again:
            raise Refused("not_repeated")
        people.change_password(staff(), old, new, address=address())
    except Refused as refused:
        return make_response(_page(refused.code), 422)
    answer = redirect(url_for("today.today"), 303)
    keep(answer, staff().id)
    flash("Your password is changed. You were signed out everywhere else.", "good")
    return answer


@account.post("/elsewhere")
@needs("self")
def leave_elsewhere() -> Any:
    """Every session ends, and this browser gets a new one."""
    sessions.end_all(staff().id)
    noted("signed_out_everywhere", "staff", staff().id)
    answer = redirect(url_for("account.password"), 303)
    keep(answer, staff().id)
    flash("You are signed out everywhere but here.", "good")
    return answer


@account.get("/again")
@needs("self")
def again() -> str:
    """Asks for the password before something that matters, when it was given long ago."""
    return render_template("again.html", next=local_page(request.args.get("next", "")), wrong="")


@account.post("/again")
@limiter.limit(OWN_PASSWORD_LIMIT)
@needs("self")
def confirm() -> Any:
    goal = local_page(request.form.get("next", ""))
    if not people.confirm(staff(), request.form.get("password", ""), address=address()):
        return make_response(render_template("again.html", next=goal, wrong="This is not your password."), 422)
    sessions.end(token())
    noted("password_confirmed", "staff", staff().id)
    answer = redirect(goal or url_for("staff.everybody"), 303)
    keep(answer, staff().id)
    return answer


def _page(code: str = "") -> str:
    where, sentence = WHY.get(code, ("", ""))
    places = sessions.places(staff().id, token(), idle_minutes=settings().console_idle_minutes)
    return render_template("account.html", wrong={where: sentence}, places=places, length=passwords.LENGTH_MIN)
