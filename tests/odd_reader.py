"""A process that reads prescriptions, whose child runs `tests.odd_pipeline`: loaded by dramatiq in the place of `worker.run`."""

from __future__ import annotations

import os
from functools import cache

from worker import prescription_reading, run
from worker.ocr.reader import Reader

broker = run.broker


@cache
def _odd(pid: int) -> Reader:
    return Reader(pipeline="tests.odd_pipeline:read")


prescription_reading.reader = lambda: _odd(os.getpid())
