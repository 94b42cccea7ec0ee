"""`drugsng db adopt`: every form of the old system becomes step 002 without losing a row or a value, and goes back."""

from __future__ import annotations

import json
import re

import psycopg
import pytest
from click.testing import CliRunner

from models.migrating import CannotMigrate, migrate, status
from models.migrating_cli import db
from models.takeover import shapes
from models.takeover.adopting import adopt
from models.takeover.undoing import undo
from tests.old_databases import FORMS, ask, contents, do, old, shape, templates, without_copies  # noqa: F401 - fixtures


@pytest.mark.parametrize("form", FORMS)
def test_every_form_ends_in_the_shape_of_step_2_with_every_row(old, form):
    url = old(form)
    result = adopt(url)

    assert shapes.lacking(shapes.step_2(), shape(url)) == {}
    assert all(table.before == table.after for table in result.tables)
    assert not [key for key in shape(url) if re.search(r"_key\d+$|^extracted(text|at)$|^extractionstatus$", key[2])]


@pytest.mark.parametrize("form", ["the first version", "2.0.0 with A and B"])
def test_an_adopted_database_migrates_through(old, form):
    url = old(form)
    adopt(url)
    migrate(url)

    assert status(url).pending == ()


@pytest.mark.parametrize("form", ["version 1", "2.0.0 with A and B"])
def test_a_second_run_changes_nothing(old, form):
    url = old(form)
    adopt(url)
    before = contents(url, leave_out=("drugsng_adopted",)), ask(url, "SELECT * FROM drugsng_adopted_values ORDER BY 1, 2, 3")
    again = adopt(url)

    assert again.mends == ()
    after = contents(url, leave_out=("drugsng_adopted",)), ask(url, "SELECT * FROM drugsng_adopted_values ORDER BY 1, 2, 3")
    assert after == before


def test_the_newest_twin_wins_and_the_loser_is_kept(old):
    url = old("option B")
    adopt(url)
    question = 'SELECT id, "extractedText", "extractionStatus"::text, "extractedAt"::date::text FROM prescriptions'
    rows = {row_id: tuple(rest) for row_id, *rest in ask(url, question)}
    kept = dict(ask(url, """SELECT "rowId", old FROM drugsng_adopted_values WHERE "column" = 'extractedtext'"""))

    assert rows[5] == ("Twin text of 5", "extracted", "2025-06-01")  # its own text was blank
    assert rows[40] == ("Twin text of 40", "extracted", "2025-06-01")  # both had one: the twin's is younger
    assert rows[60] == ("Amoxicillin 500mg no 60", "extracted", None)  # both had one: its own is younger
    assert kept[60] == "Twin text of 60"
    assert (rows[1][1], rows[2][1], rows[4][1]) == ("failed", "failed", "extracted")
    assert rows[6][1] == "pending"


def test_times_without_a_zone_are_taken_to_be_the_servers(old):
    url = old("option B")
    do(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET TimeZone = 'Africa/Lagos'")
    adopt(url)

    seen = ask(url, """SELECT to_char("extractedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM prescriptions WHERE id = 5""")
    assert seen == [("2025-06-01 11:00",)]


def test_sequences_that_are_behind_are_set(old):
    url = old("version 1")
    do(url, "SELECT setval('orders_id_seq', 3)")
    adopt(url)

    assert ask(url, "SELECT nextval('orders_id_seq')") == [(201,)]


def test_numbers_become_e164_and_the_original_is_kept(old):
    url = old("version 1")
    adopt(url)
    numbers = dict(ask(url, 'SELECT id, "phoneNumber" FROM users'))
    kept = dict(ask(url, """SELECT "rowId", old FROM drugsng_adopted_values WHERE "table" = 'users'"""))

    assert {numbers[row] for row in (1, 2, 3, 4, 5, 6)} == {f"+234803000000{row}" for row in (1, 2, 3, 4, 5, 6)}
    assert numbers[16] == "+2348030000016"
    assert (kept[5], kept[6]) == ("0 80-30000005", "00234 8030000006")
    assert (numbers[7], numbers[15]) == ("+447911123456", "+447911123457")
    assert (numbers[23], numbers[31]) == ("ask my wife", "")
    assert numbers[8] == numbers[41] == "+2348030000008"


def test_of_two_sessions_of_one_number_the_last_used_gets_it_and_the_other_stays(old):
    url = old("version 1")
    adopt(url)
    numbers = dict(ask(url, 'SELECT id, "phoneNumber" FROM sessions WHERE id IN (1, 2, 101, 102, 103)'))

    assert numbers == {
        1: "2348030000001", 101: "+2348030000001",  # 101 is younger
        2: "2348030000002", 102: "+2348030000002",  # 102 is older, and has the spelling already
        103: "+447911123458",
    }  # fmt: skip


def test_no_last_activity_stays_none_and_a_status_gets_its_default(old):
    url = old("version 1")
    adopt(url)

    assert ask(url, 'SELECT count(*) FROM sessions WHERE "lastActivity" IS NULL') == [(3,)]
    assert ask(url, "SELECT count(*) FROM orders WHERE status IS NULL") == [(0,)]
    assert ask(url, """SELECT DISTINCT old, new FROM drugsng_adopted_values WHERE "column" = 'purpose'""") == [
        (None, "email_verification")
    ]


def test_a_trial_says_what_would_be_done_and_changes_nothing(old):
    url = old("2.0.0 with A and B")
    before, old_shape = contents(url, leave_out=()), shape(url)
    said = CliRunner().invoke(db, ["adopt", "--dry-run", "--log", "off", "--database-url", url])

    assert said.exit_code == 0
    assert "would remove prescriptions.extractedtext, extractionstatus, extractedat, now merged" in said.output
    assert "90 telephone numbers in users" in said.output
    assert (contents(url, leave_out=()), shape(url)) == (before, old_shape)


def test_while_the_old_program_runs_it_is_refused_unless_told_otherwise(old):
    url = old("version 1")
    with psycopg.connect(url, application_name="node", autocommit=True):
        with pytest.raises(CannotMigrate, match=r"may be the old program's .*node.*--while-running.*Nothing was done"):
            adopt(url)
        assert not ask(url, "SELECT 1 FROM pg_tables WHERE tablename LIKE 'drugsng%'")
        assert adopt(url, while_running=True).tables


def test_a_form_nobody_can_decide_on_is_left_alone(old):
    url = old("version 1")
    do(url, 'ALTER TABLE orders ALTER COLUMN "totalAmount" TYPE numeric')
    before = contents(url, leave_out=())

    with pytest.raises(CannotMigrate, match=r"nobody can decide.*totalAmount should be double precision and is numeric"):
        adopt(url)
    assert contents(url, leave_out=()) == before


def test_migrating_without_adopting_points_to_it(old):
    with pytest.raises(CannotMigrate, match=r"`drugsng db check` says which form it has, and `drugsng db adopt` takes it over"):
        migrate(old("option B"))


def test_the_result_for_machines_is_one_object(old):
    said = CliRunner().invoke(db, ["adopt", "--json", "--log", "off", "--database-url", old("version 1")])
    told = json.loads(said.stdout)

    assert said.exit_code == 0
    assert {row["table"]: row["kept"] for row in told["tables"]}["users"] == 91


def test_adopting_and_its_undo_are_written_down(old, tmp_path):
    url, log = old("version 1"), tmp_path / "log.md"
    for words in (["adopt"], ["adopt", "--undo"]):
        assert CliRunner().invoke(db, [*words, "--log", str(log), "--database-url", url]).exit_code == 0

    assert re.findall(r"^## .* UTC · (.*)$", log.read_text(), re.MULTILINE) == ["adopt · done", "adopt --undo · done"]
    assert "users 91" in log.read_text()


def test_a_database_that_was_migrated_without_adopting_is_adopted_later_and_keeps_its_steps(old):
    url = old("the first version")
    do(url, "DROP TABLE IF EXISTS migratehistory")
    build_missing = adopt(url)
    do(url, "DROP TABLE drugsng_adopted, drugsng_adopted_schema, drugsng_adopted_values")
    do(url, """UPDATE users SET "phoneNumber" = '08030000003' WHERE id = 3""")
    before = contents(url), shape(url)
    adopt(url)
    undo(url)

    assert build_missing.tables
    assert (contents(url), shape(url)) == before
    assert len(status(url).applied) == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            'ALTER TABLE orders DROP CONSTRAINT "orders_userId_fkey"; UPDATE orders SET "userId" = 9999 WHERE id = 4',
            "orders id 4",
        ),
        (
            "ALTER TABLE users DROP CONSTRAINT users_email_key; UPDATE users SET email = 'person2@example.com' WHERE id = 9",
            "users id 9",
        ),
    ],
)
def test_rows_that_a_missing_constraint_forbids_are_named_before_anything_is_done(old, change, told):
    url = old("2.0.0 with the long token")
    do(url, change)
    before = contents(url, leave_out=())

    with pytest.raises(CannotMigrate, match=f"{told}.*Nothing was done"):
        adopt(url)
    assert contents(url, leave_out=()) == before


def test_missing_constraints_whose_rows_are_in_order_are_made(old):
    url = old("2.0.0 with the long token")
    do(url, 'ALTER TABLE orders DROP CONSTRAINT "orders_userId_fkey"; ALTER TABLE users DROP CONSTRAINT users_email_key')
    do(url, "DROP INDEX otps_email_purpose; ALTER TABLE sessions ALTER state DROP DEFAULT")
    before = contents(url), without_copies(shape(url))
    adopt(url)

    assert shapes.lacking(shapes.step_2(), shape(url)) == {}
    undo(url)
    assert (contents(url), without_copies(shape(url))) == before
