"""What providers told us, handled: an occasion to ask them, and what they answer is settled.

The body is believed in nothing but which transaction to ask about. An event is tried until the provider answers, for about a day;
then a person is told. Money that nobody told us of, the ladder and the night's comparison find.
"""

from __future__ import annotations

from datetime import timedelta

from models.base import Unavailable, connection
from models.payments import attempts, events, refunds, refunds_there, settling, told
from models.payments.events import PaymentEvent
from models.payments.refunds_there import Booked, There
from models.payments.told import Told
from models.payments.values import Settled
from settings import current
from worker import messages, rejected_transfers, sentry
from worker.broker import hint_at
from worker.errors import GatewayError
from worker.gateways.payments import AUTH, PERMANENT, RETRYABLE, Gateway, Verified
from worker.logs import correlate, log
from worker.tills import again, asked_wait, asking, chance, moment, proof_of, raise_alarm, retry, tell, there, tills, wake, watch

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
        rejected_transfers.handle(event, said, _gateway(event.provider))
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
    given_back = refunds_listed(gateway, found.transaction_id or said.transaction_id) if said.kind == "refund" else []
    settled: Settled | None = None
    returning: list[int] = []
    booked: list[Booked] = []
    with moment() as now, connection().transaction():
        attempt = attempts.by_reference(event.provider, said.reference) if said.reference else None
        if found.state != "unknown" or attempt is not None:
            proof = proof_of(event.provider, found)
            settled = settling.settle(attempt.id if attempt else None, proof, now=now, account_mode=gateway.mode)
            events.done(event, now=now)
        else:
            events.ignore(event, "nobody knows it", now=now)
        if said.kind == "refund":
            booked = refunds_there.book(event.provider, given_back, now=now)
            returning = refunds.heard(event.provider, found.transaction_id or said.transaction_id, now=now)
    for refund in returning:
        hint_at(messages.SEND_REFUND, refund)
    wake([each.customer_id for each in booked])
    if settled is not None:
        tell(settled)


def refunds_listed(gateway: Gateway, transaction_id: str) -> list[There]:
    """What the provider has given back of a transaction, whoever asked for it."""
    if not transaction_id:
        return []
    with asking():
        return [there(each, transaction_id) for each in gateway.refunds(transaction_id)]


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
            said.dispute_id,
            reference=said.reference,
            transaction_id=said.transaction_id,
            amount=said.amount,
            status=said.raw_status,
            now=now,
        )
    if task is not None:
        log().warning("payment.disputed", task=task)


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
