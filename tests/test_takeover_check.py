"""`drugsng db check`: which database this is, and what stands in the way, without touching it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import CliRunner

from models import schema_shape
from models.migrating import migrate
from models.migrating_cli import db
from models.migration_session import Session, opened
from models.takeover import looking, shapes
from models.takeover.checking import Report, check
from models.takeover.findings import MENDS, NOTE, STOPS, Finding
from tests.old_databases import FORMS, build, contents, do
from tests.servers import Databases, with_database

TITLES = {
    "version 1": "v1.x",
    "the first version": "v1.x of the first version (few tables)",
    "2.0.0": "v2.0.0 by its model's own sync",
    "2.0.0 with the long token": "v2.0.0 by its model's own sync",
    "2.0.0 stopped on the way": 'half migrated to v2.0.0: its sync stopped on the way, as it does at a NULL "lastActivity"',
    "option A": "v1.x with guide option A",
    "option B": "v1.x with guide option B and its lower-case twins",
    "option B with quotes": "v1.x with guide option B typed with quotes",
    "2.0.0 with A and B": "v2.0.0 by its model's own sync with guide option A with guide option B and its lower-case twins",
}


@pytest.fixture(scope="module")
def old(databases: Databases) -> Iterator[Callable[[str], str]]:
    """`old("option B")`: the address of a database of that form, which nobody may change."""
    made: dict[str, str] = {}

    def at(form: str) -> str:
        if form not in made:
            made[form] = with_database(databases.server_url, databases.create())
            build(made[form], *FORMS[form])
        return made[form]

    yield at
    for url in made.values():
        databases.drop(url.rpartition("/")[2])


@contextmanager
def looking_at(url: str) -> Iterator[Session]:
    """A session that can write nothing."""
    with opened(url, lambda _: None) as made:
        looking.read_only(made)
        yield made


def found(report: Report, code: str, table: str = "") -> list[Finding]:
    return [each for each in report.found if each.code == code and table in ("", each.table)]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_old_system_is_told_by_its_name_and_has_work_to_do(old, form):
    report = check(old(form))

    assert (report.form.title, report.exit_code) == (TITLES[form], 3)
    assert report.unanswered == ()


@pytest.mark.parametrize(
    ("code", "table", "severity", "count"),
    [
        ("null_last_activity", "sessions", NOTE, 3),
        ("passwords_in_sessions", "sessions", NOTE, 1),
        ("phone_format", "users", MENDS, 90),
        ("phone_unreadable", "users", NOTE, 2),
        ("phone_twice", "users", NOTE, 1),
        ("phone_twice", "sessions", NOTE, 2),
        ("email_case", "users", NOTE, 1),
        ("null_enum", "appointments", MENDS, 5),
        ("orphan_rating", "support_ratings", NOTE, 1),
        ("mixed_up_product", "carts", NOTE, 2),
        ("money_noise", "products", NOTE, 1),
        ("money_absurd", "orders", NOTE, 2),
        ("money_negative", "orders", NOTE, 1),
        ("constraint_copies", "", MENDS, 4),
    ],
)
def test_each_oddity_is_counted_with_its_severity_and_an_example(old, code, table, severity, count):
    findings = found(check(old("version 1")), code, table)

    assert [(each.severity, each.count) for each in findings][:1] == [(severity, count)]
    assert findings[0].example and findings[0].do


def test_two_visits_to_come_of_one_doctor_at_one_time_are_told(old):
    url = old("version 1")
    assert found(check(url), "one_time_twice") == []
    do(
        url,
        """UPDATE appointments SET "dateTime" = now() + interval '1 day', "doctorId" = 1, status = 'Scheduled' WHERE id IN (1, 2)""",
    )
    do(url, """UPDATE appointments SET "dateTime" = now() + interval '1 day 30 minutes', "doctorId" = 1 WHERE id = 3""")

    (told,) = found(check(url), "one_time_twice")

    assert (told.severity, told.count, told.example) == (NOTE, 1, "appointments id 2")


def test_nothing_of_what_it_says_is_a_persons(old):
    said = CliRunner().invoke(db, ["check", "--json", "--database-url", old("version 1")]).output

    assert "person1" not in said.lower()
    assert "80300000" not in said
    assert "hush" not in said


def test_looking_changes_nothing_and_could_not(old):
    url = old("2.0.0 with A and B")
    before = contents(url, leave_out=())
    check(url)

    assert contents(url, leave_out=()) == before
    with looking_at(url) as session, pytest.raises(Exception, match="read-only"):
        session.database.execute_sql("CREATE TABLE t ()")


def test_an_empty_database_and_one_of_ours_and_one_of_another_application_are_told_apart(empty_database_url):
    empty = check(empty_database_url)
    migrate(empty_database_url, to="003")
    ours = check(empty_database_url)
    do(empty_database_url, "DELETE FROM migratehistory WHERE name LIKE '003%'")
    broken_off = check(empty_database_url)
    do(empty_database_url, "UPDATE migratehistory SET name = '900_from_the_future'")
    newer = check(empty_database_url)

    assert (empty.form.kind, empty.exit_code) == ("empty", 3)
    assert (ours.form.kind, ours.form.step, ours.exit_code) == ("ours", "003_add_kobo_amounts", 3)
    assert "003_add_kobo_amounts was begun and broken off" in broken_off.form.title
    assert (newer.form.kind, newer.exit_code) == ("newer", 4)


def test_the_tables_of_another_application_are_left_alone(empty_database_url):
    do(empty_database_url, "CREATE TABLE users (id serial PRIMARY KEY, email text); CREATE TABLE posts (id int)")

    report = check(empty_database_url)

    assert (report.form.kind, report.exit_code) == ("unknown", 4)
    assert "posts" in report.form.title


def test_a_database_of_this_program_with_every_step_is_ready(database_url):
    report = check(database_url)

    assert (report.form.kind, report.exit_code) == ("ours", 0)


def test_the_old_program_that_still_runs_stops_and_a_persons_tool_does_not(old):
    url = old("version 1")
    with psycopg.connect(url, application_name="psql"):
        quiet = check(url)
    with psycopg.connect(url, application_name="node"):
        busy = check(url)

    assert found(quiet, "old_connections") == []
    assert [each.severity for each in found(busy, "old_connections")] == [STOPS]
    assert busy.exit_code == 4


def test_a_user_without_rights_is_told_what_is_missing(old):
    url = old("version 1")
    do(url, "CREATE ROLE looker LOGIN PASSWORD 'looks'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")
    try:
        report = check(re.sub("//.*@", "//looker:looks@", url))
    finally:
        do(url, "DROP OWNED BY looker; DROP ROLE looker")

    assert [each.severity for each in found(report, "not_owner")] == [STOPS]
    assert [each.severity for each in found(report, "cannot_create")] == [STOPS]


def test_what_cannot_be_counted_in_time_is_counted_in_part_and_said_so(old, monkeypatch):
    monkeypatch.setattr(looking, "PART_ROWS", 50)  # a table that takes ten seconds to count would be a slow test
    with looking_at(old("version 1")) as session:
        session.database.execute_sql("SET statement_timeout = 150")
        slow = "CASE WHEN t.id <= 150 THEN pg_sleep(0.005) IS NOT NULL ELSE true END"
        counted = looking.count(session, "orders", slow)

    assert (counted.rows, counted.at_least) == (50, True)


def test_lost_rows_where_a_foreign_key_is_missing_stop(empty_database_url):
    build(empty_database_url, "v1")
    do(
        empty_database_url,
        'ALTER TABLE orders DROP CONSTRAINT "orders_userId_fkey"; UPDATE orders SET "userId" = 9999 WHERE id IN (4, 5)',
    )
    orphans = found(check(empty_database_url), "orphan", "orders")

    assert [(each.severity, each.count, each.example) for each in orphans] == [(STOPS, 2, "orders id 4")]


def test_the_answer_for_machines_is_one_object_with_the_exit_code(old):
    answered = CliRunner().invoke(db, ["check", "--json", "--database-url", old("option B")])
    told = json.loads(answered.output)

    assert answered.exit_code == told["exit_code"] == 3
    assert told["database"]["marks"][-1] == "option_b"


def test_a_database_that_cannot_be_reached_ends_with_one_and_a_sentence():
    answered = CliRunner().invoke(db, ["check", "--database-url", "postgresql://u:secret@127.0.0.1:1/x"])

    assert answered.exit_code == 1
    assert "No database answers" in answered.output
    assert "secret" not in answered.output


def test_the_shapes_it_knows_are_what_the_steps_make(empty_database_url):
    made = []
    for step in ("001", "002"):
        migrate(empty_database_url, to=step)
        with opened(empty_database_url, lambda _: None) as session:
            shape = schema_shape.read(session.database)
        made.append({key: text for key, text in shape.items() if key[0] in schema_shape.KINDS and "migratehistory" not in key[1]})

    assert made == [shapes.version_1(), shapes.step_2()]
