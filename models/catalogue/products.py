"""Products as the rest of the house sees them, from either of the two tables, by a reference that cannot be confused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Database

from models.values import Money

MEDICINE, HEALTH = 1, 2
KINDS = {"medicine": MEDICINE, "health": HEALTH}
CONTROLS = ("none", "watch", "controlled")
MOST_ROWS = 50  # a page is never longer, whatever is asked

_REF = re.compile(r"([mh])([1-9][0-9]{0,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on sale. `ref` is "m12" (medicine 12) or "h7" (health product 7): the two ranges never meet.

    `price` is None when the pharmacy gave none, `stock` None when it is not counted. A medicine whose class is unknown counts
    as prescription-only, and so does a watched or controlled one. `control`: "none", "watch" (pharmacist only) or "controlled"
    (never sold by chat).
    """

    ref: str
    kind: str  # "medicine" or "health"
    name: str
    generic: str
    strength: str
    form: str
    pack: str
    price: Money | None
    stock: int | None
    prescription_only: bool
    control: str
    registration_number: str
    description: str
    category: str
    active: bool
    image_url: str
    registration_expired: bool = False

    @property
    def in_stock(self) -> bool:
        return self.stock is None or self.stock > 0


# One row of `Product` from an entry `e` with its medicine `m` or health product `h`. Columns are read by position.
COLUMNS = """
    e.kind, e."productId", coalesce(m.name, h.name), coalesce(m."genericName", h."genericName", ''), coalesce(m.strength, ''),
    coalesce(m.form, ''), coalesce(m.pack, h.pack, ''), coalesce(m."priceKobo", h."priceKobo"),
    CASE WHEN e.kind = 1 THEN m.stock ELSE h.stock END, e.otc, e.control,
    coalesce(m."registrationNumber", h."registrationNumber", ''), coalesce(m.description, h.description, ''),
    coalesce(m.category, h.category), e.active, coalesce(m."imageUrl", h."imageUrl", ''),
    coalesce(e."registrationExpiresAt" < current_date, false)
"""
JOINS = """
    LEFT JOIN products AS m ON e.kind = 1 AND m.id = e."productId"
    LEFT JOIN healthcare_products AS h ON e.kind = 2 AND h.id = e."productId"
"""
# What stands first among equals. Ends in the primary key, so that pages never overlap.
ORDER = 'e."inStock" DESC, e.otc DESC, e."nameWords", e."sortName", e.kind, e."productId"'


def from_row(row: Sequence[Any]) -> Product:
    """A Product from the columns of COLUMNS."""
    kind, number, name, generic, strength, form, pack, kobo, stock, otc, control, registration = row[:12]
    return Product(
        ref=ref_of(kind, number),
        kind="medicine" if kind == MEDICINE else "health",
        name=name,
        generic=generic,
        strength=strength,
        form=form,
        pack=pack,
        price=Money(kobo) if kobo else None,
        stock=stock,
        prescription_only=kind == MEDICINE and (not otc or control > 0),
        control=CONTROLS[control],
        registration_number=registration,
        description=row[12],
        category=row[13],
        active=row[14],
        image_url=row[15],
        registration_expired=row[16],
    )


def ref_of(kind: int, number: int) -> str:
    return f"{'m' if kind == MEDICINE else 'h'}{number}"


def split_ref(ref: str) -> tuple[int, int] | None:
    """Kind and row id of a reference; None for anything that is none. Ids beyond the column's range are none."""
    found = _REF.fullmatch(ref)
    if not found or int(found[2]) > 2**31 - 1:
        return None
    return (MEDICINE if found[1] == "m" else HEALTH), int(found[2])


def get(db: Database, ref: str) -> Product | None:
    """The product, active or not; None when there is none of that reference."""
    return find_by_ref(db, [ref]).get(ref)


def find_by_ref(db: Database, refs: Iterable[str]) -> dict[str, Product]:
    """Products by reference, in one query; unknown references are left out. At most 200 are looked up."""
    wanted = [pair for ref in dict.fromkeys(refs) if (pair := split_ref(ref))][:200]
    if not wanted:
        return {}
    rows = db.execute_sql(
        f"""SELECT {COLUMNS} FROM unnest(%s::smallint[], %s::integer[]) AS w(kind, id)
            JOIN catalogue_entries AS e ON e.kind = w.kind AND e."productId" = w.id {JOINS}""",
        ([kind for kind, _ in wanted], [number for _, number in wanted]),
    )
    return {product.ref: product for product in map(from_row, rows.fetchall())}


def browse(
    db: Database, kind: str, category: str | None = None, limit: int = 5, offset: int = 0
) -> tuple[tuple[Product, ...], int]:
    """One page of the active products of a kind, in stock first, and how many there are in all."""
    where, values = "e.kind = %s AND e.active AND e.control < 2", [KINDS[kind]]
    if category is not None:
        where += " AND lower(coalesce(m.category, h.category)) = lower(%s)"
        values.append(category)  # type: ignore[arg-type]
    rows = db.execute_sql(
        f"SELECT {COLUMNS}, count(*) OVER () FROM catalogue_entries AS e {JOINS} WHERE {where} "
        'ORDER BY e."inStock" DESC, e."sortName", e."productId" LIMIT %s OFFSET %s',
        (*values, _page(limit), max(offset, 0)),
    ).fetchall()
    return tuple(map(from_row, rows)), rows[0][17] if rows else 0


def categories(db: Database, kind: str) -> tuple[str, ...]:
    """The categories with something active in them, by name; at most 50."""
    rows = db.execute_sql(
        f"""SELECT DISTINCT coalesce(m.category, h.category) AS category FROM catalogue_entries AS e {JOINS}
            WHERE e.kind = %s AND e.active AND e.control < 2 ORDER BY category LIMIT 50""",
        (KINDS[kind],),
    )
    return tuple(category for (category,) in rows.fetchall() if category)


def equivalents(db: Database, ref: str, limit: int = 5) -> tuple[Product, ...]:
    """Other products in stock of the same substances, the same strength where it is known, first those of the same form."""
    pair = split_ref(ref)
    if pair is None or pair[0] != MEDICINE:
        return ()
    rows = db.execute_sql(
        f"""
        WITH given AS (
            SELECT e."productId", e.substances, p.form, p.strength,
                (SELECT string_agg(quote_literal('=' || s.base), ' & ') FROM catalogue_substances(p."genericName") AS s) AS needs,
                (SELECT string_agg(quote_literal(t.lexeme), ' & ') FROM unnest(e.terms) AS t
                    WHERE t.lexeme ~ '^#[0-9.]+[a-z]+$') AS amounts
            FROM catalogue_entries AS e JOIN products AS p ON p.id = e."productId" WHERE e.kind = 1 AND e."productId" = %s
        )
        SELECT {COLUMNS} FROM given AS g
        JOIN catalogue_entries AS e ON e.terms @@ g.needs::tsquery AND e.substances = g.substances AND e.kind = 1 {JOINS}
        WHERE g.needs IS NOT NULL AND e."productId" <> g."productId" AND e.active AND e."inStock" AND e.control < 2
            AND (g.amounts IS NULL OR e.terms @@ g.amounts::tsquery)
        ORDER BY (lower(coalesce(m.form, '')) = lower(coalesce(g.form, ''))) DESC, {ORDER} LIMIT %s""",
        (pair[1], _page(limit)),
    )
    return tuple(map(from_row, rows.fetchall()))


def _page(limit: int) -> int:
    return min(max(limit, 0), MOST_ROWS)
