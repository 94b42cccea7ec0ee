"""How usable a photo is, measured on the letters of its page before anything is cleaned.

Blur is judged against the letters' own height, so that neither the camera's size nor the paper's distance matters: strokes of a
letter lie about a quarter of its height apart, and an edge that takes up more than that leaves nothing between them. A hand that
shook blurs one way only and loses letters sooner: the strokes across its way go, those along it stay sharp.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from models.readings import Quality
from worker.ocr.ink import FEW, Ink, look

SAMPLE = 60  # letters looked at closely
DEFOCUS = 0.38  # width of an edge, in letter heights; recognisers lose about 1 letter in 20 here, and all of them at half
SHAKEN = 1.6  # how many times wider edges are across the worst direction than across the best
SHAKE = 0.16  # how much wider, in letter heights, before a hand that shook makes letters alike
DARK = 0.10  # of white: under it some 25 grey levels hold paper, ink and noise together, and a screen shows black
NOISY = 3.5  # times the camera's noise between paper and ink: less, and a letter's thin strokes drown
FAINT = 9.0  # grey levels between paper and ink: less than JPEG itself changes
LINES_CUT = 3  # lines that run into the picture's side; one or two may be a stamp, a scribble or a scanner's edge
LETTERS_CUT = 12  # letters cut along their length at the top or bottom: most of a line; fewer may be a fold or a border
DIRECTIONS = 8


def measure(photo: Any, grey: Any, seen: Ink, inside: Any, to_page: Any, *, sideways: bool = False) -> Quality:
    """The measures of a page. `photo` (H, W) uint8 grey as taken; `grey` (h, w) its flat page in the photo's light, with the `seen`
    ink and `inside` (h, w) where paper is; `to_page` (3, 3) leads from photo to flat page; `sideways`: lines run upwards there.

    `sharpness` is 1 for the finest edge a camera can give at this letter height and 0 for letters that melt together;
    `brightness` of the paper and `contrast` of the ink are shares of white.
    """
    paper = grey[inside > 0]
    if paper.size < 100:
        return Quality(complaint="blank")
    brightness = float(np.percentile(paper, 75)) / 255
    if len(seen.letters) < FEW:
        return Quality(0.0, brightness, 0.0, 0.0, _without_letters(grey, inside, brightness))
    contrast, noise = _contrast(grey, seen, inside)
    width, one_way, height = _edges(photo, seen, to_page)
    measured = (
        round(float(np.clip(1 - width / DEFOCUS, 0, 1)), 3),
        round(brightness, 3),
        round(contrast / 255, 3),
        round(height, 1),
    )
    return Quality(*measured, _complaint(width, one_way, brightness, contrast, noise, _cut(seen, photo.shape, to_page, sideways)))


def _complaint(width: float, one_way: float, brightness: float, contrast: float, noise: float, cut: bool) -> str:
    if brightness < DARK or (contrast < max(FAINT, NOISY * noise) and brightness < 0.5):
        return "dark"
    if width > DEFOCUS or (one_way > SHAKEN and width - width / one_way > SHAKE) or contrast < max(FAINT, NOISY * noise):
        return "blurred"
    return "cropped" if cut else ""


def _without_letters(grey: Any, inside: Any, brightness: float) -> str:
    """Why a page shows no letters: too dark, words melted into bars (seen on a much smaller copy), or nothing written."""
    if brightness < DARK:
        return "dark"
    size = (max(1, grey.shape[1] // 5), max(1, grey.shape[0] // 5))
    small = look(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), cv2.resize(inside, size, interpolation=cv2.INTER_NEAREST))
    return "blurred" if len(small.letters) >= FEW // 2 else "blank"


def _contrast(grey: Any, seen: Ink, inside: Any) -> tuple[float, float]:
    """Grey levels between paper and ink, and of the camera's noise (one standard deviation), in the photo's own light."""
    size = max(9, round(max(grey.shape) / 40)) | 1
    depth = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((size, size), np.uint8))
    plain = depth[(inside > 0) & (cv2.dilate(seen.mask, np.ones((5, 5), np.uint8)) == 0)][::3]
    if plain.size < 50:
        return 0.0, 0.0
    usual = float(np.median(plain))
    noise = 1.48 * float(np.median(np.abs(plain.astype(np.float32) - usual)))
    return float(np.percentile(depth[seen.mask > 0], 60)) - usual, noise


def _edges(photo: Any, seen: Ink, to_page: Any) -> tuple[float, float, float]:
    """Of the letters as the camera took them: the width of their edges in letter heights, across the worst direction; how many
    times wider that is than across the best; and their height in pixels of the photo."""
    letters = seen.letters
    size = np.maximum(letters[:, 2], letters[:, 3])
    usual = np.median(size)
    chosen = letters[(size > 0.6 * usual) & (size < 1.8 * usual)]
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(SAMPLE, len(chosen))).astype(int)]
    back = np.linalg.inv(to_page)
    found = [edge for letter in chosen.tolist() if (edge := _edge(photo, letter, back)) is not None]
    if not found:
        return 1.0, 1.0, 0.0
    widths, heights = np.array([w for w, _ in found]), np.array([h for _, h in found])
    usual_widths = np.median(widths, axis=0)
    height = float(np.median(heights))
    return float(usual_widths.max()) / max(height, 1.0), float(usual_widths.max() / usual_widths.min()), height


def _edge(photo: Any, letter: list[int], back: Any) -> tuple[Any, float] | None:
    """(DIRECTIONS,) widths in pixels of a letter's edges across each direction, and its height in pixels."""
    left, top, width, height, _ = letter
    box = np.array(
        [[left - 2, top - 2], [left + width + 2, top - 2], [left + width + 2, top + height + 2], [left - 2, top + height + 2]],
        np.float32,
    )
    box = cv2.perspectiveTransform(box.reshape(-1, 1, 2), back).reshape(-1, 2)
    low, high = np.maximum(box.min(axis=0).astype(int), 0), box.max(axis=0).astype(int) + 1
    cut = photo[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    if min(cut.shape) < 5:
        return None
    dark, light = np.percentile(cut, [3, 90])
    across, down = cut[1:-1, 2:] - cut[1:-1, :-2], cut[2:, 1:-1] - cut[:-2, 1:-1]
    turns = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    steps = np.abs(across[None] * np.cos(turns)[:, None, None] + down[None] * np.sin(turns)[:, None, None]) / 2
    steepest = np.percentile(steps.reshape(DIRECTIONS, -1), 97, axis=1)
    return (light - dark) / np.maximum(steepest, 0.5), float(np.linalg.norm(box[3] - box[0])) * height / (height + 4)


def _cut(seen: Ink, shape: tuple[int, ...], to_page: Any, sideways: bool) -> bool:
    """Whether lines of text run out of the photo."""
    left, top, width, height = seen.letters[:, :4].astype(np.float32).T
    usual = seen.text_height_px
    like_text = (height > 0.5 * usual) & (height < 2.2 * usual) & (width > 0.15 * usual)
    corners = np.stack([np.stack([left + a * width, top + b * height], axis=1) for a in (0, 1) for b in (0, 1)], axis=1)[
        like_text
    ]
    if not len(corners):
        return False
    there = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), np.linalg.inv(to_page)).reshape(-1, 4, 2)
    low, high = there.min(axis=1), there.max(axis=1)
    counts = [(low[:, 0] < 2).sum(), (high[:, 0] > shape[1] - 3).sum(), (low[:, 1] < 2).sum(), (high[:, 1] > shape[0] - 3).sum()]
    ends, lengths = (counts[2:], counts[:2]) if sideways else (counts[:2], counts[2:])
    return bool(max(ends) >= LINES_CUT or max(lengths) >= LETTERS_CUT)
