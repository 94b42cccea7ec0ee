"""The files of `migrations/` and what they may ask for: peewee-migrate's migrator with three things it lacks.

A file defines `migrate(migrator, database, *, fake=False)` and `rollback(...)` alike. Both only *ask*; nothing runs before they
return. One transaction around everything, unless the file says `atomic = False`: then each request is one of its own, in
order, and must do no harm when it is run again, because a step that stops half way is continued by running it again.
In SQL text a literal per cent sign is written twice, as peewee-migrate has it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import peewee_migrate
from playhouse.migrate import Operation

from models.migration_session import CannotMigrate, Session

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
FILE_NAME = re.compile(r"(\d{3})_[a-z0-9_]+\.py")
# With fewer rows than these it would crawl: each batch has its commit to pay for.
BATCH_ROWS, FEWEST_ROWS = 2_000, 500
BATCH_LONG_S, BATCH_SHORT_S = 1.0, 0.5
TELL_EVERY_ROWS = 100_000


@dataclass(frozen=True)
class Step:
    """One file: its name without `.py`, its two functions, and whether it is one transaction."""

    name: str
    migrate: Callable[..., None]
    rollback: Callable[..., None]
    atomic: bool

    @property
    def number(self) -> str:
        return self.name[:3]


@dataclass
class BatchSize:
    """How many rows the next batch takes. Whoever writes one of its rows waits for the whole of it, so on a busy machine it is less."""

    rows: int = BATCH_ROWS
    most: int = BATCH_ROWS

    def took(self, seconds: float) -> None:
        if seconds > BATCH_LONG_S:
            self.rows = max(FEWEST_ROWS, self.rows // 2)
        elif seconds < BATCH_SHORT_S:
            self.rows = min(self.most, self.rows * 2)


@cache
def names(folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """The steps this program knows, oldest first. The folder is read once per process."""
    return tuple(sorted(file.stem for file in folder.iterdir() if FILE_NAME.fullmatch(file.name)))


def load(name: str, folder: Path = MIGRATIONS) -> Step:
    """Reads one file. It runs by itself, not as a module: a step that imported the models would change when they do."""
    path = folder / f"{name}.py"
    loader = SourceFileLoader(f"migrations.{name}", str(path))
    scope = ModuleType(loader.name)
    try:
        loader.exec_module(scope)
        return Step(name, scope.migrate, scope.rollback, getattr(scope, "atomic", True))
    except FileNotFoundError as e:
        raise CannotMigrate(f"The file of {name} is missing. Nothing was done.") from e
    except SyntaxError as e:
        raise CannotMigrate(f"The file of {name} cannot be read: {e.msg} in line {e.lineno}. Nothing was done.") from e
    except AttributeError as e:
        raise CannotMigrate(f"The file of {name} has no {e.name} function. Nothing was done.") from e


class Migrator(peewee_migrate.Migrator):
    """What a step gets: peewee-migrate's `sql` and `run`, and the verbs below."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.database)
        self._session = session

    @property
    def requests(self) -> list[Operation | Callable[[], None]]:
        """What was asked for, in order; the list is handed over and empty afterwards."""
        requests, self.__ops__ = list(self.__ops__), []
        return requests

    def python(self, work: Callable[..., None], *args: object, **kwargs: object) -> None:
        """Runs a function of the step's own file."""
        self.run(work, *args, **kwargs)

    def patient_sql(self, sql: str) -> None:
        """A statement that holds up nobody and may take its time: VALIDATE CONSTRAINT, VACUUM. Only where `atomic = False`."""
        self.run(self._patiently, sql)

    def index(self, name: str, on: str, *, unique: bool = False) -> None:
        """Makes an index without blocking writes; `on` is what follows ON. Only where `atomic = False`.

        What an interrupted attempt left behind (an index marked invalid, which costs writes and serves no read) is removed first.
        """
        self.run(self._make_index, name, f"CREATE {'UNIQUE ' if unique else ''}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")

    def drop_index_named(self, name: str) -> None:
        """Removes an index without blocking writes. Only where `atomic = False`."""
        self.run(self._patiently, f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    def in_batches(self, table: str, statement: str, *, rows: int = BATCH_ROWS) -> None:
        """Runs `statement` over all rows there are now, `rows` at a time at most, each in a transaction of its own.

        `statement` takes %(low)s and %(high)s: `... WHERE id > %(low)s AND id <= %(high)s`. Only where `atomic = False`.
        """
        self.run(self._batches, table, statement, rows)

    def _patiently(self, sql: str) -> None:
        self._session.patient()
        try:
            self.__database__.execute_sql(sql)
        finally:
            self._session.hurried()

    def _make_index(self, name: str, statement: str) -> None:
        bare = name.strip('"')
        invalid = self.__database__.execute_sql(
            "SELECT 1 FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
            " WHERE relname = %s AND relnamespace = current_schema()::regnamespace AND NOT indisvalid",
            (bare,),
        ).fetchone()
        if invalid:
            self._patiently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        self._patiently(statement)

    def _batches(self, table: str, statement: str, rows: int) -> None:
        run = self.__database__.execute_sql
        top = run(f"SELECT max(id) FROM {table}").fetchone()[0]
        size = BatchSize(rows, rows)
        low, done, told = (run(f"SELECT min(id) - 1 FROM {table}").fetchone()[0] or 0), 0, 0
        while top is not None and low < top:
            high, count = run(
                f"SELECT max(id), count(*) FROM (SELECT id FROM {table} WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) part",
                (low, top, size.rows),
            ).fetchone()
            if not count:
                return
            began = time.monotonic()
            self._session.retried(partial(run, statement, {"low": low, "high": high}), f"a batch of {table}")
            size.took(time.monotonic() - began)
            low, done = high, done + count
            if done - told >= TELL_EVERY_ROWS:
                self._session.tell(f"{table}: {done:,} rows")
                told = done


def perform(request: Operation | Callable[[], None]) -> None:
    if isinstance(request, Operation):
        request.run()
    else:
        request()
