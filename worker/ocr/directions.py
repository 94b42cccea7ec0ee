"""Directions in plain words, and how many units they come to."""

from __future__ import annotations

from fractions import Fraction

from worker.ocr import forms
from worker.ocr.sig import Sig
from worker.ocr.sig_words import MASS_UNITS, PLURALS
from worker.ocr.strengths import Strength
from worker.ocr.writing import shown

_FORM_UNITS = {
    "tablet": "tablet",
    "capsule": "capsule",
    "drops": "drop",
    "inhaler": "puff",
    "spray": "spray",
    "suppository": "suppository",
    "pessary": "pessary",
    "sachet": "sachet",
    "lozenge": "lozenge",
    "patch": "patch",
}
_FRACTIONS = {Fraction(1, 2): "half a", Fraction(1, 4): "a quarter of a", Fraction(3, 4): "three quarters of a"}
_SWALLOWED = ("tablet", "capsule", "syrup", "suspension", "sachet", "lozenge")
MOST_UNITS = 2000


def unit_of(sig: Sig, form: str) -> str:
    """The unit of the dose: as written, else the one thing of the form that can be counted."""
    return sig.unit or (_FORM_UNITS.get(form, "") if sig.dose is not None or sig.places else "")


def dose(sig: Sig, form: str = "") -> str:
    """The dose in words: "1 tablet", "1 to 2 tablets", "half a tablet", "5 ml"; "" where none is written."""
    if sig.dose is None:
        same = set(sig.places) - {Fraction(0)}
        return _amount(same.pop(), None, unit_of(sig, form)) if len(same) == 1 else ""
    return _amount(sig.dose, sig.dose_high, unit_of(sig, form))


def _amount(low: Fraction, high: Fraction | None, unit: str) -> str:
    if high is None and low in _FRACTIONS and unit and unit not in ("ml", *MASS_UNITS):
        return f"{_FRACTIONS[low]} {unit}"
    most = high or low
    name = unit if most <= 1 or not unit else PLURALS.get(unit, unit)
    joined = "" if unit in MASS_UNITS else " "
    said = shown(low) if high is None else f"{shown(low)} to {shown(high)}"
    return f"{said}{joined}{name}".strip()


def words(sig: Sig, form: str = "") -> str:
    """The whole direction: "1 tablet twice a day for 5 days, after food"."""
    said = _one(sig, form)
    if sig.then:
        later = _one(sig.then, form)
        return f"{said}, then {later}" if said and later else said or later
    return said


def _one(sig: Sig, form: str) -> str:
    often = sig.often
    amount = dose(sig, form)
    if sig.places and not amount:
        places = [shown(v) for v in sig.places]
        often = f"{'-'.join(places)} through the day"
    verb = sig.verb if sig.verb in ("apply", "insert", "inhale", "gargle", "chew", "dissolve", "inject", "instil") else ""
    if amount and often and amount[-1].isdigit():
        amount += ","  # "1, three times a day": no unit is written and none is known
    head = " ".join(part for part in (verb, sig.manner if verb == "apply" else "", amount, _place(sig, form), often) if part)
    if sig.duration_days:
        head = f"{head} for {_days(sig.duration_days)}".strip()
    tail = [sig.food, sig.manner if verb != "apply" else "", "when needed" if sig.as_needed else ""]
    return ", ".join(part for part in (head, *tail) if part)


def _place(sig: Sig, form: str) -> str:
    """Where it goes. "pr" beside a capsule is a "prn" that lost its last letter."""
    if sig.route == "by mouth" or (sig.route == "into the rectum" and form in _SWALLOWED):
        return ""
    return sig.route


def _days(days: int) -> str:
    for size, name in ((30, "month"), (7, "week")):
        if days % size == 0 and (size == 30 or days > 7):
            return f"{days // size} {name}{'s' if days > size else ''}"
    return f"{days} day{'s' if days > 1 else ''}"


def quantity(sig: Sig, form: str, strength: Strength | None) -> tuple[float | None, bool]:
    """How many units are to be given, and whether that was computed: only from a fixed dose, frequency and length, for things
    that are counted one by one."""
    if sig.quantity is not None and not (sig.containers and form in ("tablet", "capsule", "")):
        return float(sig.quantity), False
    per_day = sig.per_day
    if sig.then or sig.contradicts or sig.as_needed or per_day is None or not sig.duration_days or form not in forms.COUNTABLE:
        return None, False
    if sig.unit in MASS_UNITS:
        each = strength.mass if strength else None
        taken = _milligrams(per_day, sig.unit)
        if not each or (taken / sig.times / each if sig.times else Fraction(1, 3)).denominator not in (1, 2):
            return None, False
        per_day = taken / each
    elif sig.unit not in ("", _FORM_UNITS.get(form), "pill"):
        return None, False
    total = per_day * sig.duration_days
    whole = -(-total.numerator // total.denominator)
    return (float(whole), True) if 0 < whole <= MOST_UNITS else (None, False)


def _milligrams(amount: Fraction, unit: str) -> Fraction:
    return amount * {"mg": Fraction(1), "g": Fraction(1000), "mcg": Fraction(1, 1000)}[unit]
