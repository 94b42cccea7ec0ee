"""Text to intent. The order of the rules is the order of `_RULES`; the first that gives an intent wins.

1 danger to life, anywhere in the text
2 a message without words: emoji, "?"
3 something that looks like a password
4 the whole message is a known phrase (also without greetings, politeness and small words)
5 a number: 2, two, "option 2", "the second one"
6 a question only a pharmacist may answer; then a verb with arguments: `add 2 3`, `track 12345`
7 words that mean one thing wherever they stand: "where is my order", "talk to a person", "dentist in Lagos"
8 a command with a typo
9 a date: `tomorrow 2pm`
10 quantities and names: `2 panadol and 1 vitamin c`
11 something to look for
and `unknown` for the rest.

A greeting or a "please" in front never hides what follows it. A word is only ever compared as a whole word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.understanding import advice, emergencies, items, numbers, passwords, questions, searching, typos
from worker.understanding.commands import PAIRS, READERS, buy
from worker.understanding.dates import could_be_moment, scan
from worker.understanding.intent import Intent
from worker.understanding.paying import checkout, wish
from worker.understanding.phrases import CLOSERS, LONGEST, OPENERS, PAUSED_OPENERS, PHRASES, SMALL, SYMBOLS
from worker.understanding.said import Said
from worker.understanding.tokens import HEAD_CHARS, Words, clean, fold, read, visible, word_set
from worker.understanding.visits import meet

# What cannot be seen is taken out before the head is measured, so more than the head is cleaned.
_CLEANED_CHARS = 4 * HEAD_CHARS
UNKNOWN = Intent("unknown", {}, 0.0)


def understand(text: str, *, now: datetime, zone: ZoneInfo) -> Intent:
    """The likeliest meaning of a message: see `intent.NAMES` for the names and their values.

    `now` is aware; `zone` is the customer's, in which dates are read. Never raises on any text; time is linear in its
    length (commands are read in the first 1,200 characters, danger words everywhere).
    """
    cleaned = clean(text[:_CLEANED_CHARS])
    kind = emergencies.find(cleaned if len(text) <= _CLEANED_CHARS else visible(text))
    if kind:
        return Intent("emergency", {"kind": kind})
    words = read(cleaned)
    if not words.keys:
        return _symbols(words.surface)
    secret = passwords.intent(words.surface)
    if secret:
        return secret
    first, end, greeted = _core(words)
    if first >= end:
        return greeted or UNKNOWN
    said = Said(words, first, end, now, zone)
    for rule in _RULES:
        found = rule(said)
        if found:
            return _asking_what(found, said)
    return greeted if greeted and greeted.name == "greeting" and len(cleaned) > HEAD_CHARS else UNKNOWN


def _asking_what(found: Intent, said: Said) -> Intent:
    """A bare "search" carries an empty query, so that every search has one."""
    return Intent("search", {"query": ""}, found.confidence) if found.name == "search" and "query" not in found.values else found


def _symbols(surface: str) -> Intent:
    """A message without a word: the first character that means something."""
    for character in surface[:40]:
        name = SYMBOLS.get(character)
        if name:
            return Intent(name, {"query": ""} if name == "search" else {})
    return UNKNOWN


# ------------------------------------------------------------------------------------------------- greetings, politeness


def _affixes(phrases: tuple[str, ...], *, backwards: bool) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by the word that is met first, longest first."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        words = tuple(phrase.split())
        table.setdefault(words[-1 if backwards else 0], []).append(words)
    return table


_OPENERS = _affixes(OPENERS, backwards=False)
_CLOSERS = _affixes(CLOSERS, backwards=True)
_MAX_AFFIXES = 8
_PAUSES = frozenset(",.!;:\n")


def _core(words: Words) -> tuple[int, int, Intent | None]:
    """The range without closing and opening politeness, and what the politeness alone would mean."""
    keys = words.keys
    first, end = 0, len(keys)
    if _phrase(keys):
        return first, end, None
    alone = None
    for _ in range(_MAX_AFFIXES):
        size = _closer(keys, first, end)
        if not size:
            break
        alone = alone or _phrase(keys[end - size : end])
        end -= size
        if _phrase(keys[first:end]):
            return first, end, alone
    for _ in range(_MAX_AFFIXES):
        size = _opener(words, first, end)
        if not size:
            break
        alone = alone or _phrase(keys[first : first + size])
        first += size
        for until in (len(keys), end):  # "not now" ends in a word that is only politeness elsewhere
            if _phrase(keys[first:until]):
                return first, until, alone
    return first, end, alone


def _closer(keys: tuple[str, ...], first: int, end: int) -> int:
    """How many words of politeness end the range."""
    if first >= end or (keys[end - 1] == "o" and end - 2 >= first and keys[end - 2] in ("group", "type", "vitamin")):
        return 0  # "paracetamol o" is Pidgin, "group o" is a blood group
    return next((len(p) for p in _CLOSERS.get(keys[end - 1], ()) if first <= end - len(p) and keys[end - len(p) : end] == p), 0)


def _opener(words: Words, first: int, end: int) -> int:
    """How many words of greeting or politeness begin the range."""
    if first >= end:
        return 0
    keys = words.keys
    if keys[first] in PAUSED_OPENERS and first + 1 < end and not _PAUSES.isdisjoint(words.gap(first + 1)):
        return 1
    return next((len(p) for p in _OPENERS.get(keys[first], ()) if keys[first : first + len(p)] == p and first + len(p) <= end), 0)


def _phrase(keys: tuple[str, ...]) -> Intent | None:
    if len(keys) > LONGEST:
        return None
    name = PHRASES.get(" ".join(keys))
    return Intent(name) if name else None


# ------------------------------------------------------------------------------------------------------------- the rules

_REPEATED = re.compile(r"(.)\1{2,}")


def _known_phrase(said: Said) -> Intent | None:
    """The whole message, then without small words, then with drawn-out letters shortened ("hiii", "yesss")."""
    keys = said.keys
    found = _phrase(keys)
    if found or len(keys) > 12:
        return found
    core = tuple(key for key in keys if key not in SMALL)
    if core and core != keys and not core[0].isdigit():
        found = _phrase(core)
        if found and found.name not in ("greeting", "search"):
            return found
    if len(keys) <= 3 and any(_REPEATED.search(key) for key in keys):
        for keep in (r"\1", r"\1\1"):
            found = _phrase(tuple(_REPEATED.sub(keep, key) for key in keys))
            if found:
                return found
    return None


_BEFORE_NUMBER = word_set(
    """
    option number num no nos nr item choice choose pick select reply press menu the i want wan go for with take give me
    product line send show say a doctor page
    """
)
_AFTER_NUMBER = frozenset(("one", "please", "option", "item", "number", "o"))


def _number(said: Said) -> Intent | None:
    """`2`, `2.`, `two`, `option 2`, `no 3`, `#2`, `the second one`; `number 2` but not `add 2`."""
    keys = said.keys
    if len(keys) > 5:
        return None
    at = 0
    while at < len(keys) - 1 and keys[at] in _BEFORE_NUMBER:
        at += 1
    key, rest = keys[at], keys[at + 1 :]
    if any(after not in _AFTER_NUMBER for after in rest):
        return None
    if key.isascii() and key.isdigit() and len(key) <= 18:
        gap = said.words.gap(said.first + at)
        if gap.endswith(("-", "−", "₦")) or said.words.gap(said.end)[:1] == "%":
            return None
        return Intent("number", {"n": int(key), "digits": key})
    n = numbers.WORDS.get(key)
    if n is None or key in ("dozen", "couple", "pair"):
        n = numbers.ORDINALS.get(key)
    return None if n is None else Intent("number", {"n": n, "digits": str(n)})


_TIMES = re.compile(r"\d{1,3}\s?[xX×]\s?\d{1,4}")


def _number_and_quantity(said: Said) -> Intent | None:
    """`2x3`, `2 x 3`, `1 x2` without a verb: what else could it be in a shop."""
    if len(said.keys) > 3 or not _TIMES.fullmatch(said.words.text(said.first, said.end)):
        return None
    found, _ = items.parse(said.words, said.first, said.end)
    return Intent("add", {"items": found}, 0.6) if found and "number" in found[0] else None


_ANSWERS = frozenset(("yes", "no", "ok", "okay", "yeah", "nope", "yep"))


def _answer_and_phrase(said: Said) -> Intent | None:
    """`no, cancel`, `yes checkout`: what follows the answer says what is wanted."""
    return _known_phrase(said._replace(first=said.first + 1)) if len(said.keys) > 1 and said.keys[0] in _ANSWERS else None


# Words that may stand before a verb: "please can you add 2 paracetamol", "i don pay".
_BEFORE_VERB = word_set(
    """
    i we want wan wanna to would like can could will u you me let us lemme please pls abeg help go just id ill im una may
    should need and then also
    """
)
_WISHES = frozenset(("want", "wan", "wanna", "need", "give", "get"))


def _verb(said: Said) -> Intent | None:
    """The first verb of the message with its arguments."""
    words, end = said.words, said.end
    at = said.first
    while at < end:
        key = words.keys[at]
        pair = PAIRS.get((key, words.keys[at + 1])) if at + 1 < end else None
        reader = pair or READERS.get(key)
        wish = key in _WISHES and _verb_follows(words.keys[at + 1 : min(end, at + 5)])
        if reader and not wish:
            if reader is buy:
                found = questions.ask(words, said.first, end)
                if found:
                    return found
            return reader(said._replace(first=at + (2 if pair else 1)))
        if not wish and key not in _BEFORE_VERB:
            return None
        at += 1
    return None


def _verb_follows(keys: tuple[str, ...]) -> bool:
    """Whether a verb comes after at most a few small words: "want to | add"."""
    for key in keys:
        if key in READERS and key not in ("status", "script", "rx", "stars", "prescription"):
            return True
        if key not in _BEFORE_VERB:
            return False
    return False


def _first_paid(said: Said) -> Intent | None:
    """`i don pay 12345` before `pay 12345`, `where my order dey 12345` before any verb."""
    return questions.phrase_with_number(said.words, said.first, said.end) or questions.paid(said.words, said.first, said.end)


def _question(said: Said) -> Intent | None:
    return questions.ask(said.words, said.first, said.end)


def _way_to_pay(said: Said) -> Intent | None:
    """`cash`, `bank transfer`, `pickup`: an answer to "how would you like to pay?"."""
    if len(said.keys) > 5:
        return None
    found = checkout(said)
    if said.keys[0] == "pay" and found and found.values.get("method") != "cash":
        return None
    return Intent("checkout", found.values, 0.7) if found and found.values and "address" not in found.values else None


def _typo(said: Said) -> Intent | None:
    """A command word misspelt at the beginning, or a known phrase with a slip in it."""
    words, keys = said.words, said.keys
    command = typos.corrected(keys[0])
    if command:
        changed = Words(words.surface, (*words.keys[: said.first], command, *words.keys[said.first + 1 :]), words.spans)
        again = said._replace(words=changed)
        found = _known_phrase(again) or _verb(again)
        if not found and command in ("search", "find"):
            found = searching.guess(changed, said.first, said.end)
        if found:
            return Intent(found.name, found.values, 0.8)
    phrase = typos.phrase(keys)
    return Intent(PHRASES[phrase], {}, 0.8) if phrase else None


def _moment(said: Said) -> Intent | None:
    """A date or a time and nothing else: the answer to "when?"."""
    if len(said.keys) > 10 or not could_be_moment(said.keys):
        return None
    found = scan(said.words.text(said.first, said.end), said.now, said.zone)
    other = [word for word in found.unread if fold(word) not in _CHANGED_MIND]
    return Intent("book", found.values(), 0.7) if found.known and not other else None


def _wished_moment(said: Said) -> Intent | None:
    """`i wan sunday`, `no i want friday by 10`: a wish for a day, before "want" makes a search of it."""
    keys, at = said.keys, 0
    while at < len(keys) and (keys[at] in _WISHING or keys[at] in _CHANGED_MIND):
        at += 1
    if at == len(keys) or len(keys) > 10 or _WISHES_FOR.isdisjoint(keys[:at]) or keys[at].isdigit():
        return None
    return _moment(said._replace(first=said.first + at))


_WISHES_FOR = word_set("want wan wanna prefer like choose pick")
_WISHING = _WISHES_FOR | word_set("i we would will go dey to on for the")
# "Actually monday", "no, wednesday 10am", "sorry i mean friday", "friday instead": the day is said of what is being asked.
_CHANGED_MIND = word_set(
    """
    actually actualy no nope nah sorry wait instead rather i mean meant better prefer then change changed mind oh oops yes yeah
    yep sure oya only just let lets can could should perfect works suits possible slot appointment
    """
)


def _register_number(said: Said) -> Intent | None:
    return searching.register_number(said.words, said.first, said.end)


# After a number these say something else than what is wanted: "2 days", "3 people", "5 in 1".
_NOT_COUNTED = word_set(
    """
    day days week weeks month months year years yr yrs hour hours hr hrs minute minutes min mins time times am pm people
    persons person children kids of in or to for at and thing things stars k naira ng million thousand hundred clock
    street str st road rd avenue ave close crescent lane way drive estate
    """
)
_MOST_COUNTED = 30
_PLACES = word_set("street str road rd avenue ave close crescent lane drive estate lagos abuja ikeja lekki opposite junction")


def _counted(said: Said) -> Intent | None:
    """`2 panadol and 1 vit c`: quantities and names without a verb, as people write a shopping list."""
    keys = said.keys
    quantity = items.signed_count(said.words, said.first)
    if quantity is None or len(keys) < 2 or not 1 <= quantity <= _MOST_COUNTED:
        return None
    if all(key in items.UNITS for key in keys[1:]) or keys[1] in _NOT_COUNTED or not _PLACES.isdisjoint(keys):
        return None
    found, counted = items.parse(said.words, said.first, said.end)
    names = [str(item.get("name", "")) for item in found]
    if not (counted and found) or not all(_is_a_name(name) for name in names) or found[0]["quantity"] != quantity:
        return None
    return Intent("order", {"items": found}, 0.7)


def _is_a_name(name: str) -> bool:
    words = name.split()
    return 0 < len(words) <= 6 and any(c.isalpha() for c in words[0]) and words[0].lower() not in _NOT_COUNTED


def _search(said: Said) -> Intent | None:
    return searching.guess(said.words, said.first, said.end)


_RULES: tuple[Callable[[Said], Intent | None], ...] = (
    _known_phrase,
    _number,
    _number_and_quantity,
    _answer_and_phrase,
    wish,
    _way_to_pay,
    _first_paid,
    advice.intent,
    meet,
    _wished_moment,
    _verb,
    _question,
    _register_number,
    _moment,
    _typo,
    _counted,
    _search,
)
