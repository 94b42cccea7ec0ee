"""From marks to parts: which of them name a day, which a time of day, and which say nothing about either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from zoneinfo import ZoneInfo

from worker.understanding.date_marks import Mark


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was named. `kind`: on (day, month, year or 0), in (days), weekday (weekday, mode, weeks), of_month, vague."""

    kind: str
    day: int = 0
    month: int = 0
    year: int = 0
    days: int = 0
    weekday: int = 0
    mode: str = "bare"  # bare, this, next, last, week
    weeks: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was named. `half`: am, pm or ""; `exact`: written so that no afternoon is to be assumed."""

    hour: int
    minute: int = 0
    half: str = ""
    exact: bool = False
    second: int = 0


@dataclass
class Reading:
    """What was found so far. The only thing here that changes, and only inside `read_marks`."""

    marks: Sequence[Mark]
    days: list[Day] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    part: str | None = None
    relative: timedelta | None = None
    zone: tzinfo | None = None
    midnight: bool = False
    contradicts: bool = False
    unread: list[str] = field(default_factory=list)
    loose: list[Mark] = field(default_factory=list)  # bare numbers whose sense the rest decides

    def at(self, index: int) -> Mark:
        return self.marks[index] if 0 <= index < len(self.marks) else _NONE


_NONE = Mark("", 0, "", "", None, False)
_BEFORE_HOUR = frozenset(("at", "by", "around", "about", "from", "before", "after", "say", "time", "till", "until", "latest"))
_SAYS_NOTHING = frozenset(
    """at on by for the of in around about please pls plz abeg from to and a an is it o i want let us make be time from me my am ok okay say like
    would can we do come you will fine good works date day hrs around-by na dey until till latest before""".split()
)
_TITLES = frozenset(("dr", "prof", "nurse", "mr", "mrs", "miss"))
_ZONES: dict[str, tzinfo] = {"utc": UTC, "gmt": UTC, "z": UTC, "wat": ZoneInfo("Africa/Lagos")}
_UNITS = {"minute_unit": timedelta(minutes=1), "hour_unit": timedelta(hours=1)}
_ROUND_MINUTES = frozenset(range(5, 60, 5))

Matcher = Callable[[Reading, int], int]


def read_marks(marks: Sequence[Mark]) -> Reading:
    """Each mark is offered to the matchers in turn; the first that takes some says how many. One pass."""
    reading = Reading(marks)
    index = 0
    while index < len(marks):
        taken = 0
        for matcher in _MATCHERS:
            taken = matcher(reading, index)
            if taken:
                break
        if not taken:
            _leave(reading, marks[index])
            taken = 1
        index += taken
    _settle(reading)
    return reading


def _leave(reading: Reading, mark: Mark) -> None:
    if mark.kind in ("num", "ordinal"):
        reading.loose.append(mark)
    elif mark.kind == "mer":
        if mark.key.strip(".") not in ("am", "a m"):  # "i am free"
            reading.unread.append(mark.typed)
    elif mark.key not in _SAYS_NOTHING and mark.kind not in ("now", "this", "next", "oclock", "day_unit", "hour_unit"):
        reading.unread.append(mark.typed)


def _settle(reading: Reading) -> None:
    """Bare numbers: one beside a day and no time is the hour ("tomorrow 2"), more than that is unclear."""
    loose = reading.loose
    if len(loose) == 1 and not reading.clocks and reading.days and loose[0].kind == "num" and not loose[0].half and not loose[0].dashed:
        if len(loose[0].key) <= 2 or loose[0].word:
            reading.clocks.append(_bare_hour(loose[0]))
            return
        if len(loose[0].key) == 4:
            reading.clocks.append(Clock(loose[0].n // 100, loose[0].n % 100, exact=True))
            return
    if loose:
        reading.contradicts = True
        reading.unread.extend(mark.typed for mark in loose)


def _bare_hour(mark: Mark) -> Clock:
    return Clock(mark.n, exact=not mark.word and mark.typed.startswith("0"))


# ------------------------------------------------------------------------------------------------------------------ days


def _title(reading: Reading, index: int) -> int:
    """ "dr Sunday", "dr Friday Eze": Sunday and Friday are names too, and after a title only that."""
    if reading.at(index).key not in _TITLES or not reading.at(index + 1).typed:
        return 0
    reading.unread.append(reading.at(index).typed)
    following = reading.at(index + 1)
    if following.kind in ("weekday", "month", "part", "word") and following.key not in _SAYS_NOTHING:
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
    return mark.n if mark.kind == "num" and len(mark.key) == 4 and 1900 <= mark.n <= 2199 and after not in ("hour_unit", "mer") else 0


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
        if day.kind == "ordinal" or (day.kind == "num" and len(day.key) <= 2 and not day.half and reading.at(index + gap + 1).kind not in ("mer", "hour_unit")):
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
        _set_part(reading, "night")
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
        unit_at, count = start + (2 if reading.at(start + 1).key == "couple" else 1), 2.0 if reading.at(start + 1).key == "couple" else 1.0
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
    o_clock = after.kind == "oclock" or (after.key == "o" and reading.at(index + 2).key == "clock") or after.key in ("hrs", "hours")
    if led and reading.at(index - 1).key == "after":
        reading.contradicts = True
    if led or in_part or o_clock:
        reading.clocks.append(_bare_hour(mark) if not (o_clock and after.key in ("hrs", "hours")) else Clock(mark.n, exact=True))
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
        _set_part(reading, str(mark.meaning[1]))
        return 1
    return 0


def _set_part(reading: Reading, part: str) -> None:
    if reading.part and reading.part != part and {reading.part, part} != {"evening", "night"}:
        reading.contradicts = True
    reading.part = part


_MATCHERS: tuple[Matcher, ...] = (
    _title,
    _figures,
    _from_now,
    _day_and_month,
    _named_day,
    _weekday,
    _spoken_time,
    _written_time,
    _hour,
    _of_month,
    _named_time,
)
