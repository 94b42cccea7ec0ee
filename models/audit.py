"""Who saw or did what, appended for ever: the database refuses to change or delete a row.

`detail` holds ids, codes and counts; never clinical text, never a password, never what a customer wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from models.base import connection
from models.roles import Staff

PAGE = 50
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `staff_id` is None for the command line and for logins that failed."""

    id: int
    at: datetime
    staff_id: int | None
    staff_name: str
    act: str
    subject: str
    subject_id: int | None
    customer_id: int | None
    address: str
    detail: Mapping[str, Any]


def note(
    staff: Staff | None,
    act: str,
    subject: str = "",
    subject_id: int | None = None,
    customer_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
    *,
    address: str = "",
    name: str = "",
) -> None:
    """Appends one row with this thread's connection, in its transaction if there is one. `act` is past: `prescription_seen`.

    `name` tells who it was when there is no staff row for it.
    """
    connection().execute(
        """INSERT INTO audit ("staffId", "staffName", act, subject, "subjectId", "customerId", address, detail)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            staff.id if staff else None,
            staff.name if staff else name,
            act,
            subject,
            subject_id,
            customer_id,
            address[:64],
            Jsonb(dict(detail or {})),
        ),
    )


SELECT = """SELECT id, at, "staffId", "staffName", act, subject, "subjectId", "customerId", address, detail FROM audit"""


def page(
    conn: psycopg.Connection,
    *,
    staff_id: int | None = None,
    act: str = "",
    subject: str = "",
    subject_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Entry]:
    """The newest first, older than the row `before`; each filter that is given must hold. `until` is exclusive."""
    filters = {
        '"staffId" = %(staff_id)s': staff_id,
        "act = %(act)s": act or None,
        "subject = %(subject)s": subject or None,
        '"subjectId" = %(subject_id)s': subject_id,
        "at >= %(since)s": since,
        "at < %(until)s": until,
        "id < %(before)s": before,
    }
    wanted = [clause for clause, value in filters.items() if value is not None]
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    values = {
        "staff_id": staff_id,
        "act": act,
        "subject": subject,
        "subject_id": subject_id,
        "since": since,
        "until": until,
        "before": before,
        "limit": limit,
    }
    rows = conn.execute(f"{SELECT}{where} ORDER BY id DESC LIMIT %(limit)s", values)
    return [Entry(*row) for row in rows]
