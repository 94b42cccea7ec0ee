"""Results of lab tests: a PDF sealed in the vault beside the prescriptions, one present result a booking, replaced ones kept.

A result is a row of `media` of its customer with the purpose `lab_result`; the booking names the present one, and its log every one
there was. Whoever adds one makes the event `lab_result` of its customer in the same transaction: the customer is told, once.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from models import audit, inbox, pdf_files
from models.base import connection
from models.clock import utcnow
from models.roles import Staff
from models.values import Refused
from models.vault import Away, Gone, Locked, new_name, vault
from models.visits import desk, events
from models.visits.desk import OWNER, Case
from models.visits.rows import TESTS, plain_number

ROOM = "results"
PURPOSE = "lab_result"
KIND = "application/pdf"
EVENT = "lab_result"
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a booking. `present`: it is the one that counts; the others were replaced."""

    id: int
    at: datetime
    size: int
    present: bool
    staff: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """`again`: this very form had come before, and nothing was done. `customer_id`: whose conversation has something to say now."""

    id: int
    booking_id: int
    customer_id: int
    number: str
    replaced: bool
    again: bool


# --------------------------------------------------------------------------------------------------- reading

OF_BOOKING = """
SELECT m.id, e.at, COALESCE(m.size, 0), b."resultMediaRow" IS NOT DISTINCT FROM m.id, COALESCE(s.name, '')
FROM visit_events e JOIN diagnostic_bookings b ON b.id = e."bookingId" JOIN media m ON m.id = (e.detail->>'media')::bigint
LEFT JOIN staff s ON e.who = 'staff:' || s.id
WHERE e."bookingId" = %s AND e.what = 'result' AND m.purpose = 'lab_result' ORDER BY e.id DESC LIMIT 50
"""
# Of a booking: this result, or the present one.
FILE = f"""
SELECT m.id, m."storedAs", v.id, {OWNER} FROM diagnostic_bookings v JOIN media m ON m.purpose = 'lab_result' AND m."storedAs" <> ''
    AND m.id = COALESCE(%(media)s::bigint, v."resultMediaRow") AND EXISTS (SELECT FROM visit_events e
        WHERE e."bookingId" = v.id AND e.what = 'result' AND (e.detail->>'media')::bigint = m.id)
WHERE v.number = %(number)s
"""


def of_booking(conn: psycopg.Connection, booking_id: int) -> tuple[Result, ...]:
    """Every result a booking has had, the newest first."""
    return tuple(Result(*row) for row in conn.execute(OF_BOOKING, (booking_id,)))


def seen(staff: Staff, number: str, media: int | None = None, *, address: str = "") -> bytes:
    """A result to be looked at by staff (`media`: a replaced one too); the look is in the audit.

    Raises Refused: right, unknown, gone, away (later).
    """
    if not staff.may("labs.read"):
        raise Refused("right")
    row = connection().execute(FILE, {"number": plain_number(number), "media": media}).fetchone()
    if row is None:
        raise Refused("unknown")
    try:
        content = vault().get(row[1])
    except Gone:
        raise Refused("gone") from None
    except (Away, Locked) as trouble:
        raise Refused("away") from trouble
    audit.note(staff, "lab.result_seen", "lab", row[2], row[3], {"file": row[0]}, address=address)
    return content


def filename(number: str) -> str:
    """Of a file that leaves the house: nothing in it tells what was looked for."""
    return f"lab-result-{re.sub(r'[^A-Za-z0-9]', '', number)}.pdf"


# --------------------------------------------------------------------------------------------------- adding

LOCK_OWNER = f"""
SELECT FROM customers k WHERE k.id = (SELECT {OWNER} FROM diagnostic_bookings v WHERE v.number = %s) FOR KEY SHARE
"""


def add(staff: Staff, number: str, content: bytes, key: str, *, zone: str, now: datetime, address: str = "") -> Stored:
    """Seals a result and tells the customer of it. The same `key` again changes nothing. Enqueue `converse` after the commit.

    Raises Refused: right, unknown, not_collected (its sample was not taken), no_customer (nobody to tell), bad_file (why: that of
    `pdf_files.refusal`); Away and Locked of the vault.
    """
    if not staff.may("labs.results"):
        raise Refused("right")
    if not KEY.fullmatch(key):
        raise Refused("unknown")
    if why := pdf_files.refusal(content):
        raise Refused("bad_file", why=why)
    with connection().transaction():
        found = _receiving(number, key, zone)
    if isinstance(found, Stored):
        return found
    name = new_name(ROOM, utcnow())
    vault().write(name, content)  # before its row, and with nobody waiting for it
    with connection().transaction():
        found = _receiving(number, key, zone)  # what was sent twice at once is found here, and the second file is garbage
        if isinstance(found, Stored):
            return found
        return _kept(staff, found, content, name, key, now, address)


def _receiving(number: str, key: str, zone: str) -> Case | Stored:
    """The booking, locked; or what this key has made already."""
    plain = plain_number(number)
    connection().execute(
        LOCK_OWNER, (plain,)
    )  # before the booking, as everybody does: a merge of customers has the same sequence
    connection().execute("SELECT FROM diagnostic_bookings WHERE number = %s FOR NO KEY UPDATE", (plain,))
    it = desk.case(connection(), "test", plain, zone=zone)
    if it is None:
        raise Refused("unknown")
    if it.row.customer_id is None:
        raise Refused("no_customer")
    made = connection().execute(
        """SELECT id FROM media WHERE purpose = 'lab_result' AND "mediaId" = %s AND heir_of_customer("customerId") = %s""",
        (_media_id(it.row.id, key), it.row.customer_id),
    )
    if row := made.fetchone():
        return Stored(row[0], it.row.id, it.row.customer_id, it.row.number, replaced=False, again=True)
    if it.row.state != "done":
        raise Refused("not_collected", state=it.row.state)
    return it


def _kept(staff: Staff, it: Case, content: bytes, name: str, key: str, now: datetime, address: str) -> Stored:
    booking, customer = it.row.id, it.row.customer_id or 0
    row = connection().execute(
        """INSERT INTO media ("customerId", kind, "mediaId", "mimeType", filename, sha256, purpose, "createdAt", "storedAs", "storedAt",
               size, "contentType")
           VALUES (%s, 'document', %s, %s, %s, %s, 'lab_result', %s, %s, %s, %s, %s) RETURNING id""",
        (
            *(customer, _media_id(booking, key), KIND, filename(it.row.number), hashlib.sha256(content).hexdigest()),
            *(now, name, now, len(content), KIND),
        ),
    )
    media = int((row.fetchone() or (0,))[0])
    before = connection().execute('SELECT "resultMediaRow" FROM diagnostic_bookings WHERE id = %s', (booking,)).fetchone()
    connection().execute(
        """UPDATE diagnostic_bookings SET "resultMediaRow" = %s, "resultBy" = %s, "resultAt" = %s, "updatedAt" = %s WHERE id = %s""",
        (media, staff.id, now, now, booking),
    )
    replaces = before[0] if before else None
    events.note(TESTS, booking, "result", who=f"staff:{staff.id}", now=now, media=media, replaces=replaces)
    audit.note(staff, "lab.result_added", "lab", booking, customer, {"file": media, "replaces": replaces}, address=address)
    data = {"number": it.row.number, "again": replaces is not None}
    inbox.add_event(customer, EVENT, f"{EVENT}:{booking}:{media}", data)
    return Stored(media, booking, customer, it.row.number, replaced=replaces is not None, again=False)


def _media_id(booking: int, key: str) -> str:
    return f"{PURPOSE}:{booking}:{key}"
