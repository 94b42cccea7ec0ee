"""Everything on one port: the Graph API under `/v…/`, the control API under `/_sim/`, the phone at `/`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from urllib.parse import urlsplit

from local.simulator.config import Config
from local.simulator.control_api import Control, reply
from local.simulator.graph import Graph
from local.simulator.house import House
from local.simulator.http_server import Connection, Request, Response, serve
from local.simulator.phone import Phone

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server:
    """A running simulator. `start` gives the port; `stop` ends everything, half-done answers included."""

    def __init__(self, config: Config) -> None:
        self.house = House(config)
        self.graph = Graph(self.house)
        self.control = Control(self.house)
        self.phone = Phone(self.house)
        self.local_only = True
        self.connections: set[Connection] = set()
        self.server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        self.local_only = host in LOOPBACK
        self.house.webhooks.start()
        self.server, self.connections = await serve(self.handle, host, port)
        found: int = self.server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        self.house.stopping.set()
        if self.server is not None:
            self.server.close()
        tasks = [c.task for c in self.connections if c.task is not None]
        for task in tasks:
            task.cancel()
        for connection in tuple(self.connections):
            connection.transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.house.webhooks.stop()

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        target = request.target
        if target[:2] == "/v" and target[2:3].isdigit():
            return self.graph.handle(request)
        if target.startswith("/_media/"):
            return self.graph.download(request)
        if (stranger := self._stranger(request)) is not None:
            return stranger
        if target.startswith("/_sim/"):
            return self.control.handle(request)
        return self.phone.handle(request)

    def _stranger(self, request: Request) -> Response | None:
        """Refuses pages of other sites that reach for the control API through a developer's browser."""
        host = request.headers.get("host", "")
        if self.local_only and host and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return reply({"error": "this simulator answers to localhost only"}, 403)
        origin = request.headers.get("origin")
        if origin and request.method != "GET" and urlsplit(origin).netloc != host:
            return reply({"error": "requests from other sites are refused"}, 403)
        return None
