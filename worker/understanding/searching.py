"""What is left to look for when the talk around it is taken off: "abeg una get ampiclox?" -> ampiclox.

Only the beginning and the end are trimmed, never the middle, and never a name of a medicine, a strength or a symptom, so that
"amoxicillin and clavulanic acid", "vitamin c" and "drug for body pain" go to the search as they are.
"""

from __future__ import annotations

import re
from typing import Any

from worker.understanding.intent import Intent
from worker.understanding.tokens import Words, word_set

# Talk before the thing asked for.
_LEAD = word_set(
    """
    i we im am want wan wanna need needs to buy purchase get find search serch look looking for show me give gimme send
    bring us do does did don you u una dey have has had sell stock please pls abeg some any of price prices cost costs how
    much is are be na wetin what whats which where can could would will like my the an it its there order searching
    interested in about ask asking know check if there get-me something anything good best use take it's recommend suggest
    hw wat wot and also plus
    available in-stock seeking require required kindly hi hello una-get still also ive got carry nema saya choo zuo nawa
    ne elo ni ego ole bu ka e
    """
)
# Taken off only after other talk: "what is good for cough", but "Good Neighbor tussin" is a name.
_NEVER_FIRST = word_set("good best about there available like e ka bu ne ni on of take use it")
# Talk that says something is looked for; without it a question is not a search.
_ASKING = word_set(
    """
    want wan wanna need needs buy purchase get find search serch look looking show give gimme send sell stock price prices
    cost costs much have has order searching available recommend suggest nema saya choo zuo nawa elo ego use
    """
)
_PRICE = frozenset(("price", "prices", "cost", "costs", "much", "nawa", "elo", "ego"))
_TAIL = word_set(
    """
    bu ni ne please pls plz abeg price prices cost available dey o oo sir ma there now today una get stock again sha na biko in do
    you have be is how much una-get thanks for-me jare kwa asap urgently to buy e of
    """
)
# A trailing one of these belongs to the name: "vitamin e", "in" stays inside.
_KEPT_AFTER = {"e": frozenset(("vitamin", "vit", "hepatitis")), "o": frozenset(("group", "blood", "type"))}
# Pronouns and the like: a question about these is not about a medicine.
_PERSONAL = word_set(
    """
    my your you me mine yours he she they we us our his her their u this that these those it one ones them here there
    """
)
_QUESTION = word_set(
    """
    what why who whose when where how which can could should would will shall did does do is are am was were whats wetin
    weytin
    """
)
_NO_PRODUCT = word_set(
    """
    another other others
    time date day today weather news balance president name joke money life love problem matter story football match god
    work job school question answer password code pin number mistake error address thing things something nothing
    everything anything somebody nobody change new not no yes ok
    """
)
_DENIALS = frozenset(("no", "not", "without", "nor", "never"))
# Words of telling, not of asking for something.
_TALK = word_set(
    """
    dont doesnt didnt took taken wont isnt arent wasnt think thought because told said say sorry sure really happened
    happen know understand believe hope remember went came wrong why who will shall
    """
)
# Beginnings that can only ask for something.
_PLAINLY = frozenset(("find", "search", "looking", "nema"))
_PLAINLY_PAIRS = frozenset(
    (
        ("how", "much"),
        ("price", "of"),
        ("cost", "of"),
        ("do", "you"),
        ("una", "get"),
        ("una", "dey"),
        ("you", "get"),
        ("im", "looking"),
        ("i", "am"),
    )
)
_TIMES = re.compile(r"x(\d{1,4})|(\d{1,4})x")
MAX_QUERY_WORDS = 12


def trim(words: Words, first: int, end: int) -> tuple[int, int, frozenset[str]]:
    """The range without the talk around it, and which words of asking were taken off."""
    keys = words.keys
    taken: set[str] = set()
    if first < end and keys[first] in _NEVER_FIRST:
        return first, _without_tail(keys, first, end, taken), frozenset(taken)
    while first < end and keys[first] in _LEAD:
        taken.add(keys[first])
        first += 1
    if first < end and first > 0 and keys[first] in ("a", "an") and taken and not (first + 1 < end and keys[first + 1] == "to"):
        first += 1
    return first, _without_tail(keys, first, end, taken), frozenset(taken)


def _without_tail(keys: tuple[str, ...], first: int, end: int, taken: set[str]) -> int:
    """Where the thing asked for ends; what is taken off goes into `taken`."""
    while end - 1 > first and keys[end - 1] in _TAIL and keys[end - 2] not in _KEPT_AFTER.get(keys[end - 1], ()):
        taken.add(keys[end - 1])
        end -= 1
    return end


def search_for(words: Words, first: int, end: int) -> Intent | None:
    """A search the customer asked for in words; None when nothing is left to look for or it is too long to be a name."""
    start, stop, taken = trim(words, first, end)
    return _search(words, start, stop, taken, 0.9)


# A NAFDAC register number as people copy it: "A4-1234", "04 – 0858", "o4-0858" with a letter O.
_REGISTER = re.compile(r"(?<![\w\-/])([a-z]\d{1,2}|[o\d]\d)\s?[-–—]\s?(\d{4,6}l?)(?![\w\-/:])", re.IGNORECASE)


def register_number(words: Words, first: int, end: int) -> Intent | None:
    """A search by register number, written the one way the register writes it; None when there is none."""
    if end - first > 8:
        return None
    found = _REGISTER.search(words.text(first, end))
    if not found:
        return None
    prefix = found[1].upper()
    return Intent(
        "search", {"query": f"{'0' + prefix[1:] if prefix[0] == 'O' and len(prefix) == 2 else prefix}-{found[2].upper()}"}, 0.9
    )


def guess(words: Words, first: int, end: int) -> Intent | None:
    """A search nobody asked for in so many words: "paracetamol", "my belle dey pain me"; None when it is rather talk."""
    keys = words.keys[first:end]
    start, stop, taken = trim(words, first, end)
    rest = words.keys[start:stop]
    asked = not _ASKING.isdisjoint(taken)
    if not rest or not any(any(c.isalpha() for c in key) for key in rest):
        return None
    if not asked and keys[0] in _QUESTION and (len(rest) > 4 or not _PERSONAL.isdisjoint(rest)):
        return None
    if keys[0] in _DENIALS or keys[:3] == ("i", "no", "get") or not (asked or _TALK.isdisjoint(keys)):
        return None  # "no chest pain" must not bring a balm
    if all(key in _NO_PRODUCT or key in _PERSONAL or key in _LEAD for key in rest):
        return None
    if not asked and keys[0] in ("my", "i") and start > first and _symptom(keys):
        start = first  # a sentence about a symptom is searched whole: "my belle dey pain me"
    plainly = keys[0] in _PLAINLY or keys[:2] in _PLAINLY_PAIRS
    return _search(words, start, stop, taken, 0.9 if asked and plainly else 0.7 if asked else 0.5)


def _symptom(keys: tuple[str, ...]) -> bool:
    return keys[0] == "my" or keys[:2] in (("i", "no"),)


def _search(words: Words, first: int, end: int, taken: frozenset[str], confidence: float) -> Intent | None:
    quantity = None
    if end - first > 1:
        times = _TIMES.fullmatch(words.keys[end - 1])
        if times:
            quantity, end = int(times[1] or times[2]), end - 1
    if not 0 < end - first <= MAX_QUERY_WORDS:
        return None
    values: dict[str, Any] = {"query": _closed(words, first, end)}
    if quantity is not None:
        values["quantity"] = quantity
    if not _PRICE.isdisjoint(taken):
        values["asked"] = "price"
    return Intent("search", values, confidence)


def _closed(words: Words, first: int, end: int) -> str:
    """The query as typed; a bracket or per cent sign that belongs to its last word is kept."""
    query = words.text(first, end)
    after = words.gap(end)[:1]
    if after == "%" or (after == ")" and query.count("(") > query.count(")")):
        query += after
    return query
