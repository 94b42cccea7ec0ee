"""An index over the names of a shop's medicines, made once and used for every paper."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from models.lexicon import lexicon
from worker.ocr import forms, names, strengths, writing
from worker.ocr.strengths import Strength
from worker.ocr.writing import lettered, squeezed

# How a name leads to a product; the smaller the closer.
BRAND, GENERIC, MAKER, SYNONYM, STEM, EQUIVALENT = range(6)
LEAST_FUZZY = 5  # letters; shorter names are only taken letter for letter
_LETTERS = {"0": "o", "1": "l", "i": "l", "j": "l", "t": "l", "5": "s", "8": "b", "6": "b", "9": "g", "2": "z"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as the shop lists it. `ref` as in the catalogue ("m12")."""

    ref: str
    name: str
    generic: str
    strength: str
    form: str
    controlled: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """An entry with what is compared. `medicine` is its substances joined; `plain` where its name is nothing but that."""

    entry: Entry
    medicine: str
    strength: Strength | None
    form: str
    key: str
    plain: bool


@dataclass(slots=True)
class Name:
    """One way to call something: products by how closely they bear it, and the medicines it may mean. No products: a medicine that
    this shop does not carry."""

    key: str
    medicines: set[str] = field(default_factory=set)
    products: list[tuple[int, int]] = field(default_factory=list)  # (how, place in Medicines.products)


@dataclass(slots=True)
class Medicines:
    """The index. `names` by squeezed key; `by_first` the keys that may be found with errors, by the shape of their first letter."""

    products: list[Product]
    names: dict[str, Name]
    by_medicine: dict[str, list[int]]
    by_first: dict[str, list[str]]
    longest: int

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Medicines:
        """The index over `entries`; half a second for 10,000. Entries without a name are left out."""
        return _build([_product(entry) for entry in entries if entry.name.strip()])

    def __len__(self) -> int:
        return len(self.products)

    def controlled(self, ref: str) -> bool:
        """Whether the product of that reference is controlled, never to be sold by chat."""
        return ref in {p.entry.ref for p in self.products if p.entry.controlled}


def from_database(db: Any) -> Medicines:
    """The index over all active medicines of the shop, prescription-only and controlled ones too. One query. `db` is a peewee
    database with an open connection."""
    rows = db.execute_sql(
        """SELECT e.kind, e."productId", m.name, coalesce(m."genericName", ''), coalesce(m.strength, ''), coalesce(m.form, ''),
                  e.control = 2
           FROM catalogue_entries AS e JOIN products AS m ON m.id = e."productId" WHERE e.kind = 1 AND e.active
           ORDER BY e."productId" LIMIT 100000"""
    ).fetchall()
    return Medicines.of(Entry(f"m{row[1]}", row[2], row[3], row[4], row[5], bool(row[6])) for row in rows)


def first_shape(key: str) -> str:
    """The first letter, the ones that look alike being one: OCR takes I for l and O for 0."""
    return _LETTERS.get(key[0], key[0]) if key else ""


# ------------------------------------------------------------------------------------------------------------ building


def _product(entry: Entry) -> Product:
    given = names.name_words(entry.name)
    parts = names.substances(entry.generic)
    medicine = "+".join(parts) or _medicine_from_name(given)
    key = "".join(map(names.spelled, given)) or squeezed(entry.name)
    strength = strengths.of_catalogue(entry.strength) if entry.strength else None
    return Product(
        entry=entry,
        medicine=medicine or "~" + key,
        strength=strength or strengths.of_catalogue(entry.name) or _bare_number(entry),
        form=forms.main(entry.form) or forms.main(entry.name),
        key=key,
        plain=names.medicine_of(tuple(" ".join(given).split(" and "))) == medicine,
    )


_BARE_NUMBER = re.compile(r"(?<=[a-z])[ -](\d{2,4}(?:\.\d{1,2})?)(?= |$)")


def _bare_number(entry: Entry) -> Strength | None:
    """ "Pretenol-100 Tablets": the one number in a name, without a unit; only near to a strength, never the same."""
    found = _BARE_NUMBER.findall(writing.flat(entry.name))
    return Strength((("bare", Fraction(found[0])),), None, found[0]) if len(found) == 1 else None


def _medicine_from_name(given: tuple[str, ...]) -> str:
    """The medicine of a product whose generic is not recorded, where its name is one that is known elsewhere."""
    known = names.known_elsewhere()
    for end in range(min(len(given), 4), 0, -1):
        found = known.get(" ".join(map(names.spelled, given[:end])))
        if found and len(found) == 1:
            return next(iter(found))
    return ""


def _build(products: list[Product]) -> Medicines:
    table: dict[str, Name] = {}
    by_medicine: dict[str, list[int]] = defaultdict(list)
    makers = _makers(products)

    def call(key: str, how: int, place: int) -> None:
        if len(key) >= 2:
            name = table.setdefault(key, Name(key))
            name.products.append((how, place))
            name.medicines.add(products[place].medicine)

    for place, product in enumerate(products):
        by_medicine[product.medicine].append(place)
        given = [names.spelled(word) for word in names.name_words(product.entry.name)]
        ways: dict[str, int] = {}
        if given:
            ways["".join(given)] = BRAND
            if len(given) > 1 and given[0] in makers:
                ways.setdefault("".join(given[1:]), MAKER)
            elif len(given) > 1 and len(given[0]) >= LEAST_FUZZY and not _is_ordinary(given[0]):
                ways.setdefault(given[0], STEM)
        for key in _generic_keys(product):
            if ways.get(key, STEM) == STEM:  # the first word of "Losartan Potassium" is no stem of a brand
                ways[key] = GENERIC
        for key, how in ways.items():
            call(key, how, place)
    _add_elsewhere(table, products, by_medicine)
    for name in table.values():
        _settle(name, products)
    by_first: dict[str, list[str]] = defaultdict(list)
    for key in table:
        if len(key) >= LEAST_FUZZY and not key.isdigit():
            by_first[first_shape(lettered(key))].append(key)
    return Medicines(products, table, dict(by_medicine), dict(by_first), max((len(key) for key in table), default=0))


def _makers(products: list[Product]) -> frozenset[str]:
    """First words that stand before many medicines: a company ("Emzor Paracetamol"), not a brand."""
    seen: dict[str, set[str]] = defaultdict(set)
    for product in products:
        given = names.name_words(product.entry.name)
        if len(given) > 1:
            seen[names.spelled(given[0])].add(product.medicine)
    return frozenset(word for word, medicines in seen.items() if len(medicines) >= 4)


def _is_ordinary(word: str) -> bool:
    known = lexicon()
    return word in known.ordinary or word in known.fillers or word in known.things


def _generic_keys(product: Product) -> set[str]:
    """The substances as one would write them: without and with the salt, a combination in the catalogue's order and sorted."""
    written = [
        part for part in names.SUBSTANCES.split(names.NOTE.sub(" ", writing.flat(product.entry.generic)[:400])) if part.strip()
    ]
    if not written or len(written) > 6:
        return set()
    full = [" ".join(map(names.spelled, part.split())) for part in written]
    bases = [names.base(part) for part in written]
    found = {
        squeezed("".join(full)),
        squeezed("".join(bases)),
        squeezed("".join(sorted(bases))),
        squeezed("".join(reversed(bases))),
    }
    if len(bases) == 1:
        found.add(squeezed(names.canonical(bases[0])))
    return found - {""}


def _add_elsewhere(table: dict[str, Name], products: list[Product], by_medicine: dict[str, list[int]]) -> None:
    """Names that the lexicon and the list of substances know: other names of what is carried, and what is not carried at all."""
    brands = lexicon().brands
    for written, medicines in names.known_elsewhere().items():
        key = squeezed(written)
        if len(key) < 2:
            continue
        carried = [place for medicine in medicines for place in by_medicine.get(medicine, ())]
        how = EQUIVALENT if written in brands else SYNONYM
        name = table.get(key)
        if name is None:
            name = table[key] = Name(key, set(medicines))
        own = [pair for pair in name.products if pair[0] < STEM]
        if how == SYNONYM:
            name.medicines |= medicines
        elif own:
            continue  # the shop has a brand of that name: what it says of it counts
        else:  # "Panadol" where only Panadol Extra is carried
            name.products = [(how, place) for how, place in name.products if products[place].medicine in medicines]
            name.medicines = set(medicines)
        known = {place for _, place in name.products}
        name.products.extend((how, place) for place in carried if place not in known)


def _settle(name: Name, products: list[Product]) -> None:
    """A name that is a substance means that substance: a product called by it whose generic says something else is an error of the
    catalogue, and a stem means nothing where the whole name stands."""
    generic = {products[place].medicine for how, place in name.products if how in (GENERIC, SYNONYM)}
    single = {medicine for medicine in generic if "+" not in medicine}
    if len(single) == 1:
        name.medicines = single
        name.products = [(how, place) for how, place in name.products if products[place].medicine in single]
    elif any(how == BRAND for how, _ in name.products):
        name.medicines = {products[place].medicine for how, place in name.products if how == BRAND}
