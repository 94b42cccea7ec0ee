"""Replies as WhatsApp payloads. Pure.

`fit` first (when the outgoing rows are written): what is too long is shortened or split there. `build` then makes the
payload of one fitted reply. `check` says which limit a reply breaks; tests hold every sentence of the catalogue to it.

Source of the shapes: developers.facebook.com/documentation/business-messaging/whatsapp/messages (read November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, assert_never

from worker.flows.step import (
    AskLocation,
    Button,
    Buttons,
    Choices,
    Document,
    Link,
    Picture,
    Reply,
    Row,
    Section,
    Template,
    Text,
)
from worker.whatsapp import limits
from worker.whatsapp.fitting import ELLIPSIS, clean, pieces, shorten
from worker.whatsapp.limits import units

Payload = dict[str, Any]

_HTTP_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.ASCII | re.IGNORECASE)
_MEDIA_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?", re.ASCII)


class OverLimit(ValueError):
    """A reply WhatsApp would refuse. `limit` names what it breaks, such as "list.row_title"."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


# --------------------------------------------------------------------------------------------------------------- payloads


def build(reply: Reply, *, number: str | None, bsuid: str | None, callback: str, reply_to: str | None = None) -> Payload:
    """The payload of one reply that fits (see `fit`). `callback` comes back in each status of the message.

    The number (digits) wins over the user id, as it does at Meta. Raises OverLimit for a reply, callback or address
    that WhatsApp would refuse.
    """
    check(reply)
    _within("callback", callback, limits.CALLBACK)
    payload: Payload = {"messaging_product": "whatsapp", "recipient_type": "individual"} | _address(number, bsuid)
    if reply_to:
        payload["context"] = {"message_id": reply_to}
    payload["biz_opaque_callback_data"] = callback
    kind, content = _content(reply)
    return payload | {"type": kind, kind: content}


def readdressed(payload: Payload, *, number: str | None, bsuid: str | None) -> Payload:
    """The payload as it goes to this customer now: the address it was written with may be somebody else's by the time it is sent.
    Raises OverLimit without an address."""
    return {key: value for key, value in payload.items() if key not in ("to", "recipient")} | _address(number, bsuid)


def _address(number: str | None, bsuid: str | None) -> Payload:
    if number:
        # Without the plus the business's own country code may be put in front of the number.
        return {"to": f"+{number.removeprefix('+')}"}
    if bsuid:
        return {"recipient": bsuid}
    raise OverLimit("address")


def mark_read(message_id: str, *, typing: bool = False) -> Payload:
    """Blue ticks for a message and all before it; with `typing` also "typing..." for 25 s or until the next message."""
    payload: Payload = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    return payload | {"typing_indicator": {"type": "text"}} if typing else payload


def _content(reply: Reply) -> tuple[str, Payload]:
    match reply:
        case Text(body):
            return "text", {"preview_url": False, "body": body}
        case Picture(source, caption):
            return "image", _source(source) | ({"caption": caption} if caption else {})
        case Document(source, filename, caption):
            return "document", _source(source) | {"filename": filename} | ({"caption": caption} if caption else {})
        case Template(name, language, parameters):
            return "template", _template(name, language, parameters)
        case Buttons() | Choices() | AskLocation() | Link():
            return "interactive", _interactive(reply)
        case _:
            assert_never(reply)


def _interactive(reply: Buttons | Choices | AskLocation | Link) -> Payload:
    match reply:
        case Buttons(body, buttons, footer):
            listed = [{"type": "reply", "reply": {"id": button.id, "title": button.title}} for button in buttons]
            return _framed("button", body, {"buttons": listed}, footer=footer)
        case Choices(body, button, sections, header, footer):
            action = {"button": button, "sections": [_section(section) for section in sections]}
            return _framed("list", body, action, header=header, footer=footer)
        case AskLocation(body):
            return _framed("location_request_message", body, {"name": "send_location"})
        case Link(body, label, url):
            return _framed("cta_url", body, {"name": "cta_url", "parameters": {"display_text": label, "url": url}})
        case _:
            assert_never(reply)


def _framed(kind: str, body: str, action: Payload, *, header: str = "", footer: str = "") -> Payload:
    top: Payload = {"type": kind} | ({"header": {"type": "text", "text": header}} if header else {})
    bottom = {"footer": {"text": footer}} if footer else {}
    return top | {"body": {"text": body}} | bottom | {"action": action}


def _section(section: Section) -> Payload:
    rows = [
        {"id": row.id, "title": row.title} | ({"description": row.description} if row.description else {}) for row in section.rows
    ]
    return ({"title": section.title} if section.title else {}) | {"rows": rows}


def _source(source: str) -> Payload:
    return {"link": source} if _HTTP_URL.fullmatch(source) else {"id": source}


def _template(name: str, language: str, parameters: tuple[str, ...]) -> Payload:
    values = [{"type": "text", "text": parameter} for parameter in parameters]
    components = {"components": [{"type": "body", "parameters": values}]} if values else {}
    return {"name": name, "language": {"code": language}} | components


# ---------------------------------------------------------------------------------------------------------------- fitting


def fit(reply: Reply) -> tuple[Reply, ...]:
    """The reply as one or more that WhatsApp takes, in the order to send.

    Bodies are split, labels shortened, more than three buttons become a list, more than ten rows several lists. A text of
    nothing gives nothing. Raises OverLimit only where cutting would change the meaning: ids, links, template names.
    """
    fitted = tuple(_fit(reply))
    for part in fitted:
        check(part)
    return fitted


def _fit(reply: Reply) -> Iterator[Reply]:
    match reply:
        case Text(body):
            yield from _texts(body)
        case Buttons(body, (), _):
            yield from _texts(body)
        case Buttons(body, buttons, footer) if len(buttons) > limits.BUTTONS_COUNT:
            rows = tuple(Row(button.id, button.title) for button in buttons)
            yield from _fit(Choices(body, ELLIPSIS, (Section("", rows),), footer=footer))
        case Buttons(body, buttons, footer):
            *before, last = _bodies(body, limits.BUTTONS_BODY)
            yield from before
            yield Buttons(last.body, _distinct(buttons), shorten(clean(footer), limits.FOOTER))
        case Choices():
            yield from _choices(reply)
        case AskLocation(body):
            *before, last = _bodies(body, limits.ASK_LOCATION_BODY)
            yield from before
            yield AskLocation(last.body)
        case Link(body, label, url):
            *before, last = _bodies(body, limits.LINK_BODY)
            yield from before
            yield Link(last.body, _label(label, limits.LINK_LABEL), url)
        case Picture(source, caption):
            first, *rest = pieces(clean(caption), limits.CAPTION) or [""]
            yield Picture(source, first)
            yield from _texts("\n".join(rest))
        case Document(source, filename, caption):
            first, *rest = pieces(clean(caption), limits.CAPTION) or [""]
            yield Document(source, _label(filename, limits.FILENAME), first)
            yield from _texts("\n".join(rest))
        case Template(name, language, parameters):
            # Meta refuses line breaks, tabs and runs of blanks in parameters.
            values = tuple(_label(" ".join(clean(value).split()), limits.TEMPLATE_BODY) for value in parameters)
            yield Template(name, language, values)
        case _:
            assert_never(reply)


def _texts(body: str) -> Iterator[Text]:
    for piece in pieces(clean(body), limits.TEXT_BODY):
        yield Text(piece)


def _bodies(body: str, limit: int) -> list[Text]:
    """The body for a message of at most `limit`, preceded by texts when it is longer. Always at least one, never blank."""
    body = clean(body) or ELLIPSIS
    if units(body) <= limit:
        return [Text(body)]
    *before, last = pieces(body, limit)
    return [*_texts("\n".join(before)), Text(last)]


def _choices(reply: Choices) -> Iterator[Reply]:
    if not any(section.rows for section in reply.sections):
        yield from _texts(reply.body)
        return
    *before, last = _bodies(reply.body, limits.LIST_BODY)
    yield from before
    sections = [replace(section, rows=tuple(_row(row) for row in section.rows)) for section in reply.sections if section.rows]
    body = last.body
    for page in _pages(sections):
        titles_needed = len(page) > 1
        titled = [replace(s, title=_title(s.title, needed=titles_needed)) for s in page]
        header, footer = shorten(clean(reply.header), limits.HEADER_TEXT), shorten(clean(reply.footer), limits.FOOTER)
        yield Choices(body, _label(reply.button, limits.LIST_BUTTON), tuple(titled), header, footer)
        body = ELLIPSIS


def _pages(sections: list[Section]) -> Iterator[list[Section]]:
    """The sections in groups of at most ten rows; a section is continued in the next group where it must be."""
    page: list[Section] = []
    room = limits.LIST_ROWS
    for section in sections:
        rows = section.rows
        while rows:
            if not room:
                yield page
                page, room = [], limits.LIST_ROWS
            page.append(Section(section.title, rows[:room]))
            taken = min(room, len(rows))
            rows, room = rows[taken:], room - taken
    if page:
        yield page


def _row(row: Row) -> Row:
    return Row(row.id, _label(row.title, limits.LIST_ROW_TITLE), shorten(clean(row.description), limits.LIST_ROW_DESCRIPTION))


def _title(title: str, *, needed: bool) -> str:
    title = shorten(clean(title), limits.LIST_SECTION_TITLE)
    return title or (ELLIPSIS if needed else "")


def _distinct(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    """Titles shortened to fit and told apart by a number where they came out the same: WhatsApp refuses equal ones."""
    taken: dict[str, str] = {}
    for button in buttons:
        title, number = _label(button.title, limits.BUTTONS_TITLE), 2
        while title in taken:
            title = f"{_label(button.title, limits.BUTTONS_TITLE - 2)} {number}"
            number += 1
        taken[title] = button.id
    return tuple(Button(id_, title) for title, id_ in taken.items())


def _label(text: str, limit: int) -> str:
    return shorten(clean(text), limit) or ELLIPSIS


# --------------------------------------------------------------------------------------------------------------- checking


def check(reply: Reply) -> None:
    """Raises OverLimit with the name of the first limit the reply breaks."""
    match reply:
        case Text(body):
            _within("text.body", body, limits.TEXT_BODY)
        case Buttons(body, buttons, footer):
            _frame("buttons", body, limits.BUTTONS_BODY, footer=footer)
            _count("buttons.count", len(buttons), limits.BUTTONS_COUNT)
            for button in buttons:
                _within("buttons.id", button.id, limits.BUTTONS_ID)
                _within("buttons.title", button.title, limits.BUTTONS_TITLE)
            _all_differ("buttons.ids_differ", [button.id for button in buttons])
            _all_differ("buttons.titles_differ", [button.title for button in buttons])
        case Choices():
            _check_choices(reply)
        case AskLocation(body):
            _within("ask_location.body", body, limits.ASK_LOCATION_BODY)
        case Link(body, label, url):
            _within("link.body", body, limits.LINK_BODY)
            _within("link.label", label, limits.LINK_LABEL)
            _within("link.url", url, limits.URL)
            _matching("link.url", url, _HTTP_URL)
        case Picture(source, caption):
            _media("picture", source, caption)
        case Document(source, filename, caption):
            _media("document", source, caption)
            _within("document.filename", filename, limits.FILENAME)
        case Template(name, language, parameters):
            _within("template.name", name, limits.TEMPLATE_NAME)
            _matching("template.language", language, _LANGUAGE)
            for parameter in parameters:
                _within("template.parameter", parameter, limits.TEMPLATE_BODY)
        case _:
            assert_never(reply)


def _check_choices(reply: Choices) -> None:
    _frame("list", reply.body, limits.LIST_BODY, header=reply.header, footer=reply.footer)
    _within("list.button", reply.button, limits.LIST_BUTTON)
    _count("list.sections", len(reply.sections), limits.LIST_SECTIONS)
    rows = [row for section in reply.sections for row in section.rows]
    _count("list.rows", len(rows), limits.LIST_ROWS)
    for section in reply.sections:
        _count("list.rows_in_section", len(section.rows), limits.LIST_ROWS)
        _within("list.section_title", section.title, limits.LIST_SECTION_TITLE, needed=len(reply.sections) > 1)
    for row in rows:
        _within("list.row_id", row.id, limits.LIST_ROW_ID)
        _within("list.row_title", row.title, limits.LIST_ROW_TITLE)
        _within("list.row_description", row.description, limits.LIST_ROW_DESCRIPTION, needed=False)
    _all_differ("list.row_ids_differ", [row.id for row in rows])


def _frame(kind: str, body: str, body_limit: int, *, header: str = "", footer: str = "") -> None:
    _within(f"{kind}.body", body, body_limit)
    _within(f"{kind}.header", header, limits.HEADER_TEXT, needed=False)
    _within(f"{kind}.footer", footer, limits.FOOTER, needed=False)


def _media(kind: str, source: str, caption: str) -> None:
    if not _MEDIA_ID.fullmatch(source):
        _within(f"{kind}.source", source, limits.URL)
        _matching(f"{kind}.source", source, _HTTP_URL)
    _within(f"{kind}.caption", caption, limits.CAPTION, needed=False)


def _within(name: str, text: str, limit: int, *, needed: bool = True) -> None:
    if units(text) > limit or (needed and not text.strip()):
        raise OverLimit(name)


def _count(name: str, count: int, limit: int) -> None:
    if not 1 <= count <= limit:
        raise OverLimit(name)


def _all_differ(name: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise OverLimit(name)


def _matching(name: str, text: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(text):
        raise OverLimit(name)
