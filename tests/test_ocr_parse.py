"""Lines of a paper to medicines: names, strengths, forms, directions, what belongs together and what is no medicine."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.readings import Box, Line, Page, Reading, dumps, loads
from worker.ocr.medicines import Entry, Medicines
from worker.ocr.parse import MOST_ITEMS, matters, understand

SHELF = """
Emzor Paracetamol | Paracetamol | 500 mg | Tablet
Panadol Extra | Paracetamol; Caffeine | 500 mg; 65 mg | Tablet
Amoxil | Amoxicillin (Amoxicillin Trihydrate) | 500 mg | Capsule
Amoxicillin Suspension | Amoxicillin | 125 mg/5 mL | Powder for suspension
Augmentin 625 mg | Amoxicillin; Clavulanic Acid | 500 mg; 125 mg | Tablet
Amlodipine | Amlodipine (Amlodipine Besylate) | 5 mg | Tablet
Amlodipine Forte | Amlodipine | 10 mg | Tablet
Lisinopril | Lisinopril | 20 mg | Tablet
Coartem 80/480 | Artemether; Lumefantrine | 80 mg; 480 mg | Tablet
Flagyl | Metronidazole | 400 mg | Tablet
Glucophage | Metformin Hydrochloride | 500 mg | Tablet
Hyospan | Hyoscine Butylbromide | 10 mg | Tablet
Haldol | Haloperidol | 5 mg | Tablet
Haldol Mite | Haloperidol | 0.5 mg | Tablet
Hydrocortisone Cream | Hydrocortisone | 1% | Cream
Gentamicin Injection | Gentamicin | 80 mg/2 mL | Solution for injection
Nystatin Drops | Nystatin | 100000 IU/mL | Suspension
Ventolin Inhaler | Salbutamol | 100 mcg | Aerosol
Tramadol | Tramadol Hydrochloride | 50 mg | Capsule
Vitamin C | Ascorbic Acid | 100 mg | Tablet
Vitamin B Complex | Vitamin B Complex | | Tablet
Septrin | Sulfamethoxazole; Trimethoprim | 400 mg; 80 mg | Tablet
Empagliflozin | Empagliflozin | 10 mg | Tablet
Prednisolone | Prednisolone | 5 mg | Tablet
Ciprotab | Ciprofloxacin | 500 mg | Tablet
Omeprazole | Omeprazole | 20 mg | Capsule
ORS | Oral Rehydration Salts | | Sachet
""".strip().splitlines()
MEDICINES = Medicines.of(
    Entry(f"m{n}", *(part.strip() for part in line.split("|")), controlled="Tramadol" in line) for n, line in enumerate(SHELF, 1)
)


def a_reading(text: str, confidence: float = 0.97, second: str = "") -> Reading:
    """A page of these lines; the second engine saw nothing unless told."""
    seconds = second.split("\n") if second else [""] * len(text.split("\n"))
    lines = [
        Line(0, Box(0.1, 0.02 * n, 0.8, 0.02), line, confidence, second=other)
        for n, (line, other) in enumerate(zip(text.split("\n"), seconds, strict=True))
    ]
    return Reading(pages=(Page(1000, 1400),), lines=tuple(lines))


def read(text: str) -> Reading:
    return understand(a_reading(text), MEDICINES)


# the line (";;" parts lines) | name | strength | form | code | days | chosen product or -
LINES = """
1. Tabs Lisinopril 20mg i nocte x 1/12 | Lisinopril | 20mg | tablet | nocte | 30 | Lisinopril
1) Tramadol 50mg ;; Caps #20 ;; Sig: 50mg bd prn x 3/7 | Tramadol | 50mg | capsule | bd | 3 | Tramadol
1 Amlodipine 5mg 5mg od x 1/12 | Amlodipine | 5mg | | od | 30 | Amlodipine
Tab Paracetamol 500mg ii tds x 3/7 | Paracetamol | 500mg | tablet | tds | 3 | Emzor Paracetamol
TabsParacetamol 500mg tds | Paracetamol | 500mg | tablet | tds | | Emzor Paracetamol
1.Tabs Paracetamol500mg tdsx5/7 | Paracetamol | 500mg | tablet | tds | 5 | Emzor Paracetamol
1. Paracetamol 500 mg tablets ;; Take two tablets three times daily for 5 days | Paracetamol | 500mg | tablet | tds | 5 | Emzor Paracetamol
- Paracetamol 1g tds x 3/7 | Paracetamol | 1g | | tds | 3 | -
Tab Acetaminophen 500mg bd | Acetaminophen | 500mg | tablet | bd | | Emzor Paracetamol
PCM 500mg tds | PCM | 500mg | | tds | | Emzor Paracetamol
Caps Amoxycillin 500mg tds x 5/7 | Amoxycillin | 500mg | capsule | tds | 5 | Amoxil
Caps Amoxil 500mg tds x 5/7 | Amoxil | 500mg | capsule | tds | 5 | Amoxil
Amoxcillin 500mg caps tds | Amoxcillin | 500mg | capsule | tds | | Amoxil
Susp Amoxicillin 125mg/5ml 5ml tds x 5/7 | Amoxicillin | 125mg/5ml | suspension | tds | 5 | Amoxicillin Suspension
Tab Augmentin 625mg bd x 7/7 | Augmentin | 625mg | tablet | bd | 7 | Augmentin 625 mg
Augmentin 500mg/125mg Tabs bd | Augmentin | 500mg/125mg | tablet | bd | | Augmentin 625 mg
Augmentin (Co-amoxiclav) 625mg bd x 5/7 | Augmentin | 625mg | | bd | 5 | Augmentin 625 mg
Co-amoxiclav 625mg tab bd | Co-amoxiclav | 625mg | tablet | bd | | Augmentin 625 mg
Amoxicillin/Clavulanic Acid 625mg tab bd | Amoxicillin/Clavulanic Acid | 625mg | tablet | bd | | Augmentin 625 mg
Amoxicillin/Clavulanlc Acid 625mg tab bd | Amoxicillin/Clavulanlc Acid | 625mg | tablet | bd | | Augmentin 625 mg
Coartem 80/480mg Tabs ;; i bd x 3/7 | Coartem | 80/480mg | tablet | bd | 3 | Coartem 80/480
Artemether/Lumefantrine 80/480mg 1 tab bd x 3/7 | Artemether/Lumefantrine | 80/480mg | tablet | bd | 3 | Coartem 80/480
Tab Coartem 480/80mg bd x 3/7 | Coartem | 480/80mg | tablet | bd | 3 | Coartem 80/480
Tabs Flagyl 400mg tds x 5/7 | Flagyl | 400mg | tablet | tds | 5 | Flagyl
Metronidazole 400mg tds | Metronidazole | 400mg | | tds | | Flagyl
T. Metformin 500mg bd | Metformin | 500mg | tablet | bd | | Glucophage
Metformin Hydrochloride 500mg bd | Metformin Hydrochloride | 500mg | | bd | | Glucophage
Metformin 0.5g bd | Metformin | 0.5g | | bd | | Glucophage
1. Hyoscine ;; Butylbromide 10mg tabs ;; 1 tds | Hyoscine Butylbromide | 10mg | tablet | tds | | Hyospan
Hyoscine Butylbromide 10mg tab tds prn x 3/7 | Hyoscine Butylbromide | 10mg | tablet | tds | 3 | Hyospan
Tab Haloperidol 5mg nocte | Haloperidol | 5mg | tablet | nocte | | Haldol
Tab Haloperidol 0.5mg nocte | Haloperidol | 0.5mg | tablet | nocte | | Haldol Mite
Tab Haloperidol 0. 5mg nocte | Haloperidol | 0. 5mg | tablet | nocte | | -
Tab Haloperidol O.5mg nocte | Haloperidol | O.5mg | tablet | nocte | | -
Hydrocortisone 1% cream 15g apply bd x 7/7 | Hydrocortisone | 1% | cream | bd | 7 | Hydrocortisone Cream
Hydrocortisone 10mg/g cream apply bd | Hydrocortisone | 10mg/g | cream | bd | | Hydrocortisone Cream
Inj Gentamicin 80mg/2ml im stat | Gentamicin | 80mg/2ml | injection | stat | | Gentamicin Injection
Inj Gentamicin 80mg im od x 5/7 | Gentamicin | 80mg | injection | od | 5 | Gentamicin Injection
Nystatin 100,000iu/ml susp 1ml qds x 7/7 | Nystatin | 100,000iu/ml | suspension | qds | 7 | Nystatin Drops
Ventolin inhaler 100mcg 2 puffs qds prn | Ventolin | 100mcg | inhaler | qds | | Ventolin Inhaler
Albuterol inhaler 100mcg 2 puffs prn | Albuterol | 100mcg | inhaler | | | Ventolin Inhaler
Vit C 100mg tds x 2/52 | Vit C | 100mg | | tds | 14 | Vitamin C
VitaminC 100mg tabs tds | VitaminC | 100mg | tablet | tds | | Vitamin C
Vitamin B Complex tabs i od | Vitamin B Complex | | tablet | od | | Vitamin B Complex
Tab Septrin 480mg ii bd x 5/7 | Septrin | 480mg | tablet | bd | 5 | Septrin
Co-trimoxazole 480mg ii bd | Co-trimoxazole | 480mg | | bd | | Septrin
Tab Augmentin 625 bd x 5/7 | Augmentin | 625 | tablet | bd | 5 | -
Dapagliflozin 10mg tab od | Dapagliflozin | 10mg | tablet | od | | -
Tab Prednisone 5mg od | Prednisone | 5mg | tablet | od | | -
Tab Amlodipine od x 1/12 | Amlodipine | | tablet | od | 30 | -
Tab Omeprazole 20mg od | Omeprazole | 20mg | tablet | od | | Omeprazole
0meprazole 20mg caps od | 0meprazole | 20mg | capsule | od | | Omeprazole
Ciprotab 500mg bd x 5/7 | Ciprotab | 500mg | | bd | 5 | Ciprotab
Tab Zyxolan 30mg bd x 5/7 | Zyxolan | 30mg | tablet | bd | 5 | -
Tab Amlodipine 7.5mg od | Amlodipine | 7.5mg | tablet | od | | -
Tab Panadol Extra 500mg/65mg ii prn | Panadol Extra | 500mg/65mg | tablet | | | Panadol Extra
Rx: Tab Flagyl 400mg tds | Flagyl | 400mg | tablet | tds | | Flagyl
Drug: Amlodipine 10mg od | Amlodipine | 10mg | | od | | Amlodipine Forte
ORS 1 sachet prn | ORS | | sachet | | | ORS
(2) Caps. Omeprazole 20mg, i od x 14 days | Omeprazole | 20mg | capsule | od | 14 | Omeprazole
* Lisinopril 20mg tab: one tab every morning | Lisinopril | 20mg | tablet | mane | | Lisinopril
Lisinopril tab. 20 mg 1-0-0 x 30 days | Lisinopril | 20mg | tablet | mane | 30 | Lisinopril
""".strip().splitlines()
CASES = [tuple(part.strip() for part in line.split("|")) for line in LINES]


def test_the_table_of_lines_is_long_enough() -> None:
    assert len({case[0] for case in CASES}) >= 60


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_line_of_a_prescription_is_one_medicine(case: tuple[str, ...]) -> None:
    paper, *wanted = case
    items = read("Rx\n" + paper.replace(" ;; ", "\n")).items
    assert len(items) == 1
    item = items[0]
    chosen = next((c.name for c in item.candidates if c.ref == item.chosen), "-")
    days = str(item.duration_days) if item.duration_days else ""
    assert [item.name, item.strength, item.form, item.frequency, days, chosen] == wanted


NOT_MEDICINES = """
SUNRISE MEDICAL CENTRE
14 Marina Road, Lagos Island, Lagos
Tel: 0803 555 0142
Name: Paracetamol Okafor
Age: 57 yrs Sex: F
Date: 25/03/2025
Diagnosis: Malaria
Allergies: Penicillin
Known allergic to Amoxicillin 500mg
Wt: 38 kg
BP 120/80 mmHg
NOTE: Return to clinic in 2 weeks.
Refills: 0
Dr. O.A. Nwosu
GST @ 6% 15.00
1.00 X 15.90 15.90 SR
SUBTOTAL : 15.90
24MMX7Y M.ONE TAPE
Thank you for coming
Take plenty of water
Drink water 2 litres daily
www.sunrise.example
""".strip().splitlines()


@pytest.mark.parametrize("line", NOT_MEDICINES)
def test_what_is_no_medicine_is_left_alone(line: str) -> None:
    assert read(line).items == ()


TWO_ON_ONE = {
    "1. Paracetamol 500mg 2. Flagyl 400mg": ["Paracetamol", "Flagyl"],
    "Tab Paracetamol 500mg tds x 3/7 Caps Amoxil 500mg tds x 5/7": ["Paracetamol", "Amoxil"],
    "Paracetamol 500mg tds x 5/7 Flagyl 400mg tds x 5/7": ["Paracetamol", "Flagyl"],
    "Amlodipine 5mg, Lisinopril 20mg": ["Amlodipine", "Lisinopril"],
    "Amlodipine 5mg od; Lisinopril 20mg od": ["Amlodipine", "Lisinopril"],
}


@pytest.mark.parametrize("line", TWO_ON_ONE)
def test_two_medicines_on_one_line_come_apart(line: str) -> None:
    assert [item.name for item in read(line).items] == TWO_ON_ONE[line]


def test_lines_below_a_medicine_belong_to_it_until_the_next_one_or_a_note() -> None:
    paper = "Rx\n1. Amlodipine 5mg\nTabs #30\ni od x 1/12\n2. Flagyl 400mg\ntds x 5/7\nNOTE: no alcohol\ni bd x 9/7"
    items = read(paper).items
    assert [(item.lines, item.duration_days) for item in items] == [((1, 2, 3), 30), ((4, 5), 5)]


def test_a_dose_below_a_strength_is_a_dose_and_gives_the_number_of_tablets() -> None:
    item = read("1. Tramadol 50mg Caps\n100mg bd x 5/7").items[0]
    assert (item.strength, item.dose, item.quantity, item.quantity_computed) == ("50mg", "100mg", 20.0, True)


def test_the_last_number_of_a_row_is_the_quantity_where_the_table_says_so() -> None:
    rows = "1 Flagyl 400mg 1 tab tds x 5/7 9\n2 Lisinopril 20mg od x 1/52 7"
    with_column, without = read(f"# Medicine Strength Dose Duration Qty\n{rows}").items, read(f"Rx\n{rows}").items
    assert [item.quantity for item in (*with_column, *without)] == [9.0, 7.0, 15.0, None]


def test_a_controlled_medicine_is_recognised_as_one() -> None:
    item = read("1. Tramadol 50mg caps bd").items[0]
    assert MEDICINES.controlled(item.chosen)


def test_what_was_understood_survives_storage() -> None:
    reading = read("Name: Ada Obi\nRx\n1. Amlodipine 5mg od x 1/12\nDr. B. Musa")
    assert loads(dumps(reading)) == reading


MATTERING = {
    "1. Tabs Lisinopril 20mg": True,
    "Augmentin 625mg": True,
    "Syr Multivite": True,
    "500mg tds": True,
    "Augmentin bd": True,
    "2) Caps Omeprazole": True,
    "Cefuroxime 125rng/5ml": True,
    "Tel: 0803 555 0142": False,
    "Dr. O.A. Nwosu": False,
    "Name: Ada Obi": False,
    "14 Marina Road, Lagos": False,
    "i bd x 5/7": False,
    "5ml tds": False,
    "": False,
}


@pytest.mark.parametrize("line", MATTERING)
def test_a_line_matters_when_it_may_name_a_medicine_or_a_strength(line: str) -> None:
    assert matters(line) is MATTERING[line]


# -------------------------------------------------------------------------------------------------------- any text at all

PIECES = """Tab Caps Amlodipine Augmentin 5mg 500mg/125mg 0. 5 mg bd x 5/7 1. 2) Rx Name: Dr Musa Date: 12/03/2026 ( ) #30 prn
then 1-0-1 ½ :"""
TEXTS = st.lists(st.lists(st.sampled_from(PIECES.split()), max_size=9).map(" ".join) | st.text(max_size=60), max_size=8).map(
    "\n".join
)


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_no_paper_breaks_the_reading_and_no_strength_has_a_figure_that_is_not_on_it(text: str) -> None:
    reading = a_reading(text)
    told = understand(reading, MEDICINES)
    for item in told.items:
        around = "".join("".join(reading.lines[n].text.split()) for n in item.lines).lower()
        assert all(figure in around for figure in re.findall(r"[\d.]*\d", item.strength))
        assert not item.sure


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_line_breaks_the_question_whether_it_matters(text: str) -> None:
    assert matters(text) in (True, False)


@pytest.mark.parametrize("unit", ["Tab Amlodipin 5mg ", "5mg/"])
def test_the_largest_hostile_file_is_read_within_seconds(unit: str) -> None:
    line = (unit * 400)[:400]
    reading = a_reading("\n".join([line] * 450))
    begun = time.process_time()
    told = understand(reading, MEDICINES)
    assert time.process_time() - begun < 10.0
    assert len(told.items) <= MOST_ITEMS


@pytest.mark.parametrize("below", ["1 cap 24hly for 3 days", "1 cap orally 24hly x 3/7", "1 cap 24 hourly x 3/7"])
def test_a_dose_at_the_head_of_a_line_is_no_item_number(below: str) -> None:
    (item,) = read(f"1. Omeprazole 20mg\n{below}").items

    assert (item.dose, item.directions, item.quantity) == ("1 capsule", "1 capsule every 24 hours for 3 days", 3.0)
