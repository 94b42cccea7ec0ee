"""Real PostgreSQL and Valkey for the tests: one throw-away pair a run, a fresh database and a fresh Valkey database a test.

With TEST_DATABASE_URL / TEST_REDIS_URL set those servers are used instead (the role must be allowed to create databases).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from local import services

VALKEY_DATABASES = 16


def with_database(url: str, name: str) -> str:
    """The same server's URL for another database (PostgreSQL) or another number (Valkey)."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class Databases:
    """Makes databases on one server: a migrated template once, then a copy of it in some 15 ms each time."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._admin = psycopg.connect(server_url, autocommit=True, connect_timeout=10)
        self._numbers = itertools.count(1)
        self._made: set[str] = set()
        self._template = ""

    def close(self) -> None:
        """Every database made here is gone, whoever still holds a connection to it."""
        for name in list(self._made):
            self.drop(name)
        self._admin.close()

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of `template` (whose connections are cut first: PostgreSQL insists on none)."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        self._admin.execute(others, (template,))
        # Without a word about it PostgreSQL 15 and newer write the whole copy into the log; before, they knew no other way than files.
        how = sql.SQL("STRATEGY file_copy" if self._admin.info.server_version >= 150_000 else "")
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        self._admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template), how))
        self._made.add(name)
        return name

    def drop(self, name: str) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.discard(name)

    def template(self) -> str:
        """The name of the migrated database that tests get copies of; made at the first call."""
        if not self._template:
            name = self.create()
            if importlib.util.find_spec("models.migrating") is not None:
                importlib.import_module("models.migrating").migrate(with_database(self.server_url, name))
            self._template = name
        return self._template

    @contextlib.contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a database nobody else uses; dropped afterwards."""
        with self.copy(self.template() if migrated else "template1") as url:
            yield url

    @contextlib.contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """The URL of a copy of this database; dropped afterwards."""
        name = self.create(template)
        try:
            yield with_database(self.server_url, name)
        finally:
            self.drop(name)


class ValkeyDatabases:
    """Hands out the numbered databases of one Valkey in turn, empty: a late writer of one test does not meet the next."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._numbers = itertools.cycle(range(VALKEY_DATABASES))

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        url = with_database(self.server_url, str(next(self._numbers)))
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.flushdb()
            yield url
            with contextlib.suppress(redis.RedisError):  # a test may have killed it on purpose
                client.flushdb()


@contextlib.contextmanager
def throwaway_postgres() -> Iterator[str]:
    """The URL of a database on a PostgreSQL of one's own, for a test that kills or freezes it; up in about 0.6 s."""
    with services.throwaway() as made:
        yield made.start(valkey=False)[0]


@contextlib.contextmanager
def throwaway_valkey() -> Iterator[str]:
    """The URL of a Valkey of one's own."""
    with services.throwaway() as made:
        yield made.start(postgres=False)[1]
