"""What scanners and fax machines do: a little skew, dust, streaks, dark edges, grey levels, dithering, two colours."""

from __future__ import annotations

import cv2
import numpy as np

from local.papers.paper import Rng, smooth_noise


def scan(rng: Rng, page: np.ndarray, *, angle: float) -> np.ndarray:
    """A flatbed's grey picture of the page, (H, W) uint8: skew, lamp edge, dust, banding."""
    grey = _skewed(cv2.cvtColor(page.astype(np.uint8), cv2.COLOR_RGB2GRAY), angle, 236)
    height, width = grey.shape
    out = grey.astype(np.float32)
    out = cv2.GaussianBlur(out, (0, 0), 0.7)
    out += smooth_noise(rng, height, width, 6) * 3 + rng.normal(0, 4, (height, width))
    out += cv2.resize(rng.normal(0, 2.0, (1, width)).astype(np.float32), (width, height))
    edge = int(width * 0.02)
    out[:, :edge] -= np.linspace(150, 0, edge)[None, :] * float(rng.random())
    for _ in range(int(rng.integers(10, 60))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(out, at, int(rng.integers(1, 3)), float(rng.uniform(60, 170)), -1)
    return np.clip(out, 0, 255).astype(np.uint8)


def copied(rng: Rng, page: np.ndarray, *, angle: float) -> np.ndarray:
    """A photocopy of a photocopy in two colours: thick letters, specks, a black border. (H, W) uint8, 0 or 255."""
    grey = scan(rng, page, angle=angle).astype(np.float32)
    height, width = grey.shape
    grey = cv2.GaussianBlur(grey, (0, 0), 0.6) + smooth_noise(rng, height, width, 300) * 7
    paper = float(np.median(grey))
    mono = np.where(grey < 0.83 * paper + 5 * smooth_noise(rng, height, width, 4), 0, 255).astype(np.uint8)
    border = int(width * float(rng.uniform(0.004, 0.015)))
    mono[:, -border:] = 0
    mono[rng.random((height, width)) < 0.0006] = 0
    return mono


def faxed(rng: Rng, page: np.ndarray, *, angle: float) -> np.ndarray:
    """A fax at fine resolution (204 x 196 dots an inch): dithered shades, a torn line or two. (H, W) uint8, 0 or 255."""
    grey = scan(rng, page, angle=angle)
    share = 1728 / grey.shape[1]  # dots across a fax line, ITU-T T.4
    grey = cv2.resize(
        grey, None, fx=share, fy=share * 196 / 204, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
    ).astype(np.float32)
    ordered = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) * 6 + 105
    height, width = grey.shape
    limits = np.tile(ordered, (height // 4 + 1, width // 4 + 1))[:height, :width]
    fax = np.where(grey > limits, 255, 0).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        row = int(rng.integers(height - 4))
        fax[row : row + 2] = np.roll(fax[row : row + 2], int(rng.integers(-40, 40)), axis=1)
    return fax


def _skewed(grey: np.ndarray, angle: float, ground: int) -> np.ndarray:
    height, width = grey.shape
    spin = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    return cv2.warpAffine(grey, spin, (width, height), flags=cv2.INTER_CUBIC, borderValue=ground)
