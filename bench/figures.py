"""What a bench found: printed for whoever runs it alone, and left in a file for `python -m bench` to make a table of."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_VARIABLE = "BENCH_FIGURES"


@dataclass(frozen=True, slots=True)
class Figure:
    """`met` is None where there is no bar."""

    what: str
    found: str
    bar: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "NOT MET", None: ""}[self.met]


def tell(what: str, found: str, bar: str = "", met: bool | None = None) -> None:
    """Prints a figure at once and appends it, a JSON line, to the file named by BENCH_FIGURES."""
    figure = Figure(what, found, bar, met)
    print(f"{what}: {found}" + (f"   (bar: {bar}; {figure.verdict})" if bar else ""), flush=True)
    if name := os.environ.get(FILE_VARIABLE):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(figure)) + "\n")


def read(path: Path) -> list[Figure]:
    """The figures of one bench; none when it ended before its first."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def table(figures: list[Figure]) -> str:
    """Columns as wide as what stands in them; the last line of a figure's text is never cut."""
    rows = [("What", "Figure", "Bar", ""), *((f.what, f.found, f.bar, f.verdict) for f in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * min(len(lines[0]) + 40, sum(widths) + 6), *lines[1:]])
