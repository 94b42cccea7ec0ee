"""Alive, ready, and how it goes: /health, /ready, /metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from models import base, migrating
from models.monitoring import metrics as metrics_text
from models.monitoring.metrics import Sample
from web.signatures import same_token
from worker import broker, logs
from worker.messages import QUEUES

CHECK_WITHIN_S = 1.0
SCRAPE_WITHIN_S = 5.0  # half of what Prometheus waits by default (scrape_timeout: 10 s)
_started = time.monotonic()
_checks = ThreadPoolExecutor(max_workers=6, thread_name_prefix="ready")

health = Blueprint("health", __name__)


@health.get("/health")
def alive() -> Response:
    """The process answers: nothing else is asked, so that a database outage restarts nobody."""
    return jsonify(status="ok", timestamp=datetime.now(UTC).isoformat(), uptime=round(time.monotonic() - _started, 3))


@health.get("/ready")
def ready() -> tuple[Response, int]:
    """Can this process do its work now? 503 names what is missing, in a sentence each."""
    checks = {"database": _database, "broker": broker.ping, "migrations": _migrations}
    running = {name: _checks.submit(check) for name, check in checks.items()}
    deadline = time.monotonic() + CHECK_WITHIN_S
    missing: dict[str, str] = {}
    for name, future in running.items():
        try:
            future.result(timeout=max(deadline - time.monotonic(), 0.01))
        except FutureTimeout:
            missing[name] = "did not answer within a second"
        except Exception as e:  # noqa: BLE001 - whatever it is, it is not ready; the kind is enough, texts may hold secrets
            missing[name] = str(e) if isinstance(e, NotReady) else f"cannot be used ({type(e).__name__})"
    if missing:
        return jsonify(status="not ready", missing=missing), 503
    return jsonify(status="ready"), 200


class NotReady(Exception):
    """A sentence that may be shown."""


def _ask(question: Callable[[psycopg.Connection], Any], within_s: float = CHECK_WITHIN_S) -> Any:
    """Asked a second time on a fresh connection: the first may have died in an outage that is over."""
    try:
        with base.unit(within_s) as conn:
            return question(conn)
    except base.Unavailable:
        with base.unit(within_s) as conn:
            return question(conn)


def _database() -> None:
    _ask(lambda conn: conn.execute("SELECT 1"))


def _migrations() -> None:
    pending = _ask(migrating.pending_count)
    if pending:
        raise NotReady(f"{pending} not applied: run `drugsng db migrate`")


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus text. With METRICS_TOKEN set it wants it as a bearer token; behind the proxy the path is not public."""
    token = current_app.config["DRUGSNG"].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not same_token(given, token):
        return Response("Forbidden", 403, content_type="text/plain")
    lines = [*metrics_text.text(_samples()), generate_latest().decode()]
    return Response("\n".join(lines), content_type=CONTENT_TYPE_LATEST)


def _samples() -> list[Sample]:
    """What the database and the broker know, the same from whichever process is asked; of what is away only that it is away."""
    asked = {name: _checks.submit(ask) for name, ask in (("database", _rows), ("broker", _queues))}
    deadline = time.monotonic() + SCRAPE_WITHIN_S
    samples: list[Sample] = []
    away = set()
    for name, future in asked.items():
        try:
            samples += future.result(timeout=max(deadline - time.monotonic(), 0.01))
        except (base.Unavailable, redis.RedisError, FutureTimeout):
            away.add(name)
        except Exception:  # noqa: BLE001 - metrics must come when things are broken, above all then
            away.add(name)
            logs.log().exception("metrics.failed", source=name)
        samples.append(Sample(f"drugsng_{name}_up", name not in away))
    pending = [sample.value for sample in samples if sample.family == "drugsng_migrations_pending"]
    return [*samples, Sample("drugsng_ready", not away and pending == [0])]


def _rows() -> list[Sample]:
    try:
        samples: list[Sample] = _ask(lambda conn: metrics_text.gather(conn)[0], SCRAPE_WITHIN_S / 2)
        return samples
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):  # up, but behind this program
        return [Sample("drugsng_migrations_pending", _ask(migrating.pending_count))]


def _queues() -> list[Sample]:
    return [Sample("drugsng_queue_messages", depth, (("queue", queue),)) for queue, depth in broker.depths(QUEUES).items()]
