"""`python -m local.seed`: fills DATABASE_URL (or the address given) with the demo data. May be run again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from peewee import Database, PostgresqlDatabase

from local.seed import catalogue, doctors, orders, prescriptions, staff, visits
from models import base
from models.vault import Vault
from settings import read


def _catalogue(db: Database) -> str:
    done = catalogue.load(db)
    return f"catalogue: {done.added} products added, {done.changed} changed, {done.unchanged} as they were"


def _staff(db: Database) -> str:
    return f"staff: {staff.load(db)} of {len(staff.COLLEAGUES)} demo colleagues added"


def _prescriptions(db: Database) -> str:
    media = {name: os.environ.get(name, "") for name in ("MEDIA_URL", "MEDIA_KEYS")}
    given = read({"DATABASE_URL": "postgresql://nowhere", "REDIS_URL": "redis://nowhere", **media})
    if not given.media_keys:
        return "prescriptions: none, because MEDIA_KEYS is not set and nothing clinical is stored unsealed"
    vault = Vault(given.media_url, given.media_keys)
    return f"prescriptions: {prescriptions.load(db, vault)} of {len(prescriptions.WAITING)} demo prescriptions added to the queue"


def _orders(db: Database) -> str:
    return f"orders: {orders.load()} of {len(orders.ORDERS)} demo orders added"


def _doctors(db: Database) -> str:
    people, tests = doctors.load(db)
    return f"care: {people} demo doctors and {tests} lab tests added"


def _visits(db: Database) -> str:
    return f"visits: {visits.load()} of {len(visits.VISITS)} demo appointments and lab tests added"


# One line each, in the order they depend on each other; a part returns its sentence for the terminal.
PARTS: tuple[Callable[[Database], str], ...] = (_catalogue, _doctors, _staff, _orders, _visits, _prescriptions)


def fill(url: str) -> list[str]:
    """Runs every part and returns their sentences."""
    db = PostgresqlDatabase("postgresql://" + url.partition("://")[2], prefer_psycopg3=True)
    base.bind(url, name="drugsng-seed")  # orders are made with the house's own verbs
    try:
        with db.connection_context():
            return [part(db) for part in PARTS]
    finally:
        base.drop_connection()


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("DATABASE_URL", "")
    if not url:
        print("Set DATABASE_URL or give the database's address.", file=sys.stderr)
        return 2
    began = time.perf_counter()
    for sentence in fill(url):
        print(sentence)
    print(f"demo data ready in {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
