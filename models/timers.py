"""Everything that is due later: one row a kind, customer and subject; starting it again replaces it.

Due timers become `timer_due` events of their customers, each once: firing is one statement, which locks the rows it takes, so any
number of clocks may do it and one that dies in the middle has done all of its statement or nothing. How late a kind may be, and
at which hours nobody is written to, say `models.due.rules`; the same statement decides it. What may not be said any more ends as an
event that is `stored` and not answered, with its reason: `too_late`, `stopped`, `window_closed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from models.base import db
from models.due.rules import OTHERWISE, RULES, Rule

# WhatsApp's 24 hours, less what a message may wait in a queue.
WINDOW = "interval '23 hours 30 minutes'"


class Fired(NamedTuple):
    """What one round did: customers with an event to be served; how many timers were `taken`; how many of them were not said, by
    reason, or `moved` to the end of the quiet hours."""

    customers: list[int]
    taken: int
    unsaid: dict[str, int]


def start(kind: str, customer_id: int, fire_at: datetime, now: datetime, subject: str = "") -> None:
    """Sets a timer; an older one of the same kind and subject is void from now on."""
    db.execute_sql(
        """INSERT INTO timers AS t (kind, "customerId", subject, "fireAt", "createdAt") VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (kind, "customerId", subject) DO UPDATE
               SET "fireAt" = EXCLUDED."fireAt", "firedAt" = NULL, version = t.version + 1""",
        (kind, customer_id, subject, fire_at, now),
    )


def start_once(kind: str, customer_id: int, fire_at: datetime, now: datetime, subject: str) -> bool:
    """Sets a timer unless there is, or was, one of this kind and subject."""
    done = db.execute_sql(
        """INSERT INTO timers (kind, "customerId", subject, "fireAt", "createdAt") VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (kind, customer_id, subject, fire_at, now),
    )
    return bool(done.rowcount)


def stop(kind: str, customer_id: int, subject: str = "") -> None:
    db.execute_sql(
        """DELETE FROM timers WHERE kind = %s AND "customerId" = %s AND subject = %s AND "firedAt" IS NULL""",
        (kind, customer_id, subject),
    )


def stop_all(kind: str, customer_id: int, beginning: str = "") -> int:
    """Ends all waiting timers of a kind whose subject begins so; returns how many."""
    done = db.execute_sql(
        """DELETE FROM timers WHERE kind = %s AND "customerId" = %s AND starts_with(subject, %s) AND "firedAt" IS NULL""",
        (kind, customer_id, beginning),
    )
    return int(done.rowcount)


def unsaid(inbox_id: int, reason: str) -> None:
    """Notes on a timer's event why its customer was told nothing. In the turn of the event."""
    db.execute_sql("UPDATE inbox SET reason = %s WHERE id = %s", (reason[:200], inbox_id))


_RULE = """(%(kind{n})s::text, %(ending{n})s::text, %(late{n})s::interval, %(from{n})s::time, %(until{n})s::time, %(window{n})s::boolean,
        %(asked{n})s::boolean)"""
FIRE = f"""
WITH rules (kind, ending, late, "from", "until", "inWindow", "askedFor") AS (
    VALUES {", ".join(_RULE.replace("{n}", str(n)) for n in range(len(RULES) + 1))}
), due AS MATERIALIZED (
    SELECT id, kind, "customerId", subject, version, "fireAt" FROM timers
    WHERE "firedAt" IS NULL AND "fireAt" <= now() ORDER BY "fireAt" LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), known AS (
    SELECT d.*, d."fireAt" + r.late AS useless, now() AT TIME ZONE %(zone)s AS local, r."from", r."until",
        r."askedFor" AND c."marketingStoppedAt" IS NOT NULL AS stopped,
        r."inWindow" AND COALESCE(v."lastInboundAt" <= now() - {WINDOW}, true) AS closed,
        CASE WHEN r."inWindow" THEN v."lastInboundAt" + {WINDOW} END AS closes
    FROM due d
    CROSS JOIN LATERAL (SELECT * FROM rules WHERE (rules.kind = d.kind AND right(d.subject, length(ending)) = ending)
        OR rules.kind = '' ORDER BY rules.kind = '' LIMIT 1) r
    JOIN customers c ON c.id = d."customerId" LEFT JOIN conversations v ON v."customerId" = d."customerId"
), judged AS (
    SELECT *, CASE
        WHEN stopped THEN 'stopped'
        WHEN useless < now() THEN 'too_late'
        WHEN closed THEN 'window_closed'
        WHEN "from" > "until" AND (local::time >= "from" OR local::time < "until")
            OR "from" < "until" AND local::time >= "from" AND local::time < "until" THEN 'moved'
        ELSE '' END AS verdict
    FROM known
), moved AS (
    UPDATE timers t SET "fireAt" =
        (j.local::date + CASE WHEN j.local::time >= j."from" AND j."from" > j."until" THEN 1 ELSE 0 END + j."until") AT TIME ZONE %(zone)s
    FROM judged j WHERE t.id = j.id AND j.verdict = 'moved'
), fired AS (
    UPDATE timers t SET "firedAt" = now() FROM judged j WHERE t.id = j.id AND j.verdict <> 'moved'
), happened AS (
    INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status, reason, "handledAt")
    SELECT 'house', 'timer:' || id || ':' || version, "customerId", 'happened',
        json_build_object('name', 'timer_due', 'data', json_build_object('kind', kind, 'subject', subject,
            'until', LEAST(useless, closes))),
        CASE verdict WHEN '' THEN 'pending' ELSE 'stored' END, verdict, CASE WHEN verdict <> '' THEN now() END
    FROM judged WHERE verdict <> 'moved' ORDER BY "fireAt", id ON CONFLICT DO NOTHING
    RETURNING "customerId", reason
)
SELECT ARRAY(SELECT "customerId" FROM happened WHERE reason = ''), (SELECT count(*) FROM judged),
    (SELECT json_object_agg(verdict, number) FROM (SELECT verdict, count(*) AS number FROM judged WHERE verdict <> '' GROUP BY 1) s)
"""


def fire_due(conn: psycopg.Connection, *, limit: int, zone: str = "Africa/Lagos") -> Fired:
    """Turns due timers into `timer_due` events, each once, by the database's clock; one statement. `zone`: whose night is quiet.

    The event's data: kind, subject and `until`, the moment from which on it is not to be said (ISO; null: any time), for workers that
    come to it late.
    """
    row = conn.execute(FIRE, {**_VALUES, "limit": limit, "zone": zone}).fetchone() or ([], 0, None)
    return Fired(list(row[0]), int(row[1]), dict(row[2] or {}))


def _values(rules: tuple[Rule, ...]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for n, rule in enumerate(rules):
        begins, ends = rule.quiet or (None, None)
        found |= {f"kind{n}": rule.kind, f"ending{n}": rule.ending, f"late{n}": rule.late, f"from{n}": begins, f"until{n}": ends}
        found |= {f"window{n}": rule.in_window, f"asked{n}": rule.asked_for}
    return found


_VALUES = _values((*RULES, OTHERWISE))
