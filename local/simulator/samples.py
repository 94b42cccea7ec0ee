"""Files a customer could send, drawn here: a prescription as picture and PDF, a second of sound, a sticker.

Nothing in them belongs to anybody.
"""

from __future__ import annotations

import io
import struct
from functools import cache

from PIL import Image, ImageDraw, ImageFont

LINES = (
    (0, "LAGOON FAMILY CLINIC", 40),
    (0, "14 Allen Avenue, Ikeja, Lagos", 24),
    (90, "Patient: Ada Obi            Age: 34", 28),
    (0, "Date: 12/11/2026", 28),
    (60, "Rx", 52),
    (10, "1. Amoxicillin 500 mg caps", 30),
    (0, "    1 cap three times daily x 7 days", 26),
    (16, "2. Paracetamol 500 mg tabs", 30),
    (0, "    2 tabs every 8 hours x 3 days", 26),
    (16, "3. Cetirizine 10 mg tabs", 30),
    (0, "    1 tab at night x 5 days", 26),
    (90, "Dr T. Balogun   MDCN 00000 (sample)", 26),
)


def _page() -> Image.Image:
    page = Image.new("RGB", (720, 980), "#fbfaf5")
    draw = ImageDraw.Draw(page)
    draw.rectangle((18, 18, 702, 962), outline="#b9c4cf", width=2)
    y = 60
    for gap, words, size in LINES:
        y += gap
        draw.text((60, y), words, fill="#1d2a44", font=ImageFont.load_default(size))
        y += size + 18
    draw.line((60, 190, 660, 190), fill="#1d2a44", width=2)
    return page


@cache
def sample(kind: str) -> tuple[bytes, str, str]:
    """(content, mime type, file name) for image, document, audio, video, sticker. A video is only a name with a few bytes."""
    out = io.BytesIO()
    if kind == "image":
        _page().save(out, "JPEG", quality=85)
        return out.getvalue(), "image/jpeg", "prescription.jpg"
    if kind == "document":
        _page().save(out, "PDF", resolution=100)
        return out.getvalue(), "application/pdf", "prescription.pdf"
    if kind == "sticker":
        sticker = Image.new("RGBA", (256, 256))
        ImageDraw.Draw(sticker).ellipse((20, 20, 236, 236), fill="#ffb703", outline="#0b7a4b", width=14)
        sticker.save(out, "WEBP")
        return out.getvalue(), "image/webp", "sticker.webp"
    if kind == "audio":
        return (
            b"RIFF"
            + struct.pack("<I4s4sIHHIIHH4sI", 8036, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 8000)
            + b"\x80" * 8000,
            ("audio/ogg"),
            "voice.ogg",
        )
    return b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64, "video/mp4", "video.mp4"
