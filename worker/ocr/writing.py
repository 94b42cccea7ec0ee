"""Letters of a read line made comparable, one for one, so that a place in the plain text is a place in the text as read.

PP-OCR knows Chinese and sometimes gives the wide forms of signs; papers carry typographic dashes, quotes and dots.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

# What a file may bring at most; the parent of the reading process treats its texts as a stranger's.
MOST_LINES = 400
MOST_CHARACTERS = 300

_ONE_FOR_ONE = {
    ord(c): " " for c in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t\r\n\v\f"
}
_ONE_FOR_ONE |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_ONE_FOR_ONE |= {ord(c): "-" for c in "‐‑‒–—−―"} | {ord(c): "'" for c in "’‘ʼʻ`´"} | {ord(c): '"' for c in "“”„″"}
_ONE_FOR_ONE |= {ord(c): "u" for c in "µμ"} | {ord(c): "." for c in "·•∙。․"} | {ord(c): "," for c in "、，"}
_ONE_FOR_ONE |= {ord("×"): "x", ord("✕"): "x", ord("⁄"): "/", ord("∕"): "/", ord("："): ":"}
# Latin letters with a mark in their usual single form: é -> e, so that "nocté" is "nocte".
_ONE_FOR_ONE |= {
    code: base[0]
    for code in range(0xC0, 0x180)
    if len(base := unicodedata.normalize("NFKD", chr(code))) >= 2 and base[0].isascii() and base[0].isalpha()
}
_LOWER = {code: code + 32 for code in range(65, 91)}
_FAINT = dict.fromkeys((*range(0x09), *range(0x0E, 0x20), 0x7F, 0xAD, 0x200B, 0x200C, 0x200D, 0xFEFF))
_NOT_NAME = re.compile(r"[^a-z0-9]+")
# Figures that PP-OCR and Tesseract read inside a word; only for finding a name, never for a strength.
_FIGURES_IN_WORDS = str.maketrans("015", "ols")


def tidy(text: str) -> str:
    """The text as read, cut to what a line may hold, with single blanks and nothing invisible; case and accents kept."""
    return " ".join(text[:MOST_CHARACTERS].translate(_FAINT).split())


def flat(tidied: str) -> str:
    """The same length as given: lower case ASCII where a sign has such a form, all else left as it is."""
    return tidied.translate(_ONE_FOR_ONE).translate(_LOWER)


_CODE = r"(?:[o0]d|bd|bid|tds|tid|qds|qid|prn|stat|nocte|noct|mane|daily|dly)"
_THING = r"(?:tab(?:let)?s?|cap(?:sule)?s?|mls?|drops?|puffs?|sachets?|tsp)"
_SPREAD = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), put)
    for pattern, put in (
        (r"(?<=[a-z]{3})(?=\d{1,6}(?:[.,]\d{1,4})?\s?(?:mg|mcg|g|iu|%)(?![a-z]))", " "),  # Amoxicillin500mg
        (rf"(?<![a-z])(\d{{1,3}}|i{{1,4}}|iv|t{{1,3}})({_THING})(?={_CODE}(?![a-wyz]))", r"\1 \2 "),  # 1tabbd
        (rf"(?<=\d)\s?({_THING}|mg|mcg|g|iu)(?={_CODE}(?![a-wyz]))", r" \1 "),  # 500mgtds
        (rf"(?<![a-z])(\d{{1,2}}|i{{1,4}}|t{{1,3}})(?={_CODE}(?![a-wyz]))(?!ii?d(?![a-z]))", r"\1 "),  # ibd, 2tds
        (rf"(?<![a-z])({_CODE})(?=(?:prn|pc|ac|sos|po)(?![a-z])|x\s?\d|\d{{1,2}}\s?/\s?(?:7|52|12)(?!\d))", r"\1 "),  # bdx5/7
        (r"(?<=\d)(mg|mcg|g|ml|iu|%)(?=(?:tab|cap|cream|oint|susp|syr|inj|drop|gel|supp|pess|caplet|sachet)[a-z]*)", r"\1 "),
    )
)
_CAPITALS = (
    re.compile(
        r"(?<![A-Za-z])((?:[Tt]ab(?:let)?|[Cc]ap(?:sule)?)s?|[Ss]yr(?:up)?|[Ss]usp|[Ii]nj|[Ss]yp"
        r"|[Gg]utt|[Cc]ream|[Dd]rops)(?=[A-Z][a-z]{2})"
    ),  # TabsLisinopril
    re.compile(r"(?<=[a-z]{3})(?=(?:Tabs?|Tablets?|Caps?|Capsules?|Cream|Susp|Syrup|Inj|Drops|Ointment)(?![A-Za-z]))"),
    re.compile(r"^(\(?\d{1,2})(?=[A-Z][a-z]{3})"),  # 2Diclofenac
)


def spread(tidied: str) -> str:
    """The text with blanks where OCR lost them between a name, a strength, a form and the codes of a direction; nothing else."""
    tidied = _CAPITALS[2].sub(r"\1 ", " ".join(tidied.replace("|", " ").split()))  # rules of a table
    tidied = _CAPITALS[1].sub(" ", _CAPITALS[0].sub(r"\1 ", tidied))
    for pattern, put in _SPREAD:
        tidied = pattern.sub(put, tidied)
    return " ".join(tidied.split())


def squeezed(text: str) -> str:
    """Letters and digits only: how names are compared, because OCR loses and makes blanks ("Vitamin BComplex")."""
    return _NOT_NAME.sub("", flat(text))


def lettered(word: str) -> str:
    """A squeezed word with figures inside it as the letters they look like ("0meprazo1e"); a number stays a number."""
    return word if word.isalpha() or not any(c.isalpha() for c in word) else word.translate(_FIGURES_IN_WORDS)


# ------------------------------------------------------------------------------------------------------------ numbers

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "iiii": 4, "v": 5, "vi": 6, "t": 1, "tt": 2, "ttt": 3}
ROMAN = {written: Fraction(n) for written, n in _ROMAN.items()}
NUMBER_WORDS = {
    word: Fraction(n)
    for n, words in enumerate(
        ("a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
    for word in words.split()
} | {
    "fourteen": Fraction(14),
    "fifteen": Fraction(15),
    "twenty": Fraction(20),
    "thirty": Fraction(30),
    "half": Fraction(1, 2),
    "quarter": Fraction(1, 4),
}
VULGAR = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}


@lru_cache(maxsize=4096)
def number(text: str) -> Fraction | None:
    """A quantity as written: "2", "0.5", "1/2", "1 1/2", "1½", "ii", "two", "one and a half"; None for anything else."""
    text = " ".join(text.replace("-", " ").replace(" and ", " ").split())
    text = re.sub(r"\b(?:one half|half an?|half of an?|a half)\b", "half", text)
    total = Fraction(0)
    parts = re.sub(r"([½¼¾])", r" \1 ", text).split()
    if not 1 <= len(parts) <= 2:
        return None
    for place, part in enumerate(parts):
        value = _simple(part)
        if value is None or (place and (value >= 1 or total.denominator > 1)):
            return None
        total += value
    return total


def _simple(part: str) -> Fraction | None:
    known = VULGAR.get(part) or ROMAN.get(part) or NUMBER_WORDS.get(part)
    if known:
        return known
    if re.fullmatch(r"[1-9]/[2348]", part, re.ASCII):
        return Fraction(part)
    if re.fullmatch(r"\d{1,5}(?:\.\d{1,3})?|\.\d{1,3}", part, re.ASCII):
        return Fraction(part if part[0] != "." else "0" + part)
    return None


def shown(value: Fraction) -> str:
    """A number for people: "2", "0.5", "1.5", "1/3"."""
    if value.denominator == 1:
        return str(value.numerator)
    if 1000 % value.denominator == 0:
        return f"{float(value):g}"
    return f"{value.numerator}/{value.denominator}"
