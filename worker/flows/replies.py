"""Replies that fit WhatsApp: titles cut to size, never more rows or buttons than a phone shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from worker.flows.step import (
    Button,
    Buttons,
    Choices,
    Document,
    Effect,
    Picture,
    Place,
    Reply,
    Row,
    Section,
    Step,
    Template,
    Text,
)
from worker.flows.wording import (
    BODY_LIMIT,
    BUTTON_LIMIT,
    ROW_DESCRIPTION_LIMIT,
    ROW_TITLE_LIMIT,
    TEXT_LIMIT,
    Sentence,
    cut,
    plain,
    say,
    units,
)

ROWS = 10
ROW_ID_LIMIT = 200


def text(body: str) -> Text:
    return Text(cut(body, TEXT_LIMIT))


def button(id: str, key: str = "") -> Button:
    """A button whose title is the sentence `button.<id>`, or of another key. A cut id is heard as stale, never as another."""
    return Button(cut(id, ROW_ID_LIMIT), cut(say(f"button.{key or id}"), BUTTON_LIMIT))


def buttons(body: str, *given: Button) -> Buttons:
    """One to three buttons under a body; one asked for twice is shown once."""
    return Buttons(cut(body, BODY_LIMIT), tuple({b.id: b for b in given}.values())[:3])


def row(id: str, title: str, description: str = "") -> Row:
    """A row with catalogue or customer words in it; they are made plain and cut to size."""
    return Row(cut(id, ROW_ID_LIMIT), plain(title, ROW_TITLE_LIMIT), plain(description, ROW_DESCRIPTION_LIMIT))


def choices(body: str, rows: Iterable[Row], key: str = "choose") -> Choices:
    """A list under a body; `key` names the sentence on the button that opens it."""
    shown = tuple(rows)[:ROWS]
    return Choices(cut(body, BODY_LIMIT), cut(say(f"open.{key}"), BUTTON_LIMIT), (Section("", shown),))


def step(place: Place, *replies: Reply, effects: Iterable[Effect] = ()) -> Step:
    return Step(place, replies, tuple(effects))


def joined(first: Step, then: Step) -> Step:
    """Two steps in a row as one: the place of the second, the replies and effects of both in order."""
    return Step(then.place, first.replies + then.replies, first.effects + then.effects, then.outside or first.outside)


def under(sentence: Sentence | str, then: Step) -> Step:
    """A step with a sentence before what it says: inside its first bubble where there is room, so that one message is sent."""
    if not sentence:
        return then
    if not then.replies:
        return replace(then, replies=(text(sentence),))
    first, *rest = then.replies
    if isinstance(first, Picture | Document | Template):
        return replace(then, replies=(text(sentence), *then.replies))
    both = f"{sentence}\n\n{first.body}"
    if units(both) > (TEXT_LIMIT if isinstance(first, Text) else BODY_LIMIT):
        return replace(then, replies=(text(sentence), *then.replies))
    return replace(then, replies=(replace(first, body=both), *rest))
