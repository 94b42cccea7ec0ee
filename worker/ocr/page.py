"""The sheet of paper in a photo: where its four corners are, and the picture of it laid flat.

Many guesses are made on a small copy (masks by brightness, by colour, by distance from the border's colour; straight lines), and
one measure judges them all: along each side of a true sheet the colours just inside and just outside differ, the same way from end
to end. A guess that this measure does not support is dropped, for a wrong quad loses text and the whole picture loses none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np

from worker.ocr import beyond
from worker.ocr.edges import CLEAR, SAMPLES, clear, colours, edges, within

Pixels = Any  # (H, W, 3) uint8 RGB unless said otherwise

LOOK = 420  # long side in pixels of the copy on which the sheet is looked for
CLOSE = 5
MEDIAN = 11  # pixels of that copy: closes letters and ruled lines, not letterhead bands
SHARP = 0.6  # of the whole step that must happen close to the side: a sheet ends there, a shadow fades
LIKELY = 16  # guesses looked at closely
LEAST_AREA = 0.07  # of the picture; a slip further away than this is too small to read anyway
LEAST_SIDE = 0.62  # share of a side's places that must show the edge
LEAST_SCORE = 0.68
DARKER = 0.35  # taken off the score of a quad that is darker than what is around it: most such are shadows lying on the paper
MARGIN = 0.03  # of the sheet's own sides, kept around it: a sheet is rarely cut, or seen, quite straight
LONGEST = 3200  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet found. `corners` (4, 2) float32 in pixels of the picture, clockwise from the top left, may lie outside of it where
    the sheet does; `confidence` 0 to 1."""

    corners: Any
    confidence: float


def find(pixels: Pixels) -> Sheet | None:
    """The sheet in a photo, or None where no four sides convince (a flat scan, a page that fills the picture)."""
    height, width = pixels.shape[:2]
    scale = LOOK / max(height, width)
    if min(height, width) * min(scale, 1.0) < 60:
        return None  # a strip: nothing to flatten
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    lab = _without_text(small)
    guesses = [*_from_masks(lab), *_from_lines(lab)]
    if not guesses:
        return None
    quads = np.unique(np.round(np.array([_clockwise(q) for q in guesses], np.float32)), axis=0)
    rough = _judge(quads, lab, sharp=0.0)  # a guess lies some pixels beside the edge it means; so first which, then how well
    likely = [n for n in np.argsort(-rough)[:LIKELY] if rough[n] > 0]
    if not likely:
        return None
    settled = np.array([_settle(quads[n], lab) for n in likely])
    scores = _judge(settled, lab, sharp=SHARP)
    best = int(np.argmax(scores))
    if scores[best] < LEAST_SCORE:
        return None
    corners = beyond.freed(_settle(beyond.grown(settled[best], lab), lab), lab)
    factor = np.array([width / size[0], height / size[1]], np.float32)
    return Sheet(((corners + 0.5) * factor - 0.5).astype(np.float32), float(min(scores[best], 1.0)))


def flat_size(corners: Any) -> tuple[int, int]:
    """(width, height) in pixels of a sheet laid flat: the longer of opposite sides, so that no detail is lost."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(sides[0], sides[2]), max(sides[1], sides[3])
    fit = min(1.0, LONGEST / max(width, height, 1.0))
    return max(1, round(width * fit)), max(1, round(height * fit))


def margin_of(corners: Any) -> int:
    """Pixels kept around a sheet laid flat."""
    return round(MARGIN * max(flat_size(corners)))


def flattening(corners: Any) -> tuple[Any, tuple[int, int]]:
    """The (3, 3) matrix from the picture to the flat page with a margin, and that page's (width, height)."""
    width, height = flat_size(corners)
    edge = margin_of(corners)
    left, top, right, bottom = edge, edge, edge + width - 1, edge + height - 1
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return cv2.getPerspectiveTransform(corners.astype(np.float32), target), (width + 2 * edge, height + 2 * edge)


def _without_text(small: Pixels) -> Any:
    """(h, w, 3) float32 Lab of the copy with writing closed away; L, a, b in their own units (0-100, about -128 to 127)."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (CLOSE, CLOSE))
    closed = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), MEDIAN)
    return cv2.cvtColor(closed.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def _from_masks(lab: Any) -> list[Any]:
    """Quads around the large areas of several two-tone versions of the picture."""
    quads: list[Any] = []
    for mask in _masks(lab):
        for area in (mask, 255 - mask):
            quads += _quads_around(area)
    return quads


def _masks(lab: Any) -> list[Any]:
    bytes_ = np.clip(lab * [2.55, 1, 1] + [0, 128, 128], 0, 255).astype(np.uint8)
    edge = max(3, lab.shape[0] // 40)
    border = np.concatenate(
        [lab[:edge].reshape(-1, 3), lab[-edge:].reshape(-1, 3), lab[:, :edge].reshape(-1, 3), lab[:, -edge:].reshape(-1, 3)]
    )
    away = np.linalg.norm(lab - np.median(border, axis=0), axis=2)
    colour_away = np.linalg.norm((lab - np.median(border, axis=0))[:, :, 1:], axis=2) * 4
    flats = [bytes_[:, :, 0], *(np.clip(x * 2, 0, 255).astype(np.uint8) for x in (away, colour_away))]
    masks = [cv2.threshold(flat, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] for flat in flats]
    masks += _clusters(lab)
    return masks


def _clusters(lab: Any) -> list[Any]:
    """Masks of each of three colours, and so (with their opposites) of each pair: paper, its shadowed part, desk."""
    tiny = cv2.resize(lab, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    if len(tiny) < 3:
        return []
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    cv2.setRNGSeed(1)  # the same photo always gives the same page
    _, _, centres = cv2.kmeans(tiny, 3, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = np.argmin(np.stack([((lab - c) ** 2).sum(axis=2) for c in centres]), axis=0)
    return [np.where(nearest == n, 255, 0).astype(np.uint8) for n in range(3)]


def _quads_around(mask: Any) -> list[Any]:
    """Four-sided outlines of the large parts of a mask."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (7, 7))
    tidy = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    contours, _ = cv2.findContours(tidy, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = sorted((c for c in contours if cv2.contourArea(c) > LEAST_AREA * mask.size), key=cv2.contourArea, reverse=True)
    return [quad for contour in large[:3] for quad in _quads_of(cv2.convexHull(contour))]


def _quads_of(hull: Any) -> list[Any]:
    """Quads made of four sides of an outline; the sides are drawn on to where they meet, so a cut corner is made whole."""
    around = cv2.arcLength(hull, True)
    outline = hull.reshape(-1, 2)
    for tolerance in (0.008, 0.015, 0.025, 0.04, 0.06):
        outline = cv2.approxPolyDP(hull, tolerance * around, True).reshape(-1, 2)
        if len(outline) <= 7:
            break
    count = len(outline)
    if not 4 <= count <= 7:
        return []
    lines = [np.concatenate([outline[n], outline[(n + 1) % count]]).astype(np.float64) for n in range(count)]
    quads = [_quad_between([lines[n] for n in chosen]) for chosen in combinations(range(count), 4)]
    return [quad for quad in quads if quad is not None]


def _quad_between(lines: list[Any]) -> Any | None:
    corners = [_meeting(lines[n - 1], lines[n]) for n in range(4)]
    return None if any(c is None for c in corners) else np.array(corners)


def _meeting(one: Any, other: Any) -> tuple[float, float] | None:
    """Where two lines (x1, y1, x2, y2) cross, drawn on as far as needed; None for near parallels."""
    a, b = one[2:] - one[:2], other[2:] - other[:2]
    cross = a[0] * b[1] - a[1] * b[0]
    if abs(cross) < 0.2 * np.hypot(*a) * np.hypot(*b):
        return None
    along = ((other[0] - one[0]) * b[1] - (other[1] - one[1]) * b[0]) / cross
    return float(one[0] + along * a[0]), float(one[1] + along * a[1])


def _from_lines(lab: Any) -> list[Any]:
    """Quads between long straight edges and the picture's own border."""
    height, width = lab.shape[:2]
    flat = np.clip(lab * [2.55, 2, 2] + [0, 128, 128], 0, 255).astype(np.uint8)
    steps = np.maximum.reduce([cv2.Canny(np.ascontiguousarray(flat[:, :, n]), 20, 60) for n in range(3)])
    found = cv2.HoughLinesP(steps, 1, np.pi / 180, 40, minLineLength=min(height, width) // 5, maxLineGap=12)
    border = np.array(
        [
            [0, 0, width - 1, 0],
            [0, height - 1, width - 1, height - 1],
            [0, 0, 0, height - 1],
            [width - 1, 0, width - 1, height - 1],
        ],
        float,
    )
    segments = (
        [] if found is None else sorted(found.reshape(-1, 4).astype(float), key=lambda s: -np.hypot(s[2] - s[0], s[3] - s[1]))
    )
    level = _different([s for s in segments if abs(s[2] - s[0]) >= abs(s[3] - s[1])], 5) + list(border[:2])
    upright = _different([s for s in segments if abs(s[2] - s[0]) < abs(s[3] - s[1])], 5) + list(border[2:])
    quads = [_quad_between([a, c, b, d]) for a, b in combinations(level, 2) for c, d in combinations(upright, 2)]
    return [quad for quad in quads if quad is not None]


def _different(segments: list[Any], most: int) -> list[Any]:
    """The longest segments, each once: those lying on the line of a longer one are left out."""
    kept: list[Any] = []
    for segment in segments:
        if len(kept) == most:
            break
        if all(_apart(segment, other) > 6 for other in kept):
            kept.append(segment)
    return kept


def _apart(segment: Any, line: Any) -> float:
    """The larger distance in pixels of a segment's ends from another's line."""
    along = (line[2:] - line[:2]) / max(np.hypot(*(line[2:] - line[:2])), 1e-6)
    ends = segment.reshape(2, 2) - line[:2]
    return float(np.abs(ends[:, 0] * along[1] - ends[:, 1] * along[0]).max())


def _clockwise(quad: Any) -> Any:
    """Corners clockwise (y downwards), beginning with the one nearest to the picture's top left."""
    middle = quad.mean(axis=0)
    quad = quad[np.argsort(np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0]))]
    return np.roll(quad, -int(np.argmin(quad.sum(axis=1))), axis=0)


def _judge(quads: Any, lab: Any, sharp: float) -> Any:
    """(K,) float scores of (K, 4, 2) quads; 0 for what cannot be a sheet."""
    height, width = lab.shape[:2]
    support, outside, brighter = _support(quads, lab, clear(lab), sharp)
    ends = np.roll(quads, -1, axis=1)
    area = np.abs((quads[:, :, 0] * ends[:, :, 1] - quads[:, :, 1] * ends[:, :, 0]).sum(axis=1)) / 2 / (height * width)
    sides = np.linalg.norm(ends - quads, axis=2)
    turn, before = (ends - quads) / np.maximum(sides, 1e-6)[:, :, None], np.roll(ends - quads, 1, axis=1)
    before = before / np.maximum(np.linalg.norm(before, axis=2), 1e-6)[:, :, None]
    sine = before[:, :, 0] * turn[:, :, 1] - before[:, :, 1] * turn[:, :, 0]
    alike = np.minimum(sides, np.roll(sides, 2, axis=1)) / np.maximum(np.maximum(sides, np.roll(sides, 2, axis=1)), 1e-6)
    beyond = np.maximum(np.maximum(-quads, quads - [width, height]).max(axis=(1, 2)) / max(height, width), 0)
    seen = (~outside) & (support >= LEAST_SIDE)
    possible = (sine > 0.7).all(axis=1) & (alike > 0.5).all(axis=1) & (area > LEAST_AREA) & (area < 1.6) & (beyond < 0.25)
    possible &= (seen | outside).all(axis=1) & (seen.sum(axis=1) >= 3) & (sides.min(axis=1) > 40)
    mean = np.where(outside, 0.55, support).mean(axis=1)
    score = mean * (0.85 + 0.15 * np.minimum(area, 1.0)) - DARKER * np.maximum(1 - 2 * brighter, 0)
    return np.where(possible, score, 0.0)


def _support(quads: Any, lab: Any, least: float, sharp: float) -> tuple[Any, Any, Any]:
    """Per quad and side (K, 4): the share of places that show the side's edge, whether the side lies outside the picture; and per
    quad (K,) the share of the sides seen that are brighter inside."""
    share, known, way = edges(quads, np.roll(quads, -1, axis=1), lab, least, sharp)
    outside = known < 0.3
    brighter = ((way[:, :, 0] > 0) & ~outside).sum(axis=1) / np.maximum((~outside).sum(axis=1), 1)
    return share, outside, brighter


def _settle(quad: Any, lab: Any) -> Any:
    """The quad with each side moved onto the strongest step within a few pixels of it; where that is unclear, as it was."""
    height, width = lab.shape[:2]
    lines = []
    for n in range(4):
        start, end = quad[n], quad[(n + 1) % 4]
        outward = np.array([end[1] - start[1], start[0] - end[0]]) / max(np.hypot(*(end - start)), 1e-6)
        places = start + (end - start) * np.linspace(0.05, 0.95, SAMPLES)[:, None]
        reach = np.arange(-6, 7)
        grid = places[:, None, :] + reach[None, :, None] * outward
        near = colours(lab, grid)
        steps = np.linalg.norm(near[:, 2:] - near[:, :-2], axis=2)
        known = within(places + 7 * outward, width, height) & (steps.max(axis=1) > CLEAR)
        if known.sum() < SAMPLES // 2:
            lines.append(np.concatenate([start, end]).astype(float))
            continue
        hits = places[known] + outward * reach[1:-1][np.argmax(steps[known], axis=1)][:, None]
        vx, vy, x, y = cv2.fitLine(hits.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append(np.array([x, y, x + vx, y + vy], float))
    settled = _quad_between(lines)
    if settled is None or np.abs(_clockwise(settled) - quad).max() > 12:
        return quad
    return _clockwise(settled)
