"""Reads files of strangers in a process of its own: sends bytes, gets a reading and pictures, and outlives whatever happens.

The child (`child.py`) is started at the first file and kept warm, because loading the models takes a second or more. It is
ended, with everything it started, when a file takes too long or too much memory, and a new one is started for the next file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.logs import log
from worker.ocr import wire
from worker.ocr.errors import NoReader, ReaderDied, Unreadable
from worker.ocr.process import Process
from worker.ocr.wire import PagePicture, Read

__all__ = ["NoReader", "PagePicture", "Read", "Reader", "ReaderDied", "Unreadable"]

START_TIMEOUT_S = 60.0


class Reader:
    """One child process at most, one file at a time; other threads wait. May be used again after `close`."""

    def __init__(
        self,
        *,
        engine: str = "auto",
        tesseract_cmd: str = "tesseract",
        tessdata_prefix: str = "",
        memory_mib: int = 1600,
        cpu_s: float = 60.0,
        files_each: int = 200,
        pipeline: str = "worker.ocr.pipeline:read",
        walls: bool = True,
    ) -> None:
        """`memory_mib`: what the child may allocate, models included; after a file that left it with more than three quarters
        of that, and after `files_each` files, it is replaced. `cpu_s`: processor time for one file. The kernel holds both.
        `pipeline`: module:function that reads. `walls`: no sockets, and the folders it needs only (`confine.py`)."""
        self._engine, self._pipeline, self._walls = engine, pipeline, walls
        self._tesseract_cmd, self._tessdata_prefix = tesseract_cmd, tessdata_prefix
        self._memory_mib, self._cpu_s, self._files_each = memory_mib, cpu_s, files_each
        self._lock = threading.Lock()
        self._child: Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, None when there is none."""
        child = self._child
        return child.pid if child is not None else None

    @property
    def walls(self) -> tuple[str, ...]:
        """What the running child is shut off from: "network", "folders"; () where the machine cannot, or without a child."""
        child = self._child
        return child.walls if child is not None else ()

    def warm(self) -> None:
        """Starts the child and waits until its models are loaded. Raises NoReader."""
        with self._alone(START_TIMEOUT_S):
            self._ready()

    def read(self, content: bytes, *, timeout_s: float) -> Read:
        """What was read of a file, within `timeout_s` seconds of wall time; the start of a child does not count.

        Raises Unreadable (the file's fault, for good), ReaderDied (counts against the file) or NoReader (file not tried).
        """
        if not content:
            raise Unreadable("empty")
        if len(content) > wire.MAX_FILE:
            raise Unreadable("too_big")
        with self._alone(timeout_s + START_TIMEOUT_S):
            child = self._ready()
            try:
                read = child.read(content, time.monotonic() + timeout_s)
            except Unreadable:
                self._replace_if_worn(child)
                raise
            except BaseException as died:  # also what another thread raises here, a time limit: the talk with the child is cut
                self._end()
                if isinstance(died, ReaderDied):
                    log().warning("ocr.reader_died", code=died.code, detail=died.detail, files=child.files)
                raise
            self._replace_if_worn(child)
            return read

    def close(self) -> None:
        """Ends the child, whatever it does: a file being read raises ReaderDied in its thread."""
        child = self._child
        if child is not None:
            child.kill()
        with self._alone(START_TIMEOUT_S):
            self._end()

    @contextmanager
    def _alone(self, wait_s: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=wait_s):
            raise NoReader("busy")
        try:
            yield
        finally:
            self._lock.release()

    def _ready(self) -> Process:
        """A child that waits for a file: the one there is, or a new one."""
        if self._child is not None and not self._child.idle():
            log().warning("ocr.reader_lost", files=self._child.files)
            self._end()
        if self._child is None:
            try:
                self._child = Process(self._arguments(), self._memory_mib)
                self._child.wait_ready(time.monotonic() + START_TIMEOUT_S)
            except OSError as failed:
                raise NoReader("not_started", str(failed)) from failed
            except BaseException:
                self._end()
                raise
        return self._child

    def _replace_if_worn(self, child: Process) -> None:
        if child.files >= self._files_each or child.memory_mib > 0.75 * self._memory_mib:
            self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _arguments(self) -> list[str]:
        arguments = [f"--pipeline={self._pipeline}", f"--engine={self._engine}", f"--cpu-s={self._cpu_s:g}"]
        arguments += [f"--tesseract-cmd={self._tesseract_cmd}", f"--tessdata-prefix={self._tessdata_prefix}"]
        places = (Path(place) for place in (self._tesseract_cmd, self._tessdata_prefix))
        arguments += [f"--readable={place}" for place in places if place.is_absolute()]
        return arguments if self._walls else [*arguments, "--no-walls"]
