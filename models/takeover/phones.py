"""Telephone numbers as E.164 (`+2348031234567`): the usual Nigerian forms in SQL, everything else read one by one.

The old system wrote what it had: `+234803...`, `234803...` (a WhatsApp id), `0803...`, `803...`, also with blanks and hyphens.
A million numbers in the usual forms are turned in the database; reading one in Python takes some 0.1 ms.
"""

from __future__ import annotations

import re

import phonenumbers

# (table, column, which row keeps the number when several would get the same in a unique column)
COLUMNS = (
    ("users", "phoneNumber", ""),
    ("sessions", "phoneNumber", '"lastActivity" DESC NULLS LAST, '),
    ("support_teams", "phoneNumber", '"isActive" DESC NULLS LAST, '),
    ("support_chats", "customerPhoneNumber", ""),
    ("support_ratings", "customerPhoneNumber", ""),
)
UNIQUE = {"sessions", "support_teams"}
E164 = r"^\+[1-9][0-9]{7,14}$"
# Nigerian mobile numbers have ten digits beginning 70, 71, 80, 81, 90 or 91 (numbering plan of the NCC, read 2025-11).
# The nought of the national form is often left in behind the country code.
_MOBILE = r"^((\+|00)?234)?0?[789][01][0-9]{8}$"


def turned(column: str) -> str:
    """SQL: the number as E.164, or NULL when it is not in one of the usual Nigerian forms."""
    bare = f"translate({column}, ' -().', '')"
    return f"(CASE WHEN {bare} ~ '{_MOBILE}' THEN '+234' || right({bare}, 10) END)"


def usual(column: str) -> str:
    """SQL: true for a number that SQL can turn and that is not E.164 yet."""
    return f"({turned(column)} IS NOT NULL AND {turned(column)} <> {column})"


def odd(column: str) -> str:
    """SQL: true for what has to be read one by one."""
    return f"({turned(column)} IS NULL AND {column} !~ '{E164}')"


def same(column: str) -> str:
    """SQL: what two spellings of one number have in common."""
    return f"coalesce({turned(column)}, {column})"


def read(text: str) -> str | None:
    """E.164 of a number in any national or international form, Nigeria assumed; None when it is none."""
    digits = re.sub(r"\D", "", text)
    if any(letter.isalpha() for letter in text) or not 7 <= len(digits) <= 18:
        return None
    raw = "+" + digits[2:] if text.strip().startswith("00") else text.strip()
    for candidate in (raw,) if raw.startswith(("+", "0")) else (raw, "+" + digits):
        try:
            number = phonenumbers.parse(candidate, "NG")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None
