"""The generator of test papers, and the papers that are kept: pictures and truths that every reading test relies on."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageOps

from local.papers import fonts
from local.papers.kinds import KINDS, READABLE, UNREADABLE
from local.papers.make import Made, paper_of
from local.papers.medicines import all_medicines

KEPT = Path(__file__).parent / "data" / "papers"
SOLD = Path(__file__).parent.parent / "local" / "seed" / "medicines.txt"
TRUTHS = sorted(KEPT.glob("*.json"))
STRENGTH = re.compile(r"\d+(\.\d+)?(/\d+(\.\d+)?)?(mg|mcg|g|ml|iu|%)(/\d*ml)?")
WHO = {"patient", "prescriber", "hospital", "date", "written_on"}
FACTS = WHO | {"file", "layout", "level", "rotation", "exif", "jpeg_q", "seed", "complaint", "group"}
FIELDS = {"name", "strength", "form", "sig", "duration", "quantity", "frequency", "units", "times_a_day", "days", "shown"}


def kept(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def lines_of(path: Path) -> list[str]:
    return path.with_suffix(".gt.txt").read_text(encoding="utf-8").splitlines()


def plain(text: str) -> str:
    return re.sub(r"\s", "", text).lower()


@pytest.fixture(scope="module")
def fax() -> Made:
    return paper_of("fax", 2, 5)


def test_a_seed_makes_the_same_truth_and_the_same_file_again(fax: Made) -> None:
    assert paper_of("fax", 2, 5) == fax


def test_another_seed_makes_another_paper() -> None:
    one, other = paper_of("pdf", 0, 5), paper_of("pdf", 0, 6)

    assert one.truth["items"] != other.truth["items"]


def test_what_is_written_does_not_depend_on_the_fonts_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with_fonts = paper_of("pdf", 1, 5)

    monkeypatch.setattr(fonts, "files", dict)  # a machine without a single font of the list

    assert paper_of("pdf", 1, 5).truth["items"] == with_fonts.truth["items"]


def test_a_machine_without_fonts_still_draws_a_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "files", dict)

    made = paper_of("screen", 0, 5)

    assert made.truth["font"] == fonts.BUILT_IN.family
    assert Image.open(io.BytesIO(made.content)).size[1] > 1000


def test_a_photo_stays_under_the_limit_and_carries_its_exif_tag() -> None:
    made = paper_of("exif", 0, 5, limit=60_000)

    assert len(made.content) <= 60_000
    assert Image.open(io.BytesIO(made.content)).getexif()[0x0112] == made.truth["exif"] == 6


def test_a_fax_has_two_colours_and_the_width_of_a_fax(fax: Made) -> None:
    picture = Image.open(io.BytesIO(fax.content))

    assert (picture.format, picture.mode, picture.width) == ("TIFF", "1", 1728)


def test_the_text_of_a_pdf_is_its_truth() -> None:
    made = paper_of("pdf", 2, 5)

    document = pypdfium2.PdfDocument(made.content)
    words = " ".join(page.get_textpage().get_text_bounded() for page in document).split()
    document.close()

    assert sorted(words) == sorted(" ".join(made.lines).split())


def test_there_are_more_than_a_hundred_and_twenty_medicines_with_strengths_that_can_be_matched() -> None:
    medicines = all_medicines()

    assert len({medicine.name for medicine in medicines}) > 120
    assert [text for medicine in medicines for text in medicine.strengths if not STRENGTH.fullmatch(text)] == []


def test_the_demo_shop_sells_what_the_demo_papers_order() -> None:
    shop = SOLD.read_text(encoding="utf-8").lower()
    ordered = {item["name"] for path in KEPT.glob("demo_*.json") for item in kept(path)["items"]}

    assert [name for name in sorted(ordered) if name.lower() not in shop] == []


def test_every_kind_is_kept_once_at_least() -> None:
    assert {kept(path)["group"] for path in TRUTHS} == {*READABLE, *UNREADABLE, "demo"} == set(KINDS)


def test_the_kept_papers_are_small() -> None:
    files = [path for path in KEPT.iterdir() if path.suffix != ".md"]

    assert max(path.stat().st_size for path in files) <= 130_000
    assert sum(path.stat().st_size for path in files) <= 2_600_000


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.stem)
def test_a_kept_paper_has_a_file_and_a_truth_of_the_agreed_form(path: Path) -> None:
    truth = kept(path)
    scored = "unreadable_items" if truth["complaint"] else "items"

    assert (KEPT / truth["file"]).stem == path.stem
    assert truth.keys() >= FACTS
    assert all(item.keys() == FIELDS and STRENGTH.fullmatch(item["strength"]) for item in truth[scored])


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.stem)
def test_every_medicine_patient_and_prescriber_of_the_truth_stands_on_the_paper(path: Path) -> None:
    truth = kept(path)
    text = plain(" ".join(lines_of(path)))
    items = truth.get("items", truth.get("unreadable_items", []))
    wanted = [truth["date"], *(value for item in items for value in (item["name"], item["strength"]))]
    if truth["layout"] != "till":  # a till's receipt names nobody
        wanted += [truth["patient"], truth["prescriber"], truth["hospital"]]

    assert [value for value in wanted if plain(value) not in text] == []


@pytest.mark.parametrize("path", [path for path in TRUTHS if kept(path)["file"].endswith("jpg")], ids=lambda path: path.stem)
def test_a_kept_photo_stands_upright_once_its_turns_are_undone(path: Path) -> None:
    truth = kept(path)

    with Image.open(KEPT / truth["file"]) as opened:
        picture = ImageOps.exif_transpose(opened).rotate(truth["rotation"], expand=True)

    assert picture.height > picture.width
    assert not truth["written_on"] or date.fromisoformat(truth["written_on"]) <= date(2026, 11, 20)
