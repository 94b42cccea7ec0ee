"""The front door: verify, store, enqueue, 200.

Non-200 only where nothing was stored and a repetition can help (Meta repeats for up to 7 days): a body that can never
succeed is answered 200 once its signature is right, and kept in quarantine.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import psycopg
from flask import Blueprint, Response, current_app, request

from models import base, inbox
from models.envelope import Envelope, split
from settings import Settings
from web import counters
from web.signatures import is_metas, same_token
from worker.broker import hint_at
from worker.logs import log
from worker.messages import CONVERSE, SETTLE

BODY_MAX = 3 * 1024 * 1024  # Meta, webhooks/overview: payloads of up to 3 MB
STORE_WITHIN_S = 1.0  # a webhook is acknowledged within a second, or asked to come again
LEAST_TO_STORE_S = 0.1
REST_AFTER_OUTAGE_S = 0.5
ACKNOWLEDGED = b'{"status":"ok"}'

webhooks = Blueprint("webhooks", __name__)


class _Outage:
    """A database that just failed fails everybody for a moment: threads that wait for it one second each, one after the
    other, would make the last of a burst wait many seconds for its 503."""

    def __init__(self) -> None:
        self._until = self._worked_at = 0.0

    def worked(self) -> None:
        self._worked_at = time.monotonic()

    def noticed(self, since: float) -> None:
        """Somebody failed who began then. No outage when others were served meanwhile: one slow statement or a full queue
        would else have everybody refused."""
        if self._worked_at < since:
            self._until = time.monotonic() + REST_AFTER_OUTAGE_S

    def is_fresh(self) -> bool:
        return time.monotonic() < self._until


_outage = _Outage()


def _answer(status: int, text: str) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _settings() -> Settings:
    return current_app.config["DRUGSNG"]


@webhooks.get("/webhook")
def shake_hands() -> Response:
    """Meta's check on saving the callback: the challenge alone, as plain text (it is the caller's text, never HTML)."""
    settings = _settings()
    if not settings.whatsapp_verify_token:
        return _answer(404, "Not found")
    asked = request.args
    if asked.get("hub.mode") != "subscribe" or not same_token(asked.get("hub.verify_token", ""), settings.whatsapp_verify_token):
        return _answer(403, "Forbidden")
    return _answer(200, asked.get("hub.challenge", "")[:1024])


@webhooks.post("/webhook")
def receive() -> Response:
    settings = _settings()
    if not settings.webhook_secrets:
        return _answer(404, "Not found")
    if (request.content_length or 0) > BODY_MAX:
        return _answer(413, "Too large")
    body = request.get_data(cache=False)
    header = request.headers.get("X-Hub-Signature-256")
    if not is_metas(body, header, settings.webhook_secrets):
        counters.REFUSED.labels("signature").inc()
        return _answer(403 if header else 401, "Signature missing or wrong")
    try:
        parsed = json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        counters.REFUSED.labels("json").inc()
        return _answer(400, "Not JSON")
    return _store(parsed, settings)


def _not_stored(correlation: str, why: str) -> Response:
    counters.REFUSED.labels("database").inc()
    log().warning("webhook.not_stored", correlation=correlation, error=why)
    return _answer(503, "Try again")


def _keep(envelope: Envelope, correlation: str) -> inbox.Accepted:
    """Stores it all. A connection that died since this thread last used it is no outage: the second try has a fresh one, if
    there is time for that. Storing twice changes nothing."""
    now = time.monotonic()
    ends = request.environ.get("drugsng.came", now) + STORE_WITHIN_S  # waiting for a thread is a part of it
    if now > ends - LEAST_TO_STORE_S:
        raise base.Unavailable("no time left")
    try:
        with base.unit(ends - now) as conn:
            return inbox.accept(conn, envelope.messages, envelope.statuses, correlation)
    except base.Unavailable:
        if time.monotonic() > ends - STORE_WITHIN_S / 2:
            raise
    with base.unit(ends - time.monotonic()) as conn:
        return inbox.accept(conn, envelope.messages, envelope.statuses, correlation)


def _store(parsed: Any, settings: Settings) -> Response:
    envelope = split(parsed, settings.whatsapp_phone_number_id)
    correlation = secrets.token_hex(8)
    if _outage.is_fresh():
        return _not_stored(correlation, "resting")
    began = request.environ.get("drugsng.came", time.monotonic())
    try:
        kept = _keep(envelope, correlation)
    except (base.Unavailable, psycopg.OperationalError) as e:
        _outage.noticed(began)
        return _not_stored(correlation, type(e).__name__)
    _outage.worked()
    hinted = all(hint_at(CONVERSE, customer) for customer in kept.customers)  # stops at the first that fails
    if envelope.statuses:
        hinted = hint_at(SETTLE) and hinted
    for reason, count in envelope.ignored.items():
        counters.IGNORED.labels(reason).inc(count)
    log().info(
        "webhook.stored",
        correlation=correlation,
        messages=kept.came,
        new=kept.new,
        statuses=len(envelope.statuses),
        hinted=hinted,
    )
    return Response(ACKNOWLEDGED, 200, content_type="application/json")
