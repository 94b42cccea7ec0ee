"""Everything on one port: Paystack at the root, Flutterwave under `/v3/`, hosted pages under `/pay/` and `/bank`, the control API
under `/_sim/`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from urllib.parse import urlsplit

from local.providers.config import Config
from local.providers.control_api import Control, reply
from local.providers.desk import Desk
from local.providers.flutterwave import Flutterwave
from local.providers.pages import Pages
from local.providers.paystack import Paystack
from local.simulator.http_server import Connection, Request, Response, serve

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server:
    """Both running providers. `start` gives the port; `stop` ends everything, half-done answers included."""

    def __init__(self, config: Config) -> None:
        self.desk = Desk(config)
        self.paystack = Paystack(self.desk)
        self.flutterwave = Flutterwave(self.desk)
        self.control = Control(self.desk)
        self.pages = Pages(self.desk)
        self.local_only = True
        self.connections: set[Connection] = set()
        self.server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        self.local_only = host in LOOPBACK
        self.server, self.connections = await serve(self.handle, host, port)
        self.desk.webhooks.start()
        found: int = self.server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        self.desk.generation += 1  # what would be paid later is not
        if self.server is not None:
            self.server.close()
        tasks = [c.task for c in self.connections if c.task is not None]
        for task in tasks:
            task.cancel()
        for connection in tuple(self.connections):
            connection.transport.abort()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.desk.webhooks.stop()

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        target = request.target
        if target.startswith("/v3/"):
            return self.flutterwave.handle(request)
        if target.startswith(("/transaction", "/charge", "/refund")) or "authorization" in request.headers:
            return self.paystack.handle(request)
        if (stranger := self._stranger(request)) is not None:
            return stranger
        if target.startswith("/_sim/"):
            return self.control.handle(request)
        return self.pages.handle(request)

    def _stranger(self, request: Request) -> Response | None:
        """Refuses pages of other sites that reach for the controls through a developer's browser."""
        host = request.headers.get("host", "")
        if self.local_only and host and urlsplit(f"//{host}").hostname not in LOOPBACK:
            return reply({"error": "this program answers to localhost only"}, 403)
        origin = request.headers.get("origin")
        if origin and request.method != "GET" and urlsplit(origin).netloc != host:
            return reply({"error": "requests from other sites are refused"}, 403)
        return None
