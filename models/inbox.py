"""What came in: every message and event, stored once, handled in order.

Written by hand where it is hot: through Peewee's models the door cost half as much again (bench/webhook.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from json import dumps
from typing import Any

import psycopg
from peewee import BigAutoField, BigIntegerField, DateTimeField, SmallIntegerField, TextField

from models.base import Base, db
from models.customers import meet
from models.envelope import InboundItem, StatusItem

# Meta repeats a webhook for up to 7 days (webhooks/overview, read November 2026). What claims to be older is kept and never
# acted upon: that, and not a list of ids kept for ever, makes the replay of an old signed webhook harmless after pruning.
OLDEST_HANDLED_S = 8 * 24 * 3600
DEADLOCKS_OUTLIVED = 2
STATUS_OF = {"handle": "pending", "store": "stored", "quarantine": "quarantined"}


class Inbox(Base):
    id = BigAutoField()
    channel = TextField()
    external_id = TextField()
    customer_id = BigIntegerField(null=True)
    kind = TextField()
    payload = TextField()
    status = TextField()
    reason = TextField()
    attempts = SmallIntegerField()
    failures = SmallIntegerField()
    retry_at = DateTimeField(null=True)
    sent_at = DateTimeField(null=True)
    received_at = DateTimeField()
    handled_at = DateTimeField(null=True)
    correlation_id = TextField()

    class Meta:
        table_name = "inbox"


# Nearly every webhook brings one message: its values as plain parameters cost the web process half of what arrays do.
ONE_ITEM = """SELECT %s::text AS external, %s::text AS kind, %s::text AS status, %s::text AS reason, %s::text AS bsuid,
    %s::text AS number, %s::text AS payload, %s::float8 AS sent, 1 AS place"""
MANY_ITEMS = """SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::float8[])
    WITH ORDINALITY AS t(external, kind, status, reason, bsuid, number, payload, sent, place)"""
STORE = """
WITH item AS (
    {items}
), who AS (
    SELECT item.*, COALESCE(b."customerId", n."customerId") AS customer,
        status = 'pending' AND sent < EXTRACT(EPOCH FROM now()) - {oldest} AS aged,
        (item.bsuid <> '' AND b.value IS NULL) OR (item.number <> '' AND n.value IS NULL)
            OR (b."customerId" <> n."customerId" AND NOT %s) AS stranger
    FROM item
    LEFT JOIN customer_identities b ON b.kind = 'bsuid' AND b.value = item.bsuid
    LEFT JOIN customer_identities n ON n.kind = 'number' AND n.value = item.number
), kept AS (
    INSERT INTO inbox (channel, "externalId", "customerId", kind, payload, status, reason, "sentAt", "correlationId")
    SELECT 'whatsapp', external, customer, kind, payload::json, CASE WHEN aged THEN 'stored' ELSE status END,
        CASE WHEN aged THEN 'too_old' ELSE reason END, to_timestamp(sent), %s
    FROM who WHERE NOT EXISTS (SELECT FROM who WHERE stranger) ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING CASE WHEN status = 'pending' THEN "customerId" END AS customer
)
SELECT EXISTS (SELECT FROM who WHERE stranger), ARRAY(SELECT DISTINCT customer FROM kept WHERE customer IS NOT NULL),
    (SELECT count(*) FROM kept)
"""

STORE_ONE, STORE_MANY = (STORE.format(items=items, oldest=OLDEST_HANDLED_S) for items in (ONE_ITEM, MANY_ITEMS))

STORE_RECEIPTS = """
INSERT INTO delivery_receipts ("externalId", status, callback, at, "errorCode", "errorTitle")
SELECT external, status, callback, to_timestamp(at), code, title
FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::int[], %s::text[]) AS t(external, status, callback, at, code, title)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Customers with something new to answer, rows that were new, and how many came at all."""

    customers: list[int]
    new: int
    came: int


def accept(
    conn: psycopg.Connection, items: Sequence[InboundItem], statuses: Sequence[StatusItem], correlation_id: str
) -> Accepted:
    """Stores all of one webhook durably, each message once for ever; a second delivery changes nothing.

    One statement when everybody in it is known, and one transaction when messages and statuses come together. Two webhooks that
    bring the same messages in another order may each wait for what the other has just stored: one of them begins again.
    """
    for _ in range(DEADLOCKS_OUTLIVED):
        with suppress(psycopg.errors.DeadlockDetected):
            return _accept(conn, items, statuses, correlation_id)
    return _accept(conn, items, statuses, correlation_id)


def _accept(
    conn: psycopg.Connection, items: Sequence[InboundItem], statuses: Sequence[StatusItem], correlation_id: str
) -> Accepted:
    if not statuses:
        return _accept_messages(conn, items, correlation_id) if items else Accepted([], 0, 0)
    if not items:
        conn.execute(STORE_RECEIPTS, _receipt_columns(statuses))
        return Accepted([], 0, 0)
    with conn.transaction():
        conn.execute(STORE_RECEIPTS, _receipt_columns(statuses))
        return _accept_messages(conn, items, correlation_id)


def _accept_messages(conn: psycopg.Connection, items: Sequence[InboundItem], correlation_id: str) -> Accepted:
    rows = [_item_row(item) for item in items]
    statement, values = (STORE_ONE, rows[0]) if len(rows) == 1 else (STORE_MANY, tuple(map(list, zip(*rows, strict=True))))
    for met in (False, True):  # once met, two people of one batch who both claim a number are told apart by their user ids
        stranger, customers, new = conn.execute(statement, (*values, met, correlation_id)).fetchone() or (True, [], 0)
        if not stranger:
            return Accepted(customers, new, len(items))
        meet(conn, [(i.bsuid, i.number, i.profile_name) for i in items if i.bsuid or i.number])
    raise RuntimeError("a customer could not be made")


def _item_row(item: InboundItem) -> tuple[Any, ...]:
    status, reason = STATUS_OF[item.disposition], item.reason
    if status == "pending" and not (item.bsuid or item.number):
        status, reason = "quarantined", "no_identity"
    return item.external_id, item.kind, status, reason, item.bsuid or "", item.number or "", item.payload_json, item.sent_at


def _receipt_columns(statuses: Sequence[StatusItem]) -> tuple[list[Any], ...]:
    return (
        [s.external_id for s in statuses],
        [s.status for s in statuses],
        [s.callback or "" for s in statuses],
        [s.at for s in statuses],
        [s.error_code for s in statuses],
        [s.error_title[:200] for s in statuses],
    )


def add_event(customer_id: int, name: str, key: str, data: Mapping[str, Any] | None = None) -> bool:
    """Something happened to this customer that is no message (a timer, a payment, a decision). `key` makes it happen once.

    False when it was there already. Call it in the transaction of what caused it; enqueue `converse` after the commit.
    """
    added = db.execute_sql(
        """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload) VALUES ('house', %s, %s, 'happened', %s)
           ON CONFLICT DO NOTHING""",
        (key, customer_id, dumps({"name": name, "data": dict(data or {})})),
    )
    return bool(added.rowcount)


def forget_text(inbox_id: int) -> None:
    """Removes what was typed from what is stored (a password typed by habit); the row and its id stay."""
    db.execute_sql("""UPDATE inbox SET payload = '{"text": {"body": ""}, "forgotten": true}' WHERE id = %s""", (inbox_id,))


def fail(event_id: int, reason: str, *, max_failures: int, delay_s: float) -> bool:
    """Notes that handling this event failed; True when it has now failed for good and is set aside."""
    row = db.execute_sql(
        """UPDATE inbox SET failures = failures + 1, reason = %s,
               status = CASE WHEN failures + 1 >= %s THEN 'failed' ELSE status END,
               "retryAt" = now() + %s * interval '1 second',
               "handledAt" = CASE WHEN failures + 1 >= %s THEN now() END
           WHERE id = %s AND status = 'pending' RETURNING status""",
        (reason[:200], max_failures, delay_s, max_failures, event_id),
    ).fetchone()
    return row is not None and row[0] == "failed"


def begin(event_ids: Sequence[int]) -> None:
    """Counts an attempt, committed before the work."""
    db.execute_sql("""UPDATE inbox SET attempts = attempts + 1 WHERE id = ANY(%s) AND status = 'pending'""", (list(event_ids),))


def hand_back(customer_ids: Sequence[int]) -> None:
    """Attempts that the database, not the event, ended: they do not count as deaths. Of each customer (named once for each
    attempt) the first pending event, for an answer that was lost does not say which event it had counted."""
    db.execute_sql(
        """UPDATE inbox i SET attempts = GREATEST(i.attempts - owed.times, i.failures)
           FROM (SELECT customer, count(*) AS times FROM unnest(%s::bigint[]) AS t(customer) GROUP BY 1) owed
           CROSS JOIN LATERAL (SELECT p.id FROM inbox p WHERE p."customerId" = owed.customer AND p.status = 'pending'
               ORDER BY p.id LIMIT 1) first
           WHERE i.id = first.id AND i.status = 'pending' AND i.attempts > i.failures""",
        (list(customer_ids),),
    )


def waiting(conn: psycopg.Connection, *, older_than_s: float, limit: int, after: int = 0) -> list[int]:
    """Customers with a due event that nobody took up: the queue lost the hint, or its holder died. Who waits longest first.

    Each customer's first event decides: what came after one that waits for its retry waits with it.
    """
    rows = conn.execute(
        """SELECT "customerId" FROM (
               SELECT DISTINCT ON ("customerId") "customerId", "retryAt", "receivedAt" FROM inbox
               WHERE status = 'pending' AND "customerId" > %s ORDER BY "customerId", id) first
           WHERE CASE WHEN "retryAt" IS NULL THEN "receivedAt" < now() - %s * interval '1 second' ELSE "retryAt" <= now() END
           ORDER BY COALESCE("retryAt", "receivedAt") LIMIT %s""",
        (after, older_than_s, limit),
    )
    return [row[0] for row in rows]


def set_aside(event_id: int, reason: str) -> None:
    """Marks an event that was answered with an apology as failed, for staff to see and retry."""
    db.execute_sql("""UPDATE inbox SET status = 'failed', reason = %s WHERE id = %s""", (reason[:200], event_id))
