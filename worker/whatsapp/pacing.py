"""Staying below Meta's two speed limits without asking anybody on the way of a message.

*The number*: 80 messages a second, sent and received together, over all processes. Each process keeps to its share with a
token bucket in memory (`TokenBucket(share(80, processes))`); no round trip. Should Meta still say 130429, `pause` holds
the process back.

*The customer*: one message in 6 s, up to 45 borrowed from the time to come. Two times of the customer's row carry it:
`paid_until` (when all that was sent would be paid for at one in 6 s) and `next_send_at`. They are written by the
statement that records a send and read by the one that claims the next, so they cost no round trip either and hold over
all processes.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/throughput and
.../about-the-platform#rate-limits, read 22 November 2026. The text there says that any burst is to be paid back in
silence before the next message. Taken to the letter a bot could not answer a second question within seconds of the
first, so only the whole burst is: a customer who has had 45 messages ahead of time waits until they are paid, and below
that we send. Where Meta is stricter it says 131056, and `pair_wait_s` tells how long that customer waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from worker.whatsapp.limits import NUMBER_PER_SECOND, PAIR_BURST, PAIR_INTERVAL_S

PAIR_WAIT_MAX_S = 1024.0
RECEIVED_SHARE = 0.25  # of the 80/s, left to what customers send


@dataclass(frozen=True, slots=True)
class Pair:
    """One customer's account with the pair limit. Times in seconds of one clock; 0 for a customer never written to."""

    paid_until: float = 0.0
    next_send_at: float = 0.0

    def after_send(self, now: float) -> Pair:
        """The account after a message sent at `now`."""
        paid_until = max(self.paid_until, now) + PAIR_INTERVAL_S
        exhausted = paid_until - now > (PAIR_BURST - 0.5) * PAIR_INTERVAL_S
        return Pair(paid_until, paid_until if exhausted else now)

    def after_refusal(self, now: float, times: int) -> Pair:
        """The account after Meta said 131056 for the `times`-th time in a row (from 1)."""
        until = now + pair_wait_s(times)
        return Pair(max(self.paid_until, until), until)


def next_allowed(history: Iterable[float], now: float) -> float:
    """When the next message to a customer may leave who got messages at `history` (ascending); `now` or later."""
    pair = Pair()
    for sent_at in history:
        pair = pair.after_send(sent_at)
    return max(now, pair.next_send_at)


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
