"""What is known of a moment while its text is read: days and times as they were named, and what is left over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from worker.understanding.date_marks import Mark
from worker.understanding.tokens import word_set


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was named. `kind`: on (day, month, year or 0), in (days), months (days: so many months from now), weekday (weekday,
    mode, weeks; days after it), of_month (day; days: so many months after this one), week (weeks) and month, which name no day, vague."""

    kind: str
    day: int = 0
    month: int = 0
    year: int = 0
    days: int = 0
    weekday: int = 0
    mode: str = "bare"  # bare, this, next, last, week
    weeks: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was named. `half`: am, pm or ""; `exact`: written so that no afternoon is to be assumed."""

    hour: int
    minute: int = 0
    half: str = ""
    exact: bool = False
    second: int = 0


@dataclass
class Reading:
    """What was found so far. The only thing here that changes, and only inside `read_marks`."""

    marks: Sequence[Mark]
    days: list[Day] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    part: str | None = None
    relative: timedelta | None = None
    zone: tzinfo | None = None
    midnight: bool = False
    this_time: bool = False  # "this time tomorrow"
    contradicts: bool = False
    unread: list[str] = field(default_factory=list)
    loose: list[Mark] = field(default_factory=list)  # bare numbers whose sense the rest decides

    def set_part(self, part: str) -> None:
        """Morning, afternoon, evening or night; two different ones contradict each other."""
        if self.part and self.part != part and {self.part, part} != {"evening", "night"}:
            self.contradicts = True
        self.part = part

    def at(self, index: int) -> Mark:
        return self.marks[index] if 0 <= index < len(self.marks) else _NONE


_NONE = Mark("", 0, "", "", None, False)
SAYS_NOTHING = word_set(
    """
    at on by for the of in around about please pls plz abeg from to and a an is it o i want let us make be time from me my
    am ok okay say like would can we do come you will fine good works date day hrs around-by na dey until till latest
    before
    """
)

Matcher = Callable[[Reading, int], int]
