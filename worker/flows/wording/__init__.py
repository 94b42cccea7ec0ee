"""Every sentence the bot says, by key, and the rules that keep it readable on any phone.

`say("cart.empty")` gives a `Sentence`. Values put into a sentence are made plain first: a customer's `*` or `_` must not turn
the rest of the bubble bold. A `Sentence` put into another is taken as it is.

A further language is another mapping in `LANGUAGES` with some or all of the same keys; what it lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from worker.flows.wording.english import ENGLISH

CONSENT_VERSION = "2026-11-en-2"  # changes with the words of account.consent; the books keep which one was agreed to

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH}

# WhatsApp's limits, counted in UTF-16 units (Cloud API reference, interactive messages, read 2026-09).
TEXT_LIMIT = 4096
BODY_LIMIT = 1024
BUTTON_LIMIT = 20
ROW_TITLE_LIMIT = 24
ROW_DESCRIPTION_LIMIT = 72
HEADER_LIMIT = 60
VALUE_LIMIT = 160  # a value of ours or a customer's inside a sentence

_PLAIN = str.maketrans(
    {"*": "", "~": "", "`": "'", "_": " "} | dict.fromkeys(map(chr, (*range(8234, 8239), *range(8294, 8298))), "")
)


class Sentence(str):
    """Words of ours, ready to be sent or to be put into another sentence."""

    __slots__ = ()


def say(key: str, language: str = "en", **values: object) -> Sentence:
    """The sentence for a key, with its values made plain. An unknown key is a KeyError: a bug, never a blank bubble."""
    words = LANGUAGES.get(language, ENGLISH).get(key) or ENGLISH[key]
    if not values:
        return Sentence(words)
    return Sentence(words.format(**{k: v if isinstance(v, Sentence) else plain(str(v)) for k, v in values.items()}))


def has(key: str) -> bool:
    """Whether there is a sentence for the key: for the optional ones, such as the hint of a state."""
    return key in ENGLISH


def lines(*parts: str) -> Sentence:
    """Parts that are not empty, one below the other."""
    return Sentence("\n".join(p for p in parts if p))


def paragraphs(*parts: str) -> Sentence:
    """Parts that are not empty, with an empty line between them."""
    return Sentence("\n\n".join(p for p in parts if p))


def listing(names: list[str] | tuple[str, ...]) -> Sentence:
    """A, B and C."""
    shown = [plain(n, 60) for n in names[:5]]
    if len(names) > 5:
        shown.append(f"{len(names) - 5} more")
    if len(shown) < 2:
        return Sentence("".join(shown))
    return Sentence(say("list.and", first=Sentence(", ".join(shown[:-1])), last=Sentence(shown[-1])))


def clock(local: datetime) -> Sentence:
    """2:00 PM: a time of day as people here write it, never taken for the other half of the day. `local`: in the zone it is told for."""
    return Sentence(f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}")


def plain(text: str, limit: int = VALUE_LIMIT) -> str:
    """Text that formats nothing: one line, no WhatsApp marks, no direction overrides, at most `limit` UTF-16 units."""
    return cut(" ".join(text[: 8 * limit].translate(_PLAIN).split()), limit)


def units(text: str) -> int:
    """Length as WhatsApp counts it: UTF-16 units, so that most emoji are two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units; what was cut ends with an ellipsis, at a word where one is near."""
    if units(text) <= limit:
        return text
    kept, used = 0, 0
    for char in text:
        used += 2 if ord(char) > 0xFFFF else 1
        if used > limit - 1:
            break
        kept += 1
    short = text[:kept].rstrip("\u200d\ufe0f ")
    space = short.rfind(" ")
    if space > kept // 2:
        short = short[:space].rstrip(" ,.;:-(")
    return short + "…"
