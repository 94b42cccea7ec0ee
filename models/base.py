"""The database: one connection a thread, one naming rule, and a deadline on our side of every unit of work.

SQL names are the old system's (snake_case tables, quoted camelCase columns) so that its databases are taken over in
place; Python attributes are snake_case. `CamelMetadata` is the one rule between the two.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from typing import Any

import peewee
import psycopg
from peewee import Metadata, Model, PostgresqlDatabase

CONNECT_TIMEOUT_S = 3
# A server-side bound on statements and on idling inside a transaction: the last line when our own deadline did not reach us.
SESSION_OPTIONS = "-c idle_in_transaction_session_timeout=20000 -c lock_timeout=5000"


class Unavailable(Exception):
    """PostgreSQL could not be reached, or did not answer within the time the caller had."""


def camel(name: str) -> str:
    """`user_id` -> `userId`: the old system's column names."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


class CamelMetadata(Metadata):
    """Gives every field without an explicit column its camelCase column."""

    def add_field(self, field_name: str, field: Any, set_attribute: bool = True) -> None:
        if getattr(field, "column_name", "") is None:
            suffix = "_id" if isinstance(field, peewee.ForeignKeyField) and not field_name.endswith("_id") else ""
            field.column_name = camel(field_name + suffix)
        super().add_field(field_name, field, set_attribute)


class _Database(PostgresqlDatabase):
    """Peewee's database whose connections are made in a helper thread, so that waiting for one has a limit below libpq's 2 s.

    Peewee connects under a lock of the whole database: while PostgreSQL hangs, eight threads would wait one after the other.
    So ours is made before that lock is taken.
    """

    connect_wait_s = float(CONNECT_TIMEOUT_S)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._made = threading.local()
        super().__init__(*args, **kwargs)

    def connect(self, reuse_if_open: bool = False) -> bool:
        if not self.deferred and self.is_closed():
            self._made.conn = self._new_connection()
        return bool(super().connect(reuse_if_open))

    def _connect(self) -> psycopg.Connection:
        conn, self._made.conn = self._made.conn, None
        return conn

    def _new_connection(self) -> psycopg.Connection:
        future = _connectors().submit(super()._connect)
        try:
            left = getattr(_unit, "until", math.inf) - time.monotonic()
            return future.result(timeout=max(0.0, min(self.connect_wait_s, left)))
        except FutureTimeout as e:
            if not future.cancel():  # one that nobody has begun must not delay those who come after the outage
                future.add_done_callback(_close_late)
            raise peewee.OperationalError("no connection in time") from e
        except psycopg.OperationalError as e:
            raise peewee.OperationalError(type(e).__name__) from e


_unit = threading.local()  # .until: when this thread's unit of work is given up
db = _Database(None, autoconnect=False)


class Base(Model):
    class Meta:
        database = db
        model_metadata_class = CamelMetadata
        legacy_table_names = False


def bind(url: str, *, name: str = "drugsng", connect_wait_s: float = CONNECT_TIMEOUT_S, statement_s: float = 15.0) -> None:
    """Points the models at a database. `name` is what `pg_stat_activity` shows; nothing is opened yet. A statement that takes
    longer than `statement_s` ends with an error of its own; where that is less than the unit's time it is the statement's."""
    url = "postgresql://" + url.removeprefix("postgres://").removeprefix("postgresql://")
    db.connect_wait_s = connect_wait_s
    db.init(
        url,
        prefer_psycopg3=True,
        application_name=name,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"{SESSION_OPTIONS} -c statement_timeout={int(statement_s * 1000)}",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )


def connection() -> psycopg.Connection:
    """This thread's psycopg connection (autocommit), opened if need be. For the few statements written by hand."""
    if db.is_closed():
        db.connect()
    return db.connection()


def drop_connection() -> None:
    """Closes this thread's connection, whatever state it is in; its locks go with it."""
    if db.is_closed():
        return
    with suppress(Exception):
        db.close()
    if not db.is_closed():
        db._state.reset()


@contextmanager
def unit(timeout_s: float) -> Iterator[psycopg.Connection]:
    """One unit of database work with a deadline on our side.

    A half-open connection never answers and no server setting helps, because the answer that would tell us is the one that
    does not come. A watchdog thread shuts the socket down at the deadline, which turns the wait into an error.
    Raises Unavailable for any loss of the connection; the connection is closed then, so the next unit starts afresh.
    """
    deadline = _unit.until = time.monotonic() + timeout_s  # connecting is a part of it
    try:
        conn = connection()
    except (peewee.OperationalError, peewee.InterfaceError, psycopg.Error) as e:
        drop_connection()
        raise Unavailable(type(e).__name__) from e
    finally:
        _unit.until = math.inf  # a connection made outside a unit is not bound by one that has passed
    token = _watchdog.watch(conn, deadline)
    try:
        yield conn
    except (peewee.OperationalError, peewee.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError) as e:
        cut = _watchdog.release(token)
        if cut or conn.closed or conn.broken or _is_connection_loss(e):
            drop_connection()
            raise Unavailable(type(e).__name__) from e
        raise
    finally:
        if _watchdog.release(token):
            drop_connection()


@contextmanager
def watched(conn: psycopg.Connection, timeout_s: float) -> Iterator[None]:
    """The same deadline for a connection that is not this thread's own. Raises what psycopg raises when it is cut."""
    token = _watchdog.watch(conn, time.monotonic() + timeout_s)
    try:
        yield
    finally:
        _watchdog.release(token)


def _is_connection_loss(error: BaseException) -> bool:
    """Class 08, 57P0x and errors without SQLSTATE mean the connection, not the statement, failed; so do those of a house in
    trouble, after which a fresh start is right too."""
    cause = error.__cause__ if isinstance(error, peewee.PeeweeException) and error.__cause__ else error
    state = getattr(cause, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    # 53: no disk, memory or connections; 55P03: somebody else's lock. Neither is the fault of what was to be done.
    return state is None or state.startswith(("08", "57P", "53", "55P03"))


class _Watchdog:
    """Shuts down the sockets of connections whose unit of work ran over its deadline. One daemon thread a process."""

    TICK_S = 0.05

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, psycopg.Connection]] = {}
        self._cut: set[int] = set()
        self._next = 0
        self._work = threading.Event()
        self._pid = 0

    def watch(self, conn: psycopg.Connection, deadline: float) -> int:
        with self._lock:
            if self._pid != os.getpid():  # after a fork there is no thread yet
                self._pid = os.getpid()
                self._watched.clear()
                threading.Thread(target=self._run, name="db-watchdog", daemon=True).start()
            self._next += 1
            self._watched[self._next] = (deadline, conn)
            token = self._next
        self._work.set()
        return token

    def release(self, token: int) -> bool:
        """Ends the watch; True when the connection was cut. Asking twice is fine."""
        with self._lock:
            self._watched.pop(token, None)
            if token in self._cut:
                self._cut.discard(token)
                return True
        return False

    def _run(self) -> None:
        while True:
            self._work.wait()
            time.sleep(self.TICK_S)
            now = time.monotonic()
            with self._lock:
                if not self._watched:
                    self._work.clear()
                for token in [t for t, (deadline, _) in self._watched.items() if deadline <= now]:
                    _, conn = self._watched.pop(token)
                    self._cut.add(token)
                    _shut(conn)


def _shut(conn: psycopg.Connection) -> None:
    with suppress(OSError, psycopg.Error):
        copy = socket.socket(fileno=os.dup(conn.pgconn.socket))
        try:
            copy.shutdown(socket.SHUT_RDWR)
        finally:
            copy.close()


_watchdog = _Watchdog()
_pool: tuple[int, ThreadPoolExecutor] | None = None


def _connectors() -> ThreadPoolExecutor:
    global _pool
    if _pool is None or _pool[0] != os.getpid():
        _pool = (os.getpid(), ThreadPoolExecutor(max_workers=4, thread_name_prefix="db-connect"))
    return _pool[1]


def _close_late(future: Future[psycopg.Connection]) -> None:
    """A connection that came after its caller had gone must not stay open."""
    with suppress(Exception):
        future.result().close()
