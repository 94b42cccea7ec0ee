"""A prescription from the customer's message to the pharmacist's queue: received, taken up to be read, and ended as read or not.

`reading` is the only state here. Whoever works on a row has claimed it: `begin` counts the attempt before the work and hands out
a lease by the database's clock and a version; every later verb writes only while both still hold, so a worker that was frozen
and wakes up changes nothing. Attempts that ended in no failure we know of ended the process: deaths = attempts - failures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from models import inbox, media
from models.base import connection
from models.clock import utcnow
from models.orders import OWN
from models.prescriptions import duplicates, replacing
from models.readings import Reading, dumps
from models.vault import new_name, vault

ROOM = "prescriptions"
UNDECIDED = ("reading", "waiting", "asked")
# A person has a few papers; who sends more than this before the first ones are read is told to wait.
MOST_UNREAD = 30

# Why a file was not read, as the customer and the pharmacist are told.
FILE_REASONS = ("empty", "not_a_picture", "too_big", "too_many_pixels", "encrypted_pdf", "broken", "heic")
FAILURES = (*FILE_REASONS, "media_gone", "not_fetched", "killed_reader", "not_read")
# What a pharmacist should know at the first look.
FLAGS = (
    *("duplicate", "too_old", "no_date", "future_date", "blurred", "dark", "cropped", "blank"),
    *("unsure", "controlled", "incomplete", "no_medicine"),
)

# --------------------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Work:
    """A prescription that is this process's to read. `attempt` counts this one; `name` is where its file belongs in the vault,
    `stored` whether it is there; `sha256` is Meta's (base64) before that, ours (hex) afterwards. `age_s`: since it came.
    `media_row` is 0 when what we knew of the file was deleted: then there is nothing to fetch and nothing to read."""

    id: int
    customer_id: int
    correlation_id: str
    version: int
    attempt: int
    failures: int
    age_s: float
    media_row: int
    media_id: str
    sha256: str
    name: str
    stored: bool

    @property
    def deaths(self) -> int:
        """How many attempts before this one ended the process."""
        return self.attempt - 1 - self.failures


@dataclass(frozen=True, slots=True)
class PageFiles:
    """Names in the vault of a page's two pictures, flattened and as sent; pixels of the flattened one."""

    flat: str
    photo: str
    width: int
    height: int


# --------------------------------------------------------------------------------------------------- coming in

RECEIVE = f"""
WITH made AS (
    INSERT INTO prescriptions ("customerId", "mediaRow", state, "orderId", "fileUrl", "correlationId", "createdAt", "updatedAt")
    SELECT %(customer)s, %(media)s, 'reading', COALESCE(
            (SELECT o.id FROM orders o WHERE {OWN} AND o."orderNumber" = %(order)s AND %(order)s <> ''),
            (SELECT "orderId" FROM prescriptions WHERE id = %(replaces)s AND "customerId" = %(customer)s)),
        'media:' || %(media)s, %(correlation)s, %(now)s, %(now)s
    WHERE (SELECT count(*) FROM prescriptions WHERE "customerId" = %(customer)s AND state = 'reading') < %(most)s
    ON CONFLICT ("mediaRow") WHERE "mediaRow" IS NOT NULL DO NOTHING RETURNING id
), replaced AS (
    UPDATE prescriptions p SET state = 'replaced', "replacedBy" = made.id, "claimedBy" = NULL, "claimedUntil" = NULL,
        version = p.version + 1, "updatedAt" = %(now)s
    FROM made WHERE p.id = %(replaces)s AND p."customerId" = %(customer)s AND p.state = ANY(%(undecided)s)
)
SELECT id FROM made UNION ALL SELECT id FROM prescriptions WHERE "mediaRow" = %(media)s
"""


def receive(
    customer_id: int,
    inbox_id: int,
    *,
    kind: str,
    media_id: str,
    mime_type: str = "",
    caption: str = "",
    filename: str = "",
    sha256: str = "",
    order_number: str = "",
    replaces: int | None = None,
    correlation_id: str = "",
    now: datetime,
) -> int | None:
    """The id of the prescription this file became, in state `reading`; the same file again gives the same id. Two statements.

    `order_number`: an own order's, else it is ignored. `replaces`: an own undecided prescription that this one is the better
    picture of. None: too many of this customer's files wait to be read, and this one was not taken (MOST_UNREAD).
    """
    row_id = media.keep(
        customer_id,
        inbox_id,
        kind=kind,
        media_id=media_id,
        mime_type=mime_type,
        caption=caption,
        filename=filename,
        sha256=sha256,
        purpose="prescription",
        order_number=order_number or None,
        now=now,
    )
    values = {
        "customer": customer_id,
        "media": row_id,
        "order": order_number.strip().lstrip("#"),
        "replaces": replaces,
        "correlation": correlation_id,
        "now": now,
        "most": MOST_UNREAD,
        "undecided": list(UNDECIDED),
    }
    row = connection().execute(RECEIVE, values).fetchone()
    if row is None:  # what was not taken leaves nothing behind
        connection().execute("DELETE FROM media WHERE id = %s", (row_id,))
        return None
    return int(row[0])


# --------------------------------------------------------------------------------------------------- being read

BEGIN = """
WITH mine AS (
    UPDATE prescriptions SET attempts = attempts + 1, version = version + 1, "nextTryAt" = NULL,
        "leaseUntil" = now() + %(lease)s * interval '1 second'
    WHERE id = %(id)s AND state = 'reading'
        AND ("leaseUntil" IS NULL OR "leaseUntil" <= now()) AND ("nextTryAt" IS NULL OR "nextTryAt" <= now())
    RETURNING id, "customerId", "correlationId", version, attempts, failures, EXTRACT(EPOCH FROM now() - "createdAt")::float8 AS age,
        COALESCE("mediaRow", 0) AS media
), named AS (
    UPDATE media m SET "storedAs" = %(name)s FROM mine WHERE m.id = mine.media AND m."storedAs" = ''
)
SELECT mine.*, COALESCE(m."mediaId", ''), COALESCE(m.sha256, ''), COALESCE(NULLIF(m."storedAs", ''), %(name)s), m."storedAt" IS NOT NULL
FROM mine LEFT JOIN media m ON m.id = mine.media
"""
MINE = """id = %(id)s AND state = 'reading' AND version = %(version)s AND "leaseUntil" > now()"""


def begin(prescription_id: int, lease_s: float) -> Work | None:
    """Takes a prescription to read it, its attempt counted. None: somebody else has it, it is not due yet, or it was read.

    The name of its file is settled here, before there is a file: whatever is left behind by a process that ends is written
    over by the next one.
    """
    values = {"id": prescription_id, "lease": lease_s, "name": new_name(ROOM, utcnow())}
    row = connection().execute(BEGIN, values).fetchone()
    return Work(*row) if row else None


def keep(work: Work, lease_s: float) -> bool:
    """Goes on: the lease begins anew. False when it is lost."""
    return _write(work, """"leaseUntil" = now() + %(lease)s * interval '1 second'""", lease=lease_s)


def stored(work: Work, *, size: int, content_type: str, sha256: str) -> bool:
    """The file is in the vault: no later try fetches it again. `sha256` in hex. False when the lease is lost."""
    done = connection().execute(
        f"""UPDATE media SET "storedAt" = now(), size = %(size)s, "contentType" = %(type)s, sha256 = %(sha256)s
            WHERE id = (SELECT "mediaRow" FROM prescriptions WHERE {MINE}) AND "storedAs" = %(name)s""",
        {**_of(work), "size": size, "type": content_type, "sha256": sha256, "name": work.name},
    )
    return bool(done.rowcount)


def lost_file(work: Work) -> bool:
    """What was stored is not there any more: it is to be fetched again. False when the lease is lost."""
    done = connection().execute(
        f"""UPDATE media SET "storedAt" = NULL WHERE id = (SELECT "mediaRow" FROM prescriptions WHERE {MINE})""", _of(work)
    )
    return bool(done.rowcount)


def retry_later(work: Work, delay_s: float) -> bool:
    """This attempt failed and counts as a failure. False when the lease is lost."""
    after = """failures = failures + 1, "leaseUntil" = NULL, "nextTryAt" = now() + %(delay)s * interval '1 second'"""
    return _write(work, after, delay=delay_s)


def died(work: Work, delay_s: float) -> bool:
    """The file ended what read it: the attempt stays counted as a death. False when the lease is lost."""
    return _write(work, """"leaseUntil" = NULL, "nextTryAt" = now() + %(delay)s * interval '1 second'""", delay=delay_s)


def put_off(work: Work, delay_s: float) -> bool:
    """Something of ours stood in the way: this attempt does not count. False when the lease is lost."""
    after = """attempts = GREATEST(attempts - 1, failures), "leaseUntil" = NULL, "nextTryAt" = now() + %(delay)s * interval '1 second'"""
    return _write(work, after, delay=delay_s)


def hand_back(attempts: Sequence[tuple[int, int]]) -> None:
    """Attempts (prescription, version) that the database, not the file, ended: they do not count as deaths, and where the version
    is still theirs the lease is free. Version 0: whose answer was lost."""
    for prescription_id, version in attempts:
        connection().execute(
            """UPDATE prescriptions SET attempts = GREATEST(attempts - 1, failures),
                   "leaseUntil" = CASE WHEN version <> %(version)s THEN "leaseUntil" END
               WHERE id = %(id)s AND state = 'reading'""",
            {"id": prescription_id, "version": version},
        )


def finish(
    work: Work,
    read: Reading,
    pages: Sequence[PageFiles],
    flags: Sequence[str],
    *,
    written_on: date | None,
    same_within_bits: int,
) -> int | None:
    """The prescription is read and waits for a pharmacist; its customer's conversation hears of it. Returns the customer, None
    when it is not ours any more. `same_within_bits`: how far the pictures of one paper may differ. Raises Locked."""
    values: dict[str, Any] = {"reading": vault().seal(dumps(read).encode()), "status": "extracted", "failure": ""}
    values |= {"hash": duplicates.signed(read.picture_hash), "written": written_on}
    with connection().transaction():
        values["duplicate"] = duplicates.find(connection(), work.id, read, within_bits=same_within_bits)
        customer = _end(work, values, flags)
        if customer is None:
            return None
        replacing.bring_back_others(connection(), customer, work.id, read)
        connection().execute("""DELETE FROM prescription_pages WHERE "prescriptionId" = %s""", (work.id,))
        with connection().cursor() as cursor:
            cursor.executemany(
                "INSERT INTO prescription_pages VALUES (%s, %s, %s, %s, %s, %s)",
                [(work.id, n, page.flat, page.photo, page.width, page.height) for n, page in enumerate(pages)],
            )
    return customer


def fail(work: Work, reason: str) -> int | None:
    """The prescription cannot be read and is put before a pharmacist all the same, with what there is of its file; its customer's
    conversation hears of it. `reason`: one of FAILURES. Returns the customer, None when it is not ours any more."""
    if reason not in FAILURES:
        raise ValueError(reason)
    with connection().transaction():
        values: dict[str, Any] = {"reading": None, "status": "failed", "failure": reason, "hash": None, "written": None}
        values["duplicate"] = duplicates.find(connection(), work.id, None, within_bits=0)
        customer = _end(work, values, ())
        if customer is not None:  # a name without a file behind it would be shown as a picture
            replacing.bring_back_others(connection(), customer, work.id, None)
            connection().execute(
                """UPDATE media SET "storedAs" = '' WHERE id = %s AND "storedAt" IS NULL""",
                (work.media_row,),
            )
    return customer


END = f"""
UPDATE prescriptions SET state = 'waiting', "extractionStatus" = %(status)s::"enum_prescriptions_extractionStatus",
    "extractedAt" = now(), "failureReason" = %(failure)s, reading = %(reading)s, "pictureHash" = %(hash)s, "writtenOn" = %(written)s,
    flags = %(flags)s, "duplicateOf" = %(duplicate)s, "readyAt" = now(), "leaseUntil" = NULL, "nextTryAt" = NULL,
    version = version + 1, "updatedAt" = now()
WHERE {MINE} RETURNING "customerId"
"""


def _end(work: Work, values: dict[str, Any], flags: Sequence[str]) -> int | None:
    told = [*(["duplicate"] if values["duplicate"] else []), *flags]
    row = connection().execute(END, {**_of(work), **values, "flags": told}).fetchone()
    if row is None:
        return None
    inbox.add_event(row[0], "prescription_read", f"prescription_read:{work.id}", {"prescription_id": work.id})
    return int(row[0])


def waiting_to_be_read(conn: psycopg.Connection, *, older_than_s: float, limit: int) -> list[int]:
    """Prescriptions that nobody reads though they are due: the queue lost the hint, or its holder died. The longest first."""
    rows = conn.execute(
        """SELECT id FROM prescriptions
           WHERE state = 'reading' AND ("leaseUntil" IS NULL OR "leaseUntil" <= now())
               AND CASE WHEN "nextTryAt" IS NULL THEN "createdAt" < now() - %s * interval '1 second' ELSE "nextTryAt" <= now() END
           ORDER BY COALESCE("nextTryAt", "createdAt") LIMIT %s""",
        (older_than_s, limit),
    )
    return [row[0] for row in rows]


def _write(work: Work, after: str, **values: Any) -> bool:
    return bool(connection().execute(f"UPDATE prescriptions SET {after} WHERE {MINE}", {**_of(work), **values}).rowcount)


def _of(work: Work) -> dict[str, Any]:
    return {"id": work.id, "version": work.version}
