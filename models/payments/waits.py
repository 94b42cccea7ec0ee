"""How long to wait: between tries to start, and between looks at what became of an attempt. Pure functions, exact to the ms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

JITTER = 0.10  # a wait is at most a tenth longer than its plain length, so that those who failed together do not come together
LONGEST = timedelta(minutes=30)

# Waits between looks at an open attempt; after the last it is `expired`, and a late webhook still counts.
LADDER = tuple(timedelta(minutes=minutes) for minutes in (3, 6, 12, 30, 60, 180, 360, 1440))


@dataclass(frozen=True, slots=True)
class Retry:
    """RETRY_MAX_ATTEMPTS, RETRY_INITIAL_DELAY_MS, RETRY_BACKOFF_MULTIPLIER of the settings."""

    max_attempts: int = 3
    initial_delay_ms: int = 1000
    multiplier: float = 2.0

    def delay(self, tries: int, chance: float = 0.0) -> timedelta | None:
        """The wait after so many tries (1 or more) have failed; None when there is no other try.

        initial * multiplier ** (tries - 1), longer by up to 10 % as `chance` (0 to 1) says, at most half an hour.
        """
        return None if tries >= self.max_attempts else self.wait(tries, chance)

    def wait(self, tries: int, chance: float = 0.0) -> timedelta:
        """The same wait where nobody gives up: a provider that does not answer is asked again until it does."""
        steps = min(max(tries, 1) - 1, 64)
        longest_ms = LONGEST // timedelta(milliseconds=1)
        plain = min(self.initial_delay_ms * self.multiplier**steps, longest_ms)
        return timedelta(milliseconds=round(min(plain * (1 + JITTER * chance), longest_ms)))


def next_look(looks: int) -> timedelta | None:
    """The wait until the next look after so many looks; None when it was the last."""
    return LADDER[looks] if looks < len(LADDER) else None
