"""What `dramatiq worker.run` loads: settings, logs, Sentry, the broker (in this order), then the actors."""

from __future__ import annotations

from typing import Any

from dramatiq.middleware import Middleware

from models.base import drop_connection
from settings import current
from worker import broker, house, logs, sentry


class Connections(Middleware):
    """One database connection a thread: opened by the first unit of work, closed when the thread ends."""

    def before_worker_thread_shutdown(self, broker: Any, thread: Any) -> None:
        drop_connection()


_settings = current()
logs.set_up("worker", level=_settings.log_level, folder=_settings.log_dir)
sentry.set_up(_settings.sentry_dsn, environment=_settings.sentry_environment, component="worker")
house.open_database("drugsng worker")
broker.serve(_settings.redis_url, [Connections()])

from worker.actors import inbound, outbound  # noqa: E402, F401 - actors register with the broker made above
