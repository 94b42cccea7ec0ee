"""The ground the other tests stand on: fresh databases, no outside world, no process left over."""

from __future__ import annotations

import socket
import sys

import psycopg
import pytest
import redis

from local import programs
from tests.children import Children
from tests.servers import Databases


def test_each_test_gets_a_database_of_its_own_and_it_is_gone_afterwards(databases: Databases):
    with databases.fresh() as first, databases.fresh() as second:
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE left_over (id int)")
        with psycopg.connect(second) as connection:
            assert connection.execute("SELECT to_regclass('left_over')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)


def test_the_servers_sort_and_fold_alike_on_every_machine(database_url: str):
    with psycopg.connect(database_url) as connection:
        asked = "SELECT getdatabaseencoding(), upper('ọ̀ṣun é'), 'É' ILIKE 'é', current_setting('TimeZone')"
        row = connection.execute(asked).fetchone()
    assert row == ("UTF8", "Ọ̀ṢUN É", True, "UTC")


def test_a_test_finds_its_valkey_database_empty(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_the_next_test_finds_it_empty_too(redis_url: str):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "2001:db8::1"])
def test_a_test_cannot_reach_beyond_this_machine(host: str, outside: list[str]):
    with pytest.raises(ConnectionRefusedError, match="this machine only"):
        socket.create_connection((host, 80), timeout=1)
    assert outside == [host]
    outside.clear()


def test_what_a_test_started_is_ended_with_it_and_all_its_children_too(tmp_path):
    children = Children(tmp_path)
    script = "import subprocess, time; print(subprocess.Popen(['sleep', '100']).pid, flush=True); time.sleep(100)"
    child = children.start([sys.executable, "-c", script])
    grandchild = int(child.wait_for_output("\n"))
    children.end()
    assert programs.birth(child.pid) is None
    assert programs.birth(grandchild) is None
