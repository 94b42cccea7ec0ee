"""A text cut into the marks a date is written with: `15/06/2026`, `14:00`, `2`, `pm`, words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.understanding import numbers
from worker.understanding.date_words import Meaning, meaning
from worker.understanding.tokens import clean, fold

MAX_CHARS = 200
_MARK = re.compile(
    r"""
    (?P<iso>\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))
    |(?P<dmy>\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?!\d))
    |(?P<dm>\d{1,2}/\d{1,2}(?![\d/]))
    |(?P<hms>\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d{1,6})?)?(?!\d))
    |(?P<hdot>\d{1,2}\.\d{2}(?!\d))
    |(?P<hh>\d{1,2}h\d{0,2}(?![^\W_]))
    |(?P<slang>2mor?ro?w?\b|2mrw\b|2moz\b|2day\b|2nite\b)
    |(?P<num>\d+(?:\.5(?!\d))?)(?P<suffix>st|nd|rd|th)?(?=$|[^\w]|[a-z])
    |(?P<mer>[ap]\.?\s?m\b\.?)
    |(?P<word>(?:[^\W\d_][\u0300-\u036f]*)+(?:['’\-](?:[^\W\d_][\u0300-\u036f]*)+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_T_BETWEEN = re.compile(r"(?<=\d)[tT](?=\d\d?:)")


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark. `kind` is the regex group or, for a known word, its meaning's kind; `n` its number; `typed` as it came."""

    kind: str
    n: int
    typed: str
    key: str
    meaning: Meaning | None
    dashed: bool  # a dash stands right before it: "2-4pm", "-3"
    half: bool = False  # "1.5"
    word: bool = False  # the number was written as a word


def cut(text: str) -> list[Mark]:
    """The marks of the first `MAX_CHARS` characters of a text. Linear."""
    surface = _T_BETWEEN.sub(" ", clean(text)[:MAX_CHARS])
    marks = []
    for found in _MARK.finditer(surface):
        kind = found.lastgroup or ""
        typed = found[0]
        dashed = surface[max(0, found.start() - 2) : found.start()].strip()[-1:] in ("-", "–", "—")
        if found["num"]:
            kind = "ordinal" if found["suffix"] else "num"
            digits = found["num"].split(".")[0]
            n = int(digits) if len(digits) <= 6 else 999_999
            marks.append(Mark(kind, n, typed, digits, None, dashed, half="." in found["num"]))
        elif kind in ("word", "slang"):
            marks.append(_word(typed, dashed))
        else:
            marks.append(Mark(kind, 0, typed, fold(typed), None, dashed))
    return marks


def _word(typed: str, dashed: bool) -> Mark:
    key = fold(typed)
    number = numbers.WORDS.get(key) if key not in ("couple", "pair", "dozen") else None
    if number is not None:
        return Mark("num", number, typed, key, None, dashed, word=True)
    ordinal = numbers.ORDINALS.get(key)
    if ordinal is not None:
        return Mark("ordinal", ordinal, typed, key, None, dashed, word=True)
    known = meaning(key)
    return Mark(known[0] if known else "word", known[1] if known and isinstance(known[1], int) else 0, typed, key, known, dashed)
