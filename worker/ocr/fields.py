"""Who a paper is for, who wrote it, where and when. Empty where it is not told: nothing here is guessed.

Labels are looked for in flat text with the letters that OCR confuses made one ("Patlent name", "HOSPlTAL").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA

from worker.ocr import letterhead, signature, written
from worker.ocr.people import clean, is_name
from worker.ocr.writing import flat, tidy

_END = (
    r"(?=\s*(?:[|;]|\b(?:date|dated|age|sex|gender|a/s|dob|d\.o\.b|hosp(?:ital)?\.? ?(?:no|num\w*)"
    r"|card|file|folder|reg|tel|phone|gsm|mobile|address|addr|wt|weight|ward|clinic|"
    r"id|pid|mrn|nhis|hmo|unit|bed|ref|serial|s/n|diagnosis|dx|allerg\w*|ht|height|bp)\b\s*(?:no"
    r"|/|[:.#-]|$)|\b(?:date|age|sex|gender|dob|wt)\b|\(\s?\d|\b\d{1,3}\s?(?:y|yrs?|years?|/\d{2}"
    r"|mths?|months?)\b|$))"
)
_PATIENT = re.compile(
    r"^\W*(?:(?:patient|client|pt)(?:'?s)?\.?\s*(?:full )?(?:name)?|name of (?:the )?(?:patient"
    r"|client)|full ?names?|names?|(?:surname|last name|family name)"
    r"(?: ?(?:and|&|/) ?(?:other|first|fore) ?names?)?|re|for)\s*(?:\([^)]{0,20}\))?\s*(?P<mark>[:.;=-]+|\s)\s*(?P<value>.*?)"
    + _END
)
_NOT_PATIENT = re.compile(
    r"^\W*(?:name of (?:drug|medic|hosp|doctor|prescriber|facility)|patient (?:id|no|number"
    r"|address|category|copy|age|type)|drug name|name of)\b(?! (?:the )?(?:patient|client))"
)
_BARE_TITLE = re.compile(r"^\W*((?:mr|mrs|miss|master|mstr|alhaji|hajia|baby of|baby)\b\.?\s+[a-z][a-z .'-]{2,60})" + _END)

_NAME_AND_AGE = re.compile(r"^\W*([a-z][a-z'-]+(?: [a-z][a-z'.-]*){1,4}),? (?=\d{1,3} ?(?:yrs?|years?|y/o|mths?|months?)\b)")
# Labels of two columns stand on one line, their values on the next.
_NEXT_LABELS = ("prescriber", "doctor", "physician", "facility", "hospital", "date", "age", "sex", "issued", "licence", "license")
_NEXT_COLUMN = re.compile(r"\s+(?=dr\b|prof\b|\d)")

_AGE_LABEL = re.compile(
    r"\bage\b(?:\s?[/&]\s?(?:sex|gender))?\s*[:.;=-]*\s*(\d{1,3}(?:\.\d)?)\s*(y(?:ea)?rs?|years?"
    r"|y/o|yo|y|m(?:on)?ths?|months?|mos?|m(?=\s|$)|w(?:ee)?ks?|weeks?|days?|/7|/52|/12)?(?![a-z\d])"
)
_AGE_BARE = re.compile(
    r"(?<![a-z\d/.-])(\d{1,3})\s?(y(?:ea)?rs?|years?|y/o|yo|y|months?|mths?|weeks?|wks?)\b(?:\s?old)?(?=\s*(?:[/,;"
    r"|.)]|old|male|female|m\b|f\b|$))"
)
_UNITS = {"y": "years", "m": "months", "w": "weeks", "d": "days", "/7": "days", "/52": "weeks", "/12": "months"}
_SEX = re.compile(
    r"\b(?:sex|gender)\b\s*[:.;=-]*\s*(male|female|m|f)\b|\bage\s?/\s?sex\b\W*\d{1,3}\s?[a-z]{0,5}\s?[/,-]\s?(male"
    r"|female|m|f)\b|\d\s?(?:y|yrs?|years?)?\s?[/,]\s?(male|female|m|f)\b"
)
_WEIGHT = re.compile(r"\b(?:wt|weight|bw|body weight)\b\.?\s*[:.;=-]*\s*(\d{1,3}(?:\.\d{1,2})?)\s*kgs?\b")

_DATE_LABEL = re.compile(
    r"(?<![a-z])(?:date|dated|date (?:of )?(?:issue|visit|prescribed|prescription)|issued(?: on)?|rx date)(?![a-z])\s*[:.;=-]*"
)
_OTHER_DATE = re.compile(
    r"(?<![a-z])(?:d\.?\s?o\.?\s?b|birth|born|expir\w*|exp|valid|until|next|appointment|appt"
    r"|review|return|follow|lmp|edd|e\.d\.d|reg|registered|since|printed|admi\w+"
    r"|mfg|batch|to come)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Fields:
    """`age`: age, sex and weight as told ("57 years, female, 38 kg"). `number`: register and number ("MDCN 45678"). `date`: ISO."""

    patient: str = ""
    age: str = ""
    prescriber: str = ""
    number: str = ""
    facility: str = ""
    date: str = ""


def read(lines: Sequence[str], pages: Sequence[int], of_items: frozenset[int]) -> Fields:
    """The fields of a paper. `of_items`: lines that are about medicines and say nothing of people. Linear."""
    texts = [tidy(line) if place not in of_items else "" for place, line in enumerate(lines)]
    plain = [flat(text) for text in texts]
    first = min(of_items, default=len(texts))
    return Fields(
        patient=_patient(texts, plain, first),
        age=_about(plain),
        prescriber=signature.prescriber(texts, plain, first),
        number=signature.number(plain),
        facility=letterhead.facility(texts, plain, pages, first),
        date=_date(plain),
    )


# ------------------------------------------------------------------------------------------------------------ patient


def _is_label(value: str) -> bool:
    """Whether what stands after a label is only the label of the next column, read with an error or two."""
    words = value.split()
    return len(words) <= 4 and all(
        len(word) >= 3 and min(OSA.distance(word.strip(" .:/"), label) for label in _NEXT_LABELS) <= len(word) // 5
        for word in words
    )


def _below(text: str, line: str) -> str:
    """The value under a label, up to what stands under the next one."""
    end = _NEXT_COLUMN.search(line)
    value = clean(text[: end.start()] if end else text)
    return "" if _PATIENT.match(line + " ") else value


def _patient(texts: list[str], plain: list[str], first_item: int) -> str:
    for place, line in enumerate(plain):
        found = None if _NOT_PATIENT.match(line) else _PATIENT.match(line)
        if not found or (not found["mark"].strip() and found["value"].startswith(("of", "no", "id", "age", "copy"))):
            continue
        if line.lstrip().startswith(("for", "re")) and ":" not in found["mark"]:
            continue
        value = clean(texts[place][found.start("value") : found.end("value")])
        if (not value or _is_label(flat(value))) and place + 1 < len(texts):
            value = _below(texts[place + 1], plain[place + 1])
        if is_name(value):
            return value
    for place, line in enumerate(plain[:first_item]):
        found = _BARE_TITLE.match(line) or _NAME_AND_AGE.match(line)
        if found and is_name(value := clean(texts[place][found.start(1) : found.end(1)])):
            return value
    return ""


def _about(plain: list[str]) -> str:
    """Age, sex and weight, as far as they are told."""
    joined = [line for line in plain if line]
    age = _first(joined, _age)
    sex = _first(joined, _sex)
    weight = _first(joined, lambda line: f"{found[1]} kg" if (found := _WEIGHT.search(line)) else "")
    return ", ".join(part for part in (age, sex, weight) if part)


def _first(lines: list[str], read_one: Callable[[str], str]) -> str:
    return next((value for line in lines if (value := read_one(line))), "")


def _age(line: str) -> str:
    found = _AGE_LABEL.search(line) or (
        None if re.search(r"(?<![a-z])(?:for|in|after|since|review|x)\s*\d", line) else _AGE_BARE.search(line)
    )
    if not found or float(found[1]) > 125:
        return ""
    unit = found[2] or "y"
    return f"{found[1]} {_UNITS.get(unit, _UNITS.get(unit[0], 'years'))}"


def _sex(line: str) -> str:
    found = _SEX.search(line)
    letter = next((group for group in found.groups() if group), "")[:1] if found else ""
    return {"m": "male", "f": "female"}.get(letter, "")


# --------------------------------------------------------------------------------------------------------------- date


def _date(plain: list[str]) -> str:
    """The labelled date, else the only one that stands without another's label; "" where two contradict."""
    labelled: set[date] = set()
    others: set[date] = set()
    for line in plain:
        for day, place in written.find(line):
            before = line[:place]
            own = [*_DATE_LABEL.finditer(before)]
            other = [*_OTHER_DATE.finditer(before)]
            if other and (
                not own
                or other[-1].start() > own[-1].start()
                or before[other[-1].end() : own[-1].start()].strip() == ""
                or before[own[-1].end() :].strip(" :.").startswith("of birth")
            ):
                continue
            (labelled if own else others).add(day)
    chosen = labelled or others
    return chosen.pop().isoformat() if len(chosen) == 1 else ""


# ------------------------------------------------------------------------------------------------------- prescriber


# ---------------------------------------------------------------------------------------------------------- facility
