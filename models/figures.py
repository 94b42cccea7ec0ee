"""What is waiting, how old it is, and what went wrong: one statement, for /metrics and the terminal."""

from __future__ import annotations

import psycopg

# A customer's thread with a person, in which the customer has the last word.
THREADS = """"closedAt" IS NULL AND "waitingSince" IS NOT NULL AND reason IN ('asked', 'not_understood', 'emergency')"""
NEXT_DAY = "during && tstzrange(now(), now() + interval '1 day')"
GOODS = """"deliveryKind" NOT IN ('visit', 'lab')"""  # the fee of a visit is nothing to be packed
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
    "drugsng_threads_waiting": f"(SELECT count(*) FROM handovers WHERE {THREADS})",
    "drugsng_threads_oldest_waiting_seconds": f"""(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("waitingSince")), 0)
        FROM handovers WHERE {THREADS})""",
    "drugsng_thread_files_waiting": "(SELECT count(*) FROM thread_files WHERE state = 'waiting')",
    'drugsng_visits_next_day{kind="doctor"}': f"""(SELECT count("doctorId") FROM visit_times WHERE {NEXT_DAY})""",
    'drugsng_visits_next_day{kind="lab"}': f"""(SELECT count("testId") FROM visit_times WHERE {NEXT_DAY})""",
    "drugsng_lab_results_awaited": """(SELECT count(*) FROM diagnostic_bookings WHERE "sampleCollectionDate"
        BETWEEN now() - interval '30 days' AND now() - interval '3 days'
        AND state = 'done' AND "customerId" IS NOT NULL AND "resultMediaRow" IS NULL)""",
    "drugsng_timers_overdue": """(SELECT count(*) FROM timers WHERE "firedAt" IS NULL AND "fireAt" < now() - interval '1 minute')""",
    # Of the newest rows, read by their key: as many as a busy hour brings.
    "drugsng_timers_too_late": """(SELECT count(*) FROM (SELECT reason, "receivedAt" FROM inbox ORDER BY id DESC LIMIT 5000) newest
        WHERE reason = 'too_late' AND "receivedAt" > now() - interval '1 hour')""",
    "drugsng_prescriptions_to_read": "(SELECT count(*) FROM prescriptions WHERE state = 'reading')",
    "drugsng_prescriptions_oldest_to_read_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("createdAt")), 0)
        FROM prescriptions WHERE state = 'reading')""",
    "drugsng_prescriptions_waiting": """(SELECT count(*) FROM prescriptions
        WHERE state IN ('waiting', 'asked') AND state = 'waiting')""",
    "drugsng_prescriptions_oldest_waiting_seconds": """(SELECT COALESCE(EXTRACT(EPOCH FROM now() - min("readyAt")), 0)
        FROM prescriptions WHERE state IN ('waiting', 'asked') AND state = 'waiting')""",
    "drugsng_prescriptions_not_read": """(SELECT count(*) FROM prescriptions
        WHERE state IN ('waiting', 'asked') AND "extractionStatus" = 'failed')""",
    "drugsng_orders_to_prepare": f"(SELECT count(*) FROM orders WHERE state IN ('paid', 'processing') AND {GOODS})",
    "drugsng_orders_oldest_to_prepare_seconds": f"""(SELECT COALESCE((SELECT EXTRACT(EPOCH FROM now() - COALESCE(
        (SELECT max(e.at) FROM order_events e WHERE e."orderId" = o.id AND e.what = 'paid'), o."orderDate", o."createdAt"))
        FROM orders o WHERE state IN ('paid', 'processing') AND {GOODS} ORDER BY id LIMIT 1), 0))""",
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
# What each counts, for /metrics. All are gauges: how it is now.
FAMILIES = {
    "drugsng_inbox_pending": "Events of customers that wait for an answer.",
    "drugsng_inbox_oldest_pending_seconds": "Age of the oldest of them; 0 when none waits.",
    "drugsng_inbox_set_aside": "Events that failed for good or make no sense, for people to look at.",
    "drugsng_outbox_open": "Messages that are to be sent.",
    "drugsng_outbox_unsure": "Messages whose answer was lost: they may have arrived.",
    "drugsng_outbox_held": "Messages that wait for the customer, because the 24-hour window is closed.",
    "drugsng_outbox_oldest_open_seconds": "Age of the oldest message that is to be sent; 0 when there is none.",
    "drugsng_outbox_ended": "Messages that were given up, by how.",
    "drugsng_receipts_open": "Statuses of Meta that wait to be settled.",
    "drugsng_sender_stopped": "1 while nothing is sent, because Meta refuses us or our token.",
    "drugsng_handovers_open": "Conversations that wait for a person.",
    "drugsng_threads_waiting": "Customers whose words to a person nobody has answered.",
    "drugsng_threads_oldest_waiting_seconds": "How long the first of them has waited; 0 when none does.",
    "drugsng_thread_files_waiting": "Files of talks that are to be fetched or handed over.",
    "drugsng_visits_next_day": "Appointments and lab tests of the next 24 hours, by kind.",
    "drugsng_lab_results_awaited": "Samples taken more than three days ago whose result is not there.",
    "drugsng_timers_overdue": "Timers that should have fired a minute ago and more.",
    "drugsng_timers_too_late": "Reminders of the last hour that were not said, because their moment had passed.",
    "drugsng_prescriptions_to_read": "Prescriptions that wait for the machine.",
    "drugsng_prescriptions_oldest_to_read_seconds": "Age of the oldest of them; 0 when none waits.",
    "drugsng_prescriptions_waiting": "Prescriptions that wait for a pharmacist.",
    "drugsng_prescriptions_oldest_waiting_seconds": "How long the oldest of them has waited; 0 when none does.",
    "drugsng_prescriptions_not_read": "Waiting prescriptions the machine could not read.",
    "drugsng_orders_to_prepare": "Paid orders that are to be prepared.",
    "drugsng_orders_oldest_to_prepare_seconds": "How long the oldest of them has been paid; 0 when there is none.",
    "drugsng_orders_pending_payment": "Orders that wait to be paid.",
    "drugsng_payment_violations": "Contradictions found when the books were last added up; -1 when they were not yet.",
    "drugsng_payment_tasks_open": "Things about money that people must look at.",
    "drugsng_refunds_failed": "Refunds that failed and wait for people.",
    "drugsng_refunds_under_way": "Refunds that are wanted, sent or need attention.",
    "drugsng_payment_attempts_open": "Payment attempts that have not ended.",
    "drugsng_payment_attempts_oldest_open_seconds": "Age of the oldest of them; 0 when there is none.",
    "drugsng_payment_events_pending": "Webhooks of payment providers that wait to be settled.",
    "drugsng_clock_seconds_since_run": "Seconds since the clock last began any job; -1 when it never did.",
}


def gather(conn: psycopg.Connection) -> dict[str, float]:
    """Prometheus names (labels included) with their present values."""
    row = conn.execute(GATHER).fetchone() or ()
    return {name: float(value) for name, value in zip(QUESTIONS, row, strict=True)}
