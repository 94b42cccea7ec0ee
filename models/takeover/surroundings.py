"""What is around the tables: the server, our rights, who else is connected, locks, room on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from models.keeping.row_counts import EXACT_SINCE
from models.migration_session import Session
from models.takeover import extensions
from models.takeover.findings import NOTE, STOPS, Finding

OURS = "drugsng"  # how application names of this program begin
# Programs of people: they may look on while the shop is closed.
TOOLS = ("psql", "pgadmin", "pg_dump", "dbeaver", "datagrip", "postico", "tableplus", "heroku", "pg_basebackup", "walreceiver")
OLDEST_SERVER = 140_000  # step 003 says CREATE OR REPLACE TRIGGER
MADE_FOR = 170_000  # what is tested whole; what is known of the versions between stands in docs/ops/README.md
LONG_TRANSACTION_S = 60

_OTHERS = """
SELECT pid, coalesce(application_name, ''), coalesce(host(client_addr), 'the local socket'), coalesce(state, ''),
    coalesce(extract(epoch FROM now() - xact_start), 0)::int
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
ORDER BY xact_start NULLS LAST LIMIT 200
"""
_LOCKS = """
SELECT c.relname, l.pid, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()
    AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname LIMIT 20
"""


def old_connections(session: Session) -> list[tuple[int, str, str]]:
    """(process id, application name, address) of whoever may be the old program: neither ours nor a tool of people."""
    found = []
    for pid, name, address, _, _ in session.database.execute_sql(_OTHERS):
        if not name.lower().startswith((OURS, *TOOLS)):
            found.append((pid, name or "no name", address))
    return found


def look(session: Session, tables: Iterable[str]) -> Iterator[Finding]:
    """What stands in the way around the tables that are to be changed."""
    yield from _server(session)
    yield from extensions.look(session)
    yield from _rights(session, sorted(tables))
    yield from _company(session)
    yield from _disk(session)


def _server(session: Session) -> Iterator[Finding]:
    version, number, encoding, zone, standby = session.database.execute_sql(
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " current_setting('server_encoding'), (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'), pg_is_in_recovery()"
    ).fetchone()
    collation = session.database.execute_sql("SELECT datcollate FROM pg_database WHERE datname = current_database()").fetchone()[
        0
    ]
    yield from of_version(number, version)
    if encoding != "UTF8":
        yield Finding(
            "encoding", STOPS, f"The database is encoded as {encoding}", "Dump it and restore it into a database made with UTF8."
        )
    if standby:
        yield Finding("standby", STOPS, "This is a read-only copy of another server", "Use the address of the one that writes.")
    yield Finding(
        "server", NOTE, f"PostgreSQL {version}, {encoding}, collation {collation}, time zone {zone}",
        "Times without a zone are taken to be in that time zone." if zone not in ("UTC", "Etc/UTC", "GMT") else "Nothing to do.",
    )  # fmt: skip


def of_version(number: int, version: str) -> Iterator[Finding]:
    """What is to be known of a server's version; nothing when it is one this program is made for. `number`: 170010 for 17.10."""
    if number < OLDEST_SERVER:
        yield Finding(
            "server_version", STOPS, f"The server is PostgreSQL {version}",
            "This program needs 14 or newer, best 17: step 003 fails on it. Upgrade it first.",
        )  # fmt: skip
    elif number < MADE_FOR:
        counting = "" if number >= EXACT_SINCE else " Rows that a migration writes are not counted in the log."
        yield Finding(
            "server_older", NOTE, f"The server is PostgreSQL {version}, and this program is made for 17 and newer",
            f"It works, but a backup goes back into it only with pg_dump and pg_restore {number // 10_000}.{counting}",
        )  # fmt: skip


def _rights(session: Session, tables: list[str]) -> Iterator[Finding]:
    run = session.database.execute_sql
    rows = run(
        "SELECT c.relname, r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY (%s)"
        " AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1",
        (tables,),
    ).fetchall()
    if rows:
        yield Finding(
            "not_owner", STOPS, "{n} tables do not belong to this user", f"Connect as {rows[0][1]}, or be granted that role.",
            len(rows), example=rows[0][0],
        )  # fmt: skip
    if not run("SELECT has_schema_privilege('public', 'CREATE')").fetchone()[0]:
        yield Finding(
            "cannot_create", STOPS, "This user may not create tables in the schema public",
            "GRANT CREATE ON SCHEMA public to it, or connect as the owner.",
        )  # fmt: skip


def _company(session: Session) -> Iterator[Finding]:
    run = session.database.execute_sql
    old = old_connections(session)
    if old:
        pid, name, address = old[0]
        yield Finding(
            "old_connections", STOPS, "{n} connections may be the old program's",
            "Stop it: its start changes the schema under us. Or use `adopt --while-running` and do not restart it.",
            len(old), example=f"process {pid}, {name}, from {address}",
        )  # fmt: skip
    everybody = run(_OTHERS).fetchall()
    ours = [row for row in everybody if row[1].lower().startswith(OURS) and "migrate" not in row[1]]
    if ours:
        yield Finding("our_connections", NOTE, "{n} connections are this program's own", "Nothing to do.", len(ours))
    long = [row for row in everybody if row[4] > LONG_TRANSACTION_S]
    if long:
        yield Finding(
            "long_transaction", STOPS, "{n} transactions have been open for over a minute",
            "Locks and indexes would wait for them: end them first.", len(long),
            example=f"process {long[0][0]}, {long[0][4]} s",
        )  # fmt: skip
    locks = run(_LOCKS).fetchall()
    if locks:
        yield Finding(
            "locks", NOTE, "{n} strong locks are held on tables", "Whoever waits for them is told; try again a moment later.",
            len(locks), example=f"{locks[0][0]} by process {locks[0][1]}",
        )  # fmt: skip


def _disk(session: Session) -> Iterator[Finding]:
    run = session.database.execute_sql
    size = int(run("SELECT pg_database_size(current_database())").fetchone()[0])
    here, readable = run(
        "SELECT inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1',"
        " pg_has_role('pg_read_all_settings', 'USAGE') OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
    ).fetchone()
    folder = run("SHOW data_directory").fetchone()[0] if readable else ""
    if not here or not folder or not os.path.isdir(folder):
        yield Finding(
            "disk", NOTE, f"The database takes {_size(size)}; how much room its server has is unknown from here",
            f"Make sure that {_size(size)} more are free: rows are written anew, and the old ones stay until the next vacuum.",
        )  # fmt: skip
        return
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    yield Finding(
        "disk", STOPS if free < size else NOTE, f"The database takes {_size(size)}, its disk has {_size(free)} free",
        "Make room first: rows are written anew, and the old ones stay until the next vacuum." if free < size else "Enough.",
    )  # fmt: skip


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.0f} MB"
