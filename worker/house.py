"""What a worker process holds: settings, the WhatsApp client, and how a unit of database work is timed."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

from models import base, vault, visits
from settings import current
from worker.whatsapp.client import WhatsApp
from worker.whatsapp.pacing import TokenBucket, share
from worker.whatsapp.transport import Limits

# One unit of database work in a turn (a look-up, a save with its effects). The server's own limits are longer.
UNIT_S = 10.0
# Less than a unit, and more than the wait for a lock: a statement too slow by itself is the event's failure and counted, where
# a unit that runs out of time is the database's, and tried again without end.
STATEMENT_S = 8.0


@cache
def _client(pid: int) -> WhatsApp:
    settings = current()
    return WhatsApp(
        settings.whatsapp_api_base_url,
        settings.whatsapp_api_version,
        settings.whatsapp_phone_number_id,
        settings.whatsapp_access_token,
        limits=_within(settings.lease_seconds),
        pool_size=settings.worker_threads,
    )


def _within(lease_s: int) -> Limits:
    """A send begins in the first half of its lease (`Claim.sure`) and is given up within the second: never two at once."""
    usual = Limits()
    return replace(usual, read_s=min(usual.read_s, lease_s / 2), total_s=min(usual.total_s, lease_s / 2))


def upload_limits() -> Limits:
    """How long a file may take on its way to WhatsApp while a customer is claimed."""
    return _within(current().lease_seconds)


def whatsapp() -> WhatsApp:
    """This process's client: one connection pool, made after the fork."""
    return _client(os.getpid())


@cache
def _bucket(pid: int) -> TokenBucket:
    settings = current()
    return TokenBucket(share(settings.worker_processes, settings.whatsapp_messages_per_second))


def wait_for_turn(max_wait_s: float) -> float | None:
    """Seconds until this process's next send may leave, under the number's limit; None when that is longer than allowed."""
    return _bucket(os.getpid()).reserve(max_wait_s)


def open_database(name: str) -> None:
    base.bind(current().database_url, name=name, statement_s=STATEMENT_S)
    visits.use_zone(current().default_timezone)


def open_vault() -> None:
    vault.bind(current().media_url, current().media_keys)
