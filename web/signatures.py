"""Is this body really Meta's? HMAC-SHA256 over the raw bytes, before anything is parsed.

Header `X-Hub-Signature-256: sha256=<64 hex digits>`, key = app secret (Meta, create-webhook-endpoint, read November 2026).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

_FORM = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)


def is_metas(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """True when the header signs exactly these bytes with one of the secrets. Odd headers are false, never an error."""
    found = _FORM.fullmatch(header or "")
    if found is None:
        return False
    given = found.group(1).lower()
    matches = [hmac.compare_digest(hmac.digest(s.encode(), body, "sha256").hex(), given) for s in secrets]
    return any(matches)


def same_token(given: str, expected: str) -> bool:
    """Constant time; an empty expected token equals nothing."""
    return bool(expected) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
