"""Which way up a page lies is found by reading a little, and a page without writing is not read at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from worker.ocr import read
from worker.ocr.engines import Word

WIDTH, HEIGHT = 400, 600


@dataclass
class APaper:
    """An engine that knows one page: `lines` boxes of writing, legible only when the marked corner is at the top left."""

    lines: int = 8
    looks: int = 0
    strips: list[float] = field(default_factory=list)
    name: str = "paper"

    def page(self, turned: int = 0) -> Any:
        """The page, turned clockwise."""
        pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        pixels[:10, :10] = 0
        return read.turn(pixels, turned)

    def find(self, pixels: Any, text_height_px: float = 0.0) -> list[Any]:
        self.looks += 1
        boxes = [(40, 50 + 60 * i, 240, 70 + 60 * i) for i in range(self.lines)]
        if pixels.shape[1] > pixels.shape[0]:
            boxes = [(y, x, y2, x2) for x, y, x2, y2 in boxes]
        return [np.array([[x, y], [x2, y], [x2, y2], [x, y2]], np.float32) for x, y, x2, y2 in boxes]

    def words(self, pixels: Any, quads: Sequence[Any]) -> list[Word]:
        upright = pixels.shape[0] > pixels.shape[1] and not pixels[:5, :5].any()
        self.strips += [float(quad[0, 1]) for quad in quads]
        return [Word(quad, "Amoxicillin" if upright else "uillixomA", 0.97 if upright else 0.68) for quad in quads]


@dataclass
class AWholePageEngine:
    """An engine that can only read a page at once, as Tesseract does."""

    paper: APaper
    reads: int = 0
    name: str = "whole"

    def recognise(self, pixels: Any, text_height_px: float = 0.0) -> list[Word]:
        self.reads += 1
        return self.paper.words(pixels, self.paper.find(pixels))


def test_an_upright_page_is_looked_at_once_and_each_of_its_lines_read_once() -> None:
    paper = APaper()

    found = read.page(paper.page(), paper)

    assert (found.turned, paper.looks, len(paper.strips), len(found.words)) == (0, 1, 8, 8)


def test_a_page_upside_down_is_told_by_five_lines_and_only_then_read() -> None:
    paper = APaper()

    found = read.page(paper.page(180), paper)

    assert (found.turned, paper.looks, len(paper.strips)) == (180, 1, 5 + 8)
    assert {word.text for word in found.words} == {"Amoxicillin"}


def test_the_words_of_a_turned_page_stand_where_they_are_on_the_page_turned_back() -> None:
    paper = APaper(lines=1)

    found = read.page(paper.page(180), paper)

    assert found.words[0].quad.tolist() == [[159, 529], [359, 529], [359, 549], [159, 549]]
    assert np.array_equal(found.pixels, paper.page())


@pytest.mark.parametrize("turned", [90, 270])
def test_a_page_on_its_side_is_turned_by_the_shape_of_its_lines(turned: int) -> None:
    paper = APaper()

    found = read.page(paper.page(turned), paper)

    assert (found.turned, found.pixels.shape[:2]) == (360 - turned, (HEIGHT, WIDTH))
    assert {word.text for word in found.words} == {"Amoxicillin"}


def test_a_page_without_writing_costs_one_look() -> None:
    paper = APaper(lines=0)

    found = read.page(paper.page(), paper)

    assert (found.words, found.turned, paper.looks, paper.strips) == ([], 0, 1, [])


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_an_engine_for_whole_pages_tries_the_directions_until_one_reads_well(turned: int) -> None:
    engine = AWholePageEngine(APaper())

    found = read.page(engine.paper.page(turned), engine)

    assert found.turned == (360 - turned) % 360
    assert engine.reads == {0: 1, 180: 2, 270: 3, 90: 4}[turned]


def test_an_engine_for_whole_pages_does_not_turn_one_without_writing() -> None:
    engine = AWholePageEngine(APaper(lines=0))

    read.page(engine.paper.page(), engine)

    assert engine.reads == 1
