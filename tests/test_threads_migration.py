"""Migration 015 up, down and up again, on a house with threads in every stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any, NamedTuple

import psycopg
import pytest

from models.migrating import migrate, rollback
from tests.servers import Databases
from tests.taken_over import shape

FILL = """
SELECT setval('inbox_id_seq', 100);
INSERT INTO customers DEFAULT VALUES;
INSERT INTO customers DEFAULT VALUES;
INSERT INTO customer_identities (kind, value, "customerId") SELECT 'number', '2348030000001', min(id) FROM customers;
INSERT INTO support_teams (name, "phoneNumber", role, "createdAt", "updatedAt") VALUES ('Care', '2341', 'general', now(), now());
INSERT INTO support_chats ("customerPhoneNumber", "supportTeamId", message, "isFromCustomer", "createdAt", "updatedAt")
SELECT '2348030000001', id, 'hello', true, now(), now() FROM support_teams;
INSERT INTO handovers ("customerId", reason, "openedAt", "closedAt", "assigneeId", "answeredAt", answers, rating, "ratingWords", "ratedAt")
SELECT id, 'asked', now() - interval '1 day', now(), 7, now(), 3, 5, 'kind', now() FROM customers;
INSERT INTO handovers ("customerId", reason, "openedAt", "waitingSince", "inboxId") SELECT id, 'emergency', now(), now(), 9 FROM customers;
INSERT INTO outbox ("customerId", payload, status, "expiresAt", "staffId", "staffKey")
SELECT id, '{"type": "text", "text": {"body": "Good morning"}}', 'read', now(), 7, '7:k' || id FROM customers;
INSERT INTO media ("customerId", kind, "mediaId", purpose, "createdAt") SELECT min(id), 'audio', 'm1', 'support', now() FROM customers;
INSERT INTO outbox ("customerId", payload, status, "expiresAt", "staffId", "staffKey", "mediaRow")
SELECT "customerId", '{"type": "image", "image": {"caption": "so"}}', 'queued', now(), 7, '7:file', id FROM media;
INSERT INTO thread_files ("mediaRow") SELECT id FROM media;
INSERT INTO thread_notes ("customerId", "staffId", text, "createdAt") SELECT id, 7, 'calls back at 4', now() FROM customers;
INSERT INTO thread_reads ("staffId", "customerId", "lastInboxId") SELECT 7, id, 3 FROM customers;
INSERT INTO canned_answers (shortcut, text) VALUES ('/hours', 'We are here from 8 to 8.');
"""
LONGEST_S = 5.0  # a statement of theirs; two seconds on a quiet machine, which the benches hold it to
TABLES = ("handovers", "thread_notes", "thread_reads", "thread_files", "canned_answers")


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
        yield Filled(url, sum(name >= "015" for name in names))


def everything(url: str) -> dict[str, list[Any]]:
    found = {name: ask(url, f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1") for name in TABLES}
    staff = ask(url, """SELECT id, "staffId", "staffKey", "mediaRow" FROM outbox ORDER BY id""")
    return found | {"outbox": staff, "support_ratings": ask(url, "SELECT * FROM support_ratings")}


def test_threads_go_back_and_forth_without_losing_a_word(filled: Filled) -> None:
    before, schema = everything(filled.url), shape(filled.url)
    rollback(filled.url, filled.steps)
    migrate(filled.url)
    assert everything(filled.url) == before
    assert shape(filled.url) == schema
    assert ask(filled.url, "SELECT to_regclass('rollback_015')") == [(None,)]


def test_going_back_puts_ratings_where_version_one_keeps_them(filled: Filled) -> None:
    rollback(filled.url, filled.steps)
    found = ask(filled.url, 'SELECT r."customerPhoneNumber", r.rating, r.feedback, r."supportChatId" > 0 FROM support_ratings r')
    assert found == [("2348030000001", 5, "kind", True)]  # the other customer has no number to be known by


def test_without_a_team_ratings_wait_in_what_is_kept(filled: Filled) -> None:
    ask(filled.url, "DELETE FROM support_chats")
    ask(filled.url, "DELETE FROM support_teams")
    rollback(filled.url, filled.steps)
    assert ask(filled.url, "SELECT count(*) FROM support_ratings") == [(0,)]
    assert ask(filled.url, "SELECT count(*) FROM rollback_015 WHERE (kept->>'rating')::integer = 5") == [(2,)]


def test_a_file_that_never_left_is_not_sent_as_nothing_by_the_version_before(filled: Filled) -> None:
    rollback(filled.url, filled.steps)
    assert ask(filled.url, "SELECT status FROM outbox WHERE payload->>'type' = 'image'") == [("failed",)]


def test_a_step_back_that_was_broken_off_is_taken_again(filled: Filled) -> None:
    before = everything(filled.url)
    ask(filled.url, "DROP INDEX outbox_customer")
    rollback(filled.url, filled.steps)
    migrate(filled.url)
    assert everything(filled.url) == before


def test_a_step_that_was_broken_off_is_run_again_and_makes_a_cut_index_anew(filled: Filled) -> None:
    before, schema = everything(filled.url), shape(filled.url)
    ask(filled.url, "DELETE FROM migratehistory WHERE name >= '015'")
    ask(filled.url, "DROP INDEX customers_merged")
    ask(filled.url, "ALTER TABLE handovers DROP CONSTRAINT handovers_rating_known")
    ask(filled.url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'inbox_customer'::regclass")
    migrate(filled.url)
    assert everything(filled.url) == before
    assert shape(filled.url) == schema


def test_a_house_without_talks_keeps_nothing(databases: Databases) -> None:
    with databases.fresh() as url:
        steps = ask(url, "SELECT count(*) FROM migratehistory WHERE name >= '015'")[0][0]
        rollback(url, steps)
        assert ask(url, "SELECT to_regclass('rollback_015')") == [(None,)]


def test_what_the_version_before_deleted_stays_deleted_and_what_leaned_on_it_is_kept(filled: Filled) -> None:
    rollback(filled.url, filled.steps)
    ask(filled.url, "DELETE FROM outbox; DELETE FROM media; DELETE FROM customer_identities")
    ask(filled.url, 'DELETE FROM handovers WHERE "customerId" = (SELECT max(id) FROM customers)')
    ask(filled.url, "DELETE FROM customers WHERE id = (SELECT max(id) FROM customers)")
    migrate(filled.url)
    kept = dict(ask(filled.url, "SELECT source, count(*) FROM rollback_015 GROUP BY 1"))
    assert kept == {"handovers": 2, "outbox": 3, "thread_notes": 1, "thread_reads": 1, "thread_files": 1}
    assert ask(filled.url, "SELECT count(*) FROM thread_notes") == [(1,)]


def test_numbers_go_on_where_they_were(filled: Filled) -> None:
    ask(filled.url, "UPDATE thread_notes SET id = id + 900; UPDATE canned_answers SET id = id + 900")
    rollback(filled.url, filled.steps)
    migrate(filled.url)
    for table in ("thread_notes", "canned_answers"):
        assert ask(filled.url, f"SELECT nextval('{table}_id_seq')")[0][0] > 900, table


# As the programs before this step write: version 1.x, and the version of step 013.
WRITES = (
    """INSERT INTO support_chats ("customerPhoneNumber", "supportTeamId", message, "isFromCustomer", "createdAt", "updatedAt")
       SELECT '2348030000001', id, 'hello', true, now(), now() FROM support_teams""",
    """INSERT INTO handovers AS h ("customerId", reason, "openedAt") SELECT min(id), 'asked', now() FROM customers
       ON CONFLICT ("customerId") WHERE "closedAt" IS NULL AND reason IN ('asked', 'not_understood', 'emergency')
       DO UPDATE SET reason = h.reason""",
    """UPDATE handovers SET "closedAt" = now(), "closedBy" = 'customer' WHERE "closedAt" IS NULL AND reason = 'asked'""",
    """INSERT INTO outbox ("customerId", payload, "expiresAt") SELECT min(id), '{"type": "text"}', now() FROM customers""",
    """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
       SELECT 'whatsapp', 'w' || gen_random_uuid(), min(id), 'text', '{}' FROM customers""",
    """INSERT INTO media ("customerId", kind, "mediaId", purpose, "createdAt")
       SELECT min(id), 'image', gen_random_uuid(), 'support', now() FROM customers""",
)


@pytest.mark.parametrize("way", ["down", "up"])
def test_the_programs_before_write_while_the_step_is_taken_and_taken_back(filled: Filled, way: str) -> None:
    if way == "up":
        rollback(filled.url, filled.steps)
    done, waits, wrong = Event(), [], []

    def write() -> None:
        with psycopg.connect(filled.url, autocommit=True) as conn:
            while not done.is_set() and len(waits) < 5_000:
                for statement in WRITES:
                    began = time.perf_counter()
                    try:
                        conn.execute(statement)
                    except psycopg.Error as e:
                        wrong.append(str(e))
                    waits.append(time.perf_counter() - began)
                done.wait(0.002)

    writer = Thread(target=write)
    writer.start()
    migrate(filled.url) if way == "up" else rollback(filled.url, filled.steps)
    done.set()
    writer.join(20)

    assert wrong == []
    assert len(waits) > 10
    assert max(waits) < LONGEST_S


def test_whoever_waits_while_the_step_is_applied_has_waited_since_they_asked(filled: Filled) -> None:
    ask(
        filled.url,
        """UPDATE handovers SET "waitingSince" = NULL, "answeredAt" = NULL, "inboxId" = NULL WHERE "closedAt" IS NULL""",
    )
    rollback(filled.url, filled.steps)
    migrate(filled.url)
    assert ask(filled.url, """SELECT DISTINCT "waitingSince" = "openedAt" FROM handovers WHERE "closedAt" IS NULL""") == [(True,)]
