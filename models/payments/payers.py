"""Who pays, as providers need it: a name, an e-mail address, and the address of the page they come back to."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from models.base import connection

NO_ADDRESS = ".invalid"  # what the old system's table holds for customers who gave none
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}", re.ASCII)
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Payer:
    """Stays out of logs."""

    name: str = field(repr=False)
    email: str = field(repr=False)


def of(customer_id: int, domain: str) -> Payer:
    """The customer's own e-mail address where one is known, else one under `domain` that is theirs alone: providers keep their
    customers by it, so it is never shared, and it says nothing about the person."""
    row = connection().execute(
        """SELECT c.name, u.email FROM customers c LEFT JOIN users u ON u.id = c."userId" WHERE c.id = %s""", (customer_id,)
    )
    name, email = row.fetchone() or ("", None)
    if not email or email.endswith(NO_ADDRESS) or not _EMAIL.fullmatch(email):
        email = f"{sha256(f'drugsng customer {customer_id}'.encode()).hexdigest()[:24]}@{domain}"
    return Payer(name or "", email)


def return_token(secret: str, attempt_id: int) -> str:
    """The last part of the page's address after paying. Who has no secret cannot make one for another attempt."""
    return f"{attempt_id}-{_mark(secret, attempt_id)}"


def attempt_of(token: str, secrets: Mapping[str, str]) -> tuple[int, str] | None:
    """The attempt's id of a token and whose secret (by name) it was made with; None for what we did not make."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    attempt_id, mark = int(found[1]), found[2]
    matches = [name for name, secret in secrets.items() if secret and hmac.compare_digest(_mark(secret, attempt_id), mark)]
    return (attempt_id, matches[0]) if matches else None


def _mark(secret: str, attempt_id: int) -> str:
    return hmac.digest(secret.encode(), f"return page {attempt_id}".encode(), "sha256").hex()[:32]
