"""One stored message in words, as staff read it: what a customer sent, and what was sent to them. Pure.

Payloads of customers are what Meta delivered, so anything may be missing or chosen by a stranger; nothing here raises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.wire import a_list, a_text

TEXT_MAX = 4096  # characters shown of one message
NAME_MAX = 200
ROWS_SHOWN = 10
CHANGED = "(changed what they wrote)"
FORGOTTEN = "(hidden: it looked like a password)"
FILES = frozenset({"image", "audio", "voice", "video", "document", "sticker"})
# What asks nothing of anybody and would only be noise in a thread.
HIDDEN = ("system", "user_preferences", "user_id_update", "revoke", "pin", "poll_update", "request_welcome", "ephemeral")


@dataclass(frozen=True, slots=True)
class Words:
    """`kind`: text, image, audio, video, document, sticker, location, contact, interactive, template, reaction, basket or
    WhatsApp's own word for what we do not know."""

    kind: str
    text: str
    filename: str = ""


def received(kind: str, payload_json: str) -> Words:
    """What a customer sent."""
    payload = _object(payload_json)
    if kind in FILES:
        part = _part(payload, kind) or _part(payload, "audio")
        shown = "audio" if kind == "voice" else kind
        return Words(shown, _cut(a_text(part.get("caption"))), a_text(part.get("filename"))[:NAME_MAX])
    reader = _RECEIVED.get(kind)
    return reader(payload) if reader else Words(kind, "")


def _text(payload: Mapping[str, Any]) -> Words:
    if payload.get("forgotten") is True:  # `inbox.forget_text`
        return Words("text", FORGOTTEN)
    return Words("text", _cut(a_text(_part(payload, "text").get("body"))))


def _edit(payload: Mapping[str, Any]) -> Words:
    """The words as they are now; the first ones stay where they were said."""
    message = _part(_part(payload, "edit"), "message")
    part = _part(message, a_text(message.get("type")))
    return Words("text", _cut(f"{CHANGED} {a_text(part.get('body')) or a_text(part.get('caption'))}".strip()))


def _tap(payload: Mapping[str, Any]) -> Words:
    part = _part(payload, "interactive")
    answer = _part(part, a_text(part.get("type")))
    return Words("interactive", _cut(a_text(answer.get("title")) or a_text(answer.get("name"))))


def _button(payload: Mapping[str, Any]) -> Words:
    return Words("interactive", _cut(a_text(_part(payload, "button").get("text"))))


def _location(payload: Mapping[str, Any]) -> Words:
    part = _part(payload, "location")
    at = [part.get(key) for key in ("latitude", "longitude")]
    place = ", ".join(f"{each:.5f}" for each in at if isinstance(each, int | float) and not isinstance(each, bool))
    return Words("location", _cut(" · ".join(t for t in (a_text(part.get("name")), a_text(part.get("address")), place) if t)))


def _contacts(payload: Mapping[str, Any]) -> Words:
    shown = []
    for card in a_list(payload.get("contacts"))[:5]:
        if isinstance(card, Mapping):
            phones = [a_text(_mapping(phone).get("phone")) for phone in a_list(card.get("phones"))[:5]]
            shown.append(" ".join(t for t in (a_text(_part(card, "name").get("formatted_name")), *phones) if t))
    return Words("contact", _cut("\n".join(t for t in shown if t)))


def _basket(payload: Mapping[str, Any]) -> Words:
    part = _part(payload, "order")
    items = [_mapping(item) for item in a_list(part.get("product_items"))[:20]]
    lines = [f"{a_text(item.get('quantity'))} × {a_text(item.get('product_retailer_id'))}" for item in items]
    return Words("basket", _cut("\n".join([*lines, a_text(part.get("text"))]).strip()))


def _reaction(payload: Mapping[str, Any]) -> Words:
    return Words("reaction", a_text(_part(payload, "reaction").get("emoji"))[:16])


_RECEIVED = {
    "text": _text,
    "edit": _edit,
    "interactive": _tap,
    "button": _button,
    "location": _location,
    "contacts": _contacts,
    "order": _basket,
    "reaction": _reaction,
}


# --------------------------------------------------------------------------------------------------- what we said


def sent(payload_json: str) -> Words:
    """What was, or is to be, sent to a customer. Buttons and rows stand below the words, each in brackets."""
    payload = _object(payload_json)
    kind = a_text(payload.get("type"))
    part = _part(payload, kind)
    if kind == "interactive":
        return Words("interactive", _cut("\n".join([a_text(_part(part, "body").get("text")), *_choices(part)])))
    if kind == "template":
        values = [
            a_text(_mapping(each).get("text"))
            for c in a_list(part.get("components"))
            for each in a_list(_mapping(c).get("parameters"))
        ]
        return Words("template", _cut(": ".join(t for t in (a_text(part.get("name")), ", ".join(values)) if t)))
    return Words(
        kind or "text", _cut(a_text(part.get("body")) or a_text(part.get("caption"))), a_text(part.get("filename"))[:NAME_MAX]
    )


def _choices(part: Mapping[str, Any]) -> list[str]:
    action = _part(part, "action")
    buttons = [a_text(_part(_mapping(each), "reply").get("title")) for each in a_list(action.get("buttons"))]
    rows = [a_text(_mapping(row).get("title")) for s in a_list(action.get("sections")) for row in a_list(_mapping(s).get("rows"))]
    link = a_text(_part(action, "parameters").get("display_text"))
    return [f"[{title}]" for title in (*buttons, *rows, link) if title][:ROWS_SHOWN]


def _object(text: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _mapping(value.get(key))


def _cut(text: str) -> str:
    text = text.replace("\x00", "")
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
