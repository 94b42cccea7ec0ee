"""What a schema looks like, as text that can be compared: columns, constraints, indexes, enum types, sequences, comments.

Everything is read from PostgreSQL's catalogue with the schema first in the search path, so that the same tables read the
same in any schema. Used to recognise a database of the old system, and by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

KINDS = ("column", "constraint", "index", "enum", "sequence")  # what makes a difference to a program
Shape = Mapping[tuple[str, str, str], str]  # (kind, table or type, name) -> definition

_COLUMNS = """
SELECT 'column', c.relname, a.attname,
       format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = %(schema)s::regnamespace
"""
_PLACES = """
SELECT 'place', c.relname, a.attname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum)::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = %(schema)s::regnamespace
"""
_CONSTRAINTS = """
SELECT 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid, true)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = %(schema)s::regnamespace AND k.contype <> 'n'
"""
_INDEXES = """
SELECT 'index', c.relname, x.relname, pg_get_indexdef(i.indexrelid, 0, true) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r'
"""
_ENUMS = """
SELECT 'enum', t.typname, '', string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = %(schema)s::regnamespace GROUP BY t.typname
"""
_SEQUENCES = """
SELECT 'sequence', coalesce(o.relname, ''), s.relname,
       concat_ws(' ', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle,
                 'owned by', coalesce(o.relname || '.' || a.attname, 'nobody'))
FROM pg_sequence q JOIN pg_class s ON s.oid = q.seqrelid
LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a'
    AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
LEFT JOIN pg_class o ON o.oid = d.refobjid LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.relnamespace = %(schema)s::regnamespace
"""
_COMMENTS = """
SELECT 'comment', c.relname, coalesce(a.attname, ''), d.description
FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE c.relnamespace = %(schema)s::regnamespace
"""
_TRIGGERS = """
SELECT 'trigger', c.relname, t.tgname, pg_get_triggerdef(t.oid, true)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = %(schema)s::regnamespace AND NOT t.tgisinternal
"""
_FUNCTIONS = """
SELECT 'function', p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid)
FROM pg_proc p WHERE p.pronamespace = %(schema)s::regnamespace AND p.prokind = 'f'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_ALL = " UNION ALL ".join((_COLUMNS, _PLACES, _CONSTRAINTS, _INDEXES, _ENUMS, _SEQUENCES, _COMMENTS, _TRIGGERS, _FUNCTIONS))


def read(database: Any, schema: str = "public") -> dict[tuple[str, str, str], str]:
    """Everything in `schema`. The search path must begin with it. `database` is Peewee's."""
    rows = database.execute_sql(_ALL, {"schema": schema}).fetchall()
    return {(kind, owner, name): definition for kind, owner, name, definition in rows}


def differences(expected: Shape, actual: Shape, *, kinds: Collection[str] = KINDS) -> list[str]:
    """What `actual` lacks or has otherwise, one sentence each, for the tables and types of `expected`; [] when nothing.

    Tables `expected` does not know are none of its business. Copies of a constraint are not a difference: the old system's
    start-up adds another `users_email_key1`, `2`, ... each time.
    """
    owners = {owner for _, owner, _ in expected}
    found = []
    for key, definition in sorted(expected.items()):
        if key[0] in kinds and actual.get(key) != definition:
            found.append(f"{_named(key)} should be {definition} and is {actual.get(key, 'missing')}")
    for key, definition in sorted(actual.items()):
        if key[0] in kinds and key[1] in owners and key not in expected and not is_copy(key, definition, expected):
            found.append(f"{_named(key)} is there and should not be ({definition})")
    return found


def _named(key: tuple[str, str, str]) -> str:
    kind, owner, name = key
    return f"{kind} {owner}.{name}" if name else f"{kind} {owner}"


# Databases first made by the earliest 1.x hold this one as well, and its copies; the old start-up never drops it.
_EARLIEST = {"users_phoneNumber_key": 'UNIQUE ("phoneNumber")'}


def is_copy(key: tuple[str, str, str], definition: str, expected: Shape) -> bool:
    """Whether this is one of the copies of a constraint (or its index) that each start of the old program adds."""
    kind, owner, name = key
    original = re.sub(r"\d+$", "", name)
    if original in _EARLIEST:
        return kind == "index" or definition == _EARLIEST[original]
    twin = expected.get((kind, owner, original))
    return twin is not None and definition.replace(name, original) == twin
