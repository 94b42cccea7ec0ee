"""A restore looks before it does anything, never writes over tables, and says when what came back is not what was."""

from __future__ import annotations

import os
import pty
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from models.keeping import archive, backup
from tests.children import Children, wait_until
from tests.keeping_world import BIN, fill, programs, query, renamed, run, start
from tests.servers import Databases


@pytest.fixture(scope="module")
def dumped(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a small database, made once; tests copy it before they damage it."""
    folder = tmp_path_factory.mktemp("dumped")
    with databases.fresh(migrated=False) as url:
        fill(url)
        backup.make(url, folder / "x.dump", bin=BIN, checksums="all")
    return folder / "x.dump"


@pytest.fixture
def dump(dumped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dumped.parent, tmp_path / "dump")) / "x.dump"


@pytest.fixture
def target(databases: Databases) -> Iterator[str]:
    """The address of a database that is not there; dropped afterwards if it was made."""
    name = f'new "copy" {os.getpid()}'
    yield renamed(databases.server_url, name.replace(" ", "%20").replace('"', "%22"))
    databases.drop(name)


def into(url: str) -> list[str]:
    name = urlsplit(url).path[1:].replace("%20", " ").replace("%22", '"')
    return ["--into", url, "--yes-into", name, "--bin", str(BIN)]


def tables(url: str) -> int:
    return len(query(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'"))


def test_a_database_is_made_and_holds_what_was_backed_up(dump: Path, target: str) -> None:
    done = run("restore", dump, *into(target))
    assert done.exit_code == 0, done.output
    assert "Every table has the rows and the checksum" in done.output
    assert query(target, "SELECT count(*), max(id) FROM people") == [(300, 300)]
    assert query(target, "SELECT nextval('people_id_seq')") == [(301,)]


def test_an_empty_database_is_filled_in_one_transaction(dump: Path, empty_database_url: str) -> None:
    done = run("restore", dump, *into(empty_database_url))
    assert done.exit_code == 0, done.output
    assert "in one transaction" in done.output
    assert query(empty_database_url, "SELECT count(*) FROM people") == [(300,)]


def test_a_database_that_holds_tables_is_refused_and_left_alone(dump: Path, empty_database_url: str) -> None:
    query(empty_database_url, "CREATE TABLE precious (id int)")
    done = run("restore", dump, *into(empty_database_url))
    assert done.exit_code == 1
    assert "already" in done.output
    assert query(empty_database_url, "SELECT relname FROM pg_class WHERE relname IN ('precious', 'people')") == [("precious",)]


@pytest.mark.parametrize("damage", ["flipped", "cut short"])
def test_a_damaged_dump_is_found_out_before_anything_is_done(dump: Path, empty_database_url: str, damage: str) -> None:
    data = bytearray(dump.read_bytes())
    if damage == "flipped":
        data[-100] ^= 1
    else:
        del data[-100:]
    dump.write_bytes(data)
    done = run("restore", dump, *into(empty_database_url))
    assert done.exit_code == 1
    assert "SHA-256 differs" in done.output
    assert tables(empty_database_url) == 0


def test_changed_figures_beside_the_dump_are_found_out(dump: Path, empty_database_url: str) -> None:
    figures = archive.sidecar(dump, "json")
    figures.write_text(figures.read_text().replace('"rows": 300', '"rows": 299'))
    done = run("restore", dump, *into(empty_database_url))
    assert (done.exit_code, tables(empty_database_url)) == (1, 0)
    assert "x.dump.json" in done.output


def test_a_dump_without_a_checksum_is_taken_only_when_told_so(dump: Path, empty_database_url: str) -> None:
    archive.sidecar(dump, "sha256").unlink()
    archive.sidecar(dump, "json").unlink()
    refused = run("restore", dump, *into(empty_database_url))
    assert (refused.exit_code, tables(empty_database_url)) == (1, 0)
    done = run("restore", dump, *into(empty_database_url), "--unchecked")
    assert (done.exit_code, tables(empty_database_url)) == (0, 3)
    assert "rows cannot be compared" in done.output


def test_a_dump_cut_short_without_a_checksum_leaves_nothing_behind(dump: Path, empty_database_url: str) -> None:
    archive.sidecar(dump, "sha256").unlink()
    dump.write_bytes(dump.read_bytes()[:-2000])
    done = run("restore", dump, *into(empty_database_url), "--unchecked")
    assert (done.exit_code, tables(empty_database_url)) == (1, 0)
    assert "Nothing of it was kept" in done.output


@pytest.mark.parametrize(
    "content", [b"", b"PGDMP", b"PGDMP\x01\x10\x00\x04\x08\x01" + b"\xff" * 40, b"-- a script\n", os.urandom(999)]
)
def test_what_is_no_dump_is_told(tmp_path: Path, content: bytes, empty_database_url: str) -> None:
    (tmp_path / "x.dump").write_bytes(content)
    done = run("restore", tmp_path / "x.dump", *into(empty_database_url), "--unchecked")
    assert done.exit_code == 1
    assert "dump" in done.output


def test_programs_older_than_the_dump_are_told_before_anything_is_done(dump: Path, target: str, tmp_path: Path) -> None:
    bin_ = programs(tmp_path / "bin", version="15.9")
    done = run("restore", dump, *into(target)[:-1], bin_)
    assert done.exit_code == 1
    assert "15.9 in" in done.output
    assert "database" not in done.output.partition("Error")[0]


def test_a_server_older_than_the_dump_is_told(dump: Path, target: str) -> None:
    data = dump.read_bytes()
    version = str(archive.head(dump).server).encode()
    dump.write_bytes(data.replace(version + b".", b"99.", 1))
    archive.sidecar(dump, "sha256").unlink()
    done = run("restore", dump, *into(target), "--unchecked")
    assert done.exit_code == 1
    assert "comes from PostgreSQL 99" in done.output


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("DELETE FROM people WHERE id = 7", "Table public.people has 299 rows and should have 300."),
        ("UPDATE people SET price = price + 0.0001 WHERE id = 7", "Table public.people has as many rows (300) but other values"),
        ("DROP TABLE nothing", "Table public.nothing (0 rows) is missing."),
        ("ALTER TABLE people DROP CONSTRAINT people_pkey", "constraints"),
        ("SELECT setval('people_id_seq', 5)", "Sequence public.people_id_seq is behind"),
    ],
)
def test_what_came_back_otherwise_is_said(dump: Path, empty_database_url: str, tmp_path: Path, harm: str, sentence: str) -> None:
    bin_ = programs(tmp_path / "bin", restore=f"{BIN}/psql -X -q -d '{empty_database_url}' -c \"{harm}\"")
    done = run("restore", dump, *into(empty_database_url)[:-1], bin_)
    assert done.exit_code == 3
    assert sentence in done.output
    assert "Every table has" not in done.output


def test_the_wrong_name_or_nobody_to_ask_does_nothing(dump: Path, empty_database_url: str) -> None:
    wrong = run("restore", dump, "--into", empty_database_url, "--yes-into", "postgres", "--bin", BIN)
    nobody = run("restore", dump, "--into", empty_database_url, "--bin", BIN, input="yes\n")
    assert (wrong.exit_code, nobody.exit_code, tables(empty_database_url)) == (2, 2, 0)
    assert "--yes-into" in nobody.output


def test_somebody_at_a_terminal_types_the_name(dump: Path, empty_database_url: str, children: Children) -> None:
    ours, theirs = pty.openpty()
    try:
        child = start(children, "restore", dump, "--into", empty_database_url, "--bin", BIN, limit=f"exec </dev/{_tty(theirs)}")
        child.wait_for_output("Type the name")
        os.write(ours, urlsplit(empty_database_url).path[1:].encode() + b"\n")
        assert child.process.wait(20) == 0, child.output()
    finally:
        os.close(ours)
        os.close(theirs)
    assert tables(empty_database_url) == 3


def _tty(handle: int) -> str:
    return os.ttyname(handle).removeprefix("/dev/")


def test_a_dry_run_does_nothing(dump: Path, target: str, databases: Databases) -> None:
    done = run("restore", dump, *into(target), "--dry-run")
    assert done.exit_code == 0
    assert "into the new database" in done.output
    assert query(databases.server_url, "SELECT 1 FROM pg_database WHERE datname LIKE 'new \"copy\"%'") == []


def test_rights_of_users_the_server_does_not_know_are_left_out_and_told(
    empty_database_url: str, databases: Databases, tmp_path: Path
) -> None:
    fill(empty_database_url)
    role = f"reports_{os.getpid()}"
    query(databases.server_url, f"CREATE ROLE {role}")
    try:
        query(empty_database_url, f"GRANT SELECT ON people TO {role}")
        backup.make(empty_database_url, tmp_path / "x.dump", bin=BIN)
    finally:
        query(empty_database_url, f"DROP OWNED BY {role}")
        query(databases.server_url, f"DROP ROLE {role}")
    with databases.fresh(migrated=False) as copy:
        done = run("restore", tmp_path / "x.dump", *into(copy))
    assert done.exit_code == 0, done.output
    assert f"no user {role}" in done.output


def test_a_restore_that_is_stopped_keeps_nothing(dump: Path, empty_database_url: str, tmp_path: Path, children: Children) -> None:
    bin_ = programs(tmp_path / "bin", restore=f"touch {tmp_path}/filled; sleep 30")
    bin_restore = bin_ / "pg_restore"
    bin_restore.write_text(bin_restore.read_text().replace(f'{BIN}/pg_restore "$@" || exit $?\n', ""))
    child = start(children, "restore", dump, *into(empty_database_url)[:-1], bin_)
    wait_until((tmp_path / "filled").exists, "pg_restore to be started")
    assert child.stop() == 143, child.output()
    assert "Stopped." in child.output()
    assert tables(empty_database_url) == 0
