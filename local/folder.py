"""The folder a house lives in: one launcher at a time, and a small state file that is never half written.

state.json   ports, passwords, the pids of what runs (mode 0600)
lock         held by the launcher for as long as it lives
pg18/  valkey/  logs/  with postgresql.log and valkey.log beside them
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Any

from local.programs import Birth, CannotStart, birth

EX_TEMPFAIL = 75  # <sysexits.h>: try again later


class Folder:
    """The house's folder, locked. Raises CannotStart when it cannot be written or another launcher holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Others may pass through (the servers may run as `nobody`), not look around.
            if self.path.stat().st_uid == os.geteuid():
                self.path.chmod(0o711)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise CannotStart(
                f"Cannot write to {self.path} ({problem.strerror}): free space, change its rights, or choose another (--data)."
            ) from problem
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 100, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            raise CannotStart(f"already running: pid {holder} holds {self.path}", EX_TEMPFAIL) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        self.state: dict[str, Any] = self._read()

    def close(self) -> None:
        """The folder is free for another launcher. The lock file stays: removing it would let two launchers hold two files."""
        os.ftruncate(self._lock, 0)
        os.close(self._lock)

    def save(self) -> None:
        """The state is on disk, whole, or the former one still is."""
        target = self.path / "state.json"
        temporary = ""
        try:
            handle, temporary = tempfile.mkstemp(prefix="state.", dir=self.path)
            with os.fdopen(handle, "w") as file:
                json.dump(self.state, file, indent=2, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except OSError as problem:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise CannotStart(f"Cannot write {target} ({problem.strerror}): free some space and start again.") from problem

    def section(self, name: str) -> dict[str, Any]:
        """A part of the state to read and change; `save` keeps it."""
        part: dict[str, Any] = self.state.setdefault(name, {})
        return part

    def remember(self, name: str, pid: int) -> None:
        """The program is written down, so that a later start can find it if we are killed."""
        born = birth(pid)
        if born is not None:
            self.section("programs")[name] = {"pid": born.pid, "started": born.started}
            self.save()

    def forget(self, name: str) -> None:
        """The program has ended. On a full disk it stays written down, which is harmless; stopping the others goes on."""
        if self.section("programs").pop(name, None) is not None:
            with contextlib.suppress(CannotStart):
                self.save()

    def stranded(self) -> dict[str, Birth]:
        """What an earlier launcher wrote down and never took back, by name."""
        return {name: Birth(entry["pid"], entry["started"]) for name, entry in self.section("programs").items()}

    def _read(self) -> dict[str, Any]:
        target = self.path / "state.json"
        try:
            state = json.loads(target.read_text())
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as problem:
            self.close()
            raise CannotStart(f"Cannot read {target} ({problem}): remove it, and a new one is made.") from problem
        return state if isinstance(state, dict) else {}


# Below those that the system gives to connections going out (Linux: from 32768 on): one of them may take a port between our finding it
# free and the start of who shall listen there.
OWN_PORTS, PORT_TRIES = range(20_000, 32_000), 20


def free_port(preferred: int | None) -> int:
    """The preferred port if nobody listens there, else one that is free now. On 127.0.0.1: `localhost` would need a file."""
    if preferred is not None and _is_free(preferred):
        return preferred
    for port in random.SystemRandom().sample(OWN_PORTS, PORT_TRIES):
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was ours a moment ago is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
