"""Files of a talk with a person: a customer's fetched from Meta into the vault, staff's handed to Meta before their message leaves.

`move` may be called by anybody at any time for any file; it does what is due, or leaves. Whose fault it is decides what follows:
the file's or Meta's: it is tried again some times and then given up, and staff read why. Ours (keys, disk, token): it waits for as
long as that takes. Few are moved at a time in a process: its threads are for words.
"""

from __future__ import annotations

import hashlib
import threading

from models.base import Unavailable, drop_connection, unit
from models.threads import files
from models.threads.files import Work
from models.threads.kinds import kind_of
from models.vault import Away, Gone, Locked, vault
from settings import current
from worker import house, messages, sentry
from worker.broker import hint_at
from worker.errors import GatewayError
from worker.later import later
from worker.logs import log
from worker.whatsapp.errors import SLOW_DOWN, STOP_SENDER

RETRY_DELAYS_S = (2.0, 10.0, 30.0, 120.0, 600.0)
OURS_DELAY_S = 30.0
AT_ONCE = 3
BUSY_S = 1.0
# Meta's codes and ours for a file that cannot be had, as staff are told; the rest is `not_fetched`.
REASONS = {"media_gone": "gone", "media_too_big": "too_big", "131052": "too_big"}

_places = threading.BoundedSemaphore(AT_ONCE)


def move(media_row: int) -> None:
    """Does what is due for a file. Raises Unavailable when the database goes away; the sweep comes back to it."""
    if not _places.acquire(blocking=False):
        later.hint(BUSY_S, messages.MOVE_FILE, media_row)
        return
    try:
        with unit(house.UNIT_S):
            work = files.begin(media_row)
        drop_connection()  # nobody holds the database while another service is asked
        if work is not None:
            _move(work)
    finally:
        _places.release()


def _move(work: Work) -> None:
    try:
        if work.deaths >= files.MOST_DEATHS:
            sentry.alarm("file of a thread given up", media=work.media_row)
            _give_up(work, "not_fetched")
        elif work.outbox_id is None:
            _fetch(work)
        else:
            _upload(work)
    except Unavailable:
        raise
    except GatewayError as error:
        _refused(work, error)
    except Gone:
        _give_up(work, files.UPLOAD)
    except (Away, Locked) as trouble:
        _later(work, OURS_DELAY_S, type(trouble).__name__, counted=False)
    except Exception as error:  # noqa: BLE001 - a bug: counted, told, tried again, given up at last
        log().exception("file.failed", media=work.media_row)
        sentry.tell(error, media=work.media_row)
        _failed(work, type(error).__name__)


def _fetch(work: Work) -> None:
    vault().seal(b"")  # without a key nothing is asked of Meta, who counts what we ask
    content = house.whatsapp().download(work.media_id, current().media_max_bytes, sha256=work.sha256)
    vault().write(work.name, content)
    kind, digest = kind_of(content, work.mime), hashlib.sha256(content).hexdigest()
    with unit(house.UNIT_S):
        ours = files.fetched(work, size=len(content), content_type=kind, sha256=digest)
    log().info("file.fetched", media=work.media_row, size=len(content), ours=ours)


def _upload(work: Work) -> None:
    content = vault().get(work.name)
    media_id = house.whatsapp().upload(content, work.mime, filename=work.filename or "file")
    with unit(house.UNIT_S):
        ours = files.handed_over(work, media_id)
    log().info("file.handed_over", media=work.media_row, ours=ours)
    hint_at(messages.DELIVER, work.customer_id)


def _refused(work: Work, error: GatewayError) -> None:
    if error.klass in (STOP_SENDER, SLOW_DOWN):  # our account is in trouble or too busy: no fault of this file
        _later(work, max(OURS_DELAY_S, error.retry_after_s or 0.0), error.code, counted=False)
    elif not error.retryable:
        _give_up(work, files.UPLOAD if work.outbox_id else REASONS.get(error.code, "not_fetched"))
    else:
        _failed(work, error.code, at_least_s=error.retry_after_s or 0.0, most=error.max_tries or files.MOST_FAILURES)


def _failed(work: Work, reason: str, *, at_least_s: float = 0.0, most: int = files.MOST_FAILURES) -> None:
    if work.failures + 1 >= min(most, files.MOST_FAILURES):
        _give_up(work, files.UPLOAD if work.outbox_id else "not_fetched")
        return
    _later(work, max(at_least_s, RETRY_DELAYS_S[min(work.failures, len(RETRY_DELAYS_S) - 1)]), reason)


def _later(work: Work, delay_s: float, reason: str, *, counted: bool = True) -> None:
    with unit(house.UNIT_S):
        files.retry_later(work, delay_s, reason, counted=counted)
    log().warning("file.moved_later", media=work.media_row, reason=reason[:60], delay_s=delay_s)


def _give_up(work: Work, reason: str) -> None:
    with unit(house.UNIT_S):
        customer = files.give_up(work, reason)
    log().warning("file.given_up", media=work.media_row, reason=reason)
    if customer is not None and work.outbox_id is not None:
        hint_at(messages.DELIVER, customer)
