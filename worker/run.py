"""What `dramatiq worker.run` loads: settings, logs, Sentry, the broker (in this order), then the actors."""

from __future__ import annotations

import sys
import threading
from typing import Any

from dramatiq.middleware import Middleware

from models.base import drop_connection
from settings import current
from worker import broker, house, logs, messages, sentry, tills

NO_KEYS = "MEDIA_KEYS is not set: prescriptions can be neither stored nor read. Make one with: drugsng keys new"
BAD_KEY = "PAYSTACK_SECRET_KEY or FLUTTERWAVE_SECRET_KEY cannot be used"
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
            _end(NO_KEYS)

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        if _reads_prescriptions(worker):
            from worker import prescription_reading

            threading.Thread(target=prescription_reading.warm, name="warm", daemon=True).start()

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        if _reads_prescriptions(worker):
            from worker import prescription_reading

            prescription_reading.reader().close()


class Payments(Middleware):
    """The process that handles payments: no start with a key that is none. Connections to providers are made at the first call."""

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        if _serves(worker, messages.START_PAYMENT):
            try:
                tills.tills()
            except ValueError as error:
                _end(f"{BAD_KEY}: {error}")

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        if _serves(worker, messages.START_PAYMENT):
            for gateway in tills.tills().values():
                gateway.close()


def _reads_prescriptions(worker: Any) -> bool:
    return _serves(worker, messages.READ_PRESCRIPTION)


def _serves(worker: Any, hint: messages.Hint) -> bool:
    """A worker that names no queues serves all of them."""
    queues = worker.consumer_whitelist
    return not queues or hint.queue in queues


def _end(why: str) -> None:
    sys.stderr.write(f"{why}\n")
    sys.stderr.flush()
    sys.exit(CANNOT_BE_USED)


_settings = current()
logs.set_up("worker", level=_settings.log_level, folder=_settings.log_dir)
sentry.set_up(_settings.sentry_dsn, environment=_settings.sentry_environment, component="worker")
house.open_database("drugsng worker")
house.open_vault()
broker.serve(_settings.redis_url, [Connections(), Prescriptions(), Payments()])

from worker.actors import inbound, outbound, payments, prescriptions  # noqa: E402, F401 - actors register with the broker made above
