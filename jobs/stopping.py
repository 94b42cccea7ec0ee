"""Whether this process has been asked to stop: long jobs ask between two batches."""

from __future__ import annotations

import threading

STOP = threading.Event()
