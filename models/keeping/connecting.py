"""The connection that a backup, a restore or a drill works on, and what its child programs need to reach the same place.

The password travels in the child's environment and never on its command line, which every user of the machine can read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from models.migration_session import UNREADABLE, no_connection, place

CONNECT_TIMEOUT_S = 5
# What a child is told when it is not the default. Older client programs stop at a word they do not know, so only words
# that PostgreSQL 13 knew: https://www.postgresql.org/docs/13/libpq-connect.html (read 2026-11-23).
PASSED_ON = {
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "channel_binding",
    "krbsrvname",
    "gssencmode",
    "requirepeer",
}
PASSED_ON |= {"options", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}
# The text of a row is compared between servers: nothing a server or a user has set may change how a value is written.
SAME_WORDS = (
    "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1;"
    " SET bytea_output = 'hex'; SET search_path = pg_catalog; SET lock_timeout = '30s'; SET statement_timeout = 0;"
    " SET idle_in_transaction_session_timeout = 0"
)


class CannotKeep(Exception):
    """It was not done. The text is one or two sentences for whoever runs the command; `code` is what the command ends with."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


@contextmanager
def opened(url: str, *, database: str | None = None, name: str = "drugsng-backup") -> Iterator[psycopg.Connection]:
    """An autocommit connection to `url`, or to another database of the same server. Raises CannotKeep in plain words.

    Errors of PostgreSQL inside the block become sentences too.
    """
    if not url.startswith(("postgresql://", "postgres://")) or place(url) == UNREADABLE:
        raise CannotKeep("This is not an address of a database: it should look like postgresql://user:password@host:5432/name.")
    try:
        conn = psycopg.connect(
            make_conninfo(url, **({"dbname": database} if database is not None else {})),
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name=name,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=30_000,
            client_encoding="UTF8",
        )
    except psycopg.Error as e:
        raise CannotKeep(no_connection(url, e).replace("DATABASE_URL", "its address")) from e
    except UnicodeError as e:
        raise CannotKeep("The address of the database has letters that no server understands.") from e
    with conn:
        try:
            conn.execute(SAME_WORDS)
            yield conn
        except psycopg.Error as e:
            raise CannotKeep(sentence(e, place(url))) from e


def sentence(error: psycopg.Error, where: str) -> str:
    """What went wrong in the database, without the statement and its values."""
    state = error.sqlstate
    if state is None or state.startswith(("08", "57P")):
        return f"The connection to the database at {where} broke."
    said = error.diag.message_primary or type(error).__name__
    if state == "42501":
        return f"This user of the database at {where} lacks a right: {said}."
    if state == "55P03":
        return f"Somebody holds a lock on a table at {where} for over 30 s: {said}."
    if state.startswith("53"):
        return f"The server at {where} is short of something: {said}."
    return f"The database at {where} says: {said} (SQLSTATE {state})."


def child_address(conn: psycopg.Connection, *, database: str | None = None) -> str:
    """For `--dbname=`: where `conn` is connected, in every detail but the password."""
    parts: dict[str, str] = {}
    for option in conn.pgconn.info:
        word, value = option.keyword.decode(), option.val
        if word in PASSED_ON and value and value != option.compiled:
            parts[word] = value.decode()
    info = conn.info
    parts |= {"host": info.host, "port": str(info.port), "user": info.user, "dbname": database or info.dbname}
    if info.hostaddr and not info.host.startswith("/"):
        parts["hostaddr"] = info.hostaddr
    return make_conninfo(**parts, connect_timeout=CONNECT_TIMEOUT_S)


def child_environment(conn: psycopg.Connection, name: str = "drugsng-backup") -> dict[str, str]:
    """All a client program gets: nothing of ours but the password and a name for pg_stat_activity."""
    home = str(Path.home())
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": home, "PGAPPNAME": name}
    if conn.info.password:
        environment["PGPASSWORD"] = conn.info.password
    return environment


def one(conn: psycopg.Connection, statement: LiteralString, *values: object) -> Any:
    """The first value of the first row of what is asked; the statement must give a row."""
    row = conn.execute(statement, values or None).fetchone()
    if row is None:
        raise LookupError(statement)
    return row[0]


def major(conn: psycopg.Connection) -> int:
    return conn.info.server_version // 10_000


def database_of(url: str) -> str:
    """The database's name in an address. Raises CannotKeep when it names none."""
    try:
        name = conninfo_to_dict(url).get("dbname")
    except psycopg.ProgrammingError:
        name = None
    if not name:
        raise CannotKeep("The address must end with the name of a database: postgresql://user:password@host:5432/name.")
    return str(name)
