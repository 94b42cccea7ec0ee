"""A shop with its customers, the fake providers over HTTP and the trade of payments in this process, for tests.

Work is found as the clock's sweeps find it and done at once; `later` moves everything that waits into the past instead of sleeping.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import settings
from local.providers.control import Providers
from models import base, orders
from models.base import connection
from models.payments import accounts, attempts, checking, events, refunds, tasks
from models.payments.values import Attempt
from tests.factories import a_customer, an_order, order_id
from worker import broker, payment_events, payments, refunding, tills
from worker.effects import Context, perform
from worker.flows.step import Effect, Happened
from worker.later import later

TIMES = {
    "payment_attempts": ("nextTryAt", "nextCheckAt", "leaseUntil", "askedAt", "checkedAt"),
    "payment_events": ("nextTryAt", "receivedAt"),
    "refunds": ("nextTryAt", "nextCheckAt", "leaseUntil"),
    "orders": ("reservedUntil",),
}
ROUNDS = 60


class Counter:
    """`providers` is the outside world; `alarms` what people were called for."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers
        self.alarms: list[str] = []

    # ------------------------------------------------------------------------------------------------ customers

    def order(self, provider: str = "paystack") -> tuple[int, str]:
        customer = a_customer()
        return customer, an_order(customer, payment=provider, now=datetime.now(UTC))

    def perform(self, customer: int, name: str, **args: Any) -> Happened:
        happened = perform(Effect(name, args), Context(customer, 1, datetime.now(UTC), settings.current()))
        assert happened is not None
        return happened

    def begin(self, provider: str = "paystack", kind: str = "link") -> Attempt:
        """A new customer has ordered and wants to pay; nothing was asked of the provider yet."""
        customer, number = self.order(provider)
        happened = self.perform(customer, "start_payment", number=number, provider=provider, kind=kind)
        assert happened.name == "payment_started", happened
        return self.attempt(happened.data["attempt_id"])

    def opened(self, provider: str = "paystack", kind: str = "link") -> Attempt:
        attempt = self.begin(provider, kind)
        payments.start(attempt.id)
        attempt = self.attempt(attempt.id)
        assert attempt.status == "open", attempt
        return attempt

    # ------------------------------------------------------------------------------------------------ work and time

    def work(self, *, sweep_s: float = 0.0) -> int:
        """Does everything that is due, until nothing is; how many pieces."""
        done = 0
        for _ in range(ROUNDS):
            now = datetime.now(UTC)
            due = [(payments.start, one) for one in attempts.to_start(now, older_than_s=sweep_s)]
            due += [(payments.check, one) for one in checking.to_check(now, older_than_s=sweep_s)]
            due += [(payment_events.settle, one) for one in events.waiting(connection(), now=now, older_than_s=sweep_s)]
            due += [(refunding.send, one) for one in refunds.due(now)]
            if not due:
                return done
            for act, one in due:
                act(one)
            done += len(due)
        raise AssertionError("the work has no end")

    def later(self, **interval: float) -> None:
        """So much time has passed for everything that waits."""
        words = " ".join(f"{value} {name}" for name, value in interval.items())
        for table, columns in TIMES.items():
            moved = ", ".join(f'"{c}" = "{c}" - %(by)s::interval' for c in columns)
            connection().execute(f"UPDATE {table} SET {moved}", {"by": words})

    def told(self, body: bytes, key: str, *, provider: str = "paystack") -> int | None:
        """A webhook as the door stores it."""
        return events.store(connection(), provider, key, kind="charge", reference="", body=body)

    # ------------------------------------------------------------------------------------------------ what came of it

    def attempt(self, attempt_id: int) -> Attempt:
        found = attempts.get(attempt_id)
        assert found is not None
        return found

    def last(self, attempt: Attempt) -> Attempt:
        """The newest attempt of the same order."""
        return attempts.of_order(attempt.order_id)[-1]

    def state(self, attempt: Attempt) -> str:
        row = connection().execute("SELECT state FROM orders WHERE id = %s", (attempt.order_id,)).fetchone()
        return str(row[0])

    def heard(self, attempt: Attempt) -> list[str]:
        """The events of its customer, in order."""
        rows = connection().execute(
            """SELECT payload::json->>'name' FROM inbox WHERE "customerId" = %s AND channel = 'house' ORDER BY id""",
            (attempt.customer_id,),
        )
        return [row[0] for row in rows.fetchall()]

    def said(self, attempt: Attempt, name: str) -> dict[str, Any]:
        """The data of the last event of this name."""
        row = connection().execute(
            """SELECT payload::json->'data' FROM inbox WHERE "customerId" = %s AND channel = 'house'
                   AND payload::json->>'name' = %s ORDER BY id DESC LIMIT 1""",
            (attempt.customer_id, name),
        )
        found: dict[str, Any] = row.fetchone()[0]
        return found

    def payments(self, attempt: Attempt) -> list[tuple[str, int]]:
        rows = connection().execute(
            """SELECT settled, "amountKobo" FROM payments WHERE "orderId" = %s ORDER BY id""", (attempt.order_id,)
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def tasks(self) -> list[str]:
        return [task.kind for task in tasks.page()]

    def cancel(self, attempt: Attempt) -> None:
        orders.cancel(attempt.customer_id, attempt.order_number, now=datetime.now(UTC))

    def refund(self, attempt: Attempt) -> refunds.Refund:
        return refunds.of_order(attempt.order_number)[-1]

    def adds_up(self) -> None:
        """Every kobo the providers took is in an order, on its way back or in a task."""
        assert accounts.violations() == []
        ledger = self.providers.ledger()
        assert sum(each.taken for each in accounts.balances()) == sum(each["taken"] for each in ledger.values())


def paystack_webhook(attempt: Attempt, **data: Any) -> bytes:
    """What Paystack would post of a success."""
    said = {"id": 1, "reference": attempt.reference, "status": "success", "amount": attempt.amount.kobo, "currency": "NGN"}
    return json.dumps({"event": "charge.success", "data": said | data}).encode()


def environment(providers: Providers, database_url: str, redis_url: str) -> dict[str, str]:
    """Settings of a house whose providers these are."""
    config = providers.config
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PAYSTACK_SECRET_KEY": config.paystack_secret_key,
        "PAYSTACK_BASE_URL": providers.url,
        "FLUTTERWAVE_SECRET_KEY": config.flutterwave_secret_key,
        "FLUTTERWAVE_SECRET_HASH": config.flutterwave_secret_hash,
        "FLUTTERWAVE_BASE_URL": providers.url,
        "PUBLIC_BASE_URL": "http://127.0.0.1:1",
        "LOG_DIR": "",
    }


def forget() -> None:
    """The next settings and accounts are read anew; connections of those before are closed."""
    if tills._open.cache_info().currsize:
        for gateway in tills.tills().values():
            gateway.close()
    settings.current.cache_clear()
    tills._open.cache_clear()


@pytest.fixture(scope="module")
def world() -> Iterator[Providers]:
    """Providers of the module; their webhooks go nowhere unless a test takes them."""
    with Providers.in_thread(webhooks=False) as providers:
        yield providers


@pytest.fixture
def counter(world: Providers, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    world.reset()
    world.configure(webhooks=False)
    for name, value in environment(world, database_url, redis_url).items():
        monkeypatch.setenv(name, value)
    forget()
    base.bind(database_url, statement_s=8.0)
    made = broker.connect(redis_url)
    shop = Counter(world)
    monkeypatch.setattr("worker.sentry.alarm", lambda name, **ids: shop.alarms.append(name))
    monkeypatch.setattr("worker.tills._alarmed", {})
    yield shop
    later.clear()  # a retry of this test is no hint of the next
    base.drop_connection()
    made.client.close()
    forget()


__all__ = ["Counter", "counter", "order_id", "world"]
