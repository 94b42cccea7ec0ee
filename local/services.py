"""PostgreSQL and Valkey for a laptop and for tests: started with one call, stopped with another, nothing left behind.

python -m local.services --data .data      both, until Ctrl-C; prints their URLs
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from local import programs
from local.folder import Folder
from local.postgres import Postgres
from local.programs import CannotStart
from local.valkey import Valkey

STRANDED: dict[
    str, list[tuple[int, float]]
] = {  # how each is asked to stop; whatever else is written down is a program of ours and takes one TERM
    "postgres": [(signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)],
    "initdb": [(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)],
    "valkey": [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)],
}
OTHERS: list[tuple[int, float]] = [(signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)]
TEMPORARY = "drugsng-throwaway-"
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 * 1024**3  # several runs of tests at once stay below it


class Services:
    """The servers of one folder. `start` gives their URLs; `stop` may be called at any time, and twice."""

    def __init__(self, folder: Folder, environ: dict[str, str], *, durable: bool = True) -> None:
        self.folder = folder
        self._environ = environ
        self._durable = durable
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def start(self, *, postgres: bool = True, valkey: bool = True) -> tuple[str, str]:
        """(database URL, Redis URL), "" for one not asked for. Raises CannotStart, and then nothing is left running."""
        database_url = redis_url = ""
        try:
            self.end_stranded()
            if postgres:
                self.postgres = Postgres(self.folder, self._environ, durable=self._durable)
                database_url = self.postgres.start()
            if valkey:
                self.valkey = Valkey(self.folder, self._environ, durable=self._durable)
                redis_url = self.valkey.start()
        except BaseException:
            self.stop()
            raise
        return database_url, redis_url

    def end_stranded(self) -> list[str]:
        """The names of what an earlier launcher, killed, left running; all of it is ended now: ours first, then the servers."""
        ended = []
        left = self.folder.stranded()
        for name in sorted(left, key=lambda name: ("valkey", "postgres").index(name) if name in ("valkey", "postgres") else -1):
            if programs.end_stranded(left[name], STRANDED.get(name, OTHERS)):
                ended.append(name)
            self.folder.forget(name)
        return ended

    def died(self) -> str:
        """The name of a server that ended by itself, or ""."""
        for server in (self.postgres, self.valkey):
            if server is not None and server.process is not None and server.process.poll() is not None:
                return type(server).__name__
        return ""

    def restart_dead(self) -> None:
        """Those that ended by themselves run again, on the same ports with the same passwords. Raises CannotStart."""
        for server in (self.postgres, self.valkey):
            if server is not None and server.process is not None and server.process.poll() is not None:
                server.stop()
                server.start()

    def stop(self) -> None:
        """Both have stopped: first the queue, then the truth."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()


@contextlib.contextmanager
def throwaway(environ: dict[str, str] | None = None) -> Iterator[Services]:
    """Servers in a temporary folder, on free ports, without durability; call `start` on them. All is gone afterwards."""
    with throwaway_folder() as folder:
        services = Services(folder, dict(os.environ) if environ is None else environ, durable=False)
        try:
            yield services
        finally:
            services.stop()


@contextlib.contextmanager
def throwaway_folder() -> Iterator[Folder]:
    """A folder of one's own in the quickest place. It is gone afterwards, and if its owner is killed, with the next one's making."""
    _sweep()
    path = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=_quickest_place()))
    folder = Folder(path)
    try:
        yield folder
    finally:
        folder.close()
        shutil.rmtree(path, ignore_errors=True)


def _quickest_place() -> Path:
    """Memory, where there is plenty (copying a database of a thousand small files is ten times quicker there), else /tmp."""
    with contextlib.suppress(OSError):
        room = os.statvfs(MEMORY)
        if os.access(MEMORY, os.W_OK) and room.f_bavail * room.f_frsize >= MEMORY_BYTES:
            return MEMORY
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove folders of throw-away servers whose launcher was killed: nobody holds their lock."""
    places = {Path(tempfile.gettempdir()), MEMORY}
    for path in (path for place in places for path in place.glob(f"{TEMPORARY}*")):
        with contextlib.suppress(OSError), (path / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.services", description="PostgreSQL and Valkey, until Ctrl-C.")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="the folder they live in (default: .data)")
    chosen = parser.parse_args(arguments)
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    try:
        folder = Folder(chosen.data)
        services = Services(folder, dict(os.environ))
        try:
            database_url, redis_url = services.start()
            print(f"DATABASE_URL={database_url}\nREDIS_URL={redis_url}", flush=True)
            while not asked.wait(0.2):
                if name := services.died():
                    raise CannotStart(f"{name} ended by itself; its log is in {folder.path}. Start again: the data is kept.")
        finally:
            services.stop()
            folder.close()
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
