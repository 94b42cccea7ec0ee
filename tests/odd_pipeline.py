"""A pipeline for the reader's child that reads what the file itself asks for: `sleep 2`, `die`, else one line of a medicine."""

from __future__ import annotations

import os
import re
import signal
import time

from models.readings import Box, Line, Page, Quality, Reading
from worker.ocr.wire import PagePicture, Read

JPEG = b"\xff\xd8\xff\xe0 a page \xff\xd9"
LINE = "1. Tab Amoxil 500mg tds x 5/7"


def file(*asked: str) -> bytes:
    """A "photo" that asks for these."""
    return b"\xff\xd8\xff\xe0 " + " ".join(asked).encode() + b" \xff\xd9"


def read(content: bytes) -> Read:
    if b"die" in content:
        os.kill(os.getpid(), signal.SIGKILL)
    if slow := re.search(rb"sleep ([\d.]+)", content):
        time.sleep(float(slow[1]))
    reading = Reading((Page(800, 600, quality=Quality(9, 9, 9, 20)),), (Line(0, Box(0.1, 0.1, 0.8, 0.05), LINE, 0.99),))
    return Read(reading, (PagePicture(JPEG, JPEG),))
