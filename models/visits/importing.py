"""A pharmacy's own list of doctors, or of lab tests -> the two tables. The same list again changes nothing.

A doctor is found again by name and specialty, a test by its name. A cell that is empty, or a column that is missing, keeps what is
stored; a new row has the usual there. A bad row is refused with a sentence and the others go on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from models import office_hours
from models.base import connection
from models.catalogue.importing import Imported, RowProblem, cleaned
from models.visits import timetables
from models.visits.agenda import LONGEST_SLOT, SHORTEST_SLOT
from models.visits.lexicon import shown_specialty

MOST_ROWS, MOST_PROBLEMS = 20_000, 1000
MOST_KOBO = 10_000_000_000  # a hundred million naira: more is a slip
LONGEST = 255  # characters; the old columns hold no more

# Our names and the headings they may have, without signs and in small letters.
DOCTOR_HEADINGS = {
    "name": ("name", "doctor", "fullname"),
    "specialty": ("specialty", "speciality", "department"),
    "location": ("place", "location", "city", "address"),
    "feeKobo": ("fee", "price", "consultationfee", "feenaira"),
    "languages": ("languages", "language"),
    "imageUrl": ("picture", "image", "imageurl", "photo"),
    "zone": ("zone", "timezone"),
    "slotMinutes": ("minutes", "slot", "slotminutes", "duration"),
    "hours": ("hours", "workinghours"),
    "worksHolidays": ("holidays", "worksonholidays"),
    "rating": ("rating",),
    "isActive": ("active", "isactive"),
}
TEST_HEADINGS = {
    "name": ("name", "test", "testname"),
    "category": ("category", "group"),
    "price": ("price", "fee", "pricenaira", "amount"),
    "sampleType": ("sample", "sampletype", "specimen"),
    "collectionTime": ("takes", "collectiontime"),
    "resultTime": ("result", "resultafter", "resulttime", "turnaround"),
    "home": ("home", "athome", "homecollection"),
    "centre": ("centre", "center", "place"),
    "preparation": ("preparation", "before"),
    "isActive": ("active", "isactive"),
}


class BadRow(ValueError):
    """The row cannot be taken in; the message is a sentence for whoever keeps the list."""


def read_csv(path: Path, headings: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Rows of a CSV file by our names. UTF-8 (with or without mark), else Windows-1252; comma, semicolon or tab.

    Raises ValueError with a sentence when there is no column of names. Unknown columns are ignored.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    named = {heading: ours for ours, known in headings.items() for heading in known}
    lines = csv.reader(text.splitlines(), delimiter=max(",;\t", key=text.split("\n", 1)[0].count))
    columns = [named.get(re.sub(r"[^a-z]", "", heading.lower())) for heading in next(lines, [])]
    if "name" not in columns:
        raise ValueError('No column holds names. Call one of them "name".')
    for line in lines:
        if any(cell.strip() for cell in line):
            yield {ours: cell for ours, cell in zip(columns, line, strict=False) if ours}


def doctors(rows: Iterable[Mapping[str, str]]) -> Imported:
    """Takes doctors in. Keys: see DOCTOR_HEADINGS; `hours` as people write them ("Mon-Fri 08:00-16:00, Sat 09:00-12:00"), or usual."""
    there: dict[Any, int] = {}
    for row_id, name, specialty in connection().execute("SELECT id, name, specialty FROM doctors ORDER BY id DESC").fetchall():
        there[_who(name, specialty)] = row_id
    usual = {"languages": "", "zone": "", "slotMinutes": 30, "feeKobo": 0}
    return _take_in(rows, "doctors", _doctor, lambda values: _who(values["name"], values["specialty"]), there, usual)


def lab_tests(rows: Iterable[Mapping[str, str]]) -> Imported:
    """Takes lab tests in. Keys: see TEST_HEADINGS; `price` in naira."""
    found = connection().execute("SELECT id, name FROM diagnostic_tests ORDER BY id DESC").fetchall()
    there = {name.casefold(): row_id for row_id, name in found}
    usual = {"category": "Lab tests", "centre": "", "preparation": ""}
    return _take_in(rows, "diagnostic_tests", _test, lambda values: values["name"].casefold(), there, usual)


# --------------------------------------------------------------------------------------------------- storing


def _take_in(
    rows: Iterable[Mapping[str, str]],
    table: str,
    prepared: Callable[[Mapping[str, str]], dict[str, Any]],
    key_of: Callable[[dict[str, Any]], Any],
    there: dict[Any, int],
    usual: Mapping[str, Any],
) -> Imported:
    counts = {"added": 0, "changed": 0, "unchanged": 0, "refused": 0}
    problems: list[RowProblem] = []
    for number, row in enumerate(rows, start=1):
        try:
            if number > MOST_ROWS:
                raise BadRow(f"There are more than {MOST_ROWS:,} rows; the rest was left out.")
            values = prepared(row)
            known = there.get(key_of(values))
            if known is None and table == "diagnostic_tests" and "price" not in values:
                raise BadRow("A new lab test needs a price.")
        except BadRow as e:
            counts["refused"] += 1
            problems.append(RowProblem(number, str(e)))
            if number > MOST_ROWS:
                break
            continue
        hours = values.pop("hours", None)
        with connection().transaction():
            row_id, change = _stored(table, known, values if known else {**usual, **values})
            there[key_of(values)] = row_id
            if hours is not None and _hours_changed(row_id, hours) and change == "unchanged":
                change = "changed"
        counts[change] += 1
    return Imported(**counts, problems=tuple(problems[:MOST_PROBLEMS]))


def _stored(table: str, known: int | None, values: Mapping[str, Any]) -> tuple[int, str]:
    """The row's id and what became of it. Columns are named by the tables above, never by a file."""
    columns = list(values)
    if known is None:
        names, marks = ", ".join(f'"{each}"' for each in columns), ", ".join(["%s"] * len(columns))
        made = connection().execute(
            f'INSERT INTO {table} ({names}, "createdAt", "updatedAt") VALUES ({marks}, now(), now()) RETURNING id',
            tuple(values.values()),
        )
        return int(made.fetchall()[0][0]), "added"
    sets = ", ".join(f'"{each}" = %s' for each in columns)
    differs = " OR ".join(f'"{each}" IS DISTINCT FROM %s' for each in columns)
    done = connection().execute(
        f'UPDATE {table} SET {sets}, "updatedAt" = now() WHERE id = %s AND ({differs})',
        (*values.values(), known, *values.values()),
    )
    return known, "changed" if done.rowcount else "unchanged"


def _hours_changed(doctor_id: int, spans: list[tuple[int, int, int]]) -> bool:
    found = connection().execute(
        'SELECT weekday, "fromMinute", "untilMinute" FROM doctor_hours WHERE "doctorId" = %s', (doctor_id,)
    )
    if sorted(found.fetchall()) == sorted(spans):
        return False
    connection().execute('DELETE FROM doctor_hours WHERE "doctorId" = %s', (doctor_id,))
    for span in spans:
        connection().execute(
            'INSERT INTO doctor_hours ("doctorId", weekday, "fromMinute", "untilMinute") VALUES (%s, %s, %s, %s)',
            (doctor_id, *span),
        )
    return True


# --------------------------------------------------------------------------------------------------- one row


def _doctor(row: Mapping[str, str]) -> dict[str, Any]:
    text = _texts(row, DOCTOR_HEADINGS)
    for column, what in (("name", "name"), ("specialty", "specialty"), ("location", "place")):
        if len(text.get(column, "")) < 2:
            raise BadRow(f"The row has no {what}.")
    values: dict[str, Any] = {**text, "name": timetables.shown_name(text["name"])}
    reading: dict[str, Callable[[str], Any]] = {
        "feeKobo": lambda told: int(_naira(told) * 100),
        "languages": lambda told: ", ".join(word.strip() for word in re.split(r"[,;/]", told) if word.strip()),
        "imageUrl": _picture,
        "zone": _zone,
        "slotMinutes": _minutes,
        "hours": _hours,
        "worksHolidays": _yes,
        "rating": _rating,
        "isActive": _yes,
    }
    return {column: reading.get(column, str)(told) for column, told in values.items()}


def _test(row: Mapping[str, str]) -> dict[str, Any]:
    text = _texts(row, TEST_HEADINGS)
    if len(text.get("name", "")) < 2:
        raise BadRow("The row has no name.")
    reading: dict[str, Callable[[str], Any]] = {"price": lambda told: float(_naira(told)), "home": _yes, "isActive": _yes}
    return {column: reading.get(column, str)(told) for column, told in text.items()}


def _texts(row: Mapping[str, str], headings: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The cells that say something."""
    found = {column: cleaned(row.get(column)) for column in headings}
    for column, told in found.items():
        if len(told) > LONGEST:
            raise BadRow(f"The {column} is longer than {LONGEST} characters; a column seems to have slipped.")
    return {column: told for column, told in found.items() if told}


def _who(name: str, specialty: str) -> tuple[str, str]:
    return timetables.shown_name(name).casefold(), shown_specialty(specialty).casefold()


def _naira(told: str) -> Decimal:
    """₦1,250.00, N1250, 1250; free is nought."""
    if told.lower() in ("free", "none", "nil"):
        return Decimal(0)
    try:
        amount = Decimal(re.sub(r"(?i)^(?:₦|ngn|n|#)\s*", "", told).replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise BadRow(f'"{told[:40]}" is not an amount in naira.') from None
    if not amount.is_finite() or not 0 <= amount * 100 <= MOST_KOBO or amount * 100 != (amount * 100).to_integral_value():
        raise BadRow(f'An amount of "{told[:40]}" cannot be right.')
    return amount


def _picture(told: str) -> str:
    if not re.fullmatch(r"https://[^\s]+", told):
        raise BadRow("A picture must be an address that begins with https://.")
    return told


def _zone(told: str) -> str:
    if told not in available_timezones():
        raise BadRow(f'"{told[:40]}" is no time zone such as Africa/Lagos.')
    return told


def _minutes(told: str) -> int:
    if not told.isdecimal() or not SHORTEST_SLOT <= int(told) <= LONGEST_SLOT:
        raise BadRow(f"An appointment takes {SHORTEST_SLOT} to {LONGEST_SLOT} minutes.")
    return int(told)


def _rating(told: str) -> float:
    try:
        rating = float(told)
    except ValueError:
        rating = -1.0
    if not 0 <= rating <= 5:
        raise BadRow(f'A rating is from 0 to 5, not "{told[:40]}".')
    return rating


def _yes(told: str) -> bool:
    word = told.lower()
    if word not in ("yes", "y", "true", "1", "t", "no", "n", "false", "0", "f"):
        raise BadRow(f'"{told[:40]}" is neither yes nor no.')
    return word in ("yes", "y", "true", "1", "t")


def _hours(told: str) -> list[tuple[int, int, int]]:
    """The spans of a week; none for usual."""
    if told.lower() == "usual":
        return []
    try:
        spans = list(office_hours.read(told).spans)
    except ValueError as e:
        raise BadRow(f'Hours "{str(e)[:40]}" are not like "Mon-Fri 08:00-16:00, Sat 09:00-12:00".') from None
    if any(day == office_hours.HOLIDAY for day, _, _ in spans):
        raise BadRow('Whether holidays are worked is said in the column "holidays".')
    if any(one[0] == other[0] and one[2] > other[1] for one, other in pairwise(spans)):
        raise BadRow("Two of the hours overlap.")
    return spans
