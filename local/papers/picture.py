"""From drawn sheets to the file that a customer sends: a photo, a scan, a copy, a fax, a PDF, a screenshot."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image

from local.papers import camera, paper, pdf, scanner, scene
from local.papers.kinds import Kind
from local.papers.sheet import Sheet

BAD_LAYER = "Pati3nt nam:; ~~ l1 tbs\n|| 5OO rng  o.d  ><  S/7\nDocScan trial copy"


def finished(
    kind: Kind, number: int, sheets: list[Sheet], long: int, facts: dict[str, Any], rng: np.random.Generator, limit: int
) -> tuple[bytes, str, int]:
    """The file, its suffix and its JPEG quality (0: none)."""
    if kind.way == "pdf":
        return pdf.with_text(sheets), "pdf", 0
    quality = int(rng.integers(kind.quality[0], kind.quality[1] + 1))
    pages = [np.asarray(sheet.image).astype(np.float32) for sheet in sheets]
    if kind.way == "screen":
        pixels = np.asarray(sheets[0].image)
        return (_png(pixels), "png", 0) if number % 2 and not limit else (*_jpeg(pixels, quality, limit),)
    angle = float(rng.uniform(-kind.angle, kind.angle))
    if kind.way == "photo":
        pixels = _photo(kind, number, sheets[0], long, angle, rng)
        pixels = np.rot90(pixels, -facts["rotation"] // 90)
        pixels = np.rot90(pixels, {None: 0, 6: 1, 8: -1, 3: 2}[facts["exif"]])
        return _jpeg(np.ascontiguousarray(pixels), quality, limit, facts["exif"])
    pages = [paper.age(rng, page, 0) for page in pages]
    if kind.way == "pdfscan":
        scans = [scanner.scan(rng, page, angle=angle) for page in pages]
        while True:
            content = pdf.scanned(scans, quality, layer=BAD_LAYER if number % 2 else "")
            if not limit or len(content) <= limit:
                return content, "pdf", quality
            scans = [_shrunk(grey) for grey in scans]
    if kind.way == "scan":
        return _jpeg(scanner.scan(rng, pages[0], angle=angle), quality, limit)
    mono = (scanner.copied if kind.way == "copy" else scanner.faxed)(rng, pages[0], angle=angle)
    return (_tiff(mono), "tif", 0) if kind.way == "fax" and number % 2 == 0 else (_png(mono), "png", 0)


def _photo(kind: Kind, number: int, sheet: Sheet, long: int, angle: float, rng: np.random.Generator) -> np.ndarray:
    page = paper.age(rng, np.asarray(sheet.image).astype(np.float32), kind.level)
    frame = (round(long * float(rng.choice([0.75, 0.75, 0.5625]))), long)
    cut = _cut(sheet, number) if kind.complaint == "cropped" else 0.0
    pose = scene.Pose(angle, kind.tilt, kind.curl, float(rng.uniform(*kind.fill)), cut)
    view = scene.place(rng, page, frame, pose, finger=rng.random() < kind.finger, pen=rng.random() < kind.pen)
    view = camera.light(rng, view, kind.level, glare=kind.glare and rng.random() < 0.5)
    blur, motion = float(rng.uniform(0, kind.blur)), float(rng.uniform(0, kind.motion))
    if kind.complaint == "blurred":
        blur, motion = (float(rng.uniform(7, 11)), 0.0) if number % 2 else (1.5, float(rng.uniform(38, 60)))
    dark = float(rng.uniform(0.02, 0.045)) if kind.complaint == "dark" else 1.0
    pixels = camera.shoot(rng, view, kind.level, blur=blur, motion=motion, dark=dark)
    return camera.forwarded(rng, pixels, long) if kind.chat else pixels


def _cut(sheet: Sheet, number: int) -> float:
    """Where the frame ends so that it goes through the lines: the share outside, at the left for every other paper."""
    long = [run for run in sheet.runs if run.width > 60]
    if number % 2:
        return -min(0.45, float(np.median([run.x + 0.4 * run.width for run in long])) / sheet.size[0])
    return min(0.55, 1 - float(np.median([run.x + 0.6 * run.width for run in long])) / sheet.size[0])


def _jpeg(pixels: np.ndarray, quality: int, limit: int, exif: int | None = None) -> tuple[bytes, str, int]:
    while True:
        content = camera.jpeg(pixels, quality, exif=exif)
        if not limit or len(content) <= limit:
            return content, "jpg", quality
        if quality > 42:
            quality -= 4
        else:
            pixels = _shrunk(pixels)


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)


def _png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert("1") if pixels.ndim == 2 else image).save(out, "PNG", optimize=True)
    return out.getvalue()


def _tiff(mono: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(mono).convert("1").save(out, "TIFF", compression="group4", dpi=(204, 196))
    return out.getvalue()
