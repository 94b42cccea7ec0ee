"""`drugsng jobs list | run NAME | history [NAME]`: the timetable from the command line.

Exit codes: 0 all right (of `list`: no job is late or failed), 1 the job failed, 2 a wrong argument, 3 another one is at it
(`run`), or a job is late or failed (`list`), 75 PostgreSQL cannot be reached.
"""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import click

from jobs import run as clock
from jobs.schedule import TIMETABLE
from jobs.stopping import STOP
from jobs.times import Job, due, following
from models import base, job_runs
from models.job_runs import Last
from settings import Settings, current
from worker import logs

UNIT_S = 15.0
BUSY, NOT_RIGHT = 3, 3
LATE_AFTER = timedelta(minutes=5)
BY_NAME = {job.name: job for job in TIMETABLE}
NAMES = click.Choice(sorted(BY_NAME))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def jobs() -> None:
    """What the clock does by itself: how often, when last, with what result; and run one now."""


def add_to(group: click.Group) -> None:
    group.add_command(jobs)


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """Every job: how often, last run, how long it took, what came of it, when it is due next.

    Times are those of DEFAULT_TIMEZONE. Exit code 3 when a job failed the last time or is late, so that a monitor can ask.
    """
    settings = _bound()
    with base.unit(UNIT_S) as conn:
        now = conn.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
        ran = job_runs.last(conn)
    zone = settings.default_timezone
    lines = [_line(job, ran.get(job.name), now, zone) for job in TIMETABLE]
    if as_json:
        click.echo(json.dumps([line | {"next": line["next"].isoformat()} for line in lines], default=str))
    else:
        click.echo(f"{'job':<24}{'how often':<14}{'last':<18}{'took':>9}  {'next':<18}result")
        for line in lines:
            last = _local(line["started_at"], zone) if line["started_at"] else "never"
            click.echo(
                f"{line['name']:<24}{line['often']:<14}{last:<18}{_took(line['seconds']):>9}  "
                f"{_local(line['next'], zone):<18}{line['result']}".rstrip()
            )
    if any(line["state"] in ("late", "failed", "cut off") for line in lines):
        context.exit(NOT_RIGHT)


def _line(job: Job, last: Last | None, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    state = _state(job, last, now, zone)
    seconds = (last.finished_at - last.started_at).total_seconds() if last and last.finished_at else None
    said = last.outcome if last else ""
    words = {"ok": said, "failed": f"FAILED ({said}), try {last.tries if last else 0}", "late": f"LATE {said}".strip()}
    return {
        "name": job.name,
        "often": _often(job),
        "started_at": last.started_at if last else None,
        "seconds": seconds,
        "state": state,
        "result": words.get(state, state),
        "next": following(job, now, zone),
    }


def _state(job: Job, last: Last | None, now: datetime, zone: ZoneInfo) -> str:
    moment = due(job, now, zone)
    allowed = max(LATE_AFTER, timedelta(seconds=job.every_s * 3 if job.at is None else 0))
    if last is None:
        return "late" if moment is not None and job.at is None else "not yet"
    if last.finished_at is None:
        # What has no limit of its own takes moments; a clock that froze or died in it shows here.
        over = last.ends_by is None or now > max(last.ends_by, last.started_at + LATE_AFTER)
        return "cut off" if over else "at work"
    if last.failed:
        return "failed"
    late = (
        moment is not None and last.due_at < moment and now - moment > LATE_AFTER if job.at else now - last.started_at > allowed
    )
    return "late" if late else "ok"


@jobs.command("run")
@click.argument("name", type=NAMES, metavar="NAME")
def run_(name: str) -> None:
    """Run one job now, once, under the lock all clocks share, and say what came of it.

    Exit code 0 when it ran, 1 when it failed, 3 when a clock is at it at this moment. Ctrl-C ends a long one between two batches.
    """
    settings = _bound()
    logs.set_up("jobs", level="WARNING", folder="")
    clock.bind(settings, name="drugsng jobs")
    job = BY_NAME[name]
    with base.unit(UNIT_S) as conn:
        moment = conn.execute("SELECT clock_timestamp()").fetchone()[0]  # type: ignore[index]
        taken = job_runs.take(conn, name, moment, limit_s=job.limit_s)
    if not taken:
        click.echo(f"{name} is at work at this moment, or was taken by a clock. Nothing was done.", err=True)
        raise click.exceptions.Exit(BUSY)
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        outcome = clock.run(job, moment, settings.default_timezone)
    except clock.Failed as e:
        detail = f": {e.__cause__}" if e.__cause__ and type(e.__cause__).__name__ == "BackupFailed" else ""
        raise click.ClickException(f"{name} failed ({e}){detail}. The log has the rest.") from e
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        STOP.clear()
    click.echo(f"{name}: {outcome or 'nothing to do'}")


def _stop(_number: int, _frame: FrameType | None) -> None:
    STOP.set()


@jobs.command()
@click.argument("name", type=NAMES, metavar="[NAME]", required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many of the newest.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def history(name: str | None, limit: int, as_json: bool) -> None:
    """What ran in the last 30 days, the newest first. Jobs that run all the time have one line an hour."""
    settings = _bound()
    with base.unit(UNIT_S) as conn:
        found = job_runs.history(conn, name, limit=limit)
    if as_json:
        fields = ("name", "starts_at", "runs", "failures", "seconds", "longest_s", "last_at", "outcome")
        click.echo(json.dumps([{key: getattr(past, key) for key in fields} for past in found], default=str))
        return
    for past in found:
        failed = f"{past.failures} FAILED  " if past.failures else ""
        many = f"{past.runs} runs, longest {_took(past.longest_s)}  " if past.runs > 1 else ""
        start = _local(past.starts_at, settings.default_timezone)
        click.echo(f"{start}  {past.name:<24}{_took(past.seconds):>9}  {failed}{many}{past.outcome}".rstrip())
    if not found:
        click.echo("Nothing has run yet." if name is None else f"{name} has not run in the last 30 days.")


def _bound() -> Settings:
    settings = current()
    base.bind(settings.database_url, name="drugsng jobs")
    return settings


def _often(job: Job) -> str:
    if job.at is not None:
        return f"daily {job.at:%H:%M}"
    for size, word in ((3600, "h"), (60, "min")):
        if job.every_s >= size and job.every_s % size == 0:
            return f"every {job.every_s / size:g} {word}"
    return f"every {job.every_s:g} s"


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(UTC).astimezone(zone):%Y-%m-%d %H:%M}"
