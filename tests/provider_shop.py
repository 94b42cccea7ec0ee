"""A merchant for the tests of the fake payment providers: calls both APIs with the right keys, and keeps the webhooks that come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from local.providers.control import Providers

Json = dict[str, Any]
EMAIL = "2348031234567@customers.drugs.example"


@dataclass(frozen=True)
class Delivery:
    path: str
    headers: dict[str, str]
    raw: bytes


class Door:
    """Takes webhooks; answers with `statuses` one after another, then 200."""

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.statuses: list[int] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                door.taken.append(Delivery(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
                self.send_response(door.statuses.pop(0) if door.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def clear(self) -> None:
        self.taken.clear()
        self.statuses.clear()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


class Shop:
    """Calls of a merchant. Each gives (status, body)."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers
        self.http = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        self.http.clear()

    def paystack(self, method: str, path: str, body: Json | None = None, *, key: str | None = None) -> tuple[int, Json]:
        return self._call(method, path, body, self.providers.config.paystack_secret_key if key is None else key)

    def flutterwave(self, method: str, path: str, body: Json | None = None, *, key: str | None = None) -> tuple[int, Json]:
        return self._call(method, f"/v3{path}", body, self.providers.config.flutterwave_secret_key if key is None else key)

    def _call(self, method: str, path: str, body: Json | None, key: str) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {key}"}
        answer = self.http.request(method, self.providers.url + path, json=body, headers=headers, timeout=5)
        return answer.status, answer.json()

    def initialize(self, reference: str, **more: Any) -> tuple[int, Json]:
        body = {"email": EMAIL, "amount": "250000", "reference": reference} | more
        return self.paystack("POST", "/transaction/initialize", {k: v for k, v in body.items() if v is not None})

    def verify(self, reference: str) -> Json:
        return self.paystack("GET", f"/transaction/verify/{reference}")[1]["data"]

    def payment(self, reference: str, **more: Any) -> tuple[int, Json]:
        body = {"tx_ref": reference, "amount": "2500", "customer": {"email": EMAIL}} | more
        return self.flutterwave("POST", "/payments", {k: v for k, v in body.items() if v is not None})

    def verify_reference(self, reference: str) -> tuple[int, Json]:
        return self.flutterwave("GET", f"/transactions/verify_by_reference?tx_ref={reference}")


def shop_of(**settings: Any) -> tuple[Callable[[], Iterator[Shop]], Callable[[Shop], Shop]]:
    """Fixtures of a module: `shared`, a merchant at providers that run as long as it, and `shop`, the same with everything forgotten.

    shared, shop = shop_of(webhooks=False)
    """

    @pytest.fixture(scope="module", name="shared")
    def shared() -> Iterator[Shop]:
        with Providers.in_thread(**settings) as running:
            made = Shop(running)
            yield made
            made.close()

    @pytest.fixture(name="shop")
    def shop(shared: Shop) -> Shop:
        shared.providers.reset()
        return shared

    return shared, shop
