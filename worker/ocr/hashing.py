"""A page's picture as a number that another photo of the same paper nearly shares.

Made of where letters stand on the flat, upright sheet, so camera, light and desk do not enter. The usual low-frequency hash calls all
papers of one clinic's form the same; here the smooth part, which the form decides, is taken off first, and the rest is compared with
fixed random patterns (each bit: more like the pattern than unlike it; the share of differing bits grows with the angle between pages).

63 bits can only propose: papers of one form that differ in a few words lie near each other. Who finds a pair within `NEAR` should
compare what was read on both before calling it the same paper.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from worker.ocr.ink import FEW, Ink

BITS = 63  # fits a signed 64-bit column
# Measured on 18 written papers of 3 forms alike, 3 photos each (other desk, angle, light, size, turned round): of two photos of one
# paper 83 % lie within 6 bits, of two papers of one form 17 %, of papers of like layout 11 %. Hence: propose by hash, decide by text.
NEAR = 6
ROWS, COLUMNS = 84, 64  # of the grid on which letters are counted
FINE = (2.0, 1.0)  # columns, rows by which a photo's inaccuracy is smoothed away
FORM = (7.0, 5.0)  # columns, rows: what changes more slowly is the form


def page_hash(seen: Ink, skew: float, margin: float) -> int | None:
    """The number of a page, 0 to 2**63 - 1; None where too few letters stand on it.

    `margin`: pixels around the sheet on the page that `seen` was found on; `skew` degrees still to be taken out of it.
    """
    if len(seen.letters) < FEW:
        return None
    fine = cv2.GaussianBlur(_grid(seen, skew, margin), (0, 0), sigmaX=FINE[0], sigmaY=FINE[1])
    fine = np.sqrt(fine)
    detail = (fine - cv2.GaussianBlur(fine, (0, 0), sigmaX=FORM[0], sigmaY=FORM[1])).ravel()
    return sum(1 << n for n, bit in enumerate(_patterns() @ detail > 0) if bit)


def distance(a: int, b: int) -> int:
    """Bits that differ, 0 to 63."""
    return (a ^ b).bit_count()


def _grid(seen: Ink, skew: float, margin: float) -> Any:
    """(ROWS, COLUMNS) float32 of how much of each place letters cover; the fuller half on top, as nobody knows yet which way is up."""
    boxes = np.zeros(seen.mask.shape, np.uint8)
    for left, top, width, height, _ in seen.letters.tolist():
        boxes[top : top + height, left : left + width] = 255
    height, width = boxes.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    scale = np.array([COLUMNS / max(width - 2 * margin, 1), ROWS / max(height - 2 * margin, 1)])
    matrix = np.hstack([matrix[:, :2], matrix[:, 2:] - margin]) * scale[:, None]
    matrix[:, 2] -= 0.5  # centres of cells, so that a page turned round gives the same cells
    smooth = cv2.blur(boxes, (max(1, round(1 / scale[0])), max(1, round(1 / scale[1]))))
    grid = cv2.warpAffine(smooth, matrix, (COLUMNS, ROWS)).astype(np.float32)
    return grid[::-1, ::-1].copy() if grid[: ROWS // 2].sum() < grid[ROWS // 2 :].sum() else grid


@lru_cache(maxsize=1)
def _patterns() -> Any:
    """(BITS, ROWS * COLUMNS); from the old generator, whose numbers numpy promises never to change: hashes are kept for years."""
    return np.random.RandomState(63).standard_normal((BITS, ROWS * COLUMNS)).astype(np.float32)
