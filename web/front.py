"""What the web server calls: bodies are read here, by the event loop, before a thread is spent on them.

Under WSGI the server reads a body on the thread that handles it, without any limit in time: as many slow senders as there
are threads, and nobody else is answered. Here a slow body costs a few hundred bytes, until its time is up; the threads, and
with them the database connections, are as many as WEB_THREADS says.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

from settings import current
from web.app import load as load_application
from web.webhooks import BODY_MAX

BODY_WITHIN_S = 10.0  # Meta sends a whole webhook at once; 3 MB in 10 s is a slow mobile line
DISCARDED_MAX = 4 * BODY_MAX
BODIES_MAX = 64 * 1024 * 1024  # bytes of unfinished bodies held at a time, whoever sends them
TOO_LARGE, TOO_SLOW, TOO_MANY = (413, "Too large"), (408, "Too slow"), (503, "Try again")
CONSOLE_THREADS, CONSOLE_WAITING = 4, 64  # of its own, so that staff who wait for a slow store keep no webhook waiting
SERVER = "drugsng"  # else the server names itself
_ONCE = {"wsgi.version": (1, 0), "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.run_once": False, "SCRIPT_NAME": ""}


class Refusal(Exception):
    """Why a body is not read to its end: (status, sentence)."""


class Front:
    """An RSGI application around a WSGI one."""

    def __init__(self, application: Flask, threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._desk = ThreadPoolExecutor(CONSOLE_THREADS, thread_name_prefix="console")
        self._desk_waiting = 0
        self._held = 0

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "http":
            return
        is_desk = _path(scope).startswith("/console")  # as the application will see it, however it is written
        try:
            if is_desk and self._desk_waiting >= CONSOLE_WAITING:
                raise Refusal(TOO_MANY)
            body = await self._body(scope, protocol)
        except Refusal as refusal:
            status, sentence = refusal.args[0]
            headers = [("content-type", "text/plain; charset=utf-8"), ("server", SERVER), ("connection", "close")]
            protocol.response_bytes(status, headers, sentence.encode())
            return
        environ = _environ(scope, body) | {"drugsng.came": monotonic()}
        self._desk_waiting += is_desk
        try:
            status, headers, answer = await asyncio.get_running_loop().run_in_executor(
                self._desk if is_desk else self._pool, _handled, self._application, environ
            )
        finally:
            self._desk_waiting -= is_desk
        protocol.response_bytes(status, headers, answer)

    async def _body(self, scope: Any, protocol: Any) -> bytes:
        """The whole body, at most BODY_MAX long and read within BODY_WITHIN_S. Raises Refusal."""
        if scope.method in ("GET", "HEAD"):
            return b""
        length = scope.headers.get("content-length") or ""
        if length.isdigit() and int(length) > DISCARDED_MAX:
            raise Refusal(TOO_LARGE)  # the connection breaks, which may cost the sender our answer
        pieces: list[bytes] = []
        size = kept = 0
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                async for piece in protocol:
                    size += len(piece)
                    if size > DISCARDED_MAX:
                        raise Refusal(TOO_LARGE)
                    if size > BODY_MAX:
                        continue  # read to the end and thrown away, so that the sender hears why
                    self._held += len(piece)
                    kept += len(piece)
                    if self._held > BODIES_MAX:
                        raise Refusal(TOO_MANY)
                    pieces.append(piece)
        except TimeoutError as e:
            raise Refusal(TOO_SLOW) from e
        finally:
            self._held -= kept
        if size > BODY_MAX:
            raise Refusal(TOO_LARGE)
        return b"".join(pieces)


def _path(scope: Any) -> str:
    return unquote_to_bytes(scope.path).decode("latin-1")


def _environ(scope: Any, body: bytes) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333)."""
    server, _, port = scope.server.rpartition(":")
    environ = _ONCE | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _path(scope),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.multiprocess": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in scope.headers.items():
        if "_" in name:  # `X_Forwarded_For` would become what the proxy says in `X-Forwarded-For`
            continue
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def _handled(application: Callable[..., Any], environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    started: list[Any] = []
    answer = application(environ, lambda status, headers, exc_info=None: started.extend((status, headers)))
    try:
        content = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    headers = [(name.lower(), value) for name, value in started[1]]
    return int(started[0].split(" ", 1)[0]), [*headers, ("server", SERVER)], content


def load() -> Front:
    """What the web server calls."""
    return Front(load_application(), current().web_threads)
