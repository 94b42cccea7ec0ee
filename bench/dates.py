"""How many phrases about a moment are read right: `python -m bench.dates [TABLE.csv ...]`.

Two tables, each with what is expected of every phrase: the instants of moments, and the reason of those that are refused.
`dates.csv` grew with the rules. `dates_as_written.csv` was written down without a look at them: of its first 164 phrases 143 (87.2 %) were
read right the first time, 2 as another moment; of 60 more, written after the rules were mended, 57 (95 %), 1 as another moment. What was
found then is mended too, so a figure for phrases nobody has seen needs a new table: give it as the argument.

A wrong instant is worse than a question, so those read as another moment than meant are counted apart, and named.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.figures import tell
from worker.understanding.dates import Moment, read_moment

DATA = Path(__file__).parents[1] / "tests" / "data"
TABLES = ("dates.csv", "dates_as_written.csv")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # the tables were written for this Wednesday, 10:00 in Lagos
PHRASES = 300  # fewer would say little
WANTED = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """One table's count. `wrong`: phrases read as another moment than the table's, or as one where there is none."""

    moments: int
    moments_right: int
    refused: int
    refused_right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]


def read(phrase: str, zone: ZoneInfo) -> str:
    """The instant (ISO, UTC) or the reason of the refusal, as the tables write them."""
    found = read_moment(phrase, NOW, zone)
    return found.at.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(found, Moment) else found.code


def share(rows: list[dict[str, str]]) -> Share:
    """Counts a table of phrase, zone, expected."""
    right, counted = {True: 0, False: 0}, {True: 0, False: 0}
    wrong, missed = [], []
    for row in rows:
        found, expected = read(row["phrase"], ZoneInfo(row["zone"])), row["expected"]
        moment = expected[:1].isdigit()
        counted[moment] += 1
        right[moment] += found == expected
        if found != expected:
            (wrong if found[:1].isdigit() else missed).append(f"{row['phrase']!r}: {found}, not {expected}")
    return Share(counted[True], right[True], counted[False], right[False], tuple(wrong), tuple(missed))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def percent(right: int, of: int) -> str:
    return f"{right}/{of} ({right / of:.1%})" if of else "none"


def main() -> int:
    paths = [Path(name) for name in sys.argv[1:]] or [DATA / name for name in TABLES]
    everything = wrong = 0
    good = True
    for path in paths:
        rows = rows_of(path)
        one = share(rows)
        everything, wrong = everything + len(rows), wrong + len(one.wrong)
        for line in one.wrong:
            print(f"  another moment: {line}")
        for line in one.missed:
            print(f"  not read:       {line}")
        for what, right, of in (("moments", one.moments_right, one.moments), ("refusals", one.refused_right, one.refused)):
            met = right >= WANTED * of
            tell(f"{path.stem}: {what} right", percent(right, of), f"at least {WANTED:.0%}", met)
            good = good and met
    tell("phrases", str(everything), f"at least {PHRASES}", everything >= PHRASES)
    tell("read as another moment than meant", str(wrong), "0", not wrong)
    return 0 if good and everything >= PHRASES and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
