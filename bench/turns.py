"""Conversations through the whole house: how many a second, at what CPU, in what order.

python -m bench.turns drain            2,000 waiting conversations, trivial flow, Graph at 0 ms
python -m bench.turns full             "find paracetamol" in a catalogue of 10,000, webhook to accepted send, under load
python -m bench.turns crowd            200 customers x 12 messages at once, Graph at 0 and at 150 ms
python -m bench.turns idle             one message at a time: webhook to first send

Before the clock starts everything is warm: modules imported, connections made, statements prepared in every thread. The number
is paced at 1,000 messages a second (WHATSAPP_MESSAGES_PER_SECOND), not at the 80 of a new one, so that the house is measured
and not the pace. CPU is that of whole processes, in ms a turn; the simulator's is shown and not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections import Counter

import psycopg

from bench.catalogue import fill
from bench.figures import tell
from bench.rig import Rig, percentile, post_all, quantiles, request_bytes, rig, spent
from worker import broker
from worker.messages import CONVERSE

NUMBERS = "23481{:08d}"
WARM_UP_CUSTOMERS = 300
CONNECTIONS, REPEATS = 16, 10
OUR_PATH = ("web", "worker", "postgresql", "valkey")
DRAIN_BAR, DRAIN_BAR_MS, FULL_BAR_MS, CROWD_BAR = 500, 3.0, 6.0, 100
IDLE_BAR_P50_MS, IDLE_BAR_P99_MS = 15, 60

ACCEPTED = """SELECT count(*) FROM outbox WHERE status NOT IN ('queued', 'sending', 'unsure', 'held')"""
DONE = "SELECT count(*) FROM inbox WHERE status = 'done'"
DELAYS = """SELECT EXTRACT(EPOCH FROM o."acceptedAt" - i."receivedAt")::float8 * 1000
    FROM outbox o JOIN inbox i ON i.id = o."inboxId" WHERE i.id > %s"""
DISORDER = """SELECT count(*) FROM (SELECT "acceptedAt" < lag("acceptedAt") OVER (PARTITION BY "customerId" ORDER BY id) AS back
    FROM outbox) t WHERE back"""


def one(conn: psycopg.Connection, question: str) -> int:
    (found,) = conn.execute(question).fetchone() or (0,)
    return int(found or 0)


def wait_for(conn: psycopg.Connection, question: str, wanted: int, *, within_s: float = 120, standing_s: float = 30) -> None:
    """Returns when the count has reached what is wanted; ends the run when it does not in time, or stands still."""
    deadline = moved = time.monotonic()
    deadline, last = deadline + within_s, -1
    while (count := one(conn, question)) < wanted:
        now = time.monotonic()
        moved, last = (now, count) if count != last else (moved, last)
        if now > deadline or now > moved + standing_s:
            sys.exit(f"only {count} of {wanted}: {question}")
        time.sleep(0.05)


def shares(cpu: dict[str, float], turns: int) -> str:
    """CPU ms a turn by process, the largest first."""
    by_size = sorted(cpu.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {seconds / turns * 1000:.2f}" for name, seconds in by_size if seconds / turns > 1e-5)


def post(it: Rig, words: str, customers: int, each: int, *, first: int = 0) -> None:
    """Everybody says it `each` times, in turn. What is answered 503 is posted again, as Meta does."""
    port = it.web_port
    people = [NUMBERS.format(i) for i in range(first, first + customers)]
    left = [request_bytes(port, p, words, f"wamid.{uuid.uuid4().hex}") for _ in range(each) for p in people]
    for _ in range(REPEATS):
        by_lane = [left[i::CONNECTIONS] for i in range(min(CONNECTIONS, len(left)))]
        answered = zip((r for lane in by_lane for r in lane), post_all(port, left, connections=CONNECTIONS), strict=True)
        left = [request for request, (status, _) in answered if status != 200]
        if not left:
            return
        print(f"{len(left)} of {customers * each} were asked to come again", flush=True)
        time.sleep(1)
    sys.exit(f"{len(left)} messages were refused {REPEATS} times")


def drain(it: Rig, turns: int, read_receipts: str) -> None:
    """Messages are stored while nobody works, then everybody's hint is given at once."""
    queue = it.redis_url
    it.environment["REDIS_URL"] = queue.rsplit("/", 1)[0] + "/9"  # the door's own hints go where nobody listens
    it.web()
    it.environment["REDIS_URL"] = queue
    it.simulator(statuses=False)
    post(it, "hi", turns + WARM_UP_CUSTOMERS, 1)
    it.stop("web")
    it.worker(module="bench.trivial", threads=8, WHATSAPP_READ_RECEIPTS=read_receipts)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        customers = [row[0] for row in conn.execute('SELECT "customerId" FROM inbox ORDER BY id')]
        broker.connect(queue)
        _hint(customers[:WARM_UP_CUSTOMERS])
        wait_for(conn, ACCEPTED, WARM_UP_CUSTOMERS)
        time.sleep(1)
        before, began = it.cpu(), time.monotonic()
        _hint(customers[WARM_UP_CUSTOMERS:])
        wait_for(conn, ACCEPTED, turns + WARM_UP_CUSTOMERS)
        took, cpu = time.monotonic() - began, spent(before, it.cpu())
    cost = (cpu["worker"] + cpu["postgresql"]) / turns * 1000
    title = f"drain {turns} waiting, read receipts {read_receipts}"
    tell(title, f"{turns / took:.0f} turns/s", f">= {DRAIN_BAR}", turns / took >= DRAIN_BAR)
    found = f"{cost:.2f} ms worker + postgresql a turn ({shares(cpu, turns)})"
    tell("drain, CPU", found, f"<= {DRAIN_BAR_MS:.0f} ms", cost <= DRAIN_BAR_MS)


def _hint(customers: list[int]) -> None:
    for customer in customers:
        broker.enqueue(CONVERSE, customer)


def full(it: Rig, turns: int, read_receipts: str, *, customers: int = 200) -> None:
    """The real flow. Everybody is known, welcomed and has searched three times before the clock starts."""
    fill(it.database_url, 10_000)
    it.web()
    it.simulator(statuses=False)
    it.worker(threads=8, WHATSAPP_READ_RECEIPTS=read_receipts)
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        post(it, "hi", customers, 1)
        wait_for(conn, DONE, customers)
        post(it, "find paracetamol", customers, 3)
        wait_for(conn, DONE, 4 * customers)
        time.sleep(1)
        sent, before, began = one(conn, ACCEPTED), it.cpu(), time.monotonic()
        post(it, "find paracetamol", customers, turns // customers)
        wait_for(conn, DONE, 4 * customers + turns)
        wait_for(conn, ACCEPTED, sent + turns)
        took, cpu = time.monotonic() - began, spent(before, it.cpu())
        sent = one(conn, ACCEPTED) - sent
        statements, searches = statements_a_turn(it, conn, customers)
    cost = sum(cpu[name] for name in OUR_PATH) / turns * 1000
    title = f"full turn, read receipts {read_receipts}"
    tell(f"{title}: CPU", f"{cost:.2f} ms ({shares(cpu, turns)})", f"<= {FULL_BAR_MS:.0f} ms", cost <= FULL_BAR_MS)
    found = f"{turns / took:.0f} turns/s, {sent / turns:.1f} sends, {statements:.1f} statements, {searches:.1f} searches a turn"
    tell("full turn: what it does", found)


def statements_a_turn(it: Rig, conn: psycopg.Connection, turns: int) -> tuple[float, float]:
    """Statements and catalogue searches of one turn, door and workers together, counted in PostgreSQL's log."""
    done = one(conn, DONE)
    begin = it.services.postgres.log.stat().st_size if it.services.postgres else 0
    for setting in ("log_statement = 'all'", "log_line_prefix = '%a|'"):
        conn.execute(f"ALTER SYSTEM SET {setting}")
    conn.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)
    post(it, "find paracetamol", turns, 1)
    wait_for(conn, DONE, done + turns)
    time.sleep(0.2)
    conn.execute("ALTER SYSTEM RESET ALL")
    conn.execute("SELECT pg_reload_conf()")
    log = it.services.postgres.log.read_bytes()[begin:].decode(errors="replace") if it.services.postgres else ""
    ours = [part for part in log.split("\ndrugsng ")[1:] if "LOG:  execute" in part or "LOG:  statement" in part]
    searches = [part for part in ours if "::tsquery AS asked" in part]
    return len(ours) / turns, len(searches) / turns


def crowd(it: Rig, latency_ms: int, *, customers: int = 200, each: int = 12) -> None:
    """Everybody writes at once. Other people's messages have warmed the house up before."""
    it.web()
    it.simulator(statuses=False, latency_s=latency_ms / 1000)
    it.worker(module="bench.trivial", threads=32, WHATSAPP_READ_RECEIPTS="off")
    it.clock()
    turns = customers * each
    with psycopg.connect(it.database_url, autocommit=True) as conn:
        post(it, "hi", WARM_UP_CUSTOMERS, 2, first=customers)
        warm = 2 * WARM_UP_CUSTOMERS
        wait_for(conn, ACCEPTED, warm)
        time.sleep(1)
        last, before, began = one(conn, "SELECT max(id) FROM inbox"), it.cpu(), time.monotonic()
        post(it, "message", customers, each)
        wait_for(conn, ACCEPTED, warm + turns, within_s=100)
        took, cpu = time.monotonic() - began, spent(before, it.cpu())
        delays = [row[0] for row in conn.execute(DELAYS, (last,))]
        disorder = one(conn, DISORDER)
    lost, doubled = sent_twice_or_never(it, warm + turns)
    title, rate = f"crowd {customers} x {each}, Graph at {latency_ms} ms", turns / took
    found = f"lost {lost}, doubled {doubled}, out of order {disorder}"
    tell(title, found, "0, 0, 0", not (lost or doubled or disorder))
    tell(f"{title}: rate", f"{rate:.0f} turns/s", f">= {CROWD_BAR}", rate >= CROWD_BAR)
    tell(f"{title}: webhook to accepted", f"{quantiles(delays)}; CPU ms a turn: {shares(cpu, turns)}")


def sent_twice_or_never(it: Rig, turns: int) -> tuple[int, int]:
    """By the ids that the fake Graph API was given."""
    seen: list[dict[str, object]] = []
    while page := it.ask("GET", f"/_sim/messages?after={seen[-1]['seq'] if seen else 0}&limit=5000")["messages"]:
        seen += page
    times = Counter(str(message["biz_opaque_callback_data"]) for message in seen)
    return turns - len(times), sum(n - 1 for n in times.values())


def idle(it: Rig, count: int, *, warm_up: int = 60) -> None:
    it.web()
    it.simulator(statuses=False)
    it.worker(module="bench.trivial")
    it.clock()
    waits = []
    for n in range(count + warm_up):
        request = request_bytes(it.web_port, NUMBERS.format(n % 50), "hi", f"wamid.{uuid.uuid4().hex}")
        seen = it.ask("GET", "/_sim/messages?after=0&limit=1")["total"]
        began = time.time()
        post_all(it.web_port, [request])
        found = it.ask("GET", f"/_sim/messages?after={seen}&wait=20")["messages"]
        if n >= warm_up:
            waits.append((found[0]["at"] - began) * 1000)
        time.sleep(0.05 + (n % 7) * 0.02)
    met = percentile(waits, 0.5) < IDLE_BAR_P50_MS and percentile(waits, 0.99) < IDLE_BAR_P99_MS
    bar = f"p50 < {IDLE_BAR_P50_MS} ms, p99 < {IDLE_BAR_P99_MS} ms"
    tell(f"idle, {count} messages one by one: webhook to first send", quantiles(waits), bar, met)


def main() -> None:
    parser = argparse.ArgumentParser(description="Conversations through the whole house.")
    parser.add_argument("what", choices=("drain", "full", "crowd", "idle"))
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--read-receipts", choices=("on", "off"), default="off")
    given = parser.parse_args()
    for latency in (0, 150) if given.what == "crowd" else (0,):
        with rig() as it:
            if given.what == "idle":
                idle(it, 200)
            elif given.what == "crowd":
                crowd(it, latency)
            else:
                {"drain": drain, "full": full}[given.what](it, given.turns, given.read_receipts)


if __name__ == "__main__":
    main()
