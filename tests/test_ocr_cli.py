"""`drugsng ocr FILE`: what it prints, draws and ends with."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw, ImageFont

from models.readings import DOUBTS_OF_THE_SHOP, Box, Line, Page, Reading, loads
from worker.ocr import cli, showing
from worker.ocr.errors import UNREADABLE

PDF = Path(__file__).resolve().parent / "data" / "papers" / "pdf_00.pdf"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    image = Image.new("RGB", (700, 360), "white")
    draw = ImageDraw.Draw(image)
    for row, text in enumerate(("Harbour Light Clinic", "1. Tab Amlodipine 10mg i od x 1/12")):
        draw.text((40, 60 + 90 * row), text, fill="black", font=ImageFont.load_default(32))
    path = tmp_path / "paper.png"
    image.save(path)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.ocr, [str(argument) for argument in arguments])


def test_the_table_shows_lines_and_medicines(paper: Path) -> None:
    answer = run(paper)

    assert answer.exit_code == 0
    assert "1. Tab Amlodipine 10mg i od x 1/12" in answer.output
    assert "once a day for 1 month" in answer.output


def test_text_is_the_lines_and_nothing_else(paper: Path) -> None:
    assert run(paper, "--text", "--engine", "ppocr").output == "Harbour Light Clinic\n1. Tab Amlodipine 10mg i od x 1/12\n"


def test_json_is_the_reading_as_it_is_stored() -> None:
    reading = loads(run(PDF, "--json").output)

    assert reading.pages[0].from_text
    assert reading.items


def test_show_draws_the_page_beside_the_words(paper: Path, tmp_path: Path) -> None:
    answer = run(paper, "--text", "--engine", "ppocr", "--show", tmp_path / "out.png")

    assert answer.exit_code == 0
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.width == 2 * 700
        assert showing.SURE in {colour for _, colour in drawn.getcolors(1 << 24)}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.jpg", b"", cli.SENTENCES["empty"]),
        ("letter.jpg", b"Dear pharmacist,", cli.SENTENCES["not_a_picture"]),
        ("cut.jpg", b"\xff\xd8\xff\xe0 and no more", cli.SENTENCES["broken"]),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_three_and_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)

    answer = run(tmp_path / name)

    assert (answer.exit_code, answer.stderr.strip(), answer.stdout) == (3, sentence, "")


def test_every_reason_for_not_reading_a_file_has_a_sentence() -> None:
    assert set(cli.SENTENCES) == set(UNREADABLE)


def test_a_catalogue_that_cannot_be_reached_ends_with_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    answer = run(PDF, "--catalogue")

    assert answer.exit_code == 5
    assert "DATABASE_URL" in answer.stderr


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    answer = run(PDF, "--show", tmp_path / "out.nonsense")

    assert answer.exit_code == 1
    assert "Cannot write" in answer.stderr


def test_pages_are_shown_under_each_other() -> None:
    file = BytesIO()
    pixels = [np.full((100, 200, 3), 255, np.uint8)] * 2
    line = Line(page=1, box=Box(0.1, 0.1, 0.5, 0.2), text="5mg", confidence=0.5)

    showing.save(file, Reading(pages=(Page(200, 100), Page(200, 100)), lines=(line,)), pixels)

    with Image.open(file) as drawn:
        assert drawn.size == (400, 200)
        assert drawn.getpixel((20, 110)) == showing.UNSURE


def test_without_a_catalogue_nothing_is_said_to_be_missing_in_it(paper: Path) -> None:
    told = loads(run(paper, "--json").output).items + loads(run(PDF, "--json").output).items

    assert {doubt for item in told for doubt in item.doubts}.isdisjoint(DOUBTS_OF_THE_SHOP)
    assert "read for certain" in run(PDF).output
