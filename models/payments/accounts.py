"""Where all the money is, and what does not add up: what was taken = what orders keep + what goes back + what people look at.

Read-only. The tests ask it after everything they do; the console shows it, and the night's job writes what it finds to the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from models.base import connection

LIMIT = 100


@dataclass(frozen=True, slots=True)
class Balance:
    """Sums in minor units of one currency and mode. `taken` = `kept` + `returned` + `in_tasks` + `lost`; `lost` is a bug."""

    currency: str
    mode: str
    taken: int
    kept: int
    returned: int
    in_tasks: int
    lost: int


class Violation(NamedTuple):
    """`rule`: unaccounted, over_refunded, paid_without_money, money_without_paying, paid_twice, attempt_without_money,
    nothing_held, stock_below_zero. `id`: of the payment, order, attempt or product."""

    rule: str
    id: int
    detail: str


# A payment, shared out: what its order keeps while it is served, what is promised or gone back, what a task speaks of. An
# order keeps nothing when it is over, nor of what the provider took back.
SHARES = """
SELECT p.id, p.currency, p.mode, p."amountKobo" AS taken, back.kobo AS returned,
    CASE WHEN p."reversedAt" IS NULL AND o.state IN ('paid', 'processing', 'shipped', 'delivered')
        THEN GREATEST(LEAST(p."appliedKobo", p."amountKobo" - back.kobo), 0) ELSE 0 END AS kept,
    (SELECT COALESCE(sum(t."amountKobo"), 0)::bigint FROM payment_tasks t
        WHERE t."paymentId" = p.id AND t.kind NOT IN ('changed', 'dispute', 'refund_needs_attention', 'refund_at_provider')) AS in_tasks
FROM payments p LEFT JOIN orders o ON o.id = p."orderId" CROSS JOIN LATERAL (
    SELECT COALESCE(sum(r."amountKobo"), 0)::bigint AS kobo FROM refunds r WHERE r."paymentId" = p.id AND r.status <> 'failed') back
"""
BALANCES = f"""
SELECT currency, mode, sum(taken)::bigint, sum(kept)::bigint, sum(returned)::bigint,
    sum(LEAST(rest, in_tasks))::bigint, sum(rest - LEAST(rest, in_tasks))::bigint
FROM (SELECT *, taken - kept - returned AS rest FROM ({SHARES}) shares) s GROUP BY 1, 2 ORDER BY 1, 2
"""

VIOLATIONS = f"""
WITH shares AS ({SHARES})
SELECT 'unaccounted', id, taken || ' taken, ' || kept || ' kept, ' || returned || ' returned, ' || in_tasks || ' in tasks'
FROM shares WHERE taken - kept - returned > in_tasks
UNION ALL
SELECT 'over_refunded', id, taken || ' taken, ' || returned || ' returned' FROM shares WHERE returned > taken
UNION ALL
SELECT 'paid_without_money', o.id, o.state FROM orders o
WHERE EXISTS (SELECT FROM order_events e WHERE e."orderId" = o.id AND e.what = 'paid' AND e.who IN ('paystack', 'flutterwave'))
    AND NOT EXISTS (SELECT FROM payments p WHERE p."orderId" = o.id AND p.settled IN ('applied', 'overpaid')
        AND p."amountKobo" >= o."totalKobo" AND p.currency = 'NGN')
UNION ALL
SELECT 'money_without_paying', o.id, o.state FROM payments p JOIN orders o ON o.id = p."orderId"
WHERE p.settled IN ('applied', 'overpaid') AND (o.state IN ('pending_payment', 'expired') OR o."paymentStatus" <> 'Paid')
UNION ALL
SELECT 'paid_twice', e."orderId", count(*)::text FROM order_events e
WHERE e.what = 'paid' AND e.who IN ('paystack', 'flutterwave') GROUP BY 2 HAVING count(*) > 1
UNION ALL
SELECT 'attempt_without_money', a.id, a.reference FROM payment_attempts a
WHERE a.status = 'paid' AND NOT EXISTS (SELECT FROM payments p WHERE p."attemptId" = a.id)
UNION ALL
SELECT 'nothing_held', o.id, o.state FROM orders o
WHERE o.state = 'paid' AND EXISTS (SELECT FROM stock_reservations r WHERE r."orderId" = o.id)
    AND NOT EXISTS (SELECT FROM stock_reservations r WHERE r."orderId" = o.id AND r.state = 'held')
UNION ALL
SELECT 'stock_below_zero', id, stock::text FROM products WHERE stock < 0
UNION ALL
SELECT 'stock_below_zero', id, stock::text FROM healthcare_products WHERE stock < 0
LIMIT {LIMIT}
"""


def balances() -> list[Balance]:
    """Where the money of each currency and mode is."""
    return [Balance(*row) for row in connection().execute(BALANCES).fetchall()]


def violations() -> list[Violation]:
    """Everything that does not add up, at most 100; empty when all is well."""
    return [Violation(*row) for row in connection().execute(VIOLATIONS).fetchall()]
