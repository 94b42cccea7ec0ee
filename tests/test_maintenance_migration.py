"""Migration 013 up, down and up again, on a house that was looked after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from models import base, job_runs, vault
from models.base import connection
from models.maintenance import old_files, old_sessions
from models.maintenance.rounds import Bounds
from models.migrating import migrate, rollback
from tests.file_host import PICTURE, FileHost
from tests.maintenance_world import an_old_prescription, an_old_session, ask, one
from tests.prescription_peers import KEY
from tests.servers import Databases
from tests.test_migrations_v1 import shape


class Kept(NamedTuple):
    url: str
    steps: int


@pytest.fixture
def kept(databases: Databases, tmp_path: Path) -> Iterator[Kept]:
    with databases.fresh() as url, FileHost() as host:
        base.bind(url)
        vault.bind(str(tmp_path), (KEY,))
        an_old_session("+2348030000001", silent="40 days", data={"cart": [1]})
        old_sessions.archive_into_table(Bounds(5), days=30)
        an_old_prescription(host.has("/a.png"))
        an_old_prescription("nowhere")
        old_files.work(Bounds(5), fetch=host.fetch)
        job_runs.take(connection(), "check-books", datetime.now(UTC), limit_s=10)
        names = [row[0] for row in ask("SELECT name FROM migratehistory")]
        base.drop_connection()
        yield Kept(url, sum(name >= "013" for name in names))
        base.drop_connection()
        vault.bind("", ())


def test_sessions_return_on_the_way_back_and_fetched_files_are_known_again_on_the_way_up(kept: Kept) -> None:
    schema = shape(kept.url)
    before = ask('SELECT * FROM old_files ORDER BY "prescriptionId"')
    base.drop_connection()

    rollback(kept.url, kept.steps)
    back = ask('SELECT "phoneNumber", state::text, data FROM sessions')
    tables = {row[0] for row in ask("SELECT relname FROM pg_class WHERE relkind = 'r'")}
    base.drop_connection()
    migrate(kept.url)

    assert back == [("+2348030000001", "LOGGED_IN", {"cart": [1]})]
    assert not tables & {"job_history", "old_files", "sessions_archive", "table_sizes", "customer_tokens", "maintenance_places"}
    assert shape(kept.url) == schema
    assert ask('SELECT * FROM old_files ORDER BY "prescriptionId"') == before
    assert vault.vault().get(one("""SELECT "storedAs" FROM old_files WHERE state = 'stored'""")) == PICTURE
    assert one("SELECT to_regclass('rollback_013')") is None


def test_the_version_before_takes_ticks_on_the_new_schema(kept: Kept) -> None:
    """Its statements, as they were: both versions' clocks may run for a while."""
    with psycopg.connect(kept.url, autocommit=True) as conn:
        for due in ("2030-01-01", "2030-01-02"):
            taken = conn.execute(
                """INSERT INTO job_runs AS j (name, "dueAt", "startedAt") VALUES ('expire-orders', %s, now())
                   ON CONFLICT (name) DO UPDATE SET "dueAt" = EXCLUDED."dueAt", "startedAt" = now(), "finishedAt" = NULL,
                       outcome = '', runs = j.runs + 1
                   WHERE j."dueAt" < EXCLUDED."dueAt" RETURNING 1""",
                (due,),
            ).fetchone()
            assert taken


def test_a_step_that_broke_half_way_is_continued_by_running_it_again(kept: Kept) -> None:
    schema = shape(kept.url)
    ask("DELETE FROM migratehistory WHERE name >= '013'")
    ask("DROP INDEX media_inbox, old_files_due")
    ask("DROP TABLE table_sizes")
    base.drop_connection()

    migrate(kept.url)

    assert shape(kept.url) == schema
