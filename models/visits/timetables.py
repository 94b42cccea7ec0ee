"""Doctors and lab tests as they are stored, with all that says when they can be had: one statement, however many are asked for.

Rows of version 1.x are shown as they are, mended where they would look wrong: a title before every name, no rating instead of nought.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.base import connection
from models.public_holidays import Override
from models.values import Money
from models.visits.hours import USUAL, Timetable
from models.visits.lexicon import shown_specialty
from models.visits.values import Doctor, Test

MOST_AT_ONCE = 100
MOST_SPANS = 3000  # taken times read of one doctor; three months of slots of a quarter of an hour are fewer
TEST_MINUTES = 30
_REF = re.compile(r"([dt])([1-9]\d{0,8})")
_TITLE = re.compile(r"(?i)^\s*(?:(?:dr|doctor|doc)\b\.?\s*)+")
_OTHER_TITLE = re.compile(r"(?i)^(prof|professor|pharm|nurse|mr|mrs|ms|miss)\b\.?\s*")
_zone = ZoneInfo("Africa/Lagos")


def use_zone(zone: ZoneInfo) -> None:
    """Whose hours are meant where a doctor has no zone (and at the lab): DEFAULT_TIMEZONE, told once when a process starts."""
    global _zone
    _zone = zone


def house_zone() -> ZoneInfo:
    return _zone


def id_of(ref: str, kind: str) -> int | None:
    """The row a reference means; `kind` is "d" or "t". None for what is none of that kind."""
    found = _REF.fullmatch(ref)
    return int(found[2]) if found and found[1] == kind else None


# GiST indexes of `visit_times` are over ranges of one id, so it is asked for in these words.
TAKEN = """(SELECT json_agg(json_build_array(extract(epoch FROM lower(t.during))::float8, extract(epoch FROM upper(t.during))::float8))
    FROM (SELECT during FROM visit_times WHERE {whose} AND during && tstzrange(%(since)s, %(until)s) LIMIT {most}) t)"""
OVERRIDES = """(SELECT json_agg(json_build_array(day, name, kept)) FROM holiday_overrides
    WHERE day BETWEEN %(since)s::date - 2 AND %(until)s::date + 2)"""
OF_DOCTOR = """int4range("doctorId", "doctorId", '[]') && int4range(d.id, d.id, '[]') AND "doctorId" IS NOT NULL"""
OF_TEST = """int4range("testId", "testId", '[]') && int4range(x.id, x.id, '[]') AND "testId" IS NOT NULL AND "collectedAt" = '{where}'"""

BOOKABLE = """COALESCE({it}."isActive", true)"""
DOCTORS = f"""
SELECT d.id, d.name, d.specialty, d.location, d.rating, d."feeKobo", d.languages, COALESCE(d."imageUrl", ''), d.zone,
    d."slotMinutes", d."worksHolidays",
    (SELECT json_agg(json_build_array(weekday, "fromMinute", "untilMinute")) FROM doctor_hours WHERE "doctorId" = d.id),
    (SELECT json_agg(json_build_array("firstDay", "lastDay")) FROM doctor_days_off
        WHERE "doctorId" = d.id AND "lastDay" >= %(since)s::date - 2 AND "firstDay" <= %(until)s::date + 2),
    (SELECT json_agg(json_build_array(extract(epoch FROM "startsAt")::float8, extract(epoch FROM "endsAt")::float8))
        FROM doctor_blocks WHERE "doctorId" = d.id AND "endsAt" > %(since)s AND "startsAt" < %(until)s),
    {TAKEN.format(whose=OF_DOCTOR, most=MOST_SPANS)}, {OVERRIDES}
FROM doctors d WHERE d.id = ANY(%(ids)s) AND {BOOKABLE.format(it="d")} AND COALESCE(d.available, true)
"""
TEST_COLUMNS = """x.id, x.name, x.category, COALESCE(x."priceKobo", 0), COALESCE(x."sampleType", ''),
    COALESCE(x."collectionTime", ''), COALESCE(x."resultTime", ''), x.home, COALESCE(NULLIF(x.centre, ''), x."labPartner", ''),
    x.preparation"""
HOURS_ALONE = DOCTORS.replace(TAKEN.format(whose=OF_DOCTOR, most=MOST_SPANS), "NULL::json")
LAB_HOURS = f"SELECT {OVERRIDES}"
TESTS_SHOWN = f"""SELECT {TEST_COLUMNS} FROM diagnostic_tests x WHERE {BOOKABLE.format(it="x")}"""
TEST = f"""
SELECT {TEST_COLUMNS}, {TAKEN}, {OVERRIDES} FROM diagnostic_tests x WHERE x.id = %(id)s AND {BOOKABLE.format(it="x")}
"""


def doctors(ids: Sequence[int], *, since: datetime, until: datetime, taken: bool = True) -> dict[int, tuple[Doctor, Timetable]]:
    """Who of these can be booked, at most 100, each with what says when; taken times only between `since` and `until`, or not at all."""
    values = {"ids": list(ids)[:MOST_AT_ONCE], "since": since, "until": until}
    rows = connection().execute(DOCTORS if taken else HOURS_ALONE, values).fetchall()
    return {row[0]: (_doctor(row), _timetable(row)) for row in rows}


def test(test_id: int, where: str, *, since: datetime, until: datetime) -> tuple[Test, Timetable] | None:
    """One lab test with the times at which it can be taken at home or at the centre."""
    if where not in ("home", "centre"):
        return None
    statement = TEST.format(whose=OF_TEST.format(where=where), most=MOST_SPANS)
    row = connection().execute(statement, {"id": test_id, "since": since, "until": until}).fetchone()
    if row is None:
        return None
    return a_test(row), Timetable(_zone, TEST_MINUTES, taken=_spans(row[10]), overrides=_overrides(row[11]))


def laboratory(*, since: datetime, until: datetime) -> Timetable:
    """When lab tests are taken at all, without what is taken."""
    row = connection().execute(LAB_HOURS, {"since": since, "until": until}).fetchone()
    return Timetable(_zone, TEST_MINUTES, overrides=_overrides(row[0] if row else None))


def a_test(row: Sequence[Any]) -> Test:
    """A row that begins with TEST_COLUMNS."""
    name, category, kobo, sample, takes, after, home, centre, preparation = row[1:10]
    return Test(f"t{row[0]}", name, category, Money(int(kobo)), sample, takes, after, bool(home), centre, preparation)


def shown_name(name: str) -> str:
    """A doctor's name with the title once: "Dr. Amaka Obi" and "Amaka Obi" are "Dr Amaka Obi", "Prof Ade" stays."""
    bare = " ".join(_TITLE.sub("", name).split())
    other = _OTHER_TITLE.match(bare)
    return f"{other[1]} {bare[other.end() :]}".strip() if other else f"Dr {bare}".strip()


def _doctor(row: Sequence[Any]) -> Doctor:
    rating = float(row[4]) if row[4] and 0 < row[4] <= 5 else None
    spoken = tuple(word.strip() for word in row[6].split(",") if word.strip())
    picture = row[7] if row[7].startswith("https://") else ""
    return Doctor(
        ref=f"d{row[0]}",
        name=shown_name(row[1]),
        specialty=shown_specialty(row[2]),
        place=" ".join(row[3].split()),
        rating=round(rating, 1) if rating else None,
        fee=Money(int(row[5])),
        languages=spoken,
        picture=picture,
        zone=zone_named(row[8]).key,
        slot_minutes=row[9],
    )


def _timetable(row: Sequence[Any]) -> Timetable:
    return Timetable(
        zone=zone_named(row[8]),
        slot_minutes=row[9],
        spans=tuple(tuple(span) for span in row[11]) if row[11] else USUAL,
        works_holidays=row[10],
        days_off=tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in row[12] or ()),
        blocks=_spans(row[13]),
        taken=_spans(row[14]),
        overrides=_overrides(row[15]),
    )


def zone_named(name: str) -> ZoneInfo:
    """A name that no zone has (typed into the table by hand) counts as none."""
    try:
        return ZoneInfo(name) if name else _zone
    except (KeyError, ValueError, OSError):
        return _zone


def _spans(pairs: Iterable[tuple[float, float]] | None) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((_moment(since), _moment(until)) for since, until in pairs or ())


def _moment(epoch: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch)


def _overrides(rows: Iterable[tuple[str, str, bool]] | None) -> dict[date, Override]:
    return {date.fromisoformat(day): Override(name, kept) for day, name, kept in rows or ()}
