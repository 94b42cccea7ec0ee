"""Work that takes longer than its lease: the lease is renewed beside it, for as long as this process lives and no longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.base import Unavailable, drop_connection, unit
from models.prescriptions import receiving
from models.prescriptions.receiving import Work
from settings import current

BEATS = 4  # in one lease: two may be lost
LONGEST_S = 900.0  # more than all limits of one attempt together; what goes on after that hangs


@contextmanager
def kept(work: Work) -> Iterator[None]:
    """Renews the lease of this work every quarter of it. A process that is frozen or killed renews nothing."""
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(work, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(current().lease_seconds)


def _renew(work: Work, over: threading.Event) -> None:
    beat_s = current().lease_seconds / BEATS
    until = time.monotonic() + LONGEST_S
    try:
        while not over.wait(beat_s) and time.monotonic() < until:
            try:
                with unit(beat_s):
                    if not receiving.keep(work, current().lease_seconds):
                        return
            except Unavailable:
                continue
    finally:
        drop_connection()
