"""One day of a provider's list beside ours: what they took and we do not know, what we know and they do not, what differs.

A day is one of Lagos (providers speak UTC). The caller has the missing ones verified and settled first; what is still different
then becomes a task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.base import connection
from models.payments import tasks
from models.payments.values import Proof
from models.values import Money

LAGOS = ZoneInfo("Africa/Lagos")


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: missing_here, missing_there, amount_differs. `ours` and `theirs` are what was taken; `proof` is their row."""

    kind: str
    provider: str
    transaction_id: str
    reference: str
    ours: Money | None
    theirs: Money | None
    payment_id: int | None = None
    order_id: int | None = None
    proof: Proof | None = None


def bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a Lagos day and of the next, in UTC: what to ask the provider's list for."""
    begins = [datetime.combine(each, time.min, LAGOS).astimezone(UTC) for each in (day, day + timedelta(days=1))]
    return begins[0], begins[1]


OURS = """
SELECT id, "orderId", "transactionId", reference, "amountKobo", currency,
    COALESCE("paidAt", "createdAt") >= %(since)s AND COALESCE("paidAt", "createdAt") < %(until)s
FROM payments WHERE provider = %(provider)s AND mode = %(mode)s AND (
    (COALESCE("paidAt", "createdAt") >= %(since)s AND COALESCE("paidAt", "createdAt") < %(until)s)
    OR "transactionId" = ANY(%(theirs)s))
"""


def compare(provider: str, mode: str, day: date, theirs: Iterable[Proof]) -> list[Difference]:
    """Every difference of a day. `theirs`: the provider's whole list between `bounds(day)`; what they do not call paid or reversed
    counts for nothing, what we took as reversed is compared by its amount all the same."""
    since, until = bounds(day)
    listed = {each.transaction_id: each for each in theirs if each.state in ("paid", "reversed")}
    values = {"provider": provider, "mode": mode, "since": since, "until": until, "theirs": list(listed)}
    ours = connection().execute(OURS, values).fetchall()
    found = []
    for id, order_id, transaction, reference, kobo, currency, of_the_day in ours:
        proof, taken = listed.pop(transaction, None), Money(kobo, currency)
        if proof is None and of_the_day:
            found.append(Difference("missing_there", provider, transaction, reference, taken, None, id, order_id))
        elif proof is not None and proof.amount != taken:
            found.append(Difference("amount_differs", provider, transaction, reference, taken, proof.amount, id, order_id, proof))
    for transaction, proof in listed.items():
        found.append(Difference("missing_here", provider, transaction, proof.reference, None, proof.amount, proof=proof))
    return found


def record(differences: Iterable[Difference], *, now: datetime) -> list[int]:
    """Makes a task of each difference that has none; the new ones. Money that we know and that is settled is not at stake twice:
    the task's amount is what differs."""
    made = []
    for each in differences:
        ours, theirs = (each.ours.kobo if each.ours else 0), (each.theirs.kobo if each.theirs else 0)
        currency = (each.theirs or each.ours or Money(0)).currency
        task = tasks.open(
            each.kind,
            f"{each.provider}:{each.transaction_id}",
            now=now,
            order_id=each.order_id,
            provider=each.provider,
            reference=each.reference,
            amount=Money(abs(theirs - ours), currency),
            transaction=each.transaction_id,
            payment=each.payment_id,
            ours_kobo=ours,
            theirs_kobo=theirs,
        )
        made += [task] if task is not None else []
    return made
