"""How many packs make what a paper asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import Product
from models.readings import Item
from web.console import packs


def a_product_of(pack: str, form: str = "Tablet") -> Product:
    return Product("m1", "medicine", "X", "X", "", form, pack, None, None, True, "none", "", "", "", True, "")


@pytest.mark.parametrize(
    ("pack", "size"),
    [
        ("10 x 10", "100:piece"),
        ("1 x 6", "6:piece"),
        ("2 × 14", "28:piece"),
        ("3x10 tablets", "30:piece"),
        ("30's", "30:piece"),
        ("28 caps", "28:piece"),
        ("5 ampoules", "5:piece"),
        ("60 mL", "60:ml"),
        ("60ml", "60:ml"),
        ("2.5 mL", "2.5:ml"),
        ("10 mL vial", "10:ml"),
        ("6 x 5 ml", "30:ml"),
        ("15 g", "15:g"),
        ("200 doses", "200:dose"),
        ("pack", "None"),
        ("", "None"),
        ("0 x 10", "None"),
        ("12 rolls", "None"),
    ],
)
def test_what_a_pack_holds(pack: str, size: str) -> None:
    assert str(packs.size(pack)) == size


@pytest.mark.parametrize(
    ("item", "pack", "words"),
    [
        ({"quantity": 6, "form": "tablet"}, "1 x 6", "6 tablets = 1 pack of 6"),
        ({"quantity": 60, "form": "tablet"}, "2 x 14", "60 tablets = 3 packs of 28, 24 over"),
        ({"quantity": 1, "form": "tablet"}, "1 x 10", "1 tablet = 1 pack of 10, 9 over"),
        (
            {"dose": "5 ml", "times_a_day": 3, "duration_days": 5, "form": "syrup", "directions": "5 ml"},
            "60 mL",
            "75 ml = 2 packs of 60 ml, 45 over",
        ),
        (
            {"dose": "2 puffs", "times_a_day": 2, "duration_days": 30, "directions": "2 puffs"},
            "200 doses",
            "120 doses = 1 pack of 200 doses, 80 over",
        ),
        ({"dose": "5 ml", "times_a_day": 3, "duration_days": 5, "form": "syrup"}, "60 mL", ""),  # half understood
        ({"quantity": 2, "form": "syrup"}, "100 mL", "2 on the paper"),
        ({"quantity": 1, "form": "cream"}, "15 g", "1 on the paper"),
        ({"quantity": 100, "form": "syrup"}, "100 mL", "100 ml = 1 pack of 100 ml"),
        ({"quantity": 6, "form": "tablet"}, "60 mL", ""),
        ({"quantity": 6, "form": "tablet"}, "one box", ""),
        ({"dose": "5 ml", "times_a_day": 3, "duration_days": 5, "as_needed": True}, "60 mL", ""),
        ({"dose": "2 drops", "times_a_day": 3, "duration_days": 5}, "10 mL", ""),
        ({}, "1 x 10", ""),
    ],
)
def test_the_packs_and_how_they_were_counted(item: dict[str, object], pack: str, words: str) -> None:
    told = packs.hint(packs.needed(Item((0,), "raw", **item)), a_product_of(pack))

    assert (told.words if told else "") == words


@given(st.floats(1, 5000), st.integers(1, 60), st.integers(1, 100))
def test_the_packs_always_hold_what_is_asked_for_and_no_pack_too_much(units: float, strips: int, each: int) -> None:
    told = packs.hint(packs.Amount(units, packs.PIECE), a_product_of(f"{strips} x {each}"))

    size = strips * each
    assert told is None or (told.packs * size >= units > (told.packs - 1) * size)


@pytest.mark.parametrize("text", ["", "x", "5", "5:stone", "-5:piece", "0:piece", "1e9:piece", "٣:piece"])
def test_an_amount_out_of_an_address_is_one_or_none(text: str) -> None:
    assert packs.amount_of(text) is None


def test_an_amount_survives_its_way_through_an_address() -> None:
    assert packs.amount_of(str(packs.Amount(2.5, packs.ML))) == packs.Amount(2.5, packs.ML)
