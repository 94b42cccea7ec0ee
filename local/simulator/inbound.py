"""Webhook payloads in Meta's shape, as plain dicts: every kind of inbound message, statuses, and the envelope around them.

Pure functions, used by the simulator, the tests and the benchmarks. A message is built from a `Sender` and a content
(`text("hi")`, `image("123")`, ...) with `message`, a status with `status`; `envelope` puts any number of them into one POST and
`signed` gives the exact bytes and headers.

Source: Meta, webhooks/reference/messages/* and business-scoped-user-ids (read 2026-11-22).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.simulator import wire

Json = dict[str, Any]
FromForm = Literal["number", "missing", "empty", "bsuid"]

PHONE_NUMBER_ID = "106540352242922"
DISPLAY_NUMBER = "2348000000000"
WABA_ID = "102290129340398"


@dataclass(frozen=True, slots=True)
class Sender:
    """A customer. `number` is digits without plus, `bsuid` like `NG.1349…`; one of them is needed.

    `from_form` says what stands in `from` and `wa_id`: the number, nothing at all, an empty string, or the BSUID. Without a
    number the keys are missing unless another form is asked for.
    """

    number: str = ""
    bsuid: str = ""
    name: str = "Ada Obi"
    username: str = ""
    parent_bsuid: str = ""
    from_form: FromForm = "number"

    @property
    def key(self) -> str:
        """What the simulator knows the customer by: the number, else the BSUID."""
        return self.number or self.bsuid

    def identity(self, name: str) -> Json:
        """The `from` or `wa_id` entry, in the form asked for."""
        form = "missing" if self.from_form == "number" and not self.number else self.from_form
        return {"number": {name: self.number}, "empty": {name: ""}, "bsuid": {name: self.bsuid}}.get(form, {})

    def contact(self) -> Json:
        profile = {"name": self.name} | ({"username": self.username} if self.username else {})
        return {"profile": profile, **self.identity("wa_id"), **self._user_ids("user_id", "parent_user_id")}

    def _user_ids(self, own: str, parent: str) -> Json:
        found = {own: self.bsuid} if self.bsuid else {}
        return found | ({parent: self.parent_bsuid} if self.parent_bsuid else {})


@dataclass(frozen=True, slots=True)
class Update:
    """One message or status on its way to the webhook. `field` other than `messages` carries its whole `value`."""

    payload: Json
    contact: Json | None = None
    kind: Literal["messages", "statuses", "value"] = "messages"
    field: str = "messages"

    @property
    def id(self) -> str:
        return str(self.payload.get("id", ""))


# --------------------------------------------------------------------------------------------------- contents


def text(body: str) -> Json:
    return {"type": "text", "text": {"body": body}}


def media(kind: str, media_id: str, mime_type: str, sha256: str = "", **more: Any) -> Json:
    """image, video, document, audio or sticker; `more`: caption, filename, url, voice, animated. None values are left out."""
    inner = {"mime_type": mime_type, "sha256": sha256 or "wvqXMe6n7n1W0zphvLPoLj+s/NtKqmr3zZ7YzTP7xFI=", "id": media_id}
    return {"type": kind, kind: {**{k: v for k, v in more.items() if v is not None}, **inner}}


def image(media_id: str, caption: str | None = None, mime_type: str = "image/jpeg", **more: Any) -> Json:
    return media("image", media_id, mime_type, caption=caption, **more)


def document(media_id: str, filename: str, caption: str | None = None, mime_type: str = "application/pdf", **more: Any) -> Json:
    return media("document", media_id, mime_type, caption=caption, filename=filename, **more)


def audio(media_id: str, voice: bool = True, mime_type: str = "audio/ogg; codecs=opus", **more: Any) -> Json:
    return media("audio", media_id, mime_type, voice=voice, **more)


def legacy_voice(media_id: str, **more: Any) -> Json:
    """The old name of a voice note: type `voice`."""
    return media("voice", media_id, "audio/ogg; codecs=opus", **more)


def video(media_id: str, caption: str | None = None, mime_type: str = "video/mp4", **more: Any) -> Json:
    return media("video", media_id, mime_type, caption=caption, **more)


def sticker(media_id: str, animated: bool = False, **more: Any) -> Json:
    return media("sticker", media_id, "image/webp", animated=animated, **more)


def location(latitude: float | str, longitude: float | str, name: str = "", address: str = "", url: str = "") -> Json:
    more = {k: v for k, v in (("name", name), ("address", address), ("url", url)) if v}
    return {"type": "location", "location": {**more, "latitude": latitude, "longitude": longitude}}


def contacts(name: str, phones: Sequence[str], *, requested: bool = False) -> Json:
    """A shared contact card; `requested` marks the answer to our request for the customer's own number."""
    card: Json = {"name": {"first_name": name, "formatted_name": name}}
    card["phones"] = [{"phone": p, "wa_id": "".join(c for c in p if c.isdigit()), "type": "MOBILE"} for p in phones]
    return {"type": "contacts", "contacts": [card | ({"origin": "contact_request"} if requested else {})]}


def button_reply(button_id: str, title: str) -> Json:
    return {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": button_id, "title": title}}}


def list_reply(row_id: str, title: str, description: str = "") -> Json:
    row = {"id": row_id, "title": title} | ({"description": description} if description else {})
    return {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": row}}


def nfm_reply(response: Any = None, *, raw: str | None = None, body: str = "Sent") -> Json:
    """The answer to a flow. `response` is put in as a JSON string; `raw` instead puts in any text, also an invalid one."""
    inner: Json = {"name": "flow", "body": body}
    if raw is not None or response is not None:
        inner["response_json"] = raw if raw is not None else json.dumps(response)
    return {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": inner}}


def call_permission_reply(response: str = "accept") -> Json:
    inner = {"response": response, "expiration_timestamp": str(int(time.time()) + 604800), "response_source": "user_action"}
    return {"type": "interactive", "interactive": {"type": "call_permission_reply", "call_permission_reply": inner}}


def button(label: str, payload: str = "") -> Json:
    """A tap on a template's quick-reply button."""
    return {"type": "button", "button": {"payload": payload or label, "text": label}}


def reaction(message_id: str, emoji: str | None = "\U0001f44d") -> Json:
    """`emoji` None or "" takes a reaction back: the key absent, or empty."""
    return {"type": "reaction", "reaction": {"message_id": message_id} | ({} if emoji is None else {"emoji": emoji})}


def order(
    items: Sequence[tuple[str, int, float]], text: str = "", currency: str = "NGN", catalog_id: str = "194836987003835"
) -> Json:
    """A basket from the WhatsApp catalogue: (retailer id, quantity, price as the client says)."""
    names = ("product_retailer_id", "quantity", "item_price")
    products = [{**dict(zip(names, item, strict=True)), "currency": currency} for item in items]
    return {"type": "order", "order": {"catalog_id": catalog_id, "text": text, "product_items": products}}


def system(body: str, kind: str = "user_changed_number", **more: Any) -> Json:
    """`more`: wa_id, new_wa_id, user_id. System messages come without contacts."""
    return {"type": "system", "system": {"body": body, "type": kind, **more}}


def unsupported(kind: str = "poll_creation", code: int = 131051) -> Json:
    error = {"code": code, "title": "Message type unknown", "message": "Message type unknown"}
    error["error_data"] = {"details": "Message type is currently not supported."}
    return {"type": "unsupported", "errors": [error], "unsupported": {"type": kind}}


def edit(original_id: str, new: Json) -> Json:
    return {"type": "edit", "edit": {"original_message_id": original_id, "message": new}}


def revoke(original_id: str) -> Json:
    return {"type": "revoke", "revoke": {"original_message_id": original_id}}


def request_welcome() -> Json:
    return {"type": "request_welcome"}


def referral(headline: str = "Refill in minutes", source_id: str = "120226305854810726") -> Json:
    """What an advert adds to the first message of a customer who came from it."""
    return {
        "source_url": "https://fb.me/3cr4Wqqkv",
        "source_id": source_id,
        "source_type": "ad",
        "headline": headline,
        "body": "Order your medicines on WhatsApp",
        "media_type": "image",
        "image_url": "https://scontent.xx.fbcdn.net/v/t45.1",
        "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEgpGo0AHemvuSoifXaytfTzcchptiErTKCqTrJ5nW1h7IHYe",
        "welcome_message": {"text": "Hi! How can we help?"},
    }


# --------------------------------------------------------------------------------------------------- updates


def message(
    sender: Sender,
    content: Mapping[str, Any],
    *,
    id: str | None = None,
    at: float | None = None,
    reply_to: str | None = None,
    forwarded: bool = False,
    referral: Json | None = None,
    group_id: str | None = None,
    business: str = DISPLAY_NUMBER,
) -> Update:
    """One inbound message. `at` in unix seconds; `reply_to` is the id of ours that was tapped or quoted."""
    found: Json = {}
    if reply_to is not None:
        found["context"] = {"from": business, "id": reply_to}
    elif forwarded:
        found["context"] = {"forwarded": True}
    if referral is not None:
        found["referral"] = referral
    found |= sender.identity("from")
    if sender.bsuid:
        found["from_user_id"] = sender.bsuid
    if sender.parent_bsuid:
        found["from_parent_user_id"] = sender.parent_bsuid
    if group_id is not None:
        found["group_id"] = group_id
    found["id"] = id or wire.message_id(sender.key)
    found["timestamp"] = str(int(time.time() if at is None else at))
    found |= content
    bare = found.get("type") in ("system", "request_welcome")
    return Update(found, None if bare else sender.contact())


def status(
    message_id: str,
    name: str,
    *,
    number: str = "",
    bsuid: str = "",
    at: float | None = None,
    callback_data: str | None = None,
    errors: Sequence[Json] = (),
    pricing: str | None = "service",
    contact: Json | None = None,
) -> Update:
    """A status of a message of ours: sent, delivered, read, played, failed, deleted. `pricing` is the category or None."""
    found: Json = {"id": message_id, "status": name, "timestamp": str(int(time.time() if at is None else at))}
    if number:
        found["recipient_id"] = number
    if bsuid:
        found["recipient_user_id"] = bsuid
    if pricing and name in ("sent", "delivered", "read"):
        free = pricing == "service"
        kind = "free_customer_service" if free else "regular"
        found["pricing"] = {"billable": not free, "pricing_model": "PMP", "category": pricing, "type": kind}
    if errors:
        found["errors"] = list(errors)
    if callback_data is not None:
        found["biz_opaque_callback_data"] = callback_data
    return Update(found, contact, "statuses")


def change(field: str, value: Json) -> Update:
    """An update of another webhook field (`account_update`, `user_preferences`, `history`, ...)."""
    return Update(value, None, "value", field)


# --------------------------------------------------------------------------------------------------- envelope


def envelope(
    updates: Iterable[Update],
    *,
    phone_number_id: str = PHONE_NUMBER_ID,
    display_number: str = DISPLAY_NUMBER,
    waba_id: str = WABA_ID,
) -> Json:
    """One webhook body with all updates: messages in one change, statuses in another, other fields in their own.

    Keys that do not apply are absent. The same contact is listed once.
    """
    changes: list[Json] = []
    open_changes: dict[str, Json] = {}
    listed: set[tuple[str, Any, Any]] = set()
    for update in updates:
        if update.kind == "value":
            changes.append({"value": update.payload, "field": update.field})
            continue
        value = open_changes.get(update.kind)
        if value is None:
            metadata = {"display_phone_number": display_number, "phone_number_id": phone_number_id}
            value = open_changes[update.kind] = {"messaging_product": "whatsapp", "metadata": metadata}
            changes.append({"value": value, "field": "messages"})
        if update.contact is not None:
            who = (update.kind, update.contact.get("wa_id"), update.contact.get("user_id"))
            if who not in listed:
                listed.add(who)
                value.setdefault("contacts", []).append(update.contact)
        value.setdefault(update.kind, []).append(update.payload)
    return {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": changes}]}


def signed(body: Json | bytes, app_secret: str) -> tuple[bytes, dict[str, str]]:
    """Exact bytes and headers of a webhook POST."""
    raw = body if isinstance(body, bytes) else wire.encode(body)
    return raw, wire.headers(app_secret, raw)
