"""Conversations through the whole house: how many a second, at what CPU, in what order.

python -m bench.turns drain            2,000 waiting conversations, trivial flow, Graph at 0 ms
python -m bench.turns full             "find paracetamol" in a catalogue of 10,000, webhook to accepted send, under load
python -m bench.turns crowd            200 customers x 12 messages at once, Graph at 0 and at 150 ms
python -m bench.turns idle             one message at a time: webhook to first send
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import uuid
from collections import Counter

import psycopg

from bench.catalogue import fill
from bench.rig import Rig, percentile, post_all, quantiles, request_bytes, rig, spent
from worker import broker
from worker.messages import CONVERSE

NUMBERS = "23481{:08d}"


def wait_for(conn: psycopg.Connection, question: str, wanted: int, *, within_s: float = 120) -> float:
    """Seconds until the count reaches what is wanted; ends the run when it does not."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        (count,) = conn.execute(question).fetchone() or (0,)
        if count >= wanted:
            return time.monotonic() - began
        time.sleep(0.05)
    sys.exit(f"only {count} of {wanted} after {within_s} s: {question}")


ACCEPTED = """SELECT count(*) FROM outbox WHERE status NOT IN ('queued', 'sending', 'unsure', 'held')"""
DONE = "SELECT count(*) FROM inbox WHERE status = 'done'"


def shares(cpu: dict[str, float], turns: int) -> str:
    return ", ".join(f"{name} {seconds / turns * 1000:.2f}" for name, seconds in sorted(cpu.items()) if seconds / turns > 1e-5)


def drain(it: Rig, turns: int, read_receipts: str) -> None:
    hints_elsewhere = it.redis_url.rsplit("/", 1)[0] + "/9"
    it.environment["REDIS_URL"] = hints_elsewhere
    it.web()
    it.environment["REDIS_URL"] = it.redis_url
    it.simulator(statuses=False)
    post_all(
        it.web_port, [request_bytes(it.web_port, NUMBERS.format(i), "hi", f"wamid.{uuid.uuid4().hex}") for i in range(turns)]
    )
    it.stop("web")
    it.worker(module="bench.trivial", threads=16, WHATSAPP_READ_RECEIPTS=read_receipts)
    time.sleep(4)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        customers = [row[0] for row in conn.execute('SELECT "customerId" FROM inbox ORDER BY id')]
        broker.connect(it.redis_url)
        before, began = it.cpu(), time.monotonic()
        for customer in customers:
            broker.enqueue(CONVERSE, customer)
        wait_for(conn, ACCEPTED, turns)
        took, cpu = time.monotonic() - began, spent(before, it.cpu())
    path = {k: cpu[k] for k in ("worker", "postgresql")}
    print(
        f"drain, read receipts {read_receipts}: {turns / took:.0f} turns/s; CPU ms a turn: {sum(path.values()) / turns * 1000:.2f} "
        f"worker + postgresql ({shares(cpu, turns)})"
    )


def full(it: Rig, turns: int, read_receipts: str) -> None:
    fill(it.database_url, 10_000)
    it.web()
    it.simulator(statuses=False)
    it.worker(WHATSAPP_READ_RECEIPTS=read_receipts)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        customers = 200
        _post(it, "hi", customers, 1)  # everybody is known and welcomed before the clock starts
        wait_for(conn, DONE, customers)
        _post(it, "find paracetamol", customers, 1)
        wait_for(conn, DONE, 2 * customers)
        time.sleep(1)
        (sent_before,) = conn.execute(ACCEPTED).fetchone() or (0,)
        before, began = it.cpu(), time.monotonic()
        _post(it, "find paracetamol", customers, turns // customers)
        wait_for(conn, DONE, 2 * customers + turns)
        took, cpu = time.monotonic() - began, spent(before, it.cpu())
        time.sleep(0.5)
        (sent,) = conn.execute(ACCEPTED).fetchone() or (0,)
    path = sum(cpu[k] for k in ("web", "worker", "postgresql", "valkey"))
    print(
        f"full turn, read receipts {read_receipts}: CPU ms {path / turns * 1000:.2f} ({shares(cpu, turns)}); {turns / took:.0f} turns/s, "
        f"{(sent - sent_before) / turns:.1f} sends a turn"
    )


def _post(it: Rig, words: str, customers: int, each: int) -> None:
    requests = [
        request_bytes(it.web_port, NUMBERS.format(i), words, f"wamid.{uuid.uuid4().hex}")
        for _ in range(each)
        for i in range(customers)
    ]
    post_all(it.web_port, requests)


def crowd(it: Rig, latency_ms: int, *, customers: int = 200, each: int = 12) -> None:
    it.web()
    it.simulator(statuses=False, latency_s=latency_ms / 1000)
    it.worker(module="bench.trivial", threads=32, WHATSAPP_READ_RECEIPTS="off")
    it.clock()
    time.sleep(4)
    turns = customers * each
    requests = [
        request_bytes(it.web_port, NUMBERS.format(i), f"message {n}", f"wamid.{n:03d}.{uuid.uuid4().hex}")
        for n in range(each)
        for i in range(customers)
    ]
    began = time.monotonic()
    post_all(it.web_port, requests)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        wait_for(conn, ACCEPTED, turns, within_s=300)
        took = time.monotonic() - began
        delays = [
            row[0]
            for row in conn.execute(
                """SELECT EXTRACT(EPOCH FROM o."acceptedAt" - i."receivedAt")::float8 * 1000 FROM outbox o JOIN inbox i ON i.id = o."inboxId" """
            )
        ]
        order = conn.execute(
            """SELECT count(*) FROM (SELECT "acceptedAt" < lag("acceptedAt") OVER (PARTITION BY "customerId" ORDER BY id) AS back
               FROM outbox) t WHERE back"""
        ).fetchone()
    seen: list[dict[str, object]] = []
    while len(page := it.ask("GET", f"/_sim/messages?after={seen[-1]['seq'] if seen else 0}&limit=5000")["messages"]):
        seen += page
    callbacks = Counter(str(m["biz_opaque_callback_data"]) for m in seen)
    doubled = sum(n - 1 for n in callbacks.values())
    print(
        f"crowd, Graph at {latency_ms} ms: {turns} turns, lost {turns - len(callbacks)}, doubled {doubled}, out of order {order[0] if order else '?'}; "
        f"{turns / took:.0f} turns/s; webhook to accepted {quantiles(delays)}"
    )


def idle(it: Rig, count: int) -> None:
    it.web()
    it.simulator(statuses=False)
    it.worker(module="bench.trivial")
    it.clock()
    time.sleep(4)
    waits = []
    for n in range(count + 20):
        request = request_bytes(it.web_port, NUMBERS.format(n % 50), "hi", f"wamid.{uuid.uuid4().hex}")
        (seen,) = (it.ask("GET", "/_sim/messages?after=0&limit=1")["total"],)
        began = time.time()
        post_all(it.web_port, [request])
        found = it.ask("GET", f"/_sim/messages?after={seen}&wait=5")["messages"]
        if n >= 20:
            waits.append((found[0]["at"] - began) * 1000)
        time.sleep(0.05 + (n % 7) * 0.02)
    print(
        f"idle: webhook to first send {quantiles(waits)} over {count}; p50 {statistics.median(waits):.1f}, p99 {percentile(waits, 0.99):.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("drain", "full", "crowd", "idle"))
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--read-receipts", choices=("on", "off"), default="off")
    given = parser.parse_args()
    if given.what == "crowd":
        for latency in (0, 150):
            with rig() as it:
                crowd(it, latency)
        return
    with rig() as it:
        if given.what == "idle":
            idle(it, 200)
        else:
            {"drain": drain, "full": full}[given.what](it, given.turns, given.read_receipts)


if __name__ == "__main__":
    main()
