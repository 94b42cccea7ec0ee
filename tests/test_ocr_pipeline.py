"""From the bytes of a file to its lines and pictures, with the real engines, on a paper drawn here and two of the test papers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from models.readings import Reading, dumps, loads
from tests.ocr_files import pdf, typed
from worker.ocr import pipeline, ppocr
from worker.ocr.engines import NoEngine
from worker.ocr.errors import Unreadable
from worker.ocr.medicines import Entry, Medicines
from worker.ocr.parse import understand

PAPERS = Path(__file__).resolve().parent / "data" / "papers"
PDF_SHOP = Medicines.of(
    [
        Entry("m1", "Bromocriptine", "Bromocriptine", "2.5 mg", "Tablet"),
        Entry("m2", "Ofloxacin", "Ofloxacin", "200 mg", "Tablet"),
        Entry("m3", "Crestor", "Rosuvastatin", "20 mg", "Tablet"),
    ]
)
LINES = (
    "Harbour Light Clinic",
    "Patient: Ada Obi        Date: 04/03/2026",
    "1. Tab Amlodipine 10mg i od x 1/12",
    "2. Cap Amoxicillin 500mg i tds x 5/7",
    "Dr. T. Bassey",
)


def drawn(turned: int = 0, kind: str = "PNG") -> bytes:
    """The paper as a file, turned clockwise."""
    image = Image.new("RGB", (900, 1100), "white")
    draw = ImageDraw.Draw(image)
    for row, text in enumerate(LINES):
        draw.text((80, 90 + 90 * row), text, fill=(20, 20, 60), font=ImageFont.load_default(34))
    file = BytesIO()
    image.rotate(-turned, expand=True).save(file, kind)
    return file.getvalue()


@cache
def read_upright() -> Reading:
    return pipeline.read_pages(drawn())[0]


@pytest.fixture
def engines_anew() -> Iterator[None]:
    """What a test makes of the engines is forgotten after it."""
    pipeline.engines.cache_clear()
    yield
    pipeline.warm("tesseract", "", "")
    pipeline.engines.cache_clear()


def test_a_paper_is_read_line_by_line() -> None:
    assert [line.text for line in read_upright().lines] == [" ".join(text.split()) for text in LINES]


def test_the_lines_that_name_medicines_and_no_others_are_read_a_second_time() -> None:
    seconds = [line.second for line in read_upright().lines]

    assert ["Amlodipine 10mg" in seconds[2], "Amoxicillin 500mg" in seconds[3]] == [True, True]
    assert [seconds[0], seconds[1], seconds[4]] == ["", "", ""]


def test_boxes_stand_on_the_page_where_the_writing_is() -> None:
    box = read_upright().lines[2].box

    assert abs(box.left - 80 / 900) < 0.03
    assert abs(box.top - 270 / 1100) < 0.03
    assert 0.02 < box.height < 0.06


def test_a_reading_can_be_stored_and_read_again() -> None:
    assert loads(dumps(read_upright())) == read_upright()


@pytest.mark.parametrize("turned", [90, 180])
def test_a_turned_paper_is_read_and_its_picture_turned(turned: int) -> None:
    reading, (pixels,) = pipeline.read_pages(drawn(turned), "ppocr")

    assert [line.text for line in reading.lines] == [line.text for line in read_upright().lines]
    assert reading.pages[0].turned == 360 - turned
    assert pixels.shape[0] > pixels.shape[1]
    assert abs(reading.lines[2].box.top - read_upright().lines[2].box.top) < 0.03


def test_the_pictures_of_a_page_are_jpeg_of_at_most_two_thousand_pixels() -> None:
    image = Image.new("L", (2600, 1300), 255)
    ImageDraw.Draw(image).text((200, 400), "Amlodipine 10mg", fill=0, font=ImageFont.load_default(90))
    file = BytesIO()
    image.save(file, "PNG")

    (picture,) = pipeline.read(file.getvalue(), engine="ppocr").pictures

    sizes = [Image.open(BytesIO(jpeg)).size for jpeg in (picture.flat_jpeg, picture.photo_jpeg)]
    assert [max(size) for size in sizes] == [2000, 2000]


def test_the_text_of_a_pdf_is_taken_as_it_stands() -> None:
    reading = pipeline.read_file(PAPERS / "pdf_00.pdf")

    assert all(page.from_text for page in reading.pages)
    assert {line.confidence for line in reading.lines} == {1.0}
    truth = (PAPERS / "pdf_00.gt.txt").read_text().split()
    assert sorted(reading.text.split()) == sorted(truth)


def test_the_lines_of_a_pdf_that_name_medicines_have_a_second_opinion() -> None:
    items = understand(pipeline.read_file(PAPERS / "pdf_00.pdf"), PDF_SHOP).items

    assert [(item.name, item.sure) for item in items[:3]] == [("Bromocriptine", True), ("Ofloxacin", True), ("Crestor", True)]


def test_a_font_whose_glyphs_are_not_its_letters_makes_the_line_unsure() -> None:
    lying = b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
    lying += b"2 beginbfrange <00> <34> <0000> <36> <FF> <0036> endbfrange 1 beginbfchar <35> <0031> endbfchar endcmap end"
    content = typed() + b"BT /F2 14 Tf 50 560 Td (1. Tab Ofloxacin 50mg bd) Tj 0 -40 Td (2. Tab Ofloxacin 20mg bd) Tj ET"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 5 0 R>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<</Font<</F1 4 0 R/F2 6 0 R>>>>>>"
    plain = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    pages = b"<</Type/Pages/Kids[7 0 R]/Count 1>>"
    file = pdf([b"<</Type/Catalog/Pages 2 0 R>>", pages, ("", content), plain, ("", lying), font, page])

    read = understand(pipeline.read_pages(file)[0], PDF_SHOP).items

    told = [(item.strength, item.doubts) for item in read if item.name == "Ofloxacin"]
    assert [(strength, "engines_differ" in doubts) for strength, doubts in told] == [("10mg", True), ("20mg", False)]


def test_a_blank_page_has_no_lines() -> None:
    file = BytesIO()
    Image.new("RGB", (800, 1000), (240, 240, 235)).save(file, "PNG")

    assert pipeline.read_pages(file.getvalue())[0].lines == ()


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(Unreadable, match="not_a_picture"):
        pipeline.read(b"hello, this is no picture")


def test_tesseract_reads_alone_where_it_is_told_to() -> None:
    reading = pipeline.read_pages(drawn(), "tesseract")[0]

    assert reading.engine == "tesseract"
    assert "Amlodipine 10mg" in reading.text
    assert {line.second for line in reading.lines} == {""}


def test_tesseract_reads_alone_where_the_weights_are_missing(
    engines_anew: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ppocr, "_weights", lambda: tmp_path)  # an installed package without its weights cannot be had otherwise

    assert pipeline.engines("auto").name == "tesseract"


def test_ppocr_reads_alone_where_there_is_no_tesseract(engines_anew: None) -> None:
    pipeline.warm("auto", "/nowhere/tesseract")

    assert pipeline.engines("auto").name == "ppocr"


def test_a_tesseract_that_breaks_costs_the_second_opinion_only(engines_anew: None, tmp_path: Path) -> None:
    broken = tmp_path / "tesseract"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    pipeline.warm("auto", str(broken))

    reading = pipeline.read_pages(drawn())[0]

    assert [line.text for line in reading.lines] == [line.text for line in read_upright().lines]
    assert {line.second for line in reading.lines} == {""}


def test_ppocr_asked_for_by_name_is_not_replaced(engines_anew: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ppocr, "_weights", lambda: tmp_path)  # as above

    with pytest.raises(NoEngine):
        pipeline.engines("ppocr")
