"""The words of the catalogue, held in each process, so that reading a query and mending its spelling cost no database work.

The database counts a version up whenever a name changes (`catalogue_version`); every search brings the present version
along, and a process whose vocabulary is older loads it anew.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from peewee import Database
from rapidfuzz import process
from rapidfuzz.distance import OSA

from models.lexicon import Lexicon, lexicon

# A load may use at most this share of a process's time, however often names change.
LOAD_SHARE = 0.05
MOST_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Seen:
    """In how many products a word stands: as first word of the name, in the substance, elsewhere in the name."""

    first: int = 0
    substance: int = 0
    name: int = 0

    @property
    def most(self) -> int:
        return max(self.first, self.substance, self.name)


@dataclass(slots=True)
class Vocabulary:
    """`seen` is keyed by term as the index holds it: word, "two words" (start of a name) or "=whole substance"."""

    version: tuple[str, int]
    size: int
    seen: dict[str, Seen]
    controlled: frozenset[str]
    words: Lexicon
    by_length: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_sound: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    mended: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {word for word in self.seen if word.isascii() and word.isalpha()} | {w for w in self.words.words if w.isalpha()}
        for word in sorted(known - self.words.fillers - self.words.elsewhere - self.words.ordinary):
            if len(word) >= 4 and self._worth_guessing(word):
                self.by_length[len(word)].append(word)
                self.by_sound[sound(word)].append(word)

    def _worth_guessing(self, word: str) -> bool:
        """What a slip may be mended to: names, substances and the lexicon's words, but no other word that happens to stand in a
        name ("failed" is not "pre-filled"). Of four-letter words only names, since everyday words are too near."""
        named = word in self.words.names or "=" + word in self.seen
        if len(word) == 4:
            return named
        seen = self.seen.get(word, Seen())
        return named or word in self.words.words or seen.first > 0 or seen.substance > 0

    def knows(self, word: str) -> bool:
        return word in self.seen or word in self.words.words

    def weight(self, word: str) -> int:
        """How likely a word is what people mean: names and substances first, then what stands in many products."""
        seen = self.seen.get(word, Seen())
        named = (word in self.words.names) * 40 + ("=" + word in self.seen) * 60
        return named + min(seen.first + seen.substance, 60) + min(seen.name, 10)

    def mend(self, word: str) -> tuple[str, ...]:
        """Known words that `word` may be a slip of, best first, at most three; empty when nothing is near enough."""
        found = self.mended.get(word)
        if found is None:
            if len(self.mended) >= MOST_REMEMBERED:
                self.mended.clear()
            found = self.mended[word] = self._near(word)
        return found

    def _near(self, word: str) -> tuple[str, ...]:
        length = len(word)
        if length < 4 or length > 24 or not word.isalpha():
            return ()
        reach = 1 if length <= 5 else 2 if length <= 8 else 3
        heard = sound(word)
        costs: dict[str, float] = {}
        for other_length in range(length - reach, length + reach + 1):
            near = process.extract(
                word, self.by_length.get(other_length, ()), scorer=OSA.distance, score_cutoff=reach, limit=None
            )
            costs.update((other, distance) for other, distance, _ in near)
        for other in self.by_sound.get(heard, ()):
            if other not in costs and abs(len(other) - length) <= 3:
                costs[other] = OSA.distance(word, other)
        ranked = []
        for other, distance in costs.items():
            cost = distance - 0.7 * (sound(other) == heard) + 0.5 * (other[0] != word[0])
            if cost <= allowed(min(length, len(other))):
                ranked.append((cost, -self.weight(other), other))
        ranked.sort()
        return tuple(other for cost, _, other in ranked[:3] if cost <= ranked[0][0] + 0.25)


def allowed(length: int) -> float:
    """The most a slip may cost in a word of this length: short words are too close to each other to guess."""
    if length <= 4:
        return 0.5
    if length == 5:
        return 1.0
    return 1.5 if length <= 7 else 2.0 if length <= 10 else 3.0


_SOUNDS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"(?:qu|kw|ck|cq|q|ch(?=[lr]))"), "k"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"sh|sc(?=[ei])"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"z"), "s"),
    (re.compile(r"h"), ""),
)
_VOWELS = re.compile(r"(?<!^)[aeiouyw]")
_DOUBLES = re.compile(r"(.)\1+")


def sound(word: str) -> str:
    """What is heard of a word: spelling variants fall together ("chlorokwin", "chloroquine"), vowels after the first letter go."""
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return _DOUBLES.sub(r"\1", _VOWELS.sub("", word))


@dataclass(slots=True)
class _Held:
    vocabulary: Vocabulary
    place: str
    loaded_at: float
    took_s: float


_held: WeakKeyDictionary[Database, _Held] = WeakKeyDictionary()
_loading = threading.Lock()


def current(db: Database) -> Vocabulary:
    """The vocabulary this process holds for `db`, loaded on first use."""
    held = _held.get(db)
    if held is not None and held.place == _place(db):
        return held.vocabulary
    with _loading:
        held = _held.get(db)  # another thread may have loaded it while we waited
        return held.vocabulary if held is not None and held.place == _place(db) else _load(db)


def renewed(db: Database, version: tuple[str, int]) -> Vocabulary | None:
    """A newer vocabulary if the catalogue moved on to `version` and a load is due; None when the one held will do."""
    held = _held.get(db)
    if held is None or held.place != _place(db):
        return current(db)
    if held.vocabulary.version == version:
        return None
    same_catalogue = held.vocabulary.version[0] == version[0]
    if same_catalogue and time.monotonic() - held.loaded_at < held.took_s / LOAD_SHARE:
        return None
    with _loading:
        return _load(db)


def _place(db: Database) -> str:
    return f"{db.database} {sorted(db.connect_params.items())}"


_LOAD = """
    SELECT stat.label, stat.word, stat.ndoc FROM (
        SELECT 'A' AS label, * FROM ts_stat('SELECT terms FROM catalogue_entries WHERE active', 'A')
        UNION ALL SELECT 'B', * FROM ts_stat('SELECT terms FROM catalogue_entries WHERE active', 'B')
        UNION ALL SELECT 'C', * FROM ts_stat('SELECT terms FROM catalogue_entries WHERE active', 'C')
    ) AS stat
"""


def _load(db: Database) -> Vocabulary:
    begun = time.monotonic()
    (version, born, size) = db.execute_sql(
        "SELECT version, born::text, (SELECT count(*) FROM catalogue_entries) FROM catalogue_version"
    ).fetchone()
    counts: dict[str, list[int]] = {}
    for label, word, products in db.execute_sql(_LOAD).fetchall():
        counts.setdefault(word, [0, 0, 0])["ABC".index(label)] = products
    controlled = db.execute_sql("SELECT name FROM controlled_substances WHERE level = 2").fetchall()
    vocabulary = Vocabulary(
        version=(born, version),
        size=size,
        seen={word: Seen(*by_label) for word, by_label in counts.items()},
        controlled=frozenset(name for (name,) in controlled),
        words=lexicon(),
    )
    done = time.monotonic()
    _held[db] = _Held(vocabulary, _place(db), done, done - begun)
    return vocabulary
