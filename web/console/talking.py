"""What staff do in a conversation: take it over, say something, note something, pass it on, give it back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, request, url_for

from models import beside, clock, threads
from models.base import connection
from models.values import Refused
from models.vault import Away
from web.console import talkpage
from web.console import thread_labels as labels
from web.console.auth import go, needs, noted, staff
from worker import messages
from worker.broker import hint_at
from worker.logs import log

talking = Blueprint("talking", __name__)
CUSTOMER = "/<int:customer>"
KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")
TYPED = ("text", "note", "to")
# Refusals that mean: somebody or something was quicker than this page.
STALE = ("not_open", "taken_by", "window_closed")


@talking.post(f"{CUSTOMER}/take")
@needs("threads.answer")
def take(customer: int) -> Any:
    """Of nobody, or of the colleague the page named: if it is somebody else's by now, nothing happens."""
    over = request.form.get("over", type=int)
    return _act("take", customer, lambda: threads.take(staff(), customer, clock.utcnow(), over=over))


@talking.post(f"{CUSTOMER}/reply")
@needs("threads.answer")
def reply(customer: int) -> Any:
    """Words, or a file with words beneath it. Outside the 24 hours `later` keeps the words and sends the template."""
    text, file = _text("text"), request.files.get("file")
    content = file.read() if file is not None and file.filename else None

    def verb() -> None:
        now, key = clock.utcnow(), _key(customer, text, content or b"")
        if file is not None and content is not None:
            line = threads.send_file(staff(), customer, content, (file.filename or "")[:120], text, key, now)
            if media := beside.file_of(connection(), line):
                hint_at(messages.MOVE_FILE, media)
        elif request.form.get("later"):
            threads.ask_to_write(staff(), customer, text, key, now)
            hint_at(messages.CONVERSE, customer)
        else:
            threads.reply(staff(), customer, text, key, now)
            hint_at(messages.DELIVER, customer)

    return _act("reply", customer, verb)


@talking.post(f"{CUSTOMER}/note")
@needs("threads.answer")
def note(customer: int) -> Any:
    """`clinical`: for those who may read prescriptions; who may not cannot write one, either."""
    clinical = bool(request.form.get("clinical")) and staff().may("prescriptions.read")
    return _act("note", customer, lambda: threads.note(staff(), customer, _text("note"), clock.utcnow(), clinical=clinical))


@talking.post(f"{CUSTOMER}/pass-on")
@needs("threads.answer")
def pass_on(customer: int) -> Any:
    to = request.form.get("to", 0, type=int)
    return _act("pass_on", customer, lambda: threads.pass_on(staff(), customer, to, clock.utcnow()))


@talking.post(f"{CUSTOMER}/give-back")
@needs("threads.answer")
def give_back(customer: int) -> Any:
    """The bot speaks again; with `rating` it asks for a mark."""
    rating = bool(request.form.get("rating"))

    def verb() -> None:
        threads.give_back(staff(), customer, clock.utcnow(), rating)
        hint_at(messages.CONVERSE, customer)

    return _act("give_back", customer, verb)


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def _key(customer: int, text: str, content: bytes) -> str:
    """What makes pressing twice one message: made by the page, its own for each person and customer. Other words are another
    message also from a page whose key was used, one that was gone back to."""
    given = request.form.get("key", "")
    if not KEY.fullmatch(given):
        raise Refused("unknown")
    return f"{customer}:{given}:{hashlib.sha256(text.encode() + content).hexdigest()[:12]}"


def _act(act: str, customer: int, verb: Callable[[], object]) -> Any:
    talkpage.find(customer, seen=False)  # 404 before anything is tried
    try:
        try:
            verb()
        except Away as trouble:
            log().warning("console.vault_away", reason="away")
            raise Refused("away") from trouble
    except Refused as no:
        noted("thread_refused", "customer", customer, customer, {"act": act, "code": no.code})
        return _refused(act, customer, no)
    if act == "give_back":
        flash("The bot talks with this customer again.", "good")
        return go(url_for("conversations.inbox"))
    if request.headers.get("HX-Request"):
        # What is sent once more does not come from the field, and whatever stands there stays.
        return talkpage.changed(talkpage.find(customer), said="" if request.form.get("again") else act)
    return go(url_for("conversations.talk", customer=customer))


def _refused(act: str, customer: int, no: Refused) -> Any:
    status, sentence = 409 if no.code in STALE else 503 if no.code == "away" else 422, labels.why(no)
    if request.headers.get("HX-Request"):
        return talkpage.changed(talkpage.find(customer), wrong=sentence, act=act, status=status)
    typed = {name: request.form.get(name, "")[: threads.TEXT_MAX * 2] for name in TYPED}
    return talkpage.page(customer, wrong=sentence, typed=typed, act=act, status=status)
