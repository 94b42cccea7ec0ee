"""What a database holds, in figures that can be compared: rows and a checksum of each table, objects, sequences, migration step.

A table's checksum is the sum of 60 bits of the MD5 of each row's text: it does not depend on the order of the rows, and two
equal rows count twice. It finds a lost or changed value; it does not defend against somebody who means it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, LiteralString

import psycopg
from psycopg import sql

from models.keeping.connecting import CannotKeep, one

Which = Literal["all", "small", "none"]
SMALL_BYTES = 100 * 1024 * 1024  # a table of this size is read in about a second

_OURS = (
    "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend d"
    " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
)
_TABLES: LiteralString = f"""
SELECT n.nspname, c.relname, pg_table_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND {_OURS} ORDER BY 3, 1, 2
"""
_OBJECTS: LiteralString = f"""
SELECT CASE c.relkind WHEN 'r' THEN 'tables' WHEN 'p' THEN 'partitioned tables' WHEN 'i' THEN 'indexes'
       WHEN 'I' THEN 'partitioned indexes' WHEN 'S' THEN 'sequences' WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialised views'
       ELSE 'other relations' END, count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'i', 'I', 'S', 'v', 'm', 'f') AND {_OURS} GROUP BY 1
UNION ALL SELECT 'constraints', count(*) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype <> 'n' AND {_OURS}
UNION ALL SELECT 'triggers', count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {_OURS}
UNION ALL SELECT 'functions', count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'enum values', count(*) FROM pg_enum
UNION ALL SELECT 'large objects', count(*) FROM pg_largeobject_metadata
"""
_SEQUENCES: LiteralString = "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
_EXTENSIONS: LiteralString = "SELECT extname, extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
_ROLES: LiteralString = f"""
SELECT rolname FROM (SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
    JOIN pg_roles r ON r.oid = a.grantee WHERE {_OURS}
UNION SELECT r.rolname FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION SELECT r.rolname FROM pg_default_acl d, aclexplode(d.defaclacl) a JOIN pg_roles r ON r.oid = a.grantee) granted
WHERE rolname !~ '^pg_' ORDER BY 1
"""
_LOCALE: LiteralString = """
SELECT jsonb_build_object('encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype,
    'provider', to_jsonb(d) ->> 'datlocprovider', 'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))
FROM pg_database d WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Table:
    """`checksum` is None when it was not asked for."""

    rows: int
    checksum: str | None = None


@dataclass(frozen=True)
class Facts:
    """What was in a database at one moment. Keys of `tables` and `sequences` are "schema.name"."""

    server_version: str
    migrations: tuple[str, ...]
    tables: Mapping[str, Table]
    objects: Mapping[str, int]
    sequences: Mapping[str, int]
    extensions: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    locale: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def step(self) -> str:
        return self.migrations[-1] if self.migrations else "none"

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "server_version": self.server_version,
            "step": self.step,
            "migrations": list(self.migrations),
            "extensions": dict(self.extensions),
            "roles": list(self.roles),
            "locale": dict(self.locale),
            "objects": dict(self.objects),
            "sequences": dict(self.sequences),
            "tables": {name: {"rows": table.rows, "checksum": table.checksum} for name, table in self.tables.items()},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Facts:
        """Raises CannotKeep when something is missing."""
        try:
            return cls(
                server_version=str(found["server_version"]),
                migrations=tuple(found["migrations"]),
                tables={name: Table(int(t["rows"]), t["checksum"]) for name, t in found["tables"].items()},
                objects={kind: int(count) for kind, count in found["objects"].items()},
                sequences={name: int(value) for name, value in found["sequences"].items()},
                extensions=dict(found["extensions"]),
                roles=tuple(found["roles"]),
                locale=dict(found["locale"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise CannotKeep("The .json file beside the dump lacks what a backup writes into it.") from e


def gather(
    conn: psycopg.Connection,
    which: Which | Mapping[str, Table] = "all",
    counted: Callable[[str], None] = lambda _: None,
) -> Facts:
    """Everything, in the transaction `conn` is in (or statement by statement). Reads every row of every table.

    `which`: checksums of all tables, of those up to 100 MB, of none; or of those that have one in another's facts.
    `counted` hears "schema.name" of each table that is done. Raises what psycopg raises.
    """
    return Facts(
        sequences={f"{schema}.{name}": value for schema, name, value in conn.execute(_SEQUENCES)},
        server_version=str(conn.info.parameter_status("server_version") or "").split()[0],
        migrations=_migrations(conn),
        objects=dict(conn.execute(_OBJECTS).fetchall()),
        extensions=dict(conn.execute(_EXTENSIONS).fetchall()),
        roles=tuple(name for (name,) in conn.execute(_ROLES)),
        locale=one(conn, _LOCALE),
        tables=_tables(conn, which, counted),
    )


def _tables(conn: psycopg.Connection, which: Which | Mapping[str, Table], counted: Callable[[str], None]) -> dict[str, Table]:
    found = {}
    for schema, name, bytes_ in conn.execute(_TABLES).fetchall():
        key = f"{schema}.{name}"
        if isinstance(which, Mapping):
            known = which.get(key)
            sums = known is not None and known.checksum is not None
        else:
            sums = which == "all" or (which == "small" and bytes_ <= SMALL_BYTES)
        found[key] = _table(conn, sql.Identifier(schema, name), sums)
        counted(key)
    return found


def _table(conn: psycopg.Connection, table: sql.Identifier, sums: bool) -> Table:
    if not sums:
        return Table(*(conn.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table)).fetchone() or (0,)))
    # The alias is one no column has: a column of that name would be taken for the row.
    statement = (
        "SELECT count(*), coalesce(sum(('x' || left(md5(the_whole_row::text), 15))::bit(60)::bigint), 0)::text"
        " FROM ONLY {} the_whole_row"
    )
    return Table(*(conn.execute(sql.SQL(statement).format(table)).fetchone() or (0,)))


def _migrations(conn: psycopg.Connection) -> tuple[str, ...]:
    if one(conn, "SELECT to_regclass('public.migratehistory')") is None:
        return ()
    return tuple(name for (name,) in conn.execute("SELECT name FROM public.migratehistory ORDER BY id"))


def differences(expected: Facts, actual: Facts) -> list[str]:
    """What is not the same in `actual`, a sentence each; [] when all is. A sequence may be ahead, never behind."""
    found = []
    for name, table in expected.tables.items():
        other = actual.tables.get(name)
        if other is None:
            found.append(f"Table {name} ({table.rows:,} rows) is missing.")
        elif other.rows != table.rows:
            found.append(f"Table {name} has {other.rows:,} rows and should have {table.rows:,}.")
        elif table.checksum is not None and other.checksum is not None and other.checksum != table.checksum:
            found.append(f"Table {name} has as many rows ({table.rows:,}) but other values in them.")
    found += [f"Table {name} is there and should not be." for name in actual.tables if name not in expected.tables]
    for kind, count in expected.objects.items():
        if kind != "tables" and actual.objects.get(kind, 0) != count:
            found.append(f"There are {actual.objects.get(kind, 0):,} {kind} and should be {count:,}.")
    for name, value in expected.sequences.items():
        if actual.sequences.get(name, -(2**63)) < value:
            found.append(f"Sequence {name} is behind: it would hand out numbers that are in use.")
    if actual.migrations != expected.migrations:
        found.append(f"The migrations stand at {actual.step} and should stand at {expected.step}.")
    return found
