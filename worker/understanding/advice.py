"""Questions that only a pharmacist may answer: how much to take, whether it is safe, what goes with what.

The bot gives no dose and no diagnosis, and a list of products under such a question would be read as an answer. What somebody
wants to buy or suffers from ("something for cough") is not a question of this kind and goes to the search.
"""

from __future__ import annotations

from itertools import pairwise

from worker.understanding.intent import Intent
from worker.understanding.said import Said
from worker.understanding.tokens import phrase_list, word_set

_MAX_WORDS = 60
# Words that ask for a pharmacist wherever they stand.
_ALWAYS = word_set(
    """
    dose doses dosage dosages dosing contraindication contraindications contraindicated interaction interactions
    breastfeeding
    """
)
_PHRASES = phrase_list(
    """
    side effect; side effects; before food; after food; before or after; empty stomach; with alcohol; with food; missed dose;
    miss my; am pregnant; im pregnant; is pregnant; wife pregnant; get belle; dey pregnant; nursing mother; breast feeding;
    breast feed; what is wrong with me; wetin dey do me; wetin dey worry me; what should i take; what can i take;
    what do i take; what should i use; wetin i go take; wetin i fit take; which drug should i; is it safe; is this safe;
    e safe; good for my kidney; allergic to; allergy to; abort; abortion; remove pregnancy; comot belle; flush pregnancy;
    terminate pregnancy; remove belle; flush belle; explain my result; explain the result; explain result; result mean; result means;
    is it positive; is it negative; am i positive; am i negative; is my result good; is my result bad; is my result okay
    """
)
_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _phrase in _PHRASES:
    _words = tuple(_phrase.split())
    _BY_FIRST.setdefault(_words[0], []).append(_words)
# "What can I take for cough" is how people ask for a shelf; without the illness nobody but a pharmacist can answer.
_OPEN = frozenset(tuple(p.split()) for p in ("what should i take", "what can i take", "what do i take", "wetin i fit take"))
_TAKING = word_set(
    "take taking taken use using drink drinking swallow chop give giving apply mix combine insert inject administer"
)
_AMOUNT = (("how", "many"), ("how", "much"), ("how", "often"), ("how", "long"), ("how", "i"), ("when", "should"))
_MAY = word_set("can could should may fit safe okay")
_MATTERS = word_set(
    """
    pregnant pregnancy alcohol beer food baby infant newborn together same while when after before with if child ulcer
    hypertensive diabetic asthmatic asthma hepatitis sickle sickler old mix combine
    """
)
_SAFE = word_set("safe harmful dangerous bad good")
_FOR_WHOM = word_set("pregnancy pregnant baby babies child children kids infant elderly hypertensive kidney liver heart me")


def intent(said: Said) -> Intent | None:
    """`advice` when the message asks what a pharmacist must answer, or None."""
    keys = said.keys[:_MAX_WORDS]
    if _ALWAYS.isdisjoint(keys) and not _in_phrases(keys) and not _how_to_take(keys) and not _may_one(keys) and not _safe(keys):
        return None
    return Intent("advice", {}, 0.9)


def _in_phrases(keys: tuple[str, ...]) -> bool:
    for index, key in enumerate(keys):
        for words in _BY_FIRST.get(key, ()):
            if keys[index : index + len(words)] == words and not (
                words in _OPEN and keys[index + len(words) : index + len(words) + 1] == ("for",)
            ):
                return True
    return False


def _how_to_take(keys: tuple[str, ...]) -> bool:
    """How many should I take, how do I use it, how i go take am; "how much is ..." is a price."""
    pairs = set(pairwise(keys))
    if _TAKING.isdisjoint(keys) or "delivery" in keys:
        return False
    if any(pair in pairs for pair in _AMOUNT):
        return not {"is", "cost", "price"} & set(keys[2:4])
    return "how" in keys[:4] and bool({"do", "to", "should", "can", "go", "dey"} & set(keys[:6]))


def _may_one(keys: tuple[str, ...]) -> bool:
    """Can I take it with alcohol, my baby fit take am: may, taking, and what it depends on."""
    return not _MAY.isdisjoint(keys[:5]) and not _TAKING.isdisjoint(keys) and not _MATTERS.isdisjoint(keys)


def _safe(keys: tuple[str, ...]) -> bool:
    """Is it safe in pregnancy, e good for pikin: a judgement and for whom."""
    return (
        keys[0] in ("is", "are", "e", "na", "will")
        and not _SAFE.isdisjoint(keys)
        and (not _FOR_WHOM.isdisjoint(keys) or "safe" in keys)
    )
