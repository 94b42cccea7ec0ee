"""What happens to a sheet before the photo: tint, fibres, faded print, folds, crumples, coffee. Arrays are (H, W, 3) float32, 0 to 255."""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator
TINTS = ((255, 255, 252), (252, 249, 240), (246, 240, 224), (240, 246, 250), (250, 240, 240))


def smooth_noise(rng: Rng, height: int, width: int, cells: int) -> np.ndarray:
    """(H, W) float32 of mean 0 and deviation about 1, with about `cells` hills along the longer side."""
    longer = max(height, width)
    rows, columns = max(2, round(cells * height / longer)) + 1, max(2, round(cells * width / longer)) + 1
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def age(rng: Rng, page: np.ndarray, level: int) -> np.ndarray:
    """The page after a day in a pocket; level 0 to 2."""
    height, width = page.shape[:2]
    tint = np.array(TINTS[int(rng.integers(len(TINTS)))], np.float32) / 255
    page = page * (1 - (1 - tint) * (0.4 + 0.4 * level))
    page += smooth_noise(rng, height, width, 180)[..., None] * (1.0 + level)
    if rng.random() < 0.3 + 0.2 * level:
        page = _fade(rng, page)
    for _ in range(int(rng.integers(0, 2 + level))):
        page = _fold(rng, page, level)
    if level == 2 and rng.random() < 0.6:
        page *= 1 + 0.045 * np.clip(smooth_noise(rng, height, width, 9), -2, 2)[..., None]
    if rng.random() < 0.05 + 0.13 * level:
        page = _coffee(rng, page)
    return np.clip(page, 0, 255)


def _fade(rng: Rng, page: np.ndarray) -> np.ndarray:
    """Toner or ribbon running out in patches: ink goes lighter, paper stays."""
    height, width = page.shape[:2]
    share = np.clip(0.12 + 0.12 * smooth_noise(rng, height, width, 5), 0, 0.4)[..., None]
    return page + (255 - page) * share


def _fold(rng: Rng, page: np.ndarray, level: int) -> np.ndarray:
    """A crease across the page, one side of it a little darker."""
    height, width = page.shape[:2]
    upright = rng.random() < 0.4
    length, across = (height, width) if upright else (width, height)
    middle = across * float(rng.uniform(0.28, 0.72)) + np.arange(length) * float(rng.normal(0, 0.012))
    away = np.arange(across, dtype=np.float32)[None, :] - middle[:, None].astype(np.float32)
    sharp = max(1.5, across / 700)
    crease = np.exp(-((away / sharp) ** 2)) * float(rng.uniform(-0.13, 0.1)) * (0.6 + 0.4 * level)
    slope = -0.035 * level * np.exp(-np.abs(away) / (across * 0.12)) * (away > 0)
    shade = (1 + crease + slope).astype(np.float32)
    return page * (shade if upright else shade.T)[..., None]


def _coffee(rng: Rng, page: np.ndarray) -> np.ndarray:
    """A cup's ring, or a splash."""
    height, width = page.shape[:2]
    cx, cy = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.95) * height
    radius = width * float(rng.uniform(0.09, 0.17))
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(xs - cx, ys - cy) / radius + 0.03 * smooth_noise(rng, height, width, 14)
    ring = np.exp(-(((away - 1) / 0.05) ** 2)) * 0.3 + (away < 1) * 0.06
    brown = np.array([0.45, 0.68, 0.9], np.float32)  # how much of each colour the stain takes: blue most
    return page * (1 - ring[..., None] * brown)
