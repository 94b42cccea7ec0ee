"""Whether writing runs out of the picture: lines of text, or the rules of a table, that reach its side."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from worker.ocr.ink import Ink

LOOK = 1400  # long side in pixels of the copy on which the picture's sides are looked at
CUT = 3  # lines and rules that run into the picture's side; two may be a stamp, a scribble, or the frame around a page
CHAIN = 4  # letters in a row that make an end of a line; a pattern seldom has as many
LETTERS_CUT = 12  # letters cut along their length at the top or bottom: most of a line; fewer may be a fold or a border
STRIP = 20  # pixels of that copy: what lies along a side so wide is a rule if it is no higher than half of that
SKIPPED = 3  # pixels of that copy at the very side, where the camera or JPEG may leave a border


def runs_out(shape: tuple[int, ...], seen: Ink, inside: Any, to_page: Any, *, sideways: bool) -> bool:
    """Of a photo of `shape` (height, width), with the `seen` ink on its flat page, `inside` (h, w) where paper is, and `to_page` (3, 3)
    from photo to flat page; `sideways`: lines run upwards there."""
    scale = min(1.0, LOOK / max(shape[:2]))
    size = (max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale)))
    back = np.diag([scale, scale, 1.0]) @ np.linalg.inv(to_page)
    boxes, usual = _letters(seen, back)
    if min(size) < 4 * STRIP or not len(boxes):
        return False
    ink = cv2.warpPerspective(seen.mask, back, size, flags=cv2.INTER_LINEAR)
    ink, flat = (ink, seen.mask) if not sideways else (ink.T, seen.mask.T)
    if sideways:
        boxes, size, inside = boxes[:, [1, 0, 3, 2]], size[::-1], inside.T
    along = (boxes[:, 1] < 2).sum(), (boxes[:, 3] > size[1] - 3).sum()
    if max(along) >= LETTERS_CUT:
        return True
    for right in (False, True):
        lines = _lines_cut(boxes, usual, size[0], right=right)
        if lines >= CUT:
            return True
        rules = _rules(ink[:, ::-1] if right else ink, SKIPPED)
        if lines + rules >= CUT and 2 * _rules_begun(flat, inside, right=right) < rules:
            return True
    return False


def _letters(seen: Ink, back: Any) -> tuple[Any, float]:
    """(N, 4) left, top, right, bottom of what is as high as text, in the picture's copy, and their usual height there."""
    left, top, width, height = seen.letters[:, :4].astype(np.float32).T
    usual = seen.text_height_px
    like = (height > 0.5 * usual) & (height < 2.2 * usual) & (width > 0.15 * usual)
    corners = np.stack([np.stack([left + a * width, top + b * height], axis=1) for a in (0, 1) for b in (0, 1)], axis=1)[like]
    if not len(corners):
        return np.zeros((0, 4)), 0.0
    there = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), back).reshape(-1, 4, 2)
    boxes = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
    return boxes, float(np.median(np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))


def _lines_cut(boxes: Any, usual: float, width: int, *, right: bool) -> int:
    """Lines of text at a side: a letter that touches it and others before it on the same line; a copier's specks have none."""
    if right:
        boxes = np.stack([width - 1 - boxes[:, 2], boxes[:, 1], width - 1 - boxes[:, 0], boxes[:, 3]], axis=1)
    middle, high = (boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 3] - boxes[:, 1]
    rows: list[float] = []
    for n in np.flatnonzero(boxes[:, 0] < 2):
        if all(abs(middle[n] - row) > usual for row in rows) and _goes_on(boxes, middle, high, usual, int(n)):
            rows.append(float(middle[n]))
    return len(rows)


def _goes_on(boxes: Any, middle: Any, high: Any, usual: float, n: int) -> bool:
    """Whether letters follow to the right of the `n`th, each beside the one before: lines may slope."""
    for _ in range(CHAIN - 1):
        gap = boxes[:, 0] - boxes[n, 2]
        near = (
            (gap > -0.4 * usual) & (gap < 1.5 * usual) & (boxes[:, 2] > boxes[n, 2]) & (np.abs(middle - middle[n]) < 0.6 * usual)
        )
        near &= (high > 0.5 * high[n]) & (high < 2 * high[n])
        if not near.any():
            return False
        n = int(np.flatnonzero(near)[np.argmin(gap[near])])
    return True


def _rules(ink: Any, start: int) -> int:
    """Rules that cross a strip from the column `start` on."""
    strip = np.ascontiguousarray(ink[:, start : start + STRIP] > 127).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    return int(((stats[1:, 2] >= 0.9 * STRIP) & (stats[1:, 3] <= STRIP // 2)).sum())


def _rules_begun(flat: Any, inside: Any, *, right: bool) -> int:
    """Rules at the paper's other edge: paper ruled from edge to edge is whole without either."""
    columns = np.flatnonzero((inside > 0).mean(axis=0) > 0.5)
    if not len(columns):
        return 0
    return _rules(flat, columns[0] + SKIPPED) if right else _rules(flat[:, ::-1], flat.shape[1] - 1 - columns[-1] + SKIPPED)
