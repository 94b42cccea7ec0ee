"""A stand-in on one port: started, stopped with half-done answers, and closed to other sites in a developer's browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from urllib.parse import urlsplit

from local.peer.http_server import Connection, Request, Response, serve

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class PeerServer(ABC):
    """`start` gives the port; `stop` ends every answer. What runs beside the requests is begun and ended around them."""

    def __init__(self) -> None:
        self.local_only = True
        self.connections: set[Connection] = set()
        self.server: asyncio.Server | None = None

    @abstractmethod
    def handle(self, request: Request) -> Response | Awaitable[Response]:
        """Any request. Asks `stranger` before it answers what is not part of the API it stands for."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        self.local_only = host in LOOPBACK
        self.server, self.connections = await serve(self.handle, host, port)
        found: int = self.server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
        tasks = [c.task for c in self.connections if c.task is not None]
        for task in tasks:
            task.cancel()
        for connection in tuple(self.connections):
            connection.transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)

    def stranger(self, request: Request) -> Response | None:
        """The refusal of a page of another site that reaches for the controls through a developer's browser."""
        host = request.headers.get("host", "")
        if self.local_only and host and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return _refusal("this program answers to localhost only")
        origin = request.headers.get("origin")
        if origin and request.method != "GET" and urlsplit(origin).netloc != host:
            return _refusal("requests from other sites are refused")
        return None


def _refusal(sentence: str) -> Response:
    return Response(403, json.dumps({"error": sentence}, separators=(",", ":")).encode())
