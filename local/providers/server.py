"""Everything on one port: Paystack at the root, Flutterwave under `/v3/`, hosted pages under `/pay/` and `/bank`, the control API
under `/_sim/`."""

from __future__ import annotations

from collections.abc import Awaitable

from local.peer.http_server import Request, Response
from local.peer.server import PeerServer
from local.providers.config import Config
from local.providers.control_api import Control
from local.providers.desk import Desk
from local.providers.flutterwave import Flutterwave
from local.providers.pages import Pages
from local.providers.paystack import Paystack


class Server(PeerServer):
    """Both running providers."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.desk = Desk(config)
        self.paystack = Paystack(self.desk)
        self.flutterwave = Flutterwave(self.desk)
        self.control = Control(self.desk)
        self.pages = Pages(self.desk)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        bound = await super().start(host, port)
        self.desk.webhooks.start()
        return bound

    async def stop(self) -> None:
        self.desk.generation += 1  # what would be paid later is not
        await super().stop()
        await self.desk.webhooks.stop()

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        target = request.target
        if target.startswith("/v3/"):
            return self.flutterwave.handle(request)
        if target.startswith(("/transaction", "/charge", "/refund")) or "authorization" in request.headers:
            return self.paystack.handle(request)
        if (stranger := self.stranger(request)) is not None:
            return stranger
        if target.startswith("/_sim/"):
            return self.control.handle(request)
        return self.pages.handle(request)
