"""MIGRATION_LOG.md: what was done to a schema, by whom, when, and how it ended. Appended to, readable as it is.

The entry is written when a command begins and rewritten when it ends, so that one that was killed leaves its line as well.
A log that cannot be written is said and stops nobody: the database matters more.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from models.clock import utcnow
from models.keeping import connecting, row_counts
from models.keeping.archive import write_private
from models.keeping.children import Tell, lasted
from models.keeping.connecting import CannotKeep, one
from models.migration_session import CannotMigrate, place

NAME = "MIGRATION_LOG.md"
OFF = "off"
ZONE = "Africa/Lagos"
LOCK_LIMIT_S = 5.0
HEAD = """# Migrations

What was done to the schema of this system's databases, the newest at the end. Written by `drugsng db`.
"""
UNKNOWN = "not known"


@dataclass
class Note:
    """What the command tells of itself while it runs. A command that changed nothing and met no problem leaves no entry."""

    steps: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    changed: bool = False


@dataclass(frozen=True)
class _Begun:
    key: str
    command: str
    who: str
    at: datetime
    zone: ZoneInfo
    started: str
    since: float
    written: row_counts.Counts | None


@contextmanager
def noted(
    command: str,
    url: str,
    *,
    file: Path | None = Path(NAME),
    zone: str = ZONE,
    tell: Tell = lambda _: None,
) -> Iterator[Note]:
    """Writes what happens inside into `file` (None: nowhere), also when it fails; the error travels on.

    `note.steps` or `note.changed` says that something was done; `note.rows` (table -> rows changed) and `note.problems` are
    written as they are, so they must not hold anything of customers. Without `note.rows` the server's statistics are asked.
    """
    note = Note()
    if file is None:
        yield note
        return
    user, started = _state(url)
    who = f"{_me()} as database user {user} at {place(url)}"
    begun = _Begun(secrets.token_hex(6), command, who, utcnow(), _zone(zone), started, time.monotonic(), row_counts.read(url))
    _write(file, begun.key, _entry(begun, note, "running", started, UNKNOWN), tell)
    try:
        yield note
    except BaseException as e:
        note.problems.append(_words(e))
        result = "stopped" if isinstance(e, KeyboardInterrupt) else "failed"
        _write(file, begun.key, _entry(begun, note, result, _state(url)[1], _rows(begun, note, url)), tell)
        raise
    if note.steps or note.changed or note.problems:
        _write(file, begun.key, _entry(begun, note, "done", _state(url)[1], _rows(begun, note, url)), tell)
    else:
        _write(file, begun.key, "", tell)


def last(file: Path, count: int) -> str:
    """The last `count` entries as they stand in the file. Raises CannotKeep when there is no log."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as e:
        raise CannotKeep(f"There is no {file}: no migration was run from here yet, or --file names another one.") from e
    except (OSError, UnicodeError) as e:
        raise CannotKeep(f"{file} cannot be read.") from e
    entries = re.split(r"(?m)^(?=## )", text)[1:]
    return "".join(entries[-count:]).strip() or f"{file} has no entries."


def _rows(begun: _Begun, note: Note, url: str) -> str:
    if note.rows:
        return row_counts.listed(note.rows)
    return row_counts.words(row_counts.since(begun.written, row_counts.read(url)))


def _entry(begun: _Begun, note: Note, result: str, reached: str, rows: str) -> str:
    utc, local = begun.at, begun.at.astimezone(begun.zone)
    running = result == "running"
    lines = [
        ("From", begun.started),
        ("To", "not yet: if this stays, the command was killed" if running else reached),
        *([("Steps", ", ".join(note.steps))] if note.steps else []),
        ("Who", begun.who),
        ("When", f"{utc:%Y-%m-%d %H:%M:%S} UTC, {local:%Y-%m-%d %H:%M:%S} {begun.zone.key}"),
        ("Duration", UNKNOWN if running else lasted(time.monotonic() - begun.since)),
        ("Rows changed", rows),
        ("Problems", "; ".join(note.problems) or ("not known yet" if running else "none")),
    ]
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in lines)
    return f"## {utc:%Y-%m-%d %H:%M} UTC · {begun.command} · {result}\n\n<!-- {begun.key} -->\n\n| | |\n|---|---|\n{table}\n"


def _cell(value: str) -> str:
    """One line of a table: what would end the cell, the line or the reader's patience is taken out."""
    return re.sub(r"\s+", " ", value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")[:2000]


def _write(file: Path, key: str, entry: str, tell: Tell) -> None:
    """The entry with this key stands in the file once, as `entry` says; "" removes it."""
    try:
        with _locked(file):
            text = file.read_text(encoding="utf-8") or HEAD
            parts = re.split(r"(?m)^(?=## )", text)
            kept = [part for part in parts if f"<!-- {key} -->" not in part]
            position = next((i for i, part in enumerate(parts) if f"<!-- {key} -->" in part), len(parts))
            if entry:
                kept.insert(position, entry)
            new = "\n\n".join(part.strip("\n") for part in kept) + "\n"
            mode = file.stat().st_mode & 0o777
            write_private(file, new)
            file.chmod(mode)
    except (OSError, UnicodeError) as e:
        tell(f"Note: {file} could not be written ({getattr(e, 'strerror', None) or type(e).__name__}).")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Alone at this file. A writer replaces it, so whoever got the lock of a file that was replaced asks again."""
    deadline = time.monotonic() + LOCK_LIMIT_S
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_ino == file.stat().st_ino:
                    yield
                    return
        finally:
            os.close(handle)
        if time.monotonic() > deadline:
            raise TimeoutError(None, "somebody else writes it")
        time.sleep(0.02)


def _state(url: str) -> tuple[str, str]:
    """The database user, and where the schema stands; words instead when it cannot be asked."""
    try:
        with connecting.opened(url, name="drugsng-log") as conn:
            conn.execute("SET statement_timeout = '5s'")
            return conn.info.user, _step(conn)
    except CannotKeep:
        return UNKNOWN, UNKNOWN


def _step(conn: psycopg.Connection) -> str:
    if one(conn, "SELECT to_regclass('public.migratehistory')") is not None:
        steps = conn.execute("SELECT name FROM public.migratehistory ORDER BY id").fetchall()
        if steps:
            return f"{steps[-1][0]} ({len(steps)} step{'s' if len(steps) > 1 else ''})"
    tables = one(
        conn,
        "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'migratehistory'",
    )
    return f"no steps, {tables} tables" if tables else "no tables"


def _me() -> str:
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return f"{name} on {socket.gethostname()}"


def _zone(name: str) -> ZoneInfo:
    with suppress(Exception):
        return ZoneInfo(name)
    return ZoneInfo("UTC")


def _words(error: BaseException) -> str:
    """A sentence of ours as it is; of anything else only its kind, because its text may hold a password or a customer's value."""
    if isinstance(error, (CannotMigrate, CannotKeep)):
        return str(error)
    message = getattr(error, "message", None) if type(error).__module__.startswith("click") else None
    return str(message or (str(error) if isinstance(error, KeyboardInterrupt) and str(error) else type(error).__name__))
