"""Demo orders in several states, of three customers: something to prepare, on the way, delivered, to pay, and money to look at.

Made with the house's own verbs on the bound database. What their customers would hear of is taken as told: nobody has their phones.
The demo catalogue's stock is what is left beside these orders, so that loading it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models import accounts, carts, checkout, fulfilment
from models import staff as people
from models.base import connection
from models.payments import attempts, settling
from models.payments.values import Proof
from models.values import Money

FEE = Money(150_000)
CONSENT = "demo"
Act = Callable[[str, int, datetime], object]


@dataclass(frozen=True, slots=True)
class Demo:
    """`goods`: beginnings of products' names and how many. `ago`: when it was placed. `paid`: naira taken, None for nothing.
    `acts`: what staff did, and how long after placing."""

    customer: str
    number: str
    goods: Mapping[str, int]
    payment: str
    ago: timedelta
    delivery: str = "delivery"
    address: str = ""
    paid: int | None = None
    acts: tuple[tuple[timedelta, Act], ...] = ()


def _process(number: str, by: int, now: datetime) -> object:
    return fulfilment.process(number, by=by, now=now)


def _ship(number: str, by: int, now: datetime) -> object:
    return fulfilment.ship(number, "Sunday Etim", "0803 000 0411", by=by, now=now)


def _deliver(number: str, by: int, now: datetime) -> object:
    return fulfilment.deliver(number, by=by, now=now)


def _cancel(number: str, by: int, now: datetime) -> object:
    return fulfilment.cancel(number, "out_of_stock", by=by, now=now)


MIN, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADA, CHIDI, ZAINAB = ("Ada Nwosu", "2348000000301"), ("Chidi Eke", "2348000000302"), ("Zainab Lawal", "2348000000303")
AT = {ADA: "14 Adeola Odeku Street, Victoria Island", CHIDI: "3 Okpara Avenue, Enugu", ZAINAB: "27 Ahmadu Bello Way, Kaduna"}
# The first product of the demo catalogue whose name begins so, that is sold without a prescription.
ORDERS = (
    Demo(*ADA, {"Emzor Paracetamol": 2, "Emzor Vitamin C": 1}, "cash", 26 * HOUR,
         acts=((20 * MIN, _ship), (90 * MIN, _deliver))),
    Demo(*ZAINAB, {"Aboniki Balm": 2}, "cash", 21 * HOUR, acts=((30 * MIN, _cancel),)),
    Demo(*CHIDI, {"Emzor Paracetamol": 1, "Dettol": 1}, "paystack", 3 * HOUR, paid=0),
    Demo(*ADA, {"Redoxon": 1, "Emzor Vitamin C": 2}, "flutterwave", 95 * MIN, delivery="pickup", paid=0, acts=((25 * MIN, _process),)),
    Demo(*ZAINAB, {"Coartem": 1, "Panadol": 2}, "cash", 75 * MIN, acts=((15 * MIN, _ship),)),
    Demo(*CHIDI, {"Coartem": 1, "Panadol Extra": 1}, "paystack", 22 * MIN, paid=-500),
    Demo(*ADA, {"Emzor Paracetamol": 1}, "cash", 12 * MIN),
    Demo(*ZAINAB, {"Nurofen Express": 1}, "paystack", 4 * MIN),
)  # fmt: skip


def load(*, now: datetime | None = None) -> int:
    """How many were added: none where one of these customers has ordered before."""
    now = now or datetime.now(UTC)
    by = people.by_email("musa@drugs.example")
    numbers = [number for _, number in AT]
    there = connection().execute(
        """SELECT FROM orders o JOIN customer_identities i ON i."customerId" = o."customerId" WHERE i.value = ANY(%s) LIMIT 1""",
        (numbers,),
    )
    if by is None or there.fetchone() is not None:
        return 0
    with connection().transaction():
        customers = {number: _customer(name, number, now) for name, number in AT}
        made = sum(_load(demo, n, customers[demo.number], by.id, now - demo.ago) for n, demo in enumerate(ORDERS))
        connection().execute(
            """UPDATE inbox SET status = 'done', reason = 'demo', "handledAt" = now()
               WHERE "customerId" = ANY(%s) AND channel = 'house' AND status = 'pending'""",
            (list(customers.values()),),
        )
        for column, table in (("productId", "products"), ("healthcareProductId", "healthcare_products")):
            connection().execute(
                f"""UPDATE {table} p SET stock = p.stock + r.quantity FROM (
                        SELECT r."{column}" AS id, sum(r.quantity)::integer AS quantity FROM stock_reservations r
                        JOIN orders o ON o.id = r."orderId" WHERE o."customerId" = ANY(%s) AND r.state <> 'returned' GROUP BY 1) r
                    WHERE p.id = r.id""",
                (list(customers.values()),),
            )
    return made


def _customer(name: str, number: str, now: datetime) -> int:
    row = connection().execute("INSERT INTO customers DEFAULT VALUES RETURNING id").fetchone()
    customer = int(row[0]) if row else 0
    connection().execute("""INSERT INTO conversations ("customerId") VALUES (%s)""", (customer,))
    connection().execute(
        """INSERT INTO customer_identities (kind, value, "customerId") VALUES ('number', %s, %s)""", (number, customer)
    )
    accounts.register(customer, name, CONSENT, now=now)
    return customer


def _load(demo: Demo, position: int, customer: int, by: int, now: datetime) -> bool:
    goods = {ref: quantity for name, quantity in demo.goods.items() if (ref := _ref(name))}
    if not goods:
        return False
    for ref, quantity in goods.items():
        carts.add(customer, ref, quantity, now=now)
    wish = checkout.Wish(demo.delivery, demo.payment, f"demo-{position}", AT[demo.customer, demo.number])
    placed = checkout.place(customer, wish, delivery_fee=FEE, now=now)
    if demo.paid is not None:
        _pay(demo, customer, placed, now + 4 * MIN)
    for after, act in demo.acts:
        act(placed.number, by, now + after)
    return True


def _pay(demo: Demo, customer: int, placed: checkout.Placed, now: datetime) -> None:
    """`paid` is what was taken beside the total: 0 exactly, -500 that many naira too little."""
    attempt = attempts.begin(customer, placed.number, demo.payment, "link", mode="test", now=now)
    taken = Money(placed.total.kobo + 100 * (demo.paid or 0))
    about = {"transaction_id": f"demo-{attempt.id}", "mode": "test", "channel": "card", "paid_at": now}
    settling.settle(attempt.id, Proof(demo.payment, attempt.reference, "paid", amount=taken, **about), now=now)  # type: ignore[arg-type]


def _ref(begins: str) -> str:
    """Of medicines, else of health products."""
    for kind, table in (("m", "products"), ("h", "healthcare_products")):
        row = connection().execute(
            f"""SELECT p.id FROM {table} p JOIN catalogue_entries e ON e."productId" = p.id AND e.kind = %s
                WHERE p.name ILIKE %s AND e.active AND e."inStock" AND e.control = 0 AND (e.otc OR e.kind = 2) ORDER BY p.id LIMIT 1""",
            (1 if kind == "m" else 2, f"{begins}%"),
        )
        if found := row.fetchone():
            return f"{kind}{found[0]}"
    return ""
