"""What becomes due by nothing happening: an order nobody pays, a cart nobody comes back to, a prescription nobody looks at.

Found by looking every so often, and written as a timer, once; the timers' rules then say whether it may be said. So no turn of a
customer pays for setting and stopping a timer that will nearly never fire.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from models.office_hours import Hours
from models.office_hours import read as read_hours

MOST = 500  # found at a time
NEWEST_LINES = 5_000  # of all carts that are looked at
WAITING_MOST = 1_000
MOST_SPANS = 100  # of office hours within one wait; a longer one is far too long in any case
# Where nobody told when people are there, nobody is called up at night.
BY_DAY = read_hours("mon-sun 08:00-20:00, holidays 08:00-20:00")

# Ten minutes before an order ends, or in the last third of a shorter time to pay.
UNPAID = """
INSERT INTO timers (kind, "customerId", subject, "fireAt")
SELECT 'unpaid_order', "customerId", "orderNumber", due FROM (
    SELECT o.*, "reservedUntil" - LEAST(interval '10 minutes', ("reservedUntil" - COALESCE("orderDate", "createdAt")) / 3) AS due
    FROM orders o WHERE state = 'pending_payment' AND "reservedUntil" > now() + interval '1 minute'
        AND "reservedUntil" <= now() + interval '10 minutes' AND "customerId" IS NOT NULL
    ORDER BY "reservedUntil" LIMIT %(most)s) o
WHERE due <= now() AND "orderNumber" IS NOT NULL
ON CONFLICT DO NOTHING
"""
# Whoever has agreed to hear from us, wrote last three hours ago and today, and is not with a person. A cart that was reminded of is
# reminded of again only when nothing in it is from before.
CARTS = """
WITH recent AS MATERIALIZED (
    SELECT "customerId", min("addedAt") AS began FROM (
        SELECT "customerId", "addedAt" FROM cart_lines ORDER BY id DESC LIMIT %(lines)s) l
    WHERE "addedAt" > now() - interval '2 days' GROUP BY 1
)
INSERT INTO timers AS t (kind, "customerId", "fireAt")
SELECT 'abandoned_cart', r."customerId", now() FROM recent r JOIN customers c ON c.id = r."customerId"
JOIN conversations v ON v."customerId" = r."customerId"
WHERE c."consentAt" IS NOT NULL AND c."marketingStoppedAt" IS NULL AND c."withAgentSince" IS NULL AND c."mergedInto" IS NULL
    AND v."lastInboundAt" BETWEEN now() - interval '20 hours' AND now() - interval '3 hours'
LIMIT %(most)s
ON CONFLICT (kind, "customerId", subject) DO UPDATE SET "fireAt" = now(), "firedAt" = NULL, version = t.version + 1
    WHERE t."firedAt" < (SELECT min(l."addedAt") FROM cart_lines l WHERE l."customerId" = t."customerId")
"""
WAITING = """
SELECT p.id, p."customerId", p."readyAt" + p."pausedSeconds" * interval '1 second' FROM prescriptions p
WHERE p.state IN ('waiting', 'asked') AND p.state = 'waiting' AND p."readyAt" <= %(now)s::timestamptz - %(wait)s
    AND p."customerId" IS NOT NULL
    AND (p."claimedUntil" IS NULL OR p."claimedUntil" <= %(now)s)
    AND NOT EXISTS (SELECT FROM timers t WHERE t.kind = 'prescription_waits' AND t."customerId" = p."customerId"
        AND t.subject = p.id::text)
ORDER BY p."readyAt", p.id LIMIT %(most)s
"""
WAITS = """
INSERT INTO timers (kind, "customerId", subject, "fireAt")
SELECT 'prescription_waits', customer, id::text, now() FROM unnest(%s::bigint[], %s::bigint[]) AS t (id, customer) ON CONFLICT DO NOTHING
"""


def unpaid_orders(conn: psycopg.Connection) -> int:
    """Sets the one reminder of each unpaid order that ends soon; how many."""
    return conn.execute(UNPAID, {"most": MOST}).rowcount


def abandoned_carts(conn: psycopg.Connection) -> int:
    """Sets the one reminder of each cart that was left; how many."""
    return conn.execute(CARTS, {"most": MOST, "lines": NEWEST_LINES}).rowcount


def waiting_prescriptions(conn: psycopg.Connection, *, wait: timedelta, hours: Hours, zone: ZoneInfo, now: datetime) -> list[int]:
    """Prescriptions that have waited `wait` of the time people were there, and nobody has in hand; each is found once, and its
    customer's timer set."""
    hours = hours if hours.known else BY_DAY
    if hours.back_at(now, zone) is not None:  # nobody is there
        return []
    found = conn.execute(WAITING, {"wait": wait, "now": now, "most": WAITING_MOST}).fetchall()
    long = [(number, customer) for number, customer, since in found if spent(hours, since, now, zone) >= wait]
    if long:
        conn.execute(WAITS, ([number for number, _ in long], [customer for _, customer in long]))
    return [number for number, _ in long]


def spent(hours: Hours, since: datetime, now: datetime, zone: ZoneInfo) -> timedelta:
    """How much of the time from `since` to `now` people were there."""
    at, whole = since, timedelta(0)
    for _ in range(MOST_SPANS):
        if at >= now:
            break
        back = hours.back_at(at, zone)
        if back is not None:
            at = back
            continue
        closes = min(hours.closes_at(at, zone) or now, now)
        whole, at = whole + (closes - at), closes
    return whole
