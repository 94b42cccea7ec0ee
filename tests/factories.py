"""What tests put into a pharmacy: each function makes one thing in the bound database and gives back how to name it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models import accounts, carts, checkout, orders, readings
from models.base import connection
from models.payments import attempts
from models.payments.values import Attempt, Proof
from models.prescriptions.deciding import Signer
from models.readings import Box, Item, Line, Page, Reading
from models.values import Money
from models.vault import vault

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FEE = Money(150_000)
_numbers = itertools.count(1)


def number_from(first: int) -> None:
    """What is made up from now on is not what another process made up before."""
    global _numbers
    _numbers = itertools.count(first)


def a_customer(*, name: str = "Ada Obi", registered: bool = True, number: str | None = "", bsuid: str | None = None) -> int:
    """The id of a new customer. `number` as WhatsApp writes it; "" makes one up, None leaves it out."""
    made = connection().execute("INSERT INTO customers DEFAULT VALUES RETURNING id").fetchone()
    customer_id = int(made[0])
    connection().execute("""INSERT INTO conversations ("customerId") VALUES (%s)""", (customer_id,))
    if number == "":
        number = f"23480{next(_numbers):08d}"
    for kind, value in (("number", number), ("bsuid", bsuid)):
        if value:
            connection().execute(
                """INSERT INTO customer_identities (kind, value, "customerId") VALUES (%s, %s, %s)""", (kind, value, customer_id)
            )
    if registered:
        accounts.register(customer_id, name, "2026-11", now=NOW)
    return customer_id


def a_product(
    name: str = "Vitamin C 1000mg",
    *,
    kind: str = "medicine",
    price: str = "500.00",
    stock: int | None = 20,
    sale_class: str = "otc",
    control: str = "none",
    active: bool = True,
    generic: str | None = None,
) -> str:
    """The reference (`m12`, `h7`) of a new product. `price` in naira, as the old system wrote it."""
    if kind == "health":
        made = connection().execute(
            """INSERT INTO healthcare_products (name, category, price, stock, "isActive", "genericName", "createdAt", "updatedAt")
               VALUES (%s, 'Devices', %s::float8, %s, %s, %s, %s, %s) RETURNING id""",
            (name, price, stock, active, generic, NOW, NOW),
        )
        return f"h{made.fetchone()[0]}"
    made = connection().execute(
        """INSERT INTO products (name, category, price, stock, "isActive", "genericName", "saleClass", control,
               "createdAt", "updatedAt")
           VALUES (%s, 'Medicines', %s::float8, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (name, price, stock, active, generic, sale_class, control, NOW, NOW),
    )
    return f"m{made.fetchone()[0]}"


def a_cart(lines: Mapping[str, int], *, customer: int = 0) -> int:
    """The id of a customer (a new one unless given) who has put these references in the cart."""
    customer = customer or a_customer()
    for ref, quantity in lines.items():
        carts.add(customer, ref, quantity, now=NOW)
    return customer


def an_order(
    customer_id: int,
    lines: Mapping[str, int] | None = None,
    *,
    payment: str = "cash",
    delivery: str = "delivery",
    state: str = "",
    now: datetime = NOW,
) -> str:
    """The number of a new order of this customer (whose cart it uses). `state` moves it on from where placing left it."""
    for ref, quantity in (lines or {a_product(): 2}).items():
        carts.add(customer_id, ref, quantity, now=now)
    wish = checkout.Wish(delivery, payment, f"key-{next(_numbers)}", "12 Allen Avenue, Ikeja")
    number = checkout.place(customer_id, wish, delivery_fee=FEE, now=now).number
    for step in {"delivered": ("shipped", "delivered")}.get(state, (state,) if state else ()):
        assert orders.move(order_id(number), step, who="test", now=now)
    return number


def order_id(number: str) -> int:
    row = connection().execute("""SELECT id FROM orders WHERE "orderNumber" = %s""", (number,)).fetchone()
    return int(row[0])


def stock_of(ref: str) -> int | None:
    table = "products" if ref.startswith("m") else "healthcare_products"
    row = connection().execute(f"SELECT stock FROM {table} WHERE id = %s", (int(ref[1:]),)).fetchone()
    return None if row[0] is None else int(row[0])


# --------------------------------------------------------------------------------------------------- prescriptions and staff

KEY = "b25seSB0ZXN0cyBzZWFsIHdpdGggdGhpcyBrZXkgMDE="  # opens nothing but what tests sealed


def an_item(raw: str = "Tab Amlodipine 5mg od x 30/7", **values: Any) -> Item:
    """A line as the machine read it."""
    usual: dict[str, Any] = {"lines": (0,), "name": "Amlodipine", "strength": "5mg", "form": "tablet", "confidence": 0.96}
    return Item(raw=raw, **(usual | values))


def a_reading(*items: Item, **values: Any) -> Reading:
    """What was read on a paper of one page."""
    lines = tuple(Line(0, Box(0.1, 0.1 + 0.05 * n, 0.6, 0.04), item.raw, item.confidence) for n, item in enumerate(items))
    return Reading(pages=(Page(1000, 1400, flattened=True),), lines=lines, items=items, engine="ppocr+tesseract", **values)


def a_prescription(
    customer_id: int, read: Reading | None = None, *, state: str = "waiting", at: datetime = NOW, **columns: Any
) -> int:
    """The id of a prescription that was read and waits for a pharmacist since `at`; `columns` by their names in SQL."""
    values: dict[str, Any] = {
        "customerId": customer_id,
        "fileUrl": "",
        "state": state,
        "extractionStatus": "extracted" if read else "failed",
        "reading": vault().seal(readings.dumps(read).encode()) if read else None,
        "readyAt": at,
        "createdAt": at,
        "updatedAt": at,
        **columns,
    }
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(["%s"] * len(values))
    made = connection().execute(f"INSERT INTO prescriptions ({names}) VALUES ({marks}) RETURNING id", tuple(values.values()))
    return int(made.fetchone()[0])


def a_colleague(*, name: str = "Ngozi Eze", role: str = "pharmacist", licence: str | None = None) -> Signer:
    """Somebody of the staff, as they sign."""
    number = licence if licence is not None else f"PCN {next(_numbers):06d}" if role == "pharmacist" else ""
    made = connection().execute(
        """INSERT INTO staff (email, name, role, "licenceNumber", "passwordHash", "passwordChangedAt")
           VALUES (%s, %s, %s, %s, '!', %s) RETURNING id""",
        (f"staff{next(_numbers)}@pharmacy.example", name, role, number, NOW),
    )
    return Signer(int(made.fetchone()[0]), name, number)


# --------------------------------------------------------------------------------------------------- payments


def an_attempt(
    customer_id: int,
    number: str = "",
    *,
    provider: str = "paystack",
    kind: str = "link",
    mode: str = "live",
    opened: bool = True,
    now: datetime = NOW,
) -> Attempt:
    """An attempt to be paid for an order (a new one unless given); `opened`: its provider waits for the money."""
    number = number or an_order(customer_id, payment=provider, now=now)
    attempt = attempts.begin(customer_id, number, provider, kind, mode=mode, now=now)
    if not opened:
        return attempt
    work = attempts.claim_start(attempt.id, 30, now=now)
    assert work is not None
    assert attempts.started(work, {"url": f"https://pay.example/{attempt.reference}"}, now=now)
    return attempts.get(attempt.id) or attempt


def a_proof(attempt: Attempt, *, state: str = "paid", **values: Any) -> Proof:
    """What a provider answers about this attempt: all of it was paid, under a new transaction, unless said otherwise."""
    usual: dict[str, Any] = {"transaction_id": f"4099{next(_numbers):08d}", "amount": attempt.amount, "mode": attempt.mode}
    usual |= {"requested": attempt.amount, "fee": Money(10_000), "channel": "card", "paid_at": NOW}
    if state not in ("paid", "reversed"):
        usual = {"mode": attempt.mode}
    return Proof(provider=attempt.provider, reference=attempt.reference, state=state, **(usual | values))
