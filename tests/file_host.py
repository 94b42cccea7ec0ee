"""A server of files on this machine, as the old program's picture store was one on the internet; it misbehaves on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from models.maintenance.fetching import Fetched, fetch

PICTURE = b"\x89PNG\r\n\x1a\n a prescription on paper"


class FileHost:
    """`answers[path]` is (status, headers, body); a body that is a function writes by itself. `asked` are the paths, in order."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes | Callable[[BaseHTTPRequestHandler], None]]] = {}
        self.asked: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                status, headers, body = host.answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if callable(body):
                    (self.flush_headers if body is drips_headers else self.end_headers)()
                    body(self)
                    return
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def url(self, path: str, host: str = "files.example") -> str:
        return f"http://{host}:{self.port}{path}"

    def has(
        self, path: str, body: bytes | Callable[[BaseHTTPRequestHandler], None] = PICTURE, status: int = 200, **headers: str
    ) -> str:
        """The address of a new answer. Headers with _ for -."""
        self.answers[path] = status, {name.replace("_", "-"): value for name, value in headers.items()}, body
        return self.url(path)

    def fetch(self, url: str, *, limit_s: float = 5.0, most_bytes: int = 100_000) -> Fetched:
        """As in production, but that files.example is this server, and that it counts as public."""
        known = {"files.example": ["127.0.0.1"], "inside.example": ["10.0.0.7"], "both.example": ["127.0.0.1", "10.0.0.7"]}
        return fetch(
            url,
            limit_s=limit_s,
            most_bytes=most_bytes,
            resolve=lambda host, port: known.get(host, [host]),
            public=lambda address: address == "127.0.0.1",
            ports={"http": self.port},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def drips_headers(handler: BaseHTTPRequestHandler) -> None:
    """A header line now and then, before anything is said of the file."""
    try:
        for n in range(50):
            handler.wfile.write(f"X-{n}: x\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: each is in time, the whole never is."""
    try:
        for _ in range(100):
            handler.wfile.write(b"\x89")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return
