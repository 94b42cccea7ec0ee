"""A customer's own visits of both kinds, as they may see them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from models.base import connection
from models.values import Money
from models.visits.lexicon import shown_specialty
from models.visits.rows import OWN, TABLES, plain_number
from models.visits.timetables import shown_name, zone_named
from models.visits.values import LIVE, Visit, VisitPage

PAGE_LIMIT = 50

DOCTOR_SHOWN = """
SELECT v.number, 'doctor', d.name, d.specialty, d.location, v."dateTime", v."endsAt", d.zone, v.state, v."feeKobo",
    COALESCE(o."orderNumber", ''), o."reservedUntil", 'd' || d.id, '', '', COALESCE(v.notes, ''), '', v.moved
FROM appointments v JOIN doctors d ON d.id = v."doctorId" LEFT JOIN orders o ON o.id = v."orderId"
"""
TEST_SHOWN = """
SELECT v.number, 'test', t.name, COALESCE(t."sampleType", ''), COALESCE(NULLIF(t.centre, ''), t."labPartner", ''),
    v."sampleCollectionDate", v."endsAt", '', v.state, COALESCE(v."totalKobo", 0), COALESCE(o."orderNumber", ''), o."reservedUntil",
    't' || t.id, COALESCE(v."collectedAt", ''), v."sampleCollectionLocation", COALESCE(v.notes, ''), t.preparation, v.moved
FROM diagnostic_bookings v JOIN diagnostic_tests t ON t.id = v."diagnosticTestId" LEFT JOIN orders o ON o.id = v."orderId"
"""

# Two branches a table, each with an index of its own: one condition with OR makes PostgreSQL read through everybody's.
_MINE = " UNION ALL ".join(
    f"""SELECT '{t.kind}' AS kind, v.id, v.{t.time} AS at, v.state IN ('held', 'booked') AND v."endsAt" > %(now)s AS coming
        FROM {t.name} v WHERE v."customerId" = %(customer)s
        UNION ALL
        SELECT '{t.kind}', v.id, v.{t.time}, v.state IN ('held', 'booked') AND v."endsAt" > %(now)s
        FROM customers c JOIN {t.name} v ON v."userId" = c."userId" AND v."customerId" IS NULL WHERE c.id = %(customer)s"""
    for t in TABLES.values()
)
PAGE = """
WITH mine AS MATERIALIZED (
    SELECT * FROM ({mine}) m WHERE coming = NOT %(past)s
), page AS MATERIALIZED (
    SELECT * FROM mine ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
), shown AS (
    SELECT p.at, p.id, s.* FROM page p CROSS JOIN LATERAL ({doctor} WHERE v.id = p.id) s (number) WHERE p.kind = 'doctor'
    UNION ALL
    SELECT p.at, p.id, s.* FROM page p CROSS JOIN LATERAL ({test} WHERE v.id = p.id) s (number) WHERE p.kind = 'test'
)
SELECT (SELECT count(*) FROM mine), p.* FROM (SELECT) AS one LEFT JOIN shown p ON true ORDER BY {order_shown}
"""
COMING_FIRST = PAGE.format(mine=_MINE, doctor=DOCTOR_SHOWN, test=TEST_SHOWN, order="at, kind, id", order_shown="p.at, p.number")
NEWEST_FIRST = PAGE.format(
    mine=_MINE, doctor=DOCTOR_SHOWN, test=TEST_SHOWN, order="at DESC, kind, id DESC", order_shown="p.at DESC, p.number"
)
ONE = f"{DOCTOR_SHOWN} WHERE v.number = %(number)s AND {OWN} UNION ALL {TEST_SHOWN} WHERE v.number = %(number)s AND {OWN}"
OF_ORDER = (
    f'{DOCTOR_SHOWN} WHERE o."orderNumber" = %(number)s AND {OWN} UNION ALL '
    f'{TEST_SHOWN} WHERE o."orderNumber" = %(number)s AND {OWN}'
)


def visits(customer_id: int, *, past: bool, limit: int, offset: int, now: datetime) -> VisitPage:
    """A customer's own visits, at most 50 at a time; one round trip. Those to come, the soonest first; or (`past`) those that are
    over, were cancelled or never paid, the newest first."""
    values = {"customer": customer_id, "past": past, "now": now}
    values |= {"limit": max(0, min(limit, PAGE_LIMIT)), "offset": max(0, offset)}
    found = connection().execute(NEWEST_FIRST if past else COMING_FIRST, values).fetchall()
    return VisitPage(tuple(_visit(row[3:], now) for row in found if row[1] is not None), int(found[0][0]))


def visit(customer_id: int, number: str, *, now: datetime | None = None) -> Visit | None:
    """One own visit by its number. None for an unknown one and for somebody else's alike. Without `now` one that has begun may
    still seem `cancellable`."""
    row = connection().execute(ONE, {"customer": customer_id, "number": plain_number(number)}).fetchone()
    return _visit(row, now) if row else None


def visit_of(customer_id: int, order_number: str, *, now: datetime | None = None) -> Visit | None:
    """The own visit that an order is the fee of."""
    row = connection().execute(OF_ORDER, {"customer": customer_id, "number": plain_number(order_number)}).fetchone()
    return _visit(row, now) if row else None


def _visit(row: tuple[Any, ...], now: datetime | None) -> Visit:
    number, kind, title, detail, place, starts_at, ends_at, zone, state, kobo, order, until, ref, where, address, *rest = row
    note, preparation, moved = rest
    return Visit(
        number=number,
        kind=kind,
        title=shown_name(title) if kind == "doctor" else title,
        detail=shown_specialty(detail) if kind == "doctor" else detail,
        place="home" if where == "home" else place,
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        zone=zone_named(zone).key,
        state=state,
        fee=Money(kobo),
        order_number=order,
        held_until=until.astimezone(UTC) if until and state == "held" else None,
        ref=ref,
        where=where,
        address=address if where == "home" else "",
        note=note,
        preparation=preparation,
        moved=moved,
        cancellable=state in LIVE and (now is None or starts_at > now),
    )
