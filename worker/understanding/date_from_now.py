"""Days and hours counted from now or from a day: in 3 days, 2 hours time, a week from friday, 3 days ago."""

from __future__ import annotations

from datetime import timedelta

from worker.understanding.date_reading import Day, Reading

_HOURS = {"minute_unit": timedelta(minutes=1), "hour_unit": timedelta(hours=1)}
_DAYS = {"day_unit": 1, "week": 7, "fortnight_unit": 14}
MOST = 100_000


def from_now(reading: Reading, index: int) -> int:
    """How many marks say so, from `index` on; what they say is put into the reading."""
    if reading.at(index).kind == "now":
        if reading.at(index - 1).key in ("from", "right") or len(reading.marks) == 1:
            reading.relative = timedelta(0)
            return 1
        return 0
    start, led, within = _led(reading, index)
    count, unit_at = _count(reading, start)
    if count is None or count > MOST:
        return 0
    if reading.at(unit_at).key in ("of", "more"):
        unit_at += 1
    unit, end = reading.at(unit_at).kind, unit_at + 1
    tail = _tail(reading, end)
    ago = reading.at(end).kind == "ago"
    timed = reading.at(end).key in ("time", "hence", "later")
    if not (led or tail or timed or ago):
        return 0
    taken = end - index + (2 if tail else 1 if timed or ago else 0)
    sign = -1 if ago else 1
    if unit in _HOURS:
        reading.relative = (reading.relative or timedelta(0)) + sign * _HOURS[unit] * count
        return taken
    if within or count != int(count):  # "in the next 2 days" is any of them
        return 0
    if unit in _DAYS:
        reading.days.append(_later(reading, end, tail, sign * int(count) * _DAYS[unit]))
        return taken
    if unit == "month_unit":
        reading.days.append(Day("months", days=sign * int(count)))
        return taken
    return 0


def _led(reading: Reading, index: int) -> tuple[int, bool, bool]:
    """Where the number stands; whether a word before it says that it is counted; whether any time up to then is meant."""
    start, led, within = index, False, False
    if reading.at(start).key in ("in", "within", "after"):
        start, led = start + 1, True
    if led and reading.at(start).key in ("the", "like", "about", "around"):
        start += 1
    if reading.at(start).kind == "next" and reading.at(start + 1).kind == "num":
        start, led, within = start + 1, True, True
    return start, led, within


def _count(reading: Reading, start: int) -> tuple[float | None, int]:
    """The number, or None, and where its unit stands."""
    mark, second = reading.at(start), reading.at(start + 1)
    if mark.kind == "half" and second.key in ("an", "a", "hour", "hr"):
        return 0.5, start + (2 if second.key in ("an", "a") else 1)
    if mark.kind == "num":
        return mark.n + (0.5 if mark.half else 0), start + 1
    if mark.key in ("a", "an"):
        return (2.0, start + 2) if second.key == "couple" else (1.0, start + 1)
    return None, start


def _tail(reading: Reading, end: int) -> bool:
    return reading.at(end).key == "from" and reading.at(end + 1).kind in ("now", "days", "weekday")


def _later(reading: Reading, end: int, tail: bool, days: int) -> Day:
    """So many days after today, or after the day named behind "from"."""
    named = reading.at(end + 1)
    if tail and named.kind == "weekday":
        return Day("weekday", weekday=named.n, days=days)
    return Day("in", days=days + (named.n if tail and named.kind == "days" else 0))
