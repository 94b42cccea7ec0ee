"""`drugsng db verify`: the schema against the steps and the program, and the rows as the guide asks."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from models.migrating import migrate, rollback
from models.migrating_cli import db
from models.takeover.adopting import adopt
from models.takeover.findings import NOTE, STOPS
from models.takeover.verifying import Verified, verify
from tests.old_databases import ask, build, do


def said(made: Verified, severity: str) -> list[str]:
    return [finding.line() for finding in made.found if finding.severity == severity]


def test_a_database_with_every_step_is_as_it_should_be(database_url):
    made = verify(database_url)

    assert (made.exit_code, said(made, STOPS), made.unanswered) == (0, [], [])
    assert made.compared > 800


def test_the_scratch_database_is_gone_afterwards(database_url):
    verify(database_url)

    assert ask(database_url, "SELECT datname FROM pg_database WHERE datname LIKE 'drugsng_verify%'") == []


def test_an_adopted_and_migrated_database_is_as_it_should_be_and_its_rows_are_told(empty_database_url):
    build(empty_database_url, "v1", "copies", "sync_begun", "sync_ended", "a", "b")
    adopt(empty_database_url)
    migrate(empty_database_url)
    made = verify(empty_database_url)

    assert (made.exit_code, said(made, STOPS)) == (0, [])
    assert (made.rows["users"], made.rows["orders"], made.rows["admins"]) == (120, 200, 1)
    assert sum(count for _, _, count in made.extraction) == 80
    assert [finding.count for finding in made.found if finding.code == "kept_2_0_0"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP INDEX idx_sessions_last_activity", "guide's index idx_sessions_last_activity is missing"),
        (
            "ALTER TABLE prescriptions DROP CONSTRAINT check_extraction_status",
            "guide's constraint check_extraction_status is missing",
        ),
        ('ALTER TABLE orders DROP COLUMN "customerId"', "The program reads orders.customerId, which is not there"),
        ('ALTER TABLE orders ALTER COLUMN "shippingAddress" TYPE varchar(99)', "orders.shippingAddress is character varying"),
        ("DROP TRIGGER kobo_in_step ON carts", "The trigger carts.kobo_in_step is missing"),
        ('ALTER TABLE carts DROP CONSTRAINT "carts_userId_fkey"', "The constraint carts.carts_userId_fkey is missing"),
        (
            "CREATE OR REPLACE FUNCTION order_status_of(state text) RETURNS enum_orders_status LANGUAGE sql IMMUTABLE"
            " AS 'SELECT NULL::enum_orders_status'",
            "The function order_status_of.state text is",
        ),
        (
            "INSERT INTO doctors (id, name, specialty, location, \"createdAt\", \"updatedAt\") VALUES (7, '', '', '', now(), now())",
            "1 sequences are behind",
        ),
    ],
)
def test_whatever_was_changed_by_hand_is_named(database_url, change, told):
    do(database_url, change)
    made = verify(database_url)

    assert made.exit_code == 4
    assert any(told in line for line in said(made, STOPS)), said(made, STOPS)


def test_what_is_there_besides_is_worth_a_note(database_url):
    do(database_url, "ALTER TABLE users ADD UNIQUE (email); ALTER TABLE users ADD COLUMN nickname text")
    made = verify(database_url)

    assert made.exit_code == 0
    assert {finding.code for finding in made.found if finding.severity == NOTE} >= {"constraint_copies", "extra"}


def test_a_database_with_steps_missing_has_work_to_do(database_url):
    rollback(database_url)
    made = verify(database_url)

    assert (made.exit_code, said(made, STOPS)) == (3, [])


def test_one_that_was_never_ours_is_sent_to_check(empty_database_url):
    build(empty_database_url, "first")
    made = verify(empty_database_url)

    assert made.exit_code == 4
    assert "`drugsng db check` says what to do" in said(made, STOPS)[0]


def test_a_user_who_may_not_make_databases_is_told_that_the_schema_was_not_compared(database_url):
    role = f"verifier_{database_url.rpartition('_')[2]}"
    do(database_url, f"CREATE ROLE {role} LOGIN PASSWORD 'sees' ; GRANT pg_read_all_data TO {role}")
    try:
        made = verify(re.sub("//.*@", f"//{role}:sees@", database_url))
    finally:
        do(database_url, f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert made.exit_code == 1
    assert "permission denied to create database" in made.unanswered[0]


def test_the_answer_for_machines_is_one_object_with_the_exit_code(database_url):
    answered = CliRunner().invoke(db, ["verify", "--json", "--no-compare", "--database-url", database_url])
    told = json.loads(answered.stdout)

    assert answered.exit_code == told["exit_code"] == 0
    assert {"rows", "extraction", "findings"} <= told.keys()


def test_help_of_each_command_tells_its_exit_codes():
    for command in ("check", "adopt", "verify"):
        assert "Exit code 0" in CliRunner().invoke(db, [command, "--help"]).output, command
