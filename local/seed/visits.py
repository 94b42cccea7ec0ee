"""Demo appointments and lab tests of the demo customers: some of today, one marked, the rest of this week and the next, one unpaid.

Made with the house's own verbs as if they had been booked two days ago. What their customers would hear of is taken as told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.seed.orders import ADA, CHIDI, ZAINAB
from models import staff as people
from models import visits
from models.base import connection
from models.payments import attempts, settling
from models.payments.values import Proof
from models.values import Refused
from models.visits import desk
from models.visits.timetables import house_zone

BOOKED_AGO = timedelta(days=2)
HOME = "14 Adeola Odeku Street, Victoria Island"


@dataclass(frozen=True, slots=True)
class Demo:
    """`name`: the beginning of a doctor's or test's. `ahead`: days from today on. `place`: which free time of that day, from the first
    (0) or the last (-1). `mark`: what was said of it, if it is over. `pays`: its fee is paid."""

    customer: tuple[str, str]
    name: str
    ahead: int
    place: int
    kind: str = "doctor"
    note: str = ""
    mark: str = ""
    pays: bool = True


VISITS = (
    Demo(ADA, "Dr Amarachi", 0, 0, mark="done", note="Headaches in the afternoon since last week."),
    Demo(CHIDI, "Dr Amarachi", 0, 1, mark="no_show"),
    Demo(ZAINAB, "Dr Amarachi", 0, -2),
    Demo(CHIDI, "Dr Folake", 1, 3, note="Blood pressure check."),
    Demo(ZAINAB, "Dr Sophie", 2, 2),
    Demo(ADA, "Dr Amarachi", 3, 5),
    Demo(ADA, "Dr Folake", 5, 0, pays=False),
    Demo(ZAINAB, "Full blood count", 0, 0, kind="test", mark="done"),
    Demo(ADA, "Malaria parasite", 0, -1, kind="test"),
    Demo(CHIDI, "Ferritin", 2, 2, kind="test"),
)


def load(*, now: datetime | None = None) -> int:
    """How many were added: none without demo doctors or demo customers, and none where one of these customers has booked before."""
    now = now or datetime.now(UTC)
    by = people.by_email("musa@drugs.example")
    customers = {each: _customer(each) for each in (ADA, CHIDI, ZAINAB)}
    known = [customer for customer in customers.values() if customer]
    there = connection().execute(
        """SELECT FROM appointments WHERE "customerId" = ANY(%(known)s)
           UNION ALL SELECT FROM diagnostic_bookings WHERE "customerId" = ANY(%(known)s) LIMIT 1""",
        {"known": known},
    )
    if by is None or len(known) < len(customers) or there.fetchone() is not None:
        return 0
    with connection().transaction():
        made = sum(_load(n, demo, customers[demo.customer], by.id, now) for n, demo in enumerate(VISITS))
        connection().execute(
            """UPDATE inbox SET status = 'done', reason = 'demo', "handledAt" = now()
               WHERE "customerId" = ANY(%s) AND channel = 'house' AND status = 'pending'""",
            (known,),
        )
        connection().execute(
            """DELETE FROM timers WHERE "customerId" = ANY(%s) AND kind = 'visit_soon' AND "fireAt" < %s""", (known, now)
        )
    return made


def _load(n: int, demo: Demo, customer: int, by: int, now: datetime) -> bool:
    ref, earlier, key = _ref(demo), now - BOOKED_AGO, f"demo-visit-{n}"
    slot = _slot(demo, ref, earlier, now) if ref else None
    if slot is None:
        return False
    booked_at = now if not demo.pays else earlier
    try:
        if demo.kind == "test":
            booked = visits.book_test(customer, ref, slot, "home", HOME, key, now=booked_at)
        else:
            booked = visits.book(customer, ref, slot, key, now=booked_at, note=demo.note)
    except Refused:  # the customer has another one at that time, or nothing is free: one fewer to show
        return False
    if booked.order_number and demo.pays:
        _pay(customer, booked.order_number, booked_at + timedelta(minutes=4))
    if demo.mark and slot <= now:
        desk.mark(demo.kind, booked.number, demo.mark, by=by, zone=house_zone().key, now=max(slot, now - timedelta(minutes=10)))
    return True


def _slot(demo: Demo, ref: str, earlier: datetime, now: datetime) -> datetime | None:
    """A free time of the first working day from that day on."""
    first = now.astimezone(house_zone()).date() + timedelta(days=demo.ahead)
    if demo.kind == "test":
        days = visits.test_days(ref, where="home", now=earlier, first=first, limit=1)
    else:
        days = visits.days(ref, now=earlier, first=first, limit=1)
    slots = days[0].slots if days else ()
    return slots[demo.place] if -len(slots) <= demo.place < len(slots) else None


def _pay(customer: int, order: str, now: datetime) -> None:
    attempt = attempts.begin(customer, order, "paystack", "link", mode="test", now=now)
    about = {"transaction_id": f"demo-visit-{attempt.id}", "mode": "test", "channel": "card", "paid_at": now}
    settling.settle(attempt.id, Proof("paystack", attempt.reference, "paid", amount=attempt.amount, **about), now=now)  # type: ignore[arg-type]


def _customer(who: tuple[str, str]) -> int:
    row = (
        connection()
        .execute("SELECT \"customerId\" FROM customer_identities WHERE kind = 'number' AND value = %s", (who[1],))
        .fetchone()
    )
    return int(row[0]) if row else 0


def _ref(demo: Demo) -> str:
    table, letter = ("diagnostic_tests", "t") if demo.kind == "test" else ("doctors", "d")
    row = connection().execute(f"SELECT id FROM {table} WHERE starts_with(name, %s) ORDER BY id LIMIT 1", (demo.name,)).fetchone()
    return f"{letter}{row[0]}" if row else ""
