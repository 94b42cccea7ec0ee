"""The timetable: which job runs how often, or at which time of DEFAULT_TIMEZONE. Times of day are spread over the quiet hours."""

from __future__ import annotations

from jobs import due, keeping, money, sweeps, visits
from jobs.times import Job, daily

__all__ = ["TIMETABLE", "Job"]

TIMETABLE = (
    Job("sweep-events", 2, sweeps.waiting_events),
    Job("sweep-sends", 1, sweeps.waiting_sends),
    Job("sweep-prescriptions", 2, sweeps.unread_prescriptions),
    Job("sweep-receipts", 3, sweeps.open_receipts),
    Job("sweep-files", 2, sweeps.waiting_files),
    Job("fire-timers", 2, sweeps.due_timers),
    Job("remind-of-orders", 20, due.unpaid_orders),
    Job("remind-of-carts", 300, due.abandoned_carts),
    Job("call-pharmacists", 60, due.waiting_prescriptions),
    Job("end-idle-sessions", 15, sweeps.idle_sessions),
    Job("sweep-payments-to-start", 1, money.payments_to_start),
    Job("sweep-payments-to-check", 3, money.payments_to_check),
    Job("sweep-payment-events", 2, money.payment_events),
    Job("sweep-refunds", 5, money.due_refunds),
    Job("expire-orders", 15, money.expired_orders),
    Job("settle-visits", 30, visits.visits_left),
    Job("compare-payments", 1800, money.nightly_comparison),
    Job("return-money-left", 1800, money.money_left_behind),
    Job("check-books", 3600, money.books),
    Job("empty-payment-events", 1800, money.old_event_bodies),
    # Of the old program's data; both do nothing once it is clean. Fetching takes most of its minute, so it runs among the long ones.
    Job("clean-old-data", 3600, keeping.clean_old_data, limit_s=120),
    Job("fetch-old-files", 60, keeping.fetch_old_files, limit_s=120),
    # The backup comes before whatever removes something.
    daily("backup", "00:40", keeping.back_up, limit_s=keeping.BACKUP_S + 60),
    daily("clean-sessions", "01:10", keeping.clean_sessions, limit_s=300),
    daily("archive-sessions", "01:25", keeping.archive_sessions, limit_s=600),
    daily("prune-messages", "01:50", keeping.prune_messages, limit_s=900),
    daily("forget-tokens", "02:20", keeping.forget_tokens, limit_s=300),
    daily("return-fees", "02:30", visits.fees_of_none, limit_s=120),
    daily("empty-prescriptions", "02:40", keeping.empty_prescriptions, limit_s=900),
    daily("sweep-vault", "03:10", keeping.sweep_vault, limit_s=900),
    daily("tidy-tables", "03:40", keeping.tidy_tables, catch_up_h=2, limit_s=3600),  # never by day
    daily("measure-tables", "04:30", keeping.measure_tables, limit_s=300),
    Job("erase-customers", 300, keeping.erase_customers, limit_s=120),
    daily("data-requests", "08:00", keeping.data_requests, limit_s=300),
)
