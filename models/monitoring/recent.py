"""What was done in the last 5 and 60 minutes, and how much of it failed: read from the newest rows of each table by its key.

Only `NEWEST` rows a table are read, so that a scrape costs the same however large the shop is. Where they do not reach back 60
minutes, `reaches_s` says how far they do, and a rate is over that time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEWEST = 5_000
WINDOWS = (5, 60)  # minutes
# Table, moment it was done, what is done well, what went wrong. Receipts move rows on from `accepted`; they stay sent.
_SOURCES = {
    "events": ("inbox", 'COALESCE("handledAt", "receivedAt")', "status = 'done'", "status IN ('failed', 'quarantined')"),
    "messages": (
        "outbox",
        """CASE WHEN status IN ('failed', 'expired') THEN "updatedAt" ELSE "acceptedAt" END""",
        "status IN ('accepted', 'sent', 'delivered', 'read')",
        "status IN ('failed', 'expired')",
    ),
    "readings": ("prescriptions", '"extractedAt"', """"extractionStatus" = 'extracted'""", """"extractionStatus" = 'failed'"""),
    "attempts": (
        "payment_attempts",
        '"endedAt"',
        "status = 'paid'",
        "status IN ('failed', 'given_up') AND reason NOT IN ('switched', 'order_over')",
    ),
}
_WINDOW = "count(*) FILTER (WHERE {what} AND at > now() - interval '{minutes} minutes')"
_SOURCE = """'{name}', (SELECT json_build_array(count(*), EXTRACT(EPOCH FROM now() - min(at)), {counts})
    FROM (SELECT {at} AS at, {good} AS good, {wrong} AS wrong FROM {table} ORDER BY id DESC LIMIT {newest}) s)"""
_READING_S = """'reading_seconds', (SELECT json_build_array(count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY took),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY took))
    FROM (SELECT EXTRACT(EPOCH FROM "extractedAt" - "createdAt")::float8 AS took, "extractedAt" AS at, "extractionStatus"
        FROM prescriptions ORDER BY id DESC LIMIT 500) s
    WHERE "extractionStatus" = 'extracted' AND at > now() - interval '60 minutes')"""
_PAID = """'paid', (SELECT json_build_array(count(*) FILTER (WHERE at > now() - interval '5 minutes'), count(*))
    FROM (SELECT COALESCE("paidAt", "createdAt") AS at FROM payments WHERE COALESCE("paidAt", "createdAt") > now() - interval '60 minutes'
        AND settled IN ('applied', 'overpaid') LIMIT 5000) s)"""


def _question() -> str:
    windows = [(what, minutes) for minutes in WINDOWS for what in ("good", "wrong")]
    counts = ", ".join(_WINDOW.format(what=what, minutes=minutes) for what, minutes in windows)
    parts = [
        _SOURCE.format(name=name, at=at, good=good, wrong=wrong, table=table, newest=NEWEST, counts=counts)
        for name, (table, at, good, wrong) in _SOURCES.items()
    ]
    return f"json_build_object({', '.join([*parts, _READING_S, _PAID])})"


QUESTION = _question()  # an expression that gives one JSON object


@dataclass(frozen=True, slots=True)
class Done:
    """Of one kind: how many went well and wrong in each window of minutes, and how far back the rows reach that were read."""

    good: Mapping[int, int]
    wrong: Mapping[int, int]
    reaches_s: float

    def a_minute(self, minutes: int) -> float:
        """Well and wrong together, a minute."""
        over = min(minutes * 60.0, self.reaches_s)
        return (self.good[minutes] + self.wrong[minutes]) / max(over / 60, 1 / 60)

    def wrong_share(self, minutes: int) -> float | None:
        """From 0 to 1; None when there was nothing."""
        whole = self.good[minutes] + self.wrong[minutes]
        return self.wrong[minutes] / whole if whole else None


@dataclass(frozen=True, slots=True)
class Recent:
    """`kinds`: events, messages, readings, attempts. `reading_s`: how many were read in 60 minutes, their median and 95th percentile
    of seconds from arrival to text. `paid`: payments taken, by window."""

    kinds: Mapping[str, Done]
    reading_s: tuple[int, float | None, float | None]
    paid: Mapping[int, int]


def parse(answer: Mapping[str, Any]) -> Recent:
    """What `QUESTION` gave."""
    kinds = {}
    for name in _SOURCES:
        count, oldest_s, *numbers = answer[name]
        full = count >= NEWEST
        good, wrong = numbers[0::2], numbers[1::2]
        reaches_s = float(oldest_s) if full and oldest_s is not None else float("inf")
        kinds[name] = Done(dict(zip(WINDOWS, good, strict=True)), dict(zip(WINDOWS, wrong, strict=True)), reaches_s)
    read, median, high = answer["reading_seconds"]
    return Recent(kinds, (read, median, high), dict(zip(WINDOWS, answer["paid"], strict=True)))
