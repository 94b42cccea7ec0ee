"""One paper: its case, its sheets, its picture and its truth, all from (seed, kind, number)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from local.papers import case, demo, fonts, people, picture, truth
from local.papers.case import Case
from local.papers.kinds import KINDS, Kind
from local.papers.layouts import clinic, forms, prose, strips
from local.papers.sheet import A5, Sheet

Draw = Callable[[Case, Sheet], None]
LAYOUTS: dict[str, Draw] = {
    "slip": clinic.slip,
    "teaching": clinic.teaching,
    "dental": clinic.dental,
    "letterhead": clinic.letterhead,
    "table": forms.table,
    "continuation": forms.continuation,
    "electronic": forms.electronic,
    "discharge": prose.discharge,
    "notebook": prose.notebook,
    "typed": prose.typed,
    "thermal": strips.thermal,
    "till": strips.till,
    "screen": strips.screen,
    "blank": lambda _case, _sheet: None,
}
SIZES = clinic.SIZES | forms.SIZES | prose.SIZES | strips.SIZES | {"blank": A5}
PLACES = {
    "teaching": people.TEACHING,
    "continuation": people.TEACHING,
    "discharge": people.TEACHING,
    "thermal": people.TEACHING,
    "dental": people.DENTAL,
    "till": people.PHARMACIES,
}
MOST = {"thermal": 5, "till": 5, "dental": 4, "letterhead": 5, "slip": 5, "typed": 5, "screen": 5}
ROLES = {"typed": "mono", "thermal": "mono", "till": "mono", "letterhead": "serif", "discharge": "serif"}
INKS = ((24, 42, 120), (20, 22, 28), (36, 60, 150), (16, 30, 84))


@dataclass(frozen=True, slots=True)
class Made:
    """A finished paper: `content` is the file, `ending` its suffix without dot, `lines` the text as seen, `truth` the JSON beside it."""

    name: str
    ending: str
    content: bytes
    lines: tuple[str, ...]
    truth: dict[str, Any]


def paper_of(kind_name: str, number: int, seed: int, *, limit: int = 0) -> Made:
    """The paper `number` of a kind. `limit`: the file's largest size in bytes, kept by a smaller picture; 0 for any size."""
    kind = KINDS[kind_name]
    key = [seed, zlib.crc32(kind_name.encode()), number]
    layout = kind.layouts[number % len(kind.layouts)]
    visit = _visit(kind_name, kind, number, layout, np.random.default_rng([*key, 1]))
    rng = np.random.default_rng([*key, 2])
    long = kind.long[number % len(kind.long)]
    sheets = [_sheet(kind, layout, part, long, key) for part in _parts(kind, number, visit)]
    facts = {"rotation": kind.turns[number % len(kind.turns)], "exif": kind.tags[number % len(kind.tags)] or None}
    content, ending, quality = picture.finished(kind, number, sheets, long, facts, rng, limit)
    lines = tuple(line for sheet in sheets for line in sheet.truth())
    name = f"{kind_name}_{number:02d}"
    told = truth.of(kind, layout, visit, lines, sheets[0])
    told |= {"file": f"{name}.{ending}", "jpeg_q": quality, "group": kind_name, "seed": seed, **facts}
    return Made(name, ending, content, lines, told)


def _visit(kind_name: str, kind: Kind, number: int, layout: str, rng: np.random.Generator) -> Case:
    if kind_name == "demo":
        return demo.VISITS[number % len(demo.VISITS)]
    return case.make(rng, PLACES.get(layout, people.CLINICS), most=MOST.get(layout, 6), hand=kind.hand)


def _parts(kind: Kind, number: int, visit: Case) -> list[Case]:
    """Every third PDF has its items on two pages."""
    if kind.way not in ("pdf", "pdfscan") or number % 3 != 2:
        return [visit]
    half = (len(visit.items) + 1) // 2
    return [replace(visit, items=visit.items[:half]), replace(visit, items=visit.items[half:])]


def _sheet(kind: Kind, layout: str, visit: Case, long: int, key: list[int]) -> Sheet:
    # Looks have a stream of their own: what is written must not depend on the fonts that a machine has.
    look, rng = np.random.default_rng([*key, 4]), np.random.default_rng([*key, 3])
    role = ROLES.get(layout, "sans" if look.random() < 0.7 else "serif")
    faces = fonts.having(f"pdf-{role}" if kind.way == "pdf" else role)
    face = faces[int(look.integers(len(faces)))]
    size = SIZES[layout]
    fill = kind.fill[1] if kind.way == "photo" else 1.0
    scale = min(5.0, max(1.6, long * fill / size[1] * (1.15 if kind.way == "photo" else 1.0)))
    hands = fonts.having("hand")
    hand = hands[int(look.integers(len(hands)))] if kind.hand else None
    sheet = Sheet(
        size=size,
        scale=scale,
        face=face,
        rng=rng,
        hand=hand,
        hand_ink=INKS[int(look.integers(len(INKS)))],
        heavy=int(hand is not None and hand.thin and look.random() < 0.5),
    )
    LAYOUTS[layout](visit, sheet)
    return sheet
