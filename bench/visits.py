"""Fifty customers want the same time of one doctor at the same moment, from four processes; a hundred times over.

python -m bench.visits [--customers 50] [--rounds 100] [--processes 4] [--fee]

Real processes, each customer on a thread and a connection of its own, on a durable PostgreSQL. All of a round begin together: the
processes wait for a moment that the bench gives them. Then exactly one must have the time, every other must be told `taken` with
times that are free, and nobody may see an error. With --fee the winner's time is held for an order.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg

from bench.figures import tell
from bench.rig import ROOT, percentile, rig
from models import base, visits
from models.values import Refused
from tests import factories

AHEAD_S = 0.05  # from telling the processes to the moment
LIMIT_S = 60.0
BAR_P95_MS = 2_000.0
HELD = """
SELECT count(*) FROM visit_times t WHERE t."doctorId" = %(doctor)s AND lower(t.during) = %(at)s
"""
# Times that two have, and orders.
LEFT = """
SELECT (SELECT count(*) FROM (SELECT FROM appointments GROUP BY "doctorId", "dateTime" HAVING count(*) > 1) t),
    (SELECT count(*) FROM orders)
"""


class Tried(NamedTuple):
    """What one customer's try came to: `booked`, the code of a refusal, or the name of an error; and its milliseconds."""

    came_to: str
    ms: float
    nearest: int
    order: str


# --------------------------------------------------------------------------------------------------- one of the processes


def customers_process(url: str, customers: list[int]) -> None:
    """Reads a round a line (doctor, start, moment) and answers with a line: what each customer's try came to."""
    base.bind(url)
    ready, done = threading.Barrier(len(customers) + 1), threading.Barrier(len(customers) + 1)
    round_: dict[str, object] = {}
    found: list[Tried] = []

    def one(customer: int) -> None:
        base.connection()
        while True:
            ready.wait(LIMIT_S)
            if not round_:
                break
            time.sleep(max(0.0, float(str(round_["moment"])) - time.time()))
            found.append(_try(customer, str(round_["doctor"]), str(round_["at"])))
            done.wait(LIMIT_S)
        base.drop_connection()

    threads = [threading.Thread(target=one, args=(customer,), daemon=True) for customer in customers]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    for line in sys.stdin:
        round_ |= json.loads(line)
        ready.wait(LIMIT_S)
        done.wait(LIMIT_S)
        print(json.dumps(found), flush=True)
        found.clear()
    round_.clear()
    ready.wait(LIMIT_S)
    for thread in threads:
        thread.join(LIMIT_S)


def _try(customer: int, doctor: str, at: str) -> Tried:
    began = time.perf_counter()
    came_to, nearest, order = "booked", 0, ""
    try:
        order = visits.book(customer, doctor, datetime.fromisoformat(at), f"{doctor}:{at}", now=datetime.now(UTC)).order_number
    except Refused as no:
        found = no.detail.get("nearest")
        came_to, nearest = no.code, len(found) if isinstance(found, list) else 0
    except Exception as e:  # noqa: BLE001 - counted, and the bench fails by it
        came_to = f"error {type(e).__name__}"
    return Tried(came_to, (time.perf_counter() - began) * 1000, nearest, order)


# --------------------------------------------------------------------------------------------------- the bench


class Racers:
    """The processes, asked for a round at a time."""

    def __init__(self, url: str, customers: list[int], processes: int) -> None:
        self.children = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.visits", "--as-customers", url, *map(str, customers[n::processes])],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(processes)
        ]
        for child in self.children:
            assert child.stdout
            if child.stdout.readline().strip() != "ready":
                raise SystemExit("a process of customers did not start")

    def race(self, doctor: str, at: datetime) -> list[Tried]:
        line = json.dumps({"doctor": doctor, "at": at.isoformat(), "moment": time.time() + AHEAD_S})
        for child in self.children:
            assert child.stdin
            child.stdin.write(line + "\n")
            child.stdin.flush()
        return [Tried(*each) for child in self.children if child.stdout for each in json.loads(child.stdout.readline() or "[]")]

    def end(self) -> None:
        for child in self.children:
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()
            try:
                child.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)


def a_doctor(conn: psycopg.Connection, fee: bool) -> str:
    """Works day and night, so that the bench can be run at any time."""
    made = conn.execute(
        """INSERT INTO doctors (name, specialty, location, "feeKobo", "worksHolidays", "createdAt", "updatedAt")
           VALUES ('Dr Amaka Obi', 'Cardiology', 'Lagos', %s, true, now(), now()) RETURNING id""",
        (500_000 if fee else 0,),
    ).fetchone()
    doctor = int(made[0]) if made else 0
    conn.execute(
        """INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute")
           SELECT %s, d, 0, 1440 FROM generate_series(0, 6) d""",
        (doctor,),
    )
    return f"d{doctor}"


class Found:
    """What all rounds came to."""

    def __init__(self) -> None:
        self.came_to: Counter[str] = Counter()
        self.waits: list[float] = []
        self.one_each, self.with_nearest, self.spent_s = 0, 0, 0.0

    def add(self, tried: list[Tried], one: bool, seconds: float) -> None:
        """A round's tries; whether `one` had the time, all seen; how long it took."""
        self.waits += [each.ms for each in tried]
        self.came_to.update(each.came_to for each in tried)
        self.with_nearest += sum(each.nearest > 0 for each in tried if each.came_to == "taken")
        self.one_each += one
        self.spent_s += seconds

    @property
    def odd(self) -> dict[str, int]:
        """What nobody should be told, and how often it was."""
        return {name: count for name, count in self.came_to.items() if name not in ("booked", "taken")}


def races(url: str, *, customers: int, rounds: int, processes: int, fee: bool) -> bool:
    """Each round is about another time; a customer who has enough of them makes room. True when all was as it must be."""
    base.bind(url)
    people = [factories.a_customer() for _ in range(customers)]
    base.drop_connection()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = Found()
    with psycopg.connect(url, autocommit=True) as conn:
        doctor = a_doctor(conn, fee)
        racers = Racers(url, people, processes)
        try:
            for n in range(rounds):
                at, began = hour + timedelta(days=1) + n * timedelta(minutes=30), time.perf_counter()
                tried = racers.race(doctor, at)
                spent_s = time.perf_counter() - began - AHEAD_S
                (held,) = conn.execute(HELD, {"doctor": int(doctor[1:]), "at": at}).fetchone() or (0,)
                won = sum(each.came_to == "booked" for each in tried)
                found.add(tried, won == held == 1 and len(tried) == customers, spent_s)
                # Who won is at another place before the next round: nobody has too many, and nobody clashes with themselves.
                conn.execute("""UPDATE appointments SET "customerId" = NULL, state = 'done' WHERE state IN ('held', 'booked')""")
        finally:
            racers.end()
        twice, orders = conn.execute(LEFT).fetchone() or (0, 0)
    as_it_must = found.one_each == rounds and twice == 0 and orders == (rounds if fee else 0)
    title = f"{customers} customers, one time, {processes} processes" + (", with a fee" if fee else "")
    return _told(title, rounds, found, as_it_must)


def _told(title: str, rounds: int, found: Found, as_it_must: bool) -> bool:
    won, taken, errors = found.came_to["booked"], found.came_to["taken"], sum(found.odd.values())
    whole = as_it_must and errors == 0 and found.with_nearest == taken
    words = f"{rounds} rounds, {won} won, {taken} told taken, {errors} errors{f' {found.odd}' if errors else ''}"
    tell(title, f"{words}, {found.spent_s:.1f} s", "one each round", whole)
    p50, p95, worst = percentile(found.waits, 0.5), percentile(found.waits, 0.95), max(found.waits)
    met = p95 <= BAR_P95_MS
    tell("a customer's answer", f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, worst {worst:.0f} ms", f"p95 {BAR_P95_MS:.0f} ms", met)
    return whole and met


def main() -> int:
    if sys.argv[1:2] == ["--as-customers"]:
        customers_process(sys.argv[2], [int(each) for each in sys.argv[3:]])
        return 0
    parser = argparse.ArgumentParser(prog="python -m bench.visits", description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--fee", action="store_true")
    parser.add_argument("--url", default="", help="a migrated database of its own, instead of throw-away servers")
    given = parser.parse_args()
    about = {"customers": given.customers, "rounds": given.rounds, "processes": given.processes}
    if given.url:
        return 0 if races(given.url, **about, fee=given.fee) else 1
    with rig() as it:
        return 0 if races(it.database_url, **about, fee=given.fee) else 1


if __name__ == "__main__":
    sys.exit(main())
