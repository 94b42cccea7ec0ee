"""Everything held of one person as one JSON value: table -> rows, as they are, with what a pharmacist read on their papers opened.

Tables are found by their columns, so that one made later is not forgotten. Left out: our own secrets (password hashes, tokens),
sealed bytes, and columns that say how we work rather than what we know (leases, counters stay; they do no harm).
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

from models.left_over import MADE_AGAIN, SECRET_COLUMN
from models.privacy.person import Person
from models.vault import Locked, vault

MOST_ROWS = 5_000  # of one table; nobody has more, and no answer is to fill the memory
# Who of ours looked, and how far, is ours; it is told on request.
NOT_TOLD = MADE_AGAIN | {"customer_tokens", "staff_sessions", "audit", "thread_reads"}
OWNED = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = ANY(%s)
    AND NOT c.relname ~ '^(rollback_|drugsng_|migratehistory)' ORDER BY 1, 2
"""
OWNERS = ("customerId", "userId", "phoneNumber", "customerPhoneNumber", "email")
# Rows that belong to the person through another row of theirs: table, its column, the other table.
THROUGH = (
    ("order_items", "orderId", "orders"),
    ("order_events", "orderId", "orders"),
    ("payments", "orderId", "orders"),
    ("refunds", "orderId", "orders"),
    ("prescription_decisions", "prescriptionId", "prescriptions"),
    ("visit_events", "appointmentId", "appointments"),
    ("visit_events", "bookingId", "diagnostic_bookings"),
)


def collect(conn: psycopg.Connection, person: Person) -> dict[str, Any]:
    """{"customer": id, "tables": {name: [row, ...]}, "cutShort": [name, ...]}; JSON values only."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    cut: list[str] = []

    def add(table: str, condition: str, values: dict[str, Any]) -> None:
        query = f'SELECT to_jsonb(t) FROM "{table}" t WHERE {condition} LIMIT {MOST_ROWS + 1}'
        rows = conn.execute(query, values).fetchall()  # type: ignore[arg-type]
        if len(rows) > MOST_ROWS:
            cut.append(table)
        into = found.setdefault(table, {})
        for (row,) in rows[:MOST_ROWS]:
            into.setdefault(json.dumps(row, sort_keys=True), row)

    values: dict[str, Any] = {
        "ids": list(person.ids),
        "users": list(person.users),
        "numbers": list(person.proved),
        "emails": list(person.emails),
    }
    add("customers", "t.id = ANY(%(ids)s)", values)
    add("users", "t.id = ANY(%(users)s)", values)
    for table, column in conn.execute(OWNED, (list(OWNERS),)).fetchall():
        if table not in NOT_TOLD and table not in ("users", "customers", "staff", "admins", "support_teams"):
            add(table, _condition(column), values)
    for table, column, parent in THROUGH:
        mine = [row["id"] for row in found.get(parent, {}).values()]
        add(table, f't."{column}" = ANY(%(mine)s)', {"mine": mine})
    tables = {table: [_told(table, row) for row in rows.values()] for table, rows in sorted(found.items()) if rows}
    return {"customer": person.customer_id, "tables": tables, "cutShort": cut}


def _condition(column: str) -> str:
    return {
        "customerId": 't."customerId" = ANY(%(ids)s)',
        "userId": 't."userId" = ANY(%(users)s)',
        "email": "t.email = ANY(%(emails)s)",
    }.get(column, f't."{column}" = ANY(%(numbers)s)')


def _told(table: str, row: dict[str, Any]) -> dict[str, Any]:
    opened = _opened(row["reading"]) if table == "prescriptions" and row.get("reading") else None
    told = {
        name: value
        for name, value in row.items()
        if not SECRET_COLUMN.search(name) and not (isinstance(value, str) and value.startswith("\\x"))
    }
    if opened is not None:
        told["reading"] = opened
    return told


def _opened(sealed: str) -> Any:
    """What was read on the paper; None where this process has no key: the rest is told all the same."""
    try:
        return json.loads(vault().open(bytes.fromhex(sealed.removeprefix("\\x"))))
    except (Locked, ValueError):
        return None


def summary(told: dict[str, Any]) -> dict[str, int]:
    """Rows of each table, for whoever wants to know how much it is."""
    return {table: len(rows) for table, rows in told["tables"].items()}
