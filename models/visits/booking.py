"""A time becomes a customer's: held until its fee is paid, or booked at once where there is none.

That it is one patient's is the database's to say (the constraint on `visit_times`). Whoever comes second is told which times near
it are free.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.errors import ExclusionViolation

from models.base import connection
from models.values import Money, Refused
from models.visits import events, fees, rows
from models.visits.days import Bookable, admit, nearest
from models.visits.fees import HELD_FOR
from models.visits.rows import DOCTORS, TESTS, Row, Table
from models.visits.values import Booked

MOST = 10  # own visits to come
MOST_UNPAID = 2  # of them waiting for their fee: nobody keeps times from others by holding one after the other
SHORTEST_ADDRESS, LONGEST_ADDRESS = 5, 255
LONGEST_NOTE, LONGEST_KEY = 500, 200
CENTRE = "At the centre"
# Six digits, one fewer than an order's; doctors' are even and tests' odd, so that one number is one visit. Should most of them be
# taken one day, there are longer ones.
NUMBERS, LONGER_NUMBERS = range(100_000, 1_000_000), range(10_000_000, 100_000_000)
SHORT_TRIES, TRIES = 4, 8


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be booked. `key` names this very booking: the same key of the same customer is one, however often it comes."""

    table: Table
    ref: str
    starts_at: datetime
    key: str
    where: str = ""
    address: str = ""
    note: str = ""


def book(customer_id: int, ref: str, starts_at: datetime, key: str, *, now: datetime, note: str = "", who: str = "") -> Booked:
    """A doctor's time for a customer. `who` does it, if it is not the customer (`staff:3`).

    Raises Refused: `unregistered`, `unknown`, `too_soon` (earliest), `too_far` (latest), `outside_hours`, `day_off`, `not_a_slot`,
    `taken` (all four: nearest), `holiday` (name, nearest), `clash` (number of the own visit at that time), `too_many` (most), `unpaid`
    (number: of the order of one of two that wait for their fee).
    """
    return _book(customer_id, Wish(DOCTORS, ref, starts_at.astimezone(UTC), key, note=note), who, now)


def book_test(
    customer_id: int,
    ref: str,
    starts_at: datetime,
    where: str,
    address: str,
    key: str,
    *,
    now: datetime,
    note: str = "",
    who: str = "",
) -> Booked:
    """A time for a lab test, `where` home (at `address`) or centre. Raises Refused as `book`, and `address`."""
    wish = Wish(TESTS, ref, starts_at.astimezone(UTC), key, where, address.strip(), note)
    return _book(customer_id, wish, who, now)


def _book(customer_id: int, wish: Wish, who: str, now: datetime) -> Booked:
    if not 0 < len(wish.key) <= LONGEST_KEY:
        raise ValueError("a booking needs a key")
    try:
        with connection().transaction():
            user_id = rows.lock_customer(customer_id)
            before = _again(wish.table, f"{customer_id}:{wish.key}")
            if before is not None:
                return before
            rows.lock_visited(wish.table, wish.ref)
            it = admit(wish.ref, wish.starts_at, now=now, where=wish.where)
            address = _address(wish, it)
            others = refuse_clash(customer_id, it, now)
            if it.fee.kobo:
                _refuse_unpaid(others)
            return _write(customer_id, user_id, wish, it, address, who or f"customer:{customer_id}", now)
    except ExclusionViolation as e:
        raise taken(wish.ref, wish.starts_at, wish.where, now) from e


def taken(ref: str, starts_at: datetime, where: str, now: datetime) -> Refused:
    """Somebody else has that time. Asked when the transaction in which this was found is over, so that nobody waits for it."""
    return Refused("taken", nearest=list(nearest(ref, starts_at, now=now, where=where)))


def refuse_clash(customer_id: int, it: Bookable, now: datetime, *, but: str = "") -> list[Row]:
    """The customer's other visits to come. Raises Refused `clash` where one is at that time, `too_many` where there are enough.

    `but`: the number of the visit that is moved there.
    """
    others = [each for each in rows.coming(customer_id, now) if each.number != but]
    for other in others:
        if other.starts_at < it.ends_at and it.starts_at < other.ends_at:
            raise Refused("clash", number=other.number)
    if not but and len(others) >= MOST:
        raise Refused("too_many", most=MOST)
    return others


# The one that waits the longest first: its time to pay ends first.
UNPAID = """SELECT "orderNumber" FROM orders WHERE id = ANY(%s) ORDER BY "reservedUntil", id LIMIT 1"""


def _refuse_unpaid(coming: list[Row]) -> None:
    waiting = [row.order_id for row in coming if row.state == "held" and row.order_id]
    if len(waiting) >= MOST_UNPAID:
        (number,) = connection().execute(UNPAID, (waiting,)).fetchone() or ("",)
        raise Refused("unpaid", number=number)


AGAIN = """
SELECT v.number, v.{time}, v."endsAt", {fee}, COALESCE(o."orderNumber", ''), v."createdAt"
FROM {name} v LEFT JOIN orders o ON o.id = v."orderId" WHERE v."bookingKey" = %s
"""


def _again(table: Table, key: str) -> Booked | None:
    query = AGAIN.format(time=table.time, fee=table.fee, name=table.name)
    row = connection().execute(query, (key,)).fetchone()
    if row is None:
        return None
    number, starts_at, ends_at, kobo, order, made = row
    until = made.astimezone(UTC) + HELD_FOR if order else None
    return Booked(number, starts_at.astimezone(UTC), ends_at.astimezone(UTC), Money(kobo), order, until)


def _address(wish: Wish, it: Bookable) -> str:
    """Where a sample is taken; "" for a doctor."""
    if wish.table is DOCTORS:
        return ""
    if wish.where == "centre":
        return it.place[:LONGEST_ADDRESS] or CENTRE
    if not SHORTEST_ADDRESS <= len(wish.address) <= LONGEST_ADDRESS or "\x00" in wish.address:
        raise Refused("address")
    return wish.address


# Nothing is given back when the number is somebody's already.
WRITE = {
    "doctor": """
        INSERT INTO appointments ("userId", "doctorId", "dateTime", "endsAt", notes, "customerId", number, state, "bookingKey", "feeKobo",
            "createdAt", "updatedAt")
        VALUES (%(user)s, %(of)s, %(at)s, %(until)s, NULLIF(%(note)s, ''), %(customer)s, %(number)s, %(state)s, %(key)s, %(kobo)s,
            %(now)s, %(now)s)
        ON CONFLICT (number) DO NOTHING RETURNING id""",
    "test": """
        INSERT INTO diagnostic_bookings ("userId", "diagnosticTestId", "sampleCollectionDate", "endsAt", notes, "customerId", number,
            state, "bookingKey", "totalAmount", "totalKobo", "sampleCollectionLocation", "collectedAt", "createdAt", "updatedAt")
        VALUES (%(user)s, %(of)s, %(at)s, %(until)s, NULLIF(%(note)s, ''), %(customer)s, %(number)s, %(state)s, %(key)s,
            %(kobo)s::bigint / 100.0, %(kobo)s, %(address)s, %(where)s, %(now)s, %(now)s)
        ON CONFLICT (number) DO NOTHING RETURNING id""",
}


def _write(customer_id: int, user_id: int, wish: Wish, it: Bookable, address: str, who: str, now: datetime) -> Booked:
    """The visit before its order: whoever is late has made no order in vain."""
    table, key = wish.table, f"{customer_id}:{wish.key}"
    order: tuple[int | None, str] = (None, "")
    state = "held" if it.fee.kobo else "booked"
    note = wish.note.replace("\x00", "").strip()[:LONGEST_NOTE]
    about = {"user": user_id, "customer": customer_id, "of": it.id, "at": it.starts_at, "until": it.ends_at, "note": note}
    about |= {"state": state, "key": key, "kobo": it.fee.kobo, "address": address, "where": wish.where, "now": now}
    visit_id, number = _insert(table, about)
    if it.fee.kobo:
        order = fees.place(table.kind, customer_id, user_id, it.title, address or it.place, it.fee, number, who=who, now=now)
        connection().execute(f'UPDATE {table.name} SET "orderId" = %s WHERE id = %s', (order[0], visit_id))
    # Number, customer, key and order stand here too: should the old program's start remove our columns, they return from here.
    detail: dict[str, Any] = {"number": number, "customer": customer_id, "key": key, "fee_kobo": it.fee.kobo}
    detail |= {"starts": it.starts_at.isoformat(), "ends": it.ends_at.isoformat()}
    detail |= ({"order": order[0]} if order[0] else {}) | ({"where": wish.where} if wish.where else {})
    events.note(table, visit_id, state, who=who, now=now, **detail)
    row = Row(
        *(table.kind, visit_id, number, state, it.starts_at, it.ends_at, it.id, wish.where, order[0], customer_id, user_id),
        *(it.fee, 0),
    )
    events.remind(row, now)
    return Booked(number, it.starts_at, it.ends_at, it.fee, order[1], now + HELD_FOR if order[0] else None)


def _insert(table: Table, about: dict[str, Any]) -> tuple[int, str]:
    for tried in range(TRIES):
        numbers = NUMBERS if tried < SHORT_TRIES else LONGER_NUMBERS
        number = str(numbers[secrets.randbelow(len(numbers)) // 2 * 2 + (table is TESTS)])
        row = connection().execute(WRITE[table.kind], about | {"number": number}).fetchone()
        if row is not None:
            return int(row[0]), number
    raise RuntimeError("no number was free")
