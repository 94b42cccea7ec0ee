"""One medicine of the paper from the rows that speak of it, with its products of the catalogue and every doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.readings import Candidate, Item, Line
from worker.ocr import directions, doubts, match, sig, unread
from worker.ocr.match import Fit, Hit
from worker.ocr.medicines import EQUIVALENT, SYNONYM, Medicines
from worker.ocr.rows import Row
from worker.ocr.sig import Sig
from worker.ocr.strengths import Strength

MOST_NAME = 80  # characters


@dataclass(slots=True)
class Draft:
    """Rows of one medicine, each with its place among the parts of its line; `found`: names with the words they were found in."""

    rows: list[tuple[Row, int]]
    found: list[tuple[list[str], Hit]]
    counted: bool = False  # stands in a table whose last column is how many


def item_of(draft: Draft, lines: tuple[Line, ...], medicines: Medicines) -> Item:
    """The medicine with candidates and doubts. `lines` are those of the whole reading."""
    rows = [row for row, _ in draft.rows]
    strength, holder = _strength(rows)
    said = _directions(rows, strength, holder)
    if draft.counted and said.quantity is None:
        said = replace(said, quantity=next((row.last_number for row in rows if row.last_number), None))
    form = next((form for row in rows for form in row.forms), "")
    words, hit = _best(draft)
    extra = _extra(words, hit)
    fits = match.fits(hit, strength, form, extra, medicines) if hit else []
    torn = hit is not None and any(_contradict(hit, other) for _, other in draft.found)
    shown, chosen = _choice(words or _name_words(rows[0]), hit, fits, strength, medicines, torn)
    counted = form or (
        fits[0].product.form if chosen else ""
    )  # a computed number of what is suggested, where the paper names no form
    quantity, computed = directions.quantity(said, counted, strength)
    half = unread.is_left(rows, words, hit, said, draft.counted)
    if half and computed:
        quantity, computed = None, False
    used = [lines[row.line] for row in rows]
    numbers = tuple(dict.fromkeys(row.line for row in rows))
    case = doubts.Case(
        rows=tuple(draft.rows),
        holder=holder,
        hit=hit,
        hits=tuple(found for _, found in draft.found),
        extra=extra,
        fits=tuple(fits),
        strength=strength,
        form=form,
        chosen=chosen,
        lines=lines,
    )
    found_doubts = doubts.of(case)
    return Item(
        lines=numbers,
        raw=" ".join(dict.fromkeys((line.raw or line.text) for line in used)),
        name=_name(rows, words),
        strength=strength.text if strength else "",
        form=form,
        dose=directions.dose(said, form),
        frequency=said.code,
        times_a_day=round(float(said.times), 4) if said.times else None,
        as_needed=said.as_needed or bool(said.then and said.then.as_needed),
        duration_days=said.duration_days or (said.then.duration_days if said.then else None),
        quantity=quantity,
        quantity_computed=computed,
        directions="" if half else directions.words(said, form),
        confidence=min(line.confidence for line in used),
        sure=not found_doubts and bool(chosen),
        doubts=found_doubts,
        second=" ".join(dict.fromkeys(line.second for line in used if line.second)),
        candidates=shown,
        chosen=chosen,
    )


def _strength(rows: list[Row]) -> tuple[Strength | None, int]:
    """The strength and the row that holds it: of the name's row, else of the first row below that has one."""
    for place, row in enumerate(rows):
        if row.strength is not None:
            return row.strength, place
    return None, 0


def _directions(rows: list[Row], strength: Strength | None, holder: int) -> Sig:
    """What all rows say together. Below the strength, an amount of milligrams is a dose and is read again as such."""
    whole = Sig()
    for place, row in enumerate(rows):
        said = row.sig
        if strength is not None and row.strength is not None and place != holder:
            said = sig.read(row.text)
        whole = _joined(whole, said)
    if (
        strength is not None
        and strength.amounts
        and strength.amounts[0][0] == "bare"
        and not whole.unit
        and whole.dose == strength.amounts[0][1]
    ):
        whole = replace(whole, dose=None)
    return whole


def _joined(first: Sig, more: Sig) -> Sig:
    """Two parts of one direction. Frequencies that contradict leave it open."""
    if first.code and more.code and (first.code, first.times) != (more.code, more.times):
        often = f"{first.often} / {more.often}"
        first = replace(first, code="", times=None, often=often, contradicts=True)
    elif not first.often:
        first = replace(
            first, code=more.code, times=more.times, often=more.often, places=more.places, contradicts=more.contradicts
        )
    if first.dose is None:
        first = replace(first, dose=more.dose, dose_high=more.dose_high, unit=more.unit)
    days = first.duration_days or more.duration_days
    contradict = bool(first.duration_days and more.duration_days and first.duration_days != more.duration_days)
    if contradict:
        days = None
    quantity = first if first.quantity is not None else more
    return replace(
        first,
        as_needed=first.as_needed or more.as_needed,
        duration_days=days,
        length_open=first.length_open or more.length_open or contradict,
        quantity=quantity.quantity,
        containers=quantity.containers,
        food=first.food or more.food,
        route=first.route or more.route,
        manner=first.manner or more.manner,
        verb=first.verb or more.verb,
        then=first.then or more.then,
    )


# --------------------------------------------------------------------------------------------------------------- name


def _best(draft: Draft) -> tuple[list[str], Hit | None]:
    """The name that counts: a whole name of the shop's before the beginning of one, before one that the shop only knows of; then
    the first."""
    if not draft.found:
        return [], None
    return min(draft.found, key=lambda pair: _closeness(pair[1]))


def _closeness(hit: Hit) -> int:
    closest = min((how for how, _ in hit.name.products), default=EQUIVALENT + 1)
    return max(closest, SYNONYM)  # brand and generic count alike: the first on paper is meant


def _name_words(row: Row) -> list[str]:
    return [word.text for word in row.runs[0]] if row.runs else []


def _contradict(hit: Hit, other: Hit) -> bool:
    """Two whole names on one line that are no names of one medicine: neither is chosen."""
    return _closeness(other) <= SYNONYM and _closeness(hit) <= SYNONYM and other.name.medicines.isdisjoint(hit.name.medicines)


def _extra(words: list[str], hit: Hit | None) -> tuple[str, ...]:
    return tuple(word for place, word in enumerate(words) if hit and not hit.first <= place < hit.end)


def _name(rows: list[Row], words: list[str]) -> str:
    """The name as it stands on the paper: the run of words in which it was found, or the first one."""
    for row in rows[:2]:
        for run in row.runs:
            if not words or [word.text for word in run] == words:
                return row.text[run[0].start : run[-1].end][:MOST_NAME]
    return " ".join(words)[:MOST_NAME]


# ------------------------------------------------------------------------------------------------------------- choice


def _choice(
    words: list[str], hit: Hit | None, fits: list[Fit], strength: Strength | None, medicines: Medicines, torn: bool
) -> tuple[tuple[Candidate, ...], str]:
    """What is shown beside the line and what is suggested of it."""
    if hit is None:
        near = match.suggestions(words, medicines)
        found = [match.fits(Hit(name, 0, 0, 75.0, False), strength, "", (), medicines)[0] for name in near]
        return match.candidates(found), ""
    if hit.rivals:
        others = [match.fits(replace(hit, name=name), strength, "", (), medicines)[:1] for name in hit.rivals]
        return match.candidates([*fits[:2], *(fit for best in others for fit in best)]), ""
    if not fits:
        return (), ""
    return match.candidates(fits), fits[0].product.entry.ref if _may_choose(fits, strength) and not torn else ""


def _may_choose(fits: list[Fit], strength: Strength | None) -> bool:
    """Whether the best product may be suggested: never one of another strength or another form, and none by guess."""
    best = fits[0]
    if best.form is False or best.strength == "other":
        return False
    if strength is None:
        return len({fit.product.strength and fit.product.strength.amounts for fit in fits}) == 1
    return best.strength != "unknown" or all(fit.strength == "unknown" for fit in fits)
