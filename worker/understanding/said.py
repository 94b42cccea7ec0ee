"""What the readers of commands share: what was said to them, and the ways to name a line of a list or an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from worker.understanding import numbers
from worker.understanding.intent import Intent
from worker.understanding.tokens import Words


class Said(NamedTuple):
    """What a reader needs: the words, the range its arguments stand in, the clock."""

    words: Words
    first: int
    end: int
    now: datetime
    zone: ZoneInfo

    @property
    def keys(self) -> tuple[str, ...]:
        return self.words.keys[self.first : self.end]


Reader = Callable[[Said], Intent | None]


def order_numbers(said: Said) -> list[str]:
    """Every order number in the arguments, 1 to 10 digits."""
    return [n for n in map(numbers.order_number, said.keys) if n is not None]


def list_number(words: Words, first: int, end: int) -> tuple[int | None, int]:
    """A list number at the beginning of the range ("2", "item 2", "#2", "the second one") and where it ends."""
    at = first
    while at < end and words.keys[at] in ("the", "number", "num", "no", "item", "option", "product", "my"):
        at += 1
    if at >= end:
        return None, first
    number = numbers.count(words.keys[at])
    if number is None:
        number = numbers.ORDINALS.get(words.keys[at])
    if number is None:
        return None, first
    at += 1
    while at < end and words.keys[at] in ("one", "item", "product"):
        at += 1
    return number, at
