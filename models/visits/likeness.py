"""How near a typed word is to a known one: slips of the finger in words long enough to bear them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

SAME, BEGINS, NEAR, ALIKE = 1.0, 0.9, 0.8, 0.7
SAME_SOUND = {
    "f": "fp",
    "p": "fp",
    "c": "ckq",
    "k": "ckq",
    "q": "ckq",
    "s": "sz",
    "z": "sz",
    "i": "iy",
    "y": "iy",
    "a": "ae",
    "e": "aeo",
}
SHORTEST_BEGINNING, SHORTEST_SOUND = 3, 5
_SAID = (("ph", "f"), ("ck", "k"), ("ae", "e"), ("oe", "e"), ("th", "t"), ("c", "k"), ("q", "k"), ("y", "i"), ("z", "s"))
_DOUBLED = re.compile(r"([a-z])\1")


def slips(word: str) -> int:
    """How many slips (a letter wrong, missing, too many, or two swapped) are still the same word."""
    return 0 if len(word) < 4 else 1 if len(word) < 7 else 2 if len(word) < 10 else 3


def sound(word: str) -> str:
    """The word as it is said, more or less: Sophie and Sofie, Zulaihat and Zulayhat, Kalabar and Calabar are one."""
    for written, said in _SAID:
        word = word.replace(written, said)
    return _DOUBLED.sub(r"\1", word)


def like(word: str, known: Iterable[str], *, beginnings: bool = True) -> dict[str, float]:
    """The known words that are meant, each with its likeness (0-1): the word itself and nothing else; or those it begins and those
    that are a slip away."""
    words = list(known)
    if word in words:
        return {word: SAME}
    found: dict[str, float] = {}
    if beginnings and len(word) >= SHORTEST_BEGINNING:
        found = {each: BEGINS for each in words if each.startswith(word)}
    most = slips(word)
    if most:
        near = process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=20)
        for each, distance, _ in near:
            if each[0] == word[0] or (distance == 1 and len(word) > 4):
                other_letter = 0.04 if each[0] != word[0] else 0.0  # people rarely get the first one wrong
                found.setdefault(each, NEAR - 0.05 * distance - other_letter)
    if len(word) >= SHORTEST_SOUND:
        said = sound(word)
        for each in words:
            if each[0] in SAME_SOUND.get(word[0], word[0]) and sound(each) == said:
                found.setdefault(each, ALIKE)
    return found
