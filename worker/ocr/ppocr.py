"""PP-OCRv6 small, detector and recogniser, run by onnxruntime from the weights that lie in the wheel of `rapidocr`.

Only the weights of that package are used; it is never imported. Its own pipeline pads every strip to the widest of six, keeps
more in memory, enlarges short pictures without bound, and can download. Here a strip is read alone and at its own width: on one
thread that is as fast a strip, and the memory and the time depend on the writing alone. Nothing here knows a network.
"""

from __future__ import annotations

import importlib.util
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.ocr.engines import NoEngine, Pixels, Quad, Word

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

# As the models were trained and published with (rapidocr 3.10, config.yaml).
INK_PROBABILITY, BOX_PROBABILITY = 0.3, 0.5
GROWTH = 1.6  # the detector marks the core of a line; area / length * this is added all around
STRIP_HEIGHT = 48
LEAST_STRIP, WIDEST_STRIP = 96, 3200  # a narrower one is padded: the model loses single characters; a wider one is no line

LETTERS_PX, DETECT_SIDE, LEAST_SIDE, MOST_SIDE = 12.0, 960, 800, 1440  # what the detector sees
LEAST_LETTERS_PX = 5.0  # lower ones cannot be read: what was measured are specks
MOST_BOXES = 400
SPACE_CHANCE = 0.12  # the model swallows spaces ("x5/7"), and where it does, it still holds one for possible
LEAST_BOX_PX = 3
TALL = 1.5  # height over width of a box whose writing runs downwards
FLATTEST = 8  # width over height: below, the page is padded, or a strip would become nothing when shrunk


class PpOcr:
    """One loaded pair of models; about 120 MiB, and 250 MiB more while it reads. Not for two threads at a time."""

    name = "ppocr"

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds the two weights. Raises NoEngine."""
        folder = folder or _weights()
        self._detector, self._recogniser = _session(folder / DETECTOR), _session(folder / RECOGNISER)
        known = self._recogniser.get_modelmeta().custom_metadata_map.get("character", "").splitlines()
        if not known:
            raise NoEngine(f"{RECOGNISER} does not say which characters it knows")
        # Of 18,708 characters only those that our papers can have: the others come out where the writing is poor.
        self._columns = np.array([0, *(i for i, c in enumerate([*known, " "], 1) if _may_stand(c))])
        self._characters = ["", *(c for c in [*known, " "] if _may_stand(c))]

    def recognise(self, pixels: Pixels, text_height_px: float = 0.0) -> list[Word]:
        return self.words(pixels, self.find(pixels, text_height_px))

    def find(self, pixels: Pixels, text_height_px: float = 0.0) -> list[Quad]:
        """Where writing is; quads clockwise from the top left, in no order. With the height of the letters, where it is known,
        no more pixels are looked at than it takes to see them."""
        bgr = _padded(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        height, width = bgr.shape[:2]
        scale = detection_scale(max(height, width), text_height_px)
        size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        (found,) = self._detector.run(None, {"x": _blob(small)})
        return _quads(found[0, 0], (width / size[0], height / size[1]), pixels.shape[:2])

    def words(self, pixels: Pixels, quads: list[Quad]) -> list[Word]:
        """What stands in the quads; those with nothing in them are left out."""
        read = ((quad, *self._read(_strip(pixels, quad))) for quad in quads)
        return [Word(quad, text, confidence) for quad, text, confidence in read if text.strip()]

    def _read(self, strip: Pixels) -> tuple[str, float]:
        (chances,) = self._recogniser.run(None, {"x": _blob(cv2.cvtColor(strip, cv2.COLOR_RGB2BGR))})
        chances = chances[0][:, self._columns]
        best = chances.argmax(axis=1)
        starts = np.flatnonzero((best != 0) & np.concatenate(([True], best[1:] != best[:-1])))
        if not len(starts):
            return "", 0.0
        characters = [self._characters[best[step]] for step in starts]
        spaces = [float(chances[a : b + 1, -1].max()) for a, b in pairwise(starts)]
        # no paper of ours multiplies: the sign is the x of "x 5/7"
        return spaced(characters, spaces).replace("×", "x"), float(chances[starts, best[starts]].mean())


def spaced(characters: list[str], chances: list[float]) -> str:
    """The text with the spaces that were nearly read; `chances` that one stands between each two characters."""
    text = characters[0]
    for character, chance in zip(characters[1:], chances, strict=True):
        if (
            chance > SPACE_CHANCE
            and (character.isalnum() or character == "(")
            and text[-1] != " "
            and not _one_figure(text, character)
        ):
            text += " "
        text += character
    return text


def _one_figure(text: str, character: str) -> bool:
    """Whether a digit goes on with a number, a time or a date, in which no space is put on half an evidence."""
    return character.isdigit() and (text[-1].isdigit() or (len(text) > 1 and text[-1] in ".,:-/" and text[-2].isdigit()))


def detection_scale(side: int, text_height_px: float) -> float:
    """How much a page of that long side is shrunk before writing is looked for."""
    wanted = side * LETTERS_PX / text_height_px if text_height_px >= LEAST_LETTERS_PX else DETECT_SIDE
    return min(1.0, min(max(wanted, LEAST_SIDE), MOST_SIDE) / side)


def _weights() -> Path:
    found = importlib.util.find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise NoEngine("the package rapidocr, which brings the weights, is not installed")
    return Path(found.submodule_search_locations[0]) / "models"


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as e:
        raise NoEngine(f"onnxruntime cannot be loaded ({e})") from e
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Every page has another size: kept pools and patterns would only grow.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as e:  # onnxruntime has no common class for a missing, a cut off and a foreign file
        raise NoEngine(f"{path.name} cannot be used ({type(e).__name__})") from e


def _may_stand(character: str) -> bool:
    """Letters without accents only: a speck above a letter makes one of them, and a name is no longer found."""
    return character in _SIGNS or (len(character) == 1 and " " <= character <= "~")


_SIGNS = "–—‘’“”•…₦£€™≤≥×÷½¼¾°µμ→"


def _blob(bgr: Any) -> Any:
    """(1, 3, H, W) float32 from -1 to 1."""
    return ((bgr.astype(np.float32) / 127.5) - 1).transpose(2, 0, 1)[np.newaxis]


def _padded(bgr: Any) -> Any:
    height, width = bgr.shape[:2]
    below, right = max(0, -(-width // FLATTEST) - height), max(0, -(-height // FLATTEST) - width)
    return cv2.copyMakeBorder(bgr, 0, below, 0, right, cv2.BORDER_REPLICATE) if below or right else bgr


def _quads(chances: NDArray[np.float32], scale: tuple[float, float], shape: tuple[int, int]) -> list[Quad]:
    """The boxes of a map of probabilities, in pixels of the page."""
    ink = cv2.dilate((chances > INK_PROBABILITY).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Quad] = []
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:MOST_BOXES]:
        middle, (a, b), angle = cv2.minAreaRect(contour)
        if min(a, b) < LEAST_BOX_PX or _chance(chances, (middle, (a, b), angle)) < BOX_PROBABILITY:
            continue
        more = a * b * GROWTH / (a + b)  # on both sides together
        corners = cv2.boxPoints((middle, (a + more, b + more), angle)) * np.array(scale, np.float32)
        corners[:, 0], corners[:, 1] = corners[:, 0].clip(0, shape[1] - 1), corners[:, 1].clip(0, shape[0] - 1)
        quad = _clockwise(corners)
        if min(np.hypot(*(quad[1] - quad[0])), np.hypot(*(quad[3] - quad[0]))) > LEAST_BOX_PX:
            found.append(quad)
    return found


def _chance(chances: NDArray[np.float32], box: Any) -> float:
    corners = cv2.boxPoints(box)
    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = chances[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _clockwise(corners: Any) -> Quad:
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    (top_left, bottom_left), (top_right, bottom_right) = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _strip(pixels: Pixels, quad: Quad) -> Pixels:
    """The writing in a quad, cut out and laid flat, as high as the model reads; (48, W, 3)."""
    width = max(1.0, float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[3]))))
    height = max(1.0, float(np.hypot(*(quad[3] - quad[0]))), float(np.hypot(*(quad[2] - quad[1]))))
    if height >= TALL * width:  # the writing runs downwards
        quad, width, height = quad[[1, 2, 3, 0]], height, width
    wide = min(WIDEST_STRIP, max(1, round(width * STRIP_HEIGHT / height)))
    # In one step where it grows: drawn twice, small print loses its edges. In two where it shrinks: or points would be left out.
    grows = height <= 1.25 * STRIP_HEIGHT
    w, h = (wide, STRIP_HEIGHT) if grows else (max(1, int(width)), int(height))
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    flat = cv2.warpPerspective(pixels, matrix, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if not grows:
        flat = cv2.resize(flat, (wide, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
    missing = LEAST_STRIP - wide
    return cv2.copyMakeBorder(flat, 0, 0, 0, missing, cv2.BORDER_CONSTANT, value=(127, 127, 127)) if missing > 0 else flat
