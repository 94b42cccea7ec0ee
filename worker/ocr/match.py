"""Which medicine of the shop's list a name on paper means, and which of its products.

Letter for letter first, over windows of one to four words with the blanks taken out; else the nearest name by rapidfuzz. A near
name is only taken when it is near enough for its length, begins with the same letters, and no other medicine is almost as near,
whether the shop carries that one or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from models.readings import Candidate
from worker.ocr import forms, strengths
from worker.ocr.medicines import (
    BRAND,
    EQUIVALENT,
    GENERIC,
    LEAST_FUZZY,
    MAKER,
    STEM,
    SYNONYM,
    Medicines,
    Name,
    Product,
    first_shape,
)
from worker.ocr.names import spelled
from worker.ocr.strengths import Strength
from worker.ocr.writing import lettered, squeezed

LONGEST_WINDOW = 8  # words; three substances with their salts
LONGEST_NEAR = 4
MOST_WORDS = 12  # of one line in which a name is looked for
RIVAL = 4.0  # points within which another medicine makes a near name doubtful
MOST_CANDIDATES = 4
WEAKEST_SUGGESTION = 70.0


@dataclass(frozen=True, slots=True)
class Window:
    """Words `first` to `end` of a line, squeezed."""

    first: int
    end: int
    key: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A name that was found. `ratio` 100 where it is letter for letter. `rivals`: other names almost as near; not to be chosen."""

    name: Name
    first: int
    end: int
    ratio: float
    exact: bool
    rivals: tuple[Name, ...] = ()


def windows(words: Sequence[str], most: int = LONGEST_WINDOW) -> list[Window]:
    """All windows of one run of words, longest first."""
    keys = [squeezed(spelled(squeezed(word))) for word in words[:MOST_WORDS]]
    found: list[Window] = []
    for size in range(min(most, len(keys)), 0, -1):
        found += [
            Window(first, first + size, "".join(keys[first : first + size]))
            for first in range(len(keys) - size + 1)
            if keys[first] and keys[first + size - 1]
        ]
    return found


def exact(words: Sequence[str], medicines: Medicines) -> list[Hit]:
    """Names that stand there letter for letter, from left to right, none within another."""
    taken: set[int] = set()
    hits = []
    for window in windows(words):
        if len(window.key) > medicines.longest or not taken.isdisjoint(range(window.first, window.end)):
            continue
        name = medicines.names.get(window.key)
        if name is not None:
            taken.update(range(window.first, window.end))
            hits.append(Hit(name, window.first, window.end, 100.0, True))
    return sorted(hits, key=lambda hit: hit.first)


def least_ratio(length: int) -> float:
    """How alike a name of that many letters must be; measured on lists of 1,000 to 5,500 names."""
    if length < LEAST_FUZZY:
        return 101.0
    return 88.0 if length < 7 else 84.0 if length < 10 else 80.0


def near(words: Sequence[str], medicines: Medicines, least: int = 1) -> Hit | None:
    """The nearest name of `least` words and more, or None."""
    best: Hit | None = None
    for window in windows(words, LONGEST_NEAR):
        if window.end - window.first < least:
            continue
        key = lettered(window.key)
        if len(key) < LEAST_FUZZY or len(key) > 60 or key.isdigit():
            continue
        for tried in dict.fromkeys((key, key.replace("rn", "m").replace("vv", "w"))):  # the commonest pairs read for one letter
            hit = _nearest(window, tried, medicines)
            if hit and (best is None or (hit.ratio, hit.end - hit.first) > (best.ratio, best.end - best.first)):
                best = hit
    return best


def _nearest(window: Window, key: str, medicines: Medicines) -> Hit | None:
    pool = medicines.by_first.get(first_shape(key), [])
    if not pool:
        return None
    least = min(least_ratio(len(key)), 84.0) - RIVAL
    row = process.cdist([key], pool, scorer=fuzz.ratio, score_cutoff=least)[0]
    scored = sorted(((float(row[place]), pool[place]) for place in row.nonzero()[0]), reverse=True)[:12]
    if not scored or scored[0][0] < least_ratio(min(len(key), len(scored[0][1]))) or not _begin_alike(key, scored[0][1]):
        return None
    top = medicines.names[scored[0][1]]
    close = scored[0][0] - RIVAL
    rivals = [
        medicines.names[k] for score, k in scored[1:] if score >= close and medicines.names[k].medicines.isdisjoint(top.medicines)
    ]
    return Hit(top, window.first, window.end, scored[0][0], False, tuple(rivals))


def _begin_alike(one: str, other: str) -> bool:
    """The first three letters, one of them wrong at most and not the first: "dapa-" is not "empa-"."""
    return first_shape(one) == first_shape(other) and OSA.distance(one[:3], other[:3]) <= 1


# ------------------------------------------------------------------------------------------------------------ products


_HOW = {BRAND: 0.0, GENERIC: -2.0, MAKER: -1.0, SYNONYM: -2.0, STEM: -4.0, EQUIVALENT: -12.0}


@dataclass(frozen=True, slots=True)
class Fit:
    """A product beside a line. `strength`: same, sum, alike, unknown (one of the two has none) or other; `form` as `forms.agree`."""

    product: Product
    how: int
    score: float
    strength: str
    form: bool | None


def compare(written: Strength | None, product: Product) -> str:
    """How the written strength stands to the product's."""
    if written is None or product.strength is None:
        return "unknown"
    if strengths.same(written, product.strength):
        return "same"
    if strengths.sum_of(written, product.strength):
        return "sum"
    return "alike" if strengths.alike(written, product.strength) else "other"


_STRENGTH = {"same": 0.0, "sum": -0.5, "alike": -4.0, "unknown": -10.0, "other": -35.0}
_FORM = {True: 0.0, None: -3.0, False: -15.0}


def fits(hit: Hit, written: Strength | None, form: str, extra: Iterable[str], medicines: Medicines) -> list[Fit]:
    """All products of a name, best first. `extra`: words that stand beside the name ("Extra", "Retard")."""
    said = "".join(squeezed(word) for word in extra)
    found = []
    for how, place in hit.name.products:
        product = medicines.products[place]
        strength, agrees = compare(written, product), forms.agree(form, product.form)
        score = hit.ratio + _HOW[how] + _STRENGTH[strength] + _FORM[agrees if form else None]
        if how in (GENERIC, SYNONYM):  # who writes the substance asks for no brand
            score += 1.5 if product.plain else 0.5 if hit.name.key in product.key else 0.0
        if said and how in (BRAND, STEM) and said in product.key:
            score += 5.0
        found.append(Fit(product, how, max(0.0, min(score, 100.0)), strength, agrees))
    found.sort(key=lambda fit: (-fit.score, fit.how, fit.product.entry.name, fit.product.entry.ref))
    return found


def candidates(found: Sequence[Fit]) -> tuple[Candidate, ...]:
    """The best as values to show and keep, at most four."""
    return tuple(
        Candidate(
            ref=fit.product.entry.ref,
            name=fit.product.entry.name,
            generic=fit.product.entry.generic,
            strength=fit.product.entry.strength,
            form=fit.product.entry.form,
            score=round(fit.score, 1),
        )
        for fit in found[:MOST_CANDIDATES]
    )


def suggestions(words: Sequence[str], medicines: Medicines) -> list[Name]:
    """Names that come near without being taken, whatever they begin with, best first: shown to the pharmacist beside what was read,
    never chosen."""
    scored: dict[str, float] = {}
    for window in windows(words[:3], 3):
        key = lettered(window.key)
        if window.first == 0 and LEAST_FUZZY <= len(key) <= 60 and not key.isdigit():
            for pool in medicines.by_first.values():
                for name, score, _ in process.extract(key, pool, scorer=fuzz.ratio, score_cutoff=WEAKEST_SUGGESTION, limit=4):
                    scored[name] = max(scored.get(name, 0.0), score)
    best = sorted(scored.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [medicines.names[key] for key, _ in best]
    return [name for name in named if any(how != EQUIVALENT for how, _ in name.products)][:MOST_CANDIDATES]
