"""The medicines that our papers name, from medicines.txt beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("medicines.txt")


@dataclass(frozen=True, slots=True)
class Medicine:
    """One line of the list. `units`: tablets, ml, drops or puffs a dose, 0 where the form says it."""

    name: str
    strengths: tuple[str, ...]
    form: str
    units: tuple[float, ...]
    times: tuple[int, ...]
    days: tuple[int, ...]


@cache
def all_medicines() -> tuple[Medicine, ...]:
    """Every medicine, in the file's order. Raises ValueError for a line that does not have six fields."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return tuple(_medicine(line) for line in lines)


def _medicine(line: str) -> Medicine:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != 6:
        raise ValueError(f"medicines.txt: six fields wanted: {line!r}")
    name, strengths, form, units, times, days = fields
    return Medicine(
        name=name,
        strengths=tuple(text.strip() for text in strengths.split(",")),
        form=form,
        units=tuple(float(text) for text in units.split(",")),
        times=tuple(int(text) for text in times.split(",")),
        days=tuple(int(text) for text in days.split(",")),
    )
