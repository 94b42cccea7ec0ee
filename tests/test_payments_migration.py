"""Migration 009 up, down and up again, on a shop that has taken and returned money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
import pytest

from models import base, orders
from models.base import connection
from models.migrating import migrate, rollback
from models.payments import accounts, events, refunds, settling
from models.payments.values import Attempt
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.servers import Databases
from tests.test_migrations_v1 import shape

OURS = ("payment_events", "payment_attempts", "payments", "refunds", "payment_tasks")


class AtWork(NamedTuple):
    url: str
    later_steps: int
    paid: Attempt
    open: Attempt
    cancelled: Attempt


@pytest.fixture
def shop(databases: Databases) -> Iterator[AtWork]:
    with databases.fresh() as url:
        base.bind(url)
        ada = a_customer()
        paid, left_open, cancelled, short = (an_attempt(ada) for _ in range(4))
        for attempt in (paid, cancelled):
            settling.settle(attempt.id, a_proof(attempt), now=NOW)
        settling.settle(short.id, a_proof(short, amount=short.amount * 0), now=NOW)
        orders.cancel(ada, cancelled.order_number, now=NOW)
        work = refunds.claim(refunds.of_order(cancelled.order_number)[0].id, 30, now=NOW)
        assert work is not None
        refunds.needs_attention(work, "r1", now=NOW)
        events.store(connection(), "paystack", "k1", kind="charge", reference=paid.reference, body=b'\x00"\xff')
        steps = [row[0] for row in connection().execute("SELECT name FROM migratehistory ORDER BY name").fetchall()]
        base.drop_connection()
        yield AtWork(url, sum(step > "009_add_payments" for step in steps), paid, left_open, cancelled)
        base.drop_connection()


def ask(url: str, statement: str, *values: object) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute(statement, values)
        return done.fetchall() if done.description else []


def everything(url: str) -> dict[str, list[Any]]:
    return {table: ask(url, f"SELECT to_jsonb(t) FROM {table} t ORDER BY id") for table in OURS}


def test_a_shop_goes_back_and_forth_without_losing_a_row(shop: AtWork) -> None:
    before, schema = everything(shop.url), shape(shop.url)

    rollback(shop.url, shop.later_steps + 1)
    assert [ask(shop.url, "SELECT to_regclass(%s)", table) for table in OURS] == [[(None,)]] * 5
    migrate(shop.url)

    assert all(before.values())
    assert everything(shop.url) == before
    assert shape(shop.url) == schema
    assert ask(shop.url, "SELECT to_regclass('rollback_009')") == [(None,)]


def test_after_the_way_back_and_forth_payments_go_on(shop: AtWork) -> None:
    rollback(shop.url, shop.later_steps + 1)
    migrate(shop.url)
    base.bind(shop.url)

    assert settling.settle(None, a_proof(shop.open), now=NOW).kind == "applied"
    assert settling.settle(None, a_proof(shop.paid), now=NOW).kind == "double"
    work = refunds.claim(refunds.of_order(shop.cancelled.order_number)[0].id, 30, now=NOW + timedelta(days=1))
    assert work is not None
    assert refunds.done(work, now=NOW)
    assert accounts.violations() == []


def test_money_of_an_order_deleted_meanwhile_is_kept_and_nothing_else_is_lost(shop: AtWork) -> None:
    rollback(shop.url, shop.later_steps + 1)
    ask(shop.url, "DELETE FROM orders WHERE id = %s", shop.paid.order_id)

    migrate(shop.url)

    kept = dict(ask(shop.url, "SELECT source, count(*) FROM rollback_009 GROUP BY 1"))
    assert kept == {"payment_attempts": 1, "payments": 1}
    assert [len(rows) for rows in everything(shop.url).values()] == [1, 3, 2, 1, 2]


def test_the_step_can_be_run_again_after_a_break(shop: AtWork) -> None:
    before = everything(shop.url)
    ask(shop.url, "DELETE FROM migratehistory WHERE name >= '009'")
    ask(shop.url, "DROP INDEX payments_one_an_order; DROP INDEX payment_tasks_open")

    migrate(shop.url)

    assert everything(shop.url) == before


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("""INSERT INTO payments (provider, "transactionId", "amountKobo", currency, mode, settled, "createdAt")
            SELECT provider, "transactionId", 1, 'NGN', 'live', 'unknown', now() FROM payments LIMIT 1""", "payments_once"),
        ("""UPDATE payments SET settled = 'applied', "orderId" = (SELECT "orderId" FROM payments WHERE settled = 'applied' LIMIT 1)
            WHERE settled = 'short'""", "payments_one_an_order"),
        ("""UPDATE payments SET "appliedKobo" = "amountKobo" + 1""", "check"),
        ("""UPDATE payment_attempts SET status = 'open'
            WHERE "orderId" = (SELECT "orderId" FROM payment_attempts LIMIT 1); INSERT INTO payment_attempts ("orderId",
            "customerId", number, provider, kind, reference, "amountKobo", mode, status, "createdAt", "updatedAt")
            SELECT "orderId", "customerId", 9, provider, kind, 'x', 1, 'live', 'starting', now(), now() FROM payment_attempts
            WHERE status = 'open' LIMIT 1""", "payment_attempts_one_open"),
        ("""UPDATE payment_attempts SET reference = 'same'""", "payment_attempts_reference"),
    ],
)  # fmt: skip
def test_the_database_itself_refuses_what_must_never_be(shop: AtWork, statement: str, error: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match=error):
        ask(shop.url, statement)
