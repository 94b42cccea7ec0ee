"""From the lines of a paper to its medicines, patient, prescriber and date. Pure: no clock, no files, no database.

`matters` says of one line, without a catalogue, whether a second engine should read it; `understand` fills a reading.
"""

from __future__ import annotations

import re
from dataclasses import replace

from models.readings import Line, Reading
from worker.ocr import fields, match, names
from worker.ocr.items import Draft, item_of
from worker.ocr.match import Hit
from worker.ocr.medicines import Medicines
from worker.ocr.rows import Row, cut
from worker.ocr.writing import MOST_CHARACTERS, MOST_LINES, squeezed

MOST_ITEMS = 40
MOST_LINES_AN_ITEM = 8
MOST_NEAR_LOOKUPS = 300  # searches for a misspelt name in one file
SHORT_NAME = 5  # letters; a shorter name stands for a medicine only beside a strength, a form or an item number


_QUANTITY_COLUMN = re.compile(r"\b(?:qty|quantity|q'?ty|no\.? ?of \w+|supply|total)\W*$")


def matters(text: str) -> bool:
    """Whether a line may name a medicine or say its strength, and so deserves a second opinion. Needs no catalogue; never raises."""
    for row in cut(text):
        if row.kind != "line":
            continue
        if row.strength is not None or any(not s.volume for s in row.strengths):
            return True
        if (
            row.runs
            and not row.place
            and (row.forms or row.bullet or row.garbled or (row.numbered is not None and not row.bare_number))
        ):
            return True
        if any(_known_word(word.text) for run in row.runs for word in run):
            return True
    return False


def _known_word(word: str) -> bool:
    key = squeezed(word)
    return len(key) >= SHORT_NAME and names.spelled(key) in names.known_elsewhere()


def understand(reading: Reading, medicines: Medicines) -> Reading:
    """The reading with items, patient, prescriber, facility and date, as far as the paper says them. Bounded: the first 400 lines of
    300 characters, 40 items. Never raises on any text."""
    lines = tuple(_bounded(line) for line in reading.lines[:MOST_LINES])
    rows = tuple(row for place, line in enumerate(lines) for row in cut(line.text, place))
    drafts = _Walk(lines, medicines).over(rows)
    items = tuple(item_of(draft, lines, medicines) for draft in drafts)
    told = fields.read(
        [line.text for line in lines], [line.page for line in lines], frozenset(n for item in items for n in item.lines)
    )
    return replace(
        reading,
        items=items,
        patient=told.patient,
        patient_age=told.age,
        prescriber=told.prescriber,
        prescriber_number=told.number,
        facility=told.facility,
        written_on=told.date,
    )


def _bounded(line: Line) -> Line:
    if len(line.text) <= MOST_CHARACTERS and len(line.second) <= MOST_CHARACTERS and len(line.raw) <= MOST_CHARACTERS:
        return line
    return replace(line, text=line.text[:MOST_CHARACTERS], raw=line.raw[:MOST_CHARACTERS], second=line.second[:MOST_CHARACTERS])


class _Walk:
    """Goes over the rows from top to bottom and gathers each medicine's lines. Holds what it has seen so far."""

    def __init__(self, lines: tuple[Line, ...], medicines: Medicines) -> None:
        self.lines = lines
        self.medicines = medicines
        self.in_list = False  # after "Rx" or the first medicine
        self.drafts: list[Draft] = []
        self.open: Draft | None = None
        self.lookups = 0
        self.counted = False  # in a table whose last column is how many

    def over(self, rows: tuple[Row, ...]) -> list[Draft]:
        pieces: dict[int, int] = {}
        for row in rows:
            piece = pieces.get(row.line, 0)
            pieces[row.line] = piece + 1
            self._meet(row, piece)
            if len(self.drafts) >= MOST_ITEMS:
                break
        return self.drafts

    def _meet(self, row: Row, piece: int) -> None:
        if row.kind == "rx":
            self.in_list, self.open = True, None
            self.counted = bool(_QUANTITY_COLUMN.search(row.text.lower()))
            return
        if row.kind == "field":
            self.open = None
            return
        if self._continues_name(row, piece):
            return
        found = self._as_item(row)
        if found is not None:
            self.open = Draft([(row, piece)], found, self.counted)
            self.drafts.append(self.open)
            self.in_list = True
        elif self.open is not None and self._continues(row):
            self.open.rows.append((row, piece))

    def _continues(self, row: Row) -> bool:
        """Directions, form, strength or quantity of the medicine above, on the same page."""
        draft = self.open
        if draft is None or len(draft.rows) >= MOST_LINES_AN_ITEM or self._page(row) != self._page(draft.rows[-1][0]):
            return False
        tells = row.sig.says_something or row.sig.quantity is not None or bool(row.strengths)
        if not row.runs:
            return tells or bool(row.forms)
        return tells and not row.place and row.words <= 8

    def _page(self, row: Row) -> int:
        return self.lines[row.line].page

    def _continues_name(self, row: Row, piece: int) -> bool:
        """The second half of a name that the line above broke off: "1. Hyoscine" / "Butylbromide 10mg tabs"."""
        draft = self.open
        if draft is None or len(draft.rows) != 1 or not row.runs or row.numbered is not None or row.bullet:
            return False
        above = draft.rows[0][0]
        if above.strength or above.sig.says_something or not above.runs or above.line + 1 != row.line:
            return False
        words = [word.text for word in (*above.runs[-1], *row.runs[0])]
        hits = match.exact(words, self.medicines)
        if not any(hit.first < len(above.runs[-1]) < hit.end for hit in hits):
            return False
        draft.rows.append((row, piece))
        draft.found = [(words, hit) for hit in hits]
        return True

    # ------------------------------------------------------------------------------------------------ is it a medicine

    def _as_item(self, row: Row) -> list[tuple[list[str], Hit]] | None:
        """The names found if the row begins a medicine (empty: one that nobody knows), None if it does not."""
        if not row.runs:
            return None
        numbered = row.numbered is not None and not row.bare_number
        marked = row.strength is not None or bool(row.forms) or numbered or row.garbled
        found = [(words, hit) for words in self._words(row) for hit in match.exact(words, self.medicines)]
        found = [(words, hit) for words, hit in found if marked or self._stands_alone(row, words, hit)]
        if found and not (row.place and row.strength is None):
            return self._wider(row, found) or found
        if not marked and not (row.bullet and self.in_list):
            return None
        near = self._near(row)
        if near:
            return [near]
        return [] if self._is_unknown(row, numbered) else None

    def _wider(self, row: Row, found: list[tuple[list[str], Hit]]) -> list[tuple[list[str], Hit]]:
        """A combination of which only one name stood letter for letter: "Artemether/Lumefanfrine"."""
        words, hit = found[0]
        rest = [word for place, word in enumerate(words) if not any(h.first <= place < h.end for w, h in found if w is words)]
        if not any(len(word) >= SHORT_NAME for word in rest) or self.lookups >= MOST_NEAR_LOOKUPS:
            return []
        self.lookups += 1
        wide = match.near(words, self.medicines, hit.end - hit.first + 1)
        covers = wide and wide.first <= hit.first and wide.end >= hit.end
        return [(words, wide)] if wide and covers and not wide.rivals and wide.name.products else []

    def _words(self, row: Row) -> list[list[str]]:
        return [[word.text for word in run] for run in row.runs[:3]]

    def _stands_alone(self, row: Row, words: list[str], hit: Hit) -> bool:
        """A name with nothing beside it is one only in the list of medicines, at the head of its line and by itself."""
        whole = hit.end - hit.first == len(words) and len(hit.name.key) >= SHORT_NAME
        first = row.runs[0][0].text == words[0] and _leads(row)
        return whole and first and not row.place and (self.in_list or bool(row.sig.code))

    def _near(self, row: Row) -> tuple[list[str], Hit] | None:
        best: tuple[list[str], Hit] | None = None
        if row.place and row.strength is None:
            return None
        for place, run in enumerate(row.runs[:2]):
            followed = row.strength is not None and 0 <= row.strength.start - run[-1].end <= 12
            if self.lookups >= MOST_NEAR_LOOKUPS or not (followed or (place == 0 and _leads(row))):
                continue
            self.lookups += 1
            words = [word.text for word in run]
            hit = match.near(words, self.medicines)
            if hit and (best is None or hit.ratio > best[1].ratio):
                best = words, hit
        return best

    def _is_unknown(self, row: Row, numbered: bool) -> bool:
        """A medicine that no list knows: something named at the head of a line, in a list, with what only medicines have."""
        name = [word.text for word in row.runs[0]]
        if (
            row.place
            or not _leads(row)
            or not any(sum(c.isalpha() for c in word) >= (3 if numbered and row.forms else 4) for word in name)
        ):
            return False
        if row.sig.verb and not row.strength:
            return False
        in_list = numbered or bool(row.forms) or row.bullet or self.in_list
        dosed = row.strength is not None and any(kind in ("mg", "iu", "mmol", "meq") for kind, _ in row.strength.amounts)
        if (
            dosed
            and row.strength is not None
            and row.strength.text.lower().endswith(("g", "%"))
            and not row.strength.text.lower().endswith("mg")
        ):
            dosed = self.in_list or bool(row.sig.code or row.forms)
        return in_list and (
            dosed
            or bool(row.forms and (numbered or row.sig.code or row.strength))
            or bool(numbered and self.in_list and len(name) <= 3)
        )


def _leads(row: Row) -> bool:
    """Whether the first name stands before any direction: "Take 10mg tds, avoid alcohol" names nothing."""
    start = row.runs[0][0].start
    return not any(begin < start for begin, _ in row.sig.used) and not (
        row.sig.verb and row.text[:start].strip(" .:").lower() == row.sig.verb
    )
