"""Finding doctors by what they do, where they are or what they are called, as people write it.

The words of all doctors are held in each process. Every search brings along whether a row has changed since, and the rows if one has:
that is the first statement. The second reads those who are to be shown, and when they are free.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from models.base import connection, db
from models.lexicon import words_of
from models.visits import timetables
from models.visits.asking import Asked, read
from models.visits.days import next_free
from models.visits.lexicon import SPECIALTY, city_of, shown_specialty
from models.visits.likeness import like
from models.visits.values import Doctor, DoctorPage

MOST_PAGE = 50
MOST_OFFSET = 5000
MOST_DOCTORS = 20_000  # held by a process
MOST_HELD = 4  # databases whose doctors a process holds; more than one only in tests
# Of many who fit equally well, so many of the best rated are put in order of their next free time.
ORDERED_BY_TIME = 40
DAYS_LOOKED_AT = 14  # for the next free time in a list; a doctor's own card looks as far as can be booked
KNOWN = frozenset(SPECIALTY.values())
PLACE_BY_CITY = 0.95  # "Lagos" for one in Yaba, and the other way round


@dataclass(frozen=True, slots=True)
class Entry:
    """One doctor's words. `specialty` and `city` as they are shown; `city` is the place itself where no city is known."""

    id: int
    names: frozenset[str]
    specialty: str
    specialty_words: frozenset[str]
    place_words: frozenset[str]
    city: str
    rating: float


@dataclass(frozen=True)
class Index:
    """Everybody who takes patients. `version` changes with every change of a row."""

    version: tuple[int, int, int] = (-1, -1, -1)
    entries: dict[int, Entry] = field(default_factory=dict)
    by_name: dict[str, frozenset[int]] = field(default_factory=dict)
    by_specialty: dict[str, frozenset[int]] = field(default_factory=dict)  # by its shown name
    by_specialty_word: dict[str, frozenset[int]] = field(default_factory=dict)
    by_city: dict[str, frozenset[int]] = field(default_factory=dict)
    by_place_word: dict[str, frozenset[int]] = field(default_factory=dict)


# The number of the transaction that wrote a row grows with every change, so that their sum does; an added and a removed row change
# the count. Of another database of the same name the identity differs.
CHANGED = """
WITH v AS (
    SELECT (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS place, count(*) AS many,
        COALESCE(sum(xmin::text::bigint), 0)::bigint AS written FROM doctors)
SELECT place, many, written, CASE WHEN (place, many, written) IS DISTINCT FROM (%s, %s, %s) THEN (
    SELECT json_agg(json_build_array(id, name, specialty, location, rating)) FROM (
        SELECT id, name, specialty, location, COALESCE(rating, 0) AS rating FROM doctors
        WHERE COALESCE("isActive", true) AND COALESCE(available, true) ORDER BY id LIMIT %s) d) END
FROM v
"""


def find(words: str = "", specialty: str = "", place: str = "", *, limit: int, offset: int, now: datetime) -> DoctorPage:
    """Doctors who fit all that is said, best first, with their next free times. Two statements. Never raises for any text.

    Those who fit equally well come by the day on which they are free first (the 40 best rated of them), then by rating. A place
    where nobody is, and a word that is neither known nor like one, find nobody.
    """
    index = _index()
    scores = _matching(index, read(words, specialty, place, index.by_name.keys(), index.by_place_word.keys()))
    ranked = sorted(scores, key=lambda one: (-round(scores[one], 2), -index.entries[one].rating, one))
    first, size = min(max(offset, 0), MOST_OFFSET), min(max(limit, 0), MOST_PAGE)
    ahead, page = ranked[:ORDERED_BY_TIME], ranked[max(first, ORDERED_BY_TIME) : first + size]
    if first >= ORDERED_BY_TIME:
        ahead = []
    shown = _with_times([*ahead, *page], now) if size and (ahead or page) else {}
    ahead.sort(key=lambda one: (-round(scores[one], 2), _first_day(shown.get(one), now), -index.entries[one].rating, one))
    chosen = [*ahead[first : first + size], *page]
    return DoctorPage(tuple(shown[one] for one in chosen if one in shown), len(ranked))


def specialties() -> tuple[tuple[str, int], ...]:
    """What there are doctors for, by name, and how many. One statement."""
    return _counted(entry.specialty for entry in _index().entries.values())


def places(specialty: str = "") -> tuple[tuple[str, int], ...]:
    """Cities with doctors (of a specialty), by name, and how many. One statement."""
    index = _index()
    if not specialty.strip():
        return _counted(entry.city for entry in index.entries.values())
    found = _matching(index, read("", specialty, "", index.by_name.keys(), index.by_place_word.keys()))
    return _counted(index.entries[one].city for one in found)


# --------------------------------------------------------------------------------------------------- who fits


def _matching(index: Index, asked: Asked) -> dict[int, float]:
    """Everybody who fits, each with how well."""
    if asked.of_nothing:
        return {}
    scores = dict.fromkeys(index.entries, 0.0)
    if asked.specialties:  # a doctor has one: of several that are said, any
        scores = _and(scores, _best(_of_specialty(index, name) for name in asked.specialties))
    for name in asked.places:
        scores = _and(scores, _in_place(index, name))
    several = [_by_word(index, word) for word in asked.words]
    matched = [found for found in several if found]
    if len(matched) < len(several) and not asked.of_doctors:
        # Something is said that nobody has: then only who is called exactly what the rest says.
        matched = [found for found in matched if max(found.values()) >= 1.0]
        if not matched:
            return {}
    return _by_all(scores, matched)


def _by_all(scores: dict[int, float], matched: list[dict[int, float]]) -> dict[int, float]:
    """Who fits all of the words; where nobody does, who fits the most of them ("Amaka Okafor" who is Amaka Obi)."""
    every = scores
    for found in matched:
        every = _and(every, found)
    if every or len(matched) < 2:
        return every
    hits = Counter(one for found in matched for one in found if one in scores)
    most = max(hits.values(), default=0)
    return {one: scores[one] + sum(found.get(one, 0.0) for found in matched) for one, count in hits.items() if count == most}


def _and(scores: dict[int, float], found: dict[int, float]) -> dict[int, float]:
    return {one: score + found[one] for one, score in scores.items() if one in found}


def _of_specialty(index: Index, name: str) -> dict[int, float]:
    """By the name that is shown, else by words of what is stored."""
    if name in index.by_specialty:
        return dict.fromkeys(index.by_specialty[name], 1.0)
    if name in KNOWN:
        return {}  # nephrology is not neurology misspelt
    return _best(_by_vocabulary(index.by_specialty_word, word) for word in words_of(name))


def _in_place(index: Index, name: str) -> dict[int, float]:
    """Who is exactly there, then who is in the same city."""
    wanted = words_of(name)
    city = city_of(name)
    found = dict.fromkeys(index.by_city.get(city, ()), PLACE_BY_CITY)
    spelt = [_by_vocabulary(index.by_place_word, word) for word in wanted]
    exact = set.intersection(*(set(each) for each in spelt)) if spelt else set()
    for one in exact:
        found[one] = max(found.get(one, 0.0), min(each[one] for each in spelt))
    return found


def _by_word(index: Index, word: str) -> dict[int, float]:
    """A word that is no known specialty and no known place: a name, or what somebody's row says in words of its own."""
    parts = (index.by_name, index.by_specialty_word, index.by_place_word)
    exact = [part[word] for part in parts if word in part]
    if exact:
        return {one: 1.0 for ids in exact for one in ids}
    return _best(_by_vocabulary(part, word) for part in parts)


def _by_vocabulary(part: dict[str, frozenset[int]], word: str) -> dict[int, float]:
    found: dict[int, float] = {}
    for known, sure in like(word, part).items():
        for one in part[known]:
            found[one] = max(found.get(one, 0.0), sure)
    return found


def _best(several: Iterable[dict[int, float]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for each in several:
        for one, sure in each.items():
            found[one] = max(found.get(one, 0.0), sure)
    return found


# --------------------------------------------------------------------------------------------------- what is shown


def _with_times(ids: list[int], now: datetime) -> dict[int, Doctor]:
    found = timetables.doctors(ids, since=now, until=now + timedelta(days=DAYS_LOOKED_AT + 1))
    return {
        one: replace(doctor, next_free=next_free(table, now, days_on=DAYS_LOOKED_AT)) for one, (doctor, table) in found.items()
    }


def _first_day(doctor: Doctor | None, now: datetime) -> int:
    """In how many days somebody is free."""
    return (doctor.next_free[0].date() - now.date()).days if doctor and doctor.next_free else DAYS_LOOKED_AT + 1


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: pair[0].casefold()))


# --------------------------------------------------------------------------------------------------- what is held

_held: OrderedDict[str, Index] = OrderedDict()
_renewing = threading.Lock()


def _index() -> Index:
    """The words of all doctors as they are now. One statement."""
    place = f"{db.database} {sorted(db.connect_params.items())}"
    held = _held.get(place, Index())
    ((*version, rows),) = connection().execute(CHANGED, (*held.version, MOST_DOCTORS)).fetchall()
    if tuple(version) == held.version:
        return held
    fresh = _built((version[0], version[1], version[2]), rows or [])
    with _renewing:
        _held[place] = fresh
        while len(_held) > MOST_HELD:
            _held.popitem(last=False)
    return fresh


def _built(version: tuple[int, int, int], rows: list[tuple[int, str, str, str, float]]) -> Index:
    entries = {row[0]: _entry(*row) for row in rows}
    return Index(
        version,
        entries,
        by_name=_inverted((word, one.id) for one in entries.values() for word in one.names),
        by_specialty=_inverted((one.specialty, one.id) for one in entries.values()),
        by_specialty_word=_inverted((word, one.id) for one in entries.values() for word in one.specialty_words),
        by_city=_inverted((one.city, one.id) for one in entries.values()),
        by_place_word=_inverted((word, one.id) for one in entries.values() for word in one.place_words),
    )


def _entry(row_id: int, name: str, specialty: str, location: str, rating: float) -> Entry:
    shown = shown_specialty(specialty)
    return Entry(
        id=row_id,
        names=frozenset(words_of(timetables.shown_name(name))) - {"dr", "prof", "professor"},
        specialty=shown,
        specialty_words=frozenset(words_of(f"{specialty} {shown}")),
        place_words=frozenset(words_of(location)),
        city=city_of(location) or " ".join(location.replace("|", " ").replace(":", " ").split()),
        rating=rating if 0 < rating <= 5 else 0.0,
    )


def _inverted(pairs: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for word, one in pairs:
        found.setdefault(word, set()).add(one)
    return {word: frozenset(ids) for word, ids in found.items()}
