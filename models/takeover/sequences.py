"""Sequences that are behind their table's ids, as they are after rows were copied in: the next new row would be refused."""

from __future__ import annotations

from collections.abc import Iterator

from models.migration_session import Session
from models.takeover.findings import MENDS, Finding
from models.takeover.shapes import Shape


def behind(session: Session, shape: Shape) -> list[tuple[str, str, int]]:
    """(table, sequence, the highest id) of each table whose sequence would give an id that is taken."""
    found = []
    for (kind, table, sequence), text in sorted(shape.items()):
        if kind != "sequence" or not text.endswith(f"owned by {table}.id"):
            continue
        top, next_id = session.database.execute_sql(
            f'SELECT (SELECT max(id) FROM "{table}"), (SELECT last_value + is_called::int FROM "{sequence}")'
        ).fetchone()
        if top is not None and next_id <= top:
            found.append((table, sequence, int(top)))
    return found


def look(session: Session, shape: Shape) -> Iterator[Finding]:
    rows = behind(session, shape)
    if rows:
        yield Finding(
            "sequence_behind", MENDS, "{n} sequences are behind the ids of their tables", "`drugsng db adopt` sets them.",
            len(rows), example=rows[0][1],
        )  # fmt: skip


def set_right(session: Session, shape: Shape) -> int:
    """How many were set. Does no harm twice."""
    rows = behind(session, shape)
    for table, sequence, _ in rows:
        session.database.execute_sql(f"""SELECT setval('"{sequence}"', (SELECT max(id) FROM "{table}"))""")
    return len(rows)
