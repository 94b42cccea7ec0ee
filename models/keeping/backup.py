"""One dump of one moment: `pg_dump -Fc` and the figures of the same snapshot, whole under its name or not there at all.

While it grows the dump is called `.NAME.partial`. FILE.json and FILE.sha256 are written first and the dump is renamed last, so a
dump under its final name always has what proves it. Its transaction only reads.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg

from models.clock import utcnow
from models.keeping import archive, children, clients, connecting
from models.keeping import facts as database_facts
from models.keeping.children import Progress, Tell, lasted, size
from models.keeping.clients import Clients
from models.keeping.connecting import CannotKeep, one
from models.keeping.facts import Facts, Which
from models.migration_session import ONE_AT_A_TIME_KEY, place

BUSY = 4  # exit code: another one is at it
LIMIT_S = 4 * 3600.0
LOCK_WAIT = "30s"
WAIT_FOR_MIGRATION_S = 120.0
SPARE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Made:
    """A finished backup. `seconds` from the first word with the server to the renamed file."""

    file: Path
    bytes: int
    sha256: str
    seconds: float
    facts: Facts
    clients: Clients


def new_name(database: str, now: datetime) -> str:
    """`drugsng-NAME-20261123T064455Z.dump`; what a file name cannot have becomes "_"."""
    return f"drugsng-{re.sub(r'[^A-Za-z0-9._]+', '_', database)[:80]}-{now:%Y%m%dT%H%M%SZ}.dump"


def make(
    url: str,
    file: Path,
    *,
    bin: Path | None = None,
    compress: str = "auto",
    checksums: Which = "small",
    read_back: bool = False,
    limit_s: float = LIMIT_S,
    tell: Tell = lambda _: None,
) -> Made:
    """Backs up the database at `url` into `file`, which must not be there. Raises CannotKeep; then nothing new is there.

    `read_back` reads the whole dump once more with pg_restore. `tell` hears a line every few seconds.
    """
    began = time.monotonic()
    until = began + limit_s
    file = file.absolute()
    with alone(file.parent), connecting.opened(url) as conn:
        if file.exists():
            raise CannotKeep(f"{file} is there already: nothing is ever written over a backup. Choose another name.")
        _clear_away(file)
        server = connecting.major(conn)
        chosen = clients.for_dump(server, bin)
        if warning := clients.only_newer(chosen, server):
            tell(f"Note: {warning}")
        _wait_for_migration(conn, tell, until)
        total = _look_at_space(conn, file.parent, tell)
        try:
            facts = _dump(conn, chosen, clients.compression(chosen, compress), file, checksums, total, until, tell)
            entries = _check(chosen, archive.partial(file), read_back, until, tell)
            digest = archive.sha256(archive.partial(file))
            bytes_ = archive.partial(file).stat().st_size
            about = _about(url, conn, chosen, file.name, bytes_, digest, began) | facts.as_json()
            _publish(file, about, digest)
        except OSError as e:
            raise CannotKeep(f"{file.parent} cannot be written to: {e.strerror}. No backup was made.") from e
        finally:
            archive.partial(file).unlink(missing_ok=True)
    made = Made(file, bytes_, digest, time.monotonic() - began, facts, chosen)
    tell(
        f"{file}: {size(bytes_)}, {facts.rows:,} rows in {len(facts.tables)} tables, {entries:,} entries, "
        f"step {facts.step}, {lasted(made.seconds)}."
    )
    return made


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else backs up into this folder meanwhile; it is made (mode 700) if it is not there. Raises CannotKeep.

    The lock is on the folder itself: no file is left, and it ends with the process that held it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as e:
        raise CannotKeep(f"{folder} cannot be used as a folder for backups: {e.strerror}.") from e
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as e:
        raise CannotKeep(f"Another backup is being written into {folder}. Nothing was done.", BUSY) from e
    finally:
        os.close(handle)


def _clear_away(file: Path) -> None:
    """What a backup that was killed has left in this folder. Only names that nothing but an unfinished backup has."""
    beside = (file, archive.sidecar(file, "json"), archive.sidecar(file, "sha256"))
    for stale in (*file.parent.glob(".drugsng-*.dump*.partial"), *map(archive.partial, beside)):
        stale.unlink(missing_ok=True)


def _wait_for_migration(conn: psycopg.Connection, tell: Tell, until: float) -> None:
    """A dump of a half-migrated schema restores to one. Asks again and again: a blocked statement would hold a snapshot."""
    deadline = min(until, time.monotonic() + WAIT_FOR_MIGRATION_S)
    told = False
    while not one(conn, "SELECT pg_try_advisory_lock_shared(%s)", ONE_AT_A_TIME_KEY):
        if time.monotonic() >= deadline:
            raise CannotKeep("A migration is running on this database and does not end. No backup was made.", BUSY)
        if not told:
            tell("A migration is running; waiting for it to end.")
            told = True
        time.sleep(0.25)
    one(conn, "SELECT pg_advisory_unlock_shared(%s)", ONE_AT_A_TIME_KEY)


def _look_at_space(conn: psycopg.Connection, folder: Path, tell: Tell) -> int:
    """The size of the database on the server in bytes, after the disk was found to have room for half of its tables.

    Indexes are not in a dump and compression takes off half or more, but nobody knows how much before.
    """
    total = one(conn, "SELECT pg_database_size(current_database())")
    # By what the catalogue remembers: to ask a table for its size is to wait for whoever has locked it.
    indexes = (
        "SELECT coalesce(sum(relpages), 0)::bigint * current_setting('block_size')::bigint FROM pg_class WHERE relkind = 'i'"
    )
    tables = max(0, total - one(conn, indexes))
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < tables // 2 + SPARE_BYTES:
        raise CannotKeep(
            f"{folder} has {size(free)} free, and the tables hold {size(tables)}: at least {size(tables // 2 + SPARE_BYTES)} "
            "are wanted. No backup was begun."
        )
    if free < tables + SPARE_BYTES:
        tell(f"Note: {folder} has {size(free)} free and the tables hold {size(tables)}; it may just fit.")
    return int(total)


def _dump(
    conn: psycopg.Connection,
    chosen: Clients,
    compress: str,
    file: Path,
    checksums: Which,
    total: int,
    until: float,
    tell: Tell,
) -> Facts:
    """pg_dump into the partial file, while the same snapshot is counted on `conn` by a second thread."""
    growing = archive.partial(file)
    os.close(os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    progress, counted = Progress(tell), _Counted()
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute("SET LOCAL row_security = off")
        counted.of = one(conn, "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        command: list[str | Path] = [
            chosen.dump,
            "--format=custom",
            f"--compress={compress}",
            f"--file={growing}",
            "--no-password",
        ]
        command += [f"--snapshot={one(conn, 'SELECT pg_export_snapshot()')}", f"--lock-wait-timeout={LOCK_WAIT}"]
        command.append(f"--dbname={connecting.child_address(conn)}")

        def line() -> str:
            done = growing.stat().st_size
            return f"{size(done)} written, the database has {size(total)} on the server; {counted} counted."

        with _beside(conn, lambda: database_facts.gather(conn, checksums, counted.one_more)) as counting:

            def each_moment() -> None:
                if counting.done():
                    counting.result()
                progress(line)

            try:
                children.run(command, environment=connecting.child_environment(conn), until=until, while_running=each_moment)
            except CannotKeep:
                if counting.done():  # it failed first, and took the snapshot that pg_dump wanted with it
                    counting.result()
                raise
            while not counting.done():
                if time.monotonic() > until:
                    raise CannotKeep("Counting the rows took longer than the time limit. No backup was made.")
                progress(line)
                time.sleep(children.POLL_S)
            return counting.result()


class _Counted:
    """How many tables have been counted, for the line of progress."""

    def __init__(self) -> None:
        self.done, self.of = 0, 0

    def one_more(self, _table: str) -> None:
        self.done += 1

    def __str__(self) -> str:
        return f"{self.done} of about {self.of} tables"


@contextmanager
def _beside(conn: psycopg.Connection, work: Callable[[], Facts]) -> Iterator[Future[Facts]]:
    """`work` in a thread. Whatever happens meanwhile, the thread has ended afterwards: its statement is cancelled."""
    with ThreadPoolExecutor(1, "backup-counting") as pool:
        future = pool.submit(work)
        try:
            yield future
        finally:
            for _ in range(100):  # a cancel that arrives between two statements ends none
                if future.done():
                    break
                with suppress(psycopg.Error):
                    conn.cancel_safe(timeout=2)
                with suppress(Exception):
                    future.result(timeout=0.1)


def _check(chosen: Clients, file: Path, read_back: bool, until: float, tell: Tell) -> int:
    """How many entries the dump has. Raises CannotKeep when pg_restore cannot read it."""
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    if read_back:
        progress, began = Progress(tell), time.monotonic()
        children.run(
            [chosen.restore, "--file=/dev/null", file],
            environment=environment,
            until=until,
            while_running=lambda: progress(lambda: f"reading the dump back, {lasted(time.monotonic() - began)} so far"),
        )
    listed = children.listing([chosen.restore, "--list", file], environment=environment, until=until)
    entries = [line for line in listed.splitlines() if line and not line.startswith(";")]
    if "does not support" in listed:
        raise CannotKeep("pg_restore here cannot read the compression that pg_dump used. No backup was made.")
    return len(entries)


def _about(
    url: str, conn: psycopg.Connection, chosen: Clients, name: str, bytes_: int, digest: str, began: float
) -> dict[str, Any]:
    try:
        version = metadata.version("drugsng")
    except metadata.PackageNotFoundError:
        version = "unknown"
    return {
        "made_by": archive.MADE_BY,
        "format": 1,
        "tool_version": version,
        "file": name,
        "bytes": bytes_,
        "sha256": digest,
        "database": conn.info.dbname,
        "place": place(url),
        "made_at": utcnow().isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "client_version": chosen.version,
    }


def _publish(file: Path, about: dict[str, Any], digest: str) -> None:
    """The two files beside it, then the dump under its name; if that fails, none of the three."""
    facts, listing = archive.sidecar(file, "json"), archive.sidecar(file, "sha256")
    try:
        archive.write_private(facts, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        archive.write_private(listing, f"{digest}  {file.name}\n{archive.sha256(facts)}  {facts.name}\n")
        archive.partial(file).rename(file)
    except BaseException:
        if not file.exists():
            facts.unlink(missing_ok=True)
            listing.unlink(missing_ok=True)
        raise
    with suppress(OSError):
        handle = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
