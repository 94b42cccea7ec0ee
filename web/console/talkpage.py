"""The page of one conversation: found as this person may read it, laid out whole, or in the pieces that changed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import abort, make_response, render_template, request

from models import beside, clock, health_words, orders, threads
from models import staff as people
from models.base import connection
from models.threads.holding import MARGIN
from models.threads.values import Counts, Line, Thread
from web.console import labels as paper_labels
from web.console import order_labels
from web.console import thread_labels as labels
from web.console.auth import noted_once, settings, staff

LINES, HAS_MOST = 50, 400
ID_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A line and the one before it, which decides where it is put and whether a new day begins with it."""

    line: Line
    after: str
    day: str


def page(
    customer: int, *, before: str = "", wrong: str = "", typed: dict[str, str] | None = None, act: str = "", status: int = 200
) -> Any:
    """The whole page. `before`: with the lines older than this one instead of the latest; `wrong`: why `act` was refused; `typed`: what
    goes back into its fields."""
    it = find(customer, before=before)
    noted_once("thread_seen", "customer", it.customer_id, it.customer_id)
    return make_response(
        render_template(
            "conversations/thread.html",
            **about(it),
            wrong=wrong,
            refused=act,
            typed=typed or {},
            before=before,
            canned=threads.canned() if staff().may("threads.answer") else (),
            orders=orders.of(it.customer_id).orders if staff().may("orders.see") else (),
            papers=beside.papers(connection(), it.customer_id) if staff().may("prescriptions.status") else (),
            visits=beside.visits(connection(), it.customer_id, now=clock.utcnow()),
            order_labels=order_labels,
            paper_labels=paper_labels,
        ),
        status,
    )


def find(customer: int, *, before: str = "", seen: bool = True) -> Thread:
    """The thread as this person may read it; 404 where there is none. `seen`: they look at it now."""
    who = staff()
    it = (
        threads.thread(
            customer,
            staff_id=who.id if seen else 0,
            clinical=who.may("prescriptions.read"),
            before=before,
            limit=LINES,
            now=clock.utcnow(),
        )
        if 0 < customer <= ID_MAX
        else None
    )
    if it is None:
        abort(404)
    return it if who.may("prescriptions.read") else _covered(it)


def _covered(it: Thread) -> Thread:
    """Without what would tell the customer's health."""
    known = health_words.private(connection(), it.customer_id, it.lines, tests=not staff().may("labs.see"))
    lines = health_words.covered(it.lines, known)
    return replace(it, lines=lines, clinical=it.clinical or lines != it.lines)


def about(it: Thread) -> dict[str, Any]:
    """What every piece of the page is made of."""
    now = clock.utcnow()
    counted = threads.counts(staff().id, now)
    # As the verbs see it: nothing is begun in the last minutes, and who never wrote to us here may have written elsewhere.
    window_open = it.window_ends_at is None or it.window_ends_at - MARGIN > now
    may_answer = staff().may("threads.answer")
    return {
        "it": it,
        "lines": shown(it.lines, settings().default_timezone),
        "version": version(it.version, counted),
        "others": others(it, counted),
        "now": now,
        "labels": labels,
        "window_open": window_open,
        "mine": it.assignee_id == staff().id,
        "may_answer": may_answer,
        "may_talk": may_answer and (it.open or bool(it.requests)) and it.assignee_id in (None, staff().id),
        "phone": it.number if staff().may("threads.answer") else order_labels.masked(it.number),
        "colleagues": colleagues() if may_answer else [],
        "key": secrets.token_urlsafe(12),
        "file_limit": labels.FILE_LIMIT,
        "text_limit": threads.TEXT_MAX,
    }


def colleagues() -> list[tuple[int, str]]:
    """(id, name) of those a conversation can be passed on to."""
    return [(each.id, each.name) for each in people.everybody() if each.may("threads.answer") and each.id != staff().id]


def shown(lines: tuple[Line, ...], zone: Any) -> list[Shown]:
    """Each line with the key of the one before and, where its day is another, the day in words."""
    found: list[Shown] = []
    last, day = "", ""
    for line in lines:
        its_day = _day(line.at, zone)
        found.append(Shown(line, last, its_day if its_day != day else ""))
        last, day = line.key, its_day
    return found


def _day(at: datetime, zone: Any) -> str:
    there, today = at.astimezone(zone).date(), clock.utcnow().astimezone(zone).date()
    if there == today:
        return "Today"
    return "Yesterday" if there == today - timedelta(days=1) else f"{there:%a %-d %b %Y}"


def version(number: int, counted: Counts) -> str:
    """What a page knows: of its own thread, and how many others wait, which its title tells."""
    return f"{number}-{counted.all}-{counted.waiting}-{counted.mine}"


def others(it: Thread, counted: Counts) -> int:
    """How many other customers wait for an answer."""
    return max(counted.waiting - (1 if it.waiting_since else 0), 0)


def changed(it: Thread, *, said: str = "", wrong: str = "", act: str = "", status: int = 200) -> Any:
    """The pieces of the page that may be other ones now; lines the page has already are left alone, but for their ticks.
    `said`: the form whose words are out of the house; `wrong`: why those of `act` are not."""
    has = frozenset(request.values.get("has", "")[: HAS_MOST * 24].split(",")[:HAS_MOST])
    pieces = about(it)
    answer = make_response(
        render_template("conversations/changed.html", **pieces, has=has, wrong=wrong, refused=act, said=said), status
    )
    if said:
        answer.headers["HX-Trigger"] = f'{{"said": "{said}"}}'
    return answer
