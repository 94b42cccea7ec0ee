"""Processes that a test starts: each with its output in a file, all ended when the test ends, whatever became of it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import programs

ROOT = Path(__file__).resolve().parent.parent
# What comes comes soon; this is for a machine that does ten other things, and costs nothing where nothing is wrong.
WAIT_S = 40.0


@dataclass(frozen=True)
class Child:
    """A started process and the file its stdout and stderr go to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_output(self, text: str, limit_s: float = WAIT_S) -> str:
        """The output once it has `text`. Raises AssertionError, showing the output, when it does not come."""
        deadline = time.monotonic() + limit_s
        while text not in self.output():
            if time.monotonic() > deadline or (self.process.poll() is not None and text not in self.output()):
                raise AssertionError(f"no {text!r} (exit code {self.process.poll()}) in:\n{self.output()}")
            time.sleep(0.02)
        return self.output()

    def stop(self, number: int = signal.SIGTERM, limit_s: float = WAIT_S) -> int:
        """The exit code after one signal to the main process alone. Raises subprocess.TimeoutExpired."""
        self.process.send_signal(number)
        return self.process.wait(limit_s)


class Children:
    """Starts processes from the project's folder and ends them all, group by group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Child] = []

    def start(
        self,
        command: Sequence[str | Path],
        *,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
        user: programs.User | None = None,
    ) -> Child:
        """The running child. `env` is added to this process's environment. It gets KILL if the test run itself is killed."""
        log = self._folder / f"child-{len(self._started)}.log"
        with log.open("wb") as output:
            process = programs.start(
                [str(part) for part in command],
                user=user or programs.User(),
                death_signal=signal.SIGKILL,
                cwd=cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                output=output.fileno(),
            )
        child = Child(process, log)
        self._started.append(child)
        return child

    def end(self, patience_s: float = 5.0) -> None:
        """None of them runs any more: TERM to each main process, some patience, then KILL to the group."""
        for child in self._started:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGCONT)  # one that a test froze
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        for child in self._started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.process.wait(10)
            wait_until(lambda group=child.pid: not programs.group_members(group), f"the group of pid {child.pid} to end")
        self._started.clear()


def wait_until(asked: Callable[[], object], what: str, limit_s: float = WAIT_S, every_s: float = 0.02) -> None:
    """Returns when `asked()` is true. Raises AssertionError, saying `what` was waited for, when the time is up."""
    deadline = time.monotonic() + limit_s
    while not asked():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s:g} s for {what}")
        time.sleep(every_s)


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
