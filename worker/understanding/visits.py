"""Seeing a doctor: `book 1 2026-06-15 14:00`, `book dr amaka tomorrow 2pm`, `reschedule 1 to monday 10am`."""

from __future__ import annotations

from typing import Any

from worker.understanding.care import LAB_WORDS, lab_query
from worker.understanding.date_words import meaning
from worker.understanding.dates import scan
from worker.understanding.intent import Intent
from worker.understanding.said import Said, list_number
from worker.understanding.tokens import word_set


def book(said: Said) -> Intent | None:
    """`book 1 2026-06-15 14:00`, `book dr amaka tomorrow 2pm`, `book appointment on friday 10am`, `book malaria test`."""
    words = said.words
    if any(key in LAB_WORDS for key in said.keys):
        return Intent("lab_tests", lab_query(words, said.first, said.end))
    first = said.first
    while first < said.end and words.keys[first] in _BOOKED and words.keys[first] not in _TITLES:
        first += 1
    values: dict[str, Any] = {}
    number, at = list_number(words, first, said.end)
    if number is not None and not (at < said.end and _belongs_to_date(words.keys[at])):
        values["number"] = number
        first = at
    if first >= said.end:
        return Intent("book", values)
    found = scan(words.text(first, said.end), said.now, said.zone)
    name = " ".join(
        word for word in found.unread if word.lower().strip(".") not in _BOOKED and word.lower() not in ("on", "at", "by", "for")
    )
    if name and "number" not in values:
        values["name"] = name
    return Intent("book", values | found.values())


def _belongs_to_date(key: str) -> bool:
    """Whether a number before this word is no doctor's: "book 15 june", "book 2 pm", "book 3 days from now"."""
    known = meaning(key)
    return key in ("am", "pm", "of") or (
        known is not None and known[0] in ("month", "oclock", "day_unit", "week", "hour_unit", "clock", "past")
    )


_TITLES = frozenset(("dr", "prof"))
_BOOKED = word_set(
    """
    a an the my appointment appointments with doctor doctors dr consultation me for slot to see session number meeting
    please pls booking in i want visit at on by prof
    """
)


def reschedule(said: Said) -> Intent | None:
    words, first = said.words, said.first
    while first < said.end and words.keys[first] in _BOOKED:
        first += 1
    number, at = list_number(words, first, said.end)
    values: dict[str, Any] = {}
    if number is not None and number < 100:
        values["number"] = number
        first = at
    while first < said.end and words.keys[first] in ("to", "for", "till", "until"):
        first += 1
    if first < said.end:
        values |= scan(words.text(first, said.end), said.now, said.zone).values()
    return Intent("reschedule", values)
