"""A drill proves that a backup restores, only reads the source, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models.clock import utcnow
from models.keeping import drill
from tests.children import Children, wait_until
from tests.keeping_world import BIN, fill, names_in, programs, query, run, start
from tests.servers import Databases


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where drills put their dumps."""
    folder = tmp_path / "drills"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _swept(databases: Databases) -> Iterator[None]:
    yield
    for (name,) in query(databases.server_url, "SELECT datname FROM pg_database WHERE datname LIKE 'drugsng_drill_%'"):
        databases.drop(str(name))


def drills(databases: Databases) -> list[str]:
    found = query(databases.server_url, "SELECT datname FROM pg_database WHERE datname LIKE 'drugsng_drill_%'")
    return [str(name) for (name,) in found]


def test_a_migrated_database_comes_back_the_same_and_nothing_stays(database_url: str, databases: Databases, place: Path) -> None:
    done = run("drill", "--database-url", database_url, "--dir", place, "--bin", BIN, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    step = query(database_url, "SELECT name FROM migratehistory ORDER BY id DESC LIMIT 1")
    assert said["same"] is True
    assert [(said["step"],)] == step
    assert said["tables"] > 20
    assert said["backup_s"] > 0 < said["restore_s"]
    assert (names_in(place), drills(databases)) == ([], [])


def test_a_copy_that_differs_is_said_and_removed_all_the_same(
    empty_database_url: str, databases: Databases, place: Path, tmp_path: Path
) -> None:
    fill(empty_database_url)
    harm = 'for each in "$@"; do case "$each" in --dbname=*) to="${each#--dbname=}";; esac; done\n'
    harm += f'{BIN}/psql -X -q "$to" -c "DELETE FROM people WHERE id = 7"'
    bin_ = programs(tmp_path / "bin", restore=harm)
    done = run("drill", "--database-url", empty_database_url, "--dir", place, "--bin", bin_)
    assert done.exit_code == 3
    assert "Table public.people has 299 rows and should have 300." in done.output
    assert query(empty_database_url, "SELECT count(*) FROM people") == [(300,)]
    assert (names_in(place), drills(databases)) == ([], [])


def test_the_source_is_only_read(empty_database_url: str, place: Path) -> None:
    fill(empty_database_url)
    query(
        empty_database_url, "ALTER DATABASE " + empty_database_url.rpartition("/")[2] + " SET default_transaction_read_only = on"
    )
    before = query(empty_database_url, "SELECT xmin::text, * FROM people ORDER BY id")
    done = run("drill", "--database-url", empty_database_url, "--dir", place, "--bin", BIN)
    assert done.exit_code == 0, done.output
    assert query(empty_database_url, "SELECT xmin::text, * FROM people ORDER BY id") == before


def test_a_kept_copy_stays_and_is_not_taken_for_left_over(empty_database_url: str, databases: Databases, place: Path) -> None:
    fill(empty_database_url)
    done = run("drill", "--database-url", empty_database_url, "--dir", place, "--bin", BIN, "--keep-copy", "--json")
    said = json.loads(done.stdout)
    assert Path(said["kept_dump"]).is_file()
    assert drills(databases) == [said["kept_database"]]
    statement = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{said['kept_database']}'"
    comment = query(databases.server_url, statement)
    assert drill._made_at(said["kept_database"], str(comment[0][0])) is None


def test_a_signal_in_the_middle_of_the_restore_leaves_nothing(
    empty_database_url: str, databases: Databases, place: Path, tmp_path: Path, children: Children
) -> None:
    fill(empty_database_url)
    bin_ = programs(tmp_path / "bin", restore=f"touch {tmp_path}/restored; sleep 30")
    child = start(children, "drill", "--database-url", empty_database_url, "--dir", place, "--bin", bin_)
    wait_until((tmp_path / "restored").exists, "the restore to be under way")
    assert len(drills(databases)) == 1, "a test of nothing"
    assert child.stop() == 143, child.output()
    assert (names_in(place), drills(databases)) == ([], [])


def test_what_a_killed_drill_left_goes_when_it_is_a_day_old_and_not_before(
    empty_database_url: str, databases: Databases, place: Path, tmp_path: Path, children: Children
) -> None:
    fill(empty_database_url)
    bin_ = programs(tmp_path / "bin", restore=f"touch {tmp_path}/restored; sleep 30")
    child = start(children, "drill", "--database-url", empty_database_url, "--dir", place, "--bin", bin_)
    wait_until((tmp_path / "restored").exists, "the restore to be under way")
    child.stop(signal.SIGKILL)
    left = drills(databases)
    drill._sweep_databases(empty_database_url, print)
    assert drills(databases) == left != []
    _age(databases, left[0])
    drill._sweep_databases(empty_database_url, print)
    assert drills(databases) == []


def test_a_database_that_only_looks_like_one_of_a_drill_stays(empty_database_url: str, databases: Databases) -> None:
    names = ["drugsng_drill_20200101t000000z_77", "drugsng_drill_of_mine"]
    for name in names:
        query(databases.server_url, f"CREATE DATABASE {name}")
    _age(databases, names[1])
    drill._sweep_databases(empty_database_url, print)
    assert sorted(drills(databases)) == names


def test_another_server_can_take_the_copy(empty_database_url: str, databases: Databases, place: Path) -> None:
    fill(empty_database_url)
    done = run("drill", "--database-url", empty_database_url, "--server", databases.server_url, "--dir", place, "--bin", BIN)
    assert done.exit_code == 0, done.output
    assert "Every table has the rows and the checksum" in done.output


def test_programs_that_do_not_fit_are_told_before_anything_is_made(
    empty_database_url: str, databases: Databases, place: Path, tmp_path: Path
) -> None:
    done = run("drill", "--database-url", empty_database_url, "--dir", place, "--bin", programs(tmp_path / "bin", version="14.2"))
    assert (done.exit_code, names_in(place), drills(databases)) == (1, [], [])
    assert "14.2 in" in done.output


def _age(databases: Databases, name: str) -> None:
    """Its comment says that it was made two days ago."""
    at = (utcnow() - timedelta(days=2)).isoformat(timespec="seconds")
    query(databases.server_url, f"COMMENT ON DATABASE {name} IS '{drill.COMMENT % at}'")
