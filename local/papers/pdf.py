"""PDF files: sheets as real text in the fonts that every viewer has, or pictures of pages, with or without a layer of bad text."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from local.papers.sheet import Sheet

TWINS = {"Arimo": ("Helvetica", "Helvetica-Bold"), "Tinos": ("Times-Roman", "Times-Bold"), "Cousine": ("Courier", "Courier-Bold")}


def with_text(sheets: Sequence[Sheet]) -> bytes:
    """A PDF whose words are text: what an electronic prescription's download is."""
    pages = [(_drawn(sheet), sheet.size) for sheet in sheets]
    return _file(pages, TWINS.get(sheets[0].face.family, TWINS["Arimo"]), [])


def scanned(pictures: Sequence[np.ndarray], quality: int, *, layer: str = "") -> bytes:
    """A PDF of grey page pictures (H, W) uint8. `layer`: words that a bad reader hid behind the picture of every page."""
    images, pages = [], []
    for grey in pictures:
        out = io.BytesIO()
        Image.fromarray(grey).save(out, "JPEG", quality=quality)
        images.append((out.getvalue(), grey.shape[1], grey.shape[0]))
        size = (595.0, 595.0 * grey.shape[0] / grey.shape[1])
        hidden = "".join(
            f"BT 3 Tr /F1 9 Tf 40 {size[1] - 60 - 14 * row:.0f} Td ({_quoted(text)}) Tj ET\n"
            for row, text in enumerate(layer.splitlines())
        )
        pages.append((f"q {size[0]:.2f} 0 0 {size[1]:.2f} 0 0 cm /Im{len(images) - 1} Do Q\n{hidden}", size))
    return _file(pages, TWINS["Arimo"], images)


def _drawn(sheet: Sheet) -> str:
    high = sheet.size[1]
    strokes = [f"{w:.2f} w {a:.2f} {high - b:.2f} m {c:.2f} {high - d:.2f} l S" for a, b, c, d, w in sheet.strokes]
    words = [
        f"BT /F{2 if run.bold else 1} {run.size:.2f} Tf {run.x:.2f} {high - run.y:.2f} Td ({_quoted(run.text)}) Tj ET"
        for run in sheet.runs
    ]
    return "\n".join([*strokes, *words])


def _quoted(text: str) -> str:
    return "".join("\\" + letter if letter in "()\\" else letter for letter in text)


def _file(pages: list[tuple[str, tuple[float, float]]], fonts: tuple[str, str], images: list[tuple[bytes, int, int]]) -> bytes:
    """Objects: 1 catalogue, 2 pages, 3 and 4 fonts, then images, then for each page itself and its content."""
    first = 5 + len(images)
    kids = " ".join(f"{first + 2 * place} 0 R" for place in range(len(pages)))
    named = " ".join(f"/Im{place} {5 + place} 0 R" for place in range(len(images)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    objects += [f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode() for font in fonts]
    for data, width, height in images:
        head = f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8"
        objects.append(f"{head} /Filter /DCTDecode /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")
    for place, (content, (wide, high)) in enumerate(pages):
        stream = content.encode("cp1252", "replace")
        resources = f"<< /Font << /F1 3 0 R /F2 4 0 R >> /XObject << {named} >> >>"
        box = f"/MediaBox [0 0 {wide:.2f} {high:.2f}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R {box} /Resources {resources} /Contents {first + 2 * place + 1} 0 R >>".encode()
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream")
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{at:010d} 00000 n \n" for at in places)
    start, count = len(out), len(objects) + 1
    out += f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode()
    out += f"trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
