"""Times of day as customers read them, and that they are understood when they are typed back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

import worker.flows
from local.rehearsal.care_goods import DOCTORS
from tests.fakes import FakeFacts
from tests.test_flows import a_customer, body, say, tap
from worker.facts import Facts
from worker.flows import moments
from worker.flows.heard import listen
from worker.flows.step import Buttons, Choices, Said
from worker.flows.wording import BUTTON_LIMIT, ROW_TITLE_LIMIT, clock, units
from worker.understanding.dates import Moment, Refusal, read_moment

FLOWS = Path(worker.flows.__file__).parent
SENT_BESIDE = FLOWS.parent / "generated.py"  # a sentence instead of a file that could not be sent
DAY = datetime(2026, 11, 23, tzinfo=UTC)
EVERY_TEN_MINUTES = [DAY + timedelta(minutes=10 * n) for n in range(144)]


def facts() -> Facts:
    return FakeFacts(a_customer().shop)


@pytest.mark.parametrize(
    ("local", "shown"),
    [
        (time(0, 0), "12:00 AM"),
        (time(0, 5), "12:05 AM"),
        (time(9, 30), "9:30 AM"),
        (time(11, 59), "11:59 AM"),
        (time(12, 0), "12:00 PM"),
        (time(12, 30), "12:30 PM"),
        (time(14, 0), "2:00 PM"),
        (time(23, 59), "11:59 PM"),
    ],
)
def test_a_time_of_day_is_told_with_its_half_and_without_a_zero_before_it(local: time, shown: str) -> None:
    assert clock(datetime.combine(DAY, local)) == shown


def test_no_sentence_of_the_flows_tells_a_time_any_other_way() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in [*FLOWS.rglob("*.py"), SENT_BESIDE]}

    assert [path.name for path, source in sources.items() if re.search(r"%[HI]\b|%-?I:|timespec|strftime", source)] == []
    assert [path.name for path, source in sources.items() if "'AM'" in source] == ["__init__.py"]


@pytest.mark.parametrize("told", ["{}", "{} please", "by {}", "at {}"])
def test_every_time_we_tell_is_the_same_time_when_it_is_typed_back(told: str) -> None:
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    read = {at: read_moment(told.format(clock(at)), now, facts().zone) for at in EVERY_TEN_MINUTES}

    wrong = {at for at, found in read.items() if not isinstance(found, Refusal) or found.clock != at.time()}

    assert wrong == set()


@pytest.mark.parametrize(
    "typed", ["2:00 PM", "2:00PM", "2:00pm", "2:00 pm", "2:00 p.m.", "02:00 PM", "2 PM", "2pm", "14:00", "by 2:00 PM", "2.00 PM"]
)
def test_two_in_the_afternoon_is_understood_in_every_spelling(typed: str) -> None:
    found = read_moment(typed, datetime(2026, 11, 23, 8, 0, tzinfo=UTC), facts().zone)

    assert isinstance(found, Refusal)
    assert (found.code, found.clock) == ("no_date", time(14, 0))


def test_a_day_with_its_time_is_the_same_moment_when_it_is_typed_back() -> None:
    asked = facts()
    ahead = [asked.now.replace(minute=0) + timedelta(days=1, minutes=150 * n) for n in range(200)]

    read = {at: read_moment(moments.words(at, asked.zone, asked), asked.now, asked.zone) for at in ahead}

    assert [
        at for at, found in read.items() if not isinstance(found, Moment) or found.at != at.replace(second=0, microsecond=0)
    ] == []


@pytest.mark.parametrize("month", range(1, 13))
def test_a_free_time_fits_a_button_uncut_in_every_month(month: int) -> None:
    at = datetime(2027, month, 28, 11, 30, tzinfo=UTC)

    label = moments.short(at, facts().zone, facts())

    assert units(label) <= BUTTON_LIMIT
    assert label.endswith(", 12:30 PM")


def test_the_times_of_a_day_are_rows_that_fit_and_are_not_cut() -> None:
    shown = tap(a_customer(), "vday:d1:2026-11-24:8").replies[-1]

    assert isinstance(shown, Choices)
    titles = [row.title for section in shown.sections for row in section.rows]
    assert "9. 12:00 PM" in titles
    assert max(units(title) for title in titles) <= ROW_TITLE_LIMIT
    assert not any(title.endswith("…") for title in titles)


@pytest.mark.parametrize("typed", ["2:00 PM", "2:00pm", "2:00 p.m.", "13. 2:00 PM", "2pm", "Tue 24 Nov, 2:00 PM"])
def test_a_time_of_the_list_is_chosen_by_typing_it(typed: str) -> None:
    ada = a_customer()
    tap(ada, "vday:d1:2026-11-24:8")

    asked = say(ada, typed)

    assert "Please check your appointment" in body(asked)
    assert "When: Tue 24 Nov, 2:00 PM" in body(asked)


def test_a_line_of_a_doctor_far_away_is_understood_when_it_is_typed_back() -> None:
    ada = a_customer()
    card = tap(ada, "doc:d10")
    line = next(line for line in body(card).splitlines() if line.startswith("2. "))

    asked = say(ada, line)

    assert DOCTORS["d10"][0].zone == "Europe/London"
    assert line.endswith(" (London time)")
    assert f"When: {line[3:]}" in body(asked)


def test_the_label_of_a_free_time_is_understood_when_it_is_typed() -> None:
    ada = a_customer()
    card = tap(ada, "doc:d1").replies[-1]
    assert isinstance(card, Buttons)

    asked = say(ada, card.buttons[0].title)

    assert f"When: {card.buttons[0].title}" in body(asked)


def test_words_with_a_number_before_them_are_left_as_they_are() -> None:
    assert listen(Said("2. panadol"), facts()).text == "2. panadol"
    assert listen(Said("1. 2:00 PM"), facts()).values["clock"] == "14:00"
