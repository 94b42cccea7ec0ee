"""Every step of the schema on a big database while both programs write: seconds, the longest wait of a writer, the strongest lock.

python -m bench.expand [--server URL --template NAME] [--from 003] [--to 013] [--users N --orders N ...] [--writers 8] [--keep]

Works on a copy of the database NAME, which stands at step 002 (`python -m bench.takeover --keep big` leaves `big_002`) or at a
later one with rows; without one, a small database is made on a server of its own. One missing step after the other is taken by
`drugsng db migrate --to NNN`, while `--writers` connections write as the old program does, as many as the version before that
step, and one reads reports. Between the steps our own tables get the rows of some years. Fails when a statement waits longer than
2 s, or fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench import own_program, takeover
from bench.commands import Ended, run
from bench.figures import tell
from bench.locks import Locks
from bench.writers import OLD_PROGRAM, Writers
from local import services
from models.migrating import status
from models.takeover.adopting import adopt
from tests.servers import with_database

BIG = (
    *("users", "orders", "order_items", "prescriptions", "sessions", "appointments", "diagnostic_bookings", "handovers"),
    *("customers", "customer_identities", "conversations", "inbox", "outbox", "media", "timers"),
    *("cart_lines", "order_events", "stock_reservations", "prescription_pages", "prescription_decisions", "prescription_items"),
    *("payment_attempts", "payments", "audit", "old_files", "customer_tokens"),
)
SMALL = {name: number // 5 for name, number in takeover.NUMBERS.items()}
TABLES = {"bookings": "diagnostic_bookings"}
CALM_S = 1.0  # before and after a step, so that a statement caught by its start or end is whole
REPORT_EVERY_S = 2.0
REPORTS = (
    "SELECT status, count(*) FROM orders GROUP BY 1",
    """SELECT date_trunc('day', "createdAt"), count(*) FROM prescriptions GROUP BY 1""",
    "SELECT state, count(*) FROM sessions GROUP BY 1",
)


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    ended: Ended
    old: Writers
    own: Writers
    locks: Locks

    @property
    def longest_s(self) -> float:
        return max(self.old.longest_s, self.own.longest_s)

    @property
    def errors(self) -> dict[str, int]:
        return self.old.errors | self.own.errors

    @property
    def good(self) -> bool:
        return self.ended.code == 0 and self.longest_s <= takeover.LONGEST_S and not self.errors


def main() -> int:
    parser = argparse.ArgumentParser(description="Every step of the schema on a big database while both programs write.")
    parser.add_argument("--server", help="a server's address; without it one is started")
    parser.add_argument("--template", metavar="NAME", help="a database at step 002 on that server, to be copied")
    parser.add_argument("--from", dest="first", default="003", help="the first step measured; those before are taken in peace")
    parser.add_argument("--to", default="999")
    for name, number in (*SMALL.items(), ("writers", 8)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--keep", action="store_true", help="leave the copy there")
    given = parser.parse_args()
    rows = {name: getattr(given, name) for name in SMALL}
    with ExitStack() as stack:
        server = given.server or stack.enter_context(services.throwaway()).start(valkey=False)[0]
        url = stack.enter_context(_copy(server, given.template, keep=given.keep))
        if not given.template:
            takeover.make(url, rows)
            adopt(url)
        counted = {table: _top(url, TABLES.get(table, table)) for table in rows}
        print(f"a database of {', '.join(f'{number:,} {table}' for table, number in counted.items())}", flush=True)
        steps = [name for name in status(url).pending if name[:3] <= given.to]
        found = [measured for name in steps if (measured := _take(url, name, counted, given))]
    return _told(found)


@contextmanager
def _copy(server: str, template: str | None, *, keep: bool) -> Iterator[str]:
    name = f"bench_expand_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template or "template1")
            )
        )
        try:
            yield with_database(server, name)
        finally:
            if not keep:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _take(url: str, name: str, counted: dict[str, int], given: argparse.Namespace) -> Measured | None:
    """One step, measured from `--from` on; afterwards its tables get their rows."""
    number = name[:3]
    measured = None
    if number < given.first:
        run(["db", "migrate", "--to", number], url)
    else:
        measured = _measure(url, name, given.writers)
        if measured.ended.code:
            raise SystemExit(f"{name} was not taken")
    own_program.fill(url, number, counted)
    return measured


def _measure(url: str, name: str, writers: int) -> Measured:
    before = own_program.writes_at(f"{int(name[:3]) - 1:03}")
    tables = {write[0] for write in (*OLD_PROGRAM, *before)}
    rows = {table: _top(url, table) for table in tables}
    old = Writers(url, rows, writers)
    own = Writers(url, rows, writers if before else 0, before, "node, ours")

    def heard(query: str) -> None:
        old.doing = own.doing = query

    locks = Locks(url, heard)
    with locks.watching(), _reports(url), old.at_work(), own.at_work():
        time.sleep(CALM_S)
        ended = run(["db", "migrate", "--to", name[:3]], url)
        heard("nothing")
        time.sleep(CALM_S)
    measured = Measured(name, ended, old, own, locks)
    _tell(measured)
    return measured


@contextmanager
def _reports(url: str) -> Iterator[None]:
    """Somebody reads whole tables now and then: a step that waits behind such a read must not make writers wait behind itself."""
    stop = threading.Event()

    def read() -> None:
        with psycopg.connect(url, autocommit=True, application_name="reports") as conn:
            for turn in range(100_000):
                if stop.wait(REPORT_EVERY_S):
                    return
                conn.execute(REPORTS[turn % len(REPORTS)])

    thread = threading.Thread(target=read, name="reports")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _top(url: str, table: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row and row[0] else 1


def _tell(measured: Measured) -> None:
    writer = max(measured.old, measured.own, key=lambda w: w.longest_s)
    locks = measured.locks
    what = (
        f"{measured.ended.seconds:.1f} s; longest statement {writer.longest_s:.2f} s ({writer.longest_during}); "
        f"strongest lock: {locks.strongest(BIG) or 'none'}; longest that keeps writers out: {locks.longest(BIG) or 'none seen'}; "
        f"waited for: {locks.longest_wait(BIG) or 'none seen'}; {measured.old.statements + measured.own.statements:,} statements, "
        f"{locks.looks_blocked} of {locks.looks} looks saw one wait, {sum(measured.errors.values())} errors"
    )
    tell(f"{measured.name} under writers", what, f"no statement over {takeover.LONGEST_S:.0f} s, none fails", measured.good)
    for text, times in measured.errors.items():
        print(f"  {times} x {text}")


def _told(found: list[Measured]) -> int:
    bad = [measured.name for measured in found if not measured.good]
    worst = max(found, key=lambda m: m.longest_s, default=None)
    tell(
        f"{len(found)} steps under writers, the longest statement",
        f"{worst.longest_s:.2f} s ({worst.name})" if worst else "none",
        f"{takeover.LONGEST_S:.0f} s",
        not bad,
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
