"""`drugsng db migrate | rollback [N] | status | check | adopt | verify | ...`: the schema from the command line.

Exit codes: 0 all right, 1 it could not be done (the sentence says why), 2 a wrong argument; of `status` also 3 when steps are
missing and 4 when the database is newer than this program.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn

import click

from models import keeping_cli, migrating, takeover_cli
from models.keeping.noting import Note
from models.migrating import CannotMigrate

MISSING, NEWER = 3, 4
Noted = Callable[..., AbstractContextManager[Note]]


def _address(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--database-url",
        envvar="DATABASE_URL",
        required=True,
        help="Which database: postgresql://user:password@host:port/name. Otherwise DATABASE_URL from the environment. "
        "The server itself, not a pooler in front of it.",
    )(function)


@click.group()
def db() -> None:
    """Bring the database's tables up to this program's version, back again, or see where they are."""


@db.command()
@_address
@click.option("--to", metavar="NNN", help="Stop after this step, for example 003. Otherwise all of them.")
@keeping_cli.logged
def migrate(database_url: str, to: str | None, noted: Noted) -> None:
    """Apply the steps the database lacks.

    Safe while the shop is open and safe to run twice: nothing to do is not an error. For a database of the old system run
    `check` and `adopt` first; an unchanged version 1.x is taken as it is. Exit code 0 when done, 1 when it could not be done.
    """

    def work() -> list[str]:
        with noted("migrate") as note:
            note.steps = migrating.migrate(database_url, to=to, tell=_tell)
            return note.steps

    done = _said(work)
    click.echo(f"Done: {_steps(done)} applied." if done else "Nothing to do: the database has every step.")


@db.command()
@_address
@click.argument("steps", type=click.IntRange(1, 999), default=1, metavar="[N]")
@click.option("--to", metavar="NNN", help="Take back every step after this one, for example 002, instead of a number of them.")
@click.option("--drop-data", is_flag=True, help="Let the very first step remove the old system's tables although they hold rows.")
@keeping_cli.logged
def rollback(database_url: str, steps: int, to: str | None, drop_data: bool, noted: Noted) -> None:
    """Take back the last N steps (1 if not said), newest first.

    What the taken-back steps had added is removed with what was written into it; make a backup first. Do this before the
    old program is started again: its start removes columns it does not know. A database that `adopt` took over goes back to
    step 002 this way and from there by `adopt --undo`. Exit code 0 when done, 1 when it could not be done.
    """

    def work() -> list[str]:
        with noted("rollback") as note:
            count = steps if to is None else len([name for name in migrating.status(database_url).applied if name[:3] > to[:3]])
            note.steps = migrating.rollback(database_url, count, drop_data=drop_data, tell=_tell) if count else []
            return note.steps

    done = _said(work)
    click.echo(f"Done: {_steps(done)} taken back." if done else "Nothing to do: no such step is applied.")


@db.command()
@_address
@click.pass_context
def status(context: click.Context, database_url: str) -> None:
    """Say which steps the database has and which it lacks.

    Exit code 0 when it has all, 3 when some are missing, 4 when it has steps this program does not know.
    """
    found = _said(lambda: migrating.status(database_url))
    for mark, steps in (("applied", found.applied), ("missing", found.pending), ("unknown", found.unknown)):
        for name in steps:
            click.echo(f"{mark}  {name}")
    if found.unknown:
        click.echo("This database is newer than this program.")
        context.exit(NEWER)
    click.echo(f"{_steps(found.pending)} missing: run `drugsng db migrate`." if found.pending else "The database is up to date.")
    context.exit(MISSING if found.pending else 0)


takeover_cli.add_to(db, _address)
keeping_cli.add_to(db)


def _said(work: Callable[[], Any]) -> Any:
    """The work's result, or its plain sentence on standard error and exit code 1."""
    try:
        return work()
    except CannotMigrate as e:
        _stop(str(e))


def _stop(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)


def _tell(line: str) -> None:
    click.echo(line)


def _steps(steps: list[str] | tuple[str, ...]) -> str:
    return f"{len(steps)} step" + ("" if len(steps) == 1 else "s")
