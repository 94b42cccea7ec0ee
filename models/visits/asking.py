"""What somebody asks of the list of doctors: which specialties, which places, and the words that are left. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby, zip_longest

from models.lexicon import words_of
from models.visits.lexicon import DOCTORS, FILLERS, SPECIALTY, cities, known_specialty
from models.visits.likeness import like

MOST_CHARACTERS, MOST_WORDS = 200, 12
LONGEST_PLACE = 3  # words
SHORTEST_ALONE = 5  # letters of a word that may be a trade misspelt without "doctor" behind it
BEFORE_A_PLACE = ("in", "at", "for", "near", "around", "inside", "from")
OF_A_TRADE = ("ist", "ists", "cian", "cians", "geon", "geons", "lor", "lors", "gp", "gps")


@dataclass(frozen=True, slots=True)
class Asked:
    """One of `specialties` and all of `places` must fit, and the `words` as far as anybody has them.

    `of_doctors`: it is surely doctors that are asked for, so that words nobody knows are only talk ("heart doctor wey sabi").
    `of_nothing`: something is said, and nothing of it is about doctors ("tomorrow", "good morning").
    """

    specialties: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    of_doctors: bool = False
    of_nothing: bool = False


def read(words: str, specialty: str, place: str, names: Collection[str], place_words: Collection[str]) -> Asked:
    """`names` and `place_words` are those of the doctors there are: a name goes before a word that is like a specialty."""
    specialties = [_specialty(specialty)] if words_of(specialty[:MOST_CHARACTERS]) else []
    where = " ".join(words_of(place[:MOST_CHARACTERS])[:MOST_WORDS])
    places = [where] if where else []
    left = _joined(words_of(words[:MOST_CHARACTERS])[:MOST_WORDS])
    sure = bool(specialties) or any(_is_doctor(word) or (word in SPECIALTY and word.endswith(OF_A_TRADE)) for word in left)
    left = _take_places(left, places, names, place_words)
    rest: list[str] = []
    for word, after in zip_longest(left, left[1:], fillvalue=""):
        # "hart doctor" is a slip, "dr hart" a name
        name = _meant(word, names, place_words, beside_doctor=_is_doctor(after))
        if name:
            specialties.append(name)
        elif not (word in FILLERS or _is_doctor(word)) or word in names:
            rest.append(word)
    if len(set(specialties)) > 1:  # "heart surgeon" is the heart's
        specialties = [name for name in specialties if name != "Surgery"]
    return Asked(
        tuple(dict.fromkeys(specialties)),
        tuple(dict.fromkeys(places)),
        tuple(dict.fromkeys(rest)),
        of_doctors=bool(sure and specialties),
        of_nothing=bool(words.strip()) and not (sure or specialties or places or rest),
    )


def _is_doctor(word: str) -> bool:
    return word in DOCTORS or (len(word) >= SHORTEST_ALONE and bool(like(word, DOCTORS, beginnings=False)))


def _joined(words: list[str]) -> list[str]:
    """Letters that stand alone as the word they spell: "E.N.T" is ent, "P.H" is ph."""
    joined: list[str] = []
    for alone, run in groupby(words, key=lambda word: len(word) == 1 and word.isalpha()):
        letters = list(run)
        whole = "".join(letters)
        joined += [whole] if alone and (whole in SPECIALTY or (whole,) in cities()) else letters
    return joined


def _specialty(text: str) -> str:
    """A specialty by any of its names or with a slip; what is not known stays as it was said."""
    text = text[:MOST_CHARACTERS]
    known = known_specialty(text)
    if known:
        return known
    mended = [like(word, SPECIALTY, beginnings=False) for word in words_of(text)[:MOST_WORDS]]
    near = {SPECIALTY[word]: sure for found in mended for word, sure in found.items()}
    return max(near, key=lambda name: (near[name], name)) if near else text.strip()


def _take_places(words: list[str], places: list[str], names: Collection[str], place_words: Collection[str]) -> list[str]:
    """The words without those that name a place; the names are added to `places`, the longest first. A city that is somebody's
    name and nobody's place is the name, unless it is said with "in" ("Ife")."""
    left: list[str | None] = list(words)
    for length in range(LONGEST_PLACE, 0, -1):
        for start in range(len(words) - length + 1):
            part = left[start : start + length]
            if None in part or tuple(part) not in cities():
                continue
            word, before = words[start], words[start - 1] if start else ""
            if length == 1 and (word in FILLERS or (word in names and word not in place_words and before not in BEFORE_A_PLACE)):
                continue
            places.append(" ".join(each for each in part if each))
            left[start : start + length] = [None] * length
    return [word for word in left if word]


def _meant(word: str, names: Collection[str], place_words: Collection[str], *, beside_doctor: bool) -> str:
    """The specialty a word means, as written or with a slip; "" for none, and for what somebody is called.

    Short words are near many others: they are mended before "doctor" only, and there even if somebody has that name.
    """
    if word in SPECIALTY:
        return SPECIALTY[word]
    if word in FILLERS or word in place_words or (not beside_doctor and (word in names or len(word) < SHORTEST_ALONE)):
        return ""
    near = like(word, SPECIALTY, beginnings=False)
    if not near or (not beside_doctor and max(like(word, names).values(), default=0.0) > max(near.values())):
        return ""
    return SPECIALTY[max(near, key=lambda each: (near[each], each))]
