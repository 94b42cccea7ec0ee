"""Half-understood directions: a slip that can mean one thing only is mended, anything else leaves the direction to a person."""

from __future__ import annotations

import time

import pytest

from models.readings import Item, read_for_certain
from tests.test_ocr_match import a_shop, the_item
from worker.ocr.slips import mended

SHOP = a_shop("Paracetamol | Paracetamol | 500 mg | Tablet", "Mixtard | Insulin | | Injection")


def item(directions: str, name: str = "Paracetamol 500mg") -> Item:
    return the_item(f"{name} {directions}", SHOP)


MENDED = {
    "ONE tablet THREE times daly for t0 days": "1 tablet three times a day for 10 days",
    "ONE tablet ONCE d aily for 28 days": "1 tablet once a day for 4 weeks",
    "TWO tablets twlce dailv for 5 days": "2 tablets twice a day for 5 days",
    "1 tablet thr ee tmes daily for l4 days": "1 tablet three times a day for 2 weeks",
    "ONE tablet TWICE daily for 28 day s": "1 tablet twice a day for 4 weeks",
    "l tab bd x 5/7": "1 tablet twice a day for 5 days",
    "1 tab tds for 1O days": "1 tablet three times a day for 10 days",
}


@pytest.mark.parametrize("written", MENDED)
def test_a_slip_that_can_mean_one_thing_only_is_mended(written: str) -> None:
    assert item(written).directions == MENDED[written]


@pytest.mark.parametrize(
    "written",
    [
        "ONE tablet THREE tinnes dady for 28 days",
        "1 tab tcls x 5/7",
        "1 tab nigth x 5/7",
        "1 tab bd x 5",
        "1 tab bd x S/7 3",
        "1 tab bd x 3-5 days",
        "1 tab bd x 5/7 x 3/7",
        "1 tab bd for 7 dsys",
        "onc tablet twice daily",
        "1 tab at 8am",
    ],
)
def test_a_direction_of_which_a_part_was_not_understood_is_left_to_a_person(written: str) -> None:
    read = item(written)

    assert (read.directions, read.quantity, read.raw) == ("", None, f"Paracetamol 500mg {written}")


WHOLE = {
    "2 tabs tds as directed": "2 tablets three times a day",
    "(Emzor) 1 tab bd x 3/7": "1 tablet twice a day for 3 days",
    "1 tab stat x 1": "1 tablet at once",
    "three (3) tablets daily for three (3) days": "3 tablets once a day for 3 days",
    "1 tab bd x 5/7 (10)": "1 tablet twice a day for 5 days",
    "1 tab bd x 5/7 N2,400": "1 tablet twice a day for 5 days",
    "1 tab daily, avoid dairy": "1 tablet once a day",
}


@pytest.mark.parametrize("written", WHOLE)
def test_what_stands_beside_a_direction_takes_nothing_from_it(written: str) -> None:
    assert item(written).directions == WHOLE[written]


def test_how_an_insulin_is_mixed_is_no_direction() -> None:
    assert item("70/30 10 units bd", "Mixtard").directions == "10 units twice a day"


@pytest.mark.parametrize(
    ("doubts", "certain"),
    [
        ((), True),
        (("no_match", "strength_unknown", "close_candidates"), True),
        (("one_engine",), False),
        (("engines_differ", "no_match"), False),
        (("low_confidence",), False),
        (("strength_missing",), False),
        (("strength_repaired", "strength_unknown"), False),
    ],
)
def test_what_the_shop_lacks_makes_no_doubt_of_the_reading(doubts: tuple[str, ...], certain: bool) -> None:
    assert read_for_certain(Item(lines=(0,), raw="x", doubts=doubts)) is certain


@pytest.mark.parametrize("text", ["Tab Daily-Vite 1 od", "Dalycin 5mg twice a day", "apply to the right eye", "Time-cap 30 mg"])
def test_names_and_other_words_are_not_mended(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize("unit", ["d aily ", "three tmes ", "t0 days ", "l tab ", "a a "])
def test_mending_is_linear_in_hostile_text(unit: str) -> None:
    begun = time.process_time()
    for _ in range(5):
        mended((unit * 400)[:400])
    assert time.process_time() - begun < 1.0
