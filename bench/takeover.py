"""Taking over a big database of the old system: minutes, the longest wait of whoever writes meanwhile, rows changed, memory.

python -m bench.takeover [--users 100000] [--orders 200000] [--prescriptions 50000] [--sessions 100000]
                         [--appointments 50000] [--bookings 20000] [--writers 8] [--database URL [--keep NAME]]

Makes a database of version 1.x (on a server started for it, or beside the database at URL), runs `db adopt` and `db migrate` as
processes of their own, and meanwhile lets `--writers` connections write as the old program does. A statement of theirs that
takes longer than 2 s fails the run. `--keep NAME` leaves the database there by that name, and one at step 002 as NAME_002.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import psycopg
from psycopg import sql

from bench.commands import Ended, run
from bench.figures import tell
from bench.locks import Locks
from bench.writers import Writers
from local import services
from tests.old_databases import COPIES, V1_SCHEMA
from tests.servers import with_database

LONGEST_S = 2.0
BIG = ("users", "orders", "order_items", "prescriptions", "sessions", "appointments", "diagnostic_bookings")
NUMBERS = {
    "users": 100_000,
    "orders": 200_000,
    "prescriptions": 50_000,
    "sessions": 100_000,
    "appointments": 50_000,
    "bookings": 20_000,
}
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
# The old program never looked whether a time was taken: two and three visits of one doctor are at one time, past and to come.
CARE = """
INSERT INTO doctors (name, specialty, location, rating, "createdAt", "updatedAt")
SELECT 'Dr ' || i, 'General', 'Lagos', 4.5, now(), now() FROM generate_series(1, 200) i;
INSERT INTO diagnostic_tests (name, category, price, "createdAt", "updatedAt")
SELECT 'Test ' || i, 'Blood', 1000 * i, now(), now() FROM generate_series(1, 50) i;
INSERT INTO appointments ("userId", "doctorId", "dateTime", status, "createdAt", "updatedAt")
SELECT 1 + i % {users}, 1 + i % 200, date_trunc('hour', now()) + (i / 500 - 60) * interval '30 minutes',
    (ARRAY['Scheduled', 'Completed', 'Cancelled', NULL])[1 + i % 4]::enum_appointments_status, now(), now()
FROM generate_series(1, {appointments}) i;
INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "sampleCollectionLocation", "totalAmount", status,
    "createdAt", "updatedAt") SELECT 1 + i % {users}, 1 + i % 50, current_date + i % 60 - 50, 'Street ' || i, 5000,
    (ARRAY['Pending', 'Scheduled', 'Completed'])[1 + i % 3]::enum_diagnostic_bookings_status, now(), now()
FROM generate_series(1, {bookings}) i;
"""
# Visits to come that have their time for themselves; that stand beside one that has it; those that nothing keeps free; and times
# kept for a visit that is over or elsewhere.
BESIDE = """
SELECT count(*) FILTER (WHERE own), count(*) FILTER (WHERE beside AND NOT own), count(*) FILTER (WHERE NOT own AND NOT beside),
    (SELECT count(*) FROM visit_times t JOIN appointments a ON a.id = t."appointmentId"
        WHERE a.state NOT IN ('held', 'booked') OR t.during <> tstzrange(a."dateTime", a."endsAt")) FROM (
    SELECT EXISTS (SELECT FROM visit_times t WHERE t."appointmentId" = a.id) AS own,
        EXISTS (SELECT FROM visit_times t WHERE t."doctorId" IS NOT NULL AND t.during && tstzrange(a."dateTime", a."endsAt")
            AND int4range(t."doctorId", t."doctorId", '[]') && int4range(a."doctorId", a."doctorId", '[]')) AS beside
    FROM appointments a WHERE state IN ('held', 'booked') AND "dateTime" > now()) visits
"""


def make(url: str, rows: dict[str, int]) -> None:
    """The old program's tables with so many `rows` (keys of NUMBERS) at `url`, an empty database."""
    with psycopg.connect(url, autocommit=True, application_name="psql") as conn:
        conn.execute(V1_SCHEMA)
        conn.execute("RESET ALL")
        for text in (PEOPLE, SALES, CARE):
            for statement in text.format(**(NUMBERS | rows)).split(";\n"):
                if statement.strip():
                    conn.execute(statement)
        conn.execute(COPIES)
        conn.execute("ANALYZE")


def main() -> int:
    parser = argparse.ArgumentParser(description="Taking over a big database of the old system.")
    for name, number in (*NUMBERS.items(), ("writers", 8)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--database", help="a server's address; a database is made on it. Without it a server is started")
    parser.add_argument("--keep", metavar="NAME", help="leave the database there by this name, and one of step 002 as NAME_002")
    given = parser.parse_args()
    rows = {name: getattr(given, name) for name in NUMBERS}
    with ExitStack() as stack:
        server = given.database or stack.enter_context(services.throwaway()).start(valkey=False)[0]
        url = with_database(server, given.keep or f"bench_takeover_{os.getpid()}")
        admin = stack.enter_context(psycopg.connect(server, autocommit=True))
        name = url.rpartition("/")[2]
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        if not given.keep:
            stack.callback(lambda: admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))))
        began = time.monotonic()
        make(url, rows)
        size = admin.execute("SELECT pg_size_pretty(pg_database_size(%s))", (name,)).fetchone()
        made = f"made {', '.join(f'{count:,} {what}' for what, count in rows.items())} in {time.monotonic() - began:.0f} s"
        print(f"{made}, {size[0] if size else '?'}", flush=True)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(f"{name}_002"), sql.Identifier(name)
        )
        return measure(url, rows, given.writers, lambda: admin.execute(copy) if given.keep else None)


def measure(url: str, rows: dict[str, int], count: int, between: Callable[[], object]) -> int:
    """Adopts, does `between` while nobody writes, migrates; then tells."""
    writers = Writers(url, rows | {"diagnostic_bookings": rows["bookings"]}, count)

    def heard(line: str) -> None:
        writers.doing = line

    with Locks(url).watching() as adopting, writers.at_work():
        adopted = run(["db", "adopt", *(["--while-running"] if count else [])], url, heard)
    between()
    migrated = Ended(0.0, 1, 0)
    with Locks(url).watching() as migrating, writers.at_work():
        if adopted.code == 0:
            migrated = run(["db", "migrate"], url, heard)
    both = (adopted.code, migrated.code) == (0, 0)
    with psycopg.connect(url) as conn:
        changed = conn.execute('SELECT count(*), count(DISTINCT ("table", "rowId")) FROM drugsng_adopted_values').fetchone()
        new = conn.execute('SELECT count(*) FROM orders WHERE state IS NULL OR "totalKobo" IS NULL').fetchone()
        held = conn.execute(BESIDE).fetchone()
    assert changed
    assert new
    assert held
    what = "take over " + ", ".join(f"{number:,} {name}" for name, number in rows.items())
    tell(
        f"{what}: adopt and migrate", f"{adopted.seconds / 60:.2f} + {migrated.seconds / 60:.2f} minutes", "both end with 0", both
    )
    found = f"{changed[1]:,}, {changed[0]:,}, {new[0]:,}"
    tell("rows changed, values kept, orders without state or kobo", found, "0 orders", new[0] == 0)
    tell("visits to come: with a time of their own, beside another, without either; times kept for nobody",
         "{:,}, {:,}, {:,}; {:,}".format(*held), "the last two are 0", not held[2] and not held[3])  # fmt: skip
    tell("peak memory of adopt and of migrate", f"{adopted.peak_bytes / 1e6:.0f} and {migrated.peak_bytes / 1e6:.0f} MB")
    for name, locks in (("adopt", adopting), ("migrate", migrating)):
        tell(f"longest lock of {name} that keeps writers out of a big table", f"{locks.longest(BIG)}; {locks.longest_wait(BIG)}")
    if count:
        _tell_of_writers(writers, count, adopting.looks_blocked + migrating.looks_blocked)
    return 0 if both and not held[2] and not held[3] and writers.longest_s <= LONGEST_S and not writers.errors else 1


def _tell_of_writers(writers: Writers, count: int, blocked: int) -> None:
    longest = f"{writers.longest_s:.2f} s ({writers.longest_during})"
    tell(f"longest statement of {count} writers", longest, f"{LONGEST_S:.0f} s", writers.longest_s <= LONGEST_S)
    tell("writers' statements, looks at which one waited for a lock, errors",
         f"{writers.statements:,}, {blocked:,}, {sum(writers.errors.values()):,}", "no errors", not writers.errors)  # fmt: skip
    for text, times in writers.errors.items():
        print(f"  {times} x {text}")


if __name__ == "__main__":
    sys.exit(main())
