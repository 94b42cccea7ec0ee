"""What else stands on a paper: signatures, stamps, emblems, bars of a code, staples. Only `stamp` puts readable words there."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from local.papers import fonts
from local.papers.sheet import BLACK, Ink, Run, Sheet

STAMP_INKS: tuple[Ink, ...] = ((46, 58, 140), (120, 40, 110), (150, 34, 44), (38, 96, 84))


def signature(sheet: Sheet, x: float, y: float, width: float = 70, ink: Ink = (26, 40, 110)) -> None:
    """A scrawl that starts at x on the line y."""
    steps = 140
    t = np.linspace(0, 1, steps)
    waves = sum(
        sheet.rng.uniform(2, 7) * np.sin(2 * math.pi * (sheet.rng.uniform(1.5, 7) * t + sheet.rng.random())) for _ in range(3)
    )
    xs = x + width * t + 5 * np.sin(2 * math.pi * sheet.rng.uniform(2, 4) * t)
    ys = y - 4 + waves * (1 - 0.7 * t)
    points = [(float(a * sheet.scale), float(b * sheet.scale)) for a, b in zip(xs, ys, strict=True)]
    sheet.draw.line(points, fill=ink, width=max(1, sheet.px(0.9)), joint="curve")
    sheet.draw.line(
        [points[0], (points[-1][0] + sheet.px(8), points[-1][1] - sheet.px(6))], fill=ink, width=max(1, sheet.px(0.6))
    )


def stamp(sheet: Sheet, x: float, y: float, lines: tuple[str, ...]) -> None:
    """A rubber stamp in a frame, its left upper corner at x, y, unevenly inked. Its words are part of the truth."""
    size, face = 9.0, fonts.having("sans")[0]
    width = max(sheet.width(line, size, bold=True, face=face) for line in lines) + 12
    height = len(lines) * 13 + 8
    layer = Image.new("L", (sheet.px(width), sheet.px(height)), 0)
    draw = ImageDraw.Draw(layer)
    draw.rectangle([1, 1, layer.width - 2, layer.height - 2], outline=215, width=max(1, sheet.px(1)))
    for place, line in enumerate(lines):
        baseline = 13 * place + 13
        draw.text((sheet.px(6), sheet.px(baseline)), line, fill=225, font=fonts.font(face, sheet.px(size), True), anchor="ls")
        sheet.runs.append(Run(x + 6, y + baseline, line, width - 12, size, True))
    worn = Image.fromarray(sheet.rng.integers(120, 256, (9, 14), dtype=np.uint8)).resize(layer.size, Image.Resampling.BICUBIC)
    layer = Image.fromarray((np.asarray(layer).astype(np.float32) * np.asarray(worn) / 255).astype(np.uint8))
    ink = STAMP_INKS[int(sheet.rng.integers(len(STAMP_INKS)))]
    sheet.image.paste(Image.new("RGB", layer.size, ink), (sheet.px(x), sheet.px(y)), layer)


def round_stamp(sheet: Sheet, x: float, y: float, radius: float = 34) -> None:
    """A round stamp around x, y, too worn to be read: rings, ticks for its letters, a star. It may lie over printed words."""
    side = sheet.px(radius * 2 + 6)
    layer = Image.new("L", (side, side), 0)
    draw, middle = ImageDraw.Draw(layer), side / 2
    for ring, width in ((radius, 1.4), (radius - 10, 0.8)):
        r = ring * sheet.scale
        draw.ellipse([middle - r, middle - r, middle + r, middle + r], outline=200, width=max(1, sheet.px(width)))
    for angle in np.arange(0, 2 * math.pi, 0.17):
        near, far = (radius - 8) * sheet.scale, (radius - 2.5 - sheet.rng.random() * 2) * sheet.scale
        c, s = math.cos(angle), math.sin(angle)
        draw.line(
            [middle + near * c, middle + near * s, middle + far * c, middle + far * s], fill=170, width=max(1, sheet.px(1.1))
        )
    star = [
        (
            middle + (12 if k % 2 else 5) * sheet.scale * math.sin(k * math.pi / 5),
            middle - (12 if k % 2 else 5) * sheet.scale * math.cos(k * math.pi / 5),
        )
        for k in range(10)
    ]
    draw.polygon(star, outline=190)
    worn = Image.fromarray(sheet.rng.integers(60, 230, (6, 6), dtype=np.uint8)).resize(layer.size, Image.Resampling.BICUBIC)
    layer = Image.fromarray((np.asarray(layer).astype(np.float32) * np.asarray(worn) / 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.6)
    )
    ink = STAMP_INKS[int(sheet.rng.integers(len(STAMP_INKS)))]
    sheet.image.paste(Image.new("RGB", layer.size, ink), (sheet.px(x) - side // 2, sheet.px(y) - side // 2), layer)


def emblem(sheet: Sheet, x: float, y: float, radius: float, ink: Ink = (22, 92, 70)) -> None:
    """A letterhead's badge without words: a shield or disc with a cross or a leaf."""
    scale = sheet.scale
    box = [(x - radius) * scale, (y - radius) * scale, (x + radius) * scale, (y + radius) * scale]
    if sheet.rng.random() < 0.5:
        sheet.draw.ellipse(box, fill=ink)
        arm, thick = radius * 0.62, radius * 0.2
        for dx, dy in ((arm, thick), (thick, arm)):
            sheet.draw.rectangle([(x - dx) * scale, (y - dy) * scale, (x + dx) * scale, (y + dy) * scale], fill=(255, 255, 255))
    else:
        sheet.draw.pieslice(box, 200, 340, fill=ink)
        sheet.draw.polygon(
            [((x - radius) * scale, y * scale), ((x + radius) * scale, y * scale), (x * scale, (y + radius) * scale)],
            outline=ink,
            width=2,
        )
        sheet.draw.ellipse([(x - 4) * scale, (y - 2) * scale, (x + 4) * scale, (y + 6) * scale], fill=ink)


def bars(sheet: Sheet, x: float, y: float, width: float, height: float = 22) -> None:
    """A bar code of nothing in particular."""
    at = x
    while at < x + width:
        bar = float(sheet.rng.choice([0.8, 1.4, 2.2]))
        sheet.draw.rectangle(
            [at * sheet.scale, y * sheet.scale, (at + bar) * sheet.scale, (y + height) * sheet.scale], fill=BLACK
        )
        at += bar + float(sheet.rng.choice([0.8, 1.6, 2.4]))


def squares(sheet: Sheet, x: float, y: float, side: float) -> None:
    """A two-dimensional code of nothing in particular."""
    count = 25
    cell = side / count
    filled = sheet.rng.random((count, count)) < 0.5
    for a, b in ((0, 0), (0, count - 7), (count - 7, 0)):
        filled[a : a + 7, b : b + 7] = True
        filled[a + 1 : a + 6, b + 1 : b + 6] = False
        filled[a + 2 : a + 5, b + 2 : b + 5] = True
    for row, column in np.argwhere(filled):
        left, top = (x + column * cell) * sheet.scale, (y + row * cell) * sheet.scale
        sheet.draw.rectangle([left, top, left + cell * sheet.scale, top + cell * sheet.scale], fill=BLACK)
