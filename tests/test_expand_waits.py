"""While a step waits for its locks, whoever writes waits with it: for all of the step's locks together, less than two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from models import migration_session
from models.migrating import migrate, status
from models.migration_steps import BatchSize
from tests.children import wait_until

TABLES = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int); CREATE TABLE d (id int)")
"""
ALL_AT_ONCE = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("ALTER TABLE a ADD x int; ALTER TABLE b ADD x int; ALTER TABLE c ADD x int; ALTER TABLE d ADD x int")
"""
BACK = "\ndef rollback(migrator, database, *, fake=False):\n    pass\n"
A_LOCK_MAY_TAKE_MS = 800
HELD_S = 0.6  # less than that; three of them are much more
WAITS_FOR = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)
WHERE s.application_name = 'drugsng-migrate' AND NOT l.granted AND l.relation = %s::regclass AND s.datname = current_database()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "001_make_tables.py").write_text(TABLES + BACK)
    (tmp_path / "002_change_all.py").write_text(ALL_AT_ONCE + BACK)
    return tmp_path


@pytest.fixture
def url(empty_database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Tables a to d, and a program that waits less for a lock, so that the test is short."""
    monkeypatch.setattr(migration_session, "LOCK_TIMEOUT_MS", A_LOCK_MAY_TAKE_MS)
    monkeypatch.setattr(migration_session, "RETRY_PAUSES_S", (0.1,) * 5)
    migrate(empty_database_url, to="001", folder=folder)
    return empty_database_url


@pytest.fixture
def busy(url: str) -> Iterator[None]:
    """b, c and d are each being read when the step comes, and free again some time after it asked: no single wait is too long."""

    def read(table: str, begun: threading.Event) -> None:
        with psycopg.connect(url) as conn, psycopg.connect(url, autocommit=True) as looking:
            conn.execute(f"SELECT * FROM {table}")
            begun.set()
            wait_until(lambda: looking.execute(WAITS_FOR, (table,)).fetchone() != (0,), f"the step to wait for {table}")
            time.sleep(HELD_S)  # what is measured is a wait

    events = [threading.Event() for _ in "bcd"]
    threads = [threading.Thread(target=read, args=pair) for pair in zip("bcd", events, strict=True)]
    for thread in threads:
        thread.start()
    assert all(event.wait(20) for event in events)
    yield
    for thread in threads:
        thread.join(20)


def test_a_step_that_waits_for_one_lock_after_another_lets_writers_of_the_first_pass(url, folder, busy):
    heard: list[str] = []
    step = threading.Thread(target=migrate, args=(url,), kwargs={"folder": folder, "tell": heard.append})

    step.start()
    with psycopg.connect(url, autocommit=True) as conn:
        wait_until(lambda: conn.execute(WAITS_FOR, ("b",)).fetchone() != (0,), "the step to wait while it holds the first lock")
        began = time.monotonic()
        conn.execute("INSERT INTO a (id) VALUES (1)")
        waited_s = time.monotonic() - began
    step.join(30)

    assert status(url, folder=folder).pending == ()
    assert any("002_change_all waits for a lock" in line for line in heard)
    assert waited_s < 2 * HELD_S


def test_locks_are_waited_for_less_long_where_the_server_lets_us_look_for_deadlocks_soon(empty_database_url, folder):
    seen: list[str] = []
    show = "migrator.sql(\"DO $$ BEGIN RAISE WARNING '%%', current_setting('lock_timeout'); END $$\")"
    (folder / "002_change_all.py").write_text(f"def migrate(migrator, database, *, fake=False):\n    {show}\n{BACK}")

    migrate(empty_database_url, folder=folder, tell=seen.append)

    assert f"{migration_session.LOCK_TIMEOUT_THEN_MS}ms" in seen


def test_batches_become_smaller_while_the_machine_is_busy_and_grow_again():
    size = BatchSize()

    sizes = []
    for seconds in (0.05, 1.5, 0.7, 3.0, 3.0, 3.0, 0.05, 0.05, 0.05):
        size.took(seconds)
        sizes.append(size.rows)

    assert sizes == [2000, 1000, 1000, 500, 500, 500, 1000, 2000, 2000]
