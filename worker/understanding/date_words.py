"""Words of the calendar and the clock: days, months, parts of the day, in English and Pidgin with their usual misspellings,
and the names of days and months in Hausa, Yoruba, Igbo, Pidgin and French from the Unicode CLDR (through Babel).

Babel's tables are read only when a word is met that English does not know.
"""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from worker.understanding.tokens import fold, word_set

# (kind, value): weekday 0 = Monday; month 1-12; days = days from today; part; clock = hour; others by their own name.
Meaning = tuple[str, int | str]

_WEEKDAYS = (
    "monday mon mondays munday mondy",
    "tuesday tue tues tuesdays teusday tusday tuesdy",
    "wednesday wed weds wednesdays wenesday wensday wednsday wedneday wendesday wenzday wednessday",
    "thursday thu thur thurs thursdays tursday thurday thusday thirsday",
    "friday fri fridays firday fryday",
    "saturday sat saturdays saterday satuday staurday satday",
    "sunday sun sundays sundy sonday",
)
_MONTHS = (
    "january jan janury januray",
    "february feb febuary febraury febuery",
    "march mar",
    "april apr aprill",
    "may",
    "june jun",
    "july jul",
    "august aug agust augst",
    "september sep sept septemper setember",
    "october oct octobar otober",
    "november nov novemeber",
    "december dec decmber desember",
)
_DAYS = {
    0: "today tdy 2day yau",
    1: "tomorrow tmrw tmr tmw tomoro tomorow tommorow tommorrow tomorro tomorrrow tomm tmrrw 2moro 2morrow 2mrw "
    "2moz tumoro tumorrow tmrow gobe echi",
    2: "jibi overmorrow",
    -1: "yesterday jiya",
}
_PARTS = {
    "morning": "morning mornin mornings moring safe safiya",
    "afternoon": "afternoon afternon aftanoon aternoon rana",
    "evening": "evening evenin eveing evng yamma",
    "night": "night nite nights dare",
}
_OTHERS: dict[str, Meaning] = {
    "tonight": ("tonight", 0),
    "tonite": ("tonight", 0),
    "2nite": ("tonight", 0),
    "noon": ("clock", 12),
    "midday": ("clock", 12),
    "mid-day": ("clock", 12),
    "noontime": ("clock", 12),
    "midnight": ("clock", 0),
    "weekend": ("weekend", 0),
    "weekends": ("weekend", 0),
    "week": ("week", 0),
    "weeks": ("week", 0),
    "month": ("month_unit", 0),
    "months": ("month_unit", 0),
    "day": ("day_unit", 0),
    "days": ("day_unit", 0),
    "hour": ("hour_unit", 0),
    "hours": ("hour_unit", 0),
    "hr": ("hour_unit", 0),
    "hrs": ("hour_unit", 0),
    "minute": ("minute_unit", 0),
    "minutes": ("minute_unit", 0),
    "min": ("minute_unit", 0),
    "mins": ("minute_unit", 0),
    "next": ("next", 0),
    "nxt": ("next", 0),
    "this": ("this", 0),
    "dis": ("this", 0),
    "coming": ("this", 0),
    "upcoming": ("this", 0),
    "last": ("last", 0),
    "past": ("past", 0),
    "half": ("half", 0),
    "quarter": ("quarter", 0),
    "now": ("now", 0),
    "upper": ("upper", 0),
    "oclock": ("oclock", 0),
    "every": ("every", 0),
    "fortnight": ("fortnight_unit", 0),
    "ago": ("ago", 0),
    "christmas": ("feast", 0),
    "xmas": ("feast", 0),
    "boxing": ("feast", 0),
}
ENGLISH: dict[str, Meaning] = (
    {word: ("weekday", n) for n, words in enumerate(_WEEKDAYS) for word in words.split()}
    | {word: ("month", n) for n, words in enumerate(_MONTHS, start=1) for word in words.split()}
    | {word: ("days", n) for n, words in _DAYS.items() for word in words.split()}
    | {word: ("part", part) for part, words in _PARTS.items() for word in words.split()}
    | _OTHERS
)
# A date may be meant only where one of these stands ("this", "past", "half" and the like are everyday words).
_TELLING_KINDS = frozenset(("weekday", "month", "days", "part", "tonight", "clock", "weekend", "feast"))
TELLING = frozenset(word for word, (kind, _) in ENGLISH.items() if kind in _TELLING_KINDS) | word_set(
    "week days hours minutes hour mins hrs oclock am pm fortnight"
)

# Long enough that one slip still leaves only one candidate.
_FUZZY = tuple(word for word in ENGLISH if len(word) >= 6 and ENGLISH[word][0] in ("weekday", "month", "days", "part", "tonight"))
_NEVER_FUZZY = word_set(
    """
    sundry moaning evenings decembers tonights mondo morningside runny sunny friendly frisky friday's
    """
)


@lru_cache(maxsize=2048)
def meaning(key: str) -> Meaning | None:
    """What a folded word means in a date, or None. One slip is forgiven in words of six letters and more."""
    known = ENGLISH.get(key)
    if known or len(key) < 3 or not key.isalpha():
        return known
    if 6 <= len(key) <= 12 and key not in _NEVER_FUZZY:
        for word in _FUZZY:
            if word[0] == key[0] and OSA.distance(word, key, score_cutoff=1) <= 1:
                return ENGLISH[word]
    return _other_languages().get(key)


_OTHER_LANGUAGES = ("ha", "yo", "ig", "pcm", "fr")
# Names that are everyday words elsewhere: Yoruba "osu" is "month" and "ojo" is "day", Igbo "mee" is "do".
_TOO_COMMON = frozenset(("osu", "ojo", "aje", "mee", "mach", "mars", "mai", "ogun", "owewe", "ojobo", "igbe"))


@lru_cache(maxsize=1)
def _other_languages() -> dict[str, Meaning]:
    """Single-word names of days and months from CLDR."""
    from babel import Locale  # 20 ms to import: only when English does not know the word

    table: dict[str, Meaning] = {}
    for language in _OTHER_LANGUAGES:
        locale = Locale.parse(language)
        for kind, names in (("month", locale.months["format"]["wide"]), ("weekday", locale.days["format"]["wide"])):
            for number, name in names.items():
                word = fold(name)
                if word.isalpha() and len(word) >= 4 and word not in _TOO_COMMON:
                    table.setdefault(word, (kind, number))
    return table
