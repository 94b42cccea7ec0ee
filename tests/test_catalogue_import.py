"""A pharmacy's own list: what is cleaned, what is refused with which sentence, and that the same list twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peewee import PostgresqlDatabase

from local.seed import __main__ as seed
from local.seed import catalogue as demo
from models import catalogue
from models.catalogue.importing import cleaned, import_rows, read_csv
from models.catalogue.registration import BadNumber, compact_of, normal
from models.values import Money


@pytest.fixture
def db(database_url: str) -> Iterator[PostgresqlDatabase]:
    made = PostgresqlDatabase(database_url, prefer_psycopg3=True)
    yield made
    made.close()


def sentence(db: PostgresqlDatabase, **row: str) -> str:
    """Why a row is refused; "" when it is taken in."""
    done = import_rows(db, [{"name": "Panadol", "price": "100", **row}])
    return next((problem.sentence for problem in done.problems if problem.refused), "")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("A4-1234", "A4-1234"), ("a11 - 0123", "A11-0123"), ("04–2045", "04-2045"), ("O4-2045", "04-2045"), ("B4—100786", "B4-100786"),
     (" 04-12345L ", "04-12345L")],
)  # fmt: skip
def test_a_register_number_is_written_as_the_register_does(written: str, kept: str) -> None:
    assert normal(written) == kept


@pytest.mark.parametrize(
    "written", ["Apr-53", "4-Apr", "04-Apr-2053", "4/1/9087", "2053-04-01", "2053-04-01 00:00:00", "Sept 2045"]
)
def test_a_date_in_place_of_a_register_number_is_refused_with_what_to_do(db: PostgresqlDatabase, written: str) -> None:
    assert "Format the column as text" in sentence(db, registration=written)


@pytest.mark.parametrize("written", ["BA-0906", "Oral", "9 X 9MLS", "A4-12", "A4-1234567"])
def test_what_is_no_register_number_is_refused(db: PostgresqlDatabase, written: str) -> None:
    assert "is not a NAFDAC number" in sentence(db, registration=written)


@given(st.text(max_size=40))
def test_no_text_makes_the_number_reader_fail(text: str) -> None:
    assert compact_of(text) == compact_of(text).upper()
    try:
        kept = normal(text)
    except BadNumber:
        kept = "A4-1234"
    assert normal(kept) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("AG Spironolactone##", "AG Spironolactone"),
        ("Dolburg 50**", "Dolburg 50"),
        ("Koldrin-D Cough Syrup (Adult)_ (strength confirmation needed)", "Koldrin-D Cough Syrup (Adult)"),
        ("Emzor (duplicate in published)", "Emzor"),
        ("Children&039;s Panadol", "Children's Panadol"),
        ("Children&#039;s Panadol", "Children's Panadol"),
        ("M&amp;B\xa0Paracetamol(R)", "M&B Paracetamol"),
        ("  Two   spaces ", "Two spaces"),
    ],
)
def test_editors_notes_and_broken_signs_leave_a_name(written: str, kept: str) -> None:
    assert cleaned(written) == kept


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"name": ""}, "no product name"),
        ({"name": "x" * 300}, "longer than 255"),
        ({"price": "abc"}, "not an amount"),
        ({"price": "-5"}, "cannot be right"),
        ({"price": "Infinity"}, "cannot be right"),
        ({"price": "1.005"}, "parts of a kobo"),
        ({"stock": "-1"}, "whole number"),
        ({"stock": "2.5"}, "whole number"),
        ({"stock": "many"}, "not a number"),
        ({"class": "maybe"}, "write OTC or POM"),
        ({"control": "very"}, "write controlled, watch"),
        ({"active": "perhaps"}, "write yes or no"),
        ({"kind": "toy"}, "write medicine or health"),
        ({"expires": "soon"}, "2027-12-31"),
    ],
)
def test_a_wrong_cell_is_refused_with_a_sentence(db: PostgresqlDatabase, row: dict[str, str], part: str) -> None:
    assert part in sentence(db, **row)
    assert db.execute_sql("SELECT count(*) FROM products").fetchone() == (0,)


@pytest.mark.parametrize(
    ("written", "kobo"), [("1250", 125_000), ("₦1,250.50", 125_050), ("N900", 90_000), ("1.5k", 150_000), ("#2k", 200_000)]
)
def test_a_price_is_read_as_people_write_it(db: PostgresqlDatabase, written: str, kobo: int) -> None:
    import_rows(db, [{"name": "Panadol", "price": written}])

    assert catalogue.get(db, "m1").price == Money(kobo)  # type: ignore[union-attr]
    assert db.execute_sql("SELECT price FROM products").fetchone() == (kobo / 100,)


def test_a_bad_row_does_not_hold_up_the_good_ones(db: PostgresqlDatabase) -> None:
    done = import_rows(db, [{"name": "A one", "price": "1"}, {"name": "B two", "price": "x"}, {"name": "C three"}])

    assert (done.added, done.refused) == (2, 1)
    assert [(p.row, p.refused) for p in done.problems] == [(2, True), (3, False)]
    assert catalogue.get(db, "m2").price is None  # type: ignore[union-attr]


def test_the_same_list_again_changes_nothing_and_a_new_price_changes_one(db: PostgresqlDatabase) -> None:
    rows = [{"code": str(n), "name": f"Thing {n}", "price": "10", "stock": "3"} for n in range(1200)]
    assert import_rows(db, rows).added == 1200

    again = import_rows(db, rows)
    rows[7]["price"] = "11"
    changed = import_rows(db, rows)

    assert (again.added, again.changed, again.unchanged) == (0, 0, 1200)
    assert (changed.added, changed.changed, changed.unchanged) == (0, 1, 1199)


def test_a_missing_column_keeps_what_is_stored(db: PostgresqlDatabase) -> None:
    import_rows(db, [{"code": "1", "name": "Panadol", "price": "10", "stock": "3", "generic": "Paracetamol"}])
    import_rows(db, [{"code": "1", "name": "Panadol", "stock": "8"}])

    product = catalogue.get(db, "m1")
    assert product is not None
    assert (product.price, product.stock, product.generic) == (Money(1000), 8, "Paracetamol")


def test_two_packs_under_one_register_number_are_two_products(db: PostgresqlDatabase) -> None:
    shared = {"name": "Panadol", "registration": "04-1234", "price": "10"}
    done = import_rows(db, [{**shared, "pack": "1 x 10"}, {**shared, "pack": "10 x 10"}])

    assert done.added == 2
    assert catalogue.search(db, "04-1234").total == 2


def test_an_ended_registration_is_remarked_and_shown(db: PostgresqlDatabase) -> None:
    done = import_rows(db, [{"name": "Panadol", "price": "10", "expires": "2020-02-29"}])

    assert "ended on 29/02/2020" in done.problems[0].sentence
    assert catalogue.get(db, "m1").registration_expired  # type: ignore[union-attr]
    assert date(2020, 2, 29) == db.execute_sql('SELECT "registrationExpiresAt" FROM products').fetchone()[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"name,NAFDAC No,Selling Price,klass\nPanadol,04-1234,250,OTC\n",
        "\ufeffName;nrn;price;class\r\nPanadol;04–1234;₦250;OTC\r\n".encode(),
        "Product Name\tReg. No.\tPrice\tSale Class\nPanadol\t04\x961234\t250\totc\n".encode("latin-1"),
    ],
)
def test_a_file_is_read_whatever_program_wrote_it(db: PostgresqlDatabase, tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(raw)

    assert import_rows(db, read_csv(file)).added == 1
    product = catalogue.get(db, "m1")
    assert product is not None
    assert (product.registration_number, product.price, product.prescription_only) == ("04-1234", Money(25_000), False)


def test_a_file_without_names_says_so(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("a,b\n1,2\n")

    with pytest.raises(ValueError, match="No column for the product's name"):
        list(read_csv(file))


def test_the_demo_catalogue_is_whole_quick_and_the_same_twice(database_url: str, db: PostgresqlDatabase) -> None:
    seed.fill(database_url)
    again = demo.load(db)

    assert (again.added, again.changed) == (0, 0)
    medicines, devices = catalogue.browse(db, "medicine")[1], catalogue.browse(db, "health")[1]
    assert medicines > 250
    assert devices > 40
    assert not catalogue.search(db, "04-1234").products
