"""Bytes as Meta puts them on the wire: compact ASCII JSON with escaped slashes, and its signature.

Source: Meta, "Create a webhook endpoint" and Graph API "Webhooks: getting started" (read 2026-11-22): the signature is
computed over the escaped-unicode form with lower-case hex digits; slashes are escaped too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from itertools import count
from typing import Any

USER_AGENT = "facebookexternalua"


def encode(value: Any) -> bytes:
    """The JSON bytes Meta would send: no blanks, `\\uXXXX` in lower-case hex (astral characters as surrogate pairs), `\\/`.

    A slash can only stand inside a JSON string, so replacing it everywhere is right. Lone surrogates pass through.
    """
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(app_secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256 for exactly these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def headers(app_secret: str, body: bytes) -> dict[str, str]:
    """What Meta sends along with a webhook POST, the legacy SHA-1 signature included."""
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "X-Hub-Signature": "sha1=" + hmac.new(app_secret.encode(), body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": signature(app_secret, body),
    }


_counter = count(1)
_process = os.urandom(5)


def message_id(party: str = "") -> str:
    """A new `wamid.`: opaque, unique over restarts, shaped like the real ones (base64 with the other party's number in it)."""
    digits = party.encode("ascii", "replace")[:32]
    serial = (_process + next(_counter).to_bytes(4, "big")).hex().upper().encode()
    raw = b"\x1c\x18" + bytes([len(digits)]) + digits + b"\x15\x02\x00\x12\x18\x12" + serial + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()


def object_id() -> str:
    """A new numeric id such as media and templates have: 15-16 digits."""
    return str(1_000_000_000_000_000 + (time.time_ns() // 1000 % 1_000_000_000) * 100_000 + next(_counter) % 100_000)


def trace_id() -> str:
    """A new fbtrace_id."""
    return "A" + base64.urlsafe_b64encode(os.urandom(16)).decode()[:21]
