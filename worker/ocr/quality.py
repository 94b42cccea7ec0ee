"""How usable a photo is, measured on the letters of its page before anything is cleaned.

Blur is judged against the letters' own height, so that neither the camera's size nor the paper's distance matters: strokes of a
letter lie about a quarter of its height apart, and an edge that takes up more than that leaves nothing between them. A hand that
shook blurs one way only and loses letters sooner: the strokes across its way go, those along it stay sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from models.readings import Quality
from worker.ocr import cropping
from worker.ocr.ink import FEW, Ink, shaped

SAMPLE = 60  # letters looked at closely
SMOOTHED = 0.08  # letter heights (sigma) by which a letter is smoothed first: else the camera's grain passes for sharp edges
DEFOCUS = 0.36  # width of an edge, in letter heights; recognisers lose about 1 letter in 20 here, and all of them at half
SHAKEN = 1.6  # how many times wider edges are across the worst direction than across the best
SHAKE = 0.16  # how much wider, in letter heights, before a hand that shook makes letters alike
DARK = 0.10  # of white: under it some 25 grey levels hold paper, ink and noise together, and a screen shows black
DIM = 0.25  # of white: a photo so dark is called so where its writing drowns
NOISY = 3.5  # times the camera's noise between paper and ink: less, and a letter's thin strokes drown
FAINT = 9.0  # grey levels between paper and ink: less than JPEG itself changes
DIRECTIONS = 8
SURE = 0.8  # confidence of a word that is right nearly always; letters of a blurred page get .1 to .6
READ_WELL = 40  # letters so read, in at least
READ_PLACES = 4  # places, show that a page can be read; a pattern passes for one word, not for four
HARDLY_ANY = 8  # letters; a pattern of a cloth passes for as many
SOFT = 0.5  # sharpness; a page where nothing could be read is more likely blurred below it
HALF = 0.5  # of white: paper is brighter, most scenery darker
SMALL = 350  # long side in pixels of the copy on which a blurred line is a bar
BAR = 15  # pixels of that copy: a line's height at most
PLAIN = 0.12  # of its brightness: what changes more within a line's height is no plain paper
SHADED = 0.6  # of the paper's brightness: darker is a desk
LEAST_PAPER = 0.25  # of what is looked at
CRUMB = 0.03  # of the picture
PATTERN = 8.0  # grey levels: depth of a place in the middle of all; paper's is 1 to 3, up to 7 in a noisy photo
BARS = 5  # words; tiles, a fold and a ring of tea are fewer
EDGE = 11  # pixels of that copy: half of it along the paper's edge does not count


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
    if brightness >= DARK and len(seen.letters) < FEW:
        return Quality(0.0, brightness, 0.0, 0.0, "blurred" if _melted(grey, inside) else "blank")
    if len(seen.letters) < FEW:
        return Quality(0.0, brightness, 0.0, 0.0, "dark")
    contrast, noise = _contrast(grey, seen, inside)
    width, one_way, height = _edges(photo, seen, to_page)
    complaint = _complaint(width, one_way, brightness, contrast, noise)
    if complaint != "dark" and (complaint or contrast < max(FAINT, NOISY * noise)):
        complaint = "blurred" if _melted(grey, inside) else "blank"
    if not complaint and cropping.runs_out(photo.shape, seen, inside, to_page, sideways=sideways):
        complaint = "cropped"
    sharpness = round(float(np.clip(1 - width / DEFOCUS, 0, 1)), 3)
    return Quality(sharpness, round(brightness, 3), round(contrast / 255, 3), round(height, 1), complaint)


def _complaint(width: float, one_way: float, brightness: float, contrast: float, noise: float) -> str:
    if brightness < DARK or (contrast < max(FAINT, NOISY * noise) and brightness < DIM):
        return "dark"
    return "blurred" if width > DEFOCUS or (one_way > SHAKEN and width - width / one_way > SHAKE) else ""


def _melted(grey: Any, inside: Any) -> bool:
    """Whether lines of writing show on a copy so small that blur does not matter: dark bars on plain bright paper, which cover more of
    it than stains, folds and a thumb do. What is patterned all over, or has its dark parts elsewhere, is no paper."""
    shrink = min(1.0, SMALL / max(grey.shape))
    size = (max(1, round(grey.shape[1] * shrink)), max(1, round(grey.shape[0] * shrink)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    within = cv2.erode(cv2.resize(inside, size, interpolation=cv2.INTER_NEAREST), np.ones((EDGE, EDGE), np.uint8), borderValue=0)
    if not within.any():
        return False
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((BAR, BAR), np.uint8), borderType=cv2.BORDER_REPLICATE)
    step = cv2.morphologyEx(cv2.GaussianBlur(closed, (0, 0), 2), cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8))
    plain = (within > 0) & (step < PLAIN * np.maximum(closed, 20.0))
    plain = cv2.morphologyEx(plain.astype(np.uint8), cv2.MORPH_OPEN, np.ones((21, 21), np.uint8)) > 0
    plain &= closed >= SHADED * np.percentile(closed[within > 0], 85)
    paper = _large(cv2.erode(plain.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1))
    if paper.sum() < LEAST_PAPER * (within > 0).sum():
        return False
    depth = cv2.subtract(closed, small)
    usual = float(np.median(depth[paper]))
    bars = cv2.connectedComponentsWithStats(((depth > usual + FAINT) & paper).astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return usual <= PATTERN and float(np.percentile(depth[paper], 98)) > usual + FAINT and int((bars >= 6).sum()) >= BARS


def _large(mask: Any) -> Any:
    """(h, w) bool: the large connected parts of a mask of 0 and 1; a sheet may be cut by a shadow, but is not made of crumbs."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = stats[:, cv2.CC_STAT_AREA] >= CRUMB * mask.size
    large[0] = False
    return large[parts]


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
    letters = shaped(seen.letters)
    size = np.maximum(letters[:, 2], letters[:, 3])
    usual = np.median(size)
    chosen = letters[(size > 0.6 * usual) & (size < 1.8 * usual)]
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(SAMPLE, len(chosen))).astype(int)]
    back = np.linalg.inv(to_page)
    found = [edge for letter in chosen.tolist() if (edge := _edge(photo, letter, back)) is not None]
    if not found:
        return 1.0, 1.0, 0.0
    widths, heights = np.array([w for w, _ in found]), np.array([h for _, h in found])
    height = max(float(np.median(heights)), 1.0)
    # what the smoothing made of a sharp edge is taken off again; widths of blurs add up as squares
    seen_widths = np.median(widths, axis=0) / height
    usual_widths = np.sqrt(np.maximum(seen_widths**2 - (2.5 * SMOOTHED) ** 2, 0.01**2))
    return float(usual_widths.max()), float(seen_widths.max() / seen_widths.min()), height


def _edge(photo: Any, letter: list[int], back: Any) -> tuple[Any, float] | None:
    """(DIRECTIONS,) widths in pixels of a letter's edges across each direction, and its height in pixels."""
    left, top, width, height, _ = letter
    box = np.array(
        [[left - 2, top - 2], [left + width + 2, top - 2], [left + width + 2, top + height + 2], [left - 2, top + height + 2]],
        np.float32,
    )
    box = cv2.perspectiveTransform(box.reshape(-1, 1, 2), back).reshape(-1, 2)
    low, high = np.maximum(box.min(axis=0).astype(int), 0), box.max(axis=0).astype(int) + 1
    tall = float(np.linalg.norm(box[3] - box[0])) * height / (height + 4)
    around = np.maximum(low - round(3 * SMOOTHED * tall) - 1, 0)
    cut = photo[around[1] : high[1] + round(3 * SMOOTHED * tall) + 1, around[0] : high[0] + round(3 * SMOOTHED * tall) + 1]
    if min(cut.shape) < 5:
        return None
    smooth = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), max(SMOOTHED * tall, 0.1))
    cut = smooth[low[1] - around[1] : high[1] - around[1], low[0] - around[0] : high[0] - around[0]]
    if min(cut.shape) < 5:
        return None
    dark, light = np.percentile(cut, [3, 90])
    across, down = cut[1:-1, 2:] - cut[1:-1, :-2], cut[2:, 1:-1] - cut[:-2, 1:-1]
    turns = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    steps = np.abs(across[None] * np.cos(turns)[:, None, None] + down[None] * np.sin(turns)[:, None, None]) / 2
    steepest = np.percentile(steps.reshape(DIRECTIONS, -1), 97, axis=1)
    return (light - dark) / np.maximum(steepest, 0.5), tall


def complaint_after_reading(quality: Quality, confidences: Sequence[float], letters: Sequence[int]) -> str:
    """The complaint of a page once it is read: what can be read well is not blurred, and where nothing can be read, nothing is written.

    `confidences` 0 to 1 and `letters` (letters and figures in it) of each word or line found.
    """
    sure = [n for c, n in zip(confidences, letters, strict=True) if c >= SURE]
    if sum(sure) >= READ_WELL and len(sure) >= READ_PLACES and sum(sure) >= SURE * sum(letters):
        return quality.complaint if quality.complaint == "cropped" else ""
    if sum(sure) >= HARDLY_ANY or quality.complaint not in ("", "cropped"):
        return quality.complaint
    if quality.sharpness < SOFT and quality.brightness > HALF:
        return "blurred"  # something stands on bright paper, softer than letters are, and is none that can be told
    return "blank" if sum(letters) < HARDLY_ANY else quality.complaint
