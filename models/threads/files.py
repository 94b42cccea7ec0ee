"""The files of threads on their way: a customer's from Meta into the vault, staff's from the vault to Meta; and a file to be seen.

`begin` counts the attempt and hands out a lease before the work; whoever ends it names the attempt, so one that was frozen and
wakes up changes nothing. A file that ends its process is given up after MOST_DEATHS of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from models import audit
from models import media as files
from models.base import connection
from models.clock import utcnow
from models.roles import Staff
from models.support import lock
from models.threads.answering import ROOM
from models.values import Refused
from models.vault import Away, Gone, Locked, new_name, vault

LEASE_S = 180  # longer than all limits of one attempt together
MOST_FAILURES = 6
MOST_DEATHS = 3
REASONS = ("gone", "too_big", "not_fetched")
UPLOAD = "upload"
# What a browser may be given as it is. Anything else is a download of no particular kind.
SHOWN = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"),
        *("audio/ogg", "audio/mpeg", "audio/aac", "audio/amr", "audio/mp4", "video/mp4", "video/3gpp"),
    }
)


@dataclass(frozen=True, slots=True)
class Work:
    """One file that is this process's to move. `outbox_id`: staff's, to be handed to Meta; None: a customer's, to be fetched.
    `name`: where it is, or belongs, in the vault. `sha256`: Meta's (base64) before it was fetched."""

    media_row: int
    outbox_id: int | None
    attempt: int
    failures: int
    customer_id: int
    media_id: str
    kind: str
    sha256: str
    name: str
    mime: str
    filename: str

    @property
    def deaths(self) -> int:
        """How many attempts before this one ended in no failure we know of."""
        return self.attempt - 1 - self.failures


def wanted(media_row: int) -> bool:
    """A customer's file is to be fetched, once; in the turn that keeps it. Prescriptions have a way of their own."""
    done = connection().execute("""INSERT INTO thread_files ("mediaRow") VALUES (%s) ON CONFLICT DO NOTHING""", (media_row,))
    return bool(done.rowcount)


BEGIN = """
WITH mine AS (
    UPDATE thread_files SET attempts = attempts + 1, "nextTryAt" = now() + %(lease)s * interval '1 second', "updatedAt" = now()
    WHERE "mediaRow" = %(id)s AND state = 'waiting' AND "nextTryAt" <= now()
    RETURNING "mediaRow", "outboxId", attempts, failures
), named AS (
    UPDATE media m SET "storedAs" = %(name)s FROM mine WHERE m.id = mine."mediaRow" AND m."storedAs" = ''
)
SELECT mine.*, m."customerId", m."mediaId", m.kind, m.sha256, COALESCE(NULLIF(m."storedAs", ''), %(name)s), m."contentType", m.filename
FROM mine JOIN media m ON m.id = mine."mediaRow"
"""
MINE = """"mediaRow" = %(id)s AND state = 'waiting' AND attempts = %(attempt)s"""


def begin(media_row: int) -> Work | None:
    """Takes a file to move it, the attempt counted. None: somebody else has it, it is not due, or it is done."""
    given = {"id": media_row, "lease": LEASE_S, "name": new_name(ROOM, utcnow())}
    row = connection().execute(BEGIN, given).fetchone()
    return Work(*row) if row else None


def fetched(work: Work, *, size: int, content_type: str, sha256: str) -> bool:
    """It is in the vault. False when it is not ours any more."""
    done = connection().execute(
        f"""WITH done AS (UPDATE thread_files SET state = 'done', "updatedAt" = now() WHERE {MINE} RETURNING "mediaRow")
            UPDATE media SET "storedAt" = now(), size = %(size)s, "contentType" = %(type)s, sha256 = %(sha256)s
            FROM done WHERE media.id = done."mediaRow" """,
        {**_of(work), "size": size, "type": content_type, "sha256": sha256},
    )
    return bool(done.rowcount)


def handed_over(work: Work, media_id: str) -> bool:
    """Meta has it: its message leaves now, and what waits behind it. False when it is not ours any more, or nobody's to send."""
    return bool(
        connection()
        .execute(
            f"""WITH done AS (UPDATE thread_files SET state = 'done', "updatedAt" = now() WHERE {MINE} RETURNING "outboxId")
                UPDATE outbox o SET "nextTryAt" = NULL, "updatedAt" = now(),
                    payload = jsonb_set(o.payload::jsonb, ARRAY[o.payload->>'type', 'id'], to_jsonb(%(media)s::text))::json
                FROM done WHERE o.id = done."outboxId" AND o.status = 'queued'""",
            {**_of(work), "media": media_id},
        )
        .rowcount
    )


def retry_later(work: Work, delay_s: float, reason: str, *, counted: bool = True) -> None:
    """This attempt failed; the next in so many seconds. Not `counted`: something of ours was in the way."""
    connection().execute(
        f"""UPDATE thread_files SET failures = failures + %(counted)s, attempts = attempts - 1 + %(counted)s, reason = %(reason)s,
                "nextTryAt" = now() + %(delay)s * interval '1 second', "updatedAt" = now() WHERE {MINE}""",
        {**_of(work), "delay": delay_s, "reason": reason[:60], "counted": int(counted)},
    )


def give_up(work: Work, reason: str) -> int | None:
    """It cannot be had, or Meta does not take it: staff read why, and what waited behind it leaves. The customer to be served."""
    with connection().transaction():
        lock(work.customer_id)
        row = (
            connection()
            .execute(
                f"""UPDATE thread_files SET state = 'given_up', reason = %(reason)s, "updatedAt" = now() WHERE {MINE}
                RETURNING "outboxId" """,
                {**_of(work), "reason": reason},
            )
            .fetchone()
        )
        if row is None:
            return None
        if row[0] is None:
            connection().execute("""UPDATE media SET "storedAs" = '' WHERE id = %s AND "storedAt" IS NULL""", (work.media_row,))
        else:
            connection().execute(
                """UPDATE outbox SET status = 'failed', reason = %s, "nextTryAt" = NULL, "updatedAt" = now()
                   WHERE id = %s AND status = 'queued'""",
                (UPLOAD, row[0]),
            )
    return work.customer_id


def waiting(conn: psycopg.Connection, *, limit: int) -> list[int]:
    """Files that are due and that nobody moves."""
    rows = conn.execute(
        """SELECT "mediaRow" FROM thread_files WHERE state = 'waiting' AND "nextTryAt" <= now() ORDER BY "nextTryAt" LIMIT %s""",
        (limit,),
    )
    return [row[0] for row in rows]


def _of(work: Work) -> dict[str, object]:
    return {"id": work.media_row, "attempt": work.attempt}


# --------------------------------------------------------------------------------------------------- to be seen

SHOW = """
SELECT m.id, m."storedAs", COALESCE(NULLIF(m."contentType", ''), m."mimeType"), m."storedAt" IS NOT NULL,
    m.purpose NOT IN ('support', 'staff') OR EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = m.id)
        OR EXISTS (SELECT FROM media o WHERE o."inboxId" = m."inboxId" AND o.purpose = 'prescription')
FROM media m WHERE m.id = %(id)s AND heir_of_customer(m."customerId") = heir_of_customer(%(customer)s)
"""


def media(customer_id: int, media_ref: str, *, staff: Staff, now: datetime) -> tuple[bytes, str]:
    """A file of the thread and its mime type, one a browser may be given or application/octet-stream; the look is audited.

    Raises Refused: right, unknown, clinical (a prescription, without the right to read those), gone, away (later).
    """
    if not staff.may("threads.see"):
        raise Refused("right")
    digits = media_ref.removeprefix("m")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
        raise Refused("unknown")
    row = connection().execute(SHOW, {"id": int(digits), "customer": customer_id}).fetchone()
    if row is None or not row[3]:
        raise Refused("unknown")
    number, name, mime, _, clinical = row
    if clinical and not staff.may("prescriptions.read"):
        raise Refused("clinical")
    try:
        content = vault().get(name)
    except Gone:
        raise Refused("gone") from None
    except (Away, Locked) as trouble:
        raise Refused("away") from trouble
    audit.note_once(staff, "thread_file_seen", "file", number, customer_id)
    return content, mime if mime in SHOWN else files.UNKNOWN
