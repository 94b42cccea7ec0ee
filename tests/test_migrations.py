"""The runner of the migrations: up, down, two at once, a newer database, a step that fails, a lock that is held."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import peewee
import peewee_migrate
import psycopg
import pytest
from click.testing import CliRunner

from models import migrating, migration_session, migration_steps
from models.migrating import CannotMigrate, migrate, pending_count, rollback, status
from models.migrating_cli import db
from tests.children import wait_until

GOOD = """
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE {table} (id serial PRIMARY KEY)")

def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE {table}")
"""
HALF = """
{head}
def migrate(migrator, database, *, fake=False):
    migrator.sql("CREATE TABLE IF NOT EXISTS half (id serial PRIMARY KEY)")
    migrator.sql("INSERT INTO half VALUES (1) ON CONFLICT DO NOTHING")
    migrator.sql("SELECT 1/(SELECT count(*) FROM switch)")

def rollback(migrator, database, *, fake=False):
    migrator.sql("DROP TABLE half")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two steps of the test's own."""
    (tmp_path / "001_make_one.py").write_text(GOOD.format(table="one"))
    (tmp_path / "002_make_two.py").write_text(GOOD.format(table="two"))
    return tmp_path


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries, pauses and the look at who holds a lock take tenths of seconds here: their order is what is tested, not their length."""
    monkeypatch.setattr(migration_session, "LOCK_TIMEOUT_MS", 600)
    monkeypatch.setattr(migration_session, "RETRY_PAUSES_S", (0.1,))
    monkeypatch.setattr(migration_session._BlockerWatch, "TICK_S", 0.05)


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_database_url, autocommit=True) as made:
        yield made


def tables(connection: psycopg.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_every_step_goes_up_and_down_in_order_and_a_second_run_does_nothing(empty_database_url, folder):
    up = migrate(empty_database_url, folder=folder)
    again = migrate(empty_database_url, folder=folder)
    down = rollback(empty_database_url, 5, folder=folder)

    assert up == ["001_make_one", "002_make_two"]
    assert again == []
    assert down == ["002_make_two", "001_make_one"]


def test_a_run_can_stop_at_a_step_by_its_number(empty_database_url, folder):
    assert migrate(empty_database_url, to="001", folder=folder) == ["001_make_one"]
    assert status(empty_database_url, folder=folder).pending == ("002_make_two",)
    with pytest.raises(CannotMigrate, match="no step 009; the last one is 002_make_two"):
        migrate(empty_database_url, to="009", folder=folder)


def test_a_step_that_comes_late_with_a_lower_number_is_still_applied(empty_database_url, folder):
    late = folder / "003_make_three.py"
    late.write_text(GOOD.format(table="three"))
    (folder / "002_make_two.py").rename(folder / "kept")
    migrate(empty_database_url, folder=folder)
    migration_steps.names.cache_clear()
    (folder / "kept").rename(folder / "002_make_two.py")

    assert migrate(empty_database_url, folder=folder) == ["002_make_two"]


def test_the_history_is_one_peewee_migrate_reads(empty_database_url, folder):
    migrate(empty_database_url, to="001", folder=folder)

    database = peewee.PostgresqlDatabase(empty_database_url, prefer_psycopg3=True)
    with database:
        router = peewee_migrate.Router(database, migrate_dir=folder)
        assert (router.done, router.diff) == (["001_make_one"], ["002_make_two"])
        assert router.model.get().migrated_at.tzinfo is None


def test_a_step_that_fails_half_way_leaves_no_trace(empty_database_url, connection, folder):
    connection.execute("CREATE TABLE switch ()")
    (folder / "003_half.py").write_text(HALF.format(head=""))

    with pytest.raises(CannotMigrate, match=r"003_half failed: division by zero .* Nothing of it was kept"):
        migrate(empty_database_url, folder=folder)

    assert tables(connection) == {"migratehistory", "one", "two", "switch"}
    assert status(empty_database_url, folder=folder).pending == ("003_half",)


def test_a_step_in_pieces_that_fails_half_way_goes_on_when_run_again(empty_database_url, connection, folder):
    connection.execute("CREATE TABLE switch (id int)")
    (folder / "003_half.py").write_text(HALF.format(head="atomic = False"))

    with pytest.raises(CannotMigrate, match="run the command again"):
        migrate(empty_database_url, folder=folder)
    connection.execute("INSERT INTO switch VALUES (1)")

    assert migrate(empty_database_url, folder=folder) == ["003_half"]
    assert rollback(empty_database_url, folder=folder) == ["003_half"]
    assert "half" not in tables(connection)


def test_two_at_once_do_the_work_once_and_the_second_waits(empty_database_url, folder):
    slow = GOOD.format(table="slow").replace("CREATE TABLE", "SELECT pg_sleep(0.4); CREATE TABLE")
    (folder / "003_slow.py").write_text(slow)
    results: list[list[str]] = []
    heard: list[str] = []

    def run() -> None:
        results.append(migrate(empty_database_url, folder=folder, tell=heard.append))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(len(done) for done in results) == [0, 0, 3]
    assert any(line.startswith("another migration is running (process ") for line in heard)


def test_waiting_for_another_migration_has_an_end_and_says_who_it_is(empty_database_url, connection, folder):
    connection.execute("SET application_name = 'somebody'")
    connection.execute("SELECT pg_advisory_lock(%s)", (migration_session.ONE_AT_A_TIME_KEY,))

    sentence = rf"process {connection.info.backend_pid} \(user \w+, somebody, from .* Nothing was done"
    with pytest.raises(CannotMigrate, match=sentence):
        migrate(empty_database_url, folder=folder, wait_s=0.3)


def test_a_database_newer_than_the_program_is_left_alone(empty_database_url, connection, folder):
    migrate(empty_database_url, folder=folder)
    connection.execute("INSERT INTO migratehistory (name, migrated_at) VALUES ('009_from_tomorrow', now())")

    for command in (migrate, rollback):
        with pytest.raises(CannotMigrate, match="newer than this program: it has 009_from_tomorrow"):
            command(empty_database_url, folder=folder)
    assert status(empty_database_url, folder=folder).unknown == ("009_from_tomorrow",)


def test_a_held_lock_is_tried_again_and_got_when_it_is_free(empty_database_url, connection, folder, hurried, monkeypatch):
    monkeypatch.setattr(migration_session, "RETRY_PAUSES_S", (0.1,) * 40)
    migrate(empty_database_url, folder=folder)
    alter = GOOD.replace("CREATE TABLE {table} (id serial PRIMARY KEY)", "ALTER TABLE one ADD COLUMN x int")
    (folder / "003_alter.py").write_text(alter)
    migration_steps.names.cache_clear()
    heard: list[str] = []
    with connection.transaction():
        connection.execute("SELECT * FROM one")
        thread = threading.Thread(target=migrate, args=(empty_database_url,), kwargs={"folder": folder, "tell": heard.append})
        thread.start()
        wait_until(lambda: any("is held by" in line for line in heard), "it to say who holds the lock")
        assert thread.is_alive()
    thread.join(timeout=20)

    assert status(empty_database_url, folder=folder).pending == ()
    assert any(f"it is held by process {connection.info.backend_pid}" in line and "idle in transaction" in line for line in heard)


def test_a_lock_that_is_never_free_ends_in_a_sentence_that_names_its_holder(empty_database_url, connection, folder, hurried):
    migrate(empty_database_url, folder=folder)
    with connection.transaction():
        connection.execute("SELECT * FROM two")
        with pytest.raises(
            CannotMigrate, match=rf"002_make_two did not get its lock in 2 tries: .*{connection.info.backend_pid}"
        ):
            rollback(empty_database_url, folder=folder)

    assert status(empty_database_url, folder=folder).pending == ()


def test_readiness_counts_missing_steps_with_one_query(empty_database_url, connection, folder):
    before = pending_count(connection, folder=folder)
    migrate(empty_database_url, to="001", folder=folder)
    between = pending_count(connection, folder=folder)
    migrate(empty_database_url, folder=folder)

    assert (before, between, pending_count(connection, folder=folder)) == (2, 1, 0)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://u:hush@127.0.0.1:1/x", "No database answers at 127.0.0.1:1/x"),
        ("postgresql://u:hu sh@127.0.0.1:1/x", "is not an address"),
        ("mysql://u:hush@127.0.0.1:1/x", "is not an address"),
        ("", "is not an address"),
    ],
)
def test_a_database_that_cannot_be_reached_is_a_sentence_without_the_password(url, sentence):
    with pytest.raises(CannotMigrate, match=sentence) as caught:
        status(url)
    assert "hush" not in str(caught.value)


def test_a_user_who_may_not_change_the_schema_is_told_so(empty_database_url, connection, folder):
    connection.execute("CREATE ROLE only_reads LOGIN PASSWORD 'hush'")
    try:
        url = psycopg.conninfo.conninfo_to_dict(empty_database_url)
        weak = f"postgresql://only_reads:hush@{url['host']}:{url['port']}/{url['dbname']}"
        with pytest.raises(CannotMigrate, match="this database user may not change the schema"):
            migrate(weak, folder=folder)
    finally:
        connection.execute("DROP ROLE only_reads")


def test_a_database_that_does_not_exist_is_said(empty_database_url):
    with pytest.raises(CannotMigrate, match="There is no such database or user"):
        status(empty_database_url + "_not")


@pytest.mark.parametrize(
    ("text", "sentence"), [("def migrate(:", "cannot be read"), ("def migrate(m, d): pass", "no rollback function")]
)
def test_a_broken_file_is_said_before_anything_is_done(empty_database_url, connection, folder, text, sentence):
    (folder / "003_broken.py").write_text(text)

    with pytest.raises(CannotMigrate, match=sentence):
        migrate(empty_database_url, folder=folder)

    assert "one" not in tables(connection)


def test_the_connection_of_a_migration_that_dies_is_said(empty_database_url, folder):
    cut = GOOD.replace("CREATE TABLE {table}", "SELECT pg_terminate_backend(pg_backend_pid()); --")
    (folder / "003_cut.py").write_text(cut)

    with pytest.raises(CannotMigrate, match=r"broke during 003_cut\. Nothing of it was kept"):
        migrate(empty_database_url, folder=folder)
    assert status(empty_database_url, folder=folder).pending == ("003_cut",)


def test_the_steps_of_the_project_stand_alone_and_have_a_way_back():
    for name in migration_steps.names():
        text = (migration_steps.MIGRATIONS / f"{name}.py").read_text()
        step = migration_steps.load(name)
        assert step.migrate is not step.rollback
        assert not re.search(r"(import|from) (models|worker|web|jobs|local|settings|cli)\b", text), name


def test_the_command_line_tells_what_it_does_and_ends_with_its_codes(empty_database_url):
    run = CliRunner()
    env = {"DATABASE_URL": empty_database_url}
    total = len(migration_steps.names())

    missing = run.invoke(db, ["status"], env=env)
    one = run.invoke(db, ["migrate", "--to", "001"], env=env)
    back = run.invoke(db, ["rollback"], env=env)
    nothing = run.invoke(db, ["rollback", "3"], env=env)
    everything = run.invoke(db, ["migrate", "--database-url", empty_database_url])
    fine = run.invoke(db, ["status"], env=env)
    wrong = run.invoke(db, ["migrate", "--to", "xyz"], env=env)

    assert (missing.exit_code, f"{total} steps missing" in missing.output) == (3, True)
    assert (one.exit_code, "Done: 1 step applied." in one.output) == (0, True)
    assert (back.exit_code, "Done: 1 step taken back." in back.output) == (0, True)
    assert (nothing.exit_code, "Nothing to do" in nothing.output) == (0, True)
    assert (everything.exit_code, f"{total} steps applied" in everything.output) == (0, True)
    assert (fine.exit_code, "The database is up to date." in fine.output) == (0, True)
    assert (wrong.exit_code, "There is no step xyz" in wrong.output) == (1, True)


def test_the_command_line_explains_itself_and_refuses_wrong_arguments(empty_database_url):
    run = CliRunner()
    for command in ("migrate", "rollback", "status"):
        assert run.invoke(db, [command, "--help"]).exit_code == 0
    assert run.invoke(db, ["rollback", "0"], env={"DATABASE_URL": empty_database_url}).exit_code == 2
    assert run.invoke(db, ["status"], env={"DATABASE_URL": None}).exit_code == 2


def test_the_command_line_says_when_the_database_is_newer(empty_database_url):
    migrating.migrate(empty_database_url, to="001")
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO migratehistory (name, migrated_at) VALUES ('999_x', now())")

    result = CliRunner().invoke(db, ["status"], env={"DATABASE_URL": empty_database_url})

    assert result.exit_code == 4
    assert "newer than this program" in result.output
