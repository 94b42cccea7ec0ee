"""What a message or a tap means, as one event: flows never care whether a customer typed `cart` or tapped "View cart"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.facts import Facts
from worker.flows.step import Place, Said, Step, Tapped
from worker.understanding import understand


@dataclass(frozen=True, slots=True)
class Heard(Said):
    """A message with its meaning. `intent` is a name of `worker.understanding.intent.NAMES` or of `TAPS`, `values` as told there.

    `tapped`: the meaning came from a button or a row of ours and is beyond doubt; `text` is then what the button said.
    """

    intent: str = "unknown"
    values: Mapping[str, Any] = field(default_factory=dict)
    tapped: bool = False
    confidence: float = 1.0


# The answer to a command, wherever the customer is.
Command = Callable[[Place, Heard, Facts], Step]


# A free time as a list of ours shows it, copied back: "1. 8:00 AM", "2. Tue 24 Nov, 2:30 PM (London time)".
_LINE = re.compile(r"(?:\d{1,2}\. +)?(?P<when>.*?\d{1,2}:\d\d [AP]M)(?: \([^()]{1,40} time\))?", re.IGNORECASE | re.ASCII)


def listen(said: Said, facts: Facts) -> Heard:
    """A typed message with its meaning. One that was heard already comes back as it is."""
    if isinstance(said, Heard):
        return said
    copied = _LINE.fullmatch(said.text[:200].strip())
    intent = understand(copied["when"] if copied else said.text, now=facts.now, zone=facts.zone)
    return Heard(said.text, intent.name, intent.values, confidence=intent.confidence)


# Where a name or an address is asked for, only what is said plainly is a command: "Bello" is a name and not a misspelt hello,
# "Sunday" a name and not a date.
PLAIN = 0.9
ASKED = 0.6  # from here on somebody asked for something to be looked for ("find x"), and did not just name it
ANSWERS = frozenset(
    (
        "unknown",
        "yes",
        "no",
        "skip",
        "back",
        "number",
        "next",
        "previous",
        "more",
        "resend",
        "greeting",
        "thanks",
        "hours",
        "rate",
    )
)


def is_command(heard: Heard) -> bool:
    """Whether a message means a command even where free text is waited for."""
    if heard.intent in ANSWERS:
        return False
    if heard.intent == "search":
        return heard.confidence >= ASKED and bool(heard.values.get("query")) and heard.values["query"] != heard.text.strip()
    return heard.tapped or heard.confidence >= PLAIN


# The main menu's order is fixed for ever (product.md); 0 comes last because ten rows fit.
MENU: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("1", "search", {"query": "", "kind": "medicine"}),
    ("2", "find_doctor", {}),
    ("3", "orders", {}),
    ("4", "book", {}),
    ("5", "cart", {}),
    ("6", "agent", {}),
    ("7", "prescription", {}),
    ("8", "health_products", {}),
    ("9", "lab_tests", {}),
    ("0", "account", {}),
)
_MENU = {number: (intent, values) for number, intent, values in MENU}

# Ids of ours that are a name and then a value: "p:m12" shows a product, "s:medicine:5:panadol" is page 2 of a search.
# They carry all they need, so a tap on a list of last week still means what it showed.
TAPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "m": ("menu_choice", ("number",)),
    "p": ("show_product", ("ref",)),
    "add": ("add_product", ("ref", "quantity")),
    "like": ("more_like", ("ref",)),
    "s": ("search_page", ("kind", "offset", "query")),
    "n": ("number", ("n",)),
    "line": ("show_line", ("ref",)),
    "set": ("set_line", ("ref", "quantity")),
    "out": ("remove_line", ("ref",)),
    "cp": ("cart_page", ("offset",)),
    "clear": ("clear_confirmed", ("version",)),
    "o": ("track", ("order_number",)),
    "op": ("orders_page", ("offset",)),
    "oc": ("cancel_order", ("order_number",)),
    "ocy": ("cancel_confirmed", ("order_number",)),
    "pay": ("pay", ("order_number",)),
    "pw": ("pay_way", ("order_number", "way")),
    "other": ("pay_another", ("order_number",)),
    "paid": ("paid", ("order_number",)),
    "co": ("checkout_choice", ("choice", "key")),
    "acc": ("account_choice", ("choice",)),
    "in": ("signed_in", ("answer",)),
    "consent": ("consent_choice", ("answer",)),
    "rx": ("prescription", ("order_number",)),
    "rate": ("rate", ("id", "n")),
    "rxok": ("prescription_right", ("id",)),
    "rxbad": ("prescription_wrong", ("id",)),
    "rxend": ("prescription_done", ("id",)),
    "rxno": ("prescription_none", ("id",)),
    "rxask": ("prescription_answer", ("id",)),
    "refill": ("refill_choice", ("choice", "id", "until")),
    "dp": ("doctors_page", ("offset", "query")),
    "sp": ("specialties_page", ("offset",)),
    "dpl": ("doctor_places", ("specialty", "offset")),
    "doc": ("show_doctor", ("ref",)),
    "vdays": ("visit_days", ("subject", "first")),
    "vday": ("visit_day", ("subject", "day", "offset")),
    "vat": ("visit_at", ("subject", "minutes")),
    "vyes": ("visit_yes", ("key",)),
    "visit": ("show_visit", ("number",)),
    "vp": ("visits_page", ("past", "offset")),
    "vmove": ("reschedule", ("visit",)),
    "vcancel": ("cancel_appointment", ("visit",)),
    "vcy": ("visit_cancel_yes", ("number",)),
    "result": ("lab_result", ("number",)),
    "lp": ("tests_page", ("offset", "category", "query")),
    "test": ("show_test", ("ref",)),
}
# Ids that are a plain command.
WORDS = frozenset(
    [
        "menu",
        "help",
        "back",
        "cancel",
        "agent",
        "end",
        "stop",
        "resume",
        "next",
        "previous",
        "cart",
        "checkout",
        "orders",
        "clear_cart",
        "prescription",
        "health_products",
        "edit",
        "account",
        "register",
        "my_data",
        "delete_my_data",
        "yes",
        "no",
        "skip",
        "hours",
        "book",
        "find_doctor",
        "lab_tests",
        "lab_result",
        "appointments",
        "search",
        "pay",
        "paid",
        "stop_reminders",
    ]
)
_NUMBERS = frozenset(("n", "quantity", "offset"))
LONGEST_ID = 18  # digits that PostgreSQL's bigint surely holds


def tapped(tap: Tapped) -> Heard:
    """A tap with its meaning; an id that is not ours is heard as `stale`."""
    name, _, rest = tap.id.partition(":")
    if not rest and name in WORDS:
        return Heard(tap.title, name, {}, tapped=True)
    if name not in TAPS or not rest:
        return Heard(tap.title, "stale", {}, tapped=True)
    intent, keys = TAPS[name]
    values: dict[str, Any] = {}
    for key, value in zip(keys, rest.split(":", len(keys) - 1), strict=False):
        if key not in _NUMBERS:
            values[key] = value
        elif value.isascii() and value.isdigit() and len(value) <= 6:
            values[key] = int(value)
    if intent == "menu_choice":
        intent, chosen = _MENU.get(values["number"], ("stale", {}))
        return Heard(tap.title, intent, chosen, tapped=True)
    ids = [str(values[key]) for key in ("order_number", "id") if key in values]
    forged = any(not (id.isascii() and id.isdecimal() and len(id) <= LONGEST_ID) for id in ids)
    if forged or (intent == "number" and "n" not in values):
        return Heard(tap.title, "stale", {}, tapped=True)
    return Heard(tap.title, intent, values, tapped=True)


def menu_choice(number: int) -> Heard | None:
    """What a number typed at the menu means, or None when the menu has no such number."""
    if str(number) not in _MENU:
        return None
    intent, values = _MENU[str(number)]
    return Heard(str(number), intent, values)
