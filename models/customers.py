"""Who writes to us: a customer and the identities they are known by.

A customer is the first non-empty of the business-scoped user id (BSUID) and the phone number; both are kept as aliases,
because a customer with a username may come without a number, and a number may come to belong to somebody else.
(Meta, business-scoped-user-ids, read November 2026.)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import psycopg
from peewee import BigAutoField, BigIntegerField, CompositeKey, DateTimeField, ForeignKeyField, IntegerField, TextField

from models.base import Base, connection, db
from models.carts import MOST_LINES

CREATE_TRIES = 5


class Customer(Base):
    id = BigAutoField()
    name = TextField(default="")
    profile_name = TextField(default="")
    user_id = IntegerField(null=True)
    consent_version = TextField(null=True)
    consent_at = DateTimeField(null=True)
    marketing_stopped_at = DateTimeField(null=True)
    with_agent_since = DateTimeField(null=True)
    merged_into = BigIntegerField(null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()

    class Meta:
        table_name = "customers"


class Identity(Base):
    kind = TextField()
    value = TextField()
    customer = ForeignKeyField(Customer, backref="identities")
    created_at = DateTimeField()

    class Meta:
        table_name = "customer_identities"
        primary_key = CompositeKey("kind", "value")


class _Raced(Exception):
    """Another webhook gave one of these identities a customer first: begin again."""


def meet(conn: psycopg.Connection, people: Iterable[tuple[str | None, str | None, str]]) -> None:
    """Gives every (bsuid, number, profile name) a customer, in one transaction; may run twice, also in parallel.

    Sorted, so that two webhooks that bring the same new people in another order do not lock each other out.
    """
    ordered = sorted(set(people), key=lambda p: (p[0] or "", p[1] or ""))
    for _ in range(CREATE_TRIES):
        try:
            with conn.transaction():
                for bsuid, number, profile_name in ordered:
                    _settle(conn, bsuid, number, profile_name)
            return
        except (_Raced, psycopg.errors.DeadlockDetected):
            continue
    raise RuntimeError("identities kept changing under us")


def _settle(conn: psycopg.Connection, bsuid: str | None, number: str | None, profile_name: str) -> None:
    known = dict(
        conn.execute(
            """SELECT kind, "customerId" FROM customer_identities
               WHERE (kind = 'bsuid' AND value = %s) OR (kind = 'number' AND value = %s)""",
            (bsuid or "", number or ""),
        ).fetchall()
    )
    by_bsuid, by_number = known.get("bsuid"), known.get("number")
    if by_bsuid is None and by_number is None:
        customer = _create(conn, profile_name)
        _alias(conn, customer, bsuid=bsuid, number=number)
    elif by_bsuid is None and bsuid:
        if _has_bsuid(conn, by_number):  # the number has a new owner
            customer = _create(conn, profile_name)
            _alias(conn, customer, bsuid=bsuid)
            _give_number(conn, number, customer)
        else:
            _alias(conn, by_number, bsuid=bsuid)
    elif by_number is None and number:
        _alias(conn, by_bsuid, number=number)
    elif by_bsuid is not None and by_number is not None and by_bsuid != by_number:
        if not _has_bsuid(conn, by_number):
            merge(conn, source=by_number, target=by_bsuid)
        _give_number(conn, number, by_bsuid)


def _create(conn: psycopg.Connection, profile_name: str) -> int:
    row = conn.execute(
        """WITH c AS (INSERT INTO customers ("profileName") VALUES (%s) RETURNING id)
           INSERT INTO conversations ("customerId") SELECT id FROM c RETURNING "customerId" """,
        (profile_name,),
    ).fetchone()
    return int(row[0]) if row else 0


def _alias(conn: psycopg.Connection, customer: int | None, *, bsuid: str | None = None, number: str | None = None) -> None:
    for kind, value in (("bsuid", bsuid), ("number", number)):
        if value:
            added = conn.execute(
                """INSERT INTO customer_identities (kind, value, "customerId") VALUES (%s, %s, %s) ON CONFLICT DO NOTHING""",
                (kind, value, customer),
            ).rowcount
            if not added:
                raise _Raced


def _has_bsuid(conn: psycopg.Connection, customer: int | None) -> bool:
    found = conn.execute("""SELECT 1 FROM customer_identities WHERE "customerId" = %s AND kind = 'bsuid' LIMIT 1""", (customer,))
    return found.fetchone() is not None


def _give_number(conn: psycopg.Connection, number: str | None, customer: int) -> None:
    conn.execute(
        """UPDATE customer_identities SET "customerId" = %s WHERE kind = 'number' AND value = %s""", (customer, number or "")
    )


# A cart stays behind where there is another, but not what a pharmacist put into it: its customer was told, or is about to be.
TAKE_APPROVED = """
UPDATE cart_lines SET "customerId" = %(target)s WHERE id IN (
    SELECT l.id FROM cart_lines l WHERE l."customerId" = %(source)s AND l."prescriptionItemId" IS NOT NULL
        AND NOT EXISTS (SELECT FROM cart_lines t WHERE t."customerId" = %(target)s
            AND (t."productId" = l."productId" OR t."healthcareProductId" = l."healthcareProductId"))
    ORDER BY l.id LIMIT GREATEST(0, %(most)s - (SELECT count(*) FROM cart_lines WHERE "customerId" = %(target)s)))
"""


TALKS = "('asked', 'not_understood', 'emergency')"
# Both waited for a person: it is one talk now, whoever had it and since when they waited stays known.
ONE_TALK = f"""
UPDATE handovers t SET "waitingSince" = LEAST(t."waitingSince", s."waitingSince"), answers = t.answers + s.answers,
    "assigneeId" = COALESCE(t."assigneeId", s."assigneeId"), "answeredAt" = GREATEST(t."answeredAt", s."answeredAt"),
    reason = CASE WHEN s.reason = 'emergency' THEN s.reason ELSE t.reason END
FROM handovers s
WHERE t."customerId" = %(target)s AND t."closedAt" IS NULL AND t.reason IN {TALKS}
    AND s."customerId" = %(source)s AND s."closedAt" IS NULL AND s.reason IN {TALKS}
"""

# Whoever waits for a person is given back in time also where the other record's timer was set for later, or had fired once.
ONE_RETURN = """
UPDATE timers t SET "fireAt" = CASE WHEN t."firedAt" IS NULL THEN LEAST(t."fireAt", s."fireAt") ELSE s."fireAt" END, "firedAt" = NULL,
    version = t.version + 1
FROM timers s WHERE t."customerId" = %(target)s AND s."customerId" = %(source)s AND s."firedAt" IS NULL
    AND t.kind = 'agent_return' AND s.kind = t.kind AND s.subject = t.subject
"""


def merge(conn: psycopg.Connection, *, source: int, target: int) -> None:
    """Two records turned out to be one person: what `source` has that `target` lacks moves over; nothing is deleted."""
    both = {"source": source, "target": target}
    # Whatever a turn in hand wrote for either of them refers to these rows: it ends first, and we see what it did; what
    # refers to them later waits for us, and finds its event moved.
    conn.execute("SELECT FROM customers WHERE id IN (%(source)s, %(target)s) ORDER BY id FOR UPDATE", both)
    conn.execute(
        """UPDATE customers t SET "userId" = COALESCE(t."userId", s."userId"), name = COALESCE(NULLIF(t.name, ''), s.name),
               "consentVersion" = COALESCE(t."consentVersion", s."consentVersion"),
               "consentAt" = COALESCE(t."consentAt", s."consentAt"),
               "marketingStoppedAt" = COALESCE(t."marketingStoppedAt", s."marketingStoppedAt"),
               "withAgentSince" = COALESCE(t."withAgentSince", s."withAgentSince"), "updatedAt" = now()
           FROM customers s WHERE t.id = %(target)s AND s.id = %(source)s""",
        both,
    )
    conn.execute("""UPDATE customer_identities SET "customerId" = %(target)s WHERE "customerId" = %(source)s""", both)
    for table in ("orders", "prescriptions", "prescription_items", "payment_attempts", "appointments", "diagnostic_bookings"):
        conn.execute(f"""UPDATE {table} SET "customerId" = %(target)s WHERE "customerId" = %(source)s""", both)
    for table in (
        "orders",
        "appointments",
        "diagnostic_bookings",
    ):  # of the old system, whose account `source` had: `target` has its own
        conn.execute(
            f"""UPDATE {table} v SET "customerId" = %(target)s FROM customers t, customers s WHERE t.id = %(target)s AND s.id = %(source)s
                AND v."userId" = s."userId" AND t."userId" <> s."userId" AND v."customerId" IS NULL""",
            both,
        )
    conn.execute(
        """UPDATE cart_lines SET "customerId" = %(target)s WHERE "customerId" = %(source)s
           AND NOT EXISTS (SELECT FROM cart_lines WHERE "customerId" = %(target)s)""",
        both,
    )
    conn.execute(TAKE_APPROVED, both | {"most": MOST_LINES})
    conn.execute(  # buttons shown before the merge speak of another cart
        """INSERT INTO cart_versions AS v VALUES (%(target)s, 1) ON CONFLICT ("customerId") DO UPDATE SET version = v.version + 1""",
        both,
    )
    _move_what_waits(conn, both)
    # An account that `target` has no place for stays known as this person's: it is told and erased with them.
    conn.execute(
        """UPDATE customers s SET "mergedInto" = t.id, "userId" = NULLIF(s."userId", t."userId"), "updatedAt" = now()
           FROM customers t WHERE s.id = %(source)s AND t.id = %(target)s""",
        both,
    )


def _move_what_waits(conn: psycopg.Connection, both: dict[str, int]) -> None:
    """Events, held messages, timers and open hand-overs. Messages on their way stay with the holder who sends them."""
    for statement in (
        """UPDATE inbox SET "customerId" = %(target)s WHERE "customerId" = %(source)s AND status = 'pending'""",
        """UPDATE outbox SET "customerId" = %(target)s WHERE "customerId" = %(source)s AND status = 'held'""",
        ONE_RETURN,
        """UPDATE timers t SET "customerId" = %(target)s WHERE "customerId" = %(source)s AND "firedAt" IS NULL AND NOT EXISTS
               (SELECT FROM timers o WHERE o."customerId" = %(target)s AND o.kind = t.kind AND o.subject = t.subject)""",
        # A turn of `target` in hand does not know yet that a person has the thread.
        """UPDATE conversations SET version = version + 1 WHERE "customerId" = %(target)s AND EXISTS
               (SELECT FROM customers WHERE id = %(source)s AND "withAgentSince" IS NOT NULL)""",
        ONE_TALK,
        f"""UPDATE handovers h SET "customerId" = %(target)s WHERE "customerId" = %(source)s AND ("closedAt" IS NOT NULL OR NOT EXISTS
               (SELECT FROM handovers o WHERE o."customerId" = %(target)s AND o."closedAt" IS NULL
                   AND (o.reason = h.reason OR o.reason IN {TALKS} AND h.reason IN {TALKS})))""",
        """UPDATE handovers SET "closedAt" = now(), "closedBy" = 'merged' WHERE "customerId" = %(source)s AND "closedAt" IS NULL""",
        """UPDATE thread_notes SET "customerId" = %(target)s WHERE "customerId" = %(source)s""",
        """DELETE FROM timers WHERE "customerId" = %(source)s AND "firedAt" IS NULL""",
        """UPDATE conversations SET "idleAt" = NULL WHERE "customerId" = %(source)s""",
    ):
        conn.execute(statement, both)


def follow(conn: psycopg.Connection, customer: int) -> int | None:
    """Moves what reached a customer after they were merged to who they are now, whom it returns: events, and messages that have
    not left or wait for the customer. None: not merged. Only whoever holds the customer may ask: nobody else is sending these."""
    row = conn.execute(
        """WITH heir AS (SELECT "mergedInto" AS id FROM customers WHERE id = %(customer)s AND "mergedInto" IS NOT NULL), moved AS (
               UPDATE inbox i SET "customerId" = heir.id FROM heir WHERE i."customerId" = %(customer)s AND i.status = 'pending'
           ), unsaid AS (
               UPDATE outbox o SET "customerId" = heir.id FROM heir
               WHERE o."customerId" = %(customer)s AND o.status IN ('queued', 'sending', 'unsure', 'held')
           ) SELECT id FROM heir""",
        {"customer": customer},
    ).fetchone()
    return int(row[0]) if row else None


def change_number(conn: psycopg.Connection, customer: int, *, number: str | None, bsuid: str | None) -> None:
    """WhatsApp says this person now has another number or BSUID: both become aliases of the customer who wrote before."""
    for kind, value in (("number", number), ("bsuid", bsuid)):
        if value:
            conn.execute(
                """INSERT INTO customer_identities (kind, value, "customerId") VALUES (%s, %s, %s)
                   ON CONFLICT (kind, value) DO UPDATE SET "customerId" = EXCLUDED."customerId", "createdAt" = now()""",
                (kind, value, customer),
            )


UNSAY = """
UPDATE outbox SET status = 'replaced', reason = 'the customer said stop', "nextTryAt" = NULL, "updatedAt" = now()
WHERE "customerId" = %s AND status IN ('queued', 'unsure') AND "standsFor" IS NOT NULL AND notice->>'about' NOT IN ('order', 'care')
"""


def set_marketing(customer_id: int, stopped: bool, now: datetime) -> None:
    """Honours STOP and START. Order messages are not marketing and go on; a template about anything else that has not left yet
    stays here, and what it stands for waits for the customer."""
    at = now if stopped else None
    Customer.update(marketing_stopped_at=at, updated_at=now).where(Customer.id == customer_id).execute(db)
    if stopped:
        connection().execute(UNSAY, (customer_id,))
