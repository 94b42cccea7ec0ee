"""The timetable: which job runs how often. Times of day are in DEFAULT_TIMEZONE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs import money, sweeps


@dataclass(frozen=True, slots=True)
class Job:
    """`run` returns a few words of outcome, empty when there was nothing to do."""

    name: str
    every_s: float
    run: Callable[[], str]


TIMETABLE = (
    Job("sweep-events", 2, sweeps.waiting_events),
    Job("sweep-sends", 1, sweeps.waiting_sends),
    Job("sweep-prescriptions", 2, sweeps.unread_prescriptions),
    Job("sweep-receipts", 3, sweeps.open_receipts),
    Job("fire-timers", 2, sweeps.due_timers),
    Job("end-idle-sessions", 15, sweeps.idle_sessions),
    Job("sweep-payments-to-start", 1, money.payments_to_start),
    Job("sweep-payments-to-check", 3, money.payments_to_check),
    Job("sweep-payment-events", 2, money.payment_events),
    Job("sweep-refunds", 5, money.due_refunds),
    Job("expire-orders", 15, money.expired_orders),
    Job("compare-payments", 1800, money.nightly_comparison),
    Job("return-money-left", 1800, money.money_left_behind),
    Job("check-books", 3600, money.books),
    Job("empty-payment-events", 1800, money.old_event_bodies),
)
