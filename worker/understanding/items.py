"""What is to be added or ordered: "2 3", "paracetamol x2", "2 packs of amatem forte and vitamin c".

Rules, where people's writing leaves room:
- Two bare numbers are a list number and a quantity; one bare number is a list number.
- A number before a name is a quantity; a number after a name is a strength ("augmentin 625", "amlodipine 5") and stays in
  the name, unless it carries an x or a unit (`x2`, `2 packs`) or follows a strength ("paracetamol 500mg 2").
- Commas, semicolons and new lines part items. "and", "plus", "with", "&", "+" part them only when some item carries a
  quantity or all are list numbers, because "amoxicillin and clavulanic acid" is one medicine; a known pair of that kind is
  never parted. A name kept whole carries `parts`, what it would have been, for a flow that does not find the whole.
"""

from __future__ import annotations

import re
from typing import Any

from worker.understanding import numbers
from worker.understanding.tokens import Words, phrase_list, word_set

Item = dict[str, Any]

MAX_ITEMS = 20

UNITS: dict[str, str] = {
    form: unit
    for unit, forms in {
        "pack": "pack packs packet packets pk pks pkt pkts",
        "sachet": "sachet sachets satchet satchets",
        "card": "card cards",
        "bottle": "bottle bottles btl btls",
        "strip": "strip strips",
        "box": "box boxes",
        "carton": "carton cartons ctn",
        "tin": "tin tins",
        "tube": "tube tubes",
        "piece": "piece pieces pc pcs unit units",
        "roll": "roll rolls",
        "vial": "vial vials ampoule ampoules amp amps",
        "tablet": "tablet tablets tab tabs",
        "capsule": "capsule capsules caps cap",
    }.items()
    for form in forms.split()
}
# After a bare number these make it a strength or a size, not a quantity: "500 mg amoxil".
_DOSES = word_set(
    """
    mg g gm gram grams ml mls l litre litres mcg ug iu % cm mm in inch inches kg year years yrs month months day days
    """
)
_STRENGTH = re.compile(r"\d+(?:[.,]\d+)?(?:mg|g|ml|mcg|iu|ug|%)?(?:/\d+(?:[.,]\d+)?(?:mg|g|ml|mcg|iu)?)*")
_DOSED = re.compile(r"\d.*(?:mg|g|ml|mcg|iu)\b|\d+/\d+")
_TIMES_BEFORE = re.compile(r"x(\d{1,5})")
_TIMES_AFTER = re.compile(r"(\d{1,5})x")
_TIMES_BETWEEN = re.compile(r"(\d{1,3})x(\d{1,5})")
_LIST_MARKS = frozenset(("number", "num", "no", "nos", "item", "items", "option", "product", "nr", "#"))
_QUANTITY_MARKS = frozenset(("x", "qty", "quantity", "times"))
_JOINERS = frozenset(("and", "plus", "with", "also", "n", "&", "+"))
_ARTICLES = frozenset(("the", "some", "of", "any", "my", "me", "this", "that", "for"))
_POINTERS = frozenset(("it", "this", "that", "one", "them", "these", "item", "product"))
_TARGETS = frozenset(("cart", "basket", "order", "list", "bag"))
# Two medicines in one tablet, and other pairs that are one product.
_PAIRS = frozenset(
    phrase_list(
        """
    amoxicillin clavulanic; amoxicillin clavulanate; amoxycillin clavulanic; ampicillin cloxacillin; ampicillin sulbactam;
    artemether lumefantrine; artesunate amodiaquine; sulphadoxine pyrimethamine; sulfadoxine pyrimethamine;
    dihydroartemisinin piperaquine; trimethoprim sulfamethoxazole; sulfamethoxazole trimethoprim; cold flu; cough cold;
    cold catarrh; catarrh cold; calcium vitamin; iron folic; sulphate folic; sulfate folic; syringe needle; needle syringe;
    head shoulders; magnesium aluminium; neomycin bacitracin; lisinopril hydrochlorothiazide;
    losartan hydrochlorothiazide; perindopril indapamide; levodopa carbidopa; ibuprofen paracetamol; paracetamol caffeine;
    paracetamol codeine; hot cold; ear nose; mother baby; mother child; zinc ors; ors zinc
    """
    )
)
# Brands that begin with what reads like a quantity.
_NUMBER_NAMES = frozenset(
    (("one", "touch"), ("one", "a"), ("seven", "seas"), ("7", "seas"), ("five", "alive"), ("5", "alive"), ("7", "keys"))
)


def parse(words: Words, first: int, end: int) -> tuple[list[Item], bool]:
    """The items in words `first`..`end` (at most `MAX_ITEMS`), and whether any carried an explicit quantity."""
    end = without_target(words, first, end)
    hard = _split(words, first, end, hard=True)
    soft = [_split(words, a, b, hard=False) for a, b in hard]
    singles = [piece for pieces in soft for piece in pieces]
    if all(_is_pointer(words, a, b) for a, b in singles):
        return [], False
    parsed = [_piece(words, a, b) for a, b in singles]
    counted = any(explicit for _, explicit in parsed)
    if counted or all(item is None or "number" in item for item, _ in parsed):
        return [item for item, _ in parsed if item][:MAX_ITEMS], counted
    items = []
    for (a, b), pieces in zip(hard, soft, strict=True):
        item, _ = _piece(words, a, b)
        if item and len(pieces) > 1:
            item["parts"] = [words.text(c, d) for c, d in pieces]
        if item:
            items.append(item)
    return items[:MAX_ITEMS], False


def without_target(
    words: Words, first: int, end: int, links: tuple[str, ...] = ("to", "in", "into", "inside", "for", "on")
) -> int:
    """Where the items end when "to my cart" follows them."""
    keys = words.keys
    if end > first and keys[end - 1] in _TARGETS:
        at = end - 1
        while at > first and keys[at - 1] in ("my", "the", "your", "shopping"):
            at -= 1
        if at > first and keys[at - 1] in links:
            return at - 1
    return end


def _split(words: Words, first: int, end: int, *, hard: bool) -> list[tuple[int, int]]:
    """Word ranges between separators; ranges without words are left out."""
    pieces, start = [], first
    for index in range(first, end):
        gap = words.gap(index) if index > first else ""
        if (hard and any(mark in gap for mark in ",;\n")) or (
            not hard and index > first and ("&" in gap or "+" in gap) and not _is_pair(words, index - 1, index)
        ):
            pieces.append((start, index))
            start = index
        elif not hard and words.keys[index] in _JOINERS and first < index < end - 1 and not _is_pair(words, index - 1, index + 1):
            pieces.append((start, index))
            start = index + 1
    pieces.append((start, end))
    if hard:  # "2 panadol, and 1 vitamin c"
        pieces = [(a + 1 if a < b and words.keys[a] in _JOINERS else a, b) for a, b in pieces]
    return [(a, b) for a, b in pieces if a < b]


def _is_pair(words: Words, left: int, right: int) -> bool:
    return f"{words.keys[left]} {words.keys[right]}" in _PAIRS


def _is_pointer(words: Words, first: int, end: int) -> bool:
    return all(key in _POINTERS or key in _ARTICLES for key in words.keys[first:end])


def signed_count(words: Words, index: int) -> int | None:
    """The word as a quantity; negative when a minus stands right before it, so that nobody reads -3 as 3."""
    n = numbers.count(words.keys[index])
    if n is not None and words.gap(index)[-1:] in ("-", "−", "–") and words.gap(index) != "-":
        return -n
    return n


def _piece(words: Words, first: int, end: int) -> tuple[Item | None, bool]:
    """One item and whether its quantity was explicit."""
    keys = words.keys
    while first < end and keys[first] in _ARTICLES:
        first += 1
    if first >= end:
        return None, False
    numbered = _numbered(words, first, end)
    if numbered:
        return numbered
    if keys[first] in ("a", "an") and end - first > 1 and keys[first + 1] != "to":
        first += 1
        if keys[first] in UNITS and end - first > 1:
            return _named(words, first + 1, end, 1, UNITS[keys[first]])
        if keys[first] not in numbers.WORDS:  # "a dozen", "a couple"
            return _named(words, first, end, None, None)
    leading = _leading_quantity(words, first, end)
    if leading:
        quantity, at, unit = leading
        return _named(words, at, end, quantity, unit)
    trailing, until, kind = _trailing_quantity(words, first, end)
    return _named(words, first, until, trailing, kind)


def _named(words: Words, first: int, end: int, quantity: int | None, unit: str | None) -> tuple[Item | None, bool]:
    while first < end and words.keys[first] in _ARTICLES:
        first += 1
    name = words.text(first, end)
    if not name:
        return None, quantity is not None
    item: Item = {"name": name, "quantity": 1 if quantity is None else quantity}
    if unit:
        item["unit"] = unit
    return item, quantity is not None


def _numbered(words: Words, first: int, end: int) -> tuple[Item, bool] | None:
    """`2`, `2 3`, `2x3`, `2 x 3`, `number 2 quantity 3`, `#2`, `3 of number 2`; None when a name is in it."""
    keys = list(words.keys[first:end])
    between = _TIMES_BETWEEN.fullmatch(keys[0])
    if between and len(keys) == 1:
        return {"number": int(between[1]), "quantity": int(between[2])}, True
    marked = "#" in words.gap(first)
    values: list[int] = []
    swapped = False
    for offset, key in enumerate(keys):
        n = signed_count(words, first + offset)
        times = _TIMES_BEFORE.fullmatch(key) or _TIMES_AFTER.fullmatch(key)
        if n is not None:
            values.append(n)
        elif times:
            values.append(int(times[1]))
            swapped = swapped or (not values[:-1] and bool(_TIMES_AFTER.fullmatch(key)))
        elif key in _LIST_MARKS:
            marked = True
            swapped = swapped or bool(values)
        elif key == "of" and len(values) == 1:
            swapped = True
        elif key not in _QUANTITY_MARKS and key not in UNITS and key not in ("please", "pls", "for"):
            return None
    if not values or len(values) > 2 or (len(values) == 1 and swapped):
        return None
    if len(values) == 1:
        only_units = any(key in UNITS for key in keys)  # "2 packs" of what is on the screen is not list number 2
        return None if only_units and not marked else ({"number": values[0], "quantity": 1}, False)
    number, quantity = (values[1], values[0]) if swapped else values
    return {"number": number, "quantity": quantity}, True


def _leading_quantity(words: Words, first: int, end: int) -> tuple[int, int, str | None] | None:
    """`2 ...`, `2x ...`, `x2 ...`, `2 packs of ...`: the quantity, where the name begins, the unit."""
    keys = words.keys
    times = _TIMES_BEFORE.fullmatch(keys[first]) or _TIMES_AFTER.fullmatch(keys[first])
    quantity = int(times[1]) if times else signed_count(words, first)
    at = first + 1
    if quantity is None or at >= end or (keys[first], keys[at]) in _NUMBER_NAMES:
        return None
    if keys[at] == "x" and at + 1 < end:
        at += 1
    if keys[at] in _DOSES or words.gap(at).startswith(("%", "/")):
        return None
    unit = UNITS.get(keys[at])
    if unit and at + 1 < end:
        return quantity, at + 1, unit
    return quantity, at, None


def _trailing_quantity(words: Words, first: int, end: int) -> tuple[int | None, int, str | None]:
    """`... x2`, `... x 2`, `... 2x`, `... 2 packs`, `... 500mg 2`: the quantity, where the name ends, the unit."""
    keys = words.keys
    last = end - 1
    unit = UNITS.get(keys[last]) if last - first >= 2 else None
    if unit:
        n = signed_count(words, last - 1)
        times = _TIMES_BEFORE.fullmatch(keys[last - 1]) or _TIMES_AFTER.fullmatch(keys[last - 1])
        if n is not None or times:
            return (int(times[1]) if times else n), last - 1 - (keys[last - 2] == "x" and last - 2 > first), unit
    if last - first >= 1:
        times = _TIMES_BEFORE.fullmatch(keys[last]) or _TIMES_AFTER.fullmatch(keys[last])
        if times:
            return int(times[1]), last, None
        n = signed_count(words, last)
        if n is not None and last - first >= 2 and keys[last - 1] in _QUANTITY_MARKS:
            return n, last - 1, None
        if n is not None and n <= 20 and any(_DOSED.match(key) for key in keys[first:last]):
            return n, last, None
        if keys[last] == "times" and last - first >= 2 and signed_count(words, last - 1) is not None:
            return signed_count(words, last - 1), last - 1, None
    return None, end, None
