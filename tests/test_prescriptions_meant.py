"""What a paper names and what is another product: brands, substances, strengths and forms as papers and catalogues write them."""

from __future__ import annotations

from typing import Any

import pytest

from models.catalogue import Product
from models.prescriptions import meant
from models.readings import Candidate, Item
from tests.factories import an_item

KNOWN = {"control": "none", "registration_number": "", "description": "", "category": "", "active": True, "image_url": ""}


def product(name: str, generic: str = "", strength: str = "", form: str = "", ref: str = "m2") -> Product:
    return Product(ref, "medicine", name, generic, strength, form, "", None, None, True, **KNOWN)  # type: ignore[arg-type]


def line(name: str, strength: str, *, shown: Product | None = None, form: str = "") -> Item:
    """A line as it was read; `shown`: what was suggested for it."""
    more: dict[str, Any] = {}
    if shown:
        more = {
            "chosen": shown.ref,
            "candidates": (Candidate(shown.ref, shown.name, shown.generic, shown.strength, shown.form, 98.0),),
        }
    return an_item(f"Tab {name} {strength}", name=name, strength=strength, form=form, **more)


EMZOR = product("Emzor Paracetamol 500 mg Tablet", "Paracetamol", "500 mg", "Tablet", "m1")
CETIRIZINE = product("Cetirizine 10 mg Tablet", "Cetirizine (Cetirizine hydrochloride)", "10 mg", "Tablet", "m1")
COZAAR = product("Cozaar 50 mg Tablet", "Losartan potassium", "50 mg", "Tablet", "m1")


@pytest.mark.parametrize(
    ("item", "given"),
    [
        (line("Emzor Paracetamol", "500mg", shown=EMZOR), EMZOR),
        (line("Panadol", "500mg"), product("Panadol 500 mg Tablet", "Paracetamol", "500 mg", "Tablet")),
        (line("Cetirizine", "10mg"), product("Zyrtec 10 mg Tablet", "Cetirizine (Cetirizine hydrochloride)", "10 mg", "Tablet")),
        (
            line("Losartan", "50mg", shown=COZAAR),
            product("Losartan potassium 50 mg Tablet", "Losartan potassium", "50 mg", "Tablet"),
        ),
        (line("Lonart DS", "80/480mg"), product("Lonart DS Tablet", "Artemether; Lumefantrine", "80 mg; 480 mg", "Tablet")),
        (line("Artemether and Lumefantrine", "20/120mg"), product("Coartem", "Artemether; Lumefantrine", "20 mg; 120 mg")),
        (line("Vitamin C", "1g"), product("Vitamin C 1000mg")),
        (line("Amoxil", "500mg", form="caps"), product("Amoxil 500 mg Capsule", "Amoxicillin", "500 mg", "Capsule")),
        (line("", "", form="tablet"), product("Panadol 500 mg Tablet", "Paracetamol", "500 mg", "Tablet")),
    ],
)
def test_what_was_suggested_or_is_named_by_the_paper_is_no_change(item: Item, given: Product) -> None:
    assert meant.change(item, given) == ""


@pytest.mark.parametrize(
    ("item", "given", "reason"),
    [
        (line("Emzor Paracetamol", "500mg", shown=EMZOR), ("Panadol 500 mg Tablet", "Paracetamol", "500 mg", "Tablet"), "brand"),
        (line("Cetirizine", "10mg", shown=CETIRIZINE), ("Zyrtec 10 mg Tablet", "Cetirizine", "10 mg", "Tablet"), "brand"),
        (line("Panadol", "500mg"), ("Panadol 1 g Tablet", "Paracetamol", "1 g", "Tablet"), "strength"),
        (line("Panadol", ""), ("Panadol 500 mg Tablet", "Paracetamol", "500 mg", "Tablet"), "strength"),
        (line("Cetirizine", "10mg", shown=CETIRIZINE), ("Zyrtec 5 mg Tablet", "Cetirizine", "5 mg", "Tablet"), "strength"),
        (line("Voltaren", "50mg", form="tablet"), ("Voltaren 50 mg", "Diclofenac", "50 mg", "Suppository"), "form"),
        (line("Cetirizine", "10mg", shown=CETIRIZINE), ("Loratyn 10 mg Tablet", "Loratadine", "10 mg", "Tablet"), "other"),
        (line("Prednisone", "5mg"), ("Prednisolone 5 mg Tablet", "Prednisolone", "5 mg", "Tablet"), "other"),
        (line("Diclofenac sodium", "50mg"), ("Cataflam 50 mg", "Diclofenac potassium", "50 mg", "Tablet"), "other"),
        (line("Amlovar", "10mg"), ("Amlovar", "", "", "Tablet"), "strength"),
    ],
)
def test_another_brand_strength_form_or_substance_is_a_change_and_is_called_so(
    item: Item, given: tuple[str, str, str, str], reason: str
) -> None:
    assert meant.change(item, product(*given)) == reason


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("500mg", "0.5 g", True),
        ("125mg/5ml", "25 mg/mL", True),
        ("400/57mg/5ml", "400 mg/5 mL; 57 mg/5 mL", True),
        ("50mcg", "0.05 mg", True),
        ("1,000mg", "1 g", True),
        ("1,5mg", "1.5 mg", True),
        ("5/5mg", "5 mg; 5 mg", True),
        ("100 units/ml", "100 IU/mL", True),
        ("1%", "1 %", True),
        ("125mg/5ml", "125 mg", False),
        ("5mg", "5 mg; 5 mg", False),
        (".5mg", "5 mg", False),
        ("0. 5mg", "5 mg", False),
        ("1 000mg", "1000 mg", True),  # by its letters alone
        ("05mg", "5 mg", False),
        ("1%", "1 mg", False),
        ("", "5 mg", False),
        ("", "", True),
    ],
)
def test_a_strength_is_the_same_however_it_is_written_and_never_by_a_lost_figure(one: str, other: str, same: bool) -> None:
    assert (meant.same_strength(one, other), meant.same_strength(other, one)) == (same, same)
