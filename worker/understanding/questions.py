"""Words that mean one thing wherever they stand in a sentence: "where my order dey", "make I talk to person"."""

from __future__ import annotations

from collections.abc import Callable

from worker.understanding import care, numbers
from worker.understanding.intent import Intent
from worker.understanding.phrases import PHRASES, SMALL
from worker.understanding.tokens import Words, word_set

_MAX_WORDS = 16
_PARCEL = word_set("order orders oder ordr package parcel delivery goods purchase odana")
_WHEREABOUTS = word_set(
    """
    where wheres wey wia status arrive arrived arriving shipped reach reached dispatched tracking track received receive
    come coming get update delayed late happened
    """
)
_REACH = word_set("talk speak chat connect transfer contact call reach speaking talking yarn put")
_PERSON = word_set(
    """
    agent human person someone somebody pharmacist support representative operator staff manager attendant care people
    anybody anyone rep
    """
)
_YOU = word_set("you u una your ur pharmacy shop store time when")
_SHOP = word_set("shop store pharmacy office located branch branches outlet")
_BUYING = word_set("buy get find sell want need cancel")
_TAKES_NUMBER = frozenset(("track", "pay", "paid", "cancel_order", "prescription", "orders"))


def ask(words: Words, first: int, end: int) -> Intent | None:
    """The first of the questions below that the words fit, or None."""
    if end - first > _MAX_WORDS:
        return None
    keys = frozenset(words.keys[first:end])
    for question in _QUESTIONS:
        found = question(words, first, end, keys)
        if found:
            return found
    return None


def phrase_with_number(words: Words, first: int, end: int) -> Intent | None:
    """A known phrase with an order number in it: "where my order dey 12345", "status of order #777"."""
    keys = words.keys[first:end]
    digits = [n for n in map(numbers.order_number, keys) if n is not None]
    if len(digits) != 1 or len(keys) > 12:
        return None
    others = [key for key in keys if key != digits[0]]
    while others and others[-1] in ("number", "no", "id", "for", "order", "#", "of") and " ".join(others) not in PHRASES:
        others.pop()
    core = [key for key in others if key not in SMALL]
    name = PHRASES.get(" ".join(others)) or PHRASES.get(" ".join(core))
    if name not in _TAKES_NUMBER:
        return None
    return Intent("track" if name == "orders" else name, {"order_number": digits[0]})


def paid(words: Words, first: int, end: int) -> Intent | None:
    """Money said to be sent: "i have paid 12345", "i don pay"; "i have not paid" is a wish to pay."""
    keys = frozenset(words.keys[first:end])
    said = not keys.isdisjoint(("paid", "payed", "transferred", "transfered", "debited")) or (
        "don" in keys and not keys.isdisjoint(("pay", "transfer", "debit"))
    )
    said = said or _arrived(keys)
    if not said or end - first > _MAX_WORDS or not keys.isdisjoint(("how", "if", "when", "will", "can", "should")):
        return None
    found = [n for n in map(numbers.order_number, words.keys[first:end]) if n is not None]
    values = {"order_number": found[0]} if len(found) == 1 else {}
    if not keys.isdisjoint(("not", "never", "havent", "yet")) and keys.isdisjoint(("debited", "debit")) and not _arrived(keys):
        return Intent("pay", values)
    return Intent("paid", values)


_MONEY = word_set("money payment transfer")
_ARRIVED = word_set(
    "received receive recieve recieved see seen got get arrived arrive entered enter reach reached confirmed confirm"
)


def _arrived(keys: frozenset[str]) -> bool:
    """ "have you received my money", "una don see my transfer": whether it has come, not whether it comes back."""
    if keys.isdisjoint(_MONEY) or keys.isdisjoint(_ARRIVED) or keys.isdisjoint(("my", "the", "am")) or "i" in keys:
        return False
    return keys.isdisjoint(("back", "refund", "refunded", "return", "returned", "want", "need", "how"))


def _whereabouts(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    if keys.isdisjoint(_PARCEL) or keys.isdisjoint(_WHEREABOUTS) or not keys.isdisjoint(_BUYING):
        return None
    if keys.isdisjoint(("my", "order", "orders", "oder", "ordr", "odana", "the")):
        return None
    found = [n for n in map(numbers.order_number, words.keys[first:end]) if n is not None]
    return Intent("track", {"order_number": found[0]} if len(found) == 1 else {})


def _password(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    """Nobody has a password any more: the account says how one is known here."""
    return (
        Intent("account")
        if "password" in keys and not keys.isdisjoint(("forgot", "forget", "forgotten", "reset", "change", "lost"))
        else None
    )


def _person(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    if not keys.isdisjoint(("refund", "refunded")) or ("money" in keys and "back" in keys):
        return Intent("agent")
    if "pharmacist" in keys and len(keys) <= 8:
        return Intent("agent")
    return Intent("agent") if not keys.isdisjoint(_REACH) and not keys.isdisjoint(_PERSON) else None


def _doctor(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    return care.doctors(words, first, end)


def _test(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    return care.tests(words, first, end)


def _own_visits(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    """ "wetin be my appointment", "my appointment na when"."""
    if end - first > 8 or "my" not in keys or keys.isdisjoint(_VISITS) or not keys.isdisjoint(_OF_VISITS):
        return None
    return Intent("appointments")


_VISITS = word_set("appointment appointments booking bookings")
_OF_VISITS = word_set("book cancel make want wan move shift change reschedule postpone new fee pay paid doctor for")


def _result(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    return care.results(keys)


def _hours(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    opening = not keys.isdisjoint(("open", "opening", "close", "closing", "closed"))
    return Intent("hours") if opening and not keys.isdisjoint(_YOU) and "account" not in keys else None


def _location(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    return Intent("location_question") if "where" in keys and not keys.isdisjoint(_SHOP) else None


def _delivery(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    deliver = not keys.isdisjoint(("deliver", "delivery", "ship", "shipping", "waybill"))
    asked = not keys.isdisjoint(("you", "u", "una", "much", "cost", "fee", "long", "price", "charge", "free"))
    return Intent("delivery_question") if deliver and asked else None


def _stars(words: Words, first: int, end: int, keys: frozenset[str]) -> Intent | None:
    if keys.isdisjoint(("star", "stars")) or end - first > 4:
        return None
    n = next((n for n in map(numbers.count, words.keys[first:end]) if n is not None), None)
    return None if n is None else Intent("rate", {"n": n})


_QUESTIONS: tuple[Callable[[Words, int, int, frozenset[str]], Intent | None], ...] = (
    _whereabouts,
    _password,
    _person,
    _hours,
    _location,
    _delivery,
    _result,
    _own_visits,
    _doctor,
    _test,
    _stars,
)
