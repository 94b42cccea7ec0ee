"""What WhatsApp would refuse: checked on every reply of every rehearsal, so that no transcript shows what no phone would."""

from __future__ import annotations

from collections.abc import Iterator

from worker.flows.step import AskLocation, Button, Buttons, Choices, Document, Link, Outside, Picture, Place, Reply, Row, Text
from worker.flows.wording import units

MEMORY_LIMIT = 8_000  # bytes of JSON a place may take between turns


class DoesNotFit(Exception):
    """A reply or a place the real system could not send or store."""


def check(reply: Reply) -> None:
    """Raises DoesNotFit for a reply beyond WhatsApp's limits (Cloud API reference, read 2026-09; UTF-16 units)."""
    for what, text, least, most in _measured(reply):
        if not least <= units(text) <= most or (least and not text.strip()):
            raise DoesNotFit(f"{what} has {units(text)} units, {least}-{most} allowed: {text[:80]!r}")
    if isinstance(reply, Buttons):
        _distinct("buttons", [b.id for b in reply.buttons], 1, 3)
        _distinct("titles of buttons", [b.title for b in reply.buttons], 1, 3)
    if isinstance(reply, Choices):
        _distinct("rows", [r.id for s in reply.sections for r in s.rows], 1, 10)


def check_outside(outside: Outside) -> None:
    """A template's parameters are one line each and never empty (Cloud API reference, template components, read 2026-11)."""
    for value in outside.parameters:
        if not value.strip() or any(c in value for c in "\n\r\t") or "    " in value:
            raise DoesNotFit(f"{outside.kind}: {value!r}")


def check_place(place: Place, stored: str) -> None:
    if len(stored.encode("utf-8")) > MEMORY_LIMIT:
        raise DoesNotFit(f"{place.flow}/{place.state} keeps {len(stored)} characters")


def _measured(reply: Reply) -> Iterator[tuple[str, str, int, int]]:
    if isinstance(reply, Text):
        yield "text", reply.body, 1, 4096
    if isinstance(reply, Picture | Document):
        yield "source", reply.source, 1, 2000
        yield "caption", reply.caption, 0, 1024
    if isinstance(reply, Document):
        yield "file name", reply.filename, 1, 240
    if isinstance(reply, Link):
        yield "link label", reply.label, 1, 20
        yield "link", reply.url, 8, 2000
    if isinstance(reply, Buttons | Choices | AskLocation | Link):
        yield "body", reply.body, 1, 1024
    if isinstance(reply, Buttons | Choices):
        yield "footer", reply.footer, 0, 60
    if isinstance(reply, Buttons):
        for b in reply.buttons:
            yield from _button(b)
    if isinstance(reply, Choices):
        yield "list button", reply.button, 1, 20
        yield "header", reply.header, 0, 60
        for section in reply.sections:
            yield "section", section.title, 1 if len(reply.sections) > 1 else 0, 24
            for row in section.rows:
                yield from _row(row)


def _button(button: Button) -> Iterator[tuple[str, str, int, int]]:
    yield "button title", button.title, 1, 20
    yield "button id", button.id, 1, 256


def _row(row: Row) -> Iterator[tuple[str, str, int, int]]:
    yield "row title", row.title, 1, 24
    yield "row id", row.id, 1, 200
    yield "row description", row.description, 0, 72


def _distinct(what: str, values: list[str], least: int, most: int) -> None:
    if not least <= len(values) <= most or len(set(values)) != len(values):
        raise DoesNotFit(f"{len(values)} {what}, {least}-{most} different ones allowed: {values}")
