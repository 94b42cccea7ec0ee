"""From the bytes of a file to its lines and two pictures a page: load, clean, read, put to lines, ask again, repair.

Runs where the models are loaded: in the reader's child process, in `drugsng ocr` and in the bench. One thread at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import structlog

from models.readings import Line, Page, Reading
from worker.ocr import lines, tesseract
from worker.ocr import read as reading_of
from worker.ocr.clean import Clean, clean
from worker.ocr.engines import NoEngine, Pixels
from worker.ocr.lines import Row
from worker.ocr.load import Loaded, Sheet, load
from worker.ocr.parse import matters
from worker.ocr.ppocr import PpOcr
from worker.ocr.quality import complaint_after_reading
from worker.ocr.repair import repaired
from worker.ocr.tesseract import Tesseract
from worker.ocr.wire import PagePicture, Read

log = structlog.get_logger()

PICTURE_SIDE, PICTURE_QUALITY = 2000, 80
MARGIN_LETTERS, MARGIN_PAGE, MOST_OF_IT = 2.0, 0.02, 0.6


@dataclass(frozen=True, slots=True)
class Engines:
    """Who reads: `first` the pages, `second` (None: nobody) again the lines that matter."""

    first: PpOcr | Tesseract
    second: Tesseract | None = None

    @property
    def name(self) -> str:
        return self.first.name + (f"+{self.second.name}" if self.second else "")


@cache
def engines(engine: str = "auto") -> Engines:
    """Loaded once a process. `auto`: PP-OCR with Tesseract's second opinion, or whichever of the two is here; `ppocr` and
    `tesseract`: that one alone. Raises NoEngine when there is none."""
    if engine == "tesseract":
        return Engines(tesseract.find(*_places))
    if engine == "ppocr":
        return Engines(PpOcr())
    try:
        second = tesseract.find(*_places)
    except NoEngine as missing:
        log.warning("ocr.no_second_opinion", reason=str(missing))
        return Engines(PpOcr())
    try:
        return Engines(PpOcr(), second)
    except NoEngine as missing:
        log.error("ocr.fallback", reason=str(missing))
        return Engines(second)


_places = ("", "")  # of Tesseract and its models; told once, by `warm`


def warm(engine: str = "auto", tesseract_cmd: str = "", tessdata_prefix: str = "") -> None:
    """Loads the models (0.3 s), so that the first file does not wait for them. Says for the rest of the process where Tesseract
    and its models are; "" is where they usually are. Raises NoEngine."""
    global _places
    if (tesseract_cmd, tessdata_prefix) != _places:
        _places = (tesseract_cmd, tessdata_prefix)
        engines.cache_clear()
    engines(engine)


def read(content: bytes, engine: str = "auto") -> Read:
    """What a file says, without items, and pictures of its pages. Raises Unreadable, NoEngine."""
    loaded, pages, reading = _whole(content, engine)
    both = zip(pages, loaded.pages, strict=True)
    return Read(reading, tuple(PagePicture(_jpeg(page.pixels), _jpeg(sheet.pixels)) for page, sheet in both))


def read_pages(content: bytes, engine: str = "auto") -> tuple[Reading, list[Pixels]]:
    """What a file says, and its flattened pages as pixels. Raises Unreadable, NoEngine."""
    _, pages, reading = _whole(content, engine)
    return reading, [page.pixels for page in pages]


def read_file(path: str | Path, engine: str = "auto") -> Reading:
    """The reading alone. Raises OSError, Unreadable, NoEngine."""
    return _whole(Path(path).read_bytes(), engine)[2]


@dataclass(frozen=True, slots=True, eq=False)
class _ReadPage:
    page: Page
    lines: list[Line]
    pixels: Any  # (H, W, 3), as the boxes of the lines mean it
    picture_hash: int | None


def _whole(content: bytes, engine: str) -> tuple[Loaded, list[_ReadPage], Reading]:
    began = time.monotonic()
    loaded, asked = load(content), engines(engine)
    pages = list(_pages(loaded, asked))
    reading = Reading(
        pages=tuple(page.page for page in pages),
        lines=tuple(line for page in pages for line in page.lines)[: lines.MOST_LINES],
        picture_hash=pages[0].picture_hash if pages else None,
        engine=asked.name,
        seconds=round(time.monotonic() - began, 2),
        more_pages=loaded.more_pages,
    )
    return loaded, pages, reading


def _pages(loaded: Loaded, asked: Engines) -> Iterator[_ReadPage]:
    for number, sheet in zip(count(), loaded.pages):
        yield _told_by_itself(number, sheet, asked) if sheet.text_lines else _photographed(number, sheet, asked)


def _told_by_itself(number: int, sheet: Sheet, asked: Engines) -> _ReadPage:
    """A page of a PDF with its text: nothing to clean. Its text is one opinion, what Tesseract sees of it the other: a font whose
    letters look like others is believed no more than a blurred photo."""
    height, width = sheet.pixels.shape[:2]
    said = [Line(number, box, text[: lines.LONGEST_TEXT], 1.0) for text, box in sheet.text_lines if text.strip()]
    said = said[: lines.MOST_LINES]
    witness = asked.second or (asked.first if isinstance(asked.first, Tesseract) else None)
    if witness is not None:
        said = _asked_again(said, [lines.drawn(line, sheet.pixels) for line in said], sheet.pixels, witness)
    return _ReadPage(Page(width, height, from_text=True), said, sheet.pixels, None)


def _photographed(number: int, sheet: Sheet, asked: Engines) -> _ReadPage:
    """A page of pixels: cleaned, read, the doubtful parts read again."""
    cleaned = clean(sheet.pixels)
    found = _found(cleaned, asked.first)
    height, width = found.pixels.shape[:2]
    rows = lines.without_scribbles(lines.rows(found.words))[: lines.MOST_LINES]
    made = lines.told(rows, number, width, height)
    if isinstance(asked.first, PpOcr):
        made = [_repaired(line) for line in made]
    if asked.second is not None:
        made = _asked_again(made, rows, found.pixels, asked.second)
    quality = cleaned.quality
    if isinstance(asked.first, PpOcr):  # only its confidences are known to tell what is right
        letters = [sum(map(str.isalnum, word.text)) for word in found.words]
        complaint = complaint_after_reading(quality, [word.confidence for word in found.words], letters)
        quality = replace(quality, complaint=complaint)
    page = Page(width, height, (cleaned.turned + found.turned) % 360, cleaned.flattened, quality=quality)
    return _ReadPage(page, made, found.pixels, cleaned.picture_hash)


def _found(cleaned: Clean, engine: PpOcr | Tesseract) -> reading_of.Found:
    """What is written on the page. Where it fills only a part, that part is read: its letters are seen larger."""
    height, width = cleaned.pixels.shape[:2]
    text_height = cleaned.quality.text_height_px
    left, top, right, bottom = _part(cleaned)
    found = reading_of.page(cleaned.pixels[top:bottom, left:right], engine, text_height)
    if (right - left, bottom - top) == (width, height):
        return found
    if _at_the_edge(found):
        return reading_of.page(cleaned.pixels, engine, text_height)
    corner = {0: (left, top), 90: (height - bottom, left), 180: (width - right, height - bottom), 270: (top, width - right)}
    words = [replace(word, quad=word.quad + np.array(corner[found.turned], np.float32)) for word in found.words]
    return reading_of.Found(reading_of.turn(cleaned.pixels, found.turned), words, found.turned)


def _at_the_edge(found: reading_of.Found) -> bool:
    """Whether a word reaches the edge of what was read: it may go on beyond."""
    height, width = found.pixels.shape[:2]
    corners = np.concatenate([word.quad for word in found.words]) if found.words else np.full((1, 2), 2.0)
    return bool((corners < 1).any() or (corners >= (width - 2, height - 2)).any())


def _part(cleaned: Clean) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is written on, with a margin in which fainter writing may begin; the whole page where
    that is most of it."""
    height, width = cleaned.pixels.shape[:2]
    box, margin = cleaned.tight, max(MARGIN_LETTERS * cleaned.quality.text_height_px, MARGIN_PAGE * max(height, width))
    left, top = max(0, round(box.left * width - margin)), max(0, round(box.top * height - margin))
    right = min(width, round((box.left + box.width) * width + margin))
    bottom = min(height, round((box.top + box.height) * height + margin))
    worth = 0 < (right - left) * (bottom - top) < MOST_OF_IT * width * height
    return (left, top, right, bottom) if worth else (0, 0, width, height)


def _repaired(line: Line) -> Line:
    text = repaired(line.text)
    return replace(line, text=text, raw=line.text) if text != line.text else line


def _asked_again(made: list[Line], rows: list[Row], pixels: Pixels, engine: Tesseract) -> list[Line]:
    """The lines with the other engine's reading of those that may name a medicine."""
    wanted = [i for i, line in enumerate(made) if matters(line.text)][: tesseract.MOST_LINES]
    try:
        said = engine.opinions(pixels, [rows[i] for i in wanted])
    except NoEngine as e:
        log.warning("ocr.no_second_opinion", reason=str(e))
        return made
    told = dict(zip(wanted, said, strict=True))
    return [replace(line, second=told.get(i, "")[: lines.LONGEST_TEXT]) for i, line in enumerate(made)]


def _jpeg(pixels: Pixels) -> bytes:
    """For people to look at: at most 2,000 px long."""
    scale = PICTURE_SIDE / max(pixels.shape[:2])
    if scale < 1:
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, PICTURE_QUALITY])[1].tobytes()
