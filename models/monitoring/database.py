"""One look at the whole database; the parts that could not be seen say so, and the rest comes all the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg

from models.clock import utcnow
from models.migration_session import place
from models.monitoring import activity, server, statements, storage
from models.monitoring.looking import Ask, seen
from models.monitoring.parts import Look, Part

LONG_S = 300.0


def look(
    conn: psycopg.Connection, url: str, *, limit: int = 5, long_s: float = LONG_S, before: dict[str, Any] | None = None
) -> Look:
    """What is urgent first. `before` is a dict the caller keeps between looks, for what is counted a second.

    Changes nothing but that dict. Raises psycopg.Error when the connection breaks.
    """
    kept = before if before is not None else {}

    def traffic(conn: psycopg.Connection) -> Part:
        now = server.counters(conn)
        part = server.traffic(kept.get("counters"), now)
        kept["counters"] = now
        return part

    def growth(conn: psycopg.Connection) -> Part:
        return storage.growth(conn, limit) or Part("growth", "Growth", "")

    now = utcnow()
    asked: tuple[tuple[str, str, Ask], ...] = (
        ("connections", "Connections", partial(activity.connections, limit=limit)),
        ("locks", "Locks", partial(activity.locks, limit=limit)),
        ("transactions", "Long transactions", partial(activity.transactions, limit=limit, long_s=long_s)),
        ("traffic", "Traffic", traffic),
        ("slow_queries", "Slow queries", partial(statements.slow, limit=limit)),
        ("cache", "Cache hit ratio", partial(server.cache, limit=limit)),
        ("sizes", "Sizes", partial(storage.sizes, limit=limit)),
        ("growth", "Growth", growth),
        ("dead_rows", "Dead rows and wasted room", partial(storage.dead_rows, limit=limit, now=now)),
        ("indexes", "Indexes", partial(storage.indexes, limit=limit)),
        ("sequences", "Numbers that run out", partial(server.sequences, limit=limit)),
        ("transaction_age", "Transaction id age", partial(server.transaction_age, limit=limit)),
        ("checkpoints", "Checkpoints", server.checkpoints),
        ("replication", "Replication", server.replication),
    )
    parts = tuple(seen(conn, name, title, ask) for name, title, ask in asked)
    version = conn.info.parameter_status("server_version") or "?"
    where = f"{place(url)}, PostgreSQL {version}"
    return Look("database", where, now, tuple(part for part in parts if part.says or part.unseen))
