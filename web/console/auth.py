"""Who is asking: the session of a request, what it may, and the way in and out.

    @prescriptions.get("/<int:number>")
    @needs("prescriptions.read")
    def verify(number: int) -> str: ...

`needs` opens the request's unit of database work, finds the person with one statement, and tells and notes a refusal.
Inside the view `staff()` is who asks, and `models.base.connection()` the connection.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

import psycopg
from flask import Blueprint, Response, current_app, flash, g, make_response, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from models import audit, base, sessions
from models import staff as people
from models.roles import Staff
from settings import Settings
from web.console.errors import told
from web.console.security import ACCOUNT_LIMIT, ADDRESS_LIMIT, cookie_name, cookie_path, limiter
from worker.logs import log

SESSION_WITHIN_S = 1.5
PAGE_WITHIN_S = 8.0
FRESH_S = 20 * 60
KNOWN_DAYS, KNOWN_MOST = 90, 8
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
WRONG = (
    "The e-mail address or the password is not right. After several wrong tries signing in pauses for a few minutes; "
    "an owner or admin can give you a new one-time password."
)

auth = Blueprint("auth", __name__)
View = Callable[..., Any]


def settings() -> Settings:
    return cast(Settings, current_app.config["DRUGSNG"])


def staff() -> Staff:
    """Who asks. Only inside a view that `needs` something."""
    return cast(Staff, g.staff)


def address() -> str:
    """Where the request came from, as far as PROXY_HOPS lets us believe it."""
    return (request.remote_addr or "")[:64]


def noted(
    act: str,
    subject: str = "",
    subject_id: int | None = None,
    customer_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Appends to the audit what this person just saw or did; ids and codes only."""
    audit.note(staff(), act, subject, subject_id, customer_id, detail, address=address())


def noted_once(act: str, subject: str, subject_id: int, customer_id: int | None = None) -> None:
    """The same for what a page asks for again and again while somebody works on it: one row an hour."""
    audit.note_once(staff(), act, subject, subject_id, customer_id, address=address())


def public(view: View) -> View:
    """Marks a view that anybody may open."""
    view.needs = ""  # type: ignore[attr-defined]
    return view


def needs(right: str, *, password_due: bool = False, fresh: bool = False) -> Callable[[View], View]:
    """Lets in who has the right (models/roles.py). `password_due`: also before a one-time password has been changed. `fresh`: who
    gave the password long ago is asked for it again, because a screen left alone for a minute is enough to make an account."""

    def mark(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **given: Any) -> Any:
            found = _session()
            if found is None:
                return _to_login()
            g.staff, g.session = found.staff, found
            with base.unit(PAGE_WITHIN_S), audit.asked_from(address()):
                if not found.staff.may(right):
                    return _denied(right)
                if found.staff.must_change_password and not password_due:
                    return go(url_for("account.password"))
                if fresh and not is_fresh():
                    return go(url_for("account.again", next=_here()))
                return view(*args, **given)

        asked.needs = right  # type: ignore[attr-defined]
        return asked

    return mark


def is_fresh() -> bool:
    """Whether the person gave the password a short while ago."""
    return cast(sessions.Session, g.session).signed_in_s < FRESH_S


def token() -> str:
    return request.cookies.get(cookie_name("session", settings()), "")


def _session() -> sessions.Session | None:
    if not (given := token()):
        return None
    touch = "Console-Background" not in request.headers  # what a page asks by itself keeps nobody signed in
    return _ask(lambda conn: sessions.find(conn, given, idle_minutes=settings().console_idle_minutes, touch=touch))


def _ask(question: Callable[[psycopg.Connection], Any]) -> Any:
    """Asked a second time on a fresh connection: the first may have died in an outage that is over."""
    try:
        with base.unit(SESSION_WITHIN_S) as conn:
            return question(conn)
    except base.Unavailable:
        with base.unit(SESSION_WITHIN_S) as conn:
            return question(conn)


def go(where: str) -> Response:
    """To another page, also when HTMX asked."""
    if request.headers.get("HX-Request"):
        return Response("", 200, headers={"HX-Redirect": where})
    return cast(Response, redirect(where, 303))


def _here() -> str | None:
    """The page to come back to; None for the first page and for what is not a page."""
    if request.method != "GET" or request.headers.get("HX-Request") or request.path.rstrip("/") == "/console":
        return None
    return request.full_path.rstrip("?")


def _to_login() -> Response:
    if token():
        flash("You were signed out. Sign in to go on.", "info")
    answer = go(url_for("auth.login", next=_here()))
    _forget(answer)
    return answer


def _denied(right: str) -> Any:
    log().warning("console.denied", staff=staff().id, right=right, reference=g.reference)
    noted("denied", detail={"right": right, "endpoint": request.endpoint or ""})
    return told(403)


# ---------------------------------------------------------------------------------------------------------- in and out


def keep(answer: Response, staff_id: int) -> None:
    """A new session in this browser: always a new token, and a new token for forms."""
    name = _browser(request.headers.get("User-Agent", ""))
    fresh = sessions.start(staff_id, hours=settings().console_session_hours, address=address(), browser=name)
    session.pop("csrf_token", None)
    _set(answer, "session", fresh, max_age=None)


def _forget(answer: Response) -> None:
    name = cookie_name("session", settings())
    secure = settings().console_secure_cookies
    answer.delete_cookie(name, path=cookie_path(settings()), secure=secure, httponly=True, samesite="Lax")


def _set(answer: Response, name: str, value: str, *, max_age: int | None) -> None:
    answer.set_cookie(
        cookie_name(name, settings()),
        value,
        max_age=max_age,
        path=cookie_path(settings()),
        secure=settings().console_secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def _browser(header: str) -> str:
    """`Chrome on Windows`: enough to recognise one's own."""
    browser = next((name for mark, name in BROWSERS if mark in header), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in header), "")
    return f"{browser} on {system}" if system else browser


def _known() -> tuple[str, list[int]]:
    """This browser's own mark, and the ids of those who signed in with it; ("", []) for a browser we never saw."""
    try:
        found = _signer().loads(request.cookies.get(cookie_name("known", settings()), ""), max_age=KNOWN_DAYS * 86400)
        return str(found["mark"]), [int(i) for i in found["staff"]][:KNOWN_MOST]
    except (BadData, KeyError, TypeError, ValueError):
        return "", []


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().console_secret_key, salt="known browser")


def _account_key() -> str:
    """What tries are counted for beside the address: the account, or, from a browser we know, the browser. So a stranger's tries
    are not a colleague's."""
    email = people.tidy_email(request.form.get("email", ""))
    mark, _ = _known()
    if mark:
        return f"browser:{mark}"
    return "account:" + hashlib.sha256(f"{settings().console_secret_key}:{email}".encode()).hexdigest()[:24]


@auth.get("/login")
@public
def login() -> Any:
    if _session() is not None:
        return go(url_for("today.today"))
    return render_template("login.html", next=local_page(request.args.get("next", "")), email="", wrong="")


@auth.post("/login")
@public
@limiter.limit(ADDRESS_LIMIT)
@limiter.limit(ACCOUNT_LIMIT, key_func=_account_key)
def sign_in() -> Any:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    goal = local_page(request.form.get("next", ""))
    mark, ids = _known()
    _ask(lambda conn: conn.execute("SELECT"))
    with base.unit(PAGE_WITHIN_S):
        found = people.sign_in(email, password, known=ids, address=address())
        if found is None:
            page = render_template("login.html", next=goal, email=email[: people.EMAIL_LENGTH], wrong=WRONG)
            return make_response(page, 401)
        if given := token():
            sessions.end(given)
        session.clear()
        answer = cast(Response, redirect(goal or url_for("today.today"), 303))
        keep(answer, found.id)
    known = {"mark": mark or secrets.token_hex(8), "staff": [found.id, *(i for i in ids if i != found.id)][:KNOWN_MOST]}
    _set(answer, "known", cast(str, _signer().dumps(known)), max_age=KNOWN_DAYS * 86400)
    return answer


@auth.post("/logout")
@needs("self", password_due=True)
def logout() -> Response:
    sessions.end(token())
    noted("signed_out", "staff", staff().id)
    session.clear()
    flash("You are signed out.", "info")
    answer = go(url_for("auth.login"))
    _forget(answer)
    return answer


def local_page(address: str) -> str:
    """A page of the console, or "": never another site."""
    parts = urlsplit(address)
    plain = not parts.scheme and not parts.netloc and "\\" not in address and address.isprintable()
    return address if plain and re.match(r"/console(/|$|\?)", address) and not address.startswith("/console/login") else ""
