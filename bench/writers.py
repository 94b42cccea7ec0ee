"""Connections that write all day while something else is done to the database: their longest statement, and errors by their text."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import psycopg

PAUSE_S = 0.002
# The table whose id each %s is (of a new row: what it belongs to), and the statements; several are one transaction.
Write = tuple[str, ...]
OLD_PROGRAM: tuple[Write, ...] = (
    ("sessions", 'UPDATE sessions SET "lastActivity" = now(), "updatedAt" = now() WHERE id = %s'),
    ("users", 'UPDATE users SET "updatedAt" = now() WHERE id = %s'),
    ("orders", """UPDATE orders SET status = 'Shipped', "updatedAt" = now() WHERE id = %s"""),
    ("prescriptions", """UPDATE prescriptions SET "pharmacistNotes" = 'seen', "updatedAt" = now() WHERE id = %s"""),
    ("users", """INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
        VALUES (%s, 'Processing', 1250.5, 'Paystack', 'Street', now(), now())"""),
    ("orders", """INSERT INTO order_items ("orderId", "productId", quantity, price, "createdAt", "updatedAt")
        VALUES (%s, 1, 1, 10.1, now(), now())"""),
    ("users", """INSERT INTO appointments ("userId", "doctorId", "dateTime", "createdAt", "updatedAt")
        SELECT u, 1 + u %% 3, date_trunc('hour', now()) + u %% 5000 * interval '30 minutes', now(), now() FROM (VALUES (%s)) v (u)"""),
    ("appointments", """UPDATE appointments SET "dateTime" = "dateTime" + interval '1 day', "updatedAt" = now()
        WHERE id = %s AND id %% 2 = 1"""),
    ("appointments", """UPDATE appointments SET status = 'Cancelled', "updatedAt" = now() WHERE id = %s"""),
    ("users", """INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation",
            "totalAmount", "createdAt", "updatedAt")
        VALUES (%s, 1, now() + interval '2 days', 'Home', 5000, now(), now())"""),
    ("diagnostic_bookings", """UPDATE diagnostic_bookings SET status = 'Completed', "updatedAt" = now() WHERE id = %s"""),
)  # fmt: skip


@dataclass
class Writers:
    """`at_work()` writes, more than once if need be; `doing` is what the other side is at, for what is told of the longest."""

    url: str
    rows: dict[str, int]
    count: int
    writes: Sequence[Write] = OLD_PROGRAM
    application_name: str = "node"
    doing: str = "the start"
    statements: int = 0
    longest_s: float = 0.0
    longest_during: str = "nothing"
    errors: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._stop.clear()
        threads = [threading.Thread(target=self._write, args=(n,), name=f"writer {n}") for n in range(self.count)]
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
        with psycopg.connect(self.url, autocommit=True, application_name=self.application_name) as conn:
            while not self._stop.wait(PAUSE_S):
                table, *statements = dice.choice(self.writes)
                row = dice.randint(1, self.rows[table])
                try:
                    with conn.transaction() if len(statements) > 1 else nullcontext():
                        for statement in statements:
                            self._one(conn, statement, row)
                except psycopg.Error as e:
                    text = str(e).splitlines()[0]
                    with self._lock:
                        self.errors[text] = self.errors.get(text, 0) + 1

    def _one(self, conn: psycopg.Connection, statement: str, row: int) -> None:
        began, during = time.monotonic(), self.doing
        try:
            conn.execute(statement, (row,))
        finally:
            took = time.monotonic() - began
            with self._lock:
                self.statements += 1
                if took > self.longest_s:
                    self.longest_s, self.longest_during = took, f"{' '.join(statement.split()[:3])} during {during}"
