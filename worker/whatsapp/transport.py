"""One HTTP exchange that says exactly what became of it: answered, never left, or left without an answer.

urllib3 with its retries and redirects off, and three things added that decide whether a message may be sent again:
the moment the request can have reached the other side is noted, the whole exchange has one deadline (a byte a second is
no answer), and a kept connection is not used again when the other side closed it or it has been idle for long (a
router in between may have forgotten it, and the request would vanish).
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

SEND_CHUNK = 65_536  # bytes between two looks at the clock while sending


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `cut` when its body was longer than allowed or broke off: then `body` is what is there of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


class NotSent(Exception):
    """The request did not leave: no connection, or it broke before the body. Asking again is safe. `str()` is a code."""


class NoAnswer(Exception):
    """The request may have arrived, and no answer came. `str()` is a code: "timeout" or "connection_lost"."""


class _Call(threading.local):
    """The exchange this thread is in."""

    until = 0.0
    read_timeout_s = 0.0
    idle_max_s = 0.0
    written = False

    def patience_s(self) -> float:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return min(left, self.read_timeout_s)


_call = _Call()


class _PatientReader(io.RawIOBase):
    """The socket's bytes, with what is left of the deadline as the limit of every single read."""

    def __init__(self, sock: socket.socket, raw: Any) -> None:
        self._sock, self._raw = sock, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_call.patience_s())
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_PatientReader(sock, self.fp.detach()))


class _Noting:
    """What a connection does besides: notes when the request has left, and minds the deadline while sending."""

    response_class = _Response
    last_used = 0.0

    @property
    def is_connected(self) -> bool:
        """urllib3 asks this before it uses a kept connection again, and opens a new one at False."""
        return monotonic() - self.last_used < _call.idle_max_s and super().is_connected  # type: ignore[misc]

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        # Connecting and sending the head; should either fail, there was no body and nothing can have been done.
        super().endheaders(*args, **kwargs)  # type: ignore[misc]
        _call.written = True

    def send(self, data: Any) -> None:
        connection: Any = self
        if connection.sock is None:
            connection.connect()
        view = memoryview(data)
        for start in range(0, len(view), SEND_CHUNK):
            connection.sock.settimeout(_call.patience_s())
            super().send(view[start : start + SEND_CHUNK])  # type: ignore[misc]
        self.last_used = monotonic()


class _HTTPConnection(_Noting, HTTPConnection):  # type: ignore[misc]
    pass


class _HTTPSConnection(_Noting, HTTPSConnection):  # type: ignore[misc]
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `read_s` is the longest silence, `total_s` the whole exchange, name look-up left aside.

    A host with several addresses gets `connect_s` for each.
    """

    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 15.0
    idle_s: float = 25.0
    max_bytes: int = 256 * 1024


class Transport:
    """Kept connections to one origin (`https://host[:port]`). Thread-safe; a forked child begins with none."""

    def __init__(self, scheme: str, host: str, port: int | None, *, pool_size: int = 32) -> None:
        if scheme not in ("http", "https"):
            raise ValueError(f"scheme must be http or https, not {scheme!r}")
        self._origin = scheme, host, port
        self._pool_size = pool_size
        self._pool = self._new_pool()
        self._pid = os.getpid()

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None, limits: Limits | None = None
    ) -> Answer:
        """One request, one answer, whatever its status. Raises NotSent or NoAnswer."""
        limits = limits or Limits()
        if os.getpid() != self._pid:  # the parent's sockets are the parent's
            self._pool, self._pid = self._new_pool(), os.getpid()
        _call.until = monotonic() + limits.total_s
        _call.read_timeout_s, _call.idle_max_s, _call.written = limits.read_s, limits.idle_s, False
        try:
            response = self._pool.urlopen(
                method,
                target,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=urllib3.Timeout(connect=limits.connect_s, read=limits.read_s),
                preload_content=False,
                decode_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException) as error:
            raise _failure(error) from error
        return _read_all(response, limits.max_bytes)

    def close(self) -> None:
        self._pool.close()

    def _new_pool(self) -> urllib3.HTTPConnectionPool:
        scheme, host, port = self._origin
        if scheme == "https":
            context = ssl.create_default_context()
            return _HTTPSPool(host, port, maxsize=self._pool_size, ssl_context=context)
        return _HTTPPool(host, port, maxsize=self._pool_size)


def _failure(error: Exception) -> NotSent | NoAnswer:
    causes = (error, *error.args)  # urllib3 wraps what happened while sending
    late = any(isinstance(cause, (urllib3.exceptions.TimeoutError, TimeoutError)) for cause in causes)
    if _call.written:
        return NoAnswer("timeout" if late else "connection_lost")
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return NotSent("name_unknown")
    if isinstance(error, urllib3.exceptions.NewConnectionError):  # to urllib3 that is a kind of timeout
        return NotSent("connect_failed")
    if isinstance(error, (urllib3.exceptions.SSLError, ssl.SSLError)):
        return NotSent("tls_failed")
    return NotSent("connect_timeout" if late else "connect_failed")


def _read_all(response: Any, max_bytes: int) -> Answer:
    """The body up to `max_bytes`. A connection whose answer was not read to its end is closed, not kept."""
    body, whole = b"", False
    try:
        body = response.read(max_bytes + 1)
        # A body shorter than its Content-Length is no error to urllib3 until one reads on.
        whole = len(body) <= max_bytes and not response.length_remaining
    except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException):
        whole = False
    finally:
        if whole:
            response.release_conn()
        else:
            response.close()
    return Answer(response.status, response.headers, body[:max_bytes], cut=not whole)
