"""The connection a migration works on: short locks, bounded waits, one migration at a time, and plain words when it fails.

A migration runs while the shop is open. Whoever waits for an ACCESS EXCLUSIVE lock makes everybody else queue behind it, so
we wait for locks 1.5 s at a time, let the others pass, and try again; nobody is held up for 2 s by our waiting. The time is that
of a whole transaction: one that has locked one table and waits for the next and the next holds up the first table's writers
all the while, and the server's own time-out begins anew with each lock.

Where the server lets us, a deadlock is looked for after 0.1 s instead of 1 s. An autovacuum that is in the way then leaves at
once (it gave way after a second, in which everybody waited), and 0.8 s of waiting are enough. That is less than the second
after which others look for a deadlock, so it is always we who give way.
Use the database's own address here and not a pooler's: the advisory lock belongs to the connection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import peewee
import psycopg
from psycopg.conninfo import conninfo_to_dict

LOCK_TIMEOUT_MS = 1_500
DEADLOCK_TIMEOUT_MS, LOCK_TIMEOUT_THEN_MS = 100, 800
# What a rollback kept goes back in one statement a step, and half a million orders take more than a minute.
STATEMENT_TIMEOUT_MS = 1_800_000
# For statements that hold up no reader and no writer (VALIDATE, CONCURRENTLY): they may wait longer.
PATIENT_LOCK_TIMEOUT_MS = 60_000
RETRY_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 4.0)
CONNECT_TIMEOUT_S = 5
ONE_AT_A_TIME_KEY = 0x44_52_55_47_53  # "DRUGS": the advisory lock of whoever migrates

LOCK_NOT_AVAILABLE, DEADLOCK, CANCELED = "55P03", "40P01", "57014"
UNREADABLE = "an address that cannot be read"
# Superusers may set it, and whoever was granted it.
LOOK_FOR_DEADLOCKS_SOON = f"""
DO $$ BEGIN
    PERFORM set_config('deadlock_timeout', '{DEADLOCK_TIMEOUT_MS}ms', false);
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
"""

T = TypeVar("T")
Tell = Callable[[str], None]


class CannotMigrate(Exception):
    """The schema was not changed, or not wholly. The text is one or two sentences for whoever runs the command."""


def sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's five characters for what went wrong, through Peewee's wrapping; None when the connection failed."""
    while error is not None:
        state = getattr(error, "sqlstate", None)
        if state:
            return str(state)
        error = error.__cause__ or error.__context__
    return None


def reason(error: BaseException) -> str:
    """PostgreSQL's own first line about an error, without the statement or its values."""
    inner = error.__context__ if isinstance(error, peewee.PeeweeException) and error.__context__ else error
    primary = inner.diag.message_primary if isinstance(inner, psycopg.Error) else None
    return primary or (str(inner).strip().splitlines() or [type(inner).__name__])[0]


class Session:
    """A connection that may change the schema, the advisory lock included. Made by `opened`."""

    def __init__(self, url: str, database: peewee.PostgresqlDatabase, tell: Tell) -> None:
        self.database = database
        self.tell = tell
        self._watch = _BlockerWatch(url, database.connection().info.backend_pid)
        database.execute_sql(LOOK_FOR_DEADLOCKS_SOON)
        soon = self._one("SELECT current_setting('deadlock_timeout')") == f"{DEADLOCK_TIMEOUT_MS}ms"
        self._lock_ms = min(LOCK_TIMEOUT_MS, LOCK_TIMEOUT_THEN_MS) if soon else LOCK_TIMEOUT_MS

    def hurried(self) -> None:
        """Short waits again: what every step starts with."""
        self._limits(self._lock_ms)
        self._watch.limit_s = self._lock_ms / 1000

    def patient(self) -> None:
        self._limits(PATIENT_LOCK_TIMEOUT_MS)
        self._watch.limit_s = None

    def retried(self, work: Callable[[], T], what: str) -> T:
        """`work`'s result; 6 tries in all when somebody holds a lock. `work` must leave nothing behind when it fails."""
        with self._watch:
            for pause_s in (*RETRY_PAUSES_S, None):
                self._watch.waited_s = 0.0
                try:
                    return work()
                except peewee.PeeweeException as e:
                    stopped = sqlstate(e) == CANCELED and self._watch.stopped()
                    if not stopped and sqlstate(e) not in {LOCK_NOT_AVAILABLE, DEADLOCK}:
                        raise
                    if pause_s is None:
                        raise CannotMigrate(
                            f"{what} did not get its lock in {len(RETRY_PAUSES_S) + 1} tries: {self._watch.words()}."
                        ) from e
                    self.tell(f"{what} waits for a lock: {self._watch.words()}")
                    time.sleep(pause_s)
        raise AssertionError("unreachable")

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[None]:
        """Holds the advisory lock. Asks again and again instead of blocking: a blocked statement holds a snapshot, and the other
        one's CREATE INDEX CONCURRENTLY would wait for it for ever."""
        deadline = time.monotonic() + wait_s
        told = False
        while not self._one("SELECT pg_try_advisory_lock(%s)", ONE_AT_A_TIME_KEY):
            if time.monotonic() >= deadline:
                raise CannotMigrate(
                    f"Another migration has been running for over {wait_s:.0f} s: {self._lock_holder()}. Nothing was done."
                )
            if not told:
                self.tell(f"another migration is running ({self._lock_holder()}); waiting for it")
                told = True
            time.sleep(0.25)
        try:
            yield
        finally:
            with suppress(peewee.PeeweeException):
                self._one("SELECT pg_advisory_unlock(%s)", ONE_AT_A_TIME_KEY)

    def _lock_holder(self) -> str:
        row = self.database.execute_sql(
            f"SELECT {_WHO} FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
            " AND (l.classid::bigint << 32) + l.objid::bigint = %s AND l.objsubid = 1",
            (ONE_AT_A_TIME_KEY,),
        ).fetchone()
        return _who(row) if row else "it has just ended"

    def _one(self, sql: str, *params: object) -> object:
        return self.database.execute_sql(sql, params).fetchone()[0]

    def _limits(self, lock_ms: int) -> None:
        self.database.execute_sql(f"SET lock_timeout = {lock_ms}; SET statement_timeout = {STATEMENT_TIMEOUT_MS}")


@contextmanager
def opened(url: str, tell: Tell) -> Iterator[Session]:
    """A session on the database at `url`; raises CannotMigrate in plain words when there is none."""
    if not url.startswith(("postgresql://", "postgres://")) or place(url) == UNREADABLE:
        raise CannotMigrate("DATABASE_URL is not an address: it should look like postgresql://user:password@host:5432/name.")
    database = peewee.PostgresqlDatabase(
        "postgresql://" + url.removeprefix("postgres://").removeprefix("postgresql://"),
        prefer_psycopg3=True,
        application_name="drugsng-migrate",
        connect_timeout=CONNECT_TIMEOUT_S,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=30_000,
    )
    try:
        database.connect()
    except (peewee.PeeweeException, psycopg.Error) as e:
        raise CannotMigrate(no_connection(url, e)) from e
    try:
        # Steps name their tables without a schema; times are written in UTC whatever the server's zone is.
        database.execute_sql("SET search_path = public; SET TimeZone = 'UTC'; SET extra_float_digits = 1")
        database.connection().add_notice_handler(
            lambda note: tell(str(note.message_primary)) if note.severity == "WARNING" else None
        )
        session = Session(url, database, tell)
        session.hurried()
        yield session
    finally:
        with suppress(peewee.PeeweeException):
            database.close()


def place(url: str) -> str:
    """Where a database address points to, without user and password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return UNREADABLE
    return f"{parts.get('host') or 'the local socket'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


def no_connection(url: str, error: BaseException) -> str:
    """Why no connection could be made, and what to do. Never repeats the password."""
    text, where = str(error), place(url)
    causes = (
        ("password authentication failed", f"The database at {where} refused the user or the password: check DATABASE_URL."),
        ("no password supplied", f"The database at {where} wants a password and DATABASE_URL has none."),
        ("does not exist", f"There is no such database or user at {where}: create it, or check DATABASE_URL."),
        ("too many", f"The database at {where} has no free connection: stop something that uses it and try again."),
        ("starting up", f"The database at {where} is still starting: try again in some seconds."),
        ("shutting down", f"The database at {where} is shutting down."),
        ("refused", f"No database answers at {where}: is PostgreSQL running there?"),
        ("timeout", f"The database at {where} did not answer within {CONNECT_TIMEOUT_S} s."),
        ("could not translate", f"The host of {where} is not known: check DATABASE_URL."),
        ("resolve", f"The host of {where} is not known: check DATABASE_URL."),
        ("pg_hba.conf", f"The database at {where} does not let this user in from here (pg_hba.conf)."),
    )
    for mark, sentence in causes:
        if mark in text:
            return sentence
    return f"No connection to the database at {where} ({type(error).__name__}): check DATABASE_URL."


_WHO = (
    "a.pid, a.usename, a.application_name, coalesce(host(a.client_addr), 'the local socket'), a.state,"
    " coalesce(extract(epoch FROM now() - a.xact_start), 0)::int"
)


def _who(row: tuple[object, ...]) -> str:
    pid, user, application, address, state, seconds = row
    name = f", {application}" if application else ""
    return f"process {pid} (user {user}{name}, from {address}) {state}, in a transaction for {seconds} s"


class _BlockerWatch:
    """Notes from a second connection who keeps the first one waiting: after the time-out it could no longer be asked.

    Cancels what has waited `limit_s` in all its locks together since `waited_s` was set to 0; None lets it wait.
    """

    TICK_S = 0.1

    def __init__(self, url: str, pid: int) -> None:
        self._url, self._pid = url, pid
        self.limit_s: float | None = None
        self.waited_s = 0.0
        self._stopped = False
        self._seen: list[tuple[object, ...]] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._depth = 0  # a batch is tried again inside a request that is

    def stopped(self) -> bool:
        """Whether it was this watch that cancelled; asking makes it forget."""
        stopped, self._stopped = self._stopped, False
        return stopped

    def words(self) -> str:
        if not self._seen:
            return "somebody held it, but was gone before it could be told who"
        return "it is held by " + " and by ".join(_who(row) for row in self._seen[:3])

    def __enter__(self) -> _BlockerWatch:
        self._seen = []
        self._depth += 1
        if self._depth > 1:
            return self
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="migration-blockers", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth:
            return
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=CONNECT_TIMEOUT_S + 1)

    def _run(self) -> None:
        # Quick steps never need the second connection.
        if self._stop.wait(self.TICK_S * 2):
            return
        query = f"SELECT {_WHO} FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids(%s)) ORDER BY a.xact_start"
        with (
            suppress(psycopg.Error),
            psycopg.connect(
                self._url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="drugsng-migrate-watch"
            ) as conn,
        ):
            looked = time.monotonic()
            while not self._stop.wait(self.TICK_S):
                blockers, before, looked = conn.execute(query, (self._pid,)).fetchall(), looked, time.monotonic()
                if not blockers:
                    continue
                self._seen = blockers
                self.waited_s += looked - before
                if self.limit_s is not None and self.waited_s >= self.limit_s:
                    self._stopped = True
                    conn.execute("SELECT pg_cancel_backend(%s)", (self._pid,))
                    self.waited_s = 0.0
