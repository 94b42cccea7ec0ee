"""How doctors in Nigeria and Britain write directions: tables of codes, Latin and English, as patterns on flat text.

Sources: the abbreviations of the British National Formulary (inside back cover, edition 86) and what Nigerian hospital charts
use beside them (`5/7` days, `2/52` weeks, `1/12` months; `dly`, `noct`, `alt days`; "one tablet three times").
`qd` is left open on purpose: it is "daily" in the United States and a `qds` that lost a letter everywhere else.
"""

from __future__ import annotations

import re
from fractions import Fraction

ONE, TWO, THREE, FOUR = Fraction(1), Fraction(2), Fraction(3), Fraction(4)

# pattern, code, times a day, plain words. The first that fits at a place wins, so the long ones stand first.
_CODES: tuple[tuple[str, str, Fraction | None, str], ...] = (
    (
        r"(?:in the )?mornings?,? (?:(?:and |& |\+ ?)?afternoon,? )(?:and |& |\+ ?)?(?:at )?night|morning/afternoon/night",
        "tds",
        THREE,
        "morning, afternoon and night",
    ),
    (
        r"(?:in the |every )?mornings? ?(?:and|&|\+|/|,) ?(?:at |every )?(?:night|evening)|mane ?(?:and"
        r"|&|\+|/|et|,)? ?nocte|a\.?m\.? ?(?:and|&|\+) ?p\.?m\.?",
        "bd",
        TWO,
        "morning and night",
    ),
    (r"alt(?:ernate|\.)? ?(?:nights?|nocte)|every other night", "alt", ONE / 2, "every other night"),
    (
        r"(?:on )?alt(?:ernate|ernating|\.)? ?(?:days?|dly|daily|die|diem|d)|every other day|every second day"
        r"|e\.?o\.?d\.?|q\.?o\.?d\.?|alternis diebus",
        "alt",
        ONE / 2,
        "every other day",
    ),
    (r"(?:once )?(?:every (?:two|2) weeks|fortnightly)|once a fortnight", "fortnightly", ONE / 14, "once every two weeks"),
    (r"ter(?: in)? di?em?(?: sumend\w+)?", "tds", THREE, "three times a day"),
    (r"quater(?: in)? di?em?(?: sumend\w+)?", "qds", FOUR, "four times a day"),
    (r"bis(?: in)? di?em?(?: sumend\w+)?", "bd", TWO, "twice a day"),
    (r"omni (?:die|mane)", "od", ONE, "once a day"),
    (r"omni nocte|hora somni", "nocte", ONE, "at night"),
    (r"t\.? ?d\.? ?[s5]\.?|t\.? ?i\.? ?d\.?|8/24", "tds", THREE, "three times a day"),
    (r"q\.? ?d\.? ?[s5]\.?|q\.? ?i\.? ?d\.?|qqh|6/24", "qds", FOUR, "four times a day"),
    (r"b\.? ?d\.? ?s\.?|b\.? ?i\.? ?d\.?|b\.? ?d\.?|12/24", "bd", TWO, "twice a day"),
    (r"q\.?h\.?s\.?|q\.?n\.?", "nocte", ONE, "at night"),
    (r"q\.?d\.?", "qd", None, "qd"),
    (r"o\.? ?m\.?(?= |$)", "mane", ONE, "in the morning"),
    (r"o\.n\.?", "nocte", ONE, "at night"),
    (r"[o0]\.? ?d\.?", "od", ONE, "once a day"),
    (r"(?:every|each) morning|in the mornings?|(?:od |o\.d\. )?mane|at breakfast", "mane", ONE, "in the morning"),
    (
        r"(?:every|each) (?:night|evening)|(?:od |o\.d\. )?noct[es]?|nightly|at (?:night|bed ?time)"
        r"|(?:at )?bed ?time|before bed|in the evenings?|h\.?s\.?(?= |$)",
        "nocte",
        ONE,
        "at night",
    ),
    (
        r"stat(?:im)?|immediately|at once|straight ?away|single dose|as a single dose|once only|one dose only",
        "stat",
        None,
        "at once",
    ),
    (r"once weekly|once a week|every week|weekly|per week|o\.?w\.?(?= |$)", "weekly", ONE / 7, "once a week"),
    (r"once monthly|once a month|every month|monthly", "monthly", ONE / 30, "once a month"),
    (
        r"once daily|once a day|once per day|once every day|once in a day|every day|each day|per day|a day|daily|dly|die",
        "od",
        ONE,
        "once a day",
    ),
)
COUNTS = r"(?:once|one|twice|two|thrice|trice|three|four|five|six|\d{1,2})"
HOURS = r"(?:\d{1,2}(?: ?(?:-|to) ?\d{1,2})?|two|three|four|six|eight|twelve)"
CODES = tuple((re.compile(rf"(?<![a-z0-9.])(?:{p})(?![a-z0-9])", re.ASCII), c, t, w) for p, c, t, w in _CODES)

HOURLY = re.compile(
    rf"(?<![a-z0-9.])(?:(?:every|each|q\.?) ?({HOURS}) ?(?:hourly|hours?|hrs?|hrly|hly|h|°)|({HOURS}) ?-?(?:hourly"
    rf"|hrly|hly|hlry|hrl|hourl))\.?(?![a-z0-9])",
    re.ASCII,
)
HOURLY_BARE = re.compile(r"(?<![a-z0-9./])(4|6|8|12|24) ?(?:h|hr|hrs|hours)(?![a-z0-9])", re.ASCII)
EVERY = re.compile(r"(?<![a-z])every (\d{1,2}|two|three|four|five|six) ?(days?|weeks?|wks?|months?)(?![a-z])", re.ASCII)
TIMES = re.compile(
    rf"(?<![a-z0-9./])(?:(x) ?)?({COUNTS})(?: ?ce)?(?: ?(x|times?|tyms))?(?: ?(/)| (?:a|per|every|each|in a|in the))? ?"
    r"(daily|dly|day|weekly|week|wk|monthly|month)(?![a-z0-9])",
    re.ASCII,
)
# 1-0-1, 1+1+1, ½-0-½, 1-1-1-1: one figure a time of day.
PATTERN = re.compile(r"(?<![\w./+-])([0-4]|½|1/2)((?: ?[-+] ?(?:[0-4]|½|1/2)){2,3})(?![\da-wyz/+-])", re.ASCII)
PATTERN_PLACES = {3: ("in the morning", "in the afternoon", "at night"), 4: ("morning", "noon", "evening", "night")}

TIMES_CODES = {1: "od", 2: "bd", 3: "tds", 4: "qds"}
TIMES_WORDS = {
    1: "once a day",
    2: "twice a day",
    3: "three times a day",
    4: "four times a day",
    5: "five times a day",
    6: "six times a day",
}

AS_NEEDED = re.compile(
    r"(?<![a-z.])(?:p\.? ?r\.? ?n\.?|s\.?o\.?s\.?|(?:when(?:ever)?|as|if) (?:needed|required|necessary|necesary|need be)"
    r"|pro re nata|si opus sit|if (?:in )?pain(?:ful)?|if (?:there is )?fever|for pain)(?![a-z])"
)
# Said with the meal; each with its plain words.
FOOD = tuple(
    (re.compile(rf"(?<![a-z.])(?:{pattern})(?![a-z])"), words)
    for pattern, words in (
        (r"on (?:an )?empty stomach", "on an empty stomach"),
        (
            r"(?:1/2|½|half an?|\d{1,2}) ?(?:hr|hour|hours|mins?|minutes) (?:before|b4) (?:food|meals?"
            r"|meal)|a\.? ?c\.?|ante cibum|(?:before|b4) (?:food|meals?|eating)",
            "before food",
        ),
        (r"p\.? ?c\.?|post cibum|after (?:food|meals?|feeds?|eating|breakfast|lunch|dinner)", "after food"),
        (r"c\.c\.?|cum cibo|with (?:or after )?(?:food|meals?)", "with food"),
    )
)
ROUTES = tuple(
    (re.compile(rf"(?<![a-z.])(?:{pattern})(?![a-z])"), words)
    for pattern, words in (
        (r"p\.? ?o\.?|orally|oral(?! rehydr)|by mouth|per os|per oral", "by mouth"),
        (r"i\.? ?m\.?|intramuscular(?:ly)?", "into the muscle"),
        (r"i\.? ?v\.?(?! ?(?:tab|cap))|intravenous(?:ly)?", "into the vein"),
        (r"s\.?/?c\.?(?= |$)|subcut(?:aneous(?:ly)?)?|sub-cut", "under the skin"),
        (r"s\.?/?l\.?(?= |$)|sublingual(?:ly)?|under the tongue", "under the tongue"),
        (r"p\.? ?r\.?(?! ?n)|per rectum|rectal(?:ly)?", "into the rectum"),
        (r"p\.? ?v\.?|per vaginam|vaginal(?:ly)?|intravaginal(?:ly)?", "into the vagina"),
        (
            r"topical(?:ly)?|locally|top\.?(?= |$)|to (?:the )?affected (?:areas?|parts?|skin|site)"
            r"|(?:on|over) (?:the )?affected (?:areas?|parts?|skin)",
            "on the affected skin",
        ),
        (r"(?:in|into|to|on) (?:both|each) eyes?|both eyes|b\.e\.?|o\.u\.", "into both eyes"),
        (r"(?:(?:in|into|to|on) )?(?:the )?(?:right|rt\.?|r\.?) eye|r\.e\.", "into the right eye"),
        (r"(?:(?:in|into|to|on) )?(?:the )?(?:left|lt\.?|l\.?) eye|l\.e\.", "into the left eye"),
        (r"(?:in|into|to) (?:the )?(?:affected )?eyes?", "into the eye"),
        (r"(?:in|into|to) (?:both|each) ears?|both ears", "into both ears"),
        (r"(?:(?:in|into|to) )?(?:the )?(?:right|rt\.?) ear", "into the right ear"),
        (r"(?:(?:in|into|to) )?(?:the )?(?:left|lt\.?) ear", "into the left ear"),
        (r"(?:in|into|to) (?:the )?(?:affected )?ears?", "into the ear"),
        (
            r"(?:in|into|to) (?:both|each) nostrils?|(?:in|into) (?:the )?(?:nose|nostrils?)|intranasal(?:ly)?|per nostril",
            "into the nose",
        ),
        (r"neb(?:uli[sz]ed)?|by nebuli[sz]er|via (?:a )?(?:nebuli[sz]er|spacer)", "by nebuliser"),
    )
)
MANNERS = tuple(
    (re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])"), words)
    for pattern, words in (
        (r"sparingly|thinly|a thin layer", "thinly"),
        (r"liberally|generously", "generously"),
        (r"with (?:plenty of |a glass of |a full glass of |much )?water", "with water"),
        (r"(?:dissolved? )?in (?:1|one) ?l(?:it(?:re|er))?(?: of (?:clean |boiled )?water)?", "dissolved in 1 litre of water"),
        (r"dissolved? in water|in (?:a glass of )?water", "dissolved in water"),
    )
)
VERBS = {
    "apply": ("apply", "app", "rub", "use"),
    "insert": ("insert",),
    "inhale": ("inhale",),
    "instil": ("instil", "instill"),
    "gargle": ("gargle",),
    "chew": ("chew",),
    "dissolve": ("dissolve",),
    "inject": ("inject",),
}
TAKE = (
    r"(?:take|tk|give|swallow|sig\s*[:.;-]?|sig|s:|dose\s*[:.]?|use|insert|inhale|instill?|apply"
    r"|chew|inject|dissolve|gargle|drink)"
)

# Units of a dose: plain word and its plural.
_UNITS: tuple[tuple[str, str, str], ...] = (
    (r"tab(?:let)?(?:s|\(s\))?|tbs?|caplets?|tabl", "tablet", "tablets"),
    (r"cap(?:sule)?(?:s|\(s\))?", "capsule", "capsules"),
    (r"mls?|cc|millilitres?", "ml", "ml"),
    (r"(?:5 ?mls? )?(?:tsps?|tea ?spoon(?:s|fuls?|full)?|spoon(?:s|fuls?|full)?)", "teaspoon", "teaspoons"),
    (r"tbsps?|table ?spoon(?:s|fuls?|full)?", "tablespoon", "tablespoons"),
    (r"drops?|gtts?|gutt(?:ae)?|gtt", "drop", "drops"),
    (r"puffs?|inhalations?|actuations?", "puff", "puffs"),
    (r"sprays?|squirts?", "spray", "sprays"),
    (r"sachets?", "sachet", "sachets"),
    (r"supp(?:s|ository|ositories)?", "suppository", "suppositories"),
    (r"pess(?:ary|aries)?|ovules?", "pessary", "pessaries"),
    (r"lozenges?", "lozenge", "lozenges"),
    (r"vials?", "vial", "vials"),
    (r"amp(?:oule|ule)?s?", "ampoule", "ampoules"),
    (r"patch(?:es)?", "patch", "patches"),
    (r"units?|i\.?u\.?|u", "unit", "units"),
    (r"mcgs?|micrograms?|ug", "mcg", "mcg"),
    (r"mgs?|milligrams?", "mg", "mg"),
    (r"grams?|gms?|g", "g", "g"),
    (r"scoops?", "scoop", "scoops"),
    (r"measures?", "measure", "measures"),
    (r"pills?", "pill", "pills"),
)
UNITS = tuple((re.compile(pattern), one, many) for pattern, one, many in _UNITS)
UNIT = "(?:" + "|".join(f"(?:{pattern})" for pattern, _, _ in _UNITS) + ")"
PLURALS = {one: many for _, one, many in _UNITS}
MASS_UNITS = ("mg", "g", "mcg")

# What is counted when it is handed over, not when it is taken.
CONTAINERS = (
    r"(?:bottles?|btls?|bots?|packs?|pkts?|packets?|pckts?|tubes?|tins?|boxes|box|cartons?|strips?"
    r"|cards?|rolls?|jars?|pieces?|pcs|pens?)"
)
