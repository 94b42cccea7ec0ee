"""What codes of appointments and lab tests mean, in the words of the console: states, the log, times in the doctor's zone, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.pdf_files import SIZE_MAX
from models.values import Refused
from web.console.labels import BAD_PDFS
from web.console.order_labels import actor, masked

__all__ = ["actor", "masked"]  # templates ask for them here

# code: (words, tone of the badge)
STATES = {
    "held": ("Waits for its payment", "info"),
    "booked": ("Booked", "info"),
    "done": ("Came", "good"),
    "no_show": ("Nobody came", "warn"),
    "cancelled": ("Cancelled", ""),
    "expired": ("Never paid", ""),
}
OF_TESTS = {"done": ("Sample taken", "good"), "no_show": ("No sample", "warn")}
MARKS = {"done": "They came", "no_show": "Nobody came"}
MARKS_OF_TESTS = {"done": "Sample taken", "no_show": "No sample"}
DONE = {
    "done": "marked that they came",
    "no_show": "marked that nobody came",
    "booked": "put it back to booked",
    "cancelled": "cancelled it",
    "expired": "let it expire unpaid",
    "held": "booked it",
}
REASONS = {
    "customer_asked": "The customer asked for it",
    "doctor_away": "The doctor or nurse cannot come",
    "other": "Other",
}
WHERE = {"home": "At home", "centre": "At the centre"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BAD_FILES = {
    "empty": "Choose the PDF with the result first.",
    "too_big": f"The file is too large: at most {SIZE_MAX / 1e6:.1f} MB. Save it with smaller pictures and send it again.",
    "kind": "This is no PDF, or not a whole one. Save the result as a PDF and send that.",
    **BAD_PDFS,
}
WHY = {
    "right": "Your role does not include this.",
    "unknown": "That is not there any more.",
    "too_late": "What was marked on another day stays. Write to a colleague who can put it right by a new booking.",
    "has_result": "Its result is there already, so its sample was taken.",
    "not_collected": "Mark that its sample was taken first.",
    "no_customer": "This customer has not written to us here yet, so nothing can be sent to them. Call them.",
    "late": "It has begun or is over: it can be marked, and not moved or cancelled any more.",
    "over": "It is over, or has ended already.",
    "bad_reason": "Choose a reason.",
    "bad_time": "Choose one of the free times.",
    "too_soon": "That is too soon: appointments begin at the earliest an hour from now.",
    "too_far": "That is too far ahead: at most three months.",
    "outside_hours": "That is outside the hours.",
    "day_off": "That is a day off.",
    "holiday": "That is a public holiday.",
    "not_a_slot": "No appointment begins at that time.",
    "taken": "Somebody else has just taken that time. Choose another.",
    "clash": "The customer has another appointment at that time.",
    "unregistered": "This customer is not registered.",
    "bad_day": "Write a day like 2026-11-30.",
    "bad_hours": "Write times like 08:00, the end after the beginning, and no two that overlap.",
    "bad_days": "The last day comes after the first, and days off are a year at most.",
    "bad_times": "The end comes after the beginning.",
    "bad_slot": "An appointment takes 5 to 480 minutes.",
    "bad_zone": "There is no such time zone. Write it like Africa/Lagos.",
    "bad_name": "Write what holiday it is, in at most 80 characters.",
    "too_long": "That is too long.",
    "too_many": "There are too many of these already.",
    "gone": "The file is not there any more.",
    "away": "The place it is stored in does not answer. Try again in a minute.",
}


def state(code: str, kind: str) -> tuple[str, str]:
    return (OF_TESTS.get(code) if kind == "test" else None) or STATES.get(code, (code, ""))


# ------------------------------------------------------------------------------------------------------- times


def at(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def hours(starts: datetime, ends: datetime, zone: str) -> str:
    """`14:00–14:30`, as the clock beside the doctor says."""
    return f"{at(starts, zone):%H:%M}–{at(ends, zone):%H:%M}"


def zone_name(zone: str, house: ZoneInfo) -> str:
    """`London time`; "" where it is the house's own."""
    return "" if zone == house.key else zone.rpartition("/")[2].replace("_", " ") + " time"


def day_words(day: date, today: date) -> str:
    name = {today: "Today, ", today + timedelta(days=1): "Tomorrow, ", today - timedelta(days=1): "Yesterday, "}.get(day, "")
    return f"{name}{day:%a %-d %b %Y}"


def minutes(of_day: int) -> str:
    """`08:30`; the end of a day is 24:00."""
    return f"{of_day // 60:02}:{of_day % 60:02}"


# ------------------------------------------------------------------------------------------------------- the log

_Detail = Mapping[str, Any]


def _moved(detail: _Detail, zone: str) -> str:
    """From when to when, where it is on record."""
    try:
        times = [at(datetime.fromisoformat(str(detail[name])), zone) for name in ("from", "to")]
    except (KeyError, ValueError):
        return "Moved to another time"
    return "Moved from {:%a %-d %b, %H:%M} to {:%a %-d %b, %H:%M}".format(*times)


SAID: Mapping[str, Callable[[_Detail], str]] = {
    "held": lambda d: "Booked; waits for its payment",
    "booked": lambda d: "Booked",
    "paid": lambda d: "Paid",
    "cancelled": lambda d: "Cancelled" + (f": {REASONS[d['reason']].lower()}" if d.get("reason") in REASONS else ""),
    "expired": lambda d: "Not paid in time: the time is free again",
    "done": lambda d: "Marked: they came",
    "no_show": lambda d: "Marked: nobody came",
    "unmarked": lambda d: "That mark was a mistake: booked again",
    "result": lambda d: (
        "Another result in its place; the customer is told" if d.get("replaces") else "Result added; the customer is told"
    ),
}


def said(what: str, detail: _Detail, kind: str, zone: str) -> str:
    """One line of what happened, times as in `zone`; what later steps write is shown by its code."""
    if what == "moved":
        return _moved(detail, zone)
    if kind == "test" and what in ("done", "no_show"):
        return OF_TESTS[what][0]
    known = SAID.get(what)
    return known(detail) if known else what.replace("_", " ").capitalize()


# ------------------------------------------------------------------------------------------------------- refusals


def why(no: Refused, name: str, local: Callable[[datetime], str]) -> str:
    """The sentence of a refusal. `name`: of the staff member who was first, "" if it was none; `local` writes a time."""
    detail = no.detail
    if no.code == "bad_file":
        return BAD_FILES.get(str(detail.get("why", "")), BAD_FILES["kind"])
    if no.code == "moved":
        return _was_first(detail, name, local)
    if no.code == "too_early":
        starts = detail.get("starts")
        return f"It begins at {local(starts)}: mark it then." if isinstance(starts, datetime) else "It has not begun yet."
    return WHY.get(no.code, "A rule of the pharmacy says no.")


def _was_first(detail: Mapping[str, object], name: str, local: Callable[[datetime], str]) -> str:
    moment, where = detail.get("at"), str(detail.get("state"))
    done = DONE.get(where)
    if not done or not isinstance(moment, datetime):
        return f"It is in another state already: {STATES.get(where, (where, ''))[0].lower()}."
    return f"{actor(str(detail.get('who', '')), name)} {done} at {local(moment)}."
