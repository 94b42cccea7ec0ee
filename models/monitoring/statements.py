"""Slow queries, from the extension pg_stat_statements where it is there; else how to switch it on."""

from __future__ import annotations

import re

import psycopg
from psycopg import sql

from models.monitoring.looking import rows
from models.monitoring.parts import Level, Part, judged, lasting, worst

SLOW_LOOK_MS, SLOW_BAD_MS, OFTEN = 100.0, 1000.0, 10
TEXT = 140  # characters of a statement that are shown
_SHOWN = ("select", "insert", "update", "delete", "with", "merge", "values")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|--[^\n]*", re.DOTALL)
_LITERAL = re.compile(r"\$([A-Za-z_]*)\$.*?(?:\$\1\$|\Z)|'(?:[^']|'')*(?:'|\Z)|\b\d{4,}\b", re.DOTALL)

_WHERE = """
SELECT n.nspname, c.relname IS NOT NULL, (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' WHERE e.extname = 'pg_stat_statements'
"""
_AVAILABLE = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'"
_LOADED = "SELECT setting LIKE '%%pg_stat_statements%%' FROM pg_settings WHERE name = %s"
# `total_exec_time` was called `total_time` before extension 1.8.
_SLOWEST = """
SELECT s.query, s.calls, s.{total}, s.{mean}, s.{longest}, s.rows, s.shared_blks_hit, s.shared_blks_read
FROM {view} s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() ORDER BY s.{total} DESC LIMIT %s
"""


def slow(conn: psycopg.Connection, limit: int) -> Part:
    """The statements that took most time in all; a judgement by their mean. Texts are the server's normalised ones, shortened."""
    found = rows(conn, _WHERE)
    if not found or not found[0][1]:
        return _off(_how_to_switch_on(conn))
    schema, _, columns = found[0]
    newer = "total_exec_time" in columns
    words = {"total": "total_exec_time", "mean": "mean_exec_time", "longest": "max_exec_time"}
    if not newer:
        words = {"total": "total_time", "mean": "mean_time", "longest": "max_time"}
    statement = sql.SQL(_SLOWEST).format(
        view=sql.Identifier(schema, "pg_stat_statements"), **{name: sql.Identifier(column) for name, column in words.items()}
    )
    try:
        listed = conn.execute(statement, (max(limit, 50),)).fetchall()
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return _off(
            "The extension is here but not loaded: add pg_stat_statements to shared_preload_libraries, then restart PostgreSQL."
        )
    lines: list[tuple[object, ...]] = []
    levels: list[Level] = []
    hidden = 0
    for text, calls, total, mean, longest, count, hit, read in listed:
        closed = text in (None, "<insufficient privilege>")
        hidden += closed
        level: Level = judged(mean, SLOW_LOOK_MS, SLOW_BAD_MS) if calls >= OFTEN else "ok"
        levels.append(level)
        cached = f"{hit / (hit + read):.0%}" if hit + read else "-"
        each = round(count / calls) if calls else 0
        lines.append(
            (
                level,
                calls,
                lasting(total / 1000),
                f"{mean:.1f} ms",
                f"{longest:.0f} ms",
                each,
                cached,
                "(another user's)" if closed else shortened(text),
            )
        )
    slow_ones = sum(level != "ok" for level in levels)
    says = f"{slow_ones} statements are slow on the mean" if slow_ones else "no statement that runs often is slow"
    do = "EXPLAIN (ANALYZE, BUFFERS) the one with most time in all; a missing index shows as Seq Scan." if slow_ones else ""
    unseen = f"{hidden} statements of other users are without text: GRANT pg_read_all_stats." if hidden else ""
    columns_shown = ("", "calls", "in all", "mean", "longest", "rows each", "cached", "statement")
    return Part("slow_queries", "Slow queries", says, worst(levels), do, unseen, columns_shown, tuple(lines[:limit]),
                {"on": True, "slow": slow_ones})  # fmt: skip


def shortened(text: str) -> str:
    """A statement in one line of 140 characters at most. What is no plain query is named by its first two words alone: older servers
    keep the values of such statements, a password among them. Comments go, literals and long numbers become `?`."""
    line = " ".join(_COMMENT.sub(" ", text).split())
    first = line[:12].lstrip("( ").lower()
    if not first.startswith(_SHOWN):
        return " ".join(line.split(" ")[:2])[:TEXT] + " ..."
    line = _LITERAL.sub("?", line)
    return line if len(line) <= TEXT else line[: TEXT - 3] + "..."


def _how_to_switch_on(conn: psycopg.Connection) -> str:
    if not rows(conn, _AVAILABLE)[0][0]:
        return (
            "The server has no pg_stat_statements: install PostgreSQL's contrib package, then add it to shared_preload_libraries."
        )
    loaded = rows(conn, _LOADED, "shared_preload_libraries")
    if loaded and loaded[0][0]:
        return "It is loaded and only has to be made, once, by a superuser in this database: CREATE EXTENSION pg_stat_statements."
    return (
        "Add pg_stat_statements to shared_preload_libraries, restart PostgreSQL, then as a superuser in this database: "
        "CREATE EXTENSION pg_stat_statements."
    )


def _off(how: str) -> Part:
    return Part(
        "slow_queries", "Slow queries", "not measured: pg_stat_statements is not switched on", "look", how, figures={"on": False}
    )
