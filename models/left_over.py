"""What rolling back would take away for good: read from the steps' own SQL before anything is done.

A step's way back only *asks* (`models.migration_steps`), so what it drops can be heard without doing it: whole tables, columns
of tables that stay, rows it deletes, and rows that a column which may be empty now and not afterwards throws out. A test holds
what is heard against the catalogue before and after, for every step there is. `left_over_file` writes it down,
`left_over_people` keeps who the customers were.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.migration_steps import Step

# A name in SQL, quoted or not.
_NAME = r'(?:"[^"]+"|\w+)'
_COMMENT = re.compile(r"--[^\n]*")
_TABLES = re.compile(rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME}(?:\s*,\s*{_NAME})*)", re.IGNORECASE)
_ALTER = re.compile(rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME})\s([^;]*)", re.IGNORECASE)
_COLUMN = re.compile(rf"DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?({_NAME})", re.IGNORECASE)
_DELETED = re.compile(rf"DELETE\s+FROM\s+({_NAME})\s+WHERE\s+([^;]+)", re.IGNORECASE)
_FILLED = re.compile(rf"ALTER\s+(?:COLUMN\s+)?({_NAME})\s+SET\s+NOT\s+NULL", re.IGNORECASE)

# Nobody who reads the file later is to sign in with it. Table -> columns; and any column of ours that is called like one.
SECRET_TABLES = frozenset({"staff_sessions", "customer_tokens"})
SECRET_COLUMN = re.compile(r"password(?!ChangedAt)|token|secret|codehash", re.IGNORECASE)
# Made from other rows by the steps themselves, or put back by them: nothing of it is lost.
MADE_AGAIN = frozenset({"catalogue_entries", "catalogue_version", "controlled_substances", "sessions_archive", "visit_times"})
# A column that the steps fill for every row says something only where it is not what they would write. None: never.
HALF_AN_HOUR = """t."endsAt" IS DISTINCT FROM t."{time}" + interval '30 minutes'"""
DERIVED: dict[tuple[str, str], str | None] = {
    ("products", "priceKobo"): None,
    ("healthcare_products", "priceKobo"): None,
    ("diagnostic_tests", "priceKobo"): None,
    ("carts", "priceKobo"): None,
    ("order_items", "priceKobo"): None,
    ("orders", "totalKobo"): None,
    ("diagnostic_bookings", "totalKobo"): None,
    ("orders", "orderNumber"): 't."orderNumber" <> t.id::text',
    ("orders", "state"): 't.state <> order_state_of(t.status, t."paymentStatus", t."paymentMethod", NULL)',
    ("appointments", "number"): "t.number <> 'A' || t.id",
    ("appointments", "state"): "t.state <> visit_state_of(t.status::text, NULL)",
    ("appointments", "endsAt"): HALF_AN_HOUR.format(time="dateTime"),
    ("diagnostic_bookings", "number"): "t.number <> 'L' || t.id",
    ("diagnostic_bookings", "state"): "t.state <> visit_state_of(t.status::text, NULL)",
    ("diagnostic_bookings", "endsAt"): HALF_AN_HOUR.format(time="sampleCollectionDate"),
    ("prescriptions", "extractionStatus"): (
        """(t."extractionStatus" = 'failed' OR (t."extractionStatus" = 'extracted')"""
        r""" <> coalesce(btrim(t."extractedText", E' \n\t\r') <> '', false))"""
    ),
}


@dataclass(frozen=True)
class Loss:
    """What goes of one table: all of it, or columns, and rows in which one of `must_fill` is empty or a condition of `deleted` holds."""

    table: str
    whole: bool
    columns: tuple[str, ...] = ()
    must_fill: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One reading of one table. `query` gives each row as one JSON text; `what` is "rows" or "columns"."""

    table: str
    what: str
    query: str
    left_out: tuple[str, ...] = ()


def heard(steps: Iterable[Step], database: Any) -> list[Loss]:
    """What the ways back of these steps take away, in the order of tables' names. Does nothing and asks nothing."""
    whole: set[str] = set()
    columns: dict[str, dict[str, None]] = defaultdict(dict)
    filled: dict[str, dict[str, None]] = defaultdict(dict)
    deleted: dict[str, dict[str, None]] = defaultdict(dict)
    for step in steps:
        listener = _Listener()
        step.rollback(listener, database, fake=False)
        for statement in listener.said:
            text = _COMMENT.sub("", statement)
            for found in _TABLES.finditer(text):
                whole.update(_bare(name) for name in re.findall(_NAME, found[1]))
            for table, rest in _ALTER.findall(text):
                columns[_bare(table)].update(dict.fromkeys(map(_bare, _COLUMN.findall(rest))))
                filled[_bare(table)].update(dict.fromkeys(map(_bare, _FILLED.findall(rest))))
            for table, condition in _DELETED.findall(text):
                deleted[_bare(table)].update({condition.strip(): None})
    of_ours = ("rollback_", "drugsng_")
    whole = {name for name in whole if not name.startswith(of_ours)}
    some = {table for of in (columns, filled, deleted) for table, what in of.items() if what and not table.startswith(of_ours)}
    made = [Loss(table, whole=True) for table in whole]
    made += [Loss(table, False, tuple(columns[table]), tuple(filled[table]), tuple(deleted[table])) for table in some - whole]
    return sorted(made, key=lambda loss: loss.table)


class _Listener:
    """Stands where the migrator stands and keeps every statement it is asked for."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, _verb: str) -> Any:
        def ask(*arguments: object, **_options: object) -> None:
            self.said.extend(text for text in arguments if isinstance(text, str))

        return ask


def _bare(name: str) -> str:
    return name.strip().strip('"')


def parts(losses: Iterable[Loss], database: Any) -> list[Part]:
    """How to read what goes, as the database is now: what is not there any more (or not yet) is left out."""
    made: list[Part] = []
    for loss in losses:
        there = _columns(database, loss.table)
        if not there or loss.table in SECRET_TABLES or loss.table in MADE_AGAIN:
            continue
        made += _rows(loss, there) if loss.whole else _columns_and_rows(loss, there, database)
    return made


def _rows(loss: Loss, there: dict[str, str], where: str = "") -> list[Part]:
    secret = tuple(name for name in there if SECRET_COLUMN.search(name))
    row = "to_jsonb(t)" + "".join(f" - '{name}'" for name in secret)
    return [Part(loss.table, "rows", f'SELECT ({row})::text FROM "{loss.table}" t{where}', secret)]


def _columns_and_rows(loss: Loss, there: dict[str, str], database: Any) -> list[Part]:
    made: list[Part] = []
    emptied = [f't."{name}" IS NULL' for name in loss.must_fill if name in there] + [f"({one})" for one in loss.deleted]
    if emptied:
        made += _rows(loss, there, f" WHERE {' OR '.join(emptied)}")
    names = [name for name in loss.columns if name in there]
    secret = tuple(name for name in names if SECRET_COLUMN.search(name))
    told = [name for name in names if name not in secret and DERIVED.get((loss.table, name), "") is not None]
    says = [DERIVED.get((loss.table, name)) or f't."{name}" IS DISTINCT FROM {there[name]}' for name in told]
    if not says:
        return made
    key = _key(database, loss.table)
    fields = ", ".join(f"'{name}', t.\"{name}\"" for name in (*key, *told))
    stays = "".join(f" AND NOT ({one})" for one in emptied)
    query = f'SELECT jsonb_build_object({fields})::text FROM "{loss.table}" t WHERE ({" OR ".join(says)}){stays}'
    made.append(Part(loss.table, "columns", query, secret))
    return made


def _columns(database: Any, table: str) -> dict[str, str]:
    """Column -> its default as SQL (NULL when none), {} when there is no such table."""
    rows = database.execute_sql(
        """SELECT a.attname, coalesce(CASE WHEN a.attidentity = '' THEN pg_get_expr(d.adbin, d.adrelid) END, 'NULL')
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""",
        (f'"{table}"',),
    )
    return dict(rows.fetchall())


def _key(database: Any, table: str) -> tuple[str, ...]:
    rows = database.execute_sql(
        """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
           WHERE i.indrelid = to_regclass(%s) AND i.indisprimary ORDER BY a.attnum""",
        (f'"{table}"',),
    )
    return tuple(name for (name,) in rows.fetchall())
