"""The server itself: memory hit or missed, numbers that run out, checkpoints, standbys, and what it does a second."""

from __future__ import annotations

from typing import Any

import psycopg

from models.monitoring.looking import rows
from models.monitoring.parts import Level, Part, judged, lasting, size, worst

HIT_LOOK, HIT_BAD, HIT_BLOCKS = 0.95, 0.80, 100_000  # shares; below so many blocks a share means nothing
NEAR_LOOK, NEAR_BAD = 0.6, 0.85
# PostgreSQL stops taking writes some three million transactions before 2^31 (docs "Preventing Transaction ID Wraparound Failures").
XID_END, XID_LOOK, XID_BAD = 2**31, 0.5e9, 1.2e9
ASKED_FOR, CHECKPOINTS = 0.5, 20
LAG_LOOK_S, LAG_BAD_S = 10.0, 60.0
KEPT_LOOK, KEPT_BAD = 1 << 30, 10 << 30

_HITS = """
SELECT (SELECT sum(heap_blks_hit)::bigint FROM pg_statio_user_tables), (SELECT sum(heap_blks_read)::bigint FROM pg_statio_user_tables),
    (SELECT sum(idx_blks_hit)::bigint FROM pg_statio_user_indexes), (SELECT sum(idx_blks_read)::bigint FROM pg_statio_user_indexes)
"""
_MISSES = """
SELECT relid::regclass::text, heap_blks_read + coalesce(idx_blks_read, 0), heap_blks_hit + coalesce(idx_blks_hit, 0)
FROM pg_statio_user_tables WHERE heap_blks_read + coalesce(idx_blks_read, 0) > 0 ORDER BY 2 DESC LIMIT %s
"""
# The end of a number is the sequence's own or that of the column it feeds, whichever comes first: the old system's ids are integer.
_SEQUENCES = """
SELECT s.schemaname || '.' || s.sequencename, s.last_value,
    LEAST(s.max_value, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.max_value END),
    coalesce(k.oid::regclass::text || '.' || quote_ident(a.attname), ''), format_type(a.atttypid, NULL), s.cycle,
    has_sequence_privilege(c.oid, 'SELECT, USAGE')
FROM pg_sequences s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.sequencename AND c.relkind = 'S'
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    AND d.refclassid = 'pg_class'::regclass
LEFT JOIN pg_class k ON k.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.increment_by > 0 ORDER BY coalesce(s.last_value, 0)::numeric / LEAST(s.max_value, CASE a.atttypid
    WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.max_value END) DESC LIMIT 500
"""
_AGES = """
SELECT datname, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database WHERE datallowconn ORDER BY 2 DESC LIMIT 20
"""
_OLDEST_TABLES = """
SELECT c.oid::regclass::text, age(c.relfrozenxid) FROM pg_class c WHERE c.relkind IN ('r', 'm', 't') ORDER BY 2 DESC LIMIT %s
"""
_CHECKPOINTS_17 = """
SELECT num_timed, num_requested, write_time / 1000, sync_time / 1000, extract(epoch FROM now() - stats_reset)::float8
FROM pg_stat_checkpointer
"""
_CHECKPOINTS = """
SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time / 1000, checkpoint_sync_time / 1000,
    extract(epoch FROM now() - stats_reset)::float8 FROM pg_stat_bgwriter
"""
_STANDBYS = """
SELECT coalesce(nullif(application_name, ''), '(no name)'), coalesce(state, 'hidden'), extract(epoch FROM replay_lag)::float8,
    pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END, replay_lsn)::float8
FROM pg_stat_replication LIMIT 50
"""
_SLOTS = """
SELECT slot_name, active, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END, restart_lsn)::float8
FROM pg_replication_slots LIMIT 50
"""
_FOLLOWS = """
SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
    THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 ELSE 0 END
"""
_COUNTERS = """
SELECT extract(epoch FROM clock_timestamp())::float8, xact_commit, xact_rollback, tup_returned, tup_fetched,
    tup_inserted + tup_updated + tup_deleted, blks_read, blks_hit, deadlocks, temp_bytes, coalesce(stats_reset::text, '')
FROM pg_stat_database WHERE datname = current_database()
"""


def cache(conn: psycopg.Connection, limit: int) -> Part:
    """How many of the blocks asked for were in PostgreSQL's memory, since counting began."""
    table_hit, table_read, index_hit, index_read = (count or 0 for count in rows(conn, _HITS)[0])
    shares = {"tables": _share(table_hit, table_read), "indexes": _share(index_hit, index_read)}
    levels: list[Level] = []
    for hit, read in ((table_hit, table_read), (index_hit, index_read)):
        share = _share(hit, read)
        levels.append("ok" if share is None or hit + read < HIT_BLOCKS else judged(1 - share, 1 - HIT_LOOK, 1 - HIT_BAD))
    told = {what: "-" if share is None else f"{share:.1%}" for what, share in shares.items()}
    do = ""
    if worst(levels) != "ok":
        do = "Raise shared_buffers to a quarter of the machine's memory, or see which table below is read whole (slow queries)."
    found = [(name, read, f"{hit / (hit + read):.1%}") for name, read, hit in rows(conn, _MISSES, limit)]
    return Part("cache", "Cache hit ratio", f"tables {told['tables']}, indexes {told['indexes']}", worst(levels), do,
                columns=("table", "blocks read", "hit"), rows=tuple(found), figures=shares)  # fmt: skip


def sequences(conn: psycopg.Connection, limit: int) -> Part:
    """Numbers given out by sequences against the end of their column's type."""
    found, levels, hidden = [], [], 0
    for name, last, end, column, kind, cycles, may in rows(conn, _SEQUENCES):
        hidden += not may
        share = (last or 0) / end
        level: Level = "ok" if cycles else judged(share, NEAR_LOOK, NEAR_BAD)
        levels.append(level)
        found.append((level, name.removeprefix("public."), column, kind or "", last, f"{share:.1%}"))
    near = [row for row in found if row[0] != "ok"]
    fullest = found[0][5] if found else "0%"
    says = f"{len(near)} of {len(found)} come near their end" if near else f"{len(found)}, the fullest at {fullest}"
    do = ""
    if near:
        do = f"{near[0][2] or near[0][1]} takes no more rows at its end: change it, and what refers to it, to bigint in a quiet hour "
        do += "(the table is rewritten)."
    unseen = f"{hidden} cannot be read by this user: GRANT SELECT ON ALL SEQUENCES." if hidden else ""
    figures = {"near": [row[1] for row in near], "counted": len(found), "hidden": hidden}
    return Part("sequences", "Numbers that run out", says, worst(levels), do, unseen, ("", "sequence", "column", "type", "last", "used"),
                tuple((near or found)[: limit if near else 3]), figures)  # fmt: skip


def transaction_age(conn: psycopg.Connection, limit: int) -> Part:
    """How far the oldest row's transaction lies behind; at two thousand million the server stops taking writes."""
    ages = rows(conn, _AGES)
    oldest = max((max(xid, multi) for _, xid, multi in ages), default=0)
    level = judged(oldest, XID_LOOK, XID_BAD)
    do = ""
    if level != "ok":
        do = "VACUUM (FREEZE) the oldest table below; first end long transactions, prepared ones and slots nobody reads."
    found = [("database", name, xid, multi) for name, xid, multi in ages[:3]]
    found += [("table", name, xid, None) for name, xid in rows(conn, _OLDEST_TABLES, limit)] if level != "ok" else []
    return Part("transaction_age", "Transaction id age", f"{oldest:,} of {XID_END:,}", level, do,
                columns=("what", "name", "transactions", "multi"), rows=tuple(found), figures={"oldest": oldest})  # fmt: skip


def checkpoints(conn: psycopg.Connection) -> Part:
    """Those that came by the clock against those that came because the log was full, which cost most when there is most to do."""
    newer = rows(conn, "SELECT to_regclass('pg_catalog.pg_stat_checkpointer') IS NOT NULL")[0][0]
    timed, asked, write_s, sync_s, over = rows(conn, _CHECKPOINTS_17 if newer else _CHECKPOINTS)[0]
    total = timed + asked
    level: Level = "look" if total >= CHECKPOINTS and asked / total > ASKED_FOR else "ok"
    do = (
        "Unless backups or new databases asked for them, the log is full too often: raise max_wal_size (2 to 4 times)."
        if level == "look"
        else ""
    )
    says = f"{timed} by the clock, {asked} asked for, in {lasting(over)}"
    figures = {
        "timed": timed,
        "requested": asked,
        "write_seconds": round(float(write_s), 1),
        "sync_seconds": round(float(sync_s), 1),
    }
    return Part("checkpoints", "Checkpoints", says, level, do, figures=figures)


def replication(conn: psycopg.Connection) -> Part:
    """Standbys and how far they are behind, log kept for slots, and, on a standby, how far it is behind itself."""
    follows, behind_s = rows(conn, _FOLLOWS)[0]
    found: list[tuple[Any, ...]] = []
    levels: list[Level] = []
    hidden = False
    for name, state, lag_s, lag_bytes in rows(conn, _STANDBYS):
        hidden = hidden or state == "hidden"
        levels.append(judged(lag_s or 0.0, LAG_LOOK_S, LAG_BAD_S))
        found.append(
            (levels[-1], "standby", name, state, lasting(lag_s or 0.0), size(lag_bytes) if lag_bytes is not None else "")
        )
    for name, active, kept in rows(conn, _SLOTS):
        levels.append("ok" if active else judged(kept or 0, KEPT_LOOK, KEPT_BAD))
        found.append((levels[-1], "slot", name, "read" if active else "NOT READ", "", size(kept) if kept is not None else ""))
    if follows:
        levels.append(judged(behind_s or 0.0, LAG_LOOK_S, LAG_BAD_S))
    standbys = sum(row[1] == "standby" for row in found)
    slots = len(found) - standbys
    says = f"a standby, {lasting(behind_s or 0.0)} behind" if follows else f"{standbys} standbys, {slots} slots"
    level = worst(levels)
    do = ""
    if level != "ok":
        do = "See that the standby runs and the wire to it is wide enough; a slot nobody reads fills the disk: "
        do += "SELECT pg_drop_replication_slot(name)."
    unseen = "How far standbys are behind is hidden: GRANT pg_monitor TO the user of the monitor." if hidden else ""
    figures = {"standbys": standbys, "slots": slots, "standby": bool(follows), "behind_seconds": behind_s or 0.0}
    return Part("replication", "Replication", says, level, do, unseen, ("", "what", "name", "state", "behind", "bytes"),
                tuple(found), figures)  # fmt: skip


def counters(conn: psycopg.Connection) -> tuple[Any, ...]:
    """What `traffic` compares between two looks."""
    return rows(conn, _COUNTERS)[0]


def traffic(before: tuple[Any, ...] | None, now: tuple[Any, ...]) -> Part:
    """What the database did a second between two looks; since counting began when there is only one, or the counters began anew."""
    deadlocks, spilled = now[8], now[9]
    figures: dict[str, Any] = {"commits": now[1], "rollbacks": now[2], "deadlocks": deadlocks, "temporary_bytes": spilled}
    fresh = before is None or before[-1] != now[-1] or before[1] > now[1] or now[0] <= before[0]
    if before is None or fresh:
        says = f"{now[1]:,} commits, {now[2]:,} rollbacks, {deadlocks} deadlocks since counting began"
        return Part("traffic", "Traffic", says, figures=figures)
    over = now[0] - before[0]
    names = ("commits", "rollbacks", "rows_read", "rows_fetched", "rows_written", "blocks_read", "blocks_hit")
    rates = {f"{name}_a_second": round((now[i] - before[i]) / over, 1) for i, name in enumerate(names, start=1)}
    told = [f"{rates['commits_a_second']:,} commits", f"{rates['rollbacks_a_second']:,} rollbacks"]
    told += [f"{rates['rows_written_a_second']:,} rows written", f"{rates['blocks_read_a_second']:,} blocks read"]
    new_deadlocks = deadlocks - before[8]
    level: Level = "look" if new_deadlocks else "ok"
    do = "A deadlock is broken by failing one of the two: see the server's log for which statements." if new_deadlocks else ""
    says = f"{', '.join(told)} a second" + (f"; {new_deadlocks} new deadlocks" if new_deadlocks else "")
    return Part("traffic", "Traffic", says, level, do, figures=figures | rates | {"over_seconds": round(over, 2)})


def _share(hit: int, read: int) -> float | None:
    return round(hit / (hit + read), 4) if hit + read else None
