"""`drugsng db verify`: is the schema what the steps make, do the models fit it, and are the rows as the guide wants them?"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import peewee
import psycopg

import models
from models import schema_shape
from models.base import Base
from models.migration_session import CannotMigrate, Session, opened, reason
from models.migration_steps import names
from models.takeover import checking, findings, forms, looking, rows, scratch, sequences, shapes
from models.takeover.findings import MENDS, NOTE, STOPS, Finding
from models.takeover.forms import Form
from models.takeover.shapes import Shape

KINDS = (*schema_shape.KINDS, "trigger", "function")
GUIDE = tuple(sorted(key for key in shapes.added_by_step_2() if key[0] in ("index", "constraint")))
EXTRACTION = """
SELECT "extractionStatus"::text, btrim(coalesce("extractedText", ''), E' \\n\\t\\r') <> '', count(*)
FROM prescriptions GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass
class Verified:
    """`rows` per table; `extraction`: (status, has text, rows); `unanswered` sentences about what could not be looked at."""

    form: Form
    found: list[Finding] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    extraction: list[tuple[str, bool, int]] = field(default_factory=list)
    compared: int = 0
    unanswered: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        worst = findings.worst(self.found)
        if worst == STOPS:
            return findings.STOPPED
        if self.unanswered:
            return findings.COULD_NOT_LOOK
        return findings.WORK if worst == MENDS else findings.READY

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": self.form.title,
            "compared": self.compared,
            "findings": [finding.as_dict() for finding in self.found],
            "rows": self.rows,
            "extraction": [{"status": status, "text": text, "rows": count} for status, text, count in self.extraction],
            "unanswered": self.unanswered,
            "exit_code": self.exit_code,
        }


def verify(database_url: str, *, compare: bool = True) -> Verified:
    """Looks everything over and changes nothing in this database. Raises CannotMigrate when it cannot be reached.

    With `compare` the steps are run in a database of their own on the same server, which takes a second or two and the right
    to create one; without it that part is left out.
    """
    with opened(database_url, lambda _: None) as session:
        looking.read_only(session)
        actual = schema_shape.read(session.database)
        history = checking.history_of(session)
        made = Verified(forms.recognise(actual, history, names()))
        if made.form.kind != forms.OURS:
            made.found.append(
                Finding("not_ours", STOPS, f"This database is {made.form.title}", "`drugsng db check` says what to do with it.")
            )
            return made
        missing = [name for name in names() if name not in history]
        if missing:
            made.found.append(
                Finding("steps", MENDS, "{n} steps are missing", "Run `drugsng db migrate`.", len(missing), example=missing[0])
            )
        else:
            made.found += _models(actual)
        made.found += _guide(actual)
        try:
            _data(session, actual, made)
        except peewee.PeeweeException as e:
            made.unanswered.append(f"A question was not answered: {reason(e)}.")
    if compare:
        try:
            wanted = scratch.expected(database_url, max(history))
            made.compared = sum(key[0] in KINDS for key in wanted)
            made.found += compared(wanted, actual)
        except (psycopg.Error, CannotMigrate) as e:
            why = reason(e) if isinstance(e, psycopg.Error) else str(e)
            made.unanswered.append(f"The schema was not compared, because no scratch database could be made: {why}.")
    made.found.sort(key=lambda finding: (findings.SEVERITIES.index(finding.severity), finding.code, finding.table))
    return made


def compared(wanted: Shape, actual: Shape) -> Iterator[Finding]:
    """Every difference of two schemas; what is there besides is a note."""
    for key, text in sorted(wanted.items()):
        if key[0] in KINDS and actual.get(key) != text and not key[1].startswith("migratehistory"):
            there = "is missing" if key not in actual else f"is {_short(actual[key])} and should be {_short(text)}"
            yield Finding(
                "schema", STOPS, f"The {key[0]} {_name(key)} {there}".replace("{", "{{").replace("}", "}}"),
                "Somebody changed it by hand, or the old program's start did: put it back, or restore a backup.", table=key[1],
            )  # fmt: skip
    extra = [key for key in sorted(actual) if key[0] in KINDS and key not in wanted and not key[1].startswith(forms.NO_BUSINESS)]
    copies = [key for key in extra if schema_shape.is_copy(key, actual[key], wanted)]
    others = [key for key in extra if key not in copies and not _of_2_0_0(key)]
    kept = [key for key in extra if _of_2_0_0(key)]
    if copies:
        yield Finding(
            "constraint_copies", NOTE, "{n} copies of constraints and their indexes are there: the old program was started",
            "They cost writes and do no other harm; ALTER TABLE ... DROP CONSTRAINT removes them.", len(copies), example=_name(copies[0]),
        )  # fmt: skip
    if kept:
        yield Finding(
            "kept_2_0_0", NOTE, "{n} things of version 2.0.0 are kept", "Nothing to do.", len(kept), example=_name(kept[0])
        )
    if others:
        yield Finding(
            "extra",
            NOTE,
            "{n} things are there that no step makes",
            "Nothing to do if you know them.",
            len(others),
            example=_name(others[0]),
        )


def _of_2_0_0(key: tuple[str, str, str]) -> bool:
    return key[1] in ("admins", "enum_admins_role") or key[2] in shapes.ADDED_BY_2_0_0.get(key[1], ())


def _name(key: tuple[str, str, str]) -> str:
    return f"{key[1]}.{key[2]}" if key[2] else key[1]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:157] + "..."


def _guide(actual: Shape) -> Iterator[Finding]:
    """The guide's six indexes and its check, by their names."""
    for key in GUIDE:
        if key not in actual:
            yield Finding(
                "guide", STOPS, f"The guide's {key[0]} {key[2]} is missing", "Roll back to step 001 and migrate.", table=key[1]
            )


def _models(actual: Shape) -> Iterator[Finding]:
    """Columns that a model names and the database lacks. Every module of `models` is loaded for it."""
    for module in pkgutil.walk_packages(models.__path__, "models."):
        importlib.import_module(module.name)
    todo: list[Any] = [Base]
    while todo:
        for model in todo.pop().__subclasses__():
            todo.append(model)
            table = model._meta.table_name
            for column in model._meta.columns:
                if ("column", table, column) not in actual:
                    yield Finding(
                        "model", STOPS, f"The program reads {table}.{column}, which is not there",
                        "Use the program and the database of one version.", table=table,
                    )  # fmt: skip


def _data(session: Session, actual: Shape, made: Verified) -> None:
    run = session.database.execute_sql
    for table in sorted(shapes.tables(actual)):
        if table.startswith(("drugsng_adopt", "rollback_")):
            continue
        try:
            made.rows[table] = int(run(f'SELECT count(*) FROM "{table}"').fetchone()[0])
        except peewee.PeeweeException:
            made.unanswered.append(f"The rows of {table} could not be counted in time.")
    made.extraction = [(status, text, count) for status, text, count in run(EXTRACTION)]
    wrong = sum(count for status, text, count in made.extraction if text != (status == "extracted") and status != "failed")
    if wrong:
        made.found.append(Finding(
            "extraction", NOTE, "{n} prescriptions say something else about their text than whether it is there",
            "Nothing to do while they are being read; otherwise read them again.", wrong, table="prescriptions",
        ))  # fmt: skip
    made.found += rows.look(session, actual)
    made.found[:] = [_told(finding) for finding in made.found]
    behind = sequences.behind(session, actual)
    if behind:
        made.found.append(Finding(
            "sequence_behind", STOPS, "{n} sequences are behind the ids of their tables, so new rows are refused",
            f"SELECT setval('{behind[0][1]}', {behind[0][2]}), and so on.", len(behind), example=behind[0][1],
        ))  # fmt: skip


def _told(finding: Finding) -> Finding:
    """What adopting would mend is past here: worth a note and no more."""
    if finding.severity != MENDS or finding.code == "steps":
        return finding
    do = "Adopting would have changed it; it does no harm."
    return Finding(finding.code, NOTE, finding.says, do, finding.count, finding.at_least, finding.table, finding.example)
