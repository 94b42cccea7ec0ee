"""What a look gives back: parts, each a judgement, a sentence, what to do about it, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Level = Literal["ok", "look", "bad"]
Row = tuple[Any, ...]
GRAVITY: dict[Level, int] = {"ok": 0, "look": 1, "bad": 2}


@dataclass(frozen=True)
class Part:
    """One thing that was looked at. `says`: how it is; `do`: what to do, empty when nothing; `unseen`: what could not be seen
    and why. `rows` are shown under `columns`; `figures` are for machines: plain numbers, seconds, bytes, shares from 0 to 1."""

    name: str
    title: str
    says: str
    level: Level = "ok"
    do: str = ""
    unseen: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """`rows` become objects by their columns; the column without a title is each row's own judgement."""
        names = [column or "level" for column in self.columns]
        return {
            "name": self.name,
            "level": self.level,
            "says": self.says,
            "do": self.do,
            "unseen": self.unseen,
            "figures": self.figures,
            "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in self.rows],
        }


@dataclass(frozen=True)
class Look:
    """Everything of one look. `where` never has a password."""

    about: str
    where: str
    at: datetime
    parts: tuple[Part, ...]

    @property
    def level(self) -> Level:
        return worst(part.level for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "where": self.where,
            "at": self.at.isoformat(),
            "level": self.level,
            "parts": [part.as_json() for part in self.parts],
        }


def worst(levels: Iterable[Level]) -> Level:
    """The gravest of them; "ok" when there are none."""
    return max(levels, key=GRAVITY.__getitem__, default="ok")


def judged(value: float, look: float, bad: float) -> Level:
    """By two marks: at `look` somebody should, at `bad` it is."""
    return "bad" if value >= bad else "look" if value >= look else "ok"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def size(count: float | None) -> str:
    """1,536 bytes are "1.5 KB"."""
    if count is None:
        return "?"
    for unit in ("B", "KB", "MB"):
        if abs(count) < 1024:
            return f"{count:,.0f} B" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GB"


def lasting(seconds: float | None) -> str:
    """75 seconds are "1 min", 0.25 are "0.25 s", what never was is "-"."""
    if seconds is None:
        return "-"
    for upto, unit, in_one in ((120.0, "s", 1.0), (7200.0, "min", 60.0), (172800.0, "h", 3600.0)):
        if seconds < upto:
            return f"{seconds:.2g} s" if seconds < 1 else f"{seconds / in_one:.0f} {unit}"
    return f"{seconds / 86400:,.0f} days"
