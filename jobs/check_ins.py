"""What Sentry's cron monitors hear of a job: that a run began and how it ended. Nothing without a DSN, nothing of frequent jobs.

A monitor is made by its first check-in, from the schedule that travels with it (docs.sentry.io, "Crons", read November 2026).
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import sentry_sdk
from sentry_sdk.crons import capture_checkin

from jobs.times import Job

SLOWER_THAN_S = 300  # jobs that run more often than this would send a storm
MARGIN_MIN = 30


def begin(job: Job, zone: ZoneInfo) -> str | None:
    """The id of this run's check-in; None where nothing is sent."""
    if (job.at is None and job.every_s < SLOWER_THAN_S) or not sentry_sdk.get_client().is_active():
        return None
    return capture_checkin(monitor_slug=f"drugsng-{job.name}", status="in_progress", monitor_config=_about(job, zone))


def end(job: Job, check_in: str | None, *, failed: bool, seconds: float) -> None:
    if check_in is not None:
        status = "error" if failed else "ok"
        capture_checkin(monitor_slug=f"drugsng-{job.name}", check_in_id=check_in, status=status, duration=seconds)


def _about(job: Job, zone: ZoneInfo) -> Any:
    if job.at is not None:
        schedule: dict[str, Any] = {"type": "crontab", "value": f"{job.at.minute} {job.at.hour} * * *"}
    else:
        schedule = {"type": "interval", "value": max(1, round(job.every_s / 60)), "unit": "minute"}
    runtime = max(1, round(job.limit_s / 60)) if job.limit_s else MARGIN_MIN
    return {"schedule": schedule, "timezone": zone.key, "checkin_margin": MARGIN_MIN, "max_runtime": runtime}
