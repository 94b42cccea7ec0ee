"""How far a round of maintenance goes: some seconds, small batches, and a place from which the next round goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from models.base import unit

UNIT_S = 20.0  # a batch that takes longer than this is cut, and tried again the next time


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Bounds:
    """Seconds for the whole round, rows of one batch; `stop` is asked between two batches."""

    seconds: float = 30.0
    rows: int = 500
    stop: Callable[[], bool] = _never
    _began: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        return self.stop() or time.monotonic() - self._began >= self.seconds


def place(conn: psycopg.Connection, name: str) -> str:
    """Where the last round of this name stopped; empty at the beginning."""
    row = conn.execute("SELECT place FROM maintenance_places WHERE name = %s", (name,)).fetchone()
    return str(row[0]) if row else ""


def keep_place(conn: psycopg.Connection, name: str, value: str) -> None:
    conn.execute(
        """INSERT INTO maintenance_places (name, place) VALUES (%s, %s)
           ON CONFLICT (name) DO UPDATE SET place = EXCLUDED.place, "updatedAt" = now()""",
        (name, value),
    )


# Some rows by their ids, and of these the ones that fit: reading on from the last id, a tour reads the table once. What another
# process holds at the moment is passed over.
WINDOW = """
WITH seen AS MATERIALIZED (
    SELECT id FROM {table} WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
), changed AS (
    UPDATE {table} SET {change} WHERE id = ANY(ARRAY(
        SELECT id FROM {table} WHERE id IN (SELECT id FROM seen) AND {condition} FOR UPDATE SKIP LOCKED))
    RETURNING 1
)
SELECT (SELECT max(id) FROM seen), (SELECT count(*) FROM seen), (SELECT count(*) FROM changed)
"""


def change(bounds: Bounds, name: str, table: str, condition: str, change: str, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Changes every row of a table that fits: how many rows, and whether the whole table was gone through."""
    return tour(bounds, name, WINDOW.format(table=table, condition=condition, change=change), values)


def tour(bounds: Bounds, name: str, statement: str, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Runs a statement over a whole table, window by window: how many rows it did something to, and whether it was the whole table.

    It takes %(after)s and %(rows)s and gives back the window's last id, its rows, and those changed. A round that is over before
    keeps its place under `name`, and the next one begins there; it then goes through what lies before that place as well.
    """
    done, from_beginning = 0, False
    while not bounds.over:
        with unit(UNIT_S) as conn, conn.transaction():
            after = int(place(conn, name) or 0)
            from_beginning = from_beginning or not after
            last, seen, count = conn.execute(statement, {**values, "after": after, "rows": bounds.rows}).fetchone() or (0, 0, 0)
            over = seen < bounds.rows
            keep_place(conn, name, "0" if over else str(last))
        done += count
        if over and from_beginning:
            return done, True
    return done, False
