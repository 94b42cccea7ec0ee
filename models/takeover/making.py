"""The statements of step 001 for the tables an old database lacks, taken from the step's own file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from types import ModuleType

from models.migration_steps import MIGRATIONS

_ABOUT = re.compile(r"(?:CREATE TABLE|COMMENT ON COLUMN|CREATE INDEX \w+ ON) (\w+)")


@cache
def _statements() -> tuple[tuple[str, str], ...]:
    """(table, statement) of step 001, in the order in which they can be run."""
    path = MIGRATIONS / "001_create_v1_schema.py"
    loader = SourceFileLoader("migrations.001_create_v1_schema", str(path))
    step = ModuleType(loader.name)
    loader.exec_module(step)
    found = []
    for statement in (step.PEOPLE_AND_GOODS + step.ORDERS_AND_TALK).split(";\n"):
        about = _ABOUT.search(statement)
        if about:
            found.append((about[1], statement.strip()))
    return tuple(found)


def made_like_new(missing: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(table, its statements) for each missing table, those that others refer to first."""
    order = dict.fromkeys(table for table, _ in _statements() if table in missing)
    for table in order:
        yield table, tuple(statement for owner, statement in _statements() if owner == table)
