"""What of payments is due, overdue or lost on the way; all of it may run twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import redis

from jobs.sweeps import A_ROUND, STUCK_AFTER_S, UNIT_S, away, sweep
from models import inbox, orders
from models.base import unit
from models.payments import accounts, attempts, checking, events, refunds, returning
from models.payments.reconciling import LAGOS
from worker import sentry
from worker.broker import enqueue, hint_at
from worker.logs import log
from worker.messages import CHECK_PAYMENT, CONVERSE, RECONCILE_PAYMENTS, SEND_REFUND, SETTLE_PAYMENT_EVENT, START_PAYMENT

EXPIRED_A_ROUND = 50
RECONCILED_FROM, RECONCILED_UNTIL = 2, 6  # o'clock in Lagos: the providers' day is complete, and the shop is quiet
NAMED = 20  # violations in one alarm; the log has all of them
BODIES_KEPT = timedelta(days=30)


def _now(conn: psycopg.Connection) -> datetime:
    now: datetime
    (now,) = conn.execute("SELECT clock_timestamp()").fetchone() or ()
    return now


def payments_to_start() -> str:
    """Attempts that are to be begun, or tried again, and that nobody begins."""
    return sweep(START_PAYMENT, lambda conn: attempts.to_start(_now(conn), older_than_s=STUCK_AFTER_S, limit=A_ROUND))


def payments_to_check() -> str:
    """Attempts whose turn on the ladder has come, questions whose hint was lost, orders about to expire."""
    return sweep(CHECK_PAYMENT, lambda conn: checking.to_check(_now(conn), older_than_s=STUCK_AFTER_S, limit=A_ROUND))


def payment_events() -> str:
    """Webhooks that nobody handles though they are due."""
    return sweep(
        SETTLE_PAYMENT_EVENT, lambda conn: events.waiting(conn, now=_now(conn), older_than_s=STUCK_AFTER_S, limit=A_ROUND)
    )


def due_refunds() -> str:
    """Refunds to be sent or asked after."""
    return sweep(SEND_REFUND, lambda conn: refunds.due(_now(conn), limit=A_ROUND))


def expired_orders() -> str:
    """Unpaid orders whose time is over end, their stock goes back, and their customers hear of it, in one transaction each."""
    count = 0
    for _ in range(EXPIRED_A_ROUND):
        with unit(UNIT_S) as conn, conn.transaction():
            ended = orders.expire_due(_now(conn), limit=1)
            for one in ended:
                if one.customer_id is not None:
                    inbox.add_event(
                        one.customer_id, "order_expired", f"order_expired:{one.order_id}", {"order_number": one.number}
                    )
        if not ended:
            break
        count += len(ended)
        for one in ended:
            if one.customer_id is not None:
                hint_at(CONVERSE, one.customer_id)
    return f"{count} expired" if count else ""


def nightly_comparison() -> str:
    """Yesterday's lists of the providers beside ours. Asked for all night long: it may run again, and a hint may be lost."""
    with unit(UNIT_S) as conn:
        now = _now(conn).astimezone(LAGOS)
    if not _is_night(now):
        return ""
    day = now.date() - timedelta(days=1)
    try:
        enqueue(RECONCILE_PAYMENTS, day.toordinal())
    except redis.RedisError as e:
        return away(e)
    return f"asked for {day.isoformat()}"


def _is_night(now: datetime) -> bool:
    return RECONCILED_FROM <= now.astimezone(LAGOS).hour < RECONCILED_UNTIL


def money_left_behind() -> str:
    """Orders that are over and kept their money, because the old program ended them: it is wanted back. At night: reads all."""
    with unit(UNIT_S) as conn:
        now = _now(conn)
        done = returning.give_back_what_was_left(now, limit=A_ROUND) if _is_night(now) else 0
    return f"{done} given back" if done else ""


def books() -> str:
    """Whether every kobo is accounted for; what is not is a bug, and people are called. The outcome begins with how many."""
    with unit(UNIT_S):
        found = accounts.violations()
    for each in found:
        log().error("payment.violation", rule=each.rule, id=each.id, detail=each.detail)
    if found:
        ids = " ".join(f"{each.rule}:{each.id}" for each in found[:NAMED])
        sentry.alarm("payments: the books do not add up", violations=len(found), ids=ids)
    return f"{len(found)} violations"


def old_event_bodies() -> str:
    """Names and addresses in webhooks are kept for a month; that the webhook came, for ever."""
    with unit(UNIT_S) as conn:
        done = events.forget_bodies(_now(conn) - BODIES_KEPT, limit=A_ROUND)
    return f"{done} emptied" if done else ""
