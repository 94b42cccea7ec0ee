"""Which way up a page lies, told without reading it: sideways or not, and the small angle at which its lines run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from worker.ocr.ink import FEW, Ink

SIDEWAYS = 1.6  # how many times better the letters join into lines upwards than along, before a page counts as sideways
WIDEST = 20.0  # degrees of skew looked for to either side
COARSE, FINE = 1.0, 0.1  # degrees
SMALLEST = 0.15  # degrees: less is not worth a resampling
CLEARLY = 1.15  # how much sharper the lines must be at the angle found than as they are


@dataclass(frozen=True, slots=True)
class Hint:
    """`degrees` clockwise (0, 90 or 180) that would make a page upright; `confidence` 0 (no idea) to 1."""

    degrees: int
    confidence: float


def quarter_turn_hint(ink: Ink) -> Hint:
    """Whether a page lies on its side: 90 where it does (then 90 or 270 is right), else 0.

    Letters stand closer to their neighbours along a line than lines do to each other: smeared along the line they join to few
    groups, smeared across it to many.
    """
    if len(ink.letters) < FEW:
        return Hint(0, 0.0)
    along, across = _joined(ink, level=True), _joined(ink, level=False)
    ratio = along / max(across, 1)
    if ratio > SIDEWAYS:
        return Hint(90, min(1.0, (ratio - 1) / 2))
    return Hint(0, min(1.0, max(0.0, (1 / max(ratio, 1e-6) - 1) / 2)))


def _joined(ink: Ink, *, level: bool) -> int:
    """Groups left after the letters are drawn as boxes and smeared one way."""
    size = np.maximum(ink.letters[:, 2], ink.letters[:, 3])
    reach = max(3, round(0.9 * float(np.median(size)))) | 1
    boxes = np.zeros_like(ink.mask)
    for left, top, width, height, _ in ink.letters.tolist():
        boxes[top : top + height, left : left + width] = 255
    kernel = np.ones((1, reach) if level else (reach, 1), np.uint8)
    return cv2.connectedComponents(cv2.dilate(boxes, kernel))[0] - 1


def skew(ink: Ink) -> float:
    """Degrees (-20 to 20) by which the lines of text fall to the right, 0.0 where they do not say; the page lies upright or upside down.

    The ink of letters is added up along slanting lines; at the true angle lines of text and gaps stand out most.
    """
    if len(ink.letters) < FEW:
        return 0.0
    x, y, weight = _places(ink)
    coarse = np.arange(-WIDEST, WIDEST + COARSE / 2, COARSE)
    first = coarse[int(np.argmax([_sharpness(x, y, weight, a, 2.0) for a in coarse]))]
    fine = np.arange(first - COARSE, first + COARSE + FINE / 2, FINE)
    values = [_sharpness(x, y, weight, a, 1.0) for a in fine]
    angle = float(fine[int(np.argmax(values))])
    if abs(angle) < SMALLEST or (max(values) < CLEARLY * _sharpness(x, y, weight, 0.0, 1.0) and abs(angle) > 3):
        return 0.0
    return angle


def _places(ink: Ink) -> tuple[Any, Any, Any]:
    """Tops and bottoms of letters: each has the sharp edge that a line of text shows, whatever the letter."""
    left, top, width, height = ink.letters[:, :4].astype(np.float64).T
    tall = height >= 0.5 * np.median(height)
    x = (left + width / 2)[tall]
    unit = max(float(np.median(height)) / 12, 0.5)  # pixels a bin: a twelfth of a letter
    return (
        np.concatenate([x, x]) / unit,
        np.concatenate([top[tall], (top + height)[tall]]) / unit,
        np.concatenate([0.6 * np.ones_like(x), np.ones_like(x)]),
    )


def _sharpness(x: Any, y: Any, weight: Any, degrees: float, width: float) -> float:
    slant = np.tan(np.radians(degrees))
    level = ((y - x * slant) * np.cos(np.radians(degrees)) / width).astype(int)
    sums = np.bincount(level - level.min(), weights=weight)
    smooth = np.convolve(sums, [0.5, 1, 0.5], mode="same")
    return float((smooth**2).sum())
