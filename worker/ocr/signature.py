"""Who signed a paper, and under what number."""

from __future__ import annotations

import re

from worker.ocr.people import MOST_LETTERS, clean, is_name
from worker.ocr.writing import flat

_DOCTOR = re.compile(r"(?<![a-z])(?:dr|doctor|doc)\b[.:,]?\s*(?:\(?(?:mrs|miss|ms|mr)\)?\.?\s*)?(?P<value>[a-z][a-z.'\- ]{2,60})")
_PRESCRIBER = re.compile(
    r"^\W*(?:prescrib(?:er|ed by|ing (?:doctor|physician|officer))(?:'s)?|(?:doctor|physician"
    r"|consultant|medical officer|clinician)(?:'s)?(?: in charge)?|seen by|attending|signed(?: by)?(?=\W*dr\b"
    r"|\s*[:._-])|sign(?:ature)?(?=\W*dr\b|\W*$|\s*[:._&/-]| and))"
    r"(?:\s*(?:name|/ ?stamp|& ?stamp|and stamp|signature|/ ?sign\w*|& ?sign\w*))*\s*[:.;=-]*\s*(?P<value>.*)$"
)
_QUALIFIED = re.compile(
    r"\b(?:m\.?b\.?,?\s?b\.?s|m\.?b\.?\s?ch\.?b|mbbch|f\.?w\.?a\.?c[ps]|f\.?m\.?c\.?(?:p|s|og"
    r"|paed|ph)|fmcp\w*|frc[sp]\w*|mrc[pgs]\w*|b\.?d\.?s|bchd|mwacp|m\.?d)\b\.?"
)
_NOT_DOCTOR = re.compile(
    r"(?<![a-z])(?:dear|refer(?:red)?(?: to)?|to see|see|attn|attention|c/o|clinic|hospital"
    r"|centre|center|pharmacy|street|str|road|avenue|close|crescent|way|limited|ltd)(?![a-z])"
)
_AFTER_NAME = re.compile(
    r"\s*(?:[,;(|]|\b(?:mdcn|gmc|folio|reg|licen[cs]e|tel|phone|gsm|date|sign\w*|stamp|consultant"
    r"|specialist|registrar|medical officer|house officer|for|no|lic|mbbs|m\.?b\.?b\.?s|mbchb"
    r"|fwac[ps]|fmc\w*|frc\w*|mrc\w*|bds|md|phd|msc)\b)"
)
_NUMBER = re.compile(
    r"\b(mdcn|gmc|nmc|m\.d\.c\.n|folio|pin)\b(?:\s?/?\s?(?:r|p|t)\b(?=\s?/))?[\s/]*(?:(?:folio"
    r"|reg(?:istration)?|reg'd|licen[cs]e|fol)\.?)?\s*(?:no|n[o°]|num(?:ber)?|#)?\.?\s*[:.#=/-]*\s*([a-z]{0,2}/?\d{3,8}[a-z]?)\b"
)
_REGISTERED = re.compile(r"\b(?:reg(?:istration)?|licen[cs]e)\.?\s*(?:no|number|#)\.?\s*[:.-]*\s*(\d{4,8})\b")


def prescriber(texts: list[str], plain: list[str], first_item: int) -> str:
    """The doctor: labelled, else the last "Dr ..." of the paper that is no letterhead and no other doctor, else who has a degree."""
    for place, line in enumerate(plain):
        found = _PRESCRIBER.match(line)
        if found:
            value = _doctor_name(texts[place], line, found.start("value"))
            below = place + 1 < len(plain) and _DOCTOR.match(plain[place + 1].lstrip())
            if not value and (below or (place + 1 < len(texts) and is_name(texts[place + 1]) and place > first_item)):
                value = _doctor_name(texts[place + 1], plain[place + 1], 0)
            if value:
                return value
    named = []
    for place, line in enumerate(plain):
        found = _DOCTOR.search(line)
        if found and not _NOT_DOCTOR.search(line) and not re.match(r"^\W*(?:patient|pt\b|name\b)", line):
            value = _doctor_name(texts[place], line, found.start())
            if value:
                named.append((place > first_item, place, value))
    if named:
        return max(named)[2]
    for place, line in enumerate(plain):
        found = _QUALIFIED.search(line)
        if found and place > first_item and is_name(value := clean(texts[place][: found.start()].strip("( "))):
            return value
    return ""


def _doctor_name(text: str, line: str, start: int) -> str:
    end = _AFTER_NAME.search(line, start + 1)
    value = text[start : end.start() if end and end.start() > start + 3 else len(text)]
    value = re.split(r"\d|\s{3,}|[_|]{2,}", clean(value))[0].strip(" .,:;-/(")
    bare = re.sub(r"^(?:dr|doctor|doc)\b[.:,]?\s*", "", flat(value))
    if not is_name(bare) or len(re.findall(r"[a-z]{3,}", bare)) < 1 or _NOT_DOCTOR.search(flat(value)):
        return ""
    if not re.search(r"[A-Za-z]{3,}", bare):
        return ""
    return value[:MOST_LETTERS]


def number(plain: list[str]) -> str:
    for line in plain:
        found = _NUMBER.search(line)
        if found:
            return f"{found[1].replace('.', '').upper()} {found[2].upper()}"
    for line in plain:
        found = _REGISTERED.search(line)
        if found and _DOCTOR.search(line):
            return found[1]
    return ""
