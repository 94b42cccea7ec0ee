"""Even light: shadows and a lamp's uneven light taken out of a page, its colours and stamps kept.

The paper's brightness is guessed at every place (writing closed away, then a median) and divided out, per colour channel. Nothing is
made black and white: a recogniser reads grey letters better than thresholded ones.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

LOOK = 400  # long side in pixels of the copy on which the paper's brightness is guessed
CLOSE = 15  # pixels of that copy: wider than any letter, narrower than a letterhead band is long
SMOOTH = 21  # pixels of that copy
DARKEST = 0.30  # of the paper's usual brightness: darker places (a letterhead band, a desk) are things, not shadow
WHITE = 245.0  # what even paper becomes; the little above it keeps highlights apart
TEXT_PX = 32  # height of a capital that Tesseract reads best
BORDER = 20  # pixels of white that Tesseract wants around text
LONGEST_GREY = 4000  # pixels


def even(pixels: Any) -> Any:
    """(H, W, 3) uint8 RGB with even light, paper near white; highlights stay brighter than paper."""
    background = paper_light(pixels)
    gain = cv2.divide(WHITE, background)
    full = cv2.resize(gain, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(pixels, full, dtype=cv2.CV_8U)


def paper_light(pixels: Any) -> Any:
    """(h, w, 3) or (h, w) float32: the paper's brightness at each place of a small copy, 1 to 255."""
    height, width = pixels.shape[:2]
    scale = min(1.0, LOOK / max(height, width))
    small = cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CLOSE, CLOSE))
    closed = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE), SMOOTH)
    usual = np.percentile(closed.reshape(-1, *closed.shape[2:]), 80, axis=0)
    return cv2.GaussianBlur(np.maximum(closed.astype(np.float32), np.maximum(usual * DARKEST, 1.0)), (0, 0), 3)


def for_tesseract(pixels: Any, text_height_px: float = 0.0) -> Any:
    """(H, W) uint8 grey for Tesseract: light even, ruled lines gone, capitals about 32 px high, a white border around.

    `text_height_px`: height of the page's letters where it is known; measured otherwise.
    """
    from worker.ocr import ink  # here, since ink needs even light itself

    grey = cv2.cvtColor(even(pixels), cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    grey = without_rules(grey)
    height = text_height_px or ink.look(grey).text_height_px
    if height > 0:
        scale = min(max(TEXT_PX / height, 0.4), 3.5, LONGEST_GREY / max(grey.shape))
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    return cv2.copyMakeBorder(grey, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=255)


def without_rules(grey: Any) -> Any:
    """(H, W) uint8 with long straight level and upright lines painted over in the colour beside them."""
    dark = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]
    length = max(40, max(grey.shape) // 25)
    rules = np.zeros_like(dark)
    for size in ((length, 1), (1, length)):
        rules |= cv2.morphologyEx(dark, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, size))
    if not rules.any():
        return grey
    rules = cv2.dilate(rules, np.ones((3, 3), np.uint8))
    # closing across the line's thickness: letters that touch a rule keep what stands out of it
    beside = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    return np.where(rules > 0, beside, grey)
