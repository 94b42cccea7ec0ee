"""What lies on the disk: sizes, growth, dead rows and wasted room, indexes that are broken or serve nobody."""

from __future__ import annotations

from datetime import datetime

import psycopg

from models.monitoring.looking import rows
from models.monitoring.parts import Level, Part, judged, lasting, size, worst

MB = 1024 * 1024
# By default autovacuum comes at 20 % of dead rows (autovacuum_vacuum_scale_factor); at twice that it does not keep up.
DEAD_LOOK, DEAD_BAD, DEAD_ROWS = 0.25, 0.5, 5_000
WASTE_LOOK, WASTE_BYTES = 0.5, 64 * MB
UNUSED_BYTES, UNUSED_AFTER_S = 8 * MB, 7 * 86400

_LARGEST = """
SELECT c.oid::regclass::text, pg_table_size(c.oid), pg_indexes_size(c.oid), c.reltuples::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%%'
ORDER BY pg_table_size(c.oid) + pg_indexes_size(c.oid) DESC LIMIT %s
"""
# The same from what VACUUM and ANALYZE wrote down last: needs no lock, so it answers while somebody rebuilds a table.
_LARGEST_NOTED = """
SELECT c.oid::regclass::text, (c.relpages + coalesce(t.relpages, 0)) * b.block, coalesce(i.pages, 0) * b.block, c.reltuples::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
CROSS JOIN (SELECT current_setting('block_size')::bigint AS block) b
LEFT JOIN LATERAL (SELECT sum(x.relpages)::bigint AS pages FROM pg_index p JOIN pg_class x ON x.oid = p.indexrelid
    WHERE p.indrelid = c.oid) i ON true
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%%'
ORDER BY c.relpages + coalesce(t.relpages, 0) + coalesce(i.pages, 0) DESC LIMIT %s
"""
_INDEXES = """
SELECT x.oid::regclass::text, p.indrelid::regclass::text, x.relpages * current_setting('block_size')::bigint
FROM pg_index p JOIN pg_class x ON x.oid = p.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%%' ORDER BY x.relpages DESC LIMIT %s
"""
_GROWTH_THERE = """
SELECT count(*) = 3 FROM pg_attribute WHERE attrelid = to_regclass('table_sizes') AND attname IN ('name', 'takenOn', 'bytes')
    AND NOT attisdropped
"""
# What the growth report noted in the last 31 days: the first day and the last one of each table.
_GROWTH = """
SELECT name, now_bytes - then_bytes, till - since FROM (
    SELECT name, min("takenOn") AS since, max("takenOn") AS till, (array_agg(bytes ORDER BY "takenOn"))[1] AS then_bytes,
        (array_agg(bytes ORDER BY "takenOn" DESC))[1] AS now_bytes
    FROM table_sizes WHERE "takenOn" > current_date - 31 GROUP BY name) g
WHERE till > since ORDER BY 2 DESC LIMIT %s
"""
# Room a row needs by its columns' average widths, against the pages there are: the usual estimate. It knows nothing of padding
# inside rows, so small shares mean nothing; columns never analysed, or that this user may not read, leave their table out.
_WASTE = """
SELECT oid::regclass::text, pages * block, GREATEST(pages - ceil(tuples * (ceil((24 + width) / 8) * 8 + 4) / (block - 24)), 0)
        * block / NULLIF(pages * block, 0)
FROM (SELECT c.oid, c.relpages::numeric AS pages, c.reltuples::numeric AS tuples, current_setting('block_size')::numeric AS block,
        (SELECT sum((1 - s.null_frac) * s.avg_width)::numeric FROM pg_stats s WHERE s.schemaname = n.nspname
            AND s.tablename = c.relname AND NOT s.inherited) AS width
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpages > 128 AND c.reltuples >= 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY c.relpages DESC LIMIT 50) t
WHERE width IS NOT NULL
"""
_DEAD = """
SELECT s.relid::regclass::text, s.n_live_tup, s.n_dead_tup, GREATEST(s.last_vacuum, s.last_autovacuum),
    GREATEST(s.last_analyze, s.last_autoanalyze), coalesce(c.reloptions::text ~ 'autovacuum_enabled=(false|off|no|0)', false)
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid ORDER BY s.n_dead_tup DESC LIMIT 200
"""
_BROKEN = """
SELECT p.indexrelid::regclass::text, p.indrelid::regclass::text, (SELECT count(*) FROM pg_stat_progress_create_index g
    WHERE g.datname = current_database() AND coalesce(g.relid, p.indrelid) = p.indrelid)
FROM pg_index p WHERE NOT (p.indisvalid AND p.indisready) ORDER BY 1 LIMIT 50
"""
_UNUSED = """
SELECT s.indexrelid::regclass::text, s.relid::regclass::text, x.relpages * current_setting('block_size')::bigint
FROM pg_stat_user_indexes s JOIN pg_index p USING (indexrelid) JOIN pg_class x ON x.oid = s.indexrelid
WHERE s.idx_scan = 0 AND NOT p.indisunique AND p.indisvalid
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid)
ORDER BY x.relpages DESC LIMIT 200
"""
_COUNTED_FOR = """
SELECT extract(epoch FROM now() - coalesce(stats_reset, pg_postmaster_start_time()))::float8 FROM pg_stat_database
WHERE datname = current_database()
"""


def sizes(conn: psycopg.Connection, limit: int) -> Part:
    """The database, its largest tables and indexes. No judgement: how much is too much, only the disk knows."""
    unseen = ""
    try:
        tables = rows(conn, _LARGEST, limit)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
        tables = rows(conn, _LARGEST_NOTED, limit)
        unseen = "A table is locked (see locks): sizes are as of the last vacuum or analyze."
    try:
        whole = rows(conn, "SELECT pg_database_size(current_database())")[0][0]
    except psycopg.errors.InsufficientPrivilege:
        whole = None
        unseen = "This user may not see the size of the whole database: GRANT CONNECT or pg_monitor."
    lines = [("table", name, count if count >= 0 else None, size(heap), size(indexes)) for name, heap, indexes, count in tables]
    lines += [("index", name, None, "", size(held)) for name, _, held in rows(conn, _INDEXES, limit)]
    figures = {
        "database_bytes": whole,
        "tables": [{"table": n, "bytes": h, "index_bytes": i, "rows": c} for n, h, i, c in tables],
    }
    says = f"the database has {size(whole)}"
    return Part("sizes", "Sizes", says, unseen=unseen, columns=("what", "name", "rows about", "table", "indexes"),
                rows=tuple(lines), figures=figures)  # fmt: skip


def growth(conn: psycopg.Connection, limit: int) -> Part | None:
    """How the tables grew in the last 31 days, from the rows of the growth report; None where there is no such report."""
    if not rows(conn, _GROWTH_THERE)[0][0]:
        return None
    found = [(name, size(more), days, size(more / days)) for name, more, days in rows(conn, _GROWTH, limit)]
    says = "by the growth report" if found else "the growth report has fewer than two looks yet"
    return Part("growth", "Growth", says, columns=("table", "grew by", "days", "a day"), rows=tuple(found))


def dead_rows(conn: psycopg.Connection, limit: int, now: datetime) -> Part:
    """Dead rows beside live ones, when vacuum and analyze came last, and how much room is probably wasted."""
    wasted = {name: (total, share) for name, total, share in rows(conn, _WASTE)}
    found, levels = [], []
    for name, live, dead, vacuumed, analysed, off in rows(conn, _DEAD):
        share = dead / (live + dead) if dead else 0.0
        total, waste = wasted.get(name, (0, None))
        level: Level = judged(share, DEAD_LOOK, DEAD_BAD) if dead >= DEAD_ROWS else "ok"
        if waste is not None and float(waste) >= WASTE_LOOK and float(waste) * float(total) >= WASTE_BYTES:
            level = worst((level, "look"))
        if off:
            level = worst((level, "look"))
        levels.append(level)
        ages = tuple(lasting((now - at).total_seconds()) if at else "never" for at in (vacuumed, analysed))
        room = "?" if waste is None else f"{float(waste):.0%}"
        found.append((float(total), (level, name, dead, f"{share:.0%}", *ages, room, "off" if off else "on")))
    servers = rows(conn, "SELECT current_setting('autovacuum'), current_setting('track_counts')")[0]
    off_everywhere = "off" in servers
    listed = [row for _, row in sorted(found, key=lambda row: (row[1][0] == "ok", -row[1][2], -row[0]))]
    troubled = [row for row in listed if row[0] != "ok"]
    says = f"{len(troubled)} tables carry many dead rows or much wasted room" if troubled else "vacuum keeps up"
    do = ""
    if troubled:
        do = f"Run VACUUM (ANALYZE) {troubled[0][1]}; if it comes back, look for long transactions, and at autovacuum of that table."
    if off_everywhere:
        says, do = (
            "autovacuum is off for the whole server",
            "Set autovacuum = on and track_counts = on: without them every table swells.",
        )
    figures = {"tables_troubled": len(troubled), "dead_rows": sum(row[2] for row in listed), "autovacuum": not off_everywhere}
    columns = ("", "table", "dead", "share", "vacuumed", "analysed", "room wasted", "auto")
    return Part("dead_rows", "Dead rows and wasted room", says, "bad" if off_everywhere else worst(levels), do,
                columns=columns, rows=tuple(listed[:limit]), figures=figures)  # fmt: skip


def indexes(conn: psycopg.Connection, limit: int) -> Part:
    """Indexes that are invalid (a CREATE INDEX CONCURRENTLY that failed) and large ones nobody has asked since counting began."""
    broken = rows(conn, _BROKEN)
    counted_for = rows(conn, _COUNTED_FOR)[0][0]
    unused = [row for row in rows(conn, _UNUSED) if row[2] >= UNUSED_BYTES]
    building = [name for name, _, under_way in broken if under_way]
    dead = [name for name, _, under_way in broken if not under_way]
    lines = [("being built" if under_way else "INVALID", name, table, "") for name, table, under_way in broken]
    lines += [("not used", name, table, size(held)) for name, table, held in unused]
    level: Level = "bad" if dead else "look" if unused and counted_for >= UNUSED_AFTER_S else "ok"
    says = f"{len(dead)} invalid, {len(building)} being built, {len(unused)} large ones not used in {lasting(counted_for)}"
    do = ""
    if dead:
        do = f"{dead[0]} costs at every write and serves nobody: REINDEX INDEX CONCURRENTLY {dead[0]}, or drop it and make it again."
    elif level == "look":
        do = "Before dropping one, see that no standby and no monthly report uses it; then DROP INDEX CONCURRENTLY."
    figures = {"invalid": dead, "being_built": building, "unused": [row[0] for row in unused], "counted_for_seconds": counted_for}
    columns = ("what", "index", "table", "size")
    return Part("indexes", "Indexes", says, level, do, columns=columns, rows=tuple(lines[:limit]), figures=figures)
