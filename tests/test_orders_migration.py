"""Migration 006 up, down and up again: on the old system's data and on a shop that has been at work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from models import base, carts, orders
from models.migrating import migrate, rollback
from tests.factories import NOW, a_customer, a_product, an_order, order_id
from tests.servers import Databases, with_database
from tests.taken_over import At, ask, shape

OLD_ORDER = (
    'id, "userId", status, "totalAmount", "paymentMethod", "paymentStatus", "paymentReference", "shippingAddress", "orderDate", '
    '"createdAt", "updatedAt"'
)
OLD_ITEM = 'id, "orderId", "productId", quantity, price, "createdAt", "updatedAt"'
OURS = ("orders", "order_items", "cart_lines", "cart_versions", "stock_reservations", "order_events")


@pytest.fixture
def url(databases: Databases, old_at: At) -> Iterator[str]:
    """The old system's data just before this step."""
    with databases.copy(old_at("005")) as url:
        yield url
        base.drop_connection()


def everything(url: str) -> dict[str, list[Any]]:
    return {table: ask(url, f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)->>'id', 1") for table in OURS}


class AtWork(NamedTuple):
    """A shop after this step, its customer, and the numbers of that customer's orders by what became of them."""

    url: str
    ada: int
    made: dict[str, str]


@pytest.fixture(scope="module")
def template_at_work(databases: Databases, old_at: At) -> AtWork:
    name = databases.create(old_at("005"))
    url = with_database(databases.server_url, name)
    newer = [step for step in migrate(url) if step > "007"]  # the shop works on the present schema; later steps are taken back
    base.bind(url)
    ada = a_customer()
    medicine, device = a_product(stock=50), a_product("Thermometer", kind="health", stock=50)
    lines = {medicine: 2, device: 1}
    made = {
        "cash": an_order(ada, lines),
        "unpaid": an_order(ada, {device: 2}, payment="paystack"),
        "paid": an_order(ada, lines, payment="paystack", state="paid"),
        "delivered": an_order(ada, lines, state="delivered"),
        "cancelled": an_order(ada, lines, state="cancelled"),
        "expired": an_order(ada, lines, payment="flutterwave", state="expired"),
    }
    carts.add(ada, medicine, 3, now=NOW)
    carts.add(ada, device, 1, now=NOW)
    base.drop_connection()
    rollback(url, len(newer))
    return AtWork(name, ada, made)


@pytest.fixture
def shop(databases: Databases, template_at_work: AtWork) -> Iterator[AtWork]:
    """The shop at work, this test's own."""
    with databases.copy(template_at_work.url) as url:
        base.bind(url)
        yield template_at_work._replace(url=url)
        base.drop_connection()


def states_of(url: str, customer: int) -> dict[str, str]:
    """Number and state of a customer's orders: today's program reads columns that later steps made."""
    return dict(ask(url, """SELECT "orderNumber", state FROM orders WHERE "customerId" = %s""", customer))


def test_every_old_order_gets_its_id_as_number_and_a_state_and_nothing_else_changes(url: str) -> None:
    before = ask(url, f"SELECT {OLD_ORDER} FROM orders ORDER BY id"), ask(url, f"SELECT {OLD_ITEM} FROM order_items ORDER BY id")

    migrate(url, to="006")

    assert (
        ask(url, f"SELECT {OLD_ORDER} FROM orders ORDER BY id"),
        ask(url, f"SELECT {OLD_ITEM} FROM order_items ORDER BY id"),
    ) == before
    assert len(before[0]) == 40
    assert ask(url, """SELECT id FROM orders WHERE "orderNumber" <> id::text""") == []
    assert dict(ask(url, "SELECT id, state FROM orders WHERE id IN (1, 3, 4, 5, 7, 12, 13)")) == {
        1: "delivered",
        3: "pending_payment",
        4: "cancelled",
        5: "shipped",
        7: "processing",
        12: "pending_payment",
        13: "shipped",
    }
    assert ask(url, "SELECT count(*) FROM order_events") == [(0,)]


def test_the_way_back_leaves_the_schema_and_every_old_value_as_they_were(url: str) -> None:
    before = ask(url, f"SELECT {OLD_ORDER} FROM orders ORDER BY id"), ask(url, f"SELECT {OLD_ITEM} FROM order_items ORDER BY id")
    schema = shape(url)
    migrate(url, to="006")

    rollback(url)

    assert shape(url) == schema
    assert (
        ask(url, f"SELECT {OLD_ORDER} FROM orders ORDER BY id"),
        ask(url, f"SELECT {OLD_ITEM} FROM order_items ORDER BY id"),
    ) == before


def test_a_shop_at_work_goes_back_and_forth_without_losing_a_row(shop: AtWork) -> None:
    url = shop.url
    before = everything(url)

    rollback(url)
    assert ask(url, """SELECT count(*) FROM order_items WHERE "productId" IS NULL""") == [(0,)]
    migrate(url, to="006")

    assert everything(url) == before
    assert ask(url, "SELECT to_regclass('rollback_006')") == [(None,)]


def test_after_the_way_back_and_forth_the_shop_goes_on(shop: AtWork) -> None:
    url, ada, made = shop
    rollback(url)
    migrate(url)

    assert orders.cancel(ada, made["unpaid"], now=NOW) == made["unpaid"]
    assert {order.number: order.status for order in orders.of(ada, limit=10).orders} == {
        made["cash"]: "processing",
        made["unpaid"]: "cancelled",
        made["paid"]: "paid",
        made["delivered"]: "delivered",
        made["cancelled"]: "cancelled",
        made["expired"]: "expired",
    }
    assert carts.add(ada, a_product("Another"), 1, now=NOW).count == 3
    assert an_order(ada, {a_product("One more"): 1})


def test_the_old_program_reads_writes_and_deletes_after_the_way_back_and_is_believed_afterwards(shop: AtWork) -> None:
    url, ada, made = shop
    ids = {name: order_id(number) for name, number in made.items()}
    rollback(url)
    ask(url, "UPDATE orders SET status = 'Cancelled' WHERE id = %s", ids["cash"])
    ask(url, """UPDATE orders SET status = 'Shipped', "paymentStatus" = 'Paid' WHERE id = %s""", ids["unpaid"])
    ask(url, "DELETE FROM orders WHERE id = %s", ids["delivered"])
    ask(
        url,
        """INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
           VALUES (1, 10, 'Paystack', 'To be provided', now(), now())""",
    )

    migrate(url, to="006")

    states = states_of(url, ada)
    assert states == {
        made["cash"]: "cancelled",
        made["unpaid"]: "shipped",
        made["paid"]: "paid",
        made["cancelled"]: "cancelled",
        made["expired"]: "expired",
    }
    kept = dict(ask(url, "SELECT source, count(*) FROM rollback_006 GROUP BY source"))
    assert kept == {"orders": 1, "order_items": 2, "stock_reservations": 2, "order_events": 3}
    assert ask(url, "SELECT kept->>'orderNumber' FROM rollback_006 WHERE source = 'orders'") == [(made["delivered"],)]


def test_the_old_program_works_after_its_start_removed_our_columns_and_numbers_come_back(shop: AtWork) -> None:
    url, ada, made = shop
    base.drop_connection()
    for column in ("customerId", "orderNumber", "state", "deliveryFeeKobo", "deliveryKind", "latitude", "longitude"):
        ask(url, f'ALTER TABLE orders DROP COLUMN "{column}"')
    ask(url, "UPDATE orders SET status = 'Shipped' WHERE id = 1")
    ask(
        url,
        """INSERT INTO orders ("userId", "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
           VALUES (1, 10, 'Paystack', 'To be provided', now(), now())""",
    )

    rollback(url)
    migrate(url, to="006")

    found = states_of(url, ada)
    assert set(found) == set(made.values())
    assert (found[made["paid"]], found[made["delivered"]]) == ("paid", "delivered")


def test_the_step_and_its_way_back_can_be_run_again_after_a_break(shop: AtWork) -> None:
    url = shop.url
    before = everything(url)
    ask(url, "DELETE FROM migratehistory WHERE name LIKE '006%%'")
    ask(url, "DROP INDEX orders_number; ALTER TABLE orders DROP CONSTRAINT orders_state_known")

    migrate(url, to="006")
    assert everything(url) == before

    ask(
        url,
        """CREATE TABLE rollback_006 (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL,
               "keptAt" timestamptz NOT NULL DEFAULT now());
           INSERT INTO rollback_006 (source, kept) SELECT 'cart_lines', to_jsonb(t) FROM cart_lines t;
           DROP TABLE cart_lines""",
    )
    rollback(url)
    migrate(url, to="006")

    assert everything(url) == before


def test_the_schema_is_the_same_on_an_old_database_and_a_new_one(url: str, empty_database_url: str) -> None:
    migrate(url, to="006")
    migrate(empty_database_url, to="006")

    assert shape(url) == shape(empty_database_url)


def test_a_big_table_is_filled_without_reading_it_again_for_every_row(url: str) -> None:
    ask(
        url,
        """INSERT INTO orders ("userId", status, "totalAmount", "paymentMethod", "shippingAddress", "createdAt", "updatedAt")
           SELECT 1 + g %% 20, 'Delivered', g, 'Paystack', 'x', now(), now() FROM generate_series(1, 5000) g""",
    )

    migrate(url, to="006")

    assert ask(url, """SELECT count(*) FROM orders WHERE state = 'delivered' AND "orderNumber" = id::text""")[0][0] >= 5000
    ((scans,),) = ask(url, "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'orders'")
    assert scans < 200  # once a row would be thousands
