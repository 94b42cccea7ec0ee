"""A webhook body taken apart: which messages and statuses came, whose they are, what may be done with each.

Nothing here interprets what a customer said (`worker.whatsapp.inbound` does). The front door calls `split` for every
request, so it is standard library only, quick (some 20 µs for one text), and never raises on any JSON value: what is
broken becomes a quarantined item with as much identity as it has.

Source of the shapes: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference and
.../business-scoped-user-ids and .../changelog (read November 2026).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from models.wire import (
    EXTERNAL_ID_MAX,
    a_bsuid,
    a_list,
    a_number,
    a_text,
    a_word,
    clean_detail,
    clean_name,
    external_id,
    is_usable_id,
    last_resort_id,
    storable_json,
    synthetic_id,
    unix_seconds,
)

# What a bot may answer. Everything else is kept and stays silent: a reaction needs no reply, an edit must not run a turn.
ANSWERABLE = frozenset({"text", "image", "video", "document", "audio", "voice", "sticker", "location", "contacts"})
ANSWERABLE |= {"interactive", "button", "order", "request_welcome", "unsupported"}
# Not an answer in words, but the customer's record changes: new number, new user id, marketing stopped.
RECORD_CHANGES = frozenset({"system", "user_preferences", "user_id_update"})
# Types of `unsupported` and `interactive` that say nothing to us.
SILENT_PARTS = frozenset({"edit", "revoke", "pin", "reaction", "poll_update", "call_permission_reply"})
# Fields about our own account: kept as rows for ops. Any field not named here is only counted (`history` on purpose: old
# private chats nobody asked for).
ACCOUNT_FIELDS = frozenset({"account_alerts", "account_review_update", "account_update", "security"})
ACCOUNT_FIELDS |= {"business_capability_update", "business_username_updates", "payment_configuration_update"}
ACCOUNT_FIELDS |= {"message_template_status_update", "message_template_quality_update", "message_template_components_update"}
ACCOUNT_FIELDS |= {"template_category_update", "phone_number_name_update", "phone_number_quality_update"}
# field -> key of the list in its value, for fields whose items belong to a customer.
CUSTOMER_FIELDS = {"user_preferences": "user_preferences", "user_id_update": "user_id_update"}
CUSTOMER_FIELDS |= {"smb_message_echoes": "message_echoes", "calls": "calls"}


Contacts = dict[str, dict[str, Any]]  # by user id and by number


@dataclass(frozen=True, slots=True)
class InboundItem:
    """One message or event as it will be stored. `payload_json`: ASCII JSON that PostgreSQL's json, jsonb and text all take."""

    external_id: str
    kind: str
    disposition: str  # "handle", "store" (never answered) or "quarantine"
    reason: str  # why it is not handled; "" when it is
    bsuid: str | None
    number: str | None  # digits, no plus
    profile_name: str
    sent_at: int | None  # unix seconds
    payload_json: str
    field: str = "messages"


@dataclass(frozen=True, slots=True)
class StatusItem:
    """What became of a message of ours. `callback` is the text we sent along in biz_opaque_callback_data."""

    external_id: str
    status: str
    callback: str | None
    at: int | None
    recipient: str | None
    error_code: int | None = None
    error_title: str = ""
    error_details: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything one POST brought. `ignored` counts what is neither stored nor handled, by reason."""

    messages: list[InboundItem] = field(default_factory=list)
    statuses: list[StatusItem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)


def split(body: Any, phone_number_id: str) -> Envelope:
    """Every message and status of every change of every entry, in their order. Never raises on a JSON value.

    Changes that name another phone number than `phone_number_id` are counted as ignored.
    """
    envelope = Envelope()
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        envelope.ignored["no_entry"] += 1
        return envelope
    for entry in body["entry"]:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            envelope.ignored["no_changes"] += 1
            continue
        for change in changes:
            _change(change, entry, phone_number_id, envelope)
    return envelope


def _change(change: Any, entry: dict[str, Any], phone_number_id: str, out: Envelope) -> None:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        out.ignored["no_value"] += 1
        return
    name = a_word(change.get("field"))
    metadata = value.get("metadata")
    own = a_text(metadata.get("phone_number_id")) if isinstance(metadata, dict) else ""
    if own and own != phone_number_id:
        out.ignored["other_number"] += 1
    elif name == "messages":
        _messages(value, own, out)
    elif name in CUSTOMER_FIELDS:
        _customer_events(name, value, out)
    elif name in ACCOUNT_FIELDS:
        _keep(out, _account_event, name, {"entry": entry.get("id"), "time": entry.get("time"), "value": value}, "account_event")
    else:
        out.ignored["field:" + name] += 1


def _messages(value: dict[str, Any], own: str, out: Envelope) -> None:
    messages, statuses, contacts = a_list(value.get("messages")), a_list(value.get("statuses")), a_list(value.get("contacts"))
    # Without the id of the number we cannot know that the message is for us: kept, not answered.
    doubt = "" if own else "no_phone_number_id"
    # A contact that nothing joins to a message belongs to it only when there is one of each.
    alone = contacts[0] if len(contacts) == len(messages) == 1 else None
    index = _index(contacts)
    for message in messages:
        _keep(out, _message, message, index, alone, doubt)
    for status in statuses:
        item = _status(status) if isinstance(status, dict) else None
        if item is None:
            _keep(out, _broken, "status", status, "bad_status", "statuses")
        else:
            out.statuses.append(item)
    for error in a_list(value.get("errors")):
        _keep(out, _account_event, "errors", error, "account_event")


def _keep(out: Envelope, read: Callable[..., InboundItem], *args: Any) -> None:
    """Adds one item. One that cannot even be written down (nested too deep) must not cost the others of its batch."""
    try:
        out.messages.append(read(*args))
    except (RecursionError, ValueError, TypeError) as error:
        item = next((arg for arg in args if isinstance(arg, dict)), {})
        own, origin = a_text(item.get("id")), item.get("from")
        bsuid, at = a_bsuid(item.get("from_user_id")) or a_bsuid(origin), unix_seconds(item.get("timestamp"))
        key = own if is_usable_id(own) else last_resort_id(args)
        reason, kind = type(error).__name__, a_word(item.get("type"))
        out.messages.append(InboundItem(key, kind, "quarantine", reason, bsuid, a_number(origin), "", at, "{}"))


# ------------------------------------------------------------------------------------------------------------- messages


def _message(message: Any, contacts: Contacts, alone: Any, doubt: str) -> InboundItem:
    if not isinstance(message, dict):
        return _broken("message", message, "not_an_object", "messages")
    payload = storable_json(message)
    kind = a_word(message.get("type"))
    bsuid, number, name = _sender(message, kind, contacts, alone)
    disposition, reason = _disposition(message, kind)
    if doubt or (disposition == "handle" and bsuid is None and number is None):
        disposition, reason = "quarantine", doubt or "no_identity"
    return InboundItem(
        external_id(message, payload),
        kind,
        disposition,
        reason,
        bsuid,
        number,
        name,
        unix_seconds(message.get("timestamp")),
        payload,
    )


def _disposition(message: dict[str, Any], kind: str) -> tuple[str, str]:
    if message.get("group_id"):
        return "store", "group"
    if kind in RECORD_CHANGES:
        return "handle", ""
    if kind not in ANSWERABLE:
        return "store", "silent_type" if kind in ("reaction", "edit", "revoke") else "unknown_type"
    if kind in ("interactive", "unsupported"):
        part = message.get(kind)
        if isinstance(part, dict) and a_word(part.get("type")) in SILENT_PARTS:
            return "store", "silent_type"
    return "handle", ""


def _sender(message: dict[str, Any], kind: str, contacts: Contacts, alone: Any) -> tuple[str | None, str | None, str]:
    """(bsuid, number, cleaned profile name). Contacts are not aligned with messages: joined on wa_id or user_id."""
    origin = message.get("from")
    bsuid, number = a_bsuid(message.get("from_user_id")) or a_bsuid(origin), a_number(origin)
    system = message.get("system")
    if kind == "system" and isinstance(system, dict):
        # The identity is the one we know: the old user id, and where no old number is given, the number that stayed.
        bsuid = a_bsuid(system.get("previous_user_id")) or bsuid
        if number is None and bsuid is None:
            number = a_number(system.get("customer")) or a_number(system.get("wa_id"))
    contact = _contact(contacts, bsuid, number)
    if contact is None and bsuid is None and number is None and isinstance(alone, dict):
        contact = alone
    if contact is None:
        return bsuid, number, ""
    profile = contact.get("profile")
    name = clean_name(profile.get("name")) if isinstance(profile, dict) else ""
    return bsuid or a_bsuid(contact.get("user_id")), number or a_number(contact.get("wa_id")), name


def _index(contacts: list[Any]) -> Contacts:
    """Contacts by user id and by number; the first that names a key has it."""
    found: Contacts = {}
    for contact in contacts:
        if isinstance(contact, dict):
            wa_id = contact.get("wa_id")
            for key in (a_bsuid(contact.get("user_id")), a_bsuid(wa_id), a_number(wa_id)):
                if key is not None:
                    found.setdefault(key, contact)
    return found


def _contact(index: Contacts, bsuid: str | None, number: str | None) -> dict[str, Any] | None:
    if bsuid is not None and bsuid in index:
        return index[bsuid]
    contact = index.get(number) if number is not None else None
    # The number decides only where not both sides name a user id: two ids on one number are two people.
    return None if contact is None or (bsuid and a_bsuid(contact.get("user_id"))) else contact


def _status(status: dict[str, Any]) -> StatusItem | None:
    wamid, word = a_text(status.get("id")), a_word(status.get("status"))
    if not is_usable_id(wamid) or word == "unknown":
        return None
    recipient = status.get("recipient_user_id"), status.get("recipient_id")
    error = next((e for e in a_list(status.get("errors")) if isinstance(e, dict)), None)
    callback = a_text(status.get("biz_opaque_callback_data"))
    code, title, details = None, "", ""
    if error is not None:
        number, data = a_text(error.get("code")), error.get("error_data")
        code = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
        title = clean_detail(error.get("title") or error.get("message"))
        details = clean_detail(data.get("details") if isinstance(data, dict) else data)
    return StatusItem(
        wamid,
        word,
        callback if is_usable_id(callback) else None,
        unix_seconds(status.get("timestamp")),
        a_bsuid(recipient[0]) or a_number(recipient[1]) or a_bsuid(recipient[1]),
        code,
        title,
        details,
    )


# ------------------------------------------------------------------------------------------------- everything but messages


def _customer_events(name: str, value: dict[str, Any], out: Envelope) -> None:
    items = value.get(CUSTOMER_FIELDS[name])
    contacts = _index(a_list(value.get("contacts")))
    for item in items if isinstance(items, list) else [items]:
        _keep(out, _customer_event, name, item, contacts)


def _customer_event(name: str, item: Any, contacts: Contacts) -> InboundItem:
    if not isinstance(item, dict):
        return _broken(name, item, "not_an_object", name)
    user_id = item.get("user_id")
    previous = user_id.get("previous") if isinstance(user_id, dict) else user_id
    # An echo is ours: it belongs to whom it went. A call is the customer's only when the customer made it.
    ours = name == "smb_message_echoes" or (name == "calls" and item.get("direction") != "USER_INITIATED")
    origin = item.get("to") if ours else item.get("from")
    who = a_bsuid(item.get("from_user_id")) if not ours else a_bsuid(item.get("to_user_id"))
    bsuid = a_bsuid(previous) or who or a_bsuid(origin)
    number = a_number(item.get("wa_id")) or a_number(origin)
    contact = _contact(contacts, bsuid, number) or {}
    bsuid, number = bsuid or a_bsuid(contact.get("user_id")), number or a_number(contact.get("wa_id"))
    handled = name in RECORD_CHANGES
    disposition, reason = ("handle", "") if handled else ("store", "silent_field")
    if handled and bsuid is None and number is None:
        disposition, reason = "quarantine", "no_identity"
    payload = storable_json(item)
    sent_at = unix_seconds(item.get("timestamp"))
    key = external_id(item, payload)
    if name == "calls":  # one call has a connect and a terminate event under the same id
        key = f"{key}:{a_word(item.get('event'))}"[:EXTERNAL_ID_MAX]
    return InboundItem(key, name, disposition, reason, bsuid, number, "", sent_at, payload, name)


def _account_event(name: str, item: Any, reason: str) -> InboundItem:
    payload = storable_json(item)
    at = unix_seconds(item.get("time")) if isinstance(item, dict) else None
    return InboundItem(synthetic_id(payload), name, "store", reason, None, None, "", at, payload, name)


def _broken(kind: str, item: Any, reason: str, where: str) -> InboundItem:
    payload = storable_json(item)
    return InboundItem(synthetic_id(payload), kind, "quarantine", reason, None, None, "", None, payload, where)
