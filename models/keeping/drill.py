"""The proof that a backup is one: back up, restore elsewhere, compare every table, and say how long each took.

The source is only read. What is made (a folder of one dump, a database) is removed again; after a SIGKILL the next drill removes
it, recognising its own by name *and* comment and only when it is older than a day.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import sql

from models.clock import utcnow
from models.keeping import backup, clients, connecting, restore
from models.keeping.archive import Head
from models.keeping.children import Tell
from models.keeping.connecting import CannotKeep, one
from models.migration_session import place

PREFIX = "drugsng_drill_"
NAME = re.compile(r"drugsng_drill_(\d{8}t\d{6}z)_\d+")
COMMENT = "Made by a drill of drugsng at %s and of no other use. The next drill removes it when it is a day old."
COMMENT_BEGINS = "Made by a drill of drugsng at "
OLD = timedelta(days=1)
FOLDER = "drugsng-drill-"
_MARK = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"


@dataclass(frozen=True)
class Drilled:
    """What a drill found. Times in seconds; `differences` empty means that the backup restores to the same."""

    dump_bytes: int
    database_bytes: int
    tables: int
    rows: int
    step: str
    backup_s: float
    restore_s: float
    total_s: float
    server_version: str
    differences: tuple[str, ...]
    kept_dump: str | None
    kept_database: str | None

    def as_json(self) -> dict[str, Any]:
        return {"same": not self.differences, **self.__dict__, "differences": list(self.differences)}


def run(
    url: str,
    *,
    server: str | None = None,
    folder: Path | None = None,
    keep_copy: bool = False,
    bin: Path | None = None,
    limit_s: float = backup.LIMIT_S,
    tell: Tell = lambda _: None,
) -> Drilled:
    """Drills the database at `url` on its own server, or on that of `server`. Raises CannotKeep.

    `folder` is where the dump lies meanwhile (otherwise the usual folder for temporary files); `keep_copy` keeps dump and database.
    """
    began = time.monotonic()
    target = server or url
    with connecting.opened(url) as conn:
        total, major = one(conn, "SELECT pg_database_size(current_database())"), connecting.major(conn)
    _refuse_misfits(major, target, bin)
    parent = folder or Path(tempfile.gettempdir())
    _sweep_folders(parent, tell)
    _sweep_databases(target, tell)
    now = utcnow()
    name, comment = f"{PREFIX}{now:%Y%m%dt%H%M%Sz}_{os.getpid()}", COMMENT % now.isoformat(timespec="seconds")
    place_of_dump = Path(tempfile.mkdtemp(prefix=FOLDER, dir=parent))
    keep = False
    try:
        tell(f"backing up {place(url)}")
        file = place_of_dump / backup.new_name(connecting.database_of(url), now)
        made = backup.make(url, file, bin=bin, checksums="all", limit_s=limit_s, tell=tell)
        tell(f"restoring into {name}")
        left_s = limit_s - (time.monotonic() - began)
        planned = restore.plan(file, target, database=name, bin=bin, tell=tell)
        done = restore.run(planned, target, comment=comment, limit_s=left_s, tell=tell)
        if keep_copy:
            _keep(target, name, now)
            keep = True
    finally:
        if not keep:
            with _told(tell, f"the database {name}"):
                _drop(target, name, comment)
            shutil.rmtree(place_of_dump, ignore_errors=True)
    return Drilled(
        dump_bytes=made.bytes,
        database_bytes=int(total),
        tables=len(made.facts.tables),
        rows=made.facts.rows,
        step=made.facts.step,
        backup_s=round(made.seconds, 1),
        restore_s=round(done.seconds, 1),
        total_s=round(time.monotonic() - began, 1),
        server_version=made.facts.server_version,
        differences=done.differences,
        kept_dump=str(file) if keep else None,
        kept_database=name if keep else None,
    )


def _refuse_misfits(source: int, target: str, bin: Path | None) -> None:
    """Raises CannotKeep when the programs here could make the dump and not restore it there: known before anything is made."""
    _, home = restore.whereabouts(target, PREFIX)
    with connecting.opened(target, database=home, name="drugsng-drill") as conn:
        chosen = clients.for_dump(source, bin)
        clients.for_restore(Head("", source, chosen.major, "none"), connecting.major(conn), bin)


@contextmanager
def _told(tell: Tell, what: str) -> Iterator[None]:
    """Clearing up that fails is said and does not hide what went wrong before."""
    try:
        yield
    except CannotKeep as e:
        tell(f"Note: {what} could not be removed ({e}); the next drill removes it when it is a day old.")


def _drop(url: str, name: str, comment: str) -> None:
    """Removes the database this drill made, known by its comment; without one (we were stopped before it) only while it is empty."""
    exists, _ = restore.whereabouts(url, name)
    if not exists:
        return
    with connecting.opened(url, database=name, name="drugsng-drill") as conn:
        row = conn.execute(_MARK).fetchone()
        held = conn.execute(restore.HOLDS).fetchone()
    if row and held and (row[0] == comment or (row[0] is None and not held[0])):
        _drop_database(url, name)


def _drop_database(url: str, name: str) -> None:
    if not NAME.fullmatch(name):
        raise ValueError(name)
    for home in restore.MAINTENANCE:
        with suppress(CannotKeep), connecting.opened(url, database=home, name="drugsng-drill") as conn:
            conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            return
    raise CannotKeep("no database of that server lets this user in")


def _keep(url: str, name: str, now: datetime) -> None:
    with connecting.opened(url, database=name, name="drugsng-drill") as conn:
        word = sql.Literal(f"Kept after a drill of drugsng at {now.isoformat(timespec='seconds')}. Nobody removes it for you.")
        conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), word))


def _sweep_databases(url: str, tell: Tell) -> None:
    """Removes what drills that were killed have left on that server: our name, our comment, a day old."""
    _, home = restore.whereabouts(url, PREFIX)
    with connecting.opened(url, database=home, name="drugsng-drill") as conn:
        found = conn.execute("SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database").fetchall()
    for name, comment in found:
        made = _made_at(name, comment)
        if made is not None and utcnow() - made > OLD:
            with _told(tell, f"the database {name} of an earlier drill"):
                _drop_database(url, name)
                tell(f"removed {name}, which a drill had left on {made:%Y-%m-%d}")


def _made_at(name: str, comment: str | None) -> datetime | None:
    """When a drill made this database; None when it is not one of a drill's."""
    if not NAME.fullmatch(name) or not comment or not comment.startswith(COMMENT_BEGINS):
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(comment.removeprefix(COMMENT_BEGINS).split(" ")[0])
    return None


def _sweep_folders(parent: Path, tell: Tell) -> None:
    """Removes folders of drills that were killed: our name, ours by owner, a day old, with nothing in them but a dump."""
    for found in parent.glob(f"{FOLDER}*"):
        with suppress(OSError):
            known = found.lstat()
            old = time.time() - known.st_mtime > OLD.total_seconds()
            if found.is_symlink() or not found.is_dir() or known.st_uid != os.getuid() or not old:
                continue
            if all(re.fullmatch(r"\.?drugsng-.+\.dump.*", file.name) for file in found.iterdir()):
                shutil.rmtree(found)
                tell(f"removed {found}, which an earlier drill had left")
