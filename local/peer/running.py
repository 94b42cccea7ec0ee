"""A stand-in in the hands of a test or benchmark: started in a process of its own or in a thread, asked over its control API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import urllib3

from local.peer.config import PeerConfig
from local.peer.program import Program

Json = dict[str, Any]
C = TypeVar("C", bound=PeerConfig)
ROOT = Path(__file__).parents[2]
START_S = 10


class PeerError(RuntimeError):
    """Refused: `status` and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status


class Running(Generic[C]):
    """`url` is the base of everything; `config` what it was started with. Safe to use from several threads.

    `start` runs it in a process of its own, `in_thread` in a thread of this process, `at` talks to one that runs already.
    """

    program: ClassVar[Program[Any]]
    error: ClassVar[type[PeerError]] = PeerError

    def __init__(self, url: str, config: C | None = None) -> None:
        self.url = url.rstrip("/")
        self.config: C = config or self.program.config()
        self.http = urllib3.PoolManager(maxsize=8, retries=False)
        self.process: subprocess.Popen[str] | None = None
        self._thread: tuple[threading.Thread, asyncio.AbstractEventLoop, asyncio.Event] | None = None

    @classmethod
    def at(cls, url: str, **settings: Any) -> Self:
        """One that runs already; `settings` as it was started with."""
        return cls(url, cls.program.config().changed(settings))

    @classmethod
    def start(cls, *, port: int = 0, **settings: Any) -> Self:
        """In a process of its own on a free port; `settings` as in its Config. It ends with this object or this process."""
        config = cls.program.config().changed(settings)
        command = [sys.executable, "-m", cls.program.module, "--port", str(port), "--stop-with-stdin"]
        for name in settings:
            value = getattr(config, name)
            command += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = cls(line.split(" ")[3] if line.startswith(f"{cls.program.name} listening on ") else "", config)
        found.process = process
        if not found.url:
            found.stop()
            raise RuntimeError(f"{cls.program.title} did not start: {line.strip() or 'see its standard error'}")
        return found

    @classmethod
    def in_thread(cls, *, port: int = 0, **settings: Any) -> Self:
        """In a thread of this process: starts in milliseconds, shares the interpreter."""
        config = cls.program.config().changed(settings)
        ready: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = []
        trouble: list[BaseException] = []
        up = threading.Event()

        async def run() -> None:
            server = cls.program.server(config)
            try:
                bound = await server.start("127.0.0.1", port)
            except OSError as error:
                trouble.append(error)
                up.set()
                return
            end = asyncio.Event()
            ready.append((bound, asyncio.get_running_loop(), end))
            up.set()
            await end.wait()
            await server.stop()

        thread = threading.Thread(target=lambda: asyncio.run(run()), name=cls.program.name, daemon=True)
        thread.start()
        if not up.wait(START_S) or trouble:
            raise RuntimeError(f"{cls.program.title} did not start") from (trouble[0] if trouble else None)
        bound, loop, end = ready[0]
        found = cls(f"http://127.0.0.1:{bound}", config)
        found._thread = (thread, loop, end)
        return found

    def stop(self) -> None:
        """Ends it, if it was started here."""
        self.http.clear()
        if self.process is not None:
            process, self.process = self.process, None
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
            process.stdout.close()
        if self._thread is not None:
            thread, loop, end = self._thread
            self._thread = None
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(end.set)
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, timeout_s: float = 10.0) -> Json:
        """One call of the control API. Raises the stand-in's own PeerError."""
        return self.ask(method, path, None if body is None else json.dumps(body).encode(), timeout_s=timeout_s)

    def ask(self, method: str, path: str, raw: bytes | None, *, content_type: str = "", timeout_s: float = 10.0) -> Json:
        """`call` with bytes as they are, a file for example."""
        headers = {"Content-Type": content_type} if content_type else None
        answer = self.http.request(method, f"{self.url}/_sim/{path}", body=raw, headers=headers, timeout=timeout_s)
        found: Json = answer.json()
        if answer.status != 200:
            raise self.error(answer.status, str(found.get("error", found)))
        return found
