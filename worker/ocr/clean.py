"""From a photo to a page fit for reading: found, laid flat, upright, evenly lit, and measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from models.readings import Box, Quality
from worker.ocr import hashing, ink, light, page, quality, upright

LOOK = 1400  # long side in pixels of the flat copy on which everything is decided
EDGE = 9  # pixels of that copy: half of it inside a sheet's outline is its edge and the edge's shadow, not writing
SIDE = 0.01  # of the picture's long side: what is nearer to its side than that reaches it
WHOLE = Box(0.0, 0.0, 1.0, 1.0)

cv2.setNumThreads(1)  # a reading process has one core; more threads only wait for each other


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """A page ready for a recogniser.

    `pixels` (H, W, 3) uint8 RGB; of a screen with light letters on black, the negative. `turned` degrees clockwise (0 or 90) already
    done: a page told to lie sideways may still be upside down, see `quarter_turn`. `skew` degrees taken out besides. `flattened`: a
    sheet was found in the photo. `tight`: the part of `pixels` that holds everything written, with a margin (all of it where nothing
    is). `transform` (3, 3): from the photo's pixel coordinates to those of `pixels`.
    """

    pixels: Any
    turned: int
    flattened: bool
    quality: Quality
    picture_hash: int | None
    tight: Box
    skew: float
    quarter_turn: upright.Hint
    transform: Any


def clean(pixels: Any) -> Clean:
    """The page in a photo of (H, W, 3) uint8 RGB, EXIF already applied. Never raises for a picture's content."""
    sheet = page.find(pixels)
    if sheet is None and ink.light_on_dark(pixels):
        pixels = 255 - pixels
    flat, size = page.flattening(sheet.corners) if sheet else (np.eye(3), (pixels.shape[1], pixels.shape[0]))
    paper = tuple(float(c) for c in np.percentile(pixels[::8, ::8].reshape(-1, 3), 80, axis=0))
    look, shrink = _copy(pixels, flat, size, paper)
    grey = cv2.cvtColor(look, cv2.COLOR_RGB2GRAY)
    inside = _inside(pixels, sheet, flat, shrink, grey.shape)
    seen = ink.look(cv2.cvtColor(light.even(look), cv2.COLOR_RGB2GRAY), inside)
    hint = upright.quarter_turn_hint(seen)
    photo = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    measured = quality.measure(photo, grey, seen, inside, np.diag([shrink, shrink, 1.0]) @ flat, sideways=hint.degrees == 90)
    if measured.complaint == "blank":  # the grain of paper lies no way up
        hint, seen = upright.Hint(0, 0.0), ink.of_letters(seen.mask, seen.letters[:0])
    turn, size, seen = _turned(hint.degrees, size, seen)
    angle = upright.skew(seen)
    straight, size = _straightened(angle, size)
    whole = straight @ turn @ flat
    warped = light.even(_warp(pixels, whole, size, paper))
    number = hashing.page_hash(seen, angle, page.margin_of(sheet.corners) * shrink if sheet else 0.0)
    tight = _tight(seen, straight, size, shrink)
    return Clean(warped, hint.degrees, sheet is not None, measured, number, tight, angle, hint, whole)


def _copy(pixels: Any, flat: Any, size: tuple[int, int], paper: Any) -> tuple[Any, float]:
    """The flat page at the size at which things are decided, and its scale."""
    shrink = min(1.0, LOOK / max(size))
    small = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    if shrink < 1 and np.allclose(flat, np.eye(3)):
        return cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), shrink
    return _warp(pixels, np.diag([shrink, shrink, 1.0]) @ flat, small, paper), shrink


def _warp(pixels: Any, matrix: Any, size: tuple[int, int], paper: Any) -> Any:
    """What lies outside of the photo becomes plain paper: its border drawn out would look like bars of print."""
    if size == (pixels.shape[1], pixels.shape[0]) and np.allclose(matrix, np.eye(3)):
        return pixels
    return cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper)


def _inside(pixels: Any, sheet: page.Sheet | None, flat: Any, shrink: float, shape: tuple[int, ...]) -> Any:
    """(h, w) uint8 of the flat copy: 255 where the photo shows the sheet (where the photo reaches, without a sheet)."""
    height, width = pixels.shape[:2]
    bounds = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    small = np.diag([shrink, shrink, 1.0]) @ flat
    inside = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(inside, _moved(bounds, small).round().astype(np.int32), 255)
    if sheet is not None:
        paper = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(paper, _moved(sheet.corners, small).round().astype(np.int32), 255)
        eroded = cv2.erode(paper, np.ones((EDGE, EDGE), np.uint8), borderValue=255)
        # where the sheet leaves the picture its outline is no edge: writing goes on to the picture's side there
        room = SIDE * max(height, width)
        within = bounds + np.array([[room, room], [-room, room], [-room, -room], [room, -room]], np.float32)
        middle = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(middle, _moved(within, small).round().astype(np.int32), 255)
        inside &= eroded | (cv2.dilate(paper, np.ones((EDGE, EDGE), np.uint8)) & ~middle)
    return inside


def _moved(points: Any, matrix: Any) -> Any:
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float32), matrix).reshape(-1, 2)


def _tight(seen: ink.Ink, straight: Any, size: tuple[int, int], shrink: float) -> Box:
    """The part of the finished page that holds the letters, with a margin of three of them."""
    if len(seen.letters) < ink.FEW:
        return WHOLE
    left, top, width, height = seen.letters[:, :4].astype(np.float32).T
    corners = (
        np.stack([np.stack([x, y], axis=1) for x in (left, left + width) for y in (top, top + height)]).reshape(-1, 1, 2) / shrink
    )
    there = cv2.perspectiveTransform(corners, straight).reshape(-1, 2) / size
    room = 3 * seen.text_height_px / shrink / np.array(size)
    low, high = np.clip(there.min(axis=0) - room, 0, 1), np.clip(there.max(axis=0) + room, 0, 1)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def _turned(degrees: int, size: tuple[int, int], seen: ink.Ink) -> tuple[Any, tuple[int, int], ink.Ink]:
    if degrees != 90:
        return np.eye(3), size, seen
    letters = seen.letters[:, [1, 0, 3, 2, 4]].copy()
    letters[:, 0] = seen.mask.shape[0] - letters[:, 0] - letters[:, 2]
    mask = cv2.rotate(seen.mask, cv2.ROTATE_90_CLOCKWISE)
    matrix = np.array([[0, -1, size[1] - 1], [1, 0, 0], [0, 0, 1]], float)
    return matrix, (size[1], size[0]), ink.of_letters(mask, letters)


def _straightened(degrees: float, size: tuple[int, int]) -> tuple[Any, tuple[int, int]]:
    """The turn that takes out a skew, on a page just large enough to lose nothing of it."""
    if degrees == 0.0:
        return np.eye(3), size
    width, height = size
    matrix = np.vstack([cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0), [0, 0, 1]])
    sine, cosine = abs(np.sin(np.radians(degrees))), abs(np.cos(np.radians(degrees)))
    wide, high = round(width * cosine + height * sine), round(width * sine + height * cosine)
    matrix = np.array([[1, 0, (wide - width) / 2], [0, 1, (high - height) / 2], [0, 0, 1]], float) @ matrix
    return matrix, (wide, high)
