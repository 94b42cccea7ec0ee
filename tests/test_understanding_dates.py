"""Days and times as people write them, each with the moment it names or the reason why there is none."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.understanding.dates import REFUSALS, Moment, Refusal, read_moment

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Lagos
LAGOS = ZoneInfo("Africa/Lagos")
LONDON = ZoneInfo("Europe/London")


def _table(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PHRASES = _table("dates.csv")
AS_WRITTEN = _table("dates_as_written.csv")  # by somebody who had not seen the rules


def outcome(phrase: str, zone: ZoneInfo = LAGOS, now: datetime = NOW) -> str:
    found = read_moment(phrase, now, zone)
    return found.at.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(found, Moment) else found.code


@pytest.mark.parametrize("row", PHRASES + AS_WRITTEN, ids=lambda row: f"{row['phrase']} {row['zone']}")
def test_a_phrase_names_the_moment_of_the_table_or_is_refused(row: dict[str, str]) -> None:
    assert outcome(row["phrase"], ZoneInfo(row["zone"])) == row["expected"]


def test_the_table_of_dates_is_large_and_has_every_refusal() -> None:
    expected = [row["expected"] for row in PHRASES]

    assert len(PHRASES) >= 320
    assert set(REFUSALS) <= set(expected)
    assert sum(value[0].isdigit() for value in expected) >= 200


def test_next_monday_said_on_a_monday_is_in_a_week() -> None:
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert outcome("next monday 2pm", now=monday) == "2026-11-30T13:00:00Z"
    assert outcome("this monday 2pm", now=monday) == "2026-11-23T13:00:00Z"
    assert outcome("monday 2pm", now=monday) == "2026-11-23T13:00:00Z"
    assert outcome("monday 9am", now=monday) == "2026-11-30T08:00:00Z"
    assert outcome("next week monday 2pm", now=monday) == "2026-11-30T13:00:00Z"


def test_the_end_of_the_year_rolls_into_the_next() -> None:
    eve = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # 23:30 in Lagos

    assert outcome("tomorrow 9am", now=eve) == "2027-01-01T08:00:00Z"
    assert outcome("in 2 hours", now=eve) == "2027-01-01T00:30:00Z"
    assert outcome("1 january 10am", now=eve) == "2027-01-01T09:00:00Z"
    assert outcome("midnight tonight", now=eve) == "2026-12-31T23:00:00Z"


def test_today_is_the_customers_day_and_not_the_servers() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # 00:30 on the 26th in Lagos

    assert outcome("today 2pm", now=late) == "2026-11-26T13:00:00Z"
    assert outcome("tomorrow 2pm", now=late) == "2026-11-27T13:00:00Z"
    assert outcome("today 2pm", ZoneInfo("UTC"), late) == "past"


def test_now_in_another_zone_is_the_same_now() -> None:
    elsewhere = NOW.astimezone(ZoneInfo("Asia/Kolkata"))

    assert outcome("tomorrow by 2", now=elsewhere) == outcome("tomorrow by 2")


def test_a_moment_carries_its_local_time_and_what_was_assumed() -> None:
    found = read_moment("tomorrow by 2", NOW, LAGOS)

    assert isinstance(found, Moment)
    assert (found.at.tzinfo, found.local.isoformat()) == (UTC, "2026-11-26T14:00:00+01:00")
    assert found.notes == ("afternoon_assumed",)


@pytest.mark.parametrize(
    ("phrase", "notes"),
    [
        ("tomorrow 2pm", ()),
        ("tomorrow by 9", ()),
        ("next friday 10am", ("next_weekday",)),
        ("15 june 10am", ("next_year",)),
        ("tomorrow midnight", ("midnight",)),
    ],
)
def test_what_was_assumed_is_said(phrase: str, notes: tuple[str, ...]) -> None:
    found = read_moment(phrase, NOW, LAGOS)

    assert isinstance(found, Moment)
    assert found.notes == notes


def test_an_hour_that_happens_twice_is_the_first_and_says_so() -> None:
    found = read_moment("31 October 2027 1:30am", NOW, LONDON)

    assert isinstance(found, Moment)
    assert found.at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert found.notes == ("clock_goes_back",)


def test_a_refusal_keeps_what_was_understood() -> None:
    assert read_moment("friday morning", NOW, LAGOS) == Refusal("no_time", date(2026, 11, 27), None, "morning")
    assert read_moment("2pm", NOW, LAGOS) == Refusal("no_date", None, time(14), None)
    assert read_moment("30/02/2027 10:00", NOW, LAGOS) == Refusal("impossible_date", None, time(10), None)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(NOW.replace(tzinfo=None) + timedelta(days=1), datetime(2028, 12, 31)))  # noqa: DTZ001 - a local time, as typed
def test_any_future_minute_written_in_figures_is_read_back(local: datetime) -> None:
    local = local.replace(second=0, microsecond=0)

    for form in ("%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%d-%m-%Y %I:%M %p", "%d %B %Y %H:%M", "%B %d, %Y at %I:%M%p"):
        found = read_moment(local.strftime(form), NOW, LAGOS)

        assert isinstance(found, Moment), local.strftime(form)
        assert found.local.replace(tzinfo=None) == local, local.strftime(form)


_WORDS = (
    *(
        "next",
        "monday",
        "15",
        "june",
        "2pm",
        "tomorrow",
        "in",
        "3",
        "days",
        "weeks",
        "half",
        "past",
        "to",
        "4",
        "the",
        "31st",
        "week",
    ),
    *(
        "this",
        "evening",
        "0",
        "999999",
        "at",
        "by",
        "noon",
        "last",
        "upper",
        "hours",
        "from",
        "now",
        "-",
        "am",
        "midnight",
        "29 feb",
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(alphabet="0123456789:-/. apmhdntorwekyis", max_size=40),
        st.lists(st.sampled_from(_WORDS), max_size=9).map(" ".join),
    ),
    st.sampled_from([LAGOS, LONDON, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/New_York")]),
)
def test_any_text_is_a_future_moment_or_a_named_refusal(text: str, zone: ZoneInfo) -> None:
    found = read_moment(text, NOW, zone)

    if isinstance(found, Moment):
        assert found.at > NOW
        assert found.at.tzinfo is UTC
        assert found.local == found.at
    else:
        assert found.code in REFUSALS
