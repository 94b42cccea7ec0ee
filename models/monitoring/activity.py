"""Who is at work in the database, who waits for whom, and who keeps a transaction open. Never what they say: no query text."""

from __future__ import annotations

import psycopg

from models.monitoring.looking import rows
from models.monitoring.parts import Part, judged, lasting

LOCK_LOOK_S, LOCK_BAD_S = 1.0, 10.0
IDLE_SHARE = 0.2  # an open transaction in which nothing happens is that much sooner too long than one that works
CROWDED_LOOK, CROWDED_BAD = 0.6, 0.8
HIDDEN = "Other users' sessions are shown without what they do: GRANT pg_monitor TO the user of the monitor."

# The waiting ones first, from the list of locks, which everybody may read; their blockers are asked for them alone, because
# pg_blocking_pids holds the lock manager up for a moment.
_WAITING = """
SELECT w.pid, coalesce(a.application_name, ''), w.mode, w.locktype, coalesce(w.relation::regclass::text, ''),
    extract(epoch FROM clock_timestamp() - coalesce(w.since, a.state_change))::float8, b.pid, coalesce(h.application_name, ''),
    h.state, extract(epoch FROM clock_timestamp() - h.xact_start)::float8
FROM (SELECT l.pid, l.mode, l.locktype, (to_jsonb(l) ->> 'waitstart')::timestamptz AS since,
        CASE WHEN l.database = d.oid OR l.database IS NULL THEN coalesce(l.relation, (SELECT t.relation FROM pg_locks t
            WHERE t.pid = l.pid AND t.locktype = 'tuple' AND t.database = d.oid LIMIT 1)) END AS relation
    FROM pg_locks l CROSS JOIN (SELECT oid FROM pg_database WHERE datname = current_database()) d
    WHERE NOT l.granted LIMIT 50) w
JOIN pg_stat_activity a ON a.pid = w.pid AND a.datname = current_database()
LEFT JOIN LATERAL unnest(pg_blocking_pids(w.pid)) b (pid) ON true
LEFT JOIN pg_stat_activity h ON h.pid = b.pid
ORDER BY 6 DESC NULLS LAST LIMIT 200
"""
_TRANSACTIONS = """
SELECT pid, coalesce(application_name, ''), coalesce(usename, ''), state, extract(epoch FROM now() - xact_start)::float8,
    extract(epoch FROM now() - state_change)::float8, coalesce(wait_event_type, ''), age(backend_xmin)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'
ORDER BY xact_start LIMIT 200
"""
_PREPARED = """
SELECT count(*), coalesce(max(extract(epoch FROM now() - prepared)), 0)::float8 FROM pg_prepared_xacts
WHERE database = current_database()
"""
_CONNECTIONS = """
SELECT coalesce(nullif(application_name, ''), '(no name)'), coalesce(state, 'hidden'), count(*)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 200
"""
_ROOM = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0),
    (SELECT sum(numbackends) FROM pg_stat_database)::int
"""
_HIDDEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = '<insufficient privilege>'"


def locks(conn: psycopg.Connection, limit: int) -> Part:
    """Who waits for whom since when, on what."""
    found = rows(conn, _WAITING)
    lines, longest = [], 0.0
    for pid, name, mode, kind, table, waited, by, by_name, by_state, by_open in found:
        longest = max(longest, waited or 0.0)
        what = f"{table or kind} ({mode.removesuffix('Lock')})"
        holder = f"{by} {by_name}".strip() if by else "a prepared transaction" if by == 0 else "in the queue"
        lines.append((pid, name, what, lasting(waited), holder, f"{by_state or '?'}, {lasting(by_open)}" if by else ""))
    waiting = len({row[0] for row in found})
    level = judged(longest, LOCK_LOOK_S, LOCK_BAD_S)
    # Whoever holds others up and waits for nobody is where the queue begins.
    waiters, holders = {row[0] for row in found}, {row[6] for row in found if row[6]}
    roots = sorted(holders - waiters)
    says = f"{waiting} wait, the longest for {lasting(longest)}" if waiting else "nobody waits"
    do = ""
    if level != "ok" and roots:
        first = next(row for row in found if row[6] == roots[0])
        who = f"{first[7] or 'no name'}, {first[8] or 'hidden'}"
        do = f"Process {roots[0]} ({who}) holds up the rest: find out what it does; if it must end: "
        do += f"SELECT pg_terminate_backend({roots[0]})."
    figures = {"waiting": waiting, "longest_seconds": round(longest, 3), "roots": roots}
    columns = ("process", "application", "waits for", "since", "held by", "who is")
    return Part("locks", "Locks", says, level, do, columns=columns, rows=tuple(lines[:limit]), figures=figures)


def transactions(conn: psycopg.Connection, limit: int, long_s: float) -> Part:
    """Transactions open for `long_s` or longer, and ones in which nothing happens for a fifth of that; prepared ones too."""
    found, levels, oldest, idle = [], [], 0.0, 0
    for pid, name, user, state, open_s, since_s, wait, held in rows(conn, _TRANSACTIONS):
        oldest = max(oldest, open_s)
        still = (state or "").startswith("idle in transaction")
        idle += still
        level = judged(open_s, long_s, 6 * long_s)
        if still and since_s is not None:
            level = max(level, judged(since_s, IDLE_SHARE * long_s, long_s), key=("ok", "look", "bad").index)
        levels.append(level)
        found.append((level, pid, name, user, state or "hidden", lasting(open_s), wait, held))
    prepared, prepared_s = rows(conn, _PREPARED)[0]
    if prepared:
        levels.append(judged(prepared_s, long_s, 6 * long_s))
    troubled = [row for row in found if row[0] != "ok"]
    says = f"{len(found)} open, the longest for {lasting(oldest)}, {idle} of them idle"
    says += f"; {prepared} prepared, the oldest for {lasting(prepared_s)}" if prepared else ""
    do = ""
    if troubled:
        do = (
            f"Process {troubled[0][1]} ({troubled[0][2] or 'no name'}) keeps vacuum from cleaning, and its locks: let it end, or "
        )
        do += f"SELECT pg_terminate_backend({troubled[0][1]})."
    elif prepared and levels[-1] != "ok":
        do = "A prepared transaction outlives restarts: see pg_prepared_xacts, then COMMIT PREPARED or ROLLBACK PREPARED."
    hidden = rows(conn, _HIDDEN)[0][0]
    figures = {"open": len(found), "longest_seconds": round(oldest, 3), "idle_in_transaction": idle, "prepared": prepared}
    columns = ("", "process", "application", "user", "state", "open for", "waits on", "holds back")
    level = max(levels, key=("ok", "look", "bad").index, default="ok")
    return Part("transactions", "Long transactions", says, level, do, HIDDEN if hidden else "", columns,
                tuple(troubled[:limit]), figures)  # fmt: skip


def connections(conn: psycopg.Connection, limit: int) -> Part:
    """By application and state, against what the server allows."""
    found = rows(conn, _CONNECTIONS)
    most, used = rows(conn, _ROOM)[0]
    share = used / most if most else 1.0
    level = judged(share, CROWDED_LOOK, CROWDED_BAD)
    says = f"{used} of {most} taken, {sum(row[2] for row in found)} of them in this database"
    do = ""
    if level != "ok":
        do = "Soon new ones are refused: start fewer threads, end who holds many (below), or raise max_connections."
    unseen = HIDDEN if any(row[1] == "hidden" for row in found) and rows(conn, _HIDDEN)[0][0] else ""
    figures = {"used": used, "most": most, "share": round(share, 3)}
    return Part("connections", "Connections", says, level, do, unseen, ("application", "state", "connections"),
                tuple(found[:limit]), figures)  # fmt: skip
