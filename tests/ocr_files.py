"""Files that a customer may send, good and bad, made when they are needed: none of them is kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WORDS = (
    "GENERAL HOSPITAL MARINA",
    "Patient: Adaeze Nwosu    Age: 34",
    "Amoxicillin 500mg capsules, one three times daily for five days",
    "Paracetamol 500mg tablets, two every eight hours when needed",
    "Dr. Bello Ibrahim, MDCN 45210",
)


def paper(size: tuple[int, int] = (900, 1200), mode: str = "RGB", words: Sequence[str] = WORDS) -> Image.Image:
    """A sheet with printed lines."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(8, size[0] // 32))
    for number, line in enumerate(words):
        draw.text((size[0] // 20, size[1] // 10 + number * size[1] // 12), line, fill="black", font=font)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def corners(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Red, green, blue and black, clockwise from the upper left corner: tells how a picture was turned."""
    image = Image.new("RGB", size)
    half = size[0] // 2, size[1] // 2
    for place, colour in (((0, 0), "red"), ((half[0], 0), "lime"), (half, "blue"), ((0, half[1]), "black")):
        image.paste(colour, (*place, place[0] + half[0], place[1] + half[1]))
    return image


def png_header_of(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG of one bit that claims these sides; `body` is its compressed data."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    head = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def png_bomb(side: int = 30_000) -> bytes:
    """About 100 kB that unpack to side x side pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (side + 7) // 8)
    return png_header_of(side, side, b"".join(packer.compress(row) for _ in range(side)) + packer.flush())


def pdf(objects: Sequence[bytes | tuple[str, bytes]], trailer: str = "") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue. A pair is a stream: its dictionary and its data."""
    out, places = bytearray(b"%PDF-1.5\n"), []
    for number, thing in enumerate(objects, 1):
        places.append(len(out))
        body = (
            thing
            if isinstance(thing, bytes)
            else f"<<{thing[0]}/Length {len(thing[1])}>>\nstream\n".encode() + thing[1] + b"\nendstream"
        )
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode() + b"".join(b"%010d 00000 n \n" % at for at in places)
    return bytes(out) + f"trailer\n<</Size {len(places) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()


def pdf_page(
    content: bytes, *, box: str = "0 0 595 842", more: str = "", objects: Sequence[bytes | tuple[str, bytes]] = (), pages: int = 1
) -> bytes:
    """A PDF whose pages all show `content`, with Helvetica as /F1. `objects` begin with number 5; `more` goes into the page,
    and may give resources of its own as `/XObject<<...>>` with the key RES."""
    resources, _, rest = more.partition("|")
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>{resources}>>{rest}>>".encode()
    first = 5 + len(objects)
    kids = " ".join(f"{first + n} 0 R" for n in range(pages))
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
            ("", content),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            *objects,
            *[page] * pages,
        ]
    )


def typed(
    words: Sequence[str] = WORDS, *, mode: int = 0, colour: str = "0 g", left: int = 50, top: int = 780, size: int = 12
) -> bytes:
    """Content that writes these lines one below the other."""
    lines = "".join(f"({w}) Tj 0 -{2 * size} Td " for w in words)
    return f"BT /F1 {size} Tf {mode} Tr {colour} {left} {top} Td {lines}ET\n".encode()


def image_object(image: Image.Image) -> tuple[str, bytes]:
    """A picture as an object of a PDF."""
    about = f"/Type/XObject/Subtype/Image/Width {image.width}/Height {image.height}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    return about + "/Filter/DCTDecode", saved(image, "JPEG", quality=85)


def pdf_of_packed_strokes(megabytes: int = 100) -> bytes:
    """About a kilobyte that unpacks, twice, to that many megabytes of strokes to draw."""
    packer, stroke = zlib.compressobj(9), b"0 0 m 595 842 l S\n" * 55_000  # about a megabyte
    once = b"".join(packer.compress(stroke) for _ in range(megabytes)) + packer.flush()
    twice = zlib.compress(once, 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            page,
            ("/Filter[/FlateDecode/FlateDecode]", twice),
        ]
    )


def pdf_of_nested_forms(levels: int = 10) -> bytes:
    """Forms that each draw the next one ten times: 10 to the power of `levels` strokes in a few kilobytes."""
    forms: list[bytes | tuple[str, bytes]] = []
    for level in range(levels):
        inner = f"/Resources<</XObject<</X {6 + level} 0 R>>>>" if level < levels - 1 else ""
        content = b"/X Do " * 10 if inner else b"0 0 m 9 9 l S "
        forms.append((f"/Type/XObject/Subtype/Form/BBox[0 0 600 900]{inner}", content))
    return pdf_page(b"/X Do", more="/XObject<</X 5 0 R>>", objects=forms)


def pdf_of_brackets(depth: int = 200_000) -> bytes:
    """An array in an array in an array..."""
    return pdf_page(b"[" * depth + b"] TJ", more="|/Odd " + "[" * depth)


def pdf_of_huge_picture(width: int = 60_000, height: int = 60_000) -> bytes:
    """A page with a picture of 3,600 megapixels, all grey, packed to a few kilobytes (and packed again)."""
    row = zlib.compressobj(9)
    data = b"".join(row.compress(b"\x80" * 1_000_000) for _ in range(100)) + row.flush()
    about = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = (about + "/Filter[/FlateDecode/FlateDecode]", zlib.compress(data, 9))
    return pdf_page(b"q 595 0 0 842 0 0 cm /I Do Q", more="/XObject<</I 5 0 R>>", objects=[picture])


def pdf_that_is_its_own_child() -> bytes:
    """A tree of pages that never ends."""
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2000000000/Parent 2 0 R>>"])
