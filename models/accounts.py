"""The old system's `users` row of a customer: every order needs one.

Registering in the chat makes a row of the customer's own: a placeholder e-mail nobody can receive mail at, and a password no
hash equals, so nobody signs in with it. A row of the old system with the same phone number is never linked by that number:
numbers are shared, resold and recycled, and the row may belong to somebody else. Its owner claims it with the code
sent to its e-mail address.
"""

from __future__ import annotations

from datetime import datetime

from peewee import AutoField, BooleanField, CharField, DateTimeField

from models.base import Base, connection
from models.values import Refused

UNUSABLE_PASSWORD = "!"  # noqa: S105 - no secret: no hash ever equals it
NAME_LENGTH = 255


class User(Base):
    id = AutoField()
    name = CharField()
    email = CharField(unique=True)
    password = CharField()
    phone_number = CharField()
    drugsng_user_id = CharField(null=True)
    drugsng_token = CharField(null=True)
    is_active = BooleanField(null=True, default=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        table_name = "users"


# A number is kept by WhatsApp as digits; E.164 begins with a plus. A customer known by BSUID alone has none.
REGISTER = """
WITH me AS (
    SELECT id, "userId" FROM customers WHERE id = %(customer)s FOR NO KEY UPDATE
), made AS (
    INSERT INTO users (name, email, password, "phoneNumber", "isActive", "createdAt", "updatedAt")
    SELECT %(name)s, placeholder_email, %(password)s, COALESCE(number, ''), true, %(now)s, %(now)s
    FROM (
        SELECT 'customer-' || me.id || '@customers.invalid' AS placeholder_email, (
            SELECT '+' || ltrim(value, '+') FROM customer_identities
            WHERE "customerId" = me.id AND kind = 'number' ORDER BY "createdAt" DESC LIMIT 1) AS number
        FROM me WHERE me."userId" IS NULL
    ) AS new
    ON CONFLICT (email) DO UPDATE
        SET name = EXCLUDED.name, "phoneNumber" = EXCLUDED."phoneNumber", "updatedAt" = EXCLUDED."updatedAt"
    RETURNING id
)
UPDATE customers c SET name = %(name)s, "consentVersion" = %(consent)s, "consentAt" = %(now)s, "updatedAt" = %(now)s,
    "userId" = COALESCE(c."userId", (SELECT id FROM made))
FROM me WHERE c.id = me.id
RETURNING c."userId"
"""
RENAME = """
UPDATE customers SET name = %(name)s, "updatedAt" = %(now)s WHERE id = %(customer)s AND "consentAt" IS NOT NULL
"""


def register(customer_id: int, name: str, consent_version: str, *, now: datetime) -> int:
    """Puts name and consent on file and returns the id of the customer's `users` row, made if there is none.

    Running twice changes the name and renews the consent; it makes no second row. Raises Refused: `bad_name`, `unknown_customer`.
    """
    name = tidy_name(name)
    if not name or "\x00" in name:
        raise Refused("bad_name")
    values = {"customer": customer_id, "name": name, "consent": consent_version, "now": now, "password": UNUSABLE_PASSWORD}
    row = connection().execute(REGISTER, values).fetchone()
    if row is None:
        raise Refused("unknown_customer")
    return int(row[0])


def rename(customer_id: int, name: str, *, now: datetime) -> None:
    """Another name for who is registered. What was agreed to, and when, stays: nobody agrees to other words by changing a name.

    Raises Refused: `bad_name`, `unknown_customer` (also for who never agreed).
    """
    name = tidy_name(name)
    if not name or "\x00" in name:
        raise Refused("bad_name")
    values = {"customer": customer_id, "name": name, "now": now}
    if connection().execute(RENAME, values).rowcount != 1:
        raise Refused("unknown_customer")


def tidy_name(name: str) -> str:
    """A name as it is kept: single spaces, at most 255 characters, as the old column has room for."""
    return " ".join(name.split())[:NAME_LENGTH]
