"""The words people use, read once from the text files beside this module. See each file's head for its form.

Everything here is about language and none of it about one pharmacy's stock: `models.catalogue` joins the two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LANGUAGES = ("en", "pcm", "ha", "yo", "ig")

_MARKS = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")

# A shelf is a choice of products: alternatives in order, each a set of words or substances that stand together.
Choice = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a phrase opens: `first` before `then`; `only` are traits of which a product must have one (empty: any)."""

    name: str
    first: tuple[Choice, ...]
    then: tuple[Choice, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must all occur, and the shelf they open. `beside_drug`: only next to a word for medicine."""

    words: frozenset[str]
    shelf: Shelf
    beside_drug: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`names` maps a whole name ("tylenol", "vitamin c") to alternatives of substances; `phrases` are keyed by their rarest word."""

    names: dict[str, tuple[Choice, ...]]
    brands: frozenset[str]
    conditions: dict[str, tuple[Phrase, ...]]
    things: dict[str, tuple[Phrase, ...]]
    fillers: frozenset[str]
    elsewhere: frozenset[str]
    ordinary: frozenset[str]
    drug_words: frozenset[str]
    child_words: frozenset[str]
    forms: dict[str, tuple[str, ...]]
    words: frozenset[str]


def plain(text: str) -> str:
    """Lower case without accents, as `catalogue_plain` in the database makes it. An apostrophe joins ("i'm" -> "im")."""
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()
    return text.replace("'", "").replace("\u2019", "").replace("\u02bc", "")


def words_of(text: str) -> list[str]:
    """The words of a text, without accents and signs."""
    return [word for word in _NOT_WORD.split(plain(text)) if word]


def stem(word: str) -> str:
    """A light stem for phrases of symptoms, so that "paining", "pains" and "pain" meet. Short words stay as they are."""
    for ending in ("ing", "ness", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@cache
def lexicon() -> Lexicon:
    """The whole lexicon; the first call reads the files (some 30 ms), later calls cost nothing."""
    brands = dict(_names("brands.txt"))
    generics = dict(_names("generics.txt"))
    marks = dict(_keyed("medicine_words.txt"))
    glue = frozenset(words_of(marks["glue"]))
    conditions = tuple(_phrases("conditions.txt", glue))
    things = tuple(_phrases("shop.txt", glue))
    fillers = frozenset(w for _, text in _keyed("fillers.txt") for w in words_of(text))
    elsewhere = frozenset(w for _, text in _keyed("elsewhere.txt") for w in words_of(text))
    drug, child = frozenset(words_of(marks["drug"])), frozenset(words_of(marks["child"]))
    said = {word for name in (*brands, *generics) for word in name.split()}
    said |= {word for phrase in (*conditions, *things) for word in phrase.words}
    return Lexicon(
        names={**brands, **generics},
        brands=frozenset(brands),
        conditions=_by_rarest(conditions),
        things=_by_rarest(things),
        fillers=fillers,
        elsewhere=elsewhere,
        ordinary=frozenset(w for _, text in _keyed("ordinary.txt") for w in words_of(text)) - fillers - elsewhere - said,
        drug_words=drug,
        child_words=child,
        forms={asked: tuple(words_of(given)) for line, given in _keyed("forms.txt") for asked in line.split()},
        words=frozenset(said),
    )


def _lines(filename: str) -> Iterator[str]:
    for line in (HERE / filename).read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _keyed(filename: str) -> Iterator[tuple[str, str]]:
    for line in _lines(filename):
        key, _, value = line.partition(":")
        yield key.strip(), value


def _choices(text: str) -> tuple[Choice, ...]:
    """`a + b, c` -> (("a", "b"), ("c",))"""
    return tuple(
        tuple(" ".join(words_of(part)) for part in choice.split("+") if words_of(part))
        for choice in text.split(",")
        if choice.strip()
    )


def _names(filename: str) -> Iterator[tuple[str, tuple[Choice, ...]]]:
    """Alternatives in these files stand apart by "|", because a comma ends a name."""
    seen: dict[str, tuple[Choice, ...]] = {}
    for substance, names in _keyed(filename):
        choices = _choices(substance.replace("2,4-", "2 4 ").replace("|", ","))
        for name in names.split(","):
            key = " ".join(words_of(name))
            if key:
                seen[key] = seen.get(key, ()) + tuple(c for c in choices if c not in seen.get(key, ()))
    yield from seen.items()


def _phrases(filename: str, glue: frozenset[str]) -> Iterator[Phrase]:
    entry: dict[str, list[str]] = {}
    for line in (*_lines(filename), "[end]"):
        if line.startswith("["):
            if entry:
                yield from _phrases_of(entry, glue)
            entry = {"name": [line.strip("[]")]}
            continue
        key, _, value = line.partition(":")
        entry.setdefault(key.strip(), []).append(value)


def _phrases_of(entry: dict[str, list[str]], glue: frozenset[str]) -> Iterator[Phrase]:
    first = _choices(",".join(entry.get("give", []) + entry.get("find", [])))
    shelf = Shelf(
        name=entry["name"][0],
        first=first,
        then=_choices(",".join(entry.get("also", []))),
        only=tuple(words_of(" ".join(entry.get("only", [])))),
    )
    for language in LANGUAGES:
        for said in ",".join(entry.get(language, [])).split(","):
            beside = said.strip().startswith("drug:")
            spoken = words_of(said.replace("drug:", ""))
            words = frozenset(stem(word) for word in spoken if word not in glue) or frozenset(spoken)
            if words:
                yield Phrase(words, shelf, beside)


def _by_rarest(phrases: tuple[Phrase, ...]) -> dict[str, tuple[Phrase, ...]]:
    """Each phrase under the one of its words that fewest phrases share: looking up a query's words then finds few candidates."""
    uses: dict[str, int] = {}
    for phrase in phrases:
        for word in phrase.words:
            uses[word] = uses.get(word, 0) + 1
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        rarest = min(phrase.words, key=lambda word: (uses[word], word))
        found.setdefault(rarest, []).append(phrase)
    return {word: tuple(group) for word, group in found.items()}
