"""Changing many rows some thousand at a time, each batch a transaction of its own with what it remembers; told as it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from models.migration_session import Session
from models.migration_steps import BatchSize

TELL_EVERY_S = 5.0


class Progress:
    """Says every five seconds how far a long work is: rows done of about how many, and the time left."""

    def __init__(self, session: Session, what: str, about: int) -> None:
        self._session, self._what, self._about = session, what, about
        self._begun = self._told = time.monotonic()
        self._done = 0

    def add(self, rows: int) -> None:
        self._done += rows
        now = time.monotonic()
        if now - self._told < TELL_EVERY_S:
            return
        self._told = now
        left_s = (now - self._begun) / max(self._done, 1) * max(self._about - self._done, 0)
        self._session.tell(f"{self._what}: {self._done:,} of about {self._about:,} rows, about {left_s:.0f} s left")


def through(session: Session, table: str, statement: str, what: str, values: Mapping[str, Any] | None = None) -> int:
    """Runs `statement` over all rows of `table` by id and returns how many rows it touched in all.

    It takes %(low)s (exclusive) and %(high)s (inclusive), and must do no harm when it runs again.
    """
    run = session.database.execute_sql
    low, top = run(f'SELECT min(id) - 1, max(id) FROM "{table}"').fetchone()
    if top is None:
        return 0
    about = int(
        run("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)", (f'"{table}"',)).fetchone()[0]
    )
    progress, touched, size = Progress(session, what, max(about, 1)), 0, BatchSize()
    while low < top:
        high, count = run(
            f'SELECT max(id), count(*) FROM (SELECT id FROM "{table}" WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) part',
            (low, top, size.rows),
        ).fetchone()
        if not count:
            break
        bounds, began = {**(values or {}), "low": low, "high": high}, time.monotonic()
        touched += session.retried(lambda bounds=bounds: run(statement, bounds).rowcount, f"{what}, a batch")  # type: ignore[misc]
        size.took(time.monotonic() - began)
        low = high
        progress.add(count)
    return touched
