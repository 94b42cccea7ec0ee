"""What a process that handles payments holds: the providers' accounts, the clock of the database, and whom to wake afterwards."""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from models.base import drop_connection, unit
from models.payments.refunds_there import There
from models.payments.values import Proof, Settled
from models.payments.waits import Retry
from settings import current
from worker import house, messages, sentry
from worker.broker import hint_at
from worker.errors import GatewayError
from worker.gateways.accounts import gateways
from worker.gateways.payments import AUTH, Gateway, RefundState, Verified
from worker.later import later
from worker.logs import log
from worker.messages import Hint

ALARM_EVERY_S = 900.0
_alarmed: dict[str, float] = {}  # when Sentry last heard of a trouble of ours


@cache
def _open(pid: int) -> dict[str, Gateway]:
    return gateways(current())


def tills() -> dict[str, Gateway]:
    """This process's accounts by provider; their connections are made after the fork. Raises ValueError for a key that is none."""
    return _open(os.getpid())


def till(provider: str, mode: str) -> Gateway | None:
    """The account for an attempt. None without a key of this provider, or with one of the other world (test, live)."""
    found = tills().get(provider)
    return found if found is not None and found.mode == mode else None


def retry() -> Retry:
    settings = current()
    return Retry(settings.retry_max_attempts, settings.retry_initial_delay_ms, settings.retry_backoff_multiplier)


def chance() -> float:
    return random.random()  # noqa: S311 - spreads retries, keeps no secret


@contextmanager
def moment() -> Iterator[datetime]:
    """One unit of database work and the database's time: leases and waits of all processes are measured with one clock."""
    with unit(house.UNIT_S) as conn:
        (now,) = conn.execute("SELECT clock_timestamp()").fetchone() or ()
        yield now


@contextmanager
def asking() -> Iterator[None]:
    """Around every call of a provider: no connection, let alone a transaction, is held meanwhile."""
    drop_connection()
    yield


def proof_of(provider: str, found: Verified) -> Proof:
    """What a provider said, as money is settled by it."""
    return Proof(
        provider,
        found.reference,
        found.state,
        found.transaction_id,
        found.amount,
        found.requested,
        found.fee,
        found.mode,
        found.channel,
        found.paid_at,
    )


def there(found: RefundState, transaction_id: str = "") -> There:
    """A row of a provider's list of refunds, as it is booked."""
    return There(found.transaction_id or transaction_id, found.provider_id, found.amount, found.state == "done")


def wake(customers: Iterable[int | None]) -> None:
    """Their conversations have something to tell. After the commit."""
    for customer in customers:
        if customer is not None:
            hint_at(messages.CONVERSE, customer)


def tell(settled: Settled) -> None:
    """Whom a settled proof concerns hears of it now, and what it began goes on. After the commit."""
    log().info(
        "payment.settled", settled=settled.kind, state=settled.state, attempt=settled.attempt_id, payment=settled.payment_id
    )
    wake([settled.customer_id])
    if settled.begun is not None:
        hint_at(messages.START_PAYMENT, settled.begun)
    if settled.refund_id is not None:
        hint_at(messages.SEND_REFUND, settled.refund_id)


def again(hint: Hint, subject: int, delay: timedelta) -> None:
    """The same work once more when its row is due again."""
    later.hint(delay.total_seconds(), hint, subject)


def raise_alarm(trouble: str, provider: str, **ids: int | str) -> None:
    """People must look at it; Sentry hears of one trouble once in a quarter of an hour, however many payments meet it."""
    log().error("payment.alarm", trouble=trouble, provider=provider, **ids)
    name = f"{provider}: {trouble}"
    if time.monotonic() - _alarmed.get(name, -math.inf) > ALARM_EVERY_S:
        _alarmed[name] = time.monotonic()
        sentry.alarm(f"payments: {name}", provider=provider, **ids)


def watch(error: GatewayError, provider: str) -> None:
    """A refused key stops this provider until somebody mends it."""
    if error.klass == AUTH:
        raise_alarm("key refused", provider, code=error.code)


def asked_wait(error: GatewayError) -> timedelta:
    """How long the provider wants us to wait, if it said so."""
    return timedelta(seconds=error.retry_after_s or 0.0)
