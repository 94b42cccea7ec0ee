"""Sentry for triage: one event per real fault, with ids and no personal data.

Initialised before the broker is made (otherwise events carry no context of the message). What was found out about the SDK:
arguments of actors and texts of exceptions travel by default, even with `send_default_pii=False`; hence the scrubbers.
"""

from __future__ import annotations

import re
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.dramatiq import DramatiqIntegration
from sentry_sdk.integrations.flask import FlaskIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from worker.scrubbing import scrub_all

RELEASE = "drugsng@3.0.0"
_WHOLE_EVENT_DROPPED = ("request", "user", "modules", "server_name")
_QUIET = re.compile(r"^(GET /health|GET /ready|GET /metrics)")
# What Sentry needs as it is to find its way: ids it made itself, hex and times.
_UNTOUCHED = frozenset({"event_id", "timestamp", "start_timestamp", "trace_id", "span_id", "parent_span_id", "platform", "type"})


def set_up(dsn: str, *, environment: str, component: str) -> None:
    """Nothing is sent, and nothing slowed, when `dsn` is empty."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=RELEASE,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=_clean,
        before_send_transaction=_clean,
        before_breadcrumb=lambda crumb, hint: None,
        traces_sample_rate=0.0,
        default_integrations=True,
        auto_enabling_integrations=False,
        integrations=[DramatiqIntegration(), FlaskIntegration(), LoggingIntegration(level=None, event_level=None)],
        shutdown_timeout=2,
    )
    sentry_sdk.set_tag("component", component)


def _clean(event: Any, hint: Any) -> Any:
    for key in _WHOLE_EVENT_DROPPED:
        event.pop(key, None)
    for found in (event.get("exception") or {}).get("values") or ():
        found["value"] = ""  # what an exception says may quote the customer; its type and place do not
    contexts = event.get("contexts") or {}
    contexts.pop("dramatiq", None)
    event["contexts"] = {k: v if k in ("trace", "runtime") else scrub_all(v) for k, v in contexts.items()}
    return {k: v if k in _UNTOUCHED or k in ("contexts", "sdk") else scrub_all(v) for k, v in event.items()}


def tell(error: BaseException, *, fingerprint: tuple[str, ...] = (), **ids: int | str) -> None:
    """One event for one real fault. `ids` are ours (inbox, outbox, customer): never a phone number."""
    with sentry_sdk.new_scope() as scope:
        scope.set_context("ids", dict(ids))
        if fingerprint:
            scope.fingerprint = list(fingerprint)
        sentry_sdk.capture_exception(error)


def alarm(name: str, *, level: Any = "error", **ids: int | str) -> None:
    """An event without an exception: something a person must look at."""
    with sentry_sdk.new_scope() as scope:
        scope.set_context("ids", dict(ids))
        scope.fingerprint = [name]
        sentry_sdk.capture_message(name, level=level)
