"""What people look at about money, and what they decide: open tasks, differences with the providers' lists, refunds under way.

A task is decided once: whoever comes second is told who was first and what they decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from models.base import connection
from models.payments import returning, tasks
from models.payments.journal import lock_order
from models.payments.returning import PROMISED
from models.values import Money, Refused

PAGE = 25
PAGE_MAX = 100
LONGEST_NOTE = 300
DIFFERENCES = ("missing_here", "missing_there", "amount_differs")
GIVE_BACK = frozenset(tasks.WITH_US)
TABS = ("tasks", "differences", "refunds", "closed")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A task. `back`: how much a click gives back, nothing where it cannot. `detail`: ids, codes and amounts, and the note of
    whoever closed it. `closed_name`: that of the staff member in `closed_by`, if it is one."""

    id: int
    kind: str
    order_number: str
    payment_id: int | None
    provider: str
    reference: str
    transaction_id: str
    amount: Money
    back: Money
    detail: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    closed_name: str
    outcome: str

    @property
    def sentence(self) -> str:
        return tasks.KINDS[self.kind]


class Returning(NamedTuple):
    """A refund on its way. `task_id`: of one that failed, the task that is still open, else None."""

    id: int
    order_number: str
    provider: str
    transaction_id: str
    amount: Money
    status: str
    reason: str
    detail: str
    tries: int
    requested_by: str
    requested_name: str
    created_at: datetime
    task_id: int | None


class Counts(NamedTuple):
    tasks: int
    differences: int
    refunds: int
    failed: int


class Closed(NamedTuple):
    task_id: int
    kind: str
    order_number: str
    outcome: str
    refund_id: int | None = None


# --------------------------------------------------------------------------------------------------- lists

LISTED = f"""
SELECT t.id, t.kind, COALESCE(o."orderNumber", ''), t."paymentId", t.provider, COALESCE(NULLIF(t.reference, ''), p.reference, ''),
    COALESCE(p."transactionId", t.detail->>'transaction', ''), t."amountKobo", t.currency,
    CASE WHEN t."closedAt" IS NULL AND t.kind = ANY(%(kinds)s) AND p."reversedAt" IS NULL AND NOT EXISTS (
            SELECT FROM refunds r WHERE r."paymentId" = p.id AND r.status IN ('wanted', 'sent'))
        THEN GREATEST(LEAST(t."amountKobo", p."amountKobo" - {PROMISED}), 0) ELSE 0 END, COALESCE(p.currency, t.currency),
    t.detail, t."openedAt", t."closedAt", t."closedBy", COALESCE(s.name, ''), t.outcome
FROM payment_tasks t LEFT JOIN orders o ON o.id = t."orderId" LEFT JOIN payments p ON p.id = t."paymentId"
LEFT JOIN staff s ON t."closedBy" = 'staff:' || s.id
"""
WHICH = {
    "tasks": """t."closedAt" IS NULL AND t.kind <> ALL(%(differences)s) AND t.id > %(after)s ORDER BY t.id""",
    "differences": """t."closedAt" IS NULL AND t.kind = ANY(%(differences)s) AND t.id > %(after)s ORDER BY t.id""",
    "closed": """t."closedAt" IS NOT NULL AND (%(after)s = 0 OR t.id < %(after)s) ORDER BY t.id DESC""",
}


def page(conn: psycopg.Connection, tab: str, *, after: int = 0, limit: int = PAGE) -> tuple[Trouble, ...]:
    """A page of `tasks` or `differences` (open, the oldest first), or of the `closed` of both (the newest first)."""
    values = {"kinds": list(GIVE_BACK), "differences": list(DIFFERENCES), "after": after, "limit": min(max(limit, 1), PAGE_MAX)}
    return tuple(map(_trouble, conn.execute(f"{LISTED} WHERE {WHICH[tab]} LIMIT %(limit)s", values)))


def one(task_id: int) -> Trouble | None:
    row = connection().execute(f"{LISTED} WHERE t.id = %(id)s", {"id": task_id, "kinds": list(GIVE_BACK)}).fetchone()
    return _trouble(row) if row else None


def _trouble(row: Any) -> Trouble:
    *head, kobo, currency, back, back_currency, detail, opened, closed, by, name, outcome = row
    return Trouble(*head, Money(kobo, currency), Money(back, back_currency), detail, opened, closed, by, name, outcome)


# Those that failed are shown as long as their task is open.
REFUNDS = """
SELECT r.id, COALESCE(o."orderNumber", ''), r.provider, p."transactionId", r."amountKobo", p.currency, r.status, r.reason, r.detail,
    r.tries, r."requestedBy", COALESCE(s.name, ''), r."createdAt", t.id
FROM (
    SELECT id AS refund, NULL::bigint AS task FROM refunds WHERE status IN ('wanted', 'sent', 'needs_attention')
    UNION ALL SELECT (detail->>'refund')::bigint, id FROM payment_tasks WHERE "closedAt" IS NULL AND kind = 'refund_failed'
) which JOIN refunds r ON r.id = which.refund LEFT JOIN payment_tasks t ON t.id = which.task
JOIN payments p ON p.id = r."paymentId" LEFT JOIN orders o ON o.id = r."orderId" LEFT JOIN staff s ON r."requestedBy" = 'staff:' || s.id
WHERE r.id > %s ORDER BY r.id LIMIT %s
"""


def refunds_page(conn: psycopg.Connection, *, after: int = 0, limit: int = PAGE) -> tuple[Returning, ...]:
    """Refunds that have not ended, and failed ones that nobody has seen to; the oldest first."""
    rows = conn.execute(REFUNDS, (after, min(max(limit, 1), PAGE_MAX)))
    return tuple(Returning(*row[:4], Money(row[4], row[5]), *row[6:]) for row in rows)


COUNTS = """
SELECT count(*) FILTER (WHERE kind <> ALL(%(differences)s)), count(*) FILTER (WHERE kind = ANY(%(differences)s)),
    (SELECT count(*) FROM refunds WHERE status IN ('wanted', 'sent', 'needs_attention')),
    count(*) FILTER (WHERE kind = 'refund_failed')
FROM payment_tasks WHERE "closedAt" IS NULL
"""


def counts(conn: psycopg.Connection) -> Counts:
    row = conn.execute(COUNTS, {"differences": list(DIFFERENCES)}).fetchone() or (0,) * 4
    return Counts(*(int(n) for n in row))


# --------------------------------------------------------------------------------------------------- verbs


def close(task_id: int, outcome: str, note: str = "", *, by: int, now: datetime) -> Closed:
    """A person has seen to it. `note` is for colleagues. `by`: id of the staff member.

    Raises Refused: `unknown`, `closed` (who, at, outcome), `bad_outcome`, `long_note`.
    """
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise Refused("long_note", limit=LONGEST_NOTE)
    with connection().transaction():
        found = _open(task_id)
        _close(found, outcome, note, by, now)
        if outcome == "refunded" and found.back.kobo:  # not by us: it has gone, and does not go again when the order ends
            _add(found.id, "gone_kobo", found.back.kobo)
    return Closed(found.id, found.kind, found.order_number, outcome)


def give_back(task_id: int, shown: Money, *, by: int, now: datetime) -> Closed:
    """What the task speaks of is wanted back, as much as is left of it, and the task is closed with it; of a refund that failed
    this is another try. `shown`: how much that was on the page.

    Raises Refused: `unknown`, `closed` (who, at, outcome), `nothing_left` (nothing of it is with us, or another refund of the
    payment is under way), `changed` (left_kobo).
    """
    with connection().transaction():
        found = _open(task_id)
        if found.payment_id is None or found.kind not in GIVE_BACK:
            raise Refused("nothing_left")
        if found.back != shown:
            raise Refused("changed", left_kobo=found.back.kobo)
        if not found.back.kobo:
            raise Refused("nothing_left")
        reason = str(found.detail.get("reason") or found.kind) if found.kind == "refund_rest" else found.kind
        refund = returning.want(found.payment_id, found.back, reason, by=f"staff:{by}", now=now)
        _close(found, "refunded", "", by, now)
    return Closed(found.id, found.kind, found.order_number, "refunded", refund)


LOCK = """SELECT t."orderId", t."paymentId" FROM payment_tasks t WHERE t.id = %s"""


def _open(task_id: int) -> Trouble:
    """The task, its rows locked in the sequence of everybody's (order, payment, task)."""
    row = connection().execute(LOCK, (task_id,)).fetchone()
    if row is None:
        raise Refused("unknown")
    paid_for = connection().execute("""SELECT "orderId" FROM payments WHERE id = %s""", (row[1],)).fetchone() if row[1] else None
    for order_id in sorted({order for order in (row[0], paid_for[0] if paid_for else None) if order is not None}):
        lock_order(order_id)
    connection().execute("SELECT FROM payments WHERE id = %s FOR NO KEY UPDATE", (row[1],))
    connection().execute("SELECT FROM payment_tasks WHERE id = %s FOR NO KEY UPDATE", (task_id,))
    found = one(task_id)
    if found is None:
        raise Refused("unknown")
    if found.closed_at is not None:
        raise Refused("closed", who=found.closed_by, at=found.closed_at, outcome=found.outcome)
    return found


def _close(found: Trouble, outcome: str, note: str, by: int, now: datetime) -> None:
    if not tasks.close(found.id, by=f"staff:{by}", outcome=outcome, now=now):
        raise RuntimeError("a task was closed although its row was locked")
    if note:
        _add(found.id, "note", note)


def _add(task_id: int, name: str, value: str | int) -> None:
    connection().execute("UPDATE payment_tasks SET detail = detail || %s WHERE id = %s", (Jsonb({name: value}), task_id))
