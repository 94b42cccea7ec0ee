"""Migration 011 up, down and up again, on a shop whose orders have riders, with the old program still writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any, NamedTuple

import psycopg
import pytest

from models import base, fulfilment, orders
from models.migrating import migrate, rollback
from tests.factories import NOW, a_colleague, a_customer, an_order, order_id
from tests.servers import Databases
from tests.test_migrations_v1 import shape

COLUMNS = '"riderName", "riderPhone", "shippedAt", "deliveredAt"'


class AtWork(NamedTuple):
    url: str
    later_steps: int
    customer: int
    delivered: str
    shipped: str
    preparing: str


@pytest.fixture
def shop(databases: Databases) -> Iterator[AtWork]:
    with databases.fresh() as url:
        base.bind(url)
        ada, by = a_customer(), a_colleague().id
        numbers = [an_order(ada) for _ in range(3)]
        for number in numbers[:2]:
            fulfilment.ship(number, "Sunday Etim", "08031234567", by=by, now=NOW)
        fulfilment.deliver(numbers[0], by=by, now=NOW)
        steps = [row[0] for row in base.connection().execute("SELECT name FROM migratehistory ORDER BY name").fetchall()]
        base.drop_connection()
        yield AtWork(url, sum(step > "011_add_order_desk" for step in steps), ada, *numbers)
        base.drop_connection()


def ask(url: str, statement: str, *values: object) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute(statement, values)
        return done.fetchall() if done.description else []


def riders(url: str) -> list[Any]:
    return ask(url, f"SELECT id, {COLUMNS}, state, status::text FROM orders ORDER BY id")


def test_a_shop_goes_back_and_forth_without_losing_a_rider(shop: AtWork) -> None:
    before, schema = riders(shop.url), shape(shop.url)

    rollback(shop.url, shop.later_steps + 1)
    named = ask(shop.url, "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'")
    migrate(shop.url)

    assert [row[1:3] for row in before] == [("Sunday Etim", "+2348031234567")] * 2 + [(None, None)]
    assert not {"riderName", "riderPhone", "shippedAt", "deliveredAt"} & {row[0] for row in named}
    assert riders(shop.url) == before
    assert shape(shop.url) == schema
    assert ask(shop.url, "SELECT to_regclass('rollback_011')") == [(None,)]
    base.bind(shop.url)
    assert orders.get(shop.customer, shop.shipped).rider == "Sunday Etim"


def test_the_old_program_writes_after_the_way_back_and_what_it_deleted_stays_kept(shop: AtWork) -> None:
    ids = [order_id_at(shop.url, number) for number in (shop.delivered, shop.shipped)]
    rollback(shop.url, shop.later_steps + 1)
    ask(shop.url, "DELETE FROM orders WHERE id = %s", ids[0])
    ask(shop.url, "UPDATE orders SET status = 'Delivered' WHERE id = %s", ids[1])

    migrate(shop.url)

    assert ask(shop.url, "SELECT kept->>'id' FROM rollback_011") == [(str(ids[0]),)]
    assert ask(shop.url, """SELECT "riderName", state FROM orders WHERE id = %s""", ids[1]) == [("Sunday Etim", "delivered")]


def test_a_shop_without_riders_keeps_nothing(databases: Databases) -> None:
    with databases.fresh() as url:
        steps = ask(url, "SELECT count(*) FROM migratehistory WHERE name >= '011'")[0][0]

        rollback(url, steps)

        assert ask(url, "SELECT to_regclass('rollback_011')") == [(None,)]


def test_after_the_old_programs_start_removed_the_columns_the_step_can_be_taken_back_and_again(shop: AtWork) -> None:
    for column in ("riderName", "riderPhone", "shippedAt", "deliveredAt"):
        ask(shop.url, f'ALTER TABLE orders DROP COLUMN "{column}"')
    ask(shop.url, "UPDATE orders SET status = 'Shipped' WHERE id = %s", order_id_at(shop.url, shop.preparing))

    rollback(shop.url, shop.later_steps + 1)
    migrate(shop.url)

    assert [row[1:5] for row in riders(shop.url)] == [(None,) * 4] * 3


def test_the_step_can_be_run_again_after_a_break_and_makes_a_cut_index_anew(shop: AtWork) -> None:
    before, schema = riders(shop.url), shape(shop.url)
    ask(shop.url, "DELETE FROM migratehistory WHERE name >= '011'")
    ask(shop.url, "DROP INDEX orders_on_the_way, customers_words")
    ask(shop.url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_to_prepare'::regclass")

    migrate(shop.url)

    assert riders(shop.url) == before
    assert shape(shop.url) == schema


def test_orders_are_written_while_the_step_is_taken(shop: AtWork) -> None:
    rollback(shop.url, shop.later_steps + 1)
    done = Event()
    written: list[float] = []

    def write() -> None:
        with psycopg.connect(shop.url, autocommit=True) as conn:
            while not done.is_set() and len(written) < 5_000:
                began = time.perf_counter()
                conn.execute("""UPDATE orders SET "updatedAt" = now() WHERE "orderNumber" = %s""", (shop.preparing,))
                written.append(time.perf_counter() - began)
                done.wait(0.002)

    writer = Thread(target=write)
    writer.start()
    migrate(shop.url)
    done.set()
    writer.join(20)

    assert len(written) > 5
    assert max(written) < 2


def order_id_at(url: str, number: str) -> int:
    base.bind(url)
    found = order_id(number)
    base.drop_connection()
    return found
