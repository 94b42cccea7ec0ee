"""MIGRATION_LOG.md: every change of the schema leaves an entry, whatever became of it."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from models import migrating
from models.keeping import noting
from models.keeping_cli import logged
from models.migrating import CannotMigrate
from tests.children import Children
from tests.keeping_world import names_in, run
from tests.taken_over import ask
from tests.taken_over import run as run_sql

AWAY = "postgresql://u:hush-hush@127.0.0.1:1/x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log" / noting.NAME


@pytest.fixture(autouse=True)
def _folder(file: Path) -> None:
    file.parent.mkdir()


def entries(file: Path) -> list[dict[str, str]]:
    """Each entry's heading parts and its table."""
    found = []
    for part in re.split(r"(?m)^## ", file.read_text())[1:]:
        when, command, result = part.splitlines()[0].split(" · ")
        rows = re.findall(r"(?m)^\| ([A-Z]\w+(?: \w+)?) \| (.*) \|$", part)
        found.append({"when": when, "command": command, "result": result} | dict(rows))
    return found


def test_a_migration_and_its_way_back_are_two_entries(empty_database_url: str, file: Path) -> None:
    with noting.noted("migrate", empty_database_url, file=file) as note:
        note.steps = migrating.migrate(empty_database_url, to="002")
        note.rows["users"] = 12345
    with noting.noted("rollback", empty_database_url, file=file) as note:
        note.steps = migrating.rollback(empty_database_url)
    up, down = entries(file)
    assert (up["command"], up["result"], up["From"]) == ("migrate", "done", "no tables")
    assert up["To"].startswith("002_")
    assert up["Rows changed"] == "users 12,345"
    assert "as database user drugsng at 127.0.0.1" in up["Who"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, .* Africa/Lagos", up["When"])
    assert re.fullmatch(r"[\d.]+ s", up["Duration"])
    assert down["From"].startswith("002_")
    assert down["To"].startswith("001_")
    assert names_in(file.parent) == [noting.NAME]


def test_nothing_to_do_leaves_no_entry(database_url: str, file: Path) -> None:
    with noting.noted("migrate", database_url, file=file) as note:
        note.steps = migrating.migrate(database_url)
    assert entries(file) == []


def test_what_failed_is_written_and_fails_on(empty_database_url: str, file: Path) -> None:
    with pytest.raises(CannotMigrate), noting.noted("migrate", empty_database_url, file=file):
        migrating.migrate(empty_database_url, to="777")
    (entry,) = entries(file)
    assert entry["result"] == "failed"
    assert "There is no step 777" in entry["Problems"]


def test_a_database_that_is_away_is_written_without_its_password(file: Path) -> None:
    with pytest.raises(CannotMigrate), noting.noted("migrate", AWAY, file=file):
        migrating.migrate(AWAY)
    (entry,) = entries(file)
    assert (entry["result"], entry["From"]) == ("failed", "not known")
    assert "hush" not in file.read_text()


def test_a_bug_is_named_by_its_kind_alone(file: Path) -> None:
    with pytest.raises(KeyError), noting.noted("adopt", AWAY, file=file):
        raise KeyError("+2348030000001")
    assert entries(file)[0]["Problems"] == "KeyError"
    assert "803" not in file.read_text()


def test_a_command_that_was_killed_leaves_its_line(empty_database_url: str, file: Path, children: Children) -> None:
    program = (
        "import sys, time; from pathlib import Path; from models.keeping.noting import noted\n"
        "with noted('adopt', sys.argv[1], file=Path(sys.argv[2])):\n    print('begun', flush=True); time.sleep(30)"
    )
    child = children.start([sys.executable, "-c", program, empty_database_url, file])
    child.wait_for_output("begun")
    child.stop(signal.SIGKILL)
    (entry,) = entries(file)
    assert (entry["command"], entry["result"]) == ("adopt", "running")
    assert "killed" in entry["To"]


def test_what_stood_in_the_file_stays_and_words_cannot_break_it(file: Path) -> None:
    file.write_text("# Ours\n\nWritten by hand: ends | here.\n\n## 2020-01-01 00:00 UTC · migrate · done\n\nold\n")
    with noting.noted("adopt", AWAY, file=file) as note:
        note.problems.append("two users | one phone\n## not a heading <!-- \\")
    text = file.read_text()
    assert text.startswith("# Ours\n\nWritten by hand: ends | here.\n")
    assert len(re.findall(r"(?m)^## ", text)) == 2
    assert entries(file)[1]["Problems"] == r"two users \| one phone ## not a heading &lt;!-- \\"


def test_ten_at_once_leave_ten_entries(file: Path) -> None:
    def one(number: int) -> None:
        with noting.noted(f"adopt {number}", AWAY, file=file) as note:
            note.changed = True

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(entry["command"] for entry in entries(file)) == sorted(f"adopt {number}" for number in range(10))
    assert {entry["result"] for entry in entries(file)} == {"done"}


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    told: list[str] = []
    with noting.noted("migrate", AWAY, file=tmp_path / "no" / "such" / "folder.md", tell=told.append) as note:
        note.changed = True
    assert len(told) == 2
    assert "could not be written" in told[0]


def test_no_log_is_kept_when_none_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with noting.noted("migrate", AWAY, file=None) as note:
        note.changed = True
    assert names_in(tmp_path) == ["log"]


def test_the_mode_somebody_gave_the_file_stays(file: Path) -> None:
    file.write_text(noting.HEAD)
    file.chmod(0o640)
    with noting.noted("adopt", AWAY, file=file) as note:
        note.changed = True
    assert os.stat(file).st_mode & 0o777 == 0o640


def test_the_newest_entries_are_shown(file: Path) -> None:
    for number in range(3):
        with noting.noted(f"adopt {number}", AWAY, file=file) as note:
            note.changed = True
    done = run("log", "--file", file, "--last", "2")
    assert done.exit_code == 0
    assert re.findall(r"adopt \d", done.output) == ["adopt 1", "adopt 2"]


def test_no_log_is_told(tmp_path: Path) -> None:
    done = run("log", "--file", tmp_path / "none.md")
    assert done.exit_code == 1
    assert "There is no" in done.output


@click.group()
def commands() -> None:
    """As the commands that change the schema are made."""


@commands.command()
@click.option("--database-url")
@logged
def change(database_url: str, noted: Callable[..., AbstractContextManager[noting.Note]]) -> None:
    with noted("change") as note:
        note.changed = True
        note.rows["users"] = 3


@pytest.mark.parametrize(
    ("words", "environment", "written"),
    [([], {}, noting.NAME), (["--log", "a.md"], {}, "a.md"), ([], {"MIGRATION_LOG": "b.md"}, "b.md"), (["--log", "off"], {}, "")],
)
def test_a_command_that_is_logged_says_where(
    words: list[str], environment: dict[str, str], written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(commands, ["change", "--database-url", AWAY, *words], env={"MIGRATION_LOG": None} | environment)
    assert done.exit_code == 0, done.output
    assert sorted(name for name in names_in(tmp_path) if name.endswith(".md")) == [written] * bool(written)
    if written:
        assert entries(tmp_path / written)[0]["Rows changed"] == "users 3"


def test_what_no_command_counts_the_server_counts_new_tables_and_triggers_included(old_database_url: str, file: Path) -> None:
    with noting.noted("migrate", old_database_url, file=file) as note:
        note.steps = migrating.migrate(old_database_url, to="003")
    with noting.noted("migrate", old_database_url, file=file) as note:
        note.steps = migrating.migrate(old_database_url, to="005")
    naira, catalogue = (entry["Rows changed"] for entry in entries(file))
    (orders,) = ask(old_database_url, "SELECT count(*) FROM orders")[0]
    (entries_made,) = ask(old_database_url, "SELECT count(*) FROM catalogue_entries")[0]
    assert f"orders {orders}" in naira
    assert f"catalogue_entries {entries_made}" in catalogue
    assert "orders" not in catalogue


def test_a_step_that_writes_no_row_says_none_and_a_server_that_does_not_count_says_so(
    empty_database_url: str, file: Path
) -> None:
    with noting.noted("migrate", empty_database_url, file=file) as note:
        note.steps = migrating.migrate(empty_database_url, to="001")
    run_sql(empty_database_url, "ALTER DATABASE " + empty_database_url.rpartition("/")[2] + " SET track_counts = off")
    with noting.noted("migrate", empty_database_url, file=file) as note:
        note.steps = migrating.migrate(empty_database_url, to="002")
    assert [entry["Rows changed"] for entry in entries(file)] == ["none", "not counted"]
