"""The steps to version 2.0.0 and to whole kobo, up and down on the old system's data, with the old program still writing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.migrating import CannotMigrate, migrate, rollback, status
from models.values import Money
from tests.servers import Databases
from tests.taken_over import At, shape

MONEY = {
    "products": ("price", "priceKobo"),
    "healthcare_products": ("price", "priceKobo"),
    "diagnostic_tests": ("price", "priceKobo"),
    "carts": ("price", "priceKobo"),
    "order_items": ("price", "priceKobo"),
    "orders": ("totalAmount", "totalKobo"),
    "diagnostic_bookings": ("totalAmount", "totalKobo"),
}
OLD_TABLES = sorted(
    {*MONEY, "users", "doctors", "support_teams", "otps", "prescriptions", "sessions", "appointments"}
    | {"support_chats", "support_ratings"}
)
INDEXES = {
    "idx_prescriptions_extraction_status",
    "idx_prescriptions_verification_status",
    "idx_sessions_phone_number_state",
    "idx_sessions_last_activity",
    "idx_orders_user_status",
    "idx_appointments_user_date",
}
A_PRODUCT = """
INSERT INTO products (name, category, {0}, "createdAt", "updatedAt") VALUES ('x', 'y', {1}, now(), now()) RETURNING id
"""


@pytest.fixture
def url(old_database_url: str) -> str:
    return old_database_url


@pytest.fixture
def url_at_003(databases: Databases, old_at: At) -> Iterator[str]:
    """The old system's data with whole kobo beside it."""
    with databases.copy(old_at("003")) as url:
        yield url


@pytest.fixture
def at_003(url_at_003: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url_at_003, autocommit=True) as made:
        yield made


def rows(url: str, columns: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Every row of the old tables as PostgreSQL writes it; `columns` limits what is looked at."""
    with psycopg.connect(url, autocommit=True) as connection:
        wanted = {table: ", ".join(columns[table]) if columns else "*" for table in OLD_TABLES}
        return {table: connection.execute(f"SELECT {what} FROM {table} ORDER BY id").fetchall() for table, what in wanted.items()}


def old_columns(url: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {table: [] for table in OLD_TABLES}
    for kind, table, name in shape(url):
        if kind == "column" and table in found:
            found[table].append(f'"{name}"')
    return found


def price_of(connection: psycopg.Connection, product: int) -> tuple[float, int | None]:
    row = connection.execute('SELECT price, "priceKobo" FROM products WHERE id = %s', (product,)).fetchone()
    assert row
    return row


def new_product(connection: psycopg.Connection, columns: str, values: str) -> int:
    row = connection.execute(A_PRODUCT.format(columns, values)).fetchone()
    assert row
    return int(row[0])


def test_up_down_and_up_again_keeps_every_old_value(url):
    columns = old_columns(url)
    before, old_shape = rows(url), shape(url)

    migrate(url)
    after = rows(url, columns)
    after_everything = rows(url)
    rollback(url, len(status(url).applied) - 1)
    back, back_shape = rows(url), shape(url)
    migrate(url)

    assert after == rows(url, columns)
    assert back == before
    assert back_shape == old_shape
    assert rows(url) == after_everything
    assert status(url).pending == ()


def test_down_to_nothing_and_up_again_gives_the_same_schema(url):
    migrate(url)
    head = shape(url)

    rollback(url, 99, drop_data=True)
    assert not [key for key in shape(url) if key[0] in ("column", "enum", "function", "sequence")]
    migrate(url)

    assert shape(url) == head


def test_the_schema_is_the_same_whether_taken_over_or_made_new(url, empty_database_url):
    migrate(url)
    migrate(empty_database_url)

    assert shape(url) == shape(empty_database_url)


def test_the_step_to_2_0_0_adds_what_its_guide_means(url):
    migrate(url, to="002")
    found = shape(url)

    enum = '"enum_prescriptions_extractionStatus"'
    text = {name: found["column", "prescriptions", name] for name in ("extractedText", "extractionStatus", "extractedAt")}
    session = {name: found["column", "sessions", name] for name in ("token", "userId", "loginTime")}
    assert text == {
        "extractedText": "text",
        "extractionStatus": f"{enum} NOT NULL DEFAULT 'pending'::{enum}",
        "extractedAt": "timestamp with time zone",
    }
    assert found["enum", "enum_prescriptions_extractionStatus", ""] == "'pending', 'extracted', 'failed'"
    assert session == {"token": "character varying(255)", "userId": "integer", "loginTime": "timestamp with time zone"}
    assert {name for kind, _, name in found if kind == "index" and name.startswith("idx_")} == INDEXES
    assert not [text for (kind, _, _), text in found.items() if kind in ("index", "constraint") and "VALID" in text]
    assert ("constraint", "prescriptions", "check_extraction_status") in found


def test_a_prescription_counts_as_read_when_there_is_text_and_blanks_are_no_text(url):
    migrate(url, to="002")

    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute('SELECT "extractionStatus", "extractedText", "extractedAt" FROM prescriptions').fetchall()
    assert len(found) == 25
    for state, text, at in found:
        assert state == ("extracted" if text and text.strip() else "pending")
        assert at is None


def test_the_step_to_2_0_0_goes_on_where_it_was_broken_off(url):
    migrate(url, to="001")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TYPE \"enum_prescriptions_extractionStatus\" AS ENUM ('pending', 'extracted', 'failed')")
        connection.execute("ALTER TABLE sessions ADD COLUMN token varchar(255)")
        connection.execute('CREATE INDEX idx_orders_user_status ON orders ("userId", status)')
        # What CREATE INDEX CONCURRENTLY leaves when it is cut: there, but serving nobody.
        connection.execute('CREATE INDEX idx_sessions_last_activity ON sessions ("lastActivity")')
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_sessions_last_activity'::regclass")

    assert migrate(url, to="002") == ["002_add_v2_columns"]
    assert "INVALID" not in shape(url)["index", "sessions", "idx_sessions_last_activity"]


def test_the_old_programs_write_as_before_after_the_step_to_2_0_0(url):
    migrate(url, to="002")

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            'INSERT INTO prescriptions ("orderId", "fileUrl", "createdAt", "updatedAt") VALUES (1, \'https://x\', now(), now())'
        )
        connection.execute('INSERT INTO sessions ("phoneNumber", "createdAt", "updatedAt") VALUES (\'1\', now(), now())')
        connection.execute('UPDATE sessions SET token = repeat(\'t\', 255), "userId" = 999, "loginTime" = now() WHERE id = 24')
        state = connection.execute('SELECT "extractionStatus" FROM prescriptions ORDER BY id DESC LIMIT 1').fetchone()
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("UPDATE prescriptions SET \"extractionStatus\" = 'lost'")
    assert state == ("pending",)


def test_every_old_amount_becomes_the_kobo_that_people_saw(at_003):
    for table, (old, new) in MONEY.items():
        found = at_003.execute(f'SELECT "{old}", "{new}" FROM {table}').fetchall()
        assert found
        for naira, kobo in found:
            assert kobo == Money.from_naira(repr(naira)).kobo, (table, naira)


AMOUNTS = [
    ("0.1::float8 + 0.2::float8", 30),
    ("1050.3000000000002", 105_030),
    ("19.999999999", 2_000),
    ("12999.99", 1_299_999),
    ("1e9", 100_000_000_000),
    ("1e11", 10_000_000_000_000),
    ("0.01", 1),
    ("0.004999", 0),
    ("0", 0),
    ("-0.0", 0),
    ("-5.5", -550),
    # halves go to the even neighbour, by the decimal text: as a double 2.675 is a little less, 1.005 too
    ("0.005", 0),
    ("0.015", 2),
    ("12.345", 1_234),
    ("12.355", 1_236),
    ("2.675", 268),
    ("1.005", 100),
    ("-12.345", -1_234),
    ("1.0050000000000001", 101),
    ("NULL", None),
    ("'NaN'", None),
    ("'Infinity'", None),
    ("'-Infinity'", None),
    ("1.00001e11", None),
    ("-1e300", None),
]


def test_naira_become_kobo_exactly(at_003):
    found = [(naira, at_003.execute(f"SELECT naira_to_kobo({naira})").fetchone()[0]) for naira, _ in AMOUNTS]

    assert found == AMOUNTS


def test_naira_become_kobo_whatever_the_session_says_about_digits(at_003):
    at_003.execute("SET extra_float_digits = 0")

    assert at_003.execute("SELECT naira_to_kobo(1.0050000000000001)").fetchone() == (101,)


def test_kobo_come_back_as_the_same_kobo_and_python_agrees(at_003):
    def from_database(naira: float) -> int:
        row = at_003.execute("SELECT naira_to_kobo(%s::float8)", (naira,)).fetchone()
        assert row
        return int(row[0])

    @settings(max_examples=300, deadline=None)
    @given(st.integers(-(10**13), 10**13), st.floats(-1e11, 1e11))
    def holds(kobo: int, naira: float) -> None:
        assert from_database(float(Decimal(kobo) / 100)) == kobo
        assert from_database(naira) == Money.from_naira(repr(naira)).kobo

    holds()


def test_what_the_old_program_writes_is_in_kobo_at_once(at_003):
    product = new_product(at_003, "price", "0.1::float8 + 0.2::float8")
    inserted = price_of(at_003, product)
    at_003.execute("UPDATE products SET price = 1499.9 WHERE id = %s", (product,))

    assert inserted == (0.1 + 0.2, 30)
    assert price_of(at_003, product) == (1499.9, 149_990)


def test_what_the_new_program_writes_is_in_naira_at_once(at_003):
    product = new_product(at_003, '"priceKobo"', "149_990")
    inserted = price_of(at_003, product)
    at_003.execute('UPDATE products SET "priceKobo" = 5 WHERE id = %s', (product,))

    assert inserted == (1499.9, 149_990)
    assert price_of(at_003, product) == (0.05, 5)


def test_when_both_are_written_the_kobo_decide(at_003):
    product = new_product(at_003, 'price, "priceKobo"', "7, 150")
    inserted = price_of(at_003, product)
    at_003.execute('UPDATE products SET price = 9, "priceKobo" = 300 WHERE id = %s', (product,))

    assert inserted == (1.5, 150)
    assert price_of(at_003, product) == (3.0, 300)


def test_the_old_number_keeps_its_noise_as_long_as_it_says_the_same(at_003):
    at_003.execute('UPDATE orders SET "updatedAt" = now() WHERE id = 10')
    at_003.execute('UPDATE orders SET "totalKobo" = 105030 WHERE id = 10')

    found = at_003.execute('SELECT "totalAmount", "totalKobo" FROM orders WHERE id = 10').fetchone()
    assert found == (1050.3000000000002, 105_030)


@pytest.mark.parametrize("table", sorted(MONEY))
def test_every_table_with_money_keeps_both_in_step(at_003, table):
    old, new = MONEY[table]
    at_003.execute(f'UPDATE {table} SET "{old}" = 12.34 WHERE id = 1')
    at_003.execute(f'UPDATE {table} SET "{new}" = 5678 WHERE id = 2')

    found = at_003.execute(f'SELECT "{old}", "{new}" FROM {table} WHERE id < 3 ORDER BY id').fetchall()
    assert found == [(12.34, 1234), (56.78, 5678)]


def test_an_amount_that_cannot_be_money_is_told_with_its_row_and_kept(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE carts SET price = 'NaN' WHERE id = 2")
        connection.execute("UPDATE carts SET price = 1e20 WHERE id = 3")
    heard: list[str] = []
    migrate(url, to="003", tell=heard.append)

    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute('SELECT price::text, "priceKobo" FROM carts WHERE id IN (2, 3) ORDER BY id').fetchall()
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute('UPDATE carts SET "priceKobo" = 10_000_000_000_001 WHERE id = 1')
    assert [line for line in heard if "cannot be money" in line and "carts: 2 rows" in line and "{2,3}" in line]
    assert found == [("NaN", None), ("1e+20", None)]


def test_the_old_program_works_after_its_start_has_removed_the_kobo_and_they_come_back(url_at_003, at_003):
    # What its object mapper does at every start: columns it does not know go, those it knows are altered to their own type.
    at_003.execute('ALTER TABLE products DROP COLUMN "priceKobo"')
    at_003.execute("ALTER TABLE products ALTER COLUMN price TYPE double precision, ALTER COLUMN price SET NOT NULL")
    product = new_product(at_003, "price", "9.99")
    at_003.execute("UPDATE products SET price = 8.88 WHERE id = %s", (product,))

    rollback(url_at_003, 1)
    migrate(url_at_003, to="003")

    assert price_of(at_003, product) == (8.88, 888)


def test_the_fill_goes_through_a_big_table_in_batches_and_skips_holes(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            'INSERT INTO products (id, name, category, price, "createdAt", "updatedAt")'
            " SELECT n, 'p', 'c', n / 7.0, now(), now() FROM generate_series(1000, 9000) n"
        )
        connection.execute("UPDATE products SET id = 2_000_000_000 WHERE id = 9000")
    migrate(url, to="003")

    with psycopg.connect(url, autocommit=True) as connection:
        missing = connection.execute('SELECT count(*) FROM products WHERE "priceKobo" IS NULL').fetchone()
    assert missing == (0,)


def test_a_database_of_2_0_0_as_its_code_makes_it_is_not_taken_for_1(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('ALTER TABLE orders ADD COLUMN "hasPrescription" boolean DEFAULT false')

    with pytest.raises(CannotMigrate, match=r"1 differences: column orders\.hasPrescription is there"):
        migrate(url, to="003")
