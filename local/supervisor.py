"""Keeps processes running: their output under their names, a dead one started again after a pause, all of them ended in order.

One thread only, on purpose. The kernel tells a child of the death of the *thread* that is its parent; with more threads the child
is handed from one dying thread to the next and gets a TERM for each, and a second TERM makes a Dramatiq worker drop its work and
Granian hang in its signal handler.
"""

from __future__ import annotations

import collections
import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local import programs
from local.environment import in_shell
from local.folder import Folder
from local.programs import CannotStart, User

GRACE_S = 30.0  # work in hand is finished within this, or taken up again at the next start
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # who lived this long is forgiven its earlier deaths
DEATHS_AT_START = 3
WIDTH = 10
HELPING = 65536  # bytes taken from a pipe at once
HELPINGS_AT_END = 16


def say(text: str) -> None:
    """A line for whoever watches; a terminal that is gone is no reason to stop in the middle of stopping."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@dataclass
class Child:
    """A process to keep running. `outside`: it plays the outside world, and ends after those that still talk to it."""

    name: str
    command: str
    outside: bool = False
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    again_at: float = 0.0
    rest: bytes = b""
    said: collections.deque[str] = field(default_factory=lambda: collections.deque(maxlen=8))

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Call `tick` again and again, on the main thread: nothing happens between the calls."""

    def __init__(self, folder: Folder, env: dict[str, str], user: User, root: Path) -> None:
        self.folder = folder
        self.children: list[Child] = []
        self._env = env
        self._user = user
        self._root = root
        self._outputs = selectors.DefaultSelector()

    def add(self, name: str, command: str, *, outside: bool = False) -> Child:
        """The child, started."""
        child = Child(name, command, outside)
        self.children.append(child)
        self._start(child)
        return child

    def tick(self, wait_s: float) -> None:
        """Writes what the processes wrote (waiting so long for it), notices who died, starts again whose pause is over."""
        self._relay(wait_s)
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            elif child.process is None and now >= child.again_at:
                self._start(child)

    def wait_ready(self, child: Child, ready: Callable[[], bool], limit_s: float, asked: Callable[[], bool]) -> None:
        """Returns when `ready()` (or when `asked()` to stop). Raises CannotStart when it dies again and again, or time is up."""
        deadline = time.monotonic() + limit_s
        while not asked():
            self.tick(0.05)
            if child.runs() and ready():
                return
            if child.deaths >= DEATHS_AT_START:
                raise CannotStart(f"{child.name} does not start: {' / '.join(child.said)[-600:] or 'it said nothing'}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{child.name} was not ready after {limit_s:g} s: see what it wrote above.")

    def stop(self, hurried: Callable[[], bool] = lambda: False) -> None:
        """None of them runs any more: the house first, then what plays the outside world, so that a last message can be sent.

        Each main process gets exactly one TERM (a second one makes a Dramatiq worker drop its work), and KILL only when its
        time is up or `hurried()`.
        """
        for outside in (False, True):
            self._stop_all([child for child in self.children if child.outside is outside], 5.0 if outside else GRACE_S, hurried)

    def _stop_all(self, children: list[Child], grace_s: float, hurried: Callable[[], bool]) -> None:
        asked = [(child, child.process) for child in children if child.process is not None]
        for _, process in asked:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while any(process.poll() is None for _, process in asked) and time.monotonic() < deadline and not hurried():
            self._relay(0.05)
        for child, process in asked:
            if process.poll() is None:
                say(f"{child.name} did not stop within {grace_s:g} s and is ended; its work is taken up again at the next start")
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(
                subprocess.TimeoutExpired
            ):  # one that the kernel holds (a dead disk) must not keep the others
                process.wait(10)
            self._hear_out(child)
            child.process = None
            self.folder.forget(child.name)

    def _start(self, child: Child) -> None:
        child.process = programs.start(
            in_shell(child.command),
            user=self._user,
            death_signal=signal.SIGTERM,
            cwd=self._root,
            env=self._env,
            output=subprocess.PIPE,
        )
        child.began = time.monotonic()
        self.folder.remember(child.name, child.process.pid)
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        child.rest = b""
        self._outputs.register(child.process.stdout, selectors.EVENT_READ, child)

    def _bury(self, child: Child, now: float) -> None:
        """What the dead one left in its group goes too (a Dramatiq main that was killed leaves its workers); then a pause."""
        assert child.process is not None
        code = child.process.returncode
        programs.end_group(child.process.pid, patience_s=5.0)
        self._hear_out(child)
        child.process = None
        self.folder.forget(child.name)
        child.deaths = 1 if now - child.began > STEADY_S else child.deaths + 1
        pause = min(LONGEST_PAUSE_S, 0.5 * 2 ** (child.deaths - 1))
        child.again_at = now + pause
        ended = f"signal {-code}" if code < 0 else f"code {code}"
        say(f"{child.name} ended by itself ({ended}); it starts again in {pause:g} s")

    def _relay(self, wait_s: float) -> None:
        """Writes what the processes wrote, each line under its name; waits so long for it at most."""
        for key, _ in self._outputs.select(wait_s):
            self._read(key.data)

    def _read(self, child: Child) -> bool:
        """Whether there was something in the child's pipe; at most one helping is taken."""
        pipe = child.process.stdout if child.process is not None else None
        if pipe is None or pipe.closed:
            return False
        try:
            data = os.read(pipe.fileno(), HELPING)
        except BlockingIOError:
            return False
        *lines, child.rest = (child.rest + data).split(b"\n")
        if not data or len(child.rest) > HELPING:  # the end, or a line without end
            lines.append(child.rest)
            child.rest = b""
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            if text:
                child.said.append(text)
                say(f"{child.name.ljust(WIDTH)}| {text}")
        if not data:
            self._outputs.unregister(pipe)
            pipe.close()
        return bool(data)

    def _hear_out(self, child: Child) -> None:
        """What an ended process still has in its pipe is written, and the pipe closed."""
        for _ in range(HELPINGS_AT_END):
            if not self._read(child):
                break
        pipe = child.process.stdout if child.process is not None else None
        if pipe is not None and not pipe.closed:  # somebody it left behind still holds the other end
            self._outputs.unregister(pipe)
            pipe.close()
