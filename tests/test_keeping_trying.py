"""`drugsng db test` says what is there, and a plain sentence for all that is not as it must be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from local.folder import free_port
from models.keeping import trying
from models.migration_steps import names
from tests.keeping_world import query, renamed, run
from tests.servers import Databases


def finding(url: str, name: str) -> trying.Finding:
    return next(each for each in trying.look(url).findings if each.name == name)


@pytest.fixture
def database(database_url: str) -> str:
    return urlsplit(database_url).path[1:]


@pytest.fixture
def visitor(database_url: str) -> Iterator[str]:
    """The address of the database for a user who may do nothing yet."""
    user, address = f"visitor_{os.getpid()}", urlsplit(database_url)
    query(database_url, f"CREATE ROLE {user} LOGIN PASSWORD 'hush-hush'")
    yield urlunsplit(address._replace(netloc=f"{user}:hush-hush@{address.netloc.rpartition('@')[2]}"))
    query(database_url, f"DROP OWNED BY {user}")
    query(database_url, f"DROP ROLE {user}")


def test_a_migrated_database_is_as_it_must_be(database_url: str) -> None:
    done = run("test", "--database-url", database_url)
    assert done.exit_code == 0, done.output
    assert f"{names()[-1]}, none missing" in done.output
    assert "PostgreSQL 18" in done.output
    password = urlsplit(database_url).password
    assert password
    assert password not in done.output


def test_the_figures_are_there_for_machines(database_url: str) -> None:
    done = run("test", "--database-url", database_url, "--json")
    figures = json.loads(done.output)["figures"]
    assert figures["latency_ms"] <= figures["latency_worst_ms"]
    assert figures["connections_ours"] >= 1
    assert abs(figures["clock_apart_s"]) < 1
    assert figures["encoding"] == "UTF8"
    assert figures["steps_missing"] == 0


def test_no_server_is_exit_code_1_and_a_sentence() -> None:
    done = run("test", "--database-url", f"postgresql://u:hush-hush@127.0.0.1:{free_port(None)}/x")
    assert done.exit_code == 1
    assert "No database answers" in done.output
    assert "hush" not in done.output


@pytest.mark.parametrize("url", ["mysql://u:hush@h/x", "hush", "postgresql://u:hu%zzsh@h/x", "postgresql://[hush"])
def test_what_is_no_address_is_told_without_repeating_it(url: str) -> None:
    done = run("test", "--database-url", url)
    assert done.exit_code == 1
    assert "not an address" in done.output
    assert "hu" not in done.output


def test_missing_steps_are_told(empty_database_url: str) -> None:
    done = run("test", "--database-url", empty_database_url)
    assert done.exit_code == 3
    assert "drugsng db migrate" in done.output


def test_a_database_newer_than_the_program_is_told(database_url: str) -> None:
    query(database_url, "INSERT INTO migratehistory (name, migrated_at) VALUES ('999_from_the_future', now())")
    assert finding(database_url, "migrations").sentence.startswith("The database is newer")


def test_a_read_only_database_is_told(database_url: str, database: str) -> None:
    query(database_url, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    done = run("test", "--database-url", database_url)
    assert done.exit_code == 3
    assert "default_transaction_read_only is on" in done.output


def test_a_user_without_rights_is_told_without_a_password(visitor: str) -> None:
    done = run("test", "--database-url", visitor)
    assert done.exit_code == 3
    assert "cannot be read and written by visitor" in done.output
    assert "hush" not in done.output


def test_a_user_with_the_rights_of_the_shop_is_enough(database_url: str, visitor: str) -> None:
    user = urlsplit(visitor).username
    query(database_url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}")
    assert finding(visitor, "rights").level == "note"
    assert trying.look(visitor).right


def test_a_user_whose_connections_are_nearly_taken_is_told(database_url: str, visitor: str) -> None:
    query(database_url, f"ALTER ROLE {urlsplit(visitor).username} CONNECTION LIMIT 1")
    assert "may hold 1 only" in finding(visitor, "connections").sentence


def test_another_encoding_is_told(databases: Databases) -> None:
    name = f"latin_{os.getpid()}"
    query(databases.server_url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
    try:
        assert finding(renamed(databases.server_url, name), "encoding").level == "bad"
    finally:
        query(databases.server_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_the_zone_of_the_server_is_said_and_not_that_of_this_look(database_url: str, database: str) -> None:
    query(database_url, f"ALTER DATABASE {database} SET timezone = 'Africa/Lagos'")
    assert finding(database_url, "time zone").value.startswith("Africa/Lagos")


def test_a_clock_that_differs_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from models.clock import utcnow

    monkeypatch.setattr(trying, "utcnow", lambda: utcnow() - timedelta(seconds=90))  # our clock is the only one a test can turn
    assert "90 s apart" in finding(database_url, "clock").sentence
