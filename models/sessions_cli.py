"""`drugsng sessions cleanup | archive | restore | show`: the sessions of the old program, and where a customer stands.

Exit codes: 0 done, 1 it could not be done (the sentence says why), 2 a wrong argument, 3 not everything was done in the time given:
run it again, 75 PostgreSQL cannot be reached.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from models import base
from models.clock import utcnow
from models.maintenance import old_sessions
from models.maintenance.old_sessions import CannotArchive
from models.maintenance.rounds import Bounds

UNIT_S = 30.0
UNFINISHED = 3
ROUND_S = 5.0  # a line of progress after each


@dataclass
class _Stop:
    asked: bool = False

    def __call__(self) -> bool:
        return self.asked


def _address(function: Any) -> Any:
    return click.option(
        "--database-url",
        envvar="DATABASE_URL",
        required=True,
        help="Which database. Otherwise DATABASE_URL from the environment.",
    )(function)


def _minutes(function: Any) -> Any:
    return click.option(
        "--time-limit", "minutes", type=click.FloatRange(0.1, 24 * 60), default=60, show_default=True, help="Minutes at the most."
    )(function)


def _zone(_context: click.Context, _parameter: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise click.BadParameter("must be the name of a time zone such as Africa/Lagos") from e


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sessions() -> None:
    """Sessions of the old program: end what is idle, put away what is old, bring it back; and where a customer stands."""


def add_to(group: click.Group) -> None:
    group.add_command(sessions)


@sessions.command()
@_address
@click.option(
    "--idle-minutes",
    envvar="SESSION_IDLE_TIMEOUT_MINUTES",
    default=10,
    show_default=True,
    type=click.IntRange(1, 1440),
    help="After how much silence a session is over. Otherwise SESSION_IDLE_TIMEOUT_MINUTES.",
)
@_minutes
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.pass_context
def cleanup(context: click.Context, database_url: str, idle_minutes: int, minutes: float, dry_run: bool) -> None:
    """End idle sessions of the old program: state NEW; token, user and data cleared. Carts stay.

    The conversations of this program end by themselves after the same time; nothing is to be done for them.
    """
    base.bind(database_url, name="drugsng sessions")
    if dry_run:
        with base.unit(UNIT_S) as conn:
            click.echo(f"Would clean up {old_sessions.expired(conn, idle_minutes=idle_minutes)} expired sessions")
        return
    done, finished = 0, False
    with _rounds(minutes) as (stop, until):
        while not (finished or stop() or time.monotonic() > until):
            count, finished = old_sessions.clean_up(Bounds(ROUND_S, 1000, stop), idle_minutes=idle_minutes)
            done += count
            if not finished:
                click.echo(f"{done:,} so far")
    click.echo(f"Cleaned up {done} expired sessions")
    if not finished:
        context.exit(UNFINISHED)


@sessions.command()
@_address
@click.option("--days", envvar="RETENTION_SESSIONS_DAYS", default=30, show_default=True, type=click.IntRange(1, 3650))
@click.option(
    "--dir",
    "folder",
    envvar="SESSION_ARCHIVE_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Into a file in this folder. Otherwise SESSION_ARCHIVE_DIR; without either, into the table sessions_archive.",
)
@_minutes
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.pass_context
def archive(context: click.Context, database_url: str, days: int, folder: Path | None, minutes: float, dry_run: bool) -> None:
    """Put away sessions of the old program that nobody used for so many days, without their tokens and passwords.

    The file is compressed JSON lines (mode 600), with its checksum in FILE.sha256; only when it is whole on the disk are its
    sessions removed from the live table.
    """
    base.bind(database_url, name="drugsng sessions")
    if dry_run:
        with base.unit(UNIT_S) as conn:
            click.echo(f"Would put away {old_sessions.archivable(conn, days=days)} sessions")
        return
    rows, finished = 0, False
    with _rounds(minutes) as (stop, until), _said():
        while not (finished or stop() or time.monotonic() > until):
            if folder is None:
                done = old_sessions.archive_into_table(Bounds(ROUND_S, 1000, stop), days=days)
                where = " into the table sessions_archive"
            else:
                bounds = Bounds(max(0.1, until - time.monotonic()), 1000, stop)
                done = old_sessions.archive_into_file(bounds, folder, days=days, now=utcnow())
                where = f" into {done.file}"
            rows, finished = rows + done.rows, done.finished
            if not finished:
                click.echo(f"{done.rows:,}{where}, {rows:,} so far")
    click.echo(f"Archived {rows} sessions{where if rows else ''}")
    if not finished:
        context.exit(UNFINISHED)


@sessions.command()
@_address
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--from-table", is_flag=True, help="What was put away into the table sessions_archive.")
def restore(database_url: str, file: Path | None, from_table: bool) -> None:
    """Bring archived sessions back into the live table. A number that has a live session keeps that one."""
    if (file is None) != from_table:
        raise click.UsageError("Say FILE, or --from-table.")
    base.bind(database_url, name="drugsng sessions")
    with _said():
        back, others = old_sessions.restore_table() if file is None else old_sessions.restore_file(file)
    click.echo(f"Restored {back} sessions" + (f"; {others} have a live one and were left" if others else ""))


@sessions.command()
@_address
@click.argument("phone")
@click.option("--zone", envvar="DEFAULT_TIMEZONE", default="Africa/Lagos", callback=_zone, help="Of the times shown.")
@click.pass_context
def show(context: click.Context, database_url: str, phone: str, zone: ZoneInfo) -> None:
    """Where a customer stands, for support: state, last activity, cart. The number is masked, no message is shown.

    PHONE in any form: +2348012345678, 2348012345678, 08012345678. Exit code 1 when nobody is known by it.
    """
    base.bind(database_url, name="drugsng sessions")
    with base.unit(UNIT_S) as conn:
        found = old_sessions.show(conn, phone)
    if not (found.ours or found.old or found.put_away):
        click.echo(f"Nobody is known by {found.masked}.", err=True)
        context.exit(1)
    click.echo(found.masked)
    for row in found.ours:
        customer, flow, state, heard, idle_at, account, consent, agent, lines, pending, unsent = row
        click.echo(f"customer {customer}: {'linked to an account' if account else 'no account'}, consent {_yes(consent)}")
        click.echo(f"  conversation  {flow or '-'} / {state or '-'}")
        click.echo(
            f"  last message  {_at(heard, zone)}" + (f", ends by itself {_at(idle_at, zone)}" if idle_at else ", session over")
        )
        click.echo(f"  with a person {f'since {_at(agent, zone)}' if agent else 'no'}")
        click.echo(f"  cart          {lines} lines")
        click.echo(f"  waiting       {pending} to be handled, {unsent} to be sent")
    for number, state, token, activity, user, lines in found.old:
        who = f"user {user}, {lines} cart lines" if user else "signed in as nobody"
        click.echo(f"old session {number}: {state or '-'}, {who}, token {_yes(token)}, last activity {_at(activity, zone)}")
    for number, state, at in found.put_away:
        click.echo(f"archived session {number}: {state or '-'}, put away {_at(at, zone)}")


def _at(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else "never"


def _yes(value: object) -> str:
    return "yes" if value else "no"


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except CannotArchive as e:
        raise click.ClickException(str(e)) from e


@contextmanager
def _rounds(minutes: float) -> Iterator[tuple[_Stop, float]]:
    """Ctrl-C and SIGTERM end the work between two batches instead of in one."""
    stop = _Stop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop, time.monotonic() + minutes * 60
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
