"""What was not understood of a direction. Half a direction looks like a whole one to whoever reads only that: it is worse than none.

"1 tablet THREE tirnes dady for 28 days" must not become "1 tablet for 4 weeks".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from worker.ocr import forms, slips
from worker.ocr.match import Hit
from worker.ocr.rows import NOT_NAMES, Row
from worker.ocr.sig import Sig
from worker.ocr.writing import flat
from worker.understanding.tokens import word_set

_TOKEN = re.compile(r"[a-z0-9]+", re.ASCII)
_FIGURE = re.compile(r"\d", re.ASCII)
# Sums of money, how an insulin is mixed ("30/70"), and a count in words again ("three (3)").
_NO_FIGURE = re.compile(r"(?:\bn|\bngn|₦|\$|\brs\.?) ?\d[\d,.]*|\b\d{1,3}(?:,\d{3})+(?:\.\d\d)?\b|\b[1-9]0/[1-9]0\b", re.ASCII)
_GARBLED_STRENGTH = re.compile(r"\W*\d[\do]*[a-z]{1,4}\d?", re.ASCII)
_COLUMN = re.compile(r"(?<!x)(?<!x )\d{1,4}\s*$", re.ASCII)
_ONCE = re.compile(r"(?<![a-z0-9])x ?1(?!\d)", re.ASCII)  # "stat x 1"
_LONG = tuple(word for word in sorted(slips.OF_TIME) if len(word) >= 5)
_COUNTS = ("half", "one", "two", "three", "four")
# Beside a name or a dose without saying how often.
_SAYS_NOTHING = (NOT_NAMES - slips.OF_TIME) | word_set(
    "extra forte plus retard duo ds xr sr mr la er cr xl bp usp dt film coated oral eye ear nasal vaginal original brand"
)


def is_left(rows: Sequence[Row], words: Sequence[str], hit: Hit | None, said: Sig, counted: bool) -> bool:
    """Whether something of the directions in these rows was not understood: a figure, a word of time or near to one, a length of time
    that is a range or a contradiction; and any word at all where it was not understood how often.

    `words` and `hit`: where the name was found; `said`: what all rows say; `counted`: a number that ends a row is how many."""
    if said.length_open or (said.then is not None and said.then.length_open):
        return True
    counted = counted or bool(said.often and said.duration_days)  # all is said: what ends the row is a column
    return any(_of_row(row, _begin(row, words, hit) if place == 0 else 0, said, counted) for place, row in enumerate(rows))


def _begin(row: Row, words: Sequence[str], hit: Hit | None) -> int:
    """Where the directions of the row with the name may begin: behind its strength, else behind its name."""
    if row.strength is not None:
        return row.strength.end
    run = next((run for run in row.runs if [word.text for word in run] == list(words)), None)
    end = row.runs[0][-1].end if row.runs else 0
    if run is not None and hit is not None:
        end = run[hit.end - 1].end
    garbled = _GARBLED_STRENGTH.match(flat(row.text), end) if row.garbled else None
    return garbled.end() if garbled else end


def _of_row(row: Row, begin: int, said: Sig, counted: bool) -> bool:
    plain = flat(row.text)
    closed = [(0, begin), *((s.start, s.end) for s in row.strengths), *row.sig.used]
    for start, end in closed:
        plain = plain[:start] + "\x03" * (end - start) + plain[end:]
    plain = _NO_FIGURE.sub(lambda found: " " * len(found[0]), plain)
    if counted and row.last_number is not None:
        plain = _COLUMN.sub("", plain)
    if said.code == "stat":
        plain = _ONCE.sub(" ", plain)
    if _FIGURE.search(plain):
        return True
    left = _TOKEN.findall(plain)
    if any(_of_time(word) for word in left) or _has_count(plain):
        return True
    often = said.often or said.as_needed or said.places
    return not often and any(len(word) > 1 and word not in _SAYS_NOTHING and not forms.form_of(word) for word in left)


def _of_time(word: str) -> bool:
    return word in slips.OF_TIME or (len(word) >= 4 and any(slips.near(word, known) for known in _LONG))


def _has_count(plain: str) -> bool:
    """A word right before "tablet" that is almost a count: "onc tablet"."""
    before = re.findall(r"([a-z]{3,5}) (?:tab(?:let)?s?|cap(?:sule)?s?)(?![a-z])", plain)
    return any(word not in NOT_NAMES and slips.near(word, count) for word in before for count in _COUNTS)
