"""One patient's visit: who, where, when and what was prescribed. A pure function of the random stream, so a seed is a truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from local.papers import people, wording
from local.papers.medicines import Medicine, all_medicines
from local.papers.people import Facility
from local.papers.wording import Order

# The newest date a paper may bear is this one; tests that ask how old a paper is set their clock by the truth's `written_on`.
NEWEST = date(2026, 11, 20)
DATES = ("%d/%m/%Y", "%d-%m-%y", "%d %b %Y", "%d.%m.%Y", "%d/%m/%y")


@dataclass(frozen=True, slots=True)
class Item:
    """One medicine. `head` is the written form word; `strength` has no blanks, `written` is as on the paper; `quantity` in units
    of the form (bottles, tubes and inhalers count one)."""

    head: str
    name: str
    strength: str
    written: str
    sig: str
    code: str
    duration: str
    quantity: int
    order: Order


@dataclass(frozen=True, slots=True)
class Case:
    """A visit. `written_on` is the date as on the paper, `on` the same as a date."""

    facility: Facility
    patient: str
    age: str
    sex: str
    number: str
    address: str
    diagnosis: str
    prescriber: str
    licence: str
    on: date
    written_on: str
    habit: str
    items: tuple[Item, ...]


def make(
    rng: np.random.Generator,
    facilities: tuple[Facility, ...],
    *,
    least: int = 2,
    most: int = 5,
    sold: bool = False,
    hand: bool = False,
) -> Case:
    """A visit to one of the facilities with `least` to `most` items; `hand` keeps to what people
    write by hand."""
    on = NEWEST - timedelta(days=int(rng.integers(0, 60)))
    habit = str(rng.choice(wording.WRITTEN if hand else wording.HABITS))
    known = all_medicines()
    chosen = rng.choice(len(known), size=int(rng.integers(least, most + 1)), replace=False)
    blank = " " if rng.random() < 0.35 else ""
    return Case(
        facility=facilities[int(rng.integers(len(facilities)))],
        patient=people.person(rng),
        age=f"{int(rng.integers(2, 84))} yrs",
        sex=str(rng.choice(["M", "F"])),
        number=f"{int(rng.integers(10, 99))}/{int(rng.integers(1000, 99999)):05d}",
        address=str(rng.choice(people.ADDRESSES)),
        diagnosis=str(rng.choice(people.DIAGNOSES)),
        prescriber=people.doctor(rng),
        licence=f"MDCN {int(rng.integers(21000, 98000))}",
        on=on,
        written_on=on.strftime(str(rng.choice(DATES))),
        habit=habit,
        items=tuple(_item(rng, known[int(place)], habit, blank) for place in chosen),
    )


def _item(rng: np.random.Generator, medicine: Medicine, habit: str, blank: str) -> Item:
    order = Order(
        form=medicine.form,
        units=float(rng.choice(medicine.units)),
        times=int(rng.choice(medicine.times)),
        days=int(rng.choice(medicine.days)),
    )
    strength = str(rng.choice(medicine.strengths))
    sig, code = wording.sig(rng, habit, order)
    counted = order.form in ("tab", "cap", "pessary", "inj")
    return Item(
        head=str(rng.choice(wording.FORMS[medicine.form])),
        name=medicine.name,
        strength=strength,
        written=_spaced(strength) if blank else strength,
        sig=sig,
        code=code,
        duration=wording.duration(rng, habit, order.days),
        quantity=int(order.units * order.times * order.days) if counted else 1,
        order=order,
    )


def _spaced(strength: str) -> str:
    """500mg -> 500 mg; only between a figure and its first unit, as people write it."""
    for place, letter in enumerate(strength):
        if letter.isalpha() or letter == "%":
            return strength if letter == "%" else f"{strength[:place]} {strength[place:]}"
    return strength
