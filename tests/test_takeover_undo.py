"""`drugsng db adopt --undo`, and adopting or undoing that was broken off: the same end, or all as it was."""

from __future__ import annotations

import sys
import time

import psycopg
import pytest
from click.testing import CliRunner

from models.migrating import CannotMigrate, migrate, rollback, status
from models.migrating_cli import db
from models.takeover.adopting import adopt
from models.takeover.undoing import undo
from tests.children import Children
from tests.old_databases import FORMS, ask, contents, do, old, shape, templates, without_copies  # noqa: F401 - fixtures


@pytest.mark.parametrize("form", FORMS)
def test_everything_is_as_it_was_after_the_whole_way_up_and_back(old, form):
    url = old(form)
    before, old_shape = contents(url), shape(url)

    adopt(url)
    migrate(url, to="003")
    rollback(url)
    undone = undo(url)

    assert contents(url) == before
    assert without_copies(shape(url)) == without_copies(old_shape)
    assert undone.newer == 0
    assert not ask(url, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'drugsng%' OR tablename = 'migratehistory'")


# What the process wants when it is killed: the lock of the constraint, of a row, of the twins, of the index step 002 makes.
@pytest.mark.parametrize(
    "held",
    [
        "LOCK TABLE users IN ROW EXCLUSIVE MODE",
        "LOCK TABLE otps IN EXCLUSIVE MODE",
        "SELECT FROM prescriptions WHERE id = 60 FOR UPDATE",
        "LOCK TABLE appointments IN ROW EXCLUSIVE MODE",
    ],
)
def test_a_killed_process_is_run_again_and_comes_to_the_same_end(old, children: Children, held):
    whole, killed = old("option B"), old("option B")
    adopt(whole)

    with psycopg.connect(killed, application_name="psql") as holder:
        holder.execute(held)
        child = children.start([sys.executable, "cli.py", "db", "adopt"], env={"DATABASE_URL": killed, "MIGRATION_LOG": "off"})
        wait_until_it_waits(killed)
        child.process.kill()
        child.process.wait(10)
    adopt(killed)

    assert (contents(killed), shape(killed)) == (contents(whole), shape(whole))
    values = 'SELECT "table", "column", "rowId", old, new, why FROM drugsng_adopted_values ORDER BY 1, 2, 3'
    assert ask(killed, values) == ask(whole, values)


def wait_until_it_waits(url: str) -> None:
    """Until somebody in this database waits for a lock."""
    deadline = time.monotonic() + 20
    while not ask(url, "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"):
        assert time.monotonic() < deadline, "nobody waited"
        time.sleep(0.05)


def test_until_it_is_finished_nothing_else_goes_on(old):
    url = old("option B")
    adopt(url)
    do(url, 'UPDATE drugsng_adopted SET "finishedAt" = NULL')
    with pytest.raises(CannotMigrate, match="`drugsng db adopt` again"):
        migrate(url)
    do(url, 'UPDATE drugsng_adopted SET "undoingSince" = now()')
    with pytest.raises(CannotMigrate, match="--undo` to its end"):
        adopt(url)


def test_a_killed_undo_is_run_again_and_comes_to_the_same_end(old, children: Children):
    url = old("2.0.0 with A and B")
    before = contents(url)
    adopt(url)
    with psycopg.connect(url, application_name="psql") as holder:
        holder.execute("LOCK TABLE support_chats IN EXCLUSIVE MODE")
        child = children.start([sys.executable, "cli.py", "db", "adopt", "--undo", "--log", "off"], env={"DATABASE_URL": url})
        wait_until_it_waits(url)
        child.process.kill()
        child.process.wait(10)
    undo(url)

    assert contents(url) == before


def test_an_undo_broken_off_after_its_first_pieces_goes_on(old):
    url = old("2.0.0 with A and B")
    before = contents(url)
    adopt(url)
    do(url, 'UPDATE drugsng_adopted SET "undoingSince" = now(); DROP INDEX idx_sessions_last_activity')
    do(url, "DELETE FROM migratehistory WHERE name LIKE '002%'")

    undo(url)

    assert contents(url) == before


def test_what_was_written_since_survives_the_way_back(old):
    url = old("version 1")
    adopt(url)
    do(
        url,
        """UPDATE users SET "phoneNumber" = '+2349011111111' WHERE id = 3; UPDATE orders SET status = 'Shipped' WHERE id = 4""",
    )
    undone = undo(url)

    assert undone.newer == 2
    assert ask(url, 'SELECT "phoneNumber" FROM users WHERE id = 3') == [("+2349011111111",)]
    assert ask(url, """SELECT old FROM drugsng_adopted_values WHERE "table" = 'users'""") == [("8030000003",)]


def test_the_way_back_of_an_adopted_database_leads_through_undo(old):
    url = old("2.0.0")
    adopt(url)
    migrate(url, to="003")

    with pytest.raises(CannotMigrate, match=r"rollback --to 002`, then `drugsng db adopt --undo"):
        rollback(url, 3)
    with pytest.raises(CannotMigrate, match="1 steps after 002 are applied: run `drugsng db rollback --to 002` first"):
        undo(url)
    assert CliRunner().invoke(db, ["rollback", "--to", "002", "--log", "off", "--database-url", url]).exit_code == 0
    assert len(status(url).applied) == 2
