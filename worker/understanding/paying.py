"""Paying and receiving: `checkout 12 Allen Avenue Ikeja cash`, `pay 12345 paystack`."""

from __future__ import annotations

from typing import Any

from worker.understanding.intent import Intent
from worker.understanding.said import Said, order_numbers
from worker.understanding.tokens import Words, word_set

# Words around an order number that say nothing.
_AROUND_NUMBER = word_set(
    """
    my the a an for of number no order orders id ref reference is on to please pls with and it me this that now status
    using via by through delivery online bill link bank again in
    """
)
METHODS: dict[str, str] = {
    word: method
    for method, words in {
        "cash": "cash cod",
        "paystack": "paystack paystak paystck",
        "flutterwave": "flutterwave flutter flutterwav fluterwave",
        "card": "card atm debit",
        "transfer": "transfer bank",
        "ussd": "ussd",
    }.items()
    for word in words.split()
}
# Several words that name a way to pay or to receive; tried before the single words.
_WAYS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("cash", "on", "delivery"), "method", "cash"),
    (("pay", "on", "delivery"), "method", "cash"),
    (("payment", "on", "delivery"), "method", "cash"),
    (("pay", "cash"), "method", "cash"),
    (("bank", "transfer"), "method", "transfer"),
    (("debit", "card"), "method", "card"),
    (("atm", "card"), "method", "card"),
    (("deliver", "to", "me"), "delivery", "delivery"),
    (("deliver", "it", "to", "me"), "delivery", "delivery"),
    (("deliver", "am"), "delivery", "delivery"),
    (("bring", "am"), "delivery", "delivery"),
    (("bring", "it"), "delivery", "delivery"),
    (("i", "will", "pick", "it", "up"), "delivery", "pickup"),
    (("pick", "it", "up"), "delivery", "pickup"),
    (("i", "will", "pick", "it"), "delivery", "pickup"),
    (("come", "pick", "am"), "delivery", "pickup"),
    (("i", "go", "pick", "am"), "delivery", "pickup"),
    (("pick", "am"), "delivery", "pickup"),
    (("pick", "up"), "delivery", "pickup"),
    (("pickup",), "delivery", "pickup"),
    (("pick-up",), "delivery", "pickup"),
    (("home", "delivery"), "delivery", "delivery"),
    (("delivery",), "delivery", "delivery"),
    (("deliver",), "delivery", "delivery"),
    (("deliver", "it"), "delivery", "delivery"),
)


def checkout(said: Said) -> Intent | None:
    """`checkout 12 Allen Avenue Ikeja cash`: the way to pay and the address as typed, without the words between."""
    words = said.words
    first, end = said.first, said.end
    values: dict[str, Any] = {}
    trimmed = True
    while trimmed and first < end:
        first, end, trimmed = _trim_ways(words, first, end, values)
    address = words.text(first, end)
    if address:
        tail = words.gap(end).strip() if end == len(words) else ""
        values["address"] = (
            words.surface[words.spans[first][0] - 1]
            if words.spans[first][0] and words.gap(first)[-1:] in "#(" and words.gap(first)
            else ""
        ) + address
        if tail[:1] == ")":
            values["address"] += ")"
    return Intent("checkout", values)


_BEFORE_ADDRESS = word_set("to at address is my send it and with via by using please pls in cart order now the for")


def _trim_ways(words: Words, first: int, end: int, values: dict[str, Any]) -> tuple[int, int, bool]:
    """Takes one way of paying or receiving, or one small word, off either end of the range."""
    keys = words.keys
    for way, key, value in _WAYS:
        size = len(way)
        if size <= end - first and keys[end - size : end] == way:
            values.setdefault(key, value)
            return first, end - size, True
        if size <= end - first and keys[first : first + size] == way:
            values.setdefault(key, value)
            return first + size, end, True
    if keys[end - 1] in METHODS:
        values.setdefault("method", METHODS[keys[end - 1]])
        return first, end - 1, True
    if keys[first] in METHODS:
        values.setdefault("method", METHODS[keys[first]])
        return first + 1, end, True
    if keys[first] in _BEFORE_ADDRESS:
        return first + 1, end, True
    if keys[end - 1] in (
        "with",
        "via",
        "by",
        "using",
        "and",
        "pay",
        "payment",
        "please",
        "pls",
        "for",
        "on",
        "method",
        "through",
    ):
        return first, end - 1, True
    return first, end, False


def pay(said: Said) -> Intent | None:
    found = order_numbers(said)
    ways = [METHODS[key] for key in said.keys if key in METHODS]
    if any(key not in _AROUND_NUMBER and key not in METHODS and key not in found for key in said.keys) or len(found) > 1:
        return None
    values = ({"order_number": found[0]} if found else {}) | ({"provider": ways[0]} if ways else {})
    return Intent("pay", values)
