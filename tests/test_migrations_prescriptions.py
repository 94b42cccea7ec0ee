"""Migrations 007 and 008 up, down and up again: on the old system's data and on a shop whose pharmacists have been at work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from models.migrating import migrate, rollback
from tests.servers import Databases, with_database
from tests.taken_over import At, ask, shape

OLD_COLUMNS = (
    'id, "orderId", "fileUrl", "extractedText", "verificationStatus", "pharmacistNotes", "verifiedBy", "verifiedAt", "createdAt", '
    '"updatedAt", "extractionStatus"'
)
OURS = (
    *("prescriptions", "prescription_pages", "prescription_decisions", "prescription_items", "media", "staff", "audit"),
    *("cart_lines", "order_items"),
)
# Ids from 900 on are ours: 900 came by itself, 901 with order 1; both are decided but 902, which is being read.
AT_WORK = r"""
INSERT INTO customers (id) VALUES (900), (901);
INSERT INTO media (id, "customerId", kind, "mediaId", purpose, "createdAt", "storedAs", size, "contentType", "storedAt", sha256)
    VALUES (900, 900, 'image', 'm0', 'prescription', now(), 'prescriptions/x', 10, 'image/jpeg', now(), 'ab'),
        (901, 900, 'image', 'm1', 'prescription', now(), '', NULL, '', NULL, ''),
        (902, 901, 'image', 'm2', 'prescription', now(), '', NULL, '', NULL, '');
INSERT INTO prescriptions (id, "orderId", "customerId", "mediaRow", state, "fileUrl", reading, "pictureHash", "writtenOn", flags,
        answers, "readyAt", version, attempts, "createdAt", "updatedAt", "verificationStatus", "duplicateOf")
    VALUES (900, NULL, 900, 900, 'approved', 'media:900', '\x00ff01', -5, '2026-11-01', '{unsure,duplicate}', '\xfe', now(), 7, 2,
            now(), now(), 'Verified', 901),
        (901, 1, 900, 901, 'waiting', 'media:901', '\x01', 5, NULL, '{}', NULL, now(), 3, 1, now(), now(), 'Pending', NULL),
        (902, NULL, 901, 902, 'reading', 'media:902', NULL, NULL, NULL, '{}', NULL, NULL, 0, 0, now(), now(), 'Pending', NULL);
SELECT setval('prescriptions_id_seq', 902);
INSERT INTO prescription_pages VALUES (900, 0, 'flat', 'photo', 800, 600), (901, 0, 'flat', 'photo', 80, 60);
INSERT INTO prescription_decisions (id, "prescriptionId", at, kind, "staffId", "staffName", record)
    VALUES (40, 900, now(), 'asked', 1, 'Pat', '\x0102'), (41, 900, now(), 'approved', 1, 'Pat', '\x03'),
        (42, 901, now(), 'passed_on', 1, 'Pat', '\x04');
INSERT INTO prescription_items (id, "prescriptionId", "decisionId", "customerId", line, "productId", quantity, "expiresAt", "orderId",
        "usedAt")
    VALUES (70, 900, 41, 900, 0, 1, 2, now() + interval '90 d', NULL, NULL),
        (71, 900, 41, 900, 1, 2, 1, now() + interval '90 d', 1, now());
INSERT INTO cart_lines ("customerId", "productId", quantity, "addedAt", "prescriptionItemId") VALUES (900, 1, 2, now(), 70);
UPDATE order_items SET "prescriptionItemId" = 71 WHERE id = (SELECT min(id) FROM order_items);
INSERT INTO staff (id, email, name, role, "licenceNumber", "passwordHash", "passwordChangedAt")
    VALUES (5, 'pat@example.com', 'Pat', 'pharmacist', 'PCN 1', 'x', now());
INSERT INTO staff_sessions VALUES ('\x01', 5, now(), now(), now());
INSERT INTO audit (id, "staffId", act, detail) VALUES (9, 5, 'login', '{"a": 1}');
"""


@pytest.fixture(scope="session")
def at_work(databases: Databases, old_at: At) -> str:
    name = databases.create(old_at("006"))
    url = with_database(databases.server_url, name)
    migrate(url, to="008")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(AT_WORK)
    return name


@pytest.fixture
def url(databases: Databases, old_at: At) -> Iterator[str]:
    """The old system's data just before these steps."""
    with databases.copy(old_at("006")) as url:
        yield url


@pytest.fixture
def shop(databases: Databases, at_work: str) -> Iterator[str]:
    """The shop at work, this test's own."""
    with databases.copy(at_work) as url:
        yield url


def everything(url: str) -> dict[str, list[Any]]:
    return {table: ask(url, f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text") for table in OURS}


def back(url: str) -> None:
    rollback(url, 2)


def forth(url: str) -> None:
    migrate(url, to="008")


def test_the_old_rows_stay_as_they_are_and_are_in_no_queue_of_ours(url: str) -> None:
    before = ask(url, f"SELECT {OLD_COLUMNS} FROM prescriptions ORDER BY id")

    forth(url)

    assert before
    assert ask(url, f"SELECT {OLD_COLUMNS} FROM prescriptions ORDER BY id") == before
    assert ask(url, "SELECT DISTINCT state FROM prescriptions") == [(None,)]


def test_the_way_back_leaves_the_schema_and_every_old_value_as_they_were(url: str) -> None:
    before, schema = ask(url, f"SELECT {OLD_COLUMNS} FROM prescriptions ORDER BY id"), shape(url)
    forth(url)

    back(url)

    assert shape(url) == schema
    assert ask(url, f"SELECT {OLD_COLUMNS} FROM prescriptions ORDER BY id") == before
    assert ask(url, "SELECT to_regclass('rollback_007'), to_regclass('rollback_008')") == [(None, None)]


def test_the_way_back_of_a_shop_at_work_leaves_the_schema_as_it_was(url: str, shop: str) -> None:
    back(shop)

    assert shape(shop) == shape(url)
    assert ask(shop, """SELECT count(*) FROM prescriptions WHERE "orderId" IS NULL""") == [(0,)]


def test_a_shop_at_work_goes_back_and_forth_without_losing_anything(shop: str) -> None:
    before = everything(shop)

    back(shop)
    forth(shop)

    assert everything(shop) == before
    assert ask(shop, "SELECT to_regclass('rollback_007'), to_regclass('rollback_008')") == [(None, None)]
    assert ask(shop, "SELECT count(*) FROM staff_sessions") == [(0,)]  # everybody signs in again


def test_numbers_go_on_where_they_were(shop: str) -> None:
    back(shop)
    forth(shop)

    for table, last in (
        ("prescriptions", 902),
        ("prescription_decisions", 42),
        ("prescription_items", 71),
        ("staff", 5),
        ("audit", 9),
    ):
        assert ask(shop, f"SELECT nextval('{table}_id_seq')")[0][0] > last, table


def test_what_the_old_program_decided_after_the_way_back_is_believed(shop: str) -> None:
    back(shop)
    ask(shop, """UPDATE prescriptions SET "verificationStatus" = 'Rejected', "pharmacistNotes" = 'no stamp' WHERE id = 901""")

    forth(shop)

    found = ask(shop, """SELECT state, "verificationStatus", "pharmacistNotes", reading FROM prescriptions WHERE id = 901""")
    assert found == [("rejected", "Rejected", "no stamp", b"\x01")]


def test_what_the_old_program_deleted_stays_deleted_and_what_leaned_on_it_is_kept(shop: str) -> None:
    back(shop)
    ask(shop, "DELETE FROM prescriptions WHERE id = 901")

    forth(shop)

    assert ask(shop, "SELECT id FROM prescriptions WHERE id = 901") == []
    kept = dict(ask(shop, "SELECT source, count(*) FROM rollback_007 GROUP BY 1"))
    assert kept == {"prescriptions": 1, "prescription_pages": 1, "prescription_decisions": 1}


def test_customers_orders_and_files_that_went_meanwhile_do_not_stop_the_way_forth(shop: str) -> None:
    back(shop)
    ask(shop, "DELETE FROM customers WHERE id = 901")
    ask(shop, "DELETE FROM media WHERE id = 900")
    ask(
        shop,
        'DELETE FROM prescriptions WHERE "orderId" = 1; DELETE FROM order_items WHERE "orderId" = 1; DELETE FROM orders WHERE id = 1',
    )

    forth(shop)

    assert ask(shop, """SELECT id, "mediaRow" FROM prescriptions WHERE id >= 900""") == [(900, None)]
    assert ask(shop, """SELECT "orderId", "usedAt" IS NOT NULL FROM prescription_items ORDER BY id""") == [
        (None, False),
        (None, True),
    ]


def test_the_old_programs_start_may_remove_our_columns_without_stopping_the_way_back(shop: str) -> None:
    for column in ("customerId", "mediaRow", "state", "reading", "flags", "version"):
        ask(shop, f'ALTER TABLE prescriptions DROP COLUMN "{column}"')

    back(shop)
    forth(shop)

    assert ask(shop, "SELECT id, state FROM prescriptions WHERE id >= 900") == [(901, None)]
    assert ask(shop, """SELECT count(*) FROM rollback_007 WHERE source = 'prescriptions'""") == [(2,)]


def test_the_steps_and_their_ways_back_can_be_run_again_after_a_break(shop: str) -> None:
    before = everything(shop)
    ask(shop, "DELETE FROM migratehistory WHERE name LIKE '007%%' OR name LIKE '008%%'")
    ask(shop, "DROP INDEX prescriptions_queue; ALTER TABLE prescriptions DROP CONSTRAINT prescriptions_state_known")
    forth(shop)
    assert everything(shop) == before

    rollback(shop)
    ask(
        shop,
        """CREATE TABLE rollback_007 (id bigserial PRIMARY KEY, source text NOT NULL, kept jsonb NOT NULL,
               "keptAt" timestamptz NOT NULL DEFAULT now());
           INSERT INTO rollback_007 (source, kept) SELECT 'prescription_items', to_jsonb(t) FROM prescription_items t;
           DROP TABLE prescription_items""",
    )
    rollback(shop)
    forth(shop)

    assert everything(shop) == before


def test_the_schema_is_the_same_on_an_old_database_and_a_new_one(url: str, empty_database_url: str) -> None:
    forth(url)
    forth(empty_database_url)

    assert shape(url) == shape(empty_database_url)


@pytest.mark.parametrize("table", ["prescription_decisions", "audit"])
@pytest.mark.parametrize("how", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_signed_or_seen_is_neither_changed_nor_removed(shop: str, table: str, how: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        ask(shop, how.format(table))


def test_a_customer_who_is_deleted_takes_prescriptions_and_records_along(shop: str) -> None:
    ask(shop, 'DELETE FROM orders WHERE "customerId" = 900')

    ask(shop, "DELETE FROM customers WHERE id = 900")

    assert ask(shop, "SELECT (SELECT count(*) FROM prescription_decisions), (SELECT count(*) FROM prescription_items)") == [
        (0, 0)
    ]
