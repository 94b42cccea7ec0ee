"""Marks that name a day: 15/06/2026, 15 June, tomorrow, next monday, in 3 days. Each matcher says how many marks it took."""

from __future__ import annotations

from datetime import timedelta

from worker.understanding.date_reading import SAYS_NOTHING, Day, Matcher, Reading

_TITLES = frozenset(("dr", "prof", "nurse", "mr", "mrs", "miss"))
_UNITS = {"minute_unit": timedelta(minutes=1), "hour_unit": timedelta(hours=1)}


# ------------------------------------------------------------------------------------------------------------------ days


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
    """today, tomorrow, day after tomorrow, next tomorrow, tonight, weekend, in 3 days, next week."""
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
    """monday, this monday, next monday, next week monday, monday next week, upper week friday."""
    mark, second, third = reading.at(index), reading.at(index + 1), reading.at(index + 2)
    if mark.kind in _WEEK_SHIFT and second.kind == "week":
        named = index + 3 if third.key in ("on", "by") else index + 2
        if reading.at(named).kind == "weekday":
            reading.days.append(Day("weekday", weekday=reading.at(named).n, mode="week", weeks=_WEEK_SHIFT[mark.kind]))
            return named - index + 1
        reading.days.append(Day("vague"))
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


# ------------------------------------------------------------------------------------------------------------- from now


def _from_now(reading: Reading, index: int) -> int:
    """in 3 days, in two hours, in half an hour, 3 days from now, in 2 weeks time, now."""
    start = index + 1 if reading.at(index).key in ("in", "within", "after") else index
    led = start > index
    mark, taken = reading.at(start), 1
    amount = timedelta(0)
    if mark.kind == "now":
        if reading.at(index - 1).key in ("from", "right") or len(reading.marks) == 1:
            reading.relative = timedelta(0)
            return 1
        return 0
    if mark.kind == "half" and reading.at(start + 1).key in ("an", "a", "hour", "hr"):
        unit_at, count = start + (2 if reading.at(start + 1).key in ("an", "a") else 1), 0.5
    elif mark.kind == "num":
        unit_at, count = start + 1, mark.n + (0.5 if mark.half else 0)
    elif mark.key in ("a", "an"):
        unit_at, count = (
            start + (2 if reading.at(start + 1).key == "couple" else 1),
            2.0 if reading.at(start + 1).key == "couple" else 1.0,
        )
    else:
        return 0
    if reading.at(unit_at).key in ("of", "more"):
        unit_at += 1
    unit = reading.at(unit_at)
    end = unit_at + 1
    tail = reading.at(end).key == "from" and reading.at(end + 1).kind in ("now", "days")
    timed = reading.at(end).key in ("time", "hence", "later")
    if not (led or tail or timed) or count > 100_000:
        return 0
    taken = end - index + (2 if tail else 1 if timed else 0)
    if unit.kind in _UNITS:
        amount = _UNITS[unit.kind] * count
        reading.relative = (reading.relative or timedelta(0)) + amount
        return taken
    if unit.kind in ("day_unit", "week") and count == int(count):
        reading.days.append(Day("in", days=int(count) * (7 if unit.kind == "week" else 1)))
        return taken
    if unit.kind == "month_unit":
        reading.days.append(Day("vague"))
        return taken
    return 0


MATCHERS: tuple[Matcher, ...] = (_title, _figures, _from_now, _day_and_month, _named_day, _weekday)
LAST: tuple[Matcher, ...] = (_of_month,)  # after the times: "2nd" may be a day, "2 pm" never
