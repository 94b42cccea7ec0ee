"""What the light and the telephone do to the view: shadow, glare, warm lamps, noise, blur, sharpening, JPEG once or twice."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
from PIL import Image

from local.papers.paper import Rng, smooth_noise

# White balance hides most lamps; some pictures stay warm or cold.
LAMPS = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.03, 0.99, 0.92), (1.07, 0.97, 0.8), (0.95, 1.0, 1.06))


def light(rng: Rng, view: np.ndarray, level: int, *, glare: bool = False) -> np.ndarray:
    """The view under a lamp, with a gradient, a soft shadow of hand or head, and dark corners. (H, W, 3) uint8 in and out."""
    height, width = view.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    ys, xs = ys / height - 0.5, xs / width - 0.5
    angle = float(rng.uniform(0, 2 * math.pi))
    shade = 1 + (0.08 + 0.13 * level) * (xs * math.cos(angle) + ys * math.sin(angle)) * 1.4
    shade -= (0.1 + 0.12 * level) * (xs**2 + ys**2)
    if rng.random() < 0.25 + 0.3 * level:
        shade *= 1 - (0.16 + 0.14 * level) * _shadow(rng, height, width)
    lamp = np.array(LAMPS[int(rng.integers(len(LAMPS)))], np.float32)
    out = view.astype(np.float32) * shade[..., None] * lamp * float(rng.uniform(0.86, 1.02) - 0.05 * level)
    if glare:
        spot = np.hypot(xs - rng.uniform(-0.25, 0.25), (ys - rng.uniform(-0.3, 0.35)) * height / width) / float(
            rng.uniform(0.16, 0.26)
        )
        out += np.exp(-(spot**2))[..., None] * float(rng.uniform(70, 120))
    return np.clip(out, 0, 255).astype(np.uint8)


def _shadow(rng: Rng, height: int, width: int) -> np.ndarray:
    """(H, W) 0 to 1: a rounded shape from one side, with a soft edge."""
    small_w, small_h = 200, max(2, round(200 * height / width))
    mask = np.zeros((small_h, small_w), np.float32)
    side = int(rng.integers(3))
    start = ((0, small_h * 0.7), (small_w, small_h * 0.6), (small_w * 0.5, small_h))[side]
    middle = (small_w * float(rng.uniform(0.2, 0.8)), small_h * float(rng.uniform(0.35, 0.85)))
    cv2.line(
        mask,
        (round(start[0]), round(start[1])),
        (round(middle[0]), round(middle[1])),
        1.0,
        int(small_w * float(rng.uniform(0.2, 0.45))),
    )
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(3, 12)))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def shoot(rng: Rng, view: np.ndarray, level: int, *, blur: float = 0.0, motion: float = 0.0, dark: float = 1.0) -> np.ndarray:
    """The sensor's picture. `blur`: sigma of the focus, `motion`: pixels moved, both for a long side of 1600.
    `dark`: exposure, 1 is right."""
    scale = max(view.shape[:2]) / 1600
    out = view.astype(np.float32) * dark
    if blur * scale > 0.3:
        out = cv2.GaussianBlur(out, (0, 0), blur * scale)
    if motion * scale >= 2:
        out = cv2.filter2D(out, -1, _streak(rng, motion * scale))
    grain = (1.2 + 2.6 * level) * (1.0 if dark > 0.6 else 1.6)
    height, width = view.shape[:2]
    noise = rng.standard_normal((height, width, 3), dtype=np.float32)
    noise = 0.55 * noise + 0.9 * cv2.GaussianBlur(noise, (0, 0), 0.8 + 0.3 * level)
    out += noise * grain
    if rng.random() < 0.6:  # telephones sharpen by themselves
        out += 0.5 * (out - cv2.GaussianBlur(out, (0, 0), 1.4))
    out += smooth_noise(rng, height, width, 30)[..., None] * 0.8
    return np.clip(out, 0, 255).astype(np.uint8)


def _streak(rng: Rng, length: float) -> np.ndarray:
    size = int(length) | 1
    kernel = np.zeros((size, size), np.float32)
    angle = float(rng.uniform(0, math.pi))
    dx, dy = math.cos(angle) * size / 2, math.sin(angle) * size / 2
    middle = size / 2
    cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1.0, 1, cv2.LINE_AA)
    return kernel / kernel.sum()


def jpeg(pixels: np.ndarray, quality: int, *, exif: int | None = None) -> bytes:
    """JPEG bytes; `exif` an orientation tag (2 to 8) to write beside the pixels as they are."""
    out = io.BytesIO()
    extra = {}
    if exif:
        tags = Image.Exif()
        tags[0x0112] = exif
        extra["exif"] = tags
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=2, **extra)
    return out.getvalue()


def forwarded(rng: Rng, pixels: np.ndarray, longest: int) -> np.ndarray:
    """The pixels after a chat: compressed, shrunk to `longest`, perhaps forwarded once more."""
    for quality in (int(rng.integers(70, 85)), int(rng.integers(55, 72)))[: int(rng.integers(1, 3))]:
        pixels = np.asarray(Image.open(io.BytesIO(jpeg(pixels, quality))).convert("RGB"))
        share = longest / max(pixels.shape[:2])
        if share < 1:
            pixels = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return pixels
