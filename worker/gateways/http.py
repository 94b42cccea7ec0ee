"""The way to a payment provider: one kept pool a provider and process, every wait and every answer bounded, nothing repeated.

httpx's own time limits are for one silence; a server that drips a byte now and then would hold a thread for hours. So each
exchange has a deadline as well, minded under the pool where the bytes are read.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from models.payments.told import json_object
from models.wire import clean_detail
from worker.errors import GatewayError
from worker.gateways.payments import AMBIGUOUS, AUTH, BAD_ANSWER, PERMANENT, RETRYABLE, SLOW_DOWN, Mode
from worker.scrubbing import scrub

ANSWER_MAX = 1024 * 1024  # bytes; a page of 50 transactions has about 100 KB
SILENCE = httpx.Timeout(10, connect=5)
TOTAL_S = 20.0
POOL = httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=20)  # as many as a process has threads
RESET_MAX_S = 3600.0
DETAIL_MAX = 160

_KEYS: tuple[tuple[re.Pattern[str], Mode], ...] = (
    (re.compile(r"sk_live_\S+"), "live"),
    (re.compile(r"sk_test_\S+"), "test"),
    (re.compile(r"FLWSECK_TEST-\S+"), "test"),
    (re.compile(r"FLWSECK-\S+"), "live"),
)
_RESETS = ("retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def mode_of(secret_key: str) -> Mode | None:
    """The world a secret key belongs to, None for what is no key of Paystack's or Flutterwave's."""
    if not (secret_key.isascii() and secret_key.isprintable()):
        return None
    return next((mode for pattern, mode in _KEYS if pattern.fullmatch(secret_key)), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer of status 2xx, or of a 4xx that is about our request.

    `body`: its JSON object, {} where there was none. `detail`: its message without anything of persons.
    """

    status: int
    body: Mapping[str, Any] = field(repr=False)
    detail: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class Http:
    """GET and POST to one provider. Thread-safe; a forked child begins with connections of its own.

    Raises GatewayError (see worker.gateways.payments) when there is no answer, or one that is not about our request: 5xx,
    redirects, 401, 403, 408, 429, a success that cannot be read.
    """

    def __init__(self, base_url: str, secret_key: str, *, total_s: float = TOTAL_S, silence: httpx.Timeout = SILENCE) -> None:
        mode = mode_of(secret_key)
        if mode is None:
            raise ValueError("the secret key is neither a test key nor a live key of a provider")
        if urlsplit(base_url).scheme != "https" and mode == "live":
            raise ValueError("a live key is sent over https only")
        self.mode: Mode = mode
        self.encrypted = urlsplit(base_url).scheme == "https"
        self._base = base_url.rstrip("/")
        self._total_s, self._silence = total_s, silence
        self._headers = {
            "Authorization": f"Bearer {secret_key}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # so that the limit of bytes is the limit of what they become
            "User-Agent": "drugsng/3",
        }
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._pid = 0

    def __repr__(self) -> str:
        return f"Http({urlsplit(self._base).hostname}, {self.mode})"

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        """Asks; may be repeated by the caller, so no failure of it is ambiguous."""
        return self._exchange("GET", path, query=query)

    def post(
        self, path: str, body: Mapping[str, Any], *, query: Mapping[str, str] | None = None, of_person: Iterable[str] = ()
    ) -> Answer:
        """Does. `of_person`: words of the customer in the body, kept out of whatever the provider's message repeats."""
        return self._exchange("POST", path, query=query, content=json.dumps(body).encode("ascii"), of_person=of_person)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
            ours = self._pid == os.getpid()
        if client is not None and ours:
            client.close()

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None,
        content: bytes | None = None,
        of_person: Iterable[str] = (),
    ) -> Answer:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        repeatable = method == "GET"
        _call.until = time.monotonic() + self._total_s
        try:
            with self._open().stream(method, self._base + path, params=query, headers=headers, content=content) as response:
                status, received = response.status_code, response.headers
                raw = _bounded(response) if status < 300 or 400 <= status < 500 else b""
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _failure(error, repeatable=repeatable) from error
        finally:
            _call.until = None
        return _judged(status, received, raw, repeatable=repeatable, of_person=of_person)

    def _open(self) -> httpx.Client:
        with self._lock:
            if self._client is None or self._pid != os.getpid():  # the parent's sockets are the parent's
                self._client = httpx.Client(
                    transport=_Transport(),
                    headers=self._headers,
                    timeout=self._silence,
                    follow_redirects=False,
                    trust_env=False,
                )
                self._pid = os.getpid()
            return self._client


# --------------------------------------------------------------------------------------------------- what an answer means


def _judged(status: int, headers: Mapping[str, str], raw: bytes | None, *, repeatable: bool, of_person: Iterable[str]) -> Answer:
    """`raw` is None for an answer longer than allowed."""
    body: Mapping[str, Any] = {}
    readable = False
    if raw is not None:
        try:
            body, readable = json_object(raw, limit=ANSWER_MAX), True
        except ValueError:
            readable = False
    detail = _detail(body.get("message"), of_person)
    if status == 429:
        wait_s = _reset(headers, time.time())
        raise GatewayError(retryable=True, code="rate_limited", detail=detail, klass=SLOW_DOWN, retry_after_s=wait_s)
    if status in (401, 403):
        raise GatewayError(retryable=False, code=f"http_{status}", detail=detail, klass=AUTH)
    # A redirect is a proxy or a portal in between; 408 and 5xx say nothing about what became of the request.
    if status < 200 or 300 <= status < 400 or status == 408 or status >= 500:
        raise unsure(f"http_{status}", detail, repeatable=repeatable)
    if status < 300 and not readable:
        raise unsure(BAD_ANSWER, detail, repeatable=repeatable)
    return Answer(status, body, detail)


def unsure(code: str, detail: str = "", *, repeatable: bool) -> GatewayError:
    """For what may or may not have been done; a mere question (`repeatable`) is simply worth another try."""
    return GatewayError(retryable=repeatable, code=code, detail=detail, klass=RETRYABLE if repeatable else AMBIGUOUS)


def refused(code: str, detail: str = "") -> GatewayError:
    """For a no that stays a no."""
    return GatewayError(retryable=False, code=code, detail=detail, klass=PERMANENT)


def _failure(error: Exception, *, repeatable: bool) -> GatewayError:
    late = isinstance(error, httpx.TimeoutException)
    if isinstance(error, (*_NEVER_LEFT, httpx.InvalidURL)):
        code = "pool_full" if isinstance(error, httpx.PoolTimeout) else "connect_timeout" if late else "connect_failed"
        return GatewayError(retryable=True, code=code, klass=RETRYABLE)
    return unsure("timeout" if late else "connection_lost", repeatable=repeatable)


def _bounded(response: httpx.Response) -> bytes | None:
    """The body as it came, None when it is too long. Its connection is then closed, for it was not read to its end."""
    parts, size = [], 0
    for part in response.iter_raw(65_536):
        size += len(part)
        if size > ANSWER_MAX:
            return None
        parts.append(part)
    return b"".join(parts)


def _detail(message: Any, of_person: Iterable[str]) -> str:
    text = message[:1000] if isinstance(message, str) else ""
    for word in sorted({part for whole in of_person for part in (whole, *whole.split()) if len(part) > 2}, key=len, reverse=True):
        text = re.sub(re.escape(word), "[person]", text, flags=re.IGNORECASE)
    return scrub(clean_detail(text))[:DETAIL_MAX]


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the limit is lifted: a number of seconds, a unix time in seconds or milliseconds, or a date."""
    for name in _RESETS:
        text = (headers.get(name) or "").strip()
        if re.fullmatch(r"\d{1,13}(\.\d{1,6})?", text, re.ASCII):
            value = float(text)
            value = value / 1000 if value > 100_000_000_000 else value
            wait_s = value - now if value > 1_000_000_000 else value
        else:
            try:
                wait_s = parsedate_to_datetime(text).timestamp() - now
            except (ValueError, TypeError, OverflowError, IndexError):
                continue
        return min(max(wait_s, 1.0), RESET_MAX_S)
    return None


# ------------------------------------------------------------------------------------------------------------ the deadline


class _Call(threading.local):
    """The exchange this thread is in."""

    until: float | None = None

    def left_s(self, silence_s: float | None, late: type[Exception]) -> float | None:
        if self.until is None:
            return silence_s
        left = self.until - time.monotonic()
        if left <= 0:
            raise late("deadline")
        return left if silence_s is None else min(left, silence_s)


_call = _Call()


class _Stream(httpcore.NetworkStream):
    """A connection's bytes, with what is left of the deadline as the limit of every single wait."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _call.left_s(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _call.left_s(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _call.left_s(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


class _Network(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        patience = _call.left_s(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, patience, local_address, socket_options))


@cache
def _trust() -> ssl.SSLContext:
    """Whom we believe to be a provider: certifi's authorities, whatever the environment says. Has no sockets, so forks share it."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


class _Transport(httpx.HTTPTransport):
    """httpx has no public way to hand its pool another network; a test notices should the attribute be renamed."""

    def __init__(self) -> None:
        trust = _trust()
        super().__init__(verify=trust, trust_env=False, limits=POOL)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=POOL.max_connections,
            max_keepalive_connections=POOL.max_keepalive_connections,
            keepalive_expiry=POOL.keepalive_expiry,
            network_backend=_Network(),
        )
