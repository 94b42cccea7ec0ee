"""`drugsng monitor db` on databases in trouble, each made by real sessions: what it sees, how it judges, what it says to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from models.clock import utcnow
from models.monitoring import showing
from models.monitoring.parts import Look, Part
from models.monitoring.showing import WIDTH
from models.monitoring.statements import shortened
from tests.children import wait_until
from tests.monitoring_world import as_user, db_part, do, run, session, waiting

THINGS = "CREATE TABLE things (id serial PRIMARY KEY, n int, filler text) WITH (autovacuum_enabled = off)"


@pytest.fixture
def url(empty_database_url: str) -> str:
    do(empty_database_url, THINGS, "INSERT INTO things (n, filler) SELECT g, 'x' FROM generate_series(1, 10) g")
    return empty_database_url


@pytest.fixture
def stranger(url: str) -> Iterator[str]:
    """The address of the same database for a user without any right."""
    name = f"stranger_{psycopg.conninfo.conninfo_to_dict(url)['dbname']}"
    do(url, f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    yield as_user(url, name)
    with suppress(psycopg.Error):
        do(url, f"DROP ROLE {name}")


def test_a_quiet_database_has_nothing_bad_and_every_part_was_seen(url: str) -> None:
    done = run("db", "--database-url", url, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [part["name"] for part in found["parts"] if part["unseen"]] == []
    assert [part["name"] for part in found["parts"] if part["level"] == "bad"] == []
    assert {"connections", "locks", "transactions", "slow_queries", "cache", "sizes", "dead_rows", "indexes", "sequences"} <= {
        part["name"] for part in found["parts"]
    }


def test_the_queue_of_a_lock_names_its_head_its_table_and_both_programs(url: str) -> None:
    with session(url, "the holder", "LOCK TABLE things") as holder:
        with waiting(url, "the waiter", "SELECT n FROM things WHERE filler = 'hydroxycanarine'") as waiter:
            wait_until(lambda: db_part(url, "locks")["figures"]["longest_seconds"] > 1.0, "a lock waited for over a second", 15)
            done = run("db", "--database-url", url, "--json")
        found = next(part for part in json.loads(done.stdout)["parts"] if part["name"] == "locks")
        row = found["rows"][0]
        assert (found["level"], row["process"], row["application"]) == ("look", waiter, "the waiter")
        assert row["waits for"] == "things (AccessShare)"
        assert row["held by"] == f"{holder.info.backend_pid} the holder"
        assert f"pg_terminate_backend({holder.info.backend_pid})" in found["do"]
        assert "hydroxycanarine" not in done.stdout


def test_a_row_somebody_holds_is_a_lock_of_its_table_for_who_stands_second(url: str) -> None:
    update = "UPDATE things SET n = 0 WHERE id = 1"
    with session(url, "first", update), waiting(url, "second", update), waiting(url, "third", update):
        wait_until(lambda: db_part(url, "locks")["figures"]["waiting"] == 2, "two who wait", 10)
        rows = {row["application"]: row for row in db_part(url, "locks")["rows"]}
    assert {name: row["waits for"].split()[0] for name, row in rows.items()} == {"second": "things", "third": "things"}


def test_sizes_come_although_a_table_is_locked_against_all(url: str) -> None:
    with session(url, "the holder", "LOCK TABLE things"):
        found = db_part(url, "sizes")
    assert "as of the last vacuum" in found["unseen"]
    assert "things" in [row["name"] for row in found["rows"]]


def test_a_long_transaction_in_which_nothing_happens_is_named_with_its_program(url: str) -> None:
    with session(url, "asleep", "SELECT 1") as asleep:
        wait_until(lambda: db_part(url, "transactions", "--long", "0.2")["level"] == "bad", "a long transaction", 10)
        found = db_part(url, "transactions", "--long", "0.2")
        usual = db_part(url, "transactions")
        assert f"{asleep.info.backend_pid} (asleep)" in found["do"]
    assert found["rows"][0]["state"] == "idle in transaction"
    assert (usual["level"], usual["figures"]["idle_in_transaction"]) == ("ok", 1)


def test_idle_in_a_transaction_is_too_long_a_good_deal_sooner(url: str) -> None:
    with session(url, "asleep", "SELECT 1"):
        wait_until(lambda: db_part(url, "transactions", "--long", "10")["level"] == "look", "an idle transaction", 9)
        found = db_part(url, "transactions", "--long", "10")
    assert found["figures"]["longest_seconds"] < 10


def test_an_invalid_index_is_bad_and_told_how_to_mend(url: str) -> None:
    do(url, "INSERT INTO things (n) VALUES (1)")
    with psycopg.connect(url, autocommit=True) as conn, pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute("CREATE UNIQUE INDEX CONCURRENTLY things_n ON things (n)")
    done = run("db", "--database-url", url)
    found = db_part(url, "indexes")
    assert done.exit_code == 3
    assert (found["level"], found["figures"]["invalid"]) == ("bad", ["things_n"])
    assert "REINDEX INDEX CONCURRENTLY things_n" in found["do"]


def test_an_index_that_is_being_built_is_not_called_broken(url: str) -> None:
    with session(url, "in the way", "UPDATE things SET n = 0"), waiting(
        url, "builder", "CREATE INDEX CONCURRENTLY things_n ON things (n)"
    ):  # fmt: skip
        wait_until(lambda: db_part(url, "indexes")["figures"]["being_built"] == ["things_n"], "an index being built", 10)
        assert db_part(url, "indexes")["level"] == "ok"


@pytest.mark.parametrize(("last", "level"), [(1_000_000, "ok"), (1_500_000_000, "look"), (2_000_000_000, "bad")])
def test_an_integer_id_near_its_end_is_seen_although_its_sequence_goes_on(url: str, last: int, level: str) -> None:
    do(url, "ALTER SEQUENCE things_id_seq AS bigint MAXVALUE 9223372036854775807", f"SELECT setval('things_id_seq', {last})")
    found = db_part(url, "sequences")
    assert (found["level"], found["rows"][0]["column"], found["rows"][0]["last"]) == (level, "things.id", last)
    assert ("bigint" in found["do"]) is (level != "ok")


def test_dead_rows_are_counted_judged_and_gone_after_vacuum(url: str) -> None:
    do(
        url,
        "INSERT INTO things (n) SELECT g FROM generate_series(1, 24000) g",
        "DELETE FROM things WHERE id % 3 = 0",
        "ANALYZE things",
    )
    found = db_part(url, "dead_rows")
    assert (found["level"], found["rows"][0]["table"], found["rows"][0]["dead"]) == ("look", "things", 8003)
    assert "VACUUM (ANALYZE) things" in found["do"]
    do(url, "ALTER TABLE things RESET (autovacuum_enabled)", "VACUUM (ANALYZE) things")
    after = db_part(url, "dead_rows")
    assert (after["level"], after["figures"]["dead_rows"]) == ("ok", 0)


def test_room_wasted_in_a_table_is_about_what_was_deleted(url: str) -> None:
    do(
        url,
        "INSERT INTO things (n, filler) SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g",
        "DELETE FROM things WHERE id % 10 <> 0",
        "VACUUM (ANALYZE) things",
    )
    row = next(row for row in db_part(url, "dead_rows")["rows"] if row["table"] == "things")
    assert 85 <= float(row["room wasted"].rstrip("%")) <= 95


def test_growth_is_told_when_the_report_has_two_days_and_left_out_without_a_report(url: str) -> None:
    names = [part["name"] for part in json.loads(run("db", "--database-url", url, "--json").stdout)["parts"]]
    assert "growth" not in names
    do(
        url,
        'CREATE TABLE table_sizes ("takenOn" date, name text, rows bigint, bytes bigint, "deadRows" bigint)',
        "INSERT INTO table_sizes VALUES (current_date - 10, 'things', 1, 1048576, 0), (current_date, 'things', 9, 11534336, 0)",
    )
    assert db_part(url, "growth")["rows"] == [{"table": "things", "grew by": "10.0 MB", "days": 10, "a day": "1.0 MB"}]


def test_slow_queries_say_how_to_switch_them_on_and_show_no_values_once_they_are(url: str) -> None:
    before = db_part(url, "slow_queries")
    assert (before["figures"], before["level"]) == ({"on": False}, "look")
    assert "CREATE EXTENSION pg_stat_statements" in before["do"]
    do(url, "CREATE EXTENSION pg_stat_statements", "SELECT pg_stat_statements_reset()", *["SELECT pg_sleep(0.11) /* ada */"] * 11)
    done = run("db", "--database-url", url, "--json")
    after = next(part for part in json.loads(done.stdout)["parts"] if part["name"] == "slow_queries")
    assert (after["level"], after["rows"][0]["calls"], after["rows"][0]["statement"]) == ("look", 11, "SELECT pg_sleep($1)")


@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE ada PASSWORD 'hush'",
        "SET drugsng.word TO hush",
        "SELECT 1 /* hush */",
        "select $x$hush$x$",
        "SELECT 'it''s hush'",
        "DO $$ hush $$",
    ],
)
def test_no_value_is_left_in_a_statement_that_is_shown(text: str) -> None:
    assert "hush" not in shortened(text)


def test_a_user_without_rights_gets_every_part_and_is_told_what_is_hidden(url: str, stranger: str) -> None:
    do(url, "CREATE EXTENSION pg_stat_statements")
    with session(url, "busy", "SELECT 1"):
        found = {part["name"]: part for part in json.loads(run("db", "--database-url", stranger, "--json").stdout)["parts"]}
    assert [name for name, part in found.items() if part["says"] == "could not be looked at"] == []
    assert {name for name, part in found.items() if part["unseen"]} == {
        "connections",
        "transactions",
        "slow_queries",
        "sequences",
    }
    assert found["connections"]["rows"][0] == {"application": "busy", "state": "hidden", "connections": 1}
    assert "pg_monitor" in found["transactions"]["unseen"]


def test_a_part_that_may_not_be_looked_at_says_so_and_the_others_come(url: str, stranger: str) -> None:
    do(url, 'CREATE TABLE table_sizes ("takenOn" date, name text, rows bigint, bytes bigint, "deadRows" bigint)')
    growth = db_part(stranger, "growth")
    assert growth["says"] == "could not be looked at"
    assert "table_sizes" in growth["unseen"]


def test_nothing_can_be_written_through_the_monitors_connection(url: str) -> None:
    from models.monitoring import looking

    with looking.opened(url) as conn, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        conn.execute("DELETE FROM things")


def test_nothing_a_name_holds_reaches_the_terminal_as_an_order() -> None:
    part = Part("x", "X", "says \x1b[2J", unseen="un\x9bseen", columns=("name",), rows=(("\x1b]0;title\x07",),))
    lines = showing.look(Look("x", "here", utcnow(), (part,)), colour=False, brief=False)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(lines))


def test_all_of_it_fits_a_terminal_of_eighty_columns_without_colours(url: str) -> None:
    name = "a very long name of an application \x1b[31m with an escape in it"
    with session(url, name, "LOCK TABLE things"), waiting(url, name, "SELECT * FROM things"):
        done = run("db", "--database-url", url, "--limit", "50", "--long", "0.1")
    assert max(len(line) for line in done.stdout.splitlines()) <= WIDTH
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://u:hush@127.0.0.1:1/x", "No database answers at 127.0.0.1:1"),
        ("mysql://u:hush@127.0.0.1/x", "not an address of a database"),
    ],
)
def test_a_database_that_is_not_there_ends_in_a_sentence_without_the_password(address: str, sentence: str) -> None:
    done = run("db", "--database-url", address)
    assert done.exit_code == 1
    assert sentence in done.output
    assert "hush" not in done.output
