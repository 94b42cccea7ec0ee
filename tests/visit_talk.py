"""Somebody who talks to the real pharmacy about appointments: turns as the loop takes them, one transaction each."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import settings
from models import base
from models.base import connection
from models.payments import attempts, checking, settling
from tests.factories import NOW, a_customer, a_proof
from worker import conversation
from worker.database_facts import DatabaseFacts
from worker.effects import Context
from worker.facts import CustomerFacts, Pharmacy
from worker.flows import entry
from worker.flows.step import Buttons, Choices, Event, Happened, Outside, Place, Reply, Said, Tapped

SETTINGS = settings.read(
    {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "PAYSTACK_SECRET_KEY": "sk_test_" + "0" * 40,
    }
)
PHARMACY = Pharmacy("Drugs.ng Pharmacy", "5 Marina Road, Lagos", providers=("paystack",))


class Customer:
    """Somebody who talks to the real pharmacy: turns as the loop takes them, one transaction each."""

    def __init__(self, *, registered: bool = True) -> None:
        self.id = a_customer(registered=registered)
        self.registered, self.place, self.now = registered, Place(), NOW
        self.outside: Outside | None = None
        self.replies: tuple[Reply, ...] = ()
        self.heard = 0

    def send(self, event: Event) -> tuple[Reply, ...]:
        who = CustomerFacts(self.id, "Ada Obi" if self.registered else "", registered=self.registered, returning=True)
        facts = DatabaseFacts(who, self.now, ZoneInfo("Africa/Lagos"), PHARMACY)
        with base.db.atomic():
            context = Context(self.id, 1, self.now, SETTINGS, facts)
            step = conversation.perform_all(entry.turn(self.place, event, facts), context, facts)
        self.place = Place(step.place.flow, step.place.state, json.loads(json.dumps(dict(step.place.memory))))
        self.registered = self.registered or facts.customer.registered
        self.outside, self.replies = step.outside, step.replies
        return step.replies

    def say(self, *typed: str) -> str:
        return [words(self.send(Said(each))) for each in typed][-1]

    def tap(self, title: str) -> str:
        offered = {b.title: b.id for reply in self.replies if isinstance(reply, Buttons) for b in reply.buttons}
        offered |= {r.title: r.id for reply in self.replies if isinstance(reply, Choices) for s in reply.sections for r in s.rows}
        return words(self.send(Tapped(offered[title], title)))

    def hears(self) -> str:
        """What is said to everything new that the house put into this customer's inbox."""
        rows = connection().execute(
            """SELECT id, payload FROM inbox WHERE "customerId" = %s AND channel = 'house' AND id > %s ORDER BY id""",
            (self.id, self.heard),
        )
        said: tuple[Reply, ...] = ()
        for number, told in rows.fetchall():
            self.heard = number
            said += self.send(Happened(told["name"], told["data"]))
        return words(said)

    def pays(self, order: str) -> str:
        """The open attempt is begun by the provider, and paid."""
        attempt = attempts.of(self.id, order)
        assert attempt is not None
        work = attempts.claim_start(attempt.id, 30, now=self.now)
        assert work is not None
        attempts.started(work, {**work.way, "kind": "link", "url": "https://pay.example/1"}, now=self.now)
        self.hears()
        due = checking.claim_check(attempt.id, 30, now=self.now)
        assert due is not None
        settling.settle(due.id, a_proof(due, state="paid"), now=self.now, claim=due.version)
        return self.hears()


def words(replies: tuple[Reply, ...]) -> str:
    return "\n".join(str(getattr(reply, "body", None) or getattr(reply, "source", "")) for reply in replies)
