"""Customers who talk to a person: the inbox, one conversation, what is new in it, and its files."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for

from models import beside, clock, health_words, thread_search, threads
from models.base import connection
from models.health_words import A_MOMENT
from models.support import CONVERSATIONS, MESSAGE
from models.threads.values import WORDS_SHOWN, Row
from web.console import talkpage
from web.console import thread_labels as labels
from web.console.auth import needs, noted, noted_once, staff
from web.console.talking import talking
from web.console.thread_files import thread_files

conversations = Blueprint("conversations", __name__)
conversations.register_blueprint(talking)
conversations.register_blueprint(thread_files)
CUSTOMER = "/<int:customer>"
PAGE = 30

# ---------------------------------------------------------------------------------------------------------- inbox


@conversations.get("", endpoint="inbox")
@needs("threads.see")
def inbox() -> Any:
    """A tab, a page at a time; for HTMX, which asks again and again, the list alone, and nothing at all where nothing changed."""
    if text := " ".join(request.args.get("q", "").split())[:80]:
        return _search(text)
    tab, now = request.args.get("tab") or "", clock.utcnow()
    counted = threads.counts(staff().id, now)
    tab = tab or ("mine" if counted.mine else "unassigned" if counted.unassigned else "all")
    if tab not in labels.TABS:
        abort(404)
    offset = min(request.args.get("offset", 0, type=int), 10_000)
    found = threads.inbox(tab, staff_id=staff().id, limit=PAGE, offset=max(offset, 0), now=now)
    about = {
        "tab": tab,
        "text": "",
        "counts": counted,
        "now": now,
        "labels": labels,
        "newer": url_for("conversations.inbox", tab=tab, offset=max(offset - PAGE, 0) or None) if offset > 0 else "",
        "older": url_for("conversations.inbox", tab=tab, offset=offset + PAGE) if offset + len(found.rows) < found.total else "",
        "here": url_for("conversations.inbox", tab=tab, offset=offset or None),
    }
    # A minute more of waiting is a change too: the list is what shows it.
    version = _mark(tab, offset, counted, found, f"{now:%H:%M}")
    whole = not request.headers.get("HX-Request")
    if not whole and request.args.get("v") == version:
        return Response("", 204)
    page = "conversations/inbox.html" if whole else "conversations/list.html"
    return render_template(page, version=version, rows=_readable(found.rows), **about)


def _readable(rows: tuple[Row, ...]) -> list[Row]:
    """With what the customer said where the bot had the last word, which tells nobody anything; and without what was said between
    the two where the bot still talks with them, for those who may not read of somebody's health. Of who left a message they read
    what they would read in the conversation."""
    reads = staff().may("prescriptions.read")
    hidden = {row.customer_id for row in rows if not reads and row.reason not in (*CONVERSATIONS, MESSAGE)}
    after_bot = {
        row.customer_id: row.since - A_MOMENT if row.since and not reads else None
        for row in rows
        if row.customer_id not in hidden
        and (row.last_by == "bot" or (row.last_by == "customer" and row.reason == MESSAGE and not reads))
    }
    words = beside.last_words(connection(), after_bot)

    def shown(row: Row) -> Row:
        if row.customer_id in hidden and row.last_by != "staff":
            return replace(row, last_words="", last_by="")
        if found := words.get(row.customer_id):
            at, said = found
            told = " ".join(said.text.split())
            if told and row.reason == MESSAGE and not reads:
                tests = not staff().may("labs.see")
                text = health_words.words_covered(connection(), row.customer_id, at, told, tests=tests)
            else:
                text = told or labels.KINDS.get(said.kind, "")
            return replace(row, last_words=text[:WORDS_SHOWN], last_by="customer")
        open_to_all = row.last_by == "staff" or (row.last_by == "customer" and row.reason != MESSAGE)
        return row if reads or open_to_all else replace(row, last_words="", last_by="")

    return [shown(row) for row in rows]


def _search(text: str) -> Any:
    """Those whose name or number it is, with a person now or once."""
    found, wrong = None, ""
    try:
        found = thread_search.search(connection(), text, whole_numbers=staff().may("threads.answer"))
    except thread_search.TooLong:
        wrong = "This takes too long to look up. Write more of the name, or of the number."
    noted("threads_searched", detail={"found": len(found or ())})
    now = clock.utcnow()
    return render_template(
        "conversations/found.html",
        text=text,
        found=found,
        wrong=wrong,
        counts=threads.counts(staff().id, now),
        now=now,
        labels=labels,
    )


def _mark(*of: object) -> str:
    return hashlib.sha256(repr(of).encode()).hexdigest()[:16]


# ---------------------------------------------------------------------------------------------------------- one of them


@conversations.get(CUSTOMER)
@needs("threads.see")
def talk(customer: int) -> Any:
    """With `before` its older lines, for browsers that cannot put them above the others."""
    return talkpage.page(customer, before=request.args.get("before", "")[:40])


# ---------------------------------------------------------------------------------------------------------- what is new


@conversations.get(f"{CUSTOMER}/new")
@needs("threads.see")
def changes(customer: int) -> Any:
    """What came since the page was made: 204 where nothing did, which costs two small questions and holds nobody."""
    if not 0 < customer <= talkpage.ID_MAX:
        abort(404)
    known = request.args.get("v", "")
    number = known.partition("-")[0]
    since = threads.since(customer, int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0)
    if known == talkpage.version(since, threads.counts(staff().id, clock.utcnow())):
        return Response("", 204)
    return talkpage.changed(talkpage.find(customer, seen="hidden" not in request.args))


@conversations.get(f"{CUSTOMER}/older")
@needs("threads.see")
def older(customer: int) -> Any:
    """The lines before the first one the page has."""
    if not request.headers.get("HX-Request"):
        abort(404)
    it = talkpage.find(customer, before=request.args.get("before", "")[:40], seen=False)
    noted_once("thread_seen", "customer", it.customer_id, it.customer_id)
    return render_template("conversations/older.html", **talkpage.about(it))
