"""Takes personal data and secrets out of text that leaves the house in logs or to Sentry."""

from __future__ import annotations

import re
import traceback
from types import TracebackType
from typing import Any

# Nigerian numbers in every written form, any other long run of digits, e-mail addresses, BSUIDs, tokens of our providers.
_PATTERNS = (
    (re.compile(r"\+?\d[\d\s().-]{7,}\d"), "[number]"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"), "[e-mail]"),
    (re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{10,128}\b"), "[user id]"),
    (re.compile(r"\b(?:sk|pk)_(?:test|live)_\w+"), "[token]"),
    (re.compile(r"\bFLWSECK\S+"), "[token]"),
    (re.compile(r"\bEAA\w{8,}"), "[token]"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "[token]"),
    (re.compile(r"\bwamid\.[\w=+/-]{8,}"), "[message id]"),
    (re.compile(r"(://[^:/\s]*):[^@/\s]+@"), r"\1:[password]@"),
)
MAX_LENGTH = 20_000
# Keys whose values are the business of the house alone.
PRIVATE_KEYS = frozenset(
    {"text", "body", "caption", "profile_name", "profileName", "address", "payload", "memory", "email", "phone", "bsuid"}
    | {"recipient", "password", "token", "authorization", "cookie", "args", "kwargs", "vars"}
)


def scrub(text: str) -> str:
    """The text without numbers, addresses, ids of people and tokens; at most 20,000 characters."""
    text = text[:MAX_LENGTH]
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def scrub_all(value: Any, *, depth: int = 0) -> Any:
    """The same through lists and dicts, keys included; values under private keys vanish. Bounded in depth."""
    if isinstance(value, str):
        return scrub(value)
    if depth > 12:
        return "[deep]"
    if isinstance(value, dict):
        return {scrub(str(k)): "[private]" if str(k) in PRIVATE_KEYS else scrub_all(v, depth=depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [scrub_all(v, depth=depth + 1) for v in value[:200]]
    return value if isinstance(value, int | float | bool | None) else scrub(str(value))


def without_words(kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> str:
    """A traceback with types and places only. What an exception says may quote the customer: `KeyError: 'my rash is...'`."""
    lines = []
    for _ in range(10):
        lines.append("".join(traceback.format_tb(trace, limit=30)) + (kind.__name__ if kind else ""))
        error = (error.__cause__ or (None if error.__suppress_context__ else error.__context__)) if error else None
        if error is None:
            break
        kind, trace = type(error), error.__traceback__
    return "\nafter\n".join(lines)
