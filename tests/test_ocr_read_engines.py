"""The two real engines, on lines drawn here."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from worker.ocr import lines, ppocr, tesseract
from worker.ocr.engines import NoEngine, Word
from worker.ocr.ppocr import PpOcr
from worker.ocr.tesseract import Tesseract

ROOT = Path(__file__).resolve().parent.parent


@cache
def ppocr_engine() -> PpOcr:
    return PpOcr()


def a_page(*texts: str, width: int = 620, size: int = 28) -> Any:
    """Black on white, one text a row, 60 px apart from 30 px on."""
    image = Image.new("RGB", (width, 60 * len(texts) + 40), "white")
    draw = ImageDraw.Draw(image)
    for row, text in enumerate(texts):
        draw.text((30, 30 + 60 * row), text, fill="black", font=ImageFont.load_default(size))
    return np.asarray(image)


def read_by(engine: Any, pixels: Any) -> list[str]:
    return [row.text for row in lines.rows(engine.recognise(pixels))]


def test_ppocr_reads_print_and_says_where_it_stands() -> None:
    (word,) = ppocr_engine().recognise(a_page("Amoxicillin 500mg caps"))

    assert word.text == "Amoxicillin 500mg caps"
    assert word.confidence > 0.9
    assert np.abs(word.quad[0] - (28, 30)).max() < 12


def test_ppocr_keeps_the_blank_between_x_and_a_duration() -> None:
    assert read_by(ppocr_engine(), a_page("i tab tds x 5/7")) == ["i tab tds x 5/7"]


@pytest.mark.parametrize(
    ("seen", "chances", "text"),
    [
        ("x5/7", [0.3, 0, 0], "x 5/7"),
        ("QTY:20", [0, 0, 0, 0.2, 0], "QTY: 20"),
        ("08:44", [0, 0.3, 0.3, 0], "08:44"),
        ("12.5", [0, 0.2, 0.4], "12.5"),
        ("od,", [0, 0.5], "od,"),
        ("tds", [0.1, 0.05], "tds"),
    ],
)
def test_a_blank_that_was_nearly_read_is_put_in_but_never_into_a_number(seen: str, chances: list[float], text: str) -> None:
    assert ppocr.spaced(list(seen), chances) == text


def test_ppocr_finds_nothing_on_a_blank_page() -> None:
    assert ppocr_engine().recognise(np.full((800, 600, 3), 250, np.uint8)) == []


@pytest.mark.parametrize("shape", [(20, 1200), (1200, 20), (1, 1), (5, 3000)])
def test_a_strip_of_any_shape_takes_ppocr_no_longer_than_a_page(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*shape, 3), np.uint8)
    began = time.process_time()

    ppocr_engine().recognise(noise)

    assert time.process_time() - began < 5


def test_ppocr_reads_with_every_socket_refused_and_without_its_package_being_imported() -> None:
    source = """
import socket, sys
def refuse(*_a, **_k): raise AssertionError("a socket")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from worker.ocr.ppocr import PpOcr
PpOcr().recognise(np.full((200, 200, 3), 255, np.uint8))
print([name for name in ("rapidocr", "requests", "urllib3") if name in sys.modules])
"""
    dead = os.environ | {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}

    answer = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT, env=dead)

    assert (answer.stdout.strip(), answer.returncode) == ("[]", 0), answer.stderr


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_ppocr_without_its_weights_says_so(tmp_path: Path, content: bytes | None) -> None:
    for name in (ppocr.DETECTOR, ppocr.RECOGNISER):
        if content is not None:
            (tmp_path / name).write_bytes(content)

    with pytest.raises(NoEngine, match=ppocr.DETECTOR):
        PpOcr(tmp_path)


def test_more_of_the_page_is_looked_at_where_letters_are_small() -> None:
    scales = [ppocr.detection_scale(1600, height) for height in (8, 16, 40)]

    assert scales == [0.9, 0.75, 0.5]


def test_a_small_picture_is_never_enlarged() -> None:
    assert ppocr.detection_scale(300, 4) == 1.0


def opinion_of(texts: list[str], angle: float = 0.0) -> list[str]:
    pixels = a_page(*texts)
    rows = []
    for number, text in enumerate(texts):
        left, top, width = 24, 24 + 60 * number, 20 + 15 * len(text)
        quad = np.array([[left, top], [left + width, top], [left + width, top + 44], [left, top + 44]], np.float32)
        rows.append(lines.Row((Word(quad, text, 0.9),)))
    return tesseract.find().opinions(pixels, rows)


def test_tesseract_gives_each_line_its_own_opinion() -> None:
    texts = ["Lisinopril 10mg tabs", "Metformin 850mg", "one at night"]

    assert opinion_of(texts) == texts


def test_tesseract_is_not_started_for_no_lines() -> None:
    assert Tesseract("/nowhere/tesseract").opinions(a_page("x"), []) == []


def test_tesseract_reads_a_page_in_the_places_of_that_page() -> None:
    found = tesseract.find().recognise(a_page("Ibuprofen 400mg", size=34))

    assert [word.text for word in found] == ["Ibuprofen", "400mg"]
    assert np.abs(found[0].quad[0] - (30, 38)).max() < 12


def a_program(folder: Path, body: str) -> str:
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("body", ["exit 1", "echo nonsense", "kill -9 $$"])
def test_a_tesseract_that_fails_is_no_engine(tmp_path: Path, body: str) -> None:
    with pytest.raises(NoEngine):
        Tesseract(a_program(tmp_path, body)).recognise(a_page("Ibuprofen"))


def test_a_tesseract_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "LIMIT_S", 0.3)  # the real limit is half a minute
    began = time.monotonic()

    with pytest.raises(NoEngine):
        Tesseract(a_program(tmp_path, "exec sleep 20")).recognise(a_page("Ibuprofen"))

    assert time.monotonic() - began < 5


def test_a_program_that_was_named_and_is_not_there_is_no_engine() -> None:
    with pytest.raises(NoEngine, match="/nowhere/tesseract"):
        tesseract.find("/nowhere/tesseract")


def test_tesseract_runs_on_one_thread(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = a_program(tmp_path, f'echo "$OMP_THREAD_LIMIT $TESSDATA_PREFIX" > {told}; exit 1')

    with pytest.raises(NoEngine):
        Tesseract(program, "/models").recognise(a_page("Ibuprofen"))

    assert told.read_text().split() == ["1", "/models"]
