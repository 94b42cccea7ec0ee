"""A customer's text -> what is asked of the index. Pure: everything it knows is in the vocabulary and the lexicon.

Three readings are tried in order and the first that holds is taken: a register number, a name (of a product or a
substance, any language, slips mended), and what somebody suffers from or calls a kind of thing. A text that is mostly
about something else asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from models.catalogue.clauses import (
    AMOUNT,
    CHILD,
    CONTROLLED,
    FORM,
    MODIFIER,
    MOST_CLAUSES,
    NAME,
    NOT_FOR_ADULTS,
    SUBSTANCE,
    WORD,
    Asked,
    Clause,
    all_words,
    any_of,
    choice_of,
    either,
    one,
    thing_of,
)
from models.catalogue.registration import compact_of
from models.catalogue.vocabulary import Seen, Vocabulary
from models.lexicon import Choice, Lexicon, Phrase, Shelf, plain, stem, words_of

MOST_CHARACTERS = 400
MOST_WORDS = 40
LONGEST_NAME = 5  # words

_AMOUNT = re.compile(r"(?<![a-z\d.])(\d{1,7}(?:\.\d{1,4})?)\s*(mg|mcg|ml|iu|g|%)?(?![a-z\d.]*\d)")
_THOUSANDS = re.compile(r"(\d),(\d{3})(?!\d)")
_GLUED = re.compile(r"(\d)(mg|mcg|ml|iu|g|tabs?|caps?)\b")
_TIMES = re.compile(
    r"\b(?:x\s?\d{1,3}|\d{1,3}\s?x)\b|\b\d{1,3}\s+(?:packs?|packets?|sachets?|bottles?|cards?|pieces?|pcs|boxes|box|tins?)\b"
)


_SPELT_OUT = re.compile(r"\b(?:[a-z] ){3,}[a-z]\b")  # "p a n a d o l"


@dataclass(slots=True)
class _Text:
    """The words still to be explained, by place; None where one has been."""

    words: list[str]
    left: list[str | None]
    mended: bool = False
    hits: float = 0.0

    def take(self, start: int, count: int) -> None:
        for place in range(start, start + count):
            self.left[place] = None


def read(text: str, vocabulary: Vocabulary) -> Asked:
    """What `text` asks for. Cost is bounded: the text is cut to 400 characters and 40 words."""
    text = text[:MOST_CHARACTERS].replace("\x00", " ")
    number = compact_of(text)
    if number:
        return Asked(matched_by="number", registration=number)
    flat = _GLUED.sub(r"\1 \2", plain(text))
    flat = _SPELT_OUT.sub(lambda found: found[0].replace(" ", ""), flat)
    words = words_of(_TIMES.sub(" ", flat))[:MOST_WORDS]
    mended = _mend(words, vocabulary)
    said = _Text(mended, list(mended), mended != words)
    asked = Asked(corrected=" ".join(w for w in mended if w not in vocabulary.words.fillers) if said.mended else None)
    _read_names(said, vocabulary, asked)
    if not asked.clauses:
        _read_shelves(said, vocabulary, asked)
    if not asked.clauses:
        _read_words(said, vocabulary, asked)
    if not asked.clauses or _is_about_something_else(said, vocabulary, asked):
        return Asked(controlled=asked.controlled)
    _add_modifiers(said, flat, vocabulary, asked)
    asked.clauses = sorted(asked.clauses, key=lambda c: not c.leading)[:MOST_CLAUSES]
    return asked


# ------------------------------------------------------------------------------------------------ spelling


def _mend(words: list[str], vocabulary: Vocabulary) -> list[str]:
    """Words with slips mended. Two halves of one name are joined ("para cetamol"); what is known stays as it is."""
    mended: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        joined = word + words[place + 1] if place + 1 < len(words) else ""
        if (
            joined
            and len(joined) >= 6
            and not (_settled(word, vocabulary) and _settled(words[place + 1], vocabulary))
            and (_is_name(joined, vocabulary))
        ):
            mended.append(joined)
            place += 2
            continue
        mended.append(word if _settled(word, vocabulary) else _mended(word, vocabulary))
        place += 1
    return mended


def _settled(word: str, vocabulary: Vocabulary) -> bool:
    lexicon = vocabulary.words
    return (
        word in lexicon.fillers
        or word in lexicon.elsewhere
        or word in lexicon.ordinary
        or word in lexicon.forms
        or word in lexicon.drug_words
        or vocabulary.knows(word)
        or stem(word) in lexicon.words
    )


def _is_name(word: str, vocabulary: Vocabulary) -> bool:
    return word in vocabulary.words.names or "=" + word in vocabulary.seen or vocabulary.seen.get(word, Seen()).first > 0


def _mended(word: str, vocabulary: Vocabulary) -> str:
    for other in (word + "s", word.removesuffix("s"), word.removesuffix("es")):
        if vocabulary.knows(other):
            return other
    return next(iter(vocabulary.mend(word)), word)


# ------------------------------------------------------------------------------------------------ names


def _read_names(said: _Text, vocabulary: Vocabulary, asked: Asked) -> None:
    """Clauses for every name in the text, longest first, and how many substances they are of when only one was named."""
    counts: list[int] = []
    for count in range(min(LONGEST_NAME, len(said.words)), 0, -1):
        for start in range(len(said.words) - count + 1):
            part = said.left[start : start + count]
            if any(word is None for word in part) or len(asked.clauses) >= MOST_CLAUSES - 4:
                continue
            substances = _name(part, said.words, vocabulary, asked)  # type: ignore[arg-type]
            if substances is not None:
                counts.append(substances)
                said.take(start, count)
                whole = " ".join(part)  # type: ignore[arg-type]
                sure = len(part) > 1 or whole in vocabulary.words.names or "=" + whole in vocabulary.seen
                said.hits += 3 if sure else 1
    asked.substances = counts[0] if len(counts) == 1 else 0


def _name(part: list[str], words: list[str], vocabulary: Vocabulary, asked: Asked) -> int | None:
    """Adds the clauses of one name; gives the number of its substances (0: a brand of the shop) or None if it is no name."""
    lexicon = vocabulary.words
    name = " ".join(part)
    seen = vocabulary.seen.get(name, Seen())
    alone = len(part) == 1
    if alone and (name in lexicon.fillers or name in lexicon.elsewhere or name in lexicon.drug_words or name in lexicon.forms):
        return None
    if alone and (name.isdigit() or name in lexicon.ordinary or name in lexicon.child_words):
        return None
    asked.controlled |= name in vocabulary.controlled
    weight = CONTROLLED if name in vocabulary.controlled else 0.0
    choices = lexicon.names.get(name)
    if "=" + name in vocabulary.seen and not (choices and name in lexicon.brands):
        asked.clauses.append(Clause(either([any_of([name, "=" + name]), *map(choice_of, choices or ())]), weight or SUBSTANCE))
        asked.clauses.append(Clause(one("=" + name), 1.0, leading=False))
        if alone:
            asked.clauses.append(Clause(one(name, "AC"), 0.5, leading=False))
            asked.clauses.append(Clause(one(name, "A"), 0.5, leading=False))
        asked.matched_by = "generic" if asked.matched_by == "none" else asked.matched_by
        return 1
    if choices and not (seen.first and name in lexicon.brands):
        return _substances_of(name, choices, weight, vocabulary, asked)
    if alone and _said_of_illness(name, words, vocabulary) and not choices:
        return None
    if seen.first and (alone or _only_together(part, vocabulary)):
        if alone and seen.first * 4 < seen.name and seen.name > 8:
            return None
        common = vocabulary.size >= 200 and seen.first * 50 > vocabulary.size
        asked.clauses.append(Clause(one(name, "A"), weight or (WORD if common else NAME)))
        if alone:
            asked.clauses.append(Clause(one(name, "BC"), weight or WORD))
            _add_pair(name, words, vocabulary, asked)
        asked.matched_by = "name"
        return 0
    if alone and seen.substance and not _is_common(seen, vocabulary):
        asked.clauses.append(Clause(one(name), weight or SUBSTANCE - 1.0))
        asked.matched_by = "generic" if asked.matched_by == "none" else asked.matched_by
        return 1
    return None


def _only_together(pair: list[str], vocabulary: Vocabulary) -> bool:
    """True for the start of a name whose first word says nothing by itself: "seven seas", but not "good morning"."""
    lexicon = vocabulary.words
    return _dull(pair[0], lexicon) and not all(_dull(word, lexicon) for word in pair)


def _dull(word: str, lexicon: Lexicon) -> bool:
    return word in lexicon.fillers or word in lexicon.elsewhere or word in lexicon.ordinary


def _add_pair(name: str, words: list[str], vocabulary: Vocabulary, asked: Asked) -> None:
    """Moves the products up whose name begins with both words: "lonart ds" before Lonart."""
    for word, after in pairwise(words):
        if word == name and f"{word} {after}" in vocabulary.seen:
            asked.clauses.append(Clause(one(f"{word} {after}"), 4.0, leading=False))


def _substances_of(name: str, choices: tuple[Choice, ...], weight: float, vocabulary: Vocabulary, asked: Asked) -> int:
    """One clause for all the alternatives, so that a name with many does not outweigh one with few; the first is preferred."""
    risky = any(word in vocabulary.controlled for choice in choices for part in choice for word in part.split())
    asked.controlled |= risky
    words = all_words(name.split())
    asked.clauses.append(Clause(either([*map(choice_of, choices), words]), weight or (CONTROLLED if risky else SUBSTANCE)))
    asked.clauses.append(Clause(choice_of(choices[0]), 1.0, leading=False))
    asked.clauses.append(Clause(words, 1.0, leading=False))
    asked.matched_by = "generic" if asked.matched_by == "none" else asked.matched_by
    return len(choices[0])


def _said_of_illness(word: str, words: list[str], vocabulary: Vocabulary) -> bool:
    """True for a word that belongs to a phrase of an illness or a thing: it is read there, not as a name."""
    lexicon = vocabulary.words
    stemmed = frozenset(map(stem, words))
    for table in (lexicon.things, lexicon.conditions):
        for key in stemmed:
            for phrase in table.get(key, ()):
                if stem(word) in phrase.words and phrase.words <= stemmed:
                    return True
    return False


def _is_common(seen: Seen, vocabulary: Vocabulary) -> bool:
    return vocabulary.size >= 200 and seen.most * 20 > vocabulary.size


# ------------------------------------------------------------------------------------------------ shelves


def _read_shelves(said: _Text, vocabulary: Vocabulary, asked: Asked) -> None:
    """Clauses for the illnesses and things named. The phrases with most words win; several of equal length all count."""
    lexicon = vocabulary.words
    stemmed = [stem(word) for word in said.words]
    beside_drug = any(word in lexicon.drug_words for word in said.words)
    said_words = frozenset(stemmed)
    found: list[tuple[int, bool, Phrase]] = []
    for is_thing, table in ((True, lexicon.things), (False, lexicon.conditions)):
        for word in dict.fromkeys(stemmed):
            for phrase in table.get(word, ()):
                if phrase.words <= said_words and (beside_drug or not phrase.beside_drug):
                    found += [(len(phrase.words), is_thing, phrase)]
    if not found:
        return
    chosen = _longest_phrases(found)
    is_thing = chosen[0][0]
    shelves = list(dict.fromkeys(phrase.shelf for thing, phrase in chosen if thing == is_thing))[:3]
    explained = set().union(*(phrase.words for _, phrase in chosen))
    for place, word in enumerate(stemmed):
        if word in explained:
            said.take(place, 1)
            said.hits += 1
    asked.matched_by = "name" if is_thing else "symptom"
    asked.self_care = not is_thing
    asked.best_only = True
    asked.only = any_of(list(shelves[0].only)) if shelves[0].only else ""
    for shelf in shelves:
        asked.clauses += _shelf(shelf, 4 if len(shelves) == 1 else 2, thing_of if is_thing else choice_of)


def _longest_phrases(found: list[tuple[int, bool, Phrase]]) -> list[tuple[bool, Phrase]]:
    """Phrases not contained in a longer one, longest first; things before illnesses among equals."""
    found.sort(key=lambda f: (-f[0], not f[1], f[2].shelf.name, sorted(f[2].words)))
    chosen: list[tuple[bool, Phrase]] = []
    for _, is_thing, phrase in found:
        if not any(phrase.words < other.words for _, other in chosen):
            chosen.append((is_thing, phrase))
    return chosen


def _shelf(shelf: Shelf, steps: int, written: Callable[[Choice], str]) -> list[Clause]:
    """The first choices one by one, so that they keep their order, then the others together."""
    clauses = [Clause(written(choice), 10.0 - place) for place, choice in enumerate(shelf.first[:steps])]
    rest = [written(choice) for choice in shelf.first[steps:]]
    if rest:
        clauses.append(Clause(" | ".join(rest), 10.0 - steps))
    if shelf.then:
        clauses.append(Clause(" | ".join(map(written, shelf.then)), 5.0))
    return clauses


# ------------------------------------------------------------------------------------------------ other words


def _read_words(said: _Text, vocabulary: Vocabulary, asked: Asked) -> None:
    """The last reading: words that stand somewhere in names, when they are not everyday words and not in every name."""
    lexicon = vocabulary.words
    for place, word in enumerate(said.left):
        if word is None or word.isdigit() or len(word) < 3:
            continue
        if word in lexicon.fillers or word in lexicon.elsewhere or word in lexicon.forms or word in lexicon.drug_words:
            continue
        if word in lexicon.ordinary or word in lexicon.child_words:
            continue
        seen = vocabulary.seen.get(word)
        if seen and seen.most and not _is_common(seen, vocabulary):
            asked.clauses.append(Clause(one(word), WORD))
            asked.matched_by = "name"
            said.take(place, 1)
            said.hits += 1
        if len(asked.clauses) >= 5:
            return


def _is_about_something_else(said: _Text, vocabulary: Vocabulary, asked: Asked) -> bool:
    """True when more of the text is unexplained than explained: "golden penny spaghetti" does not ask for Golden Sea capsules."""
    lexicon = vocabulary.words
    strange = 0.0
    for word in said.left:
        if word is None or word.isdigit() or len(word) < 3 or word in lexicon.fillers or word in lexicon.drug_words:
            continue
        if word in lexicon.forms or word in lexicon.child_words:
            continue
        if word in lexicon.elsewhere:
            strange += 1.5
        elif not vocabulary.knows(word):
            strange += 1.0
    return strange > said.hits


def _add_modifiers(said: _Text, flat: str, vocabulary: Vocabulary, asked: Asked) -> None:
    """What only moves products up: strength, form, "for a child", other words of the name."""
    lexicon = vocabulary.words
    for amount in list(dict.fromkeys(_AMOUNT.findall(_THOUSANDS.sub(r"\1\2", _TIMES.sub(" ", flat)))))[:3]:
        number, unit = amount
        sure = unit or len(number) > 1
        asked.clauses.append(Clause(one(f"#{number}{unit}"), AMOUNT if sure else 1.0, leading=False))
    forms = dict.fromkeys(lexicon.forms[word] for word in said.words if word in lexicon.forms)
    for marks in list(forms)[:3]:
        asked.clauses.append(Clause(any_of(marks), FORM, leading=False))
    if any(word in lexicon.child_words for word in said.words):
        young = ["syrup", "suspension", "drops", "junior", "paediatric", "pediatric", "infant", "children", "baby"]
        asked.clauses.append(Clause(any_of(young), CHILD, leading=False))
    elif asked.self_care:  # nobody spoke of a child: what is made for one comes after the others
        young = ["syrup", "suspension", "drops", "junior", "paediatric", "pediatric", "infant", "children", "baby"]
        asked.clauses.append(Clause(any_of(young), NOT_FOR_ADULTS, leading=False))
    if asked.best_only:
        return
    for word in said.left:
        if word and word in vocabulary.seen and word not in lexicon.fillers and not word.isdigit() and word not in lexicon.forms:
            asked.clauses.append(Clause(one(word), MODIFIER, leading=False))
