"""What happened to a visit, a line each; and the reminders that follow from it."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from models import timers
from models.base import connection
from models.visits.rows import Row, Table

KIND = "visit_soon"
REMINDERS = (1440, 60)  # minutes before


def note(table: Table, visit_id: int, what: str, *, who: str, now: datetime, **detail: object) -> None:
    """Appends to a visit's log. `who`: `customer:12`, `staff:3`, `clock`, a provider. `detail`: ids, codes and times only."""
    connection().execute(
        f"INSERT INTO visit_events ({table.link}, at, what, who, detail) VALUES (%s, %s, %s, %s, %s)",
        (visit_id, now, what, who, Jsonb(detail)),
    )


def remind(row: Row, now: datetime) -> None:
    """Sets the reminders of a booked visit anew: those that waited are void, and what is past already is not set."""
    stop_reminding(row)
    if row.customer_id is None or row.state != "booked":
        return
    for minutes in REMINDERS:
        at = row.starts_at - timedelta(minutes=minutes)
        if at > now:
            timers.start(KIND, row.customer_id, at, now, f"{row.number}:{minutes}")


def stop_reminding(row: Row) -> None:
    if row.customer_id is not None:
        timers.stop_all(KIND, row.customer_id, f"{row.number}:")
