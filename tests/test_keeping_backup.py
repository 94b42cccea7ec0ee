"""A backup is whole under its name or not there at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from local import programs as processes
from local.folder import free_port
from models.keeping import backup
from models.keeping import children as children_module
from models.keeping.connecting import CannotKeep
from models.migration_session import ONE_AT_A_TIME_KEY
from tests.children import Children, wait_until
from tests.keeping_world import BIN, fill, names_in, programs, query, renamed, run, start
from tests.proxy import Proxy
from tests.servers import Databases

LOCKED = "LOCK TABLE people IN ACCESS EXCLUSIVE MODE"


def test_a_backup_lies_there_for_its_owner_alone_with_what_proves_it(empty_database_url: str, tmp_path: Path) -> None:
    fill(empty_database_url)
    done = run("backup", tmp_path / "kept" / "x.dump", "--database-url", empty_database_url, "--read-back", "--bin", BIN)
    assert done.exit_code == 0, done.output
    made = tmp_path / "kept"
    assert names_in(made) == ["x.dump", "x.dump.json", "x.dump.sha256"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.iterdir()} == {0o600}
    assert subprocess.run(["sha256sum", "-c", "x.dump.sha256"], cwd=made, capture_output=True, timeout=10).returncode == 0
    about = json.loads((made / "x.dump.json").read_text())
    assert {name: table["rows"] for name, table in about["tables"].items()} == {
        "public.people": 300,
        'public.Odd "Table"': 3,
        "public.nothing": 0,
    }


def test_a_backup_is_never_written_over(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "x.dump").write_text("the only copy")
    done = run("backup", tmp_path / "x.dump", "--database-url", empty_database_url, "--bin", BIN)
    assert (done.exit_code, (tmp_path / "x.dump").read_text()) == (1, "the only copy")
    assert "is there already" in done.output


def test_a_password_and_names_with_odd_characters_work_and_stay_out_of_the_command_line(
    databases: Databases, tmp_path: Path
) -> None:
    user, password, name = f"odd_{os.getpid()}", "p@:/#% '\"\\ü&=", f'od\'d "näme" {os.getpid()} 100%'
    with psycopg.connect(databases.server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(user), sql.Literal(password)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(user)))
        try:
            address = urlsplit(databases.server_url)
            where = address.netloc.rpartition("@")[2]
            url = urlunsplit(
                address._replace(netloc=f"{user}:{quote(password, safe='')}@{where}", path="/" + quote(name, safe=""))
            )
            bin_ = programs(tmp_path / "bin", dump=f"tr '\\0' '\\n' < /proc/$$/cmdline > {tmp_path}/seen")
            done = run("backup", "--dir", tmp_path / "kept", "--database-url", url, "--bin", bin_)
            assert done.exit_code == 0, done.output
            seen = (tmp_path / "seen").read_text()
            assert "--snapshot" in seen
            assert password not in seen + done.output
            assert "p@:/" not in seen + done.output
            assert json.loads(next((tmp_path / "kept").glob("*.json")).read_text())["database"] == name
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


def test_a_wrong_password_is_a_sentence_without_it(empty_database_url: str, tmp_path: Path) -> None:
    address = urlsplit(empty_database_url)
    url = urlunsplit(address._replace(netloc=f"drugsng:hush-hush@{address.netloc.rpartition('@')[2]}"))
    done = run("backup", tmp_path / "x.dump", "--database-url", url, "--bin", BIN)
    assert done.exit_code == 1
    assert "refused the user or the password" in done.output
    assert "hush" not in done.output
    assert names_in(tmp_path) == []


def test_a_server_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    url = f"postgresql://u:p@127.0.0.1:{free_port(None)}/x"
    done = run("backup", tmp_path / "x.dump", "--database-url", url, "--bin", BIN)
    assert (done.exit_code, names_in(tmp_path)) == (1, [])
    assert "No database answers at 127.0.0.1" in done.output


def test_programs_older_than_the_server_are_told_before_anything_is_done(empty_database_url: str, tmp_path: Path) -> None:
    bin_ = programs(tmp_path / "bin", dump=f"touch {tmp_path}/ran", version="12.22")
    done = run("backup", tmp_path / "kept" / "x.dump", "--database-url", empty_database_url, "--bin", bin_)
    assert done.exit_code == 1
    assert "12.22 in" in done.output
    assert "postgresql-client-" in done.output
    assert not (tmp_path / "ran").exists()
    assert names_in(tmp_path / "kept") == []


def test_programs_newer_than_the_server_will_do(empty_database_url: str, tmp_path: Path) -> None:
    bin_ = programs(tmp_path / "bin", version="99.1")
    done = run("backup", tmp_path / "x.dump", "--database-url", empty_database_url, "--bin", bin_)
    assert done.exit_code == 0, done.output


def test_a_folder_without_the_programs_is_told(empty_database_url: str, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "x.dump", "--database-url", empty_database_url, "--bin", tmp_path)
    assert done.exit_code == 1
    assert "does not have both pg_dump and pg_restore" in done.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_leaves_nothing_and_nobody(
    empty_database_url: str, tmp_path: Path, children: Children, number: signal.Signals
) -> None:
    fill(empty_database_url)
    kept = tmp_path / "kept"
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(LOCKED)  # the real pg_dump waits here, its file begun
        child = start(children, "backup", kept / "x.dump", "--database-url", empty_database_url, "--bin", BIN)
        wait_until(lambda: _pg_dump_of(child.pid), "pg_dump to be started")
        dump = _pg_dump_of(child.pid)[0]
        wait_until((kept / ".x.dump.partial").exists, "the file to be begun")
        assert child.stop(number) == 128 + number, child.output()
    assert "Stopped" in child.output()
    assert "Traceback" not in child.output()
    assert names_in(kept) == []
    assert processes.birth(dump) is None


def test_what_a_killed_backup_left_is_removed_by_the_next(empty_database_url: str, tmp_path: Path, children: Children) -> None:
    fill(empty_database_url)
    kept = tmp_path / "kept"
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(LOCKED)
        child = start(children, "backup", "--dir", kept, "--database-url", empty_database_url, "--bin", BIN)
        wait_until(lambda: _pg_dump_of(child.pid), "pg_dump to be started")
        dump = _pg_dump_of(child.pid)[0]
        child.stop(signal.SIGKILL)
        wait_until(lambda: processes.birth(dump) is None, "pg_dump to follow")
    assert len(names_in(kept)) == 1, "a test of nothing"
    done = run("backup", "--dir", kept, "--database-url", empty_database_url, "--bin", BIN)
    assert done.exit_code == 0, done.output
    assert [name for name in names_in(kept) if "partial" in name] == []


def test_two_backups_into_one_folder_do_not_run_at_once(empty_database_url: str, tmp_path: Path, children: Children) -> None:
    fill(empty_database_url)
    kept = tmp_path / "kept"
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(LOCKED)
        child = start(children, "backup", kept / "x.dump", "--database-url", empty_database_url, "--bin", BIN)
        wait_until((kept / ".x.dump.partial").exists, "the first to begin")
        done = run("backup", kept / "y.dump", "--database-url", empty_database_url, "--bin", BIN)
    assert done.exit_code == 4
    assert "Another backup is being written" in done.output
    assert child.process.wait(20) == 0
    assert names_in(kept) == ["x.dump", "x.dump.json", "x.dump.sha256"]


def test_a_file_that_may_not_grow_leaves_nothing(empty_database_url: str, tmp_path: Path, children: Children) -> None:
    fill(empty_database_url, 3000)
    kept = tmp_path / "kept"
    child = start(children, "backup", kept / "x.dump", "--database-url", empty_database_url, "--bin", BIN, limit="ulimit -f 8")
    assert child.process.wait(20) == 1
    assert "may not grow" in child.output()
    assert names_in(kept) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
def test_a_small_disk_is_told_before_anything_is_written(empty_database_url: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, timeout=10).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        done = run("backup", disk / "x.dump", "--database-url", empty_database_url, "--bin", BIN)
        assert (done.exit_code, names_in(disk)) == (1, [])
        assert "1.0 MB free" in done.output
    finally:
        subprocess.run(["umount", disk], check=True, timeout=10)


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(empty_database_url: str, tmp_path: Path) -> None:
    said = "echo 'pg_dump: error: could not write to output file: No space left on device' >&2; exit 1"
    bin_ = programs(tmp_path / "bin", dump=said)
    done = run("backup", tmp_path / "kept" / "x.dump", "--database-url", empty_database_url, "--bin", bin_)
    assert (done.exit_code, names_in(tmp_path / "kept")) == (1, [])
    assert "The disk is full" in done.output


def test_rows_and_dump_are_of_the_same_moment(empty_database_url: str, databases: Databases, tmp_path: Path) -> None:
    fill(empty_database_url)
    insert = f"{BIN}/psql -X -q -d '{empty_database_url}' -c \"INSERT INTO people (name) VALUES ('late')\""
    done = run(
        "backup", tmp_path / "x.dump", "--database-url", empty_database_url, "--bin", programs(tmp_path / "bin", dump=insert)
    )
    assert done.exit_code == 0, done.output
    assert query(empty_database_url, "SELECT count(*) FROM people") == [(301,)]
    with databases.fresh(migrated=False) as copy:
        name = urlsplit(copy).path[1:]
        restored = run("restore", tmp_path / "x.dump", "--into", copy, "--yes-into", name, "--bin", BIN)
        assert restored.exit_code == 0, restored.output
        assert query(copy, "SELECT count(*) FROM people") == [(300,)]


def test_a_backup_waits_for_a_migration_and_then_says_so(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "WAIT_FOR_MIGRATION_S", 0.3)  # two minutes otherwise
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME_KEY,))
        done = run("backup", tmp_path / "x.dump", "--database-url", empty_database_url, "--bin", BIN)
    assert (done.exit_code, names_in(tmp_path)) == (4, [])
    assert "A migration is running" in done.output


def test_a_time_limit_ends_it(empty_database_url: str, tmp_path: Path) -> None:
    fill(empty_database_url)
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(LOCKED)
        with pytest.raises(CannotKeep, match="longer than the time limit"):
            backup.make(empty_database_url, tmp_path / "x.dump", bin=BIN, limit_s=0.4)
    assert names_in(tmp_path) == []
    assert _pg_dump_of(os.getpid()) == []


def test_a_wire_that_breaks_in_the_middle_is_a_sentence_and_leaves_nothing(
    empty_database_url: str, tmp_path: Path, children: Children, proxy: Callable[[int], Proxy]
) -> None:
    fill(empty_database_url)
    address = urlsplit(empty_database_url)
    assert address.port
    wire = proxy(address.port)
    url = urlunsplit(address._replace(netloc=address.netloc.replace(str(address.port), str(wire.port))))
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(LOCKED)
        child = start(children, "backup", tmp_path / "kept" / "x.dump", "--database-url", url, "--bin", BIN)
        wait_until(lambda: _pg_dump_of(child.pid), "pg_dump to be started")
        wire.mode = "reset"
        assert child.process.wait(20) == 1, child.output()
    assert names_in(tmp_path / "kept") == []
    assert re.search(r"The connection to the database( at \S+)? broke", child.output())  # by whoever of the two noticed first
    assert "Traceback" not in child.output()


def test_progress_is_said_while_it_works(empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "Progress", lambda tell: children_module.Progress(tell, 0.0))  # three seconds otherwise
    fill(empty_database_url)
    told: list[str] = []
    backup.make(empty_database_url, tmp_path / "x.dump", bin=BIN, tell=told.append)
    lines = [line for line in told if "written, the database has" in line]
    assert lines
    assert all("of about 3 tables counted" in line for line in lines)


def test_a_user_who_may_not_read_everything_gets_no_backup(databases: Databases, empty_database_url: str, tmp_path: Path) -> None:
    fill(empty_database_url)
    user = f"half_{os.getpid()}"
    with psycopg.connect(empty_database_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'x'; GRANT SELECT ON nothing TO {user}")
        try:
            address = urlsplit(empty_database_url)
            url = urlunsplit(address._replace(netloc=f"{user}:x@{address.netloc.rpartition('@')[2]}"))
            done = run("backup", tmp_path / "x.dump", "--database-url", url, "--bin", BIN)
        finally:
            admin.execute(f"DROP OWNED BY {user}; DROP ROLE {user}")
    assert (done.exit_code, names_in(tmp_path)) == (1, [])
    assert "permission denied" in done.output


def test_a_name_that_is_another_database_is_not_backed_up_by_mistake(empty_database_url: str, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "x.dump", "--database-url", renamed(empty_database_url, "nobody_made_this"), "--bin", BIN)
    assert (done.exit_code, names_in(tmp_path)) == (1, [])
    assert "There is no such database" in done.output


def _pg_dump_of(pid: int) -> list[int]:
    """The pids of pg_dump among the children of this process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                command = Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")[0]
            except OSError:
                continue
            if int(fields[1]) == pid and command.endswith(b"/pg_dump"):
                found.append(int(entry))
    return found
