"""Is this the database we need, and can we work in it? One look, changing nothing, a plain sentence for all that is not right."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg

from models.clock import utcnow
from models.keeping import connecting
from models.keeping.children import size
from models.keeping.connecting import one
from models.migration_session import place
from models.migration_steps import names

Level = Literal["ok", "note", "bad"]

OLDEST, NEWEST = 13, 18  # major versions this program is made for
ROUND_TRIPS = 9
SLOW_MS = 20.0  # a turn of the conversation asks some twenty times
CLOCK_APART_S = 2.0
CROWDED = 0.8
LOOK_LIMIT = "SET statement_timeout = '5s'"

_CONNECTIONS = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0),
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user),
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
       (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
"""
_USER = """
SELECT current_user, rolsuper, rolcreatedb, has_schema_privilege('public', 'CREATE'), has_schema_privilege('public', 'USAGE')
FROM pg_roles WHERE rolname = current_user
"""
_CLOSED_TABLES = """
SELECT count(*), count(*) FILTER (WHERE NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
    AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))), min(c.relname) FILTER (WHERE NOT
    has_table_privilege(c.oid, 'SELECT')), count(*) FILTER (WHERE pg_has_role(c.relowner, 'USAGE'))
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
_SETTING = "SELECT reset_val FROM pg_settings WHERE name = %s"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `value` for people, `sentence` what to do about it unless `level` is "ok"."""

    name: str
    value: str
    level: Level = "ok"
    sentence: str = ""


@dataclass(frozen=True)
class Tried:
    """What was found, in the order it is read; `figures` are the numbers behind it, for machines."""

    findings: tuple[Finding, ...]
    figures: dict[str, Any]

    @property
    def right(self) -> bool:
        return all(finding.level != "bad" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {"right": self.right, "findings": [finding.__dict__ for finding in self.findings], "figures": self.figures}


def look(url: str) -> Tried:
    """Raises CannotKeep, in plain words, when there is no connection."""
    began = time.monotonic()
    with connecting.opened(url, name="drugsng-test") as conn:
        connect_ms = (time.monotonic() - began) * 1000
        conn.execute(LOOK_LIMIT)
        figures: dict[str, Any] = {"place": place(url), "connect_ms": round(connect_ms, 1)}
        findings = [Finding("where", _where(url, conn)), _version(conn, figures), _latency(conn, figures)]
        findings += [_tls(conn, figures), *_user(conn, figures), _connections(conn, figures), _writable(conn, figures)]
        findings += [_replication(conn, figures), _encoding(conn, figures), _zone(conn, figures), _clock(conn, figures)]
        findings += [_extensions(conn, figures), _step(conn, figures), _size(conn, figures)]
    return Tried(tuple(findings), figures)


def _where(url: str, conn: psycopg.Connection) -> str:
    address = conn.info.hostaddr
    return place(url) + (f" ({address})" if address and address not in place(url) else "")


def _version(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    version = str(conn.info.parameter_status("server_version"))
    figures["server_version"], major = version, connecting.major(conn)
    if major < OLDEST:
        return Finding("server", f"PostgreSQL {version}", "bad", f"Too old: version {OLDEST} or newer is needed.")
    if major > NEWEST:
        return Finding("server", f"PostgreSQL {version}", "note", f"Newer than what was tried, which is {OLDEST} to {NEWEST}.")
    return Finding("server", f"PostgreSQL {version}")


def _latency(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    times = []
    for _ in range(ROUND_TRIPS):
        asked = time.perf_counter()
        one(conn, "SELECT 1")
        times.append((time.perf_counter() - asked) * 1000)
    median = statistics.median(times)
    figures["latency_ms"], figures["latency_worst_ms"] = round(median, 2), round(max(times), 2)
    value = f"{median:.1f} ms (median of {ROUND_TRIPS} round trips, the slowest {max(times):.1f} ms; "
    value += f"connecting {figures['connect_ms']:.0f} ms)"
    if median > SLOW_MS:
        return Finding(
            "latency", value, "bad", f"Over {SLOW_MS:.0f} ms each way makes every answer slow: move the program nearer."
        )
    return Finding("latency", value)


def _tls(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    figures["tls"] = bool(conn.pgconn.ssl_in_use)
    host = conn.info.hostaddr or conn.info.host
    near = host.startswith(("/", "127.", "@")) or host in ("::1", "localhost")
    if figures["tls"]:
        return Finding("encryption", "TLS")
    if near:
        return Finding("encryption", "none, and none needed on the same machine")
    return Finding(
        "encryption", "none", "note", "Everything travels readable; add ?sslmode=verify-full unless this wire is yours alone."
    )


def _user(conn: psycopg.Connection, figures: dict[str, Any]) -> list[Finding]:
    row = conn.execute(_USER).fetchone() or ("?", False, False, False, False)
    user, superuser, makes_databases, creates, uses = row
    tables, closed, _, owned = conn.execute(_CLOSED_TABLES).fetchone() or (0, 0, None, 0)
    figures |= {"user": user, "superuser": superuser, "tables": tables, "tables_closed": closed, "tables_owned": owned}
    powers = [
        word for word, has in (("superuser", superuser), ("makes databases", makes_databases), ("makes tables", creates)) if has
    ]
    found = [Finding("user", f"{user} ({', '.join(powers) or 'no special rights'})")]
    if not uses:
        found[0] = Finding("user", found[0].value, "bad", "May not look into the schema public: GRANT USAGE ON SCHEMA public.")
    value = f"reads and writes {tables - closed} of {tables} tables, owns {owned}"
    if closed:
        sentence = f"{closed} tables cannot be read and written by {user}: grant the rights, or use the user that owns them."
        found.append(Finding("rights", value, "bad", sentence))
    elif not creates or owned < tables:
        found.append(Finding("rights", value, "note", "Enough to run the shop; migrations need the user that owns the tables."))
    else:
        found.append(Finding("rights", value))
    return found


def _connections(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    most, used, ours, by_user, by_database = conn.execute(_CONNECTIONS).fetchone() or (0, 0, 0, -1, -1)
    limits = [limit for limit in (by_user, by_database) if limit >= 0]
    figures |= {"max_connections": most, "connections_used": used, "connections_ours": ours, "connection_limits": limits}
    value = f"{used} of {most} used, {ours} of them by this user here"
    if used >= most * CROWDED:
        return Finding("connections", value, "bad", "Nearly all are taken: raise max_connections or stop who holds them.")
    if limits and ours >= min(limits) * CROWDED:
        return Finding(
            "connections", value, "bad", f"This user or database may hold {min(limits)} only, and nearly all are taken."
        )
    return Finding("connections", value)


def _writable(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    standby = bool(one(conn, "SELECT pg_is_in_recovery()"))
    closed = one(conn, "SHOW transaction_read_only") == "on"
    figures |= {"standby": standby, "read_only": standby or closed}
    if standby:
        return Finding(
            "writing", "a standby, read only", "bad", "This is a copy that only follows: use the address of the primary."
        )
    if closed:
        return Finding("writing", "read only", "bad", "default_transaction_read_only is on for this user, database or server.")
    return Finding("writing", "allowed")


def _replication(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    if figures["standby"]:
        return Finding("replication", "follows a primary")
    followers = one(conn, "SELECT count(*) FROM pg_stat_replication")
    failing = one(
        conn, "SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver"
    )
    figures |= {"standbys": followers, "wal_level": one(conn, _SETTING, "wal_level"), "archiving_fails": failing}
    value = f"{followers} standby servers, wal_level {figures['wal_level']}"
    if failing:
        return Finding(
            "replication", value, "bad", "The server fails to archive its log: its disk fills up, see pg_stat_archiver."
        )
    return Finding("replication", value)


def _encoding(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    encoding = str(one(conn, "SHOW server_encoding"))
    figures["encoding"] = encoding
    if encoding != "UTF8":
        sentence = "₦ and names cannot all be written down: restore a backup into a database made with ENCODING 'UTF8'."
        return Finding("encoding", encoding, "bad", sentence)
    return Finding("encoding", encoding)


def _zone(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    figures["time_zone"] = str(one(conn, _SETTING, "TimeZone"))
    return Finding("time zone", f"{figures['time_zone']} (times are stored with their zone; any will do)")


def _clock(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    """The middle of the quickest question is when the server looked at its clock."""
    apart, quickest = 0.0, math.inf
    for _ in range(3):
        before = utcnow()
        there: datetime = one(conn, "SELECT clock_timestamp()")
        after = utcnow()
        if (took := (after - before).total_seconds()) < quickest:
            quickest, apart = took, (there - before).total_seconds() - took / 2
    figures["clock_apart_s"] = round(apart, 3)
    ahead = "ahead of" if apart > 0 else "behind"
    value = f"{abs(apart) * 1000:.0f} ms {ahead} this machine's"
    if abs(apart) > CLOCK_APART_S:
        sentence = f"The two clocks are {abs(apart):.0f} s apart: switch on time synchronisation on both machines."
        return Finding("clock", value, "bad", sentence)
    return Finding("clock", value)


def _extensions(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    found = conn.execute("SELECT extname, extversion FROM pg_extension ORDER BY 1").fetchall()
    figures["extensions"] = dict(found)
    value = ", ".join(f"{name} {version}" for name, version in found) or "none"
    if "pg_stat_statements" not in figures["extensions"]:
        return Finding("extensions", value, "note", "None is needed; pg_stat_statements would tell which questions are slow.")
    return Finding("extensions", value)


def _step(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    if one(conn, "SELECT to_regclass('public.migratehistory')") is None:
        tables = figures["tables"]
        figures |= {"step": None, "steps_missing": len(names())}
        value = f"no history, {tables} tables" if tables else "no tables"
        sentence = "Run `drugsng db check`: it says what this is." if tables else "Run `drugsng db migrate`."
        return Finding("migrations", value, "bad", sentence)
    try:
        has = [name for (name,) in conn.execute("SELECT name FROM public.migratehistory ORDER BY id")]
    except psycopg.errors.InsufficientPrivilege:
        return Finding("migrations", "unknown", "bad", "This user may not read the table migratehistory.")
    missing, newer = [name for name in names() if name not in has], [name for name in has if name not in names()]
    figures |= {"step": has[-1] if has else None, "steps_missing": len(missing), "steps_unknown": newer}
    if newer:
        return Finding("migrations", has[-1], "bad", "The database is newer than this program: use the version that made it.")
    if missing:
        return Finding(
            "migrations", has[-1] if has else "none", "bad", f"{len(missing)} steps are missing: run `drugsng db migrate`."
        )
    return Finding("migrations", f"{has[-1]}, none missing")


def _size(conn: psycopg.Connection, figures: dict[str, Any]) -> Finding:
    figures["bytes"] = int(one(conn, "SELECT pg_database_size(current_database())"))
    return Finding("size", size(figures["bytes"]))
