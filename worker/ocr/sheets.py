"""A page as pixels: what every file becomes, whatever it was, and the limits that hold for all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.readings import Box

MAX_SIDE = 3200
MAX_PAGES = 5
MAX_ASPECT = 8  # recognisers enlarge the short side: a strip of 1200 x 20 took one a minute and 5.7 GB
MIN_SIDE = 32
TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One page. `pixels`: (H, W, 3) uint8 RGB, upright by EXIF, on white, long side <= 3200 px, never narrower than 1:8.
    `text_lines`: what a PDF page says itself, where that is real text; boxes in fractions of the pixels."""

    pixels: NDArray[np.uint8]
    text_lines: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The pages of a file, at most five. `more_pages`: those left out. `kind`: jpeg, png, gif, webp, tiff, bmp, heic, avif,
    pdf. `incomplete`: the file ends too early, and what was there was read."""

    pages: tuple[Sheet, ...]
    more_pages: int
    kind: str
    incomplete: bool = False


def sheet(image: Image.Image) -> Sheet:
    """A decoded picture as a page: shrunk first (the rest then costs little), 8 bits, on white, upright, not too narrow."""
    orientation = _orientation(image)
    image = _eight_bits(image)
    if max(image.size) > MAX_SIDE:
        if image.mode in ("1", "P", "PA"):  # these cannot be averaged as they are
            image = image.convert(_plain_mode(image))
        part = MAX_SIDE / max(image.size)
        size = (max(1, round(image.width * part)), max(1, round(image.height * part)))
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = _on_white(image)
    if orientation is not None:
        image = image.transpose(orientation)
    return Sheet(np.asarray(_not_too_narrow(image)))


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """How to turn it upright, by EXIF; asked after decoding, because some decoders turn it themselves and take the tag out."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    with suppress(Exception):  # a damaged EXIF block, in whatever way: the picture stays as it is
        return turns.get(image.getexif().get(0x0112, 1))
    return None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen and thirty-two bits and floats as grey of eight; scanners that fill only a part of the range are stretched."""
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    values: NDArray[Any] = np.nan_to_num(np.asarray(image, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if image.mode.startswith("I;16") and high > 4095:
        low, high = 0.0, 65535.0
    np.subtract(values, low, out=values)
    np.multiply(values, 255.0 / max(high - low, 1.0), out=values)
    return Image.fromarray(values.astype(np.uint8))


def _plain_mode(image: Image.Image) -> str:
    if image.mode == "PA" or "transparency" in image.info:
        return "RGBA"
    return "L" if image.mode == "1" else "RGB"


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in TRANSPARENT or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def _not_too_narrow(image: Image.Image) -> Image.Image:
    width, height = image.size
    least = max(MIN_SIDE, -(-max(width, height) // MAX_ASPECT))
    size = (max(width, least), max(height, least))
    if size == image.size:
        return image
    white = Image.new("RGB", size, "white")
    white.paste(image, ((size[0] - width) // 2, (size[1] - height) // 2))
    return white
