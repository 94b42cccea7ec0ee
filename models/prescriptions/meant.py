"""Whether a product is what a line of the paper names, or another one: then its price and name are news to the customer.

`approved` says "what was read, as it was read"; whatever else is dispensed is `changed`, with a reason the customer hears.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from models.catalogue import Product
from models.readings import Item

WORD = re.compile(r"[^\W\d_]+|\d+")
NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
UNIT = r"(?:micrograms?|mcg|ug|mg|gm|g|ml|iu|units?|%)(?![a-z])"
AMOUNT = re.compile(rf"({NUMBER})?\s*({UNIT})", re.IGNORECASE)
BARE = re.compile(rf"({NUMBER})(?=\s*[/+])")
IN_NAME = re.compile(rf"{NUMBER}(?:\s*[/+;]\s*{NUMBER})*\s*{UNIT}(?:\s*[/+;]\s*(?:{NUMBER})?\s*{UNIT})*", re.IGNORECASE)
# A figure may be lost: ".5mg", "0. 5mg", "1 000mg", "05mg".
TORN = re.compile(r"(?<!\w)[.,]\s*\d|\d\s*[.,]\s|\d\s+[.,]?\d|(?<![\d.,])0\d")
IN_MG = {"mg": Fraction(1), "g": Fraction(1000), "gm": Fraction(1000), "mcg": Fraction(1, 1000), "ug": Fraction(1, 1000)}
# The salt belongs to the substance's full name; a paper that leaves it out means any.
_SALTS = """potassium sodium calcium magnesium hydrochloride dihydrochloride hcl sulfate sulphate phosphate besilate besylate maleate
mesilate mesylate tartrate succinate fumarate citrate acetate nitrate bromide trihydrate monohydrate dihydrate anhydrous"""
SALTS = frozenset(_SALTS.split())
# What of a product's name tells its form; two words of one kind are one form.
FORMS = {
    **dict.fromkeys(("tablet", "tablets", "tab", "tabs", "caplet", "caplets"), "tablet"),
    **dict.fromkeys(("capsule", "capsules", "cap", "caps"), "capsule"),
    **dict.fromkeys(("syrup", "suspension", "solution", "elixir", "linctus", "mixture", "liquid"), "liquid"),
    **dict.fromkeys(("injection", "injections", "inj", "ampoule", "ampoules", "vial", "vials", "infusion"), "injection"),
    **dict.fromkeys(("suppository", "suppositories"), "suppository"),
    **dict.fromkeys(("pessary", "pessaries"), "pessary"),
    **dict.fromkeys(("drop", "drops"), "drops"),
    **dict.fromkeys(("inhaler", "evohaler"), "inhaler"),
    **{each: each for each in ("cream", "ointment", "gel", "lotion", "spray", "sachet", "patch")},
}


def is_meant(item: Item, product: Product) -> bool:
    """Whether approving `product` for this line is no change: it was suggested, or the paper names it by brand, with its strength.

    A name of a substance is met by any product of it only where none was suggested: the customer has been shown the one that was,
    and its price. A line of which no name could be read names nothing that could be changed.
    """
    if product.ref == item.chosen or not _words(item.name):
        return True
    if not same_strength(item.strength, strength_of(product)) or _other_form(item, product):
        return False
    return _branded(item, product) or (not item.chosen and _is(item.name, product.generic))


def change(item: Item, product: Product) -> str:
    """What of the line would change: "" nothing, else the reason's code `strength`, `form`, `brand`; `other` where that is not to be
    told, as of another substance."""
    if is_meant(item, product):
        return ""
    if not _branded(item, product) and not _same_substance(item, product):
        return "other"
    if item.strength and not same_strength(item.strength, strength_of(product)):
        return "strength"
    if _other_form(item, product):
        return "form"
    return "strength" if _branded(item, product) else "brand"


def strength_of(product: Product) -> str:
    """As the catalogue gives it; products of the old system have it in their name alone."""
    found = IN_NAME.search(product.name)
    return product.strength or (found[0] if found else "")


def same_strength(one: str, other: str) -> bool:
    """`500mg` is `500 mg` and `0.5 g`, `80/480mg` is `80 mg; 480 mg`, `125mg/5ml` is `25 mg/mL`. What cannot be read is equal to its
    own letters alone."""
    if (first := _amounts(one)) and (second := _amounts(other)):
        return first == second
    return _letters(one) == _letters(other)


def _amounts(text: str) -> tuple[tuple[str, Fraction], ...]:
    plain = text.lower().replace("µ", "u")
    found = [(number or "1", unit.removesuffix("s")) for number, unit in AMOUNT.findall(plain)]
    written_once = next((unit for _, unit in found if unit != "ml"), "")
    if not written_once or TORN.search(plain):
        return ()
    values = [(unit, Fraction(_number(n))) for n, unit in (*((n, written_once) for n in BARE.findall(plain)), *found)]
    per = next((value for unit, value in values if unit == "ml"), None)
    masses = []
    for unit, value in values:
        if unit == "ml":
            continue
        kind = "mcg" if unit.startswith("microgram") else unit
        amount = value * IN_MG.get(kind, 1) / (per or 1)
        masses.append(("mg" if kind in IN_MG else "iu" if kind in ("iu", "unit") else kind, amount))
    return tuple(sorted((*masses, *((("ml", Fraction(1)),) if per else ()))))


def _number(text: str) -> str:
    return text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".")


def _branded(item: Item, product: Product) -> bool:
    """Whether the name read is the product's own name, without its strength and form."""
    named = IN_NAME.sub(" ", product.name.lower().replace(product.strength.lower() or "\0", " "))
    return _equal(_words(item.name), [word for word in _words(named) if word not in FORMS])


def _same_substance(item: Item, product: Product) -> bool:
    if not product.generic:
        return False
    known = [each.generic for each in item.candidates if each.ref == item.chosen or not item.chosen]
    return any(_is(name, product.generic) for name in (item.name, *known) if name)


def _is(name: str, generic: str) -> bool:
    named, of = (_words(text.partition("(")[0]) for text in (name, generic))
    return _equal(named, of) or (bool(named) and set(named) - SALTS == set(of) - SALTS and not set(named) & SALTS - set(of))


def _equal(named: Iterable[str], of: Iterable[str]) -> bool:
    """In any order, as of combinations; the product's salt may be left out on the paper."""
    mine, theirs = sorted(set(named)), sorted(set(of))
    return bool(mine) and (mine == theirs or mine == sorted(set(theirs) - SALTS))


def _other_form(item: Item, product: Product) -> bool:
    written, has = _kinds(item.form), _kinds(product.form) or _kinds(product.name)
    return bool(written and has and written.isdisjoint(has))


def _kinds(text: str) -> set[str]:
    return {FORMS[word] for word in _words(text) if word in FORMS}


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(text.lower()) if word != "and"]


def _letters(text: str) -> str:
    return re.sub(r"[^\w.%/]", "", text.lower())
