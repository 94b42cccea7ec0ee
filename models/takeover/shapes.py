"""What version 1.x and step 002 look like, without asking a database: `check` may not write, so it cannot learn it by making it.

`shapes.json` is what `schema_shape.read` gave after steps 001 and 002. Both are frozen; a test compares it with what they make.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from models.schema_shape import KINDS

Shape = Mapping[tuple[str, str, str], str]

# What the start of version 2.0.0 adds and step 002 does not. It is kept: the program of 2.0.0 needs it when it comes back.
ADDED_BY_2_0_0 = {
    "admins": (),
    "orders": ("hasPrescription",),
    "otps": ("isBackupOTP", "createdByAdmin", "meta", "sendAttempts", "lastSendAttemptAt"),
}
# Tables the first published version did not have yet.
LATER_THAN_THE_FIRST = frozenset(
    {"otps", "diagnostic_tests", "diagnostic_bookings", "healthcare_products", "support_ratings", "prescriptions"}
)


@cache
def _file() -> dict[str, dict[tuple[str, str, str], str]]:
    text = (Path(__file__).parent / "shapes.json").read_text(encoding="utf-8")
    return {step: {_key(path): definition for path, definition in entries.items()} for step, entries in json.loads(text).items()}


def _key(path: str) -> tuple[str, str, str]:
    kind, owner, name = path.split("/")
    return kind, owner, name


def version_1() -> Shape:
    """The schema of version 1.x, which is step 001."""
    return _file()["001"]


def step_2() -> Shape:
    """The schema after step 002."""
    return {**_file()["001"], **_file()["002"]}


def added_by_step_2() -> Shape:
    return _file()["002"]


def tables(shape: Shape) -> set[str]:
    return {owner for kind, owner, _ in shape if kind == "column"}


def columns(shape: Shape, table: str) -> dict[str, str]:
    """Column -> its definition."""
    return {name: text for (kind, owner, name), text in shape.items() if (kind, owner) == ("column", table)}


def lacking(expected: Shape, actual: Shape) -> dict[tuple[str, str, str], str]:
    """What of `expected` is missing in `actual` or otherwise there. More than expected is no lack."""
    return {key: text for key, text in expected.items() if key[0] in KINDS and actual.get(key) != text}
