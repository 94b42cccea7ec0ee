"""What /metrics says of the database: figures, what was done lately, jobs and connections, in one statement; and its text form.

Gauges are what is so now. Counters only rise: rows put into a table (PostgreSQL's own count, which begins anew after a crash,
as Prometheus expects of counters), runs of jobs, templates that were refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import psycopg

from models import figures
from models.migration_steps import names
from models.monitoring import recent

Kind = Literal["gauge", "counter"]
COUNTED = ("inbox", "outbox", "orders", "payments", "prescriptions")


class Sample(NamedTuple):
    """One number of a family; `labels` in the order they are written."""

    family: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


# Kind and sentence of every family beyond `figures.FAMILIES`.
FAMILIES: dict[str, tuple[Kind, str]] = {
    "drugsng_events_lately": ("gauge", "Events of customers handled in the last minutes, by outcome."),
    "drugsng_messages_lately": ("gauge", "Messages sent or given up in the last minutes, by outcome."),
    "drugsng_readings_lately": ("gauge", "Prescriptions read in the last minutes, by outcome."),
    "drugsng_payment_attempts_lately": ("gauge", "Payment attempts that ended in the last minutes, by outcome."),
    "drugsng_paid_lately": ("gauge", "Payments that made an order paid in the last minutes."),
    "drugsng_reading_seconds": ("gauge", "Seconds from a prescription's arrival to its text, of the last 60 minutes."),
    "drugsng_rows_inserted_total": ("counter", "Rows put into a table, taken-back ones included, as PostgreSQL counts them."),
    "drugsng_job_runs_total": ("counter", "Ticks of a job of the clock."),
    "drugsng_job_seconds_since_start": ("gauge", "Seconds since a job last began."),
    "drugsng_job_overdue_seconds": ("gauge", "Seconds since a job's present tick should have ended and did not; else 0."),
    "drugsng_job_failed": ("gauge", "1 when the last tick of a job ended in an error."),
    "drugsng_templates_refused_total": ("counter", "Templates Meta refused."),
    "drugsng_migrations_pending": ("gauge", "Steps of the schema this program has and the database lacks."),
    "drugsng_database_connections": ("gauge", "Connections to this database."),
    "drugsng_database_connections_max": ("gauge", "Connections the server allows to ordinary users, in all databases."),
    "drugsng_database_waiting_for_locks": ("gauge", "Connections that wait for a lock."),
    "drugsng_database_longest_statement_seconds": ("gauge", "How long the longest statement under way has been running."),
    "drugsng_database_longest_transaction_seconds": ("gauge", "How long the oldest open transaction has been open."),
    "drugsng_database_transaction_age": ("gauge", "Transactions since the oldest row of this database was frozen."),
    # Told by whoever asks, not by the database:
    "drugsng_database_up": ("gauge", "1 when PostgreSQL answered this scrape."),
    "drugsng_broker_up": ("gauge", "1 when Redis answered this scrape."),
    "drugsng_ready": ("gauge", "1 when this process can do its work: both answer and no step of the schema is missing."),
    "drugsng_queue_messages": ("gauge", "Hints waiting in a queue of the broker; the rows of the database are the truth."),
}
_ACTIVITY = """(SELECT json_build_array(count(*), count(*) FILTER (WHERE wait_event_type = 'Lock'),
        GREATEST(EXTRACT(EPOCH FROM max(now() - query_start) FILTER (WHERE state = 'active')), 0),
        GREATEST(EXTRACT(EPOCH FROM max(now() - xact_start)), 0))
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend')"""
_ROOM = """(SELECT json_build_array(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())))"""
_COUNTS = f"""(SELECT json_object_agg(relname, n_tup_ins) FROM pg_stat_user_tables WHERE schemaname = 'public'
    AND relname IN ({", ".join(f"'{table}'" for table in COUNTED)}))"""
_JOBS = """(SELECT json_agg(json_build_array(name, runs, EXTRACT(EPOCH FROM now() - "startedAt"),
        CASE WHEN "finishedAt" IS NULL
            THEN GREATEST(EXTRACT(EPOCH FROM now() - COALESCE((to_jsonb(j) ->> 'endsBy')::timestamptz, "startedAt")), 0) ELSE 0 END,
        COALESCE((to_jsonb(j) ->> 'failed')::boolean, false)::int) ORDER BY name)
    FROM (SELECT * FROM job_runs ORDER BY name LIMIT 100) j)"""
# One number and no label: a series that is born with its first refusal would hide that one from `increase`.
_REFUSED = "(SELECT COALESCE(sum(refused), 0) FROM template_troubles)"
_STEPS = ", ".join(f"'{name}'" for name in names())
_PENDING = f"(SELECT {len(names())} - count(DISTINCT name) FROM migratehistory WHERE name IN ({_STEPS}))"

STATEMENT = f"{figures.GATHER}, {recent.QUESTION}, {_ACTIVITY}, {_ROOM}, {_COUNTS}, {_JOBS}, {_REFUSED}, {_PENDING}"


def gather(conn: psycopg.Connection) -> tuple[list[Sample], recent.Recent]:
    """All of it by one statement, without parameters and bounded in rows."""
    row: tuple[Any, ...] = conn.execute(STATEMENT).fetchone() or ()
    plain, (lately, activity, room, counts, jobs, refused, pending) = row[: len(figures.QUESTIONS)], row[len(figures.QUESTIONS) :]
    samples = [_sample(name, float(value)) for name, value in zip(figures.QUESTIONS, plain, strict=True)]
    done = recent.parse(lately)
    samples += _lately(done)
    samples += [Sample("drugsng_database_connections", activity[0]), Sample("drugsng_database_waiting_for_locks", activity[1])]
    samples.append(Sample("drugsng_database_longest_statement_seconds", activity[2]))
    samples.append(Sample("drugsng_database_longest_transaction_seconds", activity[3]))
    samples.append(Sample("drugsng_database_connections_max", room[0]))
    samples.append(Sample("drugsng_database_transaction_age", room[1]))
    samples += [Sample("drugsng_rows_inserted_total", n, (("table", table),)) for table, n in sorted((counts or {}).items())]
    for name, runs, since, overdue, failed in jobs or ():
        label = (("name", name),)  # `job` is Prometheus' own label of a target
        samples.append(Sample("drugsng_job_runs_total", runs, label))
        samples.append(Sample("drugsng_job_seconds_since_start", since, label))
        samples.append(Sample("drugsng_job_overdue_seconds", overdue, label))
        samples.append(Sample("drugsng_job_failed", failed, label))
    samples.append(Sample("drugsng_templates_refused_total", float(refused)))
    samples.append(Sample("drugsng_migrations_pending", pending))
    return samples, done


def text(samples: Iterable[Sample]) -> list[str]:
    """Prometheus' text format: families together, each with HELP and TYPE."""
    families: dict[str, list[Sample]] = {}
    for sample in samples:
        families.setdefault(sample.family, []).append(sample)
    lines: list[str] = []
    for family, some in families.items():
        kind, sentence = about(family)
        lines += [f"# HELP {family} {sentence}", f"# TYPE {family} {kind}"]
        lines += [f"{family}{_labels(sample.labels)} {float(sample.value):.15g}" for sample in some]
    return lines


def about(family: str) -> tuple[Kind, str]:
    """Kind and sentence of a family. Raises KeyError for one that is not told."""
    return FAMILIES[family] if family in FAMILIES else ("gauge", figures.FAMILIES[family])


def _lately(done: recent.Recent) -> list[Sample]:
    families = {"events": "events", "messages": "messages", "readings": "readings", "attempts": "payment_attempts"}
    samples = []
    for kind, name in families.items():
        for outcome, counts in (("done", done.kinds[kind].good), ("failed", done.kinds[kind].wrong)):
            samples += [
                Sample(f"drugsng_{name}_lately", count, (("outcome", outcome), ("minutes", str(minutes))))
                for minutes, count in counts.items()
            ]
    samples += [Sample("drugsng_paid_lately", count, (("minutes", str(minutes)),)) for minutes, count in done.paid.items()]
    for quantile, seconds in zip(("0.5", "0.95"), done.reading_s[1:], strict=True):
        if seconds is not None:
            samples.append(Sample("drugsng_reading_seconds", seconds, (("quantile", quantile),)))
    return samples


def _sample(name: str, value: float) -> Sample:
    """A name of `figures`, whose label, if it has one, is written as in {status="failed"}."""
    family, _, rest = name.partition("{")
    label, _, word = rest.rstrip("}").partition("=")
    return Sample(family, value, ((label, word.strip('"')),) if rest else ())


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    def safe(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{safe(value)}"' for name, value in labels) + "}" if labels else ""


def by_name(samples: Iterable[Sample]) -> Mapping[str, float]:
    """As `figures.gather` names them, labels included."""
    return {sample.family + _labels(sample.labels): float(sample.value) for sample in samples}
