"""A sheet of paper to draw on that remembers every word put on it, so that the picture and its truth cannot differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from local.papers import fonts
from local.papers.fonts import Face

A4 = (595.0, 842.0)
A5 = (420.0, 595.0)
BLACK = (28, 28, 32)
GREY = (96, 98, 104)
Ink = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text: left end and baseline in points, its width and size in points."""

    x: float
    y: float
    text: str
    width: float
    size: float
    bold: bool


@dataclass(slots=True)
class Sheet:
    """A page of `size` points drawn at `scale` pixels a point. Lengths are points, y grows downwards, text stands on its baseline.

    `hand`: write by hand, each word a little off its line, strokes `heavy` pixels wider.
    `strokes`: lines and boxes (x0, y0, x1, y1, width) for the PDF writer.
    """

    size: tuple[float, float]
    scale: float
    face: Face
    rng: np.random.Generator
    paper: Ink = (255, 255, 255)
    hand: Face | None = None
    hand_ink: Ink = (24, 42, 120)
    heavy: int = 0
    runs: list[Run] = field(default_factory=list)
    strokes: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    image: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.px(self.size[0]), self.px(self.size[1])), self.paper)
        self.draw = ImageDraw.Draw(self.image)

    def px(self, points: float) -> int:
        """Points as whole pixels."""
        return round(points * self.scale)

    def width(self, text: str, size: float, *, bold: bool = False, face: Face | None = None) -> float:
        """How wide the text will be."""
        return fonts.font(face or self.face, self.px(size), bold).getlength(text) / self.scale

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        *,
        bold: bool = False,
        ink: Ink = BLACK,
        at: str = "left",
        room: float = 0,
    ) -> float:
        """Print; `at` left, centre or right of x; `room`: shrink to fit so many points. Gives where it ended."""
        if room:
            size *= min(1.0, room / max(1.0, self.width(text, size, bold=bold)))
        width = self.width(text, size, bold=bold)
        x -= {"left": 0.0, "centre": width / 2, "right": width}[at]
        self.draw.text(
            (x * self.scale, y * self.scale), text, fill=ink, font=fonts.font(self.face, self.px(size), bold), anchor="ls"
        )
        self.runs.append(Run(x, y, text, width, size, bold))
        return x + width

    def write(self, x: float, y: float, text: str, size: float = 12, *, room: float = 0) -> float:
        """Write by hand, or print where the sheet has no hand. Gives where it ended."""
        if self.hand is None:
            return self.text(x, y, text, size, room=room)
        if room:
            size *= min(1.0, room / max(1.0, self._written_width(text, size)))
        start, slope = x, float(self.rng.normal(0, 0.004))
        gap = self._gap(size)
        for word in text.split(" "):
            self._word(x, y + (x - start) * slope + float(self.rng.normal(0, 0.3)), word, size)
            x += self.width(word, size, face=self.hand) + gap * float(self.rng.uniform(0.85, 1.3))
        self.runs.append(Run(start, y, text, x - gap - start, size, False))
        return x - gap

    def _written_width(self, text: str, size: float) -> float:
        """The most that `write` may take: its words with the widest gaps, as large as a word comes out."""
        words = text.split(" ")
        return (len(words) - 1) * self._gap(size) * 1.3 + 1.04 * sum(self.width(word, size, face=self.hand) for word in words)

    def _gap(self, size: float) -> float:
        """Between written words; some hands' own blank is too narrow to tell words apart."""
        return max(1.1 * self.width(" ", size, face=self.hand), 0.34 * size)

    def _word(self, x: float, y: float, word: str, size: float) -> None:
        font = fonts.font(self.hand or self.face, self.px(size * float(self.rng.uniform(0.97, 1.04))))
        box = font.getbbox(word, anchor="ls")
        pad = max(6, self.px(size * 0.4))
        layer = Image.new("L", (int(box[2] - box[0]) + 2 * pad, int(box[3] - box[1]) + 2 * pad), 0)
        origin = (pad - box[0], pad - box[1])
        ImageDraw.Draw(layer).text(
            origin, word, fill=int(self.rng.integers(205, 255)), font=font, anchor="ls", stroke_width=self.heavy
        )
        layer = layer.rotate(float(self.rng.normal(0, 0.7)), Image.Resampling.BICUBIC, center=origin)
        self.image.paste(
            Image.new("RGB", layer.size, self.hand_ink),
            (round(x * self.scale - pad + box[0]), round(y * self.scale - origin[1])),
            layer,
        )

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7, ink: Ink = BLACK) -> None:
        """A straight stroke."""
        self.draw.line([(self.px(x0), self.px(y0)), (self.px(x1), self.px(y1))], fill=ink, width=max(1, self.px(width)))
        self.strokes.append((x0, y0, x1, y1, width))

    def box(
        self, x0: float, y0: float, x1: float, y1: float, width: float = 0.7, ink: Ink = BLACK, fill: Ink | None = None
    ) -> None:
        """A rectangle; a filled one is drawn before what stands in it."""
        corners = [self.px(x0), self.px(y0), self.px(x1), self.px(y1)]
        self.draw.rectangle(corners, outline=ink if width else None, fill=fill, width=max(1, self.px(width)) if width else 0)
        if width:
            self.strokes += [(x0, y0, x1, y0, width), (x0, y1, x1, y1, width), (x0, y0, x0, y1, width), (x1, y0, x1, y1, width)]

    def dots(self, x0: float, x1: float, y: float, ink: Ink = GREY) -> None:
        """A dotted line to write on."""
        step = 3.2
        for place in range(int((x1 - x0) / step)):
            left, low, radius = (x0 + place * step) * self.scale, y * self.scale, 0.45 * self.scale
            self.draw.ellipse([left - radius, low - radius, left + radius, low + radius], fill=ink)

    def wrap(self, text: str, size: float, room: float) -> list[str]:
        """The text in lines of at most `room` points."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, size, face=self.hand) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def truth(self) -> list[str]:
        """The lines as seen: top to bottom, what shares a baseline from left to right."""
        rows: list[list[Run]] = []
        for run in sorted(self.runs, key=lambda run: run.y):
            if rows and run.y - math.fsum(r.y for r in rows[-1]) / len(rows[-1]) < 0.42 * min(run.size, rows[-1][0].size):
                rows[-1].append(run)
            else:
                rows.append([run])
        return [" ".join(run.text for run in sorted(row, key=lambda run: run.x)) for row in rows]
