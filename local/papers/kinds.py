"""The kinds of pictures that customers send, and how each is made. A kind is a recipe; its papers take turns through the layouts."""

from __future__ import annotations

from dataclasses import dataclass

WORN = (
    "slip",
    "table",
    "teaching",
    "thermal",
    "discharge",
    "dental",
    "electronic",
    "letterhead",
    "continuation",
    "typed",
    "till",
)
HANDS = ("slip", "notebook", "dental", "letterhead", "teaching", "continuation")
# White letters on a dark band do not outlive a copier.
COPIES = ("discharge", "letterhead", "teaching", "typed", "table", "continuation")
SHEETS = ("table", "teaching", "electronic", "discharge", "letterhead", "typed")


@dataclass(frozen=True, slots=True)
class Kind:
    """`way`: photo, scan, copy, fax, pdf, pdfscan or screen. `level` 0 to 2 of wear, light and noise. `angle` the largest skew in degrees.
    `long`: long sides of the picture in pixels, taken in turns. `quality`: JPEG, from and to. `complaint`: what a reader should say
    of it, "" where it can be read."""

    way: str
    layouts: tuple[str, ...]
    level: int = 1
    angle: float = 6.0
    tilt: float = 0.02
    curl: float = 0.004
    fill: tuple[float, float] = (0.86, 0.97)
    long: tuple[int, ...] = (1600,)
    quality: tuple[int, int] = (55, 85)
    blur: float = 0.5
    motion: float = 0.0
    glare: bool = False
    finger: float = 0.2
    pen: float = 0.2
    turns: tuple[int, ...] = (0,)
    tags: tuple[int, ...] = (0,)
    hand: bool = False
    chat: bool = False
    complaint: str = ""


KINDS = {
    "flat": Kind("photo", WORN, 0, 2.5, 0.008, 0.0, (0.9, 0.97), (1600, 2048, 1280), (70, 90)),
    "phone": Kind("photo", WORN[3:] + WORN[:3], 1, 15.0, 0.03, 0.006, (0.82, 0.95), (1600, 2048, 1600)),
    "hard": Kind(
        "photo", WORN[6:] + WORN[:6], 2, 9.0, 0.045, 0.014, (0.85, 0.96), (2048, 1600, 2560), (40, 70), 0.9, 2.6, True, 0.6, 0.4
    ),
    "close": Kind("photo", SHEETS, 1, 1.2, 0.006, 0.003, (1.03, 1.05), (1600, 2048), (50, 80), finger=0.0, pen=0.0),
    "turned": Kind("photo", WORN[2:] + WORN[:2], 1, 6.0, turns=(90, 180, 270)),
    "exif": Kind("photo", WORN[5:] + WORN[:5], 1, 5.0, tags=(6, 8, 3)),
    "hand": Kind("photo", HANDS, 1, 7.0, 0.02, 0.006, hand=True, blur=0.4),
    "chat": Kind("photo", WORN[8:] + WORN[:8], 1, 8.0, 0.025, 0.006, long=(1280, 1600, 1280), chat=True, quality=(45, 65)),
    "big": Kind("photo", WORN[1:] + WORN[:1], 1, 10.0, 0.03, 0.006, (0.7, 0.9), (4000, 3264, 3000), (80, 90), 0.7),
    "scan": Kind("scan", SHEETS, 0, 2.0, long=(1754, 2339), quality=(60, 85)),
    "copy": Kind("copy", COPIES, 0, 1.5, long=(1754, 2339)),
    "fax": Kind("fax", COPIES[1:] + COPIES[:1], 0, 1.0, long=(2200,), quality=(50, 75)),
    "pdf": Kind("pdf", ("electronic", "table", "discharge"), 0),
    "pdfscan": Kind("pdfscan", SHEETS[1:] + SHEETS[:1], 0, 1.5, long=(2339, 1754), quality=(45, 75)),
    "screen": Kind("screen", ("screen",), 0, long=(1600, 2340), quality=(60, 85)),
    "dark": Kind("photo", WORN, 1, 6.0, complaint="dark", quality=(60, 80)),
    "blurred": Kind("photo", WORN[4:] + WORN[:4], 1, 6.0, complaint="blurred"),
    "cropped": Kind("photo", WORN[1:3] + WORN[6:8], 1, 3.0, fill=(1.02, 1.2), complaint="cropped", finger=0.0, pen=0.0),
    "blank": Kind("photo", ("blank",), 1, 6.0, complaint="blank", finger=0.3, pen=0.0),
    "demo": Kind("photo", ("letterhead", "slip", "table"), 1, 4.0, finger=0.0, quality=(60, 75)),
}
READABLE = tuple(name for name, kind in KINDS.items() if not kind.complaint and name != "demo")
UNREADABLE = tuple(name for name, kind in KINDS.items() if kind.complaint)
