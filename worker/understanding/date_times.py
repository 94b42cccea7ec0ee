"""Marks that name a time of day: 14:00, 2pm, 1400, by two, half past 3, noon. Each matcher says how many marks it took."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from worker.understanding.date_marks import Mark
from worker.understanding.date_reading import Clock, Matcher, Reading

_BEFORE_HOUR = frozenset(("at", "by", "around", "about", "from", "before", "after", "say", "time", "till", "until", "latest"))
_ZONES: dict[str, tzinfo] = {"utc": UTC, "gmt": UTC, "z": UTC, "wat": ZoneInfo("Africa/Lagos")}
_ROUND_MINUTES = frozenset(range(5, 60, 5))


def bare_hour(mark: Mark) -> Clock:
    return Clock(mark.n, exact=not mark.word and mark.typed.startswith("0"))


# ------------------------------------------------------------------------------------------------------------------ times


def _half_at(reading: Reading, index: int) -> str:
    mark = reading.at(index)
    return ("pm" if mark.key[0] == "p" else "am") if mark.kind == "mer" else ""


def _written_time(reading: Reading, index: int) -> int:
    """14:00, 2:30pm, 10.30, 14h, 14h30, 14:00 hrs, 14:00Z."""
    mark = reading.at(index)
    if mark.kind not in ("hms", "hdot", "hh"):
        return 0
    pieces = mark.typed.lower().rstrip("h").replace("h", ":").replace(".", ":").split(":")
    values = [int(piece) for piece in pieces[:3] if piece]
    if mark.kind == "hms" and len(pieces[1]) == 1:
        values[1] = 99  # "2:5" is no time
    half = _half_at(reading, index + 1)
    exact = mark.typed.startswith("0") or mark.kind == "hh"
    reading.clocks.append(Clock(values[0], values[1] if len(values) > 1 else 0, half, exact, values[2] if len(values) > 2 else 0))
    return 1 + bool(half) + _hours_word(reading, index + 1 + bool(half))


def _hours_word(reading: Reading, index: int) -> int:
    mark = reading.at(index)
    if mark.key in _ZONES:
        reading.zone = _ZONES[mark.key]
        return 1
    return 1 if mark.kind in ("oclock",) or mark.key in ("hrs", "hours", "hr", "h", "oclock") else 0


def _spoken_time(reading: Reading, index: int) -> int:
    """half past 3, quarter to 4, ten past three."""
    mark = reading.at(index)
    minutes = {"half": 30, "quarter": 15}.get(mark.kind, mark.n if mark.kind == "num" and not mark.half else -1)
    at = index + 1
    if mark.kind == "half" and reading.at(at).kind == "num":  # "half two" is 2:30 to some and 1:30 to others
        reading.contradicts = True
        return 0
    if reading.at(at).kind == "minute_unit":
        at += 1
    link, hour = reading.at(at), reading.at(at + 1)
    if minutes < 0 or minutes > 59 or hour.kind != "num" or hour.half:
        return 0
    if link.kind == "past" or (link.key == "after" and mark.kind == "quarter"):
        value, minute = hour.n, minutes
    elif link.key == "to" and (mark.kind == "quarter" or minutes in _ROUND_MINUTES) and mark.kind != "half" and 1 <= hour.n <= 12:
        value, minute = (hour.n - 1) or 12, 60 - minutes
    else:
        return 0
    half = _half_at(reading, at + 2)
    reading.clocks.append(Clock(value if 1 <= hour.n <= 23 else 99, minute, half))
    return at + 2 - index + bool(half)


def _hour(reading: Reading, index: int) -> int:
    """2pm, 2 pm, 230pm, 1400, 1400hrs, at 2, by two, 2 o'clock, 2 30, 12 noon, 8 in the morning."""
    mark, after = reading.at(index), reading.at(index + 1)
    if mark.kind != "num" or mark.half:
        return 0
    if mark.n == 12 and after.kind == "clock":
        return 1  # "12 noon": the word says it
    four = not mark.word and len(mark.key) in (3, 4)
    half = _half_at(reading, index + 1)
    if half:
        hour, minute = (mark.n // 100, mark.n % 100) if four else (mark.n, 0)
        reading.clocks.append(Clock(hour, minute, half))
        return 2
    if four and (after.key in ("hrs", "hours", "hr", "h") or (len(mark.key) == 4 and reading.at(index - 1).key in _BEFORE_HOUR)):
        reading.clocks.append(Clock(mark.n // 100, mark.n % 100, exact=True))
        return 1 + (after.key in ("hrs", "hours", "hr", "h"))
    if four or mark.n > 99:
        return 0
    minutes = after if after.kind == "num" and (after.n in _ROUND_MINUTES or after.key == "00") and len(after.key) != 4 else None
    led = reading.at(index - 1).key in _BEFORE_HOUR and index > 0
    if minutes and mark.n <= 23 and not after.dashed and not mark.dashed and reading.at(index + 2).kind != "month":
        half = _half_at(reading, index + 2)
        if half or led or minutes.word:
            reading.clocks.append(Clock(mark.n, minutes.n, half, exact=mark.typed.startswith("0")))
            return 2 + bool(half)
    skipped = 2 if after.key in ("in", "at") and reading.at(index + 2).key == "the" else 1 if after.key in ("in", "at") else 0
    in_part = reading.at(index + 1 + skipped).kind == "part" and (skipped or after.kind == "part")
    o_clock = (
        after.kind == "oclock" or (after.key == "o" and reading.at(index + 2).key == "clock") or after.key in ("hrs", "hours")
    )
    if led and reading.at(index - 1).key == "after":
        reading.contradicts = True
    if led or in_part or o_clock:
        reading.clocks.append(bare_hour(mark) if not (o_clock and after.key in ("hrs", "hours")) else Clock(mark.n, exact=True))
        return 1 + (2 if o_clock and after.key == "o" else 1 if o_clock else 0)
    return 0


def _named_time(reading: Reading, index: int) -> int:
    """noon, midnight, morning, afternoon, evening, night."""
    mark = reading.at(index)
    if mark.kind == "clock":
        reading.clocks.append(Clock(mark.n, exact=True))
        reading.midnight = reading.midnight or mark.n == 0
        return 1
    if mark.kind == "part" and mark.meaning:
        reading.set_part(str(mark.meaning[1]))
        return 1
    return 0


MATCHERS: tuple[Matcher, ...] = (_spoken_time, _written_time, _hour)
LAST: tuple[Matcher, ...] = (_named_time,)
