"""Tries to be paid for an order: begun, started at a provider, looked after until the provider's answer is final.

The row and its reference are committed before the provider hears of them. An order has one open attempt at most; another
provider is asked only after the first has said that it is not paid. Whoever calls a provider has claimed the attempt: a claim
counts, carries a lease, and ends with the version it began with, so a worker that was frozen and wakes up changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from models import inbox
from models.base import connection
from models.orders import OWN, plain_number
from models.payments.journal import note
from models.payments.values import KINDS, PROVIDERS, Attempt
from models.payments.waits import LADDER
from models.values import Money, Refused

PAYABLE = "pending_payment"

COLUMNS = """a.id, a."orderId", o."orderNumber", COALESCE(o."customerId", a."customerId"), a.number, a.provider, a.kind, a.reference,
    a."amountKobo", a.currency, a.mode, a.status, a.way, a."providerId", a.tries, a.failures, a.version, a.reason, a."switchTo",
    a."askedAt", a."correlationId", a."createdAt" """
FROM = """FROM payment_attempts a JOIN orders o ON o.id = a."orderId" """


def from_row(row: Any) -> Attempt:
    values: list[Any] = [*row[:8], Money(row[8], row[9]), *row[10:]]
    return Attempt(*values)


def get(attempt_id: int) -> Attempt | None:
    row = connection().execute(f"SELECT {COLUMNS} {FROM} WHERE a.id = %s", (attempt_id,)).fetchone()
    return from_row(row) if row else None


def by_reference(provider: str, reference: str) -> Attempt | None:
    """The attempt a webhook speaks of."""
    row = connection().execute(f"SELECT {COLUMNS} {FROM} WHERE a.reference = %s AND a.provider = %s", (reference, provider))
    found = row.fetchone()
    return from_row(found) if found else None


def by_provider_id(provider: str, provider_id: str) -> Attempt | None:
    """The attempt a provider knows by an id of its own, where it told one."""
    row = connection().execute(
        f"""SELECT {COLUMNS} {FROM} WHERE a."providerId" = %s AND a.provider = %s AND a."createdAt" > now() - interval '30 days'
            ORDER BY a.id DESC LIMIT 1""",
        (provider_id, provider),
    )
    found = row.fetchone() if provider_id else None
    return from_row(found) if found else None


def of_customer(customer_id: int, *, since: datetime) -> list[Attempt]:
    """What a customer tried since then, the newest first; at most 50."""
    rows = connection().execute(
        f"""SELECT {COLUMNS} {FROM} WHERE (o."customerId" = %s OR a."customerId" = %s) AND a."createdAt" >= %s
            ORDER BY a.id DESC LIMIT 50""",
        (customer_id, customer_id, since),
    )
    return [from_row(row) for row in rows.fetchall()]


def of(customer_id: int, number: str) -> Attempt | None:
    """The last attempt for an own order, open or not."""
    row = connection().execute(
        f"""SELECT {COLUMNS} {FROM} WHERE o."orderNumber" = %(number)s AND {OWN} ORDER BY a.number DESC LIMIT 1""",
        {"customer": customer_id, "number": plain_number(number)},
    )
    found = row.fetchone()
    return from_row(found) if found else None


def of_order(order_id: int) -> list[Attempt]:
    """Every attempt of an order, the first first; at most 50."""
    rows = connection().execute(f"""SELECT {COLUMNS} {FROM} WHERE a."orderId" = %s ORDER BY a.number LIMIT 50""", (order_id,))
    return [from_row(row) for row in rows.fetchall()]


# --------------------------------------------------------------------------------------------------- beginning

LOCK_OWN = f"""
SELECT o.id, o."orderNumber", o.state, COALESCE(o."totalKobo", 0), o."paymentStatus" = 'Paid', o."paymentMethod"::text,
    o."reservedUntil"
FROM orders o WHERE o."orderNumber" = %(number)s AND {OWN} FOR NO KEY UPDATE OF o
"""
OPEN_ONE = f"""SELECT {COLUMNS} {FROM} WHERE a."orderId" = %s AND a.status IN ('starting', 'open')"""
INSERT = """
INSERT INTO payment_attempts ("orderId", "customerId", number, provider, kind, reference, "amountKobo", currency, mode, status,
    way, "nextTryAt", "nextCheckAt", "correlationId", "createdAt", "updatedAt")
SELECT %(order)s, %(customer)s, n, %(provider)s, %(kind)s, %(number)s || '-a' || n, %(kobo)s, 'NGN', %(mode)s, 'starting',
    %(way)s, %(now)s, %(look)s, %(correlation)s, %(now)s, %(now)s
FROM (SELECT COALESCE(max(number), 0) + 1 AS n FROM payment_attempts WHERE "orderId" = %(order)s) next
RETURNING id, reference
"""
MOST_ATTEMPTS = 30  # of one order; who gets here is helped by a person


def begin(
    customer_id: int,
    order_number: str,
    provider: str,
    kind: str,
    *,
    mode: str,
    now: datetime,
    correlation_id: str = "",
    ussd_bank: str = "",
) -> Attempt:
    """A new attempt in status `starting`, in the caller's transaction; the hint to start it goes out after the commit.

    `ussd_bank`: for kind "ussd", the customer's bank as the gateways name it; "" leaves it to them.

    Raises Refused: `bad_provider`, `unknown` (also for other people's orders), `already_paid`, `not_payable` (state),
    `one_open` (attempt: the id of the one to show again or to switch from), `too_many` (limit).
    """
    if provider not in PROVIDERS or kind not in KINDS or mode not in ("test", "live"):
        raise Refused("bad_provider", provider=provider)
    with connection().transaction():
        order = _own(customer_id, order_number)
        if order is None:
            raise Refused("unknown")
        id, number, state, kobo, paid, method, until = order
        if paid or state in ("paid", "refunded"):
            raise Refused("already_paid", number=number, state=state)
        if state != PAYABLE or kobo <= 0 or method == "Cash on Delivery" or (until is not None and until <= now):
            raise Refused("not_payable", number=number, state="expired" if state == PAYABLE and kobo > 0 else state)
        before = connection().execute(OPEN_ONE, (id,)).fetchone()
        if before is not None:
            raise Refused("one_open", attempt=before[0], number=number)
        about = {"order": id, "customer": customer_id, "number": number, "kobo": kobo, "correlation": correlation_id}
        about |= {"provider": provider, "kind": kind, "mode": mode}
        return _insert({**about, "way": _wished(kind, ussd_bank), "now": now, "look": now + LADDER[0]})


def _wished(kind: str, ussd_bank: str) -> Jsonb:
    """What is known of the way before the provider was asked."""
    return Jsonb({"ussd_bank": ussd_bank} if kind == "ussd" and ussd_bank else {})


def _own(customer_id: int, number: str) -> tuple[Any, ...] | None:
    """The customer's row and then the order's, locked in the sequence of `journal.lock_order`."""
    connection().execute("SELECT FROM customers WHERE id = %s FOR KEY SHARE", (customer_id,))
    return connection().execute(LOCK_OWN, {"customer": customer_id, "number": plain_number(number)}).fetchone()


def insert_other(before: Attempt, provider: str, kind: str, now: datetime) -> Attempt:
    """The next attempt of the same order by another provider. The caller holds the order's row and has closed the one before."""
    about = {"order": before.order_id, "customer": before.customer_id, "number": before.order_number}
    about |= {"kobo": before.amount.kobo, "correlation": before.correlation_id, "mode": before.mode}
    # Without a wish another provider may not know the bank; the same one is asked for the same.
    bank = str(before.way.get("switch_bank") or (before.way.get("ussd_bank", "") if provider == before.provider else ""))
    about |= {"provider": provider, "kind": kind, "way": _wished(kind, bank)}
    return _insert({**about, "now": now, "look": now + LADDER[0]})


def _insert(values: Mapping[str, Any]) -> Attempt:
    row = connection().execute(INSERT, values).fetchone()
    attempt = get(int(row[0])) if row else None
    if attempt is None:
        raise RuntimeError("an attempt could not be written")
    if attempt.number > MOST_ATTEMPTS:
        raise Refused("too_many", limit=MOST_ATTEMPTS)
    about = {"attempt": attempt.id, "provider": attempt.provider, "reference": attempt.reference}
    note(attempt.order_id, "payment_begun", who=f"customer:{attempt.customer_id}", now=values["now"], **about)
    return attempt


def switch(customer_id: int, number: str, provider: str, kind: str, *, ussd_bank: str = "", now: datetime) -> Attempt:
    """The open attempt of an own order, marked: once its provider has said that it is not paid, the other one is begun.

    The hint to check it goes out after the commit; what comes of it is an event. Raises Refused as `begin`, and `none_open`.
    """
    if provider not in PROVIDERS or kind not in KINDS:
        raise Refused("bad_provider", provider=provider)
    with connection().transaction():
        order = _own(customer_id, number)
        if order is None:
            raise Refused("unknown")
        if order[4] or order[2] in ("paid", "refunded"):
            raise Refused("already_paid", number=order[1], state=order[2])
        if order[2] != PAYABLE:
            raise Refused("not_payable", number=order[1], state=order[2])
        marked = (
            connection()
            .execute(
                """UPDATE payment_attempts SET "switchTo" = %s, "switchKind" = %s, "askedAt" = %s, "updatedAt" = %s,
                       way = way || jsonb_build_object('switch_bank', %s::text)
                   WHERE "orderId" = %s AND status IN ('starting', 'open') RETURNING id""",
                (provider, kind, now, now, ussd_bank, order[0]),
            )
            .fetchone()
        )
        found = get(marked[0]) if marked else None
        if found is None:
            raise Refused("none_open", number=order[1])
        if found.number >= MOST_ATTEMPTS:  # the other could never be begun
            raise Refused("too_many", limit=MOST_ATTEMPTS)
        note(order[0], "payment_switch_wanted", who=f"customer:{customer_id}", now=now, attempt=found.id, to=provider)
    return found


def ask(customer_id: int, number: str, *, now: datetime) -> Attempt:
    """The customer says they have paid: the last attempt of an own order, to be looked at now; the clock looks at older ones.

    The answer comes as an event (`payment_received` or `payment_checked`), once. Raises Refused: `unknown`, `already_paid`,
    `none_begun`.
    """
    with connection().transaction():
        order = _own(customer_id, number)
        if order is None:
            raise Refused("unknown")
        if order[4]:
            raise Refused("already_paid", number=order[1], state=order[2])
        last = of(customer_id, order[1])
        if last is None:
            raise Refused("none_begun", number=order[1], state=order[2])
        connection().execute(
            """UPDATE payment_attempts SET "askedAt" = CASE WHEN id = %(last)s THEN %(now)s ELSE "askedAt" END,
                   -- A look the customer asked for is none of the ladder's.
                   checks = CASE WHEN id = %(last)s OR "nextCheckAt" <= %(now)s THEN checks ELSE checks - 1 END,
                   "nextCheckAt" = CASE WHEN id = %(last)s THEN "nextCheckAt" ELSE %(now)s END, "updatedAt" = %(now)s
               WHERE "orderId" = %(order)s AND status <> 'paid'""",
            {"last": last.id, "now": now, "order": order[0]},
        )
    return get(last.id) or last


# --------------------------------------------------------------------------------------------------- starting

CLAIM_START = f"""
WITH mine AS (
    UPDATE payment_attempts a SET tries = a.tries + 1, version = a.version + 1, "leaseUntil" = %(until)s, "updatedAt" = %(now)s
    FROM orders o WHERE a.id = %(id)s AND o.id = a."orderId" AND a.status = 'starting' AND a."switchTo" = ''
        AND (a."leaseUntil" IS NULL OR a."leaseUntil" <= %(now)s) AND (a."nextTryAt" IS NULL OR a."nextTryAt" <= %(now)s)
        AND o.state = 'pending_payment'
    RETURNING a.*
)
SELECT {COLUMNS} FROM mine a JOIN orders o ON o.id = a."orderId"
"""
MINE = """id = %(id)s AND status = 'starting' AND version = %(version)s"""


def claim_start(attempt_id: int, lease_s: float, *, now: datetime) -> Attempt | None:
    """Takes an attempt to start it, the try counted. None: somebody has it, it is not due, it is to be checked first, or its order
    is over (then it is `given_up`). From the second try on the provider is asked what it knows of the reference first."""
    values = {"id": attempt_id, "now": now, "until": now + timedelta(seconds=lease_s)}
    row = connection().execute(CLAIM_START, values).fetchone()
    if row is None:
        connection().execute(
            """UPDATE payment_attempts a SET status = 'given_up', reason = 'order_over', "endedAt" = %(now)s, "updatedAt" = %(now)s,
                   "nextTryAt" = NULL, version = a.version + 1
               FROM orders o WHERE a.id = %(id)s AND o.id = a."orderId" AND a.status = 'starting' AND o.state <> 'pending_payment'
                   AND (a."leaseUntil" IS NULL OR a."leaseUntil" <= %(now)s)""",
            values,
        )
        return None
    return from_row(row)


def started(work: Attempt, way: Mapping[str, Any], *, provider_id: str = "", now: datetime) -> bool:
    """The provider waits for the money: what to show the customer (`way`, JSON) is kept, and their conversation hears of it.
    False when the attempt is not ours any more."""
    after = """status = 'open', way = %(way)s, "providerId" = %(provider_id)s"""
    told = ("payment_ready", f"payment_ready:{work.id}", {"attempt_id": work.id, "order_number": work.order_number})
    return _end_start(work, after, told, now, way=Jsonb(dict(way)), provider_id=provider_id)


def start_failed(work: Attempt, reason: str, delay: timedelta, *, now: datetime) -> bool:
    """This try did not work and another will; the first time the customer hears that we are still trying. False: not ours."""
    after = """reason = %(reason)s, "nextTryAt" = %(next)s"""
    told = ("payment_delayed", f"payment_delayed:{work.id}", {"attempt_id": work.id, "order_number": work.order_number})
    return _end_start(work, after, told, now, reason=reason[:200], next=now + delay)


def give_up(work: Attempt, reason: str, *, now: datetime) -> bool:
    """The last try did not work either: the customer is offered another way. The provider may have the attempt all the same, so
    it is still looked at. False: not ours any more."""
    after = """status = 'given_up', reason = %(reason)s, "nextTryAt" = NULL, "endedAt" = %(now)s"""
    data = {"attempt_id": work.id, "order_number": work.order_number, "provider": work.provider}
    told = ("payment_not_started", f"payment_not_started:{work.id}", data)
    if not _end_start(work, after, told, now, reason=reason[:200]):
        return False
    note(work.order_id, "payment_not_started", who=work.provider, now=now, attempt=work.id, reason=reason[:200])
    return True


def _end_start(work: Attempt, after: str, told: tuple[str, str, dict[str, Any]], now: datetime, **values: Any) -> bool:
    with connection().transaction():
        done = connection().execute(
            f"""UPDATE payment_attempts SET {after}, "leaseUntil" = NULL, "updatedAt" = %(now)s WHERE {MINE}""",
            {"id": work.id, "version": work.version, "now": now, **values},
        )
        if not done.rowcount:
            return False
        order = connection().execute("SELECT state FROM orders WHERE id = %s", (work.order_id,)).fetchone()
        if order and order[0] == PAYABLE:  # nobody wants a link for an order they have cancelled meanwhile
            inbox.add_event(work.customer_id, *(told[0], told[1], told[2]))
    return True


def to_start(now: datetime, *, older_than_s: float = 10, limit: int = 100) -> list[int]:
    """Attempts that nobody starts though they are due: the hint was lost, or its holder died. The longest due first."""
    rows = connection().execute(
        """SELECT id FROM payment_attempts WHERE status = 'starting' AND "switchTo" = '' AND "nextTryAt" <= %s
               AND ("leaseUntil" IS NULL OR "leaseUntil" <= %s) ORDER BY "nextTryAt" LIMIT %s""",
        (now - timedelta(seconds=older_than_s), now, limit),
    )
    return [int(row[0]) for row in rows.fetchall()]
