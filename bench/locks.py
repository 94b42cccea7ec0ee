"""Which locks a migration takes on tables and for how long, seen from a connection of its own 20 times a second.

`heard` gets the statement the migration is at, at each look that finds it holding or awaiting a lock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

TICK_S = 0.05
# Weakest first; from SHARE on a lock keeps writers out, the last one readers too.
STRENGTH = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
KEEPS_WRITERS_OUT = STRENGTH.index("ShareLock")
LOOK = r"""
SELECT l.pid, l.virtualtransaction, c.relname, l.mode, l.granted, regexp_replace(left(a.query, 90), '\s+', ' ', 'g')
FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
WHERE a.application_name = 'drugsng-migrate' AND a.datname = current_database() AND l.locktype = 'relation'
    AND l.database = a.datid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'node%' AND datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One lock of one transaction; `seconds` from the first look that saw it to the last, and a look more."""

    table: str
    mode: str
    held: bool
    seconds: float

    def __str__(self) -> str:
        return f"{self.mode.removesuffix('Lock')} on {self.table} {'held' if self.held else 'waited for'} {self.seconds:.2f} s"


@dataclass
class Locks:
    """`watching()` looks; then `longest()` and `strongest()` tell. `looks_blocked` are looks at which a writer waited."""

    url: str
    heard: Callable[[str], None] = lambda _: None
    looks: int = 0
    looks_blocked: int = 0
    _times: dict[tuple[int, str, str, str, bool], list[float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[Locks]:
        thread = threading.Thread(target=self._watch, name="locks")
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def seen(self) -> list[Seen]:
        return [
            Seen(table, mode, held, last - first + TICK_S) for (_, _, table, mode, held), (first, last) in self._times.items()
        ]

    def longest(self, tables: tuple[str, ...]) -> Seen | None:
        """The longest held lock on one of these tables that kept writers out."""
        hard = [s for s in self.seen() if s.held and s.table in tables and STRENGTH.index(s.mode) >= KEEPS_WRITERS_OUT]
        return max(hard, key=lambda s: s.seconds, default=None)

    def longest_wait(self, tables: tuple[str, ...]) -> Seen | None:
        """The longest time the migration itself waited for such a lock: whoever came later queued behind it."""
        hard = [s for s in self.seen() if not s.held and s.table in tables and STRENGTH.index(s.mode) >= KEEPS_WRITERS_OUT]
        return max(hard, key=lambda s: s.seconds, default=None)

    def strongest(self, tables: tuple[str, ...]) -> Seen | None:
        """The strongest held lock on one of these tables, of equal ones the longest."""
        held = [s for s in self.seen() if s.held and s.table in tables]
        return max(held, key=lambda s: (STRENGTH.index(s.mode), s.seconds), default=None)

    def _watch(self) -> None:
        with psycopg.connect(self.url, autocommit=True, application_name="drugsng bench") as conn:
            while not self._stop.wait(TICK_S):
                now = time.monotonic()
                for *row, query in conn.execute(LOOK):
                    self._times.setdefault(tuple(row), [now, now])[1] = now
                    self.heard(query)
                waiting = conn.execute(WAITING).fetchone()
                self.looks += 1
                self.looks_blocked += bool(waiting and waiting[0])
