"""What was read on a prescription: values that the reader makes, the database keeps encrypted, chat and console show.

Everything here is the machine's reading and a suggestion; what the pharmacist decides is kept elsewhere and never overwrites it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
# Doubts about what the shop has of it; all others are about the reading itself.
DOUBTS_OF_THE_SHOP = frozenset({"no_match", "strength_unknown", "close_candidates"})


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a flattened page, in fractions of its width and height (0 to 1); axis-parallel."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed or written line. `page` counts from 0. `text` is the reading after repair, `raw` what the engine gave where
    the two differ, `second` what the other engine read where it was asked. `confidence` is the engine's mean, 0 to 1."""

    page: int
    box: Box
    text: str
    confidence: float
    raw: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product of the catalogue that a line may mean. `ref` as in the catalogue (`m12`), `score` 0 to 100."""

    ref: str
    name: str
    generic: str
    strength: str
    form: str
    score: float


@dataclass(frozen=True, slots=True)
class Item:
    """One medicine of the paper. `lines` are indexes into `Reading.lines`, the first is where its name stands.

    Empty text and None mean "not on the paper, or not readable": nothing is ever filled in by guess. `quantity` is in units of
    the form (tablets, ml...); `quantity_computed` tells that it follows from dose, frequency and duration.
    `candidates`: best first, at most four; `chosen` is the ref of the suggested one or "". `sure` only when both engines agree on
    medicine and strength and the catalogue knows that strength; otherwise `doubts` says why not:
    `one_engine`, `engines_differ`, `strength_missing`, `strength_unknown`, `strength_repaired`, `low_confidence`, `close_candidates`,
    `no_match`.
    """

    lines: tuple[int, ...]
    raw: str
    name: str = ""
    strength: str = ""
    form: str = ""
    dose: str = ""
    frequency: str = ""  # the code as understood: od, bd, tds, qds, nocte, stat, 8hly, weekly...
    times_a_day: float | None = None
    as_needed: bool = False
    duration_days: int | None = None
    quantity: float | None = None
    quantity_computed: bool = False
    directions: str = ""  # plain words: "1 tablet twice a day for 5 days"; "" where a part of them was not understood
    confidence: float = 0.0
    sure: bool = False
    doubts: tuple[str, ...] = ()
    second: str = ""
    candidates: tuple[Candidate, ...] = ()
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of a photo, before cleaning. `complaint`: "", "dark", "blurred", "cropped", "blank" (nothing written on it)."""

    sharpness: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    text_height_px: float = 0.0
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A flattened page. `width`, `height` in pixels of its picture; `turned` degrees clockwise that made it upright;
    `flattened` whether a sheet of paper was found in the photo; `from_text` whether a PDF gave its text itself."""

    width: int
    height: int
    turned: int = 0
    flattened: bool = False
    from_text: bool = False
    quality: Quality = field(default_factory=Quality)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read from one file. `written_on` is an ISO date or "". `picture_hash` is a 64-bit perceptual hash of the first
    page, None where there is too little on it. `more_pages`: pages of the file that were not read."""

    pages: tuple[Page, ...] = ()
    lines: tuple[Line, ...] = ()
    items: tuple[Item, ...] = ()
    patient: str = ""
    patient_age: str = ""
    prescriber: str = ""
    prescriber_number: str = ""
    facility: str = ""
    written_on: str = ""
    picture_hash: int | None = None
    engine: str = ""
    seconds: float = 0.0
    more_pages: int = 0

    @property
    def text(self) -> str:
        """All lines, in reading order, one a row."""
        return "\n".join(line.text for line in self.lines)

    @property
    def complaint(self) -> str:
        """Why a new picture would help, or ""."""
        return next((page.quality.complaint for page in self.pages if page.quality.complaint), "")


def read_for_certain(item: Item) -> bool:
    """Whether what stands on the paper is beyond doubt: at most the shop has no such product, or several that are near."""
    return DOUBTS_OF_THE_SHOP.issuperset(item.doubts)


def dumps(reading: Reading) -> str:
    """The reading as JSON, for storage."""
    return json.dumps({"format": FORMAT, **asdict(reading)}, ensure_ascii=False, separators=(",", ":"))


def loads(text: str | bytes) -> Reading:
    """A stored reading; keys of a newer format are left out. Raises ValueError for what is none."""
    told = json.loads(text)
    if not isinstance(told, dict):
        raise ValueError("not a reading")
    return Reading(
        **_known(Reading, told)
        | {
            "pages": tuple(
                Page(**_known(Page, p) | {"quality": Quality(**_known(Quality, p["quality"]))}) for p in told["pages"]
            ),
            "lines": tuple(Line(**_known(Line, x) | {"box": Box(**x["box"])}) for x in told["lines"]),
            "items": tuple(_item(x) for x in told["items"]),
        }
    )


def _item(told: dict[str, Any]) -> Item:
    candidates = tuple(Candidate(**_known(Candidate, c)) for c in told["candidates"])
    lists = {"lines": tuple(told["lines"]), "doubts": tuple(told["doubts"]), "candidates": candidates}
    return Item(**_known(Item, told) | lists)


def _known(kind: Any, told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in kind.__dataclass_fields__ if name in told}
