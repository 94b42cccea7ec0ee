"""The flattened pages with the boxes of what was read and the words over them: a picture to see what the machine saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.readings import Line, Reading

SURE, UNSURE, REPAIRED = (0, 120, 60), (200, 40, 30), (180, 100, 0)
SURE_FROM = 0.9
PALE = 0.55  # how much of the page is left under the words
LARGEST, SMALLEST = 36, 11  # pixels of the letters written over


def save(file: Path | BinaryIO, reading: Reading, pages: list[Any]) -> None:
    """Writes one picture, its pages under each other; the kind by its ending, PNG to an open file.

    `pages`: (H, W, 3) uint8, as the boxes mean them. Green: read with confidence; red: below .9; amber: repaired. Raises OSError,
    ValueError for an unknown ending.
    """
    drawn = [_drawn(pixels, [line for line in reading.lines if line.page == number]) for number, pixels in enumerate(pages)]
    whole = Image.new("RGB", (max(p.width for p in drawn), sum(p.height for p in drawn)), "white")
    top = 0
    for page in drawn:
        whole.paste(page, (0, top))
        top += page.height
    whole.save(file, None if isinstance(file, Path) else "PNG")


def _drawn(pixels: Any, lines: list[Line]) -> Image.Image:
    """The page beside itself: on the left as it was read, with boxes; on the right pale, with the words where they stand."""
    left = Image.fromarray(pixels)
    right = Image.fromarray((255 - (255 - pixels.astype(np.float32)) * (1 - PALE)).astype(np.uint8))
    boxes, words = ImageDraw.Draw(left), ImageDraw.Draw(right)
    for line in lines:
        colour = REPAIRED if line.raw else SURE if line.confidence >= SURE_FROM else UNSURE
        x, y = line.box.left * left.width, line.box.top * left.height
        corners = (x, y, x + line.box.width * left.width, y + line.box.height * left.height)
        boxes.rectangle(corners, outline=colour, width=2)
        words.rectangle(corners, fill="white", outline=colour, width=1)
        font = _fitting(words, line.text, corners[2] - x, corners[3] - y)
        words.text((x + 3, (y + corners[3]) / 2), line.text, fill=colour, font=font, anchor="lm")
    both = Image.new("RGB", (2 * left.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    return both


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: float, height: float) -> Any:
    """A font in which the text is as high as its box, smaller when it would stand out of it by a third."""
    size = min(LARGEST, max(SMALLEST, 0.7 * height))
    font = ImageFont.load_default(size)
    long = draw.textlength(text, font=font)
    return ImageFont.load_default(max(SMALLEST, size * 1.3 * width / long)) if long > 1.3 * width else font
