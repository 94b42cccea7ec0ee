"""Who saw or did what, appended for ever: the database refuses to change or delete a row.

`detail` holds ids, codes and counts; never clinical text, never a password, never what a customer wrote. How rows are found again:
`models.audit_search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from psycopg.types.json import Jsonb

from models.base import connection
from models.roles import Staff

COMMAND_LINE = "command line"
_asker: ContextVar[str] = ContextVar("asker", default="")


@contextmanager
def asked_from(address: str) -> Iterator[None]:
    """What is noted meanwhile was asked from this address, unless it is noted with another: verbs of models know nothing of it."""
    before = _asker.set(address)
    try:
        yield
    finally:
        _asker.reset(before)


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
            (address or _asker.get())[:64],
            Jsonb(dict(detail or {})),
        ),
    )


def note_once(
    staff: Staff, act: str, subject: str, subject_id: int, customer_id: int | None = None, *, address: str = "", minutes: int = 60
) -> None:
    """The same for what a page does again and again while somebody works on it: one row in so many minutes for a person, an act
    and a thing. Two windows at the same moment may leave two."""
    connection().execute(
        """INSERT INTO audit ("staffId", "staffName", act, subject, "subjectId", "customerId", address)
           SELECT %(staff)s, %(name)s, %(act)s, %(subject)s, %(id)s, %(customer)s, %(address)s WHERE NOT EXISTS (
               SELECT FROM audit WHERE subject = %(subject)s AND "subjectId" = %(id)s AND "staffId" = %(staff)s AND act = %(act)s
                   AND at > now() - %(minutes)s * interval '1 minute')""",
        {
            "staff": staff.id,
            "name": staff.name,
            "act": act,
            "subject": subject,
            "id": subject_id,
            "customer": customer_id,
            "address": (address or _asker.get())[:64],
            "minutes": minutes,
        },
    )
