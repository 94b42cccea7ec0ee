"""The schema, step by step: up, down, and where it stands.

`migratehistory` is peewee-migrate's table, so its own tools read the same history. Steps run one after the other under an
advisory lock, each in one transaction with its line in the history, or (`atomic = False`) in pieces that can be repeated.
A database of the old system, version 1.x, is recognised by its catalogue and goes on from 001.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import peewee
import psycopg

from models import left_over, left_over_file, left_over_people, schema_shape
from models.clock import utcnow
from models.left_over_file import Kept
from models.migration_session import CannotMigrate, Session, Tell, opened, reason, sqlstate
from models.migration_steps import MIGRATIONS, Migrator, Step, load, names, perform
from models.takeover import records

__all__ = ["CannotMigrate", "Status", "migrate", "pending_count", "rollback", "status", "would_lose"]

OLD_SYSTEM = "001_create_v1_schema"
LAST_ADOPTED = "002"  # as far as `adopt` brings a database
# Somebody else's migration may build indexes on big tables; whoever waits longer should look rather than wait.
WAIT_FOR_ANOTHER_S = 120.0
DATA_WOULD_BE_LOST = "DN001"
HISTORY = """
CREATE TABLE IF NOT EXISTS migratehistory (id serial PRIMARY KEY, name varchar(255) NOT NULL, migrated_at timestamp NOT NULL)
"""


@dataclass(frozen=True)
class Status:
    """Step names, oldest first. `unknown` are steps the database has and this program does not: the database is newer."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]


class Connection(Protocol):
    """A psycopg connection, or anything with its `execute`."""

    def execute(self, query: str, /) -> Any: ...


def migrate(
    database_url: str,
    *,
    to: str | None = None,
    tell: Tell = lambda _: None,
    folder: Path = MIGRATIONS,
    wait_s: float = WAIT_FOR_ANOTHER_S,
) -> list[str]:
    """Applies what is missing, up to and including step `to` ("003" or its whole name), and returns the names of what it did.

    May be run at any time, also while the shop is open and also twice at once: the second waits `wait_s` at most.
    `tell` hears progress and warnings, a line at a time. Raises CannotMigrate.
    """
    with working(database_url, tell) as session, session.alone(wait_s):
        known = _until(names(folder), to)
        history = _history(session.database)
        _refuse_newer(history, folder)
        _refuse_half_adopted(session)
        missing = [load(name, folder) for name in known if name not in history]
        session.database.execute_sql(HISTORY)
        for step in missing:
            if step.name == OLD_SYSTEM and _recognise(session, step):
                record(session.database, OLD_SYSTEM)
                tell(f"{OLD_SYSTEM}: this database is version 1.x of the old system already, recorded as applied")
                continue
            tell(f"{step.name} ...")
            run_step(session, step, down=False)
            left_over_people.after_coming_up(session, step.number)
        return [step.name for step in missing]


def rollback(
    database_url: str,
    steps: int = 1,
    *,
    drop_data: bool = False,
    keep_in: Path | None = None,
    kept: Callable[[Kept], None] = lambda _: None,
    tell: Tell = lambda _: None,
    folder: Path = MIGRATIONS,
    wait_s: float = WAIT_FOR_ANOTHER_S,
) -> list[str]:
    """Takes back the last `steps` steps, newest first, and returns their names; fewer when there are fewer.

    What has no place below is first written to a new file in the folder `keep_in` (None: nowhere), and `kept` hears of it. The
    first step is the old system's own tables: taking it back is refused while they hold rows, unless `drop_data`.
    Raises CannotMigrate.
    """
    if steps < 1:
        raise CannotMigrate("The number of steps to roll back must be 1 or more.")
    with working(database_url, tell) as session, session.alone(wait_s):
        history = _history(session.database)
        _refuse_newer(history, folder)
        session.database.execute_sql(f"SET drugsng.drop_data = '{'yes' if drop_data else 'no'}'")
        last = [load(name, folder) for name in reversed(history[-steps:])]
        _refuse_losing_adopted(session, history, last)
        if keep_in is not None and last:
            losing = left_over.parts(left_over.heard(last, session.database), session.database)
            end = history[-steps - 1] if len(history) > steps else "000"
            kept(left_over_file.write(database_url, losing, keep_in, start=history[-1], end=end, now=utcnow(), tell=tell))
        for step in last:
            tell(f"{step.name} back ...")
            left_over_people.before_going_down(session, step.number)
            run_step(session, step, down=True)
        return [step.name for step in last]


def would_lose(database_url: str, steps: int, *, folder: Path = MIGRATIONS) -> tuple[list[str], dict[str, int]]:
    """The steps that `rollback` would take back, newest first, and how many rows of each table have no place then. Changes nothing."""
    with working(database_url, lambda _: None) as session:
        history = _history(session.database)
        _refuse_newer(history, folder)
        last = [load(name, folder) for name in reversed(history[-steps:])] if steps else []
        _refuse_losing_adopted(session, history, last)
        losing = left_over.parts(left_over.heard(last, session.database), session.database)
        return [step.name for step in last], left_over_file.count(database_url, losing)


def status(database_url: str, *, folder: Path = MIGRATIONS) -> Status:
    """Where the database stands. Changes nothing and waits for nobody. Raises CannotMigrate when it cannot be reached."""
    with working(database_url, lambda _: None) as session:
        history = _history(session.database)
    known = names(folder)
    return Status(
        applied=tuple(name for name in history if name in known),
        pending=tuple(name for name in known if name not in history),
        unknown=tuple(name for name in history if name not in known),
    )


def pending_count(connection: Connection, *, folder: Path = MIGRATIONS) -> int:
    """How many steps this program has and the database lacks; 0 means ready. One query, for a readiness probe.

    `connection` is psycopg's, in autocommit or in a transaction the caller ends: without a history the query fails inside.
    """
    known = names(folder)
    try:
        rows = connection.execute("SELECT name FROM migratehistory").fetchall()
    except psycopg.errors.UndefinedTable:
        return len(known)
    return len(set(known) - {name for (name,) in rows})


@contextmanager
def working(url: str, tell: Tell, doing: str = "Looking at the schema", *, atomic: bool = True) -> Iterator[Session]:
    """A session whose errors, outside of a step too, are sentences. `doing`: what breaks off; not `atomic`: it goes on when run again."""
    with opened(url, tell) as session:
        try:
            yield session
        except (peewee.PeeweeException, psycopg.Error) as e:
            raise CannotMigrate(_sentence(e, doing, atomic)) from e


def _until(known: tuple[str, ...], to: str | None) -> tuple[str, ...]:
    if to is None:
        return known
    for position, name in enumerate(known):
        if to in {name, name[:3]}:
            return known[: position + 1]
    raise CannotMigrate(f"There is no step {to}; the last one is {known[-1]}." if known else "There are no steps at all.")


def _history(database: peewee.PostgresqlDatabase) -> list[str]:
    if database.execute_sql("SELECT to_regclass('migratehistory')").fetchone()[0] is None:
        return []
    return [name for (name,) in database.execute_sql("SELECT name FROM migratehistory ORDER BY id")]


def _refuse_newer(history: list[str], folder: Path) -> None:
    unknown = [name for name in history if name not in names(folder)]
    if unknown:
        raise CannotMigrate(
            f"This database is newer than this program: it has {', '.join(unknown)}, which this version does not know. "
            "Nothing was done; use the version that made it."
        )


def _refuse_half_adopted(session: Session) -> None:
    adopted = records.there(session)
    if adopted and adopted["undoing"]:
        raise CannotMigrate("Taking an adoption back was begun: run `drugsng db adopt --undo` to its end. Nothing was done.")
    if adopted and not adopted["finished"]:
        raise CannotMigrate("Adopting this database was begun and broken off: run `drugsng db adopt` again. Nothing was done.")


def _refuse_losing_adopted(session: Session, history: list[str], last: list[Step]) -> None:
    """Steps 001 and 002 of an adopted database go back by what adopting remembers: 002 would drop columns that were there."""
    later = len([name for name in history if name[:3] > LAST_ADOPTED])
    if records.there(session) and any(step.number <= LAST_ADOPTED for step in last):
        first = f"`drugsng db rollback --to {LAST_ADOPTED}`, then " if later else ""
        raise CannotMigrate(
            f"This database was adopted from the old system: the way back is {first}`drugsng db adopt --undo`. Nothing was done."
        )


def record(database: peewee.PostgresqlDatabase, name: str) -> None:
    """Writes a step into the history, which is made if there is none."""
    database.execute_sql(HISTORY)
    database.execute_sql("INSERT INTO migratehistory (name, migrated_at) VALUES (%s, now() AT TIME ZONE 'UTC')", (name,))


def _forget(database: peewee.PostgresqlDatabase, name: str) -> None:
    database.execute_sql("DELETE FROM migratehistory WHERE name = %s", (name,))


def run_step(session: Session, step: Step, *, down: bool = False) -> None:
    """One step up or down, with its line in the history."""
    write = partial(_forget if down else record, session.database, step.name)
    doing = step.rollback if down else step.migrate
    word = f"rolling back {step.name}" if down else step.name
    try:
        if step.atomic:
            session.retried(partial(_in_one_transaction, session, doing, write), word)
            return
        for request in _requests(session, doing):
            session.retried(partial(perform, request), word)
        write()
    except (peewee.PeeweeException, psycopg.Error) as e:
        raise CannotMigrate(_sentence(e, word, step.atomic)) from e


def _in_one_transaction(session: Session, doing: Callable[..., None], write: Callable[[], None]) -> None:
    with session.database.atomic():
        for request in _requests(session, doing):
            perform(request)
        write()


def _requests(session: Session, doing: Callable[..., None]) -> list[Any]:
    migrator = Migrator(session)
    doing(migrator, session.database, fake=False)
    return migrator.requests


def _sentence(error: BaseException, word: str, atomic: bool) -> str:
    state = sqlstate(error)
    if state == DATA_WOULD_BE_LOST:
        return f"{word} was refused: {reason(error)}. Make a backup, then use --drop-data if that is what you want."
    left = "Nothing of it was kept." if atomic else "What it had done does no harm; run the command again to go on from there."
    if state is None or state.startswith(("08", "57P")):
        return f"The connection to the database broke during {word[0].lower()}{word[1:]}. {left}"
    if state == "57014":
        return f"{word} took longer than a statement may. {left}"
    if state == "42501":
        return f"{word}: this database user may not change the schema ({reason(error)}). {left}"
    return f"{word} failed: {reason(error)} (SQLSTATE {state}). {left}"


def _recognise(session: Session, first: Step) -> bool:
    """True when the old system's tables are there as version 1.x made them, False when there are none of them.

    What they should look like is learnt by running 001 in a scratch schema that is thrown away.
    """
    database = session.database
    actual = schema_shape.read(database)
    if {owner for kind, owner, _ in actual if kind == "column"} <= {"migratehistory"}:
        return False
    with database.atomic() as transaction:
        database.execute_sql("CREATE SCHEMA drugsng_scratch; SET LOCAL search_path = drugsng_scratch")
        for request in _requests(session, first.migrate):
            perform(request)
        expected = schema_shape.read(database, "drugsng_scratch")
        transaction.rollback()
    tables = {owner for kind, owner, _ in expected if kind == "column"}
    if not tables & {owner for kind, owner, _ in actual if kind == "column"}:
        return False
    found = schema_shape.differences(expected, actual)
    if found:
        raise CannotMigrate(
            "This database holds tables of the old system, but not as version 1.x made them, so nothing was changed. "
            f"{len(found)} differences: {'; '.join(found[:5])}{'; ...' if len(found) > 5 else ''}. "
            "`drugsng db check` says which form it has, and `drugsng db adopt` takes it over."
        )
    return True
