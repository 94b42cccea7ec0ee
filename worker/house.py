"""What a worker process holds: settings, the WhatsApp client, and how a unit of database work is timed."""

from __future__ import annotations

import os
from functools import cache

from models import base
from settings import Settings, current
from worker.whatsapp.client import WhatsApp

# One unit of database work in a turn (a look-up, a save with its effects). The server's own limits are longer.
UNIT_S = 10.0


@cache
def _client(pid: int, settings: Settings) -> WhatsApp:
    return WhatsApp(
        settings.whatsapp_api_base_url,
        settings.whatsapp_api_version,
        settings.whatsapp_phone_number_id,
        settings.whatsapp_access_token,
        pool_size=settings.worker_threads,
    )


def whatsapp() -> WhatsApp:
    """This process's client: one connection pool, made after the fork."""
    return _client(os.getpid(), current())


def open_database(name: str) -> None:
    base.bind(current().database_url, name=name)
