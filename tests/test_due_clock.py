"""A clock that is killed while it fires: what it had fired is fired, the rest is fired by another, nothing twice."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import psycopg
import pytest
import redis

from jobs import sweeps
from models import base
from models.base import connection
from tests.children import ROOT, Children, wait_until
from tests.servers import Databases, ValkeyDatabases
from worker import broker

HOW_MANY = 2_000
# The trade of the clock, in rounds so small that the kill finds it in the middle.
FIRES = """
from jobs import sweeps
from models import base
from settings import current
from worker import broker
base.bind(current().database_url)
broker.connect(current().redis_url)
sweeps.A_ROUND = 10
print("fires", flush=True)
sweeps.due_timers()
"""


@pytest.fixture
def urls(databases: Databases, valkey_databases: ValkeyDatabases, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    with databases.fresh() as database_url, valkey_databases.fresh() as redis_url:
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setenv("REDIS_URL", redis_url)
        sweeps.current.cache_clear()
        base.bind(database_url)
        made = broker.connect(redis_url)
        yield database_url, redis_url
        made.client.close()
        made.close()
        base.drop_connection()
        sweeps.current.cache_clear()


def timers_due(how_many: int) -> None:
    connection().execute(
        """WITH made AS (INSERT INTO customers SELECT FROM generate_series(1, %s) RETURNING id),
               talks AS (INSERT INTO conversations ("customerId") SELECT id FROM made)
           INSERT INTO timers (kind, "customerId", "fireAt") SELECT 'agent_return', id, now() FROM made""",
        (how_many,),
    )


def count(conn: psycopg.Connection, statement: str) -> int:
    return int((conn.execute(f"SELECT count(*) FROM {statement}").fetchone() or (0,))[0])


def hinted(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return sum(client.hlen(key) for key in client.scan_iter("dramatiq:*.msgs"))


def test_a_clock_killed_in_the_middle_leaves_nothing_undone_and_does_nothing_twice(
    urls: tuple[str, str], children: Children
) -> None:
    database_url, redis_url = urls
    timers_due(HOW_MANY)
    environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
    clock = children.start([sys.executable, "-c", FIRES], env=environment)
    with psycopg.connect(database_url, autocommit=True) as conn:
        wait_until(lambda: count(conn, """timers WHERE "firedAt" IS NOT NULL""") >= HOW_MANY // 10, "a tenth to have fired")
        clock.stop(signal.SIGKILL)
        before = count(conn, """timers WHERE "firedAt" IS NOT NULL""")
        assert 0 < before < HOW_MANY, "it was not killed in the middle"

        assert sweeps.due_timers().startswith(f"{HOW_MANY - before} fired")

        assert count(conn, """timers WHERE "firedAt" IS NULL""") == 0
        assert count(conn, "inbox") == count(conn, """(SELECT DISTINCT "customerId" FROM inbox) i""") == HOW_MANY
        # At most one round was stored and not hinted at: the sweep of waiting events does that.
        assert HOW_MANY - 10 <= hinted(redis_url) <= HOW_MANY


def test_without_redis_every_timer_fires_all_the_same(urls: tuple[str, str]) -> None:
    timers_due(30)
    made = broker.connect("redis://127.0.0.1:1/0")
    try:
        assert sweeps.due_timers() == "30 fired; broker away (ConnectionError)"
    finally:
        made.client.close()
        made.close()
        broker.connect(urls[1])
    assert count(connection(), """inbox WHERE status = 'pending'""") == 30


def test_many_due_at_once_are_fired_in_one_tick(urls: tuple[str, str]) -> None:
    timers_due(sweeps.A_ROUND * 2 + 1)
    assert sweeps.due_timers() == f"{sweeps.A_ROUND * 2 + 1} fired"
    assert sweeps.due_timers() == ""
