"""One stored WhatsApp message as a typed event. Pure: standard library and the vocabulary of a turn only.

Payloads are what Meta delivered, so anything may be missing, of another type, or chosen by a stranger; nothing here
raises. What cannot be used becomes `SentUnusable` with WhatsApp's type, and the flow says so in words.

Source of the shapes: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
(read November 2026).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from worker.flows.step import (
    Event,
    Happened,
    Said,
    SentBasket,
    SentContact,
    SentLocation,
    SentMedia,
    SentUnusable,
    Tapped,
)

TEXT_MAX = 65_536  # characters; the consumer app lets about as many through
LABEL_MAX = 1_024
BASKET_ITEMS_MAX = 100
QUANTITY_MAX = 9_999
PHONES_MAX = 10
FORM_JSON_MAX = 20_000

Payload = Mapping[str, Any]

_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_VCARD_TEL = re.compile(r"^TEL[^:\r\n]{0,200}:([+\d() .-]{5,40})", re.MULTILINE | re.IGNORECASE)


def read(kind: str, payload: Payload) -> Event:
    """What the customer did, from the kind and payload of a stored item. Never raises.

    Taps come as `Tapped`, also those on a template's quick-reply; media without an id, places off the globe and unknown
    kinds as `SentUnusable(kind)`. `Happened` names: `chat_opened`, `ad_clicked`, `form_answered`, `number_changed`,
    `user_id_changed`, `identity_changed`, `marketing_stopped`, `marketing_resumed`.
    """
    if not isinstance(payload, Mapping):
        return SentUnusable(kind)
    reader = READERS.get(kind)
    return reader(payload) if reader else SentUnusable(kind)


def quoted_id(payload: Payload) -> str:
    """The id of our message this one answers (a tap, a reply with quote); "" when there is none."""
    return _text(_object(payload.get("context")).get("id"))


def referral(payload: Payload) -> dict[str, str]:
    """The advertisement or post that led here (`source_id`, `source_type`, `headline`, `ctwa_clid`...), else {}."""
    keys = ("source_type", "source_id", "source_url", "headline", "body", "ctwa_clid")
    found = _object(payload.get("referral"))
    return {key: _line(found[key]) for key in keys if _line(found.get(key))}


def asked_about(payload: Payload) -> str:
    """The catalogue id of the product a message asks about ("Message business" on a product), else ""."""
    product = _object(_object(payload.get("context")).get("referred_product"))
    return _line(product.get("product_retailer_id"))


# --------------------------------------------------------------------------------------------------------- plain messages


def _said(payload: Payload) -> Event:
    body = _text(_object(payload.get("text")).get("body"))[:TEXT_MAX]
    source = referral(payload)
    return Happened("ad_clicked", source) if source and not body.strip() else Said(body)


def _media(kind: str, key: str) -> Callable[[Payload], Event]:
    def reader(payload: Payload) -> Event:
        part = _object(payload.get(key) or payload.get(kind))
        media_id = _line(part.get("id"))
        if not media_id:
            return SentUnusable(kind)
        mime_type = _line(part.get("mime_type")).partition(";")[0].strip().lower()
        filename = re.split(r"[/\\]", _line(part.get("filename")))[-1]
        caption = _text(part.get("caption"))[:TEXT_MAX]
        return SentMedia(kind, media_id, mime_type, caption, filename, _line(part.get("sha256")))

    return reader


def _location(payload: Payload) -> Event:
    part = _object(payload.get("location"))
    latitude, longitude = _degrees(part.get("latitude"), 90), _degrees(part.get("longitude"), 180)
    if latitude is None or longitude is None:
        return SentUnusable("location")
    return SentLocation(latitude, longitude, _line(part.get("name")), _line(part.get("address")))


def _contacts(payload: Payload) -> Event:
    """The first card that has a phone number, else the first card."""
    listed = payload.get("contacts")
    cards = [card for card in listed if isinstance(card, Mapping)] if isinstance(listed, list) else []
    if not cards:
        return SentUnusable("contacts")
    card = next((card for card in cards if _phones(card)), cards[0])
    name = _object(card.get("name"))
    words = _line(name.get("formatted_name")) or f"{_line(name.get('first_name'))} {_line(name.get('last_name'))}".strip()
    return SentContact(words, _phones(card), own=card.get("origin") == "contact_request")


def _phones(card: Payload) -> tuple[str, ...]:
    """As digits; with a plus where WhatsApp knows the account or the card has it."""
    listed = card.get("phones")
    phones = [phone for phone in listed if isinstance(phone, Mapping)] if isinstance(listed, list) else []
    known = [_digits(phone.get("wa_id")).removeprefix("+") for phone in phones]
    found = [f"+{wa_id}" if wa_id else _digits(phone.get("phone")) for wa_id, phone in zip(known, phones, strict=True)]
    if not any(found):
        found = [_digits(number) for number in _VCARD_TEL.findall(_text(card.get("vcard"))[:TEXT_MAX])]
    return tuple(dict.fromkeys(phone for phone in found if phone))[:PHONES_MAX]


def _order(payload: Payload) -> Event:
    part = _object(payload.get("order"))
    listed = part.get("product_items")
    items = []
    for item in listed if isinstance(listed, list) else []:
        product, quantity = _object(item), _whole(_object(item).get("quantity"))
        if quantity and _line(product.get("product_retailer_id")):
            items.append((_line(product["product_retailer_id"]), min(quantity, QUANTITY_MAX)))
    if not items:
        return SentUnusable("order")
    return SentBasket(tuple(items[:BASKET_ITEMS_MAX]), _text(part.get("text"))[:TEXT_MAX])


def _welcome(payload: Payload) -> Event:
    return Happened("chat_opened", referral(payload))


def _unsupported(payload: Payload) -> Event:
    return SentUnusable(_line(_object(payload.get("unsupported")).get("type")) or "unsupported")


# ----------------------------------------------------------------------------------------------------------- interactive


def _interactive(payload: Payload) -> Event:
    part = _object(payload.get("interactive"))
    kind = _line(part.get("type"))
    if kind in ("button_reply", "list_reply"):
        answer = _object(part.get(kind))
        return _tap(_text(answer.get("id")), _line(answer.get("title")))
    if kind == "nfm_reply":
        return _form(_object(part.get("nfm_reply")))
    return SentUnusable(kind or "interactive")


def _button(payload: Payload) -> Event:
    part = _object(payload.get("button"))
    title = _line(part.get("text"))
    return _tap(_text(part.get("payload")) or title, title)


def _tap(id_: str, title: str) -> Event:
    """A tap whose id got lost still has the words the customer saw."""
    if id_.strip():
        return Tapped(id_[:LABEL_MAX], title)
    return Said(title) if title else SentUnusable("interactive")


def _form(part: Payload) -> Event:
    """A filled-in form. `answers` is whatever the customer's device sent: untrusted."""
    text = _text(part.get("response_json"))
    try:
        answers = _clean(json.loads(text, parse_constant=lambda _: None)) if len(text) <= FORM_JSON_MAX else None
    except (ValueError, RecursionError):
        answers = None
    if not isinstance(answers, dict):
        return SentUnusable("nfm_reply")
    return Happened("form_answered", {"name": _line(part.get("name")), "answers": answers})


# ------------------------------------------------------------------------------------------------ the customer's record


def _system(payload: Payload) -> Event:
    """A changed number regenerates the user id as well, so each event may carry both."""
    part = _object(payload.get("system"))
    kind = _line(part.get("type"))
    data = {
        "old_number": _digits(payload.get("from")) or _digits(part.get("customer")),
        "new_number": _digits(part.get("wa_id")) or _digits(part.get("new_wa_id")),
        "old_user_id": _line(part.get("previous_user_id")) or _line(payload.get("from_user_id")),
        "new_user_id": _line(part.get("user_id")),
    }
    data = {key: value for key, value in data.items() if value}
    if kind in ("user_changed_number", "customer_changed_number") and "new_number" in data:
        return Happened("number_changed", data)
    if kind in ("user_changed_number", "user_changed_user_id") and "new_user_id" in data:
        return Happened("user_id_changed", data)
    if kind in ("customer_identity_changed", "user_identity_changed"):
        return Happened("identity_changed", data)
    return SentUnusable("system")


def _user_id_update(payload: Payload) -> Event:
    change = _object(payload.get("user_id"))
    if not _line(change.get("current")):
        return SentUnusable("user_id_update")
    data = {"old_user_id": _line(change.get("previous")), "new_user_id": _line(change.get("current"))}
    return Happened("user_id_changed", data)


def _preference(payload: Payload) -> Event:
    """The customer's own switch for marketing messages. Service messages are not concerned."""
    name = {"stop": "marketing_stopped", "resume": "marketing_resumed"}.get(_line(payload.get("value")).lower())
    return Happened(name, {"category": _line(payload.get("category"))}) if name else SentUnusable("user_preferences")


# ---------------------------------------------------------------------------------------------------------- small values


def _object(value: Any) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    """A string with what PostgreSQL cannot store replaced; a whole number as its digits; anything else as nothing."""
    if isinstance(value, str):
        return _UNREADABLE.sub("\ufffd", value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40 else ""


def _line(value: Any) -> str:
    return " ".join(_text(value)[: 4 * LABEL_MAX].split())[:LABEL_MAX]


def _clean(value: Any) -> Any:
    """The same JSON with every string storable. Raises RecursionError for absurd nesting."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value if not isinstance(value, float) or isfinite(value) else None


def _digits(value: Any) -> str:
    """5 to 20 digits, a leading plus kept; else ""."""
    text = _text(value)[:80].strip()
    digits = "".join(c for c in text if c in "0123456789")
    return ("+" if text.startswith("+") else "") + digits if 5 <= len(digits) <= 20 else ""


def _degrees(value: Any, limit: int) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value[:40])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= limit:
        return None
    return float(value) if isfinite(value) else None


def _whole(value: Any) -> int:
    if isinstance(value, str):
        value = int(value) if len(value) <= 9 and value.isascii() and value.isdigit() else 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return int(value) if 1 <= value < 1_000_000_000 and value == int(value) else 0


READERS: dict[str, Callable[[Payload], Event]] = {
    "text": _said,
    "image": _media("image", "image"),
    "video": _media("video", "video"),
    "document": _media("document", "document"),
    "audio": _media("audio", "audio"),
    "voice": _media("audio", "voice"),
    "sticker": _media("sticker", "sticker"),
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
    "request_welcome": _welcome,
    "unsupported": _unsupported,
    "system": _system,
    "user_id_update": _user_id_update,
    "user_preferences": _preference,
}
