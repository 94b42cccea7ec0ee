"""`drugsng db backup | restore | drill | test | log`: looking after the database from the command line.

Exit codes: 0 all right, 1 it could not be done (the sentence says why), 2 a wrong argument, 3 it was done and something is not
as it must be, 4 another backup or a migration is at work, 129/130/143 stopped by a signal.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from models.clock import utcnow
from models.keeping import backup as backups
from models.keeping import connecting, keep_rules, noting, trying
from models.keeping import drill as drills
from models.keeping import restore as restores
from models.keeping.children import Stopped, lasted, size, stoppable
from models.keeping.connecting import CannotKeep

NOT_RIGHT = 3
FOLDER = "backups"
CODES = """

Exit codes: 0 done, 1 it could not be done, 2 a wrong argument, {three}4 another one is at work, 130 or 143 stopped by a signal."""


Noted = Callable[..., AbstractContextManager[noting.Note]]  # what `logged` gives to a command


def add_to(group: click.Group) -> None:
    """Gives `drugsng db` the commands of this module."""
    for command in (backup, restore, drill, test, log):
        group.add_command(command)


def _rule(_context: click.Context, _parameter: click.Parameter, value: str) -> dict[str, int] | None:
    try:
        return keep_rules.parse(value)
    except ValueError as e:
        raise click.BadParameter(str(e)) from e


def _zone(_context: click.Context, _parameter: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise click.BadParameter("must be the name of a time zone such as Africa/Lagos") from e


def _options(*wanted: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options several commands share, in this order."""
    seconds = click.FloatRange(1, 7 * 24 * 60)
    known = {
        "url": click.option(
            "--database-url",
            envvar="DATABASE_URL",
            required=True,
            help="Which database: postgresql://user:password@host:port/name. Otherwise DATABASE_URL from the environment. "
            "The server itself, not a pooler in front of it.",
        ),
        "bin": click.option(
            "--bin",
            "bin_",
            envvar="PG_BIN",
            type=click.Path(file_okay=False, path_type=Path),
            help="The folder of pg_dump and pg_restore. Otherwise PG_BIN; otherwise the PATH, the usual places and the embedded server.",
        ),
        "limit": click.option(
            "--time-limit", "minutes", type=seconds, default=240, show_default=True, help="Minutes after which it is given up."
        ),
        "zone": click.option(
            "--zone", envvar="DEFAULT_TIMEZONE", default=noting.ZONE, callback=_zone, help="Whose midnight begins a day."
        ),
        "json": click.option("--json", "as_json", is_flag=True, help="The result for machines, on standard output alone."),
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(wanted):
            function = known[name](function)
        return function

    return decorate


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a command that changes the schema: adds --log, and gives the function `noted`.

    `with noted("migrate") as note:` around the work writes its entry, see `noting.noted`; `noted("migrate", wanted=False)` none.
    The command must have a `database_url`.
    """

    @click.option(
        "--log",
        "log_file",
        metavar="FILE",
        envvar="MIGRATION_LOG",
        default=noting.NAME,
        show_default=True,
        help=f'Where this is written down; "{noting.OFF}" writes nowhere. Otherwise MIGRATION_LOG.',
    )
    @click.option("--zone", "log_zone", envvar="DEFAULT_TIMEZONE", default=noting.ZONE, hidden=True)
    @functools.wraps(function)
    def command(*arguments: Any, log_file: str, log_zone: str, **options: Any) -> Any:
        file = None if log_file == noting.OFF else Path(log_file)

        def noted(name: str, *, wanted: bool = True) -> AbstractContextManager[noting.Note]:
            return noting.noted(
                name,
                options["database_url"],
                file=file if wanted else None,
                zone=log_zone,
                tell=functools.partial(click.echo, err=True),
            )

        return function(*arguments, noted=noted, **options)

    return command


@click.command(epilog=CODES.format(three=""))
@_options("url")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help=f"Where a name is chosen. [default: {FOLDER}]"
)
@click.option("--keep", default=keep_rules.DEFAULT, show_default=True, callback=_rule, help="Which backups of --dir stay.")
@click.option("--compress", type=click.Choice(["auto", "zstd", "lz4", "gzip", "none"]), default="auto", show_default=True)
@click.option(
    "--checksums",
    type=click.Choice(["all", "small", "none"]),
    default="small",
    show_default=True,
    help="Of which tables (up to 100 MB are small); rows are counted always.",
)
@click.option("--read-back", is_flag=True, help="Read the whole dump once more with pg_restore.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and which old backups would be removed.")
@_options("limit", "zone", "bin")
def backup(
    database_url: str,
    file: Path | None,
    folder: Path | None,
    keep: dict[str, int] | None,
    compress: str,
    checksums: Any,
    read_back: bool,
    dry_run: bool,
    minutes: float,
    zone: ZoneInfo,
    bin_: Path | None,
) -> None:
    """Write the whole database into one file, or into a folder where old ones are cleared away.

    With FILE, that file. Otherwise a name of its own in --dir, where then only the backups of the rule --keep stay (files that
    this command made, and no others). Beside the dump are FILE.sha256 and FILE.json (rows of every table, version, step), all
    readable by you alone. Nothing stands under the final name before it is whole and checked. The shop stays open; a migration
    should not run meanwhile. Users and passwords of the server are not in it.
    """
    if file is not None and folder is not None:
        raise click.UsageError("Say FILE or --dir, not both.")
    with _said():
        chosen = folder or Path(FOLDER)
        target = file or chosen / backups.new_name(connecting.database_of(database_url), utcnow())
        if dry_run:
            click.echo(f"would write {target}")
            _clear(chosen, keep, zone, file, dry_run=True)
            return
        backups.make(
            database_url,
            target,
            bin=bin_,
            compress=compress,
            checksums=checksums,
            read_back=read_back,
            limit_s=minutes * 60,
            tell=click.echo,
        )
        _clear(chosen, keep, zone, file, dry_run=False)


def _clear(folder: Path, rule: dict[str, int] | None, zone: ZoneInfo, file: Path | None, *, dry_run: bool) -> None:
    if file is not None or not folder.is_dir():
        return
    for spare in keep_rules.apply(folder, rule, zone, dry_run=dry_run):
        click.echo(f"{'would remove' if dry_run else 'removed'} {spare.file.name} ({size(spare.bytes)}, {spare.at:%Y-%m-%d})")


@click.command(epilog=CODES.format(three="3 restored but not the same, "))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into",
    required=True,
    metavar="URL",
    envvar="RESTORE_URL",
    help="The database to make: postgresql://user:password@host:port/name. Otherwise RESTORE_URL.",
)
@click.option("--yes-into", metavar="NAME", help="The name of the database, for scripts: nothing is asked then.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Parallel workers, for a database made here. [default: up to 4, as many as processors]",
)
@click.option("--unchecked", is_flag=True, help="Take a dump that has no FILE.sha256 beside it.")
@click.option("--dry-run", is_flag=True, help="Look at everything and do nothing.")
@_options("limit", "bin")
def restore(
    file: Path,
    into: str,
    yes_into: str | None,
    jobs: int | None,
    unchecked: bool,
    dry_run: bool,
    minutes: float,
    bin_: Path | None,
) -> None:
    """Make a database from a backup.

    The database of --into is made if it is not there; one that holds tables is refused, and none is ever dropped. The checksum
    is looked at first; afterwards the rows are compared with what was written down. What is restored belongs to you; rights of
    other users are given where the server knows all of them.
    """
    with _said("If its database was made meanwhile, it is there and not whole: remove it before trying again."):
        plan = restores.plan(file, into, bin=bin_, jobs=jobs, unchecked=unchecked, tell=click.echo)
        click.echo(_planned(plan))
        if dry_run:
            return
        if yes_into is None:
            if not sys.stdin.isatty():
                raise CannotKeep(f"Nobody is here to confirm: say --yes-into {plan.database}.", 2)
            yes_into = click.prompt("Type the name of the database to go on", default="", show_default=False)
        if yes_into != plan.database:
            raise CannotKeep(f"That is not {plan.database}. Nothing was done.", 2)
        done = restores.run(plan, into, limit_s=minutes * 60, tell=click.echo)
        _compared(done.differences, done.compared)
        click.echo(
            f"{done.database}: {done.facts.rows:,} rows in {len(done.facts.tables)} tables, step {done.facts.step}, {lasted(done.seconds)}."
        )
    if done.differences:
        sys.exit(restores.DIFFERENT)


def _planned(plan: restores.Plan) -> str:
    how = "in one transaction" if plan.jobs == 1 else f"with {plan.jobs} workers"
    rows = f"{plan.facts.rows:,} rows at step {plan.facts.step}, " if plan.facts else ""
    return (
        f"{plan.file.name}: {rows}of {plan.head.database}, PostgreSQL {plan.head.server}, into the "
        f"{'empty' if plan.exists else 'new'} database {plan.database} {how}, by pg_restore {plan.clients.version}."
    )


def _compared(differences: tuple[str, ...], compared: bool) -> None:
    for line in differences:
        click.echo(line, err=True)
    if compared and not differences:
        click.echo("Every table has the rows and the checksum that were written down.")


@click.command(epilog=CODES.format(three="3 the copy differs, "))
@_options("url")
@click.option(
    "--server",
    metavar="URL",
    envvar="DRILL_SERVER_URL",
    help="Another server to restore on, by the address of any database there. Otherwise DRILL_SERVER_URL.",
)
@click.option(
    "--dir", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where the dump lies meanwhile."
)
@click.option("--keep-copy", is_flag=True, help="Keep the dump and the restored database.")
@_options("limit", "bin", "json")
def drill(
    database_url: str, server: str | None, folder: Path | None, keep_copy: bool, minutes: float, bin_: Path | None, as_json: bool
) -> None:
    """Prove that a backup restores: back up, restore into a database of its own, compare every table, say how long it took.

    The database itself is only read. What was made is removed again, also when it is stopped; what a drill that was killed has
    left, the next one removes when it is a day old.
    """

    def tell(line: str) -> None:
        click.echo(line, err=as_json)

    with _said():
        done = drills.run(
            database_url, server=server, folder=folder, keep_copy=keep_copy, bin=bin_, limit_s=minutes * 60, tell=tell
        )
    if as_json:
        click.echo(json.dumps(done.as_json()))
    else:
        _compared(done.differences, True)
        click.echo(
            f"{done.rows:,} rows in {done.tables} tables at step {done.step}: backup {lasted(done.backup_s)} "
            f"({size(done.dump_bytes)} of {size(done.database_bytes)}), restore and comparison {lasted(done.restore_s)}, "
            f"together {lasted(done.total_s)}."
        )
        if done.kept_dump:
            click.echo(f"Kept: {done.kept_dump} and the database {done.kept_database}.")
    if done.differences:
        sys.exit(restores.DIFFERENT)


@click.command(
    epilog="\n\nExit codes: 0 all as it must be, 1 no connection, 2 a wrong argument, 3 something is not as it must be."
)
@_options("url", "json")
def test(database_url: str, as_json: bool) -> None:
    """Connect and say what is there: version, speed, rights, connections, clock, step."""
    with _said():
        tried = trying.look(database_url)
    if as_json:
        click.echo(json.dumps(tried.as_json(), default=str))
    else:
        for finding in tried.findings:
            mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[finding.level]
            click.echo(f"{mark}  {finding.name:<12} {finding.value}")
            if finding.sentence:
                click.echo(f"      {'':<12} {finding.sentence}")
    if not tried.right:
        sys.exit(NOT_RIGHT)


@click.command()
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="MIGRATION_LOG",
    default=noting.NAME,
    show_default=True,
    help="Otherwise MIGRATION_LOG.",
)
@click.option(
    "--last", "count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many of the newest entries."
)
def log(file: Path, count: int) -> None:
    """Show what was done to the schema: from, to, who, when, how long, rows, problems.

    Exit code 0 when there is a log, 1 when there is none.
    """
    with _said():
        click.echo(noting.last(file, count))


@contextmanager
def _said(left: str = "Nothing half done was left.") -> Iterator[None]:
    """Failures as a sentence on standard error and an exit code, signals as an end that clears up first."""
    try:
        with stoppable():
            yield
    except CannotKeep as e:
        click.echo(f"Error: {e}", err=True)
        sys.exit(e.code)
    except Stopped as e:
        click.echo(f"Stopped. {left}", err=True)
        sys.exit(e.code)
    except OSError as e:
        click.echo(f"Error: {e.filename or 'A file'} cannot be used: {e.strerror}.", err=True)
        sys.exit(1)
