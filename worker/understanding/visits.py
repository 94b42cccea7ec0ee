"""Seeing a doctor: `book 1 2026-06-15 14:00`, `book dr amaka tomorrow 2pm`, `reschedule 1 to monday 10am`."""

from __future__ import annotations

from typing import Any

from worker.understanding import cities
from worker.understanding.care import (
    AVAILABLE,
    BY_ITSELF,
    DR_BRANDS,
    LAB_WORDS,
    SHELF,
    SPECIALTY,
    TEST_NAMES,
    TESTED,
    TESTED_NOISE,
    at_home,
    lab_query,
)
from worker.understanding.date_words import meaning
from worker.understanding.dates import could_be_moment, scan
from worker.understanding.intent import Intent
from worker.understanding.own import CHILD, KIN, whose_of, without
from worker.understanding.said import Said, list_number
from worker.understanding.tokens import fold, read, word_set


def book(said: Said) -> Intent | None:
    """`book 1 2026-06-15 14:00`, `book dr amaka tomorrow 2pm`, `book appointment on friday 10am`, `book malaria test`."""
    words = said.words
    if any(key in LAB_WORDS for key in said.keys):
        return _test(said)
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
    whose = whose_of(said.keys)
    named = [
        word
        for word in found.unread
        if word.lower().strip(".") not in _BOOKED | AVAILABLE
        and word.lower() not in ("on", "at", "by", "for", "is", "will", "be")
        and (fold(word) not in KIN or not whose)
    ]
    town = cities.find(words.keys, first, said.end)
    if town and "number" not in values:  # "book heart doctor in ph friday 10am": where, and not part of a name
        values["place"] = words.text(*town)
        named = [word for word in named if fold(word) not in words.keys[town[0] : town[1]]]
    keys = [fold(word) for word in named]
    if " ".join(key for key in keys if key not in _HOME | _CENTRE) in TEST_NAMES:
        return _test(said)
    if named and "number" not in values:
        values["name"] = " ".join(named)
    if whose:
        values["whose"] = whose
    return Intent("book", values | found.values())


def _test(said: Said) -> Intent:
    """`book malaria test at home tomorrow 8am`: the test without the day in its name, where, and the day."""
    found = scan(said.words.text(said.first, said.end), said.now, said.zone)
    whose = {"whose": whose_of(said.keys)} if whose_of(said.keys) else {}
    if not found.known:
        where, end = at_home(said.words, said.first, without(said.words, said.first, said.end))
        query = lab_query(said.words, said.first, without(said.words, said.first, end))
        return Intent("lab_tests", query | ({"where": where} if where else {}) | whose)
    keys = [fold(word) for word in found.unread]
    where = "home" if not _HOME.isdisjoint(keys) else "centre" if not _CENTRE.isdisjoint(keys) else ""
    beside = (_HOME | _CENTRE | {"at", "for", "my", "the"} if where else frozenset()) | (KIN | CHILD if whose else frozenset())
    named = " ".join(word for word in found.unread if fold(word) not in beside)
    rest = read(named)
    query = lab_query(rest, 0, without(rest, 0, len(rest.keys)))
    return Intent("lab_tests", query | ({"where": where} if where else {}) | whose | found.values())


_HOME, _CENTRE = frozenset(("home", "house", "office")), frozenset(("centre", "center"))


def meet(said: Said) -> Intent | None:
    """`i wan see dr amaka tomorrow 2pm`, `appointment with dr bello on friday`, `dr amaka monday 10am`; `shift my appointment to
    friday`. None without a day or a time: who only asks for a doctor is looking for one."""
    keys = said.keys
    if len(keys) > MOST_WORDS or not could_be_moment(keys):
        return None
    moved = _moved(said)
    if moved is not None:
        return moved
    tested = _tested(said)
    if tested is not None:
        return tested
    at = next((i for i, key in enumerate(keys) if key in _MEETING), None)
    titled = next((i for i, key in enumerate(keys) if key in _TITLED or key in BY_ITSELF), None)
    if titled is None and not _COMES.isdisjoint(keys):
        return _then(said)
    if titled is None or not DR_BRANDS.isdisjoint(keys) or any(key in LAB_WORDS or key in _ELSE for key in keys):
        return None
    asked = not _FREE.isdisjoint(keys)  # "is dr amaka available tomorrow"
    what_for = next(i for i, key in enumerate(keys) if i == titled or (key in SPECIALTY and i < titled))  # "skin doctor tomorrow"
    if at is None and not asked and any(key not in _BEFORE for key in keys[:what_for]):
        return None
    found = book(said._replace(first=said.first + min(what_for, at if at is not None else what_for)))
    if found is None or not ("moment" in found.values or "refusal" in found.values):
        return None
    name = str(found.values.get("name", "")).split()
    return found if len(name) <= LONGEST_NAME and _SAYING.isdisjoint(word.lower() for word in name) else None


def _tested(said: Said) -> Intent | None:
    """`malaria test at home friday 10am`, `fbc tomorrow 9am`: a test and when, without a word for booking."""
    found = _test(said)
    keys = [fold(word) for word in str(found.values.get("query", "")).split()]
    named = [key for key in keys if key not in TESTED_NOISE]
    if not named or len(named) > MOST_NAMED or not {"moment", "refusal"} & found.values.keys():
        return None
    if not (SHELF - _HOME).isdisjoint(said.keys) or not (_SAYING | _PAST).isdisjoint(said.keys):
        return None
    return found if not TESTED.isdisjoint(keys) or " ".join(named) in TEST_NAMES else None


_PAST = frozenset(("did", "done", "had", "took", "result", "results", "was", "came", "paid"))


def _then(said: Said) -> Intent | None:
    """`dem dey free tomorrow?`, `can i come on friday by 10`: a time, said of whoever is on the screen."""
    found = scan(said.words.text(said.first, said.end), said.now, said.zone)
    rest = [word for word in found.unread if fold(word) not in _AROUND]
    return Intent("book", found.values(), 0.7) if found.known and not rest else None


_COMES = frozenset(("free", "available", "come", "around"))
_AROUND = AVAILABLE | word_set(
    "dem they una you he she e is are be dey can i make we me come will go fit my una am the doctor so"
)


def _moved(said: Said) -> Intent | None:
    """`move my appointment to monday 10am`, `abeg shift my appointment go friday`."""
    keys = said.keys
    verb = next((i for i, key in enumerate(keys) if key in _MOVE), None)
    if verb is None or verb > 4:
        return None
    what = next((i for i in range(verb + 1, min(verb + 4, len(keys))) if keys[i] in _VISIT), None)
    if what is None and keys[verb] in _MOVE_IT and keys[verb + 1 : verb + 2] in (("it",), ("am",), ("this",), ("that",)):
        what = verb + 1
    if what is None:
        return None
    found = reschedule(said._replace(first=said.first + what + 1))
    return found if "moment" in found.values or "refusal" in found.values else None


def _belongs_to_date(key: str) -> bool:
    """Whether a number before this word is no doctor's: "book 15 june", "book 2 pm", "book 3 days from now"."""
    known = meaning(key)
    return key in ("am", "pm", "of") or (
        known is not None and known[0] in ("month", "oclock", "day_unit", "week", "hour_unit", "clock", "past")
    )


MOST_WORDS, LONGEST_NAME, MOST_NAMED = 16, 3, 5
_TITLES = frozenset(("dr", "prof"))
_TITLED = frozenset(("dr", "prof", "doctor"))
_MEETING = word_set("see meet appointment appt consult consultation visit reach")
_BEFORE = word_set("i we need want wan a an the my please abeg get me any some good")
_FREE = frozenset(("available", "free"))
_MOVE = word_set("move shift change push switch bring carry postpone")
_MOVE_IT = word_set("move shift push postpone")
_VISIT = word_set("appointment appt appointments visit consultation booking")
# Somebody tells what a doctor said, or wants something else of one.
_SAYING = word_set(
    "said say says saying told tell asked ask gave give prescribed prescribe wrote write come coming dey is was will has"
)
_ELSE = word_set("find search cancel where who which track number phone medicine drug drugs tablet tablets saw")
_BOOKED = word_set(
    """
    a an the my appointment appointments with doctor doctors dr consultation me myself for slot to see session number meeting
    please pls booking in i want visit at on by prof
    """
)


def reschedule(said: Said) -> Intent:
    words, first = said.words, said.first
    while first < said.end and words.keys[first] in _BOOKED:
        first += 1
    number, at = list_number(words, first, said.end)
    values: dict[str, Any] = {}
    if number is not None and number < 100 and not (at < said.end and _belongs_to_date(words.keys[at])):
        values["number"] = number
        first = at
    while first < said.end and words.keys[first] in ("to", "for", "till", "until", "go"):
        first += 1
    if first < said.end:
        values |= scan(words.text(first, said.end), said.now, said.zone).values()
    return Intent("reschedule", values)


def another_time(said: Said) -> Intent | None:
    """`change it to 3pm`; None where no time is named."""
    found = scan(said.words.text(said.first, said.end), said.now, said.zone)
    other = [word for word in found.unread if word.lower() not in ("it", "that", "this", "am", "time", "the")]
    return Intent("reschedule", found.values()) if found.known and not other else None


BOOKINGS = frozenset(("appointment", "appointments", "booking", "bookings", "consultation"))
