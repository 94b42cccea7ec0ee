"""Directions of a prescription: dose, how often, for how long, how many, in the codes and words that doctors write.

    sig.read("Sig: ii tds prn x 5/7 pc #30")

What stays open is not decided: two frequencies that contradict, a range, `x 5` without a unit, `qd`. Nothing is filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from worker.ocr import sig_words as words
from worker.ocr.writing import NUMBER_WORDS, flat, number

_DAYS = {"7": 1, "52": 7, "12": 30}  # the denominator of 5/7, 2/52, 1/12
_COUNT_WORDS = "|".join(word for word in NUMBER_WORDS if len(word) > 2 and word not in ("half", "quarter"))
_FRACTION = re.compile(r"(?<![\d/.,])(\d{1,3}) ?/ ?(7|52|12)(?![\d/]|\.\d|-\d| ?(?:mg|mcg|g|ml|iu)\b)", re.ASCII)
_WRITTEN = re.compile(
    rf"(?:(?<![a-z0-9])(x|for|by) ?)?(?<![\d.,/-])(\d{{1,3}}|(?<![a-z])(?:a|one|{_COUNT_WORDS}))(?: ?\(\d{{1,3}}\))? ?"
    r"(days?|dys|weeks?|wks?|months?|mths?|mnths?|mos|d|w|m)(?![a-z0-9])",
    re.ASCII,
)
_RANGE_OF_TIME = re.compile(r"\d{1,3} ?(?:-|to) ?\d{1,3} ?(?:days?|weeks?|wks?|months?|/ ?(?:7|52|12))(?![a-z0-9])", re.ASCII)
_PERIODS = {"d": "days", "w": "weeks", "m": "months"}
_UNIT_DAYS = {"d": 1, "w": 7, "m": 30}
_NOT_DURATION = re.compile(r"(?:in|after|every|within|review|back|since|ago|over|alternate|see)\s*$")
_LEAD = re.compile(r"(?<![a-z])(?:x|for|by) ?$")
_DOSE_NUMBER = (
    rf"(?:\d{{1,3}} ?[½¼¾]|[½¼¾]|\d{{1,2}} \d/\d|\d/\d|\d{{1,5}}(?:\.\d{{1,3}})?|\.\d{{1,3}}"
    rf"|i{{1,4}}|iv|vi?|t{{1,3}}|(?:a|one) half(?: an?)?|half(?: an?)?|one and a half|{_COUNT_WORDS}"
    rf"|one|an?)"
)
_DOSE = re.compile(
    rf"(?<![\w.,/#½¼¾])(?P<low>{_DOSE_NUMBER})(?: ?(?:-|to|or) ?(?P<high>{_DOSE_NUMBER}))?(?: ?\(\d{{1,2}}\))?"
    rf" ?(?:of )?(?P<unit>{words.UNIT})\.?(?![a-z])(?! ?(?:/|per) ?(?:ml|\d))",
    re.ASCII,
)
# A number with no unit is a dose only right before its frequency (consumed: \x01) or right after "take".
_DOSE_BEFORE = re.compile(
    rf"(?<![\w.,/#½¼¾])(?P<low>{_DOSE_NUMBER})(?: ?(?:-|to|or) ?(?P<high>{_DOSE_NUMBER}))?(?: ?\(\d{{1,2}}\))? ?[.,]? ?x? ?(?=[\x01\x02])",
    re.ASCII,
)
_DOSE_AFTER = re.compile(
    rf"(?<![a-z]){words.TAKE} (?P<low>{_DOSE_NUMBER})(?: ?(?:-|to|or) ?(?P<high>{_DOSE_NUMBER}))?(?![\w/.])", re.ASCII
)
_THEN = re.compile(r"[,;]? ?(?:\bthen\b|\bfollowed by\b|\bthereafter\b),? ?")
_CONTAINER = re.compile(
    rf"(?<![\w./])(\d{{1,3}}|one|two|three|four|a) ?(?:\(\d\) ?)?x? ?(?:\d{{1,4}} ?(?:ml|mls|g) ?)?{words.CONTAINERS}(?![a-z])",
    re.ASCII,
)
_SIZE = re.compile(rf"(?<![\w./])\d{{1,4}} ?(?:mls?|g|gm) ?(?={words.CONTAINERS}(?![a-z]))", re.ASCII)
_QUANTITY = re.compile(
    r"(?:#|№|(?<![a-z])(?:n[o0°]s?\.?|disp(?:ense)?d?|mitte|qty|quantity|supply|total|tot)\b ?[.:;=-]* ?#?) ?(\d{1,4})(?![\d/.,]\d"
    r"|\d| ?/)"
    rf"(?: ?\([a-z\d]{{1,12}}\))?(?: ?{words.UNIT}(?![a-z]))?",
    re.ASCII,
)
_IN_BRACKETS = re.compile(r"\( ?(\d{1,3}) ?\)", re.ASCII)
_TIMES_NUMBER = re.compile(r"(?<![\w.])x ?(\d{1,3})(?![\d/.]| ?/| ?[a-z])", re.ASCII)
_COUNTED = re.compile(
    r"(?<![\w./])(?:x ?)?(\d{1,3})(?: ?\([a-z\d]{1,12}\))? ?(?:tab(?:let)?s|cap(?:sule)?s|caplets"
    r"|sachets|pcs|supps|vials|amps|pess(?:aries)?)(?![a-z])",
    re.ASCII,
)
SMALLEST_PACK = 5  # "5 tabs" with no frequency after it may be handed over; fewer is a dose somebody left unfinished


@dataclass(frozen=True, slots=True)
class Sig:
    """What directions say. `dose`, `dose_high`: numbers of `unit` (plain word, "" none written); `places`: one number a time of
    day (1-0-1). `times`: a day, None where it is not fixed or contradicts. `per_day`: units a day where known."""

    dose: Fraction | None = None
    dose_high: Fraction | None = None
    unit: str = ""
    places: tuple[Fraction, ...] = ()
    code: str = ""
    times: Fraction | None = None
    often: str = ""  # plain words of the frequency
    as_needed: bool = False
    duration_days: int | None = None
    length_open: bool = False  # a range of time, or two lengths that contradict
    quantity: Fraction | None = None
    containers: bool = False  # the quantity counts bottles, packs, tubes
    food: str = ""
    route: str = ""
    manner: str = ""
    verb: str = ""
    then: Sig | None = None
    contradicts: bool = False
    used: tuple[tuple[int, int], ...] = ()  # places in the flat text that were understood

    @property
    def says_something(self) -> bool:
        return bool(
            self.code or self.often or self.as_needed or self.duration_days or self.dose is not None or self.food or self.verb
        )

    @property
    def per_day(self) -> Fraction | None:
        if self.places:
            return sum(self.places, Fraction(0))
        if self.dose is None or self.dose_high is not None or self.times is None:
            return None
        return self.dose * self.times


class _Paper:
    """A flat text of which understood places are blanked out, one sign for one: \x01 frequency, \x02 food, need or time, \x03 others."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.used: list[tuple[int, int]] = []

    def take(self, start: int, end: int, sign: str = "\x03") -> None:
        self.text = self.text[:start] + sign * (end - start) + self.text[end:]
        self.used.append((start, end))


def read(text: str, taken: tuple[tuple[int, int], ...] = ()) -> Sig:
    """The directions in a text of one medicine. `taken`: places that are no directions (its strength). Never raises."""
    plain = flat(text)
    for start, end in taken:
        plain = plain[:start] + "\x03" * (end - start) + plain[end:]
    split = _THEN.search(plain)
    if split:
        first, rest = read_one(plain[: split.start()]), read_one(" " * split.end() + plain[split.end() :])
        if first.says_something and (rest.code or rest.dose is not None or rest.as_needed):
            used = (*first.used, (split.start(), split.end()), *rest.used)
            return replace(first, then=rest, used=used, quantity=first.quantity or rest.quantity)
    return read_one(plain)


def read_one(plain: str) -> Sig:
    """One direction, without "then"."""
    paper = _Paper(plain)
    sig = _frequency(paper, Sig())
    sig = _conditions(paper, sig)
    days, length_open = _duration(paper)
    sig = replace(sig, duration_days=days, length_open=length_open)
    sig = _given(paper, sig)
    sig = _dose(paper, sig)
    sig = _counted(paper, sig)
    verbs = [v for v, said in words.VERBS.items() if re.search(rf"(?<![a-z])(?:{'|'.join(said)})(?![a-z])", plain)]
    return replace(sig, verb=verbs[0] if verbs else "", used=tuple(paper.used))


# ---------------------------------------------------------------------------------------------------------- how often

Often = tuple[str, Fraction | None, str]


def _frequency(paper: _Paper, sig: Sig) -> Sig:
    found: list[Often] = []
    places = _places(paper, found)
    _intervals(paper, found)
    for pattern, code, times, said in words.CODES:
        for match in pattern.finditer(paper.text):
            if "\x01" in match[0]:
                continue
            paper.take(*match.span(), "\x01")
            found.append((code, times, said))
    found = list(dict.fromkeys(found))
    if not found:
        return sig
    chosen, contradicts = _one_frequency(found)
    if contradicts:
        return replace(sig, contradicts=True, often=" / ".join(said for _, _, said in found))
    return replace(sig, code=chosen[0], times=chosen[1], often=chosen[2], places=places)


def _places(paper: _Paper, found: list[Often]) -> tuple[Fraction, ...]:
    match = words.PATTERN.search(paper.text)
    if not match:
        return ()
    values = tuple(Fraction(1, 2) if v in ("½", "1/2") else Fraction(v) for v in re.findall(r"1/2|½|\d", match[0]))
    times = sum(1 for v in values if v)
    if not times or len(values) not in words.PATTERN_PLACES:
        return ()
    paper.take(*match.span(), "\x01")
    code = words.TIMES_CODES.get(times, "")
    said = words.TIMES_WORDS[times]
    if times < len(values):
        names = [name for name, v in zip(words.PATTERN_PLACES[len(values)], values, strict=True) if v]
        said = " and ".join(names) if times <= 2 else ", ".join(names)
        code = {"at night": "nocte", "in the morning": "mane"}.get(said, code)
    found.append((code, Fraction(times), said))
    return values


def _intervals(paper: _Paper, found: list[Often]) -> None:
    for match in list(words.HOURLY.finditer(paper.text)):
        hours = (match[1] or match[2]).replace("to", "-").replace(" ", "")
        paper.take(*match.span(), "\x01")
        found.append(_every_hours(hours))
    for match in list(words.EVERY.finditer(paper.text)):
        each, count = number(match[1]), match[2][0]
        if each:
            paper.take(*match.span(), "\x01")
            days = each * _UNIT_DAYS[count]
            found.append((f"every {each}{count}", 1 / days, f"every {each} {_PERIODS[count]}"))
    for match in list(words.TIMES.finditer(paper.text)):
        often = _times(match)
        if often:
            paper.take(*match.span(), "\x01")
            found.append(often)
    if not found:
        for match in list(words.HOURLY_BARE.finditer(paper.text)):
            if _NOT_DURATION.search(paper.text[max(0, match.start() - 10) : match.start()]):
                continue
            paper.take(*match.span(), "\x01")
            found.append(_every_hours(match[1]))


def _every_hours(hours: str) -> Often:
    if "-" in hours:
        return f"{hours}hly", None, f"every {hours.replace('-', ' to ')} hours"
    each = number(hours)
    if not each:
        return f"{hours}hly", None, f"every {hours} hours"
    return f"{each}hly", Fraction(24) / each, f"every {each} hours" if each > 1 else "every hour"


def _times(match: re.Match[str]) -> Often | None:
    """ "3 times daily", "2x/day", "x3 daily", "thrice a week"; "ii daily" and "2 daily" are doses and none of this."""
    lead, count, times_word, slash, per = match.groups()
    spoken = {"once": 1, "twice": 2, "thrice": 3, "trice": 3}.get(count)
    if not (spoken or times_word or lead or slash):
        return None
    if lead and not slash and not times_word and per in ("day", "week", "wk", "month"):
        return None  # "x 1 week" is a length of time
    each = spoken or number(count)
    if not each or each > 12:
        return None
    n = int(each)
    if per.startswith(("w", "m")):
        weeks, word = (7, "week") if per[0] == "w" else (30, "month")
        said = {1: "once", 2: "twice", 3: "three times", 4: "four times"}.get(n, f"{n} times")
        code = {"week": "weekly", "month": "monthly"}[word]
        return (code if n == 1 else f"{n}x {code}"), Fraction(n, weeks), f"{said} a {word}"
    return words.TIMES_CODES.get(n, f"{n}x daily"), Fraction(n), words.TIMES_WORDS.get(n, f"{n} times a day")


def _one_frequency(found: list[Often]) -> tuple[Often, bool]:
    """The one that all say, or a contradiction. "od nocte" and "daily in the morning" refine; "bd (12 hourly)" repeats; a stat dose
    beside another needs its "then"."""
    if len(found) == 1:
        return found[0], False
    timed = {times for code, times, _ in found}
    if len(timed) > 1:
        return found[0], True
    precise = [often for often in found if often[0] in ("mane", "nocte")] or found
    return precise[0], len({code for code, _, _ in precise}) > 1 and {code for code, _, _ in precise} == {"mane", "nocte"}


def _conditions(paper: _Paper, sig: Sig) -> Sig:
    def first(table: tuple[tuple[re.Pattern[str], str], ...]) -> str:
        said = []
        for pattern, plain in table:
            for match in pattern.finditer(paper.text):
                paper.take(*match.span(), "\x02")
                said.append((match.start(), plain))
        return min(said)[1] if said else ""

    needed = [*words.AS_NEEDED.finditer(paper.text)]
    for match in needed:
        paper.take(*match.span(), "\x02")
    return replace(sig, as_needed=bool(needed), food=first(words.FOOD), route=first(words.ROUTES), manner=first(words.MANNERS))


# ---------------------------------------------------------------------------------------------------------- how long


def _duration(paper: _Paper) -> tuple[int | None, bool]:
    """Days; None where none, or more than one, or a range is written. And whether it was one of the latter two."""
    found: set[int] = set()
    unclear = False
    for match in list(_RANGE_OF_TIME.finditer(paper.text)):
        paper.take(*match.span(), "\x02")
        unclear = True
    for match in list(_FRACTION.finditer(paper.text)):
        start = match.start()
        before = paper.text[max(0, start - 10) : start]
        days = int(match[1]) * _DAYS[match[2]]
        if not days or days > 800 or _NOT_DURATION.search(before):
            continue
        lead = _LEAD.search(before)
        paper.take(start - (len(lead[0]) if lead else 0), match.end(), "\x02")
        found.add(days)
    for match in list(_WRITTEN.finditer(paper.text)):
        if (told := _written_days(paper, match)) is not None:
            paper.take(*match.span(), "\x02")
            found.add(told)
    unclear = unclear or len(found) > 1
    return (None, True) if unclear else (found.pop() if found else None, False)


def _written_days(paper: _Paper, match: re.Match[str]) -> int | None:
    lead, count, unit = match.groups()
    if _NOT_DURATION.search(paper.text[max(0, match.start() - 10) : match.start()]):
        return None
    if len(unit) == 1 and (lead != "x" or not count.isdigit()):
        return None
    if count == "a" and not lead:
        return None
    each = number(count)
    if not each or each > 365:
        return None
    return int(each) * _UNIT_DAYS[unit[0]]


# ---------------------------------------------------------------------------------------------------------- how many


def _given(paper: _Paper, sig: Sig) -> Sig:
    """A quantity that is marked as one: "#30", "no. 30", "disp 20", "Mitte 28", "(10)", "1 bottle"."""
    for pattern, containers in ((_QUANTITY, False), (_CONTAINER, True), (_IN_BRACKETS, False)):
        match = pattern.search(paper.text)
        if not match:
            continue
        count = number(match[1])
        if count and _stands_as_quantity(paper.text, match):
            paper.take(*match.span())
            sig = replace(sig, quantity=count, containers=containers)
            break
    for match in list(_SIZE.finditer(paper.text)):
        paper.take(*match.span())
    return sig


def _stands_as_quantity(text: str, match: re.Match[str]) -> bool:
    """A number in brackets after a number word only repeats it: "three (3) tablets"."""
    if match[0][0] != "(":
        return True
    before = re.search(r"([a-z0-9]+) ?$", text[: match.start()])
    after = re.match(rf" ?(?:{words.UNIT}|days?|weeks?|months?|times?)(?![a-z])", text[match.end() :])
    return after is None and not (before and number(before[1]) == number(match[1]))


def _counted(paper: _Paper, sig: Sig) -> Sig:
    """A quantity that only its place tells: "30 tabs" that is no dose, "x30" where no frequency says that it could be days."""
    if sig.quantity is not None:
        return sig
    for pattern, least in ((_COUNTED, SMALLEST_PACK), (_TIMES_NUMBER, 10)):
        match = pattern.search(paper.text)
        if match and (count := number(match[1])) and count >= least and (pattern is _COUNTED or "\x01" not in paper.text):
            paper.take(*match.span())
            return replace(sig, quantity=count)
    return sig


# ---------------------------------------------------------------------------------------------------------- how much


def _dose(paper: _Paper, sig: Sig) -> Sig:
    """The dose. A number with a unit that the frequency follows, or that "take" precedes, before one that merely stands there."""
    best = _best_dose(paper, sig)
    if best is None:
        return sig
    low, high = number(best["low"]), number(best["high"]) if best["high"] else None
    if low is None or (high is not None and high <= low):
        return sig
    unit = best.groupdict().get("unit") or ""
    paper.take(*best.span())
    one = next((one for pattern, one, _ in words.UNITS if pattern.fullmatch(unit)), "")
    return replace(sig, dose=low, dose_high=high, unit=one)


def _best_dose(paper: _Paper, sig: Sig) -> re.Match[str] | None:
    doses = [m for m in _DOSE.finditer(paper.text) if number(m["low"])]
    followed = [m for m in doses if re.match(r"[ .,]*(?:to be taken|taken|each|of)?[ ]*[\x01\x02]", paper.text[m.end() :])]
    led = [m for m in doses if re.search(rf"(?<![a-z]){words.TAKE} ?$", paper.text[: m.start()])]
    for choice in (led, followed):
        if choice:
            return choice[0]
    bare = _DOSE_AFTER.search(paper.text) or _DOSE_BEFORE.search(paper.text)
    if bare and number(bare["low"]) and not (bare["low"] in ("a", "an", "t", "v") and not sig.often):
        return bare
    alone = [m for m in doses if number(m["low"]) < SMALLEST_PACK or not _COUNTED.match(paper.text, m.start())]  # type: ignore[operator]
    return alone[0] if alone else None
