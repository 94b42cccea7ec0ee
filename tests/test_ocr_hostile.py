"""Files made to hurt, read by the real loader in the real child: each ends with its code, soon, and the next file is read."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests import ocr_files
from tests.ocr_files import pdf_page, typed
from worker.ocr.reader import Reader, ReaderDied, Unreadable

MIB = 1024 * 1024
MEMORY_MIB, TIME_S = 400, 6.0


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    made = Reader(pipeline="tests.ocr_pipelines:read", memory_mib=MEMORY_MIB)
    yield made
    made.close()


def code_of(reader: Reader, content: bytes) -> str:
    """How a file ended: its kind when it was read, else the code of the error."""
    try:
        return reader.read(content, timeout_s=TIME_S).reading.text.partition(" ")[0]
    except (Unreadable, ReaderDied) as ended:
        return ended.code


def archive_named_photo() -> bytes:
    return b"PK\x03\x04" + b"\0" * 26 + b"photo.jpg" + b"x" * 100


def picture_then_script() -> bytes:
    return ocr_files.saved(ocr_files.paper((200, 200)), "JPEG") + b"<script>alert(1)</script>" * 100


def gif_of_many_frames() -> bytes:
    frame = ocr_files.paper((64, 64), "P")
    return ocr_files.saved(
        frame, "GIF", save_all=True, append_images=[ocr_files.paper((64, 64), "P", [str(n)]) for n in range(200)]
    )


def tiff_of_many_pages() -> bytes:
    page = ocr_files.paper((16, 16), "1")
    return ocr_files.saved(page, "TIFF", save_all=True, append_images=[page] * 600)


FILES: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "a program": (lambda: b"MZ" + bytes(2000), {"not_a_picture"}),
    "an archive named photo.jpg": (archive_named_photo, {"not_a_picture"}),
    "a web page": (lambda: b"<html><script>alert(1)</script></html>", {"not_a_picture"}),
    "a picture with a script behind it": (picture_then_script, {"jpeg"}),
    "100 kB that unpack to 900 megapixels": (ocr_files.png_bomb, {"too_many_pixels"}),
    "200 megapixels": (lambda: ocr_files.png_header_of(20_000, 10_000), {"too_many_pixels"}),
    "a strip": (lambda: ocr_files.saved(Image.new("RGB", (60_000, 1)), "PNG"), {"png"}),
    "a moving picture of 200 frames": (gif_of_many_frames, {"gif"}),
    "a TIFF of 600 pages": (tiff_of_many_pages, {"tiff"}),
    "a PDF of 500 pages": (lambda: pdf_page(typed(), pages=500), {"GENERAL"}),
    "a PDF page as large as a town": (lambda: pdf_page(typed(), box="0 0 1000000 1000000"), {"pdf"}),
    "a PDF of two kilobytes that unpacks to 100 MB of strokes": (ocr_files.pdf_of_packed_strokes, {"memory", "timeout"}),
    "a PDF of forms in forms": (ocr_files.pdf_of_nested_forms, {"memory", "timeout"}),
    "a PDF of brackets in brackets": (ocr_files.pdf_of_brackets, {"pdf", "broken"}),
    "a PDF with a picture of 3,600 megapixels": (ocr_files.pdf_of_huge_picture, {"pdf", "memory", "timeout"}),
    "a PDF that is its own child": (ocr_files.pdf_that_is_its_own_child, {"broken"}),
    "half a PDF": (lambda: pdf_page(typed())[:400], {"broken"}),
}


@pytest.mark.parametrize("name", FILES)
def test_each_ends_with_its_code_in_time_and_the_next_file_is_read(reader: Reader, name: str) -> None:
    make, codes = FILES[name]
    content = make()
    assert code_of(reader, ocr_files.saved(ocr_files.paper((60, 60)), "PNG")) == "png"
    held, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()

    ended = code_of(reader, content)

    assert ended in codes
    assert time.monotonic() - began < TIME_S + 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 64 * 1024  # KiB: nothing of it is unpacked here
    assert code_of(reader, ocr_files.saved(ocr_files.paper((60, 60)), "PNG")) == "png"


def test_five_hundred_pages_cost_no_more_than_five(reader: Reader) -> None:
    few, many = (pdf_page(typed(left=9, top=180, size=6), box="0 0 200 200", pages=number) for number in (5, 500))
    assert code_of(reader, few) == "GENERAL"
    before = cpu_s(reader)
    code_of(reader, few)
    between = cpu_s(reader)
    read = reader.read(many, timeout_s=20).reading

    assert (len(read.pages), read.more_pages) == (5, 495)
    assert cpu_s(reader) - between < 1.5 * (between - before) + 0.1


def cpu_s(reader: Reader) -> float:
    """Processor seconds of the child so far."""
    user, system = Path(f"/proc/{reader.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100
