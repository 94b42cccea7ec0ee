"""Public holidays of Nigeria: those of the calendar, and what the government said otherwise.

The library knows fixed days, Easter and days kept instead of a Sunday; it reckons those of the moon, which are announced a day or two
before and may move, and the days that a government gives besides. For both there is the table `holiday_overrides`, whose rows are
read with every question and go before the calendar. A year of the calendar is worked out once a process; it does not change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

COUNTRY = "NG"
MOST_YEARS = 8  # held by a process; nobody books further than months ahead
_REMARK = re.compile(r"\s*\((?:observed|estimated|observed, estimated)\)")


@dataclass(frozen=True, slots=True)
class Override:
    """What counts for a day instead of the calendar: `kept` is a holiday of that name, not kept is none."""

    name: str
    kept: bool


def name_of(day: date, overrides: Mapping[date, Override]) -> str:
    """The holiday on a day; "" for none."""
    told = overrides.get(day)
    if told is not None:
        return told.name if told.kept else ""
    return of_year(day.year).get(day, "")


@lru_cache(maxsize=MOST_YEARS)
def of_year(year: int) -> Mapping[date, str]:
    """Holidays of a year by the calendar. Costs about a tenth of a second the first time, when the library is loaded."""
    import holidays

    found = holidays.country_holidays(COUNTRY, years=year)
    return MappingProxyType({day: _REMARK.sub("", name) for day, name in found.items() if day.year == year})
