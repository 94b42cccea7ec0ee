"""Dumps of real old databases, where LEGACY_DUMPS names a folder of them: each is adopted, migrated and taken all the way back.

A dump is `*schema*.sql`; a data file is loaded on the schema whose name begins alike (`v1_schema_dump.sql`, `v1_sample_data.sql`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.migrating import migrate, rollback, status
from models.takeover import shapes
from models.takeover.adopting import adopt
from models.takeover.checking import check
from models.takeover.undoing import undo
from models.takeover.verifying import verify
from tests.old_databases import PIECES, contents, do, shape, without_copies

FOLDER = Path(os.environ.get("LEGACY_DUMPS") or "/nonexistent")
DUMPS = sorted(FOLDER.glob("*schema_dump*.sql"))
NO_NULLS = """DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'sessions'::regclass AND attname = 'loginTime') THEN
        UPDATE sessions SET "lastActivity" = "updatedAt" WHERE "lastActivity" IS NULL;
        ALTER TABLE sessions ALTER "lastActivity" SET NOT NULL;
    END IF;
END $$"""  # what 2.0.0 wants, with the data of version 1
GUIDES = ((), ("copies",), ("a",), ("b",), ("a", "b"))


def load(url: str, dump: Path) -> None:
    """The dump and the data of its version; a version without data gets those of version 1, whose columns it has."""
    data = sorted(FOLDER.glob(dump.name.split("_")[0] + "*data*.sql")) or sorted(FOLDER.glob("*data*.sql"))
    for file in (dump, *data[:1]):
        text = "\n".join(line for line in file.read_text().splitlines() if not line.startswith("\\"))
        if file is not dump and dump.name.split("_")[0] not in file.name:
            text = 'ALTER TABLE public.sessions ALTER "lastActivity" DROP NOT NULL;' + text
        do(url, text)
    do(url, NO_NULLS)


@pytest.mark.skipif(not DUMPS, reason="LEGACY_DUMPS names no folder with dumps")
@pytest.mark.parametrize("guide", GUIDES, ids=" ".join)
@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_a_dump_is_taken_over_and_given_back(empty_database_url, dump, guide):
    load(empty_database_url, dump)
    for piece in guide:
        do(empty_database_url, *PIECES[piece])
    before, old_shape = contents(empty_database_url), shape(empty_database_url)

    assert check(empty_database_url).exit_code == 3
    adopt(empty_database_url)
    assert shapes.lacking(shapes.step_2(), shape(empty_database_url)) == {}
    migrate(empty_database_url)
    assert verify(empty_database_url).exit_code == 0
    rollback(empty_database_url, len(status(empty_database_url).applied) - 2)
    undo(empty_database_url)

    assert contents(empty_database_url) == before
    assert without_copies(shape(empty_database_url)) == without_copies(old_shape)
