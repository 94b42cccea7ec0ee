"""What lies under the paper. Each gives (H, W, 3) uint8 RGB without readable letters."""

from __future__ import annotations

import cv2
import numpy as np

from local.papers.paper import Rng, smooth_noise


def any_desk(rng: Rng, height: int, width: int) -> np.ndarray:
    """One of the grounds below."""
    grounds = (wood, cloth, tiles, terrazzo, mat, bedsheet, laptop)
    return grounds[int(rng.integers(len(grounds)))](rng, height, width)


def wood(rng: Rng, height: int, width: int) -> np.ndarray:
    """Boards with grain along them."""
    base = np.array([(150, 104, 64), (112, 72, 44), (196, 158, 112)][int(rng.integers(3))], np.float32)
    grain = smooth_noise(rng, height, width, 5) * 1.2
    rows = np.arange(height, dtype=np.float32)[:, None]
    rings = np.sin((rows / height * 34 + grain * 2.2) * 2.2) * 9
    board = rng.normal(0, 9, 6).astype(np.float32)[np.minimum(5, (rows[:, 0] * 6 / height).astype(int))][:, None]
    fine = cv2.resize(rng.normal(0, 7, (height, max(2, width // 40))).astype(np.float32), (width, height))
    return _finish(base + (rings + board + fine)[..., None])


def cloth(rng: Rng, height: int, width: int) -> np.ndarray:
    """A printed table cloth: two colours in a repeating figure."""
    one, two = _muted(rng, 60, 215), _muted(rng, 40, 190)
    period = max(height, width) / float(rng.uniform(9, 16))
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin(2 * np.pi * xs / period) * np.sin(2 * np.pi * ys / period)
    petals = np.sin(3 * np.arctan2(np.sin(2 * np.pi * ys / period), np.sin(2 * np.pi * xs / period)))
    inside = (wave + 0.3 * petals > 0.35)[..., None]
    return _finish(np.where(inside, one, two) + smooth_noise(rng, height, width, 400)[..., None] * 6)


def tiles(rng: Rng, height: int, width: int) -> np.ndarray:
    """Floor tiles with dark joints."""
    base = _muted(rng, 120, 215)
    side = max(height, width) / float(rng.uniform(3, 6))
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    joint = (((xs + side / 3) % side) < side * 0.025) | (((ys + side / 4) % side) < side * 0.025)
    veins = np.exp(-np.abs(smooth_noise(rng, height, width, 6)) * 12) * -28
    return _finish(np.where(joint[..., None], base * 0.55, base + veins[..., None]))


def terrazzo(rng: Rng, height: int, width: int) -> np.ndarray:
    """Chips of stone in cement."""
    base = rng.uniform(130, 190) + smooth_noise(rng, height, width, 130) * 22
    chips = smooth_noise(rng, height, width, 90)
    return _finish(np.where((chips > 1.1)[..., None], _muted(rng, 50, 235), base[..., None]))


def mat(rng: Rng, height: int, width: int) -> np.ndarray:
    """A woven mat."""
    base = _muted(rng, 70, 190)
    ys, xs = np.mgrid[0:height, 0:width]
    period = max(6, max(height, width) // 90)
    over = ((xs // period + ys // period) % 2 == 0).astype(np.float32)
    round_ = np.sin(np.pi * (xs % period) / period) * np.sin(np.pi * (ys % period) / period)
    return _finish(base + ((over - 0.5) * 34 + round_ * 26)[..., None] + smooth_noise(rng, height, width, 5)[..., None] * 9)


def bedsheet(rng: Rng, height: int, width: int) -> np.ndarray:
    """A light, striped and creased sheet: little contrast to the paper."""
    stripes = (np.sin(np.arange(width, dtype=np.float32) * 2 * np.pi / (width / 14)) > 0.7)[None, :, None]
    creases = smooth_noise(rng, height, width, 7) * 10
    return _finish(np.where(stripes, _muted(rng, 120, 215), _muted(rng, 205, 232)) + creases[..., None])


def laptop(rng: Rng, height: int, width: int) -> np.ndarray:
    """Dark plastic with rows of keys."""
    picture = np.full((height, width, 3), rng.uniform(30, 60), np.float32)
    side = max(height, width) // 15
    for row in range(0, height, side):
        for column in range((row // side % 3) * side // 3, width, side):
            cv2.rectangle(
                picture, (column, row), (column + int(side * 0.86), row + int(side * 0.86)), [float(rng.uniform(12, 26))] * 3, -1
            )
    return _finish(picture + smooth_noise(rng, height, width, 4)[..., None] * 5)


def _muted(rng: Rng, least: float, most: float) -> np.ndarray:
    """A colour as things have it: grey with some of a hue."""
    return rng.uniform(least, most) * (1 + rng.uniform(-0.11, 0.11, 3))


def _finish(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(np.clip(picture, 0, 255).astype(np.uint8), (3, 3), 0)
