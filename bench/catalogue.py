"""A large invented catalogue: every generic of the lexicon in several strengths, forms and makes. Nothing in it is for sale."""

from __future__ import annotations

import argparse
from itertools import count, islice, product
from pathlib import Path
from typing import Any

from models import base, catalogue
from models.catalogue import importing

STRENGTHS = ("5mg", "10mg", "20mg", "50mg", "100mg", "250mg", "500mg", "1g", "125mg/5ml")
FORMS = ("Tablet", "Capsule", "Suspension", "Injection", "Cream")
LEXICON = Path(catalogue.__file__).parent.parent / "lexicon"


def generics() -> list[str]:
    names = []
    for line in (LEXICON / "generics.txt").read_text().splitlines():
        name = line.partition("#")[0].split("=")[0].split(":")[0].strip()
        if name:
            names.append(name.split("|")[0].split(",")[0].strip())
    return sorted(set(names))


def rows(wanted: int) -> Any:
    """Makers come last, so that a small catalogue still holds every generic."""
    made = ((g, s, f, maker) for maker in count(1) for s, f, g in product(STRENGTHS, FORMS, generics()))
    for number, (generic, strength, form, maker) in enumerate(islice(made, wanted)):
        yield {
            "code": f"bench-{number}",
            "name": f"Maker{maker:02d} {generic} {form}s",
            "generic": generic,
            "strength": strength,
            "form": form,
            "class": "otc" if form == "Tablet" else "pom",
            "category": "Medicines",
            "price_kobo": str(50_000 + number * 10),
            "stock": "20",
        }


def fill(database_url: str, wanted: int) -> None:
    base.bind(database_url, name="bench catalogue")
    base.connection()
    importing.import_rows(base.db, rows(wanted))
    base.db.execute_sql("ANALYZE")
    base.drop_connection()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("--products", type=int, default=10_000)
    given = parser.parse_args()
    fill(given.database_url, given.products)
