"""A pharmacy's own lists of doctors and of lab tests: taken in, taken in again, mended, refused row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import commands
from models import visits
from models.values import Money
from models.visits import agenda, importing
from settings import current
from tests.factories import NOW
from tests.shops import run, shop
from tests.visits_world import a_doctor

__all__ = ["shop"]  # a fixture

DOCTORS = """Doctor,Speciality,City,Fee,Languages,Picture,Time zone,Minutes,Hours,Holidays,Active
Listed Adaora,Cardiologist,Lagos,"₦15,000","English, Igbo",https://pictures.example/a.jpg,,20,"Mon-Fri 09:00-13:00, Sat 10:00-12:00",no,yes
Dr Listed Bem,Dermatology,Online,free,English,,Europe/London,,usual,yes,
"""
TESTS = """name;category;price;sample;takes;result;at home;centre;before
Listed lipid profile;Heart;9500;Blood;15 minutes;24 hours;yes;12 Marina, Lagos;Only water for 10 hours.
Listed ECG;Heart;10000;;30 minutes;same day;no;12 Marina, Lagos;
"""


def doctors(tmp_path: Path, text: str) -> tuple[int, int, int, int]:
    file = tmp_path / "doctors.csv"
    file.write_bytes(text.encode("utf-8-sig"))
    done = importing.doctors(importing.read_csv(file, importing.DOCTOR_HEADINGS))
    return done.added, done.changed, done.unchanged, done.refused


def found(name: str) -> visits.doctor:
    return visits.find(name, limit=1, offset=0, now=NOW).doctors[0]


def test_a_list_of_doctors_is_taken_in_once_and_a_changed_cell_changes_one(tmp_path: Path) -> None:
    first, again = doctors(tmp_path, DOCTORS), doctors(tmp_path, DOCTORS)
    dearer = doctors(tmp_path, DOCTORS.replace("15,000", "16,500"))
    other_hours = doctors(tmp_path, DOCTORS.replace("15,000", "16,500").replace("Sat 10", "Sat 11"))

    assert (first, again, dearer, other_hours) == ((2, 0, 0, 0), (0, 0, 2, 0), (0, 1, 1, 0), (0, 1, 1, 0))
    adaora, bem = found("listed adaora"), found("listed bem")
    assert (adaora.name, adaora.specialty, adaora.fee, adaora.slot_minutes) == (
        "Dr Listed Adaora",
        "Cardiology",
        Money(1_650_000),
        20,
    )
    assert (adaora.languages, adaora.picture) == (("English", "Igbo"), "https://pictures.example/a.jpg")
    assert (bem.zone, bem.fee, bem.slot_minutes) == ("Europe/London", Money(0), 30)
    assert agenda.of(int(adaora.ref[1:]), now=NOW).spans[-1] == (5, 660, 720)
    assert agenda.of(int(bem.ref[1:]), now=NOW).works_holidays


def test_a_doctor_of_the_old_system_is_found_again_and_empty_cells_keep_what_is_there(tmp_path: Path) -> None:
    ref = a_doctor("Dr. Oldlisted Chike", specialty="Neurologist", location="Abuja", fee=7000, languages="Hausa")

    done = doctors(tmp_path, "name,specialty,place,fee,languages,rating\nOldlisted Chike,Neurology,Garki Abuja,,,4.5\n")

    shown = visits.doctor(ref, NOW)
    assert done == (0, 1, 0, 0)
    assert (shown.place, shown.fee, shown.languages, shown.rating) == ("Garki Abuja", Money(700_000), ("Hausa",), 4.5)


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("name", "", "no name"),
        ("specialty", "", "no specialty"),
        ("place", "", "no place"),
        ("fee", "much", "not an amount"),
        ("fee", "-5", "cannot be right"),
        ("fee", "10.005", "cannot be right"),
        ("fee", "NaN", "not an amount"),
        ("picture", "http://plain.example/a.jpg", "https://"),
        ("zone", "Lagos", "no time zone"),
        ("minutes", "4", "5 to 480"),
        ("hours", "9 to 5", "are not like"),
        ("hours", "Mon 09:00-12:00, Mon 11:00-13:00", "overlap"),
        ("hours", "holidays 09:00-12:00", "holidays"),
        ("holidays", "perhaps", "neither yes nor no"),
        ("rating", "six", "from 0 to 5"),
        ("languages", "x" * 300, "slipped"),
    ],
)
def test_a_bad_row_is_refused_with_a_sentence_and_the_others_go_on(column: str, cell: str, sentence: str) -> None:
    good = {"name": "Listed Good", "specialty": "Urology", "location": "Kano"}
    ours = {"place": "location", "fee": "feeKobo", "picture": "imageUrl", "minutes": "slotMinutes", "holidays": "worksHolidays"}

    done = importing.doctors([{**good, ours.get(column, column): cell}, good])

    assert (done.refused, done.added + done.unchanged) == (1, 1)
    assert [problem.row for problem in done.problems] == [1]
    assert sentence in done.problems[0].sentence


@pytest.fixture
def settings_of_its_own() -> Iterator[None]:
    """The command reads its settings anew, and so does whoever comes after it."""
    current.cache_clear()
    yield
    current.cache_clear()


def test_a_list_of_lab_tests_is_taken_in_once_and_told_by_the_command(
    tmp_path: Path, shop: str, settings_of_its_own: None
) -> None:
    file = tmp_path / "tests.csv"
    file.write_text(TESTS, encoding="utf-8")
    environment = {"DATABASE_URL": shop, "REDIS_URL": "redis://127.0.0.1:1/0"}

    first = CliRunner().invoke(commands, ["care", "tests", str(file)], env=environment)
    file.write_text(TESTS.replace("10000", "dear") + "Listed new one;Heart;;;;;;;\n", encoding="utf-8")
    second = CliRunner().invoke(commands, ["care", "tests", str(file)], env=environment)

    assert (first.exit_code, first.output) == (0, "2 added, 0 changed, 0 as they were, 0 refused.\n")
    assert second.exit_code == 1
    assert second.output.splitlines()[-1] == "0 added, 0 changed, 1 as they were, 2 refused."
    assert "row 3: A new lab test needs a price." in second.output
    lipid = visits.tests("listed lipid", limit=1, offset=0).tests[0]
    assert (lipid.price, lipid.home, lipid.preparation) == (Money(950_000), True, "Only water for 10 hours.")


def test_a_file_without_names_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("fee,place\n5000,Lagos\n", encoding="utf-8")

    with pytest.raises(ValueError, match='Call one of them "name"'):
        list(importing.read_csv(file, importing.DOCTOR_HEADINGS))


def test_headings_are_columns_that_there_are() -> None:
    made = {
        name
        for (name,) in run(
            "SELECT column_name FROM information_schema.columns WHERE table_name IN ('doctors', 'diagnostic_tests')"
        )
    }

    assert {*importing.DOCTOR_HEADINGS, *importing.TEST_HEADINGS} - {"hours"} <= made
