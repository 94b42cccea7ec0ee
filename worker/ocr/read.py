"""The writing on a page by an engine, whichever way up the page lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from worker.ocr.engines import Engine, Pixels, Quad, Word

SURE = 0.8  # mean confidence of an upright page is .91 to .99, of one upside down .64 to .73
LEAST_LETTERS = 8  # fewer say nothing about the direction
PROBES = 5  # the boxes that decide about the direction
TALL = 1.5  # height over width of a box whose writing runs up or down


@runtime_checkable
class Finder(Protocol):
    """An engine that can tell where writing is without reading it: only a few boxes are read to learn the direction."""

    @property
    def name(self) -> str: ...

    def find(self, pixels: Pixels, text_height_px: float = 0.0) -> list[Quad]: ...

    def words(self, pixels: Pixels, quads: list[Quad]) -> list[Word]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """`pixels`: the page upright; `turned`: degrees clockwise that made it so (0, 90, 180, 270)."""

    pixels: Any
    words: list[Word]
    turned: int


def page(pixels: Pixels, engine: Engine | Finder, text_height_px: float = 0.0) -> Found:
    """Reads a page that may lie on its side or upside down. A page without writing costs one look. `text_height_px`: of its
    letters, 0 where it is not known."""
    return (
        _by_boxes(pixels, engine, text_height_px)
        if isinstance(engine, Finder)
        else _by_confidence(pixels, engine, text_height_px)
    )


def _by_boxes(pixels: Pixels, engine: Finder, text_height_px: float) -> Found:
    turned, quads = 0, engine.find(pixels, text_height_px)
    if _lies_on_its_side(quads):
        turned, pixels = 90, turn(pixels, 90)
        quads = engine.find(pixels, text_height_px)
    probes, rest = _probes(quads)
    words = engine.words(pixels, probes)
    if _poor(words):
        other = engine.words(turn(pixels, 180), [_upside_down(quad, pixels) for quad in probes])
        if _worth(other) > _worth(words):
            rest = [_upside_down(quad, pixels) for quad in rest]
            turned, pixels, words = turned + 180, turn(pixels, 180), other
    return Found(pixels, words + engine.words(pixels, rest), turned)


def _by_confidence(pixels: Pixels, engine: Engine, text_height_px: float) -> Found:
    best = Found(pixels, engine.recognise(pixels, text_height_px), 0)
    for turned in (180, 90, 270):
        if not best.words or not _poor(best.words):
            break
        other = turn(pixels, turned)
        words = engine.recognise(other, text_height_px)
        if _worth(words) > _worth(best.words):
            best = Found(other, words, turned)
    return best


def turn(pixels: Pixels, degrees: int) -> Pixels:
    """Turned clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(pixels, -degrees // 90 % 4))


def _lies_on_its_side(quads: list[Quad]) -> bool:
    """Whether most of the writing runs up or down, by length."""
    tall = wide = 0.0
    for quad in quads:
        along, across = np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))
        if across > TALL * along:
            tall += across
        elif along > TALL * across:
            wide += along
    return tall > wide


def _probes(quads: list[Quad]) -> tuple[list[Quad], list[Quad]]:
    """The largest boxes that hold a few words (any, where there are few), and the rest."""

    def size(quad: Quad) -> tuple[bool, float]:
        along, across = np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))
        return 3 * across < along < 16 * across, float(along * across)

    largest = sorted(quads, key=size, reverse=True)
    return largest[:PROBES], largest[PROBES:]


def _poor(words: list[Word]) -> bool:
    return _letters(words) < LEAST_LETTERS or _confidence(words) < SURE


def _worth(words: list[Word]) -> float:
    """Confidence, first of all; a direction in which hardly a letter was found is worth nothing."""
    return _confidence(words) * min(1.0, _letters(words) / LEAST_LETTERS)


def _letters(words: list[Word]) -> int:
    return sum(sum(c.isalnum() for c in word.text) for word in words)


def _confidence(words: list[Word]) -> float:
    weights = [max(1, len(word.text)) for word in words]
    return sum(w * word.confidence for w, word in zip(weights, words, strict=True)) / sum(weights) if words else 0.0


def _upside_down(quad: Quad, pixels: Pixels) -> Quad:
    """The same place on the page turned by 180 degrees."""
    height, width = pixels.shape[:2]
    return np.array([[width - 1, height - 1]], np.float32) - quad[[2, 3, 0, 1]]
