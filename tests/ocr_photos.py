"""Papers written and photographed for the tests: text by Pillow's own font, a desk, a camera's angle, light and faults by OpenCV.

Everything follows from a seed. Colours and sizes are such as a phone gives; nothing here is taken from a real paper. Numbers are
single: a photo of two megapixels is made for most tests, and doubles would take longer than what is tested.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CLINICS = ("PALM GROVE CLINIC", "Harbour Road Medical Centre", "ST. JUDE MATERNITY", "Lakeside Specialist Hospital")
FIRST = ("Amina", "Bola", "Chidi", "Danjuma", "Efe", "Fatima", "Grace", "Hassan", "Ifeoma", "Joseph", "Kemi", "Ladi")
LAST = ("Okoro", "Bakare", "Musa", "Effiong", "Adamu", "Nwachukwu", "Lawal", "Ojo", "Peters", "Sanni", "Uche", "Yakubu")
DRUGS = (
    "Amoxicillin",
    "Paracetamol",
    "Metformin",
    "Lisinopril",
    "Ibuprofen",
    "Omeprazole",
    "Loratadine",
    "Amlodipine",
    "Azithromycin",
)
DRUGS += ("Prednisolone", "Ferrous sulphate", "Folic acid", "Diclofenac", "Salbutamol", "Cetirizine", "Losartan", "Doxycycline")
DESKS = ("plain", "wood", "cloth", "stone", "bright")


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """`pixels` (H, W, 3) uint8 RGB; `corners` (4, 2) the sheet's true corners in it, clockwise from the paper's own top left."""

    pixels: Any
    corners: Any


def paper(
    seed: int, *, width: int = 1000, height: int = 1400, band: bool = False, table: bool = False, form: int = 0, size: int = 26
) -> Any:
    """(height, width, 3) uint8: a prescription sheet. `form` is the clinic's form, the rest follows from the seed."""
    rng = np.random.default_rng(seed)
    tint = np.array([250, 248, 244]) - np.random.default_rng(form).integers(0, 12, 3)
    image = Image.new("RGB", (width, height), tuple(int(c) for c in tint))
    draw = ImageDraw.Draw(image)
    ink = (40, 40, 46)
    left, y = round(width * 0.08), round(height * 0.04)
    if band:
        draw.rectangle((0, 0, width, round(height * 0.09)), fill=(24, 76, 110))
    head = "white" if band else ink
    draw.text((left, y - 20), CLINICS[form % len(CLINICS)], fill=head, font=ImageFont.load_default(round(size * 1.4)))
    draw.text(
        (left, y + 22),
        f"{form + 3} Market Road, Ward {form % 7}   Tel 0800 000 {form:04d}",
        fill=head,
        font=ImageFont.load_default(round(size * 0.8)),
    )
    font = ImageFont.load_default(size)
    y = round(height * 0.12)
    for label, value in (
        ("Name:", f"{rng.choice(FIRST)} {rng.choice(LAST)}"),
        ("Age:", f"{rng.integers(2, 90)} yrs"),
        ("Date:", f"{rng.integers(1, 28):02d}/0{rng.integers(1, 9)}/2026"),
    ):
        draw.text((left, y), f"{label}  {value}", fill=ink, font=font)
        y += round(size * 1.6)
    draw.text((left, y), "Rx", fill=ink, font=ImageFont.load_default(round(size * 1.6)))
    y += round(size * 2.4)
    for number in range(int(rng.integers(3, 7))):
        drug = f"{number + 1}. {rng.choice(DRUGS)} {rng.choice([5, 10, 20, 50, 100, 250, 500])}mg {rng.choice(['tabs', 'caps'])}"
        draw.text((left, y), drug, fill=ink, font=font)
        draw.text(
            (left + 40, y + round(size * 1.4)),
            f"{rng.integers(1, 3)} {rng.choice(['bd', 'tds', 'od', 'nocte'])} x {rng.integers(3, 14)}/7",
            fill=ink,
            font=font,
        )
        if table:
            draw.rectangle((left - 12, y - 6, width - left, y + round(size * 2.9)), outline=ink, width=2)
        y += round(size * 3.1)
    draw.line((left, round(height * 0.9), left + width // 3, round(height * 0.9)), fill=ink, width=2)
    draw.text((left, round(height * 0.91)), f"Dr. {rng.choice(FIRST)[0]}. {rng.choice(LAST)}", fill=ink, font=font)
    return np.array(image)


def aged(seed: int, *, width: int = 1000, height: int = 1400) -> Any:
    """(height, width, 3) uint8: a sheet with nothing on it but its grain, a fold and the ring of a cup."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(_grain(rng, (height, width)), (0, 0), 1.5)
    page = 238 + grain[:, :, None] * 10 * np.ones(3, np.float32)
    cv2.line(page, (0, height // 2), (width, height // 2 + 12), (205, 205, 200), 3, cv2.LINE_AA)
    cv2.circle(page, (width // 3, height // 4), width // 9, (205, 180, 150), 6, cv2.LINE_AA)
    return np.clip(page, 0, 255).astype(np.uint8)


def ruled(page: Any, *, pitch: int = 40) -> Any:
    """The page on paper with faint lines from edge to edge."""
    lines = page.copy()
    lines[::pitch] = np.minimum(lines[::pitch], (170, 175, 190))
    return lines


def scenery(seed: int, kind: str, *, width: int = 1200, height: int = 1600) -> Any:
    """(height, width, 3) uint8 without paper or writing: `leaves`, `fur`, or `hills` under a sky."""
    rng = np.random.default_rng(seed)
    if kind == "leaves":
        picture = np.full((height, width, 3), (40, 70, 35), np.uint8)
        for _ in range(900):
            at, long = (int(rng.integers(width)), int(rng.integers(height))), int(rng.integers(10, 60))
            green = tuple(int(c) for c in np.array([70, 130, 60]) * rng.uniform(0.4, 1.5))
            cv2.ellipse(picture, at, (long, max(3, long // 3)), float(rng.uniform(0, 180)), 0, 360, green, -1, cv2.LINE_AA)
        return picture
    grain = _grain(rng, (height, width))
    if kind == "fur":
        hair = cv2.line(np.zeros((41, 41), np.float32), (5, 0), (30, 40), 1.0, 2, cv2.LINE_AA)
        grain = cv2.filter2D(grain, -1, hair)
        return np.clip(np.array([150, 110, 70]) + 28 * (grain / grain.std())[:, :, None], 0, 255).astype(np.uint8)
    rough = sum(cv2.GaussianBlur(grain, (0, 0), size) * size for size in (2, 8, 24)) / 3
    ridge = height * 0.4 + 60 * np.sin(np.arange(width) / width * 9 + rng.uniform(0, 6))
    ground = np.array([60, 110, 50]) * (1 + rough)[:, :, None]
    sky = np.array([165, 205, 240]) + 0 * ground
    return np.clip(np.where((np.arange(height)[:, None] > ridge)[:, :, None], ground, sky) + grain[:, :, None], 0, 255).astype(
        np.uint8
    )


def receipt(seed: int) -> Any:
    """(1500, 420, 3) uint8: a long narrow till receipt."""
    return paper(seed, width=420, height=1500, size=21)


def photo(
    page: Any,
    seed: int,
    *,
    desk: str = "wood",
    tilt: float = 0.06,
    angle: float = 4.0,
    fill: float = 0.84,
    shadow: float = 0.0,
    size: tuple[int, int] = (1200, 1600),
) -> Photo:
    """The page as a phone sees it. `tilt` moves corners by up to that share of the page; `angle` degrees clockwise; `fill` share of the
    picture that the page takes up (more than 1: partly outside); `shadow` 0 to 1 how dark."""
    rng = np.random.default_rng(seed)
    width, height = size
    ground = _desk(desk, width, height, rng)
    rows, columns = page.shape[:2]
    scale = fill * min(width / columns, height / rows)
    half = np.array([columns, rows]) * scale / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners += rng.uniform(-tilt, tilt, (4, 2)) * half
    turn = np.radians(angle)
    corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = (corners + [width / 2, height / 2] + rng.uniform(-0.02, 0.02, 2) * [width, height]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32), corners)
    laid = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((rows, columns), 1, np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    dropped = cv2.GaussianBlur(np.roll(mask, (6, 8), (0, 1)), (0, 0), 8)
    desk_seen = (1 - np.float32(0.35) * dropped * (1 - mask)) * (1 - mask)
    seen = ground * desk_seen[:, :, None] + laid * mask[:, :, None]
    return Photo(_lit(seen, rng, shadow), corners)


def _desk(kind: str, width: int, height: int, rng: Any) -> Any:
    base = {
        "plain": (70, 84, 120),
        "wood": (150, 104, 64),
        "cloth": (52, 66, 58),
        "stone": (165, 160, 150),
        "bright": (214, 210, 200),
    }[kind]
    ground = np.full((height, width, 3), base, np.float32)
    if kind == "wood":
        streaks = cv2.GaussianBlur(_grain(rng, (height, 1)).repeat(width, 1), (0, 0), 3)
        streaks += np.float32(0.3) * _grain(rng, (height, width))
        return np.clip(ground + cv2.GaussianBlur(streaks, (0, 0), 1.5)[:, :, None] * 45, 0, 255)
    if kind in ("cloth", "stone", "bright"):
        grain = cv2.GaussianBlur(_grain(rng, (height, width)), (0, 0), 4 if kind == "cloth" else 9)
        strength = {"cloth": 60, "stone": 120, "bright": 60}[kind]
        return np.clip(ground + grain[:, :, None] * strength, 0, 255)
    return ground


def _lit(seen: Any, rng: Any, shadow: float) -> Any:
    height, width = seen.shape[:2]
    slope = rng.uniform(-0.25, 0.25, 2).astype(np.float32)
    x, y = np.linspace(-0.5, 0.5, width, dtype=np.float32), np.linspace(-0.5, 0.5, height, dtype=np.float32)
    light = np.float32(0.92) * (1 + slope[0] * x[None, :] + slope[1] * y[:, None])
    if shadow:
        shade = np.zeros((height, width), np.float32)
        middle = rng.uniform(0.25, 0.75, 2) * [width, height]
        outline = (
            middle
            + np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 2 * np.pi, 9)[:-1]])
            * rng.uniform(0.2, 0.5, (8, 1))
            * width
        )
        cv2.fillPoly(shade, [outline.astype(np.int32)], 1.0)
        light = light * (1 - np.float32(shadow) * cv2.GaussianBlur(shade, (0, 0), 18))
    seen *= light[:, :, None]
    seen += np.float32(2.5) * _grain(rng, seen.shape)
    return np.clip(seen, 0, 255, out=seen).astype(np.uint8)


def _grain(rng: Any, shape: tuple[int, ...]) -> Any:
    """Normal noise around 0, one grey level wide: the same for each shape, laid elsewhere each time."""
    return np.roll(_film(shape), rng.integers(0, shape[:2]), (0, 1))


@functools.lru_cache(8)
def _film(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def jpeg(pixels: Any, quality: int = 70) -> Any:
    """The same after a messenger's JPEG."""
    done, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)


def defocused(pixels: Any, sigma: float) -> Any:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def shaken(pixels: Any, length: int, degrees: float = 20.0) -> Any:
    """Blurred as by a hand that moved `length` pixels while the shutter was open."""
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0
    kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), degrees, 1), (length, length))
    return cv2.filter2D(pixels, -1, kernel / kernel.sum())


def darkened(pixels: Any, light: float, seed: int = 0, noise: float = 3.0) -> Any:
    """As in a dark room: `light` 0 to 1 of the light, the camera's noise (grey levels) stays."""
    seen = pixels * np.float32(light) + np.float32(noise) * _grain(np.random.default_rng(seed), pixels.shape)
    return np.clip(seen, 0, 255, out=seen).astype(np.uint8)
