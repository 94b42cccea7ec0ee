"""The calendar file of a visit, read back by the library that telephones' programs agree with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from models.values import Money
from models.visits.calendar import calendar
from models.visits.values import Visit

STARTS = datetime(2026, 11, 24, 13, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 30, 15, 123, tzinfo=UTC)
VISIT = Visit(
    *("482914", "doctor", "Dr Amaka Obi", "Cardiology", "12 Marina, Lagos; 2nd floor", STARTS, STARTS + timedelta(minutes=30)),
    *("Africa/Lagos", "booked", Money(0), "", None, "d1"),
)
PHARMACY = "Drugs.ng"


def read(visit: Visit, name: str = PHARMACY) -> tuple[Calendar, object]:
    whole = Calendar.from_ical(calendar(visit, name, now=NOW))
    (event,) = whole.walk("VEVENT")
    return whole, event


def test_the_file_says_what_when_and_where_in_utc() -> None:
    whole, event = read(VISIT)

    assert (str(whole["METHOD"]), str(whole["VERSION"])) == ("PUBLISH", "2.0")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (STARTS, STARTS + timedelta(minutes=30))
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("Drugs.ng: Dr Amaka Obi", "12 Marina, Lagos; 2nd floor")
    assert (str(event["STATUS"]), event["DTSTAMP"].dt) == ("CONFIRMED", NOW.replace(microsecond=0))


def test_the_bytes_are_lines_of_75_that_end_as_the_standard_wants() -> None:
    lines = calendar(replace(VISIT, preparation="Nothing to eat for eight hours. " * 10), PHARMACY, now=NOW).split(b"\r\n")

    assert (lines[0], lines[-2:], max(map(len, lines)) <= 75) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""], True)
    assert b"DTSTART:20261124T130000Z" in lines
    assert not any(b"\n" in line for line in lines)


def test_a_moved_visit_replaces_the_one_before() -> None:
    (_, first), (_, second) = read(VISIT), read(replace(VISIT, moved=1, starts_at=STARTS + timedelta(days=1)))

    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)


@pytest.mark.parametrize("state", ["cancelled", "expired"])
def test_one_that_will_not_take_place_is_taken_out(state: str) -> None:
    whole, event = read(replace(VISIT, moved=1, state=state))

    assert (str(whole["METHOD"]), str(event["STATUS"]), event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert event["UID"] == read(VISIT)[1]["UID"]


def test_a_lab_test_at_home_is_at_the_customers_address() -> None:
    _, event = read(
        replace(VISIT, kind="test", where="home", place="home", address="12 Allen Avenue", preparation="Nothing to eat")
    )

    assert (str(event["LOCATION"]), str(event["DESCRIPTION"])) == ("12 Allen Avenue", "Cardiology\nNothing to eat")


@pytest.mark.parametrize("name", ["A\r\nATTENDEE:x", "A\x00B\x07", "Ünïcödé 💊" * 30, "a;b,c\\d"])
def test_no_text_breaks_out_of_its_line(name: str) -> None:
    _, event = read(replace(VISIT, title=name), name)

    assert "ATTENDEE" not in event
    assert not {"\x00", "\x07", "\r"} & set(str(event["SUMMARY"]))
