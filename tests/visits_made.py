"""Doctors, lab tests and visits at any time, past ones too, put straight into the tables: what tests of the desk begin with."""

from __future__ import annotations

import io
import itertools
import zlib
from datetime import UTC, datetime, timedelta

from models.base import connection
from tests.factories import a_customer

_numbers = itertools.count(1)
HALF_AN_HOUR = timedelta(minutes=30)


def a_doctor(name: str = "Amaka Obi", *, specialty: str = "Cardiology", zone: str = "", place: str = "Ikeja, Lagos") -> int:
    row = connection().execute(
        """INSERT INTO doctors (name, specialty, location, zone, "createdAt", "updatedAt") VALUES (%s, %s, %s, %s, now(), now())
           RETURNING id""",
        (name, specialty, place, zone),
    )
    return row.fetchone()[0]


def a_test(name: str = "Full blood count", *, price: str = "5000") -> int:
    row = connection().execute(
        """INSERT INTO diagnostic_tests (name, category, price, "sampleType", home, centre, "createdAt", "updatedAt")
           VALUES (%s, 'Blood', %s::float8, 'Blood', true, 'Ikeja centre', now(), now()) RETURNING id""",
        (name, price),
    )
    return row.fetchone()[0]


def a_visit(doctor: int, at: datetime, *, customer: int = 0, state: str = "booked", note: str = "") -> str:
    """The number of a visit of this doctor; its customer is a new one unless given."""
    customer, number = customer or a_customer(), f"9{next(_numbers):06}"
    connection().execute(
        """INSERT INTO appointments ("userId", "customerId", "doctorId", "dateTime", "endsAt", state, number, "bookingKey", notes,
               "createdAt", "updatedAt")
           VALUES ((SELECT "userId" FROM customers WHERE id = %(customer)s), %(customer)s, %(doctor)s, %(at)s, %(until)s, %(state)s,
               %(number)s, %(number)s, %(note)s, now(), now())""",
        {
            "customer": customer,
            "doctor": doctor,
            "at": at,
            "until": at + HALF_AN_HOUR,
            "state": state,
            "number": number,
            "note": note,
        },
    )
    return number


def a_booking(test: int, at: datetime, *, customer: int = 0, state: str = "booked", where: str = "home") -> str:
    """The number of a booking of a lab test."""
    customer, number = customer or a_customer(), f"8{next(_numbers):06}"
    connection().execute(
        """INSERT INTO diagnostic_bookings ("userId", "customerId", "diagnosticTestId", "sampleCollectionDate", "endsAt",
               "sampleCollectionLocation", "collectedAt", state, number, "bookingKey", "totalAmount", "createdAt", "updatedAt")
           VALUES ((SELECT "userId" FROM customers WHERE id = %(customer)s), %(customer)s, %(test)s, %(at)s, %(until)s,
               '12 Allen Avenue, Ikeja', %(where)s, %(state)s, %(number)s, %(number)s, 0, now(), now())""",
        {
            "customer": customer,
            "test": test,
            "at": at,
            "until": at + HALF_AN_HOUR,
            "state": state,
            "number": number,
            "where": where,
        },
    )
    return number


def state_of(number: str) -> str:
    row = connection().execute(
        "SELECT state FROM appointments WHERE number = %(n)s UNION ALL SELECT state FROM diagnostic_bookings WHERE number = %(n)s",
        {"n": number},
    )
    return row.fetchone()[0]


def told(customer: int, name: str) -> list[dict[str, object]]:
    """What this customer's conversation was told under this name, the oldest first."""
    rows = connection().execute(
        """SELECT payload->'data' FROM inbox WHERE "customerId" = %s AND channel = 'house' AND payload->>'name' = %s ORDER BY id""",
        (customer, name),
    )
    return [row[0] for row in rows]


def minutes_ago(minutes: int) -> datetime:
    """A whole minute, not long ago."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)


def a_pdf(
    words: str = "Haemoglobin 13.1", *, catalog: bytes = b"", packed: bytes = b"", filter: bytes = b"/FlateDecode"
) -> bytes:
    """A PDF of one page. `catalog`: put into its root object; `packed`: into an object stream, as newer programs write."""
    text = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    if packed:
        body = zlib.compress(b"9 0 " + packed) if filter else b"9 0 " + packed
        way = b"/Filter " + filter if filter else b""
        head = b"<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>" % (way, len(body))
        bodies.append(head + b"\nstream\n" + body + b"\nendstream")
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.5\n")
    for number, body in enumerate(bodies, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start))
    return out.getvalue()
