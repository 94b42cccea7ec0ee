"""`drugsng jobs`, the lock all clocks share, the history, and what Sentry's cron monitors hear."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from click.testing import CliRunner, Result

import settings
from jobs import cli, schedule
from jobs import run as clock
from jobs.leader import Leadership
from jobs.times import Job, daily
from models import base, job_runs
from models.base import Unavailable, connection
from tests.children import Children
from tests.maintenance_world import ask, one, place, world
from tests.sentry_peer import SentryPeer
from worker import logs

__all__ = ["place", "world"]  # fixtures
LAGOS = ZoneInfo("Africa/Lagos")
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Leads(Leadership):
    """A clock that leads."""

    def __init__(self) -> None:
        super().__init__("")

    @property
    def is_sure(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logs_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command sets up the logs of its process, once and for all; here it shares ours with every test after it."""
    monkeypatch.setattr(logs, "_log", structlog.get_logger())  # the one that stays is bound at its first use
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    root.handlers, logging.raiseExceptions = handlers, True
    root.setLevel(level)


@pytest.fixture
def house(world: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DATABASE_URL", world)
    monkeypatch.setenv("REDIS_URL", redis_url)
    settings.current.cache_clear()
    yield world
    settings.current.cache_clear()


def command(*words: str) -> Result:
    return CliRunner().invoke(cli.jobs, list(words))


def a_job(name: str = "backup", every_s: float = 60, **more: Any) -> Job:
    return Job(name, every_s, **({"run": lambda: "3 done"} | more))


def tick(job: Job, now: datetime = NIGHT) -> bool:
    return clock.tick(job, Leads(), now, LAGOS)


def broken() -> str:
    raise ValueError("text of a customer")


# ------------------------------------------------------------------------------------------------ once


def test_a_daily_job_runs_once_however_many_clocks_look_and_again_the_next_day(world: str) -> None:
    ran: list[int] = []
    job = daily("x", "02:10", lambda: ran.append(1) or "")  # type: ignore[func-returns-value]

    looks = [tick(job, NIGHT + timedelta(minutes=10 * n)) for n in range(6)]

    assert looks == [True] + [False] * 5
    assert tick(job, NIGHT + timedelta(days=1))
    assert len(ran) == 2


def test_of_eight_clocks_that_look_at_the_same_moment_one_runs_it(world: str) -> None:
    ran: list[int] = []
    job = daily("x", "02:10", lambda: ran.append(1) or "")  # type: ignore[func-returns-value]

    def look(_: int) -> bool:
        try:
            return tick(job)
        finally:
            base.drop_connection()

    with ThreadPoolExecutor(8) as pool:
        looks = list(pool.map(look, range(8)))

    assert (looks.count(True), len(ran)) == (1, 1)


def test_a_clock_that_was_down_at_that_time_does_it_when_it_is_back(world: str) -> None:
    job = daily("x", "02:10", lambda: "")
    tick(job, NIGHT)

    assert tick(job, NIGHT + timedelta(days=3, hours=12))
    assert not tick(job, NIGHT + timedelta(days=3, hours=13))


def test_no_second_run_begins_while_one_goes_on(world: str) -> None:
    job = a_job(limit_s=60)
    inner: list[bool] = []
    long = replace(job, run=lambda: str(inner.append(tick(job, NIGHT + timedelta(hours=1)))))

    assert tick(long)
    assert inner == [False]
    assert tick(job, NIGHT + timedelta(hours=1))


def test_a_run_whose_clock_died_is_over_when_its_time_is(world: str) -> None:
    job_runs.take(connection(), "backup", NIGHT, limit_s=3600)
    assert not tick(a_job(), NIGHT + timedelta(minutes=5))
    connection().execute("""UPDATE job_runs SET "endsBy" = now() - interval '1 second'""")

    assert tick(a_job(), NIGHT + timedelta(minutes=5))


def test_a_daily_job_that_fails_is_tried_thrice_a_day_with_pauses(world: str) -> None:
    job = daily("x", "02:10", broken)
    tries = []
    for _ in range(5):
        tick(job, NIGHT)
        tries.append(one("SELECT tries FROM job_runs"))
        assert not tick(job, NIGHT), "not at once"
        connection().execute("""UPDATE job_runs SET "startedAt" = "startedAt" - interval '16 minutes'""")

    assert tries == [1, 2, 3, 3, 3]
    assert one("SELECT failures FROM job_history ORDER BY 1 DESC LIMIT 1") >= 1


# ------------------------------------------------------------------------------------------------ what is kept


def test_a_failure_is_kept_by_its_kind_and_never_by_its_words(world: str) -> None:
    tick(a_job(run=broken))

    assert ask("SELECT failed, outcome FROM job_runs") == [(True, "ValueError")]
    assert ask("SELECT runs, failures, outcome FROM job_history") == [(1, 1, "ValueError")]


def test_a_job_of_each_second_has_one_line_an_hour(world: str) -> None:
    for n in range(50):
        tick(a_job("sweep-sends", 1, run=lambda n=n: "9 hinted" if n == 20 else ""), NIGHT + timedelta(seconds=n))

    kept = ask("SELECT name, sum(runs)::int, max(outcome), count(*) <= 2 FROM job_history GROUP BY 1")
    assert kept == [("sweep-sends", 50, "9 hinted", True)]


def test_history_older_than_a_month_goes(world: str) -> None:
    tick(a_job())
    tick(a_job("other"))
    connection().execute("""UPDATE job_history SET "startsAt" = now() - interval '31 days' WHERE name = 'other'""")

    assert job_runs.forget(connection(), limit=10) == 1
    assert ask("SELECT name FROM job_history") == [("backup",)]


# ------------------------------------------------------------------------------------------------ the commands


def test_the_list_names_every_job_with_its_times(house: str) -> None:
    job_runs.take(connection(), "check-books", datetime.now(UTC))
    job_runs.finish(connection(), "check-books", one("""SELECT "dueAt" FROM job_runs"""), "0 violations")

    lines = command("list").output.splitlines()

    assert [line.split()[0] for line in lines[1:]] == [job.name for job in schedule.TIMETABLE]
    books = next(line for line in lines if line.startswith("check-books"))
    assert "every 1 h" in books
    assert "0 violations" in books
    assert "daily 00:40" in next(line for line in lines if line.startswith("backup"))


def test_the_list_says_what_failed_what_is_late_and_what_was_cut_off_and_ends_with_3(house: str) -> None:
    now = datetime.now(UTC)
    for name in ("check-books", "sweep-sends", "sweep-refunds"):
        job_runs.take(connection(), name, now - timedelta(hours=9))
    job_runs.finish(connection(), "check-books", now - timedelta(hours=9), "ValueError", failed=True)
    job_runs.finish(connection(), "sweep-sends", now - timedelta(hours=9), "")
    connection().execute(
        """UPDATE job_runs SET "startedAt" = now() - interval '9 hours', "endsBy" = now() - interval '9 hours'"""
    )

    done = command("list", "--json")

    states = {line["name"]: line["state"] for line in json.loads(done.output)}
    assert (states["check-books"], states["sweep-sends"], states["sweep-refunds"]) == ("failed", "late", "cut off")
    assert states["backup"] == "not yet"
    assert done.exit_code == 3


def test_a_job_can_be_run_now_once_and_is_in_the_history(house: str) -> None:
    done = command("run", "measure-tables")

    assert done.exit_code == 0, done.output
    assert done.output.startswith("measure-tables: ")
    assert "measure-tables" in command("history").output
    assert "measure-tables" in command("history", "measure-tables", "--limit", "1").output
    assert command("history", "backup").output == "backup has not run in the last 30 days.\n"


def test_a_job_at_work_is_not_run_beside_itself(house: str) -> None:
    job_runs.take(connection(), "prune-messages", datetime.now(UTC), limit_s=600)

    done = command("run", "prune-messages")

    assert done.exit_code == 3
    assert "is at work at this moment" in done.output


def test_a_job_that_fails_ends_with_1_and_a_sentence(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli.BY_NAME, "backup", a_job(run=broken))  # no job of the timetable fails on request

    done = command("run", "backup")

    assert done.exit_code == 1
    assert done.output == "Error: backup failed (ValueError). The log has the rest.\n"


def test_a_name_nobody_knows_is_told_with_those_there_are(house: str) -> None:
    done = command("run", "make-coffee")

    assert done.exit_code == 2
    assert "check-books" in done.output


def test_without_a_database_the_command_says_so(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    settings.current.cache_clear()
    base.drop_connection()

    assert isinstance(command("list").exception, Unavailable)  # cli.main makes a sentence and 75 of it


# ------------------------------------------------------------------------------------------------ Sentry

CHECK_INS = """if True:
    import sys
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo
    import sentry_sdk
    from jobs import run
    from jobs.times import Job, daily
    from models import base
    from worker import logs, sentry
    base.bind(sys.argv[1]); sentry.set_up(sys.argv[2], environment="test", component="clock"); logs.set_up("clock", level="INFO", folder="")
    class Leads: is_sure = True
    def broken(): raise ValueError("text of a customer")
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    for job in (daily("nightly", "02:10", lambda: "fine", limit_s=600), Job("half-hourly", 1800, broken), Job("often", 2, lambda: "x")):
        run.tick(job, Leads(), now, ZoneInfo("Africa/Lagos"))
    sentry_sdk.flush(5)
"""


def test_sentry_hears_of_slow_jobs_how_they_began_and_ended_and_nothing_of_frequent_ones(world: str, children: Children) -> None:
    with SentryPeer() as peer:
        child = children.start([sys.executable, "-c", CHECK_INS, world, peer.dsn])
        assert child.process.wait(30) == 0, child.output()
        told = [json.loads(line) for text in peer.received for line in text.splitlines() if '"monitor_slug"' in line]

    said = [(each["monitor_slug"], each["status"]) for each in told]
    assert sorted(said) == [
        ("drugsng-half-hourly", "error"),
        ("drugsng-half-hourly", "in_progress"),
        ("drugsng-nightly", "in_progress"),
        ("drugsng-nightly", "ok"),
    ]
    about = next(
        each["monitor_config"] for each in told if each["monitor_slug"] == "drugsng-nightly" and "monitor_config" in each
    )
    assert about["schedule"] == {"type": "crontab", "value": "10 2 * * *"}
    assert about["timezone"] == "Africa/Lagos"
    assert not any("text of a customer" in text for text in peer.received)
