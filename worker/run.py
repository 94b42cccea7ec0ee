"""What `dramatiq worker.run` loads: settings, logs, Sentry, the broker (in this order), then the actors."""

from __future__ import annotations

import sys
import threading
from typing import Any

from dramatiq.middleware import Middleware

from models.base import drop_connection
from settings import current
from worker import broker, house, logs, messages, sentry

NO_KEYS = "MEDIA_KEYS is not set: prescriptions can be neither stored nor read. Make one with: drugsng keys new"
CANNOT_BE_USED = 78  # as for every setting that cannot be used


class Connections(Middleware):
    """One database connection a thread: opened by the first unit of work, closed when the thread ends."""

    def before_worker_thread_shutdown(self, broker: Any, thread: Any) -> None:
        drop_connection()


class Prescriptions(Middleware):
    """The process that reads prescriptions, and only that one: no start without a key, the models loaded before the first file,
    the reader's child ended with it."""

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        if _reads_prescriptions(worker) and not current().media_keys:
            sys.stderr.write(f"{NO_KEYS}\n")
            sys.stderr.flush()
            sys.exit(CANNOT_BE_USED)

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        if _reads_prescriptions(worker):
            from worker import prescription_reading

            threading.Thread(target=prescription_reading.warm, name="warm", daemon=True).start()

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        if _reads_prescriptions(worker):
            from worker import prescription_reading

            prescription_reading.reader().close()


def _reads_prescriptions(worker: Any) -> bool:
    """A worker that names no queues serves all of them."""
    queues = worker.consumer_whitelist
    return not queues or messages.READ_PRESCRIPTION.queue in queues


_settings = current()
logs.set_up("worker", level=_settings.log_level, folder=_settings.log_dir)
sentry.set_up(_settings.sentry_dsn, environment=_settings.sentry_environment, component="worker")
house.open_database("drugsng worker")
house.open_vault()
broker.serve(_settings.redis_url, [Connections(), Prescriptions()])

from worker.actors import inbound, outbound, prescriptions  # noqa: E402, F401 - actors register with the broker made above
