"""A message as a row of words: what the customer typed stays as it is, what is compared is folded.

`read` cleans the text (no control, zero-width or direction characters, ASCII digits), finds the words and keeps for each
a folded key ("Ẹ káàárọ̀" -> "e", "kaaro"), so that an address or a name can still be cut out as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Commands are looked for in the beginning only; nobody writes one after two screens of text.
HEAD_CHARS = 1200

# Control characters, soft hyphen, zero-width and direction marks, variation selectors, keycaps, lone surrogates, tags.
# PostgreSQL refuses NUL and surrogates in JSON, so nothing read from a text may hold them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
# One character for one, so that positions in the scanned text are positions in the shown text.
_SCAN = str.maketrans({"_": " ", "*": " ", "~": " ", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "`": "'", "´": "'"})
_SCAN.update({ord(c): "-" for c in "‐‑‒–—−"})
_SCAN[ord("×")] = "x"
_SCAN[ord("⁄")] = "/"
# Letters that do not decompose into a plain letter and a mark (Hausa hooks and a few others).
_PLAIN: tuple[tuple[str, str], ...] = (
    *zip("ɓɗƙƴŋɛɔəøłđıæœ", "bdkyneoeoldiao", strict=True),
    *((dash, "-") for dash in "‐‑‒–—−"),
    *((apostrophe, "") for apostrophe in "’‘ʼʻ´"),
)
_MARK = re.compile("[\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
# A word: letters and digits, held together by . , : between digits and by ' - / between anything.
_WORD = re.compile("[\\w\u0300-\u036f]+(?:(?:(?<=\\d)[.,:](?=\\d)|['\\-/])[\\w\u0300-\u036f]+)*")


def word_set(text: str) -> frozenset[str]:
    """The words of a table, written as one string because two hundred quoted words are harder to read."""
    return frozenset(text.split())


def phrase_list(text: str) -> tuple[str, ...]:
    """The phrases of a table, parted by semicolons; white space collapsed."""
    return tuple(" ".join(part.split()) for part in text.split(";") if part.strip())


def clean(text: str) -> str:
    """The text with only what can be seen, compatibility forms and digits of any script made plain."""
    if text.isascii() and text.isprintable():
        return text
    text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        text = _FOREIGN_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    return text


def visible(text: str) -> str:
    """The text without what cannot be seen: enough for a text of many pages, where `clean` would cost too much."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes: how words are compared."""
    if text.isascii():
        return text.lower().replace("'", "")
    text = _MARK.sub("", unicodedata.normalize("NFKD", text.casefold()))
    if not text.isascii():
        for letter, plain in _PLAIN:  # str.translate costs ten times as much on a long text
            text = text.replace(letter, plain)
    return text.replace("'", "")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a message. `keys[i]` is the folded word i, found at `spans[i]` in `surface`."""

    surface: str
    keys: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.keys)

    def text(self, first: int, end: int) -> str:
        """What was typed from word `first` up to, not including, word `end`; white space collapsed."""
        if first >= end:
            return ""
        return " ".join(self.surface[self.spans[first][0] : self.spans[end - 1][1]].split())

    def gap(self, index: int) -> str:
        """What stands between word `index - 1` and word `index`."""
        start = self.spans[index - 1][1] if index else 0
        end = self.spans[index][0] if index < len(self.spans) else len(self.surface)
        return self.surface[start:end]


def read(cleaned: str) -> Words:
    """The words of an already cleaned text, at most the first `HEAD_CHARS` characters of it. Linear."""
    head = cleaned[:HEAD_CHARS]
    keys, spans = [], []
    for found in _WORD.finditer(head.translate(_SCAN)):
        key = fold(found[0])
        if key:
            keys.append(key)
            spans.append(found.span())
    return Words(head, tuple(keys), tuple(spans))
