"""Words of a page, put together to lines in the order in which a person reads them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from models.readings import Box, Line
from worker.ocr.engines import Word

MOST_LINES, LONGEST_TEXT = 400, 300  # of a file, and of a line: what leaves here is shown and stored
SAME_LINE = 0.55  # of a word's height: how far the middles of two neighbours on a line may lie apart
OVERLAP = 0.5  # of the narrower word's width: more, and one stands above the other
WIDE_GAP = 1.5  # of a word's height: between two columns
LONG, STEEPEST, FEW_LONG = 3.0, 0.15, 5  # boxes whose slope is measured well: width over height, slope, and how many it takes

INK = 50  # grey levels between a stroke and its ground
SCRIBBLE_LETTERS, WAVE_BELOW, NOISE_BELOW = 6, 0.8, 0.55
WAVES = "mnuvwirzMNUVWZ~-_.,'^/\\"


@dataclass(frozen=True, slots=True)
class Row:
    """Words of one line, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(word.text for word in self.words)).strip()

    @property
    def confidence(self) -> float:
        """Mean over the letters."""
        weights = [max(1, len(word.text)) for word in self.words]
        return sum(w * word.confidence for w, word in zip(weights, self.words, strict=True)) / sum(weights)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        points = np.concatenate([word.quad for word in self.words])
        return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def rows(words: list[Word]) -> list[Row]:
    """The lines, top to bottom."""
    if not words:
        return []
    places = _places(words)
    lines: list[list[_Place]] = []
    for place in sorted(places, key=lambda p: p.left):
        fitting = [(off, line) for line in lines if (off := _off(line[-1], place)) < SAME_LINE]
        if fitting:
            min(fitting, key=lambda f: f[0])[1].append(place)
        else:
            lines.append([place])
    lines = [part for line in lines for part in _columns(line)]
    return [Row(tuple(place.word for place in line)) for line in _from_the_top(lines)]


def told(found: list[Row], page: int, width: int, height: int) -> list[Line]:
    """As they are kept: boxes in fractions of a page of that many pixels, texts and their number bounded."""
    made = []
    for row in found[:MOST_LINES]:
        left, top, right, bottom = row.corners
        x, y = min(max(left / width, 0.0), 1.0), min(max(top / height, 0.0), 1.0)
        box = Box(round(x, 4), round(y, 4), round(min(right / width, 1.0) - x, 4), round(min(bottom / height, 1.0) - y, 4))
        made.append(Line(page, box, row.text[:LONGEST_TEXT], round(row.confidence, 3)))
    return made


def drawn(line: Line, pixels: Any) -> Row:
    """A line that is known by its text, as words at the places where its ink stands: cut at gaps wider than the line is high, so
    that the cells of a table do not shrink to nothing on the way. `pixels` is (H, W, 3), the page of `line.box`."""
    height, width = pixels.shape[:2]
    left, top = int(line.box.left * width), int(line.box.top * height)
    right, bottom = math.ceil((line.box.left + line.box.width) * width), math.ceil((line.box.top + line.box.height) * height)
    part = pixels[top:bottom, left:right].min(axis=2) if right > left and bottom > top else np.zeros((1, 1), np.uint8)
    ground = np.median(part)
    inked = np.flatnonzero((np.abs(part.astype(np.int16) - ground) > INK).any(axis=0))
    high = max(bottom - top, 1)
    if not len(inked):
        return Row((_word(line.text, left, top, max(right, left + 1), top + high),))
    gaps = np.flatnonzero(np.diff(inked) > WIDE_GAP * high)
    starts, ends = inked[np.r_[0, gaps + 1]], inked[np.r_[gaps, len(inked) - 1]]
    edge = max(2, high // 8)
    return Row(
        tuple(
            _word(line.text, max(0, left + int(a) - edge), top, min(width, left + int(b) + 1 + edge), top + high)
            for a, b in zip(starts, ends, strict=True)
        )
    )


def _word(text: str, left: int, top: int, right: int, bottom: int) -> Word:
    return Word(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32), text, 1.0)


def without_scribbles(found: list[Row]) -> list[Row]:
    """The lines without the waves of signatures: few letters, shaped like waves, of which the engine is not sure; alone on a
    line or at its end. A short line of which it is still less sure says nothing either."""
    kept = []
    for row in found:
        words = row.words[:-1] if _is_wave(row.words[-1]) else row.words
        if words and not (len(words) == 1 and _is_noise(words[0])):
            kept.append(Row(words))
    return kept


def _is_wave(word: Word) -> bool:
    text = word.text.replace(" ", "")
    return len(text) <= SCRIBBLE_LETTERS and word.confidence < WAVE_BELOW and all(c in WAVES for c in text)


def _is_noise(word: Word) -> bool:
    text = word.text.replace(" ", "")
    return len(text) <= SCRIBBLE_LETTERS and word.confidence < NOISE_BELOW and not any(c.isdigit() for c in text)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word stands on a page laid straight: its ends, the height of its centre, and how high it is."""

    word: Word
    left: float
    right: float
    middle: float
    height: float


def lean(words: list[Word]) -> float:
    """The angle of the writing in radians, clockwise; the long boxes decide."""
    long = [word for word in words if word.width > 2 * word.height] or words
    slants = [(word.quad[1] - word.quad[0] + word.quad[2] - word.quad[3]).tolist() for word in long]
    angles = np.array([math.atan2(y, x) for x, y in slants])
    order = np.argsort(angles)
    weights = np.cumsum(np.array([word.width for word in long])[order])
    return float(angles[order][np.searchsorted(weights, weights[-1] / 2)])


def _places(words: list[Word]) -> list[_Place]:
    angle = lean(words)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    quads = [word.quad @ turn.T for word in words]
    middles = _straight(quads)
    return [
        _Place(word, float(quad[[0, 3], 0].mean()), float(quad[[1, 2], 0].mean()), middle, word.height)
        for word, quad, middle in zip(words, quads, middles, strict=True)
    ]


def _straight(quads: list[Any]) -> list[float]:
    """The heights of the boxes' centres if the paper were not bent.

    The long boxes tell how much the writing slopes where they stand. A slope that changes evenly over the page, and along a
    line by its square, is laid through them (bent and badly squared paper has no more); summed up along the line, it is what
    bending has added to the height.
    """
    centres = np.array([quad.mean(axis=0) for quad in quads])
    along = np.array([(quad[1] - quad[0] + quad[2] - quad[3]) / 2 for quad in quads])
    across = np.array([abs(quad[3, 1] - quad[0, 1]) for quad in quads])
    slopes = along[:, 1] / np.maximum(along[:, 0], 1.0)
    told = (along[:, 0] > LONG * across) & (np.abs(slopes) < STEEPEST)
    if told.sum() < FEW_LONG:
        return [float(y) for y in centres[:, 1]]
    size = max(float(np.ptp(centres[:, 0])), float(np.ptp(centres[:, 1])), 1.0)
    x, y = ((centres - np.median(centres, axis=0)) / size).T
    weights = np.sqrt(along[told, 0] / along[told, 0].mean())[:, np.newaxis]
    terms = np.stack([np.ones_like(x), x, y, x * x], axis=1)[told] * weights
    held = np.diag([0.01, 0.2, 0.2, 0.2])  # few boxes say little about a bend: then none is seen
    a, b, c, d = np.linalg.solve(terms.T @ terms + held, terms.T @ (slopes[told, np.newaxis] * weights)).ravel()
    risen = size * (a * x + b * x**2 / 2 + c * x * y + d * x**3 / 3)
    return [float(height) for height in centres[:, 1] - risen]


def _off(before: _Place, after: _Place) -> float:
    """How far a word lies off the line of another, to the left of it; in heights of the lower one."""
    if before.right - after.left > OVERLAP * min(before.right - before.left, after.right - after.left):
        return math.inf
    return abs(before.middle - after.middle) / max(1.0, min(before.height, after.height))


_ITEM = re.compile(r"\d{1,2}\s?[.)]\s?\D")


def _columns(line: list[_Place]) -> list[list[_Place]]:
    """A line that begins one numbered item and, beyond a gap, the next: two columns of items, and not one line."""
    if not _ITEM.match(line[0].word.text):
        return [line]
    cuts = [
        i
        for i, (before, after) in enumerate(pairwise(line), 1)
        if after.left - before.right > WIDE_GAP * after.height and _ITEM.match(after.word.text)
    ]
    return [line[a:b] for a, b in pairwise([0, *cuts, len(line)])]


def _from_the_top(lines: list[list[_Place]]) -> list[list[_Place]]:
    """By the height at which they stand; columns of one line stay left before right."""
    return sorted(lines, key=lambda line: (float(np.median([p.middle for p in line])), line[0].left))
