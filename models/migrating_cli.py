"""`drugsng db migrate | rollback [N] | status | check | adopt | verify | ...`: the schema from the command line.

Exit codes: 0 all right, 1 it could not be done (the sentence says why), 2 a wrong argument; of `status` also 3 when steps are
missing and 4 when the database is newer than this program.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import click

from models import keeping_cli, left_over_file, migrating, takeover_cli
from models.keeping.connecting import CannotKeep, database_of
from models.keeping.noting import Note
from models.left_over_file import Kept
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
@click.option("--dry-run", is_flag=True, help="Say which steps are missing and change nothing.")
@keeping_cli.logged
def migrate(database_url: str, to: str | None, dry_run: bool, noted: Noted) -> None:
    """Apply the steps the database lacks.

    Safe while the shop is open and safe to run twice: nothing to do is not an error. For a database of the old system run
    `check` and `adopt` first; an unchanged version 1.x is taken as it is. Exit code 0 when done, 1 when it could not be done.
    """
    if dry_run:
        missing = _said(lambda: migrating.status(database_url)).pending
        for name in missing:
            if to is None or name[:3] <= to[:3]:
                click.echo(f"would apply {name}")
        click.echo("Nothing was changed.")
        return

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
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="LEFT_OVER_DIR",
    default=Path("left-over"),
    show_default=True,
    help="The folder for the file of what has no place below.",
)
@click.option("--no-export", is_flag=True, help="Write no such file; needs --yes-lose.")
@click.option("--yes-lose", metavar="NAME", help="The name of the database whose data may be lost.")
@click.option("--dry-run", is_flag=True, help="Say which steps and how many rows it is about, and change nothing.")
@keeping_cli.logged
def rollback(
    database_url: str,
    steps: int,
    to: str | None,
    drop_data: bool,
    folder: Path,
    no_export: bool,
    yes_lose: str | None,
    dry_run: bool,
    noted: Noted,
) -> None:
    """Take back the last N steps (1 if not said), newest first.

    Stop the house first. What the older version has a place for stays; what it has none for is first written to a compressed
    file of JSON lines, readable by you alone (`drugsng db left-over FILE` reads it). Cannot it be written, nothing is done. Do
    this before the old program is started again: its start removes columns it does not know. A database that `adopt` took over
    goes back to step 002 this way and from there by `adopt --undo`. Exit code 0 when done, 1 when it could not be done.
    """
    name = _said(lambda: database_of(database_url))
    if no_export and not dry_run and yes_lose != name:
        raise click.UsageError(f"--no-export loses data: say --yes-lose {name} as well.")
    count = steps
    if to is not None:
        count = len([name for name in _said(lambda: migrating.status(database_url)).applied if name[:3] > to[:3]])
    if dry_run:
        _would(*_said(lambda: migrating.would_lose(database_url, count)))
        return

    def work() -> list[str]:
        with noted("rollback") as note:

            def kept(what: Kept) -> None:
                note.rows = dict(what.counts)
                _tell_kept(what)

            note.steps = (
                migrating.rollback(
                    database_url, count, drop_data=drop_data, keep_in=None if no_export else folder, kept=kept, tell=_tell
                )
                if count
                else []
            )
            return note.steps

    done = _said(work)
    click.echo(f"Done: {_steps(done)} taken back." if done else "Nothing to do: no such step is applied.")


def _would(steps: list[str], counts: dict[str, int]) -> None:
    for name in steps:
        click.echo(f"would take back {name}")
    for table, number in counts.items():
        click.echo(f"{table:32}{number:>12,} rows would have no place and go to the file")
    click.echo("Nothing was changed.")


def _tell_kept(what: Kept) -> None:
    if what.file is None:
        click.echo("Nothing is left over: everything has a place in the older version.")
        return
    for table, number in what.counts.items():
        click.echo(f"left over of {table}: {number:,} rows")
    click.echo(f"{what.rows:,} rows that have no place below are in {what.file} ({what.bytes:,} bytes, readable by you alone).")


@db.command("left-over")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", help="Only the rows of this table, as JSON lines.")
def left_over(file: Path, table: str | None) -> None:
    """Read what a rollback left over: how many rows of each table, or with --table the rows themselves.

    The file is gzip and JSON lines, so `zcat FILE | jq` reads it too. Exit code 0, or 1 when the file is not whole.
    """

    def work() -> None:
        lines = left_over_file.read(file)
        head = next(lines)
        if table is not None:
            for line in lines:
                if line["table"] == table:
                    click.echo(json.dumps(line["data"], ensure_ascii=False))
            return
        click.echo(f"From {head['from']} to {head['to']}, {head['at']}.")
        for (name, what), number in sorted(Counter((line["table"], line["what"]) for line in lines).items()):
            click.echo(f"{name:32}{number:>12,} {'rows' if what == 'rows' else 'rows stayed, their newer columns are here'}")

    _said(work)


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
    except (CannotMigrate, CannotKeep) as e:
        _stop(str(e))


def _stop(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)


def _tell(line: str) -> None:
    click.echo(line)


def _steps(steps: list[str] | tuple[str, ...]) -> str:
    return f"{len(steps)} step" + ("" if len(steps) == 1 else "s")
