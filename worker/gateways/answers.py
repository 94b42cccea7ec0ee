"""What both providers' answers are read with: lenient about shape, strict about what may count as money. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from models.payments.told import an_id
from models.wire import a_word, clean_name, unix_seconds
from worker.gateways.payments import State

URL_MAX = 2000

log = structlog.get_logger()

_ACCOUNT = re.compile(r"\d{6,20}", re.ASCII)
_USSD = re.compile(r"\*[\d*]{2,60}#", re.ASCII)
_DUPLICATE = re.compile(
    r"duplicate\b.{0,40}\b(ref|tx ?ref|transaction)|\b(tx ?ref|reference)\b.{0,40}\b(exists?|used|duplicate)", re.I
)
_NOT_FOUND = re.compile(
    r"(transaction|reference)\b.{0,30}\b(not found|not exist)|no transaction|invalid transaction (reference|id)\b", re.I
)


def a_dict(value: Any) -> dict[str, Any]:
    """The dict itself, or an empty one for anything else: metadata comes as object, text, 0, "" and null."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def a_state(provider: str, word: Any, words: Mapping[str, State]) -> State:
    """Our word for a provider's; "pending", and a line in the log, for one we do not know: nothing is decided on it."""
    text = a_word(word)
    found = words.get(text.lower())
    if found is None:
        log.warning("payment.unknown_status", provider=provider, status=text)
    return found or "pending"


def a_time(value: Any, *, naive_is_utc: bool = False) -> datetime | None:
    """A moment from ISO text or unix time; None for what is none, and for a local time of nobody knows where."""
    seconds = unix_seconds(value)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC)
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        if found.tzinfo is None:
            return found.replace(tzinfo=UTC) if naive_is_utc else None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def a_link(value: Any, *, https_only: bool) -> str:
    """An address a customer may be sent to, else ""."""
    text = value if isinstance(value, str) else ""
    if not (0 < len(text) <= URL_MAX and text.isascii() and text.isprintable() and " " not in text):
        return ""
    try:
        parts = urlsplit(text)
        usable = (
            parts.scheme in (("https",) if https_only else ("https", "http")) and bool(parts.hostname) and "@" not in parts.netloc
        )
    except ValueError:
        return ""
    return text if usable else ""


def an_account(value: Any) -> str:
    """A bank account's number, else ""."""
    text = an_id(value)
    return text if _ACCOUNT.fullmatch(text) else ""


def a_ussd_code(*values: Any) -> str:
    """The first code to dial in the texts, such as *737*33*4*18791#, else ""."""
    for value in values:
        found = _USSD.search(value) if isinstance(value, str) and len(value) <= 500 else None
        if found:
            return found[0]
    return ""


def a_name(value: Any) -> str:
    """The name of a bank or account holder, one line."""
    return clean_name(value)


def is_duplicate(code: Any, message: Any) -> bool:
    """Whether the provider refuses because it knows our reference already."""
    return any(isinstance(text, str) and _DUPLICATE.search(text[:300].replace("_", " ")) for text in (code, message))


def is_not_found(code: Any, message: Any) -> bool:
    """Whether the provider says that it knows no such transaction."""
    return any(isinstance(text, str) and _NOT_FOUND.search(text[:300].replace("_", " ")) for text in (code, message))


def is_no_route(message: Any) -> bool:
    """Whether a 404 is about the address of the call: then our base URL is wrong, and nothing is said of the transaction."""
    return isinstance(message, str) and re.search(r"\b(route|endpoint|url|page|path)\b", message[:300], re.I) is not None


def a_code(values: Iterable[Any], status: int) -> str:
    """The provider's own code where it is a plain word, else the HTTP status."""
    plain = (value for value in values if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", value, re.ASCII))
    return next(plain, f"http_{status}")
