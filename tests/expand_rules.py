"""What a step of the schema takes away from, or asks of, the version before it; read from PostgreSQL's catalogue.

A step goes first and the program follows, so the version before must be able to go on: nothing it reads may be gone, and nothing
it writes may be refused. What it writes is what it knows: of a new column it writes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import psycopg

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'migratehistory'
"""
ENUMS = """
SELECT t.typname, array_agg(e.enumlabel::text) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
WHERE t.typnamespace = 'public'::regnamespace GROUP BY 1
"""
CONSTRAINTS = """
SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid, true),
    coalesce((SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)), '{}'),
    coalesce(f.relname, ''), k.confdeltype::text, coalesce(pg_get_expr(k.conbin, k.conrelid, true), '')
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class f ON f.oid = k.confrelid
WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'x')
"""
UNIQUE = """
SELECT c.relname, x.relname, pg_get_indexdef(i.indexrelid, 0, true), i.indnullsnotdistinct,
    (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND i.indisunique
"""
FUNCTIONS = """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_function_result(p.oid)
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
"""
TRIGGERS = """
SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""
CARRIES_ON = {"c", "n", "d"}  # ON DELETE CASCADE, SET NULL, SET DEFAULT
LITERAL = re.compile(r"'((?:[^']|'')*)'(?:::\w+)?")


@dataclass(frozen=True, slots=True)
class Column:
    type: str
    required: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Constraint:
    kind: str
    text: str
    columns: frozenset[str]
    refers_to: str
    on_delete: str
    expression: str


@dataclass(frozen=True, slots=True)
class Schema:
    """(table, name) -> what it is."""

    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    enums: dict[str, frozenset[str]] = field(default_factory=dict)
    constraints: dict[tuple[str, str], Constraint] = field(default_factory=dict)
    unique: dict[tuple[str, str], tuple[str, bool, frozenset[str]]] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    triggers: frozenset[tuple[str, str]] = frozenset()

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


def read(conn: psycopg.Connection) -> Schema:
    return Schema(
        columns={(t, c): Column(kind, required, default) for t, c, kind, required, default in conn.execute(COLUMNS)},
        enums={name: frozenset(labels) for name, labels in conn.execute(ENUMS)},
        constraints={
            (t, name): Constraint(kind, text, frozenset(columns), refers_to, on_delete.strip(), expression)
            for t, name, kind, text, columns, refers_to, on_delete, expression in conn.execute(CONSTRAINTS)
        },
        unique={(t, name): (text, strict, frozenset(columns or ())) for t, name, text, strict, columns in conn.execute(UNIQUE)},
        functions=dict(conn.execute(FUNCTIONS).fetchall()),
        triggers=frozenset(conn.execute(TRIGGERS).fetchall()),
    )


def narrowed(before: Schema, after: Schema, conn: psycopg.Connection) -> set[str]:
    """One line for each thing that the version before may stumble over. `conn` is of the database after the step."""
    return {
        *_gone(before, after),
        *_columns(before, after),
        *_checks(before, after, conn),
        *_keys(before, after),
        *_unique(before, after),
        *(f"{table}: new trigger {name}" for table, name in after.triggers - before.triggers if table in before.tables),
    }


def _gone(before: Schema, after: Schema) -> set[str]:
    columns = {f"{t}.{c} is gone" for t, c in before.columns.keys() - after.columns.keys() if t in after.tables}
    tables = {f"{table} is gone" for table in before.tables - after.tables}
    labels = {
        f"{name}: {label!r} is gone"
        for name, known in before.enums.items()
        for label in known - after.enums.get(name, frozenset())
    }
    functions = {
        f"{name} is gone or gives something else"
        for name, result in before.functions.items()
        if after.functions.get(name) != result
    }
    return columns | tables | labels | functions


def _columns(before: Schema, after: Schema) -> set[str]:
    found = set()
    for (table, name), now in after.columns.items():
        was = before.columns.get((table, name))
        if was is None:
            if table in before.tables and now.required and now.default is None:
                found.add(f"{table}.{name} is new, required and without a default")
            continue
        if now.type != was.type:
            found.add(f"{table}.{name} was {was.type} and is {now.type}")
        if now.required and not was.required:
            found.add(f"{table}.{name} may not be empty any more")
        if was.required and not now.required:
            found.add(f"{table}.{name} may be empty now")
        if was.default is not None and now.default is None and now.required:
            found.add(f"{table}.{name} lost its default")
    return found


def _checks(before: Schema, after: Schema, conn: psycopg.Connection) -> set[str]:
    """A new check is no burden if the values that new columns get by themselves pass it, or if it admits more than one before."""
    found = set()
    for (table, name), check in after.constraints.items():
        if check.kind == "f" or table not in before.tables or before.constraints.get((table, name)) == check:
            continue
        old = {column for column in check.columns if (table, column) in before.columns}
        if old and not any(_wider(check, was) for (t, _), was in before.constraints.items() if t == table):
            found.add(f"{table}: new check {name}")
        if not old and not _passes(check, table, after, conn):
            found.add(f"{table}: new check {name} refuses what its columns are by themselves")
    return found


def _wider(now: Constraint, was: Constraint) -> bool:
    same = LITERAL.sub("", now.expression).count("(") == LITERAL.sub("", was.expression).count("(") and now.columns == was.columns
    return same and was.kind == "c" and set(LITERAL.findall(was.expression)) <= set(LITERAL.findall(now.expression))


def _passes(check: Constraint, table: str, after: Schema, conn: psycopg.Connection) -> bool:
    values = ", ".join(
        f'({after.columns[table, name].default or "NULL"})::{after.columns[table, name].type} AS "{name}"'
        for name in sorted(check.columns)
    )
    row = conn.execute(f"SELECT ({check.expression}) IS NOT FALSE FROM (SELECT {values}) AS fresh").fetchone()
    return bool(row and row[0])


def _keys(before: Schema, after: Schema) -> set[str]:
    """A new key that leans on an old table must not hold its rows there; a new key of an old column may refuse what is written."""
    found = set()
    for (table, name), key in after.constraints.items():
        if key.kind != "f" or before.constraints.get((table, name)) == key:
            continue
        if key.refers_to in before.tables and key.on_delete not in CARRIES_ON:
            found.add(f"{table}: {name} keeps rows of {key.refers_to} from being deleted")
        if any((table, column) in before.columns for column in key.columns):
            found.add(f"{table}: new foreign key {name} on an old column")
    return found


def _unique(before: Schema, after: Schema) -> set[str]:
    """Uniqueness asks nothing of a version that leaves one of its columns NULL."""
    found = set()
    for (table, name), (text, strict, columns) in after.unique.items():
        if table not in before.tables or before.unique.get((table, name)) == (text, strict, columns):
            continue
        empty = {c for c in columns if (table, c) not in before.columns and after.columns[table, c].default is None}
        if strict or not empty:
            found.add(f"{table}: new unique index {name}")
    return found
