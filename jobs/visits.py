"""Visits and their orders that the old program changed without us; may run twice."""

from __future__ import annotations

from datetime import datetime

import psycopg

from jobs.sweeps import UNIT_S
from models.base import unit
from models.visits import paid

SETTLED_A_ROUND = 50
GIVEN_BACK = 50


def _now(conn: psycopg.Connection) -> datetime:
    now: datetime
    (now,) = conn.execute("SELECT clock_timestamp()").fetchone() or ()
    return now


def visits_left() -> str:
    """A visit whose order ended or was paid elsewhere follows it, an order whose visit was cancelled ends: one a transaction."""
    count = 0
    for _ in range(SETTLED_A_ROUND):
        with unit(UNIT_S) as conn:
            done = paid.sweep(_now(conn), limit=1)
        if not done:
            break
        count += done
    return f"{count} settled" if count else ""


def fees_of_none() -> str:
    """What was paid for visits whose doctor or test was deleted in the old tables, with them: it goes back."""
    with unit(UNIT_S) as conn:
        count = paid.give_back_for_none(_now(conn), limit=GIVEN_BACK)
    return f"{count} given back" if count else ""
