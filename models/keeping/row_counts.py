"""How many rows were written in each table while a command ran, by the server's own statistics: two questions, whatever the tables' size.

Blocks and triggers inside a step are counted with it, and so is whatever others wrote meanwhile. Tables that went are not counted.
"""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg

from models.keeping import connecting
from models.keeping.connecting import CannotKeep, one

Counts = dict[str, int]
EXACT_SINCE = 150_000  # before, a process of its own gathered the figures, half a second late
ENDED_WITHIN_S = 2.0
_WRITTEN = (
    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname <> 'migratehistory' ORDER BY 1"
)
# A session adds its figures when it ends at the latest.
_AT_WORK = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'drugsng-migrate'"
    " AND pid <> pg_backend_pid()"
)


def read(url: str) -> Counts | None:
    """Rows inserted, changed and removed so far, by table; None where the server does not count or cannot be asked."""
    with suppress(CannotKeep, psycopg.Error):
        with connecting.opened(url, name="drugsng-log") as conn:
            conn.execute("SET statement_timeout = '5s'")
            if conn.info.server_version < EXACT_SINCE or one(conn, "SHOW track_counts") != "on":
                return None
            deadline = time.monotonic() + ENDED_WITHIN_S
            while one(conn, _AT_WORK) and time.monotonic() < deadline:
                time.sleep(0.02)
            return {name: int(rows) for name, rows in conn.execute(_WRITTEN).fetchall()}
    return None


def since(before: Counts | None, after: Counts | None) -> Counts | None:
    """What was written between the two, tables without a row left out; None when either was not to be had."""
    if before is None or after is None:
        return None
    return {name: rows - before.get(name, 0) for name, rows in after.items() if rows > before.get(name, 0)}


def words(counted: Counts | None) -> str:
    """The cell of a log."""
    if counted is None:
        return "not counted"
    if not counted:
        return "none"
    return f"{listed(counted)} (by the server's statistics: others' writes in that time are among them)"


def listed(counts: Counts) -> str:
    return "; ".join(f"{table} {rows:,}" for table, rows in counts.items())
