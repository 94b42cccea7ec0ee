"""What adopting remembers, so that it can go on after a break and be undone: three tables of its own.

`drugsng_adopted` has one row: how the database was. `drugsng_adopted_schema` holds each change of the schema with the
statement that takes it back, `drugsng_adopted_values` each value that was changed or whose column is gone, in its old text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from models.migration_session import Session
from models.takeover.shapes import Shape

TABLES = """
CREATE TABLE IF NOT EXISTS drugsng_adopted (
    id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    form text NOT NULL,
    shape jsonb NOT NULL,
    history jsonb NOT NULL,
    "rowsBefore" jsonb NOT NULL,
    "startedAt" timestamptz NOT NULL DEFAULT now(),
    "finishedAt" timestamptz,
    "undoingSince" timestamptz
);
CREATE TABLE IF NOT EXISTS drugsng_adopted_schema (
    id bigserial PRIMARY KEY,
    what text NOT NULL,
    undo text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS drugsng_adopted_values (
    "table" text NOT NULL,
    "column" text NOT NULL,
    "rowId" bigint NOT NULL,
    old text,
    new text,
    why text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY ("table", "column", "rowId")
);
"""
# `new` is NULL where the column itself went away; then the old value goes back whatever there is.
KEEP = """
INSERT INTO drugsng_adopted_values ("table", "column", "rowId", old, new, why)
SELECT '{table}', '{column}', id, old, new, '{why}' FROM changed
ON CONFLICT ("table", "column", "rowId") DO UPDATE SET new = EXCLUDED.new
"""
VALUES = "-- values"  # in the log of the schema: here the values were changed


def there(session: Session) -> dict[str, Any] | None:
    """The row of a begun adoption, or None."""
    run = session.database.execute_sql
    if run("SELECT to_regclass('drugsng_adopted')").fetchone()[0] is None:
        return None
    row = run(
        'SELECT form, shape, history, "rowsBefore", "finishedAt" IS NOT NULL, "undoingSince" IS NOT NULL FROM drugsng_adopted'
    ).fetchone()
    if row is None:
        return None
    return dict(zip(("form", "shape", "history", "rows", "finished", "undoing"), row, strict=True))


def begin(session: Session, form: str, shape: Shape, history: Sequence[str], rows: dict[str, int]) -> None:
    """Notes how the database is, once; a second run keeps what the first one saw."""
    database = session.database
    with database.atomic():
        database.execute_sql(TABLES)
        database.execute_sql(
            'INSERT INTO drugsng_adopted (form, shape, history, "rowsBefore") VALUES (%s, %s, %s, %s)'
            ' ON CONFLICT (id) DO UPDATE SET "finishedAt" = NULL',
            (form, json.dumps(packed(shape)), json.dumps(list(history)), json.dumps(rows)),
        )


def changed(session: Session, what: str, statements: Sequence[str], undo: str) -> None:
    """Changes the schema and notes the way back, both or neither; waits for locks a moment at a time."""

    def work() -> None:
        with session.database.atomic():
            for statement in statements:
                session.database.execute_sql(statement)
            session.database.execute_sql("INSERT INTO drugsng_adopted_schema (what, undo) VALUES (%s, %s)", (what, undo))

    session.retried(work, what)


def mark_values(session: Session) -> None:
    """From here on values are changed. Once."""
    session.database.execute_sql(
        "INSERT INTO drugsng_adopted_schema (what, undo) SELECT 'values', %s"
        " WHERE NOT EXISTS (SELECT FROM drugsng_adopted_schema WHERE undo = %s)",
        (VALUES, VALUES),
    )


def finish(session: Session) -> None:
    session.database.execute_sql('UPDATE drugsng_adopted SET "finishedAt" = now() WHERE "finishedAt" IS NULL')


def packed(shape: Shape) -> dict[str, str]:
    return {"/".join(key): text for key, text in shape.items()}


def unpacked(shape: dict[str, str]) -> dict[tuple[str, str, str], str]:
    return {tuple(path.split("/", 2)): text for path, text in shape.items()}  # type: ignore[misc]
