"""Lab tests by name as people say it, by category, and one by its reference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models import base, visits
from models.values import Money
from tests.servers import Databases
from tests.shops import run

ALL = """
Full Blood Count | Blood | 6000 | Blood
Blood group and genotype | Blood | 4500 | Blood
Malaria parasite test | Infections | 3500 | Blood
Typhoid test (Widal) | Infections | 4000 | Blood
HIV screening | Infections | 4000 | Blood
Hepatitis B (HBsAg) | Infections | 4500 | Blood
Fasting Blood Sugar | Diabetes | 2500.50 | Blood
HbA1c | Diabetes | 12000 | Blood
Lipid profile | Heart | 9500 | Blood
Kidney function (E/U/Cr) | Kidney and liver | 10000 | Blood
Liver function test | Kidney and liver | 10000 | Blood
Urinalysis | Kidney and liver | 2500 | Urine
Prostate test (PSA) | Men | 9000 | Blood
Chest X-ray | Imaging | 12000 | None
Abdominal ultrasound | Imaging | 15000 | None
"""


@pytest.fixture(scope="module", autouse=True)
def laboratory(databases: Databases) -> Iterator[None]:
    """Tests as version 1.x wrote them."""
    with databases.fresh() as url:
        base.bind(url)
        for line in ALL.strip().splitlines():
            name, category, price, sample = (part.strip() for part in line.split("|"))
            run(
                """INSERT INTO diagnostic_tests (name, category, price, "sampleType", "collectionTime", "resultTime", "labPartner",
                       "createdAt", "updatedAt") VALUES (%s, %s, %s::float8, %s, '15 minutes', '24 hours', 'Sample Lab 1', now(), now())""",
                *(name, category, price, sample),
            )
        run("""UPDATE diagnostic_tests SET "isActive" = false WHERE name = 'HIV screening'""")
        yield
        base.drop_connection()


def found(query: str = "", category: str = "", *, limit: int = 20, offset: int = 0) -> list[str]:
    return [each.name for each in visits.tests(query, category, limit=limit, offset=offset).tests]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("malaria test", "Malaria parasite test"),
        ("malria", "Malaria parasite test"),
        ("MP test", "Malaria parasite test"),
        ("sugar test", "Fasting Blood Sugar"),
        ("fasting sugar", "Fasting Blood Sugar"),
        ("FBS", "Fasting Blood Sugar"),
        ("fbc", "Full Blood Count"),
        ("pcv", "Full Blood Count"),
        ("full blod count", "Full Blood Count"),
        ("cholesterol", "Lipid profile"),
        ("cholestrol test", "Lipid profile"),
        ("widal", "Typhoid test (Widal)"),
        ("genotype", "Blood group and genotype"),
        ("x-ray", "Chest X-ray"),
        ("xray", "Chest X-ray"),
        ("scan", "Abdominal ultrasound"),
        ("hepatitis", "Hepatitis B (HBsAg)"),
        ("LFT", "Liver function test"),
        ("kidney", "Kidney function (E/U/Cr)"),
        ("urine", "Urinalysis"),
        ("psa", "Prostate test (PSA)"),
        ("i wan do test for malaria abeg", "Malaria parasite test"),
    ],
)
def test_people_find_the_test_they_mean(query: str, first: str) -> None:
    assert found(query)[0] == first


@pytest.mark.parametrize("query", ["zebra", "hiv", "???", "'; DROP TABLE"])
def test_nothing_is_found_for_what_is_not_offered(query: str) -> None:
    assert found(query) == []


def test_a_word_of_many_tests_finds_all_that_have_it_in_their_name_first() -> None:
    assert set(found("blood")[:3]) == {"Full Blood Count", "Fasting Blood Sugar", "Blood group and genotype"}


def test_every_known_word_must_fit() -> None:
    assert found("liver function")[0] == "Liver function test"
    assert found("malaria genotype") == []


def test_no_words_list_all_by_name_and_a_category_its_own() -> None:
    everything = visits.tests("", limit=5, offset=0)

    assert (everything.total, everything.tests[0].name) == (14, "Abdominal ultrasound")
    assert found("", "diabetes") == ["Fasting Blood Sugar", "HbA1c"]
    assert found("sugar", "Heart") == []
    assert visits.tests("lab test", limit=5, offset=0).total == 14


def test_pages_follow_on() -> None:
    assert found(limit=5) + found(limit=5, offset=5) + found(limit=5, offset=10) == found()


def test_categories_are_counted_without_what_is_no_longer_offered() -> None:
    assert dict(visits.test_categories())["Infections"] == 3


def test_a_test_of_the_old_system_is_shown_as_it_is() -> None:
    shown = visits.tests("fasting", limit=1, offset=0).tests[0]

    assert (shown.price, shown.sample, shown.takes, shown.result_after) == (Money(250_050), "Blood", "15 minutes", "24 hours")
    assert (shown.home, shown.centre, shown.preparation) == (False, "Sample Lab 1", "")
    assert visits.test(shown.ref) == shown


@pytest.mark.parametrize("ref", ["t999999", "d1", "t0", "", "t", "t1 OR true"])
def test_a_reference_of_nothing_gives_nothing(ref: str) -> None:
    assert visits.test(ref) is None


def test_any_text_is_answered() -> None:
    for query in ("x" * 100_000, "\x00", "🧪", "a " * 5000, "%s %(x)s"):
        assert visits.tests(query, limit=1, offset=0).total >= 0
