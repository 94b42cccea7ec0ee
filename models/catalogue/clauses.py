"""What is asked of the index, and how it is written as a tsquery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.lexicon import Choice

MOST_CLAUSES = 14

NAME, SUBSTANCE, WORD = 9.0, 8.0, 5.0
CONTROLLED = 30.0  # above anything else that can be said in one text
MODIFIER, AMOUNT, FORM, CHILD = 2.5, 4.0, 2.5, 2.5
NOT_FOR_ADULTS = -0.4  # less than the step from one choice of a shelf to the next, so it only sorts among equals


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition with its weight, as a tsquery. Only a `leading` one can bring a product in; others move it up."""

    query: str
    weight: float
    leading: bool = True


@dataclass(slots=True)
class Asked:
    """What the index is asked. `best_only`: the highest clause counts instead of the sum (alternatives of a shelf)."""

    matched_by: str = "none"
    clauses: list[Clause] = field(default_factory=list)
    corrected: str | None = None
    registration: str = ""
    substances: int = 0
    controlled: bool = False
    best_only: bool = False
    self_care: bool = False
    only: str = ""


# ------------------------------------------------------------------------------------------------ tsquery text
# Terms hold nothing but [a-z0-9 =#.%], so quoting is complete.


def one(term: str, labels: str = "") -> str:
    return f"'{term}'" + (f":{labels}" if labels else "")


def any_of(terms: Iterable[str]) -> str:
    return "(" + " | ".join(map(one, dict.fromkeys(terms))) + ")"


def either(queries: list[str]) -> str:
    return "(" + " | ".join(dict.fromkeys(queries)) + ")"


def all_words(words: list[str]) -> str:
    return "(" + " & ".join(any_of([word, word + "s"]) if word.isalpha() else one(word) for word in words) + ")"


def choice_of(choice: Choice) -> str:
    """All words of all parts: the words of a substance stand in the index beside those of the name, so rows of the old system
    that know no substance are found as well."""
    return "(" + " & ".join(map(one, dict.fromkeys(word for part in choice for word in part.split()))) + ")"


def thing_of(choice: Choice) -> str:
    """The same for the name of a thing, which may stand in the plural."""
    return "(" + " & ".join(all_words(part.split()) for part in choice) + ")"
