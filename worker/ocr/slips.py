"""Slips of reading in directions that can only mean one thing: "THREE times daly", "d aily", "t0 days".

Never a guess at a name: a word becomes "daily" only behind a count or a dose, a letter a figure only before a length of time.
What could mean two things stays as it was read; `unread.py` tells that it was not understood.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from worker.ocr import sig_words
from worker.ocr.writing import flat
from worker.understanding.tokens import word_set

_COUNTS = word_set("once twice thrice one two three four five six")
_PERIODS = word_set("days day weeks week months month")
# Words of directions; torn in two or three they are still the same letters ("d aily", "t imes").
_WHOLE = _COUNTS | _PERIODS | word_set("daily times hourly nocte morning night weekly tablet tablets capsule capsules every")
_TIMES = ("times", "time")
# Near to a word of directions, and something else.
REAL = word_set(
    """dairy daisy there these those tree thee threw throw mouth mouths right light might sight fight eight tonight warning warm
    weekend yours ours house horse tines timer tomes weakly weak dialysis nightmare note noted notes every never very even event"""
)
# What says when.
OF_TIME = word_set(
    """once twice thrice trice times time daily dly day days dys week weeks wk wks weekly month months mth mths monthly hour hours hr
    hrs hourly hrly hly morning mornings afternoon evening night nights nightly bedtime nocte mane alternate alt every until tds bds
    tid bid qds qid prn stat"""
)
_UNIT = re.compile(sig_words.UNIT)
_ONES = (
    # "t0 days", "l4 days", "1O days": a letter for a figure in front of a length of time, beside a figure that is one
    (re.compile(r"(?<![\w.,/])[tli|](?=0 ?(?:days?|/ ?7)(?![a-z0-9]))", re.ASCII | re.IGNORECASE), "1"),
    (re.compile(r"(?<![\w.,/])[li|](?=\d ?(?:days?|/ ?7)(?![a-z0-9]))", re.ASCII | re.IGNORECASE), "1"),
    (re.compile(r"(?<![\w.,/])(?<=[ x(])([1-9])o(?= ?(?:days?|/ ?7)(?![a-z0-9]))", re.ASCII | re.IGNORECASE), r"\g<1>0"),
    # "l tab", "| tab": one, whether the letter stood for a figure or for a Roman one
    (re.compile(r"(?<![\w.,/|])[l|](?= ?(?:tab|cap|tsp|puff|sachet)[a-z]*(?![a-z]))", re.ASCII), "1"),
)


def mended(text: str) -> str:
    """The text with the slips in its directions mended that can mean only one thing. Linear; at most 400 characters are looked at."""
    for pattern, put in _ONES:
        text = pattern.sub(put, text)
    words = text[:400].split(" ")
    words = _joined(words)
    for place in range(1, len(words)):
        words[place] = _word(words, place)
    return " ".join(words) + text[400:]


def _bare(word: str) -> str:
    return flat(word).strip(".,;:()")


def _joined(words: list[str]) -> list[str]:
    """Neighbours that are one word of directions torn apart; no piece of it may be such a word itself."""
    made: list[str] = []
    place = 0
    while place < len(words):
        for size in (3, 2):
            pieces = words[place : place + size]
            known = any(_is_known(flat(piece)) for piece in pieces)
            tail = pieces[-1].rstrip(".,;:)")
            if len(pieces) == size and not known and flat("".join(pieces[:-1]) + tail) in _WHOLE and all(pieces):
                made.append("".join(pieces))
                place += size
                break
        else:
            made.append(words[place])
            place += 1
    return made


def _is_known(piece: str) -> bool:
    return piece in OF_TIME or piece in _WHOLE


def _word(words: list[str], place: int) -> str:
    """One word, mended if its neighbours leave no other meaning."""
    word, before = _bare(words[place]), _bare(words[place - 1])
    after = _bare(words[place + 1]) if place + 1 < len(words) else ""
    if len(word) < 4 or word in OF_TIME or word in REAL or not word.isalnum():
        return words[place]
    put = ""
    if near(word, "daily") and (before in _TIMES or before in _COUNTS or before.isdigit() or _UNIT.fullmatch(before)):
        put = "daily"
    elif near(word, "times") and (before in _COUNTS or before.isdigit()) and (after in ("a", "per") or near(after, "daily")):
        put = "times"
    elif after in _TIMES and near(word, "three"):
        put = "three"
    elif near(after, "daily") and any(near(word, count) for count in ("twice", "thrice")):
        put = min(("twice", "thrice"), key=lambda count: OSA.distance(word, count))
    return flat(words[place]).replace(word, put) if put else words[place]


def near(word: str, wanted: str) -> bool:
    """Whether one letter at most parts them, and the word is none of its own."""
    return word not in REAL and OSA.distance(word, wanted, score_cutoff=1) <= 1
