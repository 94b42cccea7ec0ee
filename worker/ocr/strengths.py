"""Strengths as papers and catalogues write them, and when two are the same.

    20/120mg    500mg/125mg    250mg/5ml    1.2g    100,000 IU/ml    0.05%    400 mg/5 mL; 57 mg/5 mL

A strength is never mended here. What looks like one but cannot be trusted ("0. 5mg", "05mg") is kept with its text and
without amounts, so that it is shown and is equal to nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from worker.ocr.writing import flat

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|\d{1,7}(?:[.,]\d{1,4})?|[.]\d{1,4})"
_MASS = (
    r"micrograms?|microgrammes?|milligrams?|milligrammes?|mcgs?|mgs?|ugs?|grams?|grammes?|gms?|g"
    r"|international units?|mega ?units?|i\.u\.?|miu|iu|units?|mu|u|mmols?|meq|%"
)
_VOLUME = r"millilitres?|mls?|cc|l(?:itres?)?"
_PER = r"doses?|puffs?|actuations?|sprays?|inhalations?|tab(?:let)?s?|cap(?:sule)?s?|vials?|amps?|ampoules?|drops?|hours?|hr|h|g"
_WORD_END = r"(?![a-z])"
# Glued to a code of frequency as OCR gives it ("500mgtds"), a unit still is one.
_CODES = r"(?:o\.?d|b\.?d|bid|t\.?d\.?s|tid|q\.?d\.?s|qid|prn|stat|nocte|mane|daily|dly|po|tabs?|caps?|inj|im|iv|x)"
_UNIT = rf"(?:(?:{_MASS}|{_VOLUME})(?:(?<=%)|{_WORD_END}|(?={_CODES}{_WORD_END})))"
_PART = rf"{_NUMBER}\s?(?:{_UNIT})?"
_CHAIN = re.compile(
    rf"(?<![\d.])(?<!\d,){_PART}(?:\s?[/+&]\s?{_PART}){{0,5}}"
    rf"(?:\s?(?:/|per|in)\s?(?:{_NUMBER}\s?)?(?:{_VOLUME}|{_PER}|kg|day){_WORD_END})?(?:\s?(?:w/w|w/v|v/v){_WORD_END})?",
    re.ASCII,
)
_SPLIT = re.compile(rf"({_NUMBER})?\s?({_UNIT}|(?:{_PER}|kg|day){_WORD_END})?", re.ASCII)
# A point that lost its figure: "0. 5mg", "2 .5mg", "1 000mg". What follows is not the whole number.
_TORN = re.compile(r"\d\s?[.,]\s$|\d\s[.,]$|(?<![\d.])\d{1,3}\s$|(?:^|\s)[.,]\s$", re.ASCII)
# One or two letters right before a figure may be figures themselves: "l6/12.5mg", "O.5mg". A whole word is a name.
_GLUED = re.compile(r"(?<![a-z\d])[a-wyz]{1,2}\.?$")
# ... unless it is the number of the item: "1. 500mg Paracetamol", "1 500mg Paracetamol".
_ITEM_NUMBER = re.compile(r"\(?[1-9]\d?\s?[.)\]:]?\s\d{2,}(?:\.\d+)?", re.ASCII)
_BLANKS = re.compile(r"(?<=[\d.,/+&])\s|\s(?=[\d/+&%])")

_MG = {"mg": Fraction(1), "g": Fraction(1000), "mcg": Fraction(1, 1000)}
MOST_IN_TEXT = 12


@dataclass(frozen=True, slots=True)
class Strength:
    """`amounts`: (kind, value), kind mg, iu, mmol, meq or bare (no unit written), sorted; empty: not to be trusted. `per`: ml or g
    that hold the amounts, None for a unit dose. `text` as written without blanks; `start`, `end` in the flat text."""

    amounts: tuple[tuple[str, Fraction], ...]
    per: Fraction | None
    text: str
    start: int = 0
    end: int = 0
    per_weight: bool = False  # mg/kg, mg/day: a dose, never a strength

    @property
    def volume(self) -> bool:
        """Nothing but a volume ("5ml"): a dose or the size of a bottle."""
        return bool(self.amounts) and all(kind == "ml" for kind, _ in self.amounts)

    @property
    def mass(self) -> Fraction | None:
        """Milligrams where it is one mass a unit dose."""
        return self.amounts[0][1] if len(self.amounts) == 1 and self.amounts[0][0] == "mg" and self.per is None else None


@lru_cache(maxsize=1024)
def find(text: str) -> tuple[Strength, ...]:
    """Everything with a unit that a strength could be, in order; volumes and doses by weight among them. At most 12."""
    plain = flat(text)
    found = []
    for match in _CHAIN.finditer(plain):
        if "%" in match[0] or any(c.isalpha() for c in match[0]) or _is_bare_combination(plain, match):
            read = _read(text, plain, match)
            if read:
                found.append(read)
        if len(found) == MOST_IN_TEXT:
            break
    return tuple(_joined(text, found))


_JOINT = re.compile(r"\s?[/+,;&]\s?")


def _joined(text: str, found: list[Strength]) -> list[Strength]:
    """Strengths that a sign alone parts are one combination: "2mg/5ml + 30mg/5ml", "0.05%, 1%"."""
    joined: list[Strength] = []
    for strength in found:
        last = joined[-1] if joined else None
        if (
            last
            and _JOINT.fullmatch(text[last.end : strength.start])
            and not (last.volume or strength.volume or strength.per_weight)
        ):
            sound = last.amounts and strength.amounts and last.per == strength.per
            amounts = tuple(sorted((*last.amounts, *strength.amounts))) if sound else ()
            whole = _BLANKS.sub("", text[last.start : strength.end])
            joined[-1] = Strength(amounts, last.per, whole, last.start, strength.end)
        else:
            joined.append(strength)
    return joined


def _is_bare_combination(plain: str, match: re.Match[str]) -> bool:
    """ "80/480" beside artemether-lumefantrine: at least two numbers of two figures, neither a date nor "5/7"."""
    numbers = re.split(r"\s?[/+&]\s?", match[0].strip())
    around = plain[max(0, match.start() - 2) : match.start()] + " " + plain[match.end() : match.end() + 2]
    return (
        2 <= len(numbers) <= 3
        and all(n.replace(".", "").isdigit() and len(n) >= 2 for n in numbers)
        and numbers[-1] not in ("12", "52")
        and len(numbers[-1]) <= 3
        and not re.search(r"[/\-+x#]", around)
    )


def _read(text: str, plain: str, match: re.Match[str]) -> Strength | None:
    start, end = match.start(), match.end()
    written = match[0].rstrip()
    end -= len(match[0]) - len(written)
    torn = _torn(plain, start)
    parts = []
    for piece in re.split(r"\s?(?:[/+&]|\bper\b|\bin\b)\s?", re.sub(r"\s?(?:w/w|w/v|v/v)$", "", written)):
        split = _SPLIT.match(piece.strip())
        parts.append((split[1], _unit(split[2])) if split else (None, ""))
    amounts, per, weight = _amounts(parts)
    if amounts is None:
        return None
    if torn and not _ITEM_NUMBER.fullmatch(plain[:start] + (parts[0][0] or "")):
        start -= len(torn[0].lstrip())
        return Strength((), per, text[start:end], start, end, weight)
    return Strength(amounts, per, _BLANKS.sub("", text[start:end]), start, end, weight)


def _torn(plain: str, start: int) -> re.Match[str] | None:
    """What stands torn off before the number. A whole number and a blank only tear a group of three figures: "1 000mg"."""
    before = plain[max(0, start - 4) : start]
    if glued := _GLUED.search(before):
        return glued
    found = _TORN.search(before)
    if found and found[0].strip().isdigit() and not re.match(r"\d{3}(?![\d.])|[.,]", plain[start : start + 4], re.ASCII):
        return None
    return found


Parts = list[tuple[str | None, str]]


def _amounts(parts: Parts) -> tuple[tuple[tuple[str, Fraction], ...] | None, Fraction | None, bool]:
    """The amounts, what holds them and whether it is a dose by weight or day; None where it is no strength at all."""
    per: Fraction | None = None
    weight = False
    if len(parts) > 1 and (parts[-1][1] in ("ml", "kg", "day", "each") or (parts[-1][0] is None and parts[-1][1] == "g")):
        volume, unit = parts.pop()
        weight = unit in ("kg", "day")
        if unit in ("ml", "g"):
            per = value(volume) if volume else Fraction(1)
            if per is None or per == 0:
                return (), None, weight
    amounts = []
    unit_after = ""
    for written, unit in reversed(parts):
        if written is None:
            return None, None, False
        unit_after = unit or unit_after or "bare"
        number = value(written)
        if number is None or number == 0:
            return (), per, weight
        amounts.append((unit_after, number))
    made = [_in_base(unit, number) for unit, number in amounts]
    if any(kind == "%" for kind, _ in made):
        if per is not None or any(kind != "%" for kind, _ in made):
            return (), None, weight
        return tuple(sorted(("mg", number * 10) for _, number in made)), Fraction(1), weight
    return tuple(sorted(made)), per, weight


def _in_base(unit: str, number: Fraction) -> tuple[str, Fraction]:
    if unit in _MG:
        return "mg", number * _MG[unit]
    if unit == "l":
        return "ml", number * 1000
    if unit == "miu":
        return "iu", number * 1_000_000
    return unit, number


@lru_cache(maxsize=1024)
def value(written: str) -> Fraction | None:
    """A number as written: "1,000" a thousand, "0,5" a half; None where it is malformed ("05", "1,00,0")."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", written, re.ASCII):
        return Fraction(written.replace(",", ""))
    written = written.replace(",", ".")
    if not re.fullmatch(r"(?:0|[1-9]\d*)?(?:\.\d+)?", written, re.ASCII) or written in ("", "."):
        return None
    return Fraction("0" + written if written[0] == "." else written)


@lru_cache(maxsize=256)
def _unit(written: str | None) -> str:
    """One name a unit: mg, g, mcg, iu, miu, mmol, meq, %, ml, l, kg, day, each; "" for none."""
    plain = (written or "").replace(".", "").replace(" ", "")
    if plain in ("%", "meq", "kg", "day"):
        return plain
    for unit, names in _UNIT_NAMES.items():
        if plain in names or plain.rstrip("s") in names:
            return unit
    return "each" if plain else ""


_UNIT_NAMES = {
    "mcg": ("microgram", "microgramme", "mcg", "ug"),
    "mg": ("milligram", "milligramme", "mg"),
    "g": ("gram", "gramme", "gm", "g"),
    "iu": ("internationalunit", "iu", "unit", "u"),
    "miu": ("megaunit", "miu", "mu"),
    "mmol": ("mmol",),
    "ml": ("millilitre", "ml", "cc"),
    "l": ("litre", "l"),
}


# ----------------------------------------------------------------------------------------------------- catalogue and equality


@lru_cache(maxsize=16384)
def of_catalogue(text: str) -> Strength | None:
    """The strength in a catalogue's field or name ("400 mg/5 mL; 57 mg/5 mL"); None where there is none or it is unclear."""
    parts = [s for s in find(text[:200]) if not s.volume and not s.per_weight and (";" in text or s.amounts)]
    if not parts or any(not part.amounts for part in parts) or len({part.per for part in parts}) > 1:
        return None
    if len(parts) > 1 and not re.search(r"[;+,]", text):
        return None
    amounts = tuple(sorted(amount for part in parts for amount in part.amounts))
    return Strength(amounts, parts[0].per, text)


def same(one: Strength, other: Strength) -> bool:
    """Exactly the same amounts in the same volume, whatever the unit and the order ("1g" and "1000 mg")."""
    return bool(one.amounts) and one.amounts == other.amounts and one.per == other.per


def sum_of(written: Strength, parts: Strength) -> bool:
    """Whether one amount is the usual sum of a combination: Augmentin 625mg is 500 mg + 125 mg, Septrin 480mg is 400 + 80.
    228mg/5ml is 200 + 28.5: the half is left out in speech."""
    if len(written.amounts) != 1 or len(parts.amounts) != 2 or written.per != parts.per:
        return False
    kinds = {kind for kind, _ in (*written.amounts, *parts.amounts)}
    total = sum((amount for _, amount in parts.amounts), Fraction(0))
    return len(kinds) == 1 and Fraction(0) <= total - written.amounts[0][1] <= Fraction(1, 2)


def alike(one: Strength, other: Strength) -> bool:
    """The same concentration, or the same amounts where one of the two does not say in what volume, or without its unit."""
    if not one.amounts or not other.amounts or len(one.amounts) != len(other.amounts):
        return False
    kinds = {kind for kind, _ in one.amounts} | {kind for kind, _ in other.amounts}
    if len(kinds - {"bare"}) > 1 and "bare" in kinds:
        return False
    ones, others = (sorted(v for _, v in s.amounts) for s in (one, other))
    if "bare" not in kinds and [k for k, _ in one.amounts] != [k for k, _ in other.amounts]:
        return False
    if one.per is None or other.per is None or one.per == other.per:
        return ones == others
    return [v / one.per for v in ones] == [v / other.per for v in others]


def point_apart(one: Strength, other: Strength) -> bool:
    """Whether a decimal point lost or made in reading turns one into the other: 5 mg and 0.5 mg, 25 mg and 2.5 mg, 50 and 5.0."""
    if len(one.amounts) != len(other.amounts) or one.amounts == other.amounts:
        return False
    pairs = list(zip(one.amounts, other.amounts, strict=True))
    return all(a[0] == b[0] and a[1] / b[1] in _TENS for a, b in pairs)


_TENS = frozenset(Fraction(10) ** n for n in (-3, -2, -1, 0, 1, 2, 3))
