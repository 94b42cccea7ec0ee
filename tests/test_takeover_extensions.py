"""What `db check` says of the server: its version; which extensions the steps need, which are of use, and who may make them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from models.migration_session import opened
from models.migration_steps import MIGRATIONS
from models.takeover import extensions, surroundings
from models.takeover.checking import check
from models.takeover.findings import NOTE, STOPS, Finding
from tests.servers import Databases

PLAIN = "plain_person"  # a role without any right


@pytest.fixture(scope="module")
def url(databases: Databases) -> Iterator[str]:
    """An empty database, which nobody changes."""
    with databases.fresh(migrated=False) as made:
        yield made


@pytest.fixture(scope="module")
def plain_url(url: str) -> Iterator[str]:
    """The same database for somebody who may create nothing in it."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {PLAIN} LOGIN PASSWORD 'x'")
        yield url.replace(url.partition("//")[2].partition("@")[0], f"{PLAIN}:x", 1)
        admin.execute(f"DROP ROLE {PLAIN}")


def found(url: str, *needed: str) -> list[Finding]:
    with opened(url, lambda _: None) as session:
        return list(extensions.look(session, needed))


def test_what_the_steps_make_is_what_check_looks_for() -> None:
    text = "\n".join(path.read_text() for path in sorted(MIGRATIONS.glob("*.py")))

    made = set(re.findall(r"CREATE EXTENSION(?: IF NOT EXISTS)? \"?(\w+)", text, re.IGNORECASE))

    assert made == set(extensions.NEEDED)


def test_check_says_that_none_is_needed_and_which_is_of_use(url: str) -> None:
    said = [finding for finding in check(url).found if finding.code == "extensions"]

    assert [finding.severity for finding in said] == [NOTE]
    assert "Extensions the steps need: none. Of use: pg_stat_statements" in said[0].says
    assert "this user may make it" in said[0].says


def test_a_user_without_rights_is_told_that_he_may_not_make_what_is_of_use(plain_url: str) -> None:
    (said,) = found(plain_url)

    assert "not made; this user may not make it" in said.says


@pytest.mark.parametrize(
    ("name", "text", "do"),
    [
        (
            "pg_stat_statements",
            "plain_person may not make",
            "As a superuser in this database: CREATE EXTENSION pg_stat_statements.",
        ),
        ("no_such_thing", "the server does not have", "Install PostgreSQL's contrib package on the server."),
    ],
)
def test_one_that_is_needed_and_cannot_be_had_stops_with_what_to_do(plain_url: str, name: str, text: str, do: str) -> None:
    stops = [finding for finding in found(plain_url, name) if finding.severity == STOPS]

    assert [(text in finding.says, finding.do) for finding in stops] == [(True, do)]


def test_one_that_is_needed_and_may_be_made_does_not_stop(url: str) -> None:
    assert [finding.severity for finding in found(url, "pg_stat_statements")] == [NOTE]


def test_one_that_is_there_is_told_with_its_version(databases: Databases) -> None:
    with databases.fresh(migrated=False) as url, psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")

        assert re.search(r"pg_stat_statements, made \([\d.]+\)", found(url, "pg_stat_statements")[-1].says)


@pytest.mark.parametrize(
    ("number", "version", "severities", "words"),
    [
        (130_023, "13.23", [STOPS], "step 003 fails"),
        (140_023, "14.23", [NOTE], "pg_restore 14. Rows that a migration writes are not counted"),
        (160_014, "16.14", [NOTE], "with pg_dump and pg_restore 16."),
        (170_010, "17.10", [], ""),
        (180_006, "18.6", [], ""),
    ],
)
def test_an_old_server_is_told_with_what_does_not_work_there(
    number: int, version: str, severities: list[str], words: str
) -> None:
    told = list(surroundings.of_version(number, version))

    assert [finding.severity for finding in told] == severities
    assert all(version in finding.says and words in finding.do for finding in told)
