"""People of one's own that somebody asks for: "for my wife", "my mama", "for husband", "my pikin"."""

from __future__ import annotations

from worker.understanding.tokens import Words, word_set

KIN = word_set(
    """
    wife husband hubby mother mum mummy mom mama father dad daddy papa son daughter brother sister friend grandmother grandma granny
    grandfather grandpa uncle aunt auntie aunty niece nephew cousin neighbour fiancee fiance
    """
)
# Also what a doctor is for: "doctor for children" names nobody of one's own, "for my child" does.
CHILD = word_set("pikin pickin piken child children kid kids baby babies")
_BEFORE, _OWN = frozenset(("my", "our", "for")), frozenset(("my", "our"))


def whose_of(keys: tuple[str, ...]) -> str:
    """Whom of one's own it is for; "" for oneself."""
    before = zip(("", *keys), keys, strict=False)
    return next((key for left, key in before if (key in KIN and left in _BEFORE) or (key in CHILD and left in _OWN)), "")


def is_own(two: tuple[str, ...]) -> bool:
    """Whether two words name somebody: "my mama"."""
    return len(two) == 2 and two[0] in _OWN and two[1] in KIN | CHILD


def without(words: Words, first: int, end: int) -> int:
    """Where what is asked for ends, without "for my wife" behind it."""
    if end - first < 2 or words.keys[end - 1] not in KIN | CHILD:
        return end
    at = end - 1
    while at > first and words.keys[at - 1] in _BEFORE:
        at -= 1
    return at if at < end - 1 and at > first else end
