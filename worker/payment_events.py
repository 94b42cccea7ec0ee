"""What providers told us, handled: an occasion to ask them, and what they answer is settled.

The body is believed in nothing but which transaction to ask about. An event is tried until the provider answers, for about a day;
then a person is told. Money that nobody told us of, the ladder and the night's comparison find.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models.base import Unavailable, connection
from models.payments import attempts, events, refunds, settling, tasks, told
from models.payments.events import PaymentEvent
from models.payments.told import Told
from models.payments.values import Attempt, Settled
from models.values import Money
from settings import current
from worker import messages, sentry
from worker.broker import hint_at
from worker.errors import GatewayError
from worker.gateways.payments import AUTH, PERMANENT, RETRYABLE, Gateway, Verified
from worker.logs import correlate, log
from worker.tills import again, asked_wait, asking, chance, moment, proof_of, raise_alarm, retry, tell, tills, watch

MOST_FAILURES = 60  # about a day of half-hour waits
MOST_REFUSALS = 5  # of a provider that says no to the question itself
NOT_YET = 4  # so often a success that verify does not know yet is asked about again
KEY_REFUSED_WAIT = timedelta(minutes=5)


def settle(event_id: int) -> None:
    """Does what is due for a stored webhook. Raises Unavailable when the database goes away; the sweep comes back to it."""
    with moment() as now:
        event = events.claim(event_id, current().lease_seconds * 2.0, now=now)
    if event is None:
        return
    correlate(event.correlation_id, payment_event=event.id, provider=event.provider)
    if event.deaths >= current().event_max_deaths:
        raise_alarm("an event ends its process", event.provider, payment_event=event.id)
        _failed(event, "ended the process", None)
        return
    try:
        _handle(event)
    except GatewayError as error:
        watch(error, event.provider)
        _unanswered(event, error)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: told, tried again, and at last put before a person
        log().exception("payment.event_failed")
        sentry.tell(error, payment_event=event.id)
        last = event.failures + 1 >= current().event_max_attempts
        _failed(event, type(error).__name__, None if last else retry().wait(event.failures + 1, chance()))


def _handle(event: PaymentEvent) -> None:
    try:
        said = told.read(event.provider, event.body)
    except ValueError:
        _failed(event, "unreadable", None)
        return
    if said.kind == "other":
        with moment() as now:
            events.ignore(event, "no business of ours", now=now)
        return
    if said.kind == "transfer_rejected":
        _rejected(event, said)
        return
    if said.kind == "dispute":
        _disputed(event, said)
    if not (said.reference or said.transaction_id):
        with moment() as now:
            events.ignore(event, "names no payment", now=now)
        return
    _ask(event, said)


def _ask(event: PaymentEvent, said: Told) -> None:
    gateway = _gateway(event.provider)
    with asking():
        found = gateway.verify(said.reference, said.transaction_id)
    if _too_early(event, said, found):
        _failed(event, f"verify says {found.state}", retry().wait(event.failures + 1, chance()))
        return
    settled: Settled | None = None
    returning: list[int] = []
    with moment() as now, connection().transaction():
        attempt = attempts.by_reference(event.provider, said.reference) if said.reference else None
        if said.kind == "refund":
            returning = refunds.heard(event.provider, found.transaction_id or said.transaction_id, now=now)
        if found.state != "unknown" or attempt is not None:
            settled = settling.settle(attempt.id if attempt else None, proof_of(event.provider, found), now=now)
            events.done(event, now=now)
        else:
            events.ignore(event, "nobody knows it", now=now)
    for refund in returning:
        hint_at(messages.SEND_REFUND, refund)
    if settled is not None:
        tell(settled)


def _gateway(provider: str) -> Gateway:
    found = tills().get(provider)
    if found is None:
        raise GatewayError(retryable=False, code="no_key", klass=AUTH)
    return found


def _too_early(event: PaymentEvent, said: Told, found: Verified) -> bool:
    """A success whose verify is behind: asked again a few times before it is left to the ladder."""
    success = said.kind == "charge" and said.raw_status.lower() in ("success", "successful")
    return success and found.state in ("pending", "unknown") and event.failures < NOT_YET


# --------------------------------------------------------------------------------------------------- for people


def _disputed(event: PaymentEvent, said: Told) -> None:
    with moment() as now:
        task = settling.dispute(
            event.provider,
            "",
            reference=said.reference,
            transaction_id=said.transaction_id,
            amount=said.amount,
            status=said.raw_status,
            now=now,
        )
    if task is not None:
        log().warning("payment.disputed", task=task)


def _rejected(event: PaymentEvent, said: Told) -> None:
    """A transfer of a wrong amount went back to whoever sent it; who that was, a person finds out."""
    with moment() as now, connection().transaction():
        attempt = attempts.by_reference(event.provider, said.reference) if said.reference else None
        _rejected_task(event, said, attempt, now)
        events.done(event, now=now)


def _rejected_task(event: PaymentEvent, said: Told, attempt: Attempt | None, now: datetime) -> None:
    tasks.open(
        "transfer_rejected",
        f"{event.provider}:{said.transaction_id or said.reference or event.id}",
        now=now,
        order_id=attempt.order_id if attempt else None,
        provider=event.provider,
        reference=said.reference,
        amount=said.amount or Money(0),
        transaction=said.transaction_id,
        event=event.id,
    )


# --------------------------------------------------------------------------------------------------- no answer


def _unanswered(event: PaymentEvent, error: GatewayError) -> None:
    failures = event.failures + 1
    last = failures >= (MOST_REFUSALS if error.klass == PERMANENT else MOST_FAILURES)
    ours = KEY_REFUSED_WAIT if error.klass == AUTH else timedelta(0)
    delay = max(retry().wait(failures, chance()), asked_wait(error), ours)
    _failed(event, f"{error.klass or RETRYABLE} {error.code}", None if last else delay)


def _failed(event: PaymentEvent, reason: str, delay: timedelta | None) -> None:
    with moment() as now:
        ours = events.fail(event, reason, delay, now=now)
    log().warning("payment.event_later" if delay else "payment.event_set_aside", reason=reason, failures=event.failures + 1)
    if ours and delay is not None:
        again(messages.SETTLE_PAYMENT_EVENT, event.id, delay)
