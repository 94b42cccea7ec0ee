"""Search over the demo catalogue: what customers write, in five languages and any spelling, and what must find nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import PostgresqlDatabase

from local.seed import catalogue as demo
from models import catalogue
from models.catalogue import Results
from tests.servers import Databases


@pytest.fixture(scope="module")
def db(databases: Databases) -> Iterator[PostgresqlDatabase]:
    """The demo catalogue, once for the module: these tests only read."""
    with databases.fresh() as url:
        made = PostgresqlDatabase(url, prefer_psycopg3=True)
        demo.load(made)
        yield made
        made.close()


def first(db: PostgresqlDatabase, text: str, **given: object) -> str:
    found = catalogue.search(db, text, **given)  # type: ignore[arg-type]
    return found.products[0].name if found.products else ""


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("panadol", "Panadol 500 mg"),
        ("PANADOL EXTRA", "Panadol Extra"),
        ("lonart ds", "Lonart DS"),
        ("amatem forte", "Amatem Forte"),
        ("emzor paracetamol syrup", "Emzor Paracetamol Syrup"),
        ("norvasc 10", "Norvasc 10 mg"),
        ("p-alaxin", "P-Alaxin"),
        ("palaxin", "P-Alaxin"),
        ("m&b vitamin c", "M&B Vitamin C"),
        ("septrin tabs", "Septrin"),
        ("pánadòl", "Panadol 500 mg"),
    ],
)
def test_a_brand_brings_that_brand_first(db: PostgresqlDatabase, text: str, start: str) -> None:
    found = catalogue.search(db, text)

    assert found.products[0].name.startswith(start)
    assert found.matched_by == "name"


@pytest.mark.parametrize(
    ("text", "start", "corrected"),
    [
        ("paracitamol", "Paracetamol", "paracetamol"),
        ("agumentin", "Augmentin", "augmentin"),
        ("flagil", "Flagyl", "flagyl"),
        ("ampicloks", "Ampiclox", "ampiclox"),
        ("lonat", "Lonart", "lonart"),
        ("glucofage", "Glucophage", "glucophage"),
        ("para cetamol", "Paracetamol", "paracetamol"),
    ],
)
def test_a_slip_is_mended_and_said(db: PostgresqlDatabase, text: str, start: str, corrected: str) -> None:
    found = catalogue.search(db, text)

    assert found.products[0].name.startswith(start)
    assert found.corrected == corrected


@pytest.mark.parametrize(
    ("text", "substance"),
    [
        ("acetaminophen", "Paracetamol"),
        ("tylenol", "Paracetamol"),
        ("advil", "Ibuprofen"),
        ("albuterol", "Salbutamol"),
        ("prilosec", "Omeprazole"),
        ("co-trimoxazole", "Sulfamethoxazole"),
        ("glyburide", "Glibenclamide"),
        ("vit c", "Ascorbic acid"),
        ("ors", "Oral rehydration salts"),
    ],
)
def test_another_name_of_a_substance_finds_it(db: PostgresqlDatabase, text: str, substance: str) -> None:
    assert catalogue.search(db, text).products[0].generic.startswith(substance)


def test_the_strength_asked_for_stands_first(db: PostgresqlDatabase) -> None:
    for text in ("amlodipine 10mg", "amlodipine 10 mg", "amlodipine 10"):
        products = catalogue.search(db, text).products
        assert [p.strength for p in products[:3]] == ["10 mg"] * 3, text


def test_one_substance_alone_comes_before_its_combinations(db: PostgresqlDatabase) -> None:
    found = catalogue.search(db, "paracetamol", limit=50)
    alone = ["; " not in p.generic for p in found.products]

    assert alone == sorted(alone, reverse=True)
    assert not all(alone)


def test_the_form_asked_for_stands_first(db: PostgresqlDatabase) -> None:
    assert "Suspension" in catalogue.search(db, "albendazole syrup").products[0].form
    assert catalogue.search(db, "clotrimazole cream").products[0].form == "Cream"


@pytest.mark.parametrize(
    ("text", "substance"),
    [
        ("i get malaria", "Artemether"),
        ("oogun iba", "Artemether"),
        ("ogwu iba", "Artemether"),
        ("maganin zazzabin cizon sauro", "Artemether"),
        ("my head dey pain me", "Paracetamol"),
        ("ciwon kai", "Paracetamol"),
        ("orí fífọ́", "Paracetamol"),
        ("isi ọwụwa", "Paracetamol"),
        ("belle dey run", "Oral rehydration"),
        ("gudawa", "Oral rehydration"),
        ("afọ ọsịsa", "Oral rehydration"),
        ("medicine wey dey kill worm", "Albendazole"),
        ("tsutsa", "Albendazole"),
        ("hawan jini", "Amlodipine"),
        ("ẹ̀jẹ̀ ríru", "Amlodipine"),
        ("sugar drug", "Metformin"),
        ("ringworm", "Clotrimazole"),
    ],
)
def test_a_symptom_in_any_of_five_languages_opens_its_shelf(db: PostgresqlDatabase, text: str, substance: str) -> None:
    found = catalogue.search(db, text)

    assert found.matched_by == "symptom"
    assert found.products[0].generic.startswith(substance)


@pytest.mark.parametrize(
    "text", ["pain", "cough", "cold and catarrh", "malaria", "diabetes medicine", "antibiotics", "sleepless"]
)
def test_a_symptom_never_brings_what_needs_a_hand_or_a_watch(db: PostgresqlDatabase, text: str) -> None:
    products = catalogue.search(db, text, limit=50).products
    medicines = [p for p in products if p.kind == "medicine"]

    assert medicines
    assert {p.control for p in products} == {"none"}
    assert not [p.name for p in products if "injection" in p.form.lower() or "infusion" in p.form.lower()]
    needs_paper = [p.prescription_only for p in medicines]
    assert needs_paper == sorted(needs_paper), "over the counter first"


def test_medicine_for_a_child_comes_as_syrup_or_drops(db: PostgresqlDatabase) -> None:
    for text in ("fever medicine for baby", "fever drug for my pikin"):
        assert catalogue.search(db, text).products[0].form in ("Syrup", "Drops", "Suspension"), text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("bp machine", "Blood Pressure"),
        ("condoms", "Condom"),
        ("pampers", "Diaper"),
        ("something to check sugar: glucometer", "Glucometer"),
        ("pregnancy test", "Pregnancy"),
        ("cotton wool", "Cotton"),
        ("thermometre", "Thermometer"),
        ("gold circle", "Gold Circle"),
        ("evening primrose", "Evening Primrose"),
        ("blood tonic", "Tonic"),
    ],
)
def test_the_word_for_a_thing_finds_it(db: PostgresqlDatabase, text: str, word: str) -> None:
    assert word in first(db, text)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("abeg una get ampiclox?", "Ampiclox"),
        ("good morning, price of lonart", "Lonart"),
        ("wetin be the price of flagyl", "Flagyl"),
        ("i want to buy 2 packs of amatem forte and vitamin c", "Amatem Forte"),
        ("please do you have ventolin (blue inhaler)", "Ventolin Inhaler"),
        ("how much be augmentin 625 x2", "Augmentin 625"),
    ],
)
def test_a_chatty_sentence_is_read_for_what_it_asks(db: PostgresqlDatabase, text: str, start: str) -> None:
    assert first(db, text).startswith(start)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "?", "!!!", "👍", "1", "12345", "hello", "thank you", "how are you", "good morning", "jollof rice", "bag of rice",
        "who won the match", "black shoes size 43", "iphone charger", "talk to an agent", "my payment failed", "where is my order",
        "cold beer", "na gode", "e se", "daalu", "08031234567", "the", "tell me a joke", "uber to the airport", "human hair wig",
    ],
)  # fmt: skip
def test_what_is_no_product_finds_nothing(db: PostgresqlDatabase, text: str) -> None:
    assert catalogue.search(db, text) == Results()


@pytest.mark.parametrize(
    "text", ["tramadol", "tramol 100", "valium 5mg", "codeine cough syrup", "benylin with codeine", "lexotan", "abeg diazepam"]
)
def test_a_controlled_medicine_stands_first_with_its_flag(db: PostgresqlDatabase, text: str) -> None:
    found = catalogue.search(db, text)

    assert found.controlled
    assert found.products[0].control == "controlled"
    assert found.products[0].prescription_only


@pytest.mark.parametrize("text", ["morphine", "xanax", "rohypnol"])
def test_a_controlled_name_is_flagged_even_if_the_shop_lists_none(db: PostgresqlDatabase, text: str) -> None:
    assert catalogue.search(db, text).controlled


def test_watched_medicines_need_a_pharmacist_whatever_class_the_list_says(db: PostgresqlDatabase) -> None:
    product = catalogue.search(db, "benylin dry cough").products[0]

    assert (product.control, product.prescription_only) == ("watch", True)


@pytest.mark.parametrize(
    "text", ["A3-999010", "a3 999010", "a3–999010", "A3999010", "NAFDAC no. A3-999010?", "nafdac number: a3 - 999010"]
)
def test_a_register_number_is_found_in_every_written_form(db: PostgresqlDatabase, text: str) -> None:
    found = catalogue.search(db, text)

    assert (found.matched_by, [p.name for p in found.products]) == ("number", ["Digital Thermometer"])


def test_pages_follow_on_without_gap_or_repeat(db: PostgresqlDatabase) -> None:
    whole = catalogue.search(db, "tablet for pain", limit=50)
    pages = [catalogue.search(db, "tablet for pain", limit=5, offset=start) for start in range(0, 30, 5)]

    assert [p.ref for page in pages for p in page.products] == [p.ref for p in whole.products[:30]]
    assert {page.total for page in pages} == {whole.total}
    assert catalogue.search(db, "panadol", offset=5000).products == ()


def test_in_stock_comes_before_out_of_stock_among_equals(db: PostgresqlDatabase) -> None:
    stocked = [p.in_stock for p in catalogue.search(db, "artemether lumefantrine 80 480 tablet", limit=5).products]

    assert stocked == sorted(stocked, reverse=True)
    assert not all(stocked)


def test_a_kind_keeps_the_two_shelves_apart(db: PostgresqlDatabase) -> None:
    assert {p.kind for p in catalogue.search(db, "insulin", kind="medicine", limit=20).products} == {"medicine"}
    assert {p.kind for p in catalogue.search(db, "insulin", kind="health", limit=20).products} == {"health"}


@pytest.mark.parametrize(
    "text", ["%", "_", "%%%", "pana%", "' OR 1=1 --", "\\", "panadol'; DROP TABLE products", "'panadol':A & !x", "\x00panadol"]
)
def test_signs_of_other_languages_are_only_signs(db: PostgresqlDatabase, text: str) -> None:
    found = catalogue.search(db, text)

    assert found.total < 20


@pytest.mark.parametrize("piece", ["a", "paracetamol ", "é", "1", "mg 5 ", "x' | ", "\u202e", "\ufdfa"])
def test_a_text_of_64_kilobytes_costs_nothing(db: PostgresqlDatabase, piece: str) -> None:
    catalogue.search(db, "warm")
    began = time.process_time()
    catalogue.search(db, (piece * 65536)[:65536])

    assert time.process_time() - began < 0.5


words = st.sampled_from(
    ["panadol", "flagil", "malaria", "ciwon", "500", "mg", "for", "pikin", "rice", "A4-1234", "x2", "and", "codeine", "b12", "’"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(st.text(max_size=300), st.lists(words, max_size=60).map(" ".join)),
    limit=st.integers(-3, 200),
    offset=st.integers(-3, 10**9),
)
def test_any_text_gives_a_bounded_page_and_the_same_one_twice(db: PostgresqlDatabase, text: str, limit: int, offset: int) -> None:
    found = catalogue.search(db, text, limit=limit, offset=offset)

    assert len(found.products) <= max(0, min(limit, 50))
    assert found.matched_by in ("name", "generic", "symptom", "number", "none")
    assert found == catalogue.search(db, text, limit=limit, offset=offset)


def test_a_search_is_one_statement(db: PostgresqlDatabase) -> None:
    catalogue.search(db, "warm")
    said: list[str] = []

    class Counting:
        """The same database, which writes down what it is asked."""

        database, connect_params = db.database, db.connect_params

        def execute_sql(self, sql: str, params: object = None) -> object:
            said.append(sql)
            return db.execute_sql(sql, params)

    counting = Counting()
    catalogue.search(counting, "paracetamol")  # type: ignore[arg-type]
    loading = len(said)
    for text in ("paracitamol 500mg", "malaria", "thank you"):
        catalogue.search(counting, text)  # type: ignore[arg-type]

    assert len(said) - loading == 3
