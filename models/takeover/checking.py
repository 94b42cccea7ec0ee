"""`drugsng db check`: which database this is, and what stands in the way or deserves knowing. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import peewee

from models import schema_shape
from models.migration_session import Session, opened, reason
from models.migration_steps import names
from models.takeover import findings, forms, looking, plan, records, rows, sequences, shapes, surroundings
from models.takeover.findings import MENDS, NOTE, SEVERITIES, STOPS, Finding
from models.takeover.forms import Form

_WORDS = {
    "missing_table": "{n} tables or types of version 1.x are missing",
    "missing_column": "{n} columns of version 1.x are missing",
    "missing_constraint": "{n} constraints of version 1.x are missing",
    "missing_index": "{n} indexes of version 1.x are missing",
    "constraint_copies": "{n} copies of unique constraints, one for each start of the old program",
    "constraint_name": "{n} constraints are there under the name of a copy only",
    "phone_unique": "{n} unique constraints on users.phoneNumber, left by the earliest versions",
    "nullable": "{n} columns must not be empty here and may be in step 002",
    "not_null": "{n} columns may be empty here and must not be in step 002",
    "default": "{n} columns have another default than version 1.x",
    "token_length": "{n} column is longer than in step 002",
    "wrong_check": "{n} check has the guide's name and checks something else",
    "wrong_index": "{n} indexes have the guide's names and are on something else",
    "twin": "{n} changes merge the lower-case twins of guide option B",
}


@dataclass(frozen=True)
class Report:
    """What `check` says. `could` are sentences about questions that were not answered."""

    form: Form
    found: tuple[Finding, ...]
    unanswered: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        worst = findings.worst(self.found)
        if worst == STOPS or self.form.kind in (forms.NEWER, forms.UNKNOWN):
            return findings.STOPPED
        if worst == MENDS:
            return findings.WORK
        return findings.COULD_NOT_LOOK if self.unanswered else findings.READY

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": {
                "kind": self.form.kind,
                "title": self.form.title,
                "step": self.form.step,
                "marks": list(self.form.marks),
            },
            "findings": [finding.as_dict() for finding in self.found],
            "unanswered": list(self.unanswered),
            "exit_code": self.exit_code,
        }


def check(database_url: str) -> Report:
    """Looks at a database. Raises CannotMigrate when it cannot be reached."""
    with opened(database_url, lambda _: None) as session:
        return look(session)


def look(session: Session) -> Report:
    """The report about a session's database; the session can write nothing afterwards."""
    looking.read_only(session)
    shape = schema_shape.read(session.database)
    history = history_of(session)
    form = forms.recognise(shape, history, names())
    found: list[Finding] = list(_standing(form, records.there(session)))
    unanswered: list[str] = []
    looks: list[Iterator[Finding]] = [surroundings.look(session, shapes.tables(shapes.version_1()))]
    if adoptable(form):
        looks += [_schema(shape), rows.look(session, shape), sequences.look(session, shape)]
    for each in looks:
        try:
            found += each
        except peewee.PeeweeException as e:
            unanswered.append(f"A question was not answered: {reason(e)}.")
    found.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.code, finding.table))
    return Report(form, tuple(found), tuple(unanswered))


def adoptable(form: Form) -> bool:
    """Whether `adopt` has any business with such a database: the old system's, or ours up to 002."""
    return form.kind == forms.OLD or (form.kind == forms.OURS and form.step[:3] in ("001", "002"))


def history_of(session: Session) -> list[str]:
    run = session.database.execute_sql
    if run("SELECT to_regclass('migratehistory')").fetchone()[0] is None:
        return []
    return [name for (name,) in run("SELECT name FROM migratehistory ORDER BY id")]


def _standing(form: Form, adoption: dict[str, Any] | None) -> Iterator[Finding]:
    if adoption and adoption["undoing"]:
        yield Finding(
            "undoing", STOPS, "Taking the adoption back was begun and broken off", "Run `drugsng db adopt --undo` again."
        )
        return
    if adoption and not adoption["finished"]:
        yield Finding(
            "adopting", MENDS, "Adopting was begun and broken off", "Run `drugsng db adopt` again: it goes on from there."
        )
        return
    if adoption:
        yield Finding(
            "adopted", NOTE, "What adopting changed is kept in the tables drugsng_adopted*, personal data among it",
            "Drop them when the way back to the old system is no longer wanted.",
        )  # fmt: skip
    if form.kind == forms.NEWER:
        yield Finding("newer", STOPS, "The database is newer than this program", "Use the version that made it.")
    elif form.kind == forms.UNKNOWN:
        yield Finding("unknown", STOPS, "These tables are not the old system's", "Check DATABASE_URL, or make an empty database.")
    elif form.kind == forms.EMPTY:
        yield Finding("empty", MENDS, "There are no tables yet", "Run `drugsng db migrate`.")
    elif form.kind == forms.OLD:
        yield Finding(
            "old", MENDS, "The old system's tables are to be taken over", "Run `drugsng db adopt`, then `drugsng db migrate`."
        )
    elif "steps missing" in form.title:
        yield Finding("steps", MENDS, "Steps of this program are missing", "Run `drugsng db migrate`.")


def _schema(shape: shapes.Shape) -> Iterator[Finding]:
    planned = plan.plan(shape)
    for code, mends in plan.by_code(planned.mends):
        things = sum(mend.things for mend in mends)
        example = mends[0].what
        yield Finding(code, MENDS, _WORDS[code], "`drugsng db adopt` does it.", things, example=example, table=mends[0].table)
    for sentence in planned.stops:
        yield Finding(
            "schema", STOPS, sentence[0].upper() + sentence[1:], "Put it right by hand, then run `drugsng db check` again."
        )
    if planned.keeps:
        yield Finding(
            "unknown_columns", NOTE, "{n} columns of the old tables are not known to this program", "They stay and are not used.",
            len(planned.keeps), example=planned.keeps[0],
        )  # fmt: skip
