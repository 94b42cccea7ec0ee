"""Marks that name a day: 15/06/2026, 15 June, tomorrow, next monday. Each matcher says how many marks it took."""

from __future__ import annotations

from worker.understanding import date_named
from worker.understanding.date_from_now import from_now
from worker.understanding.date_reading import SAYS_NOTHING, Day, Matcher, Reading

_TITLES = frozenset(("dr", "prof", "nurse", "mr", "mrs", "miss"))
# What tells that two figures with a dash between are not two hours: the hour, or another day, stands elsewhere.
_TIMES = frozenset(("hms", "hdot", "hh", "mer", "clock"))
_DAYS = frozenset(("weekday", "days", "tonight", "iso", "dmy", "dm", "month", "ordinal", "week", "month_unit"))
LAST_HOUR = 24


def _title(reading: Reading, index: int) -> int:
    """ "dr Sunday", "dr Friday Eze": Sunday and Friday are names too, and after a title only that."""
    if reading.at(index).key not in _TITLES or not reading.at(index + 1).typed:
        return 0
    reading.unread.append(reading.at(index).typed)
    following = reading.at(index + 1)
    if following.kind in ("weekday", "month", "part", "word") and following.key not in SAYS_NOTHING:
        reading.unread.append(following.typed)
        return 2
    return 1


def _figures(reading: Reading, index: int) -> int:
    """2027-06-15, 15/06/2027, 15.06.27, 15/06."""
    mark = reading.at(index)
    if _dashed(reading, index):
        reading.days.append(Day("on", mark.n, reading.at(index + 1).n))
        return 2
    if mark.kind not in ("iso", "dmy", "dm"):
        return 0
    parts = [int(part) for part in mark.typed.replace("/", "-").replace(".", "-").split("-")]
    if mark.kind == "iso":
        year, month, day = parts
    else:
        day, month, year = (*parts, 0)[:3]
        if mark.kind == "dmy" and year < 100:
            year += 2000
    reading.days.append(Day("on", day, month, year))
    return 1


def _dashed(reading: Reading, index: int) -> bool:
    """30-11, and 12-12 beside a time and no other day; "10-11 tomorrow" and "2-4pm" are hours."""
    first, second, after = (reading.at(index + n) for n in (0, 1, 2))
    plain = all(mark.kind == "num" and mark.key.isdigit() and len(mark.key) <= 2 and not mark.half for mark in (first, second))
    if not plain or not second.dashed or first.dashed or after.kind in ("mer", "oclock", "hour_unit") or not 1 <= first.n <= 31:
        return False
    if first.n > LAST_HOUR:
        return 1 <= second.n <= 31
    others = [mark.kind for n, mark in enumerate(reading.marks) if n not in (index, index + 1)]
    return 1 <= second.n <= 12 and not _TIMES.isdisjoint(others) and _DAYS.isdisjoint(others)


def _year_at(reading: Reading, index: int) -> int:
    """A year in four figures at `index`, or 0; "1400 hours" after a month is not one."""
    mark = reading.at(index)
    after = reading.at(index + 1).kind
    return (
        mark.n
        if mark.kind == "num" and len(mark.key) == 4 and 1900 <= mark.n <= 2199 and after not in ("hour_unit", "mer")
        else 0
    )


def _day_and_month(reading: Reading, index: int) -> int:
    """15 June, 15th of June 2027, June 15th, June 15 2027."""
    first = reading.at(index)
    if first.kind in ("num", "ordinal") and not first.half:
        gap = 2 if reading.at(index + 1).key in ("of", "day") else 1
        month = reading.at(index + gap)
        if month.kind == "month" and not (gap == 1 and reading.at(index + 2).kind == "ordinal"):
            year = _year_at(reading, index + gap + 1)
            reading.days.append(Day("on", first.n, month.n, year))
            return gap + 1 + bool(year)
    if first.kind == "month":
        gap = 2 if reading.at(index + 1).key == "the" else 1
        day = reading.at(index + gap)
        if day.kind == "ordinal" or (
            day.kind == "num"
            and len(day.key) <= 2
            and not day.half
            and reading.at(index + gap + 1).kind not in ("mer", "hour_unit")
        ):
            year = _year_at(reading, index + gap + 1)
            reading.days.append(Day("on", day.n, first.n, year))
            return gap + 1 + bool(year)
        if first.key in ("may", "mar", "march", "jan", "dec"):  # also a verb and names
            reading.unread.append(first.typed)
            return 1
        reading.days.append(Day("vague"))
        return 1 + bool(_year_at(reading, index + 1))
    return 0


def _named_day(reading: Reading, index: int) -> int:
    """today, tomorrow, day after tomorrow, next tomorrow, tonight, weekend, next month."""
    mark, second, third = reading.at(index), reading.at(index + 1), reading.at(index + 2)
    if mark.kind == "day_unit" and second.key in ("after", "afta", "next") and third.kind == "days" and third.n == 1:
        reading.days.append(Day("in", days=2))
        return 3
    if mark.kind == "next" and second.kind == "days" and second.n == 1:
        reading.days.append(Day("in", days=2))
        return 2
    if mark.kind == "days":
        reading.days.append(Day("in", days=mark.n))
        return 1
    if mark.kind == "tonight":
        reading.days.append(Day("in", days=0))
        reading.set_part("night")
        return 1
    if mark.kind == "weekend":
        reading.days.append(Day("vague"))
        return 1
    if mark.kind == "next" and second.kind == "month_unit":
        reading.days.append(Day("month"))
        return 2
    if mark.kind in ("this", "next", "last", "upper", "every") and second.kind in ("weekend", "month_unit"):
        reading.days.append(Day("vague"))
        return 2
    if mark.kind == "every":
        reading.days.append(Day("vague"))
        return 1
    if mark.kind == "this" and second.kind in ("part",):
        reading.days.append(Day("in", days=0))
        return 1
    return 0


_WEEK_SHIFT = {"this": 0, "next": 1, "upper": 2, "last": -1}


def _weekday(reading: Reading, index: int) -> int:
    """monday, this monday, next monday, next week monday, monday next week, upper week friday, week after next."""
    mark, second, third = reading.at(index), reading.at(index + 1), reading.at(index + 2)
    if mark.kind == "week" and second.key in ("after", "afta") and third.kind == "next":
        reading.days.append(Day("week", weeks=2))
        return 3
    if mark.kind in _WEEK_SHIFT and second.kind == "week":
        named = index + 3 if third.key in ("on", "by") else index + 2
        if reading.at(named).kind == "weekday":
            reading.days.append(Day("weekday", weekday=reading.at(named).n, mode="week", weeks=_WEEK_SHIFT[mark.kind]))
            return named - index + 1
        reading.days.append(Day("week", weeks=_WEEK_SHIFT[mark.kind]))
        return 2
    if mark.kind in ("this", "next", "last", "upper") and second.kind == "weekday":
        mode = {"this": "this", "next": "next", "last": "last", "upper": "week"}[mark.kind]
        reading.days.append(Day("weekday", weekday=second.n, mode=mode, weeks=2))
        return 2
    if mark.kind != "weekday":
        return 0
    gap = 2 if second.key in ("of", "in") else 1
    shift, week = reading.at(index + gap), reading.at(index + gap + 1)
    if shift.kind in _WEEK_SHIFT and week.kind == "week":
        reading.days.append(Day("weekday", weekday=mark.n, mode="week", weeks=_WEEK_SHIFT[shift.kind]))
        return gap + 2
    reading.days.append(Day("weekday", weekday=mark.n))
    return 1


def _of_month(reading: Reading, index: int) -> int:
    """the 15th, 15th of this month."""
    mark = reading.at(index)
    if mark.kind != "ordinal" or mark.word:
        return 0
    of, this, month = (reading.at(index + n) for n in (1, 2, 3))
    reading.days.append(Day("of_month", day=mark.n))
    return 4 if of.key == "of" and this.kind == "this" and month.kind == "month_unit" else 1


MATCHERS: tuple[Matcher, ...] = (_title, _figures, from_now, _day_and_month, *date_named.MATCHERS, _named_day, _weekday)
LAST: tuple[Matcher, ...] = (_of_month,)  # after the times: "2nd" may be a day, "2 pm" never
