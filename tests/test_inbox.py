"""What comes in is stored once, whoever it is from and however often it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from models import base, inbox
from models.envelope import InboundItem
from tests.children import wait_until
from tests.factories import a_customer


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    base.bind(database_url)
    yield base.connection()
    base.drop_connection()


def item(
    external_id: str, *, number: str | None = None, bsuid: str | None = None, age_s: float = 0.0, how: str = "handle"
) -> InboundItem:
    return InboundItem(external_id, "text", how, "", bsuid, number, "Ada", int(time.time() - age_s), "{}")


def rows(conn: psycopg.Connection[Any], columns: str = '"externalId", status') -> list[tuple[Any, ...]]:
    return conn.execute(f"SELECT {columns} FROM inbox ORDER BY id").fetchall()


def test_a_message_is_stored_once_however_often_and_in_whatever_company_it_comes(conn: psycopg.Connection[Any]) -> None:
    first = inbox.accept(conn, [item("a", number="2348031")], [], "c")
    again = inbox.accept(conn, [item("a", number="2348031"), item("b", number="2348031"), item("b", number="2348031")], [], "c")
    assert (first.new, again.new, again.came) == (1, 1, 3)
    assert first.customers == again.customers
    assert rows(conn) == [("a", "pending"), ("b", "pending")]


def test_the_same_new_persons_webhooks_in_parallel_make_one_customer_and_one_row_each(
    conn: psycopg.Connection[Any], database_url: str
) -> None:
    gate = threading.Barrier(6)
    trouble: list[BaseException] = []

    def come(n: int) -> None:
        try:
            with psycopg.connect(database_url, autocommit=True) as own:
                gate.wait(5)
                batch = [item(f"{who}{n % 2}", number=f"23480{who}", bsuid=f"NG.{who}0") for who in ("1", "2", "3")]
                inbox.accept(own, batch if n % 3 else batch[::-1], [], "c")
        except BaseException as e:  # noqa: BLE001 - told by the assertion below
            trouble.append(e)

    threads = [threading.Thread(target=come, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert trouble == []
    assert len(rows(conn)) == 6
    assert conn.execute("""SELECT count(DISTINCT "customerId") FROM inbox""").fetchone() == (3,)
    assert conn.execute("SELECT count(*) FROM customers").fetchone() == (3,)


def test_two_webhooks_with_the_same_messages_in_another_order_both_end_well(
    conn: psycopg.Connection[Any], database_url: str
) -> None:
    inbox.accept(conn, [item("met", number="2348031")], [], "c")  # a customer that is known, so that nothing else is waited for
    came: list[inbox.Accepted] = []

    def come() -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            came.append(inbox.accept(own, [item("b", number="2348031"), item("a", number="2348031")], [], "c"))

    other = threading.Thread(target=come)
    with psycopg.connect(database_url) as first:  # the other webhook, stopped between its two messages
        first.execute("SET deadlock_timeout = '30s'")  # so that it is not the one that is broken off
        first.execute("""INSERT INTO inbox (channel, "externalId", kind, payload) VALUES ('whatsapp', 'a', 'text', '{}')""")
        other.start()
        wait_until(lambda: conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone(), "the other to wait")
        first.execute("""INSERT INTO inbox (channel, "externalId", kind, payload) VALUES ('whatsapp', 'b', 'text', '{}')""")
    other.join(20)

    assert [(each.new, each.came) for each in came] == [(0, 2)]
    assert [name for name, _ in rows(conn)] == ["met", "a", "b"]


def test_what_is_older_than_meta_repeats_is_kept_unhandled_by_the_databases_clock(conn: psycopg.Connection[Any]) -> None:
    day = 24 * 3600
    inbox.accept(conn, [item("new", number="2348031", age_s=6.9 * day), item("old", number="2348031", age_s=8.1 * day)], [], "c")
    assert rows(conn, '"externalId", status, reason') == [("new", "pending", ""), ("old", "stored", "too_old")]


def test_a_number_that_two_user_ids_of_one_batch_claim_stores_both(conn: psycopg.Connection[Any]) -> None:
    kept = inbox.accept(conn, [item("a", number="2348031", bsuid="NG.1"), item("b", number="2348031", bsuid="NG.2")], [], "c")
    assert kept.new == len(set(kept.customers)) == 2


def test_an_event_that_fails_waits_longer_is_found_when_due_and_handed_back_attempts_do_not_count(
    conn: psycopg.Connection[Any],
) -> None:
    customer = a_customer()
    assert inbox.add_event(customer, "timer_due", "timer:1:0")
    assert not inbox.add_event(customer, "timer_due", "timer:1:0")
    event = conn.execute("SELECT id FROM inbox").fetchone()[0]
    assert inbox.waiting(conn, older_than_s=3, limit=10) == []
    assert not inbox.fail(event, "KeyError", max_failures=3, delay_s=60)
    assert inbox.waiting(conn, older_than_s=0, limit=10) == []
    conn.execute("""UPDATE inbox SET "retryAt" = now() - interval '1 second'""")
    assert inbox.waiting(conn, older_than_s=3, limit=10) == [customer]
    conn.execute("UPDATE inbox SET attempts = 1")
    for _ in range(2):
        inbox.begin([event])
    inbox.hand_back([customer, customer, customer])
    assert rows(conn, "attempts, failures") == [(1, 1)], "an attempt that failed stays counted, those that were cut off do not"
    assert not inbox.fail(event, "KeyError", max_failures=3, delay_s=0)
    assert inbox.fail(event, "KeyError", max_failures=3, delay_s=0)
    assert inbox.waiting(conn, older_than_s=0, limit=10) == []
