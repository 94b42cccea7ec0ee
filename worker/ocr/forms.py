"""Forms of medicines as papers and catalogues write them, as one plain word each."""

from __future__ import annotations

import re
from functools import lru_cache

from worker.ocr.writing import flat

# plain word: how it is written. The first of a text's forms that is not an alias of another decides.
_WRITTEN = {
    "tablet": "tablets? tabs? tbs? tabl caplets? caplts? odt",
    "capsule": "capsules? caps? capsul softgels? softules?",
    "suspension": "suspensions? susp suspn",
    "syrup": "syrups? syr syp linctus elixirs? expectorants?",
    "injection": "injections? inj injec injectable ampoules? ampules? amps? vials? pfs",
    "infusion": "infusions? inf drip",
    "cream": "creams? crm",
    "ointment": "ointments? oint ung",
    "gel": "gels?",
    "lotion": "lotions?",
    "drops": "drops? gutt? gtts? guttae e/d eyedrops? eardrops?",
    "inhaler": "inhalers? evohalers? inhalation mdi rotacaps? accuhaler turbuhaler diskus diskhaler aerosol nebules? respules?",
    "spray": "sprays?",
    "suppository": "suppository suppositories supps? suppos",
    "pessary": "pessary pessaries pess ovules? vagitabs?",
    "sachet": "sachets? sach granules?",
    "powder": "powders? pdr",
    "solution": "solutions? soln liquid",
    "mouthwash": "mouthwash gargles?",
    "patch": "patch patches",
    "lozenge": "lozenges? lozg pastilles?",
    "shampoo": "shampoos?",
    "kit": "kits?",
    "enema": "enemas?",
}
_FORMS = {word: re.compile(rf"(?:{'|'.join(given.split())})") for word, given in _WRITTEN.items()}
_WORD = re.compile(r"[a-z]/[a-z]|[a-z]+")
# Where both stand ("powder for suspension", "solution for injection", "vaginal tablet"), the later one says what is taken.
_STRONGER = ("injection", "infusion", "pessary", "suspension", "syrup", "drops", "inhaler", "suppository", "ointment", "cream")
_LIKE = (
    {"tablet", "capsule"},
    {"suspension", "syrup", "solution", "drops"},
    {"injection", "infusion", "powder", "solution"},
    {"cream", "ointment", "gel", "lotion"},
    {"inhaler", "spray"},
    {"sachet", "powder"},
    {"suspension", "powder"},
    {"suppository", "pessary"},
)
COUNTABLE = {
    "tablet": "tablet",
    "capsule": "capsule",
    "suppository": "suppository",
    "pessary": "pessary",
    "sachet": "sachet",
    "lozenge": "lozenge",
    "patch": "patch",
}


@lru_cache(maxsize=4096)
def form_of(word: str) -> str:
    """The form one word names ("Tabs." -> "tablet"); "" for any other word."""
    plain = flat(word).strip(" .,:;()")
    return next((form for form, pattern in _FORMS.items() if pattern.fullmatch(plain)), "")


def find(text: str) -> tuple[str, ...]:
    """The forms a text names, in order, each once."""
    return tuple(dict.fromkeys(form for word in _WORD.findall(flat(text)) if (form := form_of(word))))


def main(text: str) -> str:
    """The one form a catalogue's text means: "Powder for suspension" is a suspension; "" when none is named."""
    named = find(text)
    if "eye" in flat(text) and "ointment" not in named and "drops" in named:
        return "drops"
    return next((form for form in _STRONGER if form in named), named[0] if named else "")


def agree(one: str, other: str) -> bool | None:
    """Whether two forms may mean the same product; None when they are only alike (tablet and capsule) or one is not known."""
    if not one or not other:
        return None
    if one == other:
        return True
    return None if any(one in group and other in group for group in _LIKE) else False
