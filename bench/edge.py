"""The front door while what stands behind it is slow, gone or half-open: does it answer in time, and is what it took stored?

python -m bench.edge [--seconds 6] [--rate 50] [--connections 16] [--only database]

The web process alone, with a wire that can be made faulty before PostgreSQL, Redis and the Graph API. A request's time runs
from its first byte sent to the whole answer read. The rate is an upper bound: a connection waits for its answer.
"""

from __future__ import annotations

import argparse
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.figures import tell
from bench.rig import Rig, answer, percentile, post_all, request_bytes, rig
from tests.proxy import Proxy

ACKNOWLEDGED_WITHIN_MS, REFUSED_WITHIN_MS = 1000, 1500
CUSTOMERS = 50
ANSWER_LIMIT_S = 10.0
BACK_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one wire. `mode` as in tests.proxy; `takes` when 200 is expected in spite of it."""

    what: str
    wire: str
    mode: str = "pass"
    delay_s: float = 0.0
    takes: bool = True


FAULTS = (
    Fault("nothing wrong", "database"),
    Fault("database slow, 50 ms each way", "database", delay_s=0.05),
    Fault("database refused", "database", "refuse", takes=False),
    Fault("database half-open", "database", "freeze", takes=False),
    Fault("database reset", "database", "reset", takes=False),
    Fault("redis slow, 50 ms each way", "redis", delay_s=0.05),
    Fault("redis refused", "redis", "refuse"),
    Fault("redis half-open", "redis", "freeze"),
    Fault("graph refused", "graph", "refuse"),
    Fault("graph half-open", "graph", "freeze"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: none, or the connection was closed."""

    wamid: str
    status: int
    ms: float


def post_paced(port: int, *, seconds: float, rate: float, connections: int) -> list[Answer]:
    """Posts signed texts of CUSTOMERS people, evenly spread over keep-alive connections, each when it is due or later."""
    ids = [f"wamid.{uuid.uuid4().hex}" for _ in range(int(seconds * rate))]
    due = [(i / rate, request_bytes(port, f"23482{i % CUSTOMERS:08d}", "hi", wamid), wamid) for i, wamid in enumerate(ids)]
    began = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        lanes = pool.map(lambda lane: _lane(port, began, due[lane::connections]), range(connections))
        return [one for answers in lanes for one in answers]


def _lane(port: int, began: float, mine: Sequence[tuple[float, bytes, str]]) -> list[Answer]:
    answers: list[Answer] = []
    link: socket.socket | None = None
    for at, request, wamid in mine:
        time.sleep(max(0.0, began + at - time.monotonic()))
        sent = time.perf_counter()
        try:
            link = link or _connected(port)
            link.sendall(request)
            status = int(answer(link)[9:12])
        except (OSError, ValueError):
            status = 0
            if link:
                link.close()
            link = None
        answers.append(Answer(wamid, status, (time.perf_counter() - sent) * 1000))
    if link:
        link.close()
    return answers


def _connected(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def through(url: str, wire: Proxy) -> str:
    """The same address by way of the wire."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{wire.port}"))


@contextmanager
def wired(it: Rig) -> Iterator[dict[str, Proxy]]:
    """The web process behind wires; nothing else runs. Nobody stands behind the Graph's wire."""
    with ExitStack() as stack:
        wires = {}
        targets = {"database": urlsplit(it.database_url).port, "redis": urlsplit(it.redis_url).port, "graph": it.simulator_port}
        for name, port in targets.items():
            wires[name] = Proxy(port or 0)
            stack.callback(wires[name].close)
        it.environment |= {
            "DATABASE_URL": through(it.database_url, wires["database"]),
            "REDIS_URL": through(it.redis_url, wires["redis"]),
            "WHATSAPP_API_BASE_URL": f"http://127.0.0.1:{wires['graph'].port}",
        }
        it.web()
        stack.callback(it.stop, "web")
        yield wires


def back_after_s(port: int) -> float:
    """Seconds from now until every one of 16 messages in a row is taken again. Infinite when it is not within the limit."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < BACK_LIMIT_S:
        taken = post_all(port, [request_bytes(port, "2348300000001", "hi", f"wamid.{uuid.uuid4().hex}") for _ in range(16)])
        if {status for status, _ in taken} == {200}:
            return took
        time.sleep(0.02)
    return float("inf")


def run(it: Rig, wires: dict[str, Proxy], fault: Fault, *, seconds: float, rate: float, connections: int) -> None:
    """One fault: made while connections are open, held while messages come, undone; then what was taken is counted."""
    wire = wires[fault.wire]
    wire.delay_s, wire.mode = fault.delay_s, fault.mode
    if fault.mode == "refuse":
        wire.drop()  # else the connections that are there go on working
    try:
        answers = post_paced(it.web_port, seconds=seconds, rate=rate, connections=connections)
    finally:
        wire.delay_s, wire.mode = 0.0, "pass"
    back = back_after_s(it.web_port)
    taken = [a.wamid for a in answers if a.status == 200]
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        question = """SELECT count(*), count(DISTINCT "externalId") FROM inbox WHERE "externalId" = ANY(%s)"""
        stored, distinct = conn.execute(question, (taken,)).fetchone() or (0, 0)
    report(fault, answers, taken=len(taken), stored=stored, distinct=distinct, back=back)


def report(fault: Fault, answers: Sequence[Answer], *, taken: int, stored: int, distinct: int, back: float) -> None:
    """One line, and whether it meets the bar."""
    acknowledged, refused = ([a.ms for a in answers if a.status == status] for status in (200, 503))
    others = {status for status in Counter(a.status for a in answers) if status not in (200, 503)}
    counts = ", ".join(
        f"{count} x {status or 'no answer'}" for status, count in sorted(Counter(a.status for a in answers).items())
    )
    words = [counts]
    if acknowledged:
        words.append(f"200 p50 {percentile(acknowledged, 0.5):.1f} p99 {percentile(acknowledged, 0.99):.1f} ms")
        words.append(f"{stored} of {taken} stored")
    if refused:
        words.append(f"503 p50 {percentile(refused, 0.5):.1f} p99 {percentile(refused, 0.99):.1f} ms")
    words.append(f"all taken again {back:.1f} s after the fault")
    met = (
        not others
        and stored == taken == distinct
        and (not acknowledged or percentile(acknowledged, 0.99) < ACKNOWLEDGED_WITHIN_MS)
        and (not refused or percentile(refused, 0.99) < REFUSED_WITHIN_MS)
        and (not fault.takes or not refused)
    )
    bar = "all 200, p99 < 1 s" if fault.takes else "200 p99 < 1 s, 503 p99 < 1.5 s"
    tell(f"edge: {fault.what}", "; ".join(words), bar, met)


def main() -> None:
    parser = argparse.ArgumentParser(description="The front door while PostgreSQL, Redis or the Graph API fail.")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    given = parser.parse_args()
    with rig() as it, wired(it) as wires:
        post_paced(it.web_port, seconds=2, rate=100, connections=given.connections)  # customers are made, statements prepared
        for fault in FAULTS:
            if given.only in fault.what:
                run(it, wires, fault, seconds=given.seconds, rate=given.rate, connections=given.connections)
        asked = wires["graph"].accepted
        tell("edge: connections to the Graph API", f"{asked} (the door is not on its path)", "0", asked == 0)


if __name__ == "__main__":
    main()
