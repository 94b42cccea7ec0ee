"""Letters that a recogniser read for figures, put right where nothing else can be meant.

Only on PP-OCR's text: it takes similar shapes for each other ("8omg"). Tesseract's errors are others, and the same rules would
make wrong strengths of them. A rule exchanges a sign for the figure of that shape, in a number before its unit. It never adds a
figure and never decides between two numbers: a stroke before a number may be a 1 or the line of a table ("|400mg", "I400mg"), so
it is left. Whoever uses a repaired strength shows it as unsure (`Line.raw` tells).
"""

from __future__ import annotations

import re

_SHAPES = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "S": "5", "s": "5", "B": "8", "Z": "2", "z": "2", "C": "0"})
_NUMBER = re.compile(r"(?:[1-9]\d{0,4}|0)(?:[.,]\d{1,3})?|[1-9]\d{0,2}(?:,\d{3})+")

# What may follow a strength without a blank where the recogniser swallowed it.
_AFTER = (
    r"tab(?:let)?s?|cap(?:sule)?s?|susp|syr(?:up)?|inj|tds|tid|bd|bid|od|qds|qid|nocte|mane|daily|stat|prn|i{1,3}|[x×](?=\s?\d)"
)
_FREQUENCY = r"tds|tid|bd|bid|od|qds|qid|nocte|mane|daily|stat|prn"
_END = rf"(?=(?:{_AFTER})?(?![A-Za-z0-9]))"

# m with what is taken for its g or l, and "rn" for the m itself: after a number no other unit ends so.
_STRENGTH = re.compile(
    rf"(?<![A-Za-z0-9])(?P<number>[0-9OoIlSsBZz](?:[0-9OoIlSsBZzC]|[.,](?=[0-9OoIlSsBZz]))*)(?P<blank>\s?)"
    rf"(?:(?P<mg>(?:m|rn)[gq96])|(?P<ml>(?:m|rn)[lI1])|(?P<mcg>m[gq]g)|(?P<same>m?cg|µg|μg|ug|iu|mmol)){_END}"
    r"|(?<![A-Za-z0-9])(?P<first>\d[0-9OoIlSs]*)(?=/\d[0-9OoIlSs]*(?:m|rn)[gq96](?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_PER_CENT = re.compile(r"(?<![A-Za-z0-9.])\d{0,3}[.][0-9Oo]{1,3}(?=\s?%)")

# A gram: "IG", "lg". Immunoglobulins are written so too, and are told by the words before them.
_ONE_GRAM = re.compile(r"(?P<before>\b[A-Za-z]{4,}\s)(?:I|l)(?P<unit>[gG])(?![A-Za-z0-9])")
_GLOBULIN = re.compile(r"immun|globulin|tetanus|rabies|hepatitis|varicella|anti|human", re.IGNORECASE)

_JOINS = (
    (re.compile(rf"(?<=\d)(mg|mcg|ml|iu)({_AFTER})(?![A-Za-z0-9])", re.IGNORECASE), r"\1 \2"),
    (re.compile(r"(?<=\d)(mg|mcg|ml|iu)([x×])(?=\s?\d)", re.IGNORECASE), r"\1 \2"),
    (re.compile(rf"(?<![A-Za-z0-9])({_FREQUENCY})([x×])(?=\s?\d)", re.IGNORECASE), r"\1 \2"),
    (re.compile(rf"(?<![A-Za-z0-9])(i{{1,3}})({_FREQUENCY})(?![A-Za-z0-9])"), r"\1 \2"),
    (re.compile(r"^(\d{1,2}[.)])(?=[A-Za-z]{2})"), r"\1 "),
)
_DAILY = re.compile(r"(?<![A-Za-z0-9])0(?P<rest>[dD])(?=$|[^A-Za-z0-9]|[x×]\s?\d)")  # no number ends in a D
# Neither a duration in sevenths, fifty-seconds or twelfths nor initials can hold the other kind of sign.
_DURATION = re.compile(r"(?<=[x×])(?P<blank>\s?)(?P<count>\d{1,2}|[Il])/(?P<unit>7|52|S2|s2|[1Il]2)(?![A-Za-z0-9/])")
_INITIAL = re.compile(r"(?P<before>\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Pharm)\b\.?\s?(?:[A-Z]\.\s?)?)0(?=\.\s?[A-Z])")


def repaired(text: str) -> str:
    """The line as it was most surely written; itself where nothing is certain."""
    text = _STRENGTH.sub(_strength, text)
    text = _PER_CENT.sub(lambda found: found[0].translate(_SHAPES), text)
    text = _ONE_GRAM.sub(_gram, text)
    text = _DURATION.sub(_duration, text)
    text = _DAILY.sub(lambda found: ("o" if found["rest"] == "d" else "O") + found["rest"], text)
    text = _INITIAL.sub(r"\g<before>O", text)
    for pattern, parted in _JOINS:
        text = pattern.sub(parted, text)
    return text


def _strength(found: re.Match[str]) -> str:
    if found["first"]:
        return _figures(found["first"], apart=False) or found["first"]
    number = _figures(found["number"], apart=bool(found["blank"]))
    if number is None:
        return found[0]
    if found["same"]:
        return number + found["blank"] + found["same"]
    if found["mcg"]:
        return f"{number}{found['blank']}mcg"
    letters = found["mg"] or found["ml"]
    unit = letters if letters.lower() in ("mg", "ml") and letters[-1] != "I" else ("mg" if found["mg"] else "ml")
    return number + found["blank"] + unit


def _figures(seen: str, *, apart: bool) -> str | None:
    """The number that `seen` shows, None where it may be another or none. `apart`: a blank stands between it and the unit."""
    if all(c in "0123456789.," for c in seen):
        return seen
    first, rest = seen[0], seen[1:]
    if apart and not any(c.isdigit() for c in seen):
        return None  # "so mg" may be a word
    if first in "Il" and rest and rest[0] not in "0Oo":
        return None  # the line of a table before a number
    if first in "SsZz" and rest and rest[0] not in "0Oo":
        return None
    if first in "Oo" and not rest.startswith((".", ",")):
        return None
    number = seen.translate(_SHAPES)
    return number if first != "B" and _NUMBER.fullmatch(number) else None


def _gram(found: re.Match[str]) -> str:
    if _GLOBULIN.search(found.string[: found.end("before")]):
        return found[0]
    return f"{found['before']}1{found['unit']}"


def _duration(found: re.Match[str]) -> str:
    return f"{found['blank']}{found['count'].translate(_SHAPES)}/{found['unit'].translate(_SHAPES)}"
