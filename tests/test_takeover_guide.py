"""`docs/migrating-from-v1.md`: each command of it is run here, in its order, on a database of the old system."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from models.migrating_cli import db
from tests.children import ROOT
from tests.old_databases import FORMS, build, contents

GUIDE = (ROOT / "docs" / "migrating-from-v1.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
WORK_TO_DO = {"drugsng db check": 3}  # an old database has


@pytest.mark.parametrize("form", ["version 1", "2.0.0 with A and B"])
def test_every_command_of_the_guide_works_and_the_last_one_gives_the_old_database_back(form, empty_database_url, tmp_path):
    build(empty_database_url, *FORMS[form])
    before = contents(empty_database_url)
    environment = {"DATABASE_URL": empty_database_url, "MIGRATION_LOG": str(tmp_path / "log.md")}
    ended = {}
    for command in COMMANDS:
        program, group, *words = shlex.split(command)
        assert (program, group) == ("drugsng", "db")
        ended[command] = CliRunner().invoke(db, words, env=environment).exit_code

    assert ended == {command: WORK_TO_DO.get(command, 0) for command in COMMANDS}
    assert contents(empty_database_url) == before
    assert "drugsng db adopt --undo" in COMMANDS[-1]
