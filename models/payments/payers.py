"""Who pays, as providers need it: a name, an e-mail address, and the address of the page they come back to."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from models.base import connection

NO_ADDRESS = ".invalid"  # what the old system's table holds for customers who gave none
_SALT, _MARK = "drugsng customer ", 24
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
        email = f"{sha256(f'{_SALT}{customer_id}'.encode()).hexdigest()[:_MARK]}@{domain}"
    return Payer(name or "", email)


# Of those who began to pay lately: an address of ours can be made again, and not read backwards.
WHOSE = """
SELECT DISTINCT c.id FROM payment_attempts a JOIN orders o ON o.id = a."orderId"
    JOIN customers c ON c.id = COALESCE(o."customerId", a."customerId") LEFT JOIN users u ON u.id = c."userId"
WHERE a.provider = %(provider)s AND a."createdAt" >= %(since)s AND (lower(u.email) = %(email)s
    OR left(encode(sha256(convert_to(%(salt)s || c.id, 'UTF8')), 'hex'), %(mark)s) || '@' || lower(%(domain)s) = %(email)s)
LIMIT 2
"""


def whose(email: str, domain: str, provider: str, *, since: datetime) -> int | None:
    """The customer a provider knows by this address, among those who began to pay there; None for nobody, or more than one."""
    values = {"email": email.lower(), "domain": domain, "provider": provider, "since": since, "salt": _SALT, "mark": _MARK}
    rows = connection().execute(WHOSE, values).fetchall() if email else []
    return int(rows[0][0]) if len(rows) == 1 else None


def return_token(secret: str, attempt_id: int) -> str:
    """The last part of the page's address after paying. Who has no secret cannot make one for another attempt."""
    return f"{attempt_id}-{_mark(secret, attempt_id)}"


def attempt_of(token: str, secrets: Mapping[str, Iterable[str]]) -> tuple[int, str] | None:
    """The attempt's id of a token and under whose name stands a secret it was made with; None for what we did not make."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    attempt_id, mark = int(found[1]), found[2]
    pairs = [(name, secret) for name, of_it in secrets.items() for secret in of_it if secret]
    matches = [name for name, secret in pairs if hmac.compare_digest(_mark(secret, attempt_id), mark)]
    return (attempt_id, matches[0]) if matches else None


def _mark(secret: str, attempt_id: int) -> str:
    return hmac.digest(secret.encode(), f"return page {attempt_id}".encode(), "sha256").hex()[:32]
