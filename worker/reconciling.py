"""The night's comparison: a day of each provider's list beside ours, what is missing settled, what still differs put before people;
and its refunds of the last weeks, for those that somebody made in its dashboard.

May run any number of times for a day. Providers list by when a payment began and we keep when it was paid, so the day before is
read too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from models.base import Unavailable
from models.payments import reconciling, refunds_there, settling
from models.payments.reconciling import Difference
from models.payments.values import Proof, Settled
from worker import sentry
from worker.errors import GatewayError
from worker.gateways.payments import Gateway
from worker.logs import correlate, log
from worker.tills import asking, moment, proof_of, raise_alarm, tell, there, tills, wake, watch

BEGAN_BEFORE = timedelta(days=1)
REFUNDS_TAKE = timedelta(days=21)  # from being asked for to being done, ten working days and more
MOST_ASKED = 500  # differences asked about one by one; a day with more is in trouble as a whole


@dataclass(frozen=True, slots=True)
class Night:
    """What came of one provider's day."""

    listed: int
    settled: int
    tasks: int
    refunds: int = 0


def reconcile(day: int) -> list[Night]:
    """`day`: date.toordinal of a day in Lagos. Raises Unavailable when the database goes away."""
    correlate("", day=day)
    nights = []
    for gateway in tills().values():
        try:
            nights.append(_reconcile(gateway, date.fromordinal(day)))
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug: told, and the other provider is compared all the same
            log().exception("payment.compare_failed", provider=gateway.name)
            sentry.tell(error, day=day)
    return [night for night in nights if night is not None]


def _reconcile(gateway: Gateway, day: date) -> Night | None:
    since, until = reconciling.bounds(day)
    try:
        with asking():
            rows = [row for row in gateway.listed(since - BEGAN_BEFORE, until) if row.state in ("paid", "reversed")]
        theirs = [proof_of(gateway.name, row) for row in rows if row.transaction_id]
        with moment():
            found = reconciling.compare(gateway.name, gateway.mode, day, theirs)
        settled = [each for difference in found[:MOST_ASKED] if (each := _settle(gateway, difference)) is not None]
        known = {each.transaction_id for each in found[:MOST_ASKED] if _is_there(gateway, each)}
        with asking():
            given_back = [there(each) for each in gateway.refunded(since - REFUNDS_TAKE) if each.state == "done"]
    except GatewayError as error:
        watch(error, gateway.name)
        raise_alarm("a day could not be compared", gateway.name, day=day.toordinal(), code=error.code)
        return None
    with moment() as now:
        left = reconciling.compare(gateway.name, gateway.mode, day, theirs)
        left = [each for each in left if each.kind != "missing_there" or each.transaction_id not in known]
        made = reconciling.record(left, now=now)
        booked = refunds_there.book(gateway.name, given_back, now=now)
    wake([each.customer_id for each in booked])
    night = Night(len(theirs), len(settled), len(made), len(booked))
    log().info("payment.reconciled", provider=gateway.name, **asdict(night))
    return night


def _settle(gateway: Gateway, difference: Difference) -> Settled | None:
    """Verify and settle, as for a webhook that did not come."""
    if difference.kind != "missing_here" or difference.proof is None:
        return None
    proof = _asked(gateway, difference)
    if proof.state not in ("paid", "reversed"):
        return None
    with moment() as now:
        settled = settling.settle(None, proof, now=now, account_mode=gateway.mode)
    tell(settled)
    return settled


def _is_there(gateway: Gateway, difference: Difference) -> bool:
    """What a list leaves out (it began days before it was paid) and verify knows is no difference."""
    if difference.kind != "missing_there":
        return False
    proof = _asked(gateway, difference)
    same = (proof.transaction_id, proof.amount) == (difference.transaction_id, difference.ours)
    return same and proof.state in ("paid", "reversed")


def _asked(gateway: Gateway, difference: Difference) -> Proof:
    with asking():
        return proof_of(gateway.name, gateway.verify(difference.reference, difference.transaction_id))
