"""How many packs make what a paper asks for: arithmetic a pharmacist can check, shown beside the field and never in its place."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from models.catalogue import Product
from models.readings import Item

PIECE, ML, GRAM, DOSE, PACK = "piece", "ml", "g", "dose", "pack"
NUMBER = r"(\d{1,4}(?:\.\d{1,2})?)"
TIMES = re.compile(rf"{NUMBER} ?[x×*] ?{NUMBER} ?('?s\b|[a-z]*)", re.IGNORECASE)
SINGLE = re.compile(rf"{NUMBER} ?('?s\b|[a-z]+)", re.IGNORECASE)
DOSED = re.compile(rf"{NUMBER} ?([a-z]*)", re.IGNORECASE)
UNITS = {
    **dict.fromkeys(("ml", "mls", "millilitre", "millilitres"), ML),
    **dict.fromkeys(("g", "gm", "gram", "grams"), GRAM),
    **dict.fromkeys(("dose", "doses", "puff", "puffs", "spray", "sprays", "actuations"), DOSE),
    **dict.fromkeys(("", "s", "'s", "tab", "tabs", "tablet", "tablets", "cap", "caps", "capsule", "capsules"), PIECE),
    **dict.fromkeys(
        ("ampoule", "ampoules", "amp", "amps", "vial", "vials", "sachet", "sachets", "suppository", "suppositories"), PIECE
    ),
    **dict.fromkeys(
        ("caplet", "caplets", "lozenge", "lozenges", "pessary", "pessaries", "patch", "patches", "pen", "pens"), PIECE
    ),
}
# Forms that are counted one by one; of all others a written number this small counts bottles, tubes or packs.
COUNTED = ("tablet", "capsule", "caplet", "suppositor", "pessar", "lozenge", "sachet", "ampoule", "vial", "patch", "injection")
MOST_CONTAINERS = 10
MOST_PACKS = 999
NAMES = (("tablet", "tablets"), ("capsule", "capsules"), ("caplet", "caplets"), ("ampoule", "ampoules"), ("sachet", "sachets"))


@dataclass(frozen=True, slots=True)
class Amount:
    """`number` of `unit`: piece (tablets, ampoules), ml, g, dose (puffs), or pack (bottles, tubes)."""

    number: float
    unit: str

    def __str__(self) -> str:
        return f"{self.number:g}:{self.unit}"


@dataclass(frozen=True, slots=True)
class Hint:
    """`packs` that make the amount, and the sentence that shows how."""

    packs: int
    words: str


def needed(item: Item | None) -> Amount | None:
    """What the paper asks for in all; None where it does not say, or not in a way that can be counted."""
    if item is None:
        return None
    if item.quantity:
        loose = item.form and not item.form.lower().startswith(COUNTED) and not item.quantity_computed
        return Amount(item.quantity, PACK if loose and item.quantity <= MOST_CONTAINERS else ML if loose else PIECE)
    taken = _dose(item) if item.directions else None  # directions that were only half understood are no sum
    if taken is None or taken.unit not in (ML, DOSE) or not item.times_a_day or not item.duration_days or item.as_needed:
        return None
    return Amount(taken.number * item.times_a_day * item.duration_days, taken.unit)


def by_dose(item: Item) -> float | None:
    """How many pieces the dose makes over the whole time, to hold against a written quantity. None where that is not to be told."""
    taken = _dose(item)
    if taken is None or taken.unit != PIECE or not item.times_a_day or not item.duration_days or item.as_needed:
        return None
    return taken.number * item.times_a_day * item.duration_days


def size(pack: str) -> Amount | None:
    """What one pack holds: `10 x 10`, `1 x 6`, `60 ml`, `5 ampoules`, `30's`. None for what does not say."""
    text = pack.strip()
    if found := TIMES.match(text):
        number, unit = float(found[1]) * float(found[2]), UNITS.get(found[3].lower())
    elif found := SINGLE.match(text):
        number, unit = float(found[1]), UNITS.get(found[2].lower())
    else:
        return None
    return Amount(number, unit) if unit and number > 0 else None


def hint(amount: Amount | None, product: Product) -> Hint | None:
    """`18 tablets = 1 pack of 20, 2 over`; None where the paper or the pack does not say."""
    holds = size(product.pack)
    if amount is None:
        return None
    if amount.unit == PACK:
        return _hint(amount.number, f"{amount.number:g} on the paper")
    if holds is None or holds.unit != amount.unit:
        return None
    packs = math.ceil(amount.number / holds.number)
    over = packs * holds.number - amount.number
    words = f"{_many(amount, product)} = {packs} {'pack' if packs == 1 else 'packs'} of {_size(holds)}"
    return _hint(packs, words + (f", {over:g} over" if over else ""))


def certain(item: Item | None, amount: Amount | None) -> bool:
    """Whether the packs may stand in the field from the beginning: counted one by one, and a line both engines agree on."""
    return item is not None and item.sure and amount is not None and amount.unit == PIECE


def amount_of(text: str) -> Amount | None:
    """What `str(Amount)` gave, from an address."""
    number, _, unit = text.partition(":")
    if unit not in (PIECE, ML, GRAM, DOSE, PACK) or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", number) or not float(number):
        return None
    return Amount(float(number), unit)


def _hint(packs: float, words: str) -> Hint | None:
    return Hint(int(packs), words) if 1 <= packs <= MOST_PACKS and packs == int(packs) else None


def _dose(item: Item) -> Amount | None:
    found = DOSED.fullmatch(item.dose.strip())
    unit = UNITS.get(found[2].lower()) if found else None
    return Amount(float(found[1]), unit) if found and unit else None


def _many(amount: Amount, product: Product) -> str:
    if amount.unit != PIECE:
        return f"{amount.number:g} {'doses' if amount.unit == DOSE else amount.unit}"
    form = product.form.lower()
    one, more = next((names for names in NAMES if names[0] in form), ("piece", "pieces"))
    return f"{amount.number:g} {one if amount.number == 1 else more}"


def _size(holds: Amount) -> str:
    return f"{holds.number:g}" + ("" if holds.unit == PIECE else f" {'doses' if holds.unit == DOSE else holds.unit}")
