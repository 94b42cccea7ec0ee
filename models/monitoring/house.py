"""One look at the house at work: the queues beside the rows they hint at, the oldest of each kind, how much is done and fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
import redis

from models import base
from models.clock import utcnow
from models.migration_session import place
from models.monitoring import metrics, outcomes, queues
from models.monitoring.looking import LOOK_S, CannotLook
from models.monitoring.parts import Level, Look, Part, Row, judged, lasting, size, worst

CLOCK_LOOK_S, CLOCK_BAD_S = 30.0, 120.0
OVERDUE_S = 600.0
# Rows that wait, by what they wait for: the figure that counts them, the one that says how old the oldest is, and from when on
# that is worth a look, or bad, in seconds. The same marks as in docs/ops/alerts.yml.
WAITING: tuple[tuple[str, str, str, float, float], ...] = (
    ("events to answer", "drugsng_inbox_pending", "drugsng_inbox_oldest_pending_seconds", 60, 300),
    ("messages to send", "drugsng_outbox_open", "drugsng_outbox_oldest_open_seconds", 60, 300),
    ("customers for a person", "drugsng_threads_waiting", "drugsng_threads_oldest_waiting_seconds", 600, 3600),
    ("prescriptions to read", "drugsng_prescriptions_to_read", "drugsng_prescriptions_oldest_to_read_seconds", 300, 900),
    (
        "prescriptions for a pharmacist",
        "drugsng_prescriptions_waiting",
        "drugsng_prescriptions_oldest_waiting_seconds",
        900,
        3600,
    ),
    ("orders to prepare", "drugsng_orders_to_prepare", "drugsng_orders_oldest_to_prepare_seconds", 3600, 14400),
    ("payments under way", "drugsng_payment_attempts_open", "drugsng_payment_attempts_oldest_open_seconds", 86400, 259200),
)
# What else waits, and how many are worth a look, or bad.
COUNTED: tuple[tuple[str, str, float, float], ...] = (
    ("statuses of Meta", "drugsng_receipts_open", 500, 5000),
    ("payment webhooks", "drugsng_payment_events_pending", 20, 200),
    ("timers overdue", "drugsng_timers_overdue", 1, 100),
    ("messages unsure", "drugsng_outbox_unsure", 5, 50),
    ("messages held (window closed)", "drugsng_outbox_held", 50, 1000),
    ("threads and requests open", "drugsng_handovers_open", 20, 200),
    ("files of talks", "drugsng_thread_files_waiting", 20, 200),
    ("lab results awaited", "drugsng_lab_results_awaited", 1, 20),
    ("events set aside", 'drugsng_inbox_set_aside{status="failed"}', 1, 50),
    ("refunds under way", "drugsng_refunds_under_way", 10, 100),
)
_TRUTH = {
    "inbound": ("drugsng_inbox_pending",),
    "outbound": ("drugsng_outbox_open", "drugsng_receipts_open"),
    "prescriptions": ("drugsng_prescriptions_to_read",),
    "payments": ("drugsng_payment_attempts_open", "drugsng_payment_events_pending", "drugsng_refunds_under_way"),
}
_LISTS = """
SELECT (SELECT json_agg(json_build_array(kind, n) ORDER BY n DESC) FROM
        (SELECT kind, count(*) AS n FROM payment_tasks WHERE "closedAt" IS NULL GROUP BY 1) t),
    (SELECT json_agg(json_build_array(kind, code, refused, EXTRACT(EPOCH FROM now() - "lastAt"), reason)) FROM
        (SELECT * FROM template_troubles WHERE "lastAt" > now() - interval '7 days' ORDER BY "lastAt" DESC LIMIT 10) t),
    (SELECT json_agg(json_build_array(EXTRACT(EPOCH FROM "openUntil" - now()), EXTRACT(EPOCH FROM "slowUntil" - now()), reason)) FROM
        (SELECT * FROM sender_state WHERE GREATEST("openUntil", "slowUntil") > now() LIMIT 10) s),
    (SELECT json_agg(json_build_array(application_name, n) ORDER BY application_name) FROM
        (SELECT application_name, count(*) AS n FROM pg_stat_activity WHERE datname = current_database()
            AND application_name LIKE 'drugsng%' AND pid <> pg_backend_pid() GROUP BY 1 LIMIT 50) a),
    (SELECT json_agg(json_build_array(name, outcome)) FROM (SELECT name, outcome FROM job_runs LIMIT 100) j)
"""


def look(conn: psycopg.Connection, url: str, redis_url: str) -> Look:
    """Two statements and two round trips to Redis. Raises CannotLook for a database without our tables, psycopg.Error when the
    connection breaks; Redis away is a finding."""
    now = utcnow()
    try:
        with base.watched(conn, LOOK_S):
            samples, done = metrics.gather(conn)
            tasks, troubles, sender, applications, last_words = conn.execute(_LISTS).fetchone() or (None,) * 5
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as e:
        raise CannotLook("This database lacks tables of this program: `drugsng db status` says where it stands.") from e
    except psycopg.errors.LockNotAvailable as e:
        raise CannotLook(
            "Somebody holds a lock on a table that is needed, which is not waited for: `drugsng monitor db` says who."
        ) from e
    except psycopg.errors.QueryCanceled as e:
        raise CannotLook("The database did not answer within 5 s: `drugsng monitor db` says what it is busy with.") from e
    found = metrics.by_name(samples)
    broker = _ask_broker(redis_url)
    parts = (
        _queues(found, broker, redis_given=bool(redis_url)),
        _waiting(found),
        outcomes.throughput(done),
        outcomes.errors(done),
        outcomes.sender(sender or []),
        outcomes.templates(found, troubles or []),
        outcomes.reading(found, done),
        outcomes.money(found, done, tasks or []),
        _processes(broker, applications or []),
        _clock(samples, dict(last_words or [])),
    )
    return Look("house", place(url), now, parts)


def _ask_broker(redis_url: str) -> queues.Broker | str:
    """What Redis says, or a sentence why it says nothing."""
    if not redis_url:
        return "REDIS_URL is not set: the queue was not looked at."
    try:
        return queues.look(redis_url)
    except redis.AuthenticationError:
        return "Redis refuses the password of REDIS_URL."
    except redis.RedisError as e:
        return f"Redis cannot be used ({type(e).__name__}): is it running, and is REDIS_URL right?"
    except (ValueError, UnicodeError):
        return "REDIS_URL is not an address: it should look like redis://:password@host:6379/0."


def _queues(found: Mapping[str, float], broker: queues.Broker | str, *, redis_given: bool) -> Part:
    columns = ("queue", "hints", "in hand", "delayed", "dead", "rows waiting")
    truth = {queue: int(sum(found[name] for name in names)) for queue, names in _TRUTH.items()}
    if isinstance(broker, str):
        unseen: tuple[Row, ...] = tuple((queue, None, None, None, None, waiting) for queue, waiting in truth.items())
        level: Level = "bad" if redis_given else "look"
        do = "Start Redis: until then nothing is answered or sent, and nothing is lost." if redis_given else "Give --redis-url."
        says = f"{sum(truth.values())} rows wait in the database; the queue is not seen"
        return Part("queues", "Queues", says, level, do, broker, columns, unseen)
    rows = tuple((q.name, q.waiting, q.in_hand, q.delayed, q.dead, truth[q.name]) for q in broker.queues)
    dead, lost = sum(q.dead for q in broker.queues), sum(q.lost for q in broker.queues)
    level = "look" if dead or lost or broker.evicts not in ("", "noeviction") else "ok"
    do = ""
    if broker.evicts not in ("", "noeviction"):
        do = "Set maxmemory-policy noeviction: this Redis throws hints away when it is full."
    elif dead:
        do = "Dead hints point at an error in an actor: see the log, `actor.failed`. The rows themselves are tried again by the clock."
    elif lost:
        do = f"{lost} hints were in the hands of a process that died; they come back by themselves within seconds."
    says = f"{sum(truth.values())} rows wait, {sum(q.waiting for q in broker.queues)} hints point at them"
    figures = {"memory_bytes": broker.memory, "version": broker.version, "lost": lost}
    return Part("queues", "Queues", says, level, do, columns=columns, rows=rows, figures=figures)


def _waiting(found: Mapping[str, float]) -> Part:
    rows: list[tuple[Any, ...]] = []
    for what, count, age, from_look, from_bad in WAITING:
        rows.append(
            (judged(found[age], from_look, from_bad), what, int(found[count]), lasting(found[age]) if found[count] else "-")
        )
    for what, count, from_look, from_bad in COUNTED:
        rows.append((judged(found[count], from_look, from_bad), what, int(found[count]), ""))
    troubled = [row for row in rows if row[0] != "ok"]
    says = "nothing waits too long"
    do = ""
    if troubled:
        first = max(troubled, key=lambda row: row[0] == "bad")
        says = f"{len(troubled)} kinds wait too long or are too many"
        do = (
            f"Begin with {first[1]}: docs/ops/README.md says for each what to do; `drugsng failed list` shows what was set aside."
        )
    shown = tuple(row for row in rows if row[2] or row[0] != "ok")
    figures = {name.removeprefix("drugsng_"): found[name] for _, count, age, *_ in WAITING for name in (count, age)}
    figures |= {name.removeprefix("drugsng_"): found[name] for _, name, *_ in COUNTED}
    return Part("waiting", "What waits", says, worst(row[0] for row in rows), do,
                columns=("", "what", "how many", "oldest"), rows=shown, figures=figures)  # fmt: skip


def _processes(broker: queues.Broker | str, applications: list[list[Any]]) -> Part:
    rows = tuple((name.removeprefix("drugsng").strip() or name, count) for name, count in applications)
    figures: dict[str, Any] = {"connections": dict(rows)}
    columns = ("process", "connections")
    if isinstance(broker, str):
        return Part("processes", "Processes", "the queue is not seen", "ok", "", broker, columns, rows, figures)
    figures |= {"heard": broker.heard, "silent": broker.silent, "broker": broker.version, "broker_bytes": broker.memory}
    says = f"{broker.heard} heard of at the queue in the last {queues.FRESH_S:.0f} s; its memory {size(broker.memory)}"
    do = "" if broker.heard else "No worker is alive: start them (Procfile: worker-inbound, worker-outbound, ocr, payments)."
    return Part("processes", "Processes", says, "ok" if broker.heard else "bad", do, "", columns, rows, figures)


def _clock(samples: list[metrics.Sample], last_words: Mapping[str, str]) -> Part:
    told: dict[str, dict[str, float]] = {}
    for sample in samples:
        if sample.family.startswith("drugsng_job_"):
            told.setdefault(sample.labels[0][1], {})[sample.family.removeprefix("drugsng_job_")] = sample.value
    if not told:
        return Part("clock", "Clock", "never ran", "bad", "Start it: python -m jobs.run. Without it nothing lost is found again.")
    latest = min(job["seconds_since_start"] for job in told.values())
    level = judged(latest, CLOCK_LOOK_S, CLOCK_BAD_S)
    rows: list[tuple[Any, ...]] = []
    for name, job in sorted(told.items(), key=lambda item: item[1]["seconds_since_start"]):
        stuck, failed = job["overdue_seconds"] > OVERDUE_S, bool(job["failed"])
        mark: Level = "look" if failed or stuck else "ok"
        state = "failed" if failed else "not finished" if stuck else last_words.get(name, "")
        rows.append((mark, name, lasting(job["seconds_since_start"]), int(job["runs_total"]), state[:40]))
    troubled = [row for row in rows if row[0] != "ok"]
    do = ""
    if level != "ok":
        do = "No clock runs: start python -m jobs.run. Without it nothing lost is found again."
    elif troubled:
        do = f"See the log for job {troubled[0][1]} (event job.failed)."
    says = f"last tick {lasting(latest)} ago, {len(rows)} jobs, {len(troubled)} of them failed or broke off"
    return Part("clock", "Clock", says, worst([level, *(row[0] for row in rows)]), do, "", ("", "job", "began", "runs", "outcome"),
                tuple(troubled + [row for row in rows if row[0] == "ok"]), {"seconds_since_tick": latest, "jobs": told})  # fmt: skip
