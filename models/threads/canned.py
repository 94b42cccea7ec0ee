"""Answers kept ready, and words to colleagues."""

from __future__ import annotations

import re
from datetime import datetime

from models import audit
from models.base import connection
from models.roles import Staff
from models.threads.answering import TEXT_MAX
from models.threads.holding import customer
from models.threads.values import Canned
from models.values import Refused

SHORTCUT = re.compile(r"/[a-z0-9_-]{1,30}", re.ASCII)
MOST = 200
NOTE_MAX = 4000


def canned() -> tuple[Canned, ...]:
    """Answers kept ready, by shortcut."""
    rows = connection().execute("SELECT id, shortcut, text FROM canned_answers ORDER BY shortcut LIMIT %s", (MOST,))
    return tuple(Canned(*row) for row in rows)


def save_canned(staff: Staff, shortcut: str, text: str, now: datetime) -> Canned:
    """Adds or replaces the answer of a shortcut. Raises Refused: right, shortcut (not /letters), empty, too_long, too_many."""
    if not staff.may("threads.answer"):
        raise Refused("right")
    shortcut, body = "/" + shortcut.strip().lower().removeprefix("/"), text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not SHORTCUT.fullmatch(shortcut):
        raise Refused("shortcut")
    if not body:
        raise Refused("empty")
    if len(body.encode("utf-16-le", "surrogatepass")) // 2 > TEXT_MAX:
        raise Refused("too_long", most=TEXT_MAX)
    with connection().transaction():
        row = (
            connection()
            .execute(
                """INSERT INTO canned_answers (shortcut, text, "updatedBy", "createdAt", "updatedAt")
                   SELECT %(shortcut)s, %(text)s, %(staff)s, %(now)s, %(now)s
                   WHERE (SELECT count(*) FROM canned_answers WHERE shortcut <> %(shortcut)s) < %(most)s
                   ON CONFLICT (shortcut) DO UPDATE SET text = EXCLUDED.text, "updatedBy" = EXCLUDED."updatedBy",
                       "updatedAt" = EXCLUDED."updatedAt"
                   RETURNING id, shortcut, text""",
                {"shortcut": shortcut, "text": body, "staff": staff.id, "now": now, "most": MOST},
            )
            .fetchone()
        )
        if row is None:
            raise Refused("too_many", most=MOST)
        audit.note(staff, "canned_answer_saved", "canned_answer", row[0])
    return Canned(*row)


def remove_canned(staff: Staff, canned_id: int, now: datetime) -> None:
    """Raises Refused: right, unknown."""
    if not staff.may("threads.answer"):
        raise Refused("right")
    with connection().transaction():
        if not connection().execute("DELETE FROM canned_answers WHERE id = %s", (canned_id,)).rowcount:
            raise Refused("unknown")
        audit.note(staff, "canned_answer_removed", "canned_answer", canned_id)


def note(staff: Staff, customer_id: int, text: str, now: datetime, *, clinical: bool = False) -> str:
    """A word to colleagues, which the customer never sees; gives the key of its line. `clinical`: for those who may read
    prescriptions only. Raises Refused: right, unknown, empty, too_long."""
    if not staff.may("threads.answer"):
        raise Refused("right")
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not words:
        raise Refused("empty")
    if len(words) > NOTE_MAX:
        raise Refused("too_long", most=NOTE_MAX)
    with connection().transaction():
        heir = customer(customer_id)[0]
        row = connection().execute(
            """INSERT INTO thread_notes ("customerId", "staffId", text, clinical, "createdAt") VALUES (%s, %s, %s, %s, %s)
               RETURNING id""",
            (heir, staff.id, words, clinical, now),
        )
        number = (row.fetchone() or (0,))[0]
        audit.note(staff, "thread_noted", "customer", heir, heir, {"note": number, "length": len(words)})
    return f"note{number}"
