"""The sheet a pharmacist fills in beside the picture: a row for each line that was read, one product, one outcome each.

It is made from the reading, laid over by the draft or by what was just sent, and read back from a form into `record.Line`s.
Nothing is decided by default: an outcome is empty until a person chooses one. What was decided is shown as it was signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models import catalogue
from models.base import db
from models.catalogue import Product
from models.prescriptions import meant
from models.prescriptions.case import Case
from models.prescriptions.deciding import LINES_MAX, READ_LINES_MAX
from models.prescriptions.record import Line
from models.readings import Box, Item
from web.console import labels, packs
from web.console.packs import Amount

FIELDS = ("line", "outcome", "ref", "quantity", "directions", "reason", "note")
DIGITS_MAX = 6
NUMBERED = re.compile(r"^\s*\(?\d{1,2}[.)]+\s+")  # the sheet numbers its lines itself


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: its page and its box in thousandths of the page's width and height, as SVG wants it."""

    page: int
    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(slots=True)
class Row:
    """One line of the sheet. `options` are the products offered, the chosen one among them. `need`: what the paper asks for in all.
    `prefilled`: the packs were computed from it. `wrong`: what was refused about it. `signed`: as it was decided."""

    position: int
    line: int
    item: Item | None
    places: tuple[Place, ...] = ()
    doubts: tuple[str, ...] = ()
    options: list[Product] = field(default_factory=list)
    outcome: str = ""
    ref: str = ""
    quantity: str = ""
    directions: str = ""
    reason: str = ""
    note: str = ""
    need: Amount | None = None
    prefilled: bool = False
    wrong: str = ""
    signed: Line | None = None

    @property
    def second(self) -> str:
        """What the other engine read where it reads differently, "" otherwise."""
        if self.item is None or not self.item.second:
            return ""
        first = self.places[0].text if self.places else self.item.raw
        # A part of the line, differently set, says nothing new.
        return "" if _plain(self.item.second) in (*map(_plain, (first, self.item.raw)), "") else self.item.second

    @property
    def product(self) -> Product | None:
        return next((product for product in self.options if product.ref == self.ref), None)

    @property
    def hints(self) -> dict[str, packs.Hint]:
        """For each product offered, how many of its packs make what the paper asks for; without those that do not say."""
        told = {product.ref: packs.hint(self.need, product) for product in self.options}
        return {ref: hint for ref, hint in told.items() if hint}

    def change(self, product: Product) -> str:
        """What dispensing it would change of what was read: a reason's code, "" where it is what the paper names."""
        return meant.change(self.item, product) if self.item else ""

    @property
    def title(self) -> str:
        """What to call it: the words on the paper, or the product that was added."""
        if self.item:
            return NUMBERED.sub("", self.item.raw) or self.item.name
        return self.signed.name if self.signed else self.product.name if self.product else "A medicine you add"

    @property
    def blank(self) -> bool:
        """An added line that nothing was put into."""
        return self.line < 0 and not (self.ref or self.outcome or self.directions or self.note)

    @property
    def locked(self) -> bool:
        """Whether the chosen product may never be sold here."""
        return self.product is not None and self.product.control == "controlled"


def rows(case: Case, given: Mapping[str, Any] | None) -> list[Row]:
    """The sheet: what was read, and over it `given` (a draft's or a form's fields)."""
    made = [_read_row(case, index, item) for index, item in enumerate(case.reading.items[:READ_LINES_MAX])]
    for position, values in _given_rows(given or {}):
        index = _whole(values.get("line"), default=-1)
        row = next((r for r in made if r.position == position), None)
        if row is None and index == -1 and len(made) < LINES_MAX:
            row = Row(position, -1, None)
            made.append(row)
        if row is not None:
            _lay_over(row, values)
    made = [row for row in made if not row.blank]
    offer(made)
    if not given:
        _prefill(made)
    return made


def signed(case: Case) -> list[Row]:
    """The sheet of a prescription that was decided: each line as it was signed, the products as they are called now."""
    made = [_read_row(case, index, item) for index, item in enumerate(case.reading.items[:READ_LINES_MAX])]
    last = next((past.record for past in reversed(case.history) if past.record.kind == "approved"), None)
    for line in last.lines if last else ():
        row = next((r for r in made if r.line == line.line >= 0), None)
        if row is None:
            row = Row(max((r.position for r in made), default=-1) + 1, -1, None)
            made.append(row)
        row.signed, row.ref, row.outcome = line, line.ref, line.outcome
    offer(made)
    return made


def lines(made: Iterable[Row]) -> list[Line]:
    """The rows as a decision wants them."""
    return [
        Line(
            row.line,
            row.item.raw if row.item else "",
            row.outcome,
            ref=row.ref,
            name=row.item.name if row.item else "",
            strength=row.item.strength if row.item else "",
            quantity=_whole(row.quantity, default=0),
            directions=row.directions,
            reason=row.reason,
            note=row.note,
        )
        for row in made
    ]


def fields(form: Mapping[str, Any]) -> dict[str, str]:
    """What of a form is kept as a draft: the rows and the texts below them, bounded."""
    kept = {}
    for name, value in form.items():
        row = name.startswith("row-") and name.rpartition("-")[2] in FIELDS
        if row or name in ("note", "remark") or name.startswith("checked-"):
            kept[name[:40]] = str(value)[:700]
    return dict(list(kept.items())[: LINES_MAX * len(FIELDS) + 10])


def total_kobo(made: Iterable[Row]) -> int:
    """What the lines approved so far cost."""
    return sum(
        row.product.price.kobo * _whole(row.quantity, default=0)
        for row in made
        if row.outcome in ("approved", "changed") and row.product and row.product.price
    )


def _read_row(case: Case, index: int, item: Item) -> Row:
    read = case.reading
    lines_of = [read.lines[n] for n in item.lines if 0 <= n < len(read.lines)]
    places = tuple(_place(line.page, line.box, line.text) for line in lines_of)
    doubts = tuple(labels.DOUBTS.get(code, code) for code in item.doubts)
    row = Row(index, index, item, places, doubts, ref=item.chosen, directions=item.directions, need=packs.needed(item))
    # A number of tablets is no number of packs. Where the arithmetic is certain it fills the field (see `_prefill`).
    row.quantity = "1" if item.chosen else ""
    return row


def _place(page: int, box: Box, text: str) -> Place:
    return Place(page, *(round(n * 1000, 1) for n in (box.left, box.top, box.width, box.height)), text)


def _given_rows(given: Mapping[str, Any]) -> list[tuple[int, dict[str, str]]]:
    found: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        parts = name.split("-")
        if len(parts) == 3 and parts[0] == "row" and parts[2] in FIELDS and parts[1].isdecimal() and len(parts[1]) <= 3:
            found.setdefault(int(parts[1]), {})[parts[2]] = str(value)
    return sorted(found.items())


def _lay_over(row: Row, values: Mapping[str, str]) -> None:
    for name in ("outcome", "ref", "quantity", "directions", "reason", "note"):
        if name in values:
            setattr(row, name, values[name][:600].strip())


def offer(made: Iterable[Row]) -> None:
    """Looks up all products of all rows at once, as they are now."""
    made = list(made)
    wanted = {row.position: [*(c.ref for c in (row.item.candidates if row.item else ())), row.ref] for row in made}
    found = catalogue.find_by_ref(db, [ref for refs in wanted.values() for ref in refs if ref])
    for row in made:
        row.options = [found[ref] for ref in dict.fromkeys(wanted[row.position]) if ref in found]
        if row.ref not in found:
            row.ref = ""


def _prefill(made: Iterable[Row]) -> None:
    """Puts the packs into the fields where they are certain; the sheet shows that it did."""
    for row in made:
        told = packs.hint(row.need, row.product) if row.product else None
        if told and packs.certain(row.item, row.need):
            row.quantity, row.prefilled = str(told.packs), True


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _whole(text: Any, *, default: int) -> int:
    given = str(text or "").strip()
    negative, digits = given.startswith("-"), given.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS_MAX):
        return default
    return -int(digits) if negative else int(digits)
