"""Search: one text in, a page of products out, in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import Database

from models.catalogue import reading, vocabulary
from models.catalogue.clauses import Asked
from models.catalogue.products import COLUMNS, JOINS, KINDS, MOST_ROWS, ORDER, Product, from_row

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
    products = tuple(from_row(row[1:]) for row in rows)
    if not products:
        return Results(controlled=asked.controlled, corrected=asked.corrected if asked.controlled else None)
    return Results(
        products=products,
        total=rows[0][0],
        matched_by=asked.matched_by,
        corrected=asked.corrected,
        controlled=asked.controlled or (offset == 0 and asked.matched_by != "symptom" and products[0].control == "controlled"),
    )


def _ask(db: Database, asked: Asked, kind: str | None, limit: int, offset: int) -> tuple[tuple[str, int], list[Any]]:
    """The catalogue's version and the rows found (how many in all, then a product's columns), in one statement."""
    if asked.matched_by == "none":
        version, born = db.execute_sql("SELECT version, born::text FROM catalogue_version").fetchone()
        return (born, version), []
    score, source, where, values = _scored(asked)
    if kind:
        where += " AND e.kind = %s"
        values.append(KINDS[kind])
    rows = db.execute_sql(
        f"""
        WITH scored AS MATERIALIZED (
            SELECT e.kind, e."productId", e.otc, e.control, e.substances, e."inStock", e."nameWords", e."sortName", e.active,
                e."registrationExpiresAt", {score} AS score
            FROM {source} WHERE e.active AND {where}
        ), near AS MATERIALIZED (
            SELECT * FROM scored WHERE score >= {NEAR_ENOUGH} * (SELECT max(score) FROM scored)
        ), page AS MATERIALIZED (
            SELECT * FROM near AS e ORDER BY {_order(asked)} LIMIT %s OFFSET %s
        )
        SELECT v.born::text, v.version, (SELECT count(*) FROM near), {COLUMNS}
        FROM catalogue_version AS v LEFT JOIN page AS e ON true {JOINS} ORDER BY {_order(asked)}""",
        (*values, limit, offset),
    ).fetchall()
    return (rows[0][0], rows[0][1]), [row[2:] for row in rows if row[3] is not None]


# The query stands behind an optimiser fence: seen as a constant, a long list of alternatives makes the planner read the whole
# table instead of the index (10 ms instead of 2 over 10,000 products).
_BY_TERMS = "(SELECT %s::tsquery AS asked OFFSET 0) AS q JOIN catalogue_entries AS e ON e.terms @@ q.asked"


def _scored(asked: Asked) -> tuple[str, str, str, list[Any]]:
    """The score of an entry, where candidates come from, which of them count, and the values of all three in their order."""
    if asked.registration:
        return "1.0", "catalogue_entries AS e", "e.registration = %s", [asked.registration]
    values: list[Any] = []
    leading: list[str] = []
    following: list[str] = []
    for clause in asked.clauses:
        (leading if clause.leading else following).append("CASE WHEN e.terms @@ %s::tsquery THEN %s::float8 ELSE 0 END")
        values += [clause.query, clause.weight]
    first = f"greatest({', '.join(leading)})" if asked.best_only else " + ".join(leading)
    exact = f"CASE WHEN e.substances = %s THEN {EXACT_SUBSTANCES} ELSE 0 END"
    values.append(asked.substances or -1)
    where = "true"
    values.append(" | ".join(clause.query for clause in asked.clauses if clause.leading))
    if asked.only:
        where += " AND e.terms @@ %s::tsquery"
        values.append(asked.only)
    if asked.self_care:
        where += ' AND e.control = 0 AND NOT e."clinicOnly"'
    return " + ".join([first, *following, exact]), _BY_TERMS, where, values


def _order(asked: Asked) -> str:
    if asked.self_care:
        return f'e.kind, e.otc DESC, e."inStock" DESC, e.score DESC, e.substances, {ORDER}'
    return f"e.score DESC, {ORDER}"
