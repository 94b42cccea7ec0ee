"""Numbers people type: counts in digits and words, order numbers, amounts of money, telephone numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from models.values import Money
from worker.understanding.tokens import clean

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50}
WORDS: dict[str, int] = {word: n for n, word in enumerate(_UNITS)} | _TENS | {"dozen": 12, "couple": 2, "pair": 2}
ORDINALS: dict[str, int] = {
    word: n
    for n, names in enumerate(
        (
            ("first", "1st"),
            ("second", "2nd"),
            ("third", "3rd"),
            ("fourth", "4th"),
            ("fifth", "5th"),
            ("sixth", "6th"),
            ("seventh", "7th"),
            ("eighth", "8th"),
            ("ninth", "9th"),
            ("tenth", "10th"),
        ),
        start=1,
    )
    for word in names
}

_MAX_DIGITS = 6  # of a count; more is an order number, a code or a telephone number


def count(key: str) -> int | None:
    """A folded word as a whole number ("3", "three", "dozen"), or None. At most six digits."""
    if key.isascii() and key.isdigit():
        return int(key) if len(key) <= _MAX_DIGITS else None
    return WORDS.get(key)


def order_number(key: str) -> str | None:
    """A folded word as an order number, 1 to 10 digits as typed, or None."""
    return key if key.isascii() and key.isdigit() and len(key) <= 10 else None


# ------------------------------------------------------------------------------------------------------------- money

_MONEY = re.compile(
    r"(?:ngn|naira|[n#₦])?\s*(\d{1,12}(?:,\d{3})*|\d{1,12})(\.\d{1,2})?\s*([km])?\s*(?:naira|ngn|only|/-|/=)?\.?", re.IGNORECASE
)
_THOUSANDS = {"k": Decimal(1000), "m": Decimal(1_000_000)}


def read_money(text: str) -> Money | None:
    """An amount in naira as people type it: `1.5k`, `2k`, `1,250`, `#1250`, `N1250`, `₦1,250.50`, `1250 naira`; or None.

    A negative amount, a third decimal, or anything besides the amount gives None.
    """
    found = _MONEY.fullmatch(clean(text[:64]).strip())
    if not found:
        return None
    whole, decimals, scale = found.groups()
    if "," in whole and not re.fullmatch(r"\d{1,3}(?:,\d{3})+", whole):
        return None
    amount = Decimal(whole.replace(",", "") + (decimals or "")) * _THOUSANDS.get((scale or "").lower(), Decimal(1))
    return Money.from_naira(amount)


# --------------------------------------------------------------------------------------------------------- telephones


def read_phone(text: str, region: str = "NG") -> str | None:
    """A telephone number as E.164 (`+2348031234567`), or None when it is not a valid one.

    Takes national and international forms, digits of any script, a leading 00, a WhatsApp id without plus and a
    `whatsapp:` or `tel:` prefix. A foreign number is valid: relatives abroad order too.
    """
    import phonenumbers  # 60 ms to import: only for those who read numbers

    if len(text) > 64:
        return None
    raw = clean(text).strip()
    for prefix in ("whatsapp:", "tel:"):
        if raw.lower().startswith(prefix):
            raw = raw[len(prefix) :].strip()
    digits = re.sub(r"\D", "", raw)
    if any(character.isalpha() for character in raw):
        return None
    if not 7 <= len(digits) <= 18:
        return None
    if raw.startswith("00"):
        raw = "+" + digits[2:]
    candidates = [raw] if raw.startswith("+") or digits.startswith("0") else [raw, "+" + digits]
    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None
