"""Values from outside made safe: ids, phone numbers, names, times and JSON text as they may be stored and shown.

Everything here takes any JSON value and never raises, but for JSON nested too deep for Python (RecursionError).
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from math import isfinite
from typing import Any

EXTERNAL_ID_MAX = 512  # characters; Meta's ids are opaque and well below 256
NAME_MAX = 120  # characters
WORD_MAX = 40
DETAIL_MAX = 300

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_UNSTORABLE = re.compile(r"\\(?:\\|u0000|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|ud[89a-f][0-9a-f]{2})")
# Control characters, direction overrides and marks, zero-width characters but the joiners of emoji and scripts, line and
# paragraph separators, tags, lone surrogates.
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_NUMBER_LIKE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,19}|[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{8,128}")


def a_list(value: Any) -> list[Any]:
    """The list itself, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def a_text(value: Any) -> str:
    """A string as it is, an integer as its digits, anything else as nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and -(10**40) < value < 10**40 else ""


def a_word(value: Any) -> str:
    """A type, field or status name; "unknown" for what is none."""
    text = value if isinstance(value, str) else ""
    return text[:WORD_MAX] if text.isascii() and text.isprintable() and text.strip() else "unknown"


def is_usable_id(text: str) -> bool:
    """Whether it can be a key: printable ASCII of at most 512 characters and not blank."""
    return bool(text) and len(text) <= EXTERNAL_ID_MAX and text.isascii() and text.isprintable() and bool(text.strip())


def external_id(item: dict[str, Any], payload: str) -> str:
    """The item's own `id` where it can be a key, else one made from its content."""
    text = a_text(item.get("id"))
    return text if is_usable_id(text) else synthetic_id(payload)


def synthetic_id(payload: str) -> str:
    """An id from the content, the same however the keys are ordered, so that a redelivery is still known as one."""
    return "synthetic:" + sha256(storable_json(json.loads(payload), sort=True).encode()).hexdigest()


def last_resort_id(args: tuple[Any, ...]) -> str:
    """For what cannot be serialised. Python prints deep nesting as far as it can; equal values give equal text."""
    try:
        text = repr(args)
    except RecursionError:
        text = f"too deep: {len(args)} {[type(a).__name__ for a in args]} {[len(a) for a in args if isinstance(a, (dict, list))]}"
    return "synthetic:" + sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def a_bsuid(value: Any) -> str | None:
    """A business-scoped user id (`US.1349…`, `US.ENT.1181…`), else None."""
    return value if isinstance(value, str) and BSUID.fullmatch(value) else None


def a_number(value: Any) -> str | None:
    """A phone number as 5 to 20 digits without plus, else None (empty, words, a BSUID)."""
    text = a_text(value).strip().removeprefix("+")
    return text if 5 <= len(text) <= 20 and text.isascii() and text.isdigit() else None


def unix_seconds(value: Any) -> int | None:
    """Seconds from seconds or milliseconds given as text or number; None for what is no time between 2001 and 2100."""
    if isinstance(value, str):
        value = int(value) if len(value) <= 16 and value.isascii() and value.isdigit() else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or abs(value) > 1e16:
        return None
    seconds = int(value // 1000 if value > 100_000_000_000 else value)
    return seconds if 1_000_000_000 <= seconds < 4_102_444_800 else None


def clean_name(value: Any) -> str:
    """A profile name fit for a greeting and a log-free console: one line, no direction tricks, at most 120 characters.

    Profile names are chosen by strangers.
    """
    if not isinstance(value, str):
        return ""
    if not (value.isascii() and value.isprintable()):
        value = _UNWANTED.sub(" ", value[: 8 * NAME_MAX])
    return " ".join(value.split())[:NAME_MAX].rstrip()


def clean_detail(value: Any) -> str:
    """An error text of Meta's as one short line without phone numbers or user ids."""
    if not isinstance(value, str):
        return ""
    line = " ".join(_UNWANTED.sub(" ", value[: 4 * DETAIL_MAX]).split())
    return _NUMBER_LIKE.sub("[id]", line)[:DETAIL_MAX]


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode
_encode_sorted = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False, sort_keys=True).encode


def storable_json(item: Any, *, sort: bool = False) -> str:
    """ASCII JSON. NUL and lone surrogates become U+FFFD: PostgreSQL takes them in and then fails on reading them.

    NaN and the infinities, which Python's parser lets through, become null: they are no JSON.
    """
    encode = _encode_sorted if sort else _encode
    try:
        text = encode(item)
    except ValueError:
        text = encode(_finite(item))
    if "\\u0000" in text or "\\ud" in text:
        text = _UNSTORABLE.sub(_storable, text)
    return text


def _storable(match: re.Match[str]) -> str:
    escape = match[0]
    return escape if len(escape) in (2, 12) else "\\ufffd"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value
