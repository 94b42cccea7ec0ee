"""The first page after signing in: what waits, how old it is, what went wrong; for each role what it may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from flask import Blueprint, render_template, url_for

from models import clock, figures, money_desk, order_desk, threads
from models.base import connection
from models.prescriptions import queue
from models.visits import desk, outside
from web.console import thread_labels
from web.console.auth import needs, settings, staff
from web.console.showing import for_long, midnight

today = Blueprint("today", __name__)
# From when on a prescription or an answer has waited too long for comfort; and much too long.
WAIT_WARN_S, WAIT_BAD_S = 15 * 60, 60 * 60
LATE_WARN_S, LATE_BAD_S = 60, 5 * 60
CLOCK_BAD_S = 120
PREPARE_WARN_S, PREPARE_BAD_S = 3600, 4 * 3600  # from when on an order has waited too long to be prepared


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its sentence. `tone`: "", warn, bad. `link`: the page that shows what it counts, or ""."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    link: str = ""


@today.get("", endpoint="today")
@needs("today")
def front() -> str:
    return render_template("today.html", **_all())


@today.get("/figures")
@needs("today")
def numbers() -> str:
    """The same numbers alone, for the page to keep itself current."""
    return render_template("today_figures.html", **_all())


def _all() -> dict[str, Any]:
    conn = connection()
    return {
        "conversations": _conversations() if staff().may("threads.see") else [],
        "prescriptions": _prescriptions(conn) if staff().may("prescriptions.status") else [],
        "visits": _visits(conn) if staff().may("visits.see") else [],
        "orders": _orders(conn) if staff().may("orders.see") else [],
        "money": _money(conn) if staff().may("money.see") else [],
        "operations": _operations(conn) if staff().may("operations.see") else [],
    }


def _conversations() -> list[Figure]:
    now = clock.utcnow()
    found = threads.counts(staff().id, now)
    seconds, tone = thread_labels.waits(found.oldest_wait, now)
    waiting = f"the longest for {for_long(seconds)}" if found.waiting else "nobody waits"
    return [
        Figure("Wait for an answer", str(found.waiting), waiting, tone, url_for("conversations.inbox", tab="all")),
        Figure("Nobody has them", str(found.unassigned), "conversations", link=url_for("conversations.inbox", tab="unassigned")),
        Figure("In your hands", str(found.mine), "conversations", link=url_for("conversations.inbox", tab="mine")),
    ]


def _visits(conn: psycopg.Connection) -> list[Figure]:
    """Of this day; a doctor's own."""
    begins, now = midnight(settings().default_timezone), clock.utcnow()
    found = desk.counts(conn, begins, begins + timedelta(days=1), now, of=staff().only_doctor)
    over = f"{found.unmarked} over and not marked" if found.unmarked else "whoever came is marked"
    own = [Figure("Appointments today", str(found.visits), over, "warn" if found.unmarked else "", url_for("visits.day"))]
    if staff().may("visits.change"):
        own.append(_closed(len(outside.standing(now=now))))
    if not staff().may("labs.see"):
        return own
    due = "of samples that were taken" if found.results_due else "none is awaited"
    return [
        *own,
        Figure("Lab tests today", str(found.labs), "samples to take or taken", link=url_for("labs.day")),
        Figure("Results to come", str(found.results_due), due, link=url_for("labs.due")),
    ]


def _closed(count: int) -> Figure:
    """Visits that nobody is there for: somebody has to move or cancel them, because nothing does it by itself."""
    note = "move or cancel them" if count else f"none in the next {outside.AHEAD.days} days"
    return Figure("In closed times", str(count), note, "bad" if count else "", url_for("visits.closed"))


def _prescriptions(conn: psycopg.Connection) -> list[Figure]:
    found = queue.counts(conn, midnight=midnight(settings().default_timezone))
    link = url_for("prescriptions.queue")
    oldest = f"oldest waits {for_long(found.oldest_s)}" if found.waiting else "nobody waits"
    tone = _tone(found.oldest_s, WAIT_WARN_S, WAIT_BAD_S) if found.waiting else ""
    return [
        Figure("Waiting for a pharmacist", str(found.waiting), oldest, tone, link),
        Figure("Being checked now", str(found.claimed), "taken up by a pharmacist"),
        Figure("Question at the customer", str(found.asked), "the clock is paused"),
        Figure("Being read", str(found.reading), "by the machine"),
        Figure("Decided today", str(found.decided_today)),
    ]


def _orders(conn: psycopg.Connection) -> list[Figure]:
    found = order_desk.counts(conn)
    oldest = f"oldest since {for_long(found.oldest_s)}" if found.prepare else "nothing waits"
    tone = _tone(found.oldest_s, PREPARE_WARN_S, PREPARE_BAD_S) if found.prepare else ""
    return [
        Figure("To prepare", str(found.prepare), oldest, tone, url_for("orders.desk", tab="prepare")),
        Figure("On the way", str(found.way), "with a rider, or ready for pick-up", link=url_for("orders.desk", tab="way")),
        Figure("To pay", str(found.pay), "held until it is paid or expires", link=url_for("orders.desk", tab="pay")),
    ]


def _money(conn: psycopg.Connection) -> list[Figure]:
    found = money_desk.counts(conn)
    return [
        Figure(
            "To look at", str(found.tasks), "no rule could place it" if found.tasks else "nothing", *_warned(found.tasks, "tasks")
        ),
        Figure(
            "Differences",
            str(found.differences),
            "with the providers' lists" if found.differences else "none",
            *_warned(found.differences, "differences"),
        ),
        Figure("Refunds under way", str(found.refunds), link=url_for("money.desk", tab="refunds")),
        Figure(
            "Refunds failed",
            str(found.failed),
            "the money is still with us" if found.failed else "none failed",
            "bad" if found.failed else "",
            url_for("money.desk", tab="refunds"),
        ),
    ]


def _warned(count: int, tab: str) -> tuple[str, str]:
    """Tone and link of a figure that should be nothing."""
    return "warn" if count else "", url_for("money.desk", tab=tab)


def _operations(conn: psycopg.Connection) -> list[Figure]:
    found = figures.gather(conn)
    failed = int(found['drugsng_inbox_set_aside{status="failed"}'])
    lost = int(found['drugsng_outbox_ended{status="failed"}'] + found['drugsng_outbox_ended{status="expired"}'])
    inbox_s, outbox_s = found["drugsng_inbox_oldest_pending_seconds"], found["drugsng_outbox_oldest_open_seconds"]
    stopped = bool(found["drugsng_sender_stopped"])
    return [
        _line("Messages to answer", found["drugsng_inbox_pending"], inbox_s),
        _line("Messages to send", found["drugsng_outbox_open"], outbox_s),
        _line("Pictures to read", found["drugsng_prescriptions_to_read"], found["drugsng_prescriptions_oldest_to_read_seconds"]),
        Figure("Wait for a person", _whole(found["drugsng_handovers_open"]), "conversations and requests"),
        Figure(
            "Events set aside", str(failed), "see `drugsng failed list`" if failed else "none failed", "bad" if failed else ""
        ),
        Figure("Messages not sent", str(lost), "failed or too old" if lost else "none failed", "warn" if lost else ""),
        Figure(
            "Sending", "stopped" if stopped else "works", "WhatsApp refuses for now" if stopped else "", "bad" if stopped else ""
        ),
        _clock(found["drugsng_clock_seconds_since_run"]),
    ]


def _line(label: str, count: float, oldest_s: float) -> Figure:
    tone = _tone(oldest_s, LATE_WARN_S, LATE_BAD_S) if count else ""
    return Figure(label, _whole(count), f"oldest {for_long(oldest_s)}" if count else "nothing waits", tone)


def _clock(seconds: float) -> Figure:
    """Whether the process that looks after timers and sweeps is alive."""
    if seconds < 0:
        return Figure("Clock", "silent", "it has never run", "bad")
    late = seconds > CLOCK_BAD_S
    return Figure("Clock", "silent" if late else "runs", f"last job {for_long(seconds)} ago", "bad" if late else "")


def _tone(seconds: float, warn: float, bad: float) -> str:
    return "bad" if seconds >= bad else "warn" if seconds >= warn else ""


def _whole(value: float) -> str:
    return f"{int(value):,}"
