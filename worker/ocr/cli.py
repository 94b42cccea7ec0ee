"""`drugsng ocr FILE`: what is read and understood of a prescription, on this machine and without the house."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from models.readings import DOUBTS_OF_THE_SHOP, Item, Reading, dumps
from worker.ocr.errors import Unreadable

UNREADABLE, NO_ENGINE, NO_CATALOGUE = (
    3,
    4,
    5,
)  # exit codes; 1 and 2 are click's own: a file that cannot be opened, a wrong command
CONNECT_S = 5.0

SENTENCES = {
    "empty": "The file is empty.",
    "not_a_picture": "This is neither a picture (JPEG, PNG, WEBP, TIFF, HEIC...) nor a PDF.",
    "too_big": "The file is larger than 24 MB.",
    "too_many_pixels": "The picture has more pixels than can be read safely. Send a smaller one.",
    "encrypted_pdf": "The PDF asks for a password. Save it without one.",
    "broken": "The file is damaged and nothing of it can be read.",
    "heic": "This phone's format (HEIC or AVIF) cannot be read here. Save the picture as JPEG.",
}
COMPLAINTS = {
    "dark": "The picture is too dark: take it again in daylight.",
    "blurred": "The picture is blurred: hold the phone still and tap on the writing before you take it.",
    "cropped": "A part of the paper is missing: take the whole sheet, with its four corners.",
    "blank": "Nothing is written on the picture.",
}


@click.command("ocr")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", "form", flag_value="text", help="Only the lines, one a row.")
@click.option("--json", "form", flag_value="json", help="The whole reading.")
@click.option(
    "--show",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the flattened page with boxes and words to this picture.",
)
@click.option("--engine", type=click.Choice(["auto", "ppocr", "tesseract"]), default="auto", show_default=True)
@click.option("--catalogue", is_flag=True, help="Match with the shop's own list (DATABASE_URL).")
def ocr(file: Path, form: str | None, show: Path | None, engine: str, catalogue: bool) -> None:
    """Read a prescription: a photo, a scan or a PDF.

    Ends with 0 when it was read, 3 when the file cannot be read, 4 when no engine is installed, 5 when the catalogue was asked for
    and cannot be reached.
    """
    reading, pages = _read(file, engine)
    if show is not None:
        _show(show, reading, pages)
    if form == "text":
        click.echo(reading.text)
        return
    understood = _understood(reading, catalogue)
    click.echo(dumps(understood) if form == "json" else table(understood))


def table(reading: Reading) -> str:
    """What was read, for people: the pages, the lines, the medicines, and whose paper it is."""
    parts = [
        _head(reading),
        *(COMPLAINTS[page.quality.complaint] for page in reading.pages if page.quality.complaint in COMPLAINTS),
    ]
    if reading.lines:
        parts += [
            "",
            _columns(("", "sure", "read", "second opinion"), [_line_row(i, reading) for i in range(len(reading.lines))]),
        ]
    if reading.items:
        parts += [
            "",
            _columns(("medicine", "strength", "form", "directions", "quantity", ""), [_item_row(item) for item in reading.items]),
        ]
    fields = (
        ("patient", " ".join(filter(None, (reading.patient, reading.patient_age and f"({reading.patient_age})")))),
        ("prescriber", " ".join(filter(None, (reading.prescriber, reading.prescriber_number)))),
        ("facility", reading.facility),
        ("written on", reading.written_on),
    )
    told = [f"{name}: {value}" for name, value in fields if value]
    return "\n".join(parts + ([""] if told else []) + told)


def _read(file: Path, engine: str) -> tuple[Reading, list[Any]]:
    from worker.ocr import pipeline  # OpenCV and the models: only when there is something to read
    from worker.ocr.engines import NoEngine

    try:
        told = pipeline.read_pages(file.read_bytes(), engine)
    except Unreadable as bad:
        click.echo(SENTENCES.get(bad.code, "The file cannot be read."), err=True)
        sys.exit(UNREADABLE)
    except NoEngine as missing:
        click.echo(f"Nothing here can read: {missing}.", err=True)
        sys.exit(NO_ENGINE)
    except OSError as problem:
        raise click.ClickException(f"Cannot open {file}: {problem.strerror}.") from problem
    return told


def _understood(reading: Reading, catalogue: bool) -> Reading:
    from worker.ocr.medicines import Medicines, from_database
    from worker.ocr.parse import understand

    if not catalogue:
        return _of_the_paper_alone(understand(reading, Medicines.of([])))
    from models import base
    from settings import BadSetting, current

    try:
        base.bind(current().database_url, name="drugsng ocr", connect_wait_s=CONNECT_S)
        with base.unit(30.0):
            medicines = from_database(base.db)
    except (BadSetting, base.Unavailable) as problem:
        click.echo(f"The catalogue cannot be reached ({problem}). Without --catalogue the paper alone is read.", err=True)
        sys.exit(NO_CATALOGUE)
    finally:
        base.drop_connection()
    return understand(reading, medicines)


def _of_the_paper_alone(reading: Reading) -> Reading:
    """Without a shop's list, that the list lacks something is no doubt."""
    items = (replace(item, doubts=tuple(d for d in item.doubts if d not in DOUBTS_OF_THE_SHOP)) for item in reading.items)
    return replace(reading, items=tuple(items))


def _show(path: Path, reading: Reading, pages: list[Any]) -> None:
    from worker.ocr import showing

    try:
        showing.save(path, reading, pages)
    except (OSError, ValueError) as problem:  # ValueError: an ending that stands for no kind of picture
        raise click.ClickException(f"Cannot write {path}: {problem}.") from problem


def _head(reading: Reading) -> str:
    pages = f"{len(reading.pages)} page" + "s" * (len(reading.pages) != 1)
    more = f", {reading.more_pages} more not read" if reading.more_pages else ""
    return f"{pages}{more}, {len(reading.lines)} lines, read by {reading.engine} in {reading.seconds:.1f} s"


def _line_row(index: int, reading: Reading) -> tuple[str, ...]:
    line = reading.lines[index]
    repaired = f"{line.text}   [was: {line.raw}]" if line.raw else line.text
    return (str(index + 1), f"{line.confidence:.2f}", repaired, "same" if line.second == line.text else line.second)


def _item_row(item: Item) -> tuple[str, ...]:
    best = item.candidates[0] if item.candidates else None
    match = f" -> {best.name} {best.strength} {best.form} ({best.score:.0f})" if best else ""
    quantity = "" if item.quantity is None else f"{item.quantity:g}" + (" (computed)" if item.quantity_computed else "")
    verdict = "sure" if item.sure else ", ".join(item.doubts) or "read for certain"
    return (item.name + match, item.strength, item.form, item.directions, quantity, verdict)


def _columns(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)]
    return "\n".join([lines[0], "-" * min(130, sum(widths) + 2 * len(widths)), *lines[1:]])
