"""Lab tests: by name as people say it, by category, one by its reference."""

from __future__ import annotations

from collections import Counter

from models.base import connection
from models.lexicon import words_of
from models.visits import timetables
from models.visits.lexicon import TEST_FILLERS, same_tests
from models.visits.likeness import SAME, like
from models.visits.values import Test, TestPage

MOST_TESTS = 2000  # read at once; a laboratory offers some hundreds
MOST_PAGE = 50
MOST_CHARACTERS, MOST_WORDS = 200, 8
SYNONYM, BESIDE = 0.85, 0.5


def tests(query: str = "", category: str = "", *, limit: int, offset: int) -> TestPage:  # noqa: PT028 - a verb, not one of pytest's
    """The lab tests that a text names ("sugar test", "FBC", "malria"), all of a category, or all. One statement. Never raises for text.

    Every word must be meant by the test's name, category or sample, as written, as another word for it, or with a slip; what no test
    knows is left out of account if something else is known.
    """
    asked = [word for word in words_of(query[:MOST_CHARACTERS]) if word not in TEST_FILLERS][:MOST_WORDS]
    if query.strip() and not asked and not words_of(query):
        return TestPage()  # signs only
    there = [each for each in _all() if not category or each.category.casefold() == category.strip().casefold()]
    found = _matching(asked, there) if asked else there
    first = max(0, offset)
    return TestPage(tuple(found[first : first + min(max(limit, 0), MOST_PAGE)]), len(found))


def test_categories() -> tuple[tuple[str, int], ...]:
    """Categories by name, and how many tests each has."""
    return tuple(sorted(Counter(each.category for each in _all()).items()))


def test(ref: str) -> Test | None:
    """One lab test; None when it is gone."""
    test_id = timetables.id_of(ref, "t")
    if test_id is None:
        return None
    row = connection().execute(f"{timetables.TESTS_SHOWN} AND x.id = %s", (test_id,)).fetchone()
    return timetables.a_test(row) if row else None


def _all() -> list[Test]:
    rows = connection().execute(f"{timetables.TESTS_SHOWN} ORDER BY lower(x.name), x.id LIMIT {MOST_TESTS}").fetchall()
    return [timetables.a_test(row) for row in rows]


# A word or a name of several, and what else it may stand for: words that a test must have, and how sure that is.
Unit = dict[frozenset[str], float]


def _matching(asked: list[str], there: list[Test]) -> list[Test]:
    """Tests that all the known words mean, best first: one whose name holds more of the words before one they only hint at."""
    names = [frozenset(words_of(each.name)) for each in there]
    about = [frozenset(words_of(f"{each.category} {each.sample}")) for each in there]
    totals = dict.fromkeys(range(len(there)), 0.0)
    known = 0
    for unit in _units(asked, frozenset().union(*names, *about)):
        scores = {n: score for n in range(len(there)) if (score := _score(unit, names[n], about[n]))}
        if scores:
            known += 1
            totals = {n: score + scores[n] for n, score in totals.items() if n in scores}
    if not known:
        return []
    order = sorted(totals, key=lambda n: (-round(totals[n], 2), len(names[n]), there[n].name.casefold()))
    return [there[n] for n in order]


def _units(asked: list[str], vocabulary: frozenset[str]) -> list[Unit]:
    """What was asked, part by part: names of several words first, then the words that are left."""
    left, units = list(dict.fromkeys(asked)), []
    named = {name for line in same_tests() for name in line}
    for name in sorted((name for name in named if len(name) > 1 and name <= set(left)), key=lambda n: (-len(n), sorted(n))):
        if name <= set(left):
            left = [word for word in left if word not in name]
            units.append({name: SAME} | _same_as(name))
    singles = {word for name in named if len(name) == 1 for word in name}
    for word in left:
        unit = {frozenset([each]): sure for each, sure in like(word, vocabulary).items()}
        for each, sure in like(word, singles, beginnings=False).items():
            for other, by in _same_as(frozenset([each])).items():
                unit[other] = max(unit.get(other, 0.0), by * sure)
        units.append(unit)
    return units


def _same_as(name: frozenset[str]) -> Unit:
    return {other: SYNONYM for line in same_tests() if name in line for other in line if other != name}


def _score(unit: Unit, name: frozenset[str], about: frozenset[str]) -> float:
    """How much one part of what was asked means a test: by its name, or half as much by its category and sample."""
    in_name = max((sure for words, sure in unit.items() if words <= name), default=0.0)
    return in_name or max((sure for words, sure in unit.items() if words <= name | about), default=0.0) * BESIDE
