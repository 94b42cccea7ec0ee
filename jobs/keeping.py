"""Looking after the house: what is old is put away or removed, each round bounded in time and gone on with by the next."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from jobs.stopping import STOP
from models import job_runs
from models.base import unit
from models.maintenance import garbage, old_data, old_files, old_sessions, pruning, retention, tables, talks
from models.maintenance.rounds import Bounds
from models.privacy import asked
from models.vault import Away, Locked
from settings import current
from worker import sentry

UNIT_S = 15.0
ROOT = Path(__file__).resolve().parent.parent
BACKUP_S = 4 * 3600 + 300  # the command gives up by itself after four hours
STOP_S = 20.0


class BackupFailed(Exception):
    """The command's exit code; its sentence is in the log."""


def _bounds(seconds: float, rows: int = 500) -> Bounds:
    return Bounds(seconds, rows, STOP.is_set)


def _now() -> datetime:
    now: datetime
    with unit(UNIT_S) as conn:
        (now,) = conn.execute("SELECT clock_timestamp()").fetchone() or ()
    return now


def clean_sessions() -> str:
    """Old sessions that are idle end."""
    done, finished = old_sessions.clean_up(_bounds(60), idle_minutes=current().session_idle_timeout_minutes)
    return _said(done, "ended", finished)


def archive_sessions() -> str:
    """Old sessions nobody used for RETENTION_SESSIONS_DAYS are put away."""
    settings = current()
    days, bounds = settings.retention_sessions_days, _bounds(120)
    if settings.session_archive_dir:
        done = old_sessions.archive_into_file(bounds, Path(settings.session_archive_dir), days=days, now=_now())
    else:
        done = old_sessions.archive_into_table(bounds, days=days)
    return _said(done.rows, "put away", done.finished)


def clean_old_data() -> str:
    """Passwords, tokens and codes the old program left in the open."""
    return old_data.clean(_bounds(60)).outcome


def fetch_old_files() -> str:
    """Files of old prescriptions, some at a time."""
    if not current().old_files_fetch:
        return ""
    try:
        stored, failed = old_files.work(_bounds(40))
    except Locked:
        return "MEDIA_KEYS is not set"
    except Away as e:
        return f"vault away ({e})"
    return f"{stored} fetched, {failed} not" if stored or failed else ""


def prune_messages() -> str:
    """Messages and their traces, fired timers; before them what was said to people: files and notes of talks."""
    settings = current()
    gone, all_gone = talks.notes(_bounds(60), days=settings.retention_set_aside_days)
    said = [_said(gone, "notes of talks", all_gone)]
    try:
        gone, all_gone = talks.files(_bounds(120), days=settings.retention_messages_days)
        said.append(_said(gone, "files of talks", all_gone))
    except Away as e:
        said.append(f"vault away ({e})")
    done = pruning.prune(_bounds(300), days=settings.retention_messages_days, aside_days=settings.retention_set_aside_days)
    return ", ".join(word for word in (*said, done.outcome) if word)


def forget_tokens() -> str:
    """Tokens and staff's sessions that are over, and the jobs' own old history."""
    gone = pruning.forget_tokens(_bounds(60))
    with unit(UNIT_S) as conn:
        gone["job_history"] = job_runs.forget(conn, limit=5000)
    return ", ".join(f"{count} of {name}" for name, count in gone.items() if count)


def empty_prescriptions() -> str:
    """Prescriptions and results of lab tests whose legal time is over lose their contents."""
    days = current().retention_prescription_days
    try:
        done, finished = retention.prescriptions(_bounds(300), days=days)
        results, all_gone = retention.results(_bounds(120), days=days)
    except Away as e:
        return f"vault away ({e})"
    said = (_said(done, "emptied", finished), _said(results, "results of lab tests", all_gone))
    return ", ".join(word for word in said if word)


def erase_customers() -> str:
    """Who asked in the chat to be deleted is, ten minutes later; who has something open meanwhile waits for people."""
    try:
        done, waiting = asked.work(_bounds(60))
    except Away as e:
        return f"vault away ({e})"
    return f"{done} erased, {waiting} wait" if done or waiting else ""


def data_requests() -> str:
    """Customers' requests about their data are people's work: nobody may forget one."""
    with unit(UNIT_S) as conn:
        found = retention.requests(conn)
    if found.late:
        sentry.alarm("privacy: a request is close to its last day", open=found.open, late=found.late)
    return f"{found.open} open, {found.late} late" if found.open else ""


def sweep_vault() -> str:
    """Files without a row go, rows without their file are told."""
    try:
        done = garbage.sweep(_bounds(300), now=_now())
    except Away as e:
        return f"vault away ({e})"
    if done.lost or done.doubtful:
        sentry.alarm("vault: rows and files do not fit", lost=done.lost, doubtful=done.doubtful)
    return done.outcome


def measure_tables() -> str:
    """Today's sizes, for whoever asks how fast they grow."""
    day = _now().astimezone(current().default_timezone).date()
    with unit(UNIT_S) as conn:
        return f"{tables.measure(conn, day)} tables"


def tidy_tables() -> str:
    """Tables with many dead rows."""
    return " ".join(tables.tidy(_bounds(1800)))


def back_up() -> str:
    """The whole database into BACKUP_DIR, by the command people use, in a process of its own: it may take hours and end badly."""
    settings = current()
    if not settings.backup_dir:
        return ""
    command = [sys.executable, "-m", "cli", "db", "backup", "--dir", settings.backup_dir, "--keep", settings.backup_keep]
    child = subprocess.Popen(  # noqa: S603 - our own command, with values of our own settings
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = _wait(child, time.monotonic() + BACKUP_S)
    finally:
        _end(child)
    if child.returncode:
        raise BackupFailed(str(child.returncode), said[-500:])
    return said.strip().splitlines()[-1] if said.strip() else "done"


def _wait(child: subprocess.Popen[str], until: float) -> str:
    """What the child said. Ends it when this process is asked to stop, or when it is too late."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            return child.communicate(timeout=0.5)[0]
        if STOP.is_set() or time.monotonic() > until:
            child.terminate()
            return child.communicate(timeout=STOP_S)[0]


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.kill()
        child.communicate()


def _said(count: int, word: str, finished: bool) -> str:
    words = ([f"{count} {word}"] if count else []) + ([] if finished else ["not finished"])
    return ", ".join(words)
