"""Medicine that runs out, from the order to the cart it is in again: asked once, agreed to, reminded of, ordered; and not without a yes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import checkout, customers, timers, vault
from models.base import connection
from models.prescriptions import approvals, record
from models.prescriptions.approvals import Allowed
from tests.due_zones import noon_somewhere
from tests.factories import FEE, a_prescription, a_product
from tests.threads_house import House, sim, talk, worker_process  # noqa: F401 - fixtures
from tests.threads_world import now, rows

LASTS = 30  # days


def bought(talk: House) -> tuple[int, str]:
    """The customer's approved prescription of 30 days, and the product, ordered and paid for."""
    ref = a_product("Norvasc 5mg", price="6200.00", sale_class="pom")
    paper = a_prescription(talk.customer, state="approved")
    line = record.Line(0, "Norvasc", "approved", ref, "Norvasc", "5 mg", 2, f"1 tablet daily for {LASTS} days")
    sealed = vault.vault().seal(record.dumps(record.Record("approved", "Bola Ade", "P1", (line,))))
    ((decision,),) = rows(
        """INSERT INTO prescription_decisions ("prescriptionId", at, kind, "staffId", "staffName", record)
           VALUES (%s, now(), 'approved', 1, 'Bola Ade', %s) RETURNING id""",
        *(paper, sealed),
    )
    approvals.allow(decision, paper, talk.customer, [Allowed(0, ref, 2)], expires_at=now() + timedelta(days=30), now=now())
    number = checkout.place(talk.customer, checkout.Wish("pickup", "cash", f"k{paper}"), delivery_fee=FEE, now=now()).number
    rows("""UPDATE orders SET state = 'paid' WHERE "orderNumber" = %s""", number)
    talk.hours_ago(1)
    return paper, ref


def comes(talk: House, kind: str) -> None:
    """The moment of the one timer of this kind."""
    rows("""UPDATE timers SET "fireAt" = now() WHERE kind = %s AND "customerId" = %s""", kind, talk.customer)
    timers.fire_due(connection(), limit=100, zone=noon_somewhere())
    talk.serve()


def waiting(talk: House) -> list[str]:
    found = rows("""SELECT kind FROM timers WHERE "customerId" = %s AND "firedAt" IS NULL ORDER BY id""", talk.customer)
    return [kind for (kind,) in found]


def test_from_the_order_to_the_cart_it_is_in_again(talk: House) -> None:
    bought(talk)
    comes(talk, "refill_ask")
    assert f"about {LASTS} days" in talk.seen()[-1]
    talk.writes("yes")
    assert talk.seen()[-1].startswith("I will remind you on ")
    assert waiting(talk) == ["refill"]
    talk.hours_ago(26 * 24)  # weeks without a word: the template goes, and its question stays for who answers it
    comes(talk, "refill")
    assert talk.seen()[-1].startswith("You asked us to remind you: what was dispensed on your prescription")
    talk.writes("hello")
    taps = rows(
        """SELECT payload::text FROM outbox WHERE "customerId" = %s AND payload::text LIKE '%%refill:again:%%'""", talk.customer
    )
    (again,) = {text.split("refill:again:")[1].split('"')[0] for (text,) in taps}
    tapped(talk, f"refill:again:{again}")
    assert rows("""SELECT quantity FROM cart_lines WHERE "customerId" = %s""", talk.customer) == [(2,)]
    assert waiting(talk) == []


def tapped(talk: House, button: str) -> None:
    talk.writes(kind="interactive", interactive={"type": "button_reply", "button_reply": {"id": button, "title": "Order again"}})


@pytest.mark.parametrize("answer", ["no", "no thanks", "menu"])
def test_without_a_yes_nothing_is_set(talk: House, answer: str) -> None:
    bought(talk)
    comes(talk, "refill_ask")
    talk.writes(answer)
    assert waiting(talk) == []


@pytest.mark.parametrize("word", ["stop reminders", "stop"])
def test_whoever_has_enough_hears_no_more_of_it(talk: House, word: str) -> None:
    bought(talk)
    comes(talk, "refill_ask")
    talk.writes("yes")
    talk.writes(word)
    before = len(talk.seen())
    comes(talk, "refill")
    assert len(talk.seen()) == before


def test_a_yes_said_twice_is_one_reminder(talk: House) -> None:
    paper, _ = bought(talk)
    comes(talk, "refill_ask")
    until = (now() + timedelta(days=LASTS)).date()
    for _ in range(2):
        tapped(talk, f"refill:yes:{paper}:{until.isoformat()}")
    assert waiting(talk) == ["refill"]


def test_whoever_stopped_messages_is_not_even_asked(talk: House) -> None:
    bought(talk)
    customers.set_marketing(talk.customer, True, now())
    comes(talk, "refill_ask")
    assert talk.seen() == []
