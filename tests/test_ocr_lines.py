"""Words become lines in the order in which a person reads them, on paper that leans, bends and has columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from worker.ocr import lines
from worker.ocr.engines import Word


def a_word(text: str, left: float, top: float, *, width: float = 0.0, height: float = 20.0, sure: float = 0.95) -> Word:
    right, bottom = left + (width or 11.0 * len(text)), top + height
    return Word(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32), text, sure)


def bent(words: list[Word], height_at: Any) -> list[Word]:
    """The words on paper that is pushed down by `height_at(x)` pixels."""

    def moved(word: Word) -> Word:
        quad = word.quad.copy()
        quad[:, 1] += [height_at(x) for x in quad[:, 0]]
        return Word(quad, word.text, word.confidence)

    return [moved(word) for word in words]


def texts(words: list[Word]) -> list[str]:
    return [row.text for row in lines.rows(words)]


def a_table(rows: int = 6) -> list[Word]:
    words = []
    for row in range(rows):
        top = 100 + 34 * row
        words += [a_word(f"Medicine{row} 50mg", 60, top), a_word("one daily", 420, top), a_word(f"{row}/7", 800, top)]
    return words[::-1]


EXPECTED = [f"Medicine{row} 50mg one daily {row}/7" for row in range(6)]


def test_words_come_top_to_bottom_and_left_to_right_whatever_their_order() -> None:
    words = [a_word("daily", 300, 102), a_word("Dr. Bello", 50, 200), a_word("Amlodipine 5mg", 50, 100)]

    assert texts(words) == ["Amlodipine 5mg daily", "Dr. Bello"]


def test_a_leaning_page_has_the_same_lines() -> None:
    angle = math.radians(4)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float32)

    words = [Word(word.quad @ turn.T, word.text, word.confidence) for word in a_table()]

    assert texts(words) == EXPECTED


def test_a_page_that_is_bent_at_one_side_has_the_same_lines() -> None:
    words = bent(a_table(), lambda x: -60 * (x / 900) ** 2)

    assert texts(words) == EXPECTED


def test_a_page_whose_lines_fan_out_has_the_same_lines() -> None:
    def fanned(word: Word) -> Word:
        quad = word.quad.copy()
        quad[:, 1] += quad[:, 0] / 900 * (quad[:, 1] - 190) * 0.35
        return Word(quad, word.text, word.confidence)

    assert texts([fanned(word) for word in a_table()]) == EXPECTED


def test_two_columns_of_numbered_items_are_not_one_line() -> None:
    words = [a_word("1. Amoxil 500mg tds", 50, 100), a_word("2. Flagyl 400mg tds", 420, 100)]

    assert texts(words) == ["1. Amoxil 500mg tds", "2. Flagyl 400mg tds"]


def test_words_that_stand_above_each_other_are_two_lines_even_when_they_touch() -> None:
    words = [a_word("Lisinopril 10mg", 50, 100, height=24), a_word("one at night", 60, 118, height=24)]

    assert texts(words) == ["Lisinopril 10mg", "one at night"]


def test_the_wave_of_a_signature_goes_and_the_name_beside_it_stays() -> None:
    found = lines.rows([a_word("Prescriber:", 50, 100), a_word("mwv", 260, 98, sure=0.6), a_word("Dr. Bello", 50, 200)])

    assert [row.text for row in lines.without_scribbles(found)] == ["Prescriber:", "Dr. Bello"]


def test_a_short_figure_stays_however_unsure() -> None:
    found = lines.rows([a_word("5mg", 50, 100, sure=0.3)])

    assert [row.text for row in lines.without_scribbles(found)] == ["5mg"]


def test_boxes_are_fractions_of_the_page_and_confidence_is_the_mean_over_letters() -> None:
    found = lines.rows([a_word("ab", 100, 50, width=100, sure=1.0), a_word("cdefgh", 250, 50, width=150, sure=0.6)])

    (line,) = lines.told(found, page=2, width=1000, height=500)

    assert (line.box.left, line.box.top, line.box.width, line.box.height) == (0.1, 0.1, 0.3, 0.04)
    assert (line.page, line.text, line.confidence) == (2, "ab cdefgh", 0.7)


def test_a_box_that_stands_out_of_the_page_is_cut_at_its_edge() -> None:
    found = lines.rows([a_word("edge", -20, -5, width=140)])

    (line,) = lines.told(found, page=0, width=100, height=100)

    assert (line.box.left, line.box.top, line.box.width) == (0.0, 0.0, 1.0)


def test_lines_and_their_texts_are_bounded() -> None:
    found = lines.rows([a_word("x" * 400, 0, 40 * i, width=500) for i in range(500)])

    made = lines.told(found, page=0, width=600, height=20_000)

    assert (len(made), max(len(line.text) for line in made)) == (400, 300)


def test_a_page_without_words_has_no_lines() -> None:
    assert lines.rows([]) == []
