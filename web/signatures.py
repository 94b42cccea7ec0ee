"""Is this body really Meta's, or a payment provider's? Decided over the raw bytes, before anything is parsed.

Meta: header `X-Hub-Signature-256: sha256=<64 hex digits>`, HMAC-SHA256, key = app secret (create-webhook-endpoint).
Paystack: header `x-paystack-signature: <128 hex digits>`, HMAC-SHA512, key = secret key (payments/webhooks).
Flutterwave v3: header `verif-hash` is the secret hash itself: it binds no body and can be replayed. All read November 2026.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable

_FORM = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)
_PAYSTACK_FORM = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)


def is_metas(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
    """True when the header signs exactly these bytes with one of the secrets. Odd headers are false, never an error."""
    found = _FORM.fullmatch(header or "")
    if found is None:
        return False
    given = found.group(1).lower()
    matches = [hmac.compare_digest(hmac.digest(s.encode(), body, "sha256").hex(), given) for s in secrets]
    return any(matches)


def is_paystacks(body: bytes, header: str | None, secret: str) -> bool:
    """True when the header signs exactly these bytes. An empty secret signs nothing."""
    if not secret or _PAYSTACK_FORM.fullmatch(header or "") is None:
        return False
    return hmac.compare_digest(hmac.digest(secret.encode(), body, "sha512").hex(), (header or "").lower())


def is_flutterwaves(header: str | None, secret_hash: str) -> bool:
    """True when the header is the secret hash; constant time, an empty one equals nothing."""
    return same_token(header or "", secret_hash)


def same_token(given: str, expected: str) -> bool:
    """Constant time; an empty expected token equals nothing."""
    return bool(expected) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
