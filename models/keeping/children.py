"""Running a client program: bounded in time, heard about while it works, and gone when we are.

A signal ends us in the middle: `stoppable` turns it into an exception, so that whoever made something half can remove it.
After a SIGKILL nobody removes anything; then (on Linux) the kernel ends the child, and the next run clears up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

from models.keeping.connecting import CannotKeep

TELL_EVERY_S = 3.0
POLL_S = 0.05
PATIENCE_S = 5.0
LISTING_BYTES = 20_000_000

Tell = Callable[[str], None]

# prctl(PR_SET_PDEATHSIG, SIGTERM), then the program itself: no preexec_fn, which is not safe in a process with threads.
_DIES_WITH_US = (
    "import ctypes,os,sys\n"
    "ctypes.CDLL(None).prctl(1,15)\n"
    "os.getppid()==int(sys.argv[1]) or sys.exit(1)\n"
    "os.execv(sys.argv[2],sys.argv[2:])"
)


class Stopped(KeyboardInterrupt):
    """A signal asked us to end. psycopg cancels its running statement at a KeyboardInterrupt."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """TERM, HUP and INT raise Stopped inside, once; what follows cannot cut the clearing up short. Main thread only, else nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in former:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    for number in former:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def run(
    command: list[str | Path],
    *,
    environment: dict[str, str],
    until: float,
    while_running: Callable[[], None] = lambda: None,
) -> str:
    """What the program wrote on standard error (its last 20,000 bytes), after it ended well.

    `until` is a time of `time.monotonic`. `while_running` is called some 20 times a second. Raises CannotKeep when the program
    failed or took too long, and whatever `while_running` raises; in every case the program runs no more.
    """
    with tempfile.TemporaryFile() as nowhere:
        return _ran([str(part) for part in command], environment, until, while_running, nowhere)


def listing(command: list[str | Path], *, environment: dict[str, str], until: float) -> str:
    """What the program wrote on standard output and standard error, after it ended well; else as `run`."""
    with tempfile.TemporaryFile() as printed:
        warnings = _ran([str(part) for part in command], environment, until, lambda: None, printed)
        printed.seek(0)
        return printed.read(LISTING_BYTES).decode(errors="replace") + warnings


def _ran(
    words: list[str], environment: dict[str, str], until: float, while_running: Callable[[], None], printed: IO[bytes]
) -> str:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - programs found by clients.py, no shell
            _shimmed(words), stdin=subprocess.DEVNULL, stdout=printed, stderr=said, env=environment, start_new_session=True
        )
        try:
            while process.poll() is None:
                if time.monotonic() > until:
                    raise CannotKeep(f"{Path(words[0]).name} was stopped: it took longer than the time limit.")
                while_running()
                time.sleep(POLL_S)
        finally:
            _end(process)
        said.seek(max(0, said.seek(0, os.SEEK_END) - 20_000))
        text = said.read().decode(errors="replace").strip()
    if process.returncode:
        raise CannotKeep(_failed(words[0], process.returncode, text))
    return text


def _shimmed(words: list[str]) -> list[str]:
    if not sys.platform.startswith("linux"):
        return words
    return [sys.executable, "-I", "-S", "-c", _DIES_WITH_US, str(os.getpid()), *words]


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)


def _failed(program: str, code: int, text: str) -> str:
    """A sentence from what the program said. PostgreSQL's DETAIL lines hold values of customers and are left out."""
    name = Path(program).name
    lines = [line for line in text.splitlines() if "error:" in line or "FATAL" in line] or text.splitlines()[-1:]
    said = "; ".join(line.removeprefix(f"{name}: ").removeprefix("error: ").strip() for line in lines[:2])
    if "No space left" in text:
        return f"The disk is full: {name} could not write on."
    if "File too large" in text or code == -signal.SIGXFSZ:
        return f"The file may not grow that large here (a limit of this user or file system): {name} could not write on."
    if "password authentication failed" in text or "no password supplied" in text:
        return f"The database refused the user or the password given to {name}."
    if "server closed the connection" in text or "could not receive data from server" in text:
        return f"The connection to the database broke: {name} could not go on."
    if "lock timeout" in text or "canceling statement due to lock" in text:
        return f"{name} waited over 30 s for a table that somebody has locked (a migration?): try again."
    ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"failed (exit code {code})"
    return f"{name} {ended}: {said or 'it said nothing'}."


class Progress:
    """Says a line every few seconds. `line` is asked for only when one is due."""

    def __init__(self, tell: Tell, every_s: float = TELL_EVERY_S) -> None:
        self._tell, self._every_s = tell, every_s
        self._next = time.monotonic() + every_s

    def __call__(self, line: Callable[[], str]) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every_s
            self._tell(line())


def size(count: float) -> str:
    """1,536 bytes are "1.5 KB"."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1024 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def lasted(seconds: float) -> str:
    """75 seconds are "1 min 15 s", less than a minute "3.2 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
