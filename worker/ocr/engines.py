"""What an engine is: something that finds and reads words on a page. Which one reads is decided in `read.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

# Shapes of arrays, which types cannot say.
Pixels = Any  # (H, W, 3) uint8, RGB
Quad = Any  # (4, 2) float32, pixels: clockwise, from the corner where the writing begins


class NoEngine(Exception):
    """An engine that cannot be used here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of writing on one line, as an engine found it: a word, or several. `confidence` is 0 to 1."""

    quad: Quad
    text: str
    confidence: float

    @property
    def width(self) -> float:
        """Pixels along the writing."""
        return float(np.hypot(*(self.quad[1] - self.quad[0])))

    @property
    def height(self) -> float:
        """Pixels across the writing."""
        return float(np.hypot(*(self.quad[3] - self.quad[0])))


class Engine(Protocol):
    @property
    def name(self) -> str: ...

    def recognise(self, pixels: Pixels, text_height_px: float = 0.0) -> list[Word]:
        """The writing on a page that stands upright, in no promised order. `text_height_px`: of its letters, 0 if not known."""
        ...
