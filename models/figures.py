"""What is waiting, how old it is, and what went wrong: one statement, for /metrics and the terminal."""

from __future__ import annotations

import psycopg

QUESTIONS = {
    "drugsng_inbox_pending": "(SELECT count(*) FROM inbox WHERE status = 'pending')",
    "drugsng_inbox_oldest_pending_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("receivedAt")), 0)
        FROM inbox WHERE status = 'pending')""",
    'drugsng_inbox_set_aside{status="failed"}': "(SELECT count(*) FROM inbox WHERE status = 'failed')",
    'drugsng_inbox_set_aside{status="quarantined"}': "(SELECT count(*) FROM inbox WHERE status = 'quarantined')",
    "drugsng_outbox_open": "(SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending', 'unsure'))",
    "drugsng_outbox_unsure": "(SELECT count(*) FROM outbox WHERE status IN ('queued', 'sending', 'unsure') AND status = 'unsure')",
    "drugsng_outbox_held": "(SELECT count(*) FROM outbox WHERE status = 'held')",
    "drugsng_outbox_oldest_open_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("createdAt")), 0)
        FROM outbox WHERE status IN ('queued', 'sending', 'unsure'))""",
    'drugsng_outbox_ended{status="failed"}': "(SELECT count(*) FROM outbox WHERE status IN ('failed', 'expired') AND status = 'failed')",
    'drugsng_outbox_ended{status="expired"}': "(SELECT count(*) FROM outbox WHERE status IN ('failed', 'expired') AND status = 'expired')",
    "drugsng_receipts_open": """(SELECT count(*) FROM delivery_receipts WHERE "settledAt" IS NULL)""",
    "drugsng_sender_stopped": """(SELECT count(*) FROM sender_state WHERE "openUntil" > now())""",
    "drugsng_handovers_open": """(SELECT count(*) FROM handovers WHERE "closedAt" IS NULL)""",
    "drugsng_timers_overdue": """(SELECT count(*) FROM timers WHERE "firedAt" IS NULL AND "fireAt" < now() - interval '1 minute')""",
    "drugsng_prescriptions_to_read": "(SELECT count(*) FROM prescriptions WHERE state = 'reading')",
    "drugsng_prescriptions_oldest_to_read_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("createdAt")), 0)
        FROM prescriptions WHERE state = 'reading')""",
    "drugsng_prescriptions_waiting": """(SELECT count(*) FROM prescriptions
        WHERE state IN ('waiting', 'asked') AND state = 'waiting')""",
    "drugsng_prescriptions_oldest_waiting_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("readyAt")), 0)
        FROM prescriptions WHERE state IN ('waiting', 'asked') AND state = 'waiting')""",
    "drugsng_prescriptions_not_read": """(SELECT count(*) FROM prescriptions
        WHERE state IN ('waiting', 'asked') AND "extractionStatus" = 'failed')""",
    "drugsng_orders_to_prepare": "(SELECT count(*) FROM orders WHERE state IN ('paid', 'processing'))",
    "drugsng_orders_oldest_to_prepare_seconds": """(SELECT COALESCE((SELECT EXTRACT(EPOCH FROM now() - COALESCE(
        (SELECT max(e.at) FROM order_events e WHERE e."orderId" = o.id AND e.what = 'paid'), o."orderDate", o."createdAt"))
        FROM orders o WHERE state IN ('paid', 'processing') ORDER BY id LIMIT 1), 0))""",
    "drugsng_orders_pending_payment": "(SELECT count(*) FROM orders WHERE state = 'pending_payment')",
    # Of the last time the books were added up (job `check-books`); -1: not yet.
    "drugsng_payment_violations": """COALESCE((SELECT CASE WHEN outcome ~ '^[0-9]+ violation'
        THEN split_part(outcome, ' ', 1)::int ELSE -1 END FROM job_runs WHERE name = 'check-books'), -1)""",
    "drugsng_payment_tasks_open": """(SELECT count(*) FROM payment_tasks WHERE "closedAt" IS NULL)""",
    "drugsng_refunds_failed": """(SELECT count(*) FROM payment_tasks WHERE "closedAt" IS NULL AND kind = 'refund_failed')""",
    "drugsng_refunds_under_way": "(SELECT count(*) FROM refunds WHERE status IN ('wanted', 'sent', 'needs_attention'))",
    "drugsng_payment_attempts_open": "(SELECT count(*) FROM payment_attempts WHERE status IN ('starting', 'open'))",
    "drugsng_payment_attempts_oldest_open_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("createdAt")), 0)
        FROM payment_attempts WHERE status IN ('starting', 'open'))""",
    "drugsng_payment_events_pending": "(SELECT count(*) FROM payment_events WHERE status = 'pending')",
    "drugsng_clock_seconds_since_run": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - max("startedAt")), -1) FROM job_runs)""",
}
GATHER = "SELECT " + ", ".join(QUESTIONS.values())


def gather(conn: psycopg.Connection) -> dict[str, float]:
    """Prometheus names (labels included) with their present values."""
    row = conn.execute(GATHER).fetchone() or ()
    return {name: float(value) for name, value in zip(QUESTIONS, row, strict=True)}
