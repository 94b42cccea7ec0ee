"""What people must look at: money that no rule could place. A task is opened once however often its trouble is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from models.base import connection
from models.payments.journal import note
from models.values import Money, Refused

# What happened, in one line for whoever opens the list.
KINDS: Mapping[str, str] = {
    "short": "Less came than the order costs; it is not paid.",
    "overpaid": "More came than the order costs; the order is paid.",
    "double": "A second payment came for an order that is paid.",
    "late": "Money came for an order that is over.",
    "mismatch": "Currency, reference, mode or requested amount is not that of the attempt.",
    "unknown": "Money came under a reference that is none of ours.",
    "changed": "The provider now says another amount than before.",
    "reversed": "The provider has taken the money back (refund at the provider, or a lost dispute).",
    "dispute": "The customer's bank disputes the payment; an answer is due at the provider.",
    "transfer_rejected": "A bank transfer of a wrong amount was refused and returned by the provider.",
    "refund_failed": "A refund failed; the money is still with us.",
    "refund_needs_attention": "The provider needs the customer's bank details for a refund.",
    "refund_rest": "More must go back once the refund under way has ended.",
    "refund_at_provider": "Somebody refunded at the provider, not here; it is booked. See whether its order goes on.",
    "event_failed": "A webhook could not be handled.",
    "missing_here": "The provider has a payment that we have not.",
    "missing_there": "We have a payment that the provider does not list.",
    "amount_differs": "The provider lists another amount than we have.",
}
# What such a task speaks of is with us and can go back; in all others it is not, or another refund has it.
WITH_US = ("short", "overpaid", "double", "late", "mismatch", "unknown", "refund_failed", "refund_rest")
OUTCOMES = ("refunded", "by_hand", "kept", "no_loss", "written_off")
PAGE_LIMIT = 100
NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Task:
    id: int
    kind: str
    subject: str
    order_number: str
    payment_id: int | None
    provider: str
    reference: str
    amount: Money
    detail: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    outcome: str

    @property
    def sentence(self) -> str:
        return KINDS[self.kind]


OPEN = """
INSERT INTO payment_tasks (kind, subject, "orderId", "paymentId", provider, reference, "amountKobo", currency, detail, "openedAt")
VALUES (%(kind)s, %(subject)s, %(order)s, %(payment)s, %(provider)s, %(reference)s, %(kobo)s, %(currency)s, %(detail)s, %(now)s)
ON CONFLICT (kind, subject) DO NOTHING RETURNING id
"""


def open(
    kind: str,
    subject: str,
    *,
    now: datetime,
    order_id: int | None = None,
    payment_id: int | None = None,
    provider: str = "",
    reference: str = "",
    amount: Money = NOTHING,
    **detail: object,
) -> int | None:
    """The id of a new task; None when this trouble (`subject` names it) has one already, open or closed.

    Call it in the transaction of what found the trouble. `amount` is what is at stake. `detail`: ids, codes, amounts.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    values = {
        "kind": kind,
        "subject": subject[:200],
        "order": order_id,
        "payment": payment_id,
        "provider": provider,
        "reference": reference[:200],
        "kobo": amount.kobo,
        "currency": amount.currency,
        "detail": Jsonb(detail),
        "now": now,
    }
    with connection().transaction():
        made = connection().execute(OPEN, values).fetchone()
        if made is None:
            return None
        note(order_id, "payment_task", who=provider or "clock", now=now, task=int(made[0]), kind=kind, kobo=amount.kobo)
    return int(made[0])


def close(task_id: int, *, by: str, outcome: str, now: datetime) -> bool:
    """Somebody has seen to it; `by` as in the order's log (`staff:3`). False: it is closed already, or there is none.

    Raises Refused: `bad_outcome` (one of OUTCOMES).
    """
    if outcome not in OUTCOMES:
        raise Refused("bad_outcome", outcome=outcome)
    with connection().transaction():
        row = (
            connection()
            .execute(
                """UPDATE payment_tasks SET "closedAt" = %s, "closedBy" = %s, outcome = %s
                   WHERE id = %s AND "closedAt" IS NULL RETURNING "orderId", kind""",
                (now, by, outcome, task_id),
            )
            .fetchone()
        )
        if row is None:
            return False
        note(row[0], "payment_task_closed", who=by, now=now, task=task_id, kind=row[1], outcome=outcome)
    return True


COLUMNS = """t.id, t.kind, t.subject, COALESCE(o."orderNumber", ''), t."paymentId", t.provider, t.reference, t."amountKobo",
    t.currency, t.detail, t."openedAt", t."closedAt", t."closedBy", t.outcome
    FROM payment_tasks t LEFT JOIN orders o ON o.id = t."orderId" """


def page(*, closed: bool = False, limit: int = 50, after: int = 0) -> list[Task]:
    """Open tasks (or closed ones), the oldest first, from the one after `after`; at most 100 at a time."""
    rows = connection().execute(
        f"""SELECT {COLUMNS} WHERE (t."closedAt" IS NOT NULL) = %s AND t.id > %s ORDER BY t.id LIMIT %s""",
        (closed, after, max(1, min(limit, PAGE_LIMIT))),
    )
    return [_task(row) for row in rows.fetchall()]


def of_order(order_number: str) -> list[Task]:
    """Every task of one order, the oldest first; at most 100."""
    rows = connection().execute(
        f"""SELECT {COLUMNS} WHERE o."orderNumber" = %s ORDER BY t.id LIMIT %s""", (order_number, PAGE_LIMIT)
    )
    return [_task(row) for row in rows.fetchall()]


def get(task_id: int) -> Task | None:
    row = connection().execute(f"SELECT {COLUMNS} WHERE t.id = %s", (task_id,)).fetchone()
    return _task(row) if row else None


def _task(row: Any) -> Task:
    id, kind, subject, number, payment, provider, reference, kobo, currency, *rest = row
    return Task(id, kind, subject, number, payment, provider, reference, Money(kobo, currency), *rest)
