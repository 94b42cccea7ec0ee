"""Search: one text in, a page of products out, in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import Database

from models.catalogue import reading, vocabulary
from models.catalogue.products import COLUMNS, JOINS, KINDS, MOST_ROWS, ORDER, Product, from_row
from models.catalogue.reading import Asked

# A product whose score is under this share of the best one's answers another question.
NEAR_ENOUGH = 0.5
MOST_OFFSET = 5000
EXACT_SUBSTANCES = 1.5


@dataclass(frozen=True, slots=True)
class Results:
    """`matched_by`: "name", "generic", "symptom", "number" or "none". `corrected`: the words as they were understood, when
    slips were mended. `controlled`: a controlled medicine was asked for by name (even if the shop lists none)."""

    products: tuple[Product, ...] = ()
    total: int = 0
    matched_by: str = "none"
    corrected: str | None = None
    controlled: bool = False


def search(db: Database, text: str, *, kind: str | None = None, limit: int = 5, offset: int = 0) -> Results:
    """The products `text` asks for, best first; the same text gives the same order, so pages follow on.

    Costs one query (two, when names changed since this process last looked). Never raises for any text. `kind` is
    "medicine", "health" or None for both. Symptom words bring only what a customer may take by himself: nothing
    controlled or watched, nothing injected; OTC first.
    """
    words = vocabulary.current(db)
    for _ in range(2):
        asked = reading.read(text, words)
        version, rows = _ask(db, asked, kind, min(max(limit, 0), MOST_ROWS), min(max(offset, 0), MOST_OFFSET))
        newer = vocabulary.renewed(db, version)
        if newer is None:
            break
        words = newer
    products = tuple(from_row(row) for row in rows)
    if not products:
        return Results(controlled=asked.controlled, corrected=asked.corrected if asked.controlled else None)
    return Results(
        products=products,
        total=rows[0][17],
        matched_by=asked.matched_by,
        corrected=asked.corrected,
        controlled=asked.controlled or (offset == 0 and asked.matched_by != "symptom" and products[0].control == "controlled"),
    )


def _ask(db: Database, asked: Asked, kind: str | None, limit: int, offset: int) -> tuple[tuple[str, int], list[Any]]:
    """The catalogue's version and the rows found, in one statement."""
    found, values = _found(asked)
    if not found:
        born, version = db.execute_sql("SELECT born::text, version FROM catalogue_version").fetchone()
        return (born, version), []
    rows = db.execute_sql(
        f"""
        SELECT v.born::text, v.version, page.* FROM catalogue_version AS v LEFT JOIN (
            SELECT {COLUMNS}, e.total, e.place FROM (
                SELECT *, count(*) OVER () AS total, row_number() OVER (ORDER BY {_order(asked)}) AS place
                FROM (SELECT *, max(score) OVER () AS best FROM ({found}) AS scored) AS e
                WHERE e.score >= e.best * {NEAR_ENOUGH}
                ORDER BY place LIMIT %s OFFSET %s
            ) AS e {JOINS}
        ) AS page ON true ORDER BY page.place""",
        (*values, *((KINDS[kind],) if kind else ()), limit, offset) if not kind else (*values, limit, offset),
    ).fetchall()
    version = (rows[0][0], rows[0][1])
    return version, [row[2:] for row in rows if row[2] is not None]


def _order(asked: Asked) -> str:
    if asked.self_care:
        return f'e.otc DESC, e."inStock" DESC, e.score DESC, e.substances, {ORDER}'
    return f"e.score DESC, {ORDER}"
