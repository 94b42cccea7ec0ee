"""For the tests of looking after a database: its commands in this process and in one of their own, and client programs that misbehave."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg
from click.testing import CliRunner, Result

from local.postgres import programs_folder
from models import keeping_cli
from tests.children import Child, Children

BIN = programs_folder(dict(os.environ))
_PROGRAM = "import click; from models import keeping_cli; g = click.Group('db'); keeping_cli.add_to(g); g(prog_name='drugsng db')"


def run(*words: str | Path, input: str | None = None) -> Result:
    """One command in this process. What it raised without a sentence is raised here."""
    group = click.Group("db")
    keeping_cli.add_to(group)
    done = CliRunner().invoke(group, [str(word) for word in words], input=input)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert "Traceback" not in done.output
    return done


def start(children: Children, *words: str | Path, limit: str = "") -> Child:
    """One command in a process of its own. `limit` is put before it in the shell: "ulimit -f 8"."""
    command = shlex.join([sys.executable, "-c", _PROGRAM, *map(str, words)])
    return children.start(["/bin/sh", "-c", f"{limit + '; ' if limit else ''}exec {command}"])


def programs(folder: Path, *, dump: str = "", restore: str = "", version: str = "") -> Path:
    """A folder of the real programs in which shell lines run before pg_dump, or after pg_restore, or which say another version.

    The lines do not run when only the version or a list is asked for.
    """
    folder.mkdir()
    told = f'case "$1" in --version) echo "$(basename $0) (PostgreSQL) {version}"; exit 0;; esac\n' if version else ""
    for name, before, after in (("pg_dump", dump, ""), ("pg_restore", "", restore)):
        script = f'#!/bin/sh\n{told}case "$*" in *--version*|*--list*|*/nonexistent*) exec {BIN}/{name} "$@";; esac\n'
        script += f'{before}\n{BIN}/{name} "$@" || exit $?\n{after}\n' if after else f'{before}\nexec {BIN}/{name} "$@"\n'
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return folder


def fill(url: str, rows: int = 300) -> None:
    """A table with odd values, one with a column called like what a checksum might call a row, and an empty one."""
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE people (id serial PRIMARY KEY, name text, at timestamptz, price double precision, memo jsonb)")
        conn.execute(
            "INSERT INTO people (name, at, price, memo) SELECT 'Adaeze ₦ ' || md5(g::text), '2026-11-01'::timestamptz + g * interval '1 h',"
            " g * 0.1, jsonb_build_object('n', g, 'x', 'a' || chr(10) || 'b') FROM generate_series(1, %s) g",
            (rows,),
        )
        conn.execute('CREATE TABLE "Odd ""Table""" (t text, "the row" bytea)')
        conn.execute("INSERT INTO \"Odd \"\"Table\"\"\" VALUES ('same', '\\x00ff'), ('same', '\\x00ff'), (NULL, NULL)")
        conn.execute("CREATE TABLE nothing (id int)")


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as conn:
        cursor = conn.execute(statement)
        return cursor.fetchall() if cursor.description else []


def renamed(url: str, name: str) -> str:
    """The same server's address for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
