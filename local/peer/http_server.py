"""A lean HTTP/1.1 server on asyncio, because a fake must be able to misbehave on the socket: cut, hang, drip, answer late.

One request at a time per connection (no pipelining in parallel), keep-alive, Content-Length and chunked bodies. An application
is a function `Request -> Response | Awaitable[Response]`; a plain Response is written in the same tick, which is what keeps a
send cheap.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, unquote

log = logging.getLogger("peer.http")

MAX_HEAD = 32 * 1024
MAX_BODY = 101 * 1024 * 1024
IDLE_S = 120.0
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """`headers` have lower-case names; of repeated ones the last counts."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(slots=True)
class Response:
    """An answer, and how the socket behaves: `cut_after` writes so many bytes and resets the connection (0: none at all),
    `drip_s` pauses between single bytes, `stream` is written as it comes (server-sent events)."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    drip_s: float = 0.0
    stream: AsyncIterator[bytes] | None = None

    def head(self, keep_alive: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}", f"Content-Type: {self.content_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.stream is None:
            lines.append(f"Content-Length: {len(self.body)}")
        if not keep_alive or self.stream is not None:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


App = Callable[[Request], Response | Awaitable[Response]]


class BadRequest(Exception):
    """The bytes are not a request this server takes; `status` is the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Connection(asyncio.Protocol):
    """One client. Reads are paused while an answer is being worked on, so a client cannot fill the memory."""

    def __init__(self, app: App, connections: set[Connection]) -> None:
        self.app = app
        self.connections = connections
        self.buffer = bytearray()
        self.transport: asyncio.Transport
        self.task: asyncio.Task[None] | None = None
        self.idle: asyncio.TimerHandle | None = None
        self.drained = asyncio.Event()
        self.continued = False
        self.seen = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.connections.add(self)
        self.drained.set()
        self._restart_idle()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.discard(self)
        self.drained.set()
        if self.idle is not None:
            self.idle.cancel()

    def pause_writing(self) -> None:
        self.drained.clear()

    def resume_writing(self) -> None:
        self.drained.set()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.seen = monotonic()
        if self.task is None:
            self._next()
        elif len(self.buffer) > MAX_HEAD:
            self.transport.pause_reading()

    def _restart_idle(self) -> None:
        if self.idle is not None:
            self.idle.cancel()
        self.idle = asyncio.get_running_loop().call_later(IDLE_S, self._idle_end)

    def _idle_end(self) -> None:
        # Long after the last byte only: closing under a client that is about to reuse the connection would look like a lost
        # answer.
        if self.task is None and monotonic() - self.seen >= IDLE_S:
            self.transport.close()
        else:
            self._restart_idle()

    def _next(self) -> None:
        """Handles every whole request in the buffer, until one needs time."""
        while self.task is None and self.buffer and not self.transport.is_closing():
            try:
                request = self._parse()
            except BadRequest as bad:
                self.transport.write(Response(bad.status, str(bad).encode(), "text/plain").head(False) + str(bad).encode())
                self.transport.close()
                return
            if request is None:
                return
            keep = request.headers.get("connection", "").lower() != "close"
            try:
                answer = self.app(request)
            except Exception:
                log.exception("request failed: %s %s", request.method, request.target.partition("?")[0])
                answer = Response(500, b'{"error":"this program failed; see its log"}')
            if isinstance(answer, Response) and answer.cut_after is None and not answer.drip_s and answer.stream is None:
                self.transport.write(answer.head(keep) + answer.body)
                if not keep:
                    self.transport.close()
                continue
            self.task = asyncio.get_running_loop().create_task(self._work(answer, request, keep))
            if asyncio.iscoroutine(answer):
                # A task that is cancelled before its first step leaves what it was to await behind.
                self.task.add_done_callback(partial(_close, answer))

    def _parse(self) -> Request | None:
        """The next request, or None while it is not all there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                raise BadRequest(431, "head too large")
            return None
        if end > MAX_HEAD:
            raise BadRequest(431, "head too large")
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1"):
            raise BadRequest(400, "not an HTTP/1 request")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        if "transfer-encoding" in headers:
            body, after = self._chunked(start)
        else:
            body, after = self._sized(start, headers.get("content-length", "0"))
        if body is None:
            if headers.get("expect", "").lower() == "100-continue" and not self.continued:
                self.continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        self.continued = False
        del self.buffer[:after]
        return Request(parts[0], parts[1], headers, body)

    def _sized(self, start: int, length: str) -> tuple[bytes | None, int]:
        if not (length.isascii() and length.isdigit()):
            raise BadRequest(400, "Content-Length is not a number")
        size = int(length)
        if size > MAX_BODY:
            raise BadRequest(413, "body too large")
        if len(self.buffer) < start + size:
            return None, 0
        return bytes(self.buffer[start : start + size]), start + size

    def _chunked(self, start: int) -> tuple[bytes | None, int]:
        body = bytearray()
        while True:
            eol = self.buffer.find(b"\r\n", start)
            if eol < 0:
                return None, 0
            try:
                size = int(bytes(self.buffer[start:eol]).split(b";")[0], 16)
            except ValueError:
                raise BadRequest(400, "bad chunk") from None
            if size < 0 or len(body) + size > MAX_BODY:
                raise BadRequest(413, "body too large")
            if len(self.buffer) < eol + 2 + size + 2:
                return None, 0
            body += self.buffer[eol + 2 : eol + 2 + size]
            start = eol + 2 + size + 2
            if size == 0:
                return bytes(body), start

    async def _work(self, answer: Response | Awaitable[Response], request: Request, keep: bool) -> None:
        try:
            try:
                response = answer if isinstance(answer, Response) else await answer
            except Exception:
                log.exception("request failed: %s %s", request.method, request.target.partition("?")[0])
                response = Response(500, b'{"error":"this program failed; see its log"}')
            await self._write(response, keep)
        finally:
            self.task = None
            if not self.transport.is_closing():
                self.transport.resume_reading()
                self._next()

    async def _write(self, response: Response, keep: bool) -> None:
        data = response.head(keep) + response.body
        if response.cut_after is not None:
            if response.cut_after:
                self.transport.write(data[: response.cut_after])
                await asyncio.sleep(0.01)
            self._reset()
            return
        if response.drip_s:
            for i in range(len(data)):
                if self.transport.is_closing():
                    return
                self.transport.write(data[i : i + 1])
                await asyncio.sleep(response.drip_s)
        else:
            self.transport.write(data)
        if response.stream is not None:
            try:
                async for piece in response.stream:
                    if self.transport.is_closing():
                        return
                    self.transport.write(piece)
                    await self.drained.wait()
            finally:
                await response.stream.aclose()  # type: ignore[attr-defined]
                self.transport.close()
        elif not keep:
            self.transport.close()

    def _reset(self) -> None:
        """Ends the connection with a TCP reset, as a dying load balancer does."""
        sock: socket.socket = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def _close(left: Coroutine[Any, Any, Response], task: asyncio.Task[None]) -> None:
    left.close()


async def serve(app: App, host: str, port: int) -> tuple[asyncio.Server, set[Connection]]:
    """A listening server and its open connections; port 0 takes a free one."""
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app, connections), host, port, backlog=512)
    return server, connections
