"""Attempts to be paid: begun at a provider, and looked at until its answer is final.

The reference is committed before the provider hears of it, each try is counted before it is made, and nothing of the database is
held while a provider is asked. A start that may have been received is never repeated blindly: the provider is asked first what it
knows of the reference. Anybody may call `start` and `check` at any time for any attempt; they do what is due, or leave.

| the provider | what follows |
|---|---|
| cannot be reached, is too busy, or may have got it | tried again after RETRY_*, the customer hears it once; then given up |
| says no, or refuses our key | given up at once: the customer is offered another way |
| knows the reference and waits for the money | our answer was lost and its link with it: another attempt, this one still looked at |
| knows the reference as paid | settled |
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models.base import Unavailable, connection
from models.payments import attempts, checking, payers, settling
from models.payments.payers import Payer
from models.payments.values import Attempt
from models.values import Refused
from settings import Settings, current
from worker import messages, sentry
from worker.errors import GatewayError
from worker.gateways.http import TOTAL_S
from worker.gateways.payments import (
    AMBIGUOUS,
    AUTH,
    DUPLICATE_REFERENCE,
    RETRYABLE,
    SLOW_DOWN,
    Gateway,
    Start,
    Verified,
    Way,
)
from worker.logs import correlate, log
from worker.tills import again, asked_wait, asking, chance, moment, proof_of, raise_alarm, retry, tell, till, wake, watch

LONGEST_WAIT = timedelta(minutes=2)  # a provider that is too busy for longer leaves the customer with the other one
LEAST_LEASE_S = 2.2 * TOTAL_S  # whatever the house's is
DEATHS_ALLOWED = 3  # tries more than allowed: they ended the process that made them
RETURN_PATH = "/pay/return"
KEY_REFUSED_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Work:
    """One try, claimed. `sure_until` by this process's clock: nothing that cannot be repeated begins later."""

    attempt: Attempt
    payer: Payer
    sure_until: float

    @property
    def sure(self) -> bool:
        return time.monotonic() < self.sure_until


# --------------------------------------------------------------------------------------------------- starting


def start(attempt_id: int) -> None:
    """Asks the provider for a way to pay. Raises Unavailable when the database goes away; the sweep comes back to it."""
    work = _claim(attempt_id)
    if work is None:
        return
    correlate(
        work.attempt.correlation_id, attempt=work.attempt.id, provider=work.attempt.provider, attempt_try=work.attempt.tries
    )
    try:
        _try(work)
    except GatewayError as error:
        _not_started(work.attempt, error)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: told, and tried again as after a cut
        log().exception("payment.start_failed")
        sentry.tell(error, attempt=work.attempt.id)
        _later(work.attempt, AMBIGUOUS, type(error).__name__)


def _claim(attempt_id: int) -> _Work | None:
    settings = current()
    began = time.monotonic()
    with moment() as now:
        before = attempts.get(attempt_id)
        # A first try is one call; those after it ask first. What begins in its first half has ended before a lease runs out.
        calls = 2.0 if before is not None and before.tries else 1.0
        lease_s = max(settings.lease_seconds * calls, LEAST_LEASE_S)
        attempt = attempts.claim_start(attempt_id, lease_s, now=now)
        if attempt is None:
            return None
        payer = payers.of(attempt.customer_id, settings.payment_email_domain)
    return _Work(attempt, payer, began + lease_s / 2)


def _try(work: _Work) -> None:
    attempt = work.attempt
    gateway = till(attempt.provider, attempt.mode)
    if gateway is None:
        _give_up(attempt, "no_key")
        return
    if attempt.tries > max(retry().max_attempts, 1) + DEATHS_ALLOWED:
        raise_alarm("starts end their process", attempt.provider, attempt=attempt.id)
        _give_up(attempt, "set_aside")
        return
    if attempt.tries > 1:
        with asking():
            found = gateway.verify(attempt.reference, attempt.provider_id)
        if found.state != "unknown":
            _found(attempt, found)
            return
        if attempt.kind != "link" and not _never_sent(attempt):
            _later(attempt, AMBIGUOUS, "unsure")  # an account or a code may have been opened: asked again, never done again
            return
    if not work.sure:
        _later(attempt, RETRYABLE, "slow")
        return
    try:
        with asking():
            way = gateway.start(_wish(work))
    except GatewayError as error:
        if error.code != DUPLICATE_REFERENCE:
            raise
        _found(attempt, _known(gateway, attempt))
        return
    _started(attempt, way)


def _wish(work: _Work) -> Start:
    attempt = work.attempt
    return Start(
        attempt.reference,
        attempt.amount,
        work.payer.email,
        name=work.payer.name,
        kind=attempt.kind,  # type: ignore[arg-type]
        return_url=return_url(current(), attempt),
        order_number=attempt.order_number,
        bank=str(attempt.way.get("ussd_bank", "")),
    )


def return_url(settings: Settings, attempt: Attempt) -> str:
    """Where the customer's browser goes after paying: a page nobody can guess; empty without a public address."""
    if not settings.public_base_url:
        return ""
    secret = settings.paystack_secret_key if attempt.provider == "paystack" else settings.flutterwave_secret_key
    return f"{settings.public_base_url.rstrip('/')}{RETURN_PATH}/{payers.return_token(secret, attempt.id)}"


def _known(gateway: Gateway, attempt: Attempt) -> Verified:
    """The provider says that it has this reference already."""
    with asking():
        return gateway.verify(attempt.reference, attempt.provider_id)


def _started(attempt: Attempt, way: Way) -> None:
    with moment() as now:
        ours = attempts.started(attempt, {**attempt.way, **_shown(way)}, provider_id=way.provider_id, now=now)
    if not ours:  # paid before our answer came, ended meanwhile, or begun by another after our lease
        log().warning("payment.started_in_vain")
        return
    log().info("payment.started", kind=way.kind)
    wake([attempt.customer_id])


def _shown(way: Way) -> dict[str, Any]:
    """The way as JSON: what is there of url, account_number, bank, account_name, ussd_code, expires_at (ISO), amount_kobo."""
    texts = {
        "url": way.url,
        "account_number": way.account_number,
        "bank": way.bank,
        "account_name": way.account_name,
        "ussd_code": way.ussd_code,
        "expires_at": way.expires_at.isoformat() if way.expires_at else "",
    }
    shown: dict[str, Any] = {"kind": way.kind, **{name: text for name, text in texts.items() if text}}
    return shown | ({"amount_kobo": way.amount.kobo} if way.amount is not None else {})


# --------------------------------------------------------------------------------------------------- it got through


def _found(attempt: Attempt, found: Verified) -> None:
    """An earlier try got through, and its answer did not."""
    if found.state in ("paid", "reversed"):
        with moment() as now:
            settled = settling.settle(attempt.id, proof_of(attempt.provider, found), now=now)
        tell(settled)
    elif found.state == "failed":
        _give_up(attempt, "declined")
    elif _lost_before(attempt) + 1 >= max(retry().max_attempts, 1):
        _give_up(attempt, "way_lost")
    else:
        _begin_anew(attempt, found)


def _lost_before(attempt: Attempt) -> int:
    """How many attempts before this one lost their way to pay, one after another."""
    with moment():
        before = [each for each in attempts.of_order(attempt.order_id) if each.number < attempt.number]
    lost = 0
    for each in reversed(before):
        if each.provider != attempt.provider or each.reason != "switched" or "kind" in each.way:
            break
        lost += 1
    return lost


def _begin_anew(attempt: Attempt, found: Verified) -> None:
    """The provider waits for money under this reference, and nobody has its link: the next attempt takes its place at once."""
    proof = proof_of(attempt.provider, found)
    try:
        with moment() as now, connection().transaction():
            marked = attempts.switch(attempt.customer_id, attempt.order_number, attempt.provider, attempt.kind, now=now)
            if (marked.id, marked.version) != (attempt.id, attempt.version):
                raise Refused("not_ours")
            settled = settling.settle(attempt.id, proof, now=now, claim=attempt.version)
    except Refused as no:
        if no.code == "too_many":
            _give_up(attempt, "way_lost")
            return
        log().warning("payment.not_begun_anew", code=no.code)  # paid, over or taken by another meanwhile
        return
    log().warning("payment.way_lost", next=settled.begun)
    tell(settled)


# --------------------------------------------------------------------------------------------------- it did not


def _not_started(attempt: Attempt, error: GatewayError) -> None:
    watch(error, attempt.provider)
    if error.klass in (RETRYABLE, SLOW_DOWN, AMBIGUOUS):
        _later(attempt, error.klass, error.code, asked_wait(error))
    else:
        _give_up(attempt, error.code)


def _later(attempt: Attempt, klass: str, code: str, at_least: timedelta = timedelta(0)) -> None:
    """Tried again as the settings say, or given up after the last."""
    delay = retry().delay(attempt.tries, chance())
    if delay is None or at_least > LONGEST_WAIT:
        _give_up(attempt, code)
        return
    delay = max(delay, at_least)
    # Whether any try so far may have been received, in the row: another process may make the next.
    sent = klass == AMBIGUOUS or (attempt.tries > 1 and not _never_sent(attempt))
    reason = f"{AMBIGUOUS if sent else klass} {code} {attempt.tries}"
    with moment() as now:
        ours = attempts.start_failed(attempt, reason, delay, now=now)
    log().warning("payment.start_later", klass=klass, code=code, delay_ms=delay // timedelta(milliseconds=1), ours=ours)
    if ours:
        again(messages.START_PAYMENT, attempt.id, delay)
        wake([attempt.customer_id])


def _never_sent(attempt: Attempt) -> bool:
    """Whether none of the tries before this one can have reached the provider; one that left no reason ended its process."""
    parts = attempt.reason.split(" ")
    return len(parts) == 3 and parts[0] != AMBIGUOUS and parts[2] == str(attempt.tries - 1)


def _give_up(attempt: Attempt, reason: str) -> None:
    with moment() as now:
        ours = attempts.give_up(attempt, reason, now=now)
    log().error("payment.not_started", reason=reason, ours=ours)
    if ours:
        wake([attempt.customer_id])
        if attempt.kind != "link" and reason == "unsure":
            raise_alarm("an account or code may be open that nobody was told", attempt.provider, attempt=attempt.id)


# --------------------------------------------------------------------------------------------------- checking


def check(attempt_id: int) -> None:
    """Asks the provider what became of an attempt. Raises Unavailable when the database goes away."""
    settings = current()
    with moment() as now:
        work = checking.claim_check(attempt_id, settings.lease_seconds * 2.0, now=now)
    if work is None:
        return
    correlate(work.correlation_id, attempt=work.id, provider=work.provider)
    try:
        gateway = till(work.provider, work.mode)
        if gateway is None:
            raise GatewayError(retryable=False, code="no_key", klass=AUTH)
        with asking():
            found = gateway.verify(work.reference, work.provider_id)
        with moment() as now:
            settled = settling.settle(work.id, proof_of(work.provider, found), now=now, claim=work.version)
        tell(settled)
    except GatewayError as error:
        watch(error, work.provider)
        _no_answer(work, error.code, asked_wait(error), ours=error.klass == AUTH)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a bug: told, and asked again later
        log().exception("payment.check_failed")
        sentry.tell(error, attempt=work.id)
        _no_answer(work, type(error).__name__, timedelta(0), ours=False)


def _no_answer(work: Attempt, code: str, at_least: timedelta, *, ours: bool) -> None:
    """Asked again until there is an answer, with growing waits; whoever asked hears after RETRY_MAX_ATTEMPTS that we cannot know."""
    asked = work.asked_at is not None
    failures = work.failures + 1
    plan = retry()
    delay = max(plan.wait(failures, chance()), at_least, KEY_REFUSED_WAIT if ours else timedelta(0))
    told = asked and (ours or failures >= plan.max_attempts or at_least > LONGEST_WAIT)
    with moment() as now:
        still = checking.no_answer(work, delay, tell=told, now=now)
    log().warning("payment.check_later", code=code, failures=failures, delay_ms=delay // timedelta(milliseconds=1))
    if still and told:
        wake([work.customer_id])
    elif still and asked:
        again(messages.CHECK_PAYMENT, work.id, delay)
