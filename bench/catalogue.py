"""A large invented catalogue: every generic of the lexicon in several strengths, forms and makes. Nothing in it is for sale."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice, product
from pathlib import Path

import psycopg

from models import catalogue

STRENGTHS = ("5mg", "10mg", "20mg", "50mg", "100mg", "250mg", "500mg", "1g", "125mg/5ml")
FORMS = ("Tablet", "Capsule", "Suspension", "Injection", "Cream")
ENDINGS = (
    "kem",
    "dex",
    "lin",
    "mox",
    "vita",
    "zen",
    "fort",
    "cure",
    "phar",
    "nol",
    "pan",
    "rex",
    "dol",
    "gen",
    "lex",
    "trim",
    "via",
)
LEXICON = Path(catalogue.__file__).parent.parent / "lexicon"
LANES = 2
BATCH = 1000


def generics() -> list[str]:
    names = []
    for line in (LEXICON / "generics.txt").read_text("utf-8").splitlines():
        name = line.partition("#")[0].split("=")[0].split(":")[0].strip()
        if name:
            names.append(name.split("|")[0].split(",")[0].strip())
    return sorted(set(names))


def rows(wanted: int) -> Iterator[dict[str, str]]:
    """Columns as `drugsng catalogue import` reads them. Makers come last, so that a small catalogue still holds every generic.

    Every other product has a brand's name ("Parakem"), the rest is called by its substance.
    """
    made = ((g, s, f, maker) for maker in count(1) for s, f, g in product(STRENGTHS, FORMS, generics()))
    for number, (generic, strength, form, maker) in enumerate(islice(made, wanted)):
        brand = f"{generic[:4].strip().title()}{ENDINGS[(number // 2) % len(ENDINGS)]}"
        yield {
            "code": f"bench-{number}",
            "name": f"{brand if number % 2 else generic.title()} {form}s",
            "generic": generic,
            "strength": strength,
            "form": form,
            "manufacturer": f"Maker{maker:02d}",
            "class": "otc" if form == "Tablet" else "pom",
            "category": "Medicines",
            "price_kobo": str(50_000 + number * 10),
            "stock": "20",
        }


COPY = """COPY products ("importKey", name, "genericName", strength, form, manufacturer, "saleClass", category, "priceKobo", price,
    stock, "isActive", "createdAt", "updatedAt") FROM STDIN"""


def fill(database_url: str, wanted: int) -> None:
    """As migrations/005 does with products that are there already: rows, then entries by its own function, then the index.

    Half the time of an import, whose trigger keeps the index row by row. The database is the bench's own.
    """
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("TRUNCATE products, healthcare_products CASCADE")
        (index,) = conn.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'catalogue_entries_terms'").fetchone() or ("",)
        conn.execute("DROP INDEX catalogue_entries_terms")
        conn.execute("ALTER TABLE products DISABLE TRIGGER USER")
        with conn.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in rows(wanted):
                copy.write_row(_columns(row))
        (last,) = conn.execute("SELECT max(id) FROM products").fetchone() or (0,)
        with ThreadPoolExecutor(LANES) as pool:
            list(pool.map(lambda lane: _enter(database_url, range(lane * BATCH, last + 1, LANES * BATCH)), range(LANES)))
        conn.execute(index)
        conn.execute("ALTER TABLE products ENABLE TRIGGER USER")
        conn.execute("UPDATE catalogue_version SET version = version + 1")
        conn.execute("VACUUM ANALYZE products, catalogue_entries")


def _columns(row: dict[str, str]) -> tuple[object, ...]:
    kobo = int(row["price_kobo"])
    text = (row[name] for name in ("name", "generic", "strength", "form", "manufacturer", "class", "category"))
    return (f"code:{row['code']}", *text, kobo, kobo / 100, int(row["stock"]), True, "now", "now")


def _enter(database_url: str, begins: range) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SET synchronous_commit = off")
        for begin in begins:
            conn.execute(
                """SELECT count(*) FROM (SELECT catalogue_keep(1::smallint, to_jsonb(p)) FROM products p
                   WHERE id >= %s AND id < %s) AS entered""",
                (begin, begin + BATCH),
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fills a throw-away database with invented products.")
    parser.add_argument("database_url")
    parser.add_argument("--products", type=int, default=10_000)
    given = parser.parse_args()
    fill(given.database_url, given.products)
