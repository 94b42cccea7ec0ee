"""This process as a worker that speaks to the simulator over HTTP, with the real flows: for tests of talks with a person."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.simulator.control import Simulator, words
from models import base, outbox, timers, vault
from models.threads import files
from tests.factories import KEY, a_customer
from tests.servers import Databases, ValkeyDatabases
from tests.threads_world import now, rows, said
from worker import conversation, house, thread_files
from worker.actors import outbound as doors

NUMBER_ID, TOKEN = "106540352242922", "token-of-the-tests"


class House:
    """Customers of its own for each test; `sim` is the outside world."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.customer = a_customer()
        ((self.number,),) = rows("""SELECT value FROM customer_identities WHERE "customerId" = %s""", self.customer)
        rows("""UPDATE conversations SET "lastInboundAt" = now() WHERE "customerId" = %s""", self.customer)

    def writes(self, text: str = "hello", *, serve: bool = True, kind: str = "text", **payload: Any) -> int:
        """The customer writes, to WhatsApp and to us."""
        self.sim.window(self.number, open=True)
        number = said(self.customer, text, kind=kind, status="pending", **payload)
        if serve:
            self.serve()
        return number

    def asks(self) -> None:
        """For a person, who is there from now on."""
        self.writes("agent")

    def serve(self) -> None:
        conversation.serve(self.customer)

    def sweep(self) -> None:
        """What the clock does: files that wait are moved, whoever has something to be sent is served."""
        for number in files.waiting(base.connection(), limit=50):
            thread_files.move(number)
        for customer in outbox.waiting(base.connection(), older_than_s=-1, limit=100):
            conversation.serve(customer)

    def hours_ago(self, hours: float) -> None:
        """When the customer wrote last, for us and for WhatsApp alike."""
        at = now() - timedelta(hours=hours)
        rows("""UPDATE conversations SET "lastInboundAt" = %s WHERE "customerId" = %s""", at, self.customer)
        self.sim.window(self.number, open=hours < 24)

    def minutes_pass(self, minutes: float) -> None:
        """For the talk and its timer; then what is due happens."""
        span = timedelta(minutes=minutes)
        rows(
            """UPDATE handovers SET "waitingSince" = "waitingSince" - %s, "answeredAt" = "answeredAt" - %s, "openedAt" = "openedAt" - %s
               WHERE "customerId" = %s AND "closedAt" IS NULL""",
            *(span, span, span, self.customer),
        )
        rows("""UPDATE timers SET "fireAt" = "fireAt" - %s WHERE "customerId" = %s""", span, self.customer)
        timers.fire_due(base.connection(), limit=100)
        self.serve()

    def settle(self) -> None:
        doors.settle.fn()
        self.sweep()

    def seen(self) -> list[str]:
        """What reached the customer's phone, first lines only, of what did not fail."""
        return [
            (message["words"] or words(message["body"])).split("\n")[0]
            for message in self.sim.messages(self.number)
            if message["status"] != "failed"
        ]

    def states(self) -> list[str]:
        return [s for (s,) in rows("""SELECT status FROM outbox WHERE "customerId" = %s ORDER BY id""", self.customer)]

    def open_since(self) -> datetime | None:
        return rows("""SELECT "withAgentSince" FROM customers WHERE id = %s""", self.customer)[0][0]


def elsewhere(act: Callable[[], Any]) -> Any:
    """Does it with a connection of its own, as another process would, and waits for its end."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(act())
        finally:
            base.drop_connection()

    hand = threading.Thread(target=run)
    hand.start()
    hand.join(20)
    return results[0] if results else None


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(phone_number_id=NUMBER_ID, access_token=TOKEN, statuses=False, sent_after_s=0.0) as made:
        yield made


@pytest.fixture(scope="module")
def worker_process(
    sim: Simulator, databases: Databases, valkey_databases: ValkeyDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    from settings import current
    from worker import broker

    with databases.fresh() as url, valkey_databases.fresh() as redis_url, pytest.MonkeyPatch.context() as patch:
        told = {"DATABASE_URL": url, "REDIS_URL": redis_url, "WHATSAPP_API_BASE_URL": sim.url, "LEASE_SECONDS": "5"}
        told |= {"WHATSAPP_ACCESS_TOKEN": TOKEN, "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID, "UNSURE_WAIT_SECONDS": "0.5"}
        for name, value in (told | {"WHATSAPP_READ_RECEIPTS": "off"}).items():
            patch.setenv(name, value)
        current.cache_clear()
        house._client.cache_clear()
        base.bind(url)
        folder = tmp_path_factory.mktemp("vault")
        vault.bind(str(folder), (KEY,))
        made = broker.connect(redis_url)
        yield folder
        house.whatsapp().close()
        house._client.cache_clear()
        base.drop_connection()
        vault.bind("", ())
        made.client.close()
    current.cache_clear()


@pytest.fixture
def talk(sim: Simulator, worker_process: Path) -> House:
    sim.reset()
    return House(sim)
