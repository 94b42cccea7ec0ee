"""Commands with a slip of the finger: "serch", "chekout", "cancle".

Only the first word of a message or a message of one word is tried, only words of four letters and more, only against
command words that begin with the same letter, and never a word that is a word of its own: "cancer" is not "cancel",
"starch" is not "search", "card" is not "cart".
"""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from worker.understanding.phrases import PHRASES
from worker.understanding.tokens import word_set

COMMANDS: tuple[str, ...] = tuple(
    sorted(
        word_set(
            """
    menu help back cancel agent stop start next previous more hello search find order checkout track cart basket remove delete
    change prescription register login logout account appointment appointments doctor doctors book support pharmacist thanks
    resend payment orders update unsubscribe reschedule delivery status product products medicine medicines clear upload attach
    pharmacy
    """
        )
    )
)

_OWN_WORDS = word_set(
    """
    cancer starch card care carb carts heal health hemp helm heel kelp held step steps shop star stat neat text moe mole
    move mode mare core bark pack black book boot look cook born moon door door's older border odor odour trace tract
    trick trunk crack truck argent agents urgent regent parent heme help's found fine fund mind kind final remote removed
    changed charge orange chance range charger accounts amount discount count doctoral lagos logic begin basin basket's
    baskets biscuit casket bake bank bach beck buck lack sack hack status states statin statins pharmex cleat clean
    cleaner cream near bear clearasil pear delta dilate relate depot deplete medicated medicine's products' produce thank
    backs mend mens mena bend boots boot bowl bold bond bone bonk brook trachea hallow mellow hollow hells hell shell
    yellow cell help search's stops strap strep stoma stock stomp stoop stool spot storm stork ster starts stars stark
    startx tract crust trust brack creek order's march charts chart cards cast cats cant carp cars cars' fund fined bind
    wind hind
    """
)
_BY_LETTER: dict[str, list[str]] = {}
for _command in COMMANDS:
    _BY_LETTER.setdefault(_command[0], []).append(_command)


def corrected(key: str) -> str | None:
    """The command word a misspelt word was meant to be, or None. `key` is folded."""
    length = len(key)
    if length < 4 or length > 16 or key in _OWN_WORDS or not key.isalpha():
        return None
    best: tuple[int, str] | None = None
    for command in _BY_LETTER.get(key[0], ()):
        allowed = _allowed(len(command))
        if abs(len(command) - length) > allowed:
            continue
        distance = OSA.distance(key, command, score_cutoff=allowed)
        if distance == 0:
            return None
        if distance <= allowed and _likely(key, command) and (best is None or distance < best[0]):
            best = (distance, command)
    return best[1] if best else None


def _allowed(length: int) -> int:
    return 1 if length < 11 else 2


def _likely(key: str, command: str) -> bool:
    """A word of four letters is close to too many others: only swapped or doubled letters count there."""
    if len(command) > 4:
        return True
    return sorted(key) == sorted(command) or (
        len(key) == len(command) + 1
        and any(key[:i] + key[i + 1 :] == command and key[i] == key[i - 1] for i in range(1, len(key)))
    )


_PHRASES_BY_LENGTH: dict[int, list[str]] = {}
for _phrase in PHRASES:
    _PHRASES_BY_LENGTH.setdefault(_phrase.count(" ") + 1, []).append(_phrase)


def phrase(keys: tuple[str, ...]) -> str | None:
    """The known phrase of two to five words that was meant: "where is my oder", "veiw cart"; or None.

    Every word begins as in the phrase, and only words of four letters and more may differ.
    """
    joined = " ".join(keys)
    if not 2 <= len(keys) <= 5 or not 8 <= len(joined) <= 60:
        return None
    allowed = 1 if len(joined) < 12 else 2
    found = process.extractOne(joined, _PHRASES_BY_LENGTH.get(len(keys), ()), scorer=OSA.distance, score_cutoff=allowed)
    if not found:
        return None
    for key, word in zip(keys, found[0].split(), strict=True):
        if key != word and (len(word) < 4 or key[0] != word[0] or key in _OWN_WORDS or key in COMMANDS):
            return None
    return str(found[0])
