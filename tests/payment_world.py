"""A shop, its payers and their providers for histories of payments at random, with a ledger of its own to compare with.

The ledger is what really happened: money the providers took and sent back. Whatever a history does, in whatever order and how
often, `check` must hold: every kobo taken is in an order that was paid, on its way back, or in a task.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from psycopg import Rollback

from models import base, orders
from models.base import connection
from models.payments import accounts, attempts, checking, refunds, refunds_there, settling, tasks
from models.payments.refunds_there import There
from models.payments.values import Attempt, Proof, Settled
from models.values import Money, Refused
from tests.factories import NOW, a_customer, a_product, a_proof, an_order, order_id, stock_of

PAID = (
    "exact",
    "with_fee",
    "over",
    "over_unclear",
    "short",
    "dollars",
    "test_money",
    "other_request",
    "other_reference",
    "stranger",
)
UNPAID = ("pending", "failed", "unknown")
PROVIDERS = ("paystack", "flutterwave")
EXPECTED = {"dollars": "mismatch", "test_money": "mismatch", "other_request": "mismatch", "other_reference": "mismatch"}


@contextmanager
def may_refuse(*codes: str) -> Iterator[list[str]]:
    """What was refused, if it was; with any other code it is a bug."""
    refused: list[str] = []
    try:
        yield refused
    except Refused as no:
        refused.append(no.code)
    assert set(refused) <= set(codes), refused


def empty() -> None:
    """No orders and no money: the next history is alone in the database."""
    for table in ("payment_tasks", "refunds", "payments", "payment_attempts", "orders", "cart_lines"):
        connection().execute(f"DELETE FROM {table}")


class World:
    def __init__(self, stocks: tuple[int, ...] = (3, 5)) -> None:
        self.now = NOW
        self.customers = [a_customer(), a_customer()]
        self.initial = {a_product(f"Product {n}", stock=stock): stock for n, stock in enumerate(stocks)}
        self.refs = list(self.initial)
        self.numbers: list[tuple[int, str]] = []  # (customer, number)
        self.attempts: list[Attempt] = []
        self.proofs: list[tuple[int | None, Proof]] = []
        self.taken: dict[tuple[str, str], Money] = {}
        self.sent_back: dict[str, list[tuple[str, int]]] = {}  # transaction -> (our refund, kobo) at the provider
        self.paid: set[str] = set()
        self.second = ThreadPoolExecutor(1)

    def close(self) -> None:
        self.second.submit(base.drop_connection).result()
        self.second.shutdown()

    # ------------------------------------------------------------------------------------------------ customers

    def order(self, who: int, what: int, quantity: int, provider: str) -> None:
        customer = self.customers[who % 2]
        with may_refuse("out_of_stock", "less_stock", "too_many_open", "too_many") as refused:
            number = an_order(customer, {self.refs[what % len(self.refs)]: quantity}, payment=provider, now=self.now)
        if refused:
            connection().execute("""DELETE FROM cart_lines WHERE "customerId" = %s""", (customer,))
            return
        self.numbers.append((customer, number))
        self.begin(-1, provider)

    def begin(self, which: int, provider: str) -> None:
        customer, number = self._pick(self.numbers, which)
        with may_refuse("already_paid", "not_payable", "one_open", "too_many"):
            self.attempts.append(attempts.begin(customer, number, provider, "link", mode="live", now=self.now))

    def start(self, which: int, outcome: str) -> None:
        work = attempts.claim_start(self._pick(self.attempts, which).id, 30, now=self.now)
        if work is None or outcome == "death":
            return
        if outcome == "opens":
            attempts.started(work, {"url": "https://pay.example"}, now=self.now)
        elif outcome == "fails":
            attempts.start_failed(work, "timeout", timedelta(seconds=1), now=self.now)
        else:
            attempts.give_up(work, "timeout", now=self.now)

    def ask(self, which: int, switch: bool, provider: str) -> None:
        customer, number = self._pick(self.numbers, which)
        with may_refuse("already_paid", "not_payable", "none_open", "none_begun"):
            if switch:
                attempts.switch(customer, number, provider, "link", now=self.now)
            else:
                attempts.ask(customer, number, now=self.now)

    def cancel(self, which: int) -> None:
        customer, number = self._pick(self.numbers, which)
        with may_refuse("already", "too_late"):
            orders.cancel(customer, number, now=self.now)

    # ------------------------------------------------------------------------------------------------ the house

    def move(self, which: int, to: str) -> None:
        _, number = self._pick(self.numbers, which)
        if to != "paid":
            orders.move(order_id(number), to, who="staff:1", now=self.now)

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        orders.expire_due(self.now)

    def look(self, answer: str) -> None:
        """The clock's turn: everything due is looked at, and the provider says so."""
        for attempt_id in checking.to_check(self.now, limit=5):
            work = checking.claim_check(attempt_id, 30, now=self.now)
            if work is None:
                continue
            if answer == "silence":
                checking.no_answer(work, timedelta(minutes=1), tell=True, now=self.now)
            elif answer != "death":
                settled = settling.settle(work.id, a_proof(work, state=answer), now=self.now, claim=work.version)
                if settled.begun:
                    begun = attempts.get(settled.begun)
                    assert begun is not None
                    self.attempts.append(begun)

    def refund(self, outcome: str) -> None:
        """The refunds that are due, each looked for in the provider's list before it is sent again."""
        for refund_id in refunds.due(self.now, limit=5):
            work = refunds.claim(refund_id, 30, now=self.now)
            if work is None or outcome == "death_before":
                continue
            there = self.sent_back.setdefault(work.transaction_id, [])
            if str(work.id) not in [name for name, _ in there]:
                left = self.taken[(work.provider, work.transaction_id)].kobo - sum(kobo for _, kobo in there)
                if outcome == "refused" or left < work.amount.kobo:
                    refunds.failed(work, "declined", now=self.now)
                    continue
                there.append((str(work.id), work.amount.kobo))
            if outcome == "death_after":
                continue
            if outcome == "sent" and work.status == "wanted":
                refunds.sent(work, f"r{work.id}", now=self.now)
            elif outcome == "attention":
                refunds.needs_attention(work, f"r{work.id}", now=self.now)
            else:
                refunds.done(work, f"r{work.id}", now=self.now)

    def dashboard(self, which: int, kobo: int) -> None:
        """Somebody refunds at the provider and not here; now and then its list is read."""
        for provider, transaction in [self._pick(list(self.taken), which)] if self.taken else []:
            there = self.sent_back.setdefault(transaction, [])
            left = self.taken[(provider, transaction)].kobo - sum(each for _, each in there)
            if left > 0:
                there.append((f"d{len(there)}", min(kobo, left)))
        if which % 2:
            self.night()

    def night(self) -> None:
        """The providers' lists of refunds are read. What the money of a reversed payment did is the provider's."""
        for (provider, transaction), amount in self.taken.items():
            listed = [
                There(transaction, f"r{name}", Money(kobo, amount.currency), True)
                for name, kobo in self.sent_back.get(transaction, [])
            ]
            refunds_there.book(provider, listed, now=self.now)

    def staff(self, which: int, kobo: int) -> None:
        """A person returns a part of some payment, or closes the oldest task."""
        rows = connection().execute("SELECT id FROM payments WHERE currency = 'NGN' ORDER BY id DESC LIMIT 5").fetchall()
        if not rows:
            return
        if which % 2:
            for task in tasks.page(limit=1):
                tasks.close(task.id, by="staff:1", outcome="by_hand", now=self.now)
            return
        with may_refuse("one_open", "too_much", "reversed"):
            refunds.want(rows[which % len(rows)][0], Money(kobo), "goodwill", by="staff:1", now=self.now)

    # ------------------------------------------------------------------------------------------------ providers

    def proof(self, which: int, what: str) -> tuple[int | None, Proof]:
        attempt = self._pick(self.attempts, which)
        kobo = attempt.amount.kobo
        values: dict[str, dict[str, Any]] = {
            "with_fee": {"amount": Money(kobo + 10_000)},
            "over": {"amount": Money(kobo + 50_000), "requested": None},
            "over_unclear": {"amount": Money(kobo + 50_000), "fee": None},
            "short": {"amount": Money(kobo - 100)},
            "dollars": {"amount": Money(kobo, "USD"), "requested": Money(kobo, "USD")},
            "test_money": {"mode": "test"},
            "other_request": {"requested": Money(kobo - 1)},
        }
        if what == "other_reference":
            odd = Proof(
                attempt.provider,
                attempt.reference + ".x",
                "paid",
                f"x{len(self.proofs)}-{attempt.id}",
                attempt.amount,
                mode="live",
            )
            return attempt.id, odd
        if what == "stranger":
            return None, Proof(
                attempt.provider, "ZZ-a1", "paid", f"s{len(self.proofs)}-{attempt.id}", attempt.amount, mode="live"
            )
        state = what if what in (*UNPAID, "reversed") else "paid"
        return attempt.id, a_proof(attempt, state=state, **values.get(what, {}))

    def prove(self, which: int, what: str, *, crash: bool = False) -> None:
        self.settle(*self.proof(which, what), what=what, crash=crash)

    def replay(self, which: int, how: str) -> None:
        """A proof again: the same, reversed, or with another amount."""
        attempt_id, proof = self._pick(self.proofs, which)
        changed = {"state": "reversed"} if how == "reversed" else {"amount": proof.amount + Money(1, proof.currency)}
        self.settle(attempt_id, proof if how == "same" else _but(proof, changed), what="", crash=False)

    def settle(self, attempt_id: int | None, proof: Proof, *, what: str, crash: bool) -> None:
        before = self._state_of(attempt_id)
        if crash:
            with connection().transaction() as whole:
                settling.settle(attempt_id, proof, now=self.now)
                raise Rollback(whole)
            return
        settled = settling.settle(attempt_id, proof, now=self.now)
        if what in PAID and (proof.provider, proof.transaction_id) not in self.taken:
            assert settled.kind in self._expected(what, *before), (settled, what, before)
        self._book(attempt_id, proof, settled)

    def race(self, which: int, first: str, second: str) -> None:
        """Two at once on one order, each on a connection of its own."""
        attempt = self._pick(self.attempts, which)
        one = self.proof(which, first)
        other = one if second == "same" else self.proof(which, second) if second in (*PAID, *UNPAID) else None
        act: Callable[[], Settled | None] = lambda: self._other(attempt, second)  # noqa: E731
        if other is not None:
            act = lambda: settling.settle(*other, now=self.now)  # noqa: E731
        future = self.second.submit(act)
        settled = settling.settle(*one, now=self.now)
        beside = future.result(timeout=20)
        paid = [each for each in (settled, beside) if each and each.kind in ("applied", "overpaid")]
        assert len(paid) <= 1
        self._book(*one, settled)
        if other is not None and beside is not None:
            self._book(*other, beside)

    def _other(self, attempt: Attempt, what: str) -> None:
        if what == "cancel":
            orders.move(attempt.order_id, "cancelled", who="test", now=self.now)
        elif what == "expire":
            orders.expire_due(self.now + timedelta(minutes=45))
        else:
            checking.claim_check(attempt.id, 5, now=self.now)

    def _book(self, attempt_id: int | None, proof: Proof, settled: Settled) -> None:
        if proof.state in ("paid", "reversed"):
            self.proofs.append((attempt_id, proof))
            self.taken.setdefault((proof.provider, proof.transaction_id), proof.amount)
        if settled.kind in ("applied", "overpaid"):
            assert settled.order_number not in self.paid, "paid twice"
            self.paid.add(settled.order_number)

    def _state_of(self, attempt_id: int | None) -> tuple[str, bool]:
        if attempt_id is None:
            return "", False
        row = connection().execute(
            """SELECT o.state, o."orderNumber" FROM orders o JOIN payment_attempts a ON a."orderId" = o.id WHERE a.id = %s""",
            (attempt_id,),
        )
        state, number = row.fetchone() or ("", "")
        return state, number in self.paid

    @staticmethod
    def _expected(what: str, state: str, paid: bool) -> tuple[str, ...]:
        """What the rules say this money is, from the order as it was."""
        if what == "stranger" or what in EXPECTED:
            return (EXPECTED.get(what, "unknown"),)
        if paid:
            return ("double",)
        if state in ("cancelled", "refunded"):
            return ("late",)
        if what == "short":
            return ("short",)
        right = "overpaid" if what.startswith("over") else "applied"
        return (right, "late") if state == "expired" else (right,)

    def _pick(self, among: list[Any], which: int) -> Any:
        return among[which % len(among)]

    # ------------------------------------------------------------------------------------------------ what must hold

    def check(self, *, alone: bool = True) -> None:
        """`alone`: nothing else is in the database, so its sums are this history's."""
        assert accounts.violations() == []
        ours = [transaction for _, transaction in self.taken]
        recorded = connection().execute(
            """SELECT provider, "transactionId", "amountKobo", currency FROM payments WHERE "transactionId" = ANY(%s)""", (ours,)
        )
        rows = recorded.fetchall()
        assert {(row[0], row[1]): Money(row[2], row[3]) for row in rows} == self.taken
        self.check_books(alone=alone)
        for ref, initial in self.initial.items():
            held = connection().execute(
                """SELECT COALESCE(sum(quantity), 0) FROM stock_reservations WHERE "productId" = %s AND state IN ('held', 'sold')""",
                (int(ref[1:]),),
            )
            stock = stock_of(ref)
            assert stock is not None
            assert stock >= 0
            assert stock + (held.fetchone() or (0,))[0] == initial
        for (_, transaction), amount in self.taken.items():
            assert sum(kobo for _, kobo in self.sent_back.get(transaction, [])) <= amount.kobo

    def check_books(self, *, alone: bool) -> None:
        books = accounts.balances()
        assert all(each.lost == 0 for each in books)
        assert all(each.taken == each.kept + each.returned + each.in_tasks for each in books)
        if alone:
            assert sum(each.taken for each in books) == sum(amount.kobo for amount in self.taken.values())


def _but(proof: Proof, values: dict[str, Any]) -> Proof:
    return replace(proof, **values)


def one_history(rng: random.Random, steps: int) -> World:
    """A history at random, already lived; the caller checks and closes it."""
    world = World((rng.randint(1, 4), rng.randint(1, 6)))
    world.order(0, 0, 1, rng.choice(PROVIDERS))
    acts: list[tuple[int, Callable[[int], None]]] = [
        (2, lambda n: world.order(n, n // 2, 1 + n % 3, rng.choice(PROVIDERS))),
        (2, lambda n: world.begin(n, rng.choice(PROVIDERS))),
        (3, lambda n: world.start(n, rng.choice(("opens", "opens", "fails", "gives_up", "death")))),
        (2, lambda n: world.ask(n, rng.random() < 0.5, rng.choice(PROVIDERS))),
        (1, world.cancel),
        (2, lambda n: world.move(n, rng.choice(("processing", "shipped", "delivered", "cancelled", "refunded")))),
        (2, lambda n: world.wait(rng.choice((1, 15, 31, 60)))),
        (2, lambda n: world.look(rng.choice((*UNPAID, "silence", "death")))),
        (3, lambda n: world.refund(rng.choice(("sent", "done", "refused", "attention", "death_before", "death_after")))),
        (1, lambda n: world.staff(n, rng.choice((100, 60_000)))),
        (1, lambda n: world.dashboard(n, rng.choice((100, 60_000, 1_000_000)))),
        (1, lambda n: world.night()),
        (6, lambda n: world.prove(n, rng.choice(("exact", "exact", *PAID, *UNPAID, "reversed")), crash=rng.random() < 0.1)),
        (2, lambda n: world.proofs and world.replay(n, rng.choice(("same", "reversed", "changed")))),
        (
            2,
            lambda n: world.race(
                n, rng.choice(("exact", "over")), rng.choice(("same", "exact", "short", "cancel", "expire", "claim"))
            ),
        ),
    ]
    weights = [weight for weight, _ in acts]
    for _, act in rng.choices(acts, weights, k=steps):
        act(rng.randrange(1000))
    return world
