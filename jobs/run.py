"""The clock process: APScheduler ticks, the leader's ticks become jobs. Any number may run; `python -m jobs.run`."""

from __future__ import annotations

import signal
import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from jobs import check_ins
from jobs.leader import CHECK_EVERY_S, Leadership
from jobs.schedule import TIMETABLE
from jobs.stopping import STOP
from jobs.times import Job, due
from models import base, job_runs, vault, visits
from settings import Settings, current
from worker import broker, logs, sentry

UNIT_S = 5.0
THREADS = 4
LONG_THREADS = 2  # what takes minutes must not hold up what is due each second


class Failed(Exception):
    """A job's run ended with an error, which was logged and told; the text is its kind."""


def tick(job: Job, leadership: Leadership, database_now: datetime | None = None, zone: ZoneInfo | None = None) -> bool:
    """Runs a job's present tick if this clock leads and nobody took it. True when it ran."""
    if not leadership.is_sure:
        return False
    try:
        with base.unit(UNIT_S) as conn:
            now = database_now or conn.execute("SELECT now()").fetchone()[0]
            moment = due(job, now, zone or current().default_timezone)
            if moment is None or not job_runs.take(conn, job.name, moment, limit_s=job.limit_s, again=job.at is not None):
                return False
        run(job, moment, zone or current().default_timezone)
    except base.Unavailable:
        logs.log().warning("job.database_away", job=job.name)
        return False
    except Failed:
        return False
    return True


def run(job: Job, moment: datetime, zone: ZoneInfo) -> str:
    """The outcome of a run that was taken, noted with how long it took. Raises Failed, and Unavailable when the database is away."""
    check_in, began, error = check_ins.begin(job, zone), time.monotonic(), None
    try:
        outcome = job.run()
    except Exception as e:  # noqa: BLE001 - one job's bug must not stop the others
        outcome, error = type(e).__name__, e
        if isinstance(e, base.Unavailable):
            logs.log().warning("job.database_away", job=job.name)
        else:
            logs.log().exception("job.failed", job=job.name)
            sentry.tell(e, job=job.name)
    check_ins.end(job, check_in, failed=error is not None, seconds=time.monotonic() - began)
    with base.unit(UNIT_S) as conn:
        job_runs.finish(conn, job.name, moment, outcome, failed=error is not None, often=job.often)
    if error is not None:
        raise Failed(outcome) from error
    if outcome:
        logs.log().info("job.ran", job=job.name, outcome=outcome)
    return outcome


def start(settings: Settings, leadership: Leadership) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone=settings.default_timezone,
        executors={"default": ThreadPoolExecutor(THREADS), "long": ThreadPoolExecutor(LONG_THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 30},
    )
    for job in TIMETABLE:
        where = "long" if job.limit_s else "default"
        scheduler.add_job(tick, "interval", seconds=job.look_every_s, args=(job, leadership), id=job.name, executor=where)
    scheduler.start()
    return scheduler


def bind(settings: Settings, *, name: str) -> None:
    """Points this process at everything a job may need; nothing is opened yet."""
    sentry.set_up(settings.sentry_dsn, environment=settings.sentry_environment, component="clock")
    base.bind(settings.database_url, name=name)
    visits.use_zone(settings.default_timezone)
    vault.bind(settings.media_url, settings.media_keys)
    broker.connect(settings.redis_url)


def main() -> None:
    settings = current()
    logs.set_up("clock", level=settings.log_level, folder=settings.log_dir)
    bind(settings, name="drugsng clock")
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
    STOP.set()
    scheduler.shutdown(wait=True)
    leadership.resign()
    logs.log().info("clock.stopped")


if __name__ == "__main__":
    main()
