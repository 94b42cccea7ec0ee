"""NAFDAC register numbers, as people and spreadsheets write them.

Form measured on 10,024 numbers of the register: a prefix (letter and one or two digits, or two digits), a hyphen, four to
six digits, sometimes L. A number does not name one pack: several strengths may share it.
"""

from __future__ import annotations

import re
import unicodedata

_DASHES = re.compile(r"[\u2010-\u2015\u2212\u00ad_/.]")
_FORM = re.compile(r"(?:[A-Z]\d{1,2}|\d{2})-\d{4,6}L?")
_SAID = re.compile(r"(?:\b(?:nafdac|reg(?:istration|istered)?|number|num|no|nrn|nos)\b[\s.:#-]*)+")
_LETTERED = re.compile(r"(?<![A-Z0-9])([A-C]\d{1,2})\s?-?\s?(\d{4,6}L?)(?![A-Z0-9])")
_DIGITS = re.compile(r"(?<![A-Z0-9])([O0]\d)\s?-\s?(\d{4,6}L?)(?![A-Z0-9])")
_BARE = re.compile(r"([O0]\d|[A-C]\d{1,2})(\d{4,6}L?)")
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"{_MONTHS}[\s/-]*\d{{1,4}}|\d{{1,2}}[\s/-]{_MONTHS}([\s/-]\d{{2,4}})?|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}.*"
    r"|\d{1,2}-\d{1,2}-\d{2,4}",
    re.IGNORECASE,
)


class BadNumber(ValueError):
    """The text is no register number; the message says why, in a sentence for whoever keeps the list."""


def normal(text: str) -> str:
    """The number as the register writes it ("O4–2045" -> "04-2045"). Raises BadNumber."""
    given = text.strip()
    if _DATE.fullmatch(given):
        raise BadNumber(
            f'"{given}" is a date: the spreadsheet turned the register number into one. Format the column as text and enter it again.'
        )
    number = _DASHES.sub("-", unicodedata.normalize("NFKC", given).upper())
    number = re.sub(r"^O(?=\d)", "0", re.sub(r"\s+", "", number))
    number = re.sub(r"-{2,}", "-", number)
    if not _FORM.fullmatch(number):
        raise BadNumber(f'"{given[:40]}" is not a NAFDAC number; these look like A4-1234, A11-0123 or 04-5678.')
    return number


def compact_of(text: str) -> str:
    """The number a customer's text asks for, without its hyphen ("nafdac no a4 1234?" -> "A41234"); "" when there is none.

    Digits alone need a hyphen, the word NAFDAC, or to be the whole text with a leading zero: "080..." is a phone number.
    """
    flat = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).upper()
    found = _LETTERED.search(flat) or _DIGITS.search(flat)
    if found:
        return _joined(found[1] + found[2])
    rest = _SAID.sub("", flat.lower()).strip(" ?!.,:;#-").upper()
    found = _BARE.fullmatch(re.sub(r"[\s-]", "", rest)) if len(rest) <= 16 else None
    return _joined(found[0]) if found else ""


def _joined(number: str) -> str:
    return re.sub(r"^O", "0", number)
