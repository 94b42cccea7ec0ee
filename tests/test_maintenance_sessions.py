"""Sessions of the old program: ended when idle, put away when old, brought back whole, shown without a secret."""

from __future__ import annotations

import gzip
import json
import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.base import connection
from models.clock import utcnow
from models.maintenance import old_sessions
from models.maintenance.old_sessions import CannotArchive
from models.maintenance.rounds import Bounds
from models.sessions_cli import sessions
from tests.factories import a_customer
from tests.maintenance_world import an_old_session, ask, one, place, world

__all__ = ["place", "world"]  # fixtures


def run(world: str, *words: str) -> Result:
    return CliRunner(env={"SESSION_ARCHIVE_DIR": ""}).invoke(sessions, [*words[:1], "--database-url", world, *words[1:]])


def test_an_idle_session_is_emptied_and_one_in_use_is_left(world: str) -> None:
    idle = an_old_session("+2348030000001", silent="11 minutes")
    used = an_old_session("+2348030000002", silent="9 minutes")
    support = an_old_session("+2348030000003", state="SUPPORT_CHAT", token=None)

    done = run(world, "cleanup")

    assert done.output == "Cleaned up 2 expired sessions\n"
    states = ask('SELECT id, state::text, token, "userId", data FROM sessions ORDER BY id')
    assert states == [
        (idle, "NEW", None, None, {}),
        (used, "LOGGED_IN", "bearer", 7, {"searchResults": [1]}),
        (support, "NEW", None, None, {}),
    ]


def test_cleaning_up_again_finds_nothing_and_a_dry_run_changes_nothing(world: str) -> None:
    an_old_session("+2348030000001")

    assert run(world, "cleanup", "--dry-run").output == "Would clean up 1 expired sessions\n"
    assert run(world, "cleanup").output == "Cleaned up 1 expired sessions\n"
    assert run(world, "cleanup").output == "Cleaned up 0 expired sessions\n"


def test_a_session_that_another_process_holds_is_passed_over(world: str) -> None:
    import psycopg

    an_old_session("+2348030000001")
    with psycopg.connect(world) as other:
        other.execute("SELECT FROM sessions FOR UPDATE")

        assert old_sessions.clean_up(Bounds(5), idle_minutes=10) == (0, True)


def test_a_round_stops_when_it_is_asked_to_and_the_next_goes_on(world: str) -> None:
    for n in range(6):
        an_old_session(f"+23480300000{n:02}")
    asked: list[int] = []

    def after_one_batch() -> bool:
        asked.append(1)
        return len(asked) > 1

    assert old_sessions.clean_up(Bounds(60, 2, after_one_batch), idle_minutes=10) == (2, False)
    assert old_sessions.clean_up(Bounds(60, 2), idle_minutes=10) == (4, True)


def test_a_round_that_begins_in_the_middle_goes_through_what_lies_before_as_well(world: str) -> None:
    for n in range(4):
        an_old_session(f"+23480300000{n:02}", silent="1 minute" if n < 2 else "1 hour")
    asked: list[int] = []
    old_sessions.clean_up(Bounds(60, 2, lambda: asked.append(1) or len(asked) > 1), idle_minutes=10)  # type: ignore[func-returns-value]
    connection().execute("""UPDATE sessions SET "lastActivity" = now() - interval '1 hour'""")

    assert old_sessions.clean_up(Bounds(60, 2), idle_minutes=10) == (4, True)


def test_an_archive_is_private_checked_and_brings_everything_back_but_the_secrets(world: str, tmp_path: Path) -> None:
    old = an_old_session("+2348030000001", silent="31 days", data={"password": "hush-hush", "cart": [3], "resetToken": "x"})
    young = an_old_session("+2348030000002", silent="29 days")
    before = ask('SELECT id, "phoneNumber", state::text, "lastActivity", "createdAt" FROM sessions ORDER BY id')

    said = run(world, "archive", "--dir", str(tmp_path / "kept"))

    assert said.output.startswith("Archived 1 sessions into ")
    file = next((tmp_path / "kept").glob("*.jsonl.gz"))
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "kept").iterdir()} == {0o600}
    assert [row[0] for row in ask("SELECT id FROM sessions")] == [young]
    text = gzip.decompress(file.read_bytes()).decode()
    assert "hush" not in text
    assert "bearer" not in text
    assert json.loads(text)["data"] == {"cart": [3]}

    assert run(world, "restore", str(file)).output == "Restored 1 sessions\n"
    assert ask('SELECT id, "phoneNumber", state::text, "lastActivity", "createdAt" FROM sessions ORDER BY id') == before
    assert one("SELECT data FROM sessions WHERE id = %s", old) == {"cart": [3]}


def test_many_sessions_go_into_several_files_and_all_come_back(
    world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_sessions, "MOST_OF_A_FILE", 3)  # two hundred thousand would take the test's time
    for n in range(7):
        an_old_session(f"+23480300000{n:02}", silent="31 days")
    made = []
    for _ in range(20):
        made.append(old_sessions.archive_into_file(Bounds(5, 2), tmp_path, days=30, now=utcnow()))
        if made[-1].finished:
            break

    assert [each.rows for each in made] == [4, 3]
    assert one("SELECT count(*) FROM sessions") == 0
    assert sum(old_sessions.restore_file(each.file)[0] for each in made if each.file) == 7


def test_what_was_put_away_into_the_table_comes_back_too(world: str) -> None:
    an_old_session("+2348030000001", silent="31 days")

    assert run(world, "archive").output == "Archived 1 sessions into the table sessions_archive\n"
    assert one("SELECT count(*) FROM sessions") == 0
    assert run(world, "restore", "--from-table").output == "Restored 1 sessions\n"
    assert [one(f"SELECT count(*) FROM {table}") for table in ("sessions", "sessions_archive")] == [1, 0]


def test_a_session_whose_team_is_gone_comes_back_without_it(world: str) -> None:
    team = one(
        """INSERT INTO support_teams (name, "phoneNumber", role, "createdAt", "updatedAt") VALUES ('T', '1', 'general', now(), now())
           RETURNING id"""
    )
    an_old_session("+2348030000001", silent="31 days")
    connection().execute('UPDATE sessions SET "supportTeamId" = %s', (team,))
    run(world, "archive")
    connection().execute("DELETE FROM support_teams")

    assert run(world, "restore", "--from-table").output == "Restored 1 sessions\n"
    assert one('SELECT "supportTeamId" FROM sessions') is None


def test_a_changed_or_cut_archive_is_refused(world: str, tmp_path: Path) -> None:
    an_old_session("+2348030000001", silent="31 days")
    run(world, "archive", "--dir", str(tmp_path))
    file = next(tmp_path.glob("*.jsonl.gz"))
    file.write_bytes(file.read_bytes()[:-4])

    done = run(world, "restore", str(file))

    assert done.exit_code == 1
    assert "its checksum differs. Nothing was restored." in done.output
    assert one("SELECT count(*) FROM sessions") == 0


def test_restoring_never_writes_over_a_live_session(world: str, tmp_path: Path) -> None:
    an_old_session("+2348030000001", silent="31 days")
    run(world, "archive", "--dir", str(tmp_path))
    an_old_session("+2348030000001", silent="1 minute", data={"now": 1})

    done = run(world, "restore", str(next(tmp_path.glob("*.jsonl.gz"))))

    assert done.output == "Restored 0 sessions; 1 have a live one and were left\n"
    assert one("SELECT data FROM sessions") == {"now": 1}


def test_a_session_used_between_writing_and_removing_stays_live(
    world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_old_session("+2348030000001", silent="31 days")
    write = old_sessions._write

    def then_used(file: Path, bounds: Bounds, days: int) -> object:
        written = write(file, bounds, days)
        connection().execute("""UPDATE sessions SET "lastActivity" = now(), state = 'SUPPORT_CHAT'""")
        return written

    monkeypatch.setattr(old_sessions, "_write", then_used)  # the moment between the two acts cannot be met from outside

    done = old_sessions.archive_into_file(Bounds(5), tmp_path, days=30, now=utcnow())

    assert done.rows == 0
    assert one("SELECT state::text FROM sessions") == "SUPPORT_CHAT"


def test_an_archive_that_cannot_be_written_removes_nothing(world: str, tmp_path: Path) -> None:
    an_old_session("+2348030000001", silent="31 days")
    (tmp_path / "taken").write_text("a file where the folder should be")

    with pytest.raises(CannotArchive, match="Nothing was removed"):
        old_sessions.archive_into_file(Bounds(5), tmp_path / "taken", days=30, now=utcnow())

    assert one("SELECT count(*) FROM sessions") == 1


def test_support_sees_where_a_customer_stands_and_neither_the_number_nor_a_word_they_wrote(world: str) -> None:
    ada = a_customer(number="2348031234567")
    connection().execute(
        """UPDATE conversations SET flow = 'search', state = 'results', memory = '{"query": "viagra"}',
               "lastInboundAt" = now() WHERE "customerId" = %s""",
        (ada,),
    )
    an_old_session("+2348031234567", data={"last": "secret words"})

    done = run(world, "show", "0803 123 4567")

    assert done.exit_code == 0
    assert "+234*******567" in done.output
    assert "search / results" in done.output
    assert "old session" in done.output
    for hidden in ("viagra", "secret words", "bearer", "1234567", "Ada"):
        assert hidden not in done.output


def test_nobody_is_shown_for_a_number_nobody_has(world: str) -> None:
    done = run(world, "show", "+2348099999999")

    assert done.exit_code == 1
    assert "+234*******999" in done.output


def test_ten_thousand_sessions_are_cleaned_in_seconds(world: str) -> None:
    connection().execute(
        """INSERT INTO sessions ("phoneNumber", state, data, token, "lastActivity", "createdAt", "updatedAt")
           SELECT '+23480' || n, 'LOGGED_IN', '{"token": "t"}', 't', now() - interval '1 day', now(), now()
           FROM generate_series(10000000, 10009999) n"""
    )
    began = time.monotonic()

    assert old_sessions.clean_up(Bounds(30, 1000), idle_minutes=10) == (10_000, True)
    assert time.monotonic() - began < 10
