"""Three prescriptions that wait in the demo queue, of two customers. Read once, long ago: seeding reads no picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import Database

from models import readings
from models.readings import Item, Reading
from models.vault import Vault

PAPERS = Path(__file__).parent / "papers"
# A date on a paper is believed this long; afterwards the reading says a younger one, so that the demo never is too old.
BELIEVED = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Paper:
    """`customer` and their number are invented; `waited`: since when it is in the queue; `days_old` once its own date is too old."""

    name: str
    customer: str
    number: str
    waited: timedelta
    days_old: int


WAITING = (
    Paper("demo_1", "Obinna Maigida", "2348000000201", timedelta(minutes=41), 14),
    Paper("demo_0", "Folake Udeze", "2348000000202", timedelta(minutes=18), 5),
    Paper("demo_2", "Folake Udeze", "2348000000202", timedelta(minutes=6), 7),
)

INSERT = """
INSERT INTO prescriptions ("customerId", "fileUrl", state, "extractionStatus", "extractedAt", reading, "writtenOn", flags, "readyAt",
    "createdAt", "updatedAt", "mediaRow")
VALUES (%s, '', 'waiting', 'extracted', %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
# Nobody has touched it since: it waits as long as on the first day.
AGAIN = """
UPDATE prescriptions SET "readyAt" = %s, "createdAt" = %s FROM media m
WHERE m.id = "mediaRow" AND m."mediaId" = %s AND state = 'waiting' AND version = 0 AND "claimedBy" IS NULL
"""


def load(db: Database, vault: Vault, *, now: datetime | None = None) -> int:
    """How many were added; those that are there already are left alone, but for how long they wait. Raises Locked, Away."""
    now = now or datetime.now(UTC)
    return sum(_load(db, vault, paper, now) for paper in WAITING)


def _load(db: Database, vault: Vault, paper: Paper, now: datetime) -> bool:
    media_id, came = f"demo:{paper.name}", now - paper.waited
    if db.execute_sql("""SELECT 1 FROM media WHERE "mediaId" = %s AND purpose = 'prescription'""", (media_id,)).fetchone():
        db.execute_sql(AGAIN, (came, came - timedelta(seconds=4), media_id))
        return False
    photo, flat = ((PAPERS / f"{paper.name}.{kind}.jpg").read_bytes() for kind in ("photo", "flat"))
    read = _reading(db, paper, now.date())
    names = [vault.put(content, room="demo", now=now) for content in (photo, flat)]
    with db.atomic():
        customer = _customer(db, paper)
        media = db.execute_sql(
            """INSERT INTO media ("customerId", kind, "mediaId", "mimeType", "contentType", sha256, purpose, "createdAt", "storedAs",
                   "storedAt", size) VALUES (%s, 'image', %s, %s, %s, %s, 'prescription', %s, %s, %s, %s) RETURNING id""",
            (customer, media_id, *["image/jpeg"] * 2, hashlib.sha256(photo).hexdigest(), came, names[0], came, len(photo)),
        ).fetchone()[0]
        flags = ["unsure"] if any(not item.sure for item in read.items) else []
        sealed = vault.seal(readings.dumps(read).encode())
        values = (customer, came, sealed, read.written_on, flags, came, came - timedelta(seconds=4), now, media)
        prescription = db.execute_sql(INSERT, values).fetchone()[0]
        page = read.pages[0]
        db.execute_sql(
            "INSERT INTO prescription_pages VALUES (%s, 0, %s, %s, %s, %s)",
            (prescription, names[1], names[0], page.width, page.height),
        )
    return True


def _customer(db: Database, paper: Paper) -> int:
    row = db.execute_sql("""SELECT "customerId" FROM customer_identities WHERE value = %s""", (paper.number,)).fetchone()
    if row:
        return int(row[0])
    customer = int(db.execute_sql("INSERT INTO customers (name) VALUES (%s) RETURNING id", (paper.customer,)).fetchone()[0])
    db.execute_sql("""INSERT INTO conversations ("customerId") VALUES (%s)""", (customer,))
    db.execute_sql(
        """INSERT INTO customer_identities (kind, value, "customerId") VALUES ('number', %s, %s)""", (paper.number, customer)
    )
    return customer


def _reading(db: Database, paper: Paper, today: date) -> Reading:
    """What was read, with the products as this database numbers them and a date that is not too old."""
    read = readings.loads((PAPERS / f"{paper.name}.json").read_text(encoding="utf-8"))
    refs = _refs(db, {candidate.name for item in read.items for candidate in item.candidates})
    age = today - date.fromisoformat(read.written_on)
    written = read.written_on if timedelta() <= age <= BELIEVED else (today - timedelta(days=paper.days_old)).isoformat()
    return replace(read, items=tuple(_renamed(read.items, refs)), written_on=written)


def _renamed(items: Iterable[Item], refs: dict[str, str]) -> Iterable[Item]:
    for item in items:
        chosen = next((each.name for each in item.candidates if each.ref == item.chosen), "")
        known = tuple(replace(each, ref=refs[each.name]) for each in item.candidates if each.name in refs)
        yield replace(item, candidates=known, chosen=refs.get(chosen, ""))


def _refs(db: Database, names: set[str]) -> dict[str, str]:
    rows: list[tuple[Any, ...]] = db.execute_sql(
        "SELECT name, id FROM products WHERE name = ANY(%s)", (sorted(names),)
    ).fetchall()
    return {name: f"m{number}" for name, number in rows}
