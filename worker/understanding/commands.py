"""Messages led by a verb: `add 2 3`, `track 12345`, `book dr amaka tomorrow 2pm`.

Each reader takes the words, where its arguments begin and where they end, and gives an intent or None when the arguments do
not fit, so that "track suit" or "change of weather" is read as something else.
"""

from __future__ import annotations

import re
from typing import Any

from worker.understanding import items, numbers
from worker.understanding.intent import Intent
from worker.understanding.paying import checkout, pay
from worker.understanding.said import Reader, Said, list_number, order_numbers
from worker.understanding.searching import search_for
from worker.understanding.tokens import Words, word_set
from worker.understanding.visits import BOOKINGS, another_time, book, reschedule

_NOISE = word_set(
    """
    my the a an for of number no order orders id ref reference is on to please pls with and it me this that now status
    """
)


def _about_an_order(name: str) -> Reader:
    """A reader for `<verb> [my order] [#12345]`."""

    def read(said: Said) -> Intent | None:
        found = order_numbers(said)
        if any(key not in _NOISE and key not in found for key in said.keys) or len(found) > 1:
            return None
        return Intent(name, {"order_number": found[0]} if found else {})

    return read


track = _about_an_order("track")


def add(said: Said) -> Intent | None:
    found, _ = items.parse(said.words, said.first, said.end)
    if any("name" in item and not _has_letter(item["name"]) for item in found):  # "add 1 2 3 4": pairs or four products?
        return Intent("unknown", {}, 0.0)
    return Intent("add", {"items": found}, 1.0 if found else 0.6)


def _has_letter(text: str) -> bool:
    return any(character.isalpha() for character in text)


def order(said: Said) -> Intent | None:
    """`order 2 paracetamol`, `order 12345` (three digits or a # make it an order number), `order lab test`."""
    keys = said.keys
    if not keys:
        return Intent("order", {"items": []}, 0.6)
    number = numbers.order_number(keys[-1])
    hash_before = "#" in said.words.gap(said.end - 1)
    if number and all(key in _NOISE for key in keys[:-1]) and (len(number) >= 3 or hash_before):
        return Intent("track", {"order_number": number})
    if keys[0] in ("history", "list"):
        return Intent("orders")
    if keys[0] == "status":
        return track(said._replace(first=said.first + 1))
    found, _ = items.parse(said.words, said.first, said.end)
    if any("name" in item and not _has_letter(item["name"]) for item in found):
        return Intent("unknown", {}, 0.0)
    return Intent("order", {"items": found}) if found else None


def buy(said: Said) -> Intent | None:
    """`buy`, `get`, `give me`, `i need`: with a quantity an order, without one a search, so that the price is seen first."""
    if not said.keys:
        return None
    found, counted = items.parse(said.words, said.first, said.end)
    if found and counted and any("name" in item for item in found):
        return Intent("order", {"items": found})
    if len(found) == 1 and "number" in found[0]:
        if counted:
            return Intent("order", {"items": found})
        n = found[0]["number"]
        return Intent("number", {"n": n, "digits": str(n)}, 0.9)
    return search_for(said.words, said.first, said.end)


def remove(said: Said) -> Intent | None:
    words, keys = said.words, said.keys
    if not keys:
        return Intent("remove", {}, 0.9)
    end = items.without_target(words, said.first, said.end, ("from", "in", "out"))
    number, at = list_number(words, said.first, end)
    if number is not None and at == end:
        return Intent("remove", {"number": number})
    name = words.text(_past_articles(words, said.first, end), end)
    return Intent("remove", {"name": name}) if name and number is None else None


def change(said: Said) -> Intent | None:
    """`change 2 to 5`, `make number 2 five`, `set quantity of panadol to 3`."""
    words, end = said.words, said.end
    if end > said.first and words.keys[end - 1] in items.UNITS:
        end -= 1
    if end - said.first < 1:
        return None
    quantity_at = end - 1
    times = re.fullmatch(r"x(\d{1,5})", words.keys[quantity_at])
    quantity = int(times[1]) if times else items.signed_count(words, quantity_at)
    if quantity is None:
        return another_time(said)
    stop = quantity_at
    linked = False
    while stop > said.first and words.keys[stop - 1] in ("to", "be", "into", "x", "quantity", "qty", "as", "at", "become", "by"):
        stop -= 1
        linked = True
    start = said.first
    while start < stop and words.keys[start] in ("the", "my", "quantity", "qty", "amount", "of", "for", "cart"):
        start += 1
    number, at = list_number(words, start, stop)
    if number is not None and at == stop:
        return Intent("change", {"number": number, "quantity": quantity})
    name = words.text(start, stop)
    if not name and linked and end - said.first >= 2:
        return Intent("change", {"quantity": quantity}, 0.7)  # "make it 3"
    if name in ("it", "that", "this", "am"):
        return Intent("change", {"quantity": quantity}, 0.7)
    return Intent("change", {"name": name, "quantity": quantity}) if name and linked else None


def _past_articles(words: Words, first: int, end: int) -> int:
    while first < end and words.keys[first] in ("the", "my", "a", "an", "all", "item"):
        first += 1
    return first


def prescription(said: Said) -> Intent | None:
    found = order_numbers(said)
    allowed = _NOISE | frozenset(
        (
            "prescription",
            "rx",
            "file",
            "picture",
            "photo",
            "attach",
            "link",
            "upload",
            "here",
            "new",
            "image",
            "doctors",
            "doctor",
        )
    )
    if any(key not in allowed and key not in found for key in said.keys) or len(found) > 1:
        return None
    return Intent("prescription", {"order_number": found[0]} if found else {})


def attach(said: Said) -> Intent | None:
    return prescription(said) if order_numbers(said) or "prescription" in said.keys else None


def cancel(said: Said) -> Intent | None:
    keys = said.keys
    if not BOOKINGS.isdisjoint(keys) or keys[-1:] in (("test",), ("tests",)):
        number = next((n for n in map(numbers.count, keys) if n is not None), None)
        return Intent("cancel_appointment", {} if number is None else {"number": number})
    if "order" in keys or order_numbers(said):
        return _about_an_order("cancel_order")(said)
    return None


def rate(said: Said) -> Intent | None:
    counts = [n for n in map(numbers.count, said.keys) if n is not None]
    single = re.fullmatch(r"([1-5])/5", said.keys[0]) if said.keys else None
    if single:
        return Intent("rate", {"n": int(single[1])})
    return Intent("rate", {"n": counts[0]}) if len(counts) == 1 and len(said.keys) <= 4 else None


_NOT_A_NAME = word_set("account with name is as me please my new for to i am im now user patient here on")
_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,6}")


def register(said: Said) -> Intent | None:
    """`register John Doe john@example.com`. A password among it was found before this is asked."""
    words, first, end = said.words, said.first, said.end
    values: dict[str, Any] = {}
    tail = words.surface[words.spans[first][0] :] if first < end else ""
    email = _EMAIL.search(tail)
    if email:
        values["email"] = email[0]
        end = next((i for i in range(first, end) if words.spans[i][0] >= words.spans[first][0] + email.start()), end)
    while first < end and words.keys[first] in _NOT_A_NAME:
        first += 1
    if first < end and end - first <= 6 and not any(key.isdigit() for key in words.keys[first:end]):
        values["name"] = words.text(first, end)
    return Intent("register", values)


def login(said: Said) -> Intent | None:
    tail = said.words.surface[said.words.spans[said.first][0] :] if said.first < said.end else ""
    email = _EMAIL.search(tail)
    if email:
        return Intent("login", {"email": email[0]})
    return Intent("login") if all(key in _NOT_A_NAME for key in said.keys) else None


READERS: dict[str, Reader] = {
    verb: reader
    for reader, verbs in (
        (add, "add put include ad"),
        (order, "order reorder"),
        (buy, "buy purchase get need give gimme send want wan wanna bring sell"),
        (remove, "remove delete drop removed rm"),
        (change, "change set update make edit increase reduce adjust"),
        (track, "track trace tracking"),
        (track, "status"),
        (checkout, "checkout check-out"),
        (pay, "pay repay"),
        (prescription, "rx prescription script upload"),
        (attach, "attach link"),
        (cancel, "cancel"),
        (rate, "rate rating stars"),
        (register, "register signup sign-up"),
        (login, "login signin sign-in log-in"),
        (book, "book schedule reserve"),
        (reschedule, "reschedule postpone"),
    )
    for verb in verbs.split()
}
# Verbs of two words and what they count as.
PAIRS: dict[tuple[str, str], Reader] = {
    ("check", "out"): checkout,
    ("take", "out"): remove,
    ("take", "away"): remove,
    ("sign", "up"): register,
    ("create", "account"): register,
    ("log", "in"): login,
    ("sign", "in"): login,
    ("order", "status"): track,
    ("make", "appointment"): book,
    ("make", "booking"): book,
    ("place", "order"): order,
}
