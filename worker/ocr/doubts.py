"""Why a medicine that was read must be looked at twice. A line is sure only when nothing here finds a reason.

Sure means: two engines read the name and every amount of the line letter for letter the same, with high confidence and nothing
repaired; the name stands in the shop's catalogue exactly and means one medicine; the catalogue knows that strength for it, and
no other strength of it is a lost decimal point away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from models.readings import Line
from worker.ocr import strengths
from worker.ocr.match import Fit, Hit
from worker.ocr.medicines import EQUIVALENT, SYNONYM
from worker.ocr.names import spelled
from worker.ocr.rows import Row, cut
from worker.ocr.strengths import Strength
from worker.ocr.writing import squeezed
from worker.understanding.tokens import word_set

LEAST_CONFIDENCE = 0.90
LEAST_LETTERS = 4  # of a name that may be sure
_SAME_THING = word_set(
    "hydrochloride hcl besylate besilate sodium potassium trihydrate bp usp inn sulphate sulfate phosphate maleate"
)
# Words that make another product of a name, wherever on the line they stand.
_QUALIFIERS = word_set(
    "extra forte plus retard duo ds xr sr mr la er cr xl mite compound co adult junior paediatric advance night max hct"
)


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one medicine. `holder` is the place in `rows` of the row with the strength."""

    rows: tuple[tuple[Row, int], ...]
    holder: int
    hit: Hit | None
    hits: tuple[Hit, ...]
    extra: tuple[str, ...]
    fits: tuple[Fit, ...]
    strength: Strength | None
    form: str
    chosen: str
    lines: tuple[Line, ...]


def of(case: Case) -> tuple[str, ...]:
    """The doubts, in the order of `models.readings.Item`; empty only for what is sure."""
    telling = list(dict.fromkeys((case.rows[0], case.rows[case.holder])))
    found = []
    opinion = _second_opinion(case, telling)
    if opinion:
        found.append(opinion)
    if case.strength is None:
        found.append("strength_missing")
    elif not any(fit.strength in ("same", "sum") for fit in case.fits):
        found.append("strength_unknown")
    if any(_repaired(case.lines[row.line]) for row, _ in telling):
        found.append("strength_repaired")
    if any(case.lines[row.line].confidence < LEAST_CONFIDENCE for row, _ in telling):
        found.append("low_confidence")
    if case.hit is not None and _is_close(case):
        found.append("close_candidates")
    if case.hit is None or not any(fit.how != EQUIVALENT for fit in case.fits):
        found.append("no_match")
    if not found and not case.chosen:
        found.append("close_candidates")
    return tuple(found)


def _repaired(line: Line) -> bool:
    return bool(line.raw) and squeezed_all(line.raw) != squeezed_all(line.text)


def squeezed_all(text: str) -> str:
    return "".join(text.split()).lower()


# ----------------------------------------------------------------------------------------------------- second opinion


def _second_opinion(case: Case, telling: list[tuple[Row, int]]) -> str:
    """one_engine, engines_differ or "": every line that tells name or strength must have been read the same by both."""
    if any(not case.lines[row.line].second.strip() for row, _ in telling):
        return "one_engine"
    if case.lines and any(not _agrees(row, piece, case.lines[row.line].second) for row, piece in telling):
        return "engines_differ"
    return ""


def _agrees(row: Row, piece: int, second: str) -> bool:
    """Name, amounts as written, form and qualifiers alike. A line with several medicines must come apart alike. Directions may have
    been read worse by one of the two: they are shown with both readings, and sure says nothing of them."""
    others = cut(second, row.line)
    if piece >= len(others) or others[piece].kind != "line":
        return False
    other = others[piece]
    if _name_key(row) != _name_key(other) or _amounts(row) != _amounts(other) or _qualifiers(row) != _qualifiers(other):
        return False
    return not (row.forms and other.forms) or row.forms[0] == other.forms[0]


def _name_key(row: Row) -> str:
    """The words up to the strength; all of them where none stands before it or there is no strength."""
    end = row.strength.start if row.strength else len(row.text)
    words = [word for run in row.runs for word in run]
    return "".join(squeezed(word.text) for word in ([word for word in words if word.end <= end] or words))


def _qualifiers(row: Row) -> frozenset[str]:
    return _QUALIFIERS & {squeezed(word) for word in row.text.split()}


def _amounts(row: Row) -> list[str]:
    return [squeezed_all(strength.text).replace(",", "") for strength in row.strengths]


# ------------------------------------------------------------------------------------------------------ near in name


def _is_close(case: Case) -> bool:
    """Whether another medicine, or another strength of it, is too near for the line to be taken as read."""
    hit = case.hit
    if hit is None:
        return False
    if not hit.exact or hit.rivals or len(hit.name.key) < LEAST_LETTERS or len(hit.name.medicines) > 1:
        return True
    if _is_misspelling(hit):
        return True
    if any(spelled(squeezed(word)) not in _SAME_THING and squeezed(word) not in _SAME_THING for word in case.extra):
        return True
    if any(other.name.medicines.isdisjoint(hit.name.medicines) for other in case.hits):
        return True
    holder = case.rows[case.holder][0]
    if holder.garbled or _other_amount(holder, case.strength) or _goes_on(holder, case.strength):
        return True
    medicines = {fit.product.medicine for fit in case.fits if fit.how != EQUIVALENT}
    return len(medicines) > 1 or _point_apart(case)


def _is_misspelling(hit: Hit) -> bool:
    """Whether only the lexicon's list of slips knows the name: what a customer mistypes is on a paper a misread letter."""
    own = any(how < SYNONYM for how, _ in hit.name.products)
    meant = (squeezed(medicine) for medicine in hit.name.medicines)
    return not own and any(0 < OSA.distance(hit.name.key, name, score_cutoff=2) <= 2 for name in meant)


def _other_amount(row: Row, strength: Strength | None) -> bool:
    """Whether the line has an amount besides that is no dose and no volume: it may be part of the strength."""
    for other in row.strengths:
        dose = any(begin < other.end and end > other.start for begin, end in row.sig.used)
        if strength is None or other.start == strength.start:
            continue
        if (not dose and not other.volume) or 0 <= strength.start - other.end <= 1:  # "0.1ml,50mg" is one thing
            return True
    return False


def _goes_on(row: Row, strength: Strength | None) -> bool:
    """Whether the amount is glued to more that was not understood: "50,000units(6:1)", "3MU+1000000UI"."""
    return strength is not None and re.match(r"[^\W_]|[/+:&(,;\-][^\W_]", row.text[strength.end :]) is not None


def _point_apart(case: Case) -> bool:
    written = case.strength
    known = [fit.product.strength for fit in case.fits if fit.product.strength]
    return written is not None and any(strengths.point_apart(written, other) for other in known)
