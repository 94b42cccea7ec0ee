"""Everything a pharmacist sees about one prescription, opened. Whoever asks for it has been noted in the audit by the caller."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg

from models import readings
from models.prescriptions import record
from models.prescriptions.queue import COLUMNS, LISTED, TABLES, Waiting, from_row
from models.prescriptions.record import Record
from models.readings import Item, Reading
from models.vault import Locked, vault

PURCHASES_FOR = timedelta(days=90)
PURCHASES_MAX = 40
HISTORY_MAX = 50
OTHERS_MAX = 10
REPLACED_ROWS_MAX = 20
WAITING_COLUMNS = len(Waiting.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """Names in the vault: the flattened page, on which boxes lie, and the photo as it was sent. Pixels of the flattened one."""

    page: int
    flat: str
    photo: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Past:
    """A decision on record."""

    id: int
    at: datetime
    record: Record


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the same customer bought before."""

    at: datetime
    order_number: str
    status: str
    name: str
    generic: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer said: `kind` answer or correction."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The same paper as it came before. `same_customer`: whether from the same person. `ordered`: of it something was ordered."""

    id: int
    received_at: datetime
    state: str
    same_customer: bool
    ordered: bool


@dataclass(frozen=True, slots=True)
class Replaced:
    """A picture that this one took the place of: what was asked about it, and what the customer said."""

    id: int
    asked: tuple[Past, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """`draft` is what was typed so far, as JSON values, None when nobody has begun. `original` names the file in the vault."""

    waiting: Waiting
    version: int
    customer_id: int
    phone: str
    reading: Reading
    draft: dict[str, Any] | None
    answers: tuple[Answer, ...]
    pages: tuple[PagePicture, ...]
    history: tuple[Past, ...]
    purchases: tuple[Purchase, ...]
    others: tuple[Waiting, ...]
    duplicate_of: int | None
    earlier: Earlier | None
    replaced: tuple[Replaced, ...]
    caption: str
    original: str
    sha256: str
    content_type: str


ROW = f"""
SELECT {COLUMNS}, p.version, p."customerId", p.reading, p.draft, p.answers, p."duplicateOf",
    COALESCE((SELECT k.value FROM customer_identities k WHERE k."customerId" = p."customerId" AND k.kind = 'number'
        ORDER BY k."createdAt" DESC LIMIT 1), ''),
    COALESCE(m.caption, ''), COALESCE(m."storedAs", ''), COALESCE(m.sha256, ''), COALESCE(m."contentType", ''),
    d.id, d."createdAt", COALESCE(d.state, ''), d."customerId" IS NOT DISTINCT FROM p."customerId",
    EXISTS (SELECT FROM orders u JOIN prescription_items i ON i."orderId" = u.id
        WHERE u."customerId" = d."customerId" AND i."prescriptionId" = d.id)
{TABLES} LEFT JOIN media m ON m.id = p."mediaRow" LEFT JOIN prescriptions d ON d.id = p."duplicateOf"
WHERE p.id = %s AND p.state IS NOT NULL
"""
PURCHASES = """
SELECT o."orderDate", o."orderNumber", o.state, COALESCE(i.name, m.name, h.name, ''), COALESCE(m."genericName", h."genericName", ''),
    i.quantity
FROM orders o JOIN order_items i ON i."orderId" = o.id
LEFT JOIN products m ON m.id = i."productId" LEFT JOIN healthcare_products h ON h.id = i."healthcareProductId"
WHERE o."customerId" = %s AND o."orderDate" >= %s AND o.state NOT IN ('cancelled', 'expired')
ORDER BY o."orderDate" DESC, i.id LIMIT %s
"""
OTHERS = (
    f"""{LISTED} WHERE p."customerId" = %s AND p.id <> %s AND p.state IN ('reading', 'waiting', 'asked') ORDER BY p.id LIMIT %s"""
)
# A better picture may have been replaced by a still better one.
REPLACED = """
WITH RECURSIVE before AS (
    SELECT id FROM prescriptions WHERE "customerId" = %(customer)s AND "replacedBy" = %(id)s
    UNION SELECT p.id FROM before JOIN prescriptions p ON p."customerId" = %(customer)s AND p."replacedBy" = before.id
)
SELECT p.id, p.answers, q.id, q.at, q.record FROM before JOIN prescriptions p USING (id)
LEFT JOIN prescription_decisions q ON q."prescriptionId" = p.id AND q.kind = 'asked' ORDER BY p.id DESC, q.id LIMIT %(most)s
"""


def case(conn: psycopg.Connection, prescription_id: int, *, now: datetime) -> Case | None:
    """The whole case, None when there is none. Raises Locked when no key opens it."""
    row = conn.execute(ROW, (prescription_id,)).fetchone()
    if row is None:
        return None
    version, customer_id, read, draft, answers, duplicate_of, phone, caption, original, sha256, content_type, *earlier = row[
        WAITING_COLUMNS:
    ]
    return Case(
        waiting=from_row(row[:WAITING_COLUMNS]),
        version=version,
        customer_id=customer_id,
        phone=phone,
        reading=readings.loads(vault().open(read)) if read else Reading(),
        draft=json.loads(vault().open(draft)) if draft else None,
        answers=_answers(answers),
        pages=pages(conn, prescription_id),
        history=_history(conn, prescription_id),
        purchases=tuple(Purchase(*r) for r in conn.execute(PURCHASES, (customer_id, now - PURCHASES_FOR, PURCHASES_MAX))),
        others=tuple(map(from_row, conn.execute(OTHERS, (customer_id, prescription_id, OTHERS_MAX)))),
        duplicate_of=duplicate_of,
        earlier=Earlier(*earlier) if earlier[0] else None,
        replaced=_replaced(conn, prescription_id, customer_id),
        caption=caption,
        original=original,
        sha256=sha256,
        content_type=content_type,
    )


def item(conn: psycopg.Connection, prescription_id: int, line: int) -> Item | None:
    """One line as it was read; None where there is none. Raises Locked."""
    row = conn.execute("SELECT reading FROM prescriptions WHERE id = %s AND state IS NOT NULL", (prescription_id,)).fetchone()
    items = readings.loads(vault().open(row[0])).items if row and row[0] else ()
    return items[line] if 0 <= line < len(items) else None


def pages(conn: psycopg.Connection, prescription_id: int) -> tuple[PagePicture, ...]:
    """The pictures of a prescription, in the order of its pages."""
    rows = conn.execute(
        """SELECT page, flat, photo, width, height FROM prescription_pages WHERE "prescriptionId" = %s ORDER BY page LIMIT 20""",
        (prescription_id,),
    )
    return tuple(PagePicture(*row) for row in rows)


def _history(conn: psycopg.Connection, prescription_id: int) -> tuple[Past, ...]:
    rows = conn.execute(
        """SELECT id, at, record FROM prescription_decisions WHERE "prescriptionId" = %s ORDER BY id LIMIT %s""",
        (prescription_id, HISTORY_MAX),
    )
    return _opened(rows)


def _replaced(conn: psycopg.Connection, prescription_id: int, customer_id: int) -> tuple[Replaced, ...]:
    """The newest first. What no key opens any more is left out: it must not keep a paper from being read that can be."""
    values = {"id": prescription_id, "customer": customer_id, "most": REPLACED_ROWS_MAX}
    found: dict[int, Replaced] = {}
    for number, answers, *decision in conn.execute(REPLACED, values):
        with suppress(Locked):
            at = found.get(number) or Replaced(number, (), _answers(answers))
            found[number] = replace(at, asked=(*at.asked, *_opened([decision] if decision[0] else ())))
    return tuple(found.values())


def _opened(rows: Iterable[Sequence[Any]]) -> tuple[Past, ...]:
    return tuple(Past(number, at, record.loads(vault().open(sealed))) for number, at, sealed in rows)


def _answers(sealed: bytes | None) -> tuple[Answer, ...]:
    if not sealed:
        return ()
    return tuple(
        Answer(datetime.fromisoformat(told["at"]), told["kind"], told["text"]) for told in json.loads(vault().open(sealed))
    )
