"""Ten thousand timers due at one moment, with a clock that goes on and with one that is killed in the middle.

python -m bench.timers [--timers 10000]

Real clocks on durable servers; the bench takes the hints off the queue as workers would, and marks the events as done. Counted are
the events (each timer exactly one) and the seconds from the moment they are due until the last event is stored, and until the last
customer was hinted at.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import redis

from bench.figures import tell
from bench.rig import Rig, rig

AHEAD_S = 6.0  # from setting the timers to their moment: the clock leads by then
LIMIT_S = 120.0
BAR_S, BAR_KILLED_S = 10.0, 25.0
PEOPLE = """
WITH made AS (INSERT INTO customers SELECT FROM generate_series(1, %(n)s) RETURNING id), talks AS (
    INSERT INTO conversations ("customerId") SELECT id FROM made)
INSERT INTO timers (kind, "customerId", subject, "fireAt")
SELECT 'agent_return', id, %(run)s, clock_timestamp() + %(ahead)s * interval '1 second' FROM made
"""
EVENTS = """SELECT count(*), count(DISTINCT i."customerId"), count(DISTINCT "externalId"),
    EXTRACT(EPOCH FROM max(i."receivedAt") - %s)::float8
    FROM inbox i JOIN timers t ON i."externalId" = 'timer:' || t.id || ':' || t.version WHERE t.subject = %s"""


class Hints:
    """The queue of conversations, emptied as workers empty it."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        self.seen: Counter[int] = Counter()

    def take(self) -> list[int]:
        """The customers of the hints that wait now; they are gone from the queue."""
        found = []
        for queue in self._queues():
            with self.client.pipeline(transaction=True) as both:  # a hint that comes between the two would be lost
                messages = both.hvals(queue + b".msgs").delete(queue, queue + b".msgs").execute()[0]
            found += [int(json.loads(message)["args"][0]) for message in messages if b'"converse"' in message]
        self.seen.update(found)
        return found

    def _queues(self) -> Iterator[bytes]:
        for key in self.client.scan_iter(match="dramatiq:*.msgs"):
            yield key.removesuffix(b".msgs")


def clocks(it: Rig, conn: psycopg.Connection) -> None:
    """Two of them; the first one leads."""
    for name in ("clock-1", "clock-2"):
        it.start(name, f"{sys.executable} -m jobs.run")
        deadline = time.monotonic() + 30
        while not leading(conn) and time.monotonic() < deadline:
            time.sleep(0.1)


def leading(conn: psycopg.Connection) -> bool:
    row = conn.execute("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
                       " AND a.application_name = 'drugsng clock leader' AND l.granted").fetchone()  # fmt: skip
    return bool(row and row[0])


def run(it: Rig, conn: psycopg.Connection, hints: Hints, *, how_many: int, kill: str = "") -> bool:
    name = "killed" if kill else "undisturbed"
    conn.execute(PEOPLE, {"n": how_many, "run": name, "ahead": AHEAD_S})
    (at,) = conn.execute("""SELECT min("fireAt") FROM timers WHERE subject = %s""", (name,)).fetchone() or (None,)
    left = {row[0] for row in conn.execute("""SELECT "customerId" FROM timers WHERE subject = %s""", (name,))}
    hints.seen.clear()
    began, hinted_s = time.monotonic(), float("nan")
    killed_with = 0
    while time.monotonic() - began < LIMIT_S:
        taken = hints.take()
        left.difference_update(taken)
        (stored,) = conn.execute(
            """SELECT count(*) FROM timers WHERE subject = %s AND "firedAt" IS NOT NULL""", (name,)
        ).fetchone() or (0,)
        if kill and not killed_with and stored >= how_many // 5:
            it.children[kill].send_signal(signal.SIGKILL)
            killed_with = stored
        if not left:
            (hinted_s,) = conn.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp() - %s)::float8", (at,)).fetchone() or (0.0,)
            break
        conn.execute("""UPDATE inbox SET status = 'done' WHERE "customerId" = ANY(%s) AND status = 'pending'""", (taken,))
        time.sleep(0.02)
    events, people, once, stored_s = conn.execute(EVENTS, (at, name)).fetchone() or (0, 0, 0, 0.0)
    whole = events == people == once == how_many and not left
    bar = BAR_KILLED_S if kill else BAR_S
    twice = sum(count - 1 for count in hints.seen.values())
    note = f", the leading clock killed at {killed_with:,}" if kill else ""
    found = f"{events:,} events, {stored_s:.1f} s; all hinted {hinted_s:.1f} s ({twice:,} hints twice){note}"
    tell(f"{how_many:,} timers due at once, {name}", found, f"each once, {bar:.0f} s", whole and hinted_s <= bar)
    return whole and hinted_s <= bar


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.timers", description=__doc__.partition("\n")[0])
    parser.add_argument("--timers", type=int, default=10_000)
    how_many = parser.parse_args().timers
    with rig() as it, psycopg.connect(it.database_url, autocommit=True) as conn:
        hints = Hints(it.redis_url)
        clocks(it, conn)
        good = [run(it, conn, hints, how_many=how_many), run(it, conn, hints, how_many=how_many, kill="clock-1")]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
