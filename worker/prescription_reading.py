"""What a paper means to this pharmacy: its reader, the medicines of the catalogue, and the flags for the pharmacist."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from models import catalogue
from models.base import Unavailable, connection, db, drop_connection, unit
from models.readings import Reading
from settings import current
from worker import house, sentry
from worker.logs import log
from worker.ocr.reader import NoReader, Reader

SAME_PAPER_BITS = 6  # worker.ocr.hashing.NEAR, which only the reader's child may load


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """What matching needs of one version of the catalogue."""

    version: tuple[str, int]
    medicines: Any
    controlled: frozenset[str]


_catalogue: _Catalogue | None = None


@cache
def _reader(pid: int) -> Reader:
    settings = current()
    return Reader(
        engine=settings.ocr_engine,
        tesseract_cmd=settings.tesseract_cmd,
        tessdata_prefix=settings.tessdata_prefix,
        memory_mib=settings.ocr_memory_mib,
        cpu_s=settings.ocr_timeout_seconds,
    )


def reader() -> Reader:
    """This process's reader; its child is started by the first file, or by `warm`."""
    return _reader(os.getpid())


def warm() -> None:
    """The reader's models and the medicines are loaded, so that the first customer does not wait for them. What goes wrong here
    goes wrong again at the first file, and is dealt with there."""
    try:
        reader().warm()
        with unit(house.UNIT_S):
            medicines()
    except NoReader as trouble:
        log().error("prescription.no_reader", code=trouble.code, detail=trouble.detail)
    except Unavailable:
        log().warning("prescription.no_medicines_yet")
    finally:
        drop_connection()


def medicines() -> Any:
    """The index of the present catalogue. The catalogue counts its own versions, so noticing a change costs one small row."""
    global _catalogue
    row = connection().execute("SELECT born::text, version FROM catalogue_version").fetchone()
    version = (row[0], row[1]) if row else ("", 0)
    if _catalogue is None or _catalogue.version != version:
        from worker.ocr import medicines as index

        names = connection().execute("SELECT name FROM controlled_substances WHERE level = 2").fetchall()
        _catalogue = _Catalogue(version, index.from_database(db), frozenset(name for (name,) in names))
    return _catalogue.medicines


def understood(read: Reading, known: Any, prescription_id: int) -> Reading:
    """The reading with its medicines, matched to the catalogue. Without them where that fails: the pharmacist has the picture."""
    try:
        from worker.ocr import parse

        return parse.understand(read, known)
    except Exception as error:  # noqa: BLE001 - the same text fails the same way each time; a person can still read it
        log().exception("prescription.not_understood")
        sentry.tell(error, prescription=prescription_id)
        return replace(read, items=())


def flags(read: Reading, written: date | None) -> list[str]:
    """What the pharmacist should know at the first look, as codes of `receiving.FLAGS`. Asks the catalogue."""
    found = [_age(written, datetime.now(current().default_timezone).date())]
    found += [page.quality.complaint for page in read.pages]
    found += ["unsure" if any(not item.sure for item in read.items) else "", "" if read.items else "no_medicine"]
    found += ["controlled" if _controlled(read) else "", "incomplete" if read.more_pages else ""]
    return [flag for flag in dict.fromkeys(found) if flag]


def _age(written: date | None, today: date) -> str:
    if written is None:
        return "no_date"
    if written > today:
        return "future_date"
    return "too_old" if (today - written).days > current().prescription_valid_days else ""


def _controlled(read: Reading) -> bool:
    """Whether a line names a substance that is never sold by chat, or is (if none is chosen, most likely is) such a product."""
    names = _catalogue.controlled if _catalogue else frozenset()
    said = " ".join(f"{item.raw} {item.name}" for item in read.items).lower()
    words = f" {' '.join(re.findall('[a-z0-9]+', said))} "
    if any(f" {name} " in words for name in names):
        return True
    refs = [item.chosen or item.candidates[0].ref for item in read.items if item.chosen or item.candidates]
    return any(product.control == "controlled" for product in catalogue.find_by_ref(db, refs).values())


def day(text: str) -> date | None:
    """An ISO date of a reading, None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
