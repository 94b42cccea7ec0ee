"""What a webhook's raw body says about money: a hint of what to ask the provider, never believed.

Paystack sends `{event, data}`. Flutterwave sends three shapes to one address: `{event, data}`, a flat charge in camelCase
without an event name, and a flat refund in PascalCase without one. Neither has an event id, so `dedupe_key` is made of what the
event is about, with its status: the same payment goes from pending to successful under one id.
Source: paystack.com/docs/payments/webhooks, developer.flutterwave.com/docs/webhooks and /docs/refunds, read November 2026.

Pure. Every function takes any JSON value; only ValueError is raised, and only for a body that is no JSON object within the limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from models.values import Money
from models.wire import WORD_MAX

BODY_MAX = 256 * 1024  # bytes; real events are below 10 KB
DEPTH_MAX = 32
ID_MAX = 100  # characters
EMAIL_MAX = 254
KOBO_MAX = 10**15

Kind = Literal["charge", "refund", "dispute", "transfer_rejected", "other"]


@dataclass(frozen=True, slots=True)
class Told:
    """One event. Texts are printable ASCII or empty; `transaction_id` is the provider's, up to 64 bits as digits.

    `name`: the event's own name ("charge.success"), "" for Flutterwave's flat shapes. `raw_status`: the provider's word.
    `amount`: of the event (charged, refunded, disputed, sent), None when it cannot be read. `refund_id`: of a refund; `dispute_id`: of a
    dispute, where it has one of its own: a payment may be disputed again.
    `mode`: "test" or "live" where the event says so, else "". `email` serves to match a rejected transfer, which names nothing else.
    """

    kind: Kind
    reference: str
    transaction_id: str
    raw_status: str
    amount: Money | None
    dedupe_key: str
    email: str = field(default="", repr=False)
    name: str = ""
    refund_id: str = ""
    mode: str = ""
    dispute_id: str = ""


def read(provider: str, raw: bytes) -> Told:
    """The event in a body of "paystack" or "flutterwave". Raises ValueError for a body that is none, or another provider."""
    if provider == "paystack":
        return paystack(raw)
    if provider == "flutterwave":
        return flutterwave(raw)
    raise ValueError("no such provider")


# ------------------------------------------------------------------------------------------------------------ Paystack


def paystack(raw: bytes) -> Told:
    """The event in Paystack's body. Events that are no business of ours are "other"."""
    body = json_object(raw)
    name, data = _word(body.get("event")), _dict(body.get("data"))
    if name == "charge.success":
        return _made(
            "charge",
            name,
            raw,
            reference=an_id(data.get("reference")),
            transaction_id=an_id(data.get("id")),
            status=_word(data.get("status")),
            amount=of_kobo(data.get("amount"), data.get("currency")),
            email=_email(data),
            mode=_mode(data),
        )
    if name.startswith("refund."):
        return _paystack_refund(name, raw, data)
    if name.startswith("charge.dispute."):
        return _paystack_dispute(name, raw, data)
    if name == "bank.transfer.rejected":
        return _paystack_rejected(name, raw, data)
    return _other(name, raw, data)


def _paystack_refund(name: str, raw: bytes, data: dict[str, Any]) -> Told:
    transaction = data.get("transaction")
    about = _dict(transaction)
    return _made(
        "refund",
        name,
        raw,
        reference=an_id(data.get("transaction_reference")) or an_id(about.get("reference")),
        transaction_id=an_id(about.get("id")) or an_id(transaction),
        status=_word(data.get("status")) or name.removeprefix("refund."),
        amount=of_kobo(data.get("amount"), data.get("currency")),
        email=_email(data),
        refund_id=an_id(data.get("id")) or an_id(data.get("refund_reference")),
        mode=_mode(data),
    )


def _paystack_dispute(name: str, raw: bytes, data: dict[str, Any]) -> Told:
    about = _dict(data.get("transaction"))
    return _made(
        "dispute",
        name,
        raw,
        reference=an_id(about.get("reference")) or an_id(data.get("transaction_reference")),
        transaction_id=an_id(about.get("id")),
        status=_word(data.get("status")),
        amount=of_kobo(data.get("refund_amount"), data.get("currency")) or of_kobo(about.get("amount"), about.get("currency")),
        email=_email(data),
        mode=_mode(data) or _mode(about),
        dispute_id=an_id(data.get("id")),
    )


def _paystack_rejected(name: str, raw: bytes, data: dict[str, Any]) -> Told:
    """A transfer of the wrong amount, which Paystack sends back. It has no reference of ours."""
    transfer = _dict(data.get("bank_transfer"))
    return _made(
        "transfer_rejected",
        name,
        raw,
        reference=an_id(transfer.get("reference")) or an_id(data.get("reference")),
        transaction_id=an_id(transfer.get("transaction_id")),
        status=_word(transfer.get("message_type")).lower(),
        amount=of_kobo(transfer.get("amount"), transfer.get("currency")),
        email=_email(data),
        mode=_mode(data) or _mode(_dict(data.get("customer"))),
    )


# --------------------------------------------------------------------------------------------------------- Flutterwave


def flutterwave(raw: bytes) -> Told:
    """The event in Flutterwave's body, in any of its three shapes."""
    body = json_object(raw)
    name, data = _word(body.get("event")), _dict(body.get("data"))
    sort = name.lower() or _word(body.get("event.type")).lower()
    about = data or body
    if "AmountRefunded" in about or "refund" in sort:
        return _flutterwave_refund(name, raw, about)
    if "chargeback" in sort or "dispute" in sort:
        return _flutterwave_charge("dispute", name, raw, about)
    # Payouts are called transfers too ("transfer.completed", event.type "Transfer"); charges by transfer are called
    # BANK_TRANSFER_TRANSACTION.
    flat_charge = not name and ("txRef" in body or "tx_ref" in body) and sort != "transfer"
    if flat_charge or sort.startswith("charge."):
        return _flutterwave_charge("charge", name, raw, about)
    return _other(name, raw, about)


def _flutterwave_charge(kind: Kind, name: str, raw: bytes, data: dict[str, Any]) -> Told:
    return _made(
        kind,
        name,
        raw,
        # The flat shape and the other tell of the same payment: one key for both.
        key_name=kind,
        reference=an_id(data.get("tx_ref")) or an_id(data.get("txRef")),
        transaction_id=an_id(data.get("id")),
        status=_word(data.get("status")),
        amount=of_naira(data.get("amount"), data.get("currency")),
        email=_email(data),
        mode=_mock(data),
    )


def _flutterwave_refund(name: str, raw: bytes, data: dict[str, Any]) -> Told:
    def first(*keys: str) -> Any:
        return next((data[key] for key in keys if data.get(key) is not None), None)

    return _made(
        "refund",
        name,
        raw,
        key_name="refund",
        reference=an_id(first("tx_ref", "txRef")),
        transaction_id=an_id(first("TransactionId", "tx_id", "transaction_id", "transactionId")),
        status=_word(data.get("status")),
        amount=of_naira(first("AmountRefunded", "amount_refunded", "amount"), data.get("currency")),
        email=_email(data),
        refund_id=an_id(data.get("id")),
        mode=_mock(data),
    )


# ------------------------------------------------------------------------------------------------------ values of bodies


def json_object(raw: bytes, *, limit: int = BODY_MAX) -> dict[str, Any]:
    """A JSON object of bounded size and depth, its fractions exact (Decimal). Raises ValueError for anything else."""
    if len(raw) > limit:
        raise ValueError("the body is too long")
    try:
        body = json.loads(raw, parse_float=_decimal, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("the body is nested too deep") from error
    if not isinstance(body, dict):
        raise ValueError("the body is no object")
    level: list[Any] = [body]
    for _ in range(DEPTH_MAX):
        inner = [value.values() if isinstance(value, dict) else value for value in level]
        level = [item for values in inner for item in values if isinstance(item, (dict, list))]
        if not level:
            return body
    raise ValueError("the body is nested too deep")


def of_kobo(value: Any, currency: Any = "NGN") -> Money | None:
    """Money from an amount in kobo given as int, text or fraction-less decimal; None for anything else, negatives too."""
    amount = _number(value)
    if amount is None or amount != amount.to_integral_value():
        return None
    return Money(int(amount), a_currency(currency))


def of_naira(value: Any, currency: Any = "NGN") -> Money | None:
    """Money from an amount in naira, whatever JSON made of it. Parts of a kobo are noise of floats: rounded half-even."""
    amount = _number(value)
    return None if amount is None else Money(Money.from_naira(amount).kobo, a_currency(currency))


def a_currency(value: Any) -> str:
    """A three-letter code in capitals; NGN for nothing; "?" for what is no code, so that it equals no currency."""
    if value is None or value == "":
        return "NGN"
    text = value.upper() if isinstance(value, str) else ""
    return text if len(text) == 3 and text.isascii() and text.isalpha() else "?"


def an_id(value: Any) -> str:
    """A provider's id or a reference as text: printable ASCII without spaces of at most 100 characters, else ""."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() and abs(value) < KOBO_MAX else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return str(value)
    text = value if isinstance(value, str) else ""
    return text if 0 < len(text) <= ID_MAX and text.isascii() and text.isprintable() and " " not in text else ""


def _number(value: Any) -> Decimal | None:
    """A decimal of at least zero and below the limit, without rounding on the way."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        plain = value.strip()
        whole, _, part = plain.partition(".")
        if len(plain) > 24 or not (plain.isascii() and whole.isdigit() and (part.isdigit() or plain == whole)):
            return None
        value = Decimal(plain)
    elif isinstance(value, int):
        value = Decimal(value) if abs(value) < KOBO_MAX else None
    elif isinstance(value, float):
        value = Decimal(str(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    # Compared by its exponent first: 1e999999 must not be written out.
    if value.adjusted() > 14 or value.adjusted() < -30 or value < 0:
        return Decimal(0) if value == 0 else None
    return value


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if len(text) <= 60 else None
    except ArithmeticError:  # an exponent that no Decimal can hold
        return None


def _no_number(text: str) -> None:
    raise ValueError("NaN and the infinities are no JSON")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= WORD_MAX and text.isascii() and text.isprintable() else ""


def _email(data: dict[str, Any]) -> str:
    text = _dict(data.get("customer")).get("email")
    usable = isinstance(text, str) and "@" in text and len(text) <= EMAIL_MAX and text.isascii() and text.isprintable()
    return str(text) if usable else ""


def _mode(data: dict[str, Any]) -> str:
    domain = data.get("domain")
    return domain if isinstance(domain, str) and domain in ("test", "live") else ""


def _mock(data: dict[str, Any]) -> str:
    """Flutterwave names no mode; references of its sandbox begin with FLW-MOCK."""
    reference = data.get("flw_ref") or data.get("flwRef") or data.get("FlwRef")
    return "test" if isinstance(reference, str) and "FLW-MOCK" in reference[:200].upper() else ""


def _made(
    kind: Kind,
    name: str,
    raw: bytes,
    *,
    reference: str,
    transaction_id: str,
    status: str,
    amount: Money | None,
    email: str,
    key_name: str = "",
    refund_id: str = "",
    mode: str = "",
    dispute_id: str = "",
) -> Told:
    """A key of ids alone when there are any; the amount tells partial refunds apart."""
    about = refund_id or dispute_id or transaction_id
    parts = [key_name or name, about, status, reference if reference != about else ""]
    if kind in ("refund", "transfer_rejected"):
        parts += [transaction_id if transaction_id != about else "", str(amount.kobo) if amount else ""]
    if not (about or reference):
        parts.append(sha256(raw).hexdigest())
    return Told(kind, reference, transaction_id, status, amount, ":".join(parts), email, name, refund_id, mode, dispute_id)


def _other(name: str, raw: bytes, data: dict[str, Any]) -> Told:
    key = f"other:{name}:{sha256(raw).hexdigest()}"
    return Told("other", "", an_id(data.get("id")), _word(data.get("status")), None, key, name=name)
