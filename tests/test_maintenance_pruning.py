"""Messages go after a month, and nothing that is open, that something refers to, or by which a repetition is recognised."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from models import inbox, timers
from models.base import connection
from models.envelope import InboundItem
from models.maintenance import pruning
from models.maintenance.pruning import LEAST_DAYS, Pruned
from models.maintenance.rounds import Bounds
from tests.factories import NOW, a_colleague, a_customer
from tests.maintenance_world import ask, one, place, world
from tests.prescription_peers import a_prescription

__all__ = ["place", "world"]  # fixtures
_numbers = itertools.count(1)


def prune(days: int = 30, *, seconds: float = 30, rows: int = 500) -> Pruned:
    return pruning.prune(Bounds(seconds, rows), days=days, aside_days=90)


def an_event(customer: int, *, age: str = "31 days", status: str = "done", channel: str = "whatsapp", key: str = "") -> int:
    return int(
        one(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status, "receivedAt")
               VALUES (%s, %s, %s, 'text', '{}', %s, now() - %s::interval) RETURNING id""",
            *(channel, key or f"wamid.{next(_numbers)}", customer, status, age),
        )
    )


def a_send(customer: int, event: int | None, *, age: str = "31 days", status: str = "read", stands_for: int | None = None) -> int:
    return int(
        one(
            """INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", "createdAt", "externalId", "standsFor")
               VALUES (%s, %s, '{}', %s, now(), now() - %s::interval, %s, %s) RETURNING id""",
            *(customer, event, status, age, f"wamid.out{next(_numbers)}", stands_for),
        )
    )


def a_receipt(*, age: str = "31 days", settled: bool = True, callback: str = "") -> int:
    return int(
        one(
            """INSERT INTO delivery_receipts ("externalId", status, "receivedAt", "settledAt", callback)
               VALUES (%s, 'read', now() - %s::interval, CASE WHEN %s THEN now() END, %s) RETURNING id""",
            *(f"wamid.r{next(_numbers)}", age, settled, callback),
        )
    )


def left(table: str) -> list[int]:
    return [row[0] for row in ask(f"SELECT id FROM {table} ORDER BY id")]


def test_what_is_older_than_a_month_goes_and_what_is_younger_stays(world: str) -> None:
    ada = a_customer()
    old, young = an_event(ada), an_event(ada, age="29 days")
    a_send(ada, old)
    answered = a_send(ada, young, age="29 days")
    a_receipt()
    heard = a_receipt(age="29 days")

    done = prune()

    assert done == Pruned({"delivery_receipts": 1, "outbox": 1, "media": 0, "inbox": 1, "timers": 0}, True)
    assert (left("inbox"), left("outbox"), left("delivery_receipts")) == ([young], [answered], [heard])


@pytest.mark.parametrize("status", ["queued", "sending", "unsure", "held"])
def test_what_is_still_to_be_sent_stays_with_the_message_it_answers_however_old(world: str, status: str) -> None:
    ada = a_customer()
    event = an_event(ada)
    send = a_send(ada, event, status=status)

    prune()

    assert (left("inbox"), left("outbox")) == ([event], [send])


@pytest.mark.parametrize(
    ("status", "age", "stays"), [("pending", "300 days", True), ("failed", "89 days", True), ("failed", "91 days", False)]
)
def test_what_waits_or_was_set_aside_stays_for_people(world: str, status: str, age: str, stays: bool) -> None:
    an_event(a_customer(), status=status, age=age)

    prune()

    assert len(left("inbox")) == stays


def test_a_template_is_known_as_long_as_what_it_stands_for_is_held(world: str) -> None:
    ada = a_customer()
    event = an_event(ada)
    held = a_send(ada, event, status="held")
    template = a_send(ada, event, stands_for=event)

    prune()

    assert left("outbox") == [held, template]


def test_a_receipt_that_is_open_stays_and_so_does_the_message_it_names(world: str) -> None:
    ada = a_customer()
    send = a_send(ada, None)
    receipt = a_receipt(settled=False, callback=str(send))

    prune()

    assert (left("delivery_receipts"), left("outbox")) == ([receipt], [send])


def test_the_message_that_brought_a_prescription_stays(world: str) -> None:
    prescription = a_prescription()
    connection().execute("""UPDATE inbox SET "receivedAt" = now() - interval '2 years'""")

    prune()

    assert one(
        """SELECT m."inboxId" IS NOT NULL FROM media m JOIN prescriptions p ON p."mediaRow" = m.id WHERE p.id = %s""",
        prescription,
    )


def test_a_voice_note_that_nobody_can_fetch_any_more_goes_with_its_words(world: str) -> None:
    ada = a_customer()
    event = an_event(ada)
    for age in ("31 days", "29 days"):
        connection().execute(
            """INSERT INTO media ("customerId", "inboxId", kind, "mediaId", purpose, caption, "createdAt")
               VALUES (%s, %s, 'audio', %s, 'support', 'listen', now() - %s::interval)""",
            (ada, event, age, age),
        )

    prune()

    assert ask('SELECT "mediaId" FROM media') == [("29 days",)]


def test_the_keys_of_what_happened_to_orders_and_payments_outlive_the_messages(world: str) -> None:
    ada = a_customer()
    an_event(ada, channel="house", key="payment_received:paystack:7", age="200 days")
    an_event(ada, channel="house", key="session_ended:1:5", age="31 days")
    an_event(ada, channel="house", key="order_moved:1:paid", age="401 days")

    prune()

    assert ask('SELECT "externalId" FROM inbox') == [("payment_received:paystack:7",)]
    assert not inbox.add_event(ada, "payment_received", "payment_received:paystack:7")


def test_a_webhook_that_comes_again_after_its_row_was_pruned_is_stored_and_never_acted_upon(world: str) -> None:
    sent = float(one("SELECT EXTRACT(EPOCH FROM now() - interval '31 days')::float8"))
    item = InboundItem(
        external_id="wamid.again", kind="text", disposition="handle", reason="", bsuid=None, number="2348030000009", profile_name="",
        sent_at=sent, payload_json="{}",
    )  # fmt: skip
    inbox.accept(connection(), [item], [], "c1")
    connection().execute("""UPDATE inbox SET "receivedAt" = now() - interval '31 days'""")
    prune()
    assert left("inbox") == []

    inbox.accept(connection(), [item], [], "c2")

    assert ask("SELECT status, reason FROM inbox") == [("stored", "too_old")]


def test_a_setting_below_the_week_of_repeated_webhooks_is_not_followed(world: str) -> None:
    ada = a_customer()
    kept = an_event(ada, age=f"{LEAST_DAYS - 1} days")

    prune(days=1)

    assert left("inbox") == [kept]


def test_a_round_cut_short_is_gone_on_with_and_the_next_tour_begins_at_the_beginning(world: str) -> None:
    ada = a_customer()
    first = an_event(ada, status="pending")
    for _ in range(9):
        an_event(ada)
    asked: list[int] = []

    def later() -> bool:
        asked.append(1)
        return len(asked) > 6  # three tables before it take one look each, the batches of the third the rest

    done = pruning.prune(Bounds(60, 2, later), days=30, aside_days=90)
    assert not done.finished
    assert 0 < done.rows["inbox"] < 9
    connection().execute("UPDATE inbox SET status = 'done' WHERE id = %s", (first,))

    assert prune(rows=3).finished
    assert left("inbox") == [first], "passed by on this tour"
    assert prune().rows["inbox"] == 1


def test_fired_timers_go_and_waiting_ones_stay(world: str) -> None:
    ada = a_customer()
    for kind in ("fired", "waiting"):
        timers.start(kind, ada, NOW, NOW)
    connection().execute("""UPDATE timers SET "fireAt" = now() - interval '40 days', "createdAt" = now() - interval '41 days'""")
    connection().execute("""UPDATE timers SET "firedAt" = now() - interval '40 days' WHERE kind = 'fired'""")

    prune()

    assert ask("SELECT kind FROM timers") == [("waiting",)]


def test_tokens_and_sessions_of_staff_that_are_over_go(world: str) -> None:
    from models import sessions, tokens

    ada, staff = a_customer(), a_colleague().id
    old, live = tokens.issue(ada, "link", minutes=5), tokens.issue(ada, "link", minutes=5)
    sessions.start(staff, hours=1)
    connection().execute(
        """UPDATE customer_tokens SET "expiresAt" = now() - interval '2 days' WHERE "tokenHash" = %s""", (tokens._digest(old),)
    )
    connection().execute("""UPDATE staff_sessions SET "expiresAt" = now() - interval '2 days'""")

    assert pruning.forget_tokens(Bounds(5)) == {"customer_tokens": 1, "staff_sessions": 1}
    assert tokens.check(live, "link", minutes=5, threshold_minutes=1) is not None


def test_a_deletion_reads_no_whole_table_for_its_references(world: str) -> None:
    """Each row that goes is looked for in outbox and media: without an index on both a night would not be enough."""
    connection().execute("SET enable_seqscan = off")
    plan: Any = ask(
        "EXPLAIN DELETE FROM inbox t WHERE id = 1 AND "
        + pruning.INBOX.replace("%(aside)s", "interval '90 days'").replace("%(keys)s", "interval '1 year'")
    )
    connection().execute("SET enable_seqscan = on")

    assert not [line for (line,) in plan if "Seq Scan" in line]
