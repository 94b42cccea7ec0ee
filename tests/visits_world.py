"""Doctors, lab tests and bookings for the tests of visits: functions that make one thing in the bound database."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from models import visits
from models.base import connection
from models.visits.values import Booked
from tests.factories import NOW

# NOW is a Monday, ten o'clock in Lagos; the doctors' usual hours are 8 to 18 there.
TOMORROW = datetime(2026, 11, 24, tzinfo=UTC)
TWO = TOMORROW.replace(hour=13)  # two in the afternoon
_keys = itertools.count(1)


def a_doctor(name: str = "Dr Amaka Obi", *, fee: int = 0, minutes: int = 30, **columns: Any) -> str:
    """The reference of a new doctor; `fee` in naira."""
    values = {"specialty": "Cardiology", "location": "Lagos", "feeKobo": fee * 100, "slotMinutes": minutes, **columns}
    names = ", ".join(f'"{column}"' for column in values)
    marks = ", ".join(["%s"] * len(values))
    made = connection().execute(
        f'INSERT INTO doctors (name, {names}, "createdAt", "updatedAt") VALUES (%s, {marks}, %s, %s) RETURNING id',
        (name, *values.values(), NOW, NOW),
    )
    return f"d{made.fetchone()[0]}"


def a_test(name: str = "Full blood count", *, price: int = 0, home: bool = True, centre: str = "12 Marina, Lagos") -> str:
    """The reference of a new lab test; `price` in naira."""
    made = connection().execute(
        """INSERT INTO diagnostic_tests (name, category, price, "sampleType", home, centre, "createdAt", "updatedAt")
           VALUES (%s, 'Blood', %s, 'Blood', %s, %s, %s, %s) RETURNING id""",
        (name, float(price), home, centre, NOW, NOW),
    )
    return f"t{made.fetchone()[0]}"


def booked(customer: int, ref: str, at: datetime = TWO, *, now: datetime = NOW, key: str = "", **more: Any) -> Booked:
    """A new booking of a doctor's time, or of a test at the centre."""
    key = key or f"key-{next(_keys)}"
    if ref.startswith("d"):
        return visits.book(customer, ref, at, key, now=now, **more)
    return visits.book_test(customer, ref, at, more.pop("where", "centre"), more.pop("address", ""), key, now=now, **more)


def state_of(number: str) -> str:
    found = connection().execute(
        """SELECT state FROM appointments WHERE number = %(n)s UNION ALL SELECT state FROM diagnostic_bookings WHERE number = %(n)s""",
        {"n": number},
    )
    return str(found.fetchone()[0])


def held_times(ref: str) -> list[datetime]:
    """When a doctor's (or a test's) times are somebody's, in order."""
    column = "doctorId" if ref.startswith("d") else "testId"
    found = connection().execute(f'SELECT lower(during) FROM visit_times WHERE "{column}" = %s ORDER BY 1', (int(ref[1:]),))
    return [row[0].astimezone(UTC) for row in found]


def reminders(customer: int) -> dict[str, datetime]:
    """What waits to be said: subject and moment."""
    found = connection().execute(
        """SELECT subject, "fireAt" FROM timers WHERE kind = 'visit_soon' AND "customerId" = %s AND "firedAt" IS NULL""",
        (customer,),
    )
    return {subject: at.astimezone(UTC) for subject, at in found}


def happened(number: str) -> list[tuple[str, str]]:
    """What the log of a visit says, and who did it."""
    found = connection().execute(
        """SELECT e.what, e.who FROM visit_events e
           LEFT JOIN appointments a ON a.id = e."appointmentId" LEFT JOIN diagnostic_bookings b ON b.id = e."bookingId"
           WHERE %s IN (a.number, b.number) ORDER BY e.id""",
        (number,),
    )
    return [(what, who) for what, who in found]


def in_hours(hours: float, *, now: datetime = NOW) -> datetime:
    return now + timedelta(hours=hours)
