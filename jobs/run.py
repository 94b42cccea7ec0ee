"""The clock process: APScheduler ticks, the leader's ticks become jobs. Any number may run; `python -m jobs.run`."""

from __future__ import annotations

import math
import signal
import threading
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from jobs.leader import CHECK_EVERY_S, Leadership
from jobs.schedule import TIMETABLE, Job
from models import base, job_runs
from settings import Settings, current
from worker import broker, logs, sentry

UNIT_S = 5.0
THREADS = 4


def tick(job: Job, leadership: Leadership, database_now: datetime | None = None) -> bool:
    """Runs a job's present tick if this clock leads and nobody took it. True when it ran."""
    if not leadership.is_sure:
        return False
    try:
        with base.unit(UNIT_S) as conn:
            now = database_now or conn.execute("SELECT now()").fetchone()[0]
            due = datetime.fromtimestamp(math.floor(now.timestamp() / job.every_s) * job.every_s, UTC)
            taken = job_runs.take(conn, job.name, due)
        if not taken:
            return False
        outcome = job.run()
        with base.unit(UNIT_S) as conn:
            job_runs.finish(conn, job.name, due, outcome)
    except base.Unavailable:
        logs.log().warning("job.database_away", job=job.name)
        return False
    except Exception as e:  # noqa: BLE001 - one job's bug must not stop the others
        logs.log().exception("job.failed", job=job.name)
        sentry.tell(e, job=job.name)
        return False
    if outcome:
        logs.log().info("job.ran", job=job.name, outcome=outcome)
    return True


def start(settings: Settings, leadership: Leadership) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=settings.default_timezone,
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 30},
    )
    for job in TIMETABLE:
        scheduler.add_job(tick, "interval", seconds=job.every_s, args=(job, leadership), id=job.name)
    scheduler.start()
    return scheduler


def main() -> None:
    settings = current()
    logs.set_up("clock", level=settings.log_level, folder=settings.log_dir)
    sentry.set_up(settings.sentry_dsn, environment=settings.sentry_environment, component="clock")
    base.bind(settings.database_url, name="drugsng clock")
    broker.connect(settings.redis_url)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    leadership = Leadership(settings.database_url)
    leading = False
    scheduler = start(settings, leadership)
    logs.log().info("clock.started")
    while not stop.is_set():
        now_leading = leadership.check()
        if now_leading != leading:
            logs.log().info("clock.leads" if now_leading else "clock.follows")
            leading = now_leading
        stop.wait(CHECK_EVERY_S)
    scheduler.shutdown(wait=True)
    leadership.resign()
    logs.log().info("clock.stopped")


if __name__ == "__main__":
    main()
