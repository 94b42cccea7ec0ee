"""`drugsng monitor db | app`: how the database and the house do, once or again and again.

Exit codes: 0 looked and nothing is wrong, 1 it could not be looked at, 2 a wrong argument, 3 something is wrong. With --watch 0
when it is ended by Ctrl-C.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import psycopg

from models.clock import utcnow
from models.migration_session import place
from models.monitoring import database, house, looking, showing
from models.monitoring.looking import CannotLook
from models.monitoring.parts import Look

WRONG, COULD_NOT = 3, 1
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
WIDEST = 120
Command = Callable[..., Any]
Once = Callable[[psycopg.Connection], Look]
_CODES = "Exit codes: 0 nothing is wrong, 1 it could not be looked at, 2 a wrong argument, 3 something is wrong."


def add_to(group: click.Group) -> None:
    """Gives `drugsng` the group `monitor`."""
    group.add_command(monitor)


def _zone(_context: click.Context, _parameter: click.Parameter, value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise click.BadParameter("must be the name of a time zone such as Africa/Lagos") from e


def _options(function: Command) -> Command:
    for option in (
        click.option("--zone", envvar="DEFAULT_TIMEZONE", default="Africa/Lagos", callback=_zone, help="Whose time is shown."),
        click.option("--times", type=click.IntRange(1, 1_000_000), help="With --watch: end after so many looks."),
        click.option("--brief", is_flag=True, help="Leave out the tables of what is all right."),
        click.option(
            "--watch", "every_s", type=click.FloatRange(0.5, 3600), metavar="SECONDS", help="Look again and again, until Ctrl-C."
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="For machines: one JSON object a look, each on one line with --watch."
        ),
        click.option(
            "--database-url",
            envvar="DATABASE_URL",
            required=True,
            help="Which database: postgresql://user:password@host:port/name. Otherwise DATABASE_URL from the environment.",
        ),
    ):
        function = option(function)
    return function


@click.group()
def monitor() -> None:
    """How the database and the house do, with a judgement and what to do. Changes nothing."""


@monitor.command(epilog=_CODES)
@_options
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="Rows of a table.")
@click.option(
    "--long", "long_s", default=database.LONG_S, show_default=True, type=click.FloatRange(0.1, 86400),
    help="Seconds after which an open transaction is long; idle in one, a fifth of that.",
)  # fmt: skip
def db(limit: int, long_s: float, database_url: str, **how: Any) -> None:
    """Connections, locks, transactions, slow queries, sizes, dead rows, indexes, ids that run out, and more.

    Works for any user of the database and says what that user may not see (the role pg_monitor sees all); PostgreSQL 13 to 18.
    Each question is given up after 5 s, and no lock is waited for. No values of queries are shown.
    """
    before: dict[str, Any] = {}
    _run(database_url, lambda conn: database.look(conn, database_url, limit=limit, long_s=long_s, before=before), **how)


@monitor.command(epilog=_CODES)
@_options
@click.option("--redis-url", envvar="REDIS_URL", default="", help="The queue. Otherwise REDIS_URL from the environment.")
def app(redis_url: str, database_url: str, **how: Any) -> None:
    """Queues beside the rows they hint at, the oldest of each kind, throughput, errors, money, readings, workers and the clock.

    The database is the truth; a queue is only a hint. The same numbers are on /metrics; docs/ops/README.md tells what to do.
    """
    _run(database_url, lambda conn: house.look(conn, database_url, redis_url), **how)


def _run(url: str, once: Once, *, every_s: float | None, times: int | None, as_json: bool, brief: bool, zone: ZoneInfo) -> None:
    def show(found: Look) -> None:
        if as_json:
            click.echo(json.dumps(found.as_json(), ensure_ascii=False, default=str, indent=None if every_s else 1))
            return
        terminal = sys.stdout.isatty()
        width = (
            min(max(shutil.get_terminal_size((showing.WIDTH, 24)).columns, showing.WIDTH), WIDEST) if terminal else showing.WIDTH
        )
        lines = showing.look(found, colour=terminal, brief=brief, width=width, zone=zone)
        click.echo((CLEAR if terminal and every_s else "") + "\n".join(lines) + ("\n" if every_s and not terminal else ""))

    if every_s is None:
        if times:
            raise click.UsageError("--times goes with --watch.")
        found = _one(url, once, as_json)
        show(found)
        raise click.exceptions.Exit(WRONG if found.level == "bad" else 0)
    try:
        _again_and_again(url, once, show, every_s, times, as_json)
    except KeyboardInterrupt:
        click.echo("", err=True)


def _one(url: str, once: Once, as_json: bool) -> Look:
    try:
        with looking.opened(url) as conn:
            return once(conn)
    except CannotLook as e:
        if as_json:
            click.echo(json.dumps({"error": str(e), "exit_code": COULD_NOT}))
            raise click.exceptions.Exit(COULD_NOT) from e
        raise click.ClickException(str(e)) from e


def _again_and_again(
    url: str, once: Once, show: Callable[[Look], None], every_s: float, times: int | None, as_json: bool
) -> None:
    """One connection for all looks, so that watching costs little; a new one after a break, which is told and not the end."""
    done, failed_first = 0, True
    while times is None or done < times:
        try:
            with looking.opened(url) as conn:
                while times is None or done < times:
                    began = time.monotonic()
                    show(once(conn))
                    done, failed_first = done + 1, False
                    if times is None or done < times:
                        time.sleep(max(every_s - (time.monotonic() - began), 0.1))
        except CannotLook as e:
            if failed_first:  # a wrong address does not become right by waiting
                raise click.ClickException(str(e)) from e
            done += 1
            told = {"at": utcnow().isoformat(), "where": place(url), "error": str(e)}
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else f"{e} Looking again in {every_s:g} s.")
            time.sleep(every_s)
