"""The reading child as its parent sees it: started, spoken to within a time, watched, and ended with all that it started."""

from __future__ import annotations

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import cast

from worker.ocr import wire
from worker.ocr.errors import DEATHS, UNREADABLE, NoReader, ReaderDied, Unreadable
from worker.ocr.wire import PagePicture, Read

ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY_S = 0.05  # at the child's memory, while it reads
LAST_WORDS = 4000
PIECE = 128 * 1024
FOLDER = "drugsng-reader"
# All that the child is told of its surroundings. No address, no key, no token: it has no use for them.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "64000000",
    "MALLOC_ARENA_MAX": "2",
}
_RESIDENT = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.MULTILINE)
_PLACES = re.compile(
    r"^(?:Fatal Python error: [\w ]+|\s*File \"[^\"]*\", line \d+|(?:[\w.]+)?(?:Error|Exception|bad_alloc))", re.MULTILINE
)


class Process:
    """A running child. Not for two threads at a time, but `kill` may come from any."""

    def __init__(self, arguments: Sequence[str], memory_mib: int) -> None:
        """Starts it; `arguments` are those of `child.py`. Raises OSError."""
        _sweep()
        self._folder = tempfile.mkdtemp(prefix=f"{FOLDER}-{os.getpid()}-")
        theirs, ours = os.pipe()
        self._lifeline = open(ours, "wb", buffering=0)  # noqa: SIM115  closed by `end`, or with this object: the child dies then
        command = [sys.executable, "-X", "faulthandler", "-m", "worker.ocr.child"]
        command += [f"--lifeline={theirs}", f"--folder={self._folder}", f"--memory-mib={memory_mib}"]
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own module, no shell
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=ROOT,
                env={**ENVIRONMENT, "TMPDIR": self._folder, "HOME": self._folder},
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except OSError:
            self._lifeline.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        finally:
            os.close(theirs)
        self._in, self._out, self._err = (
            cast(FileIO, pipe) for pipe in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._selector = selectors.DefaultSelector()
        for pipe in (self._in, self._out, self._err):
            os.set_blocking(pipe.fileno(), False)
        self._memory_mib = memory_mib
        self._got, self._words = bytearray(), b""
        self._deaf, self._killed = False, False
        self._look_at = 0.0
        self.files = 0
        self.most_mib = 0.0
        self.walls: tuple[str, ...] = ()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs. Asked without reaping: until `end`, nobody else can get its number."""
        with suppress(ChildProcessError):  # somebody else in this process waits for every child
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        return False

    @property
    def memory_mib(self) -> float:
        """What it has in memory now: its own and what it shares with others, without what it maps from files."""
        with suppress(OSError, ValueError):
            told = Path(f"/proc/{self.pid}/status").read_text()
            return sum(int(kib) for kib in _RESIDENT.findall(told)) / 1024
        return 0.0

    def wait_ready(self, deadline: float) -> None:
        """Returns when its models are loaded. Raises NoReader."""
        try:
            told = json.loads(self._frame(wire.READY, deadline))
            self.walls = tuple(str(wall) for wall in told["walls"])
        except (ReaderDied, wire.BadFrame, ValueError, KeyError, TypeError) as failed:
            said = self._words.decode(errors="replace").strip()[-500:]  # of no customer: it has not seen a file yet
            raise NoReader("not_started", f"{failed}; {said}") from failed

    def idle(self) -> bool:
        """Whether it is alive and silent, as it is to be between two files: else it is not to be trusted with another."""
        self._watch(self._out, selectors.EVENT_READ)
        self._watch(self._in, 0)
        ready = [key.fileobj for key, _ in self._selector.select(0)]
        if self._err in ready:
            self._listen()
        return self.alive and self._out not in ready

    def read(self, content: bytes, deadline: float) -> Read:
        """Sends a file and waits for what comes of it. `deadline` by the monotonic clock. Raises Unreadable, ReaderDied."""
        self.files += 1
        self.most_mib, self._words = 0.0, b""
        self._got.clear()
        try:
            reading, pictures, failed = wire.understood(self._frame(wire.TOLD, deadline, wire.frame(wire.FILE, content)))
            if reading is not None:
                jpegs = [self._frame(wire.JPEG, deadline) for _ in range(2 * pictures)]
                if not all(map(wire.is_jpeg, jpegs)):
                    raise wire.BadFrame("a picture that is no JPEG")
                return Read(reading, tuple(PagePicture(*pair) for pair in zip(jpegs[::2], jpegs[1::2], strict=True)))
        except wire.BadFrame as bad:
            raise ReaderDied("crashed", str(bad)) from bad
        if failed.get("unreadable") in UNREADABLE:
            raise Unreadable(failed["unreadable"])
        code = failed.get("died", "")
        raise ReaderDied(code if code in DEATHS else "crashed", failed.get("detail", ""))

    def kill(self) -> None:
        """It and all that it started run no more. Harmless when they do not."""
        self._killed = True
        if self._process.returncode is None:  # not reaped: the number is still its own
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Killed, reaped, pipes closed, its folder removed."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._selector.close()
        for pipe in (self._in, self._out, self._err, self._lifeline):
            pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _frame(self, kind: bytes, deadline: float, send: bytes = b"") -> bytes:
        """The body of the next frame, sending `send` meanwhile. Raises BadFrame, ReaderDied."""
        rest = memoryview(send)
        need, length = wire.HEAD.size, None
        while True:
            while len(self._got) >= need:
                if length is not None:
                    body = bytes(self._got)
                    self._got.clear()
                    return body
                length = wire.head(bytes(self._got), kind)
                self._got.clear()
                need = length
            rest = self._exchange(rest, need - len(self._got), deadline)

    def _exchange(self, rest: memoryview, want: int, deadline: float) -> memoryview:
        """One wait of at most LOOK_EVERY_S, and what the pipes were ready for; what is still to be sent."""
        now = time.monotonic()
        if now >= deadline:
            raise ReaderDied("timeout")
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self.most_mib = max(self.most_mib, self.memory_mib)
        if self.most_mib > self._memory_mib * 1.1:  # the kernel's limit does not count memory that is shared
            raise ReaderDied("memory", f"{self.most_mib:.0f} MiB")
        self._watch(self._out, selectors.EVENT_READ)
        self._watch(self._err, 0 if self._deaf else selectors.EVENT_READ)
        self._watch(self._in, selectors.EVENT_WRITE if rest else 0)
        for key, _ in self._selector.select(min(LOOK_EVERY_S, deadline - now)):
            if key.fileobj is self._in:
                try:
                    rest = rest[os.write(key.fd, rest[:PIECE]) :]
                except BrokenPipeError:
                    rest = rest[:0]  # it will not read on; why, its answer or its end tells
            elif key.fileobj is self._err:
                self._listen()
            else:
                piece = os.read(key.fd, min(want, PIECE))
                if not piece:
                    raise self._death()
                self._got += piece
        return rest

    def _listen(self) -> None:
        words = os.read(self._err.fileno(), PIECE)
        self._words = (self._words + words)[-LAST_WORDS:]
        self._deaf = not words

    def _watch(self, pipe: FileIO, events: int) -> None:
        """Listens for these events and no others on a pipe; 0 is for none."""
        watched = self._selector.get_map().get(pipe)
        if watched is None and events:
            self._selector.register(pipe, events)
        elif watched is not None and not events:
            self._selector.unregister(pipe)

    def _death(self) -> ReaderDied | NoReader:
        """Why the child closed its pipe. Kills what is left of it."""
        if self._killed:
            return NoReader("closed")
        with suppress(BlockingIOError, ValueError, OSError):
            self._words = (self._words + os.read(self._err.fileno(), PIECE))[-LAST_WORDS:]
        deadline = time.monotonic() + 2
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.01)  # faulthandler may still be writing
        by_itself = not self.alive
        self.kill()
        code = self._process.wait(10)
        detail = f"exit {code}; {self.places()}"
        if by_itself and code == -signal.SIGXCPU:
            return ReaderDied("timeout", detail)
        starved = self.most_mib > self._memory_mib * 0.75 or b"bad_alloc" in self._words or b"MemoryError" in self._words
        if by_itself and (code == -signal.SIGKILL or starved):  # KILL by nobody of ours: the machine itself ran out
            return ReaderDied("memory", detail)
        return ReaderDied("crashed", detail)

    def places(self) -> str:
        """Of the child's last words the types and places, and not what an error says: it may quote the paper."""
        found = [" ".join(match.group().split()) for match in _PLACES.finditer(self._words.decode(errors="replace"))]
        return " | ".join(found[:6])[:400]


def _sweep() -> None:
    """Removes folders of readers whose process was killed before it could: they may hold parts of a prescription."""
    for folder in list(Path(tempfile.gettempdir()).glob(f"{FOLDER}-*-*"))[:100]:
        owner = folder.name.split("-")[2]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
