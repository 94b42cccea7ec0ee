"""What goes between the reader and its child: frames on pipes, and what was read of a file, checked on arrival.

A frame is four letters, its length as an unsigned 32-bit number in network order, and that many bytes. A file goes over as one
`FILE` frame; the answer is one `TOLD` frame (JSON) and, when the file was read, two `JPEG` frames a page.

What the child says is the word of a stranger: it has read a file that may have taken it over. Lengths, counts, numbers and
letters are checked or cut here before anybody else sees them.
"""

from __future__ import annotations

import json
import math
import struct
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from models.readings import Box, Line, Page, Reading, dumps, loads

HEAD = struct.Struct("!4sI")
FILE, READY, TOLD, JPEG = b"FILE", b"REDY", b"TOLD", b"JPEG"
MAX_FILE = 24_000_000
MAX_TOLD = 4_000_000
MAX_JPEG = 6_000_000
MAX_PAGES = 5
MAX_LINES = 400
MAX_LETTERS = 300
MAX_WORD = 60  # names of engines, complaints and the like
LIMITS = {FILE: MAX_FILE, READY: 1000, TOLD: MAX_TOLD, JPEG: MAX_JPEG}
COMPLAINTS = ("", "dark", "blurred", "cropped", "blank")


class BadFrame(Exception):
    """Not what was agreed on: another program may be writing."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page for people to look at, as JPEG, long side <= 2000 px: flattened as it was read, and as it was sent."""

    flat_jpeg: bytes
    photo_jpeg: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file: `reading` without items, and two pictures a page."""

    reading: Reading
    pictures: tuple[PagePicture, ...]


def head(data: bytes, expected: bytes) -> int:
    """The length that a frame's first eight bytes announce. Raises BadFrame."""
    kind, length = HEAD.unpack(data)
    if kind != expected or length > LIMITS[expected]:
        raise BadFrame(f"{kind!r} of {length} bytes where {expected!r} was due")
    return int(length)


def frame(kind: bytes, body: bytes) -> bytes:
    """The bytes of a frame. Raises BadFrame for one that the other side would refuse."""
    if len(body) > LIMITS[kind]:
        raise BadFrame(f"{kind!r} of {len(body)} bytes is too long")
    return HEAD.pack(kind, len(body)) + body


def told_read(read: Read) -> bytes:
    """The frames of a file that was read."""
    told = json.dumps({"pictures": len(read.pictures), "reading": dumps(bounded(read.reading))}).encode()
    pictures = (frame(JPEG, jpeg) for page in read.pictures for jpeg in (page.flat_jpeg, page.photo_jpeg))
    return frame(TOLD, told) + b"".join(pictures)


def told_failed(what: str, code: str, detail: str = "") -> bytes:
    """The frame of a file that was not: `what` is `unreadable` or `died`."""
    return frame(TOLD, json.dumps({what: code, "detail": detail[:MAX_LETTERS]}).encode())


def understood(told: bytes) -> tuple[Reading | None, int, dict[str, str]]:
    """A TOLD frame: the reading and the number of pages with pictures; or None, 0 and why not. Raises BadFrame."""
    try:
        message = json.loads(told)
        if not isinstance(message, dict):
            raise ValueError("no object")
        if "reading" not in message:
            return (
                None,
                0,
                {str(name): str(message[name])[:MAX_LETTERS] for name in ("unreadable", "died", "detail") if name in message},
            )
        pictures = int(message["pictures"])
        if not 0 <= pictures <= MAX_PAGES:
            raise ValueError("pictures")
        return bounded(loads(str(message["reading"]))), pictures, {}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as bad:
        raise BadFrame(f"no reading: {type(bad).__name__}") from bad


def is_jpeg(data: bytes) -> bool:
    """Whether a picture of the child can be shown: the console serves it to staff as JPEG and nothing else."""
    return data[:3] == b"\xff\xd8\xff" and data[-2:] == b"\xff\xd9"


def bounded(reading: Reading) -> Reading:
    """The same reading, of whatever was in it: at most 400 lines of 300 plain letters, on at most five pages, numbers in range."""
    pages = tuple(_page(page) for page in reading.pages[:MAX_PAGES])
    lines = tuple(_line(line, max(len(pages) - 1, 0)) for line in reading.lines[:MAX_LINES])
    picture_hash = reading.picture_hash
    return Reading(
        pages=pages,
        lines=lines,
        picture_hash=int(picture_hash) & (2**64 - 1) if picture_hash is not None else None,
        engine=plain(reading.engine, MAX_WORD),
        seconds=_number(reading.seconds, 0, 3600),
        more_pages=int(_number(reading.more_pages, 0, 100_000)),
    )


def plain(text: Any, most: int = MAX_LETTERS) -> str:
    """At most `most` letters on one line, without control characters, half surrogates and what turns the direction of writing
    (a strength must not be shown backwards)."""
    short = " ".join(str(text)[: 2 * most].split())
    return "".join(c for c in short if c == " " or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))[
        :most
    ].strip()


def _line(line: Line, last_page: int) -> Line:
    return Line(
        page=int(_number(line.page, 0, last_page)),
        box=_box(line.box),
        text=plain(line.text),
        confidence=_number(line.confidence, 0, 1),
        raw=plain(line.raw),
        second=plain(line.second),
    )


def _box(box: Box) -> Box:
    left, top = _number(box.left, 0, 1), _number(box.top, 0, 1)
    return Box(left, top, _number(box.width, 0, 1 - left), _number(box.height, 0, 1 - top))


def _page(page: Page) -> Page:
    quality = page.quality
    return Page(
        width=int(_number(page.width, 0, 10_000)),
        height=int(_number(page.height, 0, 10_000)),
        turned=int(_number(page.turned, 0, 359)),
        flattened=page.flattened is True,
        from_text=page.from_text is True,
        quality=replace(
            quality,
            sharpness=_number(quality.sharpness, 0, 1e9),
            brightness=_number(quality.brightness, 0, 1e9),
            contrast=_number(quality.contrast, 0, 1e9),
            text_height_px=_number(quality.text_height_px, 0, 1e5),
            complaint=quality.complaint if quality.complaint in COMPLAINTS else "",
        ),
    )


def _number(value: Any, low: float, high: float) -> float:
    number = float(value)
    return min(max(number, low), high) if math.isfinite(number) else low
