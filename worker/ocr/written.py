"""The date on a paper: day before month as in Nigeria and Britain, names of months, two-digit years of this century.

Nothing is rolled over or guessed: month 13 makes the American order, since no other is left; a day without a year is none.
"""

from __future__ import annotations

import re
from datetime import date

from worker.understanding.date_words import ENGLISH

_MONTHS = {word: int(value) for word, (kind, value) in ENGLISH.items() if kind == "month"}
_NAMES = "|".join(sorted((re.escape(word) for word in _MONTHS), key=len, reverse=True))
FIRST_YEAR, LAST_YEAR = 2000, 2099

_SEPARATOR = r"\s?[/.\-\\|]\s?"
_FIGURES = re.compile(rf"(?<![\d/.,-])(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{4}}|'?\d{{2}})(?![\d/]|-\d)", re.ASCII)
_YEAR_FIRST = re.compile(rf"(?<![\d/.,-])(\d{{4}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(\d{{1,2}})(?![\d/]|-\d)", re.ASCII)
_DAY_NAMED = re.compile(
    rf"(?<![\d/])(\d{{1,2}})\s?(?:st|nd|rd|th)?(?:\s?of)?[\s/.,-]*({_NAMES})[\s/.,-]*(\d{{4}}|'?\d{{2}})(?!\d)", re.ASCII
)
_MONTH_NAMED = re.compile(rf"(?<![a-z])({_NAMES})\.?[\s/-]*(\d{{1,2}})(?:st|nd|rd|th)?[\s,/-]+(\d{{4}}|'\d{{2}})(?!\d)", re.ASCII)


def find(plain: str) -> list[tuple[date, int]]:
    """All dates of a flat text with their places, in order."""
    found: list[tuple[int, date]] = []
    for match in _FIGURES.finditer(plain):
        _keep(found, match, _of(match[3], match[2], match[1]) or _of(match[3], match[1], match[2]))
    for match in _YEAR_FIRST.finditer(plain):
        _keep(found, match, _of(match[1], match[2], match[3]))
    for match in _DAY_NAMED.finditer(plain):
        _keep(found, match, _of(match[3], str(_MONTHS[match[2]]), match[1]))
    for match in _MONTH_NAMED.finditer(plain):
        _keep(found, match, _of(match[3], str(_MONTHS[match[1]]), match[2]))
    return [(day, place) for place, day in sorted(found)]


def _keep(found: list[tuple[int, date]], match: re.Match[str], day: date | None) -> None:
    if day is not None:
        found.append((match.start(), day))


def _of(year: str, month: str, day: str) -> date | None:
    year = year.lstrip("'")
    number = int(year) + (2000 if len(year) == 2 else 0)
    if not FIRST_YEAR <= number <= LAST_YEAR:
        return None
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
