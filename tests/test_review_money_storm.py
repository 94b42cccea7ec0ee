"""Everybody at a few orders at once: payers, the clock, staff, the bank, the old program, a merge. All adds up, without a deadlock."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from models import base, customers, fulfilment, money_desk, orders
from models.base import connection
from models.payments import accounts, attempts, checking, refunds, returning, settling
from models.payments.values import Attempt, Proof
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_product, a_proof, an_attempt, an_order
from tests.servers import Databases

HANDS, STEPS, ORDERS = 6, int(os.environ.get("STORM_STEPS", "40")), 4
LATE = NOW + timedelta(minutes=50)
STATUSES = ("Cancelled", "Shipped", "Delivered")


@pytest.fixture
def shop(databases: Databases) -> Iterator[None]:
    with databases.fresh() as url:
        base.bind(url)
        yield
        base.drop_connection()


class Hand:
    """One who acts at random; what the rules refuse is no trouble, an error is."""

    def __init__(self, seed: int, begun: list[Attempt], proofs: list[Proof], once: threading.Lock) -> None:
        self.rng, self.begun, self.proofs, self.once = random.Random(seed), begun, proofs, once
        self.errors: list[str] = []

    def run(self) -> None:
        acts: list[Callable[[], object]] = [
            self.pays, self.pays, self.pays_oddly, self.cancels, self.expires, self.processes, self.ships, self.delivers,
            self.staff_cancels, self.refunds_a_part, self.sends_refunds, self.disputes, self.reverses, self.looks, self.switches,
            self.begins, self.old_program, self.closes, self.merges,
        ]  # fmt: skip
        try:
            for _ in range(STEPS):
                act = self.rng.choice(acts)
                try:
                    act()
                except Refused:
                    pass
                except Exception as error:  # noqa: BLE001 - gathered for the test
                    self.errors.append(f"{act.__name__}: {type(error).__name__} {error}"[:600])
        finally:
            base.drop_connection()

    def one(self) -> Attempt:
        return self.rng.choice(self.begun)

    def pays(self) -> object:
        proof = self.rng.choice(self.proofs)
        return settling.settle(None, proof, now=self.rng.choice((NOW, LATE)))

    def pays_oddly(self) -> object:
        attempt = self.one()
        amount = attempt.amount + Money(self.rng.choice((-500, 700)))
        return settling.settle(attempt.id, a_proof(attempt, amount=amount, requested=None), now=NOW)

    def cancels(self) -> object:
        attempt = self.one()
        return orders.cancel(attempt.customer_id, attempt.order_number, now=NOW)

    def expires(self) -> object:
        with connection().transaction():
            return orders.expire_due(LATE, limit=1)

    def processes(self) -> object:
        return fulfilment.process(self.one().order_number, by=1, now=NOW)

    def ships(self) -> object:
        return fulfilment.ship(self.one().order_number, "Musa Bello", "08031234567", by=1, now=NOW)

    def delivers(self) -> object:
        return fulfilment.deliver(self.one().order_number, by=1, now=NOW)

    def staff_cancels(self) -> object:
        return fulfilment.cancel(self.one().order_number, "other", by=1, now=NOW)

    def refunds_a_part(self) -> object:
        amount = self.rng.choice((Money(10_000), None))
        return fulfilment.refund(self.one().order_number, amount, "goodwill", by=1, now=NOW)

    def sends_refunds(self) -> object:
        for refund in refunds.due(LATE, limit=3):
            work = refunds.claim(refund, 30, now=LATE)
            if work is not None:
                end = self.rng.choice((refunds.done, refunds.sent, refunds.needs_attention))
                end(work, f"r{work.id}", now=LATE) if self.rng.random() < 0.8 else refunds.failed(work, "declined", now=LATE)
        return None

    def disputes(self) -> object:
        proof = self.rng.choice(self.proofs)
        told: dict[str, Any] = {
            "reference": proof.reference,
            "transaction_id": proof.transaction_id,
            "amount": None,
            "status": "",
        }
        return settling.dispute(proof.provider, str(self.rng.randrange(9)), now=NOW, **told)

    def reverses(self) -> object:
        proof = self.rng.choice(self.proofs)
        again = a_proof(self.one(), state="reversed", transaction_id=proof.transaction_id, amount=proof.amount)
        return settling.settle(None, again, now=NOW) if again.reference == proof.reference else None

    def looks(self) -> object:
        attempt = self.one()
        work = checking.claim_check(attempt.id, 30, now=LATE)
        state = self.rng.choice(("pending", "failed", "unknown"))
        return settling.settle(attempt.id, a_proof(attempt, state=state), now=LATE, claim=work.version if work else None)

    def switches(self) -> object:
        attempt = self.one()
        return attempts.switch(attempt.customer_id, attempt.order_number, "flutterwave", "link", now=NOW)

    def begins(self) -> object:
        attempt = self.one()
        return attempts.begin(attempt.customer_id, attempt.order_number, "paystack", "link", mode="live", now=NOW)

    def old_program(self) -> object:
        status = self.rng.choice(STATUSES)
        return connection().execute("UPDATE orders SET status = %s WHERE id = %s", (status, self.one().order_id))

    def closes(self) -> object:
        for task in money_desk.page(connection(), "tasks", limit=2):
            if task.back.kobo and self.rng.random() < 0.5:
                money_desk.give_back(task.id, task.back, by=1, now=NOW)
            else:
                money_desk.close(task.id, self.rng.choice(("by_hand", "kept", "refunded")), by=1, now=NOW)
        return None

    def merges(self) -> object:
        """Two of the three turn out to be one; that happens once to a person."""
        if not self.once.acquire(blocking=False):
            return None
        source, target = self.rng.sample(sorted({each.customer_id for each in self.begun}), 2)
        with connection().transaction():
            return customers.merge(connection(), source=source, target=target)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_everybody_does_at_once_the_books_add_up_and_nobody_is_thrown_out(shop: None, seed: int) -> None:
    shelf = [a_product(f"Product {n}", stock=9) for n in range(2)]
    customers_of = [a_customer() for _ in range(3)]
    begun = [
        an_attempt(ada, an_order(ada, {shelf[n % 2]: 1, shelf[(n + 1) % 2]: 2}, payment="paystack"))
        for n in range(ORDERS)
        for ada in [customers_of[n % 3]]
    ]
    proofs = [a_proof(attempt, amount=attempt.amount) for attempt in begun for _ in range(2)]
    once = threading.Lock()
    hands = [Hand(100 * seed + n, begun, proofs, once) for n in range(HANDS)]
    threads = [threading.Thread(target=hand.run) for hand in hands]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [error for hand in hands for error in hand.errors] == []
    orders.expire_due(LATE)
    returning.give_back_what_was_left(LATE, limit=100)
    # What the old program makes of an order by itself is its own.
    wrong = [each for each in accounts.violations() if each.rule not in ("nothing_held", "money_without_paying")]
    assert wrong == []
    back = connection().execute(
        """SELECT p.id FROM payments p WHERE p."amountKobo" < (SELECT sum(r."amountKobo") FROM refunds r
               WHERE r."paymentId" = p.id AND r.status <> 'failed')"""
    )
    assert back.fetchall() == []
