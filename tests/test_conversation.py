"""What ends an attempt counts against the event only when the event ended it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from models import base, inbox
from models.conversations import Lost
from tests.factories import a_customer
from worker import conversation, house
from worker.errors import GatewayError

TOKEN = {"WHATSAPP_ACCESS_TOKEN": "t", "WHATSAPP_PHONE_NUMBER_ID": "1"}


class Peer:
    """A WhatsApp that does with each send what `outcomes` says next, and takes the rest."""

    def __init__(self) -> None:
        self.outcomes: list[Exception] = []
        self.sent: list[dict[str, Any]] = []

    def send(self, payload: dict[str, Any]) -> Any:
        if self.outcomes:
            raise self.outcomes.pop(0)
        self.sent.append(payload)
        return type("Accepted", (), {"wamid": f"wamid.{len(self.sent)}"})

    def mark_read(self, message_id: str, *, typing: bool = False) -> None:
        """Taken."""


@pytest.fixture
def peer(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    """This process as a worker: a database, a Redis, and the peer where the HTTP client would be."""
    from settings import current
    from worker import broker

    for name, value in (TOKEN | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}).items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    base.bind(database_url)
    made = broker.connect(redis_url)
    found = Peer()
    # The client's own behaviour is tested over HTTP elsewhere; here its outcomes are chosen one by one.
    monkeypatch.setattr(house, "whatsapp", lambda: found)
    yield found
    base.drop_connection()
    made.client.close()
    current.cache_clear()


def an_event(customer: int, key: str, text: str = "menu") -> None:
    base.connection().execute(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
           VALUES ('whatsapp', %s, %s, 'text', json_build_object('type', 'text', 'text', json_build_object('body', %s::text)))""",
        (key, customer, text),
    )


def rows(query: str) -> list[tuple[Any, ...]]:
    connection: psycopg.Connection[Any] = base.connection()
    return connection.execute(query).fetchall()


@pytest.mark.parametrize("trouble", [base.Unavailable("gone"), Lost()])
def test_an_attempt_that_the_database_ended_is_no_death_of_its_event(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    customer = a_customer()
    an_event(customer, "a")

    def ended(*_: object, **__: object) -> None:
        raise trouble

    with monkeypatch.context() as patched:  # a loss of the database at exactly this point cannot be timed from outside
        patched.setattr(conversation, "_take_turn", ended)
        for _ in range(4):
            with contextlib.suppress(base.Unavailable):
                conversation.serve(customer)
    for _ in range(50):  # the server may take a moment to see that the last holder's connection is gone
        conversation.serve(customer)
        if rows("SELECT status FROM inbox") == [("done",)]:
            break
        time.sleep(0.1)
    assert rows("SELECT status, attempts - failures FROM inbox") == [("done", 1)]
    assert len(peer.sent) >= 1


def test_replies_behind_one_that_was_refused_wait_with_it_and_follow_in_order(peer: Peer) -> None:
    customer = a_customer(registered=False)
    for n in range(3):
        an_event(customer, f"e{n}", "help")
    peer.outcomes = [GatewayError(retryable=True, code="http_500", detail="", klass="retryable", scope="recipient")]
    conversation.serve(customer)
    assert peer.sent == []
    states = rows("SELECT status, attempts FROM outbox ORDER BY id")
    assert {status for status, _ in states} == {"queued"}, states
    assert [attempts for _, attempts in states] == [1] + [0] * (len(states) - 1)
    base.connection().execute("""UPDATE outbox SET "nextTryAt" = now() WHERE "nextTryAt" IS NOT NULL""")
    conversation.serve(customer)
    order = [int(payload["biz_opaque_callback_data"]) for payload in peer.sent]
    assert order == sorted(order)
    assert len(order) == len(states)


def test_a_row_whose_sender_died_waits_for_a_status_from_when_it_is_found(peer: Peer) -> None:
    customer = a_customer()
    an_event(customer, "a")
    conversation.serve(customer)
    sent = len(peer.sent)
    base.connection().execute("""UPDATE outbox SET status = 'sending', "sendingSince" = now() - interval '1 hour'""")
    conversation.serve(customer)
    assert len(peer.sent) == sent
    assert rows("""SELECT DISTINCT status, "nextTryAt" > now() FROM outbox WHERE status = 'unsure'""") == [("unsure", True)]
    base.connection().execute("""UPDATE outbox SET "nextTryAt" = now() - interval '1 second' WHERE status = 'unsure'""")
    conversation.serve(customer)
    assert len(peer.sent) == sent + 1


def test_reasons_of_failure_are_kept_with_the_row(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = a_customer()
    an_event(customer, "a")
    peer.outcomes = [
        GatewayError(retryable=False, code="131026", detail="undeliverable", klass="bad_recipient", scope="recipient")
    ]
    conversation.serve(customer)
    found = rows("""SELECT status, "errorCode", reason FROM outbox ORDER BY id LIMIT 1""")
    assert found == [("failed", 131026, "bad_recipient 131026 undeliverable")]
    assert inbox.waiting(base.connection(), older_than_s=0, limit=10) == []
