"""A customer's thread as staff see it: the rows of the inbox, the lines of one thread, answers kept ready.

`clinical`: what is said about health (a prescription, what a pharmacist decided, what is wrong with somebody) is for those who
may read prescriptions; everybody else sees that something was said, not what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

TABS = ("mine", "unassigned", "all")
WORDS_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One thread in the list. `number_end`: the last four digits. `state`: "waiting" (the customer has the last word) or
    "answered". `waiting_since`: the oldest word of the customer nobody answered. `last_by`: customer, bot, staff."""

    customer_id: int
    name: str
    number_end: str
    reason: str
    state: str
    waiting_since: datetime | None
    last_at: datetime
    last_words: str
    last_by: str
    assignee_id: int | None
    assignee: str
    window_ends_at: datetime | None
    unread: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Open threads of each tab, and of them all those whose customer waits for an answer, and the longest of these."""

    mine: int
    unassigned: int
    all: int
    waiting: int
    oldest_wait: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """What was said, in order. `key`: "in7" (the customer), "out7" (the bot or staff), "note7" (staff to staff).

    `media_ref`: what `media` is asked with, "" where there is no file or it is not here (`failure` says why). `tick` of what
    went out: queued, accepted, sent, delivered, read, failed, held (it waits for the customer to write).
    """

    key: str
    at: datetime
    by: str
    staff: str
    kind: str
    text: str
    media_ref: str
    mime: str
    tick: str
    failure: str
    filename: str = ""
    clinical: bool = False

    def hidden(self) -> Line:
        """That something about health was said, and not what."""
        return replace(self, text="", media_ref="", mime="", filename="", clinical=True)


@dataclass(frozen=True, slots=True)
class Thread:
    """One customer's thread, `lines` oldest first. `open`: a person has it and the bot is silent. `more`: older lines exist
    (ask with `before` = the first key). `clinical`: texts were left out of it. `rating`: what the customer gave last, 1 to 5."""

    customer_id: int
    name: str
    number: str
    open: bool
    reason: str
    since: datetime | None
    assignee_id: int | None
    assignee: str
    window_ends_at: datetime | None
    lines: tuple[Line, ...]
    more: bool
    clinical: bool
    requests: tuple[str, ...] = ()
    waiting_since: datetime | None = None
    version: int = 0
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer kept ready. `shortcut` begins with a slash: "/hours"."""

    id: int
    shortcut: str
    text: str
