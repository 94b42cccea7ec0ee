"""What staff are told when something is refused or broken: a sentence, what to do, and a reference whoever looks for it can find."""

from __future__ import annotations

import peewee
import psycopg
from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from models.base import Unavailable
from models.passwords import Busy
from models.values import Refused
from models.vault import Locked
from worker import sentry
from worker.logs import log

Answer = tuple[str, int, dict[str, str]]
SENTENCES = {
    400: ("This cannot be used", "The browser sent something this page does not understand. Go back and try again."),
    403: ("Not for your role", "Your role does not include this. If you need it, ask an owner or admin."),
    404: ("Nothing here", "There is no such page, or it is not there any more."),
    405: ("Nothing here", "This address is not opened like that. Go back and try again."),
    413: ("Too large", "What was sent is larger than 3 MB."),
    429: ("Too many tries", "Wait a few minutes, then try again. Nothing is locked for good."),
    500: ("Something went wrong on our side", "It has been noted. Try again; if it comes back, tell us the reference."),
    503: (
        "The database cannot be reached",
        "Nothing was changed. Try again in a minute; customers' messages are kept meanwhile.",
    ),
}
OUT_OF_DATE = (
    "This form is out of date",
    "It was opened before you signed in, or in a session that has ended. Open the page again; nothing was changed.",
)
BUSY = ("Busy for a moment", "Many people sign in at this moment. Try again in a few seconds.")
LOCKED = (
    "Prescriptions are locked",
    "Their key is missing or is another one. Whoever runs the system must look at MEDIA_KEYS; nothing was changed.",
)
RULE = ("That is not possible", "A rule of the pharmacy says no.")


def equip(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda e: told(400, OUT_OF_DATE))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Busy, lambda e: told(503, BUSY, {"Retry-After": "5"}))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Locked, _locked)
    for kind in (Unavailable, psycopg.OperationalError, psycopg.InterfaceError, peewee.OperationalError, peewee.InterfaceError):
        app.register_error_handler(kind, _away)
    app.register_error_handler(Exception, _bug)


def told(status: int, words: tuple[str, str] | None = None, headers: dict[str, str] | None = None) -> Answer:
    """The page of an error; for HTMX the message alone, which goes to the top of the page the person is on."""
    title, sentence = words or SENTENCES.get(status, SENTENCES[400])
    wanted = dict(headers or {})
    partial = bool(request.headers.get("HX-Request"))
    if partial:
        wanted |= {"HX-Retarget": "#messages", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"}
    template = "error_message.html" if partial else "error.html"
    page = render_template(template, title=title, sentence=sentence, status=status, reference=getattr(g, "reference", ""))
    return page, status, wanted


def _http(error: HTTPException) -> Answer:
    status = error.code or 500
    if status >= 500:
        return _bug(error)
    return told(status, headers={"Retry-After": "60"} if status == 429 else None)


def _refused(error: Refused) -> Answer:
    """A page that did not explain a rule itself: the code is the reference."""
    log().warning("console.refused", code=error.code, reference=g.reference, endpoint=request.endpoint)
    return told(409, RULE)


def _locked(error: Locked) -> Answer:
    sentry.tell(error, fingerprint=("vault.locked",))
    log().error("console.vault_locked", reference=g.reference)
    return told(503, LOCKED)


def _away(error: Exception) -> Answer:
    log().warning("console.database_away", error=type(error).__name__, reference=g.reference)
    return told(503, headers={"Retry-After": "30"})


def _bug(error: Exception) -> Answer:
    reference = getattr(g, "reference", "")
    sentry.tell(error, reference=reference)
    log().exception("console.bug", reference=reference, endpoint=request.endpoint)
    return told(500)
