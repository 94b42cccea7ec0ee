"""What has to be done to an old schema to make it step 002's, each change with the statement that takes it back.

The old program left many forms behind: see `forms`. From the difference of a form to what it should be follows what to do, so
that mixtures need no rules of their own. Copies of constraints alone do not come back: they were never meant to be there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.takeover import shapes
from models.takeover.forms import NO_BUSINESS, TWINS
from models.takeover.making import made_like_new
from models.takeover.shapes import Shape

COPIES_AT_ONCE = 20
EARLIEST_UNIQUE = 'UNIQUE ("phoneNumber")'  # on users: the earliest 1.x had it, later ones not, and two users may share a phone
FILL_LAST_ACTIVITY = 'UPDATE sessions SET "lastActivity" = "updatedAt" WHERE "lastActivity" IS NULL'
_COLUMN = re.compile(r"(?P<type>.+?)(?P<needed> NOT NULL)?(?: DEFAULT (?P<default>.+))?")


@dataclass(frozen=True)
class Mend:
    """One change of the schema: all its statements in one transaction. `undo` "" means it does not come back."""

    code: str
    what: str
    statements: tuple[str, ...]
    undo: str = ""
    table: str = ""
    things: int = 1


@dataclass
class Plan:
    """`before` and `after` the values are changed; `stops` are sentences about what nobody can decide for the owner."""

    before: list[Mend] = field(default_factory=list)
    after: list[Mend] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    keeps: list[str] = field(default_factory=list)

    @property
    def mends(self) -> list[Mend]:
        return [*self.before, *self.after]


def plan(actual: Shape) -> Plan:
    """The changes that make `actual` a database of step 002, less what running step 002 does itself."""
    made = Plan()
    _missing_tables(actual, made)
    _columns(actual, made)
    _copies(actual, made)
    _wrong_names(actual, made)
    _constraints(actual, made)
    _twins(actual, made)
    _rest(actual, made)
    return made


def _missing_tables(actual: Shape, made: Plan) -> None:
    for (kind, name, _), labels in shapes.version_1().items():
        if kind != "enum":
            continue
        there = actual.get(("enum", name, ""))
        if there is None:
            undo = f'DO $$ BEGIN DROP TYPE "{name}"; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$'
            made.before.append(
                Mend("missing_table", f"make the type {name}", (f'CREATE TYPE "{name}" AS ENUM ({labels})',), undo)
            )
        elif there != labels:
            made.stops.append(f"the type {name} should have the values {labels} and has {there}")
    missing = shapes.tables(shapes.version_1()) - shapes.tables(actual)
    for table, statements in made_like_new(missing):
        undo = (
            f'DO $$ BEGIN IF EXISTS (SELECT FROM "{table}") THEN'
            f" RAISE WARNING 'the table {table} was made by adopting and holds rows now, so it stays';"
            f' ELSE DROP TABLE "{table}"; END IF; END $$'
        )
        made.before.append(Mend("missing_table", f"make the table {table}", statements, undo, table))


def _columns(actual: Shape, made: Plan) -> None:
    for (kind, table, name), text in shapes.step_2().items():
        if kind != "column" or table not in shapes.tables(actual):
            continue
        there = actual.get((kind, table, name))
        if there is None and (kind, table, name) in shapes.version_1():
            _add_column(table, name, text, made)
        elif there is not None and there != text:
            _change_column(table, name, text, there, made)


def _add_column(table: str, name: str, text: str, made: Plan) -> None:
    if "NOT NULL" in text and "DEFAULT" not in text:
        made.stops.append(f"the column {table}.{name} is missing, and nobody can know what it should hold")
        return
    undo = f'ALTER TABLE "{table}" DROP COLUMN IF EXISTS "{name}"'
    made.before.append(
        Mend("missing_column", f"add {table}.{name}", (f'ALTER TABLE "{table}" ADD COLUMN "{name}" {text}',), undo, table)
    )


def _change_column(table: str, name: str, text: str, there: str, made: Plan) -> None:
    wanted, found = _parts(text), _parts(there)
    alter = f'ALTER TABLE "{table}" ALTER COLUMN "{name}"'
    what = f"{table}.{name}"
    if wanted["type"] != found["type"]:
        if (table, name) == ("sessions", "token") and re.fullmatch(r"character varying(\(\d+\))?|text", found["type"] or ""):
            made.after.append(_narrower(alter, found["type"] or ""))
        elif table == "prescriptions" and name in TWINS.values() and name != "extractedText":
            return  # renamed in _twins
        else:
            made.stops.append(f"the column {what} should be {wanted['type']} and is {found['type']}")
            return
    if found["needed"] and not wanted["needed"]:
        fill = f"{FILL_LAST_ACTIVITY};" if name == "lastActivity" else ""
        made.before.append(
            Mend("nullable", f"let {what} be empty", (f"{alter} DROP NOT NULL",), f"{fill}{alter} SET NOT NULL", table)
        )
    if wanted["needed"] and not found["needed"]:
        made.after.append(
            Mend("not_null", f"let {what} never be empty", (f"{alter} SET NOT NULL",), f"{alter} DROP NOT NULL", table)
        )
    if wanted["default"] != found["default"]:
        made.before.append(
            Mend("default", f"set the default of {what}", (_default(alter, wanted),), _default(alter, found), table)
        )


def _narrower(alter: str, found: str) -> Mend:
    """Longer values are refused by PostgreSQL before anything changes."""
    return Mend(
        "token_length", f"make sessions.token 255 characters long (it is {found})",
        (f"{alter} TYPE varchar(255)",), f"{alter} TYPE {found}", "sessions",
    )  # fmt: skip


def _parts(text: str) -> dict[str, str | None]:
    found = _COLUMN.fullmatch(text)
    return found.groupdict() if found else {"type": text, "needed": None, "default": None}


def _default(alter: str, parts: dict[str, str | None]) -> str:
    return f"{alter} SET DEFAULT {parts['default']}" if parts["default"] else f"{alter} DROP DEFAULT"


def _copies(actual: Shape, made: Plan) -> None:
    """One constraint of each meaning stays, under the name step 001 gives it; the copies go, some at a time."""
    named = {key[1:]: text for key, text in shapes.step_2().items() if key[0] == "constraint"}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (kind, table, name), text in sorted(actual.items()):
        if kind == "constraint" and text.startswith(("UNIQUE", "FOREIGN KEY")) and not table.startswith(NO_BUSINESS):
            groups[table, text].append(name)
    for (table, text), names in groups.items():
        names.sort(key=lambda name: (len(name), name))
        if table == "users" and text == EARLIEST_UNIQUE:
            back = f'ALTER TABLE users ADD CONSTRAINT "users_phoneNumber_key" {EARLIEST_UNIQUE}'
            made.before.append(Mend(
                "phone_unique", f"remove {_things(len(names), 'unique constraint')} on users.phoneNumber",
                (_drops(table, names),), back, table, len(names),
            ))  # fmt: skip
            continue
        expected = next((name for (owner, name), wanted in named.items() if owner == table and wanted == text), None)
        keep = expected if expected in names else names[0]
        extra = [name for name in names if name != keep]
        for start in range(0, len(extra), COPIES_AT_ONCE):
            some = extra[start : start + COPIES_AT_ONCE]
            what = f"remove {_things(len(some), 'copy', 'copies')} of {keep} on {table}"
            made.before.append(Mend("constraint_copies", what, (_drops(table, some),), "", table, len(some)))
        if expected and keep != expected:
            rename = 'ALTER TABLE "{}" RENAME CONSTRAINT "{}" TO "{}"'
            made.before.append(Mend(
                "constraint_name", f"name {table}'s constraint {expected}", (rename.format(table, keep, expected),), "", table
            ))  # fmt: skip


def _drops(table: str, names: list[str]) -> str:
    return f'ALTER TABLE "{table}" ' + ", ".join(f'DROP CONSTRAINT "{name}"' for name in names)


def _wrong_names(actual: Shape, made: Plan) -> None:
    """Option B gave the guide's names to a check and an index on its own twin: step 002 would take them for its own."""
    for (kind, table, name), text in shapes.added_by_step_2().items():
        there = actual.get((kind, table, name))
        if there is None or there == text:
            continue
        if kind == "constraint":
            back = f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {there}'
            drop = f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'
            made.before.append(Mend("wrong_check", f"remove {name}, which checks something else", (drop,), back, table))
        elif kind == "index":
            back = "" if there.endswith(" INVALID") else there
            made.before.append(
                Mend(
                    "wrong_index", f"remove the index {name}, which is on something else", (f'DROP INDEX "{name}"',), back, table
                )
            )
        elif kind == "enum":
            made.stops.append(f"the type {table} should have the values {text} and has {there}")


def _constraints(actual: Shape, made: Plan) -> None:
    meanings = {(key[1], text) for key, text in actual.items() if key[0] == "constraint"}
    for (kind, table, name), text in shapes.version_1().items():
        if kind != "constraint" or table not in shapes.tables(actual) or (table, text) in meanings:
            continue
        there = actual.get((kind, table, name))
        if text.startswith("PRIMARY KEY"):
            made.stops.append(f"the table {table} has no primary key {name}")
            continue
        add = f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {text}'
        back = f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"' + (
            f'; ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {there}' if there else ""
        )
        drop = (f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',) if there else ()
        if text.startswith("FOREIGN KEY"):
            made.after.append(Mend("missing_constraint", f"add {name} to {table}", (*drop, f"{add} NOT VALID"), back, table))
            check = f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"'
            made.after.append(Mend("missing_constraint", f"check {name} of {table}", (check,), "", table))
        else:
            made.after.append(Mend("missing_constraint", f"add {name} to {table}", (*drop, add), back, table))
    for (kind, table, name), text in shapes.version_1().items():
        if kind == "index" and table in shapes.tables(actual) and (kind, table, name) not in actual and "UNIQUE" not in text:
            made.after.append(Mend("missing_index", f"make the index {name}", (text,), f'DROP INDEX IF EXISTS "{name}"', table))


def _twins(actual: Shape, made: Plan) -> None:
    """The twins' values are merged (`merging`) between making the right columns and removing theirs."""
    there = shapes.columns(actual, "prescriptions")
    right = shapes.columns(shapes.step_2(), "prescriptions")
    twins = {twin: there[twin] for twin in TWINS if twin in there}
    for twin, name in TWINS.items():
        if name in there and name != "extractedText" and _parts(there[name])["type"] != _parts(right[name])["type"]:
            if twin in twins:
                made.stops.append(f"prescriptions has {twin} and a {name} that is {there[name]}: which of them counts?")
                continue
            rename = 'ALTER TABLE prescriptions RENAME COLUMN "{}" TO "{}"'
            made.before.append(
                Mend(
                    "twin",
                    f"set prescriptions.{name} aside",
                    (rename.format(name, twin),),
                    rename.format(twin, name),
                    "prescriptions",
                )
            )
            twins[twin] = there[name]
            there = {key: text for key, text in there.items() if key != name}
    if not twins:
        return
    labels = shapes.added_by_step_2()["enum", "enum_prescriptions_extractionStatus", ""]
    if ("enum", "enum_prescriptions_extractionStatus", "") not in actual:
        made.before.append(Mend(
            "twin", "make the type of extractionStatus",
            (f'CREATE TYPE "enum_prescriptions_extractionStatus" AS ENUM ({labels})',),
            'DROP TYPE IF EXISTS "enum_prescriptions_extractionStatus"',
        ))  # fmt: skip
    for name in ("extractionStatus", "extractedAt"):
        if name not in there:
            add = f'ALTER TABLE prescriptions ADD COLUMN "{name}" {right[name]}'
            back = f'ALTER TABLE prescriptions DROP COLUMN IF EXISTS "{name}"'
            made.before.append(Mend("twin", f"add prescriptions.{name}", (add,), back, "prescriptions"))
    # All at once: merging again with some of them gone would decide otherwise.
    drop = "ALTER TABLE prescriptions " + ", ".join(f'DROP COLUMN "{twin}"' for twin in twins)
    back = "ALTER TABLE prescriptions " + ", ".join(f'ADD COLUMN "{twin}" {text}' for twin, text in twins.items())
    made.after.append(
        Mend("twin", f"remove prescriptions.{', '.join(twins)}, now merged", (drop,), back, "prescriptions", len(twins))
    )


def _rest(actual: Shape, made: Plan) -> None:
    ours = shapes.step_2()
    for (kind, table, name), text in sorted(actual.items()):
        if kind != "column" or table not in shapes.tables(ours) or (kind, table, name) in ours:
            continue
        if name in shapes.ADDED_BY_2_0_0.get(table, ()) or (table == "prescriptions" and name in TWINS):
            continue
        if "NOT NULL" in text and "DEFAULT" not in text:
            made.stops.append(f"the column {table}.{name} is unknown and must not be empty, so no new row could be written")
        else:
            made.keeps.append(f"{table}.{name}")
    for (kind, table, name), text in shapes.version_1().items():
        if kind == "sequence" and table in shapes.tables(actual) and actual.get((kind, table, name)) != text:
            made.stops.append(f"the sequence {name} should be {text} and is {actual.get((kind, table, name), 'missing')}")


def _things(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def by_code(mends: list[Mend]) -> Iterator[tuple[str, list[Mend]]]:
    """The mends in groups of one kind, in their order."""
    grouped: dict[str, list[Mend]] = defaultdict(list)
    for mend in mends:
        grouped[mend.code].append(mend)
    yield from grouped.items()
