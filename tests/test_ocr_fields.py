"""Patient, age, date, prescriber, number and place of a paper: told or empty, never guessed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peewee import PostgresqlDatabase

from tests.test_catalogue_products import a_medicine
from worker.ocr import fields
from worker.ocr.fields import Fields
from worker.ocr.medicines import from_database


def told(text: str, of_items: frozenset[int] = frozenset()) -> Fields:
    lines = text.split("\n")
    return fields.read(lines, [0] * len(lines), of_items)


PATIENTS = {
    "Patient name: Aisha Balogun": "Aisha Balogun",
    "Name: Funmilayo Okafor Date: 25/03/2025": "Funmilayo Okafor",
    "Pt: Funmilayo Ojo": "Funmilayo Ojo",
    "PATIENT: Yusuf Bello DOB: 16-08-1985": "Yusuf Bello",
    "Name of patient: Mrs. Ngozi Eze Age: 34": "Mrs. Ngozi Eze",
    "Name ......Chidi Obi......... Age 34": "Chidi Obi",
    "Patient's Name: Ada O'Brien-Musa Sex: F": "Ada O'Brien-Musa",
    "Surname & Other names: Jumoke Bassey Age: 72 yrs": "Jumoke Bassey",
    "Re: Folake Udo, 34 yrs, F": "Folake Udo",
    "Patient Prescriber\nEbiere Cole Dr. O. Wokocha": "Ebiere Cole",
    "Patient Presciber\nEbiere Cole Dr. O. Wokocha": "Ebiere Cole",
    "Name:\nTunde Alabi\nAge: 40": "Tunde Alabi",
    "Mr. Tunde Alabi 40yrs": "Mr. Tunde Alabi",
    "Name of drug: Amlodipine": "",
    "Name: 0803 555 0142": "",
    "Name: ": "",
    "Patient No: 5525": "",
    "Sunrise Hospital": "",
}


@pytest.mark.parametrize("text", PATIENTS)
def test_the_patient_is_who_the_label_names(text: str) -> None:
    assert told(text).patient == PATIENTS[text]


ABOUT = {
    "Age: 57 yrs Sex: F": "57 years, female",
    "74y/F   25-02-2025": "74 years, female",
    "Ward/Clinic: A&E Age/Sex: 77/M": "77 years, male",
    "Age: 58 Gender: Female": "58 years, female",
    "Age: 6 months": "6 months",
    "Age 3/52": "3 weeks",
    "Wt: 38 kg": "38 kg",
    "Age: 5yrs  Wt: 18.5kg  Sex: M": "5 years, male, 18.5 kg",
    "Age: 570": "",
    "x 5 years": "",
}


@pytest.mark.parametrize("text", ABOUT)
def test_age_sex_and_weight_are_told_as_on_the_paper(text: str) -> None:
    assert told(text).age == ABOUT[text]


DATES = {
    "Date: 25/03/2025": "2025-03-25",
    "Date: 05-03-2025": "2025-03-05",
    "Date: 5.3.25": "2025-03-05",
    "Date 05 / 03 / 2025": "2025-03-05",
    "Date: 2025-03-05": "2025-03-05",
    "Date: 5th March 2025": "2025-03-05",
    "Date: 5 Mar '25": "2025-03-05",
    "March 5, 2025": "2025-03-05",
    "Date: 12/25/2025": "2025-12-25",
    "74y/F   25-02-2025": "2025-02-25",
    "Name: Ada Obi DOB: 16/08/1985 Date: 21/09/2026": "2026-09-21",
    "DOB: 16-08-2025\nDate: 21/09/2026": "2026-09-21",
    "Date of birth: 16/08/2015": "",
    "DOB: 16/08/2015": "",
    "Next appointment: 16/08/2026": "",
    "LMP 01/02/2026": "",
    "Date: 31/02/2025": "",
    "Date: 13/13/2025": "",
    "Date: 25/03": "",
    "Tel 0803 555 0142": "",
    "RC 284417": "",
    "1/12/2025\n3/12/2025": "",
    "Date: 1/12/2025\nDate: 3/12/2025": "",
    "5/7": "",
}


@pytest.mark.parametrize("text", DATES)
def test_the_date_is_day_first_and_no_other_date_of_the_paper(text: str) -> None:
    assert told(text).date == DATES[text]


PRESCRIBERS = {
    "Dr. O.A. Nwosu": ("Dr. O.A. Nwosu", ""),
    "Dr. O.A. Okafor  GMC 5113641": ("Dr. O.A. Okafor", "GMC 5113641"),
    "Dr Amina Bello (MBBS, FWACP) MDCN/R/45678": ("Dr Amina Bello", "MDCN 45678"),
    "Prescriber:\nDr. O.A. Okafor": ("Dr. O.A. Okafor", ""),
    "Prescribed by: B. Musa\nMDCN No: 34532": ("B. Musa", "MDCN 34532"),
    "Signature: Dr. K. Eze  Folio No. 12345": ("Dr. K. Eze", "FOLIO 12345"),
    "Dr. Hassan's Hospital\n12 Ring Road": ("", ""),
    "Dear Dr. Musa,": ("", ""),
    "SIGN UP FOR A CARD": ("", ""),
    "Dr.": ("", ""),
    "Dr. A. Head\nRx\nTab X\nDr. B. Foot": ("Dr. B. Foot", ""),
}


@pytest.mark.parametrize("text", PRESCRIBERS)
def test_the_prescriber_is_who_signs(text: str) -> None:
    found = told(text)
    assert (found.prescriber, found.number) == PRESCRIBERS[text]


PLACES = {
    "LAGOON VIEW SPECIALIST HOSPITAL\n14 Marina Road": "LAGOON VIEW SPECIALIST HOSPITAL",
    "Garki Family Health Centre PRESCRIPTION": "Garki Family Health Centre",
    "PRESCRIPTION SHEET\nSt. Anne's Clinic & Maternity": "St. Anne's Clinic & Maternity",
    "CEDAR DIAGNOSTIC &\nCLINIC\n8 Aba Road": "CEDAR DIAGNOSTIC & CLINIC",
    "Hospital: General Hospital, Ikeja": "General Hospital, Ikeja",
    "Issued Facility\n09/10/2026 Harbour Family Practice": "Harbour Family Practice",
    "Hospital No: 55252": "",
    "Return to clinic in 2 weeks": "",
    "Name: Ada Obi": "",
    "14 Hospital Road, Enugu": "",
}


@pytest.mark.parametrize("text", PLACES)
def test_the_place_is_the_letterhead(text: str) -> None:
    assert told(text).facility == PLACES[text]


def test_lines_of_medicines_say_nothing_of_people() -> None:
    assert told("Name: Paracetamol\nDr. Meyer's Syrup", frozenset((0, 1))) == Fields()


@given(st.lists(st.text(max_size=80) | st.sampled_from(["Name:", "Date: 1/1", "Dr.", "Age: 5 Sex:", "Hospital"]), max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_the_fields(lines: list[str]) -> None:
    found = fields.read(lines, [0] * len(lines), frozenset())
    assert len(found.patient) <= 80


# ------------------------------------------------------------------------------------------------ the shop's medicines


@pytest.fixture
def db(database_url: str) -> Iterator[PostgresqlDatabase]:
    made = PostgresqlDatabase(database_url, prefer_psycopg3=True)
    yield made
    made.close()


def test_the_index_holds_every_active_medicine_controlled_ones_too(db: PostgresqlDatabase) -> None:
    plain = a_medicine(db, "Amlodipine 5 mg Tablets", genericName="Amlodipine", strength="5 mg", form="Tablet")
    poppy = a_medicine(db, "Morphine 10 mg Tablets", genericName="Morphine", strength="10 mg", form="Tablet")
    medicines = from_database(db)
    assert {p.entry.ref: medicines.controlled(p.entry.ref) for p in medicines.products} == {plain: False, poppy: True}
