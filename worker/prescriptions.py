"""A prescription's file fetched, kept, read and matched: taken up, worked on with nothing held, written down.

`read` may be called by anybody at any time for any prescription; it does what is due, or leaves. A crash anywhere repeats the
work from the file that was stored, or from fetching it, with nothing half done and no event doubled.

Whose fault it is decides what follows. The file's: it ends as failed with a reason, or, where it ends its reader, after
OCR_MAX_DEATHS of that. Meta's: it is fetched again, OCR_MAX_ATTEMPTS times. Ours (keys, disk, token, reader): it waits for as long
as that takes, and Sentry hears of it.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable

from models import media
from models.base import Unavailable, drop_connection, unit
from models.prescriptions import receiving
from models.prescriptions.receiving import FILE_REASONS, PageFiles, Work
from models.readings import Reading
from models.vault import Away, Gone, Locked, vault
from settings import current
from worker import house, messages, prescription_reading, sentry
from worker.broker import hint_at
from worker.errors import GatewayError
from worker.lease import kept
from worker.logs import correlate, log
from worker.ocr.errors import NoReader, ReaderDied, Unreadable
from worker.ocr.wire import Read
from worker.prescription_reading import day
from worker.whatsapp.errors import SLOW_DOWN, STOP_SENDER

RETRY_DELAYS_S = (2.0, 10.0, 60.0, 300.0)
# While something of ours is broken: soon while it is fresh, and never so often that it adds to the trouble.
PATIENCE_S = (5.0, 300.0)
AFTER_DEATH_S = 2.0
ALARM_EVERY_S = 900.0
# Meta's codes and ours for a file that cannot be had, in the words customers are answered by; the rest is `not_fetched`.
FETCH_REASONS = {"media_gone": "media_gone", "media_too_big": "too_big", "131052": "too_big"}


class _Lost(Exception):
    """The lease ran out, or the customer took the prescription back: it is not ours any more, and nothing is written."""


# Attempts that the database ended (prescription and version, 0 where that is not known); they are given back with the next unit
# of work that succeeds.
_owed: list[tuple[int, int]] = []
_owed_lock = threading.Lock()
_alarmed: dict[str, float] = {}  # when Sentry last heard of a trouble of ours


def read(prescription_id: int) -> None:
    """Does what is due for a prescription. Raises Unavailable when the database goes away; the sweep comes back to it."""
    work = _begin(prescription_id)
    if work is None:
        return
    correlate(work.correlation_id, prescription=work.id)
    drop_connection()  # nobody holds the database while another service is asked
    try:
        with kept(work):
            _work(work)
    except Unavailable:
        _owe(work.id, work.version)
        raise


def _begin(prescription_id: int) -> Work | None:
    asked = False
    try:
        with unit(house.UNIT_S):
            _pay_back()
            asked = True
            return receiving.begin(prescription_id, current().lease_seconds)
    except Unavailable:
        if asked:
            _owe(prescription_id, 0)  # it may have been counted and the answer lost
        raise


def _owe(prescription_id: int, version: int) -> None:
    with _owed_lock:
        _owed.append((prescription_id, version))


def _pay_back() -> None:
    with _owed_lock:
        owed = list(_owed)
    if owed:
        receiving.hand_back(owed)
        with _owed_lock:
            del _owed[: len(owed)]


def _work(work: Work) -> None:
    """One attempt, from the file to the queue of the pharmacists, with each way it can go wrong."""
    if not work.media_row:
        _failed(work, "media_gone", code="row_deleted")
        return
    if work.deaths >= current().ocr_max_deaths:
        _set_aside(work, "ended the process")
        return
    try:
        found, read_of_it = _read(work)
        _finish(work, found, read_of_it)
    except Unavailable:
        raise
    except _Lost:
        _tell(None)
    except GatewayError as error:
        _not_fetched(work, error)
    except Unreadable as error:
        _failed(work, error.code if error.code in FILE_REASONS else "not_read", code=error.code)
    except ReaderDied as death:
        _died(work, death)
    except (Away, Locked, NoReader) as trouble:
        _ours(work, type(trouble).__name__, getattr(trouble, "code", ""))
    except Exception as error:  # noqa: BLE001 - a bug: counted, told, tried again, and at last put before the pharmacist
        _bug(work, error)


# --------------------------------------------------------------------------------------------------- fetch, store, read


def _read(work: Work) -> tuple[Reading, Read]:
    """What stands in the file: the reading with its medicines, and what the reader gave."""
    content = _content(work)
    drop_connection()  # reading takes seconds, and nothing is asked meanwhile
    given = prescription_reading.reader().read(content, timeout_s=current().ocr_timeout_seconds)
    with unit(house.UNIT_S):
        medicines = prescription_reading.medicines()
    return prescription_reading.understood(given.reading, medicines, work.id), given


def _content(work: Work) -> bytes:
    """The file, from the vault or, the first time, from Meta. Raises GatewayError, Away, Locked, Unreadable."""
    if work.stored:
        try:
            return vault().get(work.name)
        except Gone:
            log().error("prescription.file_lost")
            _write(lambda: receiving.lost_file(work))
    vault().seal(b"")  # without a key nothing is asked of Meta, who counts what we ask
    content = house.whatsapp().download(work.media_id, current().media_max_bytes, sha256=work.sha256)
    vault().write(work.name, content)
    kind, digest = media.content_type(content), hashlib.sha256(content).hexdigest()
    if not _write(lambda: receiving.stored(work, size=len(content), content_type=kind, sha256=digest)):
        raise _Lost
    return content


def _finish(work: Work, found: Reading, given: Read) -> None:
    """The pictures kept, the reading written down, the conversation told."""
    pages = tuple(_kept_page(work, number, given) for number in range(len(given.pictures)))
    with unit(house.UNIT_S):
        flags = prescription_reading.flags(found, day(found.written_on))
        customer = receiving.finish(
            work,
            found,
            pages,
            flags,
            written_on=day(found.written_on),
            same_within_bits=prescription_reading.SAME_PAPER_BITS,
        )
    if customer is not None:
        log().info("prescription.read", lines=len(found.lines), items=len(found.items), seconds=found.seconds, flags=flags)
    _tell(customer)


def _kept_page(work: Work, number: int, given: Read) -> PageFiles:
    """Named after the file, so that a second try writes over what the first one left."""
    picture, page = given.pictures[number], given.reading.pages[number]
    flat, photo = f"{work.name}.{number}.flat", f"{work.name}.{number}.photo"
    vault().write(flat, picture.flat_jpeg)
    vault().write(photo, picture.photo_jpeg)
    return PageFiles(flat, photo, page.width, page.height)


# --------------------------------------------------------------------------------------------------- what went wrong


def _not_fetched(work: Work, error: GatewayError) -> None:
    if error.klass in (STOP_SENDER, SLOW_DOWN):  # our account is in trouble or too busy: no fault of this file
        _ours(work, error.klass, error.code, at_least_s=error.retry_after_s or 0.0)
        return
    tries = min(current().ocr_max_attempts, error.max_tries or current().ocr_max_attempts)
    if not error.retryable or work.failures + 1 >= tries:
        _failed(work, FETCH_REASONS.get(error.code, "not_fetched"), code=error.code)
        return
    _later(work, error.code, at_least_s=error.retry_after_s or 0.0)


def _died(work: Work, death: ReaderDied) -> None:
    if work.deaths + 1 >= current().ocr_max_deaths:
        _set_aside(work, death.code)
        return
    _write(lambda: receiving.died(work, AFTER_DEATH_S))
    log().warning("prescription.reader_died", code=death.code, deaths=work.deaths + 1)


def _set_aside(work: Work, code: str) -> None:
    sentry.alarm("prescription set aside", prescription=work.id)
    _failed(work, "killed_reader", code=code)


def _bug(work: Work, error: Exception) -> None:
    log().exception("prescription.attempt_failed", attempt=work.attempt)
    if work.failures + 1 >= current().ocr_max_attempts:
        sentry.tell(error, prescription=work.id)
        _failed(work, "not_read", code=type(error).__name__)
        return
    _later(work, type(error).__name__)


def _ours(work: Work, what: str, code: str, at_least_s: float = 0.0) -> None:
    """It waits, without an attempt counted; the longer it has waited, the longer until the next."""
    delay_s = max(at_least_s, min(max(work.age_s / 4, PATIENCE_S[0]), PATIENCE_S[1]))
    _write(lambda: receiving.put_off(work, delay_s))
    log().error("prescription.put_off", trouble=what, code=code, delay_s=round(delay_s))
    if time.monotonic() - _alarmed.get(what, -math.inf) > ALARM_EVERY_S:  # one fault, however many files wait for its end
        _alarmed[what] = time.monotonic()
        sentry.alarm(f"prescriptions wait: {what}", prescription=work.id)


def _later(work: Work, code: str, at_least_s: float = 0.0) -> None:
    delay_s = max(at_least_s, RETRY_DELAYS_S[min(work.failures, len(RETRY_DELAYS_S) - 1)])
    _write(lambda: receiving.retry_later(work, delay_s))
    log().warning("prescription.retried_later", code=code, attempt=work.attempt, delay_s=round(delay_s))


def _failed(work: Work, reason: str, *, code: str) -> None:
    with unit(house.UNIT_S):
        customer = receiving.fail(work, reason)
    if customer is not None:
        log().warning("prescription.failed", reason=reason, code=code)
    _tell(customer)


def _tell(customer: int | None) -> None:
    """After the commit."""
    if customer is None:
        log().warning("prescription.not_ours")  # read by another meanwhile, replaced or withdrawn: nothing was written
        return
    hint_at(messages.CONVERSE, customer)


def _write(change: Callable[[], bool]) -> bool:
    with unit(house.UNIT_S):
        return change()
