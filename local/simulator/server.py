"""Everything on one port: the Graph API under `/v…/`, the control API under `/_sim/`, the phone at `/`."""

from __future__ import annotations

from collections.abc import Awaitable

from local.peer.http_server import Request, Response
from local.peer.server import PeerServer
from local.simulator.config import Config
from local.simulator.control_api import Control
from local.simulator.graph import Graph
from local.simulator.house import House
from local.simulator.phone import Phone


class Server(PeerServer):
    """A running simulator."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.house = House(config)
        self.graph = Graph(self.house)
        self.control = Control(self.house)
        self.phone = Phone(self.house)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        self.house.webhooks.start()  # before the first request: what it causes needs a lane
        return await super().start(host, port)

    async def stop(self) -> None:
        self.house.stopping.set()
        await super().stop()
        await self.house.webhooks.stop()

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        target = request.target
        if target[:2] == "/v" and target[2:3].isdigit():
            return self.graph.handle(request)
        if target.startswith("/_media/"):
            return self.graph.download(request)
        if (stranger := self.stranger(request)) is not None:
            return stranger
        if target.startswith("/_sim/"):
            return self.control.handle(request)
        return self.phone.handle(request)
