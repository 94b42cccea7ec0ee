"""Figures of orders and money, on a shop with many finished orders: right, and read from the indexes of what is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.seed import catalogue, orders, staff
from models import base, figures, job_runs, money_desk, order_desk
from models.base import connection
from models.payments import accounts, refunds, settling
from models.values import Money
from tests.factories import a_colleague, a_customer, a_proof, an_attempt, an_order
from tests.fulfilling import ACTS, a_paid_order
from tests.servers import Databases

NOW = datetime.now(UTC)
LOADED = ("orders", "payment_attempts", "payment_tasks", "payment_events", "refunds")
FILL = """
INSERT INTO orders ("userId", "orderNumber", state, "totalAmount", "totalKobo", "paymentMethod", "paymentStatus", "shippingAddress",
    "createdAt", "updatedAt")
SELECT (SELECT min(id) FROM users), 'F' || n, 'delivered', 10, 1000, 'Paystack', 'Paid', 'x', now() - interval '9 days', now()
FROM generate_series(1, 4000) n;
INSERT INTO payment_attempts ("orderId", "customerId", number, provider, kind, reference, "amountKobo", mode, status, "createdAt",
    "updatedAt")
SELECT id, (SELECT min(id) FROM customers), 1, 'paystack', 'link', "orderNumber" || '-a1', 1000, 'live', 'paid', now(), now()
FROM orders WHERE "orderNumber" LIKE 'F%%';
INSERT INTO payment_events (provider, "dedupeKey", body, status) SELECT 'paystack', 'f' || n, 'x', 'done' FROM generate_series(1, 4000) n;
INSERT INTO payments ("orderId", provider, "transactionId", "amountKobo", "appliedKobo", currency, mode, settled, "createdAt")
SELECT id, 'paystack', 'f' || id, 1000, 1000, 'NGN', 'live', 'applied', now() FROM orders WHERE "orderNumber" LIKE 'F%%';
INSERT INTO refunds ("paymentId", "orderId", provider, "amountKobo", reason, status, "requestedBy", "createdAt", "updatedAt")
SELECT id, "orderId", 'paystack', 1, 'x', 'done', 'clock', now(), now() FROM payments WHERE "transactionId" LIKE 'f%%';
INSERT INTO payment_tasks (kind, subject, "openedAt", "closedAt") SELECT 'short', 'f' || n, now(), now() FROM generate_series(1, 4000) n;
ANALYZE orders, payment_attempts, payment_events, payments, refunds, payment_tasks;
"""


@pytest.fixture(autouse=True)
def shop(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        base.bind(url)
        yield url
        base.drop_connection()


def test_figures_count_what_waits() -> None:
    ada, by = a_customer(), a_colleague().id
    an_order(ada, now=NOW - timedelta(hours=2))
    an_order(ada, payment="paystack", now=NOW)
    going = a_paid_order(ada)
    ACTS["cancel"](going, by)
    failing = a_paid_order(ada)
    ACTS["cancel"](failing, by)
    work = refunds.claim(refunds.of_order(failing)[0].id, 30, now=NOW + timedelta(days=999))
    assert work is not None
    refunds.failed(work, "no", now=NOW)
    short = an_attempt(ada, now=NOW)
    settling.settle(short.id, a_proof(short, amount=Money(5)), now=NOW)
    an_attempt(ada, now=NOW - timedelta(minutes=10))
    connection().execute("""INSERT INTO payment_events (provider, "dedupeKey", body) VALUES ('paystack', 'k', 'x')""")
    connection().execute("""UPDATE payment_attempts SET "createdAt" = now() - interval '10 minutes' WHERE status = 'open'""")

    job_runs.take(connection(), "check-books", NOW)
    job_runs.finish(connection(), "check-books", NOW, "2 violations")

    found = figures.gather(connection())

    since = (datetime.now(UTC) - NOW).total_seconds()  # this file was read long before, in a long run
    assert found["drugsng_orders_oldest_to_prepare_seconds"] == pytest.approx(7200 + since, abs=60)
    assert found["drugsng_payment_attempts_oldest_open_seconds"] == pytest.approx(600, abs=60)
    counted = {name.removeprefix("drugsng_"): int(value) for name, value in found.items() if "seconds" not in name}
    assert {name: value for name, value in counted.items() if value and name.startswith(("orders", "payment", "refunds"))} == {
        "orders_to_prepare": 1,
        "orders_pending_payment": 3,
        "payment_violations": 2,
        "payment_tasks_open": 2,
        "refunds_failed": 1,
        "refunds_under_way": 1,
        "payment_attempts_open": 1,
        "payment_events_pending": 1,
    }


def test_figures_and_counts_read_no_finished_order() -> None:
    an_order(a_customer())
    connection().execute(FILL)

    for statement in (figures.GATHER, order_desk.COUNTS, money_desk.COUNTS.replace("%(differences)s", "'{x}'")):
        plan = "\n".join(row[0] for row in connection().execute(f"EXPLAIN {statement}").fetchall())
        assert not re.search(rf"Seq Scan on ({'|'.join(LOADED)})\b", plan), plan


@pytest.mark.parametrize("tab", order_desk.TABS)
def test_a_page_of_a_tab_reads_no_more_than_its_rows(tab: str) -> None:
    an_order(a_customer())
    connection().execute(FILL)
    where, oldest_first = order_desk.TABS[tab]
    found = f"SELECT o.id FROM orders o WHERE {where} ORDER BY o.id {'' if oldest_first else 'DESC'} LIMIT 25"

    plan = "\n".join(row[0] for row in connection().execute(f"EXPLAIN {found}").fetchall())

    assert "Seq Scan on orders" not in plan


def test_the_demo_has_orders_in_every_tab_and_its_books_are_right() -> None:
    connection()
    catalogue.load(base.db)
    staff.load(base.db)

    made = [orders.load() for _ in range(2)]

    counts = order_desk.counts(connection())
    assert made == [len(orders.ORDERS), 0]
    assert min(counts.pay, counts.prepare, counts.way, counts.trouble) >= 1
    assert money_desk.counts(connection()).tasks == 1
    assert {row.state for row in order_desk.page(connection(), "done")} >= {"delivered", "cancelled"}
    assert accounts.violations() == []
    assert connection().execute("SELECT count(*) FROM inbox WHERE status = 'pending'").fetchone() == (0,)
