"""A picture of whatever kind becomes pages of one kind: RGB, upright, on white, of a bounded size."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from tests import ocr_files
from worker.ocr.errors import Unreadable
from worker.ocr.load import MAX_BYTES, load

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def near(pixel: np.ndarray, colour: tuple[int, int, int], distance: int = 30) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= distance)


def quarters(pixels: np.ndarray) -> list[np.ndarray]:
    """The middles of the four quarters, clockwise from the upper left."""
    height, width = pixels.shape[:2]
    return [pixels[height * y // 4, width * x // 4] for x, y in ((1, 1), (3, 1), (3, 3), (1, 3))]


@pytest.mark.parametrize(
    ("saved_as", "kind"),
    [
        ("JPEG", "jpeg"),
        ("MPO", "jpeg"),
        ("PNG", "png"),
        ("GIF", "gif"),
        ("WEBP", "webp"),
        ("TIFF", "tiff"),
        ("BMP", "bmp"),
        ("AVIF", "avif"),
        ("HEIF", "heic"),
    ],
)
def test_every_kind_of_picture_is_told_by_its_content_and_read_in_colour(saved_as: str, kind: str) -> None:
    content = ocr_files.saved(ocr_files.corners(), saved_as)

    loaded = load(content)

    assert (loaded.kind, loaded.more_pages, loaded.incomplete, len(loaded.pages)) == (kind, 0, False, 1)
    assert all(near(*pair) for pair in zip(quarters(loaded.pages[0].pixels), (RED, GREEN, BLUE, BLACK), strict=True))


@pytest.mark.parametrize(
    ("mode", "saved_as"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("P", "PNG"), ("YCbCr", "TIFF"), ("RGBA", "PNG"), ("LAB", "TIFF")]
)
def test_colours_survive_whatever_way_they_are_kept(mode: str, saved_as: str) -> None:
    picture = ocr_files.corners()
    content = ocr_files.saved(picture.quantize(8) if mode == "P" else picture.convert(mode), saved_as)

    pixels = load(content).pages[0].pixels

    assert pixels.dtype == np.uint8
    assert all(near(*pair) for pair in zip(quarters(pixels), (RED, GREEN, BLUE, BLACK), strict=True))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "I", "F"])
def test_grey_of_one_to_thirty_two_bits_keeps_dark_dark_and_light_light(mode: str) -> None:
    picture = ocr_files.corners().convert("1" if mode == "1" else "L")
    if mode in ("I;16", "I", "F"):
        wide = np.asarray(picture).astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]) * 257
        picture = Image.fromarray(wide)
    content = ocr_files.saved(picture.convert("LA") if mode == "LA" else picture, "TIFF" if mode in ("I", "F") else "PNG")

    red, green, blue, black = (int(quarter[0]) for quarter in quarters(load(content).pages[0].pixels))

    assert black < 10
    if mode != "1":
        assert green > red > blue > black


def test_sixteen_bits_that_use_only_twelve_are_not_black() -> None:
    content = ocr_files.saved(Image.fromarray(np.asarray(ocr_files.paper(mode="L")).astype(np.uint16) * 16), "PNG")

    assert load(content).pages[0].pixels.max() == 255


@pytest.mark.parametrize("how", ["RGBA", "P", "L"])
def test_what_is_transparent_becomes_white_paper(how: str) -> None:
    if how == "RGBA":
        content = ocr_files.saved(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG")
    else:
        content = ocr_files.saved(Image.new(how, (100, 100), 0), "PNG", transparency=0)

    assert load(content).pages[0].pixels.min() == 255


@pytest.mark.parametrize("saved_as", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_its_exif_says(orientation: int, saved_as: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = ocr_files.saved(ocr_files.corners(), saved_as, exif=exif)

    pixels = load(content).pages[0].pixels

    upright = {
        1: (RED, GREEN, BLUE, BLACK),
        2: (GREEN, RED, BLACK, BLUE),
        3: (BLUE, BLACK, RED, GREEN),
        4: (BLACK, BLUE, GREEN, RED),
        5: (RED, BLACK, BLUE, GREEN),
        6: (BLACK, RED, GREEN, BLUE),
        7: (BLUE, GREEN, RED, BLACK),
        8: (GREEN, BLUE, BLACK, RED),
    }[orientation]
    assert pixels.shape == ((480, 640, 3) if orientation < 5 else (640, 480, 3))
    assert all(near(*pair) for pair in zip(quarters(pixels), upright, strict=True))


def test_a_damaged_exif_block_costs_nothing_but_itself() -> None:
    content = ocr_files.saved(ocr_files.corners(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 40)

    assert load(content).pages[0].pixels.shape == (480, 640, 3)


def test_a_photo_larger_than_needed_is_made_smaller_in_its_own_shape() -> None:
    content = ocr_files.saved(Image.new("RGB", (8000, 4000), "white"), "JPEG")

    assert load(content).pages[0].pixels.shape == (1600, 3200, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_what_moves_the_first_picture_is_read(kind: str) -> None:
    first, *others = [Image.new("RGB", (60, 60), colour) for colour in ("red", "lime", "blue")]
    content = ocr_files.saved(first, kind, save_all=True, append_images=others)

    loaded = load(content)

    assert (len(loaded.pages), loaded.more_pages) == (1, 0)
    assert near(loaded.pages[0].pixels[30, 30], RED)


@pytest.mark.parametrize("compression", ["group4", "tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"])
def test_a_tiff_gives_its_first_five_pages_and_counts_the_rest(compression: str) -> None:
    first, *others = [ocr_files.paper((200, 100 + number), "1" if compression == "group4" else "RGB") for number in range(8)]
    content = ocr_files.saved(first, "TIFF", compression=compression, save_all=True, append_images=others)

    loaded = load(content)

    assert [page.pixels.shape[0] for page in loaded.pages] == [100, 101, 102, 103, 104]
    assert loaded.more_pages == 3


@pytest.mark.parametrize("part", [0.9, 0.5, 0.3])
def test_of_a_jpeg_that_ends_too_early_the_part_that_is_there_is_read(part: float) -> None:
    content = ocr_files.saved(ocr_files.corners(), "JPEG", quality=95)

    loaded = load(content[: int(len(content) * part)])

    assert loaded.incomplete
    assert near(loaded.pages[0].pixels[5, 5], RED)


@pytest.mark.parametrize(("kind", "part"), [("PNG", 0.5), ("GIF", 0.5), ("TIFF", 0.5), ("BMP", 0.5)])
def test_other_pictures_that_end_too_early_are_read_and_marked(kind: str, part: float) -> None:
    content = ocr_files.saved(ocr_files.paper(), kind)

    assert load(content[: int(len(content) * part)]).incomplete


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_a_picture_of_which_only_the_beginning_came_is_broken(kind: str) -> None:
    content = ocr_files.saved(ocr_files.paper(), kind)

    with pytest.raises(Unreadable) as told:
        load(content[:60])

    assert told.value.code == "broken"


@pytest.mark.parametrize(
    ("size", "shape"), [((40_000, 1), (400, 3200)), ((1, 5000), (3200, 400)), ((1, 1), (32, 32)), ((900, 20), (113, 900))]
)
def test_a_strip_is_laid_on_paper_so_that_no_engine_blows_it_up(size: tuple[int, int], shape: tuple[int, int]) -> None:
    content = ocr_files.saved(Image.new("RGB", size, "red"), "PNG")

    assert load(content).pages[0].pixels.shape[:2] == shape


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        b"PK\x03\x04" + b"\0" * 200,
        b"<!DOCTYPE html><html><body>Paracetamol 500mg</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"Tab Paracetamol 500mg tds",
        b"push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 'https://x/'",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"\x00",
    ],
)
def test_what_is_no_picture_is_refused_whatever_its_name_says(content: bytes) -> None:
    with pytest.raises(Unreadable) as told:
        load(content)

    assert told.value.code == "not_a_picture"


@pytest.mark.parametrize(("content", "code"), [(b"", "empty"), (b"\xff\xd8\xff" + bytes(MAX_BYTES), "too_big")])
def test_files_of_no_bytes_or_too_many_are_refused_by_that(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as told:
        load(content)

    assert told.value.code == code


def webp_that_claims(width: int, height: int) -> bytes:
    body = b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 1000) + b"WEBPVP8X" + struct.pack("<I", 10) + body + bytes(900)


@pytest.mark.parametrize(
    "content",
    [
        ocr_files.png_header_of(20_000, 10_000),
        ocr_files.png_header_of(30_000, 30_000),
        ocr_files.png_header_of(2**31 - 1, 2**31 - 1),
        b"BM" + struct.pack("<IHHIIiiHHII", 0, 0, 0, 54, 40, 20_000, 10_000, 1, 24, 0, 0) + bytes(100),
        b"GIF89a"
        + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
        + b","
        + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
        + b"\x08\0;",
        webp_that_claims(16_383, 16_383),
    ],
    ids=["png of 200 megapixels", "png of 900", "png of the largest sides", "bmp", "gif", "webp"],
)
def test_more_pixels_than_a_camera_has_are_refused_by_the_header(content: bytes) -> None:
    with pytest.raises(Unreadable) as told:
        load(content)

    assert told.value.code == "too_many_pixels"


def test_a_heic_that_nothing_here_decodes_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.ocr.load.HEIF", False)  # as on a machine for which the decoder has no wheel

    with pytest.raises(Unreadable) as told:
        load(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")

    assert told.value.code == "heic"
