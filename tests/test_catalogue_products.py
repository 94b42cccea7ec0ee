"""Products by reference, lists, equivalents, and an index that follows whoever writes the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from peewee import PostgresqlDatabase

from models import catalogue, migrating
from models.catalogue import vocabulary
from models.values import Money


@pytest.fixture
def db(database_url: str) -> Iterator[PostgresqlDatabase]:
    made = PostgresqlDatabase(database_url, prefer_psycopg3=True)
    yield made
    made.close()


def a_medicine(db: PostgresqlDatabase, name: str, *, price: float = 100.0, stock: int | None = 5, **columns: object) -> str:
    """A medicine as the old system writes it, with any of the new columns beside; its reference."""
    given = {"name": name, "category": "Medicines", "price": price, "stock": stock, **columns}
    named, values = ", ".join(f'"{column}"' for column in given), list(given.values())
    (number,) = db.execute_sql(
        f'INSERT INTO products ({named}, "createdAt", "updatedAt") VALUES ({", ".join(["%s"] * len(values))}, now(), now()) RETURNING id',
        values,
    ).fetchone()
    return f"m{number}"


def a_health_product(db: PostgresqlDatabase, name: str, **columns: object) -> str:
    given = {"name": name, "category": "Devices", "price": 100.0, "stock": 5, **columns}
    named, values = ", ".join(f'"{column}"' for column in given), list(given.values())
    (number,) = db.execute_sql(
        f'INSERT INTO healthcare_products ({named}, "createdAt", "updatedAt") '
        f"VALUES ({', '.join(['%s'] * len(values))}, now(), now()) RETURNING id",
        values,
    ).fetchone()
    return f"h{number}"


def names(db: PostgresqlDatabase, text: str) -> list[str]:
    vocabulary._held.clear()  # renewal of the vocabulary is paced; its own test is below
    return [product.name for product in catalogue.search(db, text).products]


def test_a_thermometer_never_becomes_insulin(db: PostgresqlDatabase) -> None:
    insulin, thermometer = a_medicine(db, "Insulin"), a_health_product(db, "Thermometer")
    assert insulin[1:] == thermometer[1:]

    assert catalogue.get(db, insulin).name == "Insulin"  # type: ignore[union-attr]
    assert catalogue.get(db, thermometer).name == "Thermometer"  # type: ignore[union-attr]
    assert set(catalogue.find_by_ref(db, [thermometer, insulin, "m999"])) == {insulin, thermometer}


@pytest.mark.parametrize("ref", ["", "12", "x1", "m", "m0", "m-1", "m1 ", "m99999999999", "h2147483648", "M1", "m١", "m1; DROP"])
def test_what_is_no_reference_finds_nothing(db: PostgresqlDatabase, ref: str) -> None:
    a_medicine(db, "Panadol")

    assert catalogue.get(db, ref) is None


def test_money_is_whole_kobo_whatever_the_old_column_holds(db: PostgresqlDatabase) -> None:
    ref, free = a_medicine(db, "Panadol", price=1250.1), a_medicine(db, "Unpriced", price=0)

    assert catalogue.get(db, ref).price == Money(125_010)  # type: ignore[union-attr]
    assert catalogue.get(db, free).price is None  # type: ignore[union-attr]


def test_a_medicine_of_unknown_class_needs_a_prescription_and_a_health_product_does_not(db: PostgresqlDatabase) -> None:
    unknown, free, device = a_medicine(db, "Old"), a_medicine(db, "New", saleClass="otc"), a_health_product(db, "Belt")

    assert [catalogue.get(db, ref).prescription_only for ref in (unknown, free, device)] == [True, False, False]  # type: ignore[union-attr]


def test_a_row_of_the_old_system_is_recognised_as_controlled_by_its_name_alone(db: PostgresqlDatabase) -> None:
    ref = a_medicine(db, "Tramadol 50mg caps", saleClass="otc")
    product = catalogue.get(db, ref)

    assert product is not None
    assert (product.control, product.prescription_only) == ("controlled", True)
    assert catalogue.search(db, "tramadol").controlled


def test_the_index_follows_every_write(db: PostgresqlDatabase) -> None:
    ref = a_medicine(db, "Panadol")
    assert names(db, "panadol") == ["Panadol"]

    db.execute_sql("UPDATE products SET name = 'Amoxil' WHERE id = %s", (ref[1:],))
    assert (names(db, "panadol"), names(db, "amoxil")) == ([], ["Amoxil"])

    db.execute_sql('UPDATE products SET "isActive" = false WHERE id = %s', (ref[1:],))
    assert names(db, "amoxil") == []
    assert catalogue.get(db, ref).active is False  # type: ignore[union-attr]

    db.execute_sql('UPDATE products SET "isActive" = true WHERE id = %s', (ref[1:],))
    assert names(db, "amoxil") == ["Amoxil"]
    db.execute_sql("DELETE FROM products WHERE id = %s", (ref[1:],))
    assert names(db, "amoxil") == []
    assert catalogue.get(db, ref) is None


def test_veterinary_products_are_never_offered(db: PostgresqlDatabase) -> None:
    a_medicine(db, "Levamisole Bolus", category="Veterinary", genericName="Levamisole")

    assert names(db, "levamisole") == []


def test_a_sale_moves_the_sold_out_down_and_counts_no_version_up(db: PostgresqlDatabase) -> None:
    sold, kept = a_medicine(db, "Panadol A", stock=1), a_medicine(db, "Panadol B", stock=9)
    assert [p.ref for p in catalogue.search(db, "panadol").products] == [sold, kept]
    before = db.execute_sql("SELECT version FROM catalogue_version").fetchone()

    db.execute_sql("UPDATE products SET stock = stock - 1 WHERE id = %s", (sold[1:],))

    assert [(p.ref, p.in_stock) for p in catalogue.search(db, "panadol").products] == [(kept, True), (sold, False)]
    assert db.execute_sql("SELECT version FROM catalogue_version").fetchone() == before


def test_a_process_hears_of_new_names_with_its_next_search(db: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "LOAD_SHARE", 1000.0)  # renewal as often as wanted: the pace is not what is tested
    a_medicine(db, "Panadol")
    assert catalogue.search(db, "zorbitrex").products == ()

    a_medicine(db, "Zorbitrex")

    assert [p.name for p in catalogue.search(db, "zorbitrex").products] == ["Zorbitrex"]
    assert [p.name for p in catalogue.search(db, "zorbitreks").products] == ["Zorbitrex"]


def test_lists_hold_what_can_be_sold_in_stock_first(db: PostgresqlDatabase) -> None:
    a_medicine(db, "B", category="Pain")
    a_medicine(db, "A", category="Pain", stock=0)
    a_medicine(db, "C", category="Malaria")
    a_medicine(db, "Off", category="Gone", isActive=False)
    a_medicine(db, "Diazepam", category="Never")

    page, total = catalogue.browse(db, "medicine", limit=2)
    assert ([p.name for p in page], total) == (["B", "C"], 3)
    assert [p.name for p in catalogue.browse(db, "medicine", "pain")[0]] == ["B", "A"]
    assert catalogue.categories(db, "medicine") == ("Malaria", "Pain")
    assert catalogue.browse(db, "health") == ((), 0)


def test_equivalents_are_of_the_same_substance_and_strength_and_in_stock(db: PostgresqlDatabase) -> None:
    same = {"genericName": "Amlodipine (Amlodipine Besilate)", "strength": "5 mg", "form": "Tablet"}
    asked = a_medicine(db, "Norvasc", stock=0, **same)
    other = a_medicine(db, "Amlovar", **{**same, "genericName": "Amlodipine"})
    a_medicine(db, "Amlo Ten", **{**same, "strength": "10 mg"})
    a_medicine(db, "Exforge", **{**same, "genericName": "Amlodipine; Valsartan"})
    a_medicine(db, "Sold out", stock=0, **same)

    assert [p.ref for p in catalogue.equivalents(db, asked)] == [other]
    assert catalogue.equivalents(db, a_medicine(db, "Unknown substance")) == ()
    assert catalogue.equivalents(db, "h1") == ()


def test_the_index_bears_the_old_programs_removal_of_our_columns(db: PostgresqlDatabase) -> None:
    for column in ("genericName", "saleClass", "control", "registrationNumber", "importKey"):
        db.execute_sql(f'ALTER TABLE products DROP COLUMN "{column}"')

    db.execute_sql(
        "INSERT INTO products (name, category, price, \"createdAt\", \"updatedAt\") VALUES ('Old', 'x', 1, now(), now())"
    )
    db.execute_sql("UPDATE products SET stock = 4")

    assert db.execute_sql('SELECT "sortName", "inStock" FROM catalogue_entries').fetchall() == [("old", True)]


def test_rolling_back_and_applying_again_keeps_what_was_known(database_url: str, db: PostgresqlDatabase) -> None:
    ref = a_medicine(db, "Panadol", genericName="Paracetamol", strength="500 mg", saleClass="otc")
    a_health_product(db, "Belt", manufacturer="Flamingo")
    before = catalogue.get(db, ref)
    db.close()
    applied = migrating.status(database_url).applied
    steps = len(applied) - applied.index("005_add_catalogue_search")

    migrating.rollback(database_url, steps)
    assert db.execute_sql("SELECT to_regclass('catalogue_entries')").fetchone() == (None,)
    db.execute_sql("UPDATE products SET stock = 7")  # the old program goes on
    db.close()
    migrating.migrate(database_url)

    assert catalogue.get(db, ref) == replace(before, stock=7)  # type: ignore[type-var]
    assert names(db, "flamingo belt") == ["Belt"]
