"""A customer does something: words, taps, pictures, a place. From JSON to a message in the chat and an update on its way out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, get_args

from local.simulator import inbound, limits, wire
from local.simulator.house import House
from local.simulator.inbound import FromForm
from local.simulator.samples import sample
from local.simulator.state import Customer, Entry

Json = dict[str, Any]
MEDIA_KINDS = {"image": "image", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Said:
    """`posted` is set once the webhook took the message (True) or it was given up (False)."""

    entry: Entry
    posted: asyncio.Future[bool]


class NotPossible(ValueError):
    """The customer cannot do this: nothing to tap, no such picture, no number. The sentence says what."""


def identify(house: House, what: Json) -> Customer:
    """The customer named by `number` and `bsuid`, with `name`, `username` and `from` (number, missing, empty, bsuid) taken
    over."""
    number, bsuid = str(what.get("number") or "").lstrip("+"), str(what.get("bsuid") or "")
    if not number and not bsuid:
        raise NotPossible("give a number or a bsuid")
    if number and not (number.isascii() and number.isdigit() and 5 <= len(number) <= 20):
        raise NotPossible("number must be digits in international form, such as 2348031234567")
    if len(bsuid) > 140 or not bsuid.isascii():
        raise NotPossible("bsuid must look like NG.1349120865530274")
    forms = what.get("from")
    if forms is not None and forms not in get_args(FromForm):
        raise NotPossible(f"from must be one of {', '.join(get_args(FromForm))}")
    customer = house.state.customer(number, bsuid)
    if isinstance(what.get("name"), str):
        customer.name = what["name"][:512]
    if isinstance(what.get("username"), str):
        customer.username = what["username"][:64]
    if forms is not None:
        customer.forms = forms
    return customer


def say(house: House, what: Json) -> Said:
    """Performs one thing of `text`, `tap`, `media`, `sample` (a file of samples.py), `location`, `contact`, `reaction`,
    `content` (a raw inbound content).

    Beside it may stand `id`, `at`, `reply_to`, `forwarded`, `referral` (true or an object), `group_id`, `copies` (the same
    webhook several times). Raises NotPossible.
    """
    customer = identify(house, what)
    content, reply_to = _content(house, customer, what)
    referral = what.get("referral")
    update = inbound.message(
        customer.sender(),
        content,
        id=what.get("id"),
        at=what.get("at"),
        reply_to=what.get("reply_to", reply_to),
        forwarded=bool(what.get("forwarded")),
        referral=inbound.referral() if referral is True else referral,
        group_id=what.get("group_id"),
        business=house.config.display_number,
    )
    entry = house.state.said(update.id, customer, str(content.get("type")), wire.encode(update.payload))
    posted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def done(good: bool) -> None:
        house.state.mark(entry, "delivered" if good else "failed")
        if not posted.done():
            posted.set_result(good)

    house.webhooks.put(customer.key, update, done)
    for i in range(1, min(int(what.get("copies", 1)), 100)):
        house.webhooks.put(f"{customer.key}/{i}", update)
    return Said(entry, posted)


def _content(house: House, customer: Customer, what: Json) -> tuple[Json, str | None]:
    """(content, id of ours it answers)."""
    if isinstance(what.get("text"), str):
        return inbound.text(what["text"]), None
    if isinstance(what.get("tap"), dict):
        return _tap(customer, what["tap"])
    if isinstance(what.get("media"), dict):
        return _media(house, what["media"]), None
    if isinstance(what.get("sample"), dict):
        kind = str(what["sample"].get("kind", "image"))
        content, mime_type, filename = sample(kind)
        file = house.media.from_customer(content, mime_type, filename, kind if kind in limits.MEDIA_BYTES else "document")
        return _media(house, {"id": file.id, "caption": what["sample"].get("caption")}), None
    if isinstance(what.get("location"), dict):
        place = what["location"]
        if "latitude" not in place or "longitude" not in place:
            raise NotPossible("a location needs latitude and longitude")
        return inbound.location(**{k: place[k] for k in ("latitude", "longitude", "name", "address", "url") if k in place}), None
    if isinstance(what.get("contact"), dict):
        card = what["contact"]
        return inbound.contacts(
            str(card.get("name", "")), list(card.get("phones", ())), requested=bool(card.get("requested"))
        ), None
    if isinstance(what.get("reaction"), dict):
        return inbound.reaction(str(what["reaction"].get("message_id", "")), what["reaction"].get("emoji")), None
    if isinstance(what.get("content"), dict):
        return what["content"], None
    raise NotPossible("give one of text, tap, media, sample, location, contact, reaction, content")


def _media(house: House, what: Json) -> Json:
    file = house.media.files.get(str(what.get("id", "")))
    if file is None:
        raise NotPossible("no such media id; upload the file first")
    more: Json = {"caption": what.get("caption") or None}
    if file.kind == "document":
        more["filename"] = what.get("filename") or file.filename or "file"
    if file.kind == "audio":
        more = {"voice": bool(what.get("voice", True))}
    if file.kind == "sticker":
        more = {"animated": bool(what.get("animated"))}
    return inbound.media(str(what.get("kind") or file.kind), file.id, file.mime_type, file.sha256_base64, **more)


def kind_of(mime_type: str) -> str:
    """The message type a phone sends a file as."""
    return MEDIA_KINDS.get(mime_type.partition("/")[0], "document")


def _tap(customer: Customer, tap: Json) -> tuple[Json, str | None]:
    """The answer a tap makes. Only what was really shown can be tapped: the newest message that has this `id`, `title`, or
    `any` of both."""
    wanted, title, within, either = tap.get("id"), tap.get("title"), tap.get("message_id"), tap.get("any")
    for entry in reversed(customer.chat):
        if entry.mine or entry.kind not in ("interactive", "template") or (within and entry.id != within):
            continue
        for option in options(entry.payload):
            by_id, by_title = option["id"] in (wanted, either), option["title"] in (title if wanted is None else None, either)
            if by_id or by_title:
                if option["kind"] == "list":
                    return inbound.list_reply(option["id"], option["title"], option["description"]), entry.id
                if option["kind"] == "template":
                    return inbound.button(option["title"], option["id"]), entry.id
                return inbound.button_reply(option["id"], option["title"]), entry.id
    raise NotPossible(f"nothing shown to this customer can be tapped as {wanted or title or either!r}")


def options(payload: Json) -> list[Json]:
    """Everything tappable in a message of ours: {kind, id, title, description}."""
    found: list[Json] = []
    interactive = payload.get("interactive") or {}
    action = interactive.get("action") or {}
    if interactive.get("type") == "button":
        found += [{"kind": "button", **button["reply"], "description": ""} for button in action["buttons"]]
    if interactive.get("type") == "list":
        found += [{"kind": "list", "description": "", **row} for section in action["sections"] for row in section["rows"]]
    for component in (payload.get("template") or {}).get("components", ()):
        if component.get("type") == "button" and component.get("sub_type") == "quick_reply":
            for parameter in component.get("parameters", ()):
                label = str(parameter.get("payload", ""))
                found.append({"kind": "template", "id": label, "title": label, "description": ""})
    return found
