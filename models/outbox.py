"""What goes out: one row a message, sent in order for each customer, its state never moving down.

queued -> sending -> accepted -> sent -> delivered -> read; `unsure` when the answer was lost; `held` when the 24-hour window
is closed; `failed`, `expired` and `replaced` (its words went as a template) end it. What is held, and the templates that
stand for it: `models.notices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from peewee import BigAutoField, BigIntegerField, DateTimeField, IntegerField, SmallIntegerField, TextField
from playhouse.postgres_ext import BinaryJSONField

from models.base import Base

OPEN = ("queued", "sending", "unsure")
WINDOW_CLOSED, STOPPED_MARKETING = 131047, 131050
RECEIPTS_A_ROUND = 500
# A file of staff that is not at Meta yet (its row is due in weeks) keeps its place in the order for so long; then what was said
# after it goes first, emergency numbers among it.
NOT_BESIDE = """
    NOT COALESCE("mediaRow" IS NOT NULL AND "nextTryAt" > now() + interval '1 day' AND "createdAt" < now() - interval '30 seconds', false)
"""
UNMATCHED_AFTER_S = 600
TOLD_EVERY_HOURS = 6
TRIES = 3


class Outbox(Base):
    id = BigAutoField()
    customer_id = BigIntegerField()
    inbox_id = BigIntegerField(null=True)
    payload = TextField()
    status = TextField()
    attempts = SmallIntegerField()
    next_try_at = DateTimeField(null=True)
    sending_since = DateTimeField(null=True)
    expires_at = DateTimeField()
    external_id = TextField(null=True)
    error_code = IntegerField(null=True)
    reason = TextField()
    created_at = DateTimeField()
    accepted_at = DateTimeField(null=True)
    updated_at = DateTimeField()
    notice = BinaryJSONField(null=True, index=False)
    stands_for = BigIntegerField(null=True)

    class Meta:
        table_name = "outbox"


class Unsent(NamedTuple):
    """An open row as its customer's holder finds it. `age_s`: seconds since a send of it began; `wait_s`: until it is due."""

    id: int
    payload: str
    status: str
    attempts: int
    age_s: float | None
    wait_s: float
    expired: bool


def unsent(conn: psycopg.Connection, customer_id: int, *, limit: int = 20) -> list[Unsent]:
    """The customer's open rows, oldest first."""
    rows = conn.execute(
        f"""SELECT id, payload::text, status, attempts, EXTRACT(EPOCH FROM now() - "sendingSince")::float8,
               GREATEST(EXTRACT(EPOCH FROM "nextTryAt" - now())::float8, 0), "expiresAt" <= now()
           FROM outbox WHERE "customerId" = %s AND status IN ('queued', 'sending', 'unsure') AND {NOT_BESIDE}
           ORDER BY id LIMIT %s""",
        (customer_id, limit),
    )
    return [Unsent(r[0], r[1], r[2], r[3], r[4], r[5] or 0.0, r[6]) for r in rows]


def begin_send(conn: psycopg.Connection, row_id: int) -> bool:
    """Marks a row as being sent, durably, before the request leaves. False: a receipt settled it meanwhile, or one that
    names it has come and only waits to be settled (a busy house must not send twice because it is busy)."""
    done = conn.execute(
        """UPDATE outbox SET status = 'sending', attempts = attempts + 1, "sendingSince" = now(), "nextTryAt" = NULL,
               "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')
             AND NOT EXISTS (SELECT FROM delivery_receipts WHERE callback = %s AND "settledAt" IS NULL)""",
        (row_id, str(row_id)),
    )
    return done.rowcount == 1


def accepted(row_id: int, external_id: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that records Meta's acceptance. Committed asynchronously: a status naming our id tells us again."""
    return (
        """UPDATE outbox SET status = 'accepted', "externalId" = %s, "acceptedAt" = now(), "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')
             AND set_config('synchronous_commit', 'off', true) IS NOT NULL""",
        (external_id, row_id),
    )


def requeue(
    row_id: int, *, wait_s: float, reason: str, code: int | None = None, give_back: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """The statement that puts a row back to be tried again after `wait_s`; `give_back` when the attempt does not count."""
    return (
        """UPDATE outbox SET status = 'queued', "nextTryAt" = now() + %s * interval '1 second', "errorCode" = %s, reason = %s,
               attempts = GREATEST(attempts - %s, 0), "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')""",
        (wait_s, code, reason[:200], int(give_back), row_id),
    )


def put_back(row_ids: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    """The statement that lets rows wait again that were marked as being sent and never left."""
    return (
        """UPDATE outbox SET status = 'queued', attempts = 0, "sendingSince" = NULL, "updatedAt" = now()
           WHERE id = ANY(%s) AND status = 'sending'""",
        (list(row_ids),),
    )


def unsure(row_id: int, *, wait_s: float, reason: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that notes: the request may have arrived. Sent again only if no status names the row in time."""
    return (
        """UPDATE outbox SET status = 'unsure', "nextTryAt" = now() + %s * interval '1 second', reason = %s, "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending')""",
        (wait_s, reason[:200], row_id),
    )


def end(row_id: int, status: str, *, reason: str, code: int | None = None) -> tuple[str, tuple[Any, ...]]:
    """The statement that ends a row as `failed`, `expired` or `held`."""
    return (
        """UPDATE outbox SET status = %s, reason = %s, "errorCode" = %s, "updatedAt" = now()
           WHERE id = %s AND status IN ('queued', 'sending', 'unsure')""",
        (status, reason[:200], code, row_id),
    )


def waiting(conn: psycopg.Connection, *, older_than_s: float, limit: int) -> list[int]:
    """Customers with an open row whose moment has come, or that nobody seems to be sending. Who waits longest first.

    Each customer's first open row decides: later ones wait behind it.
    """
    rows = conn.execute(
        f"""SELECT "customerId" FROM (
               SELECT DISTINCT ON ("customerId") "customerId", "nextTryAt", "updatedAt" FROM outbox
               WHERE status IN ('queued', 'sending', 'unsure') AND {NOT_BESIDE} ORDER BY "customerId", id) first
           WHERE CASE WHEN "nextTryAt" IS NULL THEN "updatedAt" < now() - %s * interval '1 second' ELSE "nextTryAt" <= now() END
             AND NOT EXISTS (SELECT FROM sender_state WHERE GREATEST("openUntil", "slowUntil") > now())
           ORDER BY COALESCE("nextTryAt", "updatedAt") LIMIT %s""",
        (older_than_s, limit),
    )
    return [row[0] for row in rows]


# ------------------------------------------------------------------------------------------------ the sender's own state


def stop_sender(conn: psycopg.Connection, phone_number_id: str, *, seconds: float, reason: str) -> bool:
    """Opens the circuit: nobody sends for a while. True when it was closed before, so that one alarm is raised, not many."""
    row = conn.execute(
        """INSERT INTO sender_state AS s ("phoneNumberId", "openUntil", reason)
           VALUES (%s, now() + %s * interval '1 second', %s)
           ON CONFLICT ("phoneNumberId") DO UPDATE SET "openUntil" = EXCLUDED."openUntil", reason = EXCLUDED.reason,
               "updatedAt" = now()
           RETURNING COALESCE((SELECT "openUntil" FROM sender_state WHERE "phoneNumberId" = s."phoneNumberId")
               < now() - interval '5 minutes', true)""",
        (phone_number_id, seconds, reason[:200]),
    ).fetchone()
    return bool(row and row[0])


def slow_sender(conn: psycopg.Connection, phone_number_id: str, *, seconds: float, reason: str) -> None:
    """The number's throughput is used up: nobody sends for a moment. Uses up no row's attempts."""
    conn.execute(
        """INSERT INTO sender_state AS s ("phoneNumberId", "slowUntil", reason)
           VALUES (%s, now() + %s * interval '1 second', %s)
           ON CONFLICT ("phoneNumberId") DO UPDATE
               SET "slowUntil" = GREATEST(s."slowUntil", EXCLUDED."slowUntil"), reason = EXCLUDED.reason, "updatedAt" = now()""",
        (phone_number_id, seconds, reason[:200]),
    )


# ------------------------------------------------------------------------------------------------ what became of them

# Rows are locked in the order of their ids, with all that may change beside them: the rest of a turn whose window was found
# closed, and the replies a template stands for. The template is born in the same statement as the `held`.
SETTLE = """
WITH todo AS MATERIALIZED (
    SELECT id, "externalId", status, callback, "errorCode", "errorTitle", "receivedAt" FROM delivery_receipts
    WHERE "settledAt" IS NULL ORDER BY tries, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), matched AS MATERIALIZED (
    SELECT t.*, COALESCE(
        (SELECT o.id FROM outbox o WHERE t.callback ~ '^[0-9]{1,18}$' AND o.id = t.callback::bigint),
        (SELECT o.id FROM outbox o WHERE o."externalId" = t."externalId" LIMIT 1)) AS row
    FROM todo t
), best AS MATERIALIZED (
    SELECT DISTINCT ON (row) row, "externalId", "errorCode", "errorTitle", CASE status WHEN 'played' THEN 'read' ELSE status END AS status,
        CASE status WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 WHEN 'read' THEN 5 WHEN 'played' THEN 5 WHEN 'failed' THEN 9 END AS r
    FROM matched WHERE row IS NOT NULL AND status IN ('sent', 'delivered', 'read', 'played', 'failed')
    -- what arrived on one device and failed on another arrived, whichever was heard first
    ORDER BY row, CASE status WHEN 'failed' THEN 3.5 WHEN 'sent' THEN 3 WHEN 'delivered' THEN 4 ELSE 5 END DESC
), concerned AS MATERIALIZED (
    SELECT row AS id FROM best
    UNION
    SELECT beside.id FROM best JOIN outbox o ON o.id = best.row JOIN outbox beside ON beside."inboxId" = o."inboxId"
    WHERE best."errorCode" = %(closed)s OR (o."standsFor" IS NOT NULL AND best.r >= 4)
), locked AS MATERIALIZED (
    SELECT o.id FROM outbox o JOIN concerned c ON c.id = o.id ORDER BY o.id FOR UPDATE OF o
), moved AS (
    UPDATE outbox o SET "externalId" = COALESCE(o."externalId", best."externalId"),
        status = CASE WHEN best.r < 9 OR best."errorCode" IS DISTINCT FROM %(closed)s OR o."standsFor" IS NOT NULL THEN best.status
            WHEN {open_again} THEN 'queued' ELSE 'held' END,
        "expiresAt" = CASE WHEN best.r = 9 THEN GREATEST(o."expiresAt", now() + (o."expiresAt" - o."createdAt")) ELSE o."expiresAt" END,
        "customerId" = CASE WHEN best.r = 9 THEN heir_of_customer(o."customerId") ELSE o."customerId" END,
        "acceptedAt" = COALESCE(o."acceptedAt", now()), "errorCode" = COALESCE(best."errorCode", o."errorCode"),
        reason = CASE WHEN best.r = 9 THEN best."errorTitle" ELSE o.reason END, "updatedAt" = now()
    FROM best JOIN locked ON locked.id = best.row
    WHERE o.id = best.row AND CASE
        WHEN best.r = 9 THEN o.status NOT IN ('delivered', 'read', 'failed', 'expired', 'replaced')
        -- "sent" of a send that met a closed window, heard late, says nothing: that send reached nobody
        ELSE best.r > CASE o.status WHEN 'accepted' THEN 2 WHEN 'sent' THEN 3 WHEN 'held' THEN 3 WHEN 'delivered' THEN 4
            WHEN 'read' THEN 5 WHEN 'failed' THEN 9 ELSE 1 END
            AND (best.r = 3 AND o."errorCode" = %(closed)s AND o."externalId" = best."externalId") IS NOT TRUE END
    RETURNING o.id, o."customerId", o."inboxId", o."standsFor", o.status, o.notice, o."errorCode", o.reason, o."expiresAt",
        o."createdAt", o."staffId", o.attempts
), asked AS (
    {asking} FROM moved WHERE status = 'held' {asked}
), closed AS MATERIALIZED (
    SELECT DISTINCT ON (COALESCE("inboxId", -id)) "customerId", "inboxId", notice, "expiresAt" FROM moved WHERE status = 'held'
    ORDER BY COALESCE("inboxId", -id), id
), rest AS (
    UPDATE outbox o SET status = 'held', "nextTryAt" = NULL, "customerId" = closed."customerId",
        reason = 'the window was found closed', "updatedAt" = now()
    FROM closed WHERE o."inboxId" = closed."inboxId" AND o."standsFor" IS NULL AND o.status IN ('queued', 'unsure')
        AND o.id NOT IN (SELECT row FROM best)
), born AS (
    {birth} FROM closed
), said AS (
    UPDATE outbox o SET status = 'replaced', reason = 'said by its template', "updatedAt" = now()
    FROM moved t WHERE o."inboxId" = t."standsFor" AND o."standsFor" IS NULL AND o.status = 'held'
        AND t.status IN ('delivered', 'read') AND (t.notice->>'whole')::boolean AND o.id NOT IN (SELECT row FROM best)
), freed AS (
    {freeing} FROM (SELECT * FROM moved WHERE status = 'failed' AND "standsFor" IS NOT NULL) t {freed}
        AND o.id NOT IN (SELECT row FROM best)
), stopped AS (
    {stopping} FROM (SELECT * FROM moved WHERE status = 'failed' AND "standsFor" IS NOT NULL) t {stopped}
), troubles AS (
    {trouble} FROM (SELECT * FROM moved WHERE status = 'failed' AND "standsFor" IS NOT NULL) t {told}
), noted AS (
    UPDATE delivery_receipts d SET tries = LEAST(d.tries + 1, 32000),
        outcome = CASE WHEN m.row IS NULL THEN 'unmatched' ELSE 'matched' END,
        "settledAt" = CASE WHEN m.row IS NOT NULL OR m."receivedAt" < now() - %(unmatched)s * interval '1 second' THEN now() END
    FROM matched m WHERE d.id = m.id RETURNING d."settledAt"
)
SELECT (SELECT count(*) FROM noted WHERE "settledAt" IS NOT NULL), ARRAY(SELECT DISTINCT "customerId" FROM moved),
    ARRAY(SELECT kind || ' ' || code FROM troubles WHERE told)
"""
# The customer wrote since this send began, so the window it met is another one by now; for words that no template stands for, the
# only way to be said. A send that is refused after that is held: it began later.
OPEN_AGAIN = """o."sendingSince" IS NOT NULL AND NOT COALESCE(o.notice ? 'template', false) AND EXISTS (
            SELECT FROM conversations v WHERE v."customerId" = heir_of_customer(o."customerId")
            AND v."lastInboundAt" > GREATEST(o."sendingSince", now() - interval '23 hours'))"""
# Parts that a refusal in the answer to a send needs as well (`models.notices`): they read from `closed` or from `t`, a failed
# template.
BIRTH = """INSERT INTO outbox ("customerId", "inboxId", payload, status, "expiresAt", "standsFor", notice)
    SELECT closed."customerId", closed."inboxId", (closed.notice->'template')::json, 'queued', closed."expiresAt",
        closed."inboxId", closed.notice - 'template'
    FROM (SELECT * {source} WHERE "inboxId" IS NOT NULL AND notice ? 'template') closed
    JOIN customers c ON c.id = closed."customerId" AND (closed.notice->>'about' IN ('order', 'care') OR c."marketingStoppedAt" IS NULL)
    ON CONFLICT ("standsFor") WHERE "standsFor" IS NOT NULL DO NOTHING"""
# What a person answered is not put into a template: an event has one ask the customer to write (`models.threads.announcing`).
ASKING = """INSERT INTO inbox (channel, "externalId", "customerId", kind, payload)
    SELECT 'house', concat_ws(':', 'answer_waits', 'row', id, attempts), "customerId", 'happened',
        json_build_object('name', 'answer_waits', 'data', json_build_object('row', id))"""
ASKED = """AND "staffId" IS NOT NULL AND "standsFor" IS NULL ORDER BY id ON CONFLICT DO NOTHING"""
# The customer wrote while the template was on its way, so the window is open, and it did not arrive after all.
FREEING = """UPDATE outbox o SET status = 'queued', "nextTryAt" = NULL, "updatedAt" = now()"""
FREED = """WHERE o."inboxId" = t."standsFor" AND o."standsFor" IS NULL AND o.status = 'held' AND (
    EXISTS (SELECT FROM conversations v WHERE v."customerId" = o."customerId"
        AND v."lastInboundAt" > GREATEST(t."createdAt", now() - interval '23 hours'))
    OR EXISTS (SELECT FROM inbox i WHERE i."customerId" = o."customerId" AND i.status = 'pending' AND i.channel = 'whatsapp'
        AND i.kind NOT IN ('system', 'user_preferences', 'user_id_update')))"""
STOPPING = """UPDATE customers c SET "marketingStoppedAt" = COALESCE(c."marketingStoppedAt", now()), "updatedAt" = now()"""
STOPPED = f"""WHERE c.id = t."customerId" AND t."errorCode" = {STOPPED_MARKETING}"""
TROUBLE = """INSERT INTO template_troubles AS s (kind, code, reason, refused)
    SELECT COALESCE(t.notice->>'kind', ''), COALESCE(t."errorCode", 0), max(left(t.reason, 200)), count(*)"""
TOLD = f"""GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (kind, code) DO UPDATE SET refused = s.refused + EXCLUDED.refused, reason = EXCLUDED.reason, "lastAt" = now(),
        "toldAt" = CASE WHEN s."toldAt" < now() - interval '{TOLD_EVERY_HOURS} hours' THEN now() ELSE s."toldAt" END
    RETURNING kind, code, "toldAt" = now() AS told"""
SETTLE = (
    SETTLE.replace("{open_again}", OPEN_AGAIN)
    .replace("{birth} FROM closed", BIRTH.replace("{source}", "FROM closed"))
    .replace("{asking}", ASKING)
    .replace("{asked}", ASKED)
    .replace("{freeing}", FREEING)
    .replace("{freed}", FREED)
    .replace("{stopping}", STOPPING)
    .replace("{stopped}", STOPPED)
    .replace("{trouble}", TROUBLE)
    .replace("{told}", TOLD)
)


@dataclass(frozen=True, slots=True)
class Settled:
    """Receipts dealt with, the customers whose messages they moved, and templates (kind, code) whose refusal is to be told now."""

    receipts: int
    customers: Sequence[int]
    troubles: Sequence[str] = ()


def settle(conn: psycopg.Connection, *, limit: int = RECEIPTS_A_ROUND) -> Settled:
    """Applies the receipts that wait, the furthest of each message at once. Any number may run; each receipt is taken once.

    A receipt may come before the answer to its send: it then names the row by our own id, or waits for the wamid.
    """
    given = {"limit": limit, "closed": WINDOW_CLOSED, "unmatched": UNMATCHED_AFTER_S}
    for left in reversed(range(TRIES)):
        try:
            row = conn.execute(SETTLE, given).fetchone()
            break
        except psycopg.errors.DeadlockDetected:  # with two records that are being merged: they lock the customer first
            if not left:
                raise
    return Settled(*row) if row else Settled(0, ())


def with_open_rows(conn: psycopg.Connection, customers: Sequence[int]) -> list[int]:
    """Those of these customers who still have something to be sent."""
    rows = conn.execute(
        """SELECT DISTINCT "customerId" FROM outbox
           WHERE "customerId" = ANY(%s) AND status IN ('queued', 'sending', 'unsure')""",
        (list(customers),),
    )
    return [r[0] for r in rows]
