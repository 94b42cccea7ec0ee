"""The text that a PDF page carries, where it is the text that people see on it.

A text layer is worth more than any reading of pixels, if it is real. It is not when the page is a scan over which a scanner's
software laid what it believed to read, when fonts give their letters the wrong numbers ("Wkh txlfn"), when text is hidden or
covered, or when what matters stands beside the text: a letterhead in letters, the prescription in ink. Then the page is read
from its pixels like a photo, which is never wrong, only dearer. So each doubt counts against the layer:

* `MIN_LETTERS`, `MIN_WORDS`: a page number or a scanner's advertisement is no text of a page.
* `MAX_ODD`: letters without a Unicode number, from private areas, control characters: a font without a map.
* `MIN_WORDLIKE`: words of Latin script have vowels, and not many consonants on end.
* `MIN_KNOWN`: letters that are all moved on by three make words that look like words, and never three of these.
* `MIN_VISIBLE`: drawn invisibly (render mode 3) is how scanner's software lays text over a picture.
* `MAX_PICTURE`: one picture over half of the page is a scan, whatever else the page says.
* `MAX_UPRIGHT`: lines that run up or down the page are better turned than believed.
* `MIN_INKED`: where a line is said to be, there is something to see; hidden lines of a layer that passes are left out.
* `MAX_OUTSIDE`: pieces of ink of the size of letters that no line accounts for; small pictures (logos, stamps, codes) aside.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as c
from numpy.typing import NDArray

from models.readings import Box

MIN_LETTERS = 30
MIN_WORDS = 4
MAX_ODD = 0.03
MIN_WORDLIKE = 0.6
MIN_KNOWN = 3
KNOWN = frozenset(
    """the of and for in to at by no or is with on not name date age sex address phone patient doctor dr hospital clinic centre
    medical pharmacy prescription prescribed drug drugs medicine dose dosage strength quantity qty duration frequency take one two
    three once twice daily day days week weeks month months times every hours hourly morning night before after meals food when
    needed tab tabs tablet tablets cap caps capsule capsules syrup cream drops injection suspension mg ml mcg""".split()  # noqa: SIM905  a list of words is read, a list of strings is not
)
MIN_VISIBLE = 0.95
MAX_PICTURE = 0.5
SMALL_PICTURE = 0.12
MAX_UPRIGHT = 0.3
MIN_INKED = 0.9
MAX_OUTSIDE = 12  # a signature and the frames of a small table; a written line has more, however much is typed above it
INK = 50  # grey levels between a stroke and its ground
MAX_LETTERS_ON_PAGE = 20_000
MAX_OBJECTS = 3000
MAX_LINES = 400
_NO_GLYPH = ("Cc", "Co", "Cn", "Cs")
_HIDDEN = (c.FPDF_TEXTRENDERMODE_INVISIBLE, c.FPDF_TEXTRENDERMODE_CLIP)

Rect = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(slots=True)
class _Run:
    """Letters that stand together on one row."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def rect(self) -> Rect:
        return self.left, self.top, self.right, self.bottom


@dataclass(slots=True)
class _Letters:
    """What was counted on the way through a page's letters."""

    runs: list[_Run]
    glyphs: int = 0
    odd: int = 0
    hidden: int = 0


def lines(page: pdfium.PdfPage, bitmap: pdfium.PdfBitmap, pixels: NDArray[np.uint8]) -> tuple[tuple[str, Box], ...]:
    """The lines of a page from top to bottom, boxes in fractions of its rendering; () where the text is not to be trusted."""
    try:
        letters = _letters(page, bitmap)
        if letters is None or not _reads_as_text(letters):
            return ()
        pictures = _pictures(page, bitmap)
    except pdfium.PdfiumError:
        return ()
    height, width = pixels.shape[:2]
    if any(_area(picture) > MAX_PICTURE * width * height for picture in pictures):
        return ()
    seen = _seen(letters.runs, pixels, [p for p in pictures if _area(p) <= SMALL_PICTURE * width * height])
    return tuple((run.text, _box(run, width, height)) for run in _rows(seen)[:MAX_LINES])


def _letters(page: pdfium.PdfPage, bitmap: pdfium.PdfBitmap) -> _Letters | None:
    """All letters of a page as runs, in pixels; None when there are too few or too many."""
    with closing(page.get_textpage()) as text:
        count = text.count_chars()
        if not MIN_LETTERS <= count <= MAX_LETTERS_ON_PAGE:
            return None
        where = bitmap.get_posconv(page)
        found, open_run = _Letters([]), ""
        rects: list[Rect] = []
        for number in range(count):
            letter = chr(min(c.FPDFText_GetUnicode(text, number), 0x10FFFF))
            if letter in "\r\n":
                _close(found, open_run, rects)
                open_run, rects = "", []
                continue
            open_run += letter
            if letter.isspace() or c.FPDFText_IsGenerated(text, number) == 1:
                continue
            found.glyphs += 1
            found.odd += (
                c.FPDFText_HasUnicodeMapError(text, number) == 1 or letter == "�" or unicodedata.category(letter) in _NO_GLYPH
            )
            found.hidden += c.FPDFTextObj_GetTextRenderMode(c.FPDFText_GetTextObject(text, number)) in _HIDDEN
            left, bottom, right, top = text.get_charbox(number, loose=True)
            xs, ys = zip(where.to_bitmap(left, bottom), where.to_bitmap(right, top), strict=True)
            rects.append((min(xs), min(ys), max(xs), max(ys)))
        _close(found, open_run, rects)
        return found


def _close(found: _Letters, text: str, rects: list[Rect]) -> None:
    words = " ".join("".join(ch for ch in text if unicodedata.category(ch) not in ("Cc", "Cf", "Cs")).split())
    if words and rects:
        lefts, tops, rights, bottoms = zip(*rects, strict=True)
        found.runs.append(_Run(words, min(lefts), min(tops), max(rights), max(bottoms)))


def _reads_as_text(found: _Letters) -> bool:
    text = " ".join(run.text for run in found.runs)
    latin = re.findall(r"[a-z]", unicodedata.normalize("NFKD", text).lower())
    words = re.findall(r"[^\W\d_]{4,}", text)
    if len(latin) < MIN_LETTERS or len(words) < MIN_WORDS or found.odd > MAX_ODD * found.glyphs:
        return False
    if found.hidden > (1 - MIN_VISIBLE) * found.glyphs:
        return False
    if sum(run.height > 2 * (run.right - run.left) for run in found.runs if len(run.text) > 2) > MAX_UPRIGHT * len(found.runs):
        return False
    known = KNOWN & set(re.findall(r"[a-z]{2,}", text.lower()))
    return len(known) >= MIN_KNOWN and sum(map(_wordlike, words)) >= MIN_WORDLIKE * len(words)


def _wordlike(word: str) -> bool:
    """A vowel, and no more than four consonants on end."""
    plain = unicodedata.normalize("NFKD", word).lower()
    return bool(re.search(r"[aeiouy]", plain)) and not re.search(r"[b-df-hj-np-tv-xz]{5}", plain)


def _pictures(page: pdfium.PdfPage, bitmap: pdfium.PdfBitmap) -> list[Rect]:
    """Where pictures are drawn, in pixels; those inside forms too."""
    where = bitmap.get_posconv(page)
    found = []
    for thing in islice(_objects(page), MAX_OBJECTS):
        left, bottom, right, top = thing.get_bounds()
        corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
        outer = thing.container
        while outer is not None:
            matrix = outer.get_matrix()
            corners = [matrix.on_point(*corner) for corner in corners]
            outer = outer.container
        placed = [where.to_bitmap(*(min(max(value, -1e6), 1e6) for value in corner)) for corner in corners]
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        found.append(
            (max(min(xs), 0), max(min(ys), 0), min(max(xs), bitmap.width), min(max(ys), bitmap.height)),
        )
    return [rect for rect in found if rect[0] < rect[2] and rect[1] < rect[3]]


def _objects(page: pdfium.PdfPage) -> Iterator[Any]:
    yield from page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE], max_depth=5)


def _seen(runs: list[_Run], pixels: NDArray[np.uint8], small_pictures: list[Rect]) -> list[_Run]:
    """The runs that can be seen, if these are nearly all of them and there is little else to read; else none."""
    height, width = pixels.shape[:2]
    ink = _ink(pixels, statistics.median(run.height for run in runs))
    seen = [run for run in runs if _part(ink, run.rect).any()]
    if len(seen) < MIN_INKED * len(runs):
        return []
    inside = np.zeros((height, width), np.uint8)
    for run in seen:
        margin = 0.3 * run.height
        _part(inside, (run.left - margin, run.top - margin, run.right + margin, run.bottom + margin))[:] = 1
    outside = ink & (1 - inside)
    for picture in small_pictures:
        _part(outside, picture)[:] = 0
    letter = statistics.median(run.height for run in seen) * 0.5
    return [] if _pieces(outside, letter) > MAX_OUTSIDE else seen


def _ink(pixels: NDArray[np.uint8], text_height: float) -> NDArray[np.uint8]:
    """(H, W) uint8, 1 where a stroke differs from its ground, dark on light or light on dark. The ground is the median of a
    few lines' surroundings, taken of every fourth pixel."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    size = int(min(max(0.75 * text_height, 5), 61)) | 1
    ground = cv2.resize(
        cv2.medianBlur(np.ascontiguousarray(grey[::4, ::4]), size), grey.shape[::-1], interpolation=cv2.INTER_LINEAR
    )
    return np.asarray((cv2.absdiff(grey, ground) > INK).astype(np.uint8))


def _pieces(ink: NDArray[np.uint8], letter: float) -> int:
    """Connected pieces that may be letters, or joined words of handwriting, by their size."""
    _, _, found, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    wide, high = found[1:, cv2.CC_STAT_WIDTH], found[1:, cv2.CC_STAT_HEIGHT]
    return int(((high > 0.5 * letter) & (high < 8 * letter) & (wide < 25 * letter)).sum())


def _rows(runs: list[_Run]) -> list[_Run]:
    """Runs of one row joined, cells of a table for instance, from top to bottom and left to right."""
    rows: list[list[_Run]] = []
    for run in sorted(runs, key=lambda run: run.top + run.bottom):
        row = rows[-1] if rows else []
        near = row and abs(run.top + run.bottom - row[0].top - row[0].bottom) < 1.1 * min(run.height, row[0].height)
        if near and all(run.right <= other.left or run.left >= other.right for other in row):
            row.append(run)
        else:
            rows.append([run])
    return [_joined(sorted(row, key=lambda run: run.left)) for row in rows]


def _joined(row: list[_Run]) -> _Run:
    return _Run(
        " ".join(run.text for run in row),
        min(run.left for run in row),
        min(run.top for run in row),
        max(run.right for run in row),
        max(run.bottom for run in row),
    )


def _part(mask: NDArray[np.uint8], rect: Rect) -> NDArray[np.uint8]:
    left, top, right, bottom = (max(0, round(value)) for value in rect)
    return mask[top : max(bottom, top + 1), left : max(right, left + 1)]


def _area(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _box(run: _Run, width: int, height: int) -> Box:
    left, right = (min(max(x / width, 0.0), 1.0) for x in (run.left, run.right))
    top, bottom = (min(max(y / height, 0.0), 1.0) for y in (run.top, run.bottom))
    return Box(left, top, right - left, bottom - top)
