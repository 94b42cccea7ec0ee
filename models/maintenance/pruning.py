"""Messages and their traces go after RETENTION_MESSAGES_DAYS, batch by batch, from the oldest on, and never what is still needed.

How something that comes a second time is still recognised afterwards:

- a message of WhatsApp that claims to be older than eight days is stored and never acted upon (`inbox.OLDEST_HANDLED_S`), and
  Meta repeats a webhook for seven: no list of ids is needed for longer;
- what happened in the house (`inbox` of channel "house": payments, orders, prescriptions) keeps its key for KEYS_KEPT, and the
  row that caused it (payment, order, refund, decision) is never removed here;
- webhooks of payment providers are remembered for ever in `payment_events`;
- a delivery receipt whose message is gone settles by itself as unmatched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import psycopg

from models.base import unit
from models.maintenance.rounds import UNIT_S, Bounds, keep_place, place

KEYS_KEPT = timedelta(days=400)  # longer than any provider or any of our own rows may speak of an old payment
LEAST_DAYS = 14  # below this a repeated webhook could be taken for a new one

# Every statement: a window of rows by id, those of it that may go, and whether the window has reached what is too young.
WINDOW = """
WITH seen AS MATERIALIZED (
    SELECT id, {age} < now() - %(age)s AS old FROM {table} WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
), gone AS (
    DELETE FROM {table} t USING seen WHERE t.id = seen.id AND seen.old AND {condition} RETURNING 1
)
SELECT (SELECT max(id) FROM seen WHERE old), (SELECT count(*) FROM seen), (SELECT count(*) FROM gone),
    (SELECT COALESCE(bool_or(NOT old), false) FROM seen)
"""
# A template must be known while a reply it stands for is held: it may go out only once. An unsettled receipt may yet name a row.
OUTBOX = """t.status NOT IN ('queued', 'sending', 'unsure', 'held')
    AND NOT EXISTS (SELECT FROM outbox o WHERE t."standsFor" IS NOT NULL AND o."inboxId" = t."standsFor"
        AND o.status IN ('queued', 'sending', 'unsure', 'held'))
    AND NOT EXISTS (SELECT FROM delivery_receipts d WHERE d."settledAt" IS NULL AND d.callback = t.id::text)
    AND NOT EXISTS (SELECT FROM delivery_receipts d WHERE d."settledAt" IS NULL AND d."externalId" = t."externalId")"""
# The message that brought a prescription stays as long as the prescription's file is noted.
INBOX = """(t.status IN ('done', 'stored') OR t.status IN ('failed', 'quarantined') AND t."receivedAt" < now() - %(aside)s)
    AND (t.channel <> 'house' OR t."externalId" ~ '^(timer|session_ended):' OR t."receivedAt" < now() - %(keys)s)
    AND NOT EXISTS (SELECT FROM media m JOIN prescriptions p ON p."mediaRow" = m.id WHERE m."inboxId" = t.id)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o."inboxId" = t.id)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o."standsFor" = t.id)"""
# Voice notes, receipts and the like: what Meta kept for 7 days is gone there, and only words that came with it are left here.
MEDIA = """t."storedAs" = '' AND NOT EXISTS (SELECT FROM prescriptions p WHERE p."mediaRow" = t.id)"""
RECEIPTS = """t."settledAt" IS NOT NULL"""
TIMERS = """t."firedAt" IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Table:
    """`age`: the SQL of the moment a row's age counts from."""

    name: str
    age: str
    condition: str


# In this order: an answer goes before the message it answers.
TABLES = (
    Table("delivery_receipts", '"receivedAt"', RECEIPTS),
    Table("outbox", '"createdAt"', OUTBOX),
    Table("media", '"createdAt"', MEDIA),
    Table("inbox", '"receivedAt"', INBOX),
    Table("timers", 'COALESCE("firedAt", "createdAt")', TIMERS),
)


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows removed by table; `finished`: every table was gone through."""

    rows: dict[str, int]
    finished: bool

    @property
    def outcome(self) -> str:
        found = ", ".join(f"{count} of {name}" for name, count in self.rows.items() if count)
        return found + ("" if self.finished else ", not finished") if found else ("" if self.finished else "not finished")


def prune(bounds: Bounds, *, days: int, aside_days: int) -> Pruned:
    """Removes what is older than `days` (set aside: `aside_days`). A round that was cut short is gone on with by the next."""
    values = {"age": timedelta(days=max(days, LEAST_DAYS)), "aside": timedelta(days=aside_days), "keys": KEYS_KEPT}
    rows, finished = {}, True
    for table in TABLES:
        rows[table.name], over = _walk(bounds, table, values)
        finished = finished and over
    return Pruned(rows, finished)


def _walk(bounds: Bounds, table: Table, values: dict[str, object]) -> tuple[int, bool]:
    statement = WINDOW.format(table=table.name, age=table.age, condition=table.condition)
    name, done = f"prune-{table.name}", 0
    while not bounds.over:
        with unit(UNIT_S) as conn, conn.transaction():
            after = int(place(conn, name) or 0)
            row = conn.execute(statement, values | {"after": after, "rows": bounds.rows}).fetchone()
            last, seen, gone, reached = row or (None, 0, 0, True)
            over = reached or seen < bounds.rows
            # From the beginning the next time: what had to stay may go then.
            keep_place(conn, name, "0" if over or last is None else str(last))
        done += gone
        if over:
            return done, True
    return done, False


OVER = {
    "customer_tokens": """"expiresAt" < now() - interval '1 day'""",
    "staff_sessions": """"expiresAt" < now() - interval '1 day'""",
}


def forget_tokens(bounds: Bounds) -> dict[str, int]:
    """Customers' tokens and staff's sessions whose time is over: they open nothing any more."""
    done = dict.fromkeys(OVER, 0)
    for table, condition in OVER.items():
        while not bounds.over:
            with unit(UNIT_S) as conn:
                count = _delete(conn, table, condition, bounds.rows)
            done[table] += count
            if count < bounds.rows:
                break
    return done


def _delete(conn: psycopg.Connection, table: str, condition: str, rows: int) -> int:
    return conn.execute(
        f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT %s))", (rows,)
    ).rowcount
