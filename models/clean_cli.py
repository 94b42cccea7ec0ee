"""`drugsng db clean-old`: what the old program left in the open, cleaned; its public files fetched into the vault.

    clean_cli.add_to(db, open_vault)  # open_vault() points `models.base` and `models.vault` at what the settings say

Exit codes: 0 nothing is left, 1 it could not be done, 2 a wrong argument, 3 something is left (in use, waiting, given up): the
sentence says what, 75 PostgreSQL cannot be reached.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

import click

from models import base
from models.maintenance import old_data, old_files
from models.maintenance.rounds import Bounds
from models.vault import Away, Locked

UNIT_S = 60.0
ROUND_S = 5.0
LEFT = 3


def add_to(group: click.Group, bind: Callable[[], None]) -> None:
    """Gives `drugsng db` the command. `bind` is called before the database or the vault is asked for anything."""

    @group.command("clean-old")
    @click.option("--dry-run", is_flag=True, help="Only say what would be done.")
    @click.option("--files", is_flag=True, help="Fetch prescriptions' public files as well, here and now.")
    @click.option("--again", is_flag=True, help="With --files: also those that were given up.")
    @click.option(
        "--time-limit", "minutes", type=click.FloatRange(0.1, 24 * 60), default=60, show_default=True, help="Minutes at the most."
    )
    @click.pass_context
    def clean_old(context: click.Context, dry_run: bool, files: bool, again: bool, minutes: float) -> None:
        """Clear passwords, tokens and codes that the old program kept in the open; fetch its public files.

        Removed: passwords, registrations and tokens in sessions' data, codes and registrations of one-time codes that are used or
        over. What is in use at the moment is left for the next time. Password hashes of accounts stay and are never asked for.
        The clock does all this by itself every hour, and fetches files all the time (OLD_FILES_FETCH); Ctrl-C stops it between
        two batches, and running it again goes on. Addresses of files stay in the database, for the old program.
        """
        bind()
        stopped: list[int] = []
        until = time.monotonic() + minutes * 60

        def ask(number: int, _frame: FrameType | None) -> None:
            stopped.append(number)

        def stop() -> bool:
            return bool(stopped) or time.monotonic() > until

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            right = _tell() if dry_run else _clean(stop)
            if files and not dry_run and not stop():
                right = _fetch(stop, again=again) and right
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if not right:
            context.exit(LEFT)


def _tell() -> bool:
    with base.unit(UNIT_S) as conn:
        found, progress = old_data.look(conn), old_files.progress(conn)
    click.echo(f"Would clear {found.sessions} sessions, {found.codes} codes, {found.registrations} registrations.")
    click.echo(f"Public files of prescriptions: {progress.sentence}.")
    return True


def _clean(stop: Callable[[], bool]) -> bool:
    totals = [0, 0, 0]
    while True:
        done = old_data.clean(Bounds(ROUND_S, 1000, stop))
        totals = [a + b for a, b in zip(totals, (done.sessions, done.codes, done.registrations), strict=True)]
        if done.finished or stop():
            break
        click.echo(f"{sum(totals):,} rows so far")
    click.echo(f"Cleared {totals[0]} sessions, {totals[1]} codes, {totals[2]} registrations.")
    if not done.finished:
        click.echo("Stopped; run it again to go on.")
    return done.finished


def _fetch(stop: Callable[[], bool], *, again: bool) -> bool:
    if again:
        with base.unit(UNIT_S) as conn:
            click.echo(f"{old_files.try_again(conn)} that were given up are tried again.")
    began, stored, failed = time.monotonic(), 0, 0
    try:
        while True:
            done, not_done = old_files.work(Bounds(ROUND_S, 500, stop), tell=lambda line: click.echo(line, err=True))
            stored, failed = stored + done, failed + not_done
            with base.unit(UNIT_S) as conn:
                progress = old_files.progress(conn)
            if not (done or not_done) or stop():
                break
            left = (time.monotonic() - began) / (stored + failed) * progress.waiting
            click.echo(f"{progress.sentence}, about {max(1, round(left / 60))} min left")
    except Locked as e:
        raise click.ClickException(str(e)) from e
    except Away as e:
        raise click.ClickException(f"MEDIA_URL cannot be reached ({e}); what is fetched so far stays.") from e
    click.echo(f"Public files of prescriptions: {progress.sentence}.")
    for reason, count in progress.reasons:
        click.echo(f"  {count} given up: {reason}")
    if progress.waiting:
        click.echo("Those that wait are tried again by the clock, or by running this again.")
    return not (progress.waiting or progress.given_up)
