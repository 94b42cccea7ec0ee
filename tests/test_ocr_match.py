"""Names on paper and names in the shop: near is near enough or not at all, and sure is sure."""

from __future__ import annotations

import random
import time

import pytest

from models.readings import Item
from tests.test_ocr_parse import a_reading
from worker.ocr import match
from worker.ocr.medicines import Entry, Medicines
from worker.ocr.parse import understand
from worker.ocr.strengths import Strength, alike, find, of_catalogue, point_apart, same, sum_of


def a_shop(*lines: str) -> Medicines:
    """Products from "name | generic | strength | form"."""
    return Medicines.of(Entry(f"m{n}", *(part.strip() for part in line.split("|"))) for n, line in enumerate(lines, 1))


def the_item(line: str, shop: Medicines, second: str | None = None, confidence: float = 0.97, raw: str = "") -> Item:
    reading = a_reading(line, confidence, line if second is None else second)
    if raw:
        from dataclasses import replace

        reading = replace(reading, lines=tuple(replace(one, raw=raw) for one in reading.lines))
    return understand(reading, shop).items[0]


SHOP = a_shop(
    "Amlodipine | Amlodipine | 5 mg | Tablet",
    "Amlodipine 10 | Amlodipine | 10 mg | Tablet",
    "Haloperidol | Haloperidol | 5 mg | Tablet",
    "Haloperidol Low | Haloperidol | 0.5 mg | Tablet",
    "Augmentin | Amoxicillin; Clavulanic Acid | 500 mg; 125 mg | Tablet",
    "Coartem | Artemether; Lumefantrine | 80 mg; 480 mg | Tablet",
    "Panadol | Paracetamol | 500 mg | Tablet",
    "Panadol Extra | Paracetamol; Caffeine | 500 mg; 65 mg | Tablet",
    "Empagliflozin | Empagliflozin | 10 mg | Tablet",
    "Hydralazine | Hydralazine | 25 mg | Tablet",
    "Hydroxyzine | Hydroxyzine | 25 mg | Tablet",
    "Cefuroxime | Cefuroxime | 500 mg | Tablet",
    "Syrupol | Paracetamol | 125 mg/5 mL | Syrup",
)


# -------------------------------------------------------------------------------------------------------------- sure


def test_a_line_both_engines_read_alike_and_the_catalogue_knows_is_sure() -> None:
    item = the_item("1. Tab Amlodipine 5mg od x 1/12", SHOP)
    assert (item.sure, item.doubts, item.chosen) == (True, (), "m1")


def test_case_blanks_and_full_stops_do_not_make_two_readings_differ() -> None:
    item = the_item("1. Tab Amlodipine 5mg od", SHOP, second="1) TAB. AMLODIPINE 5 mg OD")
    assert item.sure


@pytest.mark.parametrize(
    ("line", "second", "doubt"),
    [
        ("Tab Amlodipine 5mg od", "", "one_engine"),
        ("Tab Amlodipine 5mg od", "Tab Amlodipine 10mg od", "engines_differ"),
        ("Tab Amlodipine 10mg od", "Tab Amlodipine 1.0mg od", "engines_differ"),
        ("Tab Amlodipine 5mg od", "Tab Amlodipine Smg od", "engines_differ"),
        ("Tab Amlodipine 5mg od", "Tab Amiodarone 5mg od", "engines_differ"),
        ("Tab Panadol 500mg tds", "Tab Panadol Extra 500mg tds", "engines_differ"),
        ("Tab Amlodipine 5mg 10mg od", "Tab Amlodipine 5mg 5mg od", "engines_differ"),
        ("Tab Amlodipine 5mg od", "Cap Amlodipine 5mg od", "engines_differ"),
        ("Tab Amlodipine od", None, "strength_missing"),
        ("Tab Amlodipine 7.5mg od", None, "strength_unknown"),
        ("Tab Amlodipine 5 od", None, "strength_unknown"),
        ("Syr Syrupol 125mg tds", None, "strength_unknown"),
        ("Tab Haloperidol 5mg od", None, "close_candidates"),
        ("Tab Haloperidol 0.5mg od", None, "close_candidates"),
        ("Tab Amlodipin 5mg od", None, "close_candidates"),
        ("Tab Amlodipine Zeta 5mg od", None, "close_candidates"),
        ("Tab Amlodipine Hydralazine 25mg od", None, "close_candidates"),
        ("Syr Amlodipine 5mg od", None, "close_candidates"),
        ("Tab Coartem 80/480 bd", None, "strength_unknown"),
        ("Tab Amlodipine 5mg(6:1) od", None, "close_candidates"),
        ("Tab Amlodipine 0.1ml,5mg od", None, "close_candidates"),
        ("Tab Glucophage 500mg bd", None, "no_match"),
        ("Tab Zyxolan 500mg bd", None, "no_match"),
    ],
)
def test_every_reason_to_doubt_is_told_and_none_is_sure(line: str, second: str | None, doubt: str) -> None:
    item = the_item(line, SHOP, second)
    assert (doubt in item.doubts, item.sure) == (True, False)


def test_a_faint_line_is_not_sure() -> None:
    item = the_item("Tab Amlodipine 5mg od", SHOP, confidence=0.85)
    assert (item.doubts, item.sure) == (("low_confidence",), False)


def test_a_repaired_strength_is_not_sure() -> None:
    item = the_item("Tab Amlodipine 5mg od", SHOP, raw="Tab Amlodipine 5mq od")
    assert (item.doubts, item.sure) == (("strength_repaired",), False)


def test_the_strength_below_the_name_must_have_been_read_twice_as_well() -> None:
    reading = a_reading("1. Tab Amlodipine\n5mg od x 1/12", second="1. Tab Amlodipine\n10mg od x 1/12")
    item = understand(reading, SHOP).items[0]
    assert ("engines_differ" in item.doubts, item.sure) == (True, False)


def test_combinations_are_sure_as_written_in_parts_or_as_their_usual_sum() -> None:
    lines = ("Tab Augmentin 500mg/125mg bd", "Tab Augmentin 625mg bd", "Tab Coartem 80/480mg bd")
    assert [the_item(line, SHOP).sure for line in lines] == [True, True, True]


# ------------------------------------------------------------------------------------------------------------- names


def test_a_medicine_the_shop_lacks_does_not_become_its_neighbour() -> None:
    lines = {"Tab Dapagliflozin 10mg od": "", "Tab Cefotaxime 500mg od": "", "Tab Hydroxyurea 25mg od": ""}
    assert {line: the_item(line, SHOP).chosen for line in lines} == lines


def test_a_known_substance_the_shop_lacks_is_only_said_to_be_missing() -> None:
    assert the_item("Tab Warfarin 5mg od", SHOP).doubts == ("strength_unknown", "no_match")


def test_a_name_between_two_others_is_left_open_with_both_shown() -> None:
    shop = a_shop("Zaronelin | Zaronelin | 5 mg | Tablet", "Zaronolin | Zaronolin | 5 mg | Tablet")
    item = the_item("Tab Zaronilin 5mg od", shop)
    assert (item.chosen, {c.name for c in item.candidates}) == ("", {"Zaronelin", "Zaronolin"})


@pytest.mark.parametrize(
    ("misread", "name"),
    [("Arnlodipine", "Amlodipine"), ("Amiodipine", "Amlodipine"), ("Cefuroxirne", "Cefuroxime")],
)
def test_a_name_with_an_error_of_reading_is_found_and_doubted(misread: str, name: str) -> None:
    strength = "500mg" if name == "Cefuroxime" else "5mg"
    item = the_item(f"Tab {misread} {strength} od", SHOP)
    assert (item.candidates[0].name, item.sure, "close_candidates" in item.doubts) == (name, False, True)


def test_a_short_name_is_taken_letter_for_letter_only() -> None:
    shop = a_shop("ORS | Oral Rehydration Salts | | Sachet")
    assert (the_item("1. ORS sachet prn", shop).chosen, the_item("1. OPS sachet prn", shop).chosen) == ("m1", "")


def test_a_product_whose_generic_contradicts_its_name_is_not_taken_for_the_substance() -> None:
    shop = a_shop("Lisinopril 10 mg | Nebivolol; Hydrochlorothiazide | 10 mg | Tablet", "Zestril | Lisinopril | 10 mg | Tablet")
    assert the_item("Tab Lisinopril 10mg od", shop).chosen == "m2"


def test_the_plain_substance_is_never_answered_with_a_combination_of_it() -> None:
    shop = a_shop(
        "Panadol Extra | Paracetamol; Caffeine | 500 mg; 65 mg | Tablet", "Emzor Paracetamol | Paracetamol | 500 mg | Tablet"
    )
    assert the_item("Tab Paracetamol 500mg tds", shop).chosen == "m2"


def test_at_most_four_products_are_shown_best_first() -> None:
    shop = a_shop(*(f"Brand{c} | Amlodipine | {n} mg | Tablet" for n, c in enumerate("abcdefg", 1)))
    shown = the_item("Tab Amlodipine 3mg od", shop).candidates
    assert (len(shown), shown[0].strength) == (4, "3 mg")
    assert [c.score for c in shown] == sorted((c.score for c in shown), reverse=True)


def test_strength_and_form_choose_among_products_of_a_name() -> None:
    shop = a_shop(
        "Amoxil | Amoxicillin | 500 mg | Capsule",
        "Amoxil | Amoxicillin | 250 mg | Capsule",
        "Amoxil | Amoxicillin | 125 mg/5 mL | Suspension",
    )
    lines = (
        "Caps Amoxil 250mg tds",
        "Susp Amoxil 125mg/5ml tds",
        "Caps Amoxil 500mg tds",
        "Inj Amoxil 500mg tds",
        "Amoxil tds x 5/7 caps",
    )
    assert [the_item(line, shop).chosen for line in lines] == ["m2", "m3", "m1", "", ""]


def test_ten_thousand_products_are_indexed_within_seconds_and_read_within_milliseconds() -> None:
    dice = random.Random(1)
    names = {"".join(dice.choice("bcdfglmnprstvz") + dice.choice("aeiou") for _ in range(5)) for _ in range(10_000)}
    begun = time.process_time()
    shop = Medicines.of(
        Entry(f"m{n}", name.title(), f"{name}ine", f"{n % 90 + 5} mg", "Tablet") for n, name in enumerate(sorted(names))
    )
    built = time.process_time()
    for name in sorted(names)[:20]:
        understand(a_reading(f"1. Tab {name[:-1]}x 5mg od"), shop)
    assert (built - begun < 3.0, time.process_time() - built < 2.0) == (True, True)


def test_thresholds_grow_as_names_get_shorter() -> None:
    assert [match.least_ratio(n) for n in (3, 6, 8, 12)] == [101.0, 88.0, 84.0, 80.0]


# --------------------------------------------------------------------------------------------------------- strengths


def one(text: str) -> Strength:
    return find(text)[0]


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("500mg", "500 mg"),
        ("0.5g", "500 mg"),
        ("1g", "1000 mg"),
        ("1,000mg", "1 g"),
        ("100mcg", "0.1 mg"),
        ("20/120mg", "20 mg; 120 mg"),
        ("120mg/20mg", "20 mg; 120 mg"),
        ("500mg + 125mg", "500 mg; 125 mg"),
        ("400mg/57mg/5ml", "400 mg/5 mL; 57 mg/5 mL"),
        ("1%", "10 mg/g"),
        ("0.05 % w/w", "0.5 mg/g"),
        ("100,000 IU/ml", "100000 iu/mL"),
        ("1.2MU", "1200000 IU"),
        ("250mg per 5 ml", "250 mg/5 mL"),
    ],
)
def test_a_strength_is_the_same_however_it_is_written(written: str, listed: str) -> None:
    other = of_catalogue(listed)
    assert other is not None
    assert same(one(written), other)


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("5mg", "0.5 mg"),
        ("5mg", "5 mcg"),
        ("30mg", "3 mg"),
        ("25mg", "2.5 mg"),
        ("125mg", "125 mg/5 mL"),
        ("20/120mg", "80 mg; 480 mg"),
    ],
)
def test_strengths_that_look_alike_are_not_the_same(written: str, listed: str) -> None:
    other = of_catalogue(listed)
    assert other is not None
    assert not same(one(written), other)


@pytest.mark.parametrize("text", ["0. 5mg", "2 .5mg", "1 000mg", "05mg", "l6/12.5mg", "O.5mg", "Tab X . 5mg"])
def test_a_torn_or_odd_number_is_shown_and_equal_to_nothing(text: str) -> None:
    assert one(text).amounts == ()


def test_a_lost_point_and_a_usual_sum_are_known() -> None:
    half, five = of_catalogue("0.5 mg"), of_catalogue("5 mg")
    parts, syrup = of_catalogue("500 mg; 125 mg"), of_catalogue("125 mg/5 mL")
    assert half and five and parts and syrup
    assert point_apart(half, five)
    assert (sum_of(one("625mg"), parts), sum_of(one("624mg"), parts)) == (True, False)
    assert (alike(one("125mg"), syrup), alike(one("25mg/ml"), syrup), alike(one("250mg/5ml"), syrup)) == (True, True, False)


# ----------------------------------------------------------------------------------------- the substance and its brands

SALTS = a_shop(
    "Cozaar | Losartan Potassium | 50 mg | Tablet",
    "Losartan potassium | Losartan Potassium | 50 mg | Tablet",
    "Losartan Zydus | Losartan Potassium | 50 mg | Tablet",
    "Losartan potassium | Losartan Potassium | 100 mg | Tablet",
    "Voltaren | Diclofenac Sodium | 50 mg | Tablet",
    "Diclofenac Zenith | Diclofenac Sodium | 50 mg | Tablet",
    "Norvasc | Amlodipine | 5 mg | Tablet",
    "Amlodipine besylate | Amlodipine Besylate | 5 mg | Tablet",
)


@pytest.mark.parametrize(
    ("line", "ref"),
    [
        ("Losartan 50mg tabs od", "m2"),
        ("Losartan Potassium 50mg od", "m2"),
        ("Losartan 100mg od", "m4"),
        ("Losartan Zydus 50mg od", "m3"),
        ("Cozaar 50mg od", "m1"),
        ("Diclofenac 50mg tabs bd", "m6"),
        ("Voltaren 50mg tabs bd", "m5"),
        ("Amlodipine 5mg od", "m8"),
    ],
)
def test_who_writes_the_substance_is_offered_the_plain_product_before_a_brand(line: str, ref: str) -> None:
    assert the_item(line, SALTS).chosen == ref
