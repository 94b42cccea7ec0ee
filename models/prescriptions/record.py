"""The record of a pharmacist's decision: what was read, what was decided about each line, what the customer is told.

It is sealed and appended, never changed. Codes are the vocabulary between the console, which shows labels for them, and the
conversation, which has a sentence for each.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1

OUTCOMES = ("approved", "changed", "not_dispensed", "out_of_stock")
DISPENSED = frozenset({"approved", "changed"})
# `misread`: the paper names what is dispensed, and the machine had read something else; `before` keeps what that was.
REASONS_OF: dict[str, tuple[str, ...]] = {
    "changed": ("brand", "strength", "quantity", "form", "misread", "other"),
    "not_dispensed": (
        "unreadable",
        "controlled",
        "unsafe_dose",
        "interaction",
        "not_stocked",
        "over_the_counter",
        "already_supplied",
        "other",
    ),
}
REJECTIONS = (
    "unreadable",
    "not_a_prescription",
    "too_old",
    "no_prescriber",
    "wrong_patient",
    "already_used",
    "controlled",
    "unsafe",
    "not_genuine",
    "other",
)
QUESTIONS = (
    "age",
    "weight",
    "pregnant",
    "allergies",
    "other_medicines",
    "which_strength",
    "whole_picture",
    "original_date",
    "who_for",
    "other",
)


@dataclass(frozen=True, slots=True)
class Line:
    """What was decided about one line. `line` is its index in `Reading.items`, -1 for one the pharmacist added. `ref` names the
    product (`m12`) where one is dispensed or was meant; `name`, `strength` and `directions` are as the pharmacist signs them."""

    line: int
    raw: str
    outcome: str
    ref: str = ""
    name: str = ""
    strength: str = ""
    quantity: int = 0
    directions: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """`kind`: approved, rejected, asked, passed_on. `reason` is a code of REJECTIONS or QUESTIONS. `note` is told to the customer,
    `remark` stays among staff. `before` is the machine's reading of each line at the time, as JSON values."""

    kind: str
    staff: str
    licence_number: str
    lines: tuple[Line, ...] = ()
    reason: str = ""
    note: str = ""
    remark: str = ""
    checked: tuple[str, ...] = ()  # what the pharmacist ticked: stamp, signature, date, patient
    before: tuple[dict[str, Any], ...] = ()


def dumps(record: Record) -> bytes:
    """The record as JSON, to be sealed."""
    return json.dumps({"format": FORMAT, **asdict(record)}, ensure_ascii=False, separators=(",", ":")).encode()


def loads(content: bytes) -> Record:
    """A record that was opened. Raises ValueError for what is none."""
    told = json.loads(content)
    if not isinstance(told, dict):
        raise ValueError("not a record")
    known = {name: told[name] for name in Record.__dataclass_fields__ if name in told}
    lines = tuple(Line(**{k: v for k, v in line.items() if k in Line.__dataclass_fields__}) for line in told.get("lines", ()))
    return Record(**known | {"lines": lines, "checked": tuple(told.get("checked", ())), "before": tuple(told.get("before", ()))})
