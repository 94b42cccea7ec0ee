"""Hints for a moment soon to come, exact to some milliseconds: one thread a process, made after the fork.

What is lost with the process a sweep finds, a second or two later.
"""

from __future__ import annotations

import heapq
import os
import threading
import time

from worker.broker import hint_at
from worker.messages import Hint

MOST_WAITING = 2000
GRACE_S = 0.01  # the row is due then, by the database's clock


class Later:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._waiting: list[tuple[float, int, Hint, int]] = []
        self._count = 0
        self._pid = 0

    def hint(self, delay_s: float, hint: Hint, subject: int) -> bool:
        """Sends this hint after so many seconds. False when too many wait already: then it is the sweep's."""
        with self._ready:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._waiting.clear()
                threading.Thread(target=self._run, name="later", daemon=True).start()
            if len(self._waiting) >= MOST_WAITING:
                return False
            self._count += 1
            heapq.heappush(self._waiting, (time.monotonic() + max(delay_s, 0.0) + GRACE_S, self._count, hint, subject))
            self._ready.notify()
        return True

    def clear(self) -> None:
        """Forgets what waits."""
        with self._ready:
            self._waiting.clear()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._waiting:
                    self._ready.wait()
                wait_s = self._waiting[0][0] - time.monotonic()
                if wait_s > 0:
                    self._ready.wait(wait_s)
                    continue
                _, _, hint, subject = heapq.heappop(self._waiting)
            hint_at(hint, subject)


later = Later()
