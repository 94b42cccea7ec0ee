"""A doctor's name typed where something of the shop is looked for: offered by a tap when nothing of the shop was found."""

from __future__ import annotations

from models.lexicon import words_of
from models.visits.values import Doctor
from worker.facts import Facts
from worker.flows.step import Button
from worker.flows.subjects import doctor_name
from worker.flows.wording import BUTTON_LIMIT, Sentence, cut, listing, plain, say

TITLES = frozenset(("dr", "doctor", "prof", "professor", "mr", "mrs", "ms", "miss"))
MOST_WORDS = 4  # of a name; who writes more tells something else
MOST_LOOKED_AT = 10


def called(query: str, facts: Facts) -> tuple[Doctor, ...]:
    """Doctors who have every word of it in their name, letter for letter: what is only like a name may be a medicine misspelt."""
    typed = name(query).split()
    if not 1 <= len(typed) <= MOST_WORDS or not all(word.isalpha() for word in typed):
        return ()
    found = facts.care.find(" ".join(typed), limit=MOST_LOOKED_AT)
    return tuple(each for each in found.doctors if set(typed) <= set(words_of(each.name)))


def name(query: str) -> str:
    """What is looked for among the names."""
    return " ".join(word for word in words_of(query[:120]) if word not in TITLES)


def told(found: tuple[Doctor, ...]) -> Sentence:
    """Who has that name."""
    if len(found) > 1:
        return say("search.doctors", names=listing([doctor_name(each.name) for each in found]))
    about = ", ".join(x for x in (doctor_name(found[0].name), plain(found[0].specialty, 60), plain(found[0].place, 60)) if x)
    return say("search.doctor", doctor=about)


def way(query: str, found: tuple[Doctor, ...]) -> Button:
    """To the doctor, or to the list of those of that name."""
    if len(found) > 1:
        return Button(f"dp:0:||{plain(name(query), 60)}", say("button.see_doctors"))
    return Button(f"doc:{found[0].ref}", cut(doctor_name(found[0].name), BUTTON_LIMIT))
