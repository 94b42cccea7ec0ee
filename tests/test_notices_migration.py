"""Migration 012 up, down and up again, on a house that has something to say outside the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from models.migrating import migrate, rollback
from tests.servers import Databases
from tests.taken_over import shape

FILL = """
INSERT INTO customers DEFAULT VALUES;
INSERT INTO customers ("mergedInto") SELECT id FROM customers;
INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) SELECT 'house', 'e1', min(id), 'happened', '{}' FROM customers;
INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", notice, "standsFor")
SELECT i."customerId", i.id, '{}', s, now() + interval '7 days', n::jsonb, CASE WHEN s = 'delivered' THEN i.id END
FROM inbox i, (VALUES ('delivered', '{"kind": "x"}'), ('replaced', '{"kind": "x"}'), ('held', '{"kind": "x"}'), ('expired', NULL),
    ('read', NULL)) AS v(s, n);
"""


class Filled(NamedTuple):
    url: str
    steps: int


def ask(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute(statement)
        return done.fetchall() if done.description else []


@pytest.fixture
def filled(databases: Databases) -> Iterator[Filled]:
    with databases.fresh() as url:
        ask(url, FILL)
        names = [row[0] for row in ask(url, "SELECT name FROM migratehistory")]
        yield Filled(url, sum(name >= "012" for name in names))


def everything(url: str) -> list[Any]:
    return ask(url, "SELECT to_jsonb(o) FROM outbox o ORDER BY id")


def test_a_house_goes_back_and_forth_without_losing_what_waits(filled: Filled) -> None:
    before, schema = everything(filled.url), shape(filled.url)
    rollback(filled.url, filled.steps)
    statuses = ask(filled.url, "SELECT status FROM outbox ORDER BY id")
    assert statuses == [("delivered",), ("expired",), ("held",), ("expired",), ("read",)]  # what the version before knows
    migrate(filled.url)
    assert everything(filled.url) == before
    assert shape(filled.url) == schema
    assert ask(filled.url, "SELECT to_regclass('rollback_012')") == [(None,)]


def test_the_version_before_refuses_a_status_it_does_not_know(filled: Filled) -> None:
    rollback(filled.url, filled.steps)
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(filled.url, "UPDATE outbox SET status = 'replaced'")


def test_a_step_back_that_was_broken_off_is_taken_again(filled: Filled) -> None:
    ask(filled.url, "DROP INDEX outbox_stands_for")
    rollback(filled.url, filled.steps)
    migrate(filled.url)
    assert ask(filled.url, "SELECT count(*) FROM outbox WHERE status = 'replaced'") == [(1,)]


def test_a_customer_s_heir_is_found_through_several_merges(filled: Filled) -> None:
    ask(filled.url, 'INSERT INTO customers ("mergedInto") SELECT max(id) FROM customers')
    assert ask(filled.url, "SELECT heir_of_customer(max(id)) = min(id), heir_of_customer(min(id)) = min(id) FROM customers") == [
        (True, True)
    ]
