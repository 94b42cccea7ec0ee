"""Tables: how they grow, a row a table and day; and those with many dead rows, tidied at a quiet hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from models.base import unit
from models.maintenance.rounds import UNIT_S, Bounds

SIZES_KEPT_DAYS = 400
LISTED = 500
# PostgreSQL tidies by itself when a fifth of a table is dead, which for a large one is late: this comes before it.
DEAD_ROWS, DEAD_SHARE = 10_000, 0.1
VACUUM_S = 600.0

TAKE = """
INSERT INTO table_sizes ("takenOn", name, rows, bytes, "deadRows")
SELECT %(day)s, relname, n_live_tup, pg_total_relation_size(relid), n_dead_tup FROM pg_stat_user_tables
WHERE schemaname = current_schema() ORDER BY relname LIMIT 500
ON CONFLICT ("takenOn", name) DO UPDATE SET rows = EXCLUDED.rows, bytes = EXCLUDED.bytes, "deadRows" = EXCLUDED."deadRows"
"""
GROWTH = """
SELECT t.name, t.rows, t.bytes, t.rows - b.rows, t.bytes - b.bytes, b."takenOn" FROM table_sizes t
LEFT JOIN LATERAL (SELECT * FROM table_sizes e WHERE e.name = t.name AND e."takenOn" <= t."takenOn" - %(days)s
    ORDER BY e."takenOn" DESC LIMIT 1) b ON true
WHERE t."takenOn" = (SELECT max("takenOn") FROM table_sizes) ORDER BY t.bytes DESC, t.name LIMIT %(limit)s
"""
DEAD = """
SELECT s.relname, n_dead_tup FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE schemaname = current_schema() AND n_dead_tup > %s AND n_dead_tup > %s * (n_live_tup + n_dead_tup)
    AND pg_get_userbyid(c.relowner) = current_user AND COALESCE(last_vacuum, '-infinity') < now() - interval '12 hours'
ORDER BY n_dead_tup DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class Growth:
    """`rows` are PostgreSQL's estimate; bytes with indexes. What was `more` since that day; None when nothing is known of then."""

    name: str
    rows: int
    bytes: int
    more_rows: int | None
    more_bytes: int | None
    since: date | None


def measure(conn: psycopg.Connection, day: date) -> int:
    """Writes down today's sizes (again: replaces them) and forgets those older than SIZES_KEPT_DAYS; how many tables."""
    count = conn.execute(TAKE, {"day": day}).rowcount
    conn.execute("""DELETE FROM table_sizes WHERE "takenOn" < %s::date - %s""", (day, SIZES_KEPT_DAYS))
    return count


def growth(conn: psycopg.Connection, *, days: int = 7, limit: int = 30) -> list[Growth]:
    """The largest tables of the last measuring beside what they were `days` before it."""
    return [Growth(*row) for row in conn.execute(GROWTH, {"days": days, "limit": limit})]


def tidy(bounds: Bounds, *, dead_rows: int = DEAD_ROWS) -> list[str]:
    """VACUUM (ANALYZE) of tables with many dead rows, the worst first; their names. Blocks no reader and no writer.

    A table that somebody has locked is passed over; one that takes longer than VACUUM_S is left to PostgreSQL's own.
    """
    with unit(UNIT_S) as conn:
        found = [row[0] for row in conn.execute(DEAD, (dead_rows, DEAD_SHARE))]
    done = []
    for name in found:
        if bounds.over:
            break
        if _vacuum(name):
            done.append(name)
    return done


def _vacuum(name: str) -> bool:
    with unit(VACUUM_S + 10) as conn:
        before = (conn.execute("SHOW statement_timeout").fetchone() or ("15s",))[0]
        conn.execute("SELECT set_config('statement_timeout', %s, false)", (str(int(VACUUM_S * 1000)),))
        try:
            conn.execute(sql.SQL("VACUUM (ANALYZE, SKIP_LOCKED) {}").format(sql.Identifier(name)))
        except psycopg.errors.QueryCanceled:
            return False
        finally:
            conn.execute("SELECT set_config('statement_timeout', %s, false)", (before,))
    return True
