"""`drugsng db adopt --undo`: the schema and the values as the old system had them, for the way back to version 1.x.

What was written since stays where it was written: a value that is no longer what adopting made of it keeps its newer text, and
the old one stays in `drugsng_adopted_values`. Copies of constraints do not come back. Killed, it is run again and goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from models import migrating, schema_shape
from models.migration_session import CannotMigrate, Session, Tell
from models.migration_steps import BATCH_ROWS
from models.takeover import checking, phones, records, shapes
from models.takeover.batches import Progress
from models.takeover.shapes import Shape

_RESTORE = """
WITH part AS (
    SELECT "rowId", old, new, why FROM drugsng_adopted_values
    WHERE "table" = %(table)s AND "column" = %(column)s AND "rowId" > %(low)s ORDER BY "rowId" LIMIT %(rows)s
), restored AS (
    UPDATE "{table}" t SET "{column}" = p.old::{kind} FROM part p
    WHERE t.id = p."rowId" AND (p.why = 'twin' OR t."{column}"::text IS NOT DISTINCT FROM p.new) AND {free}
    RETURNING t.id
), gone AS (
    DELETE FROM drugsng_adopted_values v USING restored r
    WHERE v."table" = %(table)s AND v."column" = %(column)s AND v."rowId" = r.id RETURNING 1
)
SELECT (SELECT max("rowId") FROM part), (SELECT count(*) FROM part), (SELECT count(*) FROM gone)
"""


@dataclass(frozen=True)
class Undone:
    """`restored` values went back; `newer` were changed since, or their row is gone: their old text is still kept."""

    form: str
    restored: int
    newer: int


def undo(database_url: str, *, tell: Tell = lambda _: None, wait_s: float = migrating.WAIT_FOR_ANOTHER_S) -> Undone:
    """Takes an adoption back. Raises CannotMigrate where there is none or later steps are applied."""
    with migrating.working(database_url, tell, "Taking the adoption back", atomic=False) as session, session.alone(wait_s):
        begun = records.there(session)
        if not begun:
            raise CannotMigrate("Nothing to take back: this database was not adopted, or that was taken back already.")
        later = [name for name in checking.history_of(session) if name[:3] > "002"]
        if later:
            raise CannotMigrate(
                f"{len(later)} steps after 002 are applied: run `drugsng db rollback --to 002` first, then this again. Nothing was done."
            )
        run = session.database.execute_sql
        run('UPDATE drugsng_adopted SET "undoingSince" = coalesce("undoingSince", now())')
        run("SET DateStyle = ISO")
        before = records.unpacked(begun["shape"])
        if not any(name[:3] == "002" for name in begun["history"]):
            _without_step_2(session, before, tell)
        restored = _schema_and_values(session, tell)
        _forget(session, begun["history"])
        newer = int(run("SELECT count(*) FROM drugsng_adopted_values").fetchone()[0])
        run("DROP TABLE drugsng_adopted, drugsng_adopted_schema" + ("" if newer else ", drugsng_adopted_values"))
        return Undone(begun["form"], restored, newer)


def _without_step_2(session: Session, before: Shape, tell: Tell) -> None:
    """Removes what step 002 added and was not there; what was there under the same name came back by its own statement."""
    run = session.database.execute_sql
    now = schema_shape.read(session.database)
    for kind in ("index", "constraint", "column", "enum"):
        for key, text in shapes.added_by_step_2().items():
            _, owner, name = key
            if key[0] != kind or now.get(key) != text or not _was_added(before, key, text):
                continue
            tell(f"removing {kind} {name or owner} ...")
            if kind == "index":
                session.patient()
                try:
                    run(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
                finally:
                    session.hurried()
                continue
            statement = {
                "constraint": f'ALTER TABLE "{owner}" DROP CONSTRAINT IF EXISTS "{name}"',
                "column": f'ALTER TABLE "{owner}" DROP COLUMN IF EXISTS "{name}"',
                "enum": f'DROP TYPE IF EXISTS "{owner}"',
            }[kind]
            session.retried(partial(run, statement), f"removing {kind} {name or owner}")


def _was_added(before: Shape, key: tuple[str, str, str], text: str) -> bool:
    there = before.get(key)
    if key[0] != "column" or there is None or key[1] != "prescriptions":
        return there is None if key[0] == "column" else there != text
    # A column of the same name and another type was set aside as a twin and comes back by that name.
    return there.split(" DEFAULT ")[0].removesuffix(" NOT NULL") != text.split(" DEFAULT ")[0].removesuffix(" NOT NULL")


def _schema_and_values(session: Session, tell: Tell) -> int:
    """The log of the schema backwards, and the values where they were changed in between."""
    run = session.database.execute_sql
    restored = 0
    for row_id, what, undo_text in run("SELECT id, what, undo FROM drugsng_adopted_schema ORDER BY id DESC").fetchall():
        if undo_text == records.VALUES:
            restored = _values(session, tell)
            run("DELETE FROM drugsng_adopted_schema WHERE id = %s", (row_id,))
            continue
        if undo_text:
            tell(f"back: {what} ...")
        session.retried(partial(_one, session, row_id, undo_text), f"taking back: {what}")
    return restored


def _one(session: Session, row_id: int, undo_text: str) -> None:
    with session.database.atomic():
        if undo_text:
            session.database.execute_sql(undo_text.replace("%", "%%"))
        session.database.execute_sql("DELETE FROM drugsng_adopted_schema WHERE id = %s", (row_id,))


def _values(session: Session, tell: Tell) -> int:
    run = session.database.execute_sql
    about = run('SELECT "table", "column", count(*) FROM drugsng_adopted_values GROUP BY 1, 2 ORDER BY 1, 2').fetchall()
    restored = 0
    for table, column, rows in about:
        kind = run(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s",
            (f'"{table}"', column),
        ).fetchone()
        if kind is None:  # the column came with adopting and went with it
            run('DELETE FROM drugsng_adopted_values WHERE "table" = %s AND "column" = %s', (table, column))
            continue
        tell(f"back: {rows:,} values of {table}.{column} ...")
        unique = table in phones.UNIQUE and column == "phoneNumber"
        free = f'NOT EXISTS (SELECT FROM "{table}" o WHERE o."{column}" = p.old)' if unique else "true"
        statement = _RESTORE.format(table=table, column=column, kind=kind[0], free=free)
        progress, low = Progress(session, f"{table}.{column}", rows), 0
        while True:
            values = {"table": table, "column": column, "low": low, "rows": BATCH_ROWS}
            high, seen, done = session.retried(lambda v=values, s=statement: run(s, v).fetchone(), f"{table}.{column}")  # type: ignore[misc]
            if not seen:
                break
            low, restored = high, restored + done
            progress.add(seen)
    return restored


def _forget(session: Session, history: list[str]) -> None:
    run = session.database.execute_sql
    if run("SELECT to_regclass('migratehistory')").fetchone()[0] is None:
        return
    run("DELETE FROM migratehistory WHERE name <> ALL (%s)", (history,))
    if not history:
        run("DROP TABLE migratehistory")
