"""A file behind an address that stands in an old row: fetched once, from a public server only, no larger and no longer than said.

The address was written by whoever used the old program, so it is not to be trusted: every hop is http to port 80 or https to
port 443, its name is looked up here, all its addresses must be public, and the connection goes to exactly the one that was
looked at (a name that answers differently the second time gains nothing). The first bytes decide what kind of file it is.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from models.media import UNKNOWN, content_type

MOST_BYTES = 16_000_000
MOST_HOPS = 3
LIMIT_S = 20.0
SILENCE_S = 10.0  # the longest wait for the next bytes
CHUNK = 64 * 1024
KINDS = frozenset({"image/jpeg", "image/png", "image/webp", "image/heif", "image/tiff", "image/gif", "application/pdf"})
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 425, 429, *range(500, 600)})


class NotFetched(Exception):
    """`reason` is a word for the row; `retryable`: another day may bring it."""

    def __init__(self, reason: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.reason, self.retryable = reason, retryable


@dataclass(frozen=True, slots=True)
class Fetched:
    content: bytes
    content_type: str


Resolve = Callable[[str, int], Sequence[str]]


def addresses(host: str, port: int) -> list[str]:
    """What a name stands for. Raises NotFetched."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise NotFetched("name_not_found", retryable=True) from e
    return [str(each[4][0]) for each in found]


def is_public(address: str) -> bool:
    """No loopback, private, link-local (clouds' metadata), shared, multicast or reserved one, also not wrapped in IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def fetch(
    url: str,
    *,
    most_bytes: int = MOST_BYTES,
    limit_s: float = LIMIT_S,
    resolve: Resolve = addresses,
    public: Callable[[str], bool] = is_public,
    ports: dict[str, int] | None = None,
) -> Fetched:
    """The file. `resolve`, `public` and `ports` are for tests, whose servers are on this machine. Raises NotFetched."""
    until = time.monotonic() + limit_s
    for _ in range(MOST_HOPS + 1):
        scheme, host, port, path = _parts(url, ports or _PORTS)
        found = resolve(host, port)
        if not found or not all(public(address) for address in found):
            raise NotFetched("not_public", retryable=False)
        answer = _ask(scheme, host, port, found[0], path, until, most_bytes)
        if isinstance(answer, bytes):
            kind = content_type(answer)
            if kind == UNKNOWN or kind not in KINDS:
                raise NotFetched("no_picture", retryable=False)
            return Fetched(answer, kind)
        url = urljoin(url, answer)
    raise NotFetched("too_many_redirects", retryable=False)


def _parts(url: str, ports: dict[str, int]) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url.strip())
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        port = parts.port or ports.get(scheme, 0)
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError) as e:
        raise NotFetched("no_address", retryable=False) from e
    # In the query of a request line a blank or a control character would begin something else.
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if scheme not in ports or not host or port != ports[scheme] or parts.username or any(c <= " " or c > "~" for c in path):
        raise NotFetched("no_address", retryable=False)
    return scheme, host, port, path


def _ask(scheme: str, host: str, port: int, address: str, path: str, until: float, most_bytes: int) -> bytes | str:
    """The content, or where else it is."""
    try:
        with closing(_connected(scheme, host, port, address, until)) as conn, _cut_at(conn.sock, until):
            conn.request("GET", path, headers={"Accept": "image/*, application/pdf", "Accept-Encoding": "identity"})
            with closing(conn.getresponse()) as answer:
                if answer.status in _REDIRECTS:
                    return answer.headers.get("Location") or ""
                if answer.status != 200:
                    raise NotFetched(f"http_{answer.status}", retryable=answer.status in _LATER)
                return _body(answer, until, most_bytes)
    except ssl.SSLError as e:
        raise NotFetched("tls", retryable=True) from e
    except (OSError, http.client.HTTPException, ValueError) as e:
        raise NotFetched("no_answer", retryable=True) from e


def _connected(scheme: str, host: str, port: int, address: str, until: float) -> http.client.HTTPConnection:
    """A connection to this very address; the certificate must be the name's."""
    conn = http.client.HTTPConnection(host, port, timeout=_left(until))
    raw = socket.create_connection((address, port), timeout=_left(until))
    try:
        conn.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if scheme == "https" else raw
    except BaseException:
        raw.close()
        raise
    return conn


@contextmanager
def _cut_at(sock: socket.socket, until: float) -> Iterator[None]:
    """Ends every wait on this socket at that moment: a server that sends a byte of its headers now and then meets no other limit."""

    def cut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_left(until, most=LIMIT_S * 10), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _body(answer: http.client.HTTPResponse, until: float, most_bytes: int) -> bytes:
    if answer.length is not None and answer.length > most_bytes:
        raise NotFetched("too_large", retryable=False)
    content = bytearray()
    while chunk := answer.read1(CHUNK):
        content += chunk
        if len(content) > most_bytes:
            raise NotFetched("too_large", retryable=False)
        _left(until)
    if answer.length:
        raise NotFetched("cut_short", retryable=True)
    _left(until)  # an end that the cut made is none of the file's
    if not content:
        raise NotFetched("empty", retryable=False)
    return bytes(content)


def _left(until: float, most: float = SILENCE_S) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotFetched("too_slow", retryable=True)
    return min(left, most)
