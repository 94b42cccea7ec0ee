"""A look in words, within the width of a terminal: troubles first in colour where there is a terminal, plain otherwise."""

from __future__ import annotations

import re
import textwrap
from zoneinfo import ZoneInfo

import click

from models.monitoring.parts import GRAVITY, Level, Look, Part, Row

WIDTH = 80
_COLOURS: dict[Level, str] = {"ok": "green", "look": "yellow", "bad": "red"}
_MARKS: dict[Level, str] = {"ok": "ok  ", "look": "look", "bad": "BAD "}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LEAST = 8  # characters a column is never cut below


def look(found: Look, *, colour: bool, brief: bool, width: int = WIDTH, zone: ZoneInfo | None = None) -> list[str]:
    """Lines of at most `width` characters. `brief`: the tables of what is all right are left out."""
    at = found.at.astimezone(zone) if zone else found.at.astimezone()
    lines = _wrapped(f"{at:%Y-%m-%d %H:%M:%S}  {found.where}", width, "")
    for part in found.parts:
        lines += _part(part, colour, brief, width)
    return lines + [_paint(line, found.level, colour) for line in _wrapped(_last_words(found), width, "  ")]


def _last_words(found: Look) -> str:
    """The worst of it, by the names of the parts."""
    if found.level == "ok":
        return "All is as it should be."
    which = ", ".join(part.title for part in found.parts if part.level == found.level)
    return f"{'Something is wrong' if found.level == 'bad' else 'Something deserves a look'}: {which}."


def _part(part: Part, colour: bool, brief: bool, width: int) -> list[str]:
    mark = _paint(_MARKS[part.level], part.level, colour)
    first, *more = _wrapped(f"{part.title}: {part.says}", width - 5, "  ")
    lines = [f"{mark} {first}", *(f"     {line}" for line in more)]
    for text in (part.do, part.unseen):
        lines += [f"     {line}" for line in _wrapped(text, width - 7, "")] if text else []
    if part.rows and not (brief and part.level == "ok"):
        lines += [f"     {line}" for line in table(part.columns, part.rows, width - 5)]
    return lines


def table(columns: tuple[str, ...], rows: tuple[Row, ...], width: int) -> list[str]:
    """Numbers to the right, words to the left; the widest columns of words are cut until all fits."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [
        all(isinstance(row[i], int | float | None) or _is_number(cells[n][i]) for n, row in enumerate(rows))
        for i in range(len(columns))
    ]
    widths = [max(len(columns[i]), *(len(row[i]) for row in cells)) for i in range(len(columns))]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1

    def line(values: tuple[str, ...] | list[str]) -> str:
        fitted = [_cut(value, widths[i]) for i, value in enumerate(values)]
        return "  ".join(
            value.rjust(widths[i]) if right[i] else value.ljust(widths[i]) for i, value in enumerate(fitted)
        ).rstrip()[:width]

    return [line(columns), *(line(row) for row in cells)]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, str) and value in GRAVITY:
        return "" if value == "ok" else _MARKS[value].strip()
    text = f"{value:,}" if isinstance(value, int | float) else str(value)
    return _UNPRINTABLE.sub("?", text)  # an application may call itself what it likes, escapes to the terminal too


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?|[\d.,]+ ?(%|B|KB|MB|GB|s|ms|min|h|days)?", text))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "~"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(_UNPRINTABLE.sub("?", text), width, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _paint(text: str, level: Level, colour: bool) -> str:
    return click.style(text, fg=_COLOURS[level], bold=True if level == "bad" else None) if colour else text
