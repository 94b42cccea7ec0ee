"""The demo catalogue as rows that `models.catalogue.importing` takes in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peewee import Database

from models.catalogue.importing import Imported, import_rows

HERE = Path(__file__).parent
MARKS = {"!": "controlled", "?": "watch"}
TABLETS_AND_THE_LIKE = (
    "tablet",
    "capsule",
    "syrup",
    "suspension",
    "drops",
    "cream",
    "gel",
    "inhaler",
    "injection",
    "ointment",
    "lozenge",
)


def load(db: Database) -> Imported:
    """Puts the demo catalogue in; a second time changes nothing. Raises ValueError when a line of ours is wrong."""
    done = import_rows(db, [*medicines(), *health_products()])
    wrong = [problem for problem in done.problems if problem.refused]
    if wrong:
        raise ValueError(f"demo catalogue, row {wrong[0].row}: {wrong[0].sentence}")
    return done


def medicines() -> Iterator[dict[str, Any]]:
    """One row for each brand of each line of medicines.txt."""
    for category, generic, strength, form, route, pack, sale_class, brands in _lines("medicines.txt"):
        for offer in brands.split(", "):
            name, _, sold = offer.rpartition(" = ")
            price, _, stock = sold.partition(" x ")
            control = MARKS.get(name[-1], "none")
            name = name.rstrip("!?")
            yield {
                "code": f"demo-m-{name if name != '-' else generic}-{strength}-{form}".lower()[:60],
                "name": _full_name(name, generic, strength, form),
                "generic": generic,
                "strength": strength,
                "form": form,
                "route": route,
                "pack": pack,
                "class": sale_class,
                "control": control,
                "category": category,
                "price": price,
                "stock": stock,
                "kind": "medicine",
            }


def health_products() -> Iterator[dict[str, Any]]:
    for category, name, what, brand, pack, sold, registration in _lines("health.txt"):
        price, _, stock = sold.partition(" x ")
        yield {
            "code": f"demo-h-{name}".lower()[:60],
            "name": name,
            "generic": what,
            "manufacturer": brand,
            "pack": pack,
            "category": category,
            "price": price,
            "stock": stock,
            "registration": registration,
            "kind": "health",
        }


def _full_name(brand: str, generic: str, strength: str, form: str) -> str:
    """ "Amlovar" -> "Amlovar 5 mg Tablet"; "-" -> "Amlodipine 5 mg Tablet"; a brand that says its form keeps its name."""
    if brand == "-":
        brand = generic.split("(")[0].split(";")[0].strip() if ";" not in generic else generic.replace(";", " and").split("(")[0]
    if any(word in brand.lower() for word in TABLETS_AND_THE_LIKE):
        return brand
    if form.split()[0].lower() in brand.lower():
        form = form.partition(" ")[2]
    short = strength if ";" not in strength and len(strength) <= 14 and not any(c.isdigit() for c in brand) else ""
    return " ".join(part for part in (brand, short, form) if part)


def _lines(filename: str) -> Iterator[list[str]]:
    for line in (HERE / filename).read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]
