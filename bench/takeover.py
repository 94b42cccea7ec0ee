"""Taking over a big database of the old system: minutes, the longest wait of whoever writes meanwhile, rows changed, memory.

python -m bench.takeover [--users 100000] [--orders 200000] [--prescriptions 50000] [--sessions 100000]
                         [--writers 8] [--database URL] [--keep]

Makes a database of version 1.x (on a server started for it, or beside the database at URL), runs `db adopt` and `db migrate` as
processes of their own, and meanwhile lets `--writers` connections write as the old program does. A statement of theirs that
takes longer than 2 s fails the run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from bench.figures import tell
from bench.rig import ROOT
from local import services
from tests.old_databases import COPIES, V1_SCHEMA
from tests.servers import with_database

LONGEST_S = 2.0
LIMIT_S = 3 * 3600
PAUSE_S = 0.002
PEOPLE = """
INSERT INTO users (name, email, password, "phoneNumber", "isActive", "createdAt", "updatedAt")
SELECT 'Person ' || i, 'p' || i || '@example.com', '$2a$10$u1EKzaQMJsk5Z3zORCYd', (ARRAY['+2348', '2348', '08', '8'])[1 + i % 4]
    || lpad(i::text, 9, '0'), true, now(), now() FROM generate_series(1, {users}) i;
INSERT INTO products (name, category, price, stock, "createdAt", "updatedAt")
SELECT 'Product ' || i, 'Shelf', i * 10 + 0.1, 100, now(), now() FROM generate_series(1, 1000) i;
INSERT INTO sessions ("phoneNumber", state, data, "lastActivity", "createdAt", "updatedAt")
SELECT '2348' || lpad(i::text, 9, '0'), CASE WHEN i % 100 > 0 THEN 'LOGGED_IN'::enum_sessions_state END,
    jsonb_build_object('userId', i, 'token', md5(i::text)), CASE WHEN i % 50 > 0 THEN now() END, now(), now()
FROM generate_series(1, {sessions}) i;
"""
SALES = """
INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "paymentStatus", "shippingAddress", "orderDate", "createdAt",
    "updatedAt") SELECT 1 + i % {users}, CASE WHEN i % 100 > 0 THEN 'Delivered'::enum_orders_status END, i % 9000 + 0.1::float8 * 3,
    'Paystack', 'Paid', 'Street ' || i, now(), now(), now() FROM generate_series(1, {orders}) i;
INSERT INTO order_items ("orderId", "productId", quantity, price, "createdAt", "updatedAt")
SELECT i, 1 + i % 1000, 1, 10.1, now(), now() FROM generate_series(1, {orders}) i;
INSERT INTO prescriptions ("orderId", "fileUrl", "extractedText", "verificationStatus", "createdAt", "updatedAt")
SELECT 1 + i % {orders}, 'https://files.example.com/' || i, CASE WHEN i % 3 > 0 THEN repeat('Amoxicillin 500mg tds ', 8) END,
    CASE WHEN i % 20 > 0 THEN 'Verified'::"enum_prescriptions_verificationStatus" END, now(), now()
FROM generate_series(1, {prescriptions}) i;
"""
# What the old program writes all day; %s is the id of a row, or of the user of a new one.
WRITES = (
    ("sessions", 'UPDATE sessions SET "lastActivity" = now(), "updatedAt" = now() WHERE id = %s'),
    ("users", 'UPDATE users SET "updatedAt" = now() WHERE id = %s'),
    ("orders", """UPDATE orders SET status = 'Shipped', "updatedAt" = now() WHERE id = %s"""),
    ("prescriptions", """UPDATE prescriptions SET "pharmacistNotes" = 'seen', "updatedAt" = now() WHERE id = %s"""),
    ("users", """INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
        VALUES (%s, 'Processing', 1250.5, 'Paystack', 'Street', now(), now())"""),
    ("orders", """INSERT INTO order_items ("orderId", "productId", quantity, price, "createdAt", "updatedAt")
        VALUES (%s, 1, 1, 10.1, now(), now())"""),
)  # fmt: skip


@dataclass
class Writers:
    """What the writers met: statements, the longest one and what was at work then, and errors by their text."""

    url: str
    rows: dict[str, int]
    count: int
    doing: str = "the start"
    statements: int = 0
    longest_s: float = 0.0
    longest_during: str = ""
    blocked: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._write, args=(n,)) for n in range(self.count)]
        threads += [threading.Thread(target=self._watch)] if self.count else []
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _write(self, seed: int) -> None:
        dice = random.Random(seed)
        with psycopg.connect(self.url, autocommit=True, application_name="node") as conn:
            while not self._stop.wait(PAUSE_S):
                table, statement = dice.choice(WRITES)
                began, during = time.monotonic(), self.doing
                try:
                    conn.execute(statement, (dice.randint(1, self.rows[table]),))
                except psycopg.Error as e:
                    with self._lock:
                        self.errors[str(e).splitlines()[0]] = self.errors.get(str(e).splitlines()[0], 0) + 1
                took = time.monotonic() - began
                with self._lock:
                    self.statements += 1
                    if took > self.longest_s:
                        self.longest_s, self.longest_during = took, f"{statement.split()[0]} on {table} during {during}"

    def _watch(self) -> None:
        """Counts samples, 20 a second, in which a writer waits for a lock."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'node' AND wait_event_type = 'Lock'"
        with psycopg.connect(self.url, autocommit=True, application_name="drugsng bench") as conn:
            while not self._stop.wait(0.05):
                row = conn.execute(waiting).fetchone()
                self.blocked += bool(row and row[0])


def make(url: str, rows: dict[str, int]) -> None:
    with psycopg.connect(url, autocommit=True, application_name="psql") as conn:
        conn.execute(V1_SCHEMA)
        conn.execute("RESET ALL")
        for text in (PEOPLE, SALES):
            for statement in text.format(**rows).split(";\n"):
                if statement.strip():
                    conn.execute(statement)
        conn.execute(COPIES)
        conn.execute("ANALYZE")


def run(command: list[str], url: str, writers: Writers) -> tuple[float, int, int]:
    """(seconds, exit code, peak memory in bytes) of one command; its lines are shown as they come."""
    began = time.monotonic()
    environment = os.environ | {"DATABASE_URL": url, "PYTHONUNBUFFERED": "1", "MIGRATION_LOG": "off"}
    child = subprocess.Popen(
        [sys.executable, "cli.py", "db", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = threading.Timer(LIMIT_S, child.kill)
    watch.start()
    try:
        assert child.stdout
        for line in child.stdout:
            writers.doing = line.strip()
            print(f"  {time.monotonic() - began:7.1f} s  {line.rstrip()}", flush=True)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        watch.cancel()
        child.stdout and child.stdout.close()
    return time.monotonic() - began, child.returncode, used.ru_maxrss * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description="Taking over a big database of the old system.")
    for name, number in (
        ("users", 100_000),
        ("orders", 200_000),
        ("prescriptions", 50_000),
        ("sessions", 100_000),
        ("writers", 8),
    ):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--database", help="a server's address; a database is made on it. Without it a server is started")
    parser.add_argument("--keep", action="store_true", help="leave the database there")
    given = parser.parse_args()
    rows = {name: getattr(given, name) for name in ("users", "orders", "prescriptions", "sessions")}
    with ExitStack() as stack:
        server = given.database or stack.enter_context(services.throwaway()).start(valkey=False)[0]
        url = with_database(server, f"bench_takeover_{os.getpid()}")
        admin = stack.enter_context(psycopg.connect(server, autocommit=True))
        name = sql.Identifier(url.rpartition("/")[2])
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        if not given.keep:
            stack.callback(lambda: admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name)))
        began = time.monotonic()
        make(url, rows)
        print(f"made {', '.join(f'{count:,} {what}' for what, count in rows.items())} in {time.monotonic() - began:.0f} s")
        return measure(url, rows, given.writers)


def measure(url: str, rows: dict[str, int], count: int) -> int:
    writers = Writers(url, rows, count)
    with writers.at_work():
        adopted = run(["adopt", *(["--while-running"] if count else [])], url, writers)
        migrated = run(["migrate"], url, writers) if adopted[1] == 0 else (0.0, 1, 0)
    with psycopg.connect(url) as conn:
        changed = conn.execute('SELECT count(*), count(DISTINCT ("table", "rowId")) FROM drugsng_adopted_values').fetchone()
        new = conn.execute('SELECT count(*) FROM orders WHERE state IS NULL OR "totalKobo" IS NULL').fetchone()
    assert changed
    assert new
    what = "take over " + ", ".join(f"{number:,} {name}" for name, number in rows.items())
    tell(f"{what}: adopt and migrate", f"{adopted[0] / 60:.2f} + {migrated[0] / 60:.2f} minutes", "both end with 0",
         (adopted[1], migrated[1]) == (0, 0))  # fmt: skip
    tell(
        "rows changed, values kept, orders without state or kobo",
        f"{changed[1]:,}, {changed[0]:,}, {new[0]:,}",
        "0 orders",
        new[0] == 0,
    )
    tell("peak memory of adopt and of migrate", f"{adopted[2] / 1e6:.0f} and {migrated[2] / 1e6:.0f} MB")
    if count:
        tell(f"longest statement of {count} writers", f"{writers.longest_s:.2f} s ({writers.longest_during})", f"{LONGEST_S:.0f} s",
             writers.longest_s <= LONGEST_S)  # fmt: skip
        tell("writers' statements, samples with a lock waited for, errors",
             f"{writers.statements:,}, {writers.blocked:,}, {sum(writers.errors.values()):,}", "no errors", not writers.errors)  # fmt: skip
        for text, times in writers.errors.items():
            print(f"  {times} x {text}")
    return 0 if (adopted[1], migrated[1]) == (0, 0) and writers.longest_s <= LONGEST_S and not writers.errors else 1


if __name__ == "__main__":
    sys.exit(main())
