"""For the tests of the monitor: its commands in this process and in one of their own, and sessions that misbehave in a database."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg
from click.testing import CliRunner, Result

from models import monitor_cli
from tests.children import Child, Children

PROGRAM = "import click; from models import monitor_cli; g = click.Group('x'); monitor_cli.add_to(g); g(prog_name='drugsng')"

ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


def run(*words: str) -> Result:
    """One `drugsng monitor ...` in this process. What it raised without a sentence is raised here."""
    group = click.Group("drugsng")
    monitor_cli.add_to(group)
    done = CliRunner().invoke(group, ["monitor", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "Traceback" not in done.output
    return done


def start(children: Children, *words: str, terminal: bool = False) -> Child:
    """One `drugsng monitor ...` in a process of its own; with `terminal` on a pseudo terminal."""
    command = [sys.executable, "-c", PROGRAM, "monitor", *words]
    return children.start([sys.executable, "-c", ON_A_TERMINAL, *command] if terminal else command)


def part(name: str, *words: str) -> dict[str, Any]:
    """One part of what `--json` gives."""
    done = run(*words, "--json")
    return next(part for part in json.loads(done.stdout)["parts"] if part["name"] == name)


def db_part(url: str, name: str, *words: str) -> dict[str, Any]:
    return part(name, "db", "--database-url", url, *words)


def as_user(url: str, user: str) -> str:
    """The same database for another user, who has no password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}:secret@{parts.hostname}:{parts.port}"))


@contextmanager
def session(url: str, name: str, *statements: str) -> Iterator[psycopg.Connection]:
    """A connection called `name` that has run these in a transaction it leaves open."""
    conn = psycopg.connect(url, application_name=name)
    try:
        for statement in statements:
            conn.execute(statement)  # type: ignore[arg-type]
        yield conn
    finally:
        conn.close()


@contextmanager
def waiting(url: str, name: str, statement: str) -> Iterator[int]:
    """The process id of a session called `name` whose statement waits for somebody's lock."""
    conn = psycopg.connect(url, application_name=name, autocommit=True)
    conn.execute("SET lock_timeout = '20s'")

    def work() -> None:
        with suppress(psycopg.Error):  # ended by us, below
            conn.execute(statement)  # type: ignore[arg-type]

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield conn.info.backend_pid
    finally:
        with psycopg.connect(url, autocommit=True) as ending:
            ending.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
        thread.join(10)
        conn.close()


def do(url: str, *statements: str) -> None:
    """Each by itself, then the connection is closed, which hands its counts to the server's statistics."""
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement)  # type: ignore[arg-type]
