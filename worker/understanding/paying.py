"""Paying and receiving: `checkout 12 Allen Avenue Ikeja cash`, `pay 12345 paystack`."""

from __future__ import annotations

from typing import Any

from worker.understanding import numbers
from worker.understanding.intent import Intent
from worker.understanding.phrases import SMALL
from worker.understanding.said import Said, order_numbers
from worker.understanding.tokens import Words, phrase_list, word_set

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
        "card": "card cards atm debit",
        "transfer": "transfer transfers bank opay palmpay moniepoint kuda",
        "ussd": "ussd",
        "online": "online",
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
    (("bank", "app"), "method", "card"),
    (("pay", "online"), "method", "online"),
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


# Riders are sent "opposite First Bank", "beside the ATM", "behind Moniepoint".
_LANDMARKS = word_set("bank atm opay palmpay moniepoint kuda")
_BANKS = word_set(
    "first access zenith gt gtb union fidelity sterling polaris wema uba eco stanbic keystone unity jaiz providus fcmb"
)
_BEFORE_METHOD = word_set("with by via using use through from pay")


def _is_landmark(keys: tuple[str, ...], first: int, end: int) -> bool:
    """Whether the last word, a way to pay elsewhere, is the end of an address here."""
    return keys[end - 1] in _LANDMARKS and end - first > 1 and keys[end - 2] not in _BEFORE_METHOD


def _trim_ways(words: Words, first: int, end: int, values: dict[str, Any]) -> tuple[int, int, bool]:
    """Takes one way of paying or receiving, or one small word, off either end of the range."""
    keys = words.keys
    for way, key, value in _WAYS:
        size = len(way)
        if way == ("bank", "transfer") and end - first > 2 and keys[end - 3] in _BANKS:
            continue  # "opposite First Bank transfer": the bank is where it is
        if size <= end - first and keys[end - size : end] == way:
            values.setdefault(key, value)
            return first, end - size, True
        if size <= end - first and keys[first : first + size] == way:
            values.setdefault(key, value)
            return first + size, end, True
    if keys[end - 1] in METHODS and not _is_landmark(keys, first, end):
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


PROVIDERS = frozenset(("paystack", "flutterwave"))


def pay(said: Said) -> Intent | None:
    """`pay 12345`, `pay 12345 flutterwave transfer`: an order, through whom, and how."""
    found = order_numbers(said)
    if any(key not in _AROUND_NUMBER and key not in METHODS and key not in found for key in said.keys) or len(found) > 1:
        return None
    return Intent("pay", _order_and_way(said.keys))


def _order_and_way(keys: tuple[str, ...]) -> dict[str, Any]:
    """`provider` is whichever was named of a provider or a way; `kind` is the way beside a provider."""
    numbers_there = [number for number in map(numbers.order_number, keys) if number is not None]
    ways = [METHODS[key] for key in keys if key in METHODS]
    named = sorted(ways, key=lambda way: (way not in PROVIDERS, way == "online"))
    values: dict[str, Any] = {"order_number": numbers_there[0]} if len(numbers_there) == 1 else {}
    if named:
        values["provider"] = named[0]
    beside = next((way for way in named[1:] if way not in PROVIDERS and way not in ("online", "cash")), "")
    return values | ({"kind": beside} if beside and named[0] in PROVIDERS else {})


# Wishes about paying that are no command and have no verb in front; looked up without the words that say nothing.
_ACCOUNT = frozenset(
    phrase_list("account number; account no; bank details; account details; bank account; account to pay; acct number; acct no")
)
_ANOTHER = frozenset(
    phrase_list(
        """
        another way; other way; another way to pay; other way to pay; different way; another method; other method; another
        payment method; other payment method; change payment method; change payment; change method; switch payment; switch
        provider; switch payment method; pay another way; pay different way; other ways; other ways to pay; another payment
        option; other payment options; another card; use another card; payment failed; my payment failed; payment not working;
        payment not going through; payment is not going through; payment did not go through; payment didnt go through; link not
        working; link is not working; payment link not working; cannot pay; cant pay; pay not working; not able to pay; unable
        to pay
        """
    )
)
_HOW = frozenset(
    phrase_list(
        """
        payment methods; payment method; payment options; payment option; modes of payment; mode of payment; ways to pay; how to
        pay; how do i pay; how can i pay; how i go pay; how will i pay; how do we pay; methods of payment
        """
    )
)
_SAYS_NOTHING = SMALL | word_set("send give wetin be what is una wey where which i my me")
_SWITCH = word_set("use switch instead try link change prefer rather na do make")
_ABOUT_SWITCH = _SWITCH | word_set(
    "to with by via i we let me want wan the a it go for pay please abeg method my now will using app"
)
_ANY_METHOD = frozenset(METHODS) | word_set("pos crypto bitcoin airtime paypal cheque check wallet applepay googlepay delivery")
_PAYING = word_set("pay paying payment payments collect accept take use")
_ASKING = word_set("can fit do does una how which what is are any possible")
_LITTLE = word_set(
    """
    i we you u una your with by via using use from through for on in it my a an the to of at be and or make am dey fit do does can
    which what how is are any possible there way ways method methods option options app here please pls abeg want wan collect
    accept take pay paying payment payments money mobile me when gets get it arrives comes go will should order orders
    """
)


def wish(said: Said) -> Intent | None:
    """ "another way", "send account number", "use flutterwave instead", "can i pay with opay", "do you accept card"."""
    keys = said.keys
    if not 1 <= len(keys) <= 12:
        return None
    whole = " ".join(keys)
    core = " ".join(key for key in keys if key not in _SAYS_NOTHING and numbers.order_number(key) is None)
    values = _order_and_way(keys)
    about = {k: v for k, v in values.items() if k == "order_number"}
    if core in _ANOTHER or whole in _ANOTHER:
        return Intent("pay", {**about, "another": True})
    if core in _ACCOUNT or whole in _ACCOUNT:
        return Intent("pay", {**about, "provider": "transfer"})
    if core in _HOW or whole in _HOW:
        return Intent("pay", {**about, "asked": True})
    if _asks(keys):
        on_delivery = {"provider": "cash"} if "delivery" in keys and "provider" not in values else {}
        return Intent("pay", {**values, **on_delivery, "asked": True})
    changes = not _SWITCH.isdisjoint(keys) and all(key in _ABOUT_SWITCH or key in METHODS for key in keys)
    return Intent("pay", values, 0.9) if changes and values.get("provider") not in (None, "cash") else None


def _asks(keys: tuple[str, ...]) -> bool:
    """A question and nothing else: whether one can pay in some way, or how."""
    known = (key in _LITTLE or key in _ANY_METHOD or numbers.order_number(key) for key in keys)
    if keys[0] not in _ASKING or _PAYING.isdisjoint(keys) or not all(known):
        return False
    how = not {"how", "which", "what"}.isdisjoint(keys) and not {"pay", "paying", "payment", "payments"}.isdisjoint(keys)
    return how or not _ANY_METHOD.isdisjoint(keys)
