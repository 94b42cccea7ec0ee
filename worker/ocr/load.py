"""Bytes from a stranger -> pages as pixels. What it is, the bytes themselves say: never a name and never a mime type.

Runs in the reader's child process (`child.py`): whatever a decoder does with a hostile file, it does it there. What can be
refused by looking at a header is refused here, before anything is unpacked.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, ImageFile

from worker.ocr import pdf
from worker.ocr.errors import Unreadable
from worker.ocr.sheets import MAX_PAGES, MAX_SIDE, Loaded, Sheet, sheet

Image.init()  # Pillow's decoders, which it otherwise loads one after the other while it guesses
try:
    from pillow_heif import register_heif_opener
except ImportError:  # no wheel for this machine: HEIC is then refused with a sentence of its own
    HEIF = False
else:
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    HEIF = True

__all__ = ["Loaded", "Sheet", "Unreadable", "load", "told_by_content"]

MAX_BYTES = 24_000_000
MAX_PIXELS = 64_000_000  # the 50-megapixel cameras of phones, and A4 scanned at 600 dpi (35 megapixels)
MAX_WEBP_PIXELS = 25_000_000  # its decoder holds the canvas four times over: 16 bytes a pixel
MAX_PAGES_COUNTED = 500  # a TIFF's pages are a chain that must be walked to be counted
# Pillow's decoder of each kind; no other is ever tried.
DECODERS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "tiff": ("TIFF",),
    "bmp": ("BMP",),
    "avif": ("AVIF", "HEIF"),
    "heic": ("HEIF",),
}
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error, LookupError, TypeError, RuntimeError)  # what decoders raise
AVIF_BRANDS = (b"avif", b"avis")


def load(content: bytes) -> Loaded:
    """The pages of a picture or PDF. Raises Unreadable; MemoryError passes through."""
    if not content:
        raise Unreadable("empty")
    if len(content) > MAX_BYTES:
        raise Unreadable("too_big")
    kind = told_by_content(content)
    if kind == "pdf":
        return pdf.load(content)
    if kind == "heic" and not HEIF:
        raise Unreadable("heic")
    if kind == "webp" and _webp_pixels(content) > MAX_WEBP_PIXELS:
        raise Unreadable("too_many_pixels")  # its decoder allocates the canvas when it is opened
    return _picture(content, kind)


def told_by_content(content: bytes) -> str:
    """The kind of file by its first bytes. Raises Unreadable("not_a_picture")."""
    head = content[:32]
    for kind, magic in (
        ("jpeg", b"\xff\xd8\xff"),
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("gif", b"GIF87a"),
        ("gif", b"GIF89a"),
        ("tiff", b"II*\x00"),
        ("tiff", b"MM\x00*"),
        ("tiff", b"II+\x00"),
        ("bmp", b"BM"),
    ):
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brands = [head[8:12], *(content[at : at + 4] for at in range(16, min(_u32(head, 0), 64), 4))]
        if any(brand in AVIF_BRANDS for brand in brands):
            return "avif"
        if any(brand in HEIF_BRANDS for brand in brands):
            return "heic"
    if b"%PDF-" in content[:1024]:  # readers allow some bytes in front of it
        return "pdf"
    raise Unreadable("not_a_picture")


def _picture(content: bytes, kind: str) -> Loaded:
    """The pages of a picture; of one that is damaged or cut off, at a second try, what decoders make of the rest of it."""
    try:
        return _pages(content, kind, forgiving=False)
    except Unreadable as refused:
        if refused.code != "broken":
            raise
    loaded = _pages(content, kind, forgiving=True)
    if not any(_shows_something(page) for page in loaded.pages):
        raise Unreadable("broken")
    return loaded


def _pages(content: bytes, kind: str, *, forgiving: bool) -> Loaded:
    with _pillow(forgiving):
        try:
            pages, more = _frames(content, kind)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise Unreadable("too_many_pixels") from bomb
        except DAMAGE as bad:
            raise Unreadable("broken") from bad
    return Loaded(tuple(pages), more, kind, incomplete=forgiving)


def _shows_something(page: Sheet) -> bool:
    """Whether a picture that was cut off early has more than one shade, the one that decoders fill up with."""
    return int(page.pixels.max()) - int(page.pixels.min()) > 8


@contextmanager
def _pillow(forgiving: bool) -> Iterator[None]:
    """Pillow within our limits: too many pixels is an error before decoding, and `forgiving` reads what a cut file has."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = MAX_PIXELS, forgiving
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def _frames(content: bytes, kind: str) -> tuple[list[Sheet], int]:
    """The pages and how many were left out. Only a TIFF has pages: of what moves, the first picture is the one meant."""
    with Image.open(BytesIO(content), formats=DECODERS[kind]) as image:
        pages, more = [_decoded(image)], 0
        if kind != "tiff":
            return pages, more
        for number in range(1, MAX_PAGES_COUNTED):
            try:
                image.seek(number)
            except DAMAGE:
                break  # the end, or a damaged later page: the pages before it are worth having
            if number < MAX_PAGES:
                pages.append(_decoded(image))
            else:
                more += 1
        return pages, more


def _decoded(image: Image.Image) -> Sheet:
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    if min(image.size) < 1:
        raise ValueError("no pixels")
    if image.format in ("JPEG", "MPO"):  # decoded at a half or a quarter, where that is still large enough
        part = MAX_SIDE / max(image.size)
        image.draft(None, (max(1, int(image.width * part)), max(1, int(image.height * part))))
    image.load()
    return sheet(image)


def _webp_pixels(content: bytes) -> int:
    """Pixels of a WEBP by its header (developers.google.com/speed/webp/docs/riff_container); 0 where it tells none."""
    chunk, body = content[12:16], content[20:30]
    if len(body) < 10:
        return 0
    if chunk == b"VP8X":
        return (1 + int.from_bytes(body[4:7], "little")) * (1 + int.from_bytes(body[7:10], "little"))
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (1 + (bits & 0x3FFF)) * (1 + (bits >> 14 & 0x3FFF))
    return (int.from_bytes(body[6:8], "little") & 0x3FFF) * (int.from_bytes(body[8:10], "little") & 0x3FFF)


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
