"""The demo doctors and lab tests, with hours, fees and prices. Everybody and every price is invented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from peewee import Database

HERE = Path(__file__).parent
CENTRE = "Drugs.ng Lab, 5 Marina Road, Lagos"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PART = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))?(?: (\d\d):(\d\d)-(\d\d):(\d\d))?")


def load(db: Database) -> tuple[int, int]:
    """How many doctors and lab tests were added. Those who are there already stay as they are, whatever staff changed."""
    with db.atomic():
        added = sum(_doctor(db, line) for line in _lines("doctors.txt", 9))
        return added, sum(_test(db, line) for line in _lines("lab_tests.txt", 8))


def spans(told: str) -> list[tuple[int, int, int]]:
    """ "Mon, Wed 09:00-15:00" -> (weekday, from, until) in minutes, Monday is 0; none for "usual". Raises ValueError."""
    found: list[tuple[int, int, int]] = []
    waiting: list[int] = []  # days whose times come with a later one
    for part in [] if told == "usual" else told.split(", "):
        read = _PART.fullmatch(part)
        if read is None:
            raise ValueError(f"hours {part!r}")
        first = DAYS.index(read[1])
        waiting += range(first, (DAYS.index(read[2]) if read[2] else first) + 1)
        if read[3]:
            begins, ends = int(read[3]) * 60 + int(read[4]), int(read[5]) * 60 + int(read[6])
            found += [(weekday, begins, ends) for weekday in waiting]
            waiting = []
    if waiting:
        raise ValueError(f"days without times in {told!r}")
    return found


def _doctor(db: Database, line: list[str]) -> int:
    name, specialty, place, rating, fee, languages, minutes, told, more = line
    values = (name, specialty, place, None if rating == "-" else float(rating), int(fee) * 100, languages, int(minutes))
    zone = next((word.removeprefix("zone=") for word in more.split() if word.startswith("zone=")), "")
    made = db.execute_sql(
        """INSERT INTO doctors (name, specialty, location, rating, "feeKobo", languages, "slotMinutes", zone, "worksHolidays",
               available, "isActive", "createdAt", "updatedAt")
           SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, true, true, now(), now()
           WHERE NOT EXISTS (SELECT FROM doctors WHERE name = %s AND specialty = %s) RETURNING id""",
        (*values, zone, "holidays" in more.split(), name, specialty),
    ).fetchone()
    if made is None:
        return 0
    for weekday, begins, ends in spans(told):
        db.execute_sql(
            'INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") VALUES (%s, %s, %s, %s)',
            (made[0], weekday, begins, ends),
        )
    return 1


def _test(db: Database, line: list[str]) -> int:
    name, category, price, sample, takes, after, home, preparation = line
    return db.execute_sql(
        """INSERT INTO diagnostic_tests (name, category, price, "sampleType", "collectionTime", "resultTime", home, centre,
               preparation, "isActive", "createdAt", "updatedAt")
           SELECT %s, %s, %s::float8, %s, %s, %s, %s, %s, %s, true, now(), now()
           WHERE NOT EXISTS (SELECT FROM diagnostic_tests WHERE name = %s)""",
        (name, category, price, sample, takes, after, home == "yes", CENTRE, preparation, name),
    ).rowcount


def _lines(filename: str, columns: int) -> Iterator[list[str]]:
    for line in (HERE / filename).read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != columns:
                raise ValueError(f"{filename}: {line!r}")
            yield parts
