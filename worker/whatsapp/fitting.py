"""Text made to fit: shortened with an ellipsis or split at paragraphs, lines and words, never inside a character people see."""

from __future__ import annotations

import re
from unicodedata import combining

from worker.whatsapp.limits import units

ELLIPSIS = "…"

# What a reader sees as one character may be several code points. Not all of Unicode's rules (UAX 29), but those that occur in
# what we write: accents, emoji with skin, sex and profession, keycaps, flags.
_EXTENDING = re.compile("[\u0300-\u036f\u200d\ufe0e\ufe0f\u20d0-\u20f0\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_BORDERS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?])\s+"), re.compile(r"\s+"))


def clean(text: str) -> str:
    """Without control characters and lone surrogates, which cannot be sent, and without blanks at the ends."""
    return _UNREADABLE.sub("", text).strip()


def shorten(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units (at least 1), ending in an ellipsis when something was left out."""
    if units(text) <= limit:
        return text
    end = _boundary(text, limit - 1)
    word = text.rfind(" ", end * 2 // 3, end)  # a whole word looks better, where that costs little
    return text[: word if word > 0 else end].rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` units, cut at the last paragraph, line, sentence or word border of each part.

    A border in the first half of a part is passed over for a weaker one further on: parts should be few.
    """
    parts = []
    while units(text) > limit:
        end = _boundary(text, limit)
        cut = next((c for c in (_last(border, text, end) for border in _BORDERS) if c > end // 2), end)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [part for part in (*parts, text) if part]


def _last(border: re.Pattern[str], text: str, end: int) -> int:
    """Where the last border in text[:end + 1] begins; -1 when there is none."""
    start = -1
    for match in border.finditer(text, end // 2, end + 1):
        start = match.start()
    return start


def _boundary(text: str, limit: int) -> int:
    """The greatest index with units(text[:index]) <= limit that does not cut a character people see; at least 1."""
    end, room = 0, limit
    for char in text:
        room -= 2 if char > "\uffff" else 1
        if room < 0:
            break
        end += 1
    whole = end
    while 0 < whole < len(text) and _joined(text, whole):
        whole -= 1
    # One "character" longer than the whole limit (a pile of accents) is cut all the same.
    return whole or max(end, 1)


def _joined(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if before == "\u200d" or _EXTENDING.match(after) or combining(after):
        return True
    if not (_is_flag_half(before) and _is_flag_half(after)):
        return False
    start = index
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return (index - start) % 2 == 1


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
