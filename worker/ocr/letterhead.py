"""Where a paper was written: the labelled facility, or the letterhead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from worker.ocr.people import PLACES, clean, is_name

HEAD_LINES = 10  # in which a letterhead stands
_ADDRESS = re.compile(
    r"^\W*(?:no\.?\s?)?\d{1,4}[a-z]?\b[\s,]|\b(?:road|rd|street|str|avenue|ave|close|crescent"
    r"|lane|plot|p\.?o\.? ?box|tel|phone|email|km)\b|@|\d{4,}"
)
_FACILITY_LABEL = re.compile(
    r"^\W*(?:name of )?(?:hospital|facility|health facility|institution)(?: name)?\s*[:=]\s*(?P<value>.+)$"
)
_COLUMN = re.compile(r"(?:^|\s)(?:facility|hospital)\W*$")
_TRAILING = re.compile(
    r"\s*[-|,]?\s*\b(?:(?:out-?\s?patient |medical |doctor'?s )?prescription(?:\s(?:form|sheet|pad|slip|note))?|rx|out-?\s?patients?)\W*$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^\W*(?:prescription(?:\s(?:form|sheet|pad|slip|note))?)\s*[-|:,]*\s*(?=\w)", re.IGNORECASE)


def facility(texts: list[str], plain: list[str], pages: Sequence[int], first_item: int) -> str:
    for place, line in enumerate(plain):
        found = _FACILITY_LABEL.match(line)
        if found and (value := clean(texts[place][found.start("value") :])):
            return value
    for place, line in enumerate(plain[: max(0, min(first_item, len(plain)) - 1)]):
        below = re.sub(r"^[\d\s/.:-]+", "", texts[place + 1])
        if _COLUMN.search(line) and PLACES.search(below.lower()):
            return clean(below)
    for place in range(min(HEAD_LINES, first_item, len(plain))):
        if pages[place] != 0 or not _is_letterhead(plain[place]):
            continue
        value = _LEADING.sub("", _TRAILING.sub("", texts[place]))
        above = plain[place - 1] if place else ""
        if len(re.findall(r"[^\W\d_]+", value)) == 1 and above and not _ADDRESS.search(above) and is_name(texts[place - 1]):
            value = f"{texts[place - 1]} {value}"
        if (
            re.search(r"(?:&|\band|\bof|,)\s*$", value, re.IGNORECASE)
            and place + 1 < len(texts)
            and not _ADDRESS.search(plain[place + 1])
        ):
            value = f"{value} {texts[place + 1]}"
        return clean(value)
    return ""


def _is_letterhead(line: str) -> bool:
    labelled = re.match(
        r"^\W*(?:patient|pt\b|name|age|date|ward|clinic\b|hosp\w*\.? ?(?:no|num)|note|return|diagnosis|address|referr|tel|dr\b)",
        line,
    )
    return bool(PLACES.search(line)) and not labelled and not _ADDRESS.search(line) and ":" not in line
