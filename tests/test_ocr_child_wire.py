"""What a child says is checked on arrival: lengths, counts, numbers, letters."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.readings import Box, Line, Page, Quality, Reading, dumps
from worker.ocr import wire

LINE = Line(0, Box(0.1, 0.2, 0.3, 0.1), "Paracetamol 500mg", 0.9)
READING = Reading(pages=(Page(100, 200),), lines=(LINE,), picture_hash=7, engine="ppocr", seconds=1.5, more_pages=2)


def told(reading: Reading, pictures: int = 1) -> bytes:
    return json.dumps({"pictures": pictures, "reading": dumps(reading)}).encode()


def test_a_sound_reading_arrives_as_it_left() -> None:
    assert wire.understood(told(READING)) == (READING, 1, {})


def test_lines_and_letters_beyond_the_agreed_number_are_cut_off() -> None:
    long = replace(LINE, text="x" * 1000, raw="y" * 1000, second="z" * 1000)

    reading, _, _ = wire.understood(told(replace(READING, lines=(long,) * 1000)))

    assert reading is not None
    assert len(reading.lines) == 400
    assert {len(text) for line in reading.lines for text in (line.text, line.raw, line.second)} == {300}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Paracetamol\x00 500mg\n\t1 tds", "Paracetamol 500mg 1 tds"),
        ("\u202egm005 lomatecaraP", "gm005 lomatecaraP"),
        ("Amoxi\u200bcillin\ufeff", "Amoxicillin"),
        ("½ tab · 5 µg – ₦500 Ẹ̀kọ́", "½ tab · 5 µg – ₦500 Ẹ̀kọ́"),
        ("\ud800broken", "broken"),
    ],
)
def test_letters_that_cannot_be_seen_or_that_turn_the_writing_are_taken_out(said: str, shown: str) -> None:
    assert wire.plain(said) == shown


def test_numbers_come_back_into_their_ranges() -> None:
    odd = Line(99, Box(-5, math.nan, 1e300, math.inf), "x", math.nan)
    page = Page(10**9, -1, 720, quality=Quality(sharpness=math.inf, complaint="<script>"))

    reading, _, _ = wire.understood(
        told(replace(READING, lines=(odd,), pages=(page,), seconds=math.inf, more_pages=10**12, picture_hash=-1))
    )

    assert reading is not None
    assert reading.lines[0] == Line(0, Box(0, 0, 1, 0), "x", 0)
    assert reading.pages == (Page(10_000, 0, 359),)
    assert (reading.seconds, reading.more_pages, reading.picture_hash) == (0, 100_000, 2**64 - 1)


def test_a_child_cannot_hand_over_items_or_names_which_are_found_by_the_parent() -> None:
    reading, _, _ = wire.understood(
        told(replace(READING, patient="Somebody", prescriber="Somebody else", written_on="yesterday"))
    )

    assert reading == READING


NO_ANSWERS = {
    "nothing": b"",
    "a list": b"[]",
    "a number": b"7",
    "half": b"{",
    "brackets": b"[" * 100_000,
    "a reading that is no text": b'{"reading": 7, "pictures": 1}',
    "a reading without lines": b'{"reading": "{}", "pictures": 1}',
    "a reading that is a list": b'{"reading": "[]", "pictures": 1}',
    "six pages": told(READING, 6),
    "fewer than no pages": told(READING, -1),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_is_no_answer_is_refused(name: str) -> None:
    with pytest.raises(wire.BadFrame):
        wire.understood(NO_ANSWERS[name])


NAMES = st.sampled_from(["pages", "lines", "items", "box", "text", "quality", "left", "page"])
VALUES = st.none() | st.booleans() | st.floats() | st.text(max_size=9)


@settings(max_examples=100, deadline=None)
@given(st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12))
def test_whatever_is_said_is_a_bounded_reading_or_refused(said: object) -> None:
    message = json.dumps({"pictures": 1, "reading": json.dumps(said)}).encode()

    try:
        reading, _, _ = wire.understood(message)
    except wire.BadFrame:
        reading = Reading()

    assert reading is not None
    assert len(dumps(reading)) < 2_000_000


@pytest.mark.parametrize("head", [b"TOLD\xff\xff\xff\xff", b"JPEG\0\0\0\1", b"\0\0\0\0\0\0\0\0", b"TOLD\0\x40\0\0"])
def test_a_frame_of_another_kind_or_of_too_many_bytes_is_refused_by_its_head(head: bytes) -> None:
    with pytest.raises(wire.BadFrame):
        wire.head(head, wire.TOLD)


def test_only_whole_jpegs_pass_for_pictures() -> None:
    assert wire.is_jpeg(b"\xff\xd8\xff....\xff\xd9")
    assert not wire.is_jpeg(b"<svg onload=alert(1)>")
