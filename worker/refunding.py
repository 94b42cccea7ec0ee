"""Refunds: sent once, and asked after until the money is back.

Nothing is sent a second time before the provider's list of the transaction's refunds was read; a refund begins only in the first
half of its lease, so that a process that was frozen does not send what another has sent meanwhile.
"""

from __future__ import annotations

import time
from datetime import timedelta

from models.base import Unavailable
from models.payments import refunds
from models.payments.refunds import Refund
from settings import current
from worker import messages, sentry
from worker.errors import GatewayError
from worker.gateways.http import TOTAL_S
from worker.gateways.payments import AMBIGUOUS, AUTH, PERMANENT, Gateway, RefundState
from worker.logs import correlate, log
from worker.tills import again, asked_wait, asking, chance, moment, raise_alarm, retry, tills, wake, watch

LEASES = 4.0  # in leases of the house: a list has many pages, and nobody waits at the counter
LEAST_LEASE_S = 3 * TOTAL_S  # whatever the house's is: a refund begun in its first half has ended before it runs out
# After a refund that may have been received, its provider's list has it when we look.
UNSURE_WAIT = timedelta(seconds=30)
KEY_REFUSED_WAIT = timedelta(minutes=5)
MOST_TRIES = 100  # about two days of half-hour waits; then a person


def send(refund_id: int) -> None:
    """Does what is due for a refund. Raises Unavailable when the database goes away; the sweep comes back to it."""
    began, lease_s = time.monotonic(), max(current().lease_seconds * LEASES, LEAST_LEASE_S)
    with moment() as now:
        work = refunds.claim(refund_id, lease_s, now=now)
        if work is None:
            return
        others = {each.provider_id for each in refunds.of_payment(work.payment_id) if each.id != work.id and each.provider_id}
    correlate("", refund=work.id, provider=work.provider)
    try:
        gateway = tills().get(work.provider)
        if gateway is None:
            raise GatewayError(retryable=False, code="no_key", klass=AUTH)
        if gateway.mode != work.mode:  # another payment may have this number in this key's world
            raise GatewayError(retryable=False, code="other_mode", klass=PERMANENT)
        found = _asked_after(gateway, work, others)
        if found is None and work.status == "wanted":
            if time.monotonic() > began + lease_s / 2:
                _later(work, "slow", timedelta(0))
                return
            with asking():
                found = gateway.refund(work.transaction_id, work.amount, reason=work.reason)
        _record(work, found)
    except GatewayError as error:
        _not_sent(work, error)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: told, and tried again as after a cut
        log().exception("refund.failed")
        sentry.tell(error, refund=work.id)
        _later(work, type(error).__name__, UNSURE_WAIT)


def _asked_after(gateway: Gateway, work: Refund, others: set[str]) -> RefundState | None:
    """What the provider's list says of this refund; None for the first try, and when it is not there."""
    if work.status == "wanted" and work.tries <= 1:
        return None
    with asking():
        listed = gateway.refunds(work.transaction_id)
    if work.provider_id:
        return next((each for each in listed if each.provider_id == work.provider_id), None)
    alike = [each for each in listed if each.amount == work.amount and each.provider_id not in others]
    # One that failed may be another's; one that did not is this one.
    return next((each for each in alike if each.state != "failed"), next(iter(alike), None))


def _record(work: Refund, found: RefundState | None) -> None:
    state = found.state if found is not None else "none"
    provider_id = found.provider_id if found is not None else ""
    with moment() as now:
        if state == "done":
            ours = refunds.done(work, provider_id, now=now)
        elif state == "failed":
            ours = refunds.failed(work, "the provider could not do it", now=now)
        elif state == "needs_attention":
            ours = refunds.needs_attention(work, provider_id, now=now)
        elif work.status == "wanted":
            ours = refunds.sent(work, provider_id, now=now)
        else:
            ours = refunds.still_pending(work, now=now)
    log().info("refund.asked", state=state, was=work.status, ours=ours)
    if ours and state == "done":
        wake([work.customer_id])


def _not_sent(work: Refund, error: GatewayError) -> None:
    watch(error, work.provider)
    if error.klass == PERMANENT and work.status == "wanted":
        with moment() as now:
            refunds.failed(work, error.code, now=now)
        log().error("refund.refused", code=error.code)
        return
    wait = max(asked_wait(error), KEY_REFUSED_WAIT if error.klass == AUTH else timedelta(0))
    _later(work, error.code, max(wait, UNSURE_WAIT if error.klass == AMBIGUOUS else timedelta(0)))


def _later(work: Refund, code: str, at_least: timedelta) -> None:
    if work.status == "wanted" and work.tries >= MOST_TRIES:
        raise_alarm("a refund cannot be sent", work.provider, refund=work.id)
        with moment() as now:
            refunds.failed(work, code, now=now)
        return
    tries = work.tries if work.status == "wanted" else work.checks + 6
    delay = max(retry().wait(tries, chance()), at_least)
    with moment() as now:
        ours = refunds.later(work, code, delay, now=now)
    log().warning("refund.later", code=code, tries=work.tries, delay_ms=delay // timedelta(milliseconds=1), ours=ours)
    if ours:
        again(messages.SEND_REFUND, work.id, delay)
