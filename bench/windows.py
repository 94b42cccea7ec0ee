"""Fifty open conversations of the console that ask every 2.5 seconds what is new: what that costs, and what webhooks feel of it.

python -m bench.windows [--windows 50] [--seconds 10]

One web process as in the Procfile, alone. Webhooks come at a steady pace in three slices: nobody looks, all windows ask as the page
does (nothing new), and all windows ask again as soon as they have their answer. The bar is the webhook's second of Meta's patience.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import threading
import time
import uuid
from collections.abc import Callable

from cryptography.fernet import Fernet

from bench.figures import tell
from bench.rig import Rig, answer, percentile, quantiles, request_bytes, rig
from models import base, sessions
from tests.console import SESSION_COOKIE, a_colleague
from tests.talking import a_talk

EVERY_S, WEBHOOKS_A_SECOND, LANES = 2.5, 40, 8
BAR_MS = 1000
OURS = {"CONSOLE_SECRET_KEY": "key-of-the-bench-0123456789", "CONSOLE_SECURE_COOKIES": "off", "MEDIA_URL": "memory://bench"}


def lane(port: int, request: Callable[[], bytes], every_s: float, until: float, found: list[tuple[int, float]]) -> None:
    """Asks again and again over one connection, `every_s` from one beginning to the next (0: at once)."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.monotonic()
        while (now := time.monotonic()) < until:
            if now < due:
                time.sleep(min(due - now, until - now))
                continue
            began = time.perf_counter()
            s.sendall(request())
            data = answer(s)
            found.append((int(data[9:12]), (time.perf_counter() - began) * 1000))
            due += every_s


def windows(it: Rig, count: int) -> list[bytes]:
    """The question of each window: a conversation, who looks at it, and the version they know."""
    base.bind(it.database_url)
    staff = [a_colleague("support") for _ in range(5)]
    tokens = [sessions.start(each.id, hours=1) for each in staff]
    customers = [a_talk(f"word of {n}", name=f"Person {n}") for n in range(count)]
    base.drop_connection()
    made = []
    for customer, token in zip(customers, itertools.cycle(tokens), strict=False):
        head = f"Host: 127.0.0.1:{it.web_port}\r\nCookie: {SESSION_COOKIE}={token}\r\nHX-Request: true\r\nConsole-Background: 1\r\n\r\n"
        page = _get(
            it.web_port, f"GET /console/conversations/{customer} HTTP/1.1\r\n{head.replace('HX-Request: true', 'X-Y: z')}"
        )
        known = page.partition('data-version="')[2].partition('"')[0]
        made.append(f"GET /console/conversations/{customer}/new?v={known}&has=in1,in2 HTTP/1.1\r\n{head}".encode())
    return made


def _get(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        s.sendall(request.encode())
        return answer(s).decode("utf-8", "replace")


def _webhook(port: int) -> bytes:
    return request_bytes(port, f"23491{uuid.uuid4().int % 500:08d}", "find paracetamol", f"wamid.{uuid.uuid4().hex}")


def measure(it: Rig, asked: list[bytes], every_s: float, seconds: float) -> tuple[list[float], list[float], float, float]:
    """Latencies of webhooks and of windows, and CPU seconds of the web process and of PostgreSQL."""
    hooks: list[tuple[int, float]] = []
    polls: list[tuple[int, float]] = []
    port, before = it.web_port, it.cpu()
    until = time.monotonic() + seconds
    lanes = [
        threading.Thread(target=lane, args=(port, lambda: _webhook(port), LANES / WEBHOOKS_A_SECOND, until, hooks))
        for _ in range(LANES)
    ]
    lanes += [threading.Thread(target=lane, args=(port, lambda it=each: it, every_s, until, polls)) for each in asked]
    for each in lanes:
        each.start()
        time.sleep(EVERY_S / max(len(asked), 1) if every_s else 0)
    for each in lanes:
        each.join()
    after = it.cpu()
    assert {status for status, _ in hooks} == {200}, {status for status, _ in hooks}
    assert {status for status, _ in polls} <= {204}, {status for status, _ in polls}
    return (
        [ms for _, ms in hooks],
        [ms for _, ms in polls],
        after["web"] - before["web"],
        after["postgresql"] - before["postgresql"],
    )


def cost(it: Rig, asked: list[bytes], count: int) -> tuple[float, float]:
    """CPU ms of one question to the web process and to PostgreSQL, one after the other."""
    before, polls = it.cpu(), []
    with socket.create_connection(("127.0.0.1", it.web_port), timeout=30) as s:
        for request in itertools.islice(itertools.cycle(asked), count):
            s.sendall(request)
            polls.append(answer(s)[9:12])
    after = it.cpu()
    assert set(polls) == {b"204"}, set(polls)
    return tuple((after[name] - before[name]) / count * 1000 for name in ("web", "postgresql"))  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description="What open windows of the console cost.")
    parser.add_argument("--windows", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    with rig() as it:
        it.environment |= OURS | {"MEDIA_KEYS": Fernet.generate_key().decode()}
        it.web()
        asked = windows(it, given.windows)
        measure(it, asked, EVERY_S, 2)  # statements are prepared, connections opened
        web_ms, database_ms = cost(it, asked, 500)
        quiet, *_ = measure(it, [], EVERY_S, given.seconds)
        usual, polls, *_ = measure(it, asked, EVERY_S, given.seconds)
        flood, many, *_ = measure(it, asked, 0, given.seconds)
    tell(
        "windows: one question to which nothing is new",
        f"{web_ms:.2f} ms CPU of the web process, {database_ms:.2f} ms of PostgreSQL",
    )
    tell("windows: webhooks while nobody looks", quantiles(quiet))
    what = f"windows: webhooks beside {given.windows} windows that ask every {EVERY_S} s"
    tell(
        what,
        f"{quantiles(usual)}; a window's answer {quantiles(polls)}",
        f"p99 <= {BAR_MS} ms",
        percentile(usual, 0.99) <= BAR_MS,
    )
    what = f"windows: webhooks beside {given.windows} windows that ask without a pause"
    tell(
        what,
        f"{quantiles(flood)}; {len(many) / given.seconds:.0f} answers a second",
        f"worst <= {BAR_MS} ms",
        max(flood) <= BAR_MS,
    )


if __name__ == "__main__":
    main()
