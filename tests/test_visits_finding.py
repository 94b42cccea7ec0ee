"""Doctors found by what people write: trades, cities and names, shortened, misspelt, in English and Pidgin; ranked, paged, counted."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest

from bench.doctors import ASKED, right
from local.seed import doctors as seed
from models import base, visits
from models.base import connection, db, drop_connection
from models.visits import finding, lexicon, timetables
from models.visits.asking import read
from models.visits.likeness import like
from tests.factories import NOW, a_customer
from tests.servers import Databases
from tests.shops import run
from tests.visits_world import a_doctor, booked
from worker.understanding import care

WHO = """
Amaka Obi | Cardiologist | Lagos | 4.8
Dr. Tunde Bello | Cardiology | Port Harcourt | 4.5
Dr Ngozi Eze | Pediatrician | Port Harcourt | 4.9
Dr Rekiya Abdu | Consultant Paediatrician | Abuja | 4.7
Dr Kunle Hart | General Practitioner | 12 Allen Avenue, Ikeja | 4.0
Dr Musa Ibrahim | Family Medicine | Wuse 2, Abuja | 4.2
Dr Chinwe Okafor | Dermatologist | Abuja | 4.6
Dr Zainab Bello | Dermatologist | Port Harcourt | 4.7
Dr Ada Umeh | Obstetrics & Gynaecology | Lagos Island | 4.6
Prof. Yusuf Lawal | Ophthalmologist | Kano | 4.1
Dr Ife Ajayi | Dentist | Ibadan | 0
Dr Peter Ekong | Orthopedic | Calabar | 3.9
Dr Grace Etim | Herbal Reflexology | Uyo | 4.4
"""


@pytest.fixture(scope="module", autouse=True)
def clinic(databases: Databases) -> Iterator[str]:
    """A database with the doctors above; tests that add some remove them."""
    with databases.fresh() as url:
        base.bind(url)
        for line in WHO.strip().splitlines():
            name, specialty, place, rating = (part.strip() for part in line.split("|"))
            a_doctor(name, specialty=specialty, location=place, rating=float(rating))
        yield url
        drop_connection()


@pytest.fixture
def extra() -> Iterator[None]:
    """What a test adds goes again."""
    (last,) = run("SELECT max(id) FROM doctors")[0]
    yield
    run("DELETE FROM doctors WHERE id > %s", last)


def found(words: str = "", specialty: str = "", place: str = "", *, limit: int = 20, offset: int = 0) -> list[str]:
    return [each.name for each in visits.find(words, specialty, place, limit=limit, offset=offset, now=NOW).doctors]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("heart doctor in ph", ["Dr Tunde Bello"]),
        ("pikin doctor", ["Dr Ngozi Eze", "Dr Rekiya Abdu"]),
        ("dr amaka", ["Dr Amaka Obi"]),
        ("skin doctor abj", ["Dr Chinwe Okafor"]),
        ("cardiologst in lag", ["Dr Amaka Obi"]),
        ("hart doctor", ["Dr Amaka Obi", "Dr Tunde Bello"]),
        ("dr hart", ["Dr Kunle Hart"]),
        ("dr amka", ["Dr Amaka Obi"]),
        ("ngozi", ["Dr Ngozi Eze"]),
        ("dr ngosi", ["Dr Ngozi Eze"]),
        ("chin", ["Dr Chinwe Okafor"]),
        ("dr bello", ["Dr Zainab Bello", "Dr Tunde Bello"]),
        ("dr bello heart", ["Dr Tunde Bello"]),
        ("dr bello port harcourt skin", ["Dr Zainab Bello"]),
        ("I wan see woman doctor for lagos abeg", ["Dr Ada Umeh"]),
        ("likitan ido", ["Prof Yusuf Lawal"]),
        ("teeth doctor ib", ["Dr Ife Ajayi"]),
        ("bone dokita", ["Dr Peter Ekong"]),
        ("gp in ikeja", ["Dr Kunle Hart"]),
        ("family doctor abuja", ["Dr Musa Ibrahim"]),
        ("doctor in FCT", ["Dr Rekiya Abdu", "Dr Chinwe Okafor", "Dr Musa Ibrahim"]),
        ("doctor in Port-Harcourt", ["Dr Ngozi Eze", "Dr Zainab Bello", "Dr Tunde Bello"]),
        ("reflexology", ["Dr Grace Etim"]),
        ("heart doctor wey sabi work", ["Dr Amaka Obi", "Dr Tunde Bello"]),
        ("Dr Amaka Okonkwo", ["Dr Amaka Obi"]),
        ("dr ọbí", ["Dr Amaka Obi"]),
        ("dr ife", ["Dr Ife Ajayi"]),
        ("doctor in ife", []),
    ],
)
def test_people_find_whom_they_mean(words: str, names: list[str]) -> None:
    assert found(words) == names


@pytest.mark.parametrize(
    "words",
    [
        "dr zebedee",
        "dentist in jos",
        "paracetamol for baby",
        "heart doctor in maiduguri",
        "qwertyuiop",
        "'; DROP TABLE doctors; --",
        "7",
        "tomorrow",
        "???",
        "good morning",
    ],
)
def test_nobody_is_found_for_what_nobody_is_or_does(words: str) -> None:
    assert found(words) == []


@pytest.mark.parametrize("words", ["", "   ", "doctor", "likita", "i need a doctor please tomorrow"])
def test_who_asks_for_any_doctor_gets_all_of_them(words: str) -> None:
    assert visits.find(words, limit=5, offset=0, now=NOW).total == len(WHO.strip().splitlines())


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (("", "cardiology", "lagos"), ["Dr Amaka Obi"]),
        (("", "Cardiology", "ph"), ["Dr Tunde Bello"]),
        (("", "cardilogy", "port harcort"), ["Dr Tunde Bello"]),
        (("", "general practice", "lagos"), ["Dr Kunle Hart"]),
        (("", "general practice", "yaba"), ["Dr Kunle Hart"]),
        (("", "dermatology", "kano"), []),
        (("chinwe", "dermatology", ""), ["Dr Chinwe Okafor"]),
        (("", "Herbal Reflexology", ""), ["Dr Grace Etim"]),
        (("", "witchcraft", ""), []),
        (("", "", "atlantis"), []),
    ],
)
def test_specialty_and_place_must_both_fit(asked: tuple[str, str, str], names: list[str]) -> None:
    assert found(*asked) == names


def test_who_is_exactly_there_comes_before_those_of_the_same_city() -> None:
    assert found("", "", "lagos island")[0] == "Dr Ada Umeh"
    assert set(found("", "", "lagos island")) == {"Dr Ada Umeh", "Dr Amaka Obi", "Dr Kunle Hart"}


def test_any_text_is_answered() -> None:
    for words in ("x" * 100_000, "\x00\x01", "🩺 heart 🩺", "a " * 5000, "%s %(x)s", "\ud7ff\u202e", "lagos " * 50):
        assert visits.find(words, words, "", limit=1, offset=0, now=NOW).total >= 0


def test_doctors_of_the_old_system_look_like_the_others() -> None:
    amaka, ife = (
        visits.find("amaka", limit=1, offset=0, now=NOW).doctors[0],
        visits.find("ife", limit=1, offset=0, now=NOW).doctors[0],
    )

    assert (amaka.name, amaka.specialty, amaka.place, amaka.rating) == ("Dr Amaka Obi", "Cardiology", "Lagos", 4.8)
    assert (amaka.zone, amaka.slot_minutes, amaka.fee.kobo, amaka.languages, amaka.picture) == ("Africa/Lagos", 30, 0, (), "")
    assert ife.rating is None  # nobody rated


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Dr. Amaka Obi", "Dr Amaka Obi"),
        ("DR Amaka  Obi", "Dr Amaka Obi"),
        ("Doctor Amaka Obi", "Dr Amaka Obi"),
        ("Dr. Dr. Amaka Obi", "Dr Amaka Obi"),
        ("Drake Obi", "Dr Drake Obi"),
        ("Prof. Amaka Obi", "Prof Amaka Obi"),
        ("Dr. Prof. Amaka Obi", "Prof Amaka Obi"),
        ("Nurse Joy", "Nurse Joy"),
    ],
)
def test_a_name_has_its_title_once(stored: str, shown: str) -> None:
    assert timetables.shown_name(stored) == shown


def test_specialties_and_places_are_counted_under_one_name_each() -> None:
    trades, cities = dict(visits.specialties()), dict(visits.places())

    assert (trades["Cardiology"], trades["Paediatrics"], trades["General practice"], trades["Herbal Reflexology"]) == (2, 2, 2, 1)
    assert (cities["Lagos"], cities["Abuja"], cities["Port Harcourt"]) == (3, 3, 3)
    assert visits.places("Paediatrics") == (("Abuja", 1), ("Port Harcourt", 1))
    assert visits.places("astrology") == ()


def test_who_takes_no_patients_is_not_found(extra: None) -> None:
    a_doctor("Dr Gone Away", isActive=False)
    a_doctor("Dr On Leave", available=False)

    assert found("dr gone") + found("dr leave") == []


# ------------------------------------------------------------------------------------------------------- order and pages


def test_equals_come_by_the_day_they_are_free_first_and_then_by_rating(extra: None) -> None:
    best, second, last = (
        a_doctor(f"Dr {name} Rankin", rating=rating) for name, rating in (("Uno", 4.9), ("Duo", 4.1), ("Tre", 3.2))
    )
    run(
        'INSERT INTO doctor_days_off ("doctorId", "firstDay", "lastDay", "createdBy", "createdAt") VALUES (%s, %s, %s, %s, now())',
        *(int(best[1:]), date(2026, 11, 20), date(2026, 11, 24), "Bisi"),
    )

    ranked = visits.find("rankin", limit=5, offset=0, now=NOW).doctors

    assert [each.ref for each in ranked] == [second, last, best]
    assert [each.next_free[0].day for each in ranked] == [23, 23, 25]


def test_pages_follow_on_and_know_the_total(extra: None) -> None:
    made = {a_doctor(f"Dr Same Pagely{n}", rating=4.0, location="Jos") for n in range(53)}

    pages = [visits.find("", "", "jos", limit=5, offset=offset, now=NOW) for offset in range(0, 60, 5)]

    assert {page.total for page in pages} == {53}
    assert [len(page.doctors) for page in pages] == [5] * 10 + [3, 0]
    assert {each.ref for page in pages for each in page.doctors} == made
    assert visits.find("", "", "jos", limit=-1, offset=-5, now=NOW).doctors == ()


def test_a_list_shows_the_next_free_times_without_what_others_have(extra: None) -> None:
    ref = a_doctor("Dr Solo Listed")
    booked(a_customer(), ref, NOW + timedelta(hours=1))

    shown = visits.find("listed", limit=1, offset=0, now=NOW).doctors[0]

    assert shown.next_free == tuple(NOW + timedelta(minutes=minutes) for minutes in (90, 120, 150))


# ------------------------------------------------------------------------------------------------------- what is held


def test_every_change_of_a_doctor_is_seen_by_the_next_search(extra: None) -> None:
    ref = a_doctor("Dr Fresh Newcomer")
    seen = [found("newcomer")]
    run("UPDATE doctors SET name = 'Dr Fresh Renamed' WHERE id = %s", int(ref[1:]))
    seen += [found("newcomer"), found("renamed")]
    run("DELETE FROM doctors WHERE id = %s", int(ref[1:]))
    seen += [found("renamed")]

    assert seen == [["Dr Fresh Newcomer"], [], ["Dr Fresh Renamed"], []]


def test_a_process_holds_the_doctors_of_few_databases(databases: Databases, clinic: str) -> None:
    for _ in range(finding.MOST_HELD + 1):
        with databases.fresh() as other:
            base.bind(other)
            assert found("amaka") == []
            drop_connection()
    base.bind(clinic)

    assert found("amaka") == ["Dr Amaka Obi"]
    assert len(finding._held) <= finding.MOST_HELD


@pytest.mark.parametrize("changed", [False, True])
def test_a_search_is_two_statements_however_many_are_found(changed: bool, extra: None) -> None:
    for n in range(30):
        a_doctor(f"Dr Many Counted{n}")
    found("heart doctor")
    if changed:
        a_doctor("Dr One More")
    drop_connection()
    statements: list[str] = []
    real = connection().cursor_factory

    class Counting(real):  # type: ignore[misc, valid-type]
        def execute(self, query: object, *args: object, **more: object) -> psycopg.Cursor:
            statements.append(str(query))
            return super().execute(query, *args, **more)

    connection().cursor_factory = Counting
    visits.find("heart doctor", limit=5, offset=5, now=NOW)
    visits.specialties()
    visits.places("Cardiology")
    drop_connection()

    assert len(statements) == 2 + 1 + 1


# ------------------------------------------------------------------------------------------------------- words


def test_every_specialty_the_understanding_knows_is_one_here() -> None:
    strange = {word: name for word, name in care.SPECIALTY.items() if not lexicon.known_specialty(name)}

    assert not strange


def test_a_word_for_a_trade_stands_under_one_name_and_is_no_word_for_a_place() -> None:
    words = [word for line in lexicon._SPECIALTIES.values() for word in line.split()]

    assert len(words) == len(set(words))
    assert not {(word,) for word in words} & lexicon.cities().keys()


def test_short_words_bear_no_slip_and_long_ones_up_to_three() -> None:
    known = ("eye", "skin", "amaka", "cardiologist")

    assert [like(word, known) for word in ("eya", "skni", "zebra")][::2] == [{}, {}]
    assert like("skni", known).keys() == {"skin"}
    assert like("cadiologyst", known).keys() == {"cardiologist"}
    assert like("amaka", known) == {"amaka": 1.0}


def test_reading_takes_places_of_several_words_before_those_of_one() -> None:
    asked = read("eye doctor in benin city", "", "", (), ())

    assert (asked.specialties, asked.places, asked.words) == (("Ophthalmology",), ("benin city",), ())


# ------------------------------------------------------------------------------------------------------- the demo


def test_the_demo_doctors_are_there_once_and_find_their_way_into_every_list(databases: Databases, clinic: str) -> None:
    with databases.fresh() as url:
        base.bind(url)
        with db.connection_context():
            first, again = seed.load(db), seed.load(db)
            shown = visits.find("", limit=50, offset=0, now=NOW)
            trades, cities = visits.specialties(), visits.places()
            tests = visits.tests("", limit=50, offset=0)
        drop_connection()
    base.bind(clinic)

    assert (first, again) == ((30, 25), (0, 0))
    assert (shown.total, len(trades), tests.total) == (30, 12, 25)
    assert len([city for city, _ in cities if city != "Online"]) >= 8
    assert all(each.next_free for each in shown.doctors)
    assert {name for name, _ in trades} <= set(lexicon.SPECIALTY.values())


def test_of_what_people_write_nineteen_in_twenty_find_the_demo_doctors_they_mean(databases: Databases, clinic: str) -> None:
    asked = list(csv.DictReader(ASKED.read_text("utf-8").splitlines()))
    with databases.fresh() as url:
        base.bind(url)
        with db.connection_context():
            seed.load(db)
            wrong = [row["query"] for row in asked if not right(row)]
        drop_connection()
    base.bind(clinic)

    assert len(wrong) <= len(asked) // 20, wrong


def test_hours_of_the_demo_are_read_day_by_day() -> None:
    assert seed.spans("Mon, Wed 09:00-15:00, Sat 10:00-12:30") == [(0, 540, 900), (2, 540, 900), (5, 600, 750)]
    with pytest.raises(ValueError, match="days without times"):
        seed.spans("Mon, Tue")
