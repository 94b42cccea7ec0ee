"""Staying below Meta's two speed limits without asking anybody on the way of a message. Pure but for the bucket's clock.

*The number*: 80 messages a second, sent and received together, over all processes. Each process keeps to its share with a
token bucket in memory (`TokenBucket(share(processes, 80))`); no round trip. Should Meta still say 130429, the sender's
state in the database holds everybody back.

*The customer*: one message in 6 s, up to 45 borrowed from the time to come. One moment of the customer's row carries it,
`pairFreeAt`, when the borrowed quota is paid back; the statement that saves a turn writes it and the look-up reads it.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/throughput and
.../about-the-platform#rate-limits, read 22 November 2026. The text there says that any burst is to be paid back in
silence before the next message. Taken to the letter a bot could not answer a second question within seconds of the
first, so only what goes beyond a whole burst waits, one in 6 s. Where Meta is stricter it says 131056, and `pair_wait_s`
tells how long that customer waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from worker.whatsapp.limits import NUMBER_PER_SECOND, PAIR_BURST, PAIR_INTERVAL_S

PAIR_WAIT_MAX_S = 1024.0
RECEIVED_SHARE = 0.25  # of the 80/s, left to what customers send


def pace(free_at: datetime | None, now: datetime, count: int) -> tuple[datetime, list[datetime | None]]:
    """When each of `count` more messages to one customer may go: None for now, else the moment.

    `free_at`: when what was sent is paid back (the first result of the last call).
    """
    interval = timedelta(seconds=PAIR_INTERVAL_S)
    at = max(free_at or now, now)
    due: list[datetime | None] = []
    for _ in range(count):
        moment = at - interval * (PAIR_BURST - 1)
        due.append(moment if moment > now else None)
        at += interval
    return at, due


def pair_wait_s(times: int) -> float:
    """Meta's advice: 4^n seconds with n from 0, here from 6 s (one message's worth) and never above 1024."""
    return min(max(PAIR_INTERVAL_S, 4.0 ** max(times - 1, 0)), PAIR_WAIT_MAX_S) if times < 10 else PAIR_WAIT_MAX_S


def share(processes: int, per_second: float = NUMBER_PER_SECOND) -> float:
    """What one of `processes` may send a second, a quarter left to what comes in."""
    return per_second * (1 - RECEIVED_SHARE) / max(processes, 1)


class TokenBucket:
    """At most `rate` a second on average and `burst` at once, for all threads of a process. `rate` 0: no limit.

    `clock`: seconds, monotonic.
    """

    def __init__(self, rate: float, burst: float | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        if rate < 0:
            raise ValueError("rate must not be negative")
        self._interval_s = 1 / rate if rate else 0.0
        # A quarter of a second's worth: more would let two processes' bursts meet in one second.
        self._allowance_s = ((burst if burst is not None else max(rate / 4, 1.0)) - 1) * self._interval_s
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0  # when the next token would be due if nothing had been saved up
        self._paused_until = 0.0

    def reserve(self, max_wait_s: float = 60.0) -> float | None:
        """Takes a token; gives back how many seconds to wait before using it (often 0).

        None when the wait would be longer than `max_wait_s`: then no token was taken.
        """
        with self._lock:
            now = self._clock()
            due = max(self._next, now - self._allowance_s) if self._interval_s else now
            wait_s = max(due, self._paused_until) - now
            if wait_s > max_wait_s:
                return None
            if self._interval_s:
                # After a pause all begin anew, one after the other and not at once.
                self._next = max(due, self._paused_until) + self._interval_s
            return max(wait_s, 0.0)

    def pause(self, seconds: float) -> None:
        """Nobody gets a token for that long: Meta said that the number is too fast."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)
