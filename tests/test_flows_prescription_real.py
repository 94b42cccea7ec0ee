"""The way of a prescription through conversation, reader, pharmacist and checkout, on the real pharmacy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog

import settings
from models import base, customers, vault
from models.base import connection
from models.prescriptions import deciding, queue, receiving
from models.prescriptions.record import Line
from models.readings import Candidate
from tests.factories import KEY, NOW, a_colleague, a_customer, a_product, a_reading, an_item
from tests.servers import Databases
from worker import conversation
from worker.database_facts import DatabaseFacts
from worker.effects import Context
from worker.facts import CustomerFacts, Pharmacy
from worker.flows import entry
from worker.flows.step import Event, Happened, Place, Reply, Said, SentMedia, Tapped
from worker.messages import READ_PRESCRIPTION

SETTINGS = settings.read({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1"})


@pytest.fixture(scope="module", autouse=True)
def pharmacy(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        vault.bind("memory://flows", (KEY,))
        yield
        base.drop_connection()
        vault.bind("", ())


class Customer:
    """Somebody who talks to the real pharmacy: turns as the loop takes them, one transaction each."""

    def __init__(self) -> None:
        self.id = a_customer()
        self.place = Place()
        self.hints: list[Any] = []
        self.now = NOW

    def send(self, event: Event) -> tuple[Reply, ...]:
        known = CustomerFacts(self.id, "Ada Obi", registered=True, returning=True)
        facts = DatabaseFacts(known, self.now, ZoneInfo("Africa/Lagos"), Pharmacy("Drugs.ng Pharmacy"))
        context = Context(self.id, self._inbox(), self.now, SETTINGS, facts)
        with base.db.atomic():
            step = conversation.perform_all(entry.turn(self.place, event, facts), context, facts)
        self.place = Place(step.place.flow, step.place.state, json.loads(json.dumps(dict(step.place.memory))))
        self.hints += context.hints
        return step.replies

    def hears(self) -> str:
        """What is said to the newest thing the house put into this customer's inbox."""
        row = connection().execute(
            """SELECT payload FROM inbox WHERE "customerId" = %s AND channel = 'house' ORDER BY id DESC LIMIT 1""", (self.id,)
        )
        told = row.fetchone()[0]
        return words(self.send(Happened(told["name"], told["data"])))

    def _inbox(self) -> int:
        row = connection().execute(
            """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
               VALUES ('whatsapp', gen_random_uuid(), %s, 'image', '{}') RETURNING id""",
            (self.id,),
        )
        return int(row.fetchone()[0])


def words(replies: tuple[Reply, ...]) -> str:
    return "\n".join(getattr(reply, "body", "") for reply in replies)


def a_paper_read(ada: Customer, *lines: tuple[str, str]) -> int:
    """The id of a prescription of this customer that was read: (name, reference) a line, each sure."""
    number = int(ada.hints[-1][1])
    items = [
        an_item(name, name=name, strength="", sure=True, chosen=ref, candidates=(Candidate(ref, name, "", "", "", 99.0),))
        for name, ref in lines
    ]
    work = receiving.begin(number, 30)
    assert work is not None
    receiving.finish(work, a_reading(*items), [], (), written_on=None, same_within_bits=8)
    return number


def in_hand(number: int) -> tuple[deciding.Signer, int]:
    """A pharmacist who has claimed it, and the version seen."""
    signer = a_colleague(name="Bola Ade")
    queue.claim(connection(), number, signer.id, minutes=10)
    row = connection().execute("SELECT version FROM prescriptions WHERE id = %s", (number,)).fetchone()
    return signer, int(row[0])


def test_the_way_of_a_prescription_from_the_photo_to_the_order() -> None:
    ada, ref = Customer(), a_product("Amoxicillin 500mg", sale_class="pom", price="4800.00", stock=9)

    received = words(ada.send(SentMedia("image", "photo-1", "image/jpeg")))
    number = a_paper_read(ada, ("Amoxicillin", ref), ("Diazepam", ""))
    read = ada.hears()
    ada.send(Said("no"))
    ada.send(Said("number 2 is diclofenac"))
    ada.send(Said("done"))
    signer, version = in_hand(number)
    deciding.ask(number, signer, "age", version=version, now=NOW)
    asked = ada.hears()
    answered = words(ada.send(Said("34")))
    signer, version = in_hand(number)
    lines = (
        Line(0, "", "approved", ref=ref, quantity=2, directions="1 capsule three times a day"),
        Line(1, "", "not_dispensed", name="Diclofenac", reason="not_stocked"),
    )
    deciding.approve(number, signer, lines, version=version, valid_days=90, now=NOW)
    basket = ada.hears()
    for typed in ("yes", "pickup", "cash"):
        ada.send(Said(typed))
    placed = words(ada.send(Said("yes")))

    assert ada.hints == [(READ_PRESCRIPTION, number)]
    assert "Thank you, I have it" in received
    assert "₦4,800" in read
    assert "How old" in asked
    assert "has your answer" in answered
    assert "2 × Amoxicillin 500mg - ₦9,600" in basket
    assert "Diazepam: we do not sell it" in basket
    assert "is placed" in placed
    row = connection().execute(
        """SELECT count(*) FROM prescription_items WHERE "customerId" = %s AND "usedAt" = %s""", (ada.id, NOW)
    )
    assert row.fetchone() == (1,)


def test_its_row_and_what_is_logged_of_it_carry_the_correlation_id_of_the_message() -> None:
    ada = Customer()

    with structlog.contextvars.bound_contextvars(correlation="abc123"):
        ada.send(SentMedia("image", "photo-7", "image/jpeg"))

    row = connection().execute("""SELECT "correlationId" FROM prescriptions WHERE id = %s""", (ada.hints[-1][1],)).fetchone()
    assert row == ("abc123",)


def test_more_files_than_can_be_read_are_not_taken_and_it_is_said() -> None:
    ada = Customer()
    for n in range(receiving.MOST_UNREAD):
        ada.send(SentMedia("image", f"many-{n}", "image/jpeg"))

    told = words(ada.send(SentMedia("image", "one-too-many", "image/jpeg")))

    assert "could not take this one" in told
    assert len(ada.hints) == receiving.MOST_UNREAD


def test_nobody_sees_or_touches_the_prescription_of_somebody_else() -> None:
    ada, bola = Customer(), Customer()
    ada.send(SentMedia("image", "photo-2", "image/jpeg"))
    number = a_paper_read(ada, ("Secret medicine", ""))

    told = [
        words(bola.send(Happened("prescription_read", {"prescription_id": number}))),
        *(words(bola.send(Tapped(f"{id}:{number}"))) for id in ("rxok", "rxbad", "rxno", "rxask")),
        words(bola.send(Said("my prescriptions"))),
    ]

    assert "Secret" not in "".join(told)
    assert connection().execute("SELECT state, answers FROM prescriptions WHERE id = %s", (number,)).fetchone() == (
        "waiting",
        None,
    )


def test_a_better_picture_takes_the_place_of_the_first() -> None:
    ada = Customer()
    ada.send(SentMedia("image", "photo-3", "image/jpeg"))
    first = int(ada.hints[-1][1])
    work = receiving.begin(first, 30)
    assert work is not None
    receiving.fail(work, "broken")
    complaint = ada.hears()

    ada.now += timedelta(minutes=1)
    ada.send(SentMedia("image", "photo-4", "image/jpeg"))

    assert "damaged" in complaint
    states = connection().execute("""SELECT state FROM prescriptions WHERE "customerId" = %s ORDER BY id""", (ada.id,)).fetchall()
    assert states == [("replaced",), ("reading",)]


def test_the_conversation_goes_on_when_no_key_opens_a_decision() -> None:
    ada = Customer()
    ada.send(SentMedia("image", "photo-5", "image/jpeg"))
    number = a_paper_read(ada, ("Amoxicillin", ""))
    signer, version = in_hand(number)
    deciding.reject(number, signer, "too_old", version=version, now=NOW)

    vault.bind("memory://flows", ("YW5vdGhlciBrZXkgdGhhdCBvcGVucyBub3RoaW5nIDE=",))
    told = ada.hears()
    vault.bind("memory://flows", (KEY,))

    assert "has decided" in told
    assert "too old" in ada.hears()


def test_a_prescription_goes_with_a_customer_who_turns_out_to_be_another() -> None:
    ada, bola = Customer(), Customer()
    ada.send(SentMedia("image", "photo-6", "image/jpeg"))
    a_paper_read(ada, ("Amoxicillin", ""))

    with connection().transaction():
        customers.merge(connection(), source=ada.id, target=bola.id)

    assert "is with our pharmacist" in words(bola.send(Said("my prescriptions")))
