"""What becomes of outgoing rows: receipts move them up and never down, whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import psycopg
import pytest

from models import inbox, outbox
from models.envelope import StatusItem
from tests.servers import Databases


@pytest.fixture(scope="module")
def conn(databases: Databases) -> Iterator[psycopg.Connection]:
    with databases.fresh() as url, psycopg.connect(url, autocommit=True) as made:
        yield made


@pytest.fixture
def row(conn: psycopg.Connection) -> int:
    """A message of ours that Meta accepted as wamid.<id>."""
    made = conn.execute(
        """WITH c AS (INSERT INTO customers DEFAULT VALUES RETURNING id)
           INSERT INTO outbox ("customerId", payload, status, "expiresAt", "externalId")
           SELECT id, '{}', 'accepted', now() + interval '1 hour', 'wamid.' || id FROM c RETURNING id"""
    ).fetchone()
    assert made
    conn.execute("""UPDATE outbox SET "externalId" = 'wamid.' || id WHERE id = %s""", made)
    return int(made[0])


def told(conn: psycopg.Connection, row: int, *statuses: str, code: int | None = None, callback: bool = True) -> None:
    """Receipts stored at the door and settled one by one, in this order."""
    for status in statuses:
        item = StatusItem(f"wamid.{row}", status, str(row) if callback else None, 1_700_000_000, None, code, "why")
        inbox.accept(conn, [], [item], "test")
        outbox.settle(conn)


def state(conn: psycopg.Connection, row: int) -> str:
    return str((conn.execute("SELECT status FROM outbox WHERE id = %s", (row,)).fetchone() or ("",))[0])


@pytest.mark.parametrize("order", list(permutations(("sent", "delivered", "read"))), ids=" ".join)
def test_receipts_in_any_order_end_at_the_furthest(conn: psycopg.Connection, row: int, order: tuple[str, ...]) -> None:
    told(conn, row, *order)
    assert state(conn, row) == "read"


def test_receipts_settled_together_take_the_furthest_at_once(conn: psycopg.Connection, row: int) -> None:
    items = [StatusItem(f"wamid.{row}", s, str(row), None, None) for s in ("delivered", "sent", "read", "sent")]
    inbox.accept(conn, [], items, "test")
    assert outbox.settle(conn).receipts == 3  # the same status twice is one receipt
    assert state(conn, row) == "read"


def test_a_voice_note_that_was_played_was_read(conn: psycopg.Connection, row: int) -> None:
    told(conn, row, "delivered", "played")
    assert state(conn, row) == "read"


@pytest.mark.parametrize(("before", "after"), [(("sent",), "failed"), (("delivered",), "delivered"), (("read",), "read")])
def test_a_failure_ends_what_did_not_arrive_and_not_what_did(
    conn: psycopg.Connection, row: int, before: tuple[str, ...], after: str
) -> None:
    told(conn, row, *before)
    told(conn, row, "failed", code=131026)
    assert state(conn, row) == after


def test_nothing_moves_a_failed_message_up_again(conn: psycopg.Connection, row: int) -> None:
    told(conn, row, "failed", code=131026)
    told(conn, row, "delivered", "read")
    assert state(conn, row) == "failed"


def test_a_window_found_closed_holds_the_message_for_the_customer(conn: psycopg.Connection, row: int) -> None:
    told(conn, row, "failed", code=outbox.WINDOW_CLOSED)
    assert state(conn, row) == "held"


def test_a_receipt_without_our_id_is_matched_by_the_wamid(conn: psycopg.Connection, row: int) -> None:
    told(conn, row, "delivered", callback=False)
    assert state(conn, row) == "delivered"


def test_a_receipt_that_names_a_row_of_unknown_fate_settles_it(conn: psycopg.Connection, row: int) -> None:
    conn.execute("""UPDATE outbox SET status = 'unsure', "externalId" = NULL WHERE id = %s""", (row,))
    told(conn, row, "sent")
    assert state(conn, row) == "sent"


def test_a_row_that_a_waiting_receipt_names_is_not_sent_again(conn: psycopg.Connection, row: int) -> None:
    conn.execute("""UPDATE outbox SET status = 'unsure', "externalId" = NULL WHERE id = %s""", (row,))
    inbox.accept(conn, [], [StatusItem(f"wamid.{row}", "sent", str(row), None, None)], "test")
    assert outbox.begin_send(conn, row) is False
    outbox.settle(conn)
    assert state(conn, row) == "sent"


def test_unknown_statuses_and_strangers_receipts_are_kept_and_harm_nothing(conn: psycopg.Connection, row: int) -> None:
    told(conn, row, "warming_up")
    inbox.accept(conn, [], [StatusItem("wamid.stranger", "sent", "999999999999999999999", None, None)], "test")
    done = outbox.settle(conn)
    assert state(conn, row) == "accepted"
    assert done.receipts == 0
    assert conn.execute("""SELECT outcome FROM delivery_receipts WHERE "externalId" = 'wamid.stranger'""").fetchone() == (
        "unmatched",
    )


def test_a_receipt_nobody_claims_is_put_aside_after_a_while(conn: psycopg.Connection) -> None:
    inbox.accept(conn, [], [StatusItem("wamid.late", "sent", "", None, None)], "test")
    conn.execute("""UPDATE delivery_receipts SET "receivedAt" = now() - interval '1 hour' WHERE "externalId" = 'wamid.late'""")
    outbox.settle(conn)
    settled = conn.execute(
        """SELECT "settledAt" IS NOT NULL FROM delivery_receipts WHERE "externalId" = 'wamid.late'"""
    ).fetchone()
    assert settled == (True,)
