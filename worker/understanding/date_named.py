"""Days that have names of their own, and tomorrow as it is written short: christmas eve, boxing day, "to morrow", "tom 3pm"."""

from __future__ import annotations

from worker.understanding.date_marks import Mark
from worker.understanding.date_reading import Day, Matcher, Reading

# Month and day of feasts that are on the same day each year; those of the moon are not dates one can count on.
_FEASTS: dict[tuple[str, ...], tuple[int, int]] = {
    ("christmas", "eve"): (12, 24),
    ("christmas", "day"): (12, 25),
    ("christmas",): (12, 25),
    ("boxing", "day"): (12, 26),
    ("new", "year", "eve"): (12, 31),
    ("new", "year", "day"): (1, 1),
    ("new", "year"): (1, 1),
    ("valentine", "day"): (2, 14),
    ("workers", "day"): (5, 1),
    ("democracy", "day"): (6, 12),
    ("independence", "day"): (10, 1),
}
_SAME = {"xmas": "christmas", "years": "year", "yr": "year", "valentines": "valentine", "worker": "workers"}
_LONGEST = 3
_NOT_ON = frozenset(("before", "after", "afta"))  # not on the day itself
_TIMES = frozenset(("num", "hms", "hdot", "hh", "part"))
_MORROW = frozenset(("morrow", "morow", "moro"))


def _feast(reading: Reading, index: int) -> int:
    """christmas, xmas eve, boxing day, new year's day."""
    for length in range(_LONGEST, 0, -1):
        found = _FEASTS.get(tuple(_key(reading.at(index + n)) for n in range(length)))
        if found:
            reading.days.append(Day("vague") if reading.at(index - 1).key in _NOT_ON else Day("on", found[1], found[0]))
            return length
    return 0


def _key(mark: Mark) -> str:
    key = mark.key.replace("'", "").replace("’", "")
    return _SAME.get(key, key)


def _tomorrow(reading: Reading, index: int) -> int:
    """ "to morrow"; "tom" beside a time, for it is a name and a sweet too."""
    mark, second = reading.at(index), reading.at(index + 1)
    if mark.key == "to" and second.key in _MORROW:
        reading.days.append(Day("in", days=1))
        return 2
    if mark.key != "tom" or "tom" in (reading.at(index - 1).key, second.key):
        return 0
    if second.kind in _TIMES or second.key in ("at", "by") or reading.at(index - 1).kind in ("mer", "hms"):
        reading.days.append(Day("in", days=1))
        return 1
    return 0


def _this_time(reading: Reading, index: int) -> int:
    """ "this time tomorrow": the time it is now."""
    if reading.at(index).kind == "this" and reading.at(index + 1).key == "time":
        reading.this_time = True
        return 2
    return 0


MATCHERS: tuple[Matcher, ...] = (_feast, _tomorrow, _this_time)
