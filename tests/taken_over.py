"""Databases that the old system left, and the same some steps later: what tests of migrations go up and down with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest

from models import schema_shape
from models.migrating import migrate
from tests.servers import Databases, with_database

DATA = Path(__file__).parent / "data"
At = Callable[[str], str]


@pytest.fixture(scope="session")
def old_at(databases: Databases) -> At:
    """`old_at("005")`: the name of a database with the old system's schema and data, brought up to that step; "" as it was, without
    a history. Tests get copies (`databases.copy`)."""
    made: dict[str, str] = {}

    def at(step: str) -> str:
        if step not in made:
            if step:
                at("")  # all begin with the same rows: some of the data say "an hour ago"
            lower = max((each for each in made if each < step), default=None)
            name = databases.create(made[lower]) if lower is not None else databases.create()
            url = with_database(databases.server_url, name)
            if lower is None:
                for file in ("v1_schema.sql", "v1_sample_data.sql"):
                    run(url, (DATA / file).read_text())
            if step:
                migrate(url, to=step)
            made[step] = name
        return made[step]

    return at


@pytest.fixture
def old_database_url(databases: Databases, old_at: At) -> Iterator[str]:
    """A database of the old system, this test's own."""
    with databases.copy(old_at("")) as url:
        yield url


def shape(url: str) -> dict[tuple[str, str, str], str]:
    """The schema without the history, and without `rollback_NNN`, where a step taken back keeps what 1.x has no place for."""
    database = peewee.PostgresqlDatabase(url, prefer_psycopg3=True)
    with database:
        found = schema_shape.read(database)
    return {key: text for key, text in found.items() if not key[1].startswith(("migratehistory", "rollback_"))}


def run(url: str, *statements: str) -> None:
    """Each statement; one may be a whole file of them."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def ask(url: str, statement: str, *values: object) -> list[Any]:
    """What a statement gives; [] for one that gives no rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement, values)
        return done.fetchall() if done.description else []
