"""This process as a worker that speaks to the simulator over HTTP, with receipts handed in one by one: for tests of notices.

The house says of its own accord what a test asks for (`World.happens`); everything else is the house's own: the claim, the turn,
the rows, the sending, the settling. The simulator posts no webhooks: `hear` puts receipts at the door, in the order a test wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from local.simulator.control import Simulator
from models import base, inbox, outbox
from models.envelope import StatusItem
from tests.factories import a_customer
from worker import conversation, house
from worker.actors import outbound as doors
from worker.flows import entry
from worker.flows.step import Button, Buttons, Event, Happened, Outside, Place, Reply, Step, Text

NUMBER_ID, TOKEN = "106540352242922", "token-of-the-tests"
_serial = count(1)


def speak(place: Place, event: Event, facts: Any) -> Step:
    """The flow of these tests: what the house is to say stands in the event."""
    if isinstance(event, Happened) and event.name == "news":
        replies: list[Reply] = [Text(words) for words in event.data["texts"]]
        if event.data.get("button"):
            replies.append(Buttons("More about it:", (Button("more", event.data["button"]),)))
        kind, parameters = event.data.get("kind"), tuple(event.data.get("parameters", ()))
        return Step(place, tuple(replies), outside=Outside(kind, parameters) if kind else None)
    return Step(place, (Text(f"You said: {getattr(event, 'text', '')}"),))


class World:
    """One customer and what reaches them. `sim` is the outside world."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.customer = a_customer()
        ((self.number,),) = self.rows("""SELECT value FROM customer_identities WHERE "customerId" = %s""", self.customer)

    @staticmethod
    def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
        found = base.connection().execute(query, values or None)
        return found.fetchall() if found.description else []

    # ------------------------------------------------------------------------------------------------ what happens

    def wrote(self, hours_ago: float) -> None:
        """When the customer wrote last, for us and for WhatsApp alike."""
        self.rows(
            """UPDATE conversations SET "lastInboundAt" = now() - %s * interval '1 hour' WHERE "customerId" = %s""",
            hours_ago,
            self.customer,
        )
        self.sim.window(self.number, open=hours_ago < 24)

    def happens(self, *texts: str, kind: str = "", parameters: Sequence[str] = (), button: str = "", serve: bool = True) -> int:
        """Something happened that the customer is to be told. Gives the event's id."""
        told = {"name": "news", "data": {"texts": texts, "kind": kind, "parameters": list(parameters), "button": button}}
        ((event,),) = self.rows(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) VALUES ('house', %s, %s, 'happened', %s)
               RETURNING id""",
            f"news:{next(_serial)}",
            self.customer,
            json.dumps(told),
        )
        if serve:
            self.serve()
        return int(event)

    def shipped(self, order: str = "12345", **more: Any) -> int:
        """A notice whose template says all."""
        parameters = (order, "Musa", "0803 123 4567")
        return self.happens(f"Order {order} left with Musa.", kind="order_shipped", parameters=parameters, **more)

    def decided(self, **more: Any) -> int:
        """A notice whose template only announces."""
        return self.happens("Your pharmacist said yes to Amoxil.", kind="prescription_decided", **more)

    def writes(self, text: str = "hello", *, serve: bool = True) -> None:
        """The customer writes, to WhatsApp and to us."""
        self.sim.window(self.number, open=True)
        self.rows(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
               VALUES ('whatsapp', %s, %s, 'text', json_build_object('type', 'text', 'text', json_build_object('body', %s::text)))""",
            f"wamid.in{next(_serial)}",
            self.customer,
            text,
        )
        if serve:
            self.serve()

    def serve(self, customer: int = 0) -> None:
        conversation.serve(customer or self.customer)

    def hear(self, row: int, *statuses: str, code: int | None = None, settle: bool = True, wamid: str = "") -> None:
        """Receipts for an outgoing row at the door, in this order, settled together."""
        items = [
            StatusItem(wamid or f"wamid.of{row}", status, str(row), None, None, code if status == "failed" else None, "why")
            for status in statuses
        ]
        inbox.accept(base.connection(), [], items, "test")
        if settle:
            self.settle()

    def settle(self) -> None:
        """What the actor does, and the sends it hints at."""
        doors.settle.fn()
        self.sweep()

    def sweep(self) -> None:
        """Whoever has something that is due is served, as the sweep sees to."""
        for customer in outbox.waiting(base.connection(), older_than_s=-1, limit=100):
            conversation.serve(customer)

    def pump(self) -> None:
        """Tells us what the simulator says of each message, until nothing new comes of it."""
        for _ in range(5):
            before = self.states()
            for message in self.sim.messages(self.number):
                row = int(message["biz_opaque_callback_data"])
                failed = (message["error"] or {}).get("code")
                self.hear(row, "failed" if failed else "delivered", code=failed, wamid=message["id"])
            if self.states() == before:
                return

    # ------------------------------------------------------------------------------------------------ what is to be seen

    def states(self) -> list[tuple[str, str]]:
        """(template or reply, status) of every outgoing row of everybody, in order."""
        return [
            ("template" if by_template else "reply", status)
            for by_template, status in self.rows("""SELECT "standsFor" IS NOT NULL, status FROM outbox ORDER BY id""")
        ]

    def ids(self, what: str = "reply") -> list[int]:
        return [
            row_id
            for row_id, stands in self.rows("""SELECT id, "standsFor" FROM outbox ORDER BY id""")
            if (stands is not None) == (what == "template")
        ]

    def seen(self, number: str = "") -> list[str]:
        """What reached the customer's phone, in words: of what WhatsApp took, that which did not fail."""
        return [
            message["words"] or message["body"].get("text", {}).get("body") or message["body"]["interactive"]["body"]["text"]
            for message in self.sim.messages(number or self.number)
            if message["status"] != "failed"
        ]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread(phone_number_id=NUMBER_ID, access_token=TOKEN, statuses=False, sent_after_s=0.0) as made:
        yield made


@pytest.fixture
def world(sim: Simulator, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    from settings import current
    from worker import broker

    told = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "WHATSAPP_API_BASE_URL": sim.url, "LEASE_SECONDS": "5"}
    told |= {"WHATSAPP_ACCESS_TOKEN": TOKEN, "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID, "UNSURE_WAIT_SECONDS": "0.5"}
    for name, value in (told | {"WHATSAPP_READ_RECEIPTS": "off"}).items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    house._client.cache_clear()
    base.bind(database_url)
    made = broker.connect(redis_url)
    sim.reset()
    # What is said is the flows' business; here an event says itself what is to be said.
    monkeypatch.setattr(entry, "turn", speak)
    yield World(sim)
    house.whatsapp().close()
    house._client.cache_clear()
    base.drop_connection()
    made.client.close()
    current.cache_clear()
