"""What people must look at, what providers told us, and a day of theirs beside ours, on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from models import base
from models.base import connection
from models.payments import accounts, attempts, events, reconciling, settling, tasks
from models.payments.values import Proof
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_proof, an_attempt
from tests.servers import Databases

DAY = date(2026, 11, 23)


@pytest.fixture(scope="module", autouse=True)
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


def store(key: str, body: bytes = b"{}", provider: str = "paystack") -> int | None:
    return events.store(connection(), provider, key, kind="charge", reference="R-1", body=body, correlation_id="c1")


# --------------------------------------------------------------------------------------------------- tasks


def test_the_same_trouble_is_one_task_even_after_it_was_closed() -> None:
    first = tasks.open("short", "paystack:1", now=NOW, amount=Money(5))
    assert first is not None
    assert tasks.open("short", "paystack:1", now=NOW) is None
    assert tasks.close(first, by="staff:3", outcome="by_hand", now=NOW)
    assert tasks.close(first, by="staff:4", outcome="kept", now=NOW) is False

    assert tasks.open("short", "paystack:1", now=NOW) is None
    closed = tasks.get(first)
    assert closed is not None
    assert (closed.closed_by, closed.outcome) == ("staff:3", "by_hand")


def test_a_task_of_an_order_is_in_its_log_when_it_is_opened_and_when_it_is_closed() -> None:
    attempt = an_attempt(a_customer())
    task = tasks.open("short", "paystack:2", now=NOW, order_id=attempt.order_id, provider="paystack")
    assert task is not None
    tasks.close(task, by="staff:3", outcome="refunded", now=NOW)

    rows = connection().execute("""SELECT what, who FROM order_events WHERE "orderId" = %s ORDER BY id""", (attempt.order_id,))
    assert rows.fetchall()[-2:] == [("payment_task", "paystack"), ("payment_task_closed", "staff:3")]


def test_open_tasks_come_in_pages_the_oldest_first() -> None:
    made = [tasks.open("unknown", f"page:{n}", now=NOW) or 0 for n in range(3)]

    first = tasks.page(limit=2, after=made[0] - 1)
    rest = tasks.page(limit=2, after=first[-1].id)

    assert [task.id for task in (*first, *rest)][:3] == made


def test_an_outcome_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="bad_outcome"):
        tasks.close(1, by="staff:1", outcome="whatever", now=NOW)


# --------------------------------------------------------------------------------------------------- events


def test_the_same_news_is_stored_once_and_its_bytes_are_kept() -> None:
    body = b'{"a": 1.50,\x00\xff "b": "\\u00e9"}'

    first, second, other = store("k1", body), store("k1", b"else"), store("k1", provider="flutterwave")

    assert first is not None
    assert second is None
    assert other is not None
    event = events.claim(first, 30, now=NOW)
    assert event is not None
    assert (event.body, event.reference, event.correlation_id) == (body, "R-1", "c1")


def test_of_ten_deliveries_at_once_one_is_stored() -> None:
    given: list[int | None] = []

    def storing() -> None:
        given.append(store("at once"))
        base.drop_connection()

    threads = [threading.Thread(target=storing) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sum(each is not None for each in given) == 1


def test_text_postgresql_cannot_hold_is_no_obstacle() -> None:
    assert events.store(connection(), "paystack", "nul\x00", kind="\x00", reference="a\x00b", body=b"\x00") is not None


def test_an_event_is_one_workers_until_its_lease_ends_and_then_anothers() -> None:
    id = store("k2") or 0
    first = events.claim(id, 30, now=NOW)
    assert first is not None
    assert events.claim(id, 30, now=NOW) is None

    second = events.claim(id, 30, now=NOW + timedelta(seconds=31))
    assert second is not None
    assert second.deaths == 1
    assert events.done(first, now=NOW) is False
    assert events.done(second, now=NOW)
    assert events.claim(id, 30, now=NOW + timedelta(days=1)) is None


def test_what_failed_is_tried_again_in_its_time_and_at_last_is_a_task() -> None:
    id = store("k3") or 0
    event = events.claim(id, 30, now=NOW)
    assert event is not None
    assert events.fail(event, "timeout", timedelta(seconds=2), now=NOW)
    assert id not in events.waiting(connection(), now=NOW, limit=1000)
    assert id in events.waiting(connection(), now=NOW + timedelta(seconds=2), limit=1000)

    event = events.claim(id, 30, now=NOW + timedelta(seconds=2))
    assert event is not None
    assert events.fail(event, "timeout", None, now=NOW)

    assert [task.detail["event"] for task in tasks.page(limit=100) if task.kind == "event_failed"] == [id]
    assert events.retry(id)
    assert events.claim(id, 30, now=NOW) is not None


def test_a_body_is_forgotten_after_it_was_handled_and_a_replay_is_still_known() -> None:
    id = store("k4", b"name and address") or 0
    event = events.claim(id, 30, now=NOW)
    assert event is not None
    events.ignore(event, "transfer", now=NOW)

    assert events.forget_bodies(NOW + timedelta(days=1)) >= 1

    assert connection().execute("SELECT body FROM payment_events WHERE id = %s", (id,)).fetchone() == (b"",)
    assert store("k4") is None


# --------------------------------------------------------------------------------------------------- a day beside ours


def test_a_lagos_day_begins_an_hour_before_that_of_the_provider() -> None:
    assert reconciling.bounds(DAY) == (datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC))


def test_each_of_the_three_differences_is_found_and_made_a_task_once() -> None:
    same, other, ours = (an_attempt(a_customer(), mode="test") for _ in range(3))
    proofs = [a_proof(attempt) for attempt in (same, other, ours)]
    for attempt, proof in zip((same, other, ours), proofs, strict=True):
        settling.settle(attempt.id, proof, now=NOW)
    theirs = [
        proofs[0],
        a_proof(other, transaction_id=proofs[1].transaction_id, amount=other.amount + Money(500)),
        Proof("paystack", "LOST-a1", "paid", "lost1", Money(700), mode="test", paid_at=NOW),
        Proof("paystack", "TRIED-a1", "failed", "tried1", Money(900), mode="test"),
    ]

    found = reconciling.compare("paystack", "test", DAY, theirs)
    made = [len(reconciling.record(found, now=NOW)) for _ in range(2)]

    assert sorted((each.kind, each.transaction_id) for each in found) == [
        ("amount_differs", proofs[1].transaction_id),
        ("missing_here", "lost1"),
        ("missing_there", proofs[2].transaction_id),
    ]
    assert made == [3, 0]


def test_a_payment_at_the_edge_of_the_day_is_not_missed_there_when_it_is_in_their_list() -> None:
    attempt = an_attempt(a_customer(), provider="flutterwave")
    proof = a_proof(attempt, paid_at=datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC))
    settling.settle(attempt.id, proof, now=NOW)

    assert reconciling.compare("flutterwave", "live", DAY, [proof]) == []
    assert reconciling.compare("flutterwave", "live", DAY, []) == []
    assert [each.kind for each in reconciling.compare("flutterwave", "live", DAY - timedelta(days=1), [])] == ["missing_there"]


# --------------------------------------------------------------------------------------------------- the books


def test_money_that_is_nowhere_is_seen() -> None:
    attempt = an_attempt(a_customer())
    settled = settling.settle(attempt.id, a_proof(attempt), now=NOW)
    connection().execute("UPDATE orders SET state = 'cancelled' WHERE id = %s", (attempt.order_id,))

    found = [each for each in accounts.violations() if each.id == settled.payment_id]

    assert [each.rule for each in found] == ["unaccounted"]
    assert sum(each.lost for each in accounts.balances() if each.mode == "live") >= attempt.amount.kobo


def test_a_paid_order_without_its_money_is_seen() -> None:
    attempt = an_attempt(a_customer())
    settled = settling.settle(attempt.id, a_proof(attempt), now=NOW)
    connection().execute("DELETE FROM payments WHERE id = %s", (settled.payment_id,))

    found = {each.rule for each in accounts.violations() if each.id in (attempt.order_id, attempt.id)}

    assert {"paid_without_money", "attempt_without_money"} <= found
    assert attempts.get(attempt.id) is not None
