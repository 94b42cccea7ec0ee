"""What must hold when the database refuses in the middle of a turn, or a customer has nobody behind the name any more."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

import settings
from jobs import sweeps
from models import base, conversations, customers, inbox, outbox
from models.base import Unavailable, connection
from tests.factories import a_customer
from tests.servers import Databases, ValkeyDatabases
from worker import broker, conversation, house
from worker.flows.step import Step
from worker.whatsapp.client import Accepted


@dataclass
class Phone:
    """Stands where WhatsApp is: takes everything, or raises what it is told to."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    problem: Exception | None = None

    def send(self, payload: dict[str, Any]) -> Accepted:
        if self.problem:
            raise self.problem
        self.sent.append(payload)
        return Accepted(f"wamid.{payload['biz_opaque_callback_data']}")

    def mark_read(self, message_id: str) -> None:
        pass


@pytest.fixture(scope="module")
def urls(databases: Databases, valkey_databases: ValkeyDatabases) -> Iterator[tuple[str, str]]:
    """One database for the module: every test brings its own customers."""
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url:
        yield database_url, redis_url


@pytest.fixture(autouse=True)
def phone(urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    database_url, redis_url = urls
    for name, value in {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "WHATSAPP_PHONE_NUMBER_ID": "1"}.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    base.bind(database_url, name="review")
    broker.connect(redis_url)
    phone = Phone()
    monkeypatch.setattr(house, "whatsapp", lambda: phone)
    conversation._owed.clear()
    yield phone
    base.drop_connection()
    settings.current.cache_clear()


def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
    done = connection().execute(statement, values)
    return done.fetchall() if done.description else []


def says(customer: int, text: str = "hi", key: str = "") -> int:
    found = run(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           VALUES ('whatsapp', COALESCE(NULLIF(%s, ''), gen_random_uuid()::text), %s, 'text', %s) RETURNING id""",
        key,
        customer,
        json.dumps({"type": "text", "text": {"body": text}}),
    )
    return int(found[0][0])


def writes(customer: int, status: str = "queued", **columns: Any) -> int:
    """A row of the outbox."""
    found = run(
        """INSERT INTO outbox ("customerId", payload, status, "expiresAt") VALUES (%s, '{"to": "+2348000000000"}', %s,
           now() + interval '10 minutes') RETURNING id""",
        customer,
        status,
    )
    return int(found[0][0])


def event(row_id: int) -> tuple[str, int, int]:
    return run("SELECT status, attempts, failures FROM inbox WHERE id = %s", row_id)[0]  # type: ignore[return-value]


def is_free(customer: int, url: str) -> bool:
    """Another process could claim the customer."""
    with psycopg.connect(url, autocommit=True) as other:
        return bool(other.execute("SELECT count(*) FROM claim_customer(%s, '30s', 10)", (customer,)).fetchone()[0])  # type: ignore[index]


def test_a_claim_that_fails_half_way_keeps_nobody_else_away(urls: tuple[str, str]) -> None:
    ada = a_customer()
    row = says(ada)
    run("SET lock_timeout = '100ms'")
    with psycopg.connect(urls[0]) as other:
        other.execute("SELECT 1 FROM inbox WHERE id = %s FOR UPDATE", (row,))
        with pytest.raises(Exception):  # noqa: B017 - whichever it is
            conversation.serve(ada)
    assert is_free(ada, urls[0])


def test_messages_behind_one_that_waits_for_its_retry_are_not_due() -> None:
    ada = a_customer()
    first, _ = says(ada), says(ada)
    run("""UPDATE inbox SET "retryAt" = now() + interval '1 minute' WHERE id = %s""", first)
    run("""UPDATE inbox SET "receivedAt" = now() - interval '1 minute' WHERE "customerId" = %s""", ada)
    held = conversations.claim(connection(), ada, lease_s=30)
    assert held
    assert held.events == []
    assert not conversations.let_go(connection(), ada)
    assert ada not in inbox.waiting(connection(), older_than_s=3, limit=100000)
    run("""UPDATE inbox SET "retryAt" = now() WHERE id = %s""", first)
    assert ada in inbox.waiting(connection(), older_than_s=3, limit=100000)


def test_messages_queued_behind_one_that_waits_are_not_due() -> None:
    ada = a_customer()
    first, _ = writes(ada), writes(ada)
    run("""UPDATE outbox SET "updatedAt" = now() - interval '1 minute' WHERE "customerId" = %s""", ada)
    assert ada in outbox.waiting(connection(), older_than_s=3, limit=100000)
    run("""UPDATE outbox SET "nextTryAt" = now() + interval '1 minute' WHERE id = %s""", first)
    assert ada not in outbox.waiting(connection(), older_than_s=3, limit=100000)
    run("""UPDATE outbox SET "nextTryAt" = now() WHERE id = %s""", first)
    assert ada in outbox.waiting(connection(), older_than_s=3, limit=100000)


def test_an_event_of_a_customer_whom_no_address_reaches_ends_without_a_word(phone: Phone) -> None:
    ghost = a_customer(number=None)
    row = says(ghost)
    conversation.serve(ghost)
    assert event(row)[0] == "done"
    assert phone.sent == []


def test_an_event_that_cannot_even_be_apologised_for_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = a_customer()
    row = says(ada)
    run("UPDATE inbox SET attempts = 4, failures = 4 WHERE id = %s", row)

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("nothing can be said")

    monkeypatch.setattr("worker.whatsapp.outbound.build", broken)
    conversation.serve(ada)
    assert event(row)[0] == "failed"


def test_a_message_that_cannot_be_sent_for_a_bug_is_not_held_against_what_the_customer_says_next(phone: Phone) -> None:
    ada = a_customer()
    row = says(ada)
    writes(ada)
    phone.problem = ValueError("a payload that is no JSON")
    for _ in range(5):
        run("""UPDATE outbox SET "nextTryAt" = NULL, status = 'queued' WHERE "customerId" = %s""", ada)
        try:
            conversation.serve(ada)
        except ValueError:
            continue
    with base.unit(5):
        conversation._pay_back(connection())
    status, attempts, failures = event(row)
    assert (status, attempts - failures) in (("pending", 0), ("done", 1))


def test_an_attempt_counted_by_a_claim_whose_answer_was_lost_is_no_death(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = a_customer()
    row = says(ada)
    whole = conversations.claim

    def deaf(*args: Any, **named: Any) -> None:
        whole(*args, **named)
        raise psycopg.OperationalError("the answer was lost")

    for _ in range(4):
        monkeypatch.setattr(conversations, "claim", deaf)
        with pytest.raises(Unavailable):
            conversation.serve(ada)
    monkeypatch.setattr(conversations, "claim", whole)
    conversation.serve(ada)
    assert event(row) == ("done", 1, 0)


def test_what_is_owed_is_not_forgotten_when_paying_it_back_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = a_customer()
    row = says(ada)
    run("UPDATE inbox SET attempts = 3 WHERE id = %s", row)
    for _ in range(3):
        conversation._owe(ada)
    whole = inbox.hand_back

    def away(*_: Any) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(inbox, "hand_back", away)
    with pytest.raises(Unavailable):
        conversation.serve(ada)
    monkeypatch.setattr(inbox, "hand_back", whole)
    conversation.serve(ada)
    assert event(row) == ("done", 1, 0)


def test_an_acceptance_the_database_did_not_hear_of_is_told_again(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = a_customer()
    says(ada)
    whole = conversations.let_go

    def away(*_: Any) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(conversations, "let_go", away)
    with pytest.raises(Unavailable):
        conversation.serve(ada)
    monkeypatch.setattr(conversations, "let_go", whole)
    conversation.serve(ada)
    assert phone.sent
    assert run("""SELECT DISTINCT status FROM outbox WHERE "customerId" = %s""", ada) == [("accepted",)]


def test_receipts_that_are_nobodys_can_be_looked_at_any_number_of_times() -> None:
    run("""INSERT INTO delivery_receipts ("externalId", status, tries) VALUES ('wamid.foreign', 'read', 32767)""")
    assert outbox.settle(connection()).receipts == 0
    run("DELETE FROM delivery_receipts")


def test_a_merge_under_a_turn_leaves_the_message_to_who_the_customer_is_now(urls: tuple[str, str]) -> None:
    source, target = a_customer(registered=False), a_customer(number=None, bsuid="NG.1111111111111111")
    row = says(source)
    held = conversations.claim(connection(), source, lease_s=30)
    assert held
    with psycopg.connect(urls[0]) as other:
        customers.merge(other, source=source, target=target)
    turn = conversations.Turn(row, None, "entry", "idle", "{}", held.now, None, None)
    with pytest.raises(conversations.Conflict):
        conversations.save(connection(), held, turn, max_age_s=60)
    conversations.let_go(connection(), source)
    conversation.serve(target)
    assert event(row)[0] == "done"


def test_what_a_merged_customer_waited_for_goes_to_who_they_are_now(phone: Phone) -> None:
    source, target = a_customer(), a_customer(number=None, bsuid="NG.2222222222222222")
    kept = writes(source, "held")
    run("""UPDATE conversations SET "idleAt" = now() WHERE "customerId" = %s""", source)
    run("""UPDATE customers SET "withAgentSince" = now() WHERE id = %s""", source)
    run("""INSERT INTO handovers ("customerId", reason, "openedAt") VALUES (%s, 'asked', now())""", source)
    run("""INSERT INTO timers (kind, "customerId", "fireAt") VALUES ('agent_return', %s, now())""", source)
    with connection().transaction():
        customers.merge(connection(), source=source, target=target)
    assert run("""SELECT "customerId" FROM outbox WHERE id = %s""", kept) == [(target,)]
    assert run("""SELECT "customerId" FROM timers WHERE "customerId" IN (%s, %s)""", source, target) == [(target,)]
    assert run("""SELECT "customerId" FROM handovers WHERE "customerId" IN (%s, %s)""", source, target) == [(target,)]
    assert run("""SELECT "withAgentSince" IS NOT NULL FROM customers WHERE id = %s""", target) == [(True,)]
    assert source not in conversations.end_idle(connection(), limit=100)
    run("DELETE FROM timers")


def test_something_that_happens_within_a_session_does_not_keep_it_open_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = a_customer()
    run(
        """UPDATE conversations SET flow = 'cart', state = 'shown', "idleAt" = now() + interval '1 minute'
           WHERE "customerId" = %s""",
        ada,
    )
    monkeypatch.setattr("worker.flows.entry.turn", lambda place, event, facts: Step(place))
    assert inbox.add_event(ada, "payment_made", f"payment:{ada}")
    conversation.serve(ada)
    query = """SELECT "idleAt" > now() FROM conversations WHERE "customerId" = %s"""
    assert run(query, ada) == [(True,)]
    run("""UPDATE conversations SET "idleAt" = now() WHERE "customerId" = %s""", ada)
    assert conversations.end_idle(connection(), limit=10) == [ada]
    conversation.serve(ada)
    assert run(query, ada) == [(None,)]


def test_what_waited_for_the_window_is_sent_when_the_customer_writes_however_late(phone: Phone) -> None:
    ada = a_customer()
    kept = writes(ada, "held")
    run("""UPDATE outbox SET "expiresAt" = now() - interval '2 days' WHERE id = %s""", kept)
    inbox.add_event(ada, "timer_due", f"timer-of-{ada}", {"kind": "none", "subject": ""})
    conversation.serve(ada)
    assert run("SELECT status FROM outbox WHERE id = %s", kept) == [("held",)]
    says(ada)
    conversation.serve(ada)
    assert run("SELECT status FROM outbox WHERE id = %s", kept) == [("accepted",)]


def test_what_is_said_behind_a_changed_number_is_answered_at_the_new_one(phone: Phone) -> None:
    ada = a_customer(number="2348011111111")
    system = {"from": "2348011111111", "type": "system", "system": {"type": "user_changed_number", "wa_id": "2348022222222"}}
    run(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) VALUES ('whatsapp', 'sys', %s, 'system', %s)""",
        ada,
        json.dumps(system),
    )
    says(ada)
    conversation.serve(ada)
    assert {payload["to"] for payload in phone.sent} == {"+2348022222222"}


def test_a_message_stored_for_a_customer_merged_meanwhile_is_answered(phone: Phone) -> None:
    source, target = a_customer(registered=False), a_customer(number=None, bsuid="NG.3333333333333333")
    with connection().transaction():
        customers.merge(connection(), source=source, target=target)
    row = says(source)
    conversation.serve(source)
    conversation.serve(target)
    assert event(row)[0] == "done"
    assert phone.sent


def test_a_redis_that_is_away_is_no_fault_of_a_sweep() -> None:
    broker.connect("redis://127.0.0.1:1")
    run("""INSERT INTO delivery_receipts ("externalId", status) VALUES ('wamid.waits', 'read')""")
    assert "away" in sweeps.open_receipts()
    run("DELETE FROM delivery_receipts")


def test_an_event_whose_statement_is_too_slow_is_counted_and_not_tried_for_ever(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "UNIT_S", 2.0)
    monkeypatch.setattr(house, "STATEMENT_S", 0.5, raising=False)
    house.open_database("review")
    ada = a_customer()
    row = says(ada)
    monkeypatch.setattr("worker.flows.entry.turn", lambda place, event, facts: run("SELECT pg_sleep(5)"))
    with contextlib.suppress(Unavailable):
        conversation.serve(ada)
    assert event(row) == ("pending", 1, 1)


def test_a_message_whose_sender_may_still_be_asking_is_not_sent_again_before_that_has_ended(phone: Phone) -> None:
    ada = a_customer()
    row, beside = writes(ada, "sending"), writes(ada, "sending")
    run("""UPDATE outbox SET "sendingSince" = now(), attempts = 1 WHERE "customerId" = %s""", ada)
    conversation.serve(ada)
    assert run("SELECT status FROM outbox WHERE id = %s", beside) == [("unsure",)]
    asking_s = house._within(settings.current().lease_seconds).total_s
    found = run("""SELECT status, EXTRACT(EPOCH FROM "nextTryAt" - now())::float8 FROM outbox WHERE id = %s""", row)[0]
    assert found[0] == "unsure"
    assert found[1] > asking_s - 1
