"""What is written on a page, as far as it shows without reading: which pixels are ink, which of their groups look like letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

LEAST_CONTRAST = 12  # grey levels between ink and paper below which a camera's noise is taken for ink
OVER_NOISE = 2.5  # times the usual depth of plain paper
HALFWAY = 0.4  # of the depth of the darkest writing
LOW = 0.4  # of the height of most ink: a flat piece below is a rule's, a dash or a dot
NIGHT = 90  # grey level; the middle of a picture of paper lies above, unless the room was dark
MORE = 1.4  # times the letters: screens have 2 to 5 times as many in their negative, photos of paper half as many
GLANCE = 900  # long side in pixels of the copy that tells a screen
FEW = 12  # letters; fewer say nothing about a page


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """`mask` (H, W) uint8, 255 = ink; `letters` (N, 5) int32 left, top, width, height, area of the letter-like groups, in pixels;
    `text_height_px` their usual height, 0.0 where there are too few."""

    mask: Any
    letters: Any
    text_height_px: float


def look(grey: Any, inside: Any | None = None) -> Ink:
    """The ink on a page of (H, W) uint8; light may be uneven. `inside` (H, W) uint8: where it is not 0 the paper is; what lies
    elsewhere, or hangs over its edge, is no writing."""
    mask = _ink(grey, inside)
    return of_letters(mask, _letters(mask))


def light_on_dark(pixels: Any) -> bool:
    """Whether a picture (H, W, 3) uint8 RGB is a screen, or a copy, with light letters on black: dark for the most part, and the ink
    of its negative falls into more letters though it is less. Seen the other way round only what letters enclose looks like ink."""
    shrink = min(1.0, GLANCE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
    grey = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    if np.median(grey) > NIGHT:
        return False
    light, dark = look(255 - grey), look(grey)
    more = len(light.letters) >= FEW and len(light.letters) > MORE * len(dark.letters)
    return more and np.count_nonzero(light.mask) < np.count_nonzero(dark.mask)


def of_letters(mask: Any, letters: Any) -> Ink:
    """The same with letters already known."""
    height = float(np.median(_heights(letters))) if len(letters) >= FEW else 0.0
    return Ink(mask, letters, height)


def _ink(grey: Any, inside: Any | None) -> Any:
    """Dark against what is around it: compared with the closed surroundings, so shadows do not count."""
    size = max(9, round(max(grey.shape) / 40)) | 1
    depth = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8), borderType=cv2.BORDER_REPLICATE)
    paper = depth if inside is None else depth[inside > 0]
    if paper.size < 100:
        return np.zeros_like(grey)
    # a page is nearly all paper: its middle depth is the camera's noise, its deepest half per cent is writing, if there is any
    noise, deepest = np.percentile(paper, [50, 99.5])
    least = max(LEAST_CONTRAST, OVER_NOISE * noise, HALFWAY * deepest)
    mask = np.where(depth > least, 255, 0).astype(np.uint8)
    if inside is not None:
        mask[inside == 0] = 0
    return mask


def _letters(mask: Any) -> Any:
    """Groups of ink sized and shaped like a letter: no specks, rules, frames or wood grain."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    stats = stats[1:]
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    longest = max(mask.shape)
    large = np.maximum(width, height)
    keep = (
        (large >= 4)
        & (large < longest / 8)
        & (area >= 6)
        & (area > 0.08 * width * height)
        & (np.minimum(width, height) * 14 > large)
    )
    return stats[keep]


def shaped(letters: Any) -> Any:
    """The letters without pieces of ruled lines: without what is flat and much lower than that which most of the ink belongs to; all
    of them where little else is left."""
    if not len(letters):
        return letters
    order = np.argsort(letters[:, 3])
    ink = np.cumsum(letters[order, 4])
    tall = letters[order[int(np.searchsorted(ink, ink[-1] / 2))], 3]
    like = letters[(letters[:, 3] > LOW * tall) | (letters[:, 2] <= letters[:, 3])]
    return like if len(like) >= FEW else letters


def _heights(letters: Any) -> Any:
    """Heights of the letters without rules, dots, commas and accents: those at least half as large as the middle one."""
    letters = shaped(letters)
    size = np.maximum(letters[:, 2], letters[:, 3])
    tall = size >= 0.5 * np.median(size)
    return letters[tall][:, 3]
