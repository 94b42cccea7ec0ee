"""A list that has more pages than one: its rows to the next and the page before, and what is said at either end."""

from __future__ import annotations

from collections.abc import Callable

from worker.flows.heard import Heard
from worker.flows.replies import button, buttons, row, step
from worker.flows.shown import PAGE, Shown
from worker.flows.step import Place, Row, Step
from worker.flows.wording import say

TURNS = ("next", "more", "previous")


def page_rows(id_of: Callable[[int], str], *, offset: int, total: int, page: int = PAGE) -> list[Row]:
    """Rows that turn a list of `total` of which those from `offset` on are shown; `id_of` an offset is the id that shows it."""
    rows = []
    if offset + page < total:
        rows.append(row(id_of(offset + page), say("row.more"), say("row.more.about")))
    if offset > 0:
        rows.append(row(id_of(offset - page), say("row.previous"), say("row.previous.about")))
    return rows


def turned(place: Place, event: Heard, on_screen: Shown, show: Callable[[int], Step], other: str, *, page: int = PAGE) -> Step:
    """One of TURNS was said: the page from that offset on. Beyond either end it is said so, with `other` (a button's id) to go on."""
    offset = on_screen.offset + (-page if event.intent == "previous" else page)
    if 0 <= offset < on_screen.total:
        return show(offset)
    return step(place, buttons(say("list.first" if offset < 0 else "list.no_more"), button(other), button("menu")))
