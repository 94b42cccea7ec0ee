"""What the house says of its own accord, outside the 24-hour window: replies that are held, and the template that stands for them.

The replies of one event (one turn) and the template share the event's id: "inboxId" of the replies, "standsFor" of the template,
unique, so that a template is born once however often, in whatever order and by however many a closed window is heard of.

A template that says all (`whole`) ends the held replies as `replaced` once it was delivered. One that only announces leaves
them held: they are what the customer writes for. Either way nothing is said twice, and one that fails loses nothing: the replies
wait until the customer writes.
"""

from __future__ import annotations

from typing import Any

import psycopg

from models.outbox import ASKED, ASKING, BIRTH, FREED, FREEING, STOPPED, STOPPING, TOLD, TROUBLE

Statement = tuple[str, dict[str, Any]]
TURNS_AT_ONCE = 5

HOLD = f"""
WITH refused AS MATERIALIZED (
    SELECT id, "inboxId" FROM outbox WHERE id = %(row)s
), locked AS MATERIALIZED (
    SELECT o.id, o."inboxId" FROM outbox o WHERE o.id = %(row)s
        OR o."inboxId" = (SELECT "inboxId" FROM refused) AND o."standsFor" IS NULL
    ORDER BY o.id FOR UPDATE
), held AS (
    UPDATE outbox o SET status = 'held', "nextTryAt" = NULL, "customerId" = heir_of_customer(o."customerId"),
        reason = %(reason)s, "errorCode" = %(code)s, "updatedAt" = now()
    FROM locked WHERE o.id = locked.id AND o.status IN ('queued', 'sending', 'unsure')
    RETURNING o.id, o."customerId", o."inboxId", o.notice, o."expiresAt", o."staffId", o."standsFor", o.attempts
), asked AS (
    {ASKING} FROM held WHERE true {ASKED}
), closed AS MATERIALIZED (
    SELECT * FROM held ORDER BY id LIMIT 1
)
{BIRTH.replace("{source}", "FROM closed")}
"""

REFUSE = f"""
WITH t AS (
    UPDATE outbox SET status = 'failed', reason = %(reason)s, "errorCode" = %(code)s, "updatedAt" = now()
    WHERE id = %(row)s AND status IN ('queued', 'sending', 'unsure')
    RETURNING id, "customerId", "standsFor", notice, "errorCode", reason, "createdAt"
), freed AS (
    {FREEING} FROM t {FREED}
), stopped AS (
    {STOPPING} FROM t {STOPPED}
), troubles AS (
    {TROUBLE} FROM t {TOLD}
)
SELECT kind FROM troubles WHERE told
"""

# `lot`: what becomes of each held row. Newer turns count first; those `owed` are never left out: they are about money, or a
# template asked the customer to write for them.
RELEASE = """
WITH waiting AS MATERIALIZED (
    SELECT o.id FROM outbox o WHERE o."customerId" = %(customer)s AND o.status = 'held'
    UNION
    SELECT t.id FROM outbox o JOIN outbox t ON t."standsFor" = o."inboxId"
    WHERE o."customerId" = %(customer)s AND o.status = 'held'
), locked AS MATERIALIZED (
    SELECT o.id, o."inboxId", o."standsFor", o.status, o.notice, o."createdAt" FROM outbox o JOIN waiting USING (id)
    ORDER BY o.id FOR UPDATE OF o
), known AS (
    SELECT h.id, h."inboxId", COALESCE(h."inboxId", -h.id) AS turn, now() - h."createdAt" AS age, t.id AS template, t.status AS fate,
        COALESCE((h.notice->>'whole')::boolean, false) AS whole,
        COALESCE((h.notice->>'money')::boolean OR (t.status IN ('accepted', 'sent', 'delivered', 'read')
            AND NOT (h.notice->>'whole')::boolean AND h.notice->'freshMinutes' IS NULL), false) AS owed,
        (h.notice->>'freshMinutes')::integer * interval '1 minute' AS fresh, COALESCE((h.notice->>'lapses')::boolean, false) AS lapses
    FROM locked h LEFT JOIN locked t ON t."standsFor" = h."inboxId"
    WHERE h.status = 'held' AND h."standsFor" IS NULL
), judged AS (
    SELECT *, CASE
        WHEN whole AND fate IN ('delivered', 'read') THEN 'replaced'
        WHEN whole AND fate IN ('accepted', 'sent') AND age > %(days)s * interval '1 day' THEN 'replaced'
        WHEN whole AND fate IN ('sending', 'unsure', 'accepted', 'sent') THEN 'held'
        WHEN lapses AND age > fresh THEN CASE WHEN fate IN ('sending', 'unsure', 'accepted', 'sent', 'delivered', 'read')
            THEN 'replaced' ELSE 'expired' END
        WHEN fate IN ('sending', 'unsure', 'accepted', 'sent', 'delivered', 'read') AND age > fresh THEN 'replaced'
        WHEN age > %(days)s * interval '1 day' AND NOT owed THEN 'expired'
        ELSE 'queued' END AS lot
    FROM known
), ranked AS (
    SELECT *, dense_rank() OVER (PARTITION BY lot = 'queued' AND NOT owed ORDER BY turn DESC) AS place FROM judged
), decided AS MATERIALIZED (
    SELECT id, template, fate, CASE WHEN lot = 'queued' AND NOT owed AND place > %(turns)s THEN 'expired' ELSE lot END AS lot,
        CASE WHEN lot = 'expired' AND lapses THEN 'of no use any more' WHEN lot = 'expired' THEN 'held for too long'
            WHEN lot = 'replaced' THEN 'said by its template'
            WHEN lot = 'queued' AND NOT owed AND place > %(turns)s THEN 'newer ones were said instead' ELSE '' END AS why
    FROM ranked
), needless AS (
    UPDATE outbox t SET status = 'replaced', reason = 'the customer wrote, so the replies went', "nextTryAt" = NULL,
        "updatedAt" = now()
    FROM (SELECT DISTINCT template FROM decided WHERE lot <> 'held') d
    WHERE t.id = d.template AND t.status IN ('queued', 'sending', 'unsure')
)
UPDATE outbox o SET status = d.lot, "nextTryAt" = NULL, reason = COALESCE(NULLIF(d.why, ''), o.reason), "updatedAt" = now(),
    "expiresAt" = GREATEST(o."expiresAt", now() + %(age)s * interval '1 second')
FROM decided d WHERE o.id = d.id AND d.lot <> 'held'
RETURNING d.lot
"""


def hold(row_id: int, *, reason: str, code: int | None) -> Statement:
    """The statement that notes a closed window, told in the answer to a send: the row and whatever of its turn has not left are
    held, and the template that stands for them is there to be sent."""
    return HOLD, {"row": row_id, "reason": reason[:200], "code": code}


def refuse(conn: psycopg.Connection, row_id: int, *, reason: str, code: int | None) -> str | None:
    """A template was refused for good: its replies go if the customer wrote meanwhile, else they wait. Gives its kind when
    somebody is to be told, which is once in some hours for each kind and code."""
    row = conn.execute(REFUSE, {"row": row_id, "reason": reason[:200], "code": code}).fetchone()
    return str(row[0]) if row else None


def release(
    conn: psycopg.Connection, customer_id: int, *, max_age_s: float, days: int, turns: int = TURNS_AT_ONCE
) -> dict[str, int]:
    """The customer wrote, so the window is open again: what waited for that may go, as if written now. Gives how many rows were
    `queued`, `replaced` and `expired`.

    What a template said is not said again; where it is not known yet whether it arrived, its replies wait for that. Of more
    than `turns` turns the newest go, and none older than `days`; what is about money always goes,
    and so does what a template asked the customer to write for.
    """
    given = {"customer": customer_id, "age": max_age_s, "days": days, "turns": turns}
    lots = [row[0] for row in conn.execute(RELEASE, given).fetchall()]
    return {lot: lots.count(lot) for lot in sorted(set(lots))}
